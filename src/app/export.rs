//! The books as plain tables: every total of every cell, every link, sorted.
//!
//! Knows no rounding: what stands here are the integers that the ledger holds. A newcomer may ask
//! why histograms are written whole: a quantile cannot be added up, its buckets can.

use std::io::{self, Write};

use crate::cell::Totals;
use crate::hist::Hist;
use crate::ledger::{CellRow, Fault, FaultKind, Ledger, LinkRow, Resolution, Span};
use crate::link::LinkTotals;
use crate::units::UnixMillis;

use super::Failure;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated, quoted by RFC 4180, with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Words of a cell's key, in the order of the columns.
const KEY: [&str; 8] = [
    "start", "feature", "endpoint", "provider", "model", "region", "verdict", "grade",
];
/// Words of a link's key.
const LINK_KEY: [&str; 6] = ["hour", "group", "kind", "feature", "from", "to"];

/// Writes every cell of a resolution inside `span`, by start and key; how many there were.
///
/// # Errors
/// What the ledger or the writer says.
pub fn cells(
    ledger: &dyn Ledger,
    resolution: Resolution,
    span: Span,
    form: Form,
    out: &mut dyn Write,
) -> Result<u64, Failure> {
    if form == Form::Csv {
        let names = KEY
            .iter()
            .chain(Totals::NAMES)
            .chain(&["latency", "duration", "prompt"]);
        writeln!(out, "{}", names.copied().collect::<Vec<_>>().join(","))?;
    }
    let mut unwritten = None;
    let mut rows: u64 = 0;
    let read = ledger.cells(resolution, span, &mut |row| {
        rows = rows.saturating_add(1);
        write_cell(&row, form, out).map_err(|error| {
            unwritten = Some(error);
            Fault::new(FaultKind::Io, "the export could not be written")
        })
    });
    // A reader that went away is no fault of the ledger's.
    match unwritten {
        Some(error) => Err(error.into()),
        None => read.map(|()| rows).map_err(Failure::from),
    }
}

/// Writes every link cell inside `span`, by hour and key.
///
/// # Errors
/// What the ledger or the writer says.
pub fn links(
    ledger: &dyn Ledger,
    span: Span,
    form: Form,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if form == Form::Csv {
        let names = LINK_KEY.iter().chain(&LinkTotals::NAMES);
        writeln!(out, "{}", names.copied().collect::<Vec<_>>().join(","))?;
    }
    for row in ledger.links(span)? {
        write_link(&row, form, out)?;
    }
    Ok(())
}

/// The start of a window: RFC 3339 in UTC, whole seconds.
#[must_use]
pub fn start_text(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn write_cell(row: &CellRow, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let start = start_text(row.start);
    let key = &row.key;
    let words: [&str; 8] = [
        &start,
        &key.feature,
        &key.endpoint,
        &key.provider,
        &key.model,
        &key.region,
        key.verdict.map_or("", crate::residency::Verdict::as_str),
        key.grade.map_or("", crate::residency::Grade::as_str),
    ];
    let values = row.cell.totals.values();
    let hists = [
        ("latency", &row.cell.latency),
        ("duration", &row.cell.duration),
        ("prompt", &row.cell.prompt),
    ];
    match form {
        Form::Csv => {
            let fields = words
                .iter()
                .map(|word| quoted(word))
                .chain(values.iter().map(i64::to_string))
                .chain(hists.iter().map(|(_, hist)| buckets_csv(hist)));
            writeln!(out, "{}", fields.collect::<Vec<_>>().join(","))
        }
        Form::Jsonl => {
            let mut object = serde_json::Map::new();
            for (name, word) in KEY.iter().zip(words) {
                object.insert((*name).to_owned(), word.into());
            }
            for (name, value) in Totals::NAMES.iter().zip(values) {
                object.insert((*name).to_owned(), value.into());
            }
            for (name, hist) in hists {
                object.insert(name.to_owned(), serde_json::json!(hist.buckets()));
            }
            writeln!(out, "{}", serde_json::Value::Object(object))
        }
    }
}

fn write_link(row: &LinkRow, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let hour = start_text(row.hour);
    let words =
        std::iter::once(hour.as_str()).chain(row.key.iter().map(crate::units::Text::as_str));
    let totals = LinkTotals::decode(&row.body).unwrap_or_default().values();
    match form {
        Form::Csv => {
            let fields = words.map(quoted).chain(totals.iter().map(i64::to_string));
            writeln!(out, "{}", fields.collect::<Vec<_>>().join(","))
        }
        Form::Jsonl => {
            let mut object = serde_json::Map::new();
            for (name, word) in LINK_KEY.iter().zip(words) {
                object.insert((*name).to_owned(), word.into());
            }
            for (name, value) in LinkTotals::NAMES.iter().zip(totals) {
                object.insert((*name).to_owned(), value.into());
            }
            writeln!(out, "{}", serde_json::Value::Object(object))
        }
    }
}

/// A CSV field; what a spreadsheet would take for a formula gets a quote mark in front.
fn quoted(word: &str) -> String {
    let formula = word.starts_with(['=', '+', '-', '@']);
    let word = if formula {
        format!("'{word}")
    } else {
        word.to_owned()
    };
    if word.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", word.replace('"', "\"\""))
    } else {
        word
    }
}

/// `bucket:count` pairs, separated by semicolons.
fn buckets_csv(hist: &Hist) -> String {
    let pairs = hist
        .buckets()
        .iter()
        .map(|(bucket, count)| format!("{bucket}:{count}"));
    pairs.collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_needs_it() {
        let cases = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
        ];
        for (word, field) in cases {
            assert_eq!(quoted(word), field);
        }
    }
}
