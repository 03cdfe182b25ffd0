//! What happened when an endpoint failed: outages, calls that went elsewhere, and whether those that
//! must go nowhere else went nowhere.
//!
//! Knows no page. A newcomer may ask why an outage without a fallback is told as well: for an endpoint
//! that is fail-closed it is the proof that the policy holds.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::alert::Declared;
use crate::app::Failure;
use crate::app::export::start_text;
use crate::app::links;
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Resolution, Span};
use crate::link::{Group, Kind, LinkTotals};
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::display;
use super::story::outage::{OUTAGE_FAILED_MIN, OUTAGE_STEP_MS, Run, runs};

/// Outages and what followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fallbacks {
    /// Outages, the latest first.
    pub outages: Vec<Outage>,
    /// Outages of what is fail-closed.
    pub closed: i64,
    /// Of them: nothing went elsewhere.
    pub closed_held: i64,
    /// Whether anything is registered as fail-closed.
    pub any_closed: bool,
    /// Calls that went to another endpoint after a failure, most first.
    pub pairs: Vec<Pair>,
    /// Calls that the provider moved itself, by endpoint and how many of them were answered elsewhere.
    pub spilled: Vec<Spilled>,
}

/// A time in which at least half of an endpoint's calls failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outage {
    /// The endpoint.
    pub endpoint: String,
    /// First window, RFC 3339 in UTC.
    pub from: String,
    /// End of the last window.
    pub to: String,
    /// Calls in it.
    pub calls: i64,
    /// Of them failed: 5xx, timed out or without an answer.
    pub failed: i64,
    /// Calls that went elsewhere in its hours.
    pub elsewhere: i64,
    /// Of them answered.
    pub answered: i64,
    /// Calls that went elsewhere and must not have.
    pub broke: i64,
    /// Whether the endpoint, or a feature that may use it, is fail-closed.
    pub fail_closed: bool,
    /// The endpoint that the registry names as fallback.
    pub fallback: Option<String>,
}

/// Calls of a feature that went from one endpoint to another after a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pair {
    /// `application/skill`.
    pub feature: String,
    /// The name that people read.
    pub name: String,
    /// The endpoint that failed.
    pub from: String,
    /// The endpoint that was asked then.
    pub to: String,
    /// How many.
    pub calls: i64,
    /// Of them answered.
    pub answered: i64,
    /// Whether the registry names the second as the fallback of the first.
    pub registered: bool,
    /// Whether the feature or the endpoint is fail-closed: then none was expected.
    pub fail_closed: bool,
}

/// Calls of an endpoint that the provider moved to another deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spilled {
    /// The endpoint.
    pub endpoint: String,
    /// How many.
    pub calls: i64,
    /// Calls of the same cells, to hold it against.
    pub of: i64,
}

/// What is fail-closed.
struct Policy<'a>(&'a Declared);

impl Policy<'_> {
    fn endpoint(&self, name: &str) -> bool {
        let mut list = self.0.endpoints.iter();
        list.any(|one| one.endpoint == name && one.fail_closed)
    }

    fn feature(&self, key: &str) -> bool {
        let mut list = self.0.features.iter();
        list.any(|one| one.feature == key && one.fail_closed)
    }

    /// Whether the endpoint is, or a feature that may use it.
    fn concerns(&self, endpoint: &str) -> bool {
        self.endpoint(endpoint)
            || self
                .0
                .features
                .iter()
                .any(|one| one.fail_closed && one.endpoints.iter().any(|name| name == endpoint))
    }

    fn any(&self) -> bool {
        self.0.endpoints.iter().any(|one| one.fail_closed)
            || self.0.features.iter().any(|one| one.fail_closed)
    }
}

/// A link cell of calls that went elsewhere.
struct Went {
    hour: UnixMillis,
    feature: Text,
    from: Text,
    to: Text,
    totals: LinkTotals,
}

/// Asks the books inside `span`, of one feature where `only` names it (outages are of endpoints).
///
/// # Errors
/// What the ledger says.
pub fn fallbacks(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    declared: &Declared,
    (span, only): (Span, Option<&str>),
) -> Result<Fallbacks, Failure> {
    let policy = Policy(declared);
    let went = went(ledger, span)?;
    let mut spilled: BTreeMap<Text, Spilled> = BTreeMap::new();
    for sum in ledger.sums(span, None)?.keys() {
        let (key, totals) = (&sum.key, &sum.cell.totals);
        if sum.holds.spilled && only.is_none_or(|only| key.feature == only) {
            let one = spilled.entry(key.endpoint.clone()).or_default();
            one.endpoint = key.endpoint.to_string();
            one.calls += totals.calls_spilled;
            one.of += totals.calls();
        }
    }
    let mut outages = Vec::new();
    for (endpoint, hours) in bad_hours(ledger, span)? {
        for run in runs_of(ledger, &endpoint, &hours)? {
            outages.push(outage(rules, &policy, &endpoint, (&run, &went)));
        }
    }
    outages.sort_by(|a, b| (&b.from, &a.endpoint).cmp(&(&a.from, &b.endpoint)));
    let closed = outages.iter().filter(|one| one.fail_closed);
    let held = closed.clone().filter(|one| one.broke == 0).count();
    Ok(Fallbacks {
        closed: i64::try_from(closed.count()).unwrap_or(i64::MAX),
        closed_held: i64::try_from(held).unwrap_or(i64::MAX),
        any_closed: policy.any(),
        pairs: pairs(rules, &policy, &went, only),
        outages,
        spilled: spilled.into_values().collect(),
    })
}

fn went(ledger: &dyn Ledger, span: Span) -> Result<Vec<Went>, Failure> {
    let mut went = Vec::new();
    for row in ledger.links(span)? {
        let (key, totals) = links::read(&row)?;
        if (key.group, key.kind) == (Group::Call, Kind::Fallback) {
            went.push(Went {
                hour: row.hour,
                feature: key.feature,
                from: key.from,
                to: key.to,
                totals,
            });
        }
    }
    Ok(went)
}

/// Hours of an endpoint with enough failed calls for an outage, so that only their minutes are read.
fn bad_hours(
    ledger: &dyn Ledger,
    span: Span,
) -> Result<BTreeMap<Text, BTreeSet<UnixMillis>>, Failure> {
    let mut hours: BTreeMap<Text, BTreeSet<UnixMillis>> = BTreeMap::new();
    // An outage may lie astride two hours, each with half of the calls that it must have.
    for ((endpoint, hour), sum) in &ledger.hour_calls(span)?.calls {
        if sum.failed > 0 && sum.failed.saturating_mul(2) >= OUTAGE_FAILED_MIN {
            hours.entry(endpoint.clone()).or_default().insert(*hour);
        }
    }
    Ok(hours)
}

/// Runs of windows of those hours in which at least half of an endpoint's calls failed.
fn runs_of(
    ledger: &dyn Ledger,
    endpoint: &Text,
    hours: &BTreeSet<UnixMillis>,
) -> Result<Vec<Run>, Failure> {
    let mut windows: BTreeMap<UnixMillis, (i64, i64)> = BTreeMap::new();
    for hour in hours {
        let hour = Span {
            from: *hour,
            to: hour.saturating_add(HOUR_MS),
        };
        let minutes = (Resolution::Minute, hour);
        ledger.cells_where(minutes, &mut |key| key.endpoint == *endpoint, &mut |row| {
            let totals = &row.cell.totals;
            let (calls, failed) = windows.entry(row.start.floor(OUTAGE_STEP_MS)).or_default();
            *calls += totals.calls();
            *failed += totals.calls_server_error + totals.calls_timeout + totals.calls_no_answer;
            Ok(())
        })?;
    }
    let found = runs(&windows).into_iter();
    Ok(found
        .filter(|run| run.failed >= OUTAGE_FAILED_MIN)
        .collect())
}

fn outage(
    rules: &Rulebook,
    policy: &Policy<'_>,
    endpoint: &Text,
    (run, went): (&Run, &[Went]),
) -> Outage {
    // The answer to a failure of the last minute may belong to the next hour.
    let last = run.to.saturating_add(crate::link::FALLBACK_MS);
    let during = went.iter().filter(|one| {
        one.from == *endpoint && one.hour >= run.from.floor(HOUR_MS) && one.hour < last
    });
    let broke = during
        .clone()
        .filter(|one| policy.endpoint(endpoint) || policy.feature(&one.feature));
    let registered = rules.registry.by_name(endpoint);
    let registered = registered.and_then(|id| rules.registry.get(id));
    let fallback = registered
        .and_then(|one| rules.registry.get(one.fallback?))
        .map(|other| other.name.to_string());
    Outage {
        endpoint: endpoint.to_string(),
        from: start_text(run.from),
        to: start_text(run.to),
        calls: run.calls,
        failed: run.failed,
        elsewhere: during.clone().map(|one| one.totals.links).sum(),
        answered: during.map(|one| one.totals.answered).sum(),
        broke: broke.map(|one| one.totals.links).sum(),
        fail_closed: policy.concerns(endpoint),
        fallback,
    }
}

fn pairs(rules: &Rulebook, policy: &Policy<'_>, went: &[Went], only: Option<&str>) -> Vec<Pair> {
    let mut sums: BTreeMap<(&Text, &Text, &Text), LinkTotals> = BTreeMap::new();
    for one in went
        .iter()
        .filter(|one| only.is_none_or(|only| one.feature == only))
    {
        let sum = sums.entry((&one.feature, &one.from, &one.to)).or_default();
        sum.add(&one.totals);
    }
    let pair = |((feature, from, to), totals): ((&Text, &Text, &Text), LinkTotals)| {
        let known = rules.features.by_key(feature);
        let known = known.and_then(|id| rules.features.get(id));
        let first = rules.registry.by_name(from);
        let named = first.and_then(|id| rules.registry.get(id)?.fallback);
        Pair {
            feature: feature.to_string(),
            name: display(feature, known.map(|one| &one.display_name)).to_owned(),
            from: from.to_string(),
            to: to.to_string(),
            calls: totals.links,
            answered: totals.answered,
            registered: named.is_some() && named == rules.registry.by_name(to),
            fail_closed: policy.endpoint(from) || policy.feature(feature),
        }
    };
    let mut list: Vec<Pair> = sums.into_iter().map(pair).collect();
    list.sort_by_key(|one| std::cmp::Reverse(one.calls));
    list
}
