//! The whole path against decoding alone, and a topic of other calls against scanning for the host.
//!
//! Knows no files but the ledger's. A newcomer may ask why all runs on one thread: the ratio is
//! to hold for each core that a deployment pays for.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use tollwatch::app::discover::{About, Survey};
use tollwatch::app::pipeline::{Means, Partition, Pipeline};
use tollwatch::app::setup::{self, Setup};
use tollwatch::clock::FixedClock;
use tollwatch::decode::{self, Context, Settings, Told};
use tollwatch::ledger::{Ledger, Position};
use tollwatch::units::{Text, UnixMillis};

use super::measure::{in_turns, timed, verdict};
use super::traffic;

/// The clock of a bench: after all records.
pub(crate) const NOW: UnixMillis = UnixMillis(1_830_000_000_000);
/// What the whole path must reach of its baseline.
const LEAST: f64 = 0.5;

/// The formats that are measured.
pub(crate) const FORMATS: [&str; 3] = ["servicenow_outbound", "native", "otlp"];

/// A configuration in a folder of its own.
pub(crate) fn setup(dir: &Path) -> Setup {
    traffic::configure(dir, traffic::FEATURES, "");
    let file = dir.join("tollwatch.toml");
    match setup::load(Some(&file), &FixedClock::at(NOW)) {
        Ok(setup) => setup,
        Err(failure) => panic!("the bench's configuration: {failure:?}"),
    }
}

/// Reads records into fresh books; how many were metered.
fn book(setup: &Setup, path: &Path, records: &[Vec<u8>]) -> u64 {
    let clock = FixedClock::at(NOW);
    let mut ledger = setup.open(path).expect("fresh books");
    let mut judge = setup.judge(&mut ledger, &clock).expect("fresh books");
    let settings = Settings::default();
    let partition = Partition {
        topic: Text::from("sn_logstoanalytics"),
        ..Partition::default()
    };
    let mut means = Means {
        judge: &mut judge,
        gate: &setup.gate,
        settings: &settings,
        ignore_scopes: &[],
    };
    let mut pipeline = Pipeline::of_one(Text::from("bench"), partition, NOW);
    let mut metered = 0;
    let mut offset = 0;
    for record in records {
        pipeline.record(&mut means, (0, offset), record);
        offset += 1;
        if pipeline.is_full() {
            metered += commit(&mut pipeline, &mut ledger, offset);
        }
    }
    metered + commit(&mut pipeline, &mut ledger, offset)
}

fn commit(pipeline: &mut Pipeline, ledger: &mut dyn Ledger, offset: u64) -> u64 {
    let to = Position {
        offset,
        ..Position::default()
    };
    pipeline.moves_to(0, Some(to));
    pipeline.book(ledger).expect("the books take it").metered
}

fn decode_all(setup: &Setup, records: &[Vec<u8>]) {
    let settings = Settings::default();
    let context = Context {
        settings: &settings,
        gate: &setup.gate,
    };
    let mut told: Vec<Told> = Vec::new();
    for record in records {
        told.clear();
        decode::decode(black_box(record), context, &mut told);
        black_box(&told);
    }
}

/// One run of the whole path, the making of fresh books left out of the time.
fn whole(setup: &Setup, dir: &Path, records: &[Vec<u8>]) -> (Duration, u64, u64) {
    let path = dir.join("books.db");
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let file = format!("{}{suffix}", path.display());
        if Path::new(&file).exists() {
            std::fs::remove_file(file).expect("the bench's own file");
        }
    }
    drop(setup.open(&path).expect("fresh books"));
    let mut metered = 0;
    let took = timed(|| metered = book(setup, &path, records));
    let bytes = std::fs::metadata(&path).map_or(0, |about| about.len());
    (took, metered, bytes)
}

/// Prints each format's ratio; how many limits were missed.
pub(crate) fn whole_against_decoding(formats: &[&str], calls: usize, rounds: usize) -> u32 {
    println!("whole path (bytes to committed books on disk) against decoding alone, one thread");
    let mut missed = 0;
    for format in formats {
        let records = traffic::records(
            (format, traffic::RECORD_BYTES),
            calls,
            (traffic::FEATURES, 0),
        );
        let dir = tempfile::tempdir().expect("a folder");
        let setup = setup(dir.path());
        let size = records.iter().map(Vec::len).sum::<usize>() / records.len().max(1);
        let mut last = (0, 0);
        let (path, baseline, ratio) = in_turns(
            rounds,
            records.len(),
            || {
                let (took, metered, bytes) = whole(&setup, dir.path(), &records);
                last = (metered, bytes);
                took
            },
            || timed(|| decode_all(&setup, &records)),
        );
        println!(
            "  {format}: {} records of {size} bytes, {} metered, books of {} KB",
            records.len(),
            last.0,
            last.1 >> 10
        );
        println!("    whole path {path:>10.0} records/s");
        println!("    decoding   {baseline:>10.0} records/s");
        missed += verdict(
            ratio >= LEAST,
            &format!("ratio {ratio:.2}, at least {LEAST}"),
        );
    }
    missed
}

/// Prints the ratio of looking at a sample against decoding it, for each format and for a topic of
/// other calls; how many limits were missed.
pub(crate) fn discover_against_decoding(calls: usize, rounds: usize) -> u32 {
    println!("looking at a sample (`discover`) against decoding alone, one thread");
    let mut missed = 0;
    let topic = ("servicenow_outbound", calls / 20, 1_900);
    let samples = FORMATS.iter().map(|format| (*format, calls, 0));
    for (format, calls, others) in samples.chain([topic]) {
        let records = traffic::records(
            (format, traffic::RECORD_BYTES),
            calls,
            (traffic::FEATURES, others),
        );
        let dir = tempfile::tempdir().expect("a folder");
        let setup = setup(dir.path());
        let look = || {
            let mut survey = Survey::new(&setup.gate, None);
            let stream = survey.stream(About::default());
            for record in &records {
                survey.record(stream, black_box(record));
            }
            black_box(survey.records());
        };
        let (path, baseline, ratio) = in_turns(
            rounds,
            records.len(),
            || timed(look),
            || timed(|| decode_all(&setup, &records)),
        );
        let share = if others > 0 { ", 95 % other calls" } else { "" };
        println!("  {format}{share}: {} records", records.len());
        println!("    discover   {path:>10.0} records/s");
        println!("    decoding   {baseline:>10.0} records/s");
        missed += verdict(
            ratio >= LEAST,
            &format!("ratio {ratio:.2}, at least {LEAST}"),
        );
    }
    missed
}

/// Prints the ratio on a topic of other calls; how many limits were missed.
pub(crate) fn others_against_scanning(calls: usize, rounds: usize) -> u32 {
    println!("95 % other calls: whole path against scanning the bytes for the host, one thread");
    let records = traffic::records(
        ("servicenow_outbound", traffic::RECORD_BYTES),
        calls / 20,
        (traffic::FEATURES, 1_900),
    );
    let dir = tempfile::tempdir().expect("a folder");
    let setup = setup(dir.path());
    let scan = || {
        for record in &records {
            let host = decode::skim_host(black_box(record));
            black_box(host.is_some_and(|host| setup.gate.might_admit(&host, "")));
        }
    };
    let mut metered = 0;
    let (path, baseline, ratio) = in_turns(
        rounds,
        records.len(),
        || {
            let (took, n, _) = whole(&setup, dir.path(), &records);
            metered = n;
            took
        },
        || timed(scan),
    );
    let finder = memchr::memmem::Finder::new(b"\"hostname\":\"");
    let found = timed(|| {
        for record in &records {
            black_box(finder.find(black_box(record)));
        }
    });
    println!("  {} records, {metered} metered", records.len());
    println!("    whole path                              {path:>10.0} records/s");
    println!("    one pass over keys and values, host     {baseline:>10.0} records/s");
    println!("      taken out and asked of the gate");
    println!(
        "    for scale: first `\"hostname\":\"` by memmem {:>8.0} records/s",
        super::measure::rate(records.len(), found)
    );
    verdict(
        ratio >= LEAST,
        &format!("ratio {ratio:.2}, at least {LEAST}"),
    )
}
