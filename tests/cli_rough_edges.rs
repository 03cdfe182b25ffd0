//! What a new user types wrong, and what is said of it: unknown names, empty books, numbers out of range.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use common::{Answer, Desk, good, good_lines};
use serde_json::Value;

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn said(answer: &Answer) -> String {
    answer.out.clone() + &answer.err
}

/// A usage report of ServiceNow's, without a host; `external` as the platform says it.
fn usage(n: usize, model: &str, external: bool) -> String {
    format!(
        r#"{{"sys_id": "{n:032x}", "started_at": "2025-06-02 09:14:28", "completed_at": "2025-06-02 09:14:31", "sys_created_on": "2025-06-02 09:14:32", "status": "Success", "source": "ChatSummary", "model_name": "{model}", "external": "{external}", "prompt_token_count": "100", "response_token_count": "10", "time_taken": "2903"}}"#
    )
}

#[test]
fn wrong_arguments_are_named_with_what_would_be_right() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..4));
    desk.write("folder/.hidden", "");
    desk.replay(&["log.jsonl"]);
    // The arguments, the exit code, and what is said.
    let rows = [
        ("prices update nope", 1, "nope: "),
        (
            "price --provider openai --model gpt-4o --input 5 --prices nope.toml",
            1,
            "nope.toml: ",
        ),
        (
            "price --provider openai --model gpt-4o --input -5",
            2,
            "'-5' for '--input <N>'",
        ),
        (
            "quarantine list --ledger books.db --limit -1",
            2,
            "'-1' for '--limit <N>'",
        ),
        (
            "report residency --ledger books.db --evidence -1",
            2,
            "'-1' for '--evidence <N>'",
        ),
        ("simulate --days 0 --out out", 2, "1..=3650"),
        ("run --every 0", 2, "1..=86400"),
        ("run --every -1", 2, "'--every <SECONDS>'"),
        ("replay --ledger x.db folder", 0, "no file in folder"),
        (
            "report daily --ledger books.db --feature incident_summarization",
            2,
            "did you mean `itsm/incident_summarization`?",
        ),
        (
            "report daily --ledger books.db --feature zzz",
            2,
            "there are `itsm/incident_summarization`",
        ),
        (
            "report daily --ledger books.db --feature itsm/incident_summarization --from 2024-01-01 --to 2024-01-02",
            0,
            "no LLM call on these days. They hold 2025-06-02 to 2025-06-02",
        ),
        (
            "export cells --ledger books.db --from 2024-01-01 --to 2024-01-02",
            0,
            "They hold 2025-06-02",
        ),
        (
            "quarantine list --ledger books.db",
            0,
            "No record is in quarantine",
        ),
    ];
    for (line, code, word) in rows {
        let told = desk.run(&words(line));
        let said = said(&told);
        assert_eq!(told.code, code, "{line}: {said}");
        assert!(said.contains(word), "{line}: {said}");
    }
    assert!(!desk.path("out").exists());
}

#[test]
fn a_price_says_what_of_the_question_nobody_knows() {
    let desk = Desk::new();
    // Provider, model, region; what is said, and the region told back.
    let rows = [
        (
            "azure",
            "gpt-4o",
            "mars",
            "`mars` is no region that is known",
            Some("mars"),
        ),
        (
            "azure",
            "gpt-4o",
            "westeurop",
            "did you mean `westeurope`?",
            Some("westeurop"),
        ),
        ("azure", "gpt-4o", "de", "`de` is a country", Some("de")),
        ("azure", "gpt-4o", "westeurope", "", None),
        ("azure", "gpt-4o", "eu", "", None),
        ("azur", "gpt-4o", "", "did you mean `azure`?", None),
        ("azure", "gpt4o", "", "did you mean `gpt-4o`?", None),
        (
            "openai",
            "no-such-model-at-all",
            "",
            "`no-such-model-at-all` at `openai`",
            None,
        ),
    ];
    for (provider, model, region, word, unknown) in rows {
        let mut line = vec!["price", "--json", "--input", "5", "--provider", provider];
        line.extend(["--model", model, "--region", region]);
        let told = desk.run(&line).ok();
        assert!(told.err.contains(word), "{line:?}: {}", told.err);
        assert_eq!(
            told.err.is_empty(),
            word.is_empty(),
            "{line:?}: {}",
            told.err
        );
        let region = unknown.map_or(Value::Null, Value::from);
        assert_eq!(told.json()["unknown_region"], region, "{line:?}");
    }
}

/// Books without anything to show say so in the place of tables; JSON stays one document.
#[test]
fn books_with_nothing_to_show_say_why() {
    let desk = Desk::new();
    let other = r#"{"sys_id": "0b1c6f2adb4c2010f0a1c9d2ca961902", "sys_created_on": "2025-06-02 09:14:31", "http_method": "GET", "hostname": "example.com", "path": "/", "response_status": "200"}"#;
    desk.write("none.jsonl", "");
    desk.write("other.jsonl", format!("{other}\n"));
    desk.write("broken.jsonl", format!("{other}\n{{\n"));
    let rows = [
        ("none", "The books are empty", "replay --ledger none.db"),
        ("other", "1 was ignored", "tollwatch inspect"),
        (
            "broken",
            "1 is in quarantine",
            "quarantine list --ledger broken.db",
        ),
    ];
    for (name, why, next) in rows {
        let ledger = format!("{name}.db");
        let log = format!("{name}.jsonl");
        desk.run(&["replay", "--ledger", &ledger, &log]).ok();
        for report in ["daily", "residency", "endpoints"] {
            let line = ["report", report, "--ledger", &ledger];
            let told = desk.run(&line).ok();
            let lines = told.out.lines().count();
            assert!(
                told.out.contains(why) && told.out.contains(next) && lines == 2,
                "{line:?}: {}",
                told.out
            );
            let told = desk.run(&[&line[..], &["--json"]].concat()).ok();
            told.json();
            assert!(told.err.contains(why), "{line:?}: {}", told.err);
        }
    }
}

#[test]
fn what_is_no_host_is_not_counted_as_one() {
    let desk = Desk::new();
    let log = [
        usage(1, "gpt_large", false),
        usage(2, "nobodys_alias", true),
        good(1),
    ];
    desk.write("log.jsonl", log.join("\n") + "\n");
    desk.replay(&["log.jsonl"]);
    let told = desk
        .run(&["report", "endpoints", "--json", "--ledger", "books.db"])
        .ok()
        .json();
    let kinds: Vec<(&str, &str)> = told["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["endpoint"].as_str().unwrap(),
                one["kind"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("contoso-weu.openai.azure.com", "host"),
        ("now_llm", "now_llm"),
        ("unassigned", "unassigned"),
    ];
    assert_eq!(kinds, expected);
    let shown = desk
        .run(&["report", "endpoints", "--ledger", "books.db"])
        .ok()
        .out;
    for word in [
        "1 LLM host is not registered",
        "1 request cannot be given",
        "ServiceNow's own Now LLM Service",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
}

#[test]
fn rules_places_and_tokens_are_told_whole() {
    let desk = Desk::new();
    desk.write("t.toml", "endpoints = \"e.toml\"\n[[feature]]\napplication = \"hr\"\nskill = \"x\"\nendpoints = [\"gpt\"]\nresidency = \"eu\"\n");
    desk.write("e.toml", "[endpoint.gpt]\nbase_url = \"https://contoso-weu.openai.azure.com\"\nmodel_name = \"gpt-4o\"\nregion = \"azure:westeurope\"\n");
    let placeless = good(3).replace("-weu.openai", ".openai");
    desk.write("log.jsonl", good_lines(1..3) + &placeless + "\n");
    let config = ["--config", "t.toml", "--ledger", "books.db"];
    desk.run(&[&["replay"], &config[..], &["log.jsonl"]].concat())
        .ok();
    let told = desk
        .run(&[&["report", "residency", "--json"], &config[..]].concat())
        .ok()
        .json();
    let feature = &told["features"][0];
    assert_eq!(feature["rule"], Value::Null);
    assert_eq!(feature["endpoint_rules"], serde_json::json!(["eu"]));
    // One host names no region.
    assert_eq!(feature["calls_nowhere"], 1, "{feature}");
    let shown = desk
        .run(&[&["report", "residency"], &config[..]].concat())
        .ok()
        .out;
    assert!(shown.contains("eu (the endpoint's)"), "{shown}");
    // 4,127 of input hold 1,024 from a cache.
    let daily = desk
        .run(&[&["report", "daily", "--json"], &config[..]].concat())
        .ok()
        .json();
    assert_eq!(daily["total"]["tokens_input_total"], 3 * 4127);
    assert_eq!(daily["total"]["tokens_input"], Value::Null);
}

#[test]
fn overflows_and_contradictions_are_shown() {
    let desk = Desk::new();
    desk.write("t.toml", "[limits]\nunknown_names_per_day = 1\n");
    let other = common::patched(1, "\"output\": 391, \"total\": 4518", "\"output\": 392");
    desk.write("log.jsonl", good_lines(1..3) + &other + "\n");
    desk.run(&[
        "replay",
        "--config",
        "t.toml",
        "--ledger",
        "my books.db",
        "log.jsonl",
    ])
    .ok();
    let told = desk
        .run(&["verify", "--json", "--ledger", "my books.db"])
        .ok()
        .json();
    assert!(told["overflows"]["names"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(told["contradictions"][0]["n"], 1, "{told}");
    let shown = desk.run(&["verify", "--ledger", "my books.db"]).ok().out;
    assert!(
        shown.contains("1 contradiction of ") && shown.contains("counted under `other`"),
        "{shown}"
    );
    let daily = desk
        .run(&["report", "daily", "--ledger", "my books.db"])
        .ok()
        .out;
    assert!(daily.contains("counted under `other`"), "{daily}");
}

#[test]
fn the_next_step_can_be_typed() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..3) + "{\n");
    for (ledger, path) in [("books.db", "books.db"), ("my books.db", "'my books.db'")] {
        let told = desk
            .run(&["replay", "--ledger", ledger, "log.jsonl"])
            .ok()
            .out;
        let next = format!("next: tollwatch quarantine list --ledger {path}\n");
        assert!(told.contains(&next), "{told}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn days_change_their_zone_from_a_day_on() {
    let desk = Desk::new();
    desk.write("log.jsonl", good_lines(1..4));
    desk.replay(&["log.jsonl"]);
    // The arguments behind `zone`, the exit code, and what is said.
    let rows = [
        ("--ledger books.db", 0, "the first  UTC"),
        ("--ledger books.db --set Europe/Zurich", 2, "--from"),
        (
            "--ledger books.db --set Europe/Nowhere --from 2025-07-01",
            2,
            "unknown time zone",
        ),
        (
            "--ledger books.db --set Europe/Zurich --from tomorrow",
            2,
            "`tomorrow` is no date",
        ),
        (
            "--ledger none.db --set Europe/Zurich --from 2025-07-01",
            1,
            "none.db",
        ),
        // The records are of the second.
        (
            "--ledger books.db --set Europe/Zurich --from 2025-06-02",
            1,
            "2025-06-04 is the first that can",
        ),
        (
            "--ledger books.db --set America/Lima --from 2025-06-02",
            1,
            "2025-06-03 is the first that can",
        ),
        (
            "--ledger books.db --set Europe/Zurich --from 2025-06-04",
            0,
            "2025-06-04 Europe/Zurich",
        ),
        (
            "--ledger books.db --set Asia/Tokyo --from 2025-06-04",
            1,
            "on that day or later already",
        ),
        (
            "--ledger books.db --json",
            0,
            r#"{"from":"2025-06-04","time_zone":"Europe/Zurich"}"#,
        ),
    ];
    for (arguments, code, told) in rows {
        let answer = desk.run(&words(&format!("zone {arguments}"))).code(code);
        let said = said(&answer);
        let squeezed = words(&said).join(" ");
        let told = words(told).join(" ");
        assert!(squeezed.contains(&told), "{arguments}: {said}");
    }
    assert!(!desk.path("none.db").exists());
    // A configuration that names another zone changes nothing, and hears so.
    desk.write("t.toml", "timezone = \"Europe/Berlin\"\n");
    let replay = [
        "replay",
        "--config",
        "t.toml",
        "--ledger",
        "books.db",
        "log.jsonl",
    ];
    let answer = desk.run(&replay).ok();
    assert!(
        answer
            .err
            .contains("days of this ledger begin in `Europe/Zurich`"),
        "{}",
        answer.err
    );
}
