//! Keeps pages from slowing the rest of the daemon: how many wait, and who goes first.
//!
//! Knows no page. A newcomer may ask why threads step back by themselves: a page may take its time, and the records
//! that a busy machine reads meanwhile may not.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Answers that are made or wait to be made; whoever comes beyond is asked to come again. At a tenth of a second each,
/// what waits is there before anybody has gone.
const WAITING: usize = 64;

/// Seconds after which whoever was sent away may come again.
pub(super) const AGAIN_SECS: u64 = 2;

/// All listeners of the process share it, as they share its processors.
static PLACES: Semaphore = Semaphore::const_new(WAITING);

/// A place among those who wait; `None` where there are too many.
pub(super) fn place() -> Option<SemaphorePermit<'static>> {
    PLACES.try_acquire().ok()
}

/// Gives way to the other threads of the machine; one that is idle makes pages as fast as ever.
pub(super) fn step_back() {
    #[cfg(target_os = "linux")]
    {
        /// Beside a thread that has all to do, such a one gets a tenth of a processor: enough to be there in time, and
        /// what the reading of a busy machine can spare.
        const NICE: i32 = 10;
        // On Linux it holds for this thread alone.
        if let Err(cause) = rustix::process::setpriority_process(None, NICE) {
            tracing::debug!(%cause, "pages are made at the same priority as everything else");
        }
    }
}
