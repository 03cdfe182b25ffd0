//! Cuts a stream of bytes into records: lines, elements of a JSON array, or framed messages.
//!
//! Knows no file and no format. A newcomer may ask why an array is cut before it is decoded: an
//! export of ten million rows is one JSON value, and must be read in constant memory; and one
//! broken row must not take the others with it.

mod cut;
mod piece;
mod rows;

use std::io::{self, Read};

use crate::decode::RECORD_MAX_BYTES;

use super::csv_rows::{Heading, Table};
use cut::{End, line_end, value_end};

pub use cut::Shape;
pub use piece::Piece;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;
/// How many bytes at the head of a stream and before a position tell it from another.
pub const PROBE: usize = 4096;
/// How far the first look goes that tells the shape of a stream.
pub const LOOK: usize = 64 * 1024;

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
    /// Whether a piece without its end is left for a later reading.
    holds: bool,
    held: bool,
    /// What makes records of a table's rows.
    table: Option<Table>,
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
    /// The heading, where the stream is a table.
    pub heading: Option<Heading>,
}

impl<R: Read> Splitter<R> {
    /// A splitter of a stream that goes on where an earlier reading ended.
    pub fn new(reader: R, before: Before) -> Splitter<R> {
        let Before {
            offset,
            shape,
            head,
            tail,
            heading,
        } = before;
        Splitter {
            reader,
            table: heading.map(|heading| Table::new(heading, None)),
            start: tail.len(),
            buffer: tail,
            offset,
            last_start: offset,
            resume_at: offset,
            resume_shape: shape,
            head,
            shape,
            ended: false,
            holds: false,
            held: false,
        }
    }

    /// Leaves a last piece without its end for a later reading: somebody may still be writing it.
    pub fn hold_open_end(&mut self) {
        self.holds = true;
    }

    /// Whether a last piece was left.
    pub fn held(&self) -> bool {
        self.held
    }

    /// The heading, where the stream is a table and was looked at.
    pub fn heading(&self) -> Option<&Heading> {
        self.table.as_ref().map(Table::heading)
    }

    /// The shape of the stream's first bytes; `None` when it is empty.
    ///
    /// # Errors
    /// What the reader says.
    pub fn first_shape(&mut self) -> io::Result<Option<Shape>> {
        self.look()
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
                self.next_by(&|bytes| match value_end(bytes) {
                    // Left over from a broken value: no array around takes it.
                    End::At { end: 0, next: 0 } => End::At { end: 1, next: 1 },
                    end @ (End::At { .. } | End::Open) => end,
                })
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
            Shape::Rows => self.next_row(),
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
            let (shape, prefix) = self.shape_ahead();
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
                return Ok(match end_of(self.rest()) {
                    End::At { end, next } => Some(self.hand_out(end, next)),
                    End::Open if self.holds => self.hold(),
                    End::Open => Some(self.hand_out(left, left)),
                });
            }
        }
    }

    fn hold(&mut self) -> Option<Piece<'_>> {
        self.held = true;
        None
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
        loop {
            let rest = self.rest();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                self.advance(end.saturating_add(1));
                break;
            }
            self.advance(rest.len());
            if !self.fill()? {
                if self.holds {
                    return Ok(self.hold());
                }
                break;
            }
        }
        self.last_start = offset;
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
            return Ok(match left {
                0 => None,
                _ if self.holds => self.hold(),
                _ => Some(self.hand_out(left, left)),
            });
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > RECORD_MAX_BYTES {
            return self.pass_over();
        }
        while self.rest().len() < length.saturating_add(4) && self.fill()? {}
        if self.holds && self.rest().len() < length.saturating_add(4) {
            return Ok(self.hold());
        }
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

#[cfg(test)]
mod tests;
