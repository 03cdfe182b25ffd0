//! Every command: the shapes that other tools build on, help, exit codes, faults of files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use common::{Desk, good, good_lines};
use serde_json::Value;

/// The keys of an object, dotted and sorted by their place.
fn keys(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in value.as_object().unwrap() {
        match value.as_object() {
            Some(_) => found.extend(keys(value).iter().map(|inner| format!("{key}.{inner}"))),
            None => found.push(key.clone()),
        }
    }
    found.sort();
    found
}

/// The keys that `shape` lists stand in `value`.
fn assert_shape(value: &Value, shape: &str) {
    let found = keys(value);
    for key in shape.split_whitespace() {
        assert!(found.iter().any(|name| name == key), "no {key} in {value}");
    }
}

const INSPECT: &str = "outcome reason format call.id call.at call.feature call.endpoint \
    call.provider call.model call.status call.class call.latency_ms usage.input usage.cache_read \
    usage.cache_write_5m usage.cache_write_1h usage.output usage.reasoning cost_nanousd price.class \
    price.row price.source residency.rule residency.verdict residency.grade residency.region \
    residency.evidence";

#[test]
fn inspect_tells_every_fact_and_null_for_the_absent() {
    let desk = Desk::new();
    let outbound = r#"{"sys_id": "0b1c6f2adb4c2010f0a1c9d2ca961901", "sys_created_on": "2025-06-02 09:14:31", "http_method": "POST", "hostname": "api.openai.com", "path": "/v1/chat/completions", "response_status": "200", "response_time": "0", "scope": "sn_openai"}"#;
    let other = r#"{"sys_id": "0b1c6f2adb4c2010f0a1c9d2ca961902", "sys_created_on": "2025-06-02 09:14:31", "http_method": "GET", "hostname": "example.com", "path": "/", "response_status": "200"}"#;
    desk.write(
        "log.jsonl",
        format!("{}\n{outbound}\n{other}\n\n{{\n{}\n", good(1), good(1)),
    );
    let told = desk.run(&["inspect", "--json", "log.jsonl"]).ok().lines();
    for line in &told {
        assert_shape(line, INSPECT);
    }
    let rows = [
        ("metered", Value::Null, "native", 2841, 3103),
        ("metered", Value::Null, "servicenow_outbound", 0, -1),
        ("ignored", "other_call".into(), "", -1, -1),
        ("ignored", "blank".into(), "", -1, -1),
        ("quarantined", "broken_json".into(), "", -1, -1),
        ("duplicate", "equal".into(), "native", 2841, 3103),
    ];
    // Absent is null, and a latency of 0 is none of that.
    let number = |n: i64| if n < 0 { Value::Null } else { n.into() };
    let word = |word: &str| {
        if word.is_empty() {
            Value::Null
        } else {
            word.into()
        }
    };
    assert_eq!(told.len(), rows.len());
    for (line, (outcome, reason, format, latency, input)) in told.iter().zip(rows) {
        assert_eq!(line["outcome"], outcome, "{line}");
        assert_eq!(line["reason"], reason, "{line}");
        assert_eq!(line["format"], word(format), "{line}");
        assert_eq!(line["call"]["latency_ms"], number(latency), "{line}");
        assert_eq!(line["usage"]["input"], number(input), "{line}");
        assert_eq!(line["cost_nanousd"].is_null(), input < 0, "{line}");
    }
    assert_eq!(told[0]["usage"]["cache_read"], 1024);
    assert_eq!(told[0]["residency"]["verdict"], "no_rule");
    let piped = desk.run_with_input(&["inspect", "--json", "-"], good(1).as_bytes());
    assert_eq!(piped.ok().lines()[0], told[0]);
    let shown = desk.run(&["inspect", "log.jsonl"]).ok();
    assert!(
        !shown.out.contains(common::HUSH) && shown.out.contains("fresh 3,103"),
        "{}",
        shown.out
    );
}

#[test]
fn price_tells_row_and_source() {
    let desk = Desk::new();
    let price = |more: &[&str]| {
        let command = [
            "price",
            "--json",
            "--provider",
            "openai",
            "--model",
            "gpt-4o",
        ];
        desk.run(&[&command[..], more].concat())
    };
    let at = ["--at", "2025-06-02T00:00:00Z"];
    let told = price(&[&at[..], &["--input", "1000000"]].concat())
        .ok()
        .json();
    assert_shape(&told, "cost_nanousd class row source valid_from");
    assert_eq!(
        (&told["cost_nanousd"], &told["class"]),
        (&2_500_000_000_i64.into(), &"exact".into())
    );
    // The input holds the caches.
    let cached = price(&[&at[..], &["--input", "1000000", "--cache-read", "1000000"]].concat());
    assert_eq!(cached.ok().json()["cost_nanousd"], 1_250_000_000_i64);
    let both = price(&[&at[..], &["--input", "10", "--output", "3"]].concat())
        .ok()
        .json();
    assert_eq!(both["cost_nanousd"], 55_000);
    let unknown = [
        "price",
        "--json",
        "--provider",
        "openai",
        "--model",
        "no-such-model",
        "--input",
        "5",
    ];
    let unknown = desk.run(&unknown).ok().json();
    assert_eq!(
        (&unknown["cost_nanousd"], &unknown["class"]),
        (&Value::Null, &"unpriced".into())
    );
    assert!(unknown["reason"].is_string(), "{unknown}");
    price(&["--input", "5", "--cache-read", "6"]).code(2);
    price(&["--input", "5", "--at", "gestern"]).code(2);
    price(&["--input", "5", "--tier", "warp"]).code(2);
    price(&["--input", "5", "--scope", "galaxy"]).code(2);
    price(&["--input", "-5"]).code(2);
    price(&[]).code(2);
}

#[test]
fn replay_ends_with_the_conservation_line() {
    let desk = Desk::new();
    desk.write(
        "log.jsonl",
        good_lines(1..4) + &good_lines(1..3) + "hush\n\n",
    );
    let told = desk
        .run(&["replay", "--ledger", "books.db", "log.jsonl"])
        .ok();
    let last = told.out.lines().last().unwrap();
    assert_eq!(
        last,
        "received 7 = metered 3 + duplicate 2 + ignored 1 + quarantined 1"
    );
    let told = desk
        .run(&["replay", "--json", "--ledger", "books.db", "log.jsonl"])
        .ok()
        .json();
    assert_shape(
        &told,
        "received metered duplicate ignored quarantined contradictions",
    );
    // Other facts under a known key: a contradiction, which is a duplicate, shown apart.
    desk.write(
        "other.jsonl",
        common::patched(1, "\"output\": 391, \"total\": 4518", "\"output\": 392"),
    );
    let told = desk
        .run(&["replay", "--json", "--ledger", "books.db", "other.jsonl"])
        .ok()
        .json();
    let n = |name: &str| told[name].as_u64().unwrap();
    assert_eq!(
        [n("received"), n("duplicate"), n("contradictions")],
        [1, 1, 1]
    );
    let said = desk
        .run(&[
            "replay",
            "--format",
            "litellm",
            "--ledger",
            "books.db",
            "log.jsonl",
        ])
        .ok();
    assert!(said.out.contains("received 0"), "{}", said.out);
}

#[test]
fn exports_have_every_total_in_both_forms() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..130));
    desk.replay(&["log.jsonl"]);
    for resolution in ["minute", "hour", "day"] {
        let command = [
            "export",
            "cells",
            "--ledger",
            "books.db",
            "--resolution",
            resolution,
            "--format",
        ];
        let csv = desk.run(&[&command[..], &["csv"]].concat()).ok().out;
        let jsonl = desk.run(&[&command[..], &["jsonl"]].concat()).ok().lines();
        let mut lines = csv.lines();
        let mut header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let starts: Vec<&str> = lines
            .clone()
            .map(|line| line.split(',').next().unwrap())
            .collect();
        assert!(starts.is_sorted(), "{csv}");
        assert_eq!(lines.count(), jsonl.len());
        let width = header.len();
        header.sort_unstable();
        for line in &jsonl {
            assert_eq!(keys(line), header, "{resolution}");
        }
        for line in csv.lines() {
            assert_eq!(line.split(',').count(), width, "{line}");
        }
        let sum = |name: &str| {
            jsonl
                .iter()
                .map(|cell| cell[name].as_i64().unwrap())
                .sum::<i64>()
        };
        let sums = [
            "requests_ok",
            "tokens_input",
            "tokens_cache_read",
            "tokens_output",
        ]
        .map(sum);
        assert_eq!(
            sums,
            [129, 129 * 3103, 129 * 1024, 129 * 391],
            "{resolution}"
        );
    }
    let spans = [
        (["--from", "2025-06-02", "--to", "2025-06-02"], 1),
        (["--from", "2025-06-01", "--to", "2025-06-01"], 0),
        (
            [
                "--from",
                "2025-06-02T09:00:00Z",
                "--to",
                "2025-06-03T00:00:00Z",
            ],
            0,
        ),
    ];
    for (span, cells) in spans {
        let command = ["export", "cells", "--json", "--ledger", "books.db"];
        let told = desk.run(&[&command[..], &span].concat()).ok();
        assert_eq!(told.lines().len(), cells, "{span:?}");
    }
}

/// Every command that answers with JSON, and how many lines at least.
#[test]
fn every_json_is_json() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..4) + "{\n");
    desk.write(
        "t.toml",
        "[endpoint.a]\nbase_url = \"https://api.openai.com\"\n",
    );
    desk.write("list.json", "{}");
    let books = ["--ledger", "books.db"];
    let rows: [(&[&str], bool, usize); 14] = [
        (&["replay", "--json", "log.jsonl"], true, 1),
        (&["report", "daily", "--json"], true, 1),
        (&["report", "residency", "--json"], true, 1),
        (&["report", "endpoints", "--json"], true, 1),
        (&["export", "cells", "--json"], true, 1),
        (&["export", "links", "--json"], true, 0),
        (&["quarantine", "list", "--json"], true, 1),
        (&["quarantine", "retry", "--json"], true, 1),
        (&["verify", "--json"], true, 1),
        (&["inspect", "--json", "log.jsonl"], false, 4),
        (&["check", "--json", "--config", "t.toml"], false, 0),
        (
            &[
                "price",
                "--json",
                "--provider",
                "openai",
                "--model",
                "gpt-4o",
                "--input",
                "1",
            ],
            false,
            1,
        ),
        (
            &[
                "simulate",
                "--json",
                "--days",
                "1",
                "--scenario",
                "mixed",
                "--out",
                "sim",
            ],
            false,
            1,
        ),
        (
            &["demo", "--json", "--once", "--dir", "demo", "--help"],
            false,
            0,
        ),
    ];
    for (command, has_books, least) in rows {
        let all = if has_books {
            [command, &books].concat()
        } else {
            command.to_vec()
        };
        let told = desk.run(&all).ok();
        if !all.contains(&"--help") {
            assert!(told.lines().len() >= least, "{all:?}: {}", told.out);
        }
    }
}

const COMMANDS: [&[&str]; 20] = [
    &["check"],
    &["inspect"],
    &["price"],
    &["prices", "update"],
    &["replay"],
    &["run"],
    &["doctor"],
    &["report"],
    &["report", "daily"],
    &["report", "residency"],
    &["report", "endpoints"],
    &["export"],
    &["export", "cells"],
    &["export", "links"],
    &["quarantine", "list"],
    &["quarantine", "retry"],
    &["verify"],
    &["simulate"],
    &["demo"],
    &["completions"],
];

#[test]
fn help_has_examples_and_every_command_a_json_face() {
    let desk = Desk::new();
    let top = desk.run(&["--help"]).ok().out;
    assert!(
        top.contains("Exit codes: 0 done, 1 it failed, 2 you must change something"),
        "{top}"
    );
    for command in COMMANDS {
        assert!(top.contains(command[0]), "{command:?}");
        let help = desk.run(&[command, &["--help"]].concat()).ok().out;
        let is_group = matches!(command, ["report" | "export"]);
        if is_group {
            continue;
        }
        assert!(
            help.contains("Example"),
            "{command:?} has no example: {help}"
        );
        if command != ["completions"] {
            assert!(help.contains("--json"), "{command:?}: {help}");
        }
        let path = format!("tollwatch {}", command.join(" "));
        assert!(
            help.contains(&path),
            "{command:?}: an example shows the command itself: {help}"
        );
    }
}

#[test]
fn completions_and_man_page_know_the_commands() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.run(&["completions", shell]).ok().out;
        assert!(
            script.contains("quarantine") && script.contains("ledger"),
            "{shell}"
        );
    }
    desk.run(&["completions", "csh"]).code(2);
    let page = desk.run(&["man"]).ok().out;
    assert!(
        page.contains(".TH tollwatch") && page.contains("replay"),
        "{page}"
    );
    assert!(desk.run(&["--version"]).ok().out.starts_with("tollwatch "));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn exit_codes_tell_a_fault_from_a_mistake() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..4));
    desk.replay(&["log.jsonl"]);
    // The arguments, the exit code, and a word of the message.
    let rows: [(&[&str], i32, &str); 21] = [
        (&[], 2, "Usage"),
        (&["frobnicate"], 2, "frobnicate"),
        (
            &["replay", "--ledger", "x.db", "--frobnicate", "log.jsonl"],
            2,
            "--frobnicate",
        ),
        (&["replay", "--ledger", "x.db"], 2, "INPUT"),
        (&["replay", "log.jsonl"], 2, "--ledger"),
        (
            &["replay", "--ledger", "x.db", "none.jsonl"],
            1,
            "none.jsonl",
        ),
        (&["replay", "--ledger", "none/x.db", "log.jsonl"], 1, "none"),
        (
            &["replay", "--ledger", "x.db", "--format", "nix", "log.jsonl"],
            2,
            "litellm",
        ),
        (&["inspect", "none.jsonl"], 1, "none.jsonl"),
        (
            &["inspect", "--format", "nix", "log.jsonl"],
            2,
            "unknown format `nix`",
        ),
        (&["report", "daily", "--ledger", "none.db"], 1, "none.db"),
        (
            &[
                "report", "daily", "--ledger", "books.db", "--from", "gestern",
            ],
            2,
            "`gestern`",
        ),
        (
            &[
                "report",
                "daily",
                "--ledger",
                "books.db",
                "--to",
                "2025-02-30",
            ],
            2,
            "2025-02-30",
        ),
        (
            &[
                "export",
                "cells",
                "--ledger",
                "books.db",
                "--from",
                "2025-06-03",
                "--to",
                "2025-06-01",
            ],
            2,
            "--to",
        ),
        (
            &[
                "export",
                "cells",
                "--ledger",
                "books.db",
                "--resolution",
                "week",
            ],
            2,
            "`week`",
        ),
        (
            &["export", "cells", "--ledger", "books.db", "--format", "xml"],
            2,
            "csv",
        ),
        (
            &[
                "quarantine",
                "list",
                "--ledger",
                "books.db",
                "--reason",
                "nix",
            ],
            2,
            "broken_json",
        ),
        (
            &["simulate", "--scenario", "none.toml", "--out", "y"],
            2,
            "none.toml",
        ),
        (&["simulate", "--format", "nix", "--out", "y"], 2, "otlp"),
        (&["check", "--config", "none.toml"], 2, "none.toml"),
        (&["verify", "--ledger", "log.jsonl"], 1, "log.jsonl"),
    ];
    for (arguments, code, word) in rows {
        let told = desk.run(arguments);
        let said = told.out.clone() + &told.err;
        assert_eq!(told.code, code, "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    assert!(
        !desk.path("x.db").exists(),
        "a command that could not begin left a ledger"
    );
}

#[test]
fn a_closed_pipe_is_the_end_of_it() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(0..3000));
    desk.replay(&["log.jsonl"]);
    let rows: [&[&str]; 6] = [
        &[
            "export",
            "cells",
            "--ledger",
            "books.db",
            "--resolution",
            "minute",
        ],
        &["export", "links", "--ledger", "books.db"],
        &["inspect", "--json", "log.jsonl"],
        &["report", "daily", "--ledger", "books.db"],
        &["man"],
        &["--help"],
    ];
    for arguments in rows {
        let mut child = desk
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), said.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_faulty_configuration_is_told_whole() {
    let desk = Desk::new();
    desk.write(
        "t.toml",
        "timezon = \"UTC\"\nendpoints = \"endpoints.toml\"\n[limits]\nquarantine_rows = \"many\"\n",
    );
    desk.write(
        "endpoints.toml",
        "[endpoint.a]\nbase_url = \"https://a.openai.azure.com\"\nfallback_endpoint_ref = \"b\"\n\n\
         [endpoint.b]\nbase_url = \"https://b.openai.azure.com\"\nfallback_endpoint_ref = \"a\"\n\n\
         [endpoint.a]\nbase_url = \"https://c.openai.azure.com\"\n",
    );
    desk.write("log.jsonl", good_lines(1..2));
    let expected = [
        "t.toml:1:1: error",
        "t.toml:4:19: error",
        "endpoints.toml:9:",
        "2 error",
    ];
    let first = desk.run(&["check", "--config", "t.toml"]).code(2).out;
    for (n, place) in expected.iter().enumerate() {
        assert!(n == 3 || first.contains(place), "{place} in {first}");
    }
    let commands: [&[&str]; 5] = [
        &["replay", "--ledger", "x.db", "log.jsonl"],
        &["inspect", "log.jsonl"],
        &["run"],
        &["report", "daily", "--ledger", "x.db"],
        &["quarantine", "retry", "--ledger", "x.db"],
    ];
    for command in commands {
        let told = desk
            .run(&[command, &["--config", "t.toml"]].concat())
            .code(2);
        for place in &expected[..3] {
            assert!(
                told.err.contains(place),
                "{command:?}: {place} in {}",
                told.err
            );
        }
        assert!(!desk.path("x.db").exists(), "{command:?}");
    }
    // Duplicate names and circles, told apart once the file can be read.
    let whole = std::fs::read_to_string(desk.path("endpoints.toml")).unwrap();
    let (readable, _) = whole.rsplit_once("\n[endpoint.a]").unwrap();
    desk.write("endpoints.toml", readable);
    desk.write(
        "t.toml",
        "endpoints = \"endpoints.toml\"\n[[feature]]\napplication = \"a\"\nskill = \"b\"\n\
         [[feature]]\napplication = \"a\"\nskill = \"b\"\nendpoints = [\"none\"]\n",
    );
    let told = desk.run(&["check", "--json", "--config", "t.toml"]);
    let codes: Vec<String> = told
        .lines()
        .iter()
        .map(|line| format!("{} {}:{}", line["code"], line["file"], line["line"]).replace('"', ""))
        .collect();
    for wanted in ["duplicate", "circ", "unknown"] {
        assert!(
            codes.iter().any(|code| code.contains(wanted)),
            "{wanted} in {codes:?}"
        );
    }
    assert_eq!(told.code, 2);
}

/// Ledgers that cannot be used: what is said, and that the file is left as it is.
#[test]
fn ledgers_that_are_none() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..200));
    desk.run(&["replay", "--ledger", "sound.db", "log.jsonl"])
        .ok();
    let sound = std::fs::read(desk.path("sound.db")).unwrap();
    let newer = {
        std::fs::copy(desk.path("sound.db"), desk.path("newer.db")).unwrap();
        let conn = rusqlite::Connection::open(desk.path("newer.db")).unwrap();
        conn.pragma_update(None, "user_version", 9_999).unwrap();
        drop(conn);
        std::fs::read(desk.path("newer.db")).unwrap()
    };
    let other = {
        let conn = rusqlite::Connection::open(desk.path("other.db")).unwrap();
        conn.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);")
            .unwrap();
        drop(conn);
        std::fs::read(desk.path("other.db")).unwrap()
    };
    let mut torn = sound.clone();
    let from = torn.len() / 8;
    let to = torn.len() - torn.len() / 8;
    torn[from..to].fill(0xa5);
    let mut headless = sound.clone();
    headless[..4096].fill(0);
    let rows: [(&str, Vec<u8>, &str); 6] = [
        ("newer", newer, "version"),
        ("other", other, "another program"),
        ("text", good_lines(1..50).into_bytes(), "no SQLite file"),
        ("torn", torn, "damaged"),
        ("cut", sound[..sound.len() / 2].to_vec(), "damaged"),
        ("headless", headless, "no SQLite file"),
    ];
    for (name, bytes, word) in rows {
        let ledger = format!("{name}.db");
        for command in [
            &["replay", "log.jsonl"][..],
            &["report", "daily"],
            &["export", "cells"],
        ] {
            desk.write(&ledger, &bytes);
            for beside in ["-wal", "-shm"] {
                drop(std::fs::remove_file(desk.path(&(ledger.clone() + beside))));
            }
            let told = desk.run(&[command, &["--ledger", &ledger]].concat());
            let said = &told.err;
            assert_eq!(told.code, 1, "{name} {command:?}: {} {said}", told.out);
            assert!(
                said.contains(&ledger) && said.contains("hint:"),
                "{name} {command:?}: {said}"
            );
            assert!(said.contains(word), "{name} {command:?}: {said}");
            if word != "damaged" {
                let left = std::fs::read(desk.path(&ledger)).unwrap();
                assert!(left == bytes, "{name} {command:?}: the file was changed");
            }
        }
    }
}

#[test]
fn no_right_to_write_is_told_and_passes() {
    use std::os::unix::fs::PermissionsExt;
    const NOBODY: u32 = 65_534;
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..50));
    desk.write("locked/here", "");
    let set = |mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(desk.path("locked"), mode).unwrap();
    };
    set(0o555);
    std::fs::set_permissions(desk.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = [
        "replay",
        "--json",
        "--ledger",
        "locked/books.db",
        "log.jsonl",
    ];
    let may_all = std::fs::write(desk.path("locked/probe"), "").is_ok();
    let mut command = desk.command(&arguments);
    if may_all {
        // The administrator may write anywhere; so somebody else tries, with a program of his own.
        let copy = desk.path("tollwatch");
        std::fs::copy(env!("CARGO_BIN_EXE_tollwatch"), &copy).unwrap();
        command = std::process::Command::new(copy);
        command.args(arguments).current_dir(desk.folder());
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("locked/books.db") && said.contains("hint: give this user the right"),
        "{said}"
    );
    set(0o755);
    let told = desk.run(&arguments).ok().json();
    assert_eq!(told["metered"], 49);
}

/// A file size limit stands for the full disk: the same error, without a disk to fill.
#[test]
fn a_full_disk_is_told_and_the_rest_goes_in_later() {
    let desk = Desk::new();
    let many = |from: usize| good_lines(from..from + 4000);
    desk.write("one.jsonl", good_lines(0..10));
    desk.replay(&["one.jsonl"]);
    for part in 1..4 {
        desk.write(&format!("more/{part}.jsonl"), many(part * 4000));
    }
    let program = env!("CARGO_BIN_EXE_tollwatch");
    // The signal is ignored, so that the write itself fails, as on a disk without room.
    let script =
        format!("trap '' XFSZ; ulimit -f 900; exec '{program}' replay --ledger books.db more");
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(desk.folder())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("books.db") && said.contains("hint:"),
        "{said}"
    );
    // What was booked before it is there, whole files of it; readers see it.
    desk.verify("books.db");
    desk.replay(&["more"]);
    desk.verify("books.db");
    desk.run(&["replay", "--ledger", "calm.db", "one.jsonl", "more"])
        .ok();
    assert_eq!(desk.exports("books.db"), desk.exports("calm.db"));
}

/// Four hundred days of books: reports answer at once.
#[test]
fn reports_on_more_than_a_year() {
    let desk = Desk::new();
    let mut log = String::new();
    let start = chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap();
    for day in 0..400 {
        let date = start + chrono::Days::new(day);
        for n in 0..4 {
            let n = usize::try_from(day).unwrap() * 4 + n;
            log += &(good(n).replace("2025-06-02", &date.to_string()) + "\n");
        }
    }
    desk.write("log.jsonl", log);
    assert_eq!(desk.replay(&["log.jsonl"]).row(), [1600, 0, 0, 0]);
    let daily = desk
        .run(&["report", "daily", "--json", "--ledger", "books.db"])
        .ok()
        .json();
    let days = daily["days"].as_array().unwrap();
    let calls: i64 = days.iter().map(|day| day["calls"].as_i64().unwrap()).sum();
    assert_eq!((days.len(), calls), (400, 1600));
    for report in ["daily", "residency", "endpoints"] {
        let told = desk.run(&["report", report, "--ledger", "books.db"]).ok();
        assert!(told.out.lines().count() > 3, "{}", told.out);
    }
}
