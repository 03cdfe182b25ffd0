//! Anomalies: what a series has earned as normal, and when leaving it is worth waking somebody.
//!
//! Knows no clock, ledger or rule: bins come in, judgements go out, and state is bytes. A newcomer may ask
//! why there is no k-sigma band: the traffic of LLM features is so bursty that each series needs its own
//! yardstick, and only the fleet's record of how often which score comes makes a promised rate true
//! (docs/ANOMALIES.md has the figures).

mod budget;
mod detector;
mod growth;
mod num;
mod pool;
mod profile;
mod scale;
mod silence;
mod tail;
mod window;

use crate::units::UnixMillis;

pub use budget::{BadBudget, Budget};
pub use detector::Detector;
pub use growth::{Grown, Growth};
pub use pool::Pool;
pub use silence::Silence;

/// The width of a bin: ten minutes.
pub const BIN_MS: i64 = 600_000;

/// Calls that a window must have before anybody is woken: the usual floor of a count.
pub const CALLS_THAT_MATTER: u64 = 30;

/// What the values of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Things counted: calls, or spend in whole micro-dollars.
    Count,
    /// Values above nothing that are compared by their ratio: latency, tokens per call.
    Positive,
    /// So many of so many: refused calls, errors.
    Share,
}

/// What must come together in a window before it can page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Of a count: its own unit (calls, micro-dollars); all constants of the detector scale with a thirtieth of it.
    /// Of a positive value: the calls behind it. Of a share: the hits.
    pub materiality: u64,
}

impl Floor {
    /// The usual floor of a kind: 30 calls, 20 calls behind a value, 10 hits.
    #[must_use]
    pub fn usual(kind: Kind) -> Floor {
        Floor {
            materiality: match kind {
                Kind::Count => CALLS_THAT_MATTER,
                Kind::Positive => 20,
                Kind::Share => 10,
            },
        }
    }
}

/// The value of a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Calls, or spend in whole micro-dollars.
    Count(u64),
    /// A value in thousandths (tokens per call, a percentile in milliseconds), and how many calls stand behind it.
    Positive {
        /// The value times a thousand.
        milli: u64,
        /// Calls behind it; none means that the bin tells nothing.
        n: u64,
    },
    /// So many of so many.
    Share {
        /// Calls that it happened to.
        hits: u64,
        /// All calls; none means that the bin tells nothing.
        of: u64,
    },
}

/// Ten minutes of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin {
    /// Its start.
    pub at: UnixMillis,
    /// What was seen in it.
    pub value: Value,
    /// The hour of the week in the configured time zone, 0 to 167, Monday midnight first.
    pub hour_of_week: u16,
    /// Maintenance, or planned: never judged and not learned.
    pub excluded: bool,
}

/// What was seen beside what was expected, in the unit of the values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Band {
    /// What was seen.
    pub observed: f64,
    /// What was expected.
    pub expected: f64,
    /// Lower end of the band that holds 95 of 100.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// How far the seen is above the expected, in decibels, offsets included.
    pub decibels: f64,
}

/// What the detector says of a bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Start of the bin.
    pub at: UnixMillis,
    /// What was expected of the window that is told, in the unit of the values.
    pub expected: f64,
    /// Lower end of the band that holds 95 of 100 windows.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What was seen.
    pub observed: f64,
    /// Bins of the window that is told: 1, 6 or 36. The one that decided, else the last bin.
    pub window_bins: u8,
    /// How far the seen is above the expected, in decibels, offsets included.
    pub decibels: f64,
    /// The bin alone, whatever window is told.
    pub point: Band,
    /// The score in units of this series' own maxima; none where nothing is large enough to matter.
    pub score: Option<f64>,
    /// The score from which it pages; none while the pool knows too little.
    pub threshold: Option<f64>,
    /// Whether this bin pages.
    pub page: Option<Page>,
    /// Whether it passes: six hours are told, and of what they are beyond the expected the last one brought less than
    /// a tenth.
    pub ebbs: bool,
    /// What has been learned, and what it waits for.
    pub learning: Learning,
    /// By chance a score like this comes about once in so many weeks; none without a score.
    pub chance_weeks: Option<f64>,
    /// The highest score of six hours, emitted for the pool.
    pub peak: Option<f64>,
    /// Which pool it belongs to.
    pub busy: bool,
    /// Whether the bin counts as watched.
    pub watched: bool,
}

/// Somebody is to be woken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Start of the window that decided.
    pub since: UnixMillis,
    /// Its score; none in the first three days, when only 20 times the expected pages.
    pub score: Option<f64>,
    /// How far above the threshold.
    pub excess: f64,
}

/// How far a detector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learning {
    /// Bins learned.
    pub bins: u32,
    /// What is still missing.
    pub waits_for: WaitsFor,
}

/// What a detector waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// A day: nothing is judged before.
    FirstDay,
    /// Three days: until then only 20 times the expected pages.
    OwnScale,
    /// A week: until then it knows hours of the day only.
    HoursOfWeek,
    /// Nothing: all is learned that can be.
    Nothing,
}

impl WaitsFor {
    /// As told to people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WaitsFor::FirstDay => "its first day",
            WaitsFor::OwnScale => "three days for its own scale",
            WaitsFor::HoursOfWeek => "a week for its hours of the week",
            WaitsFor::Nothing => "nothing",
        }
    }
}

/// What somebody says of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// It was an incident.
    Real,
    /// It was nothing.
    Noise,
    /// It was meant: this is the new normal.
    Planned,
}

#[cfg(test)]
mod tests;
