//! Lays a user's rules over the shipped ones, by name.
//!
//! Knows no key's meaning. A newcomer may ask why a shipped value moves to the user's name: a fault
//! of the two together is in the user's file, and must be told there.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::problem::Problem;

use super::super::at::{At, AtText};
use super::super::names;
use super::super::read::FileText;
use super::Written;
use super::written::AlertRule;

/// A written rule with its name and file.
pub(super) struct Placed<'a> {
    pub(super) file: &'a FileText,
    pub(super) name: &'a AtText,
    pub(super) rule: AlertRule,
}

/// The rules of all files in the order of their names; one that is twice in a user's files is
/// reported and counts once.
pub(super) fn merge<'a>(
    shipped: &'a [Written],
    own: &'a [Written],
    faults: &mut Vec<Problem>,
) -> Vec<Placed<'a>> {
    let mut all: BTreeMap<&str, Placed<'a>> = BTreeMap::new();
    let mut seen = names::Seen::new("rule");
    let mut lay = |files: &'a [Written], seen: &mut names::Seen| {
        for Written { file, rules } in files {
            for (name, rule) in &rules.rule {
                seen.note(file, name, faults);
                let below = all.remove(name.get().as_str());
                let rule = match below {
                    Some(below) if rule.get().kind.is_none() => {
                        over(rule.get().clone(), below.rule, &name.span())
                    }
                    Some(_) | None => rule.get().clone(),
                };
                all.insert(name.get().as_str(), Placed { file, name, rule });
            }
        }
    };
    lay(shipped, &mut seen);
    // A user's rule may have a shipped one's name; two of a user's may not share one.
    let mut seen = names::Seen::new("rule");
    lay(own, &mut seen);
    all.into_values().collect()
}

/// The rule with what it does not say taken from `below`.
fn over(above: AlertRule, below: AlertRule, span: &Range<usize>) -> AlertRule {
    fn first<T>(above: Option<At<T>>, below: Option<At<T>>, span: &Range<usize>) -> Option<At<T>> {
        above.or_else(|| below.map(|value| value.moved(span.clone())))
    }
    // The other limit of a pair goes with the one that is written anew.
    let limits = above.above.is_some() || above.below.is_some();
    AlertRule {
        reason: first(above.reason, below.reason, span),
        kind: first(above.kind, below.kind, span),
        on: first(above.on, below.on, span),
        by: first(above.by, below.by, span),
        scope: first(above.scope, below.scope, span),
        hold: first(above.hold, below.hold, span),
        severity: first(above.severity, below.severity, span),
        severity_fail_closed: first(above.severity_fail_closed, below.severity_fail_closed, span),
        owner: first(above.owner, below.owner, span),
        runbook: first(above.runbook, below.runbook, span),
        action: first(above.action, below.action, span),
        repeat: first(above.repeat, below.repeat, span),
        metric: first(above.metric, below.metric, span),
        window: first(above.window, below.window, span),
        above: first(above.above, below.above.filter(|_| !limits), span),
        below: first(above.below, below.below.filter(|_| !limits), span),
        clear: first(above.clear, below.clear.filter(|_| !limits), span),
        min_sample: first(above.min_sample, below.min_sample, span),
        period: first(above.period, below.period, span),
        budget: first(above.budget, below.budget, span),
        percent: first(above.percent, below.percent, span),
        forecast: first(above.forecast, below.forecast, span),
        fast: first(above.fast, below.fast, span),
        slow: first(above.slow, below.slow, span),
        times: first(above.times, below.times, span),
        false_alarms: first(above.false_alarms, below.false_alarms, span),
        floor: first(above.floor, below.floor, span),
        event: first(above.event, below.event, span),
        of: first(above.of, below.of, span),
        due: first(above.due, below.due, span),
        days: first(above.days, below.days, span),
    }
}
