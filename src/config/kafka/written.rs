//! Kafka sources as people write them: the shape and nothing else.
//!
//! Knows no rule beyond names and types of keys. A newcomer may ask why [`SecretText`] takes every
//! shape there is: a fault of shape repeats what it found, and a password must not be repeated.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::at::{At, AtText};

/// A source of topics on one Kafka cluster. Two clusters are two sources.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["name", "brokers", "topics"]))]
pub(in crate::config) struct KafkaSource {
    /// The source's name in positions and figures; renaming it reads everything again.
    pub(in crate::config) name: Option<AtText>,
    /// Brokers to ask first, each as `host:port`; they name the others.
    pub(in crate::config) brokers: Vec<AtText>,
    /// Topics by name; one that begins with `^` is a regular expression.
    pub(in crate::config) topics: Vec<AtText>,
    /// The consumer group. Default `tollwatch`.
    pub(in crate::config) group: Option<AtText>,
    /// A format's name, or `auto`: each record by its own shape. Default `auto`.
    pub(in crate::config) format: Option<AtText>,
    /// Column names that come before the built-in ones, by logical field:
    /// `{ status = ["u_http_code"] }`.
    pub(in crate::config) fields: BTreeMap<AtText, Vec<AtText>>,
    /// How late a record may come after its call before its window counts as complete. Default 120.
    pub(in crate::config) grace_seconds: Option<At<u64>>,
    /// How far records of a partition may be out of the order of their calls' times. Default 60.
    pub(in crate::config) disorder_seconds: Option<At<u64>>,
    /// Tellers whose reports are ignored: an instrumentation's scope name, a table, a category.
    pub(in crate::config) ignore_scopes: Vec<AtText>,
    /// Where a partition begins that the books have no position of: `beginning`, `end`, or a time
    /// such as `2026-11-01T00:00:00Z`. Default `beginning`.
    pub(in crate::config) start: Option<AtText>,
    /// The member's lasting name in the group, for static membership. Default: none.
    pub(in crate::config) instance_id: Option<AtText>,
    /// How the group agrees on who reads what. Default `classic`.
    pub(in crate::config) protocol: Option<At<GroupProtocol>>,
    /// TLS towards the brokers; an empty table is TLS with the system's authorities.
    pub(in crate::config) tls: Option<At<Tls>>,
    /// Authentication towards the brokers.
    pub(in crate::config) sasl: Option<At<Sasl>>,
    /// Further librdkafka properties by name.
    pub(in crate::config) properties: BTreeMap<AtText, At<Scalar>>,
    /// A topic for quarantined records.
    pub(in crate::config) dead_letter: Option<At<DeadLetter>>,
}

/// How a consumer group agrees on who reads what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum GroupProtocol {
    /// Members agree among themselves; every broker knows it.
    Classic,
    /// The broker decides (KIP-848); needs Kafka 4.0 or later.
    Consumer,
}

/// TLS towards the brokers. Paths are relative to the main file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Tls {
    /// Authorities that the brokers' certificates are held against, a PEM file. Default: the
    /// system's.
    pub(in crate::config) ca: Option<AtText>,
    /// The own certificate, a PEM file.
    pub(in crate::config) certificate: Option<AtText>,
    /// The own certificate's key, a PEM file.
    pub(in crate::config) key: Option<AtText>,
    /// The key's password.
    pub(in crate::config) key_password: Option<At<SecretText>>,
    /// Own certificate and key in one PKCS#12 file, instead of `certificate` and `key`.
    pub(in crate::config) pkcs12: Option<AtText>,
    /// The PKCS#12 file's password.
    pub(in crate::config) pkcs12_password: Option<At<SecretText>>,
    /// Whether a broker's certificate must name the host that was asked. Default true.
    pub(in crate::config) verify_host: Option<bool>,
}

/// How a broker is told who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::config) enum Mechanism {
    /// User name and password as they are.
    #[serde(rename = "PLAIN")]
    Plain,
    /// A challenge; the password is not sent.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// A challenge; the password is not sent.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
    /// A token that somebody else issues.
    #[serde(rename = "OAUTHBEARER")]
    OauthBearer,
}

/// Authentication towards the brokers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["mechanism"]))]
pub(in crate::config) struct Sasl {
    /// How.
    pub(in crate::config) mechanism: Option<At<Mechanism>>,
    /// Who; not for `OAUTHBEARER`.
    pub(in crate::config) username: Option<AtText>,
    /// The password; not for `OAUTHBEARER`.
    pub(in crate::config) password: Option<At<SecretText>>,
    /// The token, for `OAUTHBEARER` alone; read again when it runs out.
    pub(in crate::config) token: Option<At<SecretText>>,
    /// Where tokens are asked for, instead of `token`.
    pub(in crate::config) token_from: Option<At<TokenFrom>>,
}

/// A token endpoint, asked by the grant `client_credentials` of OAuth 2.0.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["url", "client_id", "client_secret"]))]
pub(in crate::config) struct TokenFrom {
    /// Its address; `https`, or `http` on this machine.
    pub(in crate::config) url: Option<AtText>,
    /// Who asks.
    pub(in crate::config) client_id: Option<AtText>,
    /// The client's secret.
    pub(in crate::config) client_secret: Option<At<SecretText>>,
    /// What the token is to be good for; several words part by blanks. Default: what the server
    /// gives the client.
    pub(in crate::config) scope: Option<AtText>,
    /// Authorities that the endpoint's certificate may be signed by, besides the system's: a PEM
    /// file, relative to the main file.
    pub(in crate::config) ca: Option<AtText>,
}

/// A topic for quarantined records, on the same brokers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["topic"]))]
pub(in crate::config) struct DeadLetter {
    /// Its name; it must not be one that a source reads.
    pub(in crate::config) topic: Option<AtText>,
    /// What goes there of a record. Default `keys`.
    pub(in crate::config) include: Option<At<Include>>,
}

/// What of a quarantined record goes to the dead-letter topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum Include {
    /// Its keys and the lengths of their values.
    Keys,
    /// The bytes themselves; they can hold prompts.
    RawBytes,
}

/// The value of a property, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Scalar(pub(in crate::config) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a whole number, true or false")
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}

/// A secret as somebody wrote it, without what must not be kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) enum SecretText {
    /// `{ env = "NAME" }`
    Env(String),
    /// `{ file = "path" }`
    File(String),
    /// A table of another shape.
    Unclear,
    /// Anything but a table: the secret itself.
    Literal,
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with `env` or `file`")
    }

    fn visit_str<E>(self, _: &str) -> Result<SecretText, E> {
        Ok(SecretText::Literal)
    }

    fn visit_i64<E>(self, _: i64) -> Result<SecretText, E> {
        Ok(SecretText::Literal)
    }

    fn visit_f64<E>(self, _: f64) -> Result<SecretText, E> {
        Ok(SecretText::Literal)
    }

    fn visit_bool<E>(self, _: bool) -> Result<SecretText, E> {
        Ok(SecretText::Literal)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretText, A::Error> {
        let mut found = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, toml::Value>()? {
            found.push(match (key.as_str(), value) {
                ("env", toml::Value::String(name)) => SecretText::Env(name),
                ("file", toml::Value::String(path)) => SecretText::File(path),
                _ => SecretText::Unclear,
            });
        }
        Ok(match (found.pop(), found.is_empty()) {
            (Some(only), true) => only,
            (Some(_) | None, _) => SecretText::Unclear,
        })
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "SecretRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Where a secret is found; never the secret itself.",
            "type": "object",
            "properties": {
                "env": {
                    "description": "The environment variable that holds it.",
                    "type": "string"
                },
                "file": {
                    "description": "The file that holds it, relative to the main file.",
                    "type": "string"
                }
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1
        })
    }
}
