//! What stands around a finding: where calls landed, how much was seen, what today costs.
//!
//! Knows no chart and no cause. A newcomer may ask why coverage is of endpoints and not of features:
//! one half of many calls does not tell its feature, and both halves tell the endpoint.

use std::collections::{BTreeMap, BTreeSet};

use crate::alert::{Amount, Check, Residency, Unit};
use crate::cell::Totals;
use crate::ledger::{Fault, Resolution, Span};
use crate::residency::Verdict;
use crate::units::{DAY_MS, HOUR_MS, Text};

use super::case::Case;
use super::figure::ppm;

/// Millionths of answered calls that both halves tell, of the last day, at the endpoints that it is
/// about; `None` where only one half is told at all.
pub(super) fn coverage(case: &Case<'_>) -> Result<Option<i64>, Fault> {
    let to = case.event.to.saturating_add(HOUR_MS - 1).floor(HOUR_MS);
    let span = Span {
        from: to.saturating_add(-DAY_MS),
        to,
    };
    let mut own: BTreeSet<Text> = BTreeSet::new();
    case.books.cells_where(
        (Resolution::Hour, span),
        &mut |key| case.holds(key),
        &mut |row| {
            own.insert(row.key.endpoint);
            Ok(())
        },
    )?;
    let mut endpoints: BTreeMap<Text, Totals> = BTreeMap::new();
    case.books.cells_where(
        (Resolution::Hour, span),
        &mut |key| own.contains(&key.endpoint),
        &mut |row| {
            let sum = endpoints.entry(row.key.endpoint).or_default();
            sum.add(&row.cell.totals, 1);
            Ok(())
        },
    )?;
    let sum = |of: fn(&Totals) -> i64| endpoints.values().map(of).fold(0, i64::saturating_add);
    if sum(|totals| totals.calls_ok) <= 0 || sum(|totals| totals.requests_ok) <= 0 {
        return Ok(None);
    }
    let least = sum(|totals| totals.calls_ok.min(totals.requests_ok));
    let most = sum(|totals| totals.calls_ok.max(totals.requests_ok));
    Ok(ppm(least, most))
}

/// Where most calls of the event landed, and their verdict; of violated calls alone where it is
/// about them. A place that only the registry says is told with the verdict that says so.
pub(super) fn landed(case: &Case<'_>) -> Result<Option<(Text, &'static str)>, Fault> {
    let of_violated = matches!(case.rule.check, Check::Residency(Residency::Violated));
    let mut calls: BTreeMap<(Verdict, Text), i64> = BTreeMap::new();
    case.cells(case.event, &mut |row| {
        let Some(verdict) = row.key.verdict else {
            return;
        };
        if of_violated && verdict != Verdict::Violated {
            return;
        }
        let region = if row.key.region.is_empty() {
            registered(case, &row.key.endpoint)
        } else {
            row.key.region
        };
        *calls.entry((verdict, region)).or_default() += row.cell.totals.calls();
    })?;
    let told = calls
        .into_iter()
        .filter(|((_, region), n)| !region.is_empty() && *n > 0);
    let most = told.max_by_key(|(_, n)| *n);
    Ok(most.map(|((verdict, region), _)| (region, verdict.as_str())))
}

/// The region that the registry says of an endpoint; empty where it says none.
pub(super) fn registered(case: &Case<'_>, endpoint: &str) -> Text {
    let registry = &case.rules.registry;
    let known = registry.by_name(endpoint).and_then(|id| registry.get(id));
    known.map_or_else(Text::default, |one| Text::from(one.known_region()))
}

/// Spend of the day that holds the end of the event, up to there; `None` where no request is told.
pub(super) fn today(case: &Case<'_>) -> Result<Option<Amount>, Fault> {
    let day = case.books.zones().day_of(case.event.to.saturating_add(-1));
    let mut sum = Totals::default();
    case.until_now(day, &mut |row| sum.add(&row.cell.totals, 1))?;
    let told = sum.requests() > 0 && !case.by_lines();
    Ok(told.then(|| Amount::new(Unit::NanoUsd, sum.cost_nanousd())))
}
