//! Tells outbound calls to other hosts by one pass over the bytes, without decoding.

use crate::outcome::IgnoreReason;

use super::Context;

/// The outcome of a record that needs no decoding; `None` leaves it to the decoder.
pub(super) fn skim(_bytes: &[u8], _context: Context<'_>) -> Option<IgnoreReason> {
    None
}
