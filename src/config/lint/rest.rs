//! Fallbacks, credentials and capabilities.
//!
//! Knows no host name and no price. A newcomer may ask why a missing fallback is looked at: rate
//! limits and outages degrade quietly, and the day to choose between waiting and going elsewhere
//! is not the day of the outage.

use std::collections::BTreeMap;

use crate::attribute::{Endpoint, EndpointId, FallbackPolicy, Feature};
use crate::problem::Problem;
use crate::residency::{Fit, Place};

use super::super::at::At;
use super::super::features;
use super::super::read::told_already;
use super::{Entry, Subject};

/// The set within which a change of country is no change of jurisdiction.
const ONE_JURISDICTION: &str = "eu";

pub(super) fn fallback(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    let Entry {
        id,
        endpoint,
        placed,
    } = entry;
    let reference = placed.written.fallback_endpoint_ref.as_ref();
    let closed = endpoint.fallback_policy == FallbackPolicy::FailClosed;
    if closed && reference.is_some() {
        let message = "a fallback is named, and the policy forbids any";
        faults.push(
            placed
                .problem(reference, "fallback_against_policy", message)
                .hint("drop one of the two")
                .warning(),
        );
    }
    let told = |key| told_already(placed.file, placed.name.span(), key, faults);
    let mistyped = told("fallback_endpoint_ref") || told("fallback_policy");
    if !closed && reference.is_none() && !mistyped && !is_last_resort(subject, id) {
        faults.push(
            placed
                .problem::<String>(None, "fallback_missing", "no fallback, and none forbidden")
                .hint("name one by `fallback_endpoint_ref`, or say `fallback_policy = \"fail_closed\"`")
                .warning(),
        );
    }
    let Some(other) = endpoint.fallback.and_then(|id| subject.registry.get(id)) else {
        return;
    };
    if let Some(message) = elsewhere(subject, id, endpoint, other) {
        faults.push(
            placed
                .problem(reference, "fallback_jurisdiction", message)
                .hint("choose one that lies within the same rules")
                .warning(),
        );
    }
}

/// Whether the endpoint is itself somebody's fallback, the last resort that needs no other.
fn is_last_resort(subject: &Subject<'_>, id: EndpointId) -> bool {
    subject
        .registry
        .iter()
        .any(|(_, endpoint)| endpoint.fallback == Some(id))
}

/// Why the fallback lies in another jurisdiction; `None` when it does not.
fn elsewhere(
    subject: &Subject<'_>,
    id: EndpointId,
    endpoint: &Endpoint,
    other: &Endpoint,
) -> Option<String> {
    let regions = subject.regions;
    let place =
        |endpoint: &Endpoint| regions.parse_region(endpoint.provider.as_ref(), &endpoint.region);
    let (here, there) = (place(endpoint), place(other));
    let rules = endpoint.rule.iter().chain(
        subject
            .users(id)
            .filter_map(|(feature, _)| feature.rule.as_ref()),
    );
    for rule in rules {
        if rule.allowed.fit(&there) == Fit::Outside {
            return Some(format!(
                "falls back to `{}` in `{}`, outside rule `{}`",
                other.name, other.region, rule.name
            ));
        }
    }
    let country = |place: &Place<'_>| match place {
        Place::Region(region) => Some(region.country),
        Place::Country(country) => Some(*country),
        Place::Zone(_) | Place::Unknown(_) => None,
    };
    let (from, to) = (country(&here)?, country(&there)?);
    let union = regions.resolve_set(ONE_JURISDICTION).ok();
    let inside = |place: &Place<'_>| {
        union
            .as_ref()
            .is_some_and(|union| union.fit(place) == Fit::Inside)
    };
    (from != to && !(inside(&here) && inside(&there))).then(|| {
        format!(
            "falls back from `{}` to `{}` in `{}`, another jurisdiction",
            endpoint.region, other.name, other.region
        )
    })
}

/// One credential in two regions.
pub(super) fn credentials(subject: &Subject<'_>, faults: &mut Vec<Problem>) {
    let mut first: BTreeMap<&str, &Endpoint> = BTreeMap::new();
    for entry in subject.entries() {
        let Entry {
            endpoint, placed, ..
        } = entry;
        if endpoint.credential_ref.is_empty() || endpoint.region.is_empty() {
            continue;
        }
        let earlier = *first
            .entry(endpoint.credential_ref.as_str())
            .or_insert(endpoint);
        if earlier.region != endpoint.region {
            let message = format!(
                "credential `{}` is used in `{}` here and in `{}` by `{}`",
                endpoint.credential_ref, endpoint.region, earlier.region, earlier.name
            );
            let at = placed.written.credential_ref.as_ref();
            faults.push(
                placed
                    .problem(at, "credential_in_two_regions", message)
                    .hint(
                        "give each region its own, so that one can be withdrawn without the other",
                    )
                    .warning(),
            );
        }
    }
}

/// What the features that name the endpoint need of it and it lacks.
pub(super) fn capability(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    let Entry { id, endpoint, .. } = entry;
    for (feature, placed) in subject.users(id) {
        let entry = placed
            .written
            .get()
            .endpoints
            .iter()
            .find(|entry| entry.get() == endpoint.name.as_str());
        for lack in lacks(endpoint, feature) {
            faults.push(capability_problem(endpoint, &placed, entry, &lack));
        }
    }
}

fn capability_problem(
    endpoint: &Endpoint,
    placed: &features::Placed<'_>,
    entry: Option<&At<String>>,
    lack: &str,
) -> Problem {
    let span = entry.map_or_else(|| placed.written.span(), At::span);
    let message = format!("endpoint `{}` {lack}", endpoint.name);
    placed
        .file
        .problem(span, "missing_capability", message)
        .hint("let the feature use another endpoint, or correct what is registered")
        .warning()
}

fn lacks(endpoint: &Endpoint, feature: &Feature) -> Vec<String> {
    let mut lacks = Vec::new();
    if feature.needs.tools && endpoint.supports_tools == Some(false) {
        lacks.push("supports no tools, and the feature needs them".to_owned());
    }
    if feature.needs.vision && endpoint.supports_vision == Some(false) {
        lacks.push("supports no vision, and the feature needs it".to_owned());
    }
    let Some(most) = endpoint.max_context_tokens else {
        return lacks;
    };
    let wanted = [
        ("the feature needs", feature.needs.context_tokens),
        ("the approved call has", feature.approved.tokens_per_call),
    ];
    for (who, tokens) in wanted {
        if let Some(tokens) = tokens.filter(|tokens| *tokens > most) {
            lacks.push(format!("takes {most} tokens, and {who} {tokens}"));
        }
    }
    lacks
}
