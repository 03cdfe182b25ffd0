//! A call explained by the rules of its time, any two spans compared, mails of a folder, files of a month.
//!
//! Knows no browser. A newcomer may ask why the configuration is changed between two readings: only then
//! can a page explain an old call by the wrong rules.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;
mod common;
mod ledger_support;
mod web_support;

use serde_json::Value;
use tollwatch::app::report::call::explain;
use tollwatch::app::setup;
use tollwatch::clock::FixedClock;
use tollwatch::ledger::{Ledger, Span, SqliteLedger};
use tollwatch::line::Line;
use tollwatch::units::UnixMillis;

use common::Desk;
use web_support::{Served, ask};

const NOW: UnixMillis = UnixMillis(1_795_200_000_000);

/// A configuration with one endpoint of the sample records, its rule and its contract price.
fn config(rule: &str, input: &str) -> (String, String) {
    let main = format!(
        r#"
prices = "prices.toml"
[[feature]]
application = "itsm"
skill = "incident_summarization"
residency = "{rule}"
"#
    );
    let prices = format!(
        "[[row]]\nprovider = \"azure\"\nmodel = \"gpt-4o*\"\ninput = \"{input}\"\noutput = \"10\"\nsource = \"contract\"\n"
    );
    (main, prices)
}

fn lines(ledger: &SqliteLedger) -> Vec<Line> {
    let mut lines = Vec::new();
    let all = Span {
        from: UnixMillis(0),
        to: UnixMillis(i64::MAX / 2),
    };
    ledger
        .lines(all, &mut |line| {
            lines.push(line);
            Ok(())
        })
        .unwrap();
    lines
}

#[test]
fn a_call_is_explained_by_the_rules_of_its_time() {
    let desk = Desk::new();
    let sample = std::fs::read("tests/data/litellm/azure_router.json").unwrap();
    desk.write("one.json", &sample);
    let write = |rule: &str, input: &str| {
        let (main, prices) = config(rule, input);
        desk.write("t.toml", main);
        desk.write("prices.toml", prices);
    };
    write("us", "2");
    let read = ["--config", "t.toml", "one.json"];
    desk.replay(&read);
    // The rules change; the books have seen the new ones as well.
    write("eu", "4");
    let later = String::from_utf8(sample).unwrap();
    let later = later
        .replace("054b25f1", "154b25f1")
        .replace("chatcmpl-known1", "chatcmpl-2");
    desk.write("two.json", later);
    desk.replay(&["--config", "t.toml", "two.json"]);

    let setup = setup::load(Some(&desk.path("t.toml")), &FixedClock::at(NOW)).unwrap();
    let ledger = SqliteLedger::open_read_only(&desk.path("books.db")).unwrap();
    let lines = lines(&ledger);
    assert_eq!(lines.len(), 2);
    let mut seen = Vec::new();
    for line in &lines {
        let told = explain(&ledger, &setup, (line.id, line.at), NOW).unwrap();
        let report = told.reports.first().unwrap();
        assert_eq!(report.differs, Vec::<String>::new());
        let input = report.price.items.iter().find(|item| item.used == "input");
        seen.push((
            report.config.number,
            report.config.present,
            report.residency.rule.clone(),
            report.residency.verdict,
            input.unwrap().rate_usd.clone(),
        ));
        // The parts add up to what was booked.
        let cost = report.price.cost_nanousd.unwrap();
        let exact = report.price.exact_usd.as_ref().unwrap();
        let nano = exact.replace('.', "").parse::<i64>().unwrap();
        assert!((nano - cost * 1_000_000).abs() <= 500_000, "{exact} {cost}");
        let parts = report.price.items.iter();
        let parts = parts.map(|item| item.amount_usd.replace('.', "").parse::<i64>().unwrap());
        assert_eq!(parts.sum::<i64>(), nano);
        // The strongest evidence stands first and decided.
        let first = report.residency.all.first().unwrap();
        assert_eq!(first.kind, "resource_region");
    }
    seen.sort();
    let row = |number, present, rule: &str, verdict, rate: &str| {
        (
            number,
            present,
            rule.to_owned(),
            Some(verdict),
            rate.to_owned(),
        )
    };
    assert_eq!(
        seen,
        [
            row(1, false, "us", "unproven", "2"),
            row(2, true, "eu", "violated", "4"),
        ]
    );
}

#[test]
fn any_two_spans_are_compared_to_the_nano_dollar() {
    let served = Served::new(ledger_support::traffic(11, 4000, 9), "");
    let whole = served.whole();
    let (from, to) = whole
        .trim_start_matches("?from=")
        .split_once("&to=")
        .unwrap();
    let cases = [
        format!("?from={to}&to={to}"),
        format!("?from={to}&to={to}&against_from={from}&against_to={from}"),
        format!("?from={from}&to={to}&against_from={from}&against_to={from}"),
    ];
    for query in cases {
        let table = ask(&served, &format!("/spend/difference.csv{query}"));
        assert_eq!(table.status, 200, "{query}: {}", table.body);
        let sum = |by: &str| -> i64 {
            let lines = table.body.lines().filter(|line| line.starts_with(by));
            let amounts = lines.map(|line| line.rsplit(',').next().unwrap().replace('.', ""));
            amounts.map(|amount| amount.parse::<i64>().unwrap()).sum()
        };
        assert_ne!(table.body.lines().count(), 1, "{query}");
        assert_eq!(sum("cause"), sum("feature"), "{query}: {}", table.body);
    }
    for wrong in [
        "?against_from=2026-11-20",
        "?against_from=2026-11-20&against_to=2026-11-01",
        "?against_from=x&against_to=y",
    ] {
        assert_eq!(
            ask(&served, &format!("/spend{wrong}")).status,
            400,
            "{wrong}"
        );
    }
}

#[test]
fn mails_of_a_folder_are_framed_and_nothing_else_is_opened() {
    let entries = || ledger_support::traffic(3, 50, 1);
    let bare = Served::new(entries(), "");
    assert_eq!(ask(&bare, "/mails").status, 404);
    let config = "[alerts.mail]\nfolder = \"outbox\"\nfrom = \"a@b.example\"\nfallback_to = \"c@d.example\"\n";
    let served = Served::new(entries(), config);
    let none = ask(&served, "/mails");
    assert_eq!(none.status, 200);
    assert!(none.body.contains("No mail"), "{}", none.body);
    let folder = served.config().parent().unwrap().join("outbox");
    std::fs::create_dir_all(&folder).unwrap();
    let mail = "Subject: <b>hostile</b>\r\nTo: x@y.example\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_a\"\r\n\r\n\
        --=_a\r\nContent-Type: text/plain\r\n\r\nplain <i>words</i>\r\n--=_a\r\nContent-Type: text/html\r\n\r\n<p>page</p><script>x()</script>\r\n--=_a--\r\n";
    std::fs::write(folder.join("20261120T1.eml"), mail).unwrap();
    std::fs::write(folder.join("../secret.eml"), mail).unwrap();
    let list = ask(&served, "/mails");
    assert!(list.body.contains("mail=20261120T1"), "{}", list.body);
    assert!(list.body.contains("&lt;b&gt;hostile"), "{}", list.body);
    let one = ask(&served, "/mails?mail=20261120T1");
    assert_eq!(one.status, 200);
    assert!(one.body.contains("plain &lt;i&gt;words"), "{}", one.body);
    assert!(one.body.contains("<iframe sandbox=\"\""), "{}", one.body);
    assert!(one.head.contains("frame-src 'self'") && !one.head.contains("unsafe"));
    let frame = ask(&served, "/mails/20261120T1.html");
    assert_eq!(frame.status, 200);
    assert!(frame.body.contains("<p>page</p>"));
    for word in [
        "sandbox; default-src 'none'",
        "frame-ancestors 'self'",
        "x-frame-options: sameorigin",
    ] {
        assert!(frame.head.to_lowercase().contains(word), "{}", frame.head);
    }
    assert!(!frame.head.contains("script-src"));
    for outside in [
        "/mails/..%2Fsecret.html",
        "/mails/../secret.html",
        "/mails/none.html",
        "/mails?mail=../secret",
    ] {
        assert_eq!(ask(&served, outside).status, 404, "{outside}");
    }
}

#[test]
fn a_month_is_the_same_as_a_file_and_as_json() {
    let desk = Desk::new();
    let served = Served::new(ledger_support::traffic(5, 900, 4), "");
    let books = served.ledger().display().to_string();
    let arguments = ["report", "monthly", "--ledger", &books, "--html", "m.html"];
    let json: Value = desk
        .run(&[&arguments[..], &["--json"]].concat())
        .ok()
        .json();
    let page = std::fs::read_to_string(desk.path("m.html")).unwrap();
    let cost = json["spend"]["total"]["cost_nanousd"].as_i64().unwrap();
    let said = tollwatch::figure::dollars(tollwatch::money::NanoUsd(cost));
    assert!(page.contains(&said), "{said}");
    let why = &json["why"];
    assert_eq!(why["cost_nanousd"].as_i64(), Some(cost));
    assert!(!page.contains("href="), "a file leads nowhere");
    assert!(!page.contains("<script"), "a file runs nothing");
    for wrong in ["2026", "2026-13", "x"] {
        let asked = ["report", "monthly", "--ledger", &books, "--month", wrong];
        desk.run(&asked).code(2);
    }
}
