//! Restating: what is asked of the books, what becomes of each line, what was done.
//!
//! Knows no configuration and no SQL: whoever judges hands in a function. A newcomer may ask why a
//! line can stay as booked: lines of the first version do not keep all that they were judged by.

use crate::entry::Entry;
use crate::ids::ConfigNumber;
use crate::line::Line;
use crate::outcome::IgnoreReason;
use crate::units::{Text, UnixMillis};

use super::Fault;
use super::types::Span;

/// What a line becomes under another configuration.
#[derive(Clone, Debug)]
pub enum Again {
    /// It was judged again. The figures of halves that the line does not have are not booked.
    Judged(Box<Entry>),
    /// It stays what it is.
    AsBooked,
    /// It no longer counts, and leaves the books.
    Ignored(IgnoreReason),
}

/// Judges a line again; its error ends the correction, and nothing of it is in the books.
pub type Rejudge<'a> = dyn FnMut(&Line) -> Result<Again, Fault> + 'a;

/// What is to be restated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The hours that begin or lie in it.
    pub span: Span,
    /// The configuration that lines are judged under.
    pub config: ConfigNumber,
    /// Why, in a person's words.
    pub reason: Text,
}

/// Why an hour cannot be restated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WhyFixed {
    /// Its call lines are gone.
    LinesGone,
    /// The limit on names of its day was reached: what folded cannot be told apart.
    Names,
    /// The limit on conversations of its day was reached, and not the whole day is restated.
    Conversations,
}

impl WhyFixed {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WhyFixed::LinesGone => "lines_gone",
            WhyFixed::Names => "names",
            WhyFixed::Conversations => "conversations",
        }
    }
}

/// How far a correction reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Hours whose lines are all there.
    pub hours: Vec<UnixMillis>,
    /// Hours that stay as they are.
    pub fixed: Vec<(UnixMillis, WhyFixed)>,
    /// Hours of `hours` whose links stay as they are, because the lines before them are gone.
    pub links_fixed: Vec<UnixMillis>,
}

/// What a correction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restated {
    /// Lines read.
    pub lines: u64,
    /// Of them: booked otherwise than before, those that left among them.
    pub changed: u64,
    /// Of them: no longer counted.
    pub removed: u64,
    /// Of them: of a version that cannot be judged again.
    pub as_booked: u64,
    /// Cost of all of them before, in nano-dollars.
    pub before_nanousd: i64,
    /// Cost of all of them afterwards.
    pub after_nanousd: i64,
    /// Cost before of those whose feature, endpoint or model is another now, or that left.
    pub moved_nanousd: i64,
}

/// A correction as the books remember it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestatementRow {
    /// Its number, from 1.
    pub number: u64,
    /// When, by the clock of whoever restated.
    pub at: UnixMillis,
    /// What was asked for.
    pub span: Span,
    /// The configurations that the lines were judged under before.
    pub from: Vec<ConfigNumber>,
    /// The configuration that they are judged under now.
    pub to: ConfigNumber,
    /// Why.
    pub reason: Text,
    /// What it did.
    pub done: Restated,
}

/// Under which configuration reports of a day stand in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayConfigRow {
    /// Where the day begins.
    pub day: UnixMillis,
    /// The configuration.
    pub config: ConfigNumber,
    /// How many reports.
    pub reports: u64,
}
