//! Approved against real for the feature that left its approval the furthest: since when, what it
//! cost, where it landed, which calls prove it.
//!
//! Knows no terminal and no scenario: it asks the books, so it tells the same of real logs. A
//! newcomer may ask how "since when" is found: the hour from which hours above one and a half
//! times the approved cost outnumber the others the most.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::residency::Proof;
use super::{Figures, Group, over, residency};
use crate::app::Failure;
use crate::app::export::start_text;
use crate::attribute::Feature;
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Resolution, Span};
use crate::link::LinkTotals;
use crate::units::{DAY_MS, HOUR_MS, Text, UnixMillis};

/// A cost per request above this many hundredths of the approved one counts as left.
const LEFT_PERCENT: i64 = 150;
/// Width of the windows in which an outage is looked for, in milliseconds.
const OUTAGE_STEP_MS: i64 = 600_000;
/// Calls that such a window must have to count.
const OUTAGE_CALLS_MIN: i64 = 3;

/// The story of one feature.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// `application/skill`.
    pub feature: String,
    /// The name that people read.
    pub name: String,
    /// Approved cost of an answered request.
    pub approved_nanousd: i64,
    /// Approved tokens of an answered request.
    pub approved_tokens: Option<u64>,
    /// Name of its residency rule.
    pub rule: Option<String>,
    /// Regions that the registry states for its endpoints.
    pub declared_regions: Vec<String>,
    /// The hour since which it costs more, RFC 3339 in UTC; `None` when it never did.
    pub since: Option<String>,
    /// The same in milliseconds since 1970.
    #[serde(skip)]
    pub since_at: Option<UnixMillis>,
    /// Figures before that hour.
    pub before: Figures,
    /// Figures since.
    pub after: Figures,
    /// Endpoints used before, and since.
    pub endpoints_before: Vec<String>,
    /// See `endpoints_before`.
    pub endpoints_after: Vec<String>,
    /// Spend since then above the approved cost of as many requests.
    pub extra_nanousd: i64,
    /// The same over thirty days at that pace.
    pub extra_month_nanousd: i64,
    /// Calls outside their rule in all features, with the regions they landed in.
    pub violated: i64,
    /// Calls that nothing proves, in all features.
    pub unproven: i64,
    /// Regions that calls landed in by evidence, though the rule forbids them.
    pub violated_regions: Vec<String>,
    /// Proof: violated calls, first by time, of different endpoints first.
    pub proofs: Vec<Proof>,
    /// The longest outage of its endpoints.
    pub outage: Option<Outage>,
}

/// A time in which most calls to an endpoint failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outage {
    /// The endpoint.
    pub endpoint: String,
    /// First window, RFC 3339 in UTC.
    pub from: String,
    /// End of the last window.
    pub to: String,
    /// The same in milliseconds since 1970.
    #[serde(skip)]
    pub span: (UnixMillis, UnixMillis),
    /// Calls in it.
    pub calls: i64,
    /// Of them failed: 5xx, timed out or without an answer.
    pub failed: i64,
    /// Calls that went to another endpoint instead.
    pub fallbacks: i64,
    /// The endpoint that the registry names as fallback.
    pub registered_fallback: Option<String>,
}

/// The story of the feature whose cost left its approval the furthest; `None` when no feature has
/// an approved cost and requests.
///
/// # Errors
/// What the ledger says.
pub fn story(ledger: &dyn Ledger, rules: &Rulebook, span: Span) -> Result<Option<Story>, Failure> {
    let mut hours: BTreeMap<Text, BTreeMap<UnixMillis, Group>> = BTreeMap::new();
    let mut endpoints: BTreeMap<(Text, UnixMillis), BTreeSet<Text>> = BTreeMap::new();
    ledger.cells(Resolution::Hour, span, &mut |row| {
        let feature = row.key.feature.clone();
        hours
            .entry(feature.clone())
            .or_default()
            .entry(row.start)
            .or_default()
            .add(&row.key, &row.cell);
        endpoints
            .entry((feature, row.start))
            .or_default()
            .insert(row.key.endpoint);
        Ok(())
    })?;
    let candidates = rules.features.iter().filter_map(|(_, feature)| {
        let approved = feature.approved.cost_per_call?.0;
        let by_hour = hours.get(&feature.key)?;
        let since = since(by_hour, approved)?;
        let after = sum(by_hour.range(since..));
        let cost = Figures::of(&after).cost_per_answered_request_nanousd?;
        Some((
            i128::from(cost) * 1000 / i128::from(approved.max(1)),
            feature,
            approved,
            since,
        ))
    });
    let Some((_, feature, approved, since)) = candidates.max_by_key(|(times, ..)| *times) else {
        return Ok(None);
    };
    let by_hour = hours.get(&feature.key).cloned().unwrap_or_default();
    let used = |range: &dyn Fn(UnixMillis) -> bool| -> Vec<String> {
        let of_feature = endpoints
            .iter()
            .filter(|((name, hour), _)| *name == feature.key && range(*hour));
        let names: BTreeSet<&Text> = of_feature.flat_map(|(_, names)| names).collect();
        names.into_iter().map(Text::to_string).collect()
    };
    let after = Figures::of(&sum(by_hour.range(since..)));
    let extra = after
        .cost_nanousd
        .saturating_sub(approved.saturating_mul(after.requests_ok));
    let last = by_hour
        .keys()
        .next_back()
        .copied()
        .unwrap_or(since)
        .saturating_add(HOUR_MS);
    let landed = residency::residency(ledger, rules, span, 1000)?;
    let regions: BTreeSet<&String> = landed
        .landed
        .iter()
        .filter(|row| row.verdict == "violated")
        .map(|row| &row.region)
        .collect();
    Ok(Some(Story {
        feature: feature.key.to_string(),
        name: super::display(&feature.key, Some(&feature.display_name)).to_owned(),
        approved_nanousd: approved,
        approved_tokens: feature.approved.tokens_per_call,
        rule: feature.rule.as_ref().map(|rule| rule.name.to_string()),
        declared_regions: declared(feature, rules),
        since: Some(start_text(since)),
        since_at: Some(since),
        before: Figures::of(&sum(by_hour.range(..since))),
        endpoints_before: used(&|hour| hour < since),
        endpoints_after: used(&|hour| hour >= since),
        extra_nanousd: extra,
        extra_month_nanousd: over(extra, (last.0 - since.0).div_euclid(HOUR_MS).max(1))
            .unwrap_or(0)
            .saturating_mul(24 * 30),
        violated: landed.total.violated,
        unproven: landed.total.unproven,
        violated_regions: regions.into_iter().cloned().collect(),
        proofs: proofs(&landed.evidence),
        outage: outage(
            ledger,
            rules,
            Span {
                from: since,
                to: span.to,
            },
            &feature.key,
        )?,
        after,
    }))
}

fn sum<'a>(hours: impl Iterator<Item = (&'a UnixMillis, &'a Group)>) -> Group {
    let mut total = Group::default();
    for (_, group) in hours {
        total.cell.merge(&group.cell, 1);
        for (verdict, calls) in &group.verdicts {
            *total.verdicts.entry(*verdict).or_default() += calls;
        }
    }
    total
}

/// The hour since which hours above the approved cost outnumber the others the most.
fn since(hours: &BTreeMap<UnixMillis, Group>, approved: i64) -> Option<UnixMillis> {
    let mut best: Option<(i64, UnixMillis)> = None;
    let mut balance = 0_i64;
    for (hour, group) in hours.iter().rev() {
        let totals = &group.cell.totals;
        let Some(cost) = over(totals.cost_nanousd(), totals.requests_ok) else {
            continue;
        };
        let left = cost.saturating_mul(100) > approved.saturating_mul(LEFT_PERCENT);
        balance += if left { 1 } else { -1 };
        if balance > 0 && best.is_none_or(|(most, _)| balance > most) {
            best = Some((balance, *hour));
        }
    }
    best.map(|(_, hour)| hour)
}

fn declared(feature: &Feature, rules: &Rulebook) -> Vec<String> {
    let regions: BTreeSet<String> = feature
        .endpoints
        .iter()
        .filter_map(|id| rules.registry.get(*id))
        .map(|endpoint| endpoint.region.to_string())
        .filter(|region| !region.is_empty())
        .collect();
    regions.into_iter().collect()
}

/// The first violated call of each endpoint and kind of evidence, then the next ones.
fn proofs(evidence: &[Proof]) -> Vec<Proof> {
    let violated = evidence.iter().filter(|proof| proof.verdict == "violated");
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for proof in violated {
        if seen.insert((&proof.endpoint, &proof.evidence)) {
            first.push(proof.clone());
        } else {
            rest.push(proof.clone());
        }
    }
    first.extend(rest);
    first.truncate(4);
    first
}

/// The longest run of windows in which at least half of an endpoint's calls failed.
fn outage(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    feature: &Text,
) -> Result<Option<Outage>, Failure> {
    let mut windows: BTreeMap<Text, BTreeMap<UnixMillis, (i64, i64)>> = BTreeMap::new();
    ledger.cells(Resolution::Minute, span, &mut |row| {
        if row.key.feature == *feature {
            let totals = &row.cell.totals;
            let window = row.start.floor(OUTAGE_STEP_MS);
            let (calls, failed) = windows
                .entry(row.key.endpoint)
                .or_default()
                .entry(window)
                .or_default();
            *calls += totals.calls();
            *failed += totals.calls_server_error + totals.calls_timeout + totals.calls_no_answer;
        }
        Ok(())
    })?;
    let mut longest: Option<Outage> = None;
    for (endpoint, windows) in &windows {
        for run in runs(windows) {
            let long = |outage: &Outage| outage.span.1.0 - outage.span.0.0;
            let found = Outage {
                endpoint: endpoint.to_string(),
                from: start_text(run.from),
                to: start_text(run.to),
                span: (run.from, run.to),
                calls: run.calls,
                failed: run.failed,
                fallbacks: 0,
                registered_fallback: fallback_of(rules, endpoint),
            };
            if run.failed >= 10
                && longest
                    .as_ref()
                    .is_none_or(|other| long(&found) > long(other))
            {
                longest = Some(found);
            }
        }
    }
    if let Some(outage) = &mut longest {
        let (from, to) = outage.span;
        let hours = Span {
            from: from.floor(HOUR_MS),
            to: to.saturating_add(HOUR_MS).min(to.saturating_add(DAY_MS)),
        };
        for row in ledger.links(hours)? {
            let fell_back = matches!(row.key.as_slice(), [half, kind, of, from, _] if half == "call" && kind == "fallback" && of == feature && *from == outage.endpoint);
            if fell_back {
                outage.fallbacks += LinkTotals::decode(&row.body).unwrap_or_default().links;
            }
        }
    }
    Ok(longest)
}

fn fallback_of(rules: &Rulebook, endpoint: &str) -> Option<String> {
    let endpoint = rules
        .registry
        .by_name(endpoint)
        .and_then(|id| rules.registry.get(id))?;
    rules
        .registry
        .get(endpoint.fallback?)
        .map(|other| other.name.to_string())
}

struct Run {
    from: UnixMillis,
    to: UnixMillis,
    calls: i64,
    failed: i64,
}

/// Runs of windows with enough calls of which at least half failed; a window with too few calls
/// neither ends nor begins one.
fn runs(windows: &BTreeMap<UnixMillis, (i64, i64)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (start, (calls, failed)) in windows {
        if *calls < OUTAGE_CALLS_MIN {
            continue;
        }
        let down = failed.saturating_mul(2) >= *calls;
        if !down {
            open = false;
            continue;
        }
        let end = start.saturating_add(OUTAGE_STEP_MS);
        match runs.last_mut() {
            Some(run) if open => {
                run.to = end;
                run.calls += calls;
                run.failed += failed;
            }
            Some(_) | None => runs.push(Run {
                from: *start,
                to: end,
                calls: *calls,
                failed: *failed,
            }),
        }
        open = true;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(cents_per_request: i64, requests: i64) -> Group {
        let mut group = Group::default();
        group.cell.totals.requests_ok = requests;
        group.cell.totals.cost_exact_nanousd = cents_per_request * 10_000_000 * requests;
        group
    }

    #[test]
    fn finds_the_hour_of_the_change() {
        let of = |cents: &[i64]| {
            let hours: BTreeMap<UnixMillis, Group> = cents
                .iter()
                .enumerate()
                .map(|(i, cents)| (UnixMillis(i64::try_from(i).unwrap()), hour(*cents, 10)))
                .collect();
            since(&hours, 40_000_000).map(|at| at.0)
        };
        assert_eq!(of(&[4, 4, 5, 4, 14, 13, 4, 15]), Some(4));
        assert_eq!(of(&[4, 9, 4, 4, 14, 14, 14]), Some(4));
        assert_eq!(of(&[4, 4, 4]), None);
        assert_eq!(of(&[14, 14]), Some(0));
    }

    #[test]
    fn finds_runs_of_failures() {
        let windows = [
            (0, 10, 0),
            (1, 10, 9),
            (2, 1, 0),
            (3, 12, 6),
            (4, 10, 1),
            (5, 4, 4),
        ];
        let windows = windows
            .iter()
            .map(|(i, calls, failed)| (UnixMillis(i * OUTAGE_STEP_MS), (*calls, *failed)))
            .collect();
        let found: Vec<(i64, i64, i64)> = runs(&windows)
            .iter()
            .map(|run| {
                (
                    run.from.0 / OUTAGE_STEP_MS,
                    run.to.0 / OUTAGE_STEP_MS,
                    run.failed,
                )
            })
            .collect();
        assert_eq!(found, [(1, 4, 15), (5, 6, 4)]);
    }
}
