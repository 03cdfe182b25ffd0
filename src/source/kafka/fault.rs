//! What can go wrong between a client and its brokers, in words that say what to do.
//!
//! Knows no configuration file. A newcomer may ask why librdkafka's own words are kept: whoever
//! runs brokers searches for them.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// A fault of a Kafka client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Which kind.
    pub kind: FaultKind,
    /// What happened, in librdkafka's words where it said something; no secret.
    pub message: String,
    /// What to do, where whoever found the fault knows better than its kind and words.
    advised: Option<&'static str>,
}

/// The kinds of [`Fault`], by what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// No broker answers; it is tried again.
    Unreachable,
    /// The brokers do not let this client in, or not at this topic or group.
    Denied,
    /// A property that librdkafka refuses, a secret that is not there, an address that is the wrong one.
    Settings,
    /// The topic is not there.
    TopicGone,
    /// The position lies outside what the partition holds.
    OutOfRange,
    /// The client cannot go on: another member has its name, for example.
    Fatal,
    /// Anything else; it is tried again.
    Other,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 7] = [
        FaultKind::Unreachable,
        FaultKind::Denied,
        FaultKind::Settings,
        FaultKind::TopicGone,
        FaultKind::OutOfRange,
        FaultKind::Fatal,
        FaultKind::Other,
    ];

    /// The word for logs and figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Unreachable => "unreachable",
            FaultKind::Denied => "denied",
            FaultKind::Settings => "settings",
            FaultKind::TopicGone => "topic_gone",
            FaultKind::OutOfRange => "out_of_range",
            FaultKind::Fatal => "fatal",
            FaultKind::Other => "other",
        }
    }

    /// What a person can do about it; empty where waiting is all.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            FaultKind::Unreachable => {
                "check `brokers`, and that the port speaks what `tls` and `sasl` say"
            }
            FaultKind::Denied => {
                "check the credential, and its rights: Describe and Read on the topic, Read on the group"
            }
            FaultKind::Settings => "see `properties`, `tls` and `sasl` of the source",
            FaultKind::TopicGone => "check `topics`; it is read as soon as it is there",
            FaultKind::Fatal => "each running daemon needs an `instance_id` of its own, or none",
            FaultKind::OutOfRange | FaultKind::Other => "",
        }
    }
}

/// A bearer token that brokers refuse.
const NOT_TAKEN: &str = "the brokers do not take the token: check that they trust who issues it, and that it is meant for them (`scope` of `token_from`)";

/// What a person can do about what librdkafka says in these words (its sources `rdkafka_broker.c`,
/// `rdkafka_ssl.c`, `rdkafka_sasl.c`). All pieces of a list must be in them; the first row that fits
/// holds.
const ADVICE: [(&[&str], &str); 11] = [
    (
        &["Failed to resolve"],
        "no such host is known here: check its name in `brokers`, and this machine's DNS",
    ),
    (
        &["Connection refused"],
        "nobody listens there: check host and port in `brokers`, and that the broker runs",
    ),
    (
        &["PLAINTEXT broker listener"],
        "that port does not speak TLS: leave `tls` out, or name the port that does",
    ),
    (
        &["connecting to a SSL listener"],
        "that port may speak TLS or want SASL: set `tls` or `sasl`, or name another port",
    ),
    (
        &["certificate verify failed"],
        "the broker's certificate is not trusted: `ca` must name the authority that signed it, and the certificate the host in `brokers`",
    ),
    (
        &["SSL", "alert"],
        "the broker does not take our certificate: check `certificate` and `key`, or `pkcs12`; an authority that the broker trusts must have signed it",
    ),
    (
        &["PKCS#12"],
        "check `pkcs12`, and that `pkcs12_password` is its password",
    ),
    (
        &["ssl.key"],
        "check `key`, and that `key_password` is its password",
    ),
    // The broker's own word (RFC 7628, 3.2.2), and the client's.
    (&["SASL", "\"invalid_token\""], NOT_TAKEN),
    (&["SASL OAUTHBEARER authentication failed"], NOT_TAKEN),
    (
        &["SASL"],
        "check the credential: `mechanism`, `username` and `password` (or `token`, `token_from`) as the brokers know them",
    ),
];

/// What a person can do about what is said in these words, where they are known.
pub(super) fn advice(words: &str) -> Option<&'static str> {
    let fits = |(pieces, _): &&(&[&str], &str)| pieces.iter().all(|piece| words.contains(piece));
    ADVICE.iter().find(fits).map(|(_, hint)| *hint)
}

impl Fault {
    /// What a person can do about it; empty where waiting is all.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        let known = self.advised.or_else(|| advice(&self.message));
        known.unwrap_or(self.kind.hint())
    }

    /// A fault of that kind.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault {
            kind,
            message: message.into(),
            advised: None,
        }
    }

    /// The fault, with what to do about it.
    #[must_use]
    pub(super) fn advised(self, hint: &'static str) -> Fault {
        Fault {
            advised: Some(hint),
            ..self
        }
    }
}

/// What an error code means to us.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "librdkafka's list of codes is open; what is not named is tried again"
)]
pub(super) fn kind_of(code: Code) -> FaultKind {
    match code {
        Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::Resolve
        | Code::OperationTimedOut
        | Code::RequestTimedOut
        | Code::BrokerNotAvailable => FaultKind::Unreachable,
        Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::SSL => FaultKind::Denied,
        Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicOrPartition
        | Code::UnknownTopicId => FaultKind::TopicGone,
        Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::LogTruncation => {
            FaultKind::OutOfRange
        }
        Code::Fatal | Code::FencedInstanceId | Code::UnreleasedInstanceId => FaultKind::Fatal,
        Code::InvalidArgument => FaultKind::Settings,
        _ => FaultKind::Other,
    }
}

impl From<KafkaError> for Fault {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the client's list of errors is open; the rest is trouble that may pass"
    )]
    fn from(error: KafkaError) -> Fault {
        let kind = match &error {
            KafkaError::MessageConsumptionFatal(_) => FaultKind::Fatal,
            KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) => FaultKind::Settings,
            error => error.rdkafka_error_code().map_or(FaultKind::Other, kind_of),
        };
        let message = match error {
            KafkaError::ClientConfig(_, reason, key, _) => format!("`{key}`: {reason}"),
            KafkaError::ClientCreation(reason) => reason,
            error => error
                .rdkafka_error_code()
                .map_or_else(|| error.to_string(), |code| code.to_string()),
        };
        Fault::new(kind, message)
    }
}
