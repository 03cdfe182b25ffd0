//! Finds the registered endpoint of a call.
//!
//! Knows no feature and no price. A newcomer may ask why the answer can be "several": a path or
//! model that the record does not tell may be all that sets two endpoints of one host apart, and
//! a guess would book one team's calls on another's endpoint.

use std::collections::BTreeMap;

use crate::call::Destination;
use crate::provider::Registered;
use crate::units::Text;

use super::endpoint::{Endpoint, EndpointId};

/// What the registry knows of a destination or alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Exactly one endpoint.
    One(EndpointId),
    /// More than one, and nothing told sets them apart.
    Several,
    /// None.
    None,
}

impl Found {
    /// The endpoint, when there is exactly one.
    #[must_use]
    pub fn one(self) -> Option<EndpointId> {
        match self {
            Found::One(id) => Some(id),
            Found::Several | Found::None => None,
        }
    }
}

/// How well an endpoint fits a destination; greater is better.
type Fit = (bool, usize, u8, u8);

/// The registered endpoints, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    endpoints: Vec<Endpoint>,
    by_host: BTreeMap<Text, Vec<usize>>,
}

impl Registry {
    /// A registry of `endpoints`; their `fallback` ids point into this very list.
    #[must_use]
    pub fn new(endpoints: Vec<Endpoint>) -> Registry {
        let mut by_host: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for (index, endpoint) in endpoints.iter().enumerate() {
            by_host
                .entry(endpoint.base_url.host.clone())
                .or_default()
                .push(index);
        }
        Registry { endpoints, by_host }
    }

    /// The endpoint of that id; `None` when the id is another registry's.
    #[must_use]
    pub fn get(&self, id: EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(id.0)
    }

    /// The endpoint of that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<EndpointId> {
        self.endpoints
            .iter()
            .position(|endpoint| endpoint.name == name)
            .map(EndpointId)
    }

    /// Every endpoint with its id.
    pub fn iter(&self) -> impl Iterator<Item = (EndpointId, &Endpoint)> {
        self.endpoints
            .iter()
            .enumerate()
            .map(|(index, endpoint)| (EndpointId(index), endpoint))
    }

    /// What the gate of hosts and paths must admit for this registry.
    #[must_use]
    pub fn gate_rows(&self) -> Vec<Registered> {
        let mut rows = Vec::new();
        for endpoint in &self.endpoints {
            let row = |path_prefix: &Text| Registered {
                host: endpoint.base_url.host.clone(),
                port: endpoint.base_url.port,
                path_prefix: path_prefix.clone(),
                provider: endpoint.provider.clone(),
            };
            if endpoint.resource_paths.is_empty() {
                rows.push(row(&endpoint.base_url.path));
            }
            rows.extend(endpoint.resource_paths.iter().map(row));
        }
        rows
    }

    /// The endpoint that a call went to: same host and port, longest path prefix on a segment
    /// border, then the deployment, then the model.
    ///
    /// A record without a path is matched by host, deployment and model alone; one without a port
    /// fits an endpoint with a port where no other endpoint of the host fits better.
    #[must_use]
    pub fn find(&self, destination: &Destination) -> Found {
        let Some(candidates) = self.by_host.get(&destination.host) else {
            return Found::None;
        };
        let mut best: Option<(Fit, EndpointId)> = None;
        let mut tied = false;
        for &index in candidates {
            let Some(endpoint) = self.endpoints.get(index) else {
                continue;
            };
            let Some(fit) = fit(endpoint, destination) else {
                continue;
            };
            match best {
                Some((other, _)) if other > fit => {}
                Some((other, _)) if other == fit => tied = true,
                Some(_) | None => {
                    best = Some((fit, EndpointId(index)));
                    tied = false;
                }
            }
        }
        match best {
            None => Found::None,
            Some(_) if tied => Found::Several,
            Some((_, id)) => Found::One(id),
        }
    }

    /// The endpoint that serves models under `alias`, for usage reports that name no host.
    /// `external` is `ServiceNow`'s word whether the company's own endpoint was used.
    #[must_use]
    pub fn by_alias(&self, alias: &str, external: Option<bool>) -> Found {
        let mut serving = self.iter().filter(|(_, endpoint)| {
            endpoint.serves(alias) && external.is_none_or(|own| own == endpoint.is_own())
        });
        match (serving.next(), serving.next()) {
            (Some((id, _)), None) => Found::One(id),
            (Some(_), Some(_)) => Found::Several,
            (None, _) => Found::None,
        }
    }
}

/// How well `endpoint` fits; `None` when it cannot be the one.
fn fit(endpoint: &Endpoint, destination: &Destination) -> Option<Fit> {
    // Some logs name hosts without ports, so an untold port excludes nothing.
    let same_port = endpoint.base_url.port == destination.port;
    if !same_port && destination.port.is_some() {
        return None;
    }
    let prefix = if destination.path.is_empty() {
        0
    } else {
        longest_prefix(endpoint, &destination.path)?
    };
    let told = &destination.deployment;
    let deployment = match (endpoint.deployment.is_empty(), told.is_empty()) {
        (false, false) if endpoint.deployment == *told => 1,
        (false, false) => return None,
        (true, _) | (_, true) => 0,
    };
    let model = model_fit(endpoint, &destination.model);
    Some((same_port, prefix, deployment, model))
}

/// Length of the longest registered path, plus one, that `path` lies under.
fn longest_prefix(endpoint: &Endpoint, path: &str) -> Option<usize> {
    let under = |prefix: &Text| {
        path.strip_prefix(prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
            .then_some(prefix.len())
    };
    let longest = if endpoint.resource_paths.is_empty() {
        under(&endpoint.base_url.path)
    } else {
        endpoint.resource_paths.iter().filter_map(under).max()
    };
    longest.map(|length| length.saturating_add(1))
}

/// 2 for the very model, 1 for a dated variant of it, 0 otherwise.
fn model_fit(endpoint: &Endpoint, told: &str) -> u8 {
    if endpoint.serves(told) {
        return 2;
    }
    let dated = !endpoint.model_name.is_empty()
        && told
            .strip_prefix(endpoint.model_name.as_str())
            .is_some_and(|rest| rest.starts_with(['-', '@', ':']));
    u8::from(dated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::BaseUrl;
    use crate::call::Provider;

    fn endpoint(name: &str, url: &str, paths: &[&str], deployment: &str, model: &str) -> Endpoint {
        let base_url = BaseUrl::parse(url).unwrap();
        Endpoint {
            name: name.into(),
            resource_paths: paths.iter().map(|path| Text::from(*path)).collect(),
            deployment: deployment.into(),
            model_name: model.into(),
            base_url,
            ..Endpoint::default()
        }
    }

    fn registry() -> Registry {
        let mut now_llm = endpoint("now", "https://now.example.com", &[], "", "gpt_large");
        now_llm.provider = Some(Provider::NowLlm);
        let mut weu = endpoint(
            "weu",
            "https://a.openai.azure.com",
            &["/openai/deployments/gpt-4o-weu"],
            "gpt-4o-weu",
            "gpt-4o",
        );
        weu.model_aliases = [("gpt_large".into(), "gpt-4o".into())].into();
        Registry::new(vec![
            weu,
            endpoint("v1", "https://a.openai.azure.com/openai/v1", &[], "", "o3"),
            endpoint("chat", "https://api.x.com", &[], "", "chat-1"),
            endpoint("code", "https://api.x.com", &[], "", "code-1"),
            endpoint("together", "https://gw.x.com/together", &[], "", ""),
            endpoint("gw", "https://gw.x.com", &[], "", ""),
            endpoint("local", "http://gw.x.com:8000", &[], "", ""),
            endpoint("only", "http://vllm.x.com:8000/v1", &[], "", ""),
            now_llm,
        ])
    }

    /// Host with port, path, deployment, model; `-` is not told. Then the endpoint.
    const CALLS: [(&str, &str); 15] = [
        (
            "a.openai.azure.com /openai/deployments/gpt-4o-weu/chat/completions gpt-4o-weu -",
            "weu",
        ),
        (
            "a.openai.azure.com /openai/deployments/gpt-4o-weu2/chat/completions gpt-4o-weu2 -",
            "none",
        ),
        ("a.openai.azure.com /openai/v1/responses - -", "v1"),
        ("a.openai.azure.com /openai/v10/responses - -", "none"),
        ("a.openai.azure.com - gpt-4o-weu -", "weu"),
        ("a.openai.azure.com - - o3-2025-04-16", "v1"),
        ("a.openai.azure.com - - -", "several"),
        ("api.x.com /v1/chat/completions - code-1", "code"),
        ("api.x.com /v1/chat/completions - -", "several"),
        ("gw.x.com /together/v1/chat/completions - -", "together"),
        ("gw.x.com /togetherness/v1 - -", "gw"),
        ("gw.x.com:8000 /v1/chat/completions - -", "local"),
        ("gw.x.com:8001 /v1/chat/completions - -", "none"),
        ("vllm.x.com /v1/chat/completions - -", "only"),
        ("nobody.x.com /v1/chat/completions - -", "none"),
    ];

    #[test]
    fn finds_the_endpoint_of_a_call() {
        let registry = registry();
        for (call, expected) in CALLS {
            let mut parts = call.split(' ').map(|part| part.trim_start_matches('-'));
            let mut next = || Text::from(parts.next().unwrap());
            let door = next();
            let (host, port) = door.split_once(':').unwrap_or((&door, ""));
            let destination = Destination {
                host: host.into(),
                port: port.parse().ok(),
                path: next(),
                deployment: next(),
                model: next(),
                ..Destination::default()
            };
            let found = match registry.find(&destination) {
                Found::One(id) => registry.get(id).unwrap().name.as_str(),
                Found::Several => "several",
                Found::None => "none",
            };
            assert_eq!(found, expected, "{call}");
        }
    }

    #[test]
    fn finds_by_alias_only_when_certain() {
        let registry = registry();
        let name = |found: Found| {
            found
                .one()
                .map(|id| registry.get(id).unwrap().name.to_string())
        };
        assert_eq!(registry.by_alias("gpt_large", None), Found::Several);
        assert_eq!(
            name(registry.by_alias("gpt_large", Some(true))),
            Some("weu".to_owned())
        );
        assert_eq!(
            name(registry.by_alias("gpt_large", Some(false))),
            Some("now".to_owned())
        );
        assert_eq!(registry.by_alias("", None), Found::None);
        assert_eq!(registry.by_alias("claude_large", None), Found::None);
    }

    #[test]
    fn tells_the_gate_every_path() {
        let rows = registry().gate_rows();
        assert_eq!(rows.len(), 9);
        assert_eq!(rows[0].path_prefix, "/openai/deployments/gpt-4o-weu");
        assert_eq!(rows[6].port, Some(8000));
    }
}
