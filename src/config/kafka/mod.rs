//! Kafka sources, ready for use.
//!
//! Knows no client and no broker: what is said here is handed to one elsewhere. A newcomer may ask
//! why secrets are references: what does not stand in the file cannot be copied out of it, nor out
//! of a message, a log or the books.

mod property;
mod ready;
mod reserved;
mod security;
mod token;
mod topic;
pub(super) mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::decode;
use crate::secret::Secret;
use crate::units::{Millis, Text, UnixMillis};

pub use ready::{DISORDER_DEFAULT_SECONDS, GROUP_DEFAULT};

pub(super) use ready::{Placed, sources};
pub(super) use security::Around;
pub(super) use topic::{Overlap, broker, overlap};

/// A source of topics on one Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaSource {
    /// Its name in positions and figures; no other source, of files or of Kafka, has it.
    pub name: Text,
    /// Brokers to ask first, each as `host:port`.
    pub brokers: Vec<String>,
    /// Topics by name; one that begins with `^` is a regular expression.
    pub topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// How its records are read.
    pub decode: decode::Settings,
    /// How late a record may come after its call.
    pub grace: Millis,
    /// How far records of a partition may be out of the order of their calls' times.
    pub disorder: Millis,
    /// Tellers whose reports are ignored.
    pub ignore_scopes: Vec<Text>,
    /// Where a partition begins that the books have no position of.
    pub start: Start,
    /// The member's lasting name in the group, for static membership.
    pub instance_id: Option<String>,
    /// How the group agrees on who reads what.
    pub protocol: GroupProtocol,
    /// Encryption; `None` speaks plainly.
    pub tls: Option<Tls>,
    /// Authentication; `None` has none, or a certificate alone.
    pub sasl: Option<Sasl>,
    /// Further librdkafka properties by name, none of them one that a field above decides.
    pub properties: BTreeMap<String, String>,
    /// Where quarantined records go besides the books.
    pub dead_letter: Option<DeadLetter>,
}

impl KafkaSource {
    /// The properties that hold for clients of every kind, also for one that writes.
    pub fn properties_of_any_client(&self) -> impl Iterator<Item = (&str, &str)> {
        let properties = self.properties.iter();
        properties
            .filter(|(name, _)| property::is_for_any_client(name))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Where a partition begins that the books have no position of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At the oldest record that the topic holds.
    #[default]
    Beginning,
    /// Behind the newest: only what comes from now on.
    End,
    /// At the first record whose own time is this or later.
    At(UnixMillis),
}

/// How a consumer group agrees on who reads what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupProtocol {
    /// Members agree among themselves; every broker knows it.
    #[default]
    Classic,
    /// The broker decides (KIP-848); needs Kafka 4.0 or later.
    Consumer,
}

/// TLS towards the brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The authorities that the brokers' certificates are held against, PEM; `None` is the
    /// system's.
    pub ca: Option<PathBuf>,
    /// The own certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// The own certificate's key, PEM.
    pub key: Option<PathBuf>,
    /// The key's password.
    pub key_password: Option<SecretRef>,
    /// Certificate and key together, PKCS#12, instead of the two above.
    pub pkcs12: Option<PathBuf>,
    /// The PKCS#12 file's password.
    pub pkcs12_password: Option<SecretRef>,
    /// Whether a broker's certificate must name the host that was asked.
    pub verify_host: bool,
}

/// How a broker is told who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// User name and password as they are.
    Plain,
    /// A challenge over SHA-256; the password is not sent.
    ScramSha256,
    /// A challenge over SHA-512; the password is not sent.
    ScramSha512,
    /// A token that somebody else issues.
    OauthBearer,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Mechanism; 4] = [
        Mechanism::Plain,
        Mechanism::ScramSha256,
        Mechanism::ScramSha512,
        Mechanism::OauthBearer,
    ];

    /// The name that configuration and Kafka know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha512 => "SCRAM-SHA-512",
            Mechanism::OauthBearer => "OAUTHBEARER",
        }
    }
}

/// Authentication towards the brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sasl {
    /// How.
    pub mechanism: Mechanism,
    /// Who; empty for [`Mechanism::OauthBearer`], whose token says it.
    pub username: String,
    /// The password; there for every mechanism but [`Mechanism::OauthBearer`].
    pub password: Option<SecretRef>,
    /// The token; for [`Mechanism::OauthBearer`] alone, and read again when it runs out.
    pub token: Option<SecretRef>,
    /// Where tokens are asked for, instead of `token`.
    pub token_from: Option<TokenFrom>,
}

/// A token endpoint, asked by the grant `client_credentials` (RFC 6749, 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFrom {
    /// Its address, without user info; `http` on this machine alone.
    pub url: String,
    /// Who asks.
    pub client_id: String,
    /// The client's secret, read again for each token.
    pub client_secret: SecretRef,
    /// What the token is to be good for; `None` leaves it to the server.
    pub scope: Option<String>,
    /// Authorities that the endpoint's certificate may be signed by, besides the system's, PEM.
    pub ca: Option<PathBuf>,
}

/// Where a secret is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretRef {
    /// In the environment variable of that name.
    Env(String),
    /// In a file, joined to the configuration's directory; white space at its end is not part of
    /// the secret.
    File(PathBuf),
}

impl SecretRef {
    /// The secret itself. It is read whenever it is needed and never kept beside the configuration, so
    /// that one that changes is found, and `check` needs none.
    ///
    /// # Errors
    /// A variable that is not set, a file that cannot be read, in words that hold no secret.
    pub fn read(&self) -> Result<Secret, String> {
        match self {
            SecretRef::Env(name) => std::env::var(name)
                .map(Secret::new)
                .map_err(|_| format!("the environment variable `{name}` is not set")),
            SecretRef::File(path) => std::fs::read_to_string(path)
                .map(|text| Secret::new(text.trim_end()))
                .map_err(|error| {
                    format!("the secret in `{}` cannot be read: {error}", path.display())
                }),
        }
    }
}

/// A topic for quarantined records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The topic, on the same brokers.
    pub topic: String,
    /// Whether the record's own bytes go there, prompts and all, instead of its keys and the
    /// lengths of its values.
    pub raw_bytes: bool,
}
