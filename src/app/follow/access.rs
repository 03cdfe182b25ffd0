//! How a follower reaches the books: it reads beside whoever writes, and writes in its turn.
//!
//! Knows no follower. A newcomer may ask why reading has a way of its own: a window is read and
//! compared in milliseconds, and whoever books records need not wait for them.

use crate::ledger::{Fault, SqliteLedger};

use super::Books;

/// A way to the books.
pub trait Access {
    /// What they are read by.
    type Reader: Books;

    /// For reading.
    fn reader(&self) -> &Self::Reader;

    /// For one request that writes.
    ///
    /// # Errors
    /// What the work says.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteLedger) -> Result<T, Fault>,
    ) -> Result<T, Fault>;
}

/// Books that nobody else uses.
pub struct Alone<'a>(pub &'a mut SqliteLedger);

impl Access for Alone<'_> {
    type Reader = SqliteLedger;

    fn reader(&self) -> &SqliteLedger {
        self.0
    }

    fn write<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteLedger) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        work(self.0)
    }
}
