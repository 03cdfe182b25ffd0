//! Thirty days of one feature at one endpoint, and one verdict: passed, failed, or not yet.
//!
//! Knows no terminal. A newcomer may ask why a figure without a limit keeps a pilot open: nobody
//! can pass a test that has none, and saying so is how the limit gets written down.

mod measure;
pub mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::attribute::{Endpoint, Feature};
use crate::cell::Totals;
use crate::judge::Rulebook;
use crate::ledger::{Family, Ledger, Resolution, Span};
use crate::units::{DAY_MS, UnixMillis};

use super::{Figures, Group, over};
use crate::app::Failure;
use measure::Measured;

/// How long a pilot runs.
pub const PILOT_DAYS: i64 = 30;
/// Calls or requests below which a share or percentile proves nothing.
pub const SAMPLE_MIN: i64 = 100;
/// The share of a day's calls that may fail, in percent, on the worst day.
pub const WORST_DAY_PERCENT: i64 = 5;

/// Calls in a hundred that may be refused, and that may fail, where nobody says.
pub const PERCENT_USUAL: u8 = 1;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The endpoint, by name.
    pub endpoint: &'a str,
    /// The feature, as `application/skill`.
    pub feature: &'a str,
    /// The user group; all users when not given.
    pub group: Option<&'a str>,
    /// The limit of p95; the endpoint's timeout when not given.
    pub p95_ms: Option<u64>,
    /// Calls in a hundred that may be refused with 429.
    pub throttled_percent: u8,
    /// Calls in a hundred that may fail on the provider's side, or without an answer.
    pub failed_percent: u8,
}

/// How a criterion, or the pilot, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Met.
    Passed,
    /// Nobody can tell yet.
    NotYet,
    /// Missed.
    Failed,
}

impl Outcome {
    /// The word for people and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::NotYet => "not yet",
            Outcome::Failed => "failed",
        }
    }
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Days from the first to the last.
    Days,
    /// Calls or requests, enough for a share.
    Sample,
    /// Failed calls, in thousandths of all.
    Stability,
    /// Failed calls of the worst day, in thousandths.
    WorstDay,
    /// The p95 of latency, in milliseconds.
    Latency,
    /// Calls refused with 429, in thousandths.
    Throttled,
    /// Calls that are not proven to have stayed inside.
    Residency,
    /// Cost of an answered request, in nano-dollars.
    Cost,
}

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// What is looked at.
    pub kind: Kind,
    /// How it stands.
    pub outcome: Outcome,
    /// The figure; `None` when nothing tells it.
    pub value: Option<i64>,
    /// What it is held to: at least for days and sample, at most for all others; `None` when nobody
    /// has said.
    pub limit: Option<i64>,
}

/// The answer of `report pilot`.
#[derive(Clone, Debug, Serialize)]
pub struct Pilot {
    /// The endpoint.
    pub endpoint: String,
    /// The feature.
    pub feature: String,
    /// The user group, where one was asked for: then calls, requests and cost are its own; latency
    /// and residency are of all users, because the books keep neither by group.
    pub group: Option<String>,
    /// The one verdict.
    pub verdict: Outcome,
    /// First day with a call or request; `None` when there is none.
    pub first_day: Option<String>,
    /// Last day with one.
    pub last_day: Option<String>,
    /// Days between them without any.
    pub silent_days: i64,
    /// Whether transport figures are of the whole endpoint, because no call there names the feature.
    pub calls_of_endpoint: bool,
    /// Each criterion.
    pub criteria: Vec<Criterion>,
    /// The figures.
    pub figures: Figures,
    /// Requests with tokens and no price: while there are any, nobody knows the cost.
    pub unpriced: i64,
}

/// What is added up.
#[derive(Default)]
struct Seen {
    own: Group,
    endpoint: Group,
    own_days: BTreeMap<UnixMillis, Totals>,
    endpoint_days: BTreeMap<UnixMillis, Totals>,
}

/// Judges the last thirty days of a feature at an endpoint inside `span`.
///
/// # Errors
/// An endpoint or feature that is not registered; what the ledger says.
pub fn pilot(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    asked: Asked<'_>,
) -> Result<Pilot, Failure> {
    let (endpoint, feature) = registered(rules, asked)?;
    let span = last_days(ledger, span, endpoint, feature)?;
    let seen = add_up(ledger, span, endpoint, feature)?;
    let calls_of_endpoint =
        seen.own.cell.totals.calls() == 0 && seen.endpoint.cell.totals.calls() > 0;
    let (calls, call_days) = if calls_of_endpoint {
        (&seen.endpoint, &seen.endpoint_days)
    } else {
        (&seen.own, &seen.own_days)
    };
    let group = asked
        .group
        .map(|group| of_group(ledger, span, group, feature));
    let group = group.transpose()?;
    let requests = group.as_ref().unwrap_or(&seen.own.cell.totals);
    // A group's own calls, where records of calls name users at all.
    let tried = group.as_ref().filter(|totals| totals.calls() > 0);
    let tried = tried.unwrap_or(&calls.cell.totals);
    let figures = Figures::of(calls);
    let days: Vec<UnixMillis> = seen
        .own_days
        .keys()
        .chain(call_days.keys())
        .copied()
        .collect();
    let (first, last) = (days.iter().min().copied(), days.iter().max().copied());
    let date = |at: UnixMillis| ledger.zones().date_of(at);
    let long = first.zip(last).map_or(0, |(first, last)| {
        date(last).signed_duration_since(date(first)).num_days() + 1
    });
    let distinct: std::collections::BTreeSet<UnixMillis> = days.into_iter().collect();
    let measured = Measured {
        tried,
        requests,
        figures: &figures,
        days: call_days,
        long,
    };
    let criteria = measured.criteria(endpoint, feature, asked);
    Ok(Pilot {
        endpoint: endpoint.name.to_string(),
        feature: feature.key.to_string(),
        group: asked.group.map(str::to_owned),
        verdict: verdict(&criteria),
        first_day: first.map(|at| date(at).to_string()),
        last_day: last.map(|at| date(at).to_string()),
        silent_days: long - i64::try_from(distinct.len()).unwrap_or(i64::MAX),
        calls_of_endpoint,
        unpriced: requests.requests_unpriced,
        criteria,
        figures: Figures {
            requests: requests.requests(),
            requests_ok: requests.requests_ok,
            cost_nanousd: requests.cost_nanousd(),
            cost_per_answered_request_nanousd: over(requests.cost_nanousd(), requests.requests_ok),
            ..figures
        },
    })
}

/// The worst outcome decides: one missed criterion fails, one open one keeps it open.
fn verdict(criteria: &[Criterion]) -> Outcome {
    let worst = criteria.iter().map(|criterion| criterion.outcome).max();
    worst.unwrap_or(Outcome::NotYet)
}

fn registered<'a>(
    rules: &'a Rulebook,
    asked: Asked<'_>,
) -> Result<(&'a Endpoint, &'a Feature), Failure> {
    let id = rules.registry.by_name(asked.endpoint);
    let endpoint = id.and_then(|id| rules.registry.get(id)).ok_or_else(|| {
        let known = rules.registry.iter().map(|(_, one)| one.name.as_str());
        unknown("endpoint", asked.endpoint, known)
    })?;
    let id = rules.features.by_key(asked.feature);
    let feature = id.and_then(|id| rules.features.get(id)).ok_or_else(|| {
        let known = rules.features.iter().map(|(_, one)| one.key.as_str());
        unknown("feature", asked.feature, known)
    })?;
    Ok((endpoint, feature))
}

fn unknown<'a>(what: &str, told: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known: Vec<&str> = known.collect();
    let known = if known.is_empty() {
        "none; name one by `--config`".to_owned()
    } else {
        known.join(", ")
    };
    Failure::Usage(format!(
        "no {what} `{told}` is registered; registered are {known}"
    ))
}

/// Whether a cell belongs to the pair, or to the endpoint at least.
fn add_up(
    ledger: &dyn Ledger,
    span: Span,
    endpoint: &Endpoint,
    feature: &Feature,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    ledger.cells(Resolution::Day, span, &mut |row| {
        if row.key.endpoint != endpoint.name {
            return Ok(());
        }
        let totals = &row.cell.totals;
        seen.endpoint.add(&row.key, &row.cell);
        if totals.calls() > 0 {
            seen.endpoint_days
                .entry(row.start)
                .or_default()
                .add(totals, 1);
        }
        if row.key.feature == feature.key {
            seen.own.add(&row.key, &row.cell);
            seen.own_days.entry(row.start).or_default().add(totals, 1);
        }
        Ok(())
    })?;
    Ok(seen)
}

/// The last thirty days with anything of the pair inside `span`.
fn last_days(
    ledger: &dyn Ledger,
    span: Span,
    endpoint: &Endpoint,
    feature: &Feature,
) -> Result<Span, Failure> {
    let seen = add_up(ledger, span, endpoint, feature)?;
    let last = seen.own_days.keys().max().copied();
    let Some(last) = last else {
        return Ok(span);
    };
    // Days of a zone have 23 to 25 hours: from the middle of a day no such hour matters.
    let middle = last.saturating_add(DAY_MS / 2);
    let first = middle.saturating_add(-(PILOT_DAYS - 1) * DAY_MS);
    Ok(Span {
        from: span.from.max(ledger.zones().day_of(first)),
        to: span.to,
    })
}

fn of_group(
    ledger: &dyn Ledger,
    span: Span,
    group: &str,
    feature: &Feature,
) -> Result<Totals, Failure> {
    let mut totals = Totals::default();
    for row in ledger.families(Family::UserGroup, span)? {
        if row.a == group && row.b == feature.key {
            totals.add(&row.totals, 1);
        }
    }
    Ok(totals)
}

#[cfg(test)]
mod tests;
