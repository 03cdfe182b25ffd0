//! Rows of a table as pieces: its heading once, then each row as the record that it makes.
//!
//! Knows no quoting: that is [`super::super::csv_rows`]'s. A newcomer may ask why the table is taken
//! out while a row is cut: the row's bytes are borrowed from the same splitter.

use std::io::{self, Read};

use crate::outcome::{QuarantineReason, Reject};

use super::super::csv_rows::{self, BadRow, Row, Table};
use super::cut::{line_end, row_end, shape_of};
use super::{Piece, Shape, Splitter};

impl BadRow {
    /// The row as a rejected record.
    pub fn reject(&self) -> Reject {
        Reject::new(QuarantineReason::BadRow, self.to_string())
    }
}

impl<R: Read> Splitter<R> {
    /// The shape of the bytes ahead, and how many of them stand before the first record. A table
    /// is one from the start of the stream.
    pub(super) fn shape_ahead(&mut self) -> (Shape, usize) {
        let at_start = self.offset <= 3;
        let whole = self.ended && !self.holds;
        match csv_rows::heading(self.rest(), whole).filter(|_| at_start) {
            Some((heading, length)) => {
                let before = self.rest().get(..length).unwrap_or_default();
                let lines = memchr::memchr_iter(b'\n', before).count();
                let line = u64::try_from(lines).unwrap_or(0).saturating_add(1);
                self.table = Some(Table::new(heading, Some(line)));
                (Shape::Rows, length)
            }
            None => shape_of(self.rest()),
        }
    }

    /// The next row of a table, as the record that it makes.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Piece<'_>>> {
        let Some(mut table) = self.table.take() else {
            return self.next_by(&line_end);
        };
        let delimiter = table.heading().delimiter();
        let read = self.next_by(&|bytes| row_end(bytes, delimiter));
        let told = match read {
            Ok(Some(Piece::Record { offset, bytes })) => Some((offset, table.read(bytes))),
            Ok(Some(Piece::Blank { offset })) => {
                table.read(b"");
                Some((offset, Row::Blank))
            }
            Ok(Some(Piece::TooLarge { offset, length })) => {
                table.lose_line();
                self.table = Some(table);
                return Ok(Some(Piece::TooLarge { offset, length }));
            }
            Ok(Some(Piece::BadRow { .. }) | None) => None,
            Err(error) => {
                self.table = Some(table);
                return Err(error);
            }
        };
        let table = self.table.insert(table);
        Ok(told.map(|(offset, row)| match row {
            Row::Record => Piece::Record {
                offset,
                bytes: table.json(),
            },
            Row::Blank => Piece::Blank { offset },
            Row::Bad(row) => Piece::BadRow { offset, row },
        }))
    }
}
