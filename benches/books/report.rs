//! `report daily` of the real program on 400 days of books.
//!
//! Knows no figure of the report. A newcomer may ask why the books are made from entries and not
//! from records: what counts here is how many keys and buckets a day has, not how they came there.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tollwatch::app::{Silent, links};
use tollwatch::attribute::Registry;
use tollwatch::ledger::{Ledger, Options, SqliteLedger};
use tollwatch::units::{Text, UnixMillis};

use super::ledger_support::{DAY, Dice, NOW, START, batch, entry, shared};
use super::measure::{median, timed, verdict};

/// Days of the books.
const DAYS: i64 = 400;
/// Features, each of which calls every endpoint.
const FEATURES: u64 = 40;
/// Endpoints.
const ENDPOINTS: u64 = 10;
/// Calls of each pair on a day.
const CALLS: i64 = 6;
/// Runs of the program; the median counts.
const RUNS: usize = 15;
/// Longest median.
const LIMIT: Duration = Duration::from_secs(1);

fn make(path: &Path) {
    let mut ledger = SqliteLedger::open(path, Options::default()).expect("fresh books");
    let mut dice = Dice(5);
    let mut id = 0;
    for day in 0..DAYS {
        let mut entries = Vec::new();
        for pair in 0..FEATURES * ENDPOINTS {
            for _ in 0..CALLS {
                let minute = i64::try_from(dice.roll(1_440)).expect("small");
                let mut one = entry(START - day * DAY + minute * 60_000, id);
                shared(&mut one).key.feature =
                    Text::from(format!("app{}/skill{}", pair % 5, pair % FEATURES));
                shared(&mut one).key.endpoint = Text::from(format!("endpoint-{}", pair / FEATURES));
                entries.push(one);
                id += 1;
            }
        }
        ledger
            .apply(&batch(entries), NOW)
            .expect("the books take it");
    }
    let all = UnixMillis(i64::MAX);
    links::bring_up_to_date(&mut ledger, &Registry::default(), all, &mut Silent)
        .expect("the books take it");
}

/// Prints the median time of the report; how many limits were missed.
pub(crate) fn daily() -> u32 {
    println!("`report daily` on {DAYS} days, {FEATURES} features by {ENDPOINTS} endpoints");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("books.db");
    make(&path);
    let runs = (0..RUNS)
        .map(|_| {
            timed(|| {
                let status = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
                    .args(["report", "daily", "--ledger"])
                    .arg(&path)
                    .stdout(Stdio::null())
                    .status()
                    .expect("the program runs");
                assert!(status.success(), "the report ends well");
            })
        })
        .collect();
    let middle = median(runs);
    verdict(
        middle < LIMIT,
        &format!(
            "median of {RUNS} runs {} ms, below {}",
            middle.as_millis(),
            LIMIT.as_millis()
        ),
    )
}
