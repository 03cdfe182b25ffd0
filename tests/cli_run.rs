//! The running program and the quarantine: files that grow, signals, writers and readers beside it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Desk, good, good_lines, patched};

const CONFIG: &str = r#"
[ledger]
path = "books.db"

[daemon]
listen = ""

[[source.file]]
name = "logs"
paths = ["logs/*.jsonl*"]
"#;

/// How long a running program may take for anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program; stopped hard when a test fails.
struct Running(Child);

impl Running {
    fn start(desk: &Desk) -> Running {
        let mut command = desk.command(&["run", "--config", "t.toml", "--every", "1", "--json"]);
        let log = std::fs::File::create(desk.path("run.log")).unwrap();
        Running(command.stderr(log).stdout(Stdio::null()).spawn().unwrap())
    }

    /// Ends it with a signal; its exit code.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let asked = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(
                asked.elapsed() < Duration::from_secs(5),
                "still running after {signal}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Answered requests in the books, read beside the writer.
fn requests(desk: &Desk) -> i64 {
    let told = desk.run(&["export", "cells", "--json", "--ledger", "books.db"]);
    told.lines()
        .iter()
        .map(|cell| cell["requests_ok"].as_i64().unwrap())
        .sum()
}

fn wait_for(desk: &Desk, wanted: i64) {
    let begun = Instant::now();
    while requests(desk) != wanted {
        let log = std::fs::read_to_string(desk.path("run.log")).unwrap_or_default();
        assert!(
            begun.elapsed() < PATIENCE,
            "{} of {wanted}\n{log}",
            requests(desk)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn append(desk: &Desk, name: &str, bytes: &[u8]) {
    let mut file = OpenOptions::new()
        .append(true)
        .open(desk.path(name))
        .unwrap();
    file.write_all(bytes).unwrap();
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn follows_growing_files_and_ends_clean() {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG);
    let third = good(3);
    let (half, rest) = third.split_at(third.len() / 2);
    desk.write("logs/a.jsonl", good_lines(1..3) + half);
    let running = Running::start(&desk);
    wait_for(&desk, 2);
    // The writer was in the middle of its third line, and goes on.
    append(
        &desk,
        "logs/a.jsonl",
        format!("{rest}\n{}", good_lines(4..5)).as_bytes(),
    );
    wait_for(&desk, 4);
    desk.write("logs/b.jsonl.gz", gzip(&good_lines(5..8)));
    desk.write("logs/passed over.txt", good_lines(90..95));
    wait_for(&desk, 7);
    // Replaced by others.
    desk.write("logs/a.jsonl", good_lines(10..12));
    wait_for(&desk, 9);

    let second = desk
        .run(&["replay", "--ledger", "books.db", "logs"])
        .code(1);
    assert!(
        second.err.contains("books.db") && second.err.contains("another tollwatch"),
        "{second:?}"
    );
    desk.verify("books.db");
    for (command, rest) in [
        ("report", "daily"),
        ("report", "residency"),
        ("quarantine", "list"),
    ] {
        desk.run(&[command, rest, "--ledger", "books.db"]).ok();
    }
    assert_eq!(running.stop("-TERM"), Some(0));
    let listed = desk
        .run(&["quarantine", "list", "--json", "--ledger", "books.db"])
        .ok();
    assert_eq!(
        listed.out, "",
        "nothing was in the writer's hands when it was read"
    );
    desk.assert_hushed("books.db", &[]);
    let log = std::fs::read_to_string(desk.path("run.log")).unwrap();
    assert!(
        log.contains("stopped") && !log.contains(common::HUSH),
        "{log}"
    );

    // A replay of the same files as the same source goes on where it stands.
    let told = desk.run(&[
        "replay",
        "--json",
        "--config",
        "t.toml",
        "--ledger",
        "books.db",
        "logs/a.jsonl",
    ]);
    assert_eq!(told.ok().json()["received"], 0);
}

#[test]
fn ends_on_an_interrupt_and_reads_what_has_settled() {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG);
    // Written long ago, and its last line has no end: it is complete all the same.
    let path = desk.write("logs/old.jsonl", good_lines(1..3).trim_end());
    let file = OpenOptions::new().append(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_750_000_000))
        .unwrap();
    let running = Running::start(&desk);
    wait_for(&desk, 2);
    assert_eq!(running.stop("-INT"), Some(0));
}

#[test]
fn a_source_that_is_not_there_yet_is_told_once() {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG.replace("logs/*.jsonl*", "later"));
    let running = Running::start(&desk);
    let log = || std::fs::read_to_string(desk.path("run.log")).unwrap_or_default();
    let begun = Instant::now();
    while !log().contains("cannot be read") {
        assert!(begun.elapsed() < PATIENCE, "{}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
    desk.write("later/a.jsonl", good_lines(1..4));
    wait_for(&desk, 3);
    assert_eq!(running.stop("-TERM"), Some(0));
    let said = log();
    let faults = said.lines().filter(|line| line.contains("cannot be read"));
    let faults = faults.filter(|line| !line.contains("over: "));
    assert_eq!(faults.count(), 1, "{said}");
}

#[test]
fn needs_a_source() {
    let desk = Desk::new();
    desk.write("t.toml", "");
    let told = desk.run(&["run", "--config", "t.toml"]).code(2);
    assert!(told.err.contains("names no source"), "{}", told.err);
}

/// A column of this installation's own holds the host: without its name the records go nowhere.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn the_quarantine_is_read_again_once_the_configuration_is_mended() {
    let desk = Desk::new();
    let row = |id: usize, host: &str| {
        format!(
            r#"{{"sys_id": "{id:032x}", "sys_created_on": "2025-06-02 09:14:31", "http_method": "POST", {host}, "path": "/openai/deployments/gpt-4o-weu/chat/completions", "response_status": "200", "response_time": "2841", "scope": "sn_azure_openai", "user": "hush-user"}}"#
        ) + "\n"
    };
    let other = "\"u_target\": \"contoso-weu.openai.azure.com\"";
    let usual = "\"hostname\": \"contoso-weu.openai.azure.com\"";
    let broken = "{\"sys_id\": \"hush-";
    desk.write(
        "log.jsonl",
        [
            row(1, usual),
            row(2, other),
            row(3, other),
            broken.to_owned() + "\n",
            row(4, usual),
        ]
        .concat(),
    );
    assert_eq!(desk.replay(&["log.jsonl"]).row(), [2, 0, 0, 3]);
    let count = |reason: &str| {
        let told = desk.run(&[
            "quarantine",
            "list",
            "--json",
            "--ledger",
            "books.db",
            "--reason",
            reason,
        ]);
        told.ok().lines().len()
    };
    assert_eq!((count("no_destination"), count("broken_json")), (2, 1));
    let retry = |more: &[&str]| {
        let told = desk.run(
            &[
                &["quarantine", "retry", "--json", "--ledger", "books.db"],
                more,
            ]
            .concat(),
        );
        let told = told.ok().json();
        desk.verify("books.db");
        let n = |name: &str| told["outcomes"][name].as_u64().unwrap_or(0);
        [
            told["read"].as_u64().unwrap(),
            told["unreadable"].as_u64().unwrap(),
            n("metered"),
            n("quarantined"),
        ]
    };
    // Nothing was mended yet: they stay, counted once.
    assert_eq!(retry(&[]), [3, 0, 0, 3]);
    assert_eq!((count("no_destination"), count("broken_json")), (2, 1));
    desk.write(
        "t.toml",
        CONFIG.to_owned() + "fields = { host = [\"u_target\"] }\n",
    );
    assert_eq!(
        retry(&["--config", "t.toml", "--reason", "no_destination"]),
        [2, 0, 2, 0]
    );
    assert_eq!((count("no_destination"), count("broken_json")), (0, 1));
    let exported = desk
        .run(&["export", "cells", "--json", "--ledger", "books.db"])
        .ok();
    let calls: i64 = exported
        .lines()
        .iter()
        .map(|cell| cell["calls_ok"].as_i64().unwrap())
        .sum();
    assert_eq!(calls, 4);
    // Once more adds nothing; a source that is gone keeps its row.
    assert_eq!(
        retry(&["--config", "t.toml", "--reason", "no_destination"]),
        [0, 0, 0, 0]
    );
    std::fs::remove_file(desk.path("log.jsonl")).unwrap();
    assert_eq!(retry(&[]), [0, 1, 0, 0]);
    desk.run(&[
        "quarantine",
        "retry",
        "--ledger",
        "books.db",
        "--reason",
        "hush",
    ])
    .code(2);
    desk.assert_hushed("books.db", &[]);
    // The same books as of a replay that knew the column from the start.
    desk.write(
        "fresh.jsonl",
        [row(1, usual), row(2, other), row(3, other), row(4, usual)].concat(),
    );
    desk.run(&[
        "replay",
        "--config",
        "t.toml",
        "--ledger",
        "fresh.db",
        "fresh.jsonl",
    ])
    .ok();
    assert_eq!(desk.exports("fresh.db"), desk.exports("books.db"));
}

/// Received and accounted for, as `verify` tells them.
fn received(desk: &Desk) -> Vec<u64> {
    let told = desk.run(&["verify", "--json", "--ledger", "books.db"]);
    let told = told.ok().json();
    ["received", "accounted"]
        .iter()
        .map(|name| told[name].as_u64().unwrap())
        .collect()
}

/// A record with several calls of which one is bad: read again, the good ones do not count again.
#[test]
fn a_record_of_several_calls_stays_in_balance() {
    let desk = Desk::new();
    let bad = patched(3, "\"at\"", "\"when\"");
    let list = format!("[{}, {}, {bad}]\n", good(1), good(2));
    desk.write("log.jsonl", list + &good_lines(5..6));
    assert_eq!(desk.replay(&["log.jsonl"]).row(), [3, 0, 0, 1]);
    let before = desk.exports("books.db");
    assert_eq!(received(&desk), [4, 4]);
    for _ in 0..2 {
        desk.run(&["quarantine", "retry", "--ledger", "books.db"])
            .ok();
        desk.verify("books.db");
        assert_eq!(received(&desk), [4, 4], "no call counts again");
        assert_eq!(desk.exports("books.db"), before);
    }
}

/// Records in quarantine by reason.
fn reasons(desk: &Desk) -> Vec<String> {
    let told = desk.run(&["quarantine", "list", "--json", "--ledger", "books.db"]);
    let lines = told.ok().lines();
    let reason = |line: &serde_json::Value| line["reason"].as_str().unwrap().to_owned();
    lines.iter().map(reason).collect()
}

/// An element of a list is read again as an element, wherever it stands and whatever stands behind
/// the list.
#[test]
fn elements_of_lists_are_read_again_as_elements() {
    let row = |id: usize, host: &str| {
        format!(
            r#"{{"sys_id": "{id:032x}", "sys_created_on": "2025-06-02 09:14:31", "http_method": "POST", "{host}": "contoso-weu.openai.azure.com", "path": "/openai/deployments/gpt-4o-weu/chat/completions", "response_status": "200", "response_time": "2841", "scope": "sn_azure_openai"}}"#
        )
    };
    let lists = [("[", "]"), ("{\"result\":[", "]}")];
    let behind = [String::new(), row(9, "hostname") + "\n"];
    for (bad, (open, close)) in (1..=3).flat_map(|bad| lists.map(|list| (bad, list))) {
        // Packed, and without anything behind, for the element in the middle.
        let ways: &[(usize, bool)] = if bad == 2 {
            &[(0, false), (0, true), (1, true), (1, false)]
        } else {
            &[(1, false)]
        };
        for (behind, gz) in ways.iter().map(|(n, gz)| (&behind[*n], *gz)) {
            let desk = Desk::new();
            let rows = (1..=3).map(|n| row(n, if n == bad { "u_target" } else { "hostname" }));
            let text = format!(
                "{open}{}{close}\n{behind}",
                rows.collect::<Vec<_>>().join(",")
            );
            let mut bytes = text.clone().into_bytes();
            if gz {
                let mut packed =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(&bytes).unwrap();
                bytes = packed.finish().unwrap();
            }
            desk.write("log.json", bytes);
            desk.replay(&["log.json"]);
            assert_eq!(reasons(&desk), ["no_destination"], "{text}");
            let retry = ["quarantine", "retry", "--json", "--ledger", "books.db"];
            desk.run(&retry).ok();
            assert_eq!(
                reasons(&desk),
                ["no_destination"],
                "nothing was mended: {text}"
            );
            desk.write(
                "t.toml",
                CONFIG.to_owned() + "fields = { host = [\"u_target\"] }\n",
            );
            let told = desk
                .run(&[&retry[..], &["--config", "t.toml"]].concat())
                .ok();
            let outcomes = r#"{"duplicate":0,"ignored":0,"metered":1,"quarantined":0}"#;
            assert_eq!(told.json()["outcomes"].to_string(), outcomes, "{text}");
            assert_eq!(reasons(&desk), [""; 0], "{text}");
            desk.verify("books.db");
        }
    }
}

/// The same, where the bad ones can be read once their column is named.
#[test]
fn a_mended_record_of_several_calls_counts_what_was_missing() {
    let desk = Desk::new();
    let row = |id: usize, host: &str| {
        format!(
            r#"{{"sys_id": "{id:032x}", "sys_created_on": "2025-06-02 09:14:31", "http_method": "POST", "{host}": "contoso-weu.openai.azure.com", "path": "/openai/deployments/gpt-4o-weu/chat/completions", "response_status": "200", "response_time": "2841", "scope": "sn_azure_openai"}}"#
        )
    };
    let rows = [row(1, "hostname"), row(2, "u_target"), row(3, "u_target")];
    let broken = r#"{"sys_id": "cut"#;
    desk.write("log.jsonl", format!("{broken}\n[{}]\n", rows.join(", ")));
    assert_eq!(desk.replay(&["log.jsonl"]).row(), [1, 0, 0, 3]);
    let mended = CONFIG.to_owned() + "fields = { host = [\"u_target\"] }\n";
    desk.write("t.toml", mended);
    let told = desk.run(&[
        "quarantine",
        "retry",
        "--json",
        "--ledger",
        "books.db",
        "--config",
        "t.toml",
        "--reason",
        "no_destination",
    ]);
    let told = told.ok().json();
    let outcomes = r#"{"duplicate":0,"ignored":0,"metered":2,"quarantined":0}"#;
    assert_eq!(told["outcomes"].to_string(), outcomes);
    assert_eq!(received(&desk), [4, 4]);
}
