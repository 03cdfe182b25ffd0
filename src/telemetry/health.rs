//! Whether the daemon is alive and ready, by named parts.
//!
//! Knows no socket and reads no clock; instants come in as arguments. A newcomer may ask why
//! instants and not the time of day: a clock that is set must not make a sound process look dead.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::units::{Text, clean_name};

/// The health of the daemon; shared by all its threads.
#[derive(Debug)]
pub struct Health {
    quiet_max: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    beat: Instant,
    stopping: bool,
    /// Each part, and why it is not ready.
    parts: BTreeMap<Text, Result<(), String>>,
}

impl Health {
    /// Alive from `now` on, without parts; dead when no beat comes for `quiet_max`.
    #[must_use]
    pub fn new(now: Instant, quiet_max: Duration) -> Health {
        Health {
            quiet_max,
            state: Mutex::new(State {
                beat: now,
                stopping: false,
                parts: BTreeMap::new(),
            }),
        }
    }

    /// The main loop moves.
    pub fn beat(&self, now: Instant) {
        let mut state = self.state();
        state.beat = state.beat.max(now);
    }

    /// A part is ready, or why it is not. A part that is named once is waited for until it is
    /// ready or [forgotten](Health::forget); name all of them before anything starts.
    pub fn ready(&self, part: &str, state: Result<(), &str>) {
        let state = state.map_err(|reason| clean_name(reason).into());
        self.state().parts.insert(clean_name(part), state);
    }

    /// A part that is gone: a source that a new configuration no longer names.
    pub fn forget(&self, part: &str) {
        self.state().parts.remove(&clean_name(part));
    }

    /// The daemon ends; it is not ready from now on.
    pub fn stopping(&self) {
        self.state().stopping = true;
    }

    /// Whether the main loop beats; if not, since when.
    ///
    /// # Errors
    /// A line that says for how long it has been quiet, and how long it may be.
    pub fn alive(&self, now: Instant) -> Result<(), String> {
        let quiet = now.saturating_duration_since(self.state().beat);
        if quiet <= self.quiet_max {
            return Ok(());
        }
        Err(format!(
            "main loop: no beat for {} s, allowed are {} s",
            quiet.as_secs(),
            self.quiet_max.as_secs()
        ))
    }

    /// Why the daemon is not ready, a line each; none when it is.
    #[must_use]
    pub fn reasons(&self, now: Instant) -> Vec<String> {
        let dead = self.alive(now).err();
        let state = self.state();
        let stopping = state.stopping.then(|| "stopping".to_owned());
        let parts = state.parts.iter().filter_map(|(part, ready)| {
            let reason = ready.as_ref().err()?;
            Some(format!("{part}: {reason}"))
        });
        stopping.into_iter().chain(dead).chain(parts).collect()
    }

    /// The state; a thread that died while it held the lock leaves words that are still true.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_is_missing_is_a_reason() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let health = Health::new(start, Duration::from_secs(10));
        let reasons = |seconds| health.reasons(after(seconds));
        assert_eq!(reasons(0), [""; 0], "nothing is waited for");

        health.ready("source kafka", Err("waiting\nfor partitions"));
        health.ready("ledger", Ok(()));
        assert_eq!(reasons(1), ["source kafka: waiting for partitions"]);
        health.ready("source kafka", Ok(()));
        assert_eq!(reasons(10), [""; 0]);

        let quiet = "main loop: no beat for 11 s, allowed are 10 s";
        assert_eq!(reasons(11), [quiet]);
        assert_eq!(health.alive(after(11)), Err(quiet.to_owned()));
        health.beat(after(11));
        health.beat(after(2));
        assert_eq!(
            health.alive(after(21)),
            Ok(()),
            "an old beat takes nothing back"
        );

        health.ready("ledger", Err("disk full"));
        health.stopping();
        assert_eq!(reasons(12), ["stopping", "ledger: disk full"]);
        health.forget("ledger");
        assert_eq!(reasons(12), ["stopping"]);
    }
}
