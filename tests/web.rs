//! Pages of real books, asked over TCP: empty ones, one call, 500 features, hostile names.
//!
//! Knows no browser (`tests/web_browser`). A newcomer may ask why figures are compared with the
//! program's own reports: a page that says another sum than `report --json` is wrong, whichever is
//! right.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;
mod common;
mod ledger_support;
mod web_support;

use serde_json::Value;
use tollwatch::app::pages::PLACES;
use tollwatch::entry::Entry;

use common::program;
use ledger_support::entry;
use web_support::{Served, ask, ask_with, hostile};

const START: i64 = 1_795_132_800_000;
/// Heaviest page.
const WEIGHT_MAX: usize = 150_000;

fn served(entries: Vec<Entry>) -> Served {
    Served::new(entries, "")
}

#[test]
fn every_page_and_table_stands_whatever_the_books_hold() {
    let cases = [
        ("nothing", Vec::new()),
        ("one call", vec![entry(START, 1)]),
        ("hostile names", hostile(8, 3)),
        ("500 features", hostile(500, 2)),
    ];
    for (what, entries) in cases {
        let served = served(entries);
        for (path, title, _) in PLACES {
            let page = ask(&served, path);
            assert_eq!(page.status, 200, "{what} {path}: {}", page.body);
            let body = &page.body;
            assert!(body.contains("<h1>"), "{what} {path}");
            assert!(
                body.len() < WEIGHT_MAX,
                "{what} {path}: {} bytes",
                body.len()
            );
            for evil in [
                "<script>alert",
                "<img",
                " style=",
                "onclick",
                "<b>",
                "http://",
            ] {
                let evil_at = body.find(evil).filter(|_| !(evil == "<b>" && path == "/"));
                assert_eq!(evil_at, None, "{what} {path} holds {evil}");
            }
            assert!(
                page.head
                    .contains("content-security-policy: default-src 'none'")
            );
            if what != "nothing" {
                assert!(
                    body.contains(&format!("<title>{title} · ")),
                    "{what} {path}"
                );
            }
            for link in links(body).filter(|link| link.contains(".csv")) {
                let table = ask(&served, &link);
                assert_eq!(table.status, 200, "{what} {link}");
                assert!(table.head.contains("text/csv"), "{what} {link}");
                let formula = |line: &str| line.starts_with('=') || line.contains(",=");
                assert!(!table.body.lines().any(formula), "{what} {link}");
            }
        }
    }
}

/// A call of each of some features a day, so that over all days there are many of both.
fn many_days(days: i64, features: i64) -> Vec<Entry> {
    let calls = (0..days).flat_map(|day| (0..12).map(move |n| (day, (day * 12 + n) % features)));
    let call = |(id, (day, feature)): (u64, (i64, i64))| {
        let at = START - day * ledger_support::DAY + feature * 60_000;
        let mut one = entry(at, id);
        ledger_support::shared(&mut one).key.feature =
            format!("app{}/skill{feature}", feature % 5).into();
        one
    };
    (1..).zip(calls).map(call).collect()
}

#[test]
fn four_hundred_days_weigh_no_more_than_a_page_may() {
    let served = served(many_days(400, 200));
    for (path, ..) in PLACES {
        let page = ask(&served, &format!("{path}?from=2025-10-17&to=2026-11-20"));
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let weight = page.body.len();
        assert!(weight < WEIGHT_MAX, "{path}: {weight} bytes");
    }
    // Pictures tell weeks, tables days.
    let page = ask(&served, "/spend?from=2025-10-17&to=2026-11-20").body;
    assert!(page.contains("by week, Monday to Sunday"), "{page}");
    let days = ask(&served, "/spend/days.csv?from=2025-10-17&to=2026-11-20").body;
    assert_eq!(days.lines().count(), 401, "each day and the heading");
    let fortnight = ask(&served, "/spend").body;
    assert!(!fortnight.contains("by week"), "{fortnight}");
}

/// Where links of a page lead.
fn links(body: &str) -> impl Iterator<Item = String> {
    let parts = body.split("href=\"").skip(1);
    parts.filter_map(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&")))
}

#[test]
fn links_of_pages_lead_somewhere() {
    let served = served(hostile(8, 3));
    let mut seen = std::collections::BTreeSet::new();
    for (path, ..) in PLACES {
        for link in links(&ask(&served, path).body).filter(|link| link.starts_with('/')) {
            if seen.insert(link.clone()) {
                let answer = ask(&served, &link);
                assert_eq!(
                    answer.status, 200,
                    "{path} leads to {link}: {}",
                    answer.body
                );
            }
        }
    }
    assert!(seen.len() > 40, "{}", seen.len());
}

#[test]
fn figures_are_those_of_the_reports() {
    let served = served(ledger_support::traffic(7, 4000, 9));
    let report = |question: &str| -> Value {
        let mut command = program();
        command.args(["report", question, "--json", "--ledger"]);
        command
            .arg(served.ledger())
            .arg("--config")
            .arg(served.config());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let span = "?from=2000-01-01&to=2002-01-01";
    assert_eq!(ask(&served, &format!("/api/v1/spend{span}")).status, 400);
    let all = served.whole();
    for (name, question) in [("spend", "daily"), ("endpoints", "endpoints")] {
        let told: Value =
            serde_json::from_str(&ask(&served, &format!("/api/v1/{name}{all}")).body).unwrap();
        assert_eq!(told, report(question), "{name}");
    }
    let daily = report("daily");
    let dollars = |nano: &Value| {
        tollwatch::figure::dollars(tollwatch::money::NanoUsd(nano.as_i64().unwrap()))
    };
    let spend = ask(&served, &format!("/spend{all}"));
    let headline = spend
        .body
        .split("<h1>")
        .nth(1)
        .unwrap()
        .split("</h1>")
        .next()
        .unwrap();
    let sum = dollars(&daily["total"]["cost_nanousd"]);
    assert!(headline.contains(&sum), "{headline}: {sum}");
    let table = ask(&served, &format!("/spend/features.csv{all}")).body;
    let mut rows = table.lines();
    let keys: Vec<&str> = rows.next().unwrap().split(',').collect();
    let at = keys.iter().position(|key| *key == "cost_usd").unwrap();
    let costs = rows.map(|row| row.split(',').nth(at).unwrap().replace('.', ""));
    let costs: i64 = costs.map(|cost| cost.parse::<i64>().unwrap()).sum();
    assert_eq!(costs, daily["total"]["cost_nanousd"].as_i64().unwrap());
    let residency = report("residency");
    let page = ask(&served, &format!("/residency{all}")).body;
    let violated = tollwatch::figure::count(residency["violated"].as_i64().unwrap());
    assert!(page.contains(&violated), "{violated}");
}

#[test]
fn the_split_of_a_difference_adds_up() {
    let served = served(ledger_support::traffic(3, 500, 4));
    let why = ask(&served, &format!("/api/v1/why{}", served.whole())).body;
    let why: Value = serde_json::from_str(&why).unwrap();
    let of = |name: &str| why[name].as_i64().unwrap();
    let parts = [
        "approved_nanousd",
        "tokens_nanousd",
        "retries_nanousd",
        "price_nanousd",
        "without_approval_nanousd",
    ];
    let sum: i64 = parts.iter().map(|part| of(part)).sum();
    assert_eq!(sum, of("cost_nanousd"));
    assert!(sum > 0);
}

#[test]
fn answers_are_marked_and_strangers_are_sent_away() {
    let served = served(hostile(2, 2));
    let first = ask(&served, "/spend");
    let tag = first
        .head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap()
        .to_owned();
    let again = ask_with(&served, "GET", "/spend", &[("If-None-Match", &tag)]);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let cases = [
        ("GET", "/spend", "Host", "evil.example", 421),
        (
            "GET",
            "/api/v1/spend",
            "Host",
            "127.0.0.1.evil.example:80",
            421,
        ),
        ("GET", "/spend", "Host", "[::1]:9464", 200),
        ("POST", "/spend", "Host", "localhost", 405),
        ("GET", "/../etc/passwd", "Host", "localhost", 404),
        ("GET", "/calls?outcome=nothing", "Host", "localhost", 400),
        ("GET", "/spend/nothing.csv", "Host", "localhost", 404),
        ("HEAD", "/", "Host", "localhost", 200),
    ];
    for (method, path, name, value, status) in cases {
        let answer = ask_with(&served, method, path, &[(name, value)]);
        assert_eq!(answer.status, status, "{method} {path} {value}");
    }
}

#[test]
fn what_is_missing_is_told_to_people_as_a_page_and_to_programs_as_text() {
    let served = served(hostile(2, 2));
    for (accept, kind) in [("text/html,*/*", "text/html"), ("*/*", "text/plain")] {
        for path in ["/nothing", "/alerts/77", "/spend/nothing.csv"] {
            let answer = ask_with(&served, "GET", path, &[("Accept", accept)]);
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.head.contains(kind), "{path}: {}", answer.head);
        }
    }
}

#[test]
fn calls_are_found_by_what_they_hold() {
    let served = served(ledger_support::traffic(5, 300, 2));
    let all = served.whole();
    let page = ask(&served, &format!("/calls{all}")).body;
    assert!(page.contains("the newest of"), "{page}");
    let rows = |query: &str| {
        let table = ask(&served, &format!("/calls/lines.csv{all}{query}")).body;
        table.lines().count() - 1
    };
    assert!(rows("") > 50);
    assert!(rows("&outcome=throttled") < rows(""));
    let none = ask(&served, &format!("/calls{all}&q=no+such+thing"));
    assert_eq!(none.status, 200);
    assert!(none.body.contains("No "), "{}", none.body);
}
