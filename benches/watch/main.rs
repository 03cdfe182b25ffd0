//! What it takes to judge: one minute's close over ten thousand live series, and a backtest of 90 days of 200
//! features, each by all shipped rules.
//!
//! Knows no ledger: facts come out of memory, as the books' past tells them, and go through the judging that
//! daemon and backtest share. A newcomer may ask why the slowest minute counts and not the mean: every tenth
//! feeds the detectors, and a source waits for that one too.
//!
//! `cargo bench --bench watch -- [--days N]`. Ends with 1 when a limit is missed.

#![allow(clippy::print_stdout, reason = "a bench prints")]

use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tollwatch::alert::{Declared, Fact, Settings};
use tollwatch::app::alert::{Judging, Law};
use tollwatch::cell::{Cell, Totals};
use tollwatch::config::Rules;
use tollwatch::entry::CellKey;
use tollwatch::episode::DeskState;
use tollwatch::hist::Layout;
use tollwatch::residency::Verdict;
use tollwatch::units::UnixMillis;
use tollwatch::watch::WatchState;

/// One minute's close over ten thousand series.
const CLOSE_MOST: Duration = Duration::from_secs(1);
/// A backtest of 90 days.
const BACKTEST_MOST: Duration = Duration::from_mins(1);
const DAYS: i64 = 90;
/// Monday, 2 November 2026.
const FROM: i64 = 1_793_577_600_000;

fn at(minute: i64) -> UnixMillis {
    UnixMillis(FROM + minute * 60_000)
}

fn key(feature: i64) -> CellKey {
    CellKey {
        feature: format!("app{}/skill{feature}", feature % 20)
            .as_str()
            .into(),
        endpoint: format!("endpoint{}", feature % 50).as_str().into(),
        provider: "azure".into(),
        model: "gpt-4o".into(),
        region: "azure:westeurope".into(),
        verdict: Some(Verdict::Held),
        grade: None,
    }
}

fn cell(feature: i64, minute: i64) -> Cell {
    let calls = 1 + (feature * 7 + minute * 13) % 5;
    let totals = Totals {
        calls_ok: calls,
        requests_ok: calls,
        requests_exact: calls,
        tokens_input: calls * 900,
        tokens_output: calls * 200,
        cost_exact_nanousd: calls * 4_000_000,
        latency_ms_sum: calls * 800,
        ..Totals::default()
    };
    let mut cell = Cell {
        totals,
        ..Cell::default()
    };
    cell.latency
        .add_bucket(Layout::latency().bucket(800), calls);
    cell.prompt.add_bucket(Layout::prompt().bucket(900), calls);
    cell
}

/// Tells and judges so many minutes of so many features: the slowest minute, and all of it.
fn run(features: i64, minutes: i64) -> (Duration, Duration) {
    let zone = "Europe/Berlin".parse().unwrap_or(chrono_tz::Tz::UTC);
    let rules = Rules::shipped();
    let law = Law {
        rules: &rules.rules,
        declared: &Declared::default(),
        told: &Settings::default(),
        zone,
    };
    let mut judging = Judging::new(law, WatchState::default(), &DeskState::default());
    let keys = (0..features).map(|feature| Fact::Key(feature, Rc::new(key(feature))));
    judging.relive(keys.collect(), at(0));
    let (mut slowest, mut all) = (Duration::ZERO, Duration::ZERO);
    for minute in 0..minutes {
        let cells = (0..features).map(|feature| (feature, cell(feature, minute)));
        let fact = Fact::Minute(at(minute), cells.collect());
        let began = Instant::now();
        judging.relive(vec![fact], at(minute + 1));
        judging.watch.state();
        judging.desk.state();
        let took = began.elapsed();
        all += took;
        // The first minutes make the series.
        if minute >= 15 {
            slowest = slowest.max(took);
        }
    }
    (slowest, all)
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip_while(|word| word != "--days").skip(1);
    let days = words
        .next()
        .and_then(|days| days.parse().ok())
        .unwrap_or(DAYS);
    let (slowest, _) = run(10_000, 45);
    println!("one minute of 10,000 series: {slowest:.1?} at most, limit {CLOSE_MOST:.0?}");
    let (_, all) = run(200, days * 1_440);
    println!("{days} days of 200 features: {all:.1?}, limit {BACKTEST_MOST:.0?}");
    if slowest <= CLOSE_MOST && all <= BACKTEST_MOST {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
