//! One endpoint as it is told: a name, the region that evidence agrees on, whose facts count.
//!
//! Knows no other endpoint but for its name. A newcomer may ask why two regions are none: which of
//! them was ordered is a question, and the evidence stands beside it.

use std::collections::BTreeMap;

use crate::attribute::Found as FoundEndpoint;
use crate::call::{Destination, EvidenceKind, Format};
use crate::residency::Place as Region;
use crate::units::Text;

use super::super::found::{EndpointFound, counted};
use super::super::places::{Door, Place};
use super::super::survey::Survey;
use super::Known;

/// Kinds of evidence that name the region of an endpoint, the strongest first.
const REGIONAL: [EvidenceKind; 5] = [
    EvidenceKind::HostRegion,
    EvidenceKind::PathRegion,
    EvidenceKind::ResourceRegion,
    EvidenceKind::InferenceRegion,
    EvidenceKind::ClientRegion,
];

pub(super) fn endpoint(
    survey: &Survey<'_>,
    door: &Door,
    place: &Place,
    known: Known<'_>,
) -> EndpointFound {
    let provider = place.provider.as_ref();
    let mut regions: BTreeMap<Text, u64> = BTreeMap::new();
    for ((kind, told), n) in &place.evidence {
        if REGIONAL.contains(kind)
            && let Region::Region(region) = known.regions.parse_region(provider, told)
        {
            *regions.entry(region.name.clone()).or_default() += n;
        }
    }
    let one = |names: &BTreeMap<Text, u64>| {
        let mut names = names.keys();
        names.next().filter(|_| names.next().is_none()).cloned()
    };
    let scope = place.scopes.iter().max_by_key(|(_, n)| **n);
    let destination = Destination {
        provider: place.provider.clone(),
        host: door.host.clone(),
        port: door.port,
        path: door.path.clone(),
        deployment: door.deployment.clone(),
        ..Destination::default()
    };
    let evidence = place.evidence.iter();
    EndpointFound {
        name: name_of(door),
        host: door.host.clone(),
        port: door.port,
        path: door.path.clone(),
        deployment: door.deployment.clone(),
        provider: provider.map(|provider| provider.as_str().to_owned()),
        models: counted(place.models.ranked()),
        calls: place.calls,
        requests: place.requests,
        throttled: place.throttled,
        failed: place.failed,
        region: one(&regions),
        evidence: evidence
            .map(|((kind, told), n)| format!("{} `{told}` in {n} reports", kind.as_str()))
            .collect(),
        scope: scope.map(|(scope, _)| scope.as_str()),
        transport_from: counts_from(&place.transport, Format::ServicenowOutbound),
        usage_from: usage_from(survey, place),
        registered: known.registry.find(&destination) != FoundEndpoint::None,
    }
}

/// The format whose facts should count where the ServiceNow log tells the same without a key: the
/// one with more reports.
fn counts_from(formats: &BTreeMap<Format, u64>, keyless: Format) -> Option<&'static str> {
    let several = formats.len() > 1 && formats.contains_key(&keyless);
    let most = formats.iter().max_by_key(|(_, n)| **n);
    most.filter(|_| several).map(|(format, _)| format.as_str())
}

/// The genai log names no host: where it tells requests and another log tells this endpoint's, the
/// other counts.
fn usage_from(survey: &Survey<'_>, place: &Place) -> Option<&'static str> {
    survey.kinds.get(&Format::ServicenowGenai)?;
    let most = place.usage.iter().max_by_key(|(_, n)| **n);
    most.map(|(format, _)| format.as_str())
}

/// A name that a configuration can carry: the host's first label, and the deployment or model.
fn name_of(door: &Door) -> String {
    let host = door.host.split('.').next().unwrap_or_default();
    let tail = if door.deployment.is_empty() {
        door.path.rsplit('/').next().unwrap_or_default()
    } else {
        door.deployment.as_str()
    };
    let host = if matches!(host, "api" | "") || tail == host {
        door.host.as_str()
    } else {
        host
    };
    let joined = if tail.is_empty() {
        host.to_owned()
    } else {
        format!("{host}-{tail}")
    };
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    let name: String = joined.chars().map(fit).take(90).collect();
    name.trim_matches(['-', '.']).to_owned()
}

pub(super) fn unique(name: &str, taken: &mut std::collections::BTreeSet<String>) -> String {
    let base = if name.is_empty() { "endpoint" } else { name };
    let mut name = base.to_owned();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{base}-{number}");
    }
    name
}
