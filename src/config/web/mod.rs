//! Who may look at the pages and change what alerts say, ready for use.
//!
//! Knows no socket and no session. A newcomer may ask why nothing is asked on this machine by
//! default: whoever is on it can read the ledger's file.

mod network;
mod ready;
pub(super) mod written;

use std::path::PathBuf;

use crate::secret::password::PasswordHash;
use crate::units::Text;

use super::SecretRef;

pub use network::Network;
pub(super) use ready::ready;

/// Who may look, and how they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Web {
    /// People who log in.
    pub users: Vec<User>,
    /// Programs that show a token.
    pub tokens: Vec<Token>,
    /// A proxy in front that says who asks.
    pub proxy: Option<Proxy>,
    /// Certificate and key of the listener.
    pub tls: Option<Certificate>,
    /// A proxy in front speaks TLS.
    pub tls_by_proxy: bool,
    /// Names that the pages are reached by, in small letters.
    pub names: Vec<String>,
    /// The key that signs links in mails; `None`: one beside the ledger.
    pub link_key: Option<SecretRef>,
}

impl Web {
    /// Whether everybody has to say who they are.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        !self.users.is_empty() || !self.tokens.is_empty() || self.proxy.is_some()
    }
}

/// What somebody may do; each may what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads the daemon's own metrics.
    Metrics,
    /// Looks.
    Viewer,
    /// Changes what alerts say.
    Operator,
}

impl Role {
    /// The word for pages and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Metrics => "metrics",
            Role::Viewer => "viewer",
            Role::Operator => "operator",
        }
    }
}

/// Somebody who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their name.
    pub name: Text,
    /// What they may do.
    pub role: Role,
    /// The hash of their password.
    pub hash: Hash<PasswordHash>,
}

/// A program that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its name.
    pub name: Text,
    /// What it may do.
    pub role: Role,
    /// The token's SHA-256, 64 letters.
    pub hash: Hash<String>,
}

/// A hash, or where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hash<T> {
    /// The hash.
    Written(T),
    /// Where it is found.
    From(SecretRef),
}

/// A proxy in front that says who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// The header that holds the name, in small letters.
    pub header: String,
    /// Where it asks from.
    pub from: Vec<Network>,
    /// Who may change what alerts say.
    pub operators: Vec<String>,
}

/// Certificate and key of the listener, PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate and those between it and its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The digest of a token as it is written: `sha256:` and 64 letters; the letters.
#[must_use]
pub fn token_digest(text: &str) -> Option<String> {
    let digest = text.trim().strip_prefix("sha256:")?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| digest.to_ascii_lowercase())
}
