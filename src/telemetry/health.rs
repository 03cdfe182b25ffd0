//! Whether the daemon is alive, by its threads, and ready, by named parts.
//!
//! Knows no socket and reads no clock; instants come in as arguments. A newcomer may ask why
//! instants and not the time of day: a clock that is set must not make a sound process look dead.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::units::{Text, clean_name};

/// What the main loop is called among the threads.
const MAIN_LOOP: &str = "main loop";

/// The health of the daemon; shared by all its threads.
#[derive(Debug)]
pub struct Health {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stopping: bool,
    /// The threads that must move.
    threads: BTreeMap<Text, Beats>,
    /// Each part, and why it is not ready.
    parts: BTreeMap<Text, Result<(), String>>,
}

/// The signs of life of one thread.
#[derive(Clone, Copy, Debug)]
struct Beats {
    last: Instant,
    quiet_max: Duration,
    /// It waits for what somebody else has or does, who is watched.
    waits: bool,
}

/// A thread that stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Its name.
    pub thread: Text,
    /// For how long it has given no sign.
    pub quiet: Duration,
    /// For how long it may.
    pub quiet_max: Duration,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quiet, quiet_max) = (self.quiet.as_secs(), self.quiet_max.as_secs());
        let thread = &self.thread;
        write!(
            f,
            "{thread}: no beat for {quiet} s, allowed are {quiet_max} s"
        )
    }
}

impl Health {
    /// Alive from `now` on, without parts; dead when the main loop gives no beat for `quiet_max`.
    #[must_use]
    pub fn new(now: Instant, quiet_max: Duration) -> Health {
        let health = Health {
            state: Mutex::new(State {
                stopping: false,
                threads: BTreeMap::new(),
                parts: BTreeMap::new(),
            }),
        };
        health.watch(MAIN_LOOP, quiet_max, now);
        health
    }

    /// The main loop moves.
    pub fn beat(&self, now: Instant) {
        self.moves(MAIN_LOOP, now);
    }

    /// A thread that must move begins; it is dead when it gives no sign for `quiet_max`.
    pub fn watch(&self, thread: &str, quiet_max: Duration, now: Instant) {
        let beats = Beats {
            last: now,
            quiet_max,
            waits: false,
        };
        self.state().threads.insert(clean_name(thread), beats);
    }

    /// A watched thread moves; of others nothing is taken note.
    pub fn moves(&self, thread: &str, now: Instant) {
        if let Some(beats) = self.state().threads.get_mut(thread) {
            beats.last = beats.last.max(now);
            beats.waits = false;
        }
    }

    /// A watched thread waits, until it [moves](Health::moves), for what another thread has or does:
    /// that one is watched.
    pub fn waits(&self, thread: &str) {
        if let Some(beats) = self.state().threads.get_mut(thread) {
            beats.waits = true;
        }
    }

    /// A watched thread has ended.
    pub fn ended(&self, thread: &str) {
        self.state().threads.remove(thread);
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

    /// The threads that stand still.
    #[must_use]
    pub fn stuck(&self, now: Instant) -> Vec<Stuck> {
        let state = self.state();
        let stuck = state.threads.iter().filter_map(|(thread, beats)| {
            let quiet = now.saturating_duration_since(beats.last);
            (quiet > beats.quiet_max && !beats.waits).then(|| Stuck {
                thread: thread.clone(),
                quiet,
                quiet_max: beats.quiet_max,
            })
        });
        stuck.collect()
    }

    /// Whether every thread moves that must.
    ///
    /// # Errors
    /// A line for each that does not: for how long it has been quiet, and how long it may be.
    pub fn alive(&self, now: Instant) -> Result<(), String> {
        let stuck: Vec<String> = self.stuck(now).iter().map(ToString::to_string).collect();
        if stuck.is_empty() {
            return Ok(());
        }
        Err(stuck.join("\n"))
    }

    /// Why the daemon is not ready, a line each; none when it is.
    #[must_use]
    pub fn reasons(&self, now: Instant) -> Vec<String> {
        let stuck = self.stuck(now);
        let stuck = stuck.iter().map(ToString::to_string);
        let state = self.state();
        let stopping = state.stopping.then(|| "stopping".to_owned());
        let parts = state.parts.iter().filter_map(|(part, ready)| {
            let reason = ready.as_ref().err()?;
            Some(format!("{part}: {reason}"))
        });
        stopping.into_iter().chain(stuck).chain(parts).collect()
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
    /// What becomes of a thread.
    type Step = fn(&Health, Instant);

    #[test]
    fn whoever_stands_still_is_named_and_whoever_waits_is_not() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let health = Health::new(start, Duration::from_secs(1_000));
        let long = Duration::from_mins(1);
        // What becomes of a thread after 30 s, and what is said of it after 90 s and after 91 s.
        let cases: [(&str, Step, [usize; 2]); 5] = [
            ("quiet", |_, _| {}, [1, 1]),
            ("moves", |health, at| health.moves("moves", at), [0, 1]),
            ("waits", |health, _| health.waits("waits"), [0, 0]),
            ("ended", |health, _| health.ended("ended"), [0, 0]),
            (
                "goes on",
                |health, at| {
                    health.waits("goes on");
                    health.moves("goes on", at);
                },
                [0, 1],
            ),
        ];
        for (thread, step, _) in cases {
            health.watch(thread, long, start);
            step(&health, after(30));
        }
        health.moves("a stranger", start);
        for (n, seconds) in [90, 91].into_iter().enumerate() {
            let stuck = health.stuck(after(seconds));
            for (thread, _, said) in cases {
                let times = stuck.iter().filter(|stuck| stuck.thread == thread).count();
                assert_eq!(times, said[n], "{thread} after {seconds} s");
            }
            let said: usize = cases.iter().map(|(_, _, said)| said[n]).sum();
            assert_eq!(stuck.len(), said);
        }
        let lines = "goes on: no beat for 61 s, allowed are 60 s\n\
            moves: no beat for 61 s, allowed are 60 s\n\
            quiet: no beat for 91 s, allowed are 60 s";
        assert_eq!(health.alive(after(91)), Err(lines.to_owned()));
        assert_eq!(health.reasons(after(91)).join("\n"), lines);
    }
}
