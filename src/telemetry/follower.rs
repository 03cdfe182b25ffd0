//! Figures of a follower: what it has brought to its database, what waits, what goes wrong.
//!
//! Knows no database. A newcomer may ask why lines a second are not among them: a counter gives them
//! over any time, and a gauge only over ours.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::units::{Text, UnixMillis, clean_name};

use super::figures::Figures;
use super::state::{State, add};
use super::words::FollowerError;

/// Figures of one follower.
#[derive(Debug, Default)]
pub(super) struct FollowerFigures {
    pub(super) written: u64,
    pub(super) refused: u64,
    pub(super) waiting: Option<u64>,
    pub(super) oldest: Option<UnixMillis>,
    pub(super) last_write: Option<UnixMillis>,
    pub(super) errors: BTreeMap<FollowerError, u64>,
    pub(super) failing: Option<FollowerError>,
    pub(super) micros: u64,
}

impl FollowerFigures {
    /// Milliseconds since the oldest waiting line was frozen; `None` while it is not known.
    pub(super) fn oldest_millis(&self, now: UnixMillis) -> Option<i64> {
        match (self.waiting?, self.oldest) {
            (0, _) => Some(0),
            (_, oldest) => Some(now.0.saturating_sub(oldest?.0).max(0)),
        }
    }
}

impl State {
    /// The figures of a follower; a configuration has a handful.
    fn follower(&mut self, name: &str) -> &mut FollowerFigures {
        self.followers.entry(clean_name(name)).or_default()
    }

    /// A few words for people: what waits and what fails; empty where all is well.
    pub(super) fn followers_in_words(&self) -> String {
        let one = |(name, one): (&Text, &FollowerFigures)| {
            let waiting = one.waiting.filter(|n| *n > 0);
            let waiting = waiting.map(|n| format!("{n} lines wait for {name}"));
            let failing = one
                .failing
                .map(|kind| format!("{name} fails: {}", kind.as_str()));
            [waiting, failing]
        };
        let words = self.followers.iter().flat_map(one).flatten();
        words.map(|words| format!("; {words}")).collect()
    }
}

impl Figures {
    /// Names a configured follower, so that its series are there before its first line.
    pub fn follower(&self, name: &str) {
        self.state().follower(name);
    }

    /// A database took lines.
    pub fn follower_wrote(&self, name: &str, lines: u64, took: Duration, at: UnixMillis) {
        let mut state = self.state();
        let one = state.follower(name);
        one.written = one.written.saturating_add(lines);
        one.last_write = Some(at);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        one.micros = one.micros.saturating_add(micros);
    }

    /// A database will never take lines.
    pub fn follower_refused(&self, name: &str, lines: u64) {
        let mut state = self.state();
        let one = state.follower(name);
        one.refused = one.refused.saturating_add(lines);
    }

    /// Lines that wait, and when the oldest of them was frozen.
    pub fn follower_waiting(&self, name: &str, lines: u64, oldest: Option<UnixMillis>) {
        let mut state = self.state();
        let one = state.follower(name);
        one.waiting = Some(lines);
        one.oldest = oldest;
    }

    /// A database has a fault.
    pub fn follower_failed(&self, name: &str, kind: FollowerError) {
        let mut state = self.state();
        let one = state.follower(name);
        add(&mut one.errors, kind, 1);
        one.failing = Some(kind);
    }

    /// A database has dealt with a request again.
    pub fn follower_works(&self, name: &str) {
        self.state().follower(name).failing = None;
    }

    /// The configuration no longer names a follower.
    pub fn follower_gone(&self, name: &str) {
        self.state().followers.remove(&clean_name(name));
    }
}
