//! Spans of one call in one export tell the same facts, each with what the other knew more.
//!
//! Knows no attribute. A newcomer may ask why reports are changed after the fact: an SDK's span
//! knows host, status and how long a cache entry lives, the instrumentation around it does not.
//! Whichever comes first stands in the books, so both must say the same. Spans whose counts differ
//! are left as they are: that is a contradiction, and is shown as one.

use std::collections::BTreeMap;

use crate::call::{Report, Usage};
use crate::decode::Told;
use crate::ids::{Identity, IdentityKind};

use super::pairs::Seen;

/// Evens out the reports of each identity that stands more than once.
pub(super) fn level(seen: &mut [Seen]) {
    let mut groups: BTreeMap<(IdentityKind, &str), Vec<usize>> = BTreeMap::new();
    for (at, seen) in seen.iter().enumerate() {
        if let Some(Report { identity, .. }) = seen.report() {
            let Identity { kind, value, .. } = identity;
            groups.entry((*kind, value)).or_default().push(at);
        }
    }
    let groups: Vec<Vec<usize>> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    for group in groups {
        let reports: Vec<Report> = group
            .iter()
            .filter_map(|at| seen.get(*at)?.report().cloned())
            .collect();
        for at in group {
            if let Some(Told::Report(report)) = seen.get_mut(at).map(|seen| &mut seen.told) {
                for other in &reports {
                    learn(report, other);
                }
            }
        }
    }
}

/// Adds to `report` what `other` knows more of the same call.
fn learn(report: &mut Report, other: &Report) {
    if !fits(usage(report), usage(other)) {
        return;
    }
    let knows_place = |report: &Report| {
        let to = &report.destination;
        (
            !to.host.is_empty(),
            !to.path.is_empty(),
            to.provider.is_some(),
        )
    };
    if knows_place(other) > knows_place(report) {
        report.destination = other.destination.clone();
    }
    for evidence in &other.evidence {
        if !report.evidence.contains(evidence) {
            report.evidence.push(evidence.clone());
        }
    }
    report.evidence.sort();
    if let (Some(mine), Some(theirs)) = (&mut report.transport, &other.transport)
        && mine.status.is_none()
        && theirs.status.is_some()
    {
        mine.status = theirs.status;
        mine.class = theirs.class;
        if let Some(usage) = &mut report.usage {
            usage.class = theirs.class;
        }
    }
    let Some(theirs) = &other.usage else { return };
    let Some(mine) = &mut report.usage else {
        return;
    };
    mine.usage = mine.usage.or(theirs.usage);
    if let (Some(counts), Some(known)) = (&mut mine.usage, &theirs.usage) {
        if split(known) > split(counts) {
            counts.cache_write_5m = known.cache_write_5m;
            counts.cache_write_1h = known.cache_write_1h;
        }
        counts.reasoning = counts.reasoning.max(known.reasoning);
    }
    if mine.model == mine.requested_model && theirs.model != theirs.requested_model {
        mine.model.clone_from(&theirs.model);
        mine.requested_model.clone_from(&theirs.requested_model);
    }
    mine.tier = mine.tier.or(theirs.tier);
    mine.untold.cache &= theirs.untold.cache;
    if theirs.usage.is_some() {
        mine.untold.buckets = mine.untold.buckets.and(theirs.untold.buckets);
    }
    mine.untold.geo &= theirs.untold.geo;
    mine.web_searches = mine.web_searches.max(theirs.web_searches);
}

fn usage(report: &Report) -> Option<Usage> {
    report.usage.as_ref()?.usage
}

/// Whether the counts are the same but for what one of them does not split.
fn fits(mine: Option<Usage>, other: Option<Usage>) -> bool {
    let coarse = |usage: Usage| {
        let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
        (usage.input, usage.cache_read, written, usage.output)
    };
    match (mine, other) {
        (Some(mine), Some(other)) => coarse(mine) == coarse(other),
        (None, _) | (_, None) => true,
    }
}

/// How much of the writes is known to live longer: unsplit ones stand under five minutes.
fn split(usage: &Usage) -> u64 {
    usage.cache_write_1h
}
