//! `restate` while a daemon writes the books: through its socket, whole or not at all.
//!
//! Reads files, so that no broker is needed. A newcomer may ask why exports are compared: what
//! somebody downloads after a correction must not tell who was running at the time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "what was measured or skipped is told")]
#![allow(clippy::disallowed_methods, reason = "records and tokens are of now")]

mod common;
mod daemon_support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;

use common::{Answer, Desk, good_lines};
use daemon_support::{Daemon, wait_for};
use serde_json::Value;

const CONFIG: &str = r#"
prices = "prices.toml"

[daemon]
listen = "127.0.0.1:0"

[[source.file]]
name = "export"
paths = ["log.jsonl"]

[endpoint.weu]
base_url = "https://contoso-weu.openai.azure.com"
provider = "azure"
credential_ref = "kv-weu"
model_name = "gpt-4o"
deployment = "gpt-4o-weu"
region = "westeurope"
deployment_scope = "regional"

[[feature]]
application = "itsm"
skill = "incident_summarization"
endpoints = ["weu"]
residency = "eu"
"#;

/// A contract price of so many dollars a million input tokens.
fn price(dollars: &str) -> String {
    format!("[[row]]\nendpoint = \"weu\"\ninput = {dollars}\noutput = 8\nsource = \"agreement\"\n")
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG);
    desk.write("prices.toml", price("2"));
    desk.write("log.jsonl", good_lines(0..300));
    desk
}

fn append(desk: &Desk, numbers: std::ops::Range<usize>) {
    let mut log = std::fs::File::options()
        .append(true)
        .open(desk.path("log.jsonl"))
        .unwrap();
    log.write_all(good_lines(numbers).as_bytes()).unwrap();
}

fn restate(desk: &Desk, config: &str) -> Answer {
    desk.run(&[
        "restate",
        "--config",
        config,
        "--ledger",
        "books.db",
        "--since",
        "2025-06-01",
        "--reason",
        "a better price",
        "--yes",
        "--json",
    ])
}

/// All that can be exported of books.
fn exported(desk: &Desk, ledger: &str) -> Vec<String> {
    let tables: [&[&str]; 3] = [
        &["cells", "--resolution", "hour"],
        &["cells", "--resolution", "day"],
        &["links"],
    ];
    let export = |table: &&[&str]| {
        let arguments = [&["export"], *table, &["--ledger", ledger]].concat();
        desk.run(&arguments).ok().out
    };
    tables.iter().map(export).collect()
}

/// Restatements that the books remember.
fn restatements(desk: &Desk) -> usize {
    use tollwatch::ledger::Ledger as _;
    let books = daemon_support::books(desk, "books.db").unwrap();
    books.restatements().unwrap().len()
}

/// Says a line to the daemon and hears its answers until it has no more to say, or hangs up at once.
fn tell(desk: &Desk, line: &str, listen: bool) -> Vec<Value> {
    let mut stream = UnixStream::connect(desk.path("books.db.sock")).unwrap();
    writeln!(stream, "{line}").unwrap();
    if !listen {
        return Vec::new();
    }
    let lines = BufReader::new(stream).lines();
    lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

fn ask(config: &str) -> String {
    format!(
        r#"{{"ask": "restate", "version": 1, "config": "{config}", "from": 0, "to": 9000000000000, "reason": "by hand"}}"#
    )
}

#[test]
fn a_running_daemon_restates_its_books() {
    let desk = desk();
    let daemon = Daemon::start(&desk);
    daemon.requests(300);
    let socket = std::fs::metadata(desk.path("books.db.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);

    // The changed file becomes the daemon's by itself; records come all the while.
    desk.write("prices.toml", price("4"));
    append(&desk, 300..340);
    let told = restate(&desk, "t.toml").ok().json();
    assert_eq!(told["applied"], true, "{told}");
    assert_eq!(told["number"], 1);
    append(&desk, 340..400);
    daemon.requests(400);
    daemon.says("\"restated\"");
    let replay = [
        "replay",
        "--config",
        "t.toml",
        "--ledger",
        "fresh.db",
        "log.jsonl",
    ];
    desk.run(&replay).ok();
    let fresh = exported(&desk, "fresh.db");
    assert!(fresh[0].lines().count() > 1, "{fresh:?}");
    wait_for(
        "the exports of fresh books",
        || daemon.log(),
        || (exported(&desk, "books.db") == fresh).then_some(()),
    );

    // Another configuration than the daemon's: refused, with the reason.
    desk.write("other.toml", CONFIG.replace("\"eu\"", "\"de\""));
    let refused = restate(&desk, "other.toml").code(2);
    assert!(
        refused.err.contains("judges by another configuration"),
        "{}",
        refused.err
    );
    assert_eq!(restatements(&desk), 1);
    daemon.stop();
    assert!(!desk.path("books.db.sock").exists());
    desk.verify("books.db");
    // And without it as before.
    assert_eq!(restate(&desk, "t.toml").ok().json()["number"], 2);
}

#[test]
fn whoever_is_gone_or_talks_nonsense_changes_nothing() {
    let desk = desk();
    let daemon = Daemon::start(&desk);
    daemon.requests(300);
    let hello = tell(&desk, r#"{"ask": "hello", "version": 1}"#, true);
    let config = hello[0]["config"].as_str().unwrap();
    let before = exported(&desk, "books.db");
    let rows: &[(String, &str)] = &[
        ("nonsense".to_owned(), "not understood"),
        (r#"{"ask": "stop"}"#.to_owned(), "not understood"),
        ("x".repeat(60_000), "not understood"),
        (
            ask("0000"),
            "the daemon's configuration is another one by now",
        ),
        (
            ask(config).replace("\"version\": 1", "\"version\": 9"),
            "of another version",
        ),
        (
            ask(config).replace("by hand", " "),
            "a correction has a reason",
        ),
        (
            ask(config).replace("9000000000000", "0"),
            "a span that ends after",
        ),
    ];
    for (line, why) in rows {
        let told = tell(&desk, line, true);
        let last = told.last().unwrap_or_else(|| panic!("no answer to {line}"));
        assert_eq!(last["say"], "refused", "{line}: {last}");
        assert!(
            last["why"].as_str().unwrap().contains(why),
            "{line}: {last}"
        );
    }
    tell(&desk, &ask(config), false);
    daemon.says("whoever asked is gone");
    assert_eq!(restatements(&desk), 0);
    assert_eq!(exported(&desk, "books.db"), before);
    // Then as if nobody had asked.
    append(&desk, 300..310);
    daemon.requests(310);
    let told = tell(&desk, &ask(config), true);
    assert_eq!(told.last().unwrap()["say"], "done", "{told:?}");
    assert_eq!(told.last().unwrap()["lines"], 310);
    daemon.stop();
    desk.verify("books.db");
}

/// The daemon is killed in the middle: nothing happened, and who asked is told so.
#[cfg(feature = "faults")]
#[test]
fn a_daemon_that_dies_in_the_middle_has_changed_nothing() {
    // Where it dies, and whether the correction is whole by then.
    for site in ["restated_hour:1", "restated_all:1"] {
        let desk = desk();
        let mut daemon = Daemon::start_with(&desk, "t.toml", "books.db", &[("CRASH_AT", site)]);
        daemon.requests(300);
        let before = exported(&desk, "books.db");
        desk.write("prices.toml", price("4"));
        let failed = restate(&desk, "t.toml").code(1);
        assert!(
            failed
                .err
                .contains("nothing was changed: the daemon went away"),
            "{}",
            failed.err
        );
        assert_ne!(daemon.ends(), 0);
        assert_eq!(exported(&desk, "books.db"), before, "{site}");
        // The next one finds the socket of the dead one in its place.
        let next = Daemon::start(&desk);
        append(&desk, 300..301);
        next.requests(301);
        assert_eq!(restate(&desk, "t.toml").ok().json()["number"], 1);
        next.stop();
        desk.verify("books.db");
    }
}
