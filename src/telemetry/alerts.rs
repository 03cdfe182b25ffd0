//! Figures of alerts: up to when they are judged, what fires, which messages wait.
//!
//! Knows no rule. A newcomer may ask why rules are no label: a rule that fires is a mail, and what is
//! watched from outside is whether mails go.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::units::UnixMillis;

use super::figures::Figures;
use super::words::{Beat, By, Try};

/// Figures of alerts.
#[derive(Debug, Default)]
pub(super) struct AlertFigures {
    pub(super) judged_to: Option<UnixMillis>,
    pub(super) looked: Option<UnixMillis>,
    pub(super) micros: u64,
    pub(super) failures: u64,
    pub(super) firing: u64,
    pub(super) pending: u64,
    pub(super) told: u64,
    pub(super) untold: u64,
    pub(super) tries: BTreeMap<(By, Try), u64>,
    pub(super) beats: BTreeMap<Beat, u64>,
    pub(super) waiting: u64,
    pub(super) oldest: Option<UnixMillis>,
}

impl AlertFigures {
    /// Milliseconds since the oldest waiting message was written.
    pub(super) fn oldest_millis(&self, now: UnixMillis) -> i64 {
        let oldest = self.oldest.filter(|_| self.waiting > 0);
        oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0).max(0))
    }
}

/// A look of alerts at the books.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// Up to when all minutes are judged.
    pub to: UnixMillis,
    /// When it was.
    pub at: UnixMillis,
    /// How long it took.
    pub took: Duration,
    /// Series that are pending, and that fire.
    pub counts: (usize, usize),
    /// Steps that people are told of, and others.
    pub steps: (usize, usize),
}

fn whole(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Figures {
    /// Alerts were judged.
    pub fn alerts_judged(&self, judged: &Judged) {
        let mut state = self.state();
        let one = &mut state.alerts;
        one.judged_to = Some(judged.to);
        one.looked = Some(judged.at);
        let micros = u64::try_from(judged.took.as_micros()).unwrap_or(u64::MAX);
        one.micros = one.micros.saturating_add(micros);
        (one.pending, one.firing) = (whole(judged.counts.0), whole(judged.counts.1));
        one.told = one.told.saturating_add(whole(judged.steps.0));
        one.untold = one.untold.saturating_add(whole(judged.steps.1));
    }

    /// The ledger kept alerts from being judged.
    pub fn alerts_failed(&self) {
        let mut state = self.state();
        state.alerts.failures = state.alerts.failures.saturating_add(1);
    }

    /// Messages were tried: what became of how many.
    pub fn outbox_tried(&self, by: By, result: Try, n: u64) {
        let mut state = self.state();
        let known = state.alerts.tries.entry((by, result)).or_default();
        *known = known.saturating_add(n);
    }

    /// What became of a minute's sign of life.
    pub fn heartbeat(&self, beat: Beat) {
        let mut state = self.state();
        let known = state.alerts.beats.entry(beat).or_default();
        *known = known.saturating_add(1);
    }

    /// When alerts were last judged.
    #[must_use]
    pub fn alerts_looked(&self) -> Option<UnixMillis> {
        self.state().alerts.looked
    }

    /// Milliseconds since the oldest waiting message was written; 0 where none waits.
    #[must_use]
    pub fn outbox_oldest_ms(&self, now: UnixMillis) -> i64 {
        self.state().alerts.oldest_millis(now)
    }

    /// How many messages wait, and since when the oldest.
    pub fn outbox_waiting(&self, waiting: u64, oldest: Option<UnixMillis>) {
        let mut state = self.state();
        (state.alerts.waiting, state.alerts.oldest) = (waiting, oldest);
    }
}
