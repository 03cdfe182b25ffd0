//! `influx rebuild`, `rebuild --from` and `verify` on a real InfluxDB 2 and a real InfluxDB 1, with alerts
//! among the points.
//!
//! Knows no follower: what is told is asked of the database. A newcomer may ask why points are deleted by
//! the server's own means here: emptying a bucket is for a person to order, and this one orders it.

use std::process::Command;

use tollwatch::config::InfluxVersion;
use tollwatch::ledger::{AlertApply, Alerts, EventRow, Options, SqliteLedger};
use tollwatch::series::AlertPoint;
use tollwatch::sink::Influx;
use tollwatch::units::UnixMillis;

use crate::common::{Answer, Desk};
use crate::launched::Server;
use crate::server::{ask, made, number};

/// Midnight of the third of four days, in Berlin.
const THIRD: i64 = 1_794_178_800;
const HOUR: i64 = 3_600;

/// Steps of alerts: seconds from the third day on, state, title; two of them share series and second.
const STEPS: [(i64, &str, &str); 6] = [
    (-30 * HOUR, "firing", "a day before"),
    (-30 * HOUR + 60, "resolved", "over, a day before"),
    (-1, "firing", "the last second before"),
    (0, "firing", "the first second, \"quoted\""),
    (0, "firing", "the same second, again"),
    (5 * HOUR, "resolved", "over\\ with a backslash"),
];

/// The demo's configuration, four days of its records, a ledger with alerts, and a database to tell.
fn books(desk: &Desk, server: &Server, of: (InfluxVersion, &str)) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/demo");
    for name in ["endpoints.toml", "features.toml"] {
        std::fs::copy(root.join(name), desk.path(name)).unwrap();
    }
    let config = std::fs::read_to_string(root.join("tollwatch.toml")).unwrap();
    let place = match of {
        (InfluxVersion::V1, database) => format!("version = 1\ndatabase = \"{database}\""),
        (_, bucket) => format!(
            "version = 2\norg = \"tollwatch\"\nbucket = \"{bucket}\"\ntoken = {{ file = {:?} }}",
            server.path("token")
        ),
    };
    let address = server.address();
    let database = format!("\n[[influxdb]]\nname = \"main\"\nurl = \"{address}\"\n{place}\n");
    desk.write("t.toml", format!("{config}{database}"));
    desk.run(&["simulate", "--seed", "7", "--days", "4", "--out", "records"])
        .ok();
    desk.run(&[
        "replay", "--config", "t.toml", "--ledger", "books.db", "records",
    ])
    .ok();
    let options = Options {
        time_zone: chrono_tz::Europe::Berlin,
        ..Options::default()
    };
    let mut ledger = SqliteLedger::open(&desk.path("books.db"), options).unwrap();
    let event = |(after, state, title): &(i64, &str, &str)| EventRow {
        at: UnixMillis((THIRD + after) * 1_000 + 250),
        body: serde_json::to_vec(&AlertPoint {
            rule: "spend per day".into(),
            kind: "threshold".into(),
            severity: "page".into(),
            state: (*state).into(),
            feature: "itsm/incident_summarization".into(),
            title: (*title).to_owned(),
            text: "two\nlines".to_owned(),
            value: Some(14),
            ..AlertPoint::default()
        })
        .unwrap(),
        ..EventRow::default()
    };
    let cursor = ledger.alert_cursor().unwrap();
    ledger
        .alert_apply(&AlertApply {
            cursor,
            events: STEPS.iter().map(event).collect(),
            ..AlertApply::default()
        })
        .unwrap();
}

/// How a command of databases ends.
fn ended(desk: &Desk, rest: &[&str], code: i32) -> Answer {
    let all = [&["influx"], rest].concat();
    let options = ["--json", "--config", "t.toml", "--ledger", "books.db"];
    desk.run(&[&all[..], &options].concat()).code(code)
}

/// What it answers.
fn influx(desk: &Desk, rest: &[&str], code: i32) -> serde_json::Value {
    ended(desk, rest, code).json()
}

/// Deletes the points of a measurement from an instant on.
fn delete(server: &Server, bucket: &str, from: &str) {
    let token = std::fs::read_to_string(server.path("token")).unwrap();
    let asked = format!(
        "{}/api/v2/delete?org=tollwatch&bucket={bucket}",
        server.address()
    );
    let body = format!("{{\"start\":\"{from}\",\"stop\":\"2100-01-01T00:00:00Z\"}}");
    let done = Command::new("curl")
        .args([
            "-sS",
            "--fail-with-body",
            "--noproxy",
            "*",
            "-X",
            "POST",
            "-d",
        ])
        .arg(body)
        .arg("-H")
        .arg(format!("Authorization: Token {}", token.trim()))
        .arg(asked)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

fn verified(desk: &Desk) -> serde_json::Value {
    let told = influx(desk, &["verify"], 0);
    assert_eq!(
        (&told["differing"], &told["untold"]),
        (&0.into(), &0.into()),
        "{told}"
    );
    told
}

#[test]
fn a_bucket_is_rebuilt_whole_and_from_a_day_on() {
    let Some(server) = Server::start("influxdb", &[]) else {
        return;
    };
    let (desk, bucket) = (Desk::new(), "rebuilt");
    books(&desk, &server, (InfluxVersion::V2, bucket));
    let client = made(&server.settings(InfluxVersion::V2, bucket));
    let whole = influx(&desk, &["rebuild"], 0);
    assert_eq!(whole["refused"], 0, "{whole}");
    let sums = verified(&desk)["sums"].clone();
    let spend = "SELECT SUM(cost_nanousd) FROM llm_calls";
    let cost = number(&client, spend);
    let points = |from: i64| {
        let question = format!("SELECT COUNT(calls) FROM llm_calls WHERE time >= {from}s");
        number(&client, &question)
    };
    let all = points(0);
    assert!(cost > 0 && all > 1_000, "{cost} in {all} points");

    // What is there is not told again, and nothing of it was touched.
    let day = "2026-11-09";
    for from in [&["rebuild"][..], &["rebuild", "--from", day]] {
        let told = ended(&desk, from, 2);
        assert!(told.err.contains("has points already"), "{told:?}");
    }
    verified(&desk);

    let before = all - points(THIRD);
    delete(&server, bucket, "2026-11-08T23:00:00Z");
    assert_eq!((points(0), points(THIRD)), (before, 0));
    let differing = influx(&desk, &["verify"], 1);
    assert!(differing["differing"].as_i64() > Some(100), "{differing}");
    let part = influx(&desk, &["rebuild", "--from", day], 0);
    assert_eq!(part["refused"], 0, "{part}");
    let (lines, most) = (part["lines"].as_i64().unwrap(), whole["lines"].as_i64());
    assert!(lines > 0 && Some(lines) < most, "{part}, {whole}");
    assert_eq!(verified(&desk)["sums"], sums);
    assert_eq!((number(&client, spend), points(0)), (cost, all));

    steps_are_told(&client);
}

/// Each step is there once, with its words, also two of one second.
fn steps_are_told(client: &Influx) {
    let question = "SELECT title, text, state, severity, rule FROM llm_alerts";
    let mut titles: Vec<String> = ask(client, question)
        .series
        .iter()
        .flat_map(|series| &series.values)
        .map(|row| format!("{:?}", row[1]))
        .collect();
    let mut wanted: Vec<String> = STEPS
        .iter()
        .map(|(_, _, title)| format!("Text({title:?})"))
        .collect();
    titles.sort();
    wanted.sort();
    assert_eq!(titles, wanted);
    let steps = "SELECT SUM(steps) FROM llm_alerts WHERE state = 'firing'";
    assert_eq!(number(client, steps), 4);
}

#[test]
fn a_database_of_version_1_is_rebuilt_whole() {
    let Some(server) = Server::start("influxdb1", &[]) else {
        return;
    };
    let (desk, place) = (Desk::new(), (InfluxVersion::V1, "rebuilt"));
    books(&desk, &server, place);
    let client = made(&server.settings(place.0, place.1));
    let whole = influx(&desk, &["rebuild"], 0);
    assert_eq!(whole["refused"], 0, "{whole}");
    assert!(verified(&desk)["sums"].as_i64() > Some(100));
    steps_are_told(&client);
}
