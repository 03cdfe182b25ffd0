//! Every way past the brokers' doors, and what is said when a door stays shut.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::brokers::Kafka;
use crate::common::Desk;
use crate::daemon_support::{Daemon, config, wait_for};

const PASSWORD: &str = "alice-secret";

/// URL-safe base64 without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=three.len()].copy_from_slice(three);
        let word = u32::from_be_bytes(word);
        for digit in 0..=three.len() {
            let digit = word >> (18 - 6 * digit) & 63;
            text.push(char::from(DIGITS[usize::try_from(digit).unwrap()]));
        }
    }
    text
}

/// A token of the kind that Kafka takes for tests: not signed.
pub(crate) fn token() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = format!(
        r#"{{"sub":"alice","iat":{},"exp":{}}}"#,
        now - 1,
        now + 3_600
    );
    format!(
        "{}.{}.",
        base64(br#"{"alg":"none"}"#),
        base64(claims.as_bytes())
    )
}

/// What a source says of its way in: listener, further lines.
pub(crate) fn ways(kafka: &Kafka) -> Vec<(String, &'static str, String)> {
    let file = |name: &str| kafka.path("tls").join(name).display().to_string();
    let (ca, pem, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    let (encrypted, p12, password) = (
        file("client.encrypted.key"),
        file("client.p12"),
        file("client.password"),
    );
    let with_file = format!("{{ file = \"{password}\" }}");
    let mut ways = vec![
        (
            "pem".to_owned(),
            "bootstrap.ssl",
            format!("tls = {{ ca = \"{ca}\", certificate = \"{pem}\", key = \"{key}\" }}"),
        ),
        (
            "encrypted".to_owned(),
            "bootstrap.ssl",
            format!(
                "tls = {{ ca = \"{ca}\", certificate = \"{pem}\", key = \"{encrypted}\", key_password = {with_file} }}"
            ),
        ),
        (
            "pkcs12".to_owned(),
            "bootstrap.ssl",
            format!("tls = {{ ca = \"{ca}\", pkcs12 = \"{p12}\", pkcs12_password = {with_file} }}"),
        ),
    ];
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] {
        let sasl = if mechanism == "OAUTHBEARER" {
            format!("sasl = {{ mechanism = \"{mechanism}\", token = {{ file = \"token\" }} }}")
        } else {
            format!(
                "sasl = {{ mechanism = \"{mechanism}\", username = \"alice\", password = {{ env = \"KAFKA_PASSWORD\" }} }}"
            )
        };
        let name = mechanism.to_lowercase();
        ways.push((
            format!("{name}-open"),
            "bootstrap.sasl_plaintext",
            sasl.clone(),
        ));
        ways.push((
            name,
            "bootstrap.sasl_ssl",
            format!("tls = {{ ca = \"{ca}\" }}\n{sasl}"),
        ));
    }
    ways
}

fn write(desk: &Desk, kafka: &Kafka, topic: &str, ways: &[(String, &'static str, String)]) {
    let ways: Vec<(&str, String, String)> = ways
        .iter()
        .map(|(name, listener, more)| {
            (
                name.as_str(),
                kafka.brokers(listener),
                format!("group = \"{topic}-{name}\"\n{more}"),
            )
        })
        .collect();
    let sources: Vec<(&str, &str, &str, &str)> = ways
        .iter()
        .map(|(name, brokers, more)| (*name, brokers.as_str(), topic, more.as_str()))
        .collect();
    desk.write("t.toml", config(&sources));
    desk.write("token", token() + "\n");
}

pub(crate) fn every_way_in(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("ways", 1, 1);
    kafka.sent("ways", 0, 0..7);
    let ways = ways(kafka);
    write(&desk, kafka, "ways", &ways);
    let daemon = Daemon::start_with(&desk, "t.toml", "books.db", &[("KAFKA_PASSWORD", PASSWORD)]);
    for (name, _, _) in &ways {
        let label = format!("source=\"{name}\"");
        daemon.reaches("tollwatch_records_received_total", &[&label], 7.0);
    }
    daemon.requests(7);
    says_no_secret(&desk, kafka, &daemon);
    daemon.stop();
    desk.verify("books.db");
}

/// No secret stands in the log, on the pages, or in the books.
fn says_no_secret(desk: &Desk, kafka: &Kafka, daemon: &Daemon<'_>) {
    let key_password = std::fs::read_to_string(kafka.path("tls/client.password")).unwrap();
    let token = std::fs::read_to_string(desk.path("token")).unwrap();
    let mut texts = vec![
        daemon.log(),
        daemon.get("/metrics").1,
        daemon.get("/readyz").1,
    ];
    texts
        .push(String::from_utf8_lossy(&std::fs::read(desk.path("books.db")).unwrap()).into_owned());
    for secret in [PASSWORD, "wrong-secret", key_password.trim(), token.trim()] {
        for text in &texts {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

pub(crate) fn refused_without_a_secret_said(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("shut", 1, 1);
    let file = |name: &str| kafka.path("tls").join(name).display().to_string();
    let (ca, other) = (file("ca.pem"), file("other-ca.pem"));
    let certificate = |name: &str| {
        format!(
            "certificate = \"{}\", key = \"{}\"",
            file(&format!("{name}.pem")),
            file(&format!("{name}.key"))
        )
    };
    let sasl = |mechanism: &str| {
        format!(
            "sasl = {{ mechanism = \"{mechanism}\", username = \"alice\", password = {{ env = \"KAFKA_PASSWORD\" }} }}"
        )
    };
    let rows = [
        (
            "no-certificate",
            "bootstrap.ssl",
            format!("tls = {{ ca = \"{ca}\" }}"),
        ),
        (
            "stranger",
            "bootstrap.ssl",
            format!("tls = {{ ca = \"{ca}\", {} }}", certificate("stranger")),
        ),
        (
            "other-ca",
            "bootstrap.ssl",
            format!("tls = {{ ca = \"{other}\", {} }}", certificate("client")),
        ),
        ("plain", "bootstrap.sasl_plaintext", sasl("PLAIN")),
        (
            "scram",
            "bootstrap.sasl_ssl",
            format!("tls = {{ ca = \"{ca}\" }}\n{}", sasl("SCRAM-SHA-512")),
        ),
    ];
    let rows = rows.map(|(name, listener, more)| (name.to_owned(), listener, more));
    write(&desk, kafka, "shut", &rows);
    let daemon = Daemon::start_with(
        &desk,
        "t.toml",
        "books.db",
        &[("KAFKA_PASSWORD", "wrong-secret")],
    );
    let hints = [
        "does not take our certificate",
        "does not take our certificate",
        "`ca` must name the authority",
        "check the credential",
        "check the credential",
    ];
    for ((name, _, _), hint) in rows.iter().zip(hints) {
        wait_for(
            &format!("a hint for {name}"),
            || daemon.log(),
            || {
                let log = daemon.log();
                let line = log
                    .lines()
                    .find(|line| line.contains(&format!("\"{name}\"")) && line.contains(hint))?;
                (line.contains("ERROR") || line.contains("WARN")).then_some(())
            },
        );
        let (_, reasons) = daemon.get("/readyz");
        assert!(reasons.contains(&format!("source {name}")), "{reasons}");
    }
    says_no_secret(&desk, kafka, &daemon);
    daemon.stop();
}
