//! Approved against real for the feature that left its approval the furthest: since when, what it
//! cost, where it landed, which calls prove it.
//!
//! Knows no terminal and no scenario: it asks the books, so it tells the same of real logs. A
//! newcomer may ask how "since when" is found: the hour from which hours above one and a half
//! times the approved cost outnumber the others the most.

pub(super) mod outage;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::residency::Proof;
use super::{Figures, Group, over, residency};
use crate::app::Failure;
use crate::app::export::start_text;
use crate::attribute::Feature;
use crate::entry::CellKey;
use crate::judge::Rulebook;
use crate::ledger::{CellRow, Ledger, Resolution, Span};
use crate::residency::Verdict;
use crate::units::{HOUR_MS, Text, UnixMillis};

pub use outage::Outage;

/// Violated calls of the feature itself that are shown.
const PROOFS_OWN: usize = 2;
/// Violated calls of other features that are shown.
const PROOFS_OTHERS: usize = 1;
/// A cost per request above this many hundredths of the approved one counts as left.
const LEFT_PERCENT: i64 = 150;

/// The story of one feature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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

/// One feature's books over time: by hour, and by minute around the change.
type Timeline = BTreeMap<UnixMillis, Slot>;

/// A window of a [`Timeline`].
#[derive(Clone, Debug, Default)]
struct Slot {
    group: Group,
    endpoints: BTreeSet<Text>,
}

/// The feature that left its approval the furthest.
struct Found<'a> {
    feature: &'a Feature,
    approved: i64,
    since: UnixMillis,
    timeline: Timeline,
}

/// The story of the feature whose cost left its approval the furthest; `None` when no feature with
/// an approved cost left it.
///
/// # Errors
/// What the ledger says.
pub fn story(ledger: &dyn Ledger, rules: &Rulebook, span: Span) -> Result<Option<Story>, Failure> {
    let Some(found) = find(ledger, rules, span)? else {
        return Ok(None);
    };
    let Found {
        feature,
        approved,
        since,
        timeline,
    } = found;
    let (before, after) = (sum(timeline.range(..since)), sum(timeline.range(since..)));
    let figures = Figures::of(&after.group);
    let planned = approved.saturating_mul(figures.requests_ok);
    let extra = figures.cost_nanousd.saturating_sub(planned);
    let last = timeline.keys().next_back().copied().unwrap_or(since);
    let hours = (last.0 - since.0).div_euclid(HOUR_MS).max(1);
    let landed = residency::residency(ledger, rules, span, 0)?;
    let regions: BTreeSet<&String> = landed
        .landed
        .iter()
        .filter(|row| row.verdict == "violated")
        .map(|row| &row.region)
        .collect();
    let names = |slot: &Slot| slot.endpoints.iter().map(Text::to_string).collect();
    Ok(Some(Story {
        feature: feature.key.to_string(),
        name: super::display(&feature.key, Some(&feature.display_name)).to_owned(),
        approved_nanousd: approved,
        approved_tokens: feature.approved.tokens_per_call,
        rule: feature.rule.as_ref().map(|rule| rule.name.to_string()),
        declared_regions: declared(feature, rules),
        since: Some(start_text(since)),
        since_at: Some(since),
        before: Figures::of(&before.group),
        after: figures,
        endpoints_before: names(&before),
        endpoints_after: names(&after),
        extra_nanousd: extra,
        extra_month_nanousd: over(extra, hours).unwrap_or(0).saturating_mul(24 * 30),
        violated: landed.total.violated,
        unproven: landed.total.unproven,
        violated_regions: regions.into_iter().cloned().collect(),
        proofs: proofs(ledger, span, &feature.key)?,
        outage: outage::longest(
            ledger,
            rules,
            Span {
                from: since,
                to: span.to,
            },
            &feature.key,
        )?,
    }))
}

fn find<'a>(
    ledger: &dyn Ledger,
    rules: &'a Rulebook,
    span: Span,
) -> Result<Option<Found<'a>>, Failure> {
    let mut timelines: BTreeMap<Text, Timeline> = BTreeMap::new();
    // Without an approved cost nothing can have left it.
    let mut wanted = |key: &CellKey| {
        let known = rules.features.by_key(&key.feature);
        let known = known.and_then(|id| rules.features.get(id));
        known.is_some_and(|feature| feature.approved.cost_per_call.is_some())
    };
    ledger.cells_where((Resolution::Hour, span), &mut wanted, &mut |row| {
        add(timelines.entry(row.key.feature.clone()).or_default(), &row);
        Ok(())
    })?;
    let candidates = rules.features.iter().filter_map(|(_, feature)| {
        let approved = feature.approved.cost_per_call?.0;
        let timeline = timelines.get(&feature.key)?;
        let since = since(timeline, approved)?;
        let after = sum(timeline.range(since..));
        let cost = Figures::of(&after.group).cost_per_answered_request_nanousd?;
        let times = i128::from(cost).saturating_mul(1000) / i128::from(approved.max(1));
        Some((times, feature, approved, since))
    });
    let Some((_, feature, approved, hour)) = candidates.max_by_key(|(times, ..)| *times) else {
        return Ok(None);
    };
    let mut timeline = timelines.remove(&feature.key).unwrap_or_default();
    let around = Span {
        from: hour.saturating_add(-HOUR_MS),
        to: hour.saturating_add(HOUR_MS),
    };
    let mut minutes = Timeline::new();
    let mut wanted = |key: &CellKey| key.feature == feature.key;
    ledger.cells_where((Resolution::Minute, around), &mut wanted, &mut |row| {
        add(&mut minutes, &row);
        Ok(())
    })?;
    let since = since(&minutes, approved).unwrap_or(hour);
    if !minutes.is_empty() {
        timeline.retain(|start, _| !around.contains(*start));
        timeline.append(&mut minutes);
    }
    Ok(Some(Found {
        feature,
        approved,
        since,
        timeline,
    }))
}

fn add(timeline: &mut Timeline, row: &CellRow) {
    let slot = timeline.entry(row.start).or_default();
    slot.group.add(&row.key, &row.cell);
    slot.endpoints.insert(row.key.endpoint.clone());
}

fn sum<'a>(slots: impl Iterator<Item = (&'a UnixMillis, &'a Slot)>) -> Slot {
    let mut total = Slot::default();
    for (_, slot) in slots {
        total.group.merge(&slot.group);
        total.endpoints.extend(slot.endpoints.iter().cloned());
    }
    total
}

/// The window since which windows above the approved cost outnumber the others the most.
fn since(timeline: &Timeline, approved: i64) -> Option<UnixMillis> {
    let mut best: Option<(i64, UnixMillis)> = None;
    let mut balance = 0_i64;
    for (start, slot) in timeline.iter().rev() {
        let totals = &slot.group.cell.totals;
        let Some(cost) = over(totals.cost_nanousd(), totals.requests_ok) else {
            continue;
        };
        let left = cost.saturating_mul(100) > approved.saturating_mul(LEFT_PERCENT);
        balance += if left { 1 } else { -1 };
        if balance > 0 && best.is_none_or(|(most, _)| balance > most) {
            best = Some((balance, *start));
        }
    }
    best.map(|(_, start)| start)
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

/// Violated calls that prove it: those of the feature first, each endpoint's first.
fn proofs(ledger: &dyn Ledger, span: Span, feature: &Text) -> Result<Vec<Proof>, Failure> {
    let of = (span, Verdict::Violated);
    let mut own = |key: &CellKey| key.feature == *feature;
    let mut rows = ledger.examples(of, &mut own, PROOFS_OWN)?;
    let mut others = |key: &CellKey| key.feature != *feature;
    rows.extend(ledger.examples(of, &mut others, PROOFS_OTHERS)?);
    Ok(rows.iter().map(residency::proof).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(cents_per_request: i64, requests: i64) -> Slot {
        let mut slot = Slot::default();
        slot.group.cell.totals.requests_ok = requests;
        slot.group.cell.totals.cost_exact_nanousd = cents_per_request * 10_000_000 * requests;
        slot
    }

    #[test]
    fn finds_the_hour_of_the_change() {
        let of = |cents: &[i64]| {
            let hours: Timeline = cents
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
}
