//! What a cloud's own list says of the deployments behind registered endpoints.
//!
//! Knows no file and no cloud's output format. A newcomer may ask why a listed resource does not
//! become an endpoint by itself: which deployments the company means to use is a decision, and the
//! list only proves where they are.

use percent_encoding::percent_decode_str;

use crate::call::{Provider, Scope};
use crate::units::Text;

use super::endpoint::Endpoint;

/// A deployment, profile or account as its cloud lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Whose it is.
    pub provider: Option<Provider>,
    /// The hosts that it answers at, in lower case.
    pub hosts: Vec<Text>,
    /// What calls name it by in path or body: a deployment's name, a profile's id and ARN. Empty
    /// for what stands for a whole host: an account.
    pub names: Vec<Text>,
    /// Its region, or the zone of its regions, in canonical form; empty when not told.
    pub place: Text,
    /// How far processing may wander; `None` when the list does not tell.
    pub scope: Option<Scope>,
    /// The model; empty when not told.
    pub model: Text,
    /// Paid by the hour.
    pub fixed: bool,
    /// Where it stands, for messages: file and line.
    pub told_at: String,
}

/// What a cloud says of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// Region or zone in canonical form; empty when the list does not tell.
    pub place: Text,
    /// How far processing may wander.
    pub scope: Option<Scope>,
}

/// The lists of the clouds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Every resource, in the order of the file.
    pub resources: Vec<Resource>,
}

/// How an endpoint stands in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed<'a> {
    /// As this very deployment.
    Deployment(&'a Resource),
    /// Its account or host is listed, and it names no deployment, or no deployments are listed.
    Host(&'a Resource),
    /// Its host is listed with other deployments, and not with its own.
    NotThere(&'a Resource),
    /// Not at all.
    Unknown,
}

impl Inventory {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// How an endpoint stands in the lists. Several accounts or deployments that fit are told by
    /// the first.
    #[must_use]
    pub fn find(&self, endpoint: &Endpoint) -> Listed<'_> {
        let host = &endpoint.base_url.host;
        let at_host = || self.resources.iter().filter(|row| row.hosts.contains(host));
        if let Some(row) = at_host().find(|row| names_one_of(endpoint, &row.names)) {
            return Listed::Deployment(row);
        }
        let others = at_host().any(|row| !row.names.is_empty());
        match at_host().find(|row| row.names.is_empty()) {
            Some(account) if others && names_a_deployment(endpoint) => Listed::NotThere(account),
            Some(account) => Listed::Host(account),
            None => Listed::Unknown,
        }
    }
}

fn names_one_of(endpoint: &Endpoint, names: &[Text]) -> bool {
    names.iter().any(|name| {
        endpoint.deployment == *name
            || endpoint.model_name == *name
            || paths(endpoint).any(|path| has_part(path, name))
    })
}

/// Azure's word in paths; a deployment that is only told by the model's name may be any.
fn names_a_deployment(endpoint: &Endpoint) -> bool {
    !endpoint.deployment.is_empty() || paths(endpoint).any(|path| path.contains("/deployments/"))
}

fn paths(endpoint: &Endpoint) -> impl Iterator<Item = &Text> {
    std::iter::once(&endpoint.base_url.path).chain(&endpoint.resource_paths)
}

/// Whether `name`, one segment or several, stands between slashes in a path.
fn has_part(path: &str, name: &str) -> bool {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let whole = |rest: &str| rest.is_empty() || rest.starts_with(['/', ':']);
    path.match_indices(name).any(|(at, found)| {
        let before = path.get(..at).unwrap_or_default();
        let after = path
            .get(at.saturating_add(found.len())..)
            .unwrap_or_default();
        before.ends_with('/') && whole(after)
    })
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::BaseUrl;
    use super::*;

    #[test]
    fn finds_a_deployment_before_its_account() {
        let row = |host: &str, names: &[&str], at: &str| Resource {
            hosts: vec![host.into()],
            names: names.iter().map(|name| Text::from(*name)).collect(),
            told_at: at.to_owned(),
            ..Resource::default()
        };
        let inventory = Inventory {
            resources: vec![
                row("a.openai.azure.com", &[], "account"),
                row("a.openai.azure.com", &["gpt-4o-weu"], "deployment"),
                row("b.openai.azure.com", &[], "other"),
                row(
                    "bedrock-runtime.eu-central-1.amazonaws.com",
                    &["arn:aws:bedrock:eu-central-1:1:application-inference-profile/x"],
                    "profile",
                ),
            ],
        };
        let arn =
            "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Aapplication-inference-profile%2Fx";
        let cases = [
            ("https://a.openai.azure.com", "", "gpt-4o-weu", "deployment"),
            (
                "https://a.openai.azure.com",
                "/openai/deployments/gpt-4o-weu",
                "",
                "deployment",
            ),
            (
                "https://a.openai.azure.com",
                "/openai/deployments/gpt-4o-weu2",
                "",
                "not: account",
            ),
            ("https://a.openai.azure.com", "", "", "host: account"),
            ("https://b.openai.azure.com", "", "any", "host: other"),
            ("https://c.openai.azure.com", "", "gpt-4o-weu", "unknown"),
            (
                "https://bedrock-runtime.eu-central-1.amazonaws.com",
                arn,
                "",
                "profile",
            ),
        ];
        for (url, path, deployment, expected) in cases {
            let endpoint = Endpoint {
                base_url: BaseUrl::parse(url).unwrap(),
                resource_paths: vec![path.into()],
                deployment: deployment.into(),
                ..Endpoint::default()
            };
            let found = match inventory.find(&endpoint) {
                Listed::Deployment(row) => row.told_at.clone(),
                Listed::Host(row) => format!("host: {}", row.told_at),
                Listed::NotThere(row) => format!("not: {}", row.told_at),
                Listed::Unknown => "unknown".to_owned(),
            };
            assert_eq!(found, expected, "{url}{path} {deployment}");
        }
    }
}
