//! The words of alerts: what a rule is, what the books tell a watch, what it finds, what a person is told.
//!
//! Knows no evaluation, no clock and no file: plain data that the stages hand on. A newcomer may ask
//! why they stand in one place: a rule, its test, its mail and its page must name a figure alike.

mod amount;
mod fact;
mod finding;
mod kind;
mod metric;
mod notice;
mod rule;
mod series;
mod settings;
mod words;

pub use amount::{Amount, Unit};
pub use fact::{Declared, DeclaredEndpoint, DeclaredFeature, Fact, SourceFact};
pub use finding::{Chance, Finding, Level, Loss, Measure, Unknown};
pub use kind::Kind;
pub use metric::Metric;
pub use notice::{
    Band, Change, Driver, EpisodeRef, Explained, Graph, Notice, Sample, Share, StepKind,
};
pub use rule::{
    Budget, Burn, Calendar, Check, Due, Limit, Period, Promise, Residency, Rule, Scope, Sight, Span,
};
pub use series::{Dimension, Series};
pub use settings::{Digests, Maintenance, Matcher, Route, Settings};
pub use words::Severity;
