//! The registry beside what was seen: declared against landed, calls against requests.
//!
//! Knows no terminal. A newcomer may ask why hosts stand among the endpoints: an LLM host that
//! nobody registered is the first thing that a reader should see here.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::call::Provider;
use crate::judge::{Rulebook, UNASSIGNED};
use crate::ledger::{Family, Ledger, Span};
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::basis::{Basis, basis};
use super::{Figures, GroupSum};
use crate::app::Failure;
use crate::app::export::start_text;

/// The answer of `report endpoints`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Endpoints {
    /// Registered ones in the order of the files, then hosts by calls.
    pub endpoints: Vec<Endpoint>,
    /// Under which configurations.
    pub basis: Basis,
}

/// The name of all names beyond the day's limit; the registry may not use it.
const OTHER: &str = "other";

/// What a name among the endpoints stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An endpoint of the registry.
    Registered,
    /// An LLM host that nobody registered.
    #[default]
    Host,
    /// No endpoint: usage reports that name no host, and a model that no endpoint or several serve.
    Unassigned,
    /// No endpoint: usage reports of `ServiceNow`'s own service, which name no host.
    NowLlm,
    /// No endpoint: the names beyond the day's limit, added up.
    Other,
}

impl Kind {
    pub(super) fn of_unregistered(name: &str) -> Kind {
        if name == UNASSIGNED {
            Kind::Unassigned
        } else if name == Provider::NowLlm.as_str() {
            Kind::NowLlm
        } else if name == OTHER {
            Kind::Other
        } else {
            Kind::Host
        }
    }
}

/// One endpoint.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Endpoint {
    /// Its name, or the host.
    pub endpoint: String,
    /// What stands under this name.
    pub kind: Kind,
    /// Whether it is registered.
    pub registered: bool,
    /// Region that the registry states.
    pub declared_region: Option<String>,
    /// Scope that the registry states.
    pub declared_scope: Option<&'static str>,
    /// Regions that calls landed in by evidence other than the registry, with their calls.
    pub seen_regions: BTreeMap<String, i64>,
    /// Models that answered.
    pub models: Vec<String>,
    /// Credentials used (references).
    pub credentials: Vec<String>,
    /// Timeout that the registry states, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Registered fallback.
    pub fallback: Option<String>,
    /// Start of the last hour with a call or request, RFC 3339 in UTC.
    pub last_hour: Option<String>,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The last hour of each endpoint, of which the last day is known: only the hours of those days are read.
fn last_hours(
    ledger: &dyn Ledger,
    span: Span,
    seen: &mut BTreeMap<Text, Seen>,
) -> Result<(), Failure> {
    let mut days: BTreeMap<UnixMillis, BTreeSet<Text>> = BTreeMap::new();
    for (endpoint, one) in seen.iter_mut() {
        if let Some(day) = one.last.take() {
            days.entry(day).or_default().insert(endpoint.clone());
        }
    }
    for (day, endpoints) in days {
        let hours = Span {
            from: day,
            // The longest day, when clocks go back.
            to: span.to.min(day.saturating_add(25 * HOUR_MS)),
        };
        for (endpoint, hour) in ledger.hour_calls(hours)?.calls.keys() {
            if let Some(one) = seen.get_mut(endpoint)
                && endpoints.contains(endpoint)
            {
                one.last = one.last.max(Some(*hour));
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Seen {
    group: GroupSum,
    regions: BTreeMap<String, i64>,
    models: BTreeMap<Text, i64>,
    /// First the last day, then the last hour.
    last: Option<UnixMillis>,
}

/// Asks the books inside `span`.
///
/// # Errors
/// What the ledger says.
pub fn endpoints(ledger: &dyn Ledger, rules: &Rulebook, span: Span) -> Result<Endpoints, Failure> {
    let mut seen: BTreeMap<Text, Seen> = BTreeMap::new();
    for sum in ledger.sums(span, None)?.keys() {
        let key = &sum.key;
        let one = seen.entry(key.endpoint.clone()).or_default();
        one.last = one.last.max(Some(sum.last));
        one.group.add(key, &sum.cell);
        let calls = sum.cell.totals.calls();
        let told = key.grade != Some(crate::residency::Grade::F);
        if told && !key.region.is_empty() {
            *one.regions.entry(key.region.to_string()).or_default() += calls;
        }
        if !key.model.is_empty() {
            *one.models.entry(key.model.clone()).or_default() += sum.cell.totals.requests() + calls;
        }
    }
    last_hours(ledger, span, &mut seen)?;
    let mut credentials: BTreeMap<Text, Vec<String>> = BTreeMap::new();
    for row in ledger.families(Family::Credential, span)? {
        let known = credentials.entry(row.b).or_default();
        if !row.a.is_empty() && !known.contains(&row.a.to_string()) {
            known.push(row.a.to_string());
        }
    }
    let mut rows: Vec<Endpoint> = Vec::new();
    for (_, endpoint) in rules.registry.iter() {
        let seen = seen.remove(&endpoint.name).unwrap_or_default();
        rows.push(Endpoint {
            kind: Kind::Registered,
            registered: true,
            declared_region: Some(endpoint.region.to_string()).filter(|region| !region.is_empty()),
            declared_scope: endpoint.scope.map(crate::call::Scope::as_str),
            timeout_ms: endpoint.timeout.map(|timeout| timeout.0),
            fallback: endpoint
                .fallback
                .and_then(|id| rules.registry.get(id))
                .map(|other| other.name.to_string()),
            ..row(&endpoint.name, seen, &mut credentials)
        });
    }
    let mut hosts: Vec<Endpoint> = seen
        .into_iter()
        .map(|(name, seen)| row(&name, seen, &mut credentials))
        .collect();
    hosts.sort_by(|a, b| {
        let reports = |one: &Endpoint| one.figures.calls + one.figures.requests;
        // What is no host stands below the hosts.
        let rank = |one: &Endpoint| (one.kind != Kind::Host, std::cmp::Reverse(reports(one)));
        (rank(a), &a.endpoint).cmp(&(rank(b), &b.endpoint))
    });
    rows.extend(hosts);
    Ok(Endpoints {
        endpoints: rows,
        basis: basis(ledger, span)?,
    })
}

fn row(name: &Text, seen: Seen, credentials: &mut BTreeMap<Text, Vec<String>>) -> Endpoint {
    let mut models: Vec<(Text, i64)> = seen.models.into_iter().collect();
    models.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Endpoint {
        endpoint: name.to_string(),
        kind: Kind::of_unregistered(name),
        seen_regions: seen.regions,
        models: models
            .into_iter()
            .map(|(model, _)| model.to_string())
            .collect(),
        credentials: credentials.remove(name).unwrap_or_default(),
        last_hour: seen.last.map(start_text),
        figures: Figures::of(&seen.group.group()),
        ..Endpoint::default()
    }
}
