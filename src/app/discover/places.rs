//! The endpoints behind the calls: host, port, and the door on it that a deployment or model has.
//!
//! Knows no registry. A newcomer may ask why the door is a piece of the path: one host serves
//! several deployments, and the registry tells them apart by path or by name alone.

use std::collections::BTreeMap;

use crate::call::{Class, Destination, EvidenceKind, Format, Provider, Report, Scope};
use crate::units::Text;

use super::counts::Names;

/// Endpoints that are kept apart.
const PLACES_MAX: usize = 2_000;
/// Different pieces of evidence kept for each.
const EVIDENCE_MAX: usize = 30;

/// What tells one endpoint from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Door {
    pub(super) host: Text,
    pub(super) port: Option<u16>,
    /// The piece of the path that is its own (`/openai/deployments/gpt-4o-weu`); may be empty.
    pub(super) path: Text,
    /// The deployment, where the records name one.
    pub(super) deployment: Text,
}

/// What was seen of one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) provider: Option<Provider>,
    pub(super) calls: u64,
    pub(super) requests: u64,
    pub(super) throttled: u64,
    pub(super) failed: u64,
    pub(super) models: Names,
    pub(super) scopes: BTreeMap<Scope, u64>,
    pub(super) evidence: BTreeMap<(EvidenceKind, Text), u64>,
    /// Reports with transport facts by format, and with usage facts.
    pub(super) transport: BTreeMap<Format, u64>,
    pub(super) usage: BTreeMap<Format, u64>,
}

impl Default for Place {
    fn default() -> Place {
        Place {
            provider: None,
            calls: 0,
            requests: 0,
            throttled: 0,
            failed: 0,
            models: Names::of(50),
            scopes: BTreeMap::new(),
            evidence: BTreeMap::new(),
            transport: BTreeMap::new(),
            usage: BTreeMap::new(),
        }
    }
}

/// All endpoints seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pub(super) all: BTreeMap<Door, Place>,
    /// Reports of endpoints past the limit.
    pub(super) beyond: u64,
    /// Usage reports that name no host.
    pub(super) hostless: u64,
}

impl Places {
    pub(super) fn add(&mut self, report: &Report) {
        let to = &report.destination;
        if to.host.is_empty() {
            self.hostless += 1;
            return;
        }
        let door = door(to);
        if self.all.len() >= PLACES_MAX && !self.all.contains_key(&door) {
            self.beyond += 1;
            return;
        }
        self.all.entry(door).or_default().add(report);
    }
}

impl Place {
    fn add(&mut self, report: &Report) {
        let to = &report.destination;
        if self.provider.is_none() {
            self.provider.clone_from(&to.provider);
        }
        if let Some(transport) = &report.transport {
            self.calls += 1;
            self.throttled += u64::from(transport.class == Some(Class::Throttled));
            self.failed += u64::from(!matches!(transport.class, Some(Class::Ok) | None));
            *self.transport.entry(report.format).or_default() += 1;
        }
        if let Some(usage) = &report.usage {
            self.requests += 1;
            *self.usage.entry(report.format).or_default() += 1;
            self.models.add(&usage.model);
        } else {
            self.models.add(&to.model);
        }
        if let Some(scope) = to.scope {
            *self.scopes.entry(scope).or_default() += 1;
        }
        for fact in &report.evidence {
            let key = (fact.kind, fact.told.clone());
            if self.evidence.len() < EVIDENCE_MAX || self.evidence.contains_key(&key) {
                *self.evidence.entry(key).or_default() += 1;
            }
        }
    }
}

/// The door that a destination is behind.
fn door(to: &Destination) -> Door {
    Door {
        host: to.host.clone(),
        port: to.port,
        path: own_path(to).map_or_else(Text::default, Text::from),
        deployment: to.deployment.clone(),
    }
}

/// The piece of the path that only this endpoint has; `None` where the path tells the operation
/// alone.
fn own_path(to: &Destination) -> Option<&str> {
    let path = to.path.as_str();
    let through = |mark: &str| {
        let begin = path.find(mark)?.saturating_add(mark.len());
        let rest = path.get(begin..)?;
        let end = rest.find('/').unwrap_or(rest.len());
        (end > 0).then(|| path.get(..begin.saturating_add(end)))?
    };
    match &to.provider {
        Some(Provider::Azure | Provider::Watsonx) => through("/deployments/"),
        Some(Provider::Bedrock) => through("/model/"),
        Some(Provider::Vertex) => through("/locations/"),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Gate;

    #[test]
    fn doors_of_providers() {
        let cases = [
            (
                "contoso.openai.azure.com",
                "/openai/deployments/gpt-4o-weu/chat/completions",
                "/openai/deployments/gpt-4o-weu",
            ),
            ("contoso.openai.azure.com", "/openai/v1/responses", ""),
            (
                "bedrock-runtime.eu-central-1.amazonaws.com",
                "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
                "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0",
            ),
            (
                "europe-west3-aiplatform.googleapis.com",
                "/v1/projects/p/locations/europe-west3/publishers/google/models/gemini-2.5-pro:generateContent",
                "/v1/projects/p/locations/europe-west3",
            ),
            ("api.openai.com", "/v1/chat/completions", ""),
        ];
        for (host, path, expected) in cases {
            let to = Gate::default().admit(host, path).unwrap().destination;
            assert_eq!(door(&to).path, expected, "{host}{path}");
        }
    }
}
