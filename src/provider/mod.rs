//! Which hosts and paths are LLM endpoints, and what they tell of provider, model and region.
//!
//! Knows no record format, no price and no residency rule: a region is passed on as told. A
//! newcomer may ask why an unknown host is admitted at all: a call to `/v1/chat/completions` on a
//! host that nobody registered is the very call that the books must not miss.
//!
//! A new provider is one file with a `hosts` and a `fill`, a line in `Family::of` and one in
//! `fill`; one that only needs a name is a row of `others`.

mod anthropic;
mod azure;
mod bedrock;
mod google;
mod host;
mod openai;
mod others;
mod path;
mod watsonx;

#[cfg(test)]
mod tests;

use crate::call::{Destination, Evidence, EvidenceKind, Operation, Provider};
use crate::units::Text;

use path::Path;

pub use bedrock::{BedrockModel, bedrock_model};
pub use host::{UrlParts, normalise_host, split_url};

/// What host and path tell of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognised {
    /// Where it went.
    pub destination: Destination,
    /// What host and path say about the region.
    pub evidence: Vec<Evidence>,
}

impl Recognised {
    /// Adds a fact on the region, unless it is empty or there already.
    fn tell(&mut self, kind: EvidenceKind, told: &str) {
        let evidence = Evidence {
            kind,
            told: host::cleaned(told),
        };
        if !evidence.told.is_empty() && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }
}

/// Whether a provider or gateway of that name is known by a host of its own.
#[must_use]
pub fn is_name(name: &str) -> bool {
    others::is_name(name)
}

/// A destination that the registry names although its host is nobody's known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Host in lower case.
    pub host: Text,
    /// Port, where registered.
    pub port: Option<u16>,
    /// Path prefix on a segment border; empty for all paths.
    pub path_prefix: Text,
    /// The provider, where registered.
    pub provider: Option<Provider>,
}

impl Registered {
    /// Whether a call to that host, port and path (without query) is meant.
    fn covers(&self, host: &str, port: Option<u16>, path: &str) -> bool {
        // A record without port went to the scheme's own, and does not say which scheme.
        let port_fits = match (self.port, port) {
            (None, _) | (Some(443 | 80), None) => true,
            (Some(registered), told) => told == Some(registered),
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        port_fits
            && self.host == host
            && path
                .strip_prefix(self.path_prefix.as_str())
                .is_some_and(|rest| {
                    self.path_prefix.is_empty() || rest.is_empty() || rest.starts_with('/')
                })
    }
}

/// Which hosts and paths are LLM endpoints: those of known providers and those registered.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// Longest path prefix first, so that the first that covers a call is the nearest. Prefixes
    /// are kept without slash at either end.
    registered: Vec<Registered>,
    /// Their hosts, sorted: most calls go to none of them.
    hosts: Vec<Box<str>>,
}

impl Gate {
    /// A gate that also admits `registered`. Where several cover a call, the longest path prefix
    /// wins, then one with a port, then the first.
    #[must_use]
    pub fn new(mut registered: Vec<Registered>) -> Gate {
        for entry in &mut registered {
            entry.host = Text::from(entry.host.trim_end_matches('.').to_ascii_lowercase());
            entry.path_prefix = Text::from(entry.path_prefix.trim_matches('/'));
        }
        registered.sort_by_key(|entry| {
            std::cmp::Reverse((entry.path_prefix.len(), entry.port.is_some()))
        });
        let mut hosts: Vec<Box<str>> = registered
            .iter()
            .map(|entry| Box::from(entry.host.as_str()))
            .collect();
        hosts.sort_unstable();
        Gate { registered, hosts }
    }

    /// What is known of a call to `host` (any case, with or without port) and `path`; `None` when
    /// it is no LLM call.
    #[must_use]
    pub fn admit(&self, host: &str, path: &str) -> Option<Recognised> {
        let (host, port) = host::split_port(host);
        let mut buffer = host::LowerHost::EMPTY;
        let host = buffer.fill(host)?;
        if host.is_empty() {
            return None;
        }
        let path = Path::of(host::strip_query(path));
        let provider = self.provider(host, port, &path)?;
        let mut call = Recognised {
            destination: Destination {
                provider: Some(provider),
                host: host::cleaned(host),
                port: port.filter(|port| !matches!(port, 443 | 80)),
                path: host::cleaned(path.text),
                operation: path.operation(),
                ..Destination::default()
            },
            evidence: Vec::new(),
        };
        fill(&mut call, host, &path);
        Some(call)
    }

    /// Whether that host and path could be admitted: cheap, for skimming. `false` is final.
    ///
    /// Host and path may still be escaped as they stand in JSON; a text with a backslash is let
    /// through.
    #[must_use]
    pub fn might_admit(&self, host: &str, path: &str) -> bool {
        let escaped = |text: &str| memchr::memchr(b'\\', text.as_bytes()).is_some();
        if escaped(host) || escaped(path) {
            return true;
        }
        let (host, port) = host::split_port(host);
        let mut buffer = host::LowerHost::EMPTY;
        let Some(host) = buffer.fill(host) else {
            return false;
        };
        Family::of(host, port).is_some()
            || self.knows(host)
            || path::is_unmistakable(host::strip_query(path))
    }

    /// Who answers at that host, port and path; `None` when nothing says that an LLM does.
    fn provider(&self, host: &str, port: Option<u16>, path: &Path<'_>) -> Option<Provider> {
        let registered = if self.knows(host) {
            let mut entries = self.registered.iter();
            entries.find(|entry| entry.covers(host, port, path.text))
        } else {
            None
        };
        if let Some(provider) = registered.and_then(|entry| entry.provider.as_ref()) {
            return Some(provider.clone());
        }
        let known = || registered.is_some() || path::is_unmistakable(path.text);
        match Family::of(host, port) {
            Some(family) => (family.admits(path) || known()).then(|| family.provider()),
            None if registered.is_none() && others::sends_messages(host) => None,
            None if path::is_watsonx(path.text) => Some(Provider::Watsonx),
            None => known().then(|| Provider::Other(host::cleaned(host))),
        }
    }

    /// Whether any registered destination is on that host.
    fn knows(&self, host: &str) -> bool {
        self.hosts
            .binary_search_by(|own| own.as_ref().cmp(host))
            .is_ok()
    }
}

/// Whose host it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// Azure, where every path is an LLM's.
    Azure,
    /// Azure's shared and gateway hosts, where only some paths are.
    AzureShared,
    Openai,
    Anthropic,
    Bedrock,
    /// Bedrock's control plane: batch jobs and listings.
    BedrockControl,
    Vertex,
    Gemini,
    Watsonx,
    AlephAlpha,
    Mistral,
    Ollama,
    NowLlm,
    /// A provider of the table of others.
    Other(&'static str),
    /// One of the same, on a host that serves other things too: the path must hold the segment.
    OtherAt(&'static str, &'static str),
}

impl Family {
    /// The family of a host in lower case. Compares ends of the name on label borders only.
    fn of(host: &str, port: Option<u16>) -> Option<Family> {
        match host::last_two_labels(host) {
            "azure.com" | "azure.us" | "azure.cn" | "azure-api.net" | "microsoft.com" => {
                azure::family(host)
            }
            "openai.com" => openai::hosts(host).then_some(Family::Openai),
            "anthropic.com" => anthropic::hosts(host).then_some(Family::Anthropic),
            "amazonaws.com" | "com.cn" | "amazonaws.eu" | "api.aws" => {
                if anthropic::hosts(host) {
                    Some(Family::Anthropic)
                } else {
                    bedrock::family(host)
                }
            }
            "googleapis.com" => google::family(host),
            "ibm.com" => watsonx::hosts(host).then_some(Family::Watsonx),
            "aleph-alpha.com" => Some(Family::AlephAlpha),
            "mistral.ai" => {
                matches!(host, "api.mistral.ai" | "codestral.mistral.ai").then_some(Family::Mistral)
            }
            "service-now.com" | "servicenow.com" => Some(Family::NowLlm),
            domain => others::family(domain, host),
        }
        .or_else(|| (port == Some(others::OLLAMA_PORT)).then_some(Family::Ollama))
        .or_else(|| others::is_pharia(host).then_some(Family::AlephAlpha))
    }

    /// Whether the path is an LLM's, on this family's hosts. An empty path (a record that tells
    /// only the host) counts where the host has nothing else to offer.
    fn admits(self, path: &Path<'_>) -> bool {
        match self {
            Family::Azure
            | Family::Openai
            | Family::Anthropic
            | Family::Bedrock
            | Family::Gemini
            | Family::Mistral
            | Family::Other(_) => true,
            Family::AzureShared => azure::admits(path),
            Family::BedrockControl => bedrock::admits(path),
            Family::Vertex => google::admits(path),
            Family::Watsonx => watsonx::admits(path),
            Family::AlephAlpha => others::aleph_alpha_admits(path),
            Family::Ollama => others::ollama_admits(path),
            // ServiceNow's own hosts serve everything else of the instance: only a path that
            // tells by itself counts, and that is asked before.
            Family::NowLlm => false,
            Family::OtherAt(_, segment) => path.has(segment),
        }
    }

    /// The provider behind it.
    fn provider(self) -> Provider {
        match self {
            Family::Azure | Family::AzureShared => Provider::Azure,
            Family::Openai => Provider::Openai,
            Family::Anthropic => Provider::Anthropic,
            Family::Bedrock | Family::BedrockControl => Provider::Bedrock,
            Family::Vertex => Provider::Vertex,
            Family::Gemini => Provider::Gemini,
            Family::Watsonx => Provider::Watsonx,
            Family::AlephAlpha => Provider::AlephAlpha,
            Family::Mistral => Provider::Mistral,
            Family::Ollama => Provider::Ollama,
            Family::NowLlm => Provider::NowLlm,
            Family::Other(name) | Family::OtherAt(name, _) => Provider::Other(Text::from(name)),
        }
    }
}

/// Reads deployment, model, scope, operation and region out of host and path, in the provider's
/// own shape; the provider may be a registered one on any host.
fn fill(call: &mut Recognised, host: &str, path: &Path<'_>) {
    match call.destination.provider {
        Some(Provider::Azure) => azure::fill(call, host, path),
        Some(Provider::Openai) => openai::fill(call, host, path),
        Some(Provider::Anthropic) => anthropic::fill(call, host),
        Some(Provider::Bedrock) => bedrock::fill(call, host, path),
        Some(Provider::Vertex) => google::fill_vertex(call, host, path),
        Some(Provider::Gemini) => google::fill_gemini(call, path),
        Some(Provider::Watsonx) => watsonx::fill(call, host, path),
        Some(Provider::AlephAlpha) => call.destination.operation = others::aleph_alpha_asks(path),
        Some(Provider::Ollama) => call.destination.operation = others::ollama_asks(path),
        Some(Provider::Other(_)) => others::fill(call, host, path),
        Some(Provider::Mistral | Provider::Vllm | Provider::NowLlm) | None => {}
    }
}

/// The operation, unless the shared shapes already told one that costs nothing or is a batch's.
fn refine(call: &mut Recognised, operation: Operation) {
    if call.destination.operation == Operation::Generate {
        call.destination.operation = operation;
    }
}
