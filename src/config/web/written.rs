//! Who may look at the pages, as people write it: the shape and nothing else.
//!
//! Knows no rule beyond names and types of keys. A newcomer may ask why hashes may stand in the file
//! and keys may not: a hash opens nothing.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::at::{At, AtText};
use super::super::kafka::written::SecretText;

/// Who may look at the pages and change what alerts say. Without users, tokens and a proxy, whoever
/// is on this machine may.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Web {
    /// People who log in by name and password.
    pub(in crate::config) user: Vec<At<User>>,
    /// Programs that show a token: `Authorization: Bearer …`.
    pub(in crate::config) token: Vec<At<Token>>,
    /// A proxy in front that says who asks.
    pub(in crate::config) proxy: Option<At<Proxy>>,
    /// Certificate and key of this listener.
    pub(in crate::config) tls: Option<At<Tls>>,
    /// A proxy in front speaks TLS, and the way from it is safe. Default false.
    pub(in crate::config) tls_by_proxy: Option<At<bool>>,
    /// Names that the pages are reached by, besides that of `alerts.public_url`.
    pub(in crate::config) names: Vec<AtText>,
    /// The key that signs links in mails. Default: one that is made once, in a file beside the ledger.
    pub(in crate::config) link_key: Option<At<SecretText>>,
}

/// Somebody who logs in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["name"]))]
pub(in crate::config) struct User {
    /// Their name; it stands beside what they change.
    pub(in crate::config) name: Option<AtText>,
    /// What they may do. Default `viewer`.
    pub(in crate::config) role: Option<At<UserRole>>,
    /// The hash of their password, as `tollwatch web hash-password` prints it; one of `hash` and
    /// `hash_from`.
    pub(in crate::config) hash: Option<AtText>,
    /// Where the hash is found.
    pub(in crate::config) hash_from: Option<At<SecretText>>,
}

/// A program that asks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["name"]))]
pub(in crate::config) struct Token {
    /// Its name; it stands beside what it changes.
    pub(in crate::config) name: Option<AtText>,
    /// What it may do. Default `viewer`.
    pub(in crate::config) role: Option<At<TokenRole>>,
    /// The token's digest, as `tollwatch web token` prints it: `sha256:…`; one of `hash` and
    /// `hash_from`.
    pub(in crate::config) hash: Option<AtText>,
    /// Where the digest is found.
    pub(in crate::config) hash_from: Option<At<SecretText>>,
}

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum UserRole {
    /// Looks.
    Viewer,
    /// Looks, acknowledges, silences and says what an alert was.
    Operator,
}

/// What a program may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum TokenRole {
    /// Reads `/metrics` alone.
    Metrics,
    /// Looks.
    Viewer,
    /// Looks, acknowledges, silences and says what an alert was.
    Operator,
}

/// A proxy in front that says who asks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["header", "from"]))]
pub(in crate::config) struct Proxy {
    /// The header that holds the name: `X-Forwarded-User`.
    pub(in crate::config) header: Option<AtText>,
    /// The addresses that it asks from: `10.1.2.3` or `10.1.2.0/24`. From others the header says
    /// nothing.
    pub(in crate::config) from: Vec<AtText>,
    /// Names that may acknowledge, silence and say what an alert was; others look.
    pub(in crate::config) operators: Vec<AtText>,
}

/// Certificate and key of this listener. Paths are relative to the main file; a changed file is read
/// again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["certificate", "key"]))]
pub(in crate::config) struct Tls {
    /// The certificate and those between it and its authority, a PEM file.
    pub(in crate::config) certificate: Option<AtText>,
    /// Its key, a PEM file.
    pub(in crate::config) key: Option<AtText>,
}
