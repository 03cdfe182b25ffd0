//! The API by its own description: every answer fits it, parts add up to the whole, and what is wrong is
//! said so.
//!
//! Knows no page. A newcomer may ask why the description is tried by a program of others: whoever wrote
//! both would make the same mistake twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;
mod ledger_support;
mod web_support;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use web_support::{Served, ask, ask_with};

fn told(served: &Served, path: &str) -> Value {
    let answer = ask(served, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn every_answer_is_described_and_has_what_is_required() {
    for entries in [Vec::new(), ledger_support::traffic(5, 400, 3)] {
        let mut served = Served::new(entries, "");
        served.alert(1..=3);
        let described = told(&served, "/api/v1/openapi.json");
        let paths = described["paths"].as_object().unwrap();
        assert!(paths.len() > 12, "{}", paths.len());
        for (path, about) in paths {
            let value = told(&served, &path.replace("{number}", "2"));
            let schema = &about["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            fits(&value, schema, &described, path);
        }
    }
}

/// Whether a value has what its schema requires, all the way down.
fn fits(value: &Value, schema: &Value, whole: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        let schema = &whole["components"]["schemas"][name];
        assert!(schema.is_object(), "{at}: {name} is not described");
        return fits(value, schema, whole, at);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(
            value.is_null() || value.get(name).is_some(),
            "{at} lacks {name}"
        );
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            fits(value, schema, whole, &format!("{at}.{name}"));
        }
    }
    for value in value.as_array().into_iter().flatten() {
        if schema["items"].is_object() {
            fits(value, &schema["items"], whole, &format!("{at}[]"));
        }
    }
}

#[test]
fn money_is_whole() {
    let served = Served::new(ledger_support::traffic(5, 400, 3), "");
    let described = ask(&served, "/api/v1/openapi.json").body;
    let described: Value = serde_json::from_str(&described).unwrap();
    let mut seen = 0;
    for (name, schema) in described["components"]["schemas"].as_object().unwrap() {
        for (field, about) in schema["properties"].as_object().into_iter().flatten() {
            let text = about.to_string();
            assert!(!text.contains("\"number\""), "{name}.{field} is a fraction");
            if field.contains("nanousd") {
                assert!(text.contains("integer"), "{name}.{field}: {text}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

/// All rows of a list, part by part, and how many parts there were.
fn parts(served: &Served, first: &str, rows: &str) -> (Vec<String>, usize) {
    let (mut all, mut next, mut parts) = (Vec::new(), Some(first.to_owned()), 0);
    while let Some(path) = next {
        let part = told(served, &path);
        all.extend(part[rows].as_array().unwrap().iter().map(Value::to_string));
        next = part["next"].as_str().map(str::to_owned);
        parts += 1;
        assert!(parts < 400, "{first} does not end");
    }
    (all, parts)
}

#[test]
fn parts_add_up_to_the_whole() {
    let mut served = Served::new(ledger_support::traffic(5, 300, 6), "");
    served.alert(1..=23);
    let calls = format!("/api/v1/calls{}", served.whole());
    let cases = [
        (calls.clone(), "calls"),
        (format!("{calls}&outcome=throttled"), "calls"),
        ("/api/v1/alerts?state=all".to_owned(), "alerts"),
        ("/api/v1/alerts?state=open".to_owned(), "alerts"),
    ];
    for (path, rows) in cases {
        let (whole, _) = parts(&served, &format!("{path}&limit=500"), rows);
        assert!(whole.len() > 5, "{path}: {}", whole.len());
        for limit in [1, 7] {
            let (all, n) = parts(&served, &format!("{path}&limit={limit}"), rows);
            assert_eq!(all, whole, "{path} by {limit}");
            assert!(n >= all.len() / limit, "{path} by {limit}");
        }
        let different: BTreeSet<&String> = whole.iter().collect();
        assert_eq!(different.len(), whole.len(), "{path}");
    }
}

#[test]
fn an_alert_is_told_whole() {
    let mut served = Served::new(ledger_support::traffic(5, 40, 2), "");
    served.alert(1..=2);
    let one = told(&served, "/api/v1/alerts/1");
    assert_eq!(one["alert"]["value"]["n"], 7_000_000_000_i64);
    assert_eq!(one["alert"]["value"]["unit"], "nanousd");
    assert_eq!(one["alert"]["resolved"], Value::Null);
    assert_eq!(one["steps"][0]["to"][0], "a@example.org");
    let list = told(&served, "/api/v1/alerts");
    assert_eq!(list["alerts"][1], one["alert"]);
}

/// What is asked, the status, the code and the parameter that is wrong.
const WRONG: [(&str, u16, &str, Option<&str>); 22] = [
    ("/api/v1/nothing", 404, "not_found", None),
    ("/api/v1/alerts/9", 404, "not_found", None),
    (
        "/api/v1/alerts/99999999999999999999",
        404,
        "not_found",
        None,
    ),
    ("/api/v1/alerts/9223372036854775808", 404, "not_found", None),
    ("/api/v1/spend/days", 404, "not_found", None),
    ("/api/v2/spend", 404, "not_found", None),
    (
        "/api/v1/spend?from=yesterday",
        400,
        "bad_parameter",
        Some("from"),
    ),
    (
        "/api/v1/spend?from=2026-02-30",
        400,
        "bad_parameter",
        Some("from"),
    ),
    (
        "/api/v1/spend?from=2026-11-20&to=2026-11-19",
        400,
        "bad_parameter",
        Some("from"),
    ),
    (
        "/api/v1/spend?form=2026-11-20",
        400,
        "bad_parameter",
        Some("form"),
    ),
    (
        "/api/v1/residency?feature=a",
        400,
        "bad_parameter",
        Some("feature"),
    ),
    (
        "/api/v1/spend?from=2026-11-20&from=2026-11-20",
        400,
        "bad_parameter",
        Some("from"),
    ),
    (
        "/api/v1/spend?feature=%ff",
        400,
        "bad_parameter",
        Some("query"),
    ),
    ("/api/v1/calls?limit=0", 400, "bad_parameter", Some("limit")),
    (
        "/api/v1/calls?limit=501",
        400,
        "bad_parameter",
        Some("limit"),
    ),
    (
        "/api/v1/calls?limit=ten",
        400,
        "bad_parameter",
        Some("limit"),
    ),
    ("/api/v1/calls?limit=+", 400, "bad_parameter", Some("limit")),
    (
        "/api/v1/calls?cursor=x",
        400,
        "bad_parameter",
        Some("cursor"),
    ),
    (
        "/api/v1/calls?outcome=bad",
        400,
        "bad_parameter",
        Some("outcome"),
    ),
    (
        "/api/v1/alerts?state=shut",
        400,
        "bad_parameter",
        Some("state"),
    ),
    (
        "/api/v1/alerts?cursor=-1",
        400,
        "bad_parameter",
        Some("cursor"),
    ),
    (
        "/api/v1/alerts/1?from=2026-11-20",
        400,
        "bad_parameter",
        Some("from"),
    ),
];

#[test]
fn what_is_wrong_is_said_with_what_is_right() {
    let served = Served::new(ledger_support::traffic(3, 40, 2), "");
    for (path, status, code, parameter) in WRONG {
        let answer = ask(&served, path);
        assert_eq!(answer.status, status, "{path}");
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        let error = &told["error"];
        assert_eq!(error["code"], code, "{path}");
        assert_eq!(error["parameter"].as_str(), parameter, "{path}");
        for field in ["message", "expected"] {
            assert!(
                !error[field].as_str().unwrap().is_empty(),
                "{path}: {field}"
            );
        }
    }
    let answer = ask_with(&served, "POST", "/api/v1/spend", &[]);
    assert_eq!(answer.status, 405);
    assert!(answer.head.contains("allow: get"), "{}", answer.head);
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["error"]["code"], "not_allowed");
}

/// Whether the schema of a parameter allows an empty text.
fn may_be_empty(schema: &Value) -> bool {
    if let Some(kinds) = schema["anyOf"].as_array() {
        return kinds.iter().any(may_be_empty);
    }
    let pattern = schema["pattern"].as_str();
    let listed = schema["enum"].as_array();
    schema["type"] == "string"
        && pattern.is_none_or(|pattern| pattern.ends_with(")?$"))
        && listed.is_none_or(|listed| listed.contains(&Value::from("")))
}

#[test]
fn what_a_form_leaves_empty_was_not_given_and_is_described_so() {
    let mut served = Served::new(ledger_support::traffic(3, 40, 2), "");
    served.alert(1..=2);
    let described = told(&served, "/api/v1/openapi.json");
    let (mut seen, mut numbers) = (0, 0);
    for (path, about) in described["paths"].as_object().unwrap() {
        let path = path.replace("{number}", "1");
        let whole = told(&served, &path);
        for parameter in about["get"]["parameters"].as_array().unwrap() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            let schema = &parameter["schema"];
            assert!(may_be_empty(schema), "{path} {name}: {schema}");
            assert_eq!(told(&served, &format!("{path}?{name}=")), whole, "{name}");
            seen += 1;
            numbers += usize::from(schema.to_string().contains("integer"));
        }
    }
    assert!(
        seen > 25 && numbers == 2,
        "{seen} parameters, {numbers} numbers"
    );
}

#[test]
fn an_answer_at_hand_is_not_sent_again() {
    let mut served = Served::new(ledger_support::traffic(3, 40, 2), "");
    for path in ["/api/v1/calls", "/api/v1/alerts", "/api/v1/health"] {
        let head = ask(&served, path).head;
        let tag = head
            .lines()
            .find_map(|line| line.strip_prefix("etag: "))
            .unwrap();
        let again = ask_with(&served, "GET", path, &[("If-None-Match", tag)]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        served.book(ledger_support::traffic(77, 5, 2));
        served.alert(1..=1);
        let other = ask_with(&served, "GET", path, &[("If-None-Match", tag)]);
        assert_eq!(other.status, 200, "{path}");
        served = Served::new(ledger_support::traffic(3, 40, 2), "");
    }
}

/// Requests made from the document by schemathesis: in so many seconds none may fail, and each answer
/// must be as described. Which days exist no pattern can say, so a well-formed one may be refused.
#[test]
fn nothing_that_the_description_allows_breaks_it() {
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/schemathesis");
    let mut served = Served::new(ledger_support::traffic(5, 400, 3), "");
    served.alert(1..=12);
    let address = format!("http://{}/api/v1/openapi.json", served.address());
    let examples = std::env::var("WEB_FUZZ").unwrap_or_else(|_| "10".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(SCRIPT)
        .args(["run", &address, "--max-examples", &examples])
        .args(["--exclude-checks", "positive_data_acceptance", "--no-color"])
        .args(["--workers", "2", "--continue-on-failure"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let fault = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) {
        aloud::skipped(fault.trim_end());
        return;
    }
    assert!(output.status.success(), "{said}\n{fault}");
    assert!(said.contains("passed"), "{said}");
}
