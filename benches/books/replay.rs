//! A replay of many records: memory, speed, and what the books weigh.
//!
//! Knows no limit but its own. A newcomer may ask why records of the simulator's own size
//! are read here and padded ones elsewhere: what the books weigh does not hang on what is not read.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tollwatch::app::Silent;
use tollwatch::app::replay::{self as job, Asked};
use tollwatch::clock::FixedClock;
use tollwatch::ledger::SqliteLedger;
use tollwatch::source::list;

use super::measure::{share, verdict};
use super::paths::{NOW, setup};
use super::traffic;

/// The first argument of the process that replays.
pub(crate) const CHILD: &str = "--replay-child";
/// Most memory that a replay may ever hold, in KiB.
const MEMORY_KIB: u64 = 200 << 10;
/// Requests of a day; two half-records each, and tries.
const REQUESTS_PER_DAY: u64 = 120_000;
/// About how many records such a day has.
const RECORDS_PER_DAY: u64 = 245_000;
/// Most bytes of ten million identities.
const TEN_MILLION_IDS_BYTES: u64 = 150_000_000;

/// The child: replays the files of a folder into books beside it and says what it held.
pub(crate) fn child(mut words: impl Iterator<Item = String>) {
    let dir = PathBuf::from(words.next().expect("the folder"));
    let setup = setup(&dir);
    let clock = FixedClock::at(NOW);
    let mut ledger = setup.open(&dir.join("books.db")).expect("books");
    let mut judge = setup.judge(&mut ledger, &clock).expect("books");
    let begun = Instant::now();
    let files = list::list(&[dir.join("records")]).expect("the records");
    let asked = Asked {
        files: &files,
        format: None,
    };
    let replayed = job::replay(
        &setup,
        (&mut judge, &mut ledger),
        &clock,
        asked,
        &mut Silent,
    )
    .expect("the replay goes through");
    println!(
        "{} {} {}",
        replayed.applied.metered,
        begun.elapsed().as_millis(),
        most_memory_kib()
    );
}

/// The most memory that this process ever held.
fn most_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Runs the child over a folder: metered, milliseconds, KiB.
fn replayed(dir: &Path) -> (u64, u64, u64) {
    let out = Command::new(std::env::current_exe().expect("this program"))
        .arg(CHILD)
        .arg(dir)
        .stderr(Stdio::inherit())
        .output()
        .expect("the child runs");
    let words = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut numbers = words
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

/// Prints memory, speed and sizes of a replay; how many limits were missed.
pub(crate) fn replay(records: u64) -> u32 {
    let days = u32::try_from(records.div_ceil(RECORDS_PER_DAY)).unwrap_or(u32::MAX);
    println!("replay of {days} days of both half-records, files to linked books, one process");
    let dir = tempfile::tempdir().expect("a folder");
    traffic::files(&dir.path().join("records"), REQUESTS_PER_DAY, days);
    let (metered, millis, kib) = replayed(dir.path());
    println!(
        "  {metered} metered in {} s, {} a second",
        millis / 1000,
        metered * 1000 / millis.max(1)
    );
    let ids = sizes(&dir.path().join("books.db"), metered);
    let ids_held = verdict(
        ids * 10 <= TEN_MILLION_IDS_BYTES,
        &format!(
            "ten million ids weigh {} MB on disk, {} allowed",
            ids * 10 / 1_000_000,
            TEN_MILLION_IDS_BYTES / 1_000_000
        ),
    );
    ids_held
        + verdict(
            metered > 0 && kib <= MEMORY_KIB,
            &format!(
                "{} MB at most ever held, {} allowed",
                kib >> 10,
                MEMORY_KIB >> 10
            ),
        )
}

/// Prints what each part of the books weighs for a million records; the bytes of a million ids.
fn sizes(path: &Path, metered: u64) -> u64 {
    let ledger = SqliteLedger::open_read_only(path).expect("books");
    let tables = ledger.table_bytes().expect("books");
    let all: u64 = tables.values().sum();
    let million = |bytes: u64| share(bytes, metered);
    println!("  for a million records: {:.1} MB", million(all));
    let mut rest = all;
    for (name, part) in [
        ("ids", &["ids"][..]),
        ("lines", &["line"]),
        ("cells", &["cell", "cell_seq", "family"]),
        ("conversations", &["conversation", "conversation_day"]),
    ] {
        let bytes: u64 = part.iter().filter_map(|table| tables.get(*table)).sum();
        rest -= bytes;
        println!("    {name:<14} {:>6.1} MB", million(bytes));
    }
    println!("    {:<14} {:>6.1} MB", "all else", million(rest));
    tables
        .get("ids")
        .map_or(0, |bytes| bytes.saturating_mul(1_000_000) / metered.max(1))
}
