//! Every query of every panel on a real `InfluxDB`, and what some of them must add up to.

use std::collections::BTreeMap;

use serde_json::Value;
use tollwatch::cell::Totals;
use tollwatch::clock::{Clock as _, SystemClock};
use tollwatch::series::LATENCY_BOUNDS;

use crate::filled::State;
use crate::influx::{Influx, Row};
use crate::points::{DAY, Points};
use crate::query::spell_out;
use crate::{Asked, other_queries, panel_queries, queries_to_copy};

/// The server with its points, and when they end, in seconds.
struct Loaded {
    influx: Influx,
    points: Points,
    end: i64,
}

impl Loaded {
    fn new() -> Option<Loaded> {
        let influx = Influx::start()?;
        let end = SystemClock.now().0 / 1000;
        let points = Points::until(end, Totals::NAMES);
        influx.write(&points.lines);
        Some(Loaded {
            influx,
            points,
            end,
        })
    }

    /// A dashboard of these days, with everything chosen.
    fn state(&self, days: f64) -> State {
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "a few days"
        )]
        let range = (days * 86_400_000.0) as i64;
        State {
            from: self.end * 1000 - range,
            to: self.end * 1000,
            interval: 60_000,
            values: BTreeMap::new(),
            timezone: "UTC",
        }
    }

    fn asked(&self, asked: &Asked) -> State {
        let days = match asked.from.as_str() {
            "now-14d" => 14.0,
            "now-30d" => 30.0,
            "now-6h" => 0.25,
            other => panic!("no such range: {other}"),
        };
        let mut state = self.state(days);
        state.interval = match asked.interval.as_str() {
            "1m" => 60_000,
            "1h" => 3_600_000,
            other => panic!("no such interval: {other}"),
        };
        state
    }

    fn rows(&self, sql: &str) -> Vec<Row> {
        self.influx
            .ask(sql)
            .unwrap_or_else(|fault| panic!("{fault}\n{sql}"))
    }
}

/// Whether an answer has a value beside its time.
pub(crate) fn tells(rows: &[Row]) -> bool {
    let told = |row: &Row| {
        row.columns
            .iter()
            .any(|(name, value)| name != "time" && !value.is_null())
    };
    rows.iter().any(told)
}

fn every_query_is_answered(loaded: &Loaded) {
    let mut silent = Vec::new();
    let asked: Vec<Asked> = panel_queries().into_iter().chain(other_queries()).collect();
    for asked in &asked {
        let sql = loaded.asked(asked).fill(&asked.sql);
        match loaded.influx.ask(&sql) {
            Ok(rows) if tells(&rows) => {}
            Ok(_) => silent.push(format!("{}: no data: {sql}", asked.by)),
            Err(fault) => silent.push(format!("{}: {fault}: {sql}", asked.by)),
        }
    }
    for (by, sql) in queries_to_copy() {
        match loaded.influx.ask(&sql) {
            Ok(rows) if tells(&rows) => {}
            Ok(_) => silent.push(format!("{by}: no data: {sql}")),
            Err(fault) => silent.push(format!("{by}: {fault}: {sql}")),
        }
    }
    assert_eq!(silent, [""; 0]);
}

/// One value, several, and such that a regular expression would read otherwise.
fn every_query_takes_choices(loaded: &Loaded) {
    let mut refused = Vec::new();
    let choices: [[&[&str]; 2]; 2] = [
        [
            &["itsm/incident_summarization"],
            &["gpt4o-itsm", "gpt4o-itsm-long"],
        ],
        [
            &["itsm/incident_summarization", "unattributed"],
            &["spare, no rule", "api.shadow.example"],
        ],
    ];
    for [features, endpoints] in choices {
        for asked in panel_queries().iter().chain(&other_queries()) {
            let mut state = loaded.asked(asked);
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            state.values.insert("feature", owned(features));
            state.values.insert("endpoint", owned(endpoints));
            // An empty time zone is what a server without the follower's point gives.
            state.timezone = "";
            let sql = state.fill(&asked.sql);
            if let Err(fault) = loaded.influx.ask(&sql) {
                refused.push(format!("{}: {fault}: {sql}", asked.by));
            }
        }
    }
    assert_eq!(refused, [""; 0]);
}

/// The rows of a panel's query, found by a piece of each.
fn of_panel(loaded: &Loaded, title: &str, piece: &str) -> Vec<Row> {
    let all = panel_queries();
    let found = all
        .iter()
        .find(|asked| asked.by.ends_with(title) && asked.sql.contains(piece));
    let asked = found.unwrap_or_else(|| panic!("no panel {title:?} asks {piece:?}"));
    loaded.rows(&loaded.asked(asked).fill(&asked.sql))
}

fn close(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= wanted.abs() * 1e-9
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "compared to nine digits"
)]
fn usd(nano: i64) -> f64 {
    nano as f64 / 1e9
}

fn spend_adds_up(loaded: &Loaded) {
    let today = loaded.end.div_euclid(DAY);
    let of_day = |day: i64| -> i64 {
        let days = loaded.points.cost.iter().filter(|((at, _), _)| *at == day);
        days.map(|(_, cost)| *cost).sum()
    };
    let title = "What did today cost, what did yesterday?";
    let found = of_panel(loaded, title, "LIMIT 1 tz")[0].number("sum");
    assert!(close(found, usd(of_day(today))), "today: {found}");
    let found = of_panel(loaded, title, "OFFSET 1")[0].number("sum");
    assert!(close(found, usd(of_day(today - 1))), "yesterday: {found}");

    let title = "how far is that from what was approved?";
    for row in of_panel(loaded, title, "\"Spend\"") {
        let feature = row.tags["feature"].as_str().unwrap();
        let costs = &loaded.points.cost;
        let one = costs
            .iter()
            .find(|((day, name), _)| *day == today - 1 && *name == feature);
        let wanted = one.map_or(0, |(_, cost)| *cost);
        assert!(close(row.number("Spend"), usd(wanted)), "{row:?}");
    }
    let rows = of_panel(loaded, title, "AS \"Per answer\"");
    let features: Vec<&Value> = rows.iter().map(|row| &row.tags["feature"]).collect();
    assert_eq!(
        features.len(),
        2,
        "a feature without answers has no cost per answer: {features:?}"
    );
}

/// The straight line is the month so far, by the share of the month that has passed.
fn the_month_ends_on_a_straight_line(loaded: &Loaded) {
    let at = |text: &str| {
        chrono::DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    };
    let cases = [
        ("2026-11-16T00:00:00Z", 30.0, 15.0),
        ("2026-10-31T12:00:00Z", 31.0, 30.5),
        ("2026-08-02T00:00:00Z", 31.0, 1.0),
        ("2026-07-02T00:00:00Z", 31.0, 1.0),
        ("2027-02-15T00:00:00Z", 28.0, 14.0),
        ("2028-02-15T00:00:00Z", 29.0, 14.0),
        ("2027-01-02T06:00:00Z", 31.0, 1.25),
        ("2027-03-02T00:00:00Z", 31.0, 1.0),
        ("2027-12-11T00:00:00Z", 31.0, 10.0),
        ("2027-09-11T00:00:00Z", 30.0, 10.0),
    ];
    for (end, days, gone) in cases {
        let mut state = loaded.state(1.0);
        state.to = at(end);
        let sql = r#"SELECT count("calls") * 0 + {days_in_month} AS "days", count("calls") * 0 + {days_gone} AS "gone" FROM "llm_calls""#;
        let rows = loaded.rows(&state.fill(&spell_out(sql)));
        let found = (rows[0].number("days"), rows[0].number("gone"));
        assert_eq!(found, (days, gone), "{end}");
    }
}

/// A quantile out of buckets lies between the bounds of the bucket that holds the true one.
fn quantiles_lie_where_they_must(loaded: &Loaded) {
    let state = loaded.state(17.0);
    for percent in [1_usize, 50, 90, 95, 99] {
        let sql = format!(
            r#"SELECT {{quantile {percent}}} AS "q" FROM (SELECT {{buckets}} {{calls}} AND $timeFilter GROUP BY "endpoint") WHERE "n" > 0 GROUP BY "endpoint""#
        );
        let rows = loaded.rows(&state.fill(&spell_out(&sql)));
        assert_eq!(rows.len(), loaded.points.latencies.len());
        for row in rows {
            let mut all = loaded.points.latencies[row.tags["endpoint"].as_str().unwrap()].clone();
            all.sort_unstable();
            let rank = (percent * all.len()).div_ceil(100);
            let truth = all[rank - 1];
            let upper = LATENCY_BOUNDS
                .iter()
                .position(|(bound, _)| i64::try_from(*bound).is_ok_and(|bound| bound >= truth))
                .unwrap();
            let bound = |place: usize| f64::from(u32::try_from(LATENCY_BOUNDS[place].0).unwrap());
            let lower = upper.checked_sub(1).map_or(0.0, bound);
            let found = row.number("q");
            assert!(
                found >= lower - 1.0 && found <= bound(upper) + 1.0,
                "p{percent} is {truth}, between {lower} and {}; found {found}: {:?}",
                bound(upper),
                row.tags
            );
        }
    }
}

fn verdicts_add_up(loaded: &Loaded) {
    let title = "Did every call stay where it must?";
    for (verdict, calls) in &loaded.points.verdicts {
        let found = of_panel(loaded, title, &format!("'{verdict}'"))[0].number("sum");
        assert!(
            close(found, usd(calls * 1_000_000_000)),
            "{verdict}: {found}, not {calls}"
        );
    }
}

/// Each call is in one row of the heat map.
fn the_heat_map_has_every_call(loaded: &Loaded) {
    let sql = "SELECT {heat} {calls} AND $timeFilter";
    let rows = loaded.rows(&loaded.state(17.0).fill(&spell_out(sql)));
    let columns = rows[0].columns.iter().filter(|(name, _)| *name != "time");
    let found: i64 = columns.map(|(_, value)| value.as_i64().unwrap()).sum();
    let wanted: i64 = loaded.points.verdicts.values().sum();
    assert_eq!(found, wanted);
}

#[test]
#[ignore = "a real InfluxDB, whose first build takes minutes: make grafana"]
fn a_real_server_answers() {
    let Some(loaded) = Loaded::new() else {
        return;
    };
    every_query_is_answered(&loaded);
    every_query_takes_choices(&loaded);
    spend_adds_up(&loaded);
    the_month_ends_on_a_straight_line(&loaded);
    quantiles_lie_where_they_must(&loaded);
    verdicts_add_up(&loaded);
    the_heat_map_has_every_call(&loaded);
}
