//! The keys that only some kinds of rules have.
//!
//! Knows no value. A newcomer may ask why they stand in one table: it is the source of what is refused, of
//! the hint that says so, and of the manual's list.

use std::ops::Range;

use crate::alert::Kind;

use super::super::at::At;
use super::written::AlertRule;

/// A key that not every kind has: its name, where it stands, and the kinds that have it.
pub(super) type Key = (&'static str, Option<Range<usize>>, &'static [Kind]);

/// The keys that not every kind has.
pub(super) fn keys(rule: &AlertRule) -> [Key; 19] {
    use Kind::{Anomaly, Budget, Burn, Calendar, Drift, FirstSight, Residency, Silence, Threshold};
    fn span<T>(value: Option<&At<T>>) -> Option<Range<usize>> {
        value.map(At::span)
    }
    [
        (
            "metric",
            span(rule.metric.as_ref()),
            &[Threshold, Anomaly, Drift],
        ),
        ("window", span(rule.window.as_ref()), &[Threshold, Drift]),
        ("above", span(rule.above.as_ref()), &[Threshold, Drift]),
        ("below", span(rule.below.as_ref()), &[Threshold]),
        ("clear", span(rule.clear.as_ref()), &[Threshold]),
        (
            "min_sample",
            span(rule.min_sample.as_ref()),
            &[Threshold, Drift],
        ),
        ("period", span(rule.period.as_ref()), &[Budget]),
        ("budget", span(rule.budget.as_ref()), &[Budget, Burn]),
        ("percent", span(rule.percent.as_ref()), &[Budget]),
        ("forecast", span(rule.forecast.as_ref()), &[Budget]),
        ("fast", span(rule.fast.as_ref()), &[Burn]),
        ("slow", span(rule.slow.as_ref()), &[Burn]),
        ("times", span(rule.times.as_ref()), &[Burn]),
        (
            "false_alarms",
            span(rule.false_alarms.as_ref()),
            &[Anomaly, Silence],
        ),
        ("floor", span(rule.floor.as_ref()), &[Anomaly]),
        ("event", span(rule.event.as_ref()), &[Residency]),
        ("of", span(rule.of.as_ref()), &[FirstSight]),
        ("due", span(rule.due.as_ref()), &[Calendar]),
        ("days", span(rule.days.as_ref()), &[Calendar]),
    ]
}
