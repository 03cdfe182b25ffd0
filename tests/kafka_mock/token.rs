//! Token endpoints that give no token: said once with what to do, and nobody else is held up.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::{Desk, HUSH, good};
use crate::daemon_support::{Daemon, config, wait_for};
use crate::mock::Mock;
use crate::token_server::{Reply, TokenServer};

/// A source's way in by tokens of that endpoint; the client's secret is in a file of the desk.
fn asks(desk: &Desk, url: &str, more: &str) -> String {
    desk.write("secret", "hush-secret");
    format!(
        "group = \"g\"\nsasl = {{ mechanism = \"OAUTHBEARER\", token_from = {{ url = \"{url}\", client_id = \"c\", client_secret = {{ file = \"secret\" }}{more} }} }}"
    )
}

#[test]
fn without_a_token_a_source_goes_on_trying_and_others_are_read() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    let brokers = mock.brokers();
    let refuses = TokenServer::start(|_| Reply::refusal("401 Unauthorized", "invalid_client"));
    let slow = TokenServer::start(|_| Reply::token("hush-t", "").after(Duration::from_mins(1)));
    let (refused, late) = (
        asks(&desk, &refuses.url(), ""),
        asks(&desk, &slow.url(), ""),
    );
    desk.write(
        "t.toml",
        config(&[
            ("refused", &brokers, "none", &refused),
            ("late", &brokers, "none", &late),
            ("open", &brokers, "calls", "group = \"open\""),
        ]),
    );
    let producer = mock.producer(&[]);
    producer.send("calls", 0, Some(&good(0)));
    producer.flush();
    let daemon = Daemon::start(&desk);
    daemon.requests(1);
    let wait = |what: &str, look: &dyn Fn() -> bool| {
        wait_for(what, || daemon.log(), || look().then_some(()));
    };
    wait("asked again", &|| {
        refuses.asked().len() > 1 && !slow.asked().is_empty()
    });
    producer.send("calls", 0, Some(&good(1)));
    producer.flush();
    daemon.requests(2);
    let (_, reasons) = daemon.get("/readyz");
    for (source, reason) in [
        ("refused", "answered 401, `invalid_client`"),
        ("late", "in time"),
    ] {
        let told = |line: &str| line.contains(&format!("source {source}")) && line.contains(reason);
        assert!(reasons.lines().any(told), "{reasons}");
    }
    let log = daemon.log();
    let refusals = |line: &&str| line.contains("answered 401");
    let refusals: Vec<&str> = log.lines().filter(refusals).collect();
    let [line] = refusals.as_slice() else {
        panic!("not once: {refusals:#?}\n{log}")
    };
    for piece in [
        "\"ERROR\"",
        "refused",
        "check `client_id` and `client_secret`",
    ] {
        assert!(line.contains(piece), "{piece} in {line}");
    }
    assert!(!log.contains("no broker of"), "{log}");
    let denied = daemon.figure(
        "tollwatch_source_errors_total",
        &["refused", "authentication"],
    );
    assert!(denied > 0.5, "{denied}");
    let books = std::fs::read(desk.path("books.db")).unwrap();
    for text in [
        &log,
        &reasons,
        &String::from_utf8_lossy(&books).into_owned(),
    ] {
        assert!(!text.contains(HUSH), "{text}");
    }
    // Also while it waits.
    daemon.stop();
}

/// A certificate for `localhost` that signs itself, and its key; `None`, said aloud, without openssl.
fn certificate(folder: &Path, name: &str) -> Option<()> {
    let at = |end: &str| folder.join(format!("{name}.{end}"));
    let mut command = Command::new("openssl");
    command.args([
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3",
    ]);
    command.args(["-subj", "/CN=localhost"]);
    command.args(["-addext", "subjectAltName=DNS:localhost"]);
    command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    command
        .arg("-keyout")
        .arg(at("key"))
        .arg("-out")
        .arg(at("pem"));
    let made = command.output().is_ok_and(|output| output.status.success());
    if !made {
        crate::aloud::skipped("no openssl on the path");
    }
    made.then_some(())
}

/// What `doctor` says of a source that asks this endpoint: its first row.
fn doctor(desk: &Desk, brokers: &str, way: &str) -> serde_json::Value {
    desk.write("t.toml", config(&[("k", brokers, "calls", way)]));
    let told = desk.run(&["doctor", "--json", "--config", "t.toml"]);
    assert!(
        !told.out.contains(HUSH) && !told.err.contains(HUSH),
        "{told:?}"
    );
    let rows = told.lines();
    let of = |row: &&serde_json::Value| row["part"] == "k";
    rows.iter()
        .find(of)
        .unwrap_or_else(|| panic!("{told:?}"))
        .clone()
}

/// A desk and brokers, and what `doctor` must say of an endpoint: found, and what to do.
struct Look {
    desk: Desk,
    mock: Mock,
}

impl Look {
    fn new() -> Look {
        Look {
            desk: Desk::new(),
            mock: Mock::new(1, "calls", 1),
        }
    }

    fn check(&self, (url, more): (&str, &str), found: &str, hint: &str) {
        let way = asks(&self.desk, url, more);
        let row = doctor(&self.desk, &self.mock.brokers(), &way);
        let says = |key: &str, piece: &str| row[key].as_str().unwrap().contains(piece);
        assert!(row["state"] == "fails", "{row}");
        assert!(says("found", found) && says("hint", hint), "{found}: {row}");
    }
}

#[test]
fn doctor_says_what_to_do() {
    let look = Look::new();
    let desk = &look.desk;
    let check = |url: &str, more: &str, found: &str, hint: &str| {
        look.check((url, more), found, hint);
    };
    let server = TokenServer::start(|_| Reply::refusal("400 Bad Request", "invalid_scope"));
    check(
        &server.url(),
        "",
        "answered 400, `invalid_scope`",
        "check `scope`",
    );
    server.answers(|_| Reply::new("302 Found", "Location: https://h/\r\n", ""));
    check(&server.url(), "", "answered 302", "the endpoint itself");
    server.answers(|_| Reply::new("200 OK", "", "hush-page"));
    check(
        &server.url(),
        "",
        "without a bearer token",
        "`/.well-known/openid-configuration`",
    );
    check(
        "http://127.0.0.1:1/token",
        "",
        "127.0.0.1:1 cannot be asked",
        "check `url`",
    );

    let listed = desk.run(&["discover", "--config", "t.toml", "--for", "1s"]);
    let said = listed.out + &listed.err;
    assert!(
        said.contains("127.0.0.1:1 cannot be asked") && said.contains("check `url`"),
        "{said}"
    );
}

#[test]
fn only_an_endpoint_that_is_known_is_told_the_secret() {
    let look = Look::new();
    let (desk, mock) = (&look.desk, &look.mock);
    let check = |url: &str, more: &str, found: &str, hint: &str| {
        look.check((url, more), found, hint);
    };
    for name in ["own", "other"] {
        if certificate(desk.folder(), name).is_none() {
            return;
        }
    }
    let (pem, key) = (desk.path("own.pem"), desk.path("own.key"));
    let sealed =
        TokenServer::start_tls((&pem, &key), |_| Reply::refusal("401 X", "invalid_client"));
    let (url, ca) = (sealed.url(), "`ca` of `token_from`");
    check(&url, "", "cannot be asked: invalid peer certificate", ca);
    check(
        &url,
        ", ca = \"other.pem\"",
        "cannot be asked: invalid peer certificate",
        ca,
    );
    assert!(
        sealed.asked().is_empty(),
        "the secret goes to nobody who is not known"
    );
    check(
        &url,
        ", ca = \"own.pem\"",
        "answered 401, `invalid_client`",
        "check `client_id`",
    );
    let by_number = url.replace("localhost", "127.0.0.1");
    check(
        &by_number,
        ", ca = \"own.pem\"",
        "cannot be asked: invalid peer certificate",
        ca,
    );

    std::fs::write(desk.path("own.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    check(
        &url,
        ", ca = \"own.pem\"",
        "`own.pem` cannot be read",
        "check `ca`",
    );
    let way = asks(desk, &url, "").replace("{ file = \"secret\" }", "{ env = \"NOBODY_SETS_IT\" }");
    let row = doctor(desk, &mock.brokers(), &way);
    assert!(
        row["found"]
            .as_str()
            .unwrap()
            .contains("`NOBODY_SETS_IT` is not set"),
        "{row}"
    );
}
