//! One row as the JSON record of its format: an object of the heading's names and the cells' texts.
//!
//! Knows no position. A newcomer may ask why empty cells are left out for some tables: a list of a
//! ServiceNow table has every column in every row, as its API writes `""`; elsewhere an empty cell
//! is a fact that the row does not tell.

use std::io::{self, Read};

use crate::decode::labels::{self, Headings};

use super::BadRow;
use super::latin;

/// The names of a table's columns and how its rows are read.
#[derive(Clone, Debug)]
pub struct Heading {
    delimiter: u8,
    headings: Headings,
    /// Top level of the record.
    shape: Vec<(String, Node)>,
}

/// What stands under one key of the record.
#[derive(Clone, Debug)]
enum Node {
    /// The cell at this place.
    Cell(usize),
    /// An object, from names with dots.
    Inner(Vec<(String, Node)>),
}

impl Heading {
    pub(super) fn new(delimiter: u8, names: &[String]) -> Heading {
        let headings = labels::headings(names);
        let mut shape: Vec<(String, Node)> = Vec::new();
        for (place, column) in headings.columns.iter().enumerate() {
            let parts: Vec<&str> = column.name.split('.').collect();
            // Dots of a ServiceNow list walk along a reference; its columns stay flat.
            let nested = parts.len() > 1 && !headings.servicenow;
            if !(nested && put(&mut shape, &parts, place)) {
                shape.push((column.name.clone(), Node::Cell(place)));
            }
        }
        Heading {
            delimiter,
            headings,
            shape,
        }
    }

    /// How many columns it has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.headings.columns.len()
    }

    /// The mark between cells.
    pub(in super::super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Whether labels were translated to names: its times are in the exporting user's zone.
    #[must_use]
    pub fn labelled(&self) -> bool {
        self.headings.labelled
    }
}

/// Puts a cell at a path; false when the path is taken.
fn put(shape: &mut Vec<(String, Node)>, path: &[&str], cell: usize) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    if first.is_empty() {
        return false;
    }
    let found = shape.iter_mut().find(|(name, _)| name == first);
    match (found, rest) {
        (Some((_, Node::Inner(inner))), [_, ..]) => put(inner, rest, cell),
        (Some(_), _) => false,
        (None, []) => {
            shape.push(((*first).to_owned(), Node::Cell(cell)));
            true
        }
        (None, _) => {
            let mut inner = Vec::new();
            let fits = put(&mut inner, rest, cell);
            if fits {
                shape.push(((*first).to_owned(), Node::Inner(inner)));
            }
            fits
        }
    }
}

/// The cells of one row as texts; `None` when it cannot be read.
pub(super) fn cells(row: &[u8], delimiter: u8) -> Option<Vec<String>> {
    let mut cutter = cutter(delimiter);
    let mut cells = csv::ByteRecord::new();
    cut(&mut cutter, row, &mut cells).ok()?;
    Some(
        cells
            .iter()
            .map(|cell| latin::text(cell).into_owned())
            .collect(),
    )
}

/// Bytes that the `csv` crate reads, one row at a time.
#[derive(Default)]
struct Slot {
    bytes: Vec<u8>,
    at: usize,
}

impl Read for Slot {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let read = (&mut &*rest).read(buffer)?;
        self.at = self.at.saturating_add(read);
        Ok(read)
    }
}

fn cutter(delimiter: u8) -> csv::Reader<Slot> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(Slot::default())
}

fn cut(cutter: &mut csv::Reader<Slot>, row: &[u8], cells: &mut csv::ByteRecord) -> csv::Result<()> {
    let slot = cutter.get_mut();
    slot.at = 0;
    slot.bytes.clear();
    slot.bytes.extend_from_slice(row);
    slot.bytes.push(b'\n');
    cutter.read_byte_record(cells).map(|_| ())
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Row {
    /// A record: [`Table::json`].
    Record,
    /// Nothing in any cell.
    Blank,
    /// Of another width than the heading.
    Bad(BadRow),
}

/// A heading at work.
pub(in super::super) struct Table {
    heading: Heading,
    cutter: csv::Reader<Slot>,
    cells: csv::ByteRecord,
    json: Vec<u8>,
    /// The line that the next row begins on, where it is known.
    line: Option<u64>,
}

impl Table {
    /// `line` is the one behind the heading, where reading begins there.
    pub(in super::super) fn new(heading: Heading, line: Option<u64>) -> Table {
        Table {
            cutter: cutter(heading.delimiter),
            heading,
            cells: csv::ByteRecord::new(),
            json: Vec::new(),
            line,
        }
    }

    pub(in super::super) fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The last row's record.
    pub(in super::super) fn json(&self) -> &[u8] {
        &self.json
    }

    /// Loses count of the lines: some were passed over.
    pub(in super::super) fn lose_line(&mut self) {
        self.line = None;
    }

    /// Reads a row, its line break left out.
    pub(in super::super) fn read(&mut self, row: &[u8]) -> Row {
        let line = self.line;
        let breaks = memchr::memchr_iter(b'\n', row).count();
        let lines = u64::try_from(breaks).unwrap_or(u64::MAX).saturating_add(1);
        self.line = line.map(|line| line.saturating_add(lines));
        let broken = cut(&mut self.cutter, row, &mut self.cells).is_err();
        if self.cutter.is_done() {
            // An open quote made it ask for more than the row.
            self.cutter = cutter(self.heading.delimiter);
        }
        if self.cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return Row::Blank;
        }
        let columns = self.heading.width();
        if broken || self.cells.len() != columns {
            return Row::Bad(BadRow {
                line,
                cells: self.cells.len(),
                columns,
            });
        }
        self.json.clear();
        write(
            &self.heading,
            &self.heading.shape,
            &self.cells,
            &mut self.json,
        );
        Row::Record
    }
}

/// Writes an object; false when nothing stands in it.
fn write(
    heading: &Heading,
    shape: &[(String, Node)],
    cells: &csv::ByteRecord,
    out: &mut Vec<u8>,
) -> bool {
    let begun = out.len();
    out.push(b'{');
    let mut filled = false;
    for (name, node) in shape {
        let before = out.len();
        if filled {
            out.push(b',');
        }
        put_text(name, out);
        out.push(b':');
        let told = match node {
            Node::Cell(place) => put_cell(heading, *place, cells, out),
            Node::Inner(inner) => write(heading, inner, cells, out),
        };
        if told {
            filled = true;
        } else {
            out.truncate(before);
        }
    }
    out.push(b'}');
    if !filled && !heading.headings.servicenow {
        // An object without cells is left out, but never the record itself.
        out.truncate(begun);
        out.extend_from_slice(b"{}");
    }
    filled
}

fn put_cell(heading: &Heading, place: usize, cells: &csv::ByteRecord, out: &mut Vec<u8>) -> bool {
    let text = latin::text(cells.get(place).unwrap_or_default());
    let column = heading.headings.columns.get(place);
    let kind = column.map_or(labels::Kind::Text, |column| column.kind);
    let text = labels::cell(kind, &text);
    if heading.headings.servicenow {
        put_text(&text, out);
        return true;
    }
    if text.is_empty() {
        return false;
    }
    // An export of nested records writes lists and objects as JSON into the cell.
    let nested = text.starts_with(['{', '[']);
    if nested && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
        out.extend_from_slice(text.as_bytes());
    } else {
        put_text(&text, out);
    }
    true
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    // Memory takes whatever is written.
    drop(serde_json::to_writer(&mut *out, text));
}
