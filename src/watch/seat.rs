//! Whom a reading is of, and what is known of each series in short.
//!
//! Knows no figure. A newcomer may ask why this is kept beside the marks: every minute asks it of every series and
//! rule, by a number, and few of them have a mark.

use crate::alert::{Level, Rule, Series, Unknown};

/// Whom a reading is of: the rule with its place, the series, and its place in the rule's table where the
/// rule has one and took its seats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    pub(super) rule: (usize, &'a Rule),
    pub(super) series: &'a Series,
    pub(super) place: Option<usize>,
}

impl<'a> Of<'a> {
    /// A series that has no place in a table.
    pub(super) fn named(rule: (usize, &'a Rule), series: &'a Series) -> Of<'a> {
        Of {
            rule,
            series,
            place: None,
        }
    }
}

/// What is known of a series, in short.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seat {
    /// Anything at all.
    pub(super) known: bool,
    /// It was bad and is not good again.
    pub(super) open: bool,
    /// What was told of it last.
    pub(super) told: Option<Level>,
}

impl Seat {
    /// Whether a level is to be noted: minutes that are not complete tell only what is newly bad, and in between
    /// or too few says something only of what was bad.
    pub(super) fn is_news(self, level: Level, is_partial: bool) -> bool {
        if is_partial {
            return level == Level::Bad && self.told != Some(Level::Bad);
        }
        match level {
            Level::Good => self.known,
            Level::Between | Level::Unknown(Unknown::TooFew | Unknown::Stalled) => self.open,
            Level::Unknown(Unknown::NotDeclared) => self.told != Some(level),
            Level::Bad | Level::Unknown(Unknown::Learning | Unknown::NotObservable) => true,
        }
    }

    /// Whether a series is marked after a level, and whether that is told.
    pub(super) fn next(self, level: Level) -> (bool, bool) {
        match level {
            Level::Bad => (true, true),
            Level::Good => (false, self.known),
            Level::Between | Level::Unknown(Unknown::TooFew | Unknown::Stalled) => {
                (self.open, self.open)
            }
            Level::Unknown(Unknown::Learning | Unknown::NotDeclared | Unknown::NotObservable) => {
                (true, self.open || self.told != Some(level))
            }
        }
    }
}
