//! What a rule about normal traffic looks for, and what an anomaly costs.
//!
//! Knows no series. A newcomer may ask why the ten minutes are a window of their own: detectors are fed what
//! became complete, and thresholds ask for other windows.

use crate::alert::{Metric, Period, Promise, Rule, Span};
use crate::anomaly::{Budget, Floor, Judged, Kind};

use super::field::Field;
use super::figure;
use super::habit;
use super::keys::Family;
use super::plan::{Plan, family_of};
use super::registry::part_of;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// More than is normal, at this cost an hour.
    More { metric: Metric, floor_nanousd: i64 },
    /// Nothing for longer than is normal.
    Nothing,
}

impl Wanted {
    pub(super) fn metric(self) -> Metric {
        match self {
            Wanted::More { metric, .. } => metric,
            Wanted::Nothing => Metric::Calls,
        }
    }

    /// The last ten minutes; of what is not told by the minute: the day.
    pub(super) fn ring(self, rule: &Rule, plan: &mut Plan) -> usize {
        let family = family_of(&rule.by, &rule.scope);
        let table = plan.table(family, &rule.by, &rule.scope);
        let span = match family {
            Family::Cells | Family::Links => Span::Minutes(10),
            Family::Credentials | Family::Groups => Span::Period(Period::Day),
        };
        let (fields, spread) = match self {
            Wanted::More { metric, .. } => figure::needs(metric),
            Wanted::Nothing => (&[Field::Calls, Field::Requests][..], None),
        };
        let mut fields = fields.to_vec();
        fields.push(Field::Spend);
        plan.ring(table, span, &fields, (spread, true))
    }

    /// What a window must have before it can page: of spend, what would be a sixth of the floor of an hour.
    pub(super) fn floor(self, kind: Kind) -> Floor {
        match self {
            Wanted::More {
                metric: Metric::Spend,
                floor_nanousd,
            } => {
                let micro = floor_nanousd / 6 / habit::divisor(Metric::Spend);
                Floor {
                    materiality: u64::try_from(micro).unwrap_or(0).max(10_000),
                }
            }
            Wanted::More { .. } | Wanted::Nothing => Floor::usual(kind),
        }
    }
}

/// How often a promise lets a detector be wrong.
pub(super) fn budget_of(promise: Promise) -> Budget {
    let days = (promise.hours / 24).clamp(1, 182);
    format!("1/{days}d").parse().unwrap_or_default()
}

/// Nano-dollars beyond the expected in the window that was judged, and an hour.
pub(super) fn excess(
    judged: &Judged,
    (kind, metric): (Kind, Metric),
    spend: Option<(i64, i64)>,
) -> Option<(i64, i64)> {
    let (spend, of) = spend?;
    let of_number = |number| habit::amount(kind, metric, number).n;
    let beyond = (of_number(judged.observed) - of_number(judged.expected)).max(0);
    let bins = i64::from(judged.window_bins.max(1));
    // Of a value per call: as much of each bin's spend as the value is beyond the expected.
    let window = match kind {
        Kind::Count => part_of(beyond, spend, of),
        Kind::Positive | Kind::Share => part_of(beyond, spend, of).saturating_mul(bins),
    };
    Some((window, part_of(window, 6, bins)))
}

/// Nano-dollars beyond the expected in the last bin alone.
pub(super) fn paid(judged: &Judged, of: (Kind, Metric), spend: Option<(i64, i64)>) -> Option<i64> {
    let alone = Judged {
        observed: judged.point.observed,
        expected: judged.point.expected,
        window_bins: 1,
        ..judged.clone()
    };
    excess(&alone, of, spend).map(|(paid, _)| paid)
}
