//! What a stream is cut into.
//!
//! Knows no bytes ahead. A newcomer may ask why a blank line is a piece: it is received, and has an
//! outcome as every other.

use super::super::csv_rows::BadRow;

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
    /// A record above [`RECORD_MAX_BYTES`](crate::decode::RECORD_MAX_BYTES), passed over.
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
    /// A row of a table that does not fit its heading.
    BadRow {
        /// Byte at which it begins.
        offset: u64,
        /// What is wrong with it.
        row: BadRow,
    },
}

impl Piece<'_> {
    /// Byte at which it begins.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self {
            Piece::Record { offset, .. }
            | Piece::TooLarge { offset, .. }
            | Piece::Blank { offset }
            | Piece::BadRow { offset, .. } => *offset,
        }
    }
}
