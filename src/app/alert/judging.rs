//! The one way on which closed minutes are judged: facts in, steps out.
//!
//! Knows no ledger: where facts come from and where steps go, in the books or in memory, is whoever
//! asks. A newcomer may ask why each moment's findings are told apart: what is heard together counts as
//! begun together, also where hours are judged at once.

use chrono_tz::Tz;

use crate::alert::{self, Declared, Fact, Finding, Rule};
use crate::episode::{Desk, DeskState, Settings, Step};
use crate::units::{MINUTE_MS, UnixMillis};
use crate::watch::{Moment, Watch, WatchState};

/// What is found so long after it happened lies in the past.
const PAST_MS: i64 = 30 * MINUTE_MS;
/// How far the clock is ahead of what is complete where history is judged: as far as a source's grace.
pub(in crate::app) const GRACE_MS: i64 = 2 * MINUTE_MS;

/// What is judged by.
#[derive(Clone, Copy)]
pub struct Law<'a> {
    /// The rules; those that are off are not judged.
    pub rules: &'a [Rule],
    /// What the registry says.
    pub declared: &'a Declared,
    /// Who is told.
    pub told: &'a alert::Settings,
    /// Zone of days.
    pub zone: Tz,
}

impl Law<'_> {
    /// What a desk goes by.
    pub(super) fn settings(&self) -> Settings {
        Settings::new(self.rules, self.declared, self.told, self.zone)
    }
}

/// Rules and episodes at work.
pub struct Judging {
    /// The rules, and what they hold of the traffic.
    pub watch: Watch,
    /// The episodes.
    pub desk: Desk,
}

impl Judging {
    /// Goes on where these states were left.
    #[must_use]
    pub fn new(law: Law<'_>, watch: WatchState, desk: &DeskState) -> Judging {
        let mut watch = Watch::new(law.rules, law.declared, law.zone, watch);
        watch.excuse(law.told.maintenance.clone());
        Judging {
            watch,
            desk: Desk::new(&law.settings(), desk),
        }
    }

    /// Goes by another configuration.
    pub(in crate::app) fn configure(&mut self, law: Law<'_>) {
        self.watch.configure(law.rules, law.declared, law.zone);
        self.watch.excuse(law.told.maintenance.clone());
        self.desk.configure(&law.settings());
    }

    /// Takes facts from before the start.
    pub(in crate::app) fn warm(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            self.watch.warm(fact);
        }
    }

    /// Judges a moment by new facts: what was found.
    pub(in crate::app) fn judge(&mut self, facts: Vec<Fact>, moment: &Moment) -> Vec<Finding> {
        for fact in facts {
            self.watch.hear(fact);
        }
        self.watch.judge(moment)
    }

    /// Makes steps of findings, those of one moment at a time; `end` is up to where there is something
    /// to judge.
    pub(in crate::app) fn tell(
        &mut self,
        findings: &[Finding],
        (to, end): (UnixMillis, UnixMillis),
        now: UnixMillis,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        let is_past = |one: &Finding| !one.late && end.0.saturating_sub(one.at.0) > PAST_MS;
        let mut current = false;
        for group in findings.chunk_by(|one, next| one.at == next.at) {
            let past = group.first().is_some_and(is_past);
            steps.extend(self.desk.hear(group.to_vec(), now, past));
            current = !past;
        }
        if !current && to == end {
            steps.extend(self.desk.hear(Vec::new(), now, false));
        }
        steps
    }

    /// Judges a minute of history as it would have been judged then; its steps, and when that was.
    pub fn relive(&mut self, facts: Vec<Fact>, closed_to: UnixMillis) -> (Vec<Step>, UnixMillis) {
        let wall = closed_to.saturating_add(GRACE_MS);
        let moment = Moment {
            closed_to,
            wall,
            stalled: false,
        };
        let findings = self.judge(facts, &moment);
        (self.tell(&findings, (closed_to, closed_to), wall), wall)
    }
}
