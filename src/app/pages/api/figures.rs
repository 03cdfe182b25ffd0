//! Figures that pages draw and no report prints, as JSON: latency by day, spend by price row and user
//! group, the month.
//!
//! Knows no HTTP. A newcomer may ask why latency has no mean: the slow calls are those that somebody
//! waits for, and a mean hides them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::report::daily::daily;
use crate::app::report::gather;
use crate::hist::{Hist, Layout};
use crate::ledger::Family;

use super::super::Ask;
use super::super::month::month as foreseen;
use super::super::overview::day_of;
use super::super::view::Fault;

/// Upper bounds of the counts, in milliseconds.
const BOUNDS: [u64; 12] = [
    100, 250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000, 120_000, 300_000,
];

/// How long calls took.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Latency {
    /// All days together.
    total: Took,
    /// Each day.
    days: Vec<LatencyDay>,
}

/// A day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct LatencyDay {
    /// The day.
    date: String,
    /// How long its calls took.
    #[serde(flatten)]
    took: Took,
}

/// Durations, exact to two digits whatever the span.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Took {
    /// Whether they are calls, by transport reports, or requests by the clock of usage reports.
    of: &'static str,
    /// How many are known.
    count: i64,
    /// Half took no longer, in milliseconds.
    ms_p50: Option<u64>,
    /// 90 of 100 took no longer.
    ms_p90: Option<u64>,
    /// 95 of 100 took no longer.
    ms_p95: Option<u64>,
    /// 99 of 100 took no longer.
    ms_p99: Option<u64>,
    /// The longest.
    ms_max: Option<u64>,
    /// How many took less than so many milliseconds, each within the next; a bucket that holds the
    /// bound counts as below it.
    below: Vec<Below>,
}

/// Calls below a bound.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Below {
    /// The bound in milliseconds.
    ms: u64,
    /// How many took less.
    count: i64,
}

pub(super) fn latency(ask: &Ask<'_>) -> Result<Latency, Fault> {
    let gathered = gather(ask.ledger, ask.view.span, ask.view.feature.as_deref())?;
    let zones = ask.ledger.zones();
    let (mut calls, mut requests) = (Hist::default(), Hist::default());
    let mut days = Vec::new();
    for (start, group) in &gathered.days {
        let cell = &group.cell;
        calls.merge(&cell.latency, 1);
        requests.merge(&cell.duration, 1);
        days.push(LatencyDay {
            date: zones.date_of(*start).to_string(),
            took: took(&cell.latency, &cell.duration),
        });
    }
    Ok(Latency {
        total: took(&calls, &requests),
        days,
    })
}

fn took(calls: &Hist, requests: &Hist) -> Took {
    let (of, hist) = if calls.count() > 0 {
        ("calls", calls)
    } else {
        ("requests", requests)
    };
    let layout = Layout::latency();
    let below = |ms: u64| {
        // A bucket is named by its lowest value.
        let within = |(bucket, _): &&(u32, i64)| u64::from(*bucket) < ms;
        let counts = hist.buckets().iter().filter(within);
        Below {
            ms,
            count: counts.map(|(_, n)| *n).sum(),
        }
    };
    Took {
        of,
        count: hist.count(),
        ms_p50: hist.per_mille(layout, 500),
        ms_p90: hist.per_mille(layout, 900),
        ms_p95: hist.per_mille(layout, 950),
        ms_p99: hist.per_mille(layout, 990),
        ms_max: hist.max(layout),
        below: BOUNDS.map(below).to_vec(),
    }
}

/// Spend by what is no cell's key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Breakdown {
    /// By price row and model, the dearest first.
    prices: Vec<ByPrice>,
    /// By user group and feature, the dearest first.
    groups: Vec<ByGroup>,
}

/// Spend of a price row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ByPrice {
    /// Its name, or `unpriced:` and the reason why there is none.
    price_row: String,
    /// The model.
    model: String,
    /// How many requests.
    requests: i64,
    /// All cost with a price, in nano-dollars.
    cost_nanousd: i64,
}

/// Spend of a user group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct ByGroup {
    /// Its name; empty where nothing tells the user.
    group: String,
    /// `application/skill`.
    feature: String,
    /// How many requests.
    requests: i64,
    /// All cost with a price, in nano-dollars.
    cost_nanousd: i64,
}

pub(super) fn breakdown(ask: &Ask<'_>) -> Result<Breakdown, Fault> {
    let prices = sums(ask, Family::PriceRow)?.into_iter();
    let groups = sums(ask, Family::UserGroup)?.into_iter();
    Ok(Breakdown {
        prices: prices
            .map(|((price_row, model), (cost_nanousd, requests))| ByPrice {
                price_row,
                model,
                requests,
                cost_nanousd,
            })
            .collect(),
        groups: groups
            .map(|((group, feature), (cost_nanousd, requests))| ByGroup {
                group,
                feature,
                requests,
                cost_nanousd,
            })
            .collect(),
    })
}

/// Key, cost and requests.
type Sum = ((String, String), (i64, i64));

fn sums(ask: &Ask<'_>, family: Family) -> Result<Vec<Sum>, Fault> {
    let mut sums: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for row in ask.ledger.families(family, ask.view.span)? {
        let key = (row.a.to_string(), row.b.to_string());
        let sum = sums.entry(key).or_default();
        sum.0 += row.totals.cost_nanousd();
        sum.1 += row.totals.requests();
    }
    let mut list: Vec<Sum> = sums.into_iter().filter(|(_, sum)| sum.1 > 0).collect();
    list.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    Ok(list)
}

/// A month's spend.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(super) struct Month {
    /// The day up to which it is told: the newest of the chosen ones that is not just beginning.
    day: Option<String>,
    /// Spend of the month so far, in nano-dollars.
    so_far_nanousd: i64,
    /// Spend at its end, at the pace of the last seven whole days.
    foreseen_nanousd: Option<i64>,
    /// The same at the pace of the least of the seven.
    foreseen_least_nanousd: Option<i64>,
    /// The same at the pace of the most of the seven.
    foreseen_most_nanousd: Option<i64>,
    /// Approved calls a day times approved cost a call, over the month.
    approved_nanousd: Option<i64>,
}

pub(super) fn month(ask: &Ask<'_>) -> Result<Month, Fault> {
    let view = ask.view;
    let days = daily(ask.ledger, ask.rules, view.span, view.feature.as_deref())?.days;
    let Some(day) = day_of(&days, view.today) else {
        return Ok(Month::default());
    };
    let month = foreseen(ask, day)?;
    Ok(Month {
        day: Some(day.to_string()),
        so_far_nanousd: month.so_far,
        foreseen_nanousd: month.foreseen,
        foreseen_least_nanousd: month.between.map(|(least, _)| least),
        foreseen_most_nanousd: month.between.map(|(_, most)| most),
        approved_nanousd: month.approved,
    })
}
