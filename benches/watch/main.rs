//! What it takes to judge: one minute's close over ten thousand live series, and a backtest of 90 days of 200
//! features, each by all shipped rules; what the series hold in memory, and what one of them leaves in the books.
//!
//! Knows no ledger: facts come out of memory, as the books' past tells them, and go through the judging that
//! daemon and backtest share. A newcomer may ask why the slowest minute counts and not the mean: every tenth
//! feeds the detectors, and a source waits for that one too. Times are the processor's, so that a busy machine
//! judges alike.
//!
//! `cargo bench --bench watch -- [--days N]`. Ends with 1 when a limit is missed. The last line is a mark of
//! everything that was found in a company full of trouble, and of every row that was to be written: two builds
//! that print the same one judge alike.

#![allow(clippy::print_stdout, reason = "a bench prints")]

mod traffic;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tollwatch::alert::{Declared, Fact, Settings};
use tollwatch::app::alert::{Judging, Law};
use tollwatch::config::Rules;
use tollwatch::episode::DeskState;
use tollwatch::units::Text;
use tollwatch::watch::WatchState;

use traffic::{at, company, company_keys, declared, even, feature, keys};

/// One minute's close over ten thousand series.
const CLOSE_MOST: Duration = Duration::from_secs(1);
/// A backtest of 90 days.
const BACKTEST_MOST: Duration = Duration::from_mins(1);
/// What a series and metric leaves in the books, in bytes.
const STATE_MOST: usize = 4_096;
const DAYS: i64 = 90;
const DAY: i64 = 1_440;
/// Features of a minute's close, and of a backtest.
const MANY: i64 = 10_000;
const FEW: i64 = 200;
/// Days after which a series knows its hours of the week.
const LEARNED: i64 = 9;
/// The company's days.
const TROUBLE: i64 = 12;

/// What is asked of a judging after a minute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Only steps, as a backtest does.
    Steps,
    /// Rows too, to be written, as the daemon does.
    Rows,
    /// The same, for the mark.
    Marked,
}

/// A judging at work, and what it took.
struct Run {
    judging: Judging,
    slowest: Duration,
    all: Duration,
    mark: DefaultHasher,
    steps: usize,
}

impl Run {
    fn new(declared: &Declared, state: WatchState) -> Run {
        let rules = Rules::shipped();
        let law = Law {
            rules: &rules.rules,
            declared,
            told: &Settings::default(),
            zone: "Europe/Berlin".parse().unwrap_or(chrono_tz::Tz::UTC),
        };
        Run {
            judging: Judging::new(law, state, &DeskState::default()),
            slowest: Duration::ZERO,
            all: Duration::ZERO,
            mark: DefaultHasher::new(),
            steps: 0,
        }
    }

    /// Judges a minute; the processor's time that it took, or the wall's where the system does not tell.
    fn minute(&mut self, minute: i64, facts: Vec<Fact>, asked: Asked) -> Duration {
        let had = if asked == Asked::Rows {
            cpu()
        } else {
            Duration::MAX
        };
        let began = Instant::now();
        let (steps, _) = self.judging.relive(facts, at(minute + 1));
        self.steps += steps.len();
        if asked == Asked::Steps {
            let took = began.elapsed();
            self.all += took;
            return took;
        }
        let rows = (self.judging.watch.state(), self.judging.desk.state());
        let took = Some(cpu().saturating_sub(had)).filter(|took| *took > Duration::ZERO);
        let took = took.unwrap_or(began.elapsed());
        self.all += took;
        if asked == Asked::Marked {
            format!("{steps:?}").hash(&mut self.mark);
            rows.hash(&mut self.mark);
        }
        took
    }

    /// Tells even traffic; the first quarter of an hour makes the series.
    fn even(mut self, features: i64, minutes: Range<i64>, asked: Asked) -> Run {
        let from = minutes.start;
        self.judging.relive(keys(features), at(from));
        for minute in minutes {
            let took = self.minute(minute, even(features, minute), asked);
            if minute >= from + 15 {
                self.slowest = self.slowest.max(took);
            }
        }
        self
    }
}

/// What few features have learned, for as many as a minute's close has: those of the same remainder are alike.
fn learned_by_many(few: &WatchState) -> WatchState {
    let mut rows = few.0.clone();
    for (key, row) in few.0.range(Text::from("d\u{1f}")..Text::from("d ")) {
        for n in 0..FEW {
            let head = key.strip_suffix(feature(n).as_str());
            if let Some(head) = head.filter(|head| head.ends_with('\u{1f}')) {
                let alike = (n + FEW..MANY).step_by(usize::try_from(FEW).unwrap_or(1));
                let named = alike.map(|n| Text::from(format!("{head}{}", feature(n))));
                rows.extend(named.map(|name| (name, row.clone())));
            }
        }
    }
    WatchState(rows)
}

/// The memory that this process holds, in MB.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

/// The processor's time that this thread had, as far as the system tells it.
fn cpu() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split_whitespace().next();
    Duration::from_nanos(nanos.and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

/// How many series and metrics left a state, and the bytes of the largest.
fn states(state: &WatchState) -> (usize, usize) {
    let rows = state.0.iter().filter(|(key, _)| key.starts_with("d\u{1f}"));
    let sizes: Vec<usize> = rows.map(|(_, row)| row.len()).collect();
    (sizes.len(), sizes.into_iter().max().unwrap_or(0))
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip_while(|word| word != "--days").skip(1);
    let days = words.next().and_then(|days| days.parse().ok());
    let days = days.unwrap_or(DAYS);
    let nothing = Declared::default();
    let empty = WatchState::default;

    let few = Run::new(&nothing, empty()).even(FEW, 0..LEARNED * DAY, Asked::Steps);
    let few = few.judging.watch.whole_state();
    let before = memory_mb();
    let young = Run::new(&nothing, empty()).even(MANY, 0..45, Asked::Rows);
    let young = young.slowest;
    println!("one minute of {MANY} new series: {young:.1?} at most, limit {CLOSE_MOST:.0?}");
    let from = LEARNED * DAY;
    let many = Run::new(&nothing, learned_by_many(&few));
    let many = many.even(MANY, from..from + 45, Asked::Rows);
    let slowest = many.slowest;
    println!(
        "one minute of {MANY} that know their week: {slowest:.1?} at most, limit {CLOSE_MOST:.0?}"
    );
    let (mean, held) = (many.all / 45, memory_mb());
    println!("  on average {mean:.1?}; memory of the process {held} MB, before them {before} MB");
    let (series, bytes) = states(&many.judging.watch.whole_state());
    println!("  states of {series} series and metrics: {bytes} bytes at most, limit {STATE_MOST}");
    drop(many);

    let (began, had) = (Instant::now(), cpu());
    let few = Run::new(&nothing, empty()).even(FEW, 0..days * DAY, Asked::Steps);
    let share = cpu().saturating_sub(had).as_secs_f64() / began.elapsed().as_secs_f64();
    let all = few
        .all
        .mul_f64(if share > 0.0 { share.min(1.0) } else { 1.0 });
    println!(
        "{days} days of {FEW} features: {all:.1?}, limit {BACKTEST_MOST:.0?}; {:.1?} by the clock",
        few.all
    );

    let mut trouble = Run::new(&declared(), empty());
    trouble.minute(-1, company_keys(), Asked::Marked);
    for minute in 0..TROUBLE * DAY {
        trouble.minute(minute, company(minute), Asked::Marked);
    }
    trouble
        .judging
        .watch
        .whole_state()
        .0
        .hash(&mut trouble.mark);
    let (steps, mark) = (trouble.steps, trouble.mark.finish());
    println!("{TROUBLE} days of a company in trouble: {steps} steps, mark {mark:016x}");
    if young.max(slowest) <= CLOSE_MOST && all <= BACKTEST_MOST && bytes <= STATE_MOST {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
