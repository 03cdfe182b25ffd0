//! One registered endpoint, ready for use.
//!
//! Knows no file and no call. A newcomer may ask why the region is told apart from the scope: a
//! resource in West Europe with a global deployment is answered anywhere.

use std::collections::BTreeMap;

use crate::call::{Format, Provider, Scope};
use crate::residency::Rule;
use crate::units::{Millis, Text};

use super::inventory::Stated;

/// The place of an endpoint in its [`super::Registry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub(super) usize);

/// Scheme, host, port and path prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BaseUrl {
    /// `https` or `http`.
    pub scheme: Text,
    /// Host in lower case.
    pub host: Text,
    /// Port where it is not the scheme's own.
    pub port: Option<u16>,
    /// Path prefix without a slash at its end; empty for the root.
    pub path: Text,
}

impl BaseUrl {
    /// Reads `https://host[:port][/path]`.
    ///
    /// # Errors
    /// A sentence that says what is wrong; it never repeats what stands before an `@` or after a
    /// `?`, where credentials stand.
    pub fn parse(text: &str) -> Result<BaseUrl, &'static str> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("has no scheme such as `https://`")?;
        let scheme = scheme.to_ascii_lowercase();
        let own_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return Err("has a scheme other than `https` and `http`"),
        };
        if rest.contains(['?', '#']) {
            return Err("has a query or fragment, which no call is matched by");
        }
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, path.trim_end_matches('/')),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err("has a user name or password in it");
        }
        let (host, port) = split_port(authority)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || !(bracketed || host.chars().all(plain)) {
            return Err("has no valid host");
        }
        if path.contains(char::is_whitespace) {
            return Err("has a blank in its path");
        }
        Ok(BaseUrl {
            scheme: Text::from(scheme),
            host: Text::from(host.to_ascii_lowercase().trim_end_matches('.')),
            port: port.filter(|port| *port != own_port),
            path: if path.is_empty() {
                Text::default()
            } else {
                Text::from(format!("/{path}"))
            },
        })
    }
}

/// Host and port of an authority; an IPv6 address keeps its brackets.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let after_address = authority.rfind(']').map_or(0, |end| end);
    let tail = authority.get(after_address..).unwrap_or_default();
    let Some(colon) = tail.rfind(':') else {
        return Ok((authority, None));
    };
    let at = after_address.saturating_add(colon);
    let host = authority.get(..at).unwrap_or_default();
    let port = authority.get(at.saturating_add(1)..).unwrap_or_default();
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        Ok(_) | Err(_) => Err("has a port that is no number from 1 to 65535"),
    }
}

/// What happens when an endpoint fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FallbackPolicy {
    /// No call may go anywhere else.
    FailClosed,
    /// Whatever the caller does.
    #[default]
    Default,
}

impl FallbackPolicy {
    /// The word for configuration and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FallbackPolicy::FailClosed => "fail_closed",
            FallbackPolicy::Default => "default",
        }
    }
}

/// How an endpoint is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CostModel {
    /// By the token.
    #[default]
    PerToken,
    /// By the hour: provisioned throughput, own hardware.
    Fixed,
}

impl CostModel {
    /// The word for configuration and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CostModel::PerToken => "per_token",
            CostModel::Fixed => "fixed",
        }
    }
}

/// Whose facts count where several tell the same of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountsFrom {
    /// Reports of this format.
    Format(Format),
    /// Reports of the source with this name.
    Source(Text),
}

impl CountsFrom {
    /// Whether a report of `format` that came by `source` is the one that counts.
    #[must_use]
    pub fn is(&self, format: Format, source: &str) -> bool {
        match self {
            CountsFrom::Format(counted) => *counted == format,
            CountsFrom::Source(counted) => counted == source,
        }
    }
}

/// A registered LLM destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Its key in the configuration and in every figure.
    pub name: Text,
    /// The name that people read.
    pub display_name: Text,
    /// Where it is.
    pub base_url: BaseUrl,
    /// Whole paths (base path included) that belong to it; empty means all below the base path.
    pub resource_paths: Vec<Text>,
    /// Who runs the model, where registered or told by the host.
    pub provider: Option<Provider>,
    /// The customer's own word; empty when not given.
    pub auth_type: Text,
    /// Name of the credential; empty when not given.
    pub credential_ref: Text,
    /// The model that answers; empty when not given.
    pub model_name: Text,
    /// The deployment's name; empty when not given.
    pub deployment: Text,
    /// Model by the other names that reports may use.
    pub model_aliases: BTreeMap<Text, Text>,
    /// Longest prompt and answer together.
    pub max_context_tokens: Option<u64>,
    /// Whether the model calls tools.
    pub supports_tools: Option<bool>,
    /// Whether the model takes pictures.
    pub supports_vision: Option<bool>,
    /// Canonical region that was ordered (`azure:westeurope`); empty when not given.
    pub region: Text,
    /// How far processing may wander, where registered.
    pub scope: Option<Scope>,
    /// What the cloud's own list says of it.
    pub stated: Stated,
    /// Who takes over.
    pub fallback: Option<EndpointId>,
    /// What happens when it fails.
    pub fallback_policy: FallbackPolicy,
    /// Whose usage facts count; `None` counts all.
    pub usage_from: Option<CountsFrom>,
    /// Whose transport facts count; `None` counts all.
    pub transport_from: Option<CountsFrom>,
    /// Calls that take longer are over the timeout.
    pub timeout: Option<Millis>,
    /// How it is paid.
    pub cost_model: CostModel,
    /// The rule for calls that name no feature.
    pub rule: Option<Rule>,
}

impl Endpoint {
    /// Whether it is the company's own and not the platform's Now LLM Service.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.provider != Some(Provider::NowLlm)
    }

    /// Its region: as ordered, else as the cloud states it; empty where neither tells one.
    #[must_use]
    pub fn known_region(&self) -> &str {
        if !self.region.is_empty() {
            return &self.region;
        }
        let place = self.stated.place.as_str();
        if place.contains(":zone:") { "" } else { place }
    }

    /// The model behind a name that a report used: an alias's, the deployment's, else the name
    /// itself. An empty name is the registered model.
    #[must_use]
    pub fn resolve_model<'a>(&'a self, told: &'a str) -> &'a str {
        if let Some(model) = self.model_aliases.get(told) {
            return model;
        }
        let own = told.is_empty() || (!self.deployment.is_empty() && self.deployment == told);
        if own && !self.model_name.is_empty() {
            return &self.model_name;
        }
        told
    }

    /// Whether it serves models under that name.
    #[must_use]
    pub fn serves(&self, name: &str) -> bool {
        !name.is_empty()
            && (self.model_aliases.contains_key(name)
                || self.deployment == name
                || self.model_name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_base_urls() {
        let cases = [
            (
                "https://Contoso-WEU.openai.azure.com",
                "contoso-weu.openai.azure.com",
                None,
                "",
            ),
            (
                "https://api.example.com:443/together/v1/",
                "api.example.com",
                None,
                "/together/v1",
            ),
            ("http://localhost:11434", "localhost", Some(11434), ""),
            ("http://[::1]:8000/v1", "[::1]", Some(8000), "/v1"),
            ("https://host.", "host", None, ""),
        ];
        for (text, host, port, path) in cases {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!(
                (url.host.as_str(), url.port, url.path.as_str()),
                (host, port, path)
            );
        }
        let wrong = [
            "contoso.openai.azure.com",
            "ftp://host",
            "https://",
            "https:///path",
            "https://user:pass@host",
            "https://host?api-key=x",
            "https://host:0",
            "https://host:abc",
            "https://ho st",
            "https://host/a b",
        ];
        for text in wrong {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn resolves_models() {
        let endpoint = Endpoint {
            model_name: "gpt-4o".into(),
            deployment: "gpt-4o-weu".into(),
            model_aliases: [("gpt_large".into(), "gpt-4o".into())].into(),
            ..Endpoint::default()
        };
        let cases = [
            ("gpt_large", "gpt-4o"),
            ("gpt-4o-weu", "gpt-4o"),
            ("", "gpt-4o"),
            ("gpt-4o-2024-11-20", "gpt-4o-2024-11-20"),
        ];
        for (told, model) in cases {
            assert_eq!(endpoint.resolve_model(told), model, "{told}");
        }
        assert!(endpoint.serves("gpt_large") && !endpoint.serves("") && !endpoint.serves("o3"));
    }
}
