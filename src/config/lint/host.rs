//! What host and path say of the region, against what is registered and what the rules allow.
//!
//! Knows no provider's host names: recognition tells what they mean. A newcomer may ask why a host
//! outside a rule is a warning and a registered region outside it an error: the first may be a
//! front door only, the second is what somebody ordered.

use std::collections::BTreeSet;

use crate::attribute::{Endpoint, EndpointId};
use crate::call::{EvidenceKind, Scope};
use crate::problem::Problem;
use crate::provider::Gate;
use crate::residency::{Fit, Place, Rule};

use super::super::endpoints::Placed;
use super::Subject;

/// Paths to try where none is registered, so that host names are seen as calls would show them.
const TRIED_PATH: &str = "/v1/chat/completions";

/// What one fact of the address says.
struct Saying<'a> {
    kind: EvidenceKind,
    told: String,
    place: Option<Place<'a>>,
}

impl Saying<'_> {
    fn words(&self) -> String {
        let part = match self.kind {
            EvidenceKind::PathRegion => "path",
            EvidenceKind::HostRegion
            | EvidenceKind::Zone
            | EvidenceKind::Global
            | EvidenceKind::InferenceRegion
            | EvidenceKind::InferenceGeo
            | EvidenceKind::ResourceRegion
            | EvidenceKind::GatewayRegion
            | EvidenceKind::ClientRegion
            | EvidenceKind::FrontDoorAddress
            | EvidenceKind::Inventory
            | EvidenceKind::Registry => "address",
        };
        match self.kind {
            EvidenceKind::Global => "the address is the global one".to_owned(),
            EvidenceKind::Zone => format!("the address is that of zone `{}`", self.told),
            EvidenceKind::HostRegion
            | EvidenceKind::PathRegion
            | EvidenceKind::InferenceRegion
            | EvidenceKind::InferenceGeo
            | EvidenceKind::ResourceRegion
            | EvidenceKind::GatewayRegion
            | EvidenceKind::ClientRegion
            | EvidenceKind::FrontDoorAddress
            | EvidenceKind::Inventory
            | EvidenceKind::Registry => format!("the {part} says `{}`", self.told),
        }
    }
}

pub(super) fn lint(
    subject: &Subject<'_>,
    id: EndpointId,
    endpoint: &Endpoint,
    placed: Placed<'_>,
    faults: &mut Vec<Problem>,
) {
    let region = subject
        .regions
        .parse_region(endpoint.provider.as_ref(), &endpoint.region);
    for saying in sayings(subject, endpoint) {
        against_region(endpoint, placed, &region, &saying, faults);
        against_scope(endpoint, placed, &saying, faults);
        against_rules(subject, id, endpoint, placed, &saying, faults);
    }
}

/// Everything that the registered addresses say, each once.
fn sayings<'a>(subject: &Subject<'a>, endpoint: &Endpoint) -> Vec<Saying<'a>> {
    let gate = Gate::new(subject.registry.gate_rows());
    let mut paths: Vec<String> = endpoint.resource_paths.iter().map(ToString::to_string).collect();
    if paths.is_empty() {
        paths.push(format!("{}{TRIED_PATH}", endpoint.base_url.path));
        paths.push(endpoint.base_url.path.to_string());
    }
    let mut seen = BTreeSet::new();
    let mut sayings = Vec::new();
    for path in paths {
        let known = gate.admit(&endpoint.base_url.host, &path);
        for evidence in known.into_iter().flat_map(|known| known.evidence) {
            if !seen.insert(evidence.clone()) {
                continue;
            }
            let provider = endpoint.provider.as_ref();
            let place = match evidence.kind {
                EvidenceKind::HostRegion | EvidenceKind::PathRegion => {
                    Some(subject.regions.parse_region(provider, &evidence.told))
                }
                EvidenceKind::Zone => Some(subject.regions.parse_zone(provider, &evidence.told)),
                EvidenceKind::Global
                | EvidenceKind::InferenceRegion
                | EvidenceKind::InferenceGeo
                | EvidenceKind::ResourceRegion
                | EvidenceKind::GatewayRegion
                | EvidenceKind::ClientRegion
                | EvidenceKind::FrontDoorAddress
                | EvidenceKind::Inventory
                | EvidenceKind::Registry => None,
            };
            sayings.push(Saying {
                kind: evidence.kind,
                told: evidence.told.to_string(),
                place,
            });
        }
    }
    sayings
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
    endpoint: &Endpoint,
    placed: Placed<'_>,
    region: &Place<'_>,
    saying: &Saying<'_>,
    faults: &mut Vec<Problem>,
) {
    let excluded = saying
        .place
        .as_ref()
        .is_some_and(|place| place.excludes(region));
    if excluded && !endpoint.region.is_empty() {
        let message = format!("registered in `{}`, but {}", endpoint.region, saying.words());
        faults.push(
            placed
                .problem(placed.written.region.as_ref(), "region_mismatch", message)
                .hint("one of the two was mistaken for another; ask the provider's console")
                .warning(),
        );
    }
}

fn against_scope(
    endpoint: &Endpoint,
    placed: Placed<'_>,
    saying: &Saying<'_>,
    faults: &mut Vec<Problem>,
) {
    let wide = matches!(saying.kind, EvidenceKind::Global | EvidenceKind::Zone);
    if wide && endpoint.scope == Some(Scope::Regional) {
        let message = format!("registered as regional, but {}", saying.words());
        let scope = placed.written.deployment_scope.as_ref();
        faults.push(placed.problem(scope, "scope_mismatch", message).warning());
    } else if saying.kind == EvidenceKind::Global
        && !endpoint.region.is_empty()
        && endpoint.scope.is_none()
    {
        let message = format!("registered in `{}`, but {}", endpoint.region, saying.words());
        faults.push(
            placed
                .problem(placed.written.region.as_ref(), "scope_mismatch", message)
                .hint("say `deployment_scope = \"global\"`, or register the regional address")
                .warning(),
        );
    }
}

fn against_rules(
    subject: &Subject<'_>,
    id: EndpointId,
    endpoint: &Endpoint,
    placed: Placed<'_>,
    saying: &Saying<'_>,
    faults: &mut Vec<Problem>,
) {
    let Some(place) = &saying.place else {
        return;
    };
    let url = placed.written.base_url.as_ref();
    let mut outside = |rule: &Rule, whose: String| {
        if rule.allowed.fit(place) == Fit::Outside {
            let message = format!("{}, outside rule `{}` of {whose}", saying.words(), rule.name);
            faults.push(placed.problem(url, "host_outside_rule", message).warning());
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
