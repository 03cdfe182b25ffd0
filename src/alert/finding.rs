//! What a watch finds of one rule and series at one moment.
//!
//! Knows no episode. A newcomer may ask why good findings are told at all: an episode ends by one,
//! and silence must not be taken for it.

use serde::{Deserialize, Serialize};

use crate::units::{Text, UnixMillis};

use super::amount::Amount;
use super::metric::Metric;
use super::series::Series;
use super::words::Severity;

/// What a rule says of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// As it should be.
    Good,
    /// Neither bad nor past the value at which it is good again.
    Between,
    /// Bad.
    Bad,
    /// Nothing can be said.
    Unknown(Unknown),
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unknown {
    /// The window holds too little.
    TooFew,
    /// A source stalls, and the window may not be complete.
    Stalled,
    /// Too short a history.
    Learning,
    /// The registry says no figure to hold it against.
    NotDeclared,
    /// No source tells the facts that it needs.
    NotObservable,
}

impl Unknown {
    /// The word for tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Unknown::TooFew => "too few calls",
            Unknown::Stalled => "waits for a source",
            Unknown::Learning => "learning",
            Unknown::NotDeclared => "nothing to hold it against",
            Unknown::NotObservable => "not observable",
        }
    }
}

/// The figures that a decision used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Which figure; `None` for what is no figure (first sights, dates).
    pub metric: Option<Metric>,
    /// What it is.
    pub value: Amount,
    /// Over how many minutes; 0 for what has no window.
    pub window_minutes: u32,
    /// What it was held against.
    pub limit: Option<Amount>,
    /// What was expected, and the band around it: least, expected, most.
    pub expected: Option<(Amount, Amount, Amount)>,
    /// How many calls, requests or records the window holds.
    pub sample: i64,
}

/// What it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Beyond what was expected or approved, since it began, in nano-dollars.
    pub so_far_nanousd: Option<i64>,
    /// Beyond what was expected or approved, for every hour that it goes on, in nano-dollars.
    pub per_hour_nanousd: Option<i64>,
}

/// How sure an anomaly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chance {
    /// By chance about once in so many hours for this series.
    pub once_in_hours: i64,
    /// Hours learned.
    pub learned_hours: i64,
}

/// What a watch finds of one rule and series at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's name.
    pub rule: Text,
    /// What it is about.
    pub series: Series,
    /// The end of what was looked at, by the calls' own time.
    pub at: UnixMillis,
    /// Since when it is so, by the calls' own time.
    pub since: UnixMillis,
    /// What the rule says.
    pub level: Level,
    /// How urgent it is here.
    pub severity: Severity,
    /// The figures that the decision used.
    pub measure: Measure,
    /// What it costs.
    pub loss: Loss,
    /// How sure an anomaly is.
    pub chance: Option<Chance>,
    /// What was seen, named, or due: a host, a model, a date; empty where the series says it.
    pub subject: Text,
    /// Whether late records told it: the window had been judged before.
    pub late: bool,
}
