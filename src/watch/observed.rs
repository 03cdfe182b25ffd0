//! Which kinds of facts any source tells: a rule whose facts nobody tells is blind, not fine.
//!
//! Knows no source. A newcomer may ask why this waits an hour: usage is told after transport, and the first
//! record proves nothing.

use crate::alert::{Amount, Check, Level, Metric, Residency, Rule, Series, Sight, Unit, Unknown};
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::field::{Field, Values};
use super::figure;
use super::gauge::Told;
use super::keys::Family;
use super::mark::{Reading, When, counted};
use super::plan::family_of;
use super::ring::Spread;
use super::seat::Of;
use super::state::Rows;

/// How long after the first record the absence of facts is told.
const WAIT_MS: i64 = HOUR_MS;
const ROW: &str = "f";

/// A kind of fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Calls,
    Requests,
    Latencies,
    Prompts,
    Credentials,
    Groups,
    Conversations,
}

/// Kinds of facts that were ever told.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    seen: std::collections::BTreeSet<Kind>,
    needs: Vec<Option<Kind>>,
}

const ALL: [(u8, Kind); 7] = [
    (b'c', Kind::Calls),
    (b'r', Kind::Requests),
    (b'l', Kind::Latencies),
    (b'p', Kind::Prompts),
    (b'k', Kind::Credentials),
    (b'g', Kind::Groups),
    (b't', Kind::Conversations),
];

/// What a rule cannot do without.
fn need(rule: &Rule) -> Option<Kind> {
    let of_metric = |metric: Metric| {
        let (fields, spread) = figure::needs(metric);
        let of_calls = [
            Metric::ThrottledShare,
            Metric::ErrorShare,
            Metric::AuthShare,
            Metric::OverTimeoutShare,
            Metric::Coverage,
            Metric::UnprovenShare,
            Metric::Violated,
            Metric::Contradicted,
            Metric::Calls,
        ];
        if [Metric::ConversationRequests, Metric::ConversationTokens].contains(&metric) {
            return Some(Kind::Conversations);
        }
        match spread {
            Some(Spread::Latency) => Some(Kind::Latencies),
            Some(Spread::Prompt) => Some(Kind::Prompts),
            None if of_calls.contains(&metric) => Some(Kind::Calls),
            None => fields.contains(&Field::Answered).then_some(Kind::Requests),
        }
    };
    let of_family = match family_of(&rule.by, &rule.scope) {
        Family::Credentials => Some(Kind::Credentials),
        Family::Groups => Some(Kind::Groups),
        Family::Cells | Family::Links => None,
    };
    match &rule.check {
        Check::Threshold { metric, .. }
        | Check::Anomaly { metric, .. }
        | Check::Drift { metric, .. } => of_family.or_else(|| of_metric(*metric)),
        Check::FirstSight(Sight::Credential) => Some(Kind::Credentials),
        Check::Residency(Residency::Violated | Residency::Contradicted | Residency::OtherDoor) => {
            Some(Kind::Calls)
        }
        Check::Budget(_) | Check::Burn(_) => of_family.or(Some(Kind::Requests)),
        Check::Residency(
            Residency::Fallback
            | Residency::PlatformDefault
            | Residency::OutsidePilot
            | Residency::DownWithoutFallback,
        )
        | Check::FirstSight(Sight::Endpoint | Sight::Model | Sight::Host)
        | Check::Silence { .. }
        | Check::Calendar(_) => None,
    }
}

impl Observed {
    pub(super) fn read(rules: &[Rule], rows: &Rows) -> Observed {
        let row = rows.get(ROW).map_or(&[][..], Vec::as_slice);
        let seen = ALL.iter().filter(|(letter, _)| row.contains(letter));
        Observed {
            seen: seen.map(|(_, kind)| *kind).collect(),
            needs: rules
                .iter()
                .map(|rule| need(rule).filter(|_| rule.on))
                .collect(),
        }
    }

    /// Notes that a kind of fact was told.
    pub(super) fn note(&mut self, kind: Kind, rows: &mut Rows) {
        if self.seen.insert(kind) {
            let letters = ALL.iter().filter(|(_, kind)| self.seen.contains(kind));
            rows.set(
                Text::from(ROW),
                letters.map(|(letter, _)| *letter).collect(),
            );
        }
    }

    /// Whether all kinds that cells tell were told.
    pub(super) fn knows_cells(&self) -> bool {
        [Kind::Calls, Kind::Requests, Kind::Latencies, Kind::Prompts]
            .iter()
            .all(|kind| self.seen.contains(kind))
    }

    /// Notes what a cell tells.
    pub(super) fn note_cell(&mut self, values: &Values, spread: (bool, bool), rows: &mut Rows) {
        let told = [
            (Kind::Calls, values.get(Field::Calls) > 0),
            (Kind::Requests, values.get(Field::Requests) > 0),
            (Kind::Latencies, spread.0),
            (Kind::Prompts, spread.1),
        ];
        for (kind, _) in told.into_iter().filter(|(_, is_told)| *is_told) {
            self.note(kind, rows);
        }
    }

    /// Whether a rule lacks the facts that it needs.
    pub(super) fn is_blind(&self, rule: usize) -> bool {
        let need = self.needs.get(rule).copied().flatten();
        need.is_some_and(|need| !self.seen.contains(&need))
    }

    /// Tells which rules are blind, and which no longer are.
    pub(super) fn judge(&self, when: When, born: Option<UnixMillis>, told: &mut Told<'_>) {
        let Some(born) = born.filter(|born| when.at.0.saturating_sub(born.0) >= WAIT_MS) else {
            return;
        };
        let rules = told.rules;
        let everything = Series::default();
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.on) {
            let is_blind = self.is_blind(place);
            let blind = Level::Unknown(Unknown::NotObservable);
            if !is_blind && told.marks.told(place, &everything) != Some(blind) {
                continue;
            }
            let level = if is_blind {
                Level::Unknown(Unknown::NotObservable)
            } else {
                Level::Good
            };
            let nothing = counted(Amount::new(Unit::Count, 0), None);
            let mut reading = Reading::new(level, rule.severity, nothing);
            reading.since = Some(born);
            let of = Of::named((place, rule), &everything);
            let to = (&mut *told.rows, &mut *told.out);
            told.marks.note(of, reading, when, to);
        }
    }
}
