//! A rule: of which series it speaks, what it looks at, and how urgent it is.
//!
//! Knows no file and no books. A newcomer may ask why limits can be words: "the approved figure" is
//! another number for each feature, and belongs to the registry.

use serde::{Deserialize, Serialize};

use crate::units::Text;

use super::amount::Amount;
use super::metric::Metric;
use super::series::Dimension;
use super::words::Severity;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: lower case, digits and `-`.
    pub name: Text,
    /// Why it is there, one sentence.
    pub reason: Text,
    /// What it looks at.
    pub check: Check,
    /// Of which series it speaks.
    pub scope: Scope,
    /// What series are told apart by; empty: summed over the scope.
    pub by: Vec<Dimension>,
    /// How long it must hold before it fires, in milliseconds.
    pub for_ms: i64,
    /// How urgent.
    pub severity: Severity,
    /// How urgent where the feature or endpoint is `fail_closed`; `None`: the same.
    pub severity_fail_closed: Option<Severity>,
    /// Who is told; `None`: whom the routes name.
    pub owner: Option<Text>,
    /// Where to read what to do.
    pub runbook: Option<Text>,
    /// What to do, in a sentence.
    pub action: Option<Text>,
    /// After how long an episode that nobody acknowledged is told again, in milliseconds; `None`:
    /// never.
    pub repeat_ms: Option<i64>,
    /// Whether it is in force.
    pub on: bool,
}

/// Values that a series must have; a dimension without values takes all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope(pub Vec<(Dimension, Vec<Text>)>);

/// A window that slides, or a period of the calendar in the ledger's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// Whole minutes, from 1 to 43,200.
    Minutes(u32),
    /// A period of the calendar, up to now.
    Period(Period),
}

/// A period of the calendar, in the ledger's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month.
    Month,
}

/// How often an alert may be false: once a series in so many hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Promise {
    /// Hours, at least one.
    pub hours: u32,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A number.
    Fixed(Amount),
    /// So many millionths of what the registry says was approved for the feature (cost per call,
    /// tokens per call, calls a day, share of retries; for spend: cost per call times calls a day).
    OfApproved(i64),
    /// So many millionths of what the registry declares: a timeout, a context, a conversation's
    /// token budget, a budget.
    OfDeclared(i64),
}

/// What a rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// A figure over a window crosses a value.
    Threshold {
        /// The figure.
        metric: Metric,
        /// Over which window.
        window: Span,
        /// Bad above it.
        above: Option<Limit>,
        /// Bad below it.
        below: Option<Limit>,
        /// Good again on the other side of it; `None`: of the limit itself.
        clear: Option<Limit>,
        /// Calls (or requests, or records) that the window must hold.
        min_sample: u64,
    },
    /// A period's spend.
    Budget(Budget),
    /// Spend that would exhaust a budget before its time.
    Burn(Burn),
    /// A figure leaves what its series has earned as normal.
    Anomaly {
        /// The figure.
        metric: Metric,
        /// How often it may be wrong.
        promise: Promise,
        /// What it must cost an hour to be told, in nano-dollars.
        floor_nanousd: i64,
    },
    /// A feature leaves its approved assumption: bad above so many millionths of it.
    Drift {
        /// The figure.
        metric: Metric,
        /// Over which window.
        window: Span,
        /// Millionths of what was approved.
        above: i64,
        /// Answered requests that the window must hold.
        min_sample: u64,
    },
    /// Where calls landed.
    Residency(Residency),
    /// Something never seen before.
    FirstSight(Sight),
    /// Traffic that has gone quiet longer than it explains.
    Silence {
        /// How often it may be wrong.
        promise: Promise,
    },
    /// A date that comes near.
    Calendar(Calendar),
}

/// A period's spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The period.
    pub period: Period,
    /// The budget; `None`: what the registry says, and no alert where it says nothing.
    pub nanousd: Option<i64>,
    /// At which per cents of it somebody is told.
    pub percent: Vec<u32>,
    /// Whether the straight line to the period's end is held against it too.
    pub forecast: bool,
}

/// Spend that would exhaust a budget before its time: both windows together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burn {
    /// The budget of a month, as in [`Budget`].
    pub nanousd: Option<i64>,
    /// Minutes of the fast and of the slow window.
    pub minutes: (u32, u32),
    /// How many times the even pace, in millionths.
    pub times: i64,
}

/// Where calls landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Residency {
    /// The first violated call of a series; never waits.
    Violated,
    /// Evidence that excludes other evidence.
    Contradicted,
    /// A call that went to a fallback or was moved by the provider.
    Fallback,
    /// Requests of a feature with an endpoint of its own, of which that endpoint saw no calls.
    OtherDoor,
    /// The platform's own model answered a feature that has an endpoint of its own.
    PlatformDefault,
    /// An endpoint meant for some groups or features is used by others.
    OutsidePilot,
    /// An endpoint fails and nothing took over.
    DownWithoutFallback,
}

/// What can be seen for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// A registered endpoint.
    Endpoint,
    /// A model.
    Model,
    /// A credential.
    Credential,
    /// An LLM host that nobody registered.
    Host,
}

/// A date that comes near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What is due.
    pub due: Due,
    /// Days before at which somebody is told, greatest first; 0: on the day.
    pub days: Vec<u32>,
}

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// A credential's rotation.
    Credential,
    /// A model's retirement.
    Retirement,
    /// The end of a pilot.
    Pilot,
    /// A fallback or successor that was not exercised for so many days.
    Exercise,
    /// Price lists that are older than so many days.
    Prices,
}
