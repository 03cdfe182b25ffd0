//! Repeats a round of work until the process is told to stop.
//!
//! Knows no work; the only file of the daemon that names `tokio`. A newcomer may ask why the work
//! is not async: it is one thread's work on one ledger, and only the waiting has to be interrupted.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::Failure;

/// Calls `round` again and again, `pause` apart, until SIGTERM or SIGINT; a signal during a round
/// is heeded when the round ends.
///
/// # Errors
/// What a round says, and what the system says about signals.
pub fn until_stopped(
    pause: Duration,
    mut round: impl FnMut() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        loop {
            round()?;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
            }
        }
    })
}
