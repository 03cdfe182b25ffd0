//! A series of one's own from a file: `timestamp,value`, or `timestamp,hits,of` for a share.
//!
//! Knows no detector. A newcomer may ask why a bad row is a fault and not passed over: a series with holes that
//! nobody knows of is judged by the wrong clock.

use crate::anomaly::Kind;
use crate::problem::{Place, Problem, Severity};
use crate::units::UnixMillis;

/// Rows read at most: ten years of ten minutes, twice.
const ROWS_MAX: usize = 1_000_000;
/// Faults told at most.
const FAULTS_MAX: usize = 20;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) at: UnixMillis,
    pub(super) value: f64,
    /// The third column: of how many, or how many stand behind the value.
    pub(super) of: Option<f64>,
}

/// The rows of a file, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Whether the third column is called `of` or `total`.
    pub(super) names_share: bool,
}

/// Reads a file's text. `kind` says what a value may be.
///
/// # Errors
/// Every fault of every row, 20 at most, with line and column.
pub(super) fn read(file: &str, text: &str, kind: Option<Kind>) -> Result<Rows, Vec<Problem>> {
    let mut read = Rows::default();
    let mut faults = Vec::new();
    let delimiter = delimiter(text);
    let mut last: Option<(UnixMillis, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let line = Line {
            file,
            number: number + 1,
            text: line,
            delimiter,
        };
        if read.rows.is_empty() && last.is_none() && line.is_heading() {
            let third = line.cells().nth(2).map(|(_, name)| name.to_lowercase());
            read.names_share = third.is_some_and(|name| matches!(name.as_str(), "of" | "total"));
            continue;
        }
        let row = line.row(kind).and_then(|row| {
            line.order(row.at, last)?;
            last = Some((row.at, line.number));
            Ok(row)
        });
        match row {
            Ok(row) => read.rows.push(row),
            Err(fault) => faults.push(*fault),
        }
        if faults.len() >= FAULTS_MAX || read.rows.len() > ROWS_MAX {
            break;
        }
    }
    if read.rows.len() > ROWS_MAX {
        let message = format!("more than {ROWS_MAX} rows");
        faults.push(whole(file, "too_long", message, "give a part of the time"));
    } else if faults.is_empty() && read.rows.len() < 2 {
        let message = format!("{} rows", read.rows.len());
        let hint = "a series has a row for each time: `2026-11-20T09:10:00Z,123`";
        faults.push(whole(file, "too_short", message, hint));
    }
    if faults.is_empty() {
        Ok(read)
    } else {
        Err(faults)
    }
}

/// A fault of the whole file.
pub(super) fn whole(file: &str, code: &'static str, message: String, hint: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        place: Place::default(),
        severity: Severity::Error,
        code,
        message,
        hint: hint.to_owned(),
        source_line: String::new(),
    }
}

/// What stands between cells: the first of these that the first lines have.
fn delimiter(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    let found = [',', ';', '\t'].into_iter().find(|c| first.contains(*c));
    found.unwrap_or(',')
}

fn time(cell: &str) -> Option<UnixMillis> {
    let whole = || cell.parse::<i64>().ok().map(UnixMillis::from_epoch_number);
    let seconds = || {
        let (whole, part) = cell.split_once('.')?;
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let whole: i64 = whole.parse().ok().filter(|_| digits)?;
        Some(UnixMillis::from_epoch_number(whole))
    };
    let at = UnixMillis::parse(cell).or_else(whole).or_else(seconds)?;
    at.is_plausible().then_some(at)
}

struct Line<'a> {
    file: &'a str,
    number: usize,
    text: &'a str,
    delimiter: char,
}

impl<'a> Line<'a> {
    /// The cells, without blanks and quotes, and the byte that each begins at.
    fn cells(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let mut at = 0;
        self.text.split(self.delimiter).map(move |cell| {
            let start = at + (cell.len() - cell.trim_start().len());
            at += cell.len() + 1;
            (start, cell.trim().trim_matches('"').trim())
        })
    }

    fn is_heading(&self) -> bool {
        let mut cells = self.cells();
        let first = cells.next().is_some_and(|(_, cell)| time(cell).is_none());
        let no_digit = |cell: &str| !cell.starts_with(|c: char| c.is_ascii_digit());
        first && cells.all(|(_, cell)| no_digit(cell)) && no_digit(self.text.trim())
    }

    fn fault(&self, cell: (usize, &str), what: &str, hint: &str) -> Box<Problem> {
        let (start, text) = cell;
        let before = self.text.get(..start).unwrap_or_default();
        Box::new(Problem {
            file: self.file.to_owned(),
            place: Place {
                line: self.number,
                column: before.chars().count() + 1,
                width: text.chars().count().max(1),
            },
            severity: Severity::Error,
            code: "bad_row",
            message: format!("`{text}` {what}"),
            hint: hint.to_owned(),
            source_line: self.text.to_owned(),
        })
    }

    fn row(&self, kind: Option<Kind>) -> Result<Row, Box<Problem>> {
        let mut cells = self.cells();
        let first = cells.next().unwrap_or((0, ""));
        let at = time(first.1).ok_or_else(|| {
            let hint = "write `2026-11-20T09:10:00Z`, `2026-11-20 09:10:00` (UTC), or seconds or milliseconds since 1970";
            self.fault(first, "is no time", hint)
        })?;
        let second = cells.next().unwrap_or((self.text.len(), ""));
        let value = self.number(second, kind == Some(Kind::Positive))?;
        let third = cells.next();
        let of = third.map(|cell| self.number(cell, false)).transpose()?;
        if let Some(more) = cells.next() {
            let hint = "a row is `timestamp,value`, or `timestamp,hits,of`";
            return Err(self.fault(more, "is one column too many", hint));
        }
        if kind == Some(Kind::Count) && value.fract() != 0.0 {
            let hint = "counts are whole; `--kind positive` takes other values";
            return Err(self.fault(second, "is no count", hint));
        }
        if kind == Some(Kind::Share) {
            let of = of.ok_or_else(|| {
                let hint = "a share needs `timestamp,hits,of`";
                self.fault(
                    third.unwrap_or((self.text.len(), "")),
                    "tells not of how many",
                    hint,
                )
            })?;
            if value > of {
                let hint = format!("of {of} at most {of} can be hits");
                return Err(self.fault(second, "is more than all", &hint));
            }
        }
        Ok(Row { at, value, of })
    }

    fn number(&self, cell: (usize, &str), positive: bool) -> Result<f64, Box<Problem>> {
        let hint = "write a number that is not negative, with a point: `12` or `12.5`";
        let number: f64 = cell
            .1
            .parse()
            .map_err(|_| self.fault(cell, "is no number", hint))?;
        // What a whole number of micro-dollars holds with room for sums.
        if !(0.0..=1e15).contains(&number) {
            let hint = "from 0 up to 1e15";
            return Err(self.fault(cell, "is out of range", hint));
        }
        if positive && number == 0.0 {
            let hint =
                "values of this kind are compared by their ratio: above 0; leave the row out";
            return Err(self.fault(cell, "is not above 0", hint));
        }
        Ok(number)
    }

    fn order(&self, at: UnixMillis, last: Option<(UnixMillis, usize)>) -> Result<(), Box<Problem>> {
        let first = self.cells().next().unwrap_or((0, ""));
        match last {
            Some((before, line)) if at <= before => {
                let what = if at == before {
                    "comes twice"
                } else {
                    "goes back"
                };
                let hint = format!("line {line} has {before}; sort the rows, one for each time");
                Err(self.fault(first, what, &hint))
            }
            Some(_) | None => Ok(()),
        }
    }
}
