//! How long the books take for a record, and how many bytes: in order, again, and shuffled.
//!
//! Prints nanoseconds a record; compares nothing. `make bench` sets figures against limits.

#![allow(clippy::print_stdout, reason = "a bench prints")]
#![allow(clippy::unwrap_used, reason = "a bench fails where it stands")]

#[path = "../tests/ledger_support/mod.rs"]
mod ledger_support;

use std::time::Instant;

use ledger_support::{Dice, NOW, batch, traffic};
use tollwatch::entry::Entry;
use tollwatch::ledger::{Ledger, Options, Span, SqliteLedger};
use tollwatch::line::{Kept, decode, encode};
use tollwatch::units::Text;

/// Records of a batch, as the application takes them.
const BATCH: u64 = 10_000;

fn nanos(since: Instant, n: usize) -> u128 {
    since.elapsed().as_nanos() / u128::try_from(n.max(1)).unwrap()
}

/// Books entries in batches and says how long each took.
fn book(ledger: &mut SqliteLedger, name: &str, entries: &[Entry]) {
    let mut spent = 0;
    for part in entries.chunks(usize::try_from(BATCH).unwrap()) {
        let part = batch(part.to_vec());
        let begun = Instant::now();
        ledger.apply(&part, NOW).unwrap();
        spent += begun.elapsed().as_nanos();
    }
    let each = spent / u128::try_from(entries.len()).unwrap();
    println!("{name:<28} {each:>8} ns a record");
}

fn lines(entries: &[Entry]) {
    let (source, topic) = (
        Text::from("hermes"),
        Text::from("snc.acme.sn_logstoanalytics"),
    );
    let kept: Vec<Kept<'_>> = entries
        .iter()
        .map(|entry| Kept {
            entry,
            id: entry.identity.key(),
            key: &entry.shared.key,
            source: &source,
            topic: &topic,
            partition: 2,
        })
        .collect();
    let begun = Instant::now();
    let chunk = encode(&kept);
    println!(
        "{:<28} {:>8} ns a line",
        "encode lines",
        nanos(begun, kept.len())
    );
    println!("{:<28} {:>8} bytes a line", "", chunk.len() / kept.len());
    let begun = Instant::now();
    let lines = decode(&chunk).unwrap();
    println!(
        "{:<28} {:>8} ns a line",
        "decode lines",
        nanos(begun, lines.len())
    );
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let mut ledger = SqliteLedger::open(&path, Options::default()).unwrap();
    let mut all = traffic(3, 300_000, 1);
    lines(all.split_at(10_000).0);
    book(&mut ledger, "in order, 200 a minute", &all);
    all = traffic(1, 300_000, 14);
    book(&mut ledger, "in order, 15 a minute", &all);
    let begun = Instant::now();
    let mut n = 0;
    ledger
        .lines(Span::ALL, &mut |_| {
            n += 1;
            Ok(())
        })
        .unwrap();
    println!("{:<28} {:>8} ns a line", "read lines", nanos(begun, n));
    book(&mut ledger, "the same again", &all);
    println!(
        "{:<28} {:>8} bytes a record",
        "file",
        ledger.file_bytes() / 600_000
    );
    all = traffic(2, 60_000, 400);
    let mut dice = Dice(3);
    for i in (1..all.len()).rev() {
        let other = usize::try_from(dice.roll(u64::try_from(i + 1).unwrap())).unwrap();
        all.swap(i, other);
    }
    book(&mut ledger, "shuffled over 400 days", &all);
    book(&mut ledger, "shuffled, again", &all);
}
