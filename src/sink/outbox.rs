//! What a deliverer takes lines from, and where it says what became of them.
//!
//! Knows no database on either side. A newcomer may ask why lines are bytes: once frozen, a line is
//! sent as it is however often it takes, or one point would be written with two values.

use crate::units::UnixMillis;

/// A line of the line protocol that will never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenLine {
    /// Its number; a later line has a greater one, and none is 0.
    pub id: u64,
    /// The line, without a line end.
    pub bytes: Vec<u8>,
}

/// Frozen lines in order, and what became of them. Every change is durable when a method returns.
pub trait Outbox {
    /// Why it failed.
    type Error;

    /// The lines behind `after` in ascending order: at most `limit_lines` and `limit_bytes` of them,
    /// but one at least where there is one. Nothing is handed out that is not durably committed.
    ///
    /// # Errors
    /// What the outbox says.
    fn next(
        &mut self,
        after: u64,
        limit_lines: usize,
        limit_bytes: usize,
    ) -> Result<Vec<FrozenLine>, Self::Error>;

    /// Everything up to and with `up_to` is settled, written or refused; its bytes may go.
    ///
    /// # Errors
    /// What the outbox says.
    fn written(&mut self, up_to: u64) -> Result<(), Self::Error>;

    /// The server will never take this line: it is kept apart with the reason, and counted. The same
    /// line can come twice, where the process ended before [`Outbox::written`]; it counts once.
    ///
    /// # Errors
    /// What the outbox says.
    fn refused(&mut self, id: u64, reason: &str, at: UnixMillis) -> Result<(), Self::Error>;
}
