//! Where a span's call went, as far as its attributes and its host tell.
//!
//! Knows no host by name: that is the gate's. A newcomer may ask why the host's word counts more
//! than `gen_ai.provider.name`: instrumentations name the client library, and OpenAI's talks to
//! Azure and to any compatible server.

use crate::call::{Evidence, EvidenceKind, Operation, Provider};
use crate::provider::{Gate, Recognised};
use crate::units::{Text, clean_name};

use super::kind;
use super::span::{Around, Attributes, Fault, Span};

/// Names under which the provider stands, the newest first.
const PROVIDER: [&str; 4] = [
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
];
/// Frameworks that instrumentations name as provider: they run no model.
const FRAMEWORKS: [&str; 8] = [
    "ai",
    "crewai",
    "langchain",
    "langgraph",
    "litellm",
    "llama_index",
    "openai_agents",
    "pydantic_ai",
];
const HOST: [&str; 3] = ["server.address", "net.peer.name", "peer.address"];
const URL: [&str; 2] = ["url.full", "http.url"];
const API_BASE: [&str; 2] = ["gen_ai.openai.api_base", "llm.openai.api_base"];
pub(super) const RESPONSE_MODEL: [&str; 3] = [
    "gen_ai.response.model",
    "llm.response.model_name",
    "llm.model_name",
];
pub(super) const REQUEST_MODEL: [&str; 4] = [
    "gen_ai.request.model",
    "llm.request.model_name",
    "llm.model_name",
    "embedding.model_name",
];

/// The provider by the instrumentation's own word, or by the package it instruments.
pub(super) fn provider(span: &Span<'_>, around: &Around<'_>) -> Option<Provider> {
    let of_scope = [
        ("bedrock", Provider::Bedrock),
        ("vertexai", Provider::Vertex),
        ("watsonx", Provider::Watsonx),
    ];
    let named = || {
        let names = PROVIDER
            .iter()
            .filter_map(|name| span.attributes.text(&[name]));
        let mut models = names.filter(|name| {
            let name = name.to_ascii_lowercase();
            !FRAMEWORKS.contains(&name.as_str()) && name != "_other"
        });
        models.next().and_then(Provider::parse)
    };
    let segment = |word: &str| {
        around
            .scope
            .split(['.', '-', '/'])
            .any(|part| part.eq_ignore_ascii_case(word))
    };
    of_scope
        .into_iter()
        .find(|(word, _)| segment(word))
        .map(|(_, provider)| provider)
        .or_else(named)
        .or_else(|| Provider::parse(around.scope.strip_prefix("openlit.instrumentation.")?))
}

/// Host, port and path as the span tells them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Address {
    host: String,
    port: Option<u16>,
    /// The call's own path; empty when not told.
    path: String,
    /// The path of the client's base URL, to which the call's own was added.
    base: String,
}

/// The destination, and what host, path and model say of the region.
///
/// # Errors
/// A port that is none.
pub(super) fn destination(
    attributes: &Attributes<'_>,
    provider: Option<Provider>,
    operation: Operation,
    gate: &Gate,
) -> Result<Recognised, Fault> {
    let address = address(attributes)?;
    let model = attributes.text(&REQUEST_MODEL).unwrap_or_default();
    let mut place = recognise(&address, provider.as_ref(), operation, model, gate);
    let to = &mut place.destination;
    to.host = clean_name(&address.host);
    to.port = address.port.filter(|port| !matches!(port, 80 | 443));
    to.path = clean_name(&address.path);
    to.operation = operation;
    // A host that is nobody's says nothing; then the instrumentation's word stands.
    let host_tells = !matches!(to.provider, None | Some(Provider::Other(_)));
    if !host_tells && provider.is_some() {
        to.provider = provider;
    }
    if to.provider == Some(Provider::Azure) && to.deployment.is_empty() {
        // The model of a request to Azure is the deployment's name.
        to.deployment = clean_name(model);
    }
    if to.provider == Some(Provider::Bedrock) {
        tell_bedrock(&mut place, attributes, model, gate);
    }
    Ok(place)
}

fn recognise(
    address: &Address,
    provider: Option<&Provider>,
    operation: Operation,
    model: &str,
    gate: &Gate,
) -> Recognised {
    if address.host.is_empty() {
        return Recognised::default();
    }
    let host = match address.port {
        Some(port) => format!("{}:{port}", address.host),
        None => address.host.clone(),
    };
    let leaf = match operation {
        Operation::Embed => "embeddings",
        Operation::Generate | Operation::Batch | Operation::Manage => "chat/completions",
    };
    let mut paths = Vec::new();
    if !address.path.is_empty() {
        paths.push(address.path.clone());
    } else if provider == Some(&Provider::Bedrock) && !model.is_empty() {
        paths.push(bedrock_path(model));
    }
    if !address.base.is_empty() {
        paths.push(format!("{}/{leaf}", address.base.trim_end_matches('/')));
    }
    paths.push(String::new());
    // A span is known to be an LLM request; hosts that serve other things too need a path.
    paths.push(format!("/v1/{leaf}"));
    paths
        .iter()
        .find_map(|path| gate.admit(&host, path))
        .unwrap_or_default()
}

/// What a Bedrock model id says of scope and zone, and the region that the client was set to.
fn tell_bedrock(place: &mut Recognised, attributes: &Attributes<'_>, model: &str, gate: &Gate) {
    let region = attributes.text(&["cloud.region", "aws.region"]);
    if let Some(region) = region {
        place.evidence.push(Evidence {
            kind: EvidenceKind::ClientRegion,
            told: clean_name(region),
        });
    }
    if !place.destination.model.is_empty() || model.is_empty() {
        return;
    }
    // No host was told: any will do to read the id, and what the host says is left out.
    let host = "bedrock-runtime.us-east-1.amazonaws.com";
    let Some(by_id) = gate.admit(host, &bedrock_path(model)) else {
        return;
    };
    place.destination.model = by_id.destination.model;
    place.destination.scope = place.destination.scope.or(by_id.destination.scope);
    let of_id = by_id
        .evidence
        .into_iter()
        .filter(|evidence| evidence.kind != EvidenceKind::HostRegion);
    place.evidence.extend(of_id);
}

fn bedrock_path(model: &str) -> String {
    let id = model
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace(':', "%3A");
    format!("/model/{id}/invoke")
}

fn address(attributes: &Attributes<'_>) -> Result<Address, Fault> {
    let url = attributes.text(&URL).map(split_url).unwrap_or_default();
    let base = attributes
        .text(&API_BASE)
        .map(split_url)
        .unwrap_or_default();
    let server = attributes.text(&HOST).map(split_url).unwrap_or_default();
    let told_port = attributes.whole(&["server.port", "net.peer.port"])?;
    let port = told_port.filter(|port| *port != 0).map(u16::try_from);
    let port = port.transpose().map_err(|_| Fault {
        reason: crate::outcome::QuarantineReason::BadNumber,
        key: "server.port",
    })?;
    let port_of_server = server.port.or(port);
    let mut address = if !url.host.is_empty() {
        url
    } else if !server.host.is_empty() {
        Address {
            port: port_of_server,
            path: attributes
                .text(&["url.path"])
                .map(path_of)
                .unwrap_or_default(),
            ..server
        }
    } else {
        Address {
            host: base.host.clone(),
            port: base.port,
            ..Address::default()
        }
    };
    if address.path.is_empty() && base.host == address.host {
        address.base = base.path;
    }
    Ok(address)
}

/// A URL, or a host with or without port, in parts; credentials, query and fragment are dropped.
fn split_url(raw: &str) -> Address {
    let (bare, has_scheme) = match raw.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (raw, false),
    };
    let (authority, path) = match bare.find('/') {
        Some(at) => bare.split_at(at),
        None => (bare, ""),
    };
    let authority = authority.split(['?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().ok())
        }
        Some(_) | None => (authority, None),
    };
    Address {
        host: host.trim_end_matches('.').to_ascii_lowercase(),
        port,
        path: if has_scheme {
            path_of(path)
        } else {
            String::new()
        },
        base: String::new(),
    }
}

fn path_of(path: &str) -> String {
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Model as answered, else as requested; and as requested, where that differs or is all there is.
pub(super) fn models(span: &Span<'_>, around: &Around<'_>) -> (Text, Text) {
    let attributes = &span.attributes;
    let named = || kind::failed_openlit(span, around).map(|(_, model)| model);
    let requested = attributes.text(&REQUEST_MODEL).or_else(named);
    let requested = requested.map(clean_name).unwrap_or_default();
    match attributes.text(&RESPONSE_MODEL).map(clean_name) {
        Some(answered) if answered == requested && attributes.get(RESPONSE_MODEL[0]).is_some() => {
            (answered, Text::default())
        }
        Some(answered) => (answered, requested),
        None => (requested.clone(), requested),
    }
}
