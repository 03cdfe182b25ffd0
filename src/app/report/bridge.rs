//! Why spend differs between two stretches of time: the exact split, and the features behind it.
//!
//! Knows no terminal. A newcomer may ask why all is told by the hour: a week and a morning can be
//! compared then, and so can two months of unequal length.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Failure;
use crate::app::bridge::{Weights, state, state_of_days};
use crate::app::export::start_text;
use crate::bridge::{Part, State, split};
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Resolution, Span};
use crate::units::{HOUR_MS, MINUTE_MS, Text};

use super::{display, over};

/// The answer of `report bridge`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Bridge {
    /// What is compared with the other.
    pub from: Stretch,
    /// What it is compared with.
    pub against: Stretch,
    /// How much more an hour costs, in nano-dollars; the parts sum to it.
    pub more_nanousd_per_hour: i64,
    /// What it comes from, greatest first.
    pub parts: Vec<Change>,
    /// The features that differ, greatest difference first.
    pub features: Vec<Feature>,
}

/// A stretch of time.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Stretch {
    /// Where it begins, RFC 3339 in UTC.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// Answered requests.
    pub requests_ok: i64,
    /// All cost with a price.
    pub cost_nanousd: i64,
    /// The same for each hour.
    pub nanousd_per_hour: i64,
    /// All cost over answered requests.
    pub cost_per_answered_request_nanousd: Option<i64>,
}

/// A part of the difference.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "BridgePart")]
pub struct Change {
    /// What it comes from: `volume`, `prompt`, `output`, `cache`, `retries`, `mix`, `price`.
    pub change: &'static str,
    /// The same in words.
    pub words: &'static str,
    /// Nano-dollars an hour.
    pub nanousd_per_hour: i64,
}

/// A feature that differs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "BridgeFeature")]
pub struct Feature {
    /// `application/skill`.
    pub feature: String,
    /// The name that people read.
    pub name: String,
    /// Nano-dollars an hour, in the stretch compared with.
    pub against_nanousd_per_hour: i64,
    /// The same in the other.
    pub from_nanousd_per_hour: i64,
    /// The difference.
    pub more_nanousd_per_hour: i64,
}

/// The word of a change in JSON.
fn key(change: crate::alert::Change) -> &'static str {
    match change {
        crate::alert::Change::Volume => "volume",
        crate::alert::Change::Prompt => "prompt",
        crate::alert::Change::Output => "output",
        crate::alert::Change::Cache => "cache",
        crate::alert::Change::Retries => "retries",
        crate::alert::Change::Mix => "mix",
        crate::alert::Change::Price => "price",
    }
}

/// Compares `from` with `against`; of one feature where `only` names it.
///
/// # Errors
/// What the ledger says.
pub fn bridge(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    (from, against): (Span, Span),
    only: Option<&str>,
) -> Result<Bridge, Failure> {
    let mut weights = Weights::new(rules, from.to);
    let mut read = |span: Span| {
        let resolution = resolution(ledger, span);
        if resolution == Resolution::Day {
            return state_of_days(ledger, &mut weights, span, only);
        }
        let mut wanted = |key: &crate::entry::CellKey| only.is_none_or(|only| key.feature == only);
        state(ledger, &mut weights, (resolution, span), &mut wanted)
    };
    let (after, before) = (read(from)?, read(against)?);
    let mut parts: Vec<Change> = split(&before, &after)
        .into_iter()
        .filter(|(_, amount)| amount.0 != 0)
        .map(|(change, amount)| Change {
            change: key(change),
            words: words(change, amount.0),
            nanousd_per_hour: amount.0,
        })
        .collect();
    // The sort is stable, so equal parts stay in their order.
    parts.sort_by_key(|part| std::cmp::Reverse(part.nanousd_per_hour.saturating_abs()));
    let (now, then) = (after.per_hour_nanousd(), before.per_hour_nanousd());
    Ok(Bridge {
        more_nanousd_per_hour: now.saturating_sub(then),
        parts,
        features: features(&before, &after, rules),
        from: stretch(from, &after),
        against: stretch(against, &before),
    })
}

/// The words of a change, by its direction.
pub(super) fn words(change: crate::alert::Change, amount: i64) -> &'static str {
    if change == crate::alert::Change::Volume && amount < 0 {
        return "fewer calls";
    }
    change.as_str()
}

/// The widest windows that a span consists of.
fn resolution(ledger: &dyn Ledger, span: Span) -> Resolution {
    let zones = ledger.zones();
    let whole = |width: i64| span.from.floor(width) == span.from && span.to.floor(width) == span.to;
    if zones.day_of(span.from) == span.from && zones.day_of(span.to) == span.to {
        Resolution::Day
    } else if whole(HOUR_MS) || !whole(MINUTE_MS) {
        Resolution::Hour
    } else {
        Resolution::Minute
    }
}

fn stretch(span: Span, state: &State) -> Stretch {
    let cost: i64 = state.parts.iter().map(|part| part.cost_nanousd).sum();
    Stretch {
        from: start_text(span.from),
        to: start_text(span.to),
        requests_ok: state.requests(),
        cost_nanousd: cost,
        nanousd_per_hour: state.per_hour_nanousd(),
        cost_per_answered_request_nanousd: over(cost, state.requests()),
    }
}

pub(super) fn features(before: &State, after: &State, rules: &Rulebook) -> Vec<Feature> {
    let hourly = |state: &State| {
        let mut by: BTreeMap<Text, Vec<Part>> = BTreeMap::new();
        for part in &state.parts {
            by.entry(part.of.clone()).or_default().push(part.clone());
        }
        let span_ms = state.span_ms;
        let each = by.into_iter().map(|(of, parts)| {
            let one = State { span_ms, parts };
            (of, one.per_hour_nanousd())
        });
        each.collect::<BTreeMap<Text, i64>>()
    };
    let (before, after) = (hourly(before), hourly(after));
    let mut names: Vec<&Text> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let of = |by: &BTreeMap<Text, i64>, name: &Text| by.get(name).copied().unwrap_or(0);
    let mut found: Vec<Feature> = names
        .into_iter()
        .map(|name| {
            let known = rules.features.by_key(name);
            let known = known.and_then(|id| rules.features.get(id));
            let (then, now) = (of(&before, name), of(&after, name));
            Feature {
                feature: name.to_string(),
                name: display(name, known.map(|one| &one.display_name)).to_owned(),
                against_nanousd_per_hour: then,
                from_nanousd_per_hour: now,
                more_nanousd_per_hour: now.saturating_sub(then),
            }
        })
        .filter(|one| one.more_nanousd_per_hour != 0)
        .collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.more_nanousd_per_hour.saturating_abs()));
    found
}
