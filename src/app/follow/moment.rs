//! What holds when a follower looks at the books.
//!
//! Knows no books. A newcomer may ask why lag is handed in: only whoever reads a topic knows its end.

use std::collections::BTreeMap;

use crate::units::{Text, UnixMillis};

/// How far a source is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// Records that wait; `None` while nobody can tell.
    pub records: Option<i64>,
    /// Age of the last booked record in milliseconds, 0 where nothing waits.
    pub ms: Option<i64>,
}

/// A look at the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub now: UnixMillis,
    /// Up to when all sources have been read; `None` while one cannot tell.
    pub complete_to: Option<UnixMillis>,
    /// Sources that are being read, and how far behind they are.
    pub lags: BTreeMap<Text, Lag>,
}
