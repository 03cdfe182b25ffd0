//! `doctor` before real brokers: every way in works, and each that is shut says what to do.

use std::time::Duration;

use serde_json::Value;

use crate::brokers::Kafka;
use crate::common::Desk;
use crate::daemon_support::config;
use crate::security::{CLIENT, asks, issuer, ways};
use crate::token_server::{Reply, TokenServer};

/// Rows of `doctor --json`.
fn rows(desk: &Desk) -> Vec<Value> {
    let mut command = desk.command(&["doctor", "--json", "--config", "t.toml"]);
    command
        .env("KAFKA_PASSWORD", "alice-secret")
        .env(CLIENT.0, CLIENT.1)
        .env("WRONG_PASSWORD", "wrong-secret");
    let output = command.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    for secret in ["alice-secret", "wrong-secret", "key-password", "hush-"] {
        assert!(!out.contains(secret) && !err.contains(secret), "{out}{err}");
    }
    let rows: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!rows.is_empty(), "{err}");
    rows
}

/// The row of a part whose `what` holds a piece.
fn row<'a>(rows: &'a [Value], part: &str, what: &str) -> &'a Value {
    let of = |row: &&Value| row["part"] == part && row["what"].as_str().unwrap().contains(what);
    rows.iter()
        .find(of)
        .unwrap_or_else(|| panic!("no {part} {what} in {rows:#?}"))
}

fn write(desk: &Desk, topic: &str, sources: &[(String, String, String)]) {
    let texts: Vec<(&str, &str, String)> = sources
        .iter()
        .map(|(name, brokers, more)| {
            let more = format!("group = \"doctor-{name}\"\n{more}");
            (name.as_str(), brokers.as_str(), more)
        })
        .collect();
    let sources: Vec<(&str, &str, &str, &str)> = texts
        .iter()
        .map(|(name, brokers, more)| (*name, *brokers, topic, more.as_str()))
        .collect();
    desk.write("t.toml", config(&sources));
    desk.write("token", crate::security::token() + "\n");
}

pub(crate) fn every_way_in(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("doctor-ways", 2, 1);
    kafka.sent("doctor-ways", 1, 0..7);
    let issuer = issuer(Duration::from_hours(1));
    let ways = ways(kafka, &issuer.url());
    let sources: Vec<(String, String, String)> = ways
        .iter()
        .map(|(name, listener, more)| (name.clone(), kafka.brokers(listener), more.clone()))
        .collect();
    write(&desk, "doctor-ways", &sources);
    let rows = rows(&desk);
    for (name, brokers, more) in &sources {
        let expected = [
            (brokers.as_str(), "cluster "),
            ("doctor-ways", "2 partitions, 7 records"),
            ("first record", "read as native"),
            ("group", "its coordinator answers"),
            ("books", "no position yet"),
        ];
        for (what, found) in expected {
            let row = row(&rows, name, what);
            let told = row["found"].as_str().unwrap();
            assert!(row["state"] == "works" && told.contains(found), "{row}");
        }
        let told = row(&rows, name, brokers)["found"].as_str().unwrap();
        assert_eq!(told.contains("no TLS"), !more.contains("tls"), "{told}");
        assert_eq!(
            told.contains("of our own"),
            more.contains("client."),
            "{told}"
        );
    }
}

/// Sources that cannot work: name, brokers, further lines, and what the hint says.
fn shut(kafka: &Kafka, url: &str) -> Vec<(&'static str, String, String, &'static str)> {
    let file = |name: &str| kafka.path("tls").join(name).display().to_string();
    let (ca, other, p12) = (file("ca.pem"), file("other-ca.pem"), file("client.p12"));
    let own = |name: &str| {
        let (pem, key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
        format!("certificate = \"{pem}\", key = \"{key}\"")
    };
    let sasl = |mechanism: &str| {
        format!(
            "sasl = {{ mechanism = \"{mechanism}\", username = \"alice\", password = {{ env = \"WRONG_PASSWORD\" }} }}"
        )
    };
    let (ssl, sasl_ssl) = ("bootstrap.ssl", "bootstrap.sasl_ssl");
    let with_ca = format!("tls = {{ ca = \"{ca}\" }}");
    let pem = file("client.pem");
    let encrypted = file("client.encrypted.key");
    let wrong = "{ env = \"WRONG_PASSWORD\" }";
    let at = |listener: &str| kafka.brokers(listener);
    vec![
        (
            "scram",
            at(sasl_ssl),
            format!("{with_ca}\n{}", sasl("SCRAM-SHA-512")),
            "check the credential",
        ),
        (
            "scram-open",
            at("bootstrap.sasl_plaintext"),
            sasl("SCRAM-SHA-256"),
            "check the credential",
        ),
        (
            "plain",
            at(sasl_ssl),
            format!("{with_ca}\n{}", sasl("PLAIN")),
            "check the credential",
        ),
        (
            "other-ca",
            at(ssl),
            format!("tls = {{ ca = \"{other}\", {} }}", own("client")),
            "`ca` must name the authority",
        ),
        (
            "system-ca",
            at(sasl_ssl),
            format!("tls = {{}}\n{}", sasl("PLAIN")),
            "`ca` must name the authority",
        ),
        (
            "stranger",
            at(ssl),
            format!("tls = {{ ca = \"{ca}\", {} }}", own("stranger")),
            "does not take our certificate",
        ),
        (
            "no-certificate",
            at(ssl),
            with_ca.clone(),
            "does not take our certificate",
        ),
        (
            "p12-password",
            at(ssl),
            format!("tls = {{ ca = \"{ca}\", pkcs12 = \"{p12}\", pkcs12_password = {wrong} }}"),
            "`pkcs12_password`",
        ),
        (
            "key-secret",
            at(ssl),
            format!(
                "tls = {{ ca = \"{ca}\", certificate = \"{pem}\", key = \"{encrypted}\", key_password = {wrong} }}"
            ),
            "`key_password`",
        ),
        (
            "host",
            "no-such-host.invalid:9092".to_owned(),
            String::new(),
            "no such host is known here",
        ),
        (
            "nobody",
            "127.0.0.1:1".to_owned(),
            String::new(),
            "nobody listens there",
        ),
        (
            "tls-for-plain",
            at("bootstrap"),
            with_ca.clone(),
            "does not speak TLS",
        ),
        (
            "plain-for-tls",
            at(ssl),
            String::new(),
            "the port speaks what `tls` and `sasl` say",
        ),
        (
            "no-sasl",
            at("bootstrap.sasl_plaintext"),
            String::new(),
            "the port speaks what `tls` and `sasl` say",
        ),
        (
            "foreign-token",
            at("bootstrap.sasl_plaintext"),
            asks(url),
            "the brokers do not take the token",
        ),
    ]
}

pub(crate) fn what_is_shut_says_what_to_do(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("doctor-shut", 1, 1);
    let foreign = TokenServer::start(|_| Reply::token("hush-token", ""));
    let shut = shut(kafka, &foreign.url());
    let sources: Vec<(String, String, String)> = shut
        .iter()
        .map(|(name, brokers, more, _)| ((*name).to_owned(), brokers.clone(), more.clone()))
        .collect();
    write(&desk, "doctor-shut", &sources);
    let rows = rows(&desk);
    let mut wrong = Vec::new();
    for (name, brokers, _, hint) in &shut {
        let row = row(&rows, name, brokers);
        if row["state"] != "fails" || !row["hint"].as_str().unwrap().contains(hint) {
            wrong.push(format!("{name}: wanted {hint:?}, got {row}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Which topics a pattern means now is what the daemon then reads.
pub(crate) fn patterns(kafka: &Kafka) {
    let desk = Desk::new();
    for topic in ["match-1", "match-22", "match-x"] {
        kafka.create(topic, 1, 1);
    }
    kafka.sent("match-22", 0, 0..3);
    let look = |pattern: &str| {
        let source = ("p".to_owned(), kafka.brokers("bootstrap"), String::new());
        write(&desk, pattern, &[source]);
        row(&rows(&desk), "p", pattern).clone()
    };
    let rows = [
        (
            "^match-[0-9]+$",
            "works",
            " topics match now: match-1, match-22 (2 partitions, 3 records)",
        ),
        (
            "^match-(x|y)",
            "works",
            " topics match now: match-x (1 partition, 0 records)",
        ),
        (
            "^no-such-",
            "doubtful",
            "topics matches now; one that comes later is read",
        ),
    ];
    for (pattern, state, found) in rows {
        let row = look(pattern);
        let told = row["found"].as_str().unwrap();
        assert!(row["state"] == state && told.contains(found), "{row}");
    }
    kafka.create("no-such-yet", 1, 1);
    assert_eq!(look("^no-such-")["state"], "works");
}
