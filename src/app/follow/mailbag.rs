//! The frozen lines of a follower, as whoever sends them takes them and gives account.
//!
//! Knows no server. A newcomer may ask why settling is a request of its own and not a part of the
//! next freezing: bytes that the server has must not wait for traffic to go.

use crate::crash::site;
use crate::ledger::{Fault, Follow};
use crate::units::UnixMillis;

use super::Access;

/// The lines of one follower.
pub struct Mailbag<B> {
    books: B,
    follower: i64,
}

impl<B: Access> Mailbag<B> {
    /// The lines of the follower with that number.
    pub fn new(books: B, follower: i64) -> Mailbag<B> {
        Mailbag { books, follower }
    }

    /// Lines above `after` that are not settled, in order.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn next(&self, after: u64, limit: (usize, usize)) -> Result<Vec<(u64, Vec<u8>)>, Fault> {
        self.books.reader().frozen(self.follower, after, limit)
    }

    /// Lines up to `up_to` are settled.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn written(&mut self, up_to: u64) -> Result<(), Fault> {
        let follower = self.follower;
        site("before_settle");
        self.books.write(|ledger| ledger.settle(follower, up_to))?;
        site("after_settle");
        Ok(())
    }

    /// The server will never take a line.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn refused(&mut self, id: u64, reason: &str, at: UnixMillis) -> Result<(), Fault> {
        let follower = self.follower;
        self.books
            .write(|ledger| ledger.refuse(follower, id, reason, at))
    }
}
