//! Every way past the brokers' doors, and what is said when a door stays shut.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::brokers::Kafka;
use crate::common::Desk;
use crate::daemon_support::{Daemon, config, wait_for};
use crate::token_server::{Reply, TokenServer};

const PASSWORD: &str = "alice-secret";
/// The secret of the client that asks for tokens, and the variable that holds it.
pub(crate) const CLIENT: (&str, &str) = ("KAFKA_CLIENT_SECRET", "client-hush-secret");
/// How every token of [`token`] begins.
const TOKENS_BEGIN: &str = "eyJhbGciOiJub25lIn0.";

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

/// A token of the kind that Kafka takes for tests: not signed, and good for an hour.
pub(crate) fn token() -> String {
    token_for(Duration::from_hours(1))
}

fn token_for(life: Duration) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = format!(
        r#"{{"sub":"alice","iat":{},"exp":{}}}"#,
        now - 1,
        // Not less than what is said of it, by a clock of whole seconds.
        now + life.as_secs() + 1
    );
    format!("{TOKENS_BEGIN}{}.", base64(claims.as_bytes()))
}

/// A token endpoint whose tokens the brokers take, so long.
pub(crate) fn issuer(life: Duration) -> TokenServer {
    TokenServer::start(move |_| issued(life))
}

fn issued(life: Duration) -> Reply {
    let more = format!(", \"expires_in\": {}", life.as_secs());
    Reply::token(&token_for(life), &more)
}

/// The way in by tokens of an endpoint.
pub(crate) fn asks(url: &str) -> String {
    let secret = CLIENT.0;
    format!(
        "sasl = {{ mechanism = \"OAUTHBEARER\", token_from = {{ url = \"{url}\", client_id = \"tollwatch\", client_secret = {{ env = \"{secret}\" }}, scope = \"kafka\" }} }}"
    )
}

/// What a source says of its way in: listener, further lines; `url` is the endpoint of tokens.
pub(crate) fn ways(kafka: &Kafka, url: &str) -> Vec<(String, &'static str, String)> {
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
    ways.push((
        "issued".to_owned(),
        "bootstrap.sasl_ssl",
        format!("tls = {{ ca = \"{ca}\" }}\n{}", asks(url)),
    ));
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
    let issuer = issuer(Duration::from_hours(1));
    let ways = ways(kafka, &issuer.url());
    write(&desk, kafka, "ways", &ways);
    let environment = [("KAFKA_PASSWORD", PASSWORD), CLIENT];
    let daemon = Daemon::start_with(&desk, "t.toml", "books.db", &environment);
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
    let mut texts = vec![
        daemon.log(),
        daemon.get("/metrics").1,
        daemon.get("/readyz").1,
    ];
    texts
        .push(String::from_utf8_lossy(&std::fs::read(desk.path("books.db")).unwrap()).into_owned());
    let secrets = [PASSWORD, "wrong-secret", key_password.trim(), TOKENS_BEGIN];
    for secret in [&secrets[..], &[CLIENT.1, "hush-"]].concat() {
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

/// Tokens of twelve seconds, to brokers that end a connection whose token has run out. Shorter ones
/// show brokers' limits: they take no two tokens of a connection within a second.
pub(crate) fn tokens_are_renewed(kafka: &Kafka) {
    let life = Duration::from_secs(12);
    let desk = Desk::new();
    kafka.create("renewed", 1, 1);
    kafka.create("renewed-dead", 1, 1);
    let issuer = issuer(life);
    let way = format!(
        "{}\ndead_letter = {{ topic = \"renewed-dead\" }}",
        asks(&issuer.url())
    );
    write(
        &desk,
        kafka,
        "renewed",
        &[("issued".to_owned(), "bootstrap.sasl_plaintext", way)],
    );
    let daemon = Daemon::start_with(&desk, "t.toml", "books.db", &[CLIENT]);
    let mut sent = 0;
    let goes_on = |sent: &mut usize| {
        kafka.sent("renewed", 0, *sent..*sent + 1);
        *sent += 1;
        daemon.requests(u64::try_from(*sent).unwrap());
    };
    kafka.script("produce", &["renewed"], "{cut\n");
    let begun = Instant::now();
    while begun.elapsed() < life * 3 {
        goes_on(&mut sent);
        std::thread::sleep(Duration::from_millis(300));
    }
    let letters = || kafka.script("dump", &["renewed-dead"], "");
    wait_for("a dead letter", letters, || {
        (letters().lines().count() == 1).then_some(())
    });
    // Three for the reader, and three for its dead letters; nobody was shut out meanwhile.
    assert!(issuer.asked().len() >= 6, "{:?}", issuer.asked());
    for word in ["SASL", "token endpoint", "no broker"] {
        assert_eq!(daemon.times(word), 0, "{word}: {}", daemon.log());
    }

    // The endpoint is away for longer than a token lives; then it is there again.
    issuer.answers(|_| Reply::refusal("503 Unavailable", "hush-word"));
    let begun = Instant::now();
    daemon.says("answered 503");
    while begun.elapsed() < life * 2 {
        std::thread::sleep(Duration::from_millis(300));
    }
    kafka.sent("renewed", 0, sent..sent + 3);
    sent += 3;
    issuer.answers(move |_| issued(life));
    daemon.requests(u64::try_from(sent).unwrap());
    let log = daemon.log();
    let said = log.lines().filter(|line| line.contains("\"token endpoint"));
    assert_eq!(
        said.filter(|line| line.contains("answered 503")).count(),
        1,
        "{log}"
    );
    goes_on(&mut sent);
    says_no_secret(&desk, kafka, &daemon);
    daemon.stop();
    desk.verify("books.db");
}
