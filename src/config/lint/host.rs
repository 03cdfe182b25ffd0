//! What host and path say of the region, against what is registered and what the rules allow.
//!
//! Knows no provider's host names: recognition tells what they mean. A newcomer may ask why a host
//! outside a rule is a warning and a registered region outside it an error: the first may be a
//! front door only, the second is what somebody ordered.

use std::collections::BTreeSet;

use crate::attribute::Endpoint;
use crate::call::{Evidence, EvidenceKind, Scope};
use crate::problem::Problem;
use crate::provider::Gate;
use crate::residency::{Fit, Place, Rule};

use super::{Entry, Subject};

/// Paths to try where none is registered, so that host names are seen as calls would show them.
const TRIED_PATH: &str = "/v1/chat/completions";

/// What one fact of the address says.
enum Saying<'a> {
    /// A region, in host or path.
    Region(&'static str, String, Place<'a>),
    /// A zone of regions.
    Zone(String, Place<'a>),
    /// The global service.
    Global,
}

impl<'a> Saying<'a> {
    /// `None` for facts that no address tells.
    fn new(subject: &Subject<'a>, endpoint: &Endpoint, fact: &Evidence) -> Option<Saying<'a>> {
        let provider = endpoint.provider.as_ref();
        let told = fact.told.to_string();
        let region = |told: &str| subject.regions.parse_region(provider, told);
        Some(match fact.kind {
            EvidenceKind::HostRegion => {
                let place = region(&told);
                Saying::Region("host", told, place)
            }
            EvidenceKind::PathRegion => {
                let place = region(&told);
                Saying::Region("path", told, place)
            }
            EvidenceKind::Zone => {
                let place = subject.regions.parse_zone(provider, &told);
                Saying::Zone(told, place)
            }
            EvidenceKind::Global => Saying::Global,
            EvidenceKind::InferenceRegion
            | EvidenceKind::InferenceGeo
            | EvidenceKind::ResourceRegion
            | EvidenceKind::GatewayRegion
            | EvidenceKind::ClientRegion
            | EvidenceKind::FrontDoorAddress
            | EvidenceKind::Inventory
            | EvidenceKind::Registry => return None,
        })
    }

    fn place(&self) -> Option<&Place<'a>> {
        match self {
            Saying::Region(_, _, place) | Saying::Zone(_, place) => Some(place),
            Saying::Global => None,
        }
    }

    fn words(&self) -> String {
        match self {
            Saying::Region(part, told, _) => format!("the {part} says `{told}`"),
            Saying::Zone(told, _) => format!("the address is that of zone `{told}`"),
            Saying::Global => "the address is the global one".to_owned(),
        }
    }
}

pub(super) fn lint(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    for saying in sayings(subject, entry.endpoint) {
        against_region(subject, entry, &saying, faults);
        against_scope(entry, &saying, faults);
        against_rules(subject, entry, &saying, faults);
    }
}

/// Everything that the registered addresses say, each once.
fn sayings<'a>(subject: &Subject<'a>, endpoint: &Endpoint) -> Vec<Saying<'a>> {
    let gate = Gate::new(subject.registry.gate_rows());
    let mut paths: Vec<String> = endpoint
        .resource_paths
        .iter()
        .map(ToString::to_string)
        .collect();
    if paths.is_empty() {
        paths.push(format!("{}{TRIED_PATH}", endpoint.base_url.path));
        paths.push(endpoint.base_url.path.to_string());
    }
    let facts: BTreeSet<Evidence> = paths
        .iter()
        .filter_map(|path| gate.admit(&endpoint.base_url.host, path))
        .flat_map(|known| known.evidence)
        .collect();
    facts
        .iter()
        .filter_map(|fact| Saying::new(subject, endpoint, fact))
        .collect()
}

/// Whether the host itself names a region, so that looking for one in its words is no use.
pub(super) fn names_region(endpoint: &Endpoint) -> bool {
    let path = format!("{}{TRIED_PATH}", endpoint.base_url.path);
    let known = Gate::default().admit(&endpoint.base_url.host, &path);
    known.is_some_and(|known| {
        let mut kinds = known.evidence.iter().map(|evidence| evidence.kind);
        kinds.any(|kind| kind == EvidenceKind::HostRegion)
    })
}

fn against_region(
    subject: &Subject<'_>,
    entry: Entry<'_>,
    saying: &Saying<'_>,
    faults: &mut Vec<Problem>,
) {
    let Entry {
        endpoint, placed, ..
    } = entry;
    let provider = endpoint.provider.as_ref();
    let region = subject.regions.parse_region(provider, &endpoint.region);
    let excluded = saying.place().is_some_and(|place| place.excludes(&region));
    if excluded && !endpoint.region.is_empty() {
        let message = format!("registered in `{}`, but {}", region.name(), saying.words());
        faults.push(
            placed
                .problem(placed.written.region.as_ref(), "region_mismatch", message)
                .hint("one of the two was mistaken for another; ask the provider's console")
                .warning(),
        );
    }
}

fn against_scope(entry: Entry<'_>, saying: &Saying<'_>, faults: &mut Vec<Problem>) {
    let Entry {
        endpoint, placed, ..
    } = entry;
    let global = match saying {
        Saying::Region(..) => return,
        Saying::Zone(..) => false,
        Saying::Global => true,
    };
    let scope = placed.written.deployment_scope.as_ref();
    let region = placed.written.region.as_ref();
    if endpoint.scope == Some(Scope::Regional) {
        let message = format!("registered as regional, but {}", saying.words());
        let problem = placed.problem(scope, "scope_mismatch", message);
        faults.push(
            problem
                .hint("correct `deployment_scope`, or register the regional address")
                .warning(),
        );
    } else if global && endpoint.scope.is_none() && !endpoint.region.is_empty() {
        let message = format!(
            "registered in `{}`, but {}",
            endpoint.region,
            saying.words()
        );
        faults.push(
            placed
                .problem(region, "scope_mismatch", message)
                .hint("say `deployment_scope = \"global\"`, or register the regional address")
                .warning(),
        );
    }
}

fn against_rules(
    subject: &Subject<'_>,
    entry: Entry<'_>,
    saying: &Saying<'_>,
    faults: &mut Vec<Problem>,
) {
    let Some(place) = saying.place() else {
        return;
    };
    let Entry {
        id,
        endpoint,
        placed,
    } = entry;
    let url = placed.written.base_url.as_ref();
    let mut outside = |rule: &Rule, whose: String| {
        if rule.allowed.fit(place) == Fit::Outside {
            let words = saying.words();
            let message = format!("{words}, outside rule `{}` of {whose}", rule.name);
            let problem = placed.problem(url, "host_outside_rule", message);
            faults.push(
                problem
                    .hint("move the endpoint, or change the rule")
                    .warning(),
            );
        }
    };
    if let Some(rule) = &endpoint.rule {
        outside(rule, "this endpoint".to_owned());
    }
    for (feature, _) in subject.users(id) {
        if let Some(rule) = &feature.rule {
            outside(rule, format!("`{}`", feature.key));
        }
    }
}
