//! What there is to compare of findings: how bad, how dear, which limit.
//!
//! Knows no episode and no person. A newcomer may ask why cents never count as growth: a loss that doubles
//! from one cent to two is no news.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::alert::{Check, Finding, Rule, StepKind};
use crate::units::Text;

use super::rows::Alert;
use super::step::{Item, Recipient, Step};
use super::{GROWTH_NANOUSD, order};

pub(super) fn item_of(step: &Step) -> Item {
    // A step has a finding always; the fallback keeps a damaged memory from ending anything.
    let finding = step.findings.first().cloned();
    Item {
        id: step.id,
        kind: step.kind,
        severity: step.severity,
        finding: finding.unwrap_or_else(order::nothing),
        series: step.series,
        since: step.since,
        wall: step.wall,
        over: step.kind == StepKind::Resolved,
    }
}

/// The order of findings: most urgent, then most expensive, then by name.
pub(super) fn worst_first(finding: &Finding) -> impl Ord + use<> {
    let loss = finding
        .loss
        .per_hour_nanousd
        .or(finding.loss.so_far_nanousd);
    (
        Reverse((finding.severity, loss)),
        finding.rule.clone(),
        finding.series.clone(),
    )
}

/// The worst alert first.
pub(super) fn sorted(mut alerts: Vec<&Alert>) -> Vec<&Alert> {
    alerts.sort_by_cached_key(|alert| worst_first(&alert.last));
    alerts
}

/// Losses of several findings: an hour, and so far.
pub(super) fn losses<'a>(
    findings: impl Iterator<Item = &'a Finding>,
) -> (Option<i64>, Option<i64>) {
    findings.fold((None, None), |(per_hour, so_far), finding| {
        let add = |sum: Option<i64>, more: Option<i64>| match (sum, more) {
            (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
            (one, other) => one.or(other),
        };
        (
            add(per_hour, finding.loss.per_hour_nanousd),
            add(so_far, finding.loss.so_far_nanousd),
        )
    })
}

pub(super) fn has_grown(before: i64, now: i64) -> bool {
    now >= before.saturating_mul(2) && now.saturating_sub(before) >= GROWTH_NANOUSD
}

/// The limit that a finding stands for, where passing the next one is news.
pub(super) fn limit_of(rule: &Rule, finding: &Finding) -> Option<i64> {
    match &rule.check {
        Check::Budget(_) | Check::Calendar(_) => finding.measure.limit.map(|limit| limit.n),
        Check::Threshold { .. }
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Drift { .. }
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Silence { .. } => None,
    }
}

pub(super) fn limits(alerts: &[&Alert], rules: &BTreeMap<Text, Rule>) -> Vec<i64> {
    let of = |alert: &&Alert| limit_of(rules.get(&alert.key.rule)?, &alert.last);
    alerts.iter().filter_map(of).collect()
}

/// Adds those who are not there yet.
pub(super) fn add_all(to: &mut Vec<Recipient>, more: Vec<Recipient>) {
    for one in more {
        if !to.iter().any(|known| known.address == one.address) {
            to.push(one);
        }
    }
}
