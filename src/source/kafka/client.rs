//! The properties of a client, from a source's configuration.
//!
//! Knows no record. A newcomer may ask why some properties cannot be chosen: positions live in the
//! books, so what librdkafka would do about them by itself is switched off, and an offset that is
//! not there must be an error and not a jump.

use std::time::Duration;

use rdkafka::ClientConfig;

use crate::config::{GroupProtocol, KafkaSource, Sasl, SecretRef, Tls};
use crate::secret::Secret;

use super::fault::{Fault, FaultKind};

/// What holds unless the configuration says otherwise. Names: librdkafka, CONFIGURATION.md.
const DEFAULTS: [(&str, &str); 9] = [
    ("client.id", "tollwatch"),
    // A second's pause by default, once the reader is slower than the fetch.
    ("fetch.queue.backoff.ms", "5"),
    // A little of each partition in turns: a batch then has each minute once, from all of them.
    (FETCH_EACH, "262144"),
    // More only waits in memory, several times as large as its bytes.
    ("queued.min.messages", "8000"),
    ("queued.max.messages.kbytes", "6144"),
    // A ledger that waits for room on its disk is no reason to leave the group.
    ("max.poll.interval.ms", "900000"),
    // New topics of a pattern, and new partitions, are found within a minute.
    ("topic.metadata.refresh.interval.ms", "60000"),
    ("reconnect.backoff.max.ms", "5000"),
    ("socket.keepalive.enable", "true"),
];

/// How much is fetched of a partition at once, and the other name that it goes by.
const FETCH_EACH: &str = "fetch.message.max.bytes";
const FETCH_EACH_TOO: &str = "max.partition.fetch.bytes";

/// How often a member tells how far it is.
const STATISTICS_EVERY: Duration = Duration::from_secs(1);

/// What exactness rests on.
const FIXED: [(&str, &str); 7] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("enable.partition.eof", "false"),
    ("isolation.level", "read_committed"),
    ("check.crcs", "true"),
    ("allow.auto.create.topics", "false"),
];

/// Reads a secret where the configuration says it is.
///
/// # Errors
/// [`FaultKind::Settings`] when the variable is not set or the file cannot be read; the secret is
/// never part of the message.
pub(super) fn secret(from: &SecretRef) -> Result<Secret, Fault> {
    from.read()
        .map_err(|message| Fault::new(FaultKind::Settings, message))
}

/// What every client of a source has in common.
///
/// # Errors
/// See [`secret`].
pub(super) fn common(source: &KafkaSource) -> Result<ClientConfig, Fault> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", source.brokers.join(","));
    let encrypted = source.tls.is_some();
    let protocol = match (encrypted, source.sasl.is_some()) {
        (false, false) => "plaintext",
        (true, false) => "ssl",
        (false, true) => "sasl_plaintext",
        (true, true) => "sasl_ssl",
    };
    config.set("security.protocol", protocol);
    if let Some(tls) = &source.tls {
        set_tls(&mut config, tls)?;
    }
    if let Some(sasl) = &source.sasl {
        set_sasl(&mut config, sasl)?;
    }
    Ok(config)
}

/// A consumer's properties. Only a `member` joins the group; others read what they are told to.
///
/// # Errors
/// See [`secret`].
pub(super) fn consumer(source: &KafkaSource, member: bool) -> Result<ClientConfig, Fault> {
    let mut config = common(source)?;
    for (name, value) in DEFAULTS {
        config.set(name, value);
    }
    for (name, value) in &source.properties {
        if name == FETCH_EACH_TOO {
            config.remove(FETCH_EACH);
        }
        config.set(name, value);
    }
    for (name, value) in FIXED {
        config.set(name, value);
    }
    config.set("group.id", &source.group);
    if !member {
        // Whoever reads one record back must learn that there is none.
        config.set("enable.partition.eof", "true");
        return Ok(config);
    }
    let every = crate::crash::pause(STATISTICS_EVERY).as_millis();
    config.set("statistics.interval.ms", every.to_string());
    match source.protocol {
        GroupProtocol::Classic => {
            config.set("partition.assignment.strategy", "cooperative-sticky");
        }
        GroupProtocol::Consumer => {
            config.set("group.protocol", "consumer");
        }
    }
    if let Some(name) = &source.instance_id {
        config.set("group.instance.id", name);
    }
    Ok(config)
}

fn set_tls(config: &mut ClientConfig, tls: &Tls) -> Result<(), Fault> {
    let files = [
        ("ssl.ca.location", &tls.ca),
        ("ssl.certificate.location", &tls.certificate),
        ("ssl.key.location", &tls.key),
        ("ssl.keystore.location", &tls.pkcs12),
    ];
    for (name, path) in files {
        if let Some(path) = path {
            config.set(name, path.display().to_string());
        }
    }
    let secrets = [
        ("ssl.key.password", &tls.key_password),
        ("ssl.keystore.password", &tls.pkcs12_password),
    ];
    for (name, from) in secrets {
        if let Some(from) = from {
            config.set(name, secret(from)?.open());
        }
    }
    let verify = if tls.verify_host { "https" } else { "none" };
    config.set("ssl.endpoint.identification.algorithm", verify);
    Ok(())
}

fn set_sasl(config: &mut ClientConfig, sasl: &Sasl) -> Result<(), Fault> {
    config.set("sasl.mechanism", sasl.mechanism.as_str());
    if let Some(password) = &sasl.password {
        config.set("sasl.username", &sasl.username);
        config.set("sasl.password", secret(password)?.open());
    }
    Ok(())
}
