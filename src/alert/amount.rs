//! A figure with its unit, as a whole number.
//!
//! Knows no text of it. A newcomer may ask why shares are millionths: rules speak of tenths of a
//! per cent, and no float is compared with a limit.

use serde::{Deserialize, Serialize};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Calls, requests, records, conversations.
    Count,
    /// Tokens.
    Tokens,
    /// Nano-dollars.
    NanoUsd,
    /// Millionths of a whole.
    Ppm,
    /// Milliseconds.
    Millis,
    /// Whole days.
    Days,
}

impl Unit {
    /// The word in series, webhooks and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Tokens => "tokens",
            Unit::NanoUsd => "nanousd",
            Unit::Ppm => "ppm",
            Unit::Millis => "ms",
            Unit::Days => "days",
        }
    }
}

/// A figure with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Amount {
    /// What it counts.
    pub unit: Unit,
    /// How many of it.
    pub n: i64,
}

impl Amount {
    /// An amount.
    #[must_use]
    pub fn new(unit: Unit, n: i64) -> Amount {
        Amount { unit, n }
    }
}
