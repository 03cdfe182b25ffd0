//! The business rule for Stream Connect, run in Node with a stand-in for the platform's objects:
//! what it sends is read by our own decoder, and nothing that a person wrote is in it.
//!
//! Skips loudly where there is no `node`. A newcomer may ask why columns read are checked besides
//! what is sent: a script that never reads a prompt cannot send one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tollwatch::call::{Class, Format, Report};
use tollwatch::decode::{self, Context, Settings, Told};
use tollwatch::provider::Gate;

/// Every case of the stand-in by name; `None` without `node`.
fn run() -> Option<BTreeMap<String, Value>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("node")
        .arg(root.join("tests/data/servicenow_script/stand_in.js"))
        .arg(root.join("deploy/servicenow/stream_genai_log.js"))
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            aloud::skipped(format!(
                "the business rule was not run, because `node` cannot: {error}"
            ));
            return None;
        }
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let case = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        (case["name"].as_str().unwrap().to_owned(), case)
    };
    Some(text.lines().map(case).collect())
}

fn read(message: &str) -> Box<Report> {
    let mut told = Vec::new();
    let (settings, gate) = (Settings::default(), Gate::default());
    let context = Context {
        settings: &settings,
        gate: &gate,
    };
    decode::decode(message.as_bytes(), context, &mut told);
    match told.pop() {
        Some(Told::Report(report)) if told.is_empty() => report,
        other => panic!("{message}: {other:?}"),
    }
}

#[test]
fn sends_what_a_request_used_and_nothing_that_a_person_wrote() {
    let Some(cases) = run() else { return };
    // Name, whether it is sent, class, tokens, scope, user.
    let rows = [
        (
            "finished",
            Some((Class::Ok, Some((4127, 391)), "sn_itsm_gen_ai", "")),
        ),
        (
            "completed",
            Some((Class::Ok, Some((4127, 391)), "sn_itsm_gen_ai", "")),
        ),
        (
            "failed",
            Some((Class::Throttled, None, "sn_itsm_gen_ai", "")),
        ),
        ("older", Some((Class::Ok, Some((4127, 391)), "", ""))),
        (
            "caller",
            Some((
                Class::Ok,
                Some((4127, 391)),
                "sn_itsm_gen_ai",
                "6816f79cc0a8016401c5a33be04be441",
            )),
        ),
        ("started", None),
        ("again", None),
        ("topicless", None),
        ("broken", None),
    ];
    assert_eq!(rows.len(), cases.len());
    for (name, expected) in rows {
        let case = &cases[name];
        assert!(!case["sent"].to_string().contains("hush"), "{case}");
        assert!(!case["logged"].to_string().contains("hush"), "{case}");
        let sent = case["sent"].as_array().unwrap();
        let Some((class, tokens, scope, user)) = expected else {
            assert!(sent.is_empty(), "{case}");
            continue;
        };
        assert_eq!(sent.len(), 1, "{name}");
        assert_eq!(sent[0]["topic"], "topic-1");
        let report = read(sent[0]["message"].as_str().unwrap());
        let usage = report.usage.as_ref().unwrap();
        assert_eq!(report.format, Format::ServicenowGenai, "{name}");
        assert_eq!(usage.class, Some(class), "{name}");
        assert_eq!(
            usage.usage.map(|usage| (usage.input, usage.output)),
            tokens,
            "{name}"
        );
        assert_eq!(usage.external, Some(true), "{name}");
        assert_eq!(
            (report.origin.scope.as_str(), report.origin.user.as_str()),
            (scope, user),
            "{name}"
        );
        assert_eq!(report.at.to_string(), "2026-11-20T09:14:28.000Z", "{name}");
    }
    assert_eq!(cases["broken"]["logged"].as_array().unwrap().len(), 1);
}

#[test]
fn never_reads_a_column_that_holds_words() {
    let Some(cases) = run() else { return };
    let read: BTreeSet<&str> = cases
        .values()
        .flat_map(|case| case["read"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    assert!(read.len() > 15, "{read:?}");
    for words in [
        "prompt",
        "response",
        "output_metadata",
        "untranslated_prompt",
        "edited_response",
        "sys_created_by",
    ] {
        assert!(!read.contains(words), "{words}");
    }
}
