//! Books restated under another configuration are those of a fresh ledger under it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;

use common::Desk;
use serde_json::Value;
use tollwatch::ids::ConfigNumber;
use tollwatch::ledger::{
    Again, Correction, Family, Fault, FaultKind, Ledger, Options, Resolution, Span, SqliteLedger,
};
use tollwatch::outcome::IgnoreReason;
use tollwatch::units::UnixMillis;

/// 2025-06-01T20:00:00Z: two hours before midnight in Berlin.
const START: i64 = 1_748_808_000_000;
/// Records of each kind.
const RECORDS: i64 = 240;

const CONFIG: &str = r#"
timezone = "Europe/Berlin"
prices = "prices.toml"

[[source.file]]
name = "export"
paths = ["log.jsonl"]
ignore_scopes = ["nobody"]

[endpoint.weu]
base_url = "https://contoso-weu.openai.azure.com"
provider = "azure"
credential_ref = "kv-weu"
model_name = "gpt-4o"
deployment = "gpt-4o-weu"
model_aliases = { gpt_large = "gpt-4o" }
region = "westeurope"
deployment_scope = "regional"
fallback_endpoint_ref = "own"
timeout_ms = 4000

[endpoint.own]
base_url = "http://llm.contoso.example:8000/v1"
provider = "vllm"
credential_ref = "kv-own"
model_name = "mistral-small"
region = "de"
cost_model = "fixed"

[group.pilot]
users = ["user-1", "user-2"]

[[feature]]
application = "itsm"
skill = "incident_summarization"
endpoints = ["weu", "own"]
residency = "eu"
match = { skill = ["incident_summarization"] }

[[feature]]
application = "csm"
skill = "case_summarization"
endpoints = ["weu"]
match = { scope = ["sn_azure_openai"] }
"#;

const PRICES: &str = r#"
[[row]]
endpoint = "weu"
input = 2.1
output = 8.4
cache_read = 1.05
source = "agreement 1"
"#;

fn at(i: i64) -> String {
    UnixMillis(START + i * 60_000).to_string()
}

/// Records of three formats, every fourth call failed, some told twice.
fn log() -> String {
    let mut log = String::new();
    for i in 0..RECORDS {
        let (at, user, conversation) = (at(i), i % 7, i % 11);
        let plain_at = at.get(..19).unwrap().replace('T', " ");
        let status = if i % 4 == 1 { 429 } else { 200 };
        let region = ["West Europe", "East US", "Sweden Central"][usize::try_from(i % 3).unwrap()];
        let latency = 900 + i * 37 % 6_000;
        writeln!(log, r#"{{"sys_id": "out-{i}", "sys_created_on": "{plain_at}", "sequence": "19a9{i:08}", "http_method": "POST", "hostname": "contoso-weu.openai.azure.com", "path": "/openai/deployments/gpt-4o-weu/chat/completions", "response_status": "{status}", "request_length": "18344", "response_length": "2213", "response_time": "{latency}", "source_table": "sys_hub_step_instance", "scope": "sn_azure_openai", "user": "user-{user}", "response_headers": {{"x-ms-region": "{region}"}}}}"#).unwrap();
        writeln!(log, r#"{{"sys_id": "own-{i}", "sys_created_on": "{plain_at}", "sequence": "19b9{i:08}", "http_method": "POST", "hostname": "llm.contoso.example:8000", "path": "/v1/generate", "response_status": "{status}", "request_length": "900", "response_length": "700", "response_time": "{latency}", "scope": "x_own", "user": "user-{user}"}}"#).unwrap();
        let told = if status == 200 {
            r#""prompt_token_count": "4127", "response_token_count": "391", "status": "Success""#
        } else {
            r#""status": "Error", "error": "with code: 429""#
        };
        writeln!(log, r#"{{"sys_id": "gen-{i}", "started_at": "{plain_at}", "completed_at": "{plain_at}", "sys_created_on": "{plain_at}", {told}, "source": "IncidentSummarization", "skill_config_id": "c3d40f11db4c2010f0a1c9d2ca96c001", "derived_scope": "sn_itsm_gen_ai", "model_name": "gpt_large", "external": "true", "time_taken": "{latency}", "conversation": "conv-{conversation}", "caller": "user-{user}"}}"#).unwrap();
        let credential = if i % 2 == 0 {
            r#", "credential": "team-key""#
        } else {
            ""
        };
        let transport = format!(
            r#""tollwatch": 1, "id": "nat-{i}", "at": "{at}", "url": "https://contoso-weu.openai.azure.com/openai/deployments/gpt-4o-weu/chat/completions", "status": {status}, "latency_ms": {latency}, "application": "itsm", "skill": "incident_summarization", "user": "user-{user}", "conversation": "conv-{conversation}"{credential}"#
        );
        if i % 5 == 0 {
            // The second telling adds its other half alone.
            writeln!(log, "{{{transport}}}").unwrap();
        }
        writeln!(log, r#"{{{transport}, "model": "gpt-4o-2024-11-20", "usage": {{"input": {}, "cache_read": 1024, "output": 391}}}}"#, 2_000 + i).unwrap();
        writeln!(log, r#"{{"tollwatch": 1, "id": "lab-{i}", "at": "{at}", "url": "https://api.openai.com/v1/chat/completions", "status": 200, "model": "lab-model", "usage": {{"input": 10, "output": 5}}, "tags": ["lab"], "caller": "bob"}}"#).unwrap();
    }
    log
}

/// A desk with the log, the first configuration, and two empty books of one birth.
fn desk(config: &str, prices: &str) -> Desk {
    let desk = Desk::new();
    desk.write("log.jsonl", log());
    write(&desk, "a", config, prices);
    let options = Options {
        time_zone: "Europe/Berlin".parse().unwrap(),
        ..Options::default()
    };
    drop(SqliteLedger::open(&desk.path("a.db"), options).unwrap());
    std::fs::copy(desk.path("a.db"), desk.path("b.db")).unwrap();
    desk
}

fn write(desk: &Desk, name: &str, config: &str, prices: &str) {
    let own = format!("prices-{name}.toml");
    desk.write(&format!("{name}.toml"), config.replace("prices.toml", &own));
    desk.write(&own, prices);
}

fn replay(desk: &Desk, config: &str, ledger: &str) {
    desk.run(&[
        "replay",
        "--config",
        config,
        "--ledger",
        ledger,
        "log.jsonl",
    ])
    .ok();
}

fn restate(desk: &Desk, config: &str, more: &[&str]) -> Value {
    restate_since(desk, config, "2025-06-01", more)
}

fn restate_since(desk: &Desk, config: &str, since: &str, more: &[&str]) -> Value {
    let arguments = [
        "restate",
        "--config",
        config,
        "--ledger",
        "a.db",
        "--since",
        since,
        "--reason",
        "a better rule",
        "--json",
    ];
    desk.run(&[&arguments[..], more].concat()).ok().json()
}

/// Everything of the books that a configuration decides; its numbers differ by who was first.
fn books(desk: &Desk, ledger: &str) -> Vec<String> {
    let books = SqliteLedger::open_read_only(&desk.path(ledger)).unwrap();
    let mut text = Vec::new();
    let mut days = Vec::new();
    for resolution in Resolution::ALL {
        books
            .cells(resolution, Span::ALL, &mut |mut row| {
                row.seq = 0;
                days.push(row.start);
                text.push(format!("{row:?}"));
                Ok(())
            })
            .unwrap();
    }
    for family in Family::ALL {
        for mut row in books.families(family, Span::ALL).unwrap() {
            row.seq = 0;
            text.push(format!("{row:?}"));
        }
    }
    days.sort_unstable();
    days.dedup_by_key(|at| books.zones().day_of(*at));
    for day in days {
        for row in books.conversations(day).unwrap() {
            text.push(format!("{row:?}"));
        }
    }
    for row in books.evidence(Span::ALL, usize::MAX >> 1).unwrap() {
        text.push(format!("{row:?}"));
    }
    for row in books.links(Span::ALL).unwrap() {
        text.push(format!("{row:?}"));
    }
    books
        .lines(Span::ALL, &mut |line| {
            text.push(format!("{line:?}"));
            Ok(())
        })
        .unwrap();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for row in books.counts().unwrap() {
        let what = format!("{} {} {}", row.source, row.outcome, row.reason);
        *counts.entry(what).or_default() += row.n;
    }
    text.push(format!("{counts:?}"));
    text.push(format!("{:?}", books.overflows().unwrap()));
    for text in &mut text {
        for number in 1..4 {
            *text = text.replace(&format!("ConfigNumber({number})"), "ConfigNumber(_)");
        }
    }
    text
}

fn assert_same(name: &str, found: &[String], expected: &[String]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.len(), expected.len(), "{name}");
}

/// A change of the configuration: what stands in it, and what comes in its place.
type Change = (&'static str, &'static str, &'static str);

const CHANGES: [Change; 17] = [
    ("nothing", "", ""),
    ("contract price", "input = 2.1", "input = 9.75"),
    (
        "price goes",
        "endpoint = \"weu\"\ninput",
        "endpoint = \"own\"\ninput",
    ),
    ("region", "region = \"westeurope\"", "region = \"eastus\""),
    (
        "scope",
        "deployment_scope = \"regional\"",
        "deployment_scope = \"global\"",
    ),
    (
        "rule",
        "residency = \"eu\"",
        "residency = \"azure:swedencentral\"",
    ),
    ("rule goes", "residency = \"eu\"\n", ""),
    (
        "matcher",
        "match = { skill = [\"incident_summarization\"] }",
        "match = { tag = [\"lab\"] }",
    ),
    (
        "feature",
        "skill = \"case_summarization\"",
        "skill = \"chat_summarization\"",
    ),
    (
        "alias",
        "{ gpt_large = \"gpt-4o\" }",
        "{ gpt_large = \"gpt-4o-large\" }",
    ),
    (
        "alias goes",
        "{ gpt_large = \"gpt-4o\" }",
        "{ gpt_small = \"gpt-4o\" }",
    ),
    (
        "credential",
        "credential_ref = \"kv-weu\"",
        "credential_ref = \"kv-weu-2\"",
    ),
    (
        "timeout and fallback",
        "fallback_endpoint_ref = \"own\"\ntimeout_ms = 4000",
        "timeout_ms = 1500",
    ),
    (
        "users",
        "users = [\"user-1\", \"user-2\"]",
        "users = [\"user-2\", \"user-3\"]",
    ),
    (
        "usage_from",
        "provider = \"azure\"",
        "provider = \"azure\"\nusage_from = \"servicenow_genai\"",
    ),
    (
        "tellers",
        "ignore_scopes = [\"nobody\"]",
        "ignore_scopes = [\"sys_generative_ai_log\"]",
    ),
    (
        "endpoint goes",
        "http://llm.contoso.example:8000/v1",
        "http://llm.other.example:8000/v1",
    ),
];

/// The configuration and the prices after a change.
fn changed(change: &Change) -> (String, String) {
    let (name, from, to) = change;
    let there = CONFIG.contains(from) || PRICES.contains(from);
    assert!(there, "{name}");
    (CONFIG.replace(from, to), PRICES.replace(from, to))
}

#[test]
fn restated_books_are_fresh_books() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    std::fs::copy(desk.path("a.db"), desk.path("first.db")).unwrap();
    std::fs::copy(desk.path("b.db"), desk.path("blank.db")).unwrap();
    let first = books(&desk, "first.db");
    for change in &CHANGES {
        let name = change.0;
        std::fs::copy(desk.path("first.db"), desk.path("a.db")).unwrap();
        std::fs::copy(desk.path("blank.db"), desk.path("b.db")).unwrap();
        let (config, prices) = changed(change);
        write(&desk, "b", &config, &prices);
        replay(&desk, "b.toml", "b.db");
        let told = restate(&desk, "b.toml", &["--yes"]);
        assert_eq!(told["applied"], true, "{name}");
        let expected = books(&desk, "b.db");
        assert_same(name, &books(&desk, "a.db"), &expected);
        assert_eq!(desk.exports("a.db"), desk.exports("b.db"), "{name}");
        assert_eq!(
            expected == first,
            name == "nothing",
            "{name} changes nothing"
        );
        desk.verify("a.db");
    }
}

#[test]
fn shows_asks_and_books() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let (config, prices) = changed(&CHANGES[1]);
    write(&desk, "b", &config, &prices);
    let before = books(&desk, "a.db");
    let told = restate(&desk, "b.toml", &["--dry-run"]);
    assert_eq!(
        (&told["applied"], &told["number"]),
        (&false.into(), &Value::Null)
    );
    // Nobody can be asked here, and that changes nothing.
    let arguments = [
        "restate",
        "--config",
        "b.toml",
        "--ledger",
        "a.db",
        "--since",
        "2025-06-01",
        "--reason",
        "contract of June",
    ];
    let refused = desk.run(&arguments).code(2);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    for (rows, words) in [(&arguments[..5], "--since"), (&arguments[..7], "--reason")] {
        let refused = desk.run(rows).code(2);
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    assert_eq!(books(&desk, "a.db"), before);
    let done = desk.run(&[&arguments[..], &["--yes"]].concat()).ok();
    for words in [
        "configuration 1, now under 2",
        "itsm/incident_summarization",
        "Restatement 1 is in the books.",
    ] {
        assert!(done.out.contains(words), "{words} in {}", done.out);
    }
    // The shown differences are the booked ones.
    let books = SqliteLedger::open_read_only(&desk.path("a.db")).unwrap();
    let row = books.restatements().unwrap().remove(0);
    assert_eq!(told["before_nanousd"], row.done.before_nanousd);
    assert_eq!(told["after_nanousd"], row.done.after_nanousd);
    assert_eq!(told["lines"], row.done.lines);
    assert!(
        row.done.changed > 0 && row.done.changed < row.done.lines,
        "{row:?}"
    );
    assert_eq!((row.reason.as_str(), row.to.0), ("contract of June", 2));
    let verified = desk
        .run(&["verify", "--json", "--ledger", "a.db"])
        .ok()
        .json();
    assert_eq!(verified["restatements"][0]["reason"], "contract of June");
}

#[test]
fn part_of_the_span_mixes_configurations_and_reports_say_so() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let (config, prices) = changed(&CHANGES[5]);
    write(&desk, "b", &config, &prices);
    let report = |name: &str| {
        let arguments = ["report", name, "--ledger", "a.db", "--config", "b.toml"];
        let json = desk
            .run(&[&arguments[..], &["--json"]].concat())
            .ok()
            .json();
        (desk.run(&arguments).ok().out, json["basis"].clone())
    };
    for name in ["daily", "residency", "endpoints"] {
        let (text, basis) = report(name);
        assert!(text.contains("Judged under configuration 1."), "{text}");
        assert_eq!(
            (&basis["mixed"], &basis["restatements"]),
            (&false.into(), &serde_json::json!([]))
        );
    }
    let feed = |ledger: &SqliteLedger| ledger.feed_end().unwrap();
    let before = feed(&SqliteLedger::open_read_only(&desk.path("a.db")).unwrap());
    // From midnight in Berlin on.
    let told = restate_since(&desk, "b.toml", "2025-06-02", &["--yes"]);
    assert_eq!(told["hours"], 2);
    for name in ["daily", "residency", "endpoints"] {
        let (text, basis) = report(name);
        assert!(
            text.contains("These days mix configurations: 1 (2025-06-01"),
            "{text}"
        );
        assert!(text.contains("a better rule"), "{text}");
        assert_eq!(basis["mixed"], true);
    }
    let books = SqliteLedger::open_read_only(&desk.path("a.db")).unwrap();
    let changed = books.changed_since(before, 100_000).unwrap();
    assert!(!changed.is_empty());
    let midnight = UnixMillis(START + 2 * 3_600_000);
    assert!(
        changed.iter().all(|row| row.start >= midnight),
        "{changed:?}"
    );
}

#[test]
fn says_what_does_not_come_back() {
    // Usage did not count when it was read, and would now.
    let (config, prices) = changed(&CHANGES[14]);
    let desk = desk(&config, &prices);
    replay(&desk, "a.toml", "a.db");
    write(&desk, "b", CONFIG, PRICES);
    let told = restate(&desk, "b.toml", &["--dry-run"]);
    assert!(told["not_back"].as_u64().unwrap() > 100, "{told}");
    // A group by the beginning of the id cannot be told again.
    let prefix = CONFIG.replace("users = [\"user-1\", \"user-2\"]", "prefixes = [\"user-\"]");
    write(&desk, "b", &prefix, PRICES);
    let told = restate(&desk, "b.toml", &["--dry-run"]);
    assert!(told["groups_kept"].as_u64().unwrap() > 100, "{told}");
}

#[test]
fn a_ledger_in_use_is_left_alone() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let daemon = SqliteLedger::open(&desk.path("a.db"), Options::default()).unwrap();
    let arguments = [
        "restate",
        "--ledger",
        "a.db",
        "--since",
        "2025-06-01",
        "--reason",
        "x",
    ];
    let refused = desk.run(&[&arguments[..], &["--yes"]].concat()).code(1);
    assert!(refused.err.contains("stop it"), "{}", refused.err);
    desk.run(&[&arguments[..], &["--dry-run"]].concat()).ok();
    drop(daemon);
    let missing = [
        "restate",
        "--ledger",
        "no.db",
        "--since",
        "2025-06-01",
        "--reason",
        "x",
    ];
    desk.run(&[&missing[..], &["--yes"]].concat()).code(1);
    assert!(!desk.path("no.db").exists());
}

#[test]
fn an_early_end_leaves_the_books_as_they_were() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let before = books(&desk, "a.db");
    let (config, prices) = changed(&CHANGES[1]);
    write(&desk, "b", &config, &prices);
    let mut ledger = SqliteLedger::open(&desk.path("a.db"), Options::default()).unwrap();
    let correction = Correction {
        span: Span::ALL,
        config: ConfigNumber(7),
        reason: "x".into(),
    };
    let mut left = 700;
    let fault = ledger.restate(
        &correction,
        &mut |_| {
            left -= 1;
            if left == 0 {
                return Err(Fault::new(FaultKind::Io, "the end"));
            }
            Ok(Again::Ignored(IgnoreReason::OtherCall))
        },
        UnixMillis(START),
    );
    assert_eq!(fault.unwrap_err().kind, FaultKind::Io);
    assert_eq!(ledger.restatements().unwrap(), []);
    drop(ledger);
    assert_eq!(books(&desk, "a.db"), before);
    // The same books still take the correction.
    restate(&desk, "b.toml", &["--yes"]);
    replay(&desk, "b.toml", "b.db");
    assert_same("after", &books(&desk, "a.db"), &books(&desk, "b.db"));
}

#[cfg(feature = "faults")]
#[test]
fn killed_in_the_middle_nothing_happened() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let before = books(&desk, "a.db");
    let (config, prices) = changed(&CHANGES[1]);
    write(&desk, "b", &config, &prices);
    for site in ["restated_hour:1", "restated_hour:3", "restated_all:1"] {
        let arguments = [
            "restate",
            "--config",
            "b.toml",
            "--ledger",
            "a.db",
            "--since",
            "2025-06-01",
            "--reason",
            "x",
            "--yes",
        ];
        let mut command = desk.command(&arguments);
        let ended = command.env("CRASH_AT", site).output().unwrap();
        assert_eq!(ended.status.code(), None, "{site}");
        assert_eq!(books(&desk, "a.db"), before, "{site}");
    }
}

#[test]
fn hours_without_lines_stay_and_are_told() {
    const DAY: i64 = 86_400_000;
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let options = || Options {
        line_days: 1,
        ..Options::default()
    };
    let mut ledger = SqliteLedger::open(&desk.path("a.db"), options()).unwrap();
    let later = UnixMillis(9_999_999_999_999);
    while ledger.maintain(later).unwrap().more {}
    drop(ledger);
    let before = books(&desk, "a.db");
    let (config, prices) = changed(&CHANGES[1]);
    write(&desk, "b", &config, &prices);
    let told = restate(&desk, "b.toml", &["--yes"]);
    assert_eq!(
        (&told["lines"], &told["applied"]),
        (&0.into(), &false.into())
    );
    let fixed = told["fixed_days"].as_array().unwrap();
    let days: Vec<&str> = fixed
        .iter()
        .map(|day| day["date"].as_str().unwrap())
        .collect();
    assert_eq!(days, ["2025-06-01", "2025-06-02"]);
    assert!(fixed.iter().all(|day| day["why"] == "lines_gone"));
    assert_eq!(books(&desk, "a.db"), before);
    assert!(later.0 - START > 45 * DAY);
}

#[test]
fn a_fresh_replay_moves_the_old_books_aside() {
    let desk = desk(CONFIG, PRICES);
    replay(&desk, "a.toml", "a.db");
    let before = books(&desk, "a.db");
    let arguments = [
        "replay",
        "--fresh",
        "--config",
        "a.toml",
        "--ledger",
        "a.db",
        "log.jsonl",
    ];
    let fresh = desk.run(&arguments).ok();
    assert!(
        fresh
            .err
            .contains("the books that were there are now `a.db.2"),
        "{}",
        fresh.err
    );
    let names = std::fs::read_dir(desk.folder()).unwrap();
    let aside = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("a.db.2"));
    assert_eq!(books(&desk, &aside.unwrap()), before);
    desk.verify("a.db");
    // What is no ledger is not moved.
    let refused = desk.run(&["replay", "--fresh", "--ledger", "log.jsonl", "log.jsonl"]);
    refused.code(1);
    assert!(desk.path("log.jsonl").exists());
}
