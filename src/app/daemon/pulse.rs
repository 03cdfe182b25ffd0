//! Signs of life of the daemon's threads, by their names.
//!
//! Knows no work. A newcomer may ask why whoever waits for the books is not judged: one thread has
//! them, and that one is; a broker that is silent or a disk that is full is waited for in naps, each
//! of which is a sign.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::crash::pause;
use crate::telemetry::Health;

use super::super::Failure;
use super::shared::Shared;

/// A thread stands still when it has been at one thing for so long. A batch on a slow disk takes
/// seconds, the longest question to brokers half a minute.
const STILL_MAX: Duration = Duration::from_mins(2);

/// Ends the watch when its thread ends, in whichever way.
struct Watched(Arc<Health>, String);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.ended(&self.1);
    }
}

/// Starts a thread that must move from now on.
///
/// # Errors
/// What the system says when there can be no more threads.
pub(super) fn start<T: Send + 'static>(
    shared: &Shared,
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Failure> {
    let health = Arc::clone(&shared.health);
    health.watch(name, pause(STILL_MAX), Instant::now());
    let watched = Watched(health, name.to_owned());
    let started = Builder::new().name(name.to_owned()).spawn(move || {
        let _watched = watched;
        work()
    });
    Ok(started?)
}

impl Shared {
    /// This thread moves.
    pub(super) fn moves(&self) {
        by_name(|name| self.health.moves(name, Instant::now()));
    }

    /// This thread waits for what another has or does.
    pub(super) fn waits(&self) {
        by_name(|name| self.health.waits(name));
    }

    /// Whether every thread moves; says so once when one does not, and when all do again.
    pub(super) fn all_move(&self) -> bool {
        let stuck = self.health.stuck(Instant::now());
        if stuck.is_empty() {
            self.over("threads");
        }
        for one in &stuck {
            let (name, max) = (&one.thread, one.quiet_max.as_secs());
            let text = format!("`{name}` stands still for more than {max} s");
            self.alarm("threads", &text, "the service manager starts it again");
        }
        stuck.is_empty()
    }
}

fn by_name(told: impl FnOnce(&str)) {
    let thread = std::thread::current();
    // A thread without a name is not watched.
    if let Some(name) = thread.name() {
        told(name);
    }
}
