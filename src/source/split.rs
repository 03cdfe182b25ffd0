//! Cuts a stream of bytes into records: lines, elements of a JSON array, or framed messages.
//!
//! Knows no file and no format. A newcomer may ask why an array is cut before it is decoded: an
//! export of ten million rows is one JSON value, and must be read in constant memory; and one
//! broken row must not take the others with it.

use std::io::{self, Read};

use crate::decode::RECORD_MAX_BYTES;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;
/// How many bytes at the head of a stream and before a position tell it from another.
pub const PROBE: usize = 4096;
/// How far the first look goes that tells the shape of a stream.
const LOOK: usize = 64 * 1024;

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
        ]
        .into_iter()
        .find(|shape| shape.as_str() == word)
    }
}

/// One piece of a stream, with the byte at which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A record.
    Record {
        /// Byte at which it begins.
        offset: u64,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// A record above [`RECORD_MAX_BYTES`], passed over.
    TooLarge {
        /// Byte at which it begins.
        offset: u64,
        /// How long it is.
        length: u64,
    },
    /// A blank line.
    Blank {
        /// Byte at which it begins.
        offset: u64,
    },
}

/// Cuts what a reader gives into [`Piece`]s.
pub struct Splitter<R> {
    reader: R,
    buffer: Vec<u8>,
    /// First byte of `buffer` that is not yet handed out.
    start: usize,
    /// Position of `buffer[start]` in the stream.
    offset: u64,
    /// Where the last piece began.
    last_start: u64,
    /// Where a later reading goes on: after the last piece, before an array's closing bracket.
    resume_at: u64,
    /// The shape there.
    resume_shape: Option<Shape>,
    /// The first [`PROBE`] bytes of the stream.
    head: Vec<u8>,
    shape: Option<Shape>,
    ended: bool,
}

/// What an earlier reading left behind for the next.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// Where it ended.
    pub offset: u64,
    /// The shape it found.
    pub shape: Option<Shape>,
    /// The first bytes of the stream, at most [`PROBE`].
    pub head: Vec<u8>,
    /// The bytes before the offset, at most [`PROBE`].
    pub tail: Vec<u8>,
}

/// Where a record ends, or how far the search came.
enum End {
    /// The record is `..end`; the next begins at `next`.
    At { end: usize, next: usize },
    /// More bytes are needed.
    Open,
}

impl<R: Read> Splitter<R> {
    /// A splitter of a stream that goes on where an earlier reading ended.
    pub fn new(reader: R, before: Before) -> Splitter<R> {
        let Before {
            offset,
            shape,
            head,
            tail,
        } = before;
        Splitter {
            reader,
            start: tail.len(),
            buffer: tail,
            offset,
            last_start: offset,
            resume_at: offset,
            resume_shape: shape,
            head,
            shape,
            ended: false,
        }
    }

    /// Where a later reading goes on.
    pub fn resume_at(&self) -> u64 {
        self.resume_at
    }

    /// The first bytes of the stream, at most [`PROBE`], and not past [`Splitter::resume_at`].
    pub fn head(&self) -> &[u8] {
        let known = usize::try_from(self.resume_at)
            .unwrap_or(usize::MAX)
            .min(self.head.len());
        self.head.get(..known).unwrap_or_default()
    }

    /// The bytes before [`Splitter::resume_at`], at most [`PROBE`].
    pub fn tail(&self) -> &[u8] {
        let back =
            usize::try_from(self.offset.saturating_sub(self.resume_at)).unwrap_or(usize::MAX);
        let end = self.start.saturating_sub(back);
        self.buffer
            .get(end.saturating_sub(PROBE)..end)
            .unwrap_or_default()
    }

    /// Where the last piece began.
    pub fn last_start(&self) -> u64 {
        self.last_start
    }

    /// The shape at [`Splitter::resume_at`], once something was read.
    pub fn resume_shape(&self) -> Option<Shape> {
        self.resume_shape
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// What the reader says. What was handed out before stays right.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece<'_>>> {
        let Some(shape) = self.look()? else {
            return Ok(None);
        };
        match shape {
            Shape::Lines => self.next_by(&line_end),
            Shape::Values => {
                self.skip(&|b| b.is_ascii_whitespace())?;
                self.next_by(&value_end)
            }
            Shape::Elements => {
                self.skip(&|b| b.is_ascii_whitespace() || b == b',')?;
                if matches!(self.rest().first(), Some(b']' | b'}')) {
                    self.skip(&|b| b.is_ascii_whitespace() || b == b']' || b == b'}')?;
                    self.shape = None;
                    return self.next_piece();
                }
                self.next_by(&value_end)
            }
            Shape::Framed => self.next_frame(),
            Shape::Whole => self.next_by(&|_| End::Open),
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn mark(&mut self) {
        (self.resume_at, self.resume_shape) = (self.offset, self.shape);
    }

    fn advance(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.buffer.len());
        self.offset = self
            .offset
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Reads more; `false` at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        // What was handed out goes, but for the bytes that a position is known by.
        let surplus = self.start.saturating_sub(PROBE.saturating_mul(2));
        self.buffer.drain(..surplus);
        self.start = self.start.saturating_sub(surplus);
        let filled = self.buffer.len();
        self.buffer.resize(filled.saturating_add(CHUNK), 0);
        let read = loop {
            match self
                .reader
                .read(self.buffer.get_mut(filled..).unwrap_or_default())
            {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(read) => break Ok(read),
                Err(error) => break Err(error),
            }
        };
        self.buffer
            .truncate(filled.saturating_add(*read.as_ref().unwrap_or(&0)));
        let read = read?;
        if self.head.len() < PROBE {
            let new = self.buffer.get(filled..).unwrap_or_default();
            let missing = PROBE.saturating_sub(self.head.len()).min(new.len());
            self.head
                .extend_from_slice(new.get(..missing).unwrap_or_default());
        }
        self.ended = read == 0;
        Ok(read > 0)
    }

    fn skip(&mut self, blank: &dyn Fn(u8) -> bool) -> io::Result<()> {
        loop {
            let run = self.rest().iter().take_while(|b| blank(**b)).count();
            self.advance(run);
            if !self.rest().is_empty() || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// The shape of what stands ahead; `None` when nothing does.
    fn look(&mut self) -> io::Result<Option<Shape>> {
        if self.shape.is_none() {
            while self.rest().len() < LOOK && self.fill()? {}
            if self.offset == 0 && self.rest().starts_with(b"\xEF\xBB\xBF") {
                self.advance(3);
            }
            if self.rest().is_empty() {
                return Ok(None);
            }
            let (shape, prefix) = shape_of(self.rest());
            self.advance(prefix);
            self.shape = Some(shape);
        }
        Ok(self.shape)
    }

    fn next_by(&mut self, end_of: &dyn Fn(&[u8]) -> End) -> io::Result<Option<Piece<'_>>> {
        let mut wanted = 0_usize;
        loop {
            // Searched again only after the buffer has doubled, so a long record stays linear.
            let found = if self.rest().len() >= wanted || self.ended {
                end_of(self.rest())
            } else {
                End::Open
            };
            match found {
                End::At { end, next } => return Ok(Some(self.hand_out(end, next))),
                // The line end stands behind the longest record.
                End::Open if self.rest().len() > RECORD_MAX_BYTES.saturating_add(CHUNK) => {
                    return match end_of(self.rest()) {
                        End::At { end, next } => Ok(Some(self.hand_out(end, next))),
                        End::Open => self.pass_over(),
                    };
                }
                End::Open => wanted = self.rest().len().saturating_mul(2),
            }
            if !self.fill()? {
                let left = self.rest().len();
                if left == 0 {
                    return Ok(None);
                }
                return Ok(Some(match end_of(self.rest()) {
                    End::At { end, next } => self.hand_out(end, next),
                    End::Open => self.hand_out(left, left),
                }));
            }
        }
    }

    fn hand_out(&mut self, end: usize, next: usize) -> Piece<'_> {
        let (from, offset) = (self.start, self.offset);
        self.last_start = offset;
        self.advance(next);
        self.mark();
        if end > RECORD_MAX_BYTES {
            let length = u64::try_from(next).unwrap_or(u64::MAX);
            return Piece::TooLarge { offset, length };
        }
        let bytes = self
            .buffer
            .get(from..from.saturating_add(end))
            .unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            Piece::Blank { offset }
        } else {
            Piece::Record { offset, bytes }
        }
    }

    /// Passes over a record that is too large: to the end of its line, or of the stream.
    fn pass_over(&mut self) -> io::Result<Option<Piece<'_>>> {
        let offset = self.offset;
        self.last_start = offset;
        loop {
            let rest = self.rest();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                self.advance(end.saturating_add(1));
                break;
            }
            self.advance(rest.len());
            if !self.fill()? {
                break;
            }
        }
        self.mark();
        Ok(Some(Piece::TooLarge {
            offset,
            length: self.offset.saturating_sub(offset),
        }))
    }

    fn next_frame(&mut self) -> io::Result<Option<Piece<'_>>> {
        while self.rest().len() < 4 && self.fill()? {}
        let Some(length) = self.rest().first_chunk::<4>() else {
            let left = self.rest().len();
            return Ok((left > 0).then(|| self.hand_out(left, left)));
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > RECORD_MAX_BYTES {
            return self.pass_over();
        }
        while self.rest().len() < length.saturating_add(4) && self.fill()? {}
        let offset = self.offset;
        self.last_start = offset;
        let from = self.start.saturating_add(4);
        let to = from.saturating_add(length).min(self.buffer.len());
        self.advance(length.saturating_add(4).min(self.rest().len()));
        self.mark();
        Ok(Some(Piece::Record {
            offset,
            bytes: self.buffer.get(from..to).unwrap_or_default(),
        }))
    }
}

fn line_end(bytes: &[u8]) -> End {
    match memchr::memchr(b'\n', bytes) {
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
fn value_end(bytes: &[u8]) -> End {
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
fn shape_of(bytes: &[u8]) -> (Shape, usize) {
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
    if closed {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads in steps of `step` bytes.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(n);
            buffer[..n].copy_from_slice(now);
            self.0 = later;
            Ok(n)
        }
    }

    fn pieces(bytes: &[u8], step: usize) -> Vec<String> {
        let mut splitter = Splitter::new(Slow(bytes, step), Before::default());
        let mut found = Vec::new();
        while let Some(piece) = splitter.next_piece().unwrap() {
            found.push(match piece {
                Piece::Record { offset, bytes } => {
                    format!("{offset}:{}", String::from_utf8_lossy(bytes))
                }
                Piece::TooLarge { offset, length } => format!("{offset}:too large {length}"),
                Piece::Blank { offset } => format!("{offset}:blank"),
            });
        }
        found
    }

    #[test]
    fn cuts() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("{\"a\":1}\n{\"b\":2}\n", &["0:{\"a\":1}", "8:{\"b\":2}"]),
            (
                "{\"a\":1}\r\n\r\n{\"b\":2}",
                &["0:{\"a\":1}", "9:blank", "11:{\"b\":2}"],
            ),
            ("\u{feff}{\"a\":1}\n", &["3:{\"a\":1}"]),
            (
                "{\"a\":1\nhello\n{\"b\":2}\n",
                &["0:{\"a\":1", "7:hello", "13:{\"b\":2}"],
            ),
            (
                "[{\"a\":1},{\"b\":\"]\\\"\"}]",
                &["0:[{\"a\":1},{\"b\":\"]\\\"\"}]"],
            ),
            (
                "[\n {\"a\":[1]},\n {\"b\":\"]\\\"}\"}\n]\n",
                &["3:{\"a\":[1]}", "15:{\"b\":\"]\\\"}\"}"],
            ),
            (
                "[{\"a\":1}]\n[{\"b\":2}]\n",
                &["0:[{\"a\":1}]", "10:[{\"b\":2}]"],
            ),
            ("{\"result\":[{\"a\":1}]}", &["0:{\"result\":[{\"a\":1}]}"]),
            (
                "{\n \"result\" : [\n {\"a\":1},\n {\"b\":2} ]\n}\n",
                &["17:{\"a\":1}", "27:{\"b\":2}"],
            ),
            (
                "{\"result\":[\n{\"a\":1}]}\n{\"result\":[\n{\"b\":2}]}\n",
                &["12:{\"a\":1}", "34:{\"b\":2}"],
            ),
            (
                "{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n",
                &["0:{\n \"a\": 1\n}", "12:{\n \"b\": 2\n}"],
            ),
            (
                "[\n{\"a\":1},\nNaN,\n{\"b\":2}]",
                &["2:{\"a\":1}", "11:NaN", "16:{\"b\":2}"],
            ),
            (
                "[\n{\"a\":1},\n{\"x\":{,\n{\"b\":2}\n]",
                &["2:{\"a\":1}", "11:{\"x\":{,", "19:{\"b\":2}"],
            ),
            (
                "[\n{\"a\":1},\n{\"x\":\"y\n{\"b\":2}\n]",
                &["2:{\"a\":1}", "11:{\"x\":\"y", "19:{\"b\":2}"],
            ),
            (
                "{\n{\"a\":1}\n{\"b\":2}\n",
                &["0:{", "2:{\"a\":1}", "10:{\"b\":2}"],
            ),
            (
                "{\n\"a\": [\n{\n\"b\": 1\n}\n]\n}\n",
                &["0:{\n\"a\": [\n{\n\"b\": 1\n}\n]\n}"],
            ),
        ];
        for (text, expected) in cases {
            for step in [1, 7, 1 << 20] {
                assert_eq!(
                    pieces(text.as_bytes(), step),
                    *expected,
                    "{text:?} in steps of {step}"
                );
            }
        }
    }

    #[test]
    fn cuts_binary_messages() {
        let framed = b"\0\0\0\x03abc\0\0\0\x02de";
        assert_eq!(pieces(framed, 1), ["0:abc", "7:de"]);
        let whole = b"\n\x05\x12\x03abc\n\x02";
        assert_eq!(
            pieces(whole, 3),
            [format!("0:{}", String::from_utf8_lossy(whole))]
        );
    }

    #[test]
    fn passes_over_what_is_too_large() {
        let mut bytes = b"{\"a\":1}\n{\"x\":\"".to_vec();
        bytes.resize(RECORD_MAX_BYTES + 100, b'x');
        bytes.extend_from_slice(b"\"}\n{\"b\":2}\n");
        let found = pieces(&bytes, 1 << 20);
        let length = bytes.len() - 8 - 8;
        assert_eq!(
            found,
            [
                "0:{\"a\":1}".to_owned(),
                format!("8:too large {length}"),
                format!("{}:{{\"b\":2}}", 8 + length)
            ]
        );
    }
}
