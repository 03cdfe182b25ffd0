//! Properties of the Kafka client that nobody may pass through, each with its reason and what to
//! say instead.
//!
//! Knows no value. A newcomer may ask why so many: the client has several names for most things,
//! and one of them left open would decide against the books without a word.

/// Why a group of properties is refused.
struct Refusal {
    names: &'static [&'static str],
    why: &'static str,
    instead: &'static str,
}

/// A name that ends in `*` stands for all that begin so; the first that fits counts.
const REFUSED: [Refusal; 22] = [
    Refusal {
        names: &["bootstrap.servers", "metadata.broker.list"],
        why: "the source has a key for it",
        instead: "`brokers = [\"host:port\"]` of the source",
    },
    Refusal {
        names: &["group.id"],
        why: "the source has a key for it",
        instead: "`group` of the source",
    },
    Refusal {
        names: &["group.instance.id"],
        why: "the source has a key for it",
        instead: "`instance_id` of the source",
    },
    Refusal {
        names: &["group.protocol", "group.protocol.type"],
        why: "the source has a key for it",
        instead: "`protocol` of the source, `classic` or `consumer`",
    },
    Refusal {
        names: &["partition.assignment.strategy"],
        why: "it is `cooperative-sticky`, so that a rebalance takes no partition that stays",
        instead: "leave it out",
    },
    Refusal {
        names: &[
            "enable.auto.commit",
            "auto.commit.enable",
            "auto.commit.interval.ms",
            "enable.auto.offset.store",
            "offset.store.*",
        ],
        why: "positions are in the ledger, and the broker is told of them after the figures are",
        instead: "leave it out",
    },
    Refusal {
        names: &["auto.offset.reset"],
        why: "a position that is gone must be told and counted, never jumped over",
        instead: "`start` of the source says where a partition without a position begins",
    },
    Refusal {
        names: &["enable.partition.eof"],
        why: "the end of a partition is how windows of idle ones close",
        instead: "leave it out",
    },
    Refusal {
        names: &["isolation.level"],
        why: "it is `read_committed`: what a transaction took back must not be counted",
        instead: "leave it out",
    },
    Refusal {
        names: &["check.crcs"],
        why: "it is `true`: a record that was damaged on its way must not be counted",
        instead: "leave it out",
    },
    Refusal {
        names: &[
            "api.version.request",
            "api.version.fallback.ms",
            "broker.version.fallback",
        ],
        why: "the broker is asked what it can do, or transactions would be read wrongly",
        instead: "leave it out",
    },
    Refusal {
        names: &["allow.auto.create.topics"],
        why: "a reader makes no topics, and one that was deleted must be missed",
        instead: "leave it out, and create topics where they are written",
    },
    Refusal {
        names: &["statistics.interval.ms"],
        why: "the daemon asks for what its own metrics need",
        instead: "leave it out; `/metrics` has lag and rates",
    },
    Refusal {
        names: &["security.protocol"],
        why: "it follows from the tables `tls` and `sasl` of the source",
        instead: "`tls = {}` encrypts, `sasl` says who reads",
    },
    Refusal {
        names: &["sasl.kerberos.*"],
        why: "Kerberos is not built in",
        instead: "SCRAM, OAUTHBEARER or a client certificate",
    },
    Refusal {
        names: &[
            "sasl.oauthbearer.*",
            "enable.sasl.oauthbearer.unsecure.jwt",
            "https.ca.*",
        ],
        why: "the source has keys for it",
        instead: "`sasl` of the source: `token` names where a token is found, `token_from` an endpoint that is asked for tokens",
    },
    Refusal {
        names: &["sasl.*"],
        why: "the source has keys for it",
        instead: "`sasl` of the source: `mechanism`, `username`, `password = { env = \"NAME\" }`",
    },
    Refusal {
        names: &["ssl.endpoint.identification.algorithm"],
        why: "the source has a key for it",
        instead: "`tls.verify_host` of the source",
    },
    Refusal {
        names: &["enable.ssl.certificate.verification"],
        why: "a broker that is not verified can be anybody",
        instead: "`tls.ca` of the source names the authority, also of a self-signed certificate",
    },
    Refusal {
        names: &[
            "ssl.ca.location",
            "ssl.ca.pem",
            "ssl.certificate.location",
            "ssl.certificate.pem",
            "ssl.key.*",
            "ssl.keystore.*",
        ],
        why: "the source has keys for it",
        instead: "`tls` of the source: `ca`, `certificate` and `key`, or `pkcs12`",
    },
    Refusal {
        names: &["plugin.library.paths", "builtin.features"],
        why: "foreign code inside the daemon could change what is read",
        instead: "leave it out",
    },
    Refusal {
        names: &[
            "log.queue",
            "enabled_events",
            "internal.termination.signal",
            "consume.callback.max.messages",
        ],
        why: "it is part of how the daemon is built",
        instead: "leave it out",
    },
];

/// Why a property is refused and what to say instead; `None` when it may pass.
pub(super) fn why_not(name: &str) -> Option<(&'static str, &'static str)> {
    let fits = |refused: &str| match refused.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == refused,
    };
    REFUSED
        .iter()
        .find(|refusal| refusal.names.iter().any(|refused| fits(refused)))
        .map(|refusal| (refusal.why, refusal.instead))
}

/// Every refused name.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    REFUSED.iter().flat_map(|refusal| refusal.names).copied()
}
