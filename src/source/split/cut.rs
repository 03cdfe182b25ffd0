//! Finds where a record ends, and what shape a stream has, by bytes alone.
//!
//! Knows no reader. A newcomer may ask why brackets are counted and not parsed: where a row ends
//! must be found also in a row that is no JSON.

use super::super::csv_rows;
use super::LOOK;

/// How records stand in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One record a line.
    Lines,
    /// Elements of a JSON array, also of `{"result":[…]}`.
    Elements,
    /// JSON values over several lines, one after the other.
    Values,
    /// Messages behind a four-byte length, as the OpenTelemetry Collector's file exporter writes
    /// protobuf.
    Framed,
    /// One binary message.
    Whole,
    /// Rows of a table behind its heading.
    Rows,
}

impl Shape {
    /// The word kept in positions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Shape::Lines => "lines",
            Shape::Elements => "elements",
            Shape::Values => "values",
            Shape::Framed => "framed",
            Shape::Whole => "whole",
            Shape::Rows => "rows",
        }
    }

    /// The shape of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Shape> {
        [
            Shape::Lines,
            Shape::Elements,
            Shape::Values,
            Shape::Framed,
            Shape::Whole,
            Shape::Rows,
        ]
        .into_iter()
        .find(|shape| shape.as_str() == word)
    }
}

/// Where a record ends, or how far the search came.
pub(super) enum End {
    /// The record is `..end`; the next begins at `next`.
    At { end: usize, next: usize },
    /// More bytes are needed.
    Open,
}

pub(super) fn line_end(bytes: &[u8]) -> End {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => End::At {
            end,
            next: end.saturating_add(1),
        },
        None => End::Open,
    }
}

/// The end of a table's row: a line break outside of quotes.
pub(super) fn row_end(bytes: &[u8], delimiter: u8) -> End {
    match csv_rows::row_end(bytes, delimiter) {
        Some(end) => End::At {
            end,
            next: end.saturating_add(1),
        },
        None => End::Open,
    }
}

/// The end of one JSON value: of a balanced object or array, else of anything up to a comma, a
/// closing bracket or the end of the line. A value that is plainly broken ends with its line, so
/// that it does not take the rows behind it along.
pub(super) fn value_end(bytes: &[u8]) -> End {
    let at_line = |end: usize| End::At {
        end,
        next: end.saturating_add(1),
    };
    let mut depth = 0_u32;
    let mut at = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => match string_end(bytes, at.saturating_add(1)) {
                StringEnd::Quote(end) => at = end,
                StringEnd::Line(end) => return at_line(end),
                StringEnd::Open => return End::Open,
            },
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' if depth <= 1 => {
                // A closing bracket that nothing opened belongs to the array around.
                let end = if depth == 1 { at.saturating_add(1) } else { at };
                return End::At { end, next: end };
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at_line(at),
            b'\n' if depth == 0 || breaks_off(bytes, at) => return at_line(at),
            _ => {}
        }
        at = at.saturating_add(1);
    }
    End::Open
}

/// Whether an unclosed value ends at this line break, because the next line begins another row: an
/// object at the first column, which inside a value stands neither behind `{`, nor in a layout
/// that writes a row on one line.
fn breaks_off(bytes: &[u8], line_break: usize) -> bool {
    if bytes.get(line_break.saturating_add(1)) != Some(&b'{') {
        return false;
    }
    let before = bytes.get(..line_break).unwrap_or_default();
    let first = before.split(|b| *b == b'\n').next().unwrap_or_default();
    first.trim_ascii().len() > 1 || before.trim_ascii_end().ends_with(b"{")
}

/// Where a string ends.
enum StringEnd {
    /// At this quote.
    Quote(usize),
    /// Broken: a line break stands in it, which JSON does not allow.
    Line(usize),
    /// More bytes are needed.
    Open,
}

/// The end of the string whose text begins at `from`.
fn string_end(bytes: &[u8], mut from: usize) -> StringEnd {
    while let Some(found) = bytes
        .get(from..)
        .and_then(|rest| memchr::memchr3(b'"', b'\\', b'\n', rest))
    {
        let at = from.saturating_add(found);
        match bytes.get(at) {
            Some(b'"') => return StringEnd::Quote(at),
            Some(b'\n') => return StringEnd::Line(at),
            Some(_) | None => from = at.saturating_add(2),
        }
    }
    StringEnd::Open
}

/// The shape of a stream by its first bytes, and how many of them stand before the first record.
pub(super) fn shape_of(bytes: &[u8]) -> (Shape, usize) {
    let control = |b: &u8| *b < 0x09 || (0x0e..0x20).contains(b);
    if bytes.first() == Some(&0) {
        return (Shape::Framed, 0);
    }
    if bytes.first() == Some(&b'\n') && bytes.iter().take(4096).any(control) {
        return (Shape::Whole, 0);
    }
    let blank = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let text = bytes.get(blank..).unwrap_or_default();
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let whole_line = line.len() < text.len() || text.len() < LOOK;
    let closed = whole_line && matches!(value_end(line), End::At { .. });
    // A list in one line is cut, too: each element must have a position of its own.
    let objects = |list: &[u8]| list.trim_ascii_start().starts_with(b"{");
    let list = text.strip_prefix(b"[").is_some_and(objects) || line.trim_ascii().ends_with(b"]}");
    if closed && !list {
        return (Shape::Lines, 0);
    }
    if text.first() == Some(&b'[') {
        return (Shape::Elements, blank.saturating_add(1));
    }
    if let Some(prefix) = list_prefix(text) {
        return (Shape::Elements, blank.saturating_add(prefix));
    }
    if line.trim_ascii() == b"{" {
        return (Shape::Values, blank);
    }
    (Shape::Lines, 0)
}

/// Length of `{"result":[` (or `records`) with any white space, when the text begins so.
fn list_prefix(text: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    let mut take = |word: &[u8]| {
        while text.get(at).is_some_and(u8::is_ascii_whitespace) {
            at = at.saturating_add(1);
        }
        let found = text.get(at..)?.starts_with(word);
        at = at.saturating_add(word.len());
        found.then_some(at)
    };
    take(b"{")?;
    let named = text
        .get(1..)?
        .trim_ascii_start()
        .strip_prefix(b"\"")?
        .split(|b| *b == b'"')
        .next()
        .filter(|name| matches!(*name, b"result" | b"records"))?;
    take(&[b"\"", named, b"\""].concat())?;
    take(b":")?;
    take(b"[")
}
