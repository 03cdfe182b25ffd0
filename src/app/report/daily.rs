//! What was spent, on what, against what was approved; with latency and 429 beside it.
//!
//! Knows no terminal. A newcomer may ask why retries come from links and not from cells: a retry
//! is a pair of calls, and pairs live in cells of their own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span};
use crate::link::{Group as Half, Kind, LinkTotals};
use crate::units::Text;

use super::basis::{Basis, basis};
use super::{Figures, Gathered, Group, GroupSum, Unseen, display, gather, over, unseen};
use crate::app::Failure;
use crate::app::export::start_text;
use crate::app::links::read;

/// The answer of `report daily`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Daily {
    /// One row a day, oldest first.
    pub days: Vec<Day>,
    /// One row a feature, most expensive first.
    pub features: Vec<Feature>,
    /// All together.
    pub total: Figures,
    /// What was not seen.
    pub unseen: Unseen,
    /// Under which configurations.
    pub basis: Basis,
}

/// One day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Day {
    /// Its date in the ledger's time zone.
    pub date: String,
    /// Where it begins, RFC 3339 in UTC.
    pub start: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One feature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Feature {
    /// `application/skill`.
    pub feature: String,
    /// The name that people read.
    pub name: String,
    /// Approved cost of an answered request.
    pub approved_per_request_nanousd: Option<i64>,
    /// Calls that were retries of a failed one.
    pub retries: i64,
    /// What the failed attempts behind them cost.
    pub lost_nanousd: i64,
    /// Tokens that the failed attempts used.
    pub lost_tokens: i64,
    /// Time from each failed attempt to the next, in milliseconds.
    pub lost_ms: i64,
    /// Calls (requests, where no transport report names the feature) over those that were no
    /// retries, in thousandths: 1,080 is eight calls in a hundred too many.
    pub amplification_per_mille: Option<i64>,
    /// Calls that went to another endpoint after a failure.
    pub fallbacks: i64,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Adds up the books inside `span`, of `only` one feature where given.
///
/// # Errors
/// What the ledger says.
pub fn daily(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    only: Option<&str>,
) -> Result<Daily, Failure> {
    daily_of(ledger, rules, span, &gather(ledger, span, only)?)
}

/// The same of what was added up already.
///
/// # Errors
/// What the ledger says.
pub fn daily_of(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    gathered: &Gathered,
) -> Result<Daily, Failure> {
    let links = links(ledger, span)?;
    let mut total = GroupSum::default();
    for group in gathered.days.values() {
        total.merge(group);
    }
    let mut features: Vec<Feature> = gathered
        .features
        .iter()
        .map(|(key, group)| feature(key, group, rules, &links))
        .collect();
    features.sort_by(|a, b| {
        (b.figures.cost_nanousd, &a.feature).cmp(&(a.figures.cost_nanousd, &b.feature))
    });
    Ok(Daily {
        days: gathered
            .days
            .iter()
            .map(|(start, group)| Day {
                date: ledger.zones().date_of(*start).to_string(),
                start: start_text(*start),
                figures: Figures::of(group),
            })
            .collect(),
        features,
        total: Figures::of(&total.group()),
        unseen: unseen(ledger, span, gathered)?,
        basis: basis(ledger, span)?,
    })
}

type Links = BTreeMap<(Half, Kind, Text), LinkTotals>;

/// Link totals by half of the facts, kind and feature.
fn links(ledger: &dyn Ledger, span: Span) -> Result<Links, Failure> {
    let mut links = Links::new();
    for row in ledger.links(span)? {
        let (key, totals) = read(&row)?;
        let key = (key.group, key.kind, key.feature);
        links.entry(key).or_default().add(&totals);
    }
    Ok(links)
}

fn feature(key: &Text, group: &Group, rules: &Rulebook, links: &Links) -> Feature {
    let registered = rules
        .features
        .by_key(key)
        .and_then(|id| rules.features.get(id));
    // A report of both halves is linked in both; calls go before requests.
    let half = if group.cell.totals.calls() > 0 {
        Half::Call
    } else {
        Half::Request
    };
    let of = |kind| {
        let key = (half, kind, key.clone());
        links.get(&key).copied().unwrap_or_default()
    };
    let (retry, fallback) = (of(Kind::Retry), of(Kind::Fallback));
    let totals = &group.cell.totals;
    let tried = if half == Half::Call {
        totals.calls()
    } else {
        totals.requests()
    };
    Feature {
        feature: key.to_string(),
        name: display(key, registered.map(|feature| &feature.display_name)).to_owned(),
        approved_per_request_nanousd: registered
            .and_then(|feature| feature.approved.cost_per_call)
            .map(|amount| amount.0),
        retries: retry.links,
        lost_nanousd: retry.lost_nanousd,
        lost_tokens: retry.lost_tokens,
        lost_ms: retry.lost_ms,
        amplification_per_mille: over(
            tried.saturating_mul(1000),
            tried.saturating_sub(retry.links),
        ),
        fallbacks: fallback.links,
        figures: Figures::of(group),
    }
}
