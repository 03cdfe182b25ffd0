//! The frozen lines of a follower, as whoever sends them takes them and gives account.
//!
//! Knows no server. A newcomer may ask why settling is a request of its own and not a part of the
//! next freezing: bytes that the server has must not wait for traffic to go.

use crate::crash::site;
use crate::ledger::{Fault, Follow};
use crate::sink::{FrozenLine, Outbox};
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
}

impl<B: Access> Outbox for Mailbag<B> {
    type Error = Fault;

    fn next(
        &mut self,
        after: u64,
        limit_lines: usize,
        limit_bytes: usize,
    ) -> Result<Vec<FrozenLine>, Fault> {
        let reader = self.books.reader();
        let lines = reader.frozen(self.follower, after, (limit_lines, limit_bytes))?;
        let line = |(id, bytes)| FrozenLine { id, bytes };
        Ok(lines.into_iter().map(line).collect())
    }

    fn written(&mut self, up_to: u64) -> Result<(), Fault> {
        let follower = self.follower;
        site("before_settle");
        self.books.write(|ledger| ledger.settle(follower, up_to))?;
        site("after_settle");
        Ok(())
    }

    fn refused(&mut self, id: u64, reason: &str, at: UnixMillis) -> Result<(), Fault> {
        let follower = self.follower;
        self.books
            .write(|ledger| ledger.refuse(follower, id, reason, at))
    }
}
