//! What the books say, as one text: equal texts, equal books.
//!
//! Knows no Kafka. Left out is what tells of the way and not of the records: numbers of changes and
//! rows, when something was seen, and at which of several copies of a call its evidence points.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use tollwatch::app::export::{self, Form};
use tollwatch::ledger::{Family, Ledger, Resolution, Span, SqliteLedger};

use super::cluster::TOPIC;
use super::corpus::PARTITIONS;

/// Everything in sections; the first line of each is its name.
pub(crate) fn told(path: &Path) -> String {
    let ledger = SqliteLedger::open_read_only(path).unwrap();
    ledger.check().unwrap();
    let mut text = String::new();
    for resolution in Resolution::ALL {
        let mut out = Vec::new();
        export::cells(&ledger, resolution, Span::ALL, Form::Jsonl, &mut out).unwrap();
        section(&mut text, &format!("cells by {}", resolution.as_str()), out);
    }
    let mut out = Vec::new();
    export::links(&ledger, Span::ALL, Form::Jsonl, &mut out).unwrap();
    section(&mut text, "links", out);
    aside(&ledger, &mut text);
    let mut lines = Vec::new();
    ledger
        .lines(Span::ALL, &mut |line| {
            lines.push(format!(
                "{:x} {} {:?} {:?} {:?}",
                line.id, line.at, line.about.key, line.call, line.request
            ));
            Ok(())
        })
        .unwrap();
    rows(&mut text, "lines", lines);
    for family in Family::ALL {
        let found = ledger.families(family, Span::ALL).unwrap();
        let found = found
            .into_iter()
            .map(|row| format!("{} {} {} {:?}", row.start, row.a, row.b, row.totals));
        rows(&mut text, family.as_str(), found);
    }
    let losses = ledger.losses().unwrap();
    rows(
        &mut text,
        "losses",
        losses.into_iter().map(|row| format!("{row:?}")),
    );
    let beyond = ledger.overflows().unwrap();
    rows(
        &mut text,
        "beyond limits",
        beyond
            .into_iter()
            .map(|row| format!("{} {}", row.kind, row.n)),
    );
    text
}

/// What was counted, and what is kept of single records.
fn aside(ledger: &SqliteLedger, text: &mut String) {
    rows(
        text,
        "counts",
        counts(ledger)
            .into_iter()
            .map(|(key, n)| format!("{key}: {n}")),
    );
    let quarantine = ledger.quarantine(usize::MAX >> 1).unwrap();
    let quarantine = quarantine.into_iter().map(|row| {
        format!(
            "{:?} {:?} {:?} {} {} {:?}",
            row.origin,
            row.at,
            row.format,
            row.reason.as_str(),
            row.detail,
            row.keys
        )
    });
    rows(text, "quarantine", quarantine);
    let evidence = ledger.evidence(Span::ALL, usize::MAX >> 1).unwrap();
    let evidence = evidence.into_iter().map(|row| {
        format!(
            "{} {:x} {} {} {:?} {} {} {:?}",
            row.at,
            row.id,
            row.identity,
            row.origin.source,
            row.key,
            row.rule,
            row.evidence,
            row.config
        )
    });
    rows(text, "evidence", evidence);
}

fn section(text: &mut String, name: &str, bytes: Vec<u8>) {
    writeln!(text, "== {name}\n{}", String::from_utf8(bytes).unwrap()).unwrap();
}

/// A section of rows that have no order of their own.
fn rows(text: &mut String, name: &str, rows: impl IntoIterator<Item = String>) {
    let mut rows: Vec<String> = rows.into_iter().collect();
    rows.sort_unstable();
    section(text, name, rows.join("\n").into_bytes());
}

/// How many records ended how, whatever the day of the clock.
pub(crate) fn counts(ledger: &SqliteLedger) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in ledger.counts().unwrap() {
        let key = format!("{} {} {}", row.source, row.outcome, row.reason);
        *counts.entry(key).or_default() += row.n;
    }
    counts
}

/// Whether all that was produced is booked and every hour is linked.
pub(crate) fn is_idle(path: &Path, ends: &[u64], file_end: u64) -> bool {
    let Ok(ledger) = SqliteLedger::open_read_only(path) else {
        return false;
    };
    let Ok(positions) = ledger.positions() else {
        return false;
    };
    let mut at = vec![0; usize::try_from(PARTITIONS).unwrap()];
    let mut file = 0;
    for placed in positions {
        if placed.topic == TOPIC {
            if let Ok(partition) = usize::try_from(placed.partition) {
                at[partition] = placed.position.offset;
            }
        } else if placed.source == "beside" {
            file = placed.position.offset;
        }
    }
    let far = tollwatch::units::UnixMillis(i64::MAX / 2);
    at == ends && file == file_end && ledger.hours_to_link(far).is_ok_and(|due| due.is_empty())
}

/// The sections of two texts that differ, with a few of the lines that do.
pub(crate) fn difference(clean: &str, other: &str) -> Option<String> {
    if clean == other {
        return None;
    }
    let mut said = String::new();
    let parts = |text: &str| -> Vec<String> { text.split("== ").map(str::to_owned).collect() };
    for (clean, other) in parts(clean).iter().zip(&parts(other)) {
        if clean == other {
            continue;
        }
        let name = clean.lines().next().unwrap_or_default();
        let lacks: Vec<&str> = clean
            .lines()
            .filter(|line| !other.lines().any(|l| l == *line))
            .collect();
        let more: Vec<&str> = other
            .lines()
            .filter(|line| !clean.lines().any(|l| l == *line))
            .collect();
        writeln!(
            said,
            "{name}: {} lines of the clean run are not there, {} others are",
            lacks.len(),
            more.len()
        )
        .unwrap();
        for (sign, lines) in [('-', lacks), ('+', more)] {
            for line in lines.iter().take(3) {
                let short: String = line.chars().take(300).collect();
                writeln!(said, "  {sign} {short}").unwrap();
            }
        }
    }
    Some(said)
}

/// What a loss makes smaller and a double count larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Records that were counted.
    pub(crate) received: u64,
    /// Calls and requests in day cells.
    pub(crate) booked: i64,
}

/// The sums of a ledger.
pub(crate) fn figures(path: &Path) -> Sums {
    let ledger = SqliteLedger::open_read_only(path).unwrap();
    let received = counts(&ledger)
        .into_iter()
        .filter(|(key, _)| key.contains(" received "))
        .map(|(_, n)| n)
        .sum();
    let mut booked = 0;
    ledger
        .cells(Resolution::Day, Span::ALL, &mut |row| {
            booked += row.cell.totals.calls() + row.cell.totals.requests();
            Ok(())
        })
        .unwrap();
    Sums { received, booked }
}
