//! Wakes the daemon's main loop: at every tick and at every signal.
//!
//! Knows no work. A newcomer may ask why the work is not async: it is threads on one ledger, and
//! only the waiting has to be interrupted.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::Failure;

/// Why the main loop was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Signals are heard from now on: whoever is told to start can be told to stop.
    Start,
    /// Time has passed.
    Tick,
    /// SIGHUP asks for the configuration to be read again.
    Reload,
}

/// Calls `look` once signals are heard, after every `tick` and at every SIGHUP, until SIGTERM or SIGINT,
/// or until it breaks off.
///
/// # Errors
/// What a look says, and what the system says about signals.
pub fn until_stopped(
    tick: Duration,
    mut look: impl FnMut(Wake) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut reload = signal(SignalKind::hangup())?;
        let mut wake = Wake::Start;
        loop {
            if look(wake)?.is_break() {
                return Ok(());
            }
            wake = tokio::select! {
                () = tokio::time::sleep(tick) => Wake::Tick,
                _ = reload.recv() => Wake::Reload,
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
            };
        }
    })
}

/// A flag that the first SIGINT sets, for a job that then tells what it has so far.
///
/// # Errors
/// What the system says about signals.
pub fn interrupted() -> Result<Arc<AtomicBool>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    drop(inside);
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    std::thread::spawn(move || {
        runtime.block_on(interrupt.recv());
        set.store(true, Ordering::Release);
    });
    Ok(flag)
}
