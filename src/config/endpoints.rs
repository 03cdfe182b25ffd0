//! Turns written endpoints into ready ones.
//!
//! Knows no feature. A newcomer may ask why two rounds over the endpoints: a fallback can name an
//! endpoint that stands further down or in another file.

use std::collections::{BTreeMap, BTreeSet};

use crate::attribute::{
    BaseUrl, CostModel, CountsFrom, Endpoint, EndpointId, FallbackPolicy, Registry,
};
use crate::call::{Format, Provider, Scope};
use crate::problem::Problem;
use crate::provider::Gate;
use crate::secret::looks_secret;
use crate::units::{Millis, Text, clean_name};

use super::at::{At, AtText};
use super::inventory;
use super::names;
use super::places::Places;
use super::read::FileText;
use super::settings::bounded;
use super::written;

/// Longest timeout that can be registered: an hour, as long as latencies are measured.
const TIMEOUT_MAX_MS: u64 = 3_600_000;

/// Longest context that can be registered, in tokens.
const CONTEXT_MAX: u64 = 100_000_000;

/// A written endpoint with its name and file.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) file: &'a FileText,
    pub(super) name: &'a AtText,
    pub(super) written: &'a written::Endpoint,
}

impl Placed<'_> {
    /// A fault at `value`, or at the endpoint's name when the value is not there.
    pub(super) fn problem<T>(
        &self,
        value: Option<&At<T>>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        let span = value.map_or_else(|| self.name.span(), At::span);
        self.file.problem(span, code, message)
    }
}

/// The endpoints of all files in the order of their names; a name that is there twice is reported
/// and counts once.
pub(super) fn collect<'a>(
    files: &[(&'a FileText, &'a written::Named<written::Endpoint>)],
    faults: &mut Vec<Problem>,
) -> Vec<Placed<'a>> {
    let mut seen = names::Seen::new("endpoint");
    let mut placed: BTreeMap<&str, Placed<'a>> = BTreeMap::new();
    for (file, endpoints) in files {
        for (name, written) in *endpoints {
            seen.note(file, name, faults);
            placed.entry(name.get().as_str()).or_insert(Placed {
                file,
                name,
                written: written.get(),
            });
        }
    }
    placed.into_values().collect()
}

/// The ready registry, in the same order as `placed`.
pub(super) fn ready(
    placed: &[Placed<'_>],
    sources: &BTreeSet<Text>,
    atlas: &Places<'_>,
    lists: &inventory::Lists<'_>,
    faults: &mut Vec<Problem>,
) -> Registry {
    let mut endpoints: Vec<Endpoint> = placed
        .iter()
        .map(|endpoint| one(endpoint, sources, atlas, faults))
        .collect();
    // Ids are places in the list, so a registry of the same names hands them out.
    let ids = Registry::new(endpoints.clone());
    for (endpoint, placed) in endpoints.iter_mut().zip(placed) {
        endpoint.fallback = fallback(placed, &ids, faults);
    }
    lists.apply(&mut endpoints, placed, faults);
    let registry = Registry::new(endpoints);
    circles(placed, &registry, faults);
    indistinct(placed, &registry, faults);
    registry
}

/// The text, cleaned; empty when it is not there.
fn text(value: Option<&AtText>) -> Text {
    value.map_or_else(Text::default, |value| clean_name(value.get()))
}

/// One endpoint without its fallback: where it is, whose it is and by what rules it goes.
fn one(
    placed: &Placed<'_>,
    sources: &BTreeSet<Text>,
    atlas: &Places<'_>,
    faults: &mut Vec<Problem>,
) -> Endpoint {
    let Placed {
        file,
        name,
        written,
    } = *placed;
    let base_url = base_url(placed, faults);
    let provider = provider(written, &base_url);
    let mut counted = |value: Option<&AtText>| counts_from(file, value?, sources, faults);
    let usage_from = counted(written.usage_from.as_ref());
    let transport_from = counted(written.transport_from.as_ref());
    let shown = written.display_name.as_ref().unwrap_or(name);
    let timeout = written.timeout_ms.as_ref();
    let region = written
        .region
        .as_ref()
        .map_or_else(Text::default, |region| {
            atlas.region(file, region, provider.as_ref(), faults)
        });
    let rule = written.residency.as_ref();
    Endpoint {
        name: Text::from(name.get().as_str()),
        display_name: clean_name(shown.get()),
        resource_paths: resource_paths(file, written, &base_url, faults),
        auth_type: text(written.auth_type.as_ref()),
        credential_ref: credential(placed, faults),
        fallback: None,
        timeout: bounded(file, timeout, 1..=TIMEOUT_MAX_MS, faults).map(Millis),
        rule: rule.and_then(|rule| atlas.rule(file, rule, faults)),
        base_url,
        provider,
        region,
        usage_from,
        transport_from,
        ..served(placed, faults)
    }
}

/// What is served there and on what terms.
fn served(placed: &Placed<'_>, faults: &mut Vec<Problem>) -> Endpoint {
    let Placed { file, written, .. } = *placed;
    let context = written.max_context_tokens.as_ref();
    let scope = written.deployment_scope.as_ref().map(At::get);
    let policy = written.fallback_policy.as_ref().map(At::get);
    Endpoint {
        model_name: text(written.model_name.as_ref()),
        deployment: text(written.deployment.as_ref()),
        model_aliases: written
            .model_aliases
            .iter()
            .map(|(alias, model)| (clean_name(alias.get()), clean_name(model.get())))
            .collect(),
        max_context_tokens: bounded(file, context, 1..=CONTEXT_MAX, faults),
        supports_tools: written.supports_tools.as_ref().map(|value| *value.get()),
        supports_vision: written.supports_vision.as_ref().map(|value| *value.get()),
        scope: scope.map(|scope| match scope {
            written::DeploymentScope::Regional => Scope::Regional,
            written::DeploymentScope::DataZone => Scope::DataZone,
            written::DeploymentScope::Global => Scope::Global,
        }),
        fallback_policy: policy.map_or(FallbackPolicy::Default, |policy| policy_of(*policy)),
        cost_model: match written.cost_model.as_ref().map(At::get) {
            Some(written::CostModel::Fixed) => CostModel::Fixed,
            Some(written::CostModel::PerToken) | None => CostModel::PerToken,
        },
        ..Endpoint::default()
    }
}

pub(super) fn policy_of(written: written::FallbackPolicy) -> FallbackPolicy {
    match written {
        written::FallbackPolicy::FailClosed => FallbackPolicy::FailClosed,
        written::FallbackPolicy::Default => FallbackPolicy::Default,
    }
}

fn base_url(placed: &Placed<'_>, faults: &mut Vec<Problem>) -> BaseUrl {
    let Some(url) = &placed.written.base_url else {
        names::missing(placed.file, placed.name.span(), "base_url", faults);
        return BaseUrl::default();
    };
    BaseUrl::parse(url.get()).unwrap_or_else(|fault| {
        faults.push(
            placed
                .problem(Some(url), "bad_url", format!("`base_url` {fault}"))
                .hint("like `https://contoso-weu.openai.azure.com`"),
        );
        BaseUrl::default()
    })
}

/// The provider written, else the one that the host tells.
fn provider(written: &written::Endpoint, base_url: &BaseUrl) -> Option<Provider> {
    if let Some(name) = &written.provider {
        return Provider::parse(name.get());
    }
    let path = written
        .resource_paths
        .first()
        .map_or("/v1/chat/completions", |path| path.get().as_str());
    Gate::default()
        .admit(&base_url.host, &format!("{}{path}", base_url.path))
        .and_then(|known| known.destination.provider)
        .filter(|provider| !matches!(provider, Provider::Other(name) if *name == base_url.host))
}

fn resource_paths(
    file: &FileText,
    written: &written::Endpoint,
    base_url: &BaseUrl,
    faults: &mut Vec<Problem>,
) -> Vec<Text> {
    let mut paths = Vec::new();
    for path in &written.resource_paths {
        let text = path.get();
        if !text.starts_with('/') || text.contains(['?', '#']) || text.contains(char::is_whitespace)
        {
            faults.push(
                file.problem(
                    path.span(),
                    "bad_path",
                    format!("resource path `{text}` is no path"),
                )
                .hint("it begins with `/` and has no query, like `/openai/deployments/gpt-4o`"),
            );
            continue;
        }
        paths.push(Text::from(format!(
            "{}{}",
            base_url.path,
            text.trim_end_matches('/')
        )));
    }
    paths
}

fn credential(placed: &Placed<'_>, faults: &mut Vec<Problem>) -> Text {
    let Some(credential) = &placed.written.credential_ref else {
        return Text::default();
    };
    if looks_secret(credential.get()) {
        faults.push(
            placed
                .problem(
                    Some(credential),
                    "secret_in_file",
                    "`credential_ref` looks like a credential and must be the name of one",
                )
                .hint(
                    "if it was a key, replace the key: it stood in a file; \
                     a `sys_id` is written with its table in front, `api_key_credentials:…`",
                ),
        );
        return Text::default();
    }
    clean_name(credential.get())
}

fn counts_from(
    file: &FileText,
    value: &AtText,
    sources: &BTreeSet<Text>,
    faults: &mut Vec<Problem>,
) -> Option<CountsFrom> {
    if let Some(format) = Format::parse(value.get()) {
        return Some(CountsFrom::Format(format));
    }
    if sources.contains(value.get().as_str()) {
        return Some(CountsFrom::Source(value.get().as_str().into()));
    }
    let mut known: Vec<&str> = sources.iter().map(Text::as_str).collect();
    known.extend(Format::ALL.map(Format::as_str));
    let kind = "source or format";
    faults.push(names::unknown(file, value, kind, "unknown_source", known));
    None
}

fn fallback(
    placed: &Placed<'_>,
    registry: &Registry,
    faults: &mut Vec<Problem>,
) -> Option<EndpointId> {
    let name = placed.written.fallback_endpoint_ref.as_ref()?;
    names::endpoint(placed.file, name, registry, faults)
}

/// Reports each circle of fallbacks once, at its first endpoint by name.
fn circles(placed: &[Placed<'_>], registry: &Registry, faults: &mut Vec<Problem>) {
    let mut told: BTreeSet<EndpointId> = BTreeSet::new();
    for ((start, _), placed) in registry.iter().zip(placed) {
        let mut way = vec![start];
        let mut next = registry.get(start).and_then(|endpoint| endpoint.fallback);
        while let Some(id) = next {
            if id == start || way.contains(&id) {
                break;
            }
            way.push(id);
            next = registry.get(id).and_then(|endpoint| endpoint.fallback);
        }
        if next != Some(start) || way.iter().any(|id| told.contains(id)) {
            continue;
        }
        told.extend(way.iter().copied());
        let names: Vec<&str> = way
            .iter()
            .chain([&start])
            .filter_map(|id| registry.get(*id))
            .map(|endpoint| endpoint.name.as_str())
            .collect();
        faults.push(
            placed
                .problem(
                    placed.written.fallback_endpoint_ref.as_ref(),
                    "fallback_circular",
                    format!("fallback goes in a circle: {}", names.join(" -> ")),
                )
                .hint("the last of them falls back to none"),
        );
    }
}

/// Reports endpoints that no call can tell apart, and those that only the model tells apart.
fn indistinct(placed: &[Placed<'_>], registry: &Registry, faults: &mut Vec<Problem>) {
    let all: Vec<&Endpoint> = registry.iter().map(|(_, endpoint)| endpoint).collect();
    for (index, (later, placed)) in all.iter().zip(placed).enumerate() {
        for earlier in all.iter().take(index) {
            if later.base_url.host.is_empty() || !same_door(earlier, later) {
                continue;
            }
            let url = placed.written.base_url.as_ref();
            if earlier.model_name == later.model_name {
                faults.push(
                    placed
                        .problem(
                            url,
                            "ambiguous_endpoint",
                            format!("no call can be told from one to `{}`", earlier.name),
                        )
                        .hint("give each a `deployment` or `resource_paths` of its own"),
                );
            } else {
                let message = format!(
                    "calls that name no model cannot be told from those to `{}`",
                    earlier.name
                );
                faults.push(
                    placed
                        .problem(url, "indistinct_endpoint", message)
                        .hint("give each a `deployment` or `resource_paths` of its own")
                        .warning(),
                );
            }
        }
    }
}

/// Whether host, port, deployment and some path are the same.
fn same_door(one: &Endpoint, other: &Endpoint) -> bool {
    let paths = |endpoint: &Endpoint| {
        if endpoint.resource_paths.is_empty() {
            vec![endpoint.base_url.path.clone()]
        } else {
            endpoint.resource_paths.clone()
        }
    };
    let others = paths(other);
    one.base_url.host == other.base_url.host
        && one.base_url.port == other.base_url.port
        && one.deployment == other.deployment
        && paths(one).iter().any(|path| others.contains(path))
}
