//! CSV exports: finds the heading, and turns each row into the JSON record of its format.
//!
//! Knows no stream: [`super::split`] cuts rows out of it, by the same rules of quoting. A newcomer
//! may ask why a row becomes JSON text: so that a row has no second way through decoding, and is
//! recognised, refused and explained as any other record.

mod latin;
mod record;

use crate::decode::labels;

pub use record::Heading;
pub(super) use record::{Row, Table};

/// The marks between cells that spreadsheets write, by how likely they are.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The first line by which Excel is told the delimiter.
const SEP: &[u8] = b"sep=";
/// Longest name of a column.
const NAME_MAX: usize = 100;
/// How many names that a format knows make a heading without a look at the rows.
const KNOWN_MIN: usize = 2;

/// A row of the wrong width, by the line that it begins on where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line, counted from 1; `None` where reading began in the middle of the file.
    pub line: Option<u64>,
    /// Its cells.
    pub cells: usize,
    /// The heading's columns.
    pub columns: usize,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let BadRow {
            line,
            cells,
            columns,
        } = self;
        match line {
            Some(line) => write!(
                f,
                "line {line} has {cells} cells, the heading has {columns}"
            ),
            None => write!(f, "the row has {cells} cells, the heading has {columns}"),
        }
    }
}

/// Where a row ends: at a line break outside of quotes. `None` when more bytes are needed.
///
/// A quote opens only at the start of a cell, and `""` inside quotes is a quote, as the `csv` crate
/// has it.
pub(super) fn row_end(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let mut at = 0_usize;
    loop {
        // At the start of a cell.
        if bytes.get(at) == Some(&b'"') {
            at = after_quotes(bytes, at.saturating_add(1))?;
        }
        let rest = bytes.get(at..)?;
        let found = at.saturating_add(memchr::memchr2(delimiter, b'\n', rest)?);
        if bytes.get(found) == Some(&b'\n') {
            return Some(found);
        }
        at = found.saturating_add(1);
    }
}

/// The byte after the closing quote of a cell whose text begins at `from`.
fn after_quotes(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let quote = from.saturating_add(memchr::memchr(b'"', bytes.get(from..)?)?);
        let after = quote.saturating_add(1);
        match bytes.get(after) {
            Some(b'"') => from = after.saturating_add(1),
            Some(_) => return Some(after),
            None => return None,
        }
    }
}

/// The heading with which a stream begins (its byte order mark passed over), and how many bytes it
/// takes; `None` when it is no table. `whole` says that the stream ends with `bytes`.
pub(super) fn heading(bytes: &[u8], whole: bool) -> Option<(Heading, usize)> {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace())?;
    if matches!(first, b'{' | b'[') {
        return None;
    }
    if let Some(rest) = bytes.strip_prefix(SEP) {
        let (delimiter, rest) = rest.split_first()?;
        let line = memchr::memchr(b'\n', rest)?.saturating_add(1);
        let before = SEP.len().saturating_add(1).saturating_add(line);
        let (heading, length) = by(bytes.get(before..)?, *delimiter, whole)?;
        return Some((heading, before.saturating_add(length)));
    }
    let found = DELIMITERS.iter().filter_map(|d| by(bytes, *d, whole));
    // The first of equally many: commas are the usual mark.
    found.rev().max_by_key(|(heading, _)| heading.width())
}

fn by(bytes: &[u8], delimiter: u8, whole: bool) -> Option<(Heading, usize)> {
    let (end, next) = match row_end(bytes, delimiter) {
        Some(end) => (end, end.saturating_add(1)),
        None if whole => (bytes.len(), bytes.len()),
        None => return None,
    };
    let names = record::cells(bytes.get(..end)?, delimiter)?;
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    if names.len() < 2 || !names.iter().all(|name| is_name(name)) {
        return None;
    }
    let known = names.iter().filter(|name| labels::is_known(name)).count();
    if known < KNOWN_MIN && !same_width(bytes.get(next..)?, delimiter, whole, names.len()) {
        return None;
    }
    Some((Heading::new(delimiter, &names), next))
}

/// Whether a text may name a column.
fn is_name(text: &str) -> bool {
    let first = text.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '@' | '$'))
        && text.len() <= NAME_MAX
        && !text.contains(['{', '}', '=', '"', ':'])
        && !text.contains(char::is_control)
}

/// Whether the first row that is whole has as many cells.
fn same_width(rows: &[u8], delimiter: u8, whole: bool, width: usize) -> bool {
    let end = row_end(rows, delimiter).or(whole.then_some(rows.len()));
    let row = end.and_then(|end| rows.get(..end));
    row.and_then(|row| record::cells(row, delimiter))
        .is_some_and(|cells| cells.len() == width)
}

#[cfg(test)]
mod tests;
