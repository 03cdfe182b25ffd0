//! The habits of one rule, by place of its series, and the rows that they will be.
//!
//! Knows no score. A newcomer may ask why a habit is not a row at once: each bin changes all of them, and a row of
//! two thousand bytes is made when somebody writes it.

use crate::alert::{Rule, Series};
use crate::anomaly::{Feedback, Pool};
use crate::units::Text;

use super::habit::{self, Habit};
use super::state::Rows;

/// A habit, and the key of its row.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) habit: Habit,
    row: Text,
    /// Since rows were last asked for.
    has_changed: bool,
}

/// The habits of one rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    kept: Vec<Option<Box<Kept>>>,
}

impl Habits {
    /// Makes room for so many series.
    pub(super) fn grow(&mut self, series: usize) {
        if self.kept.len() < series {
            self.kept.resize(series, None);
        }
    }

    /// Takes the habit at a place out, to be fed.
    pub(super) fn take(&mut self, place: usize) -> Option<Box<Kept>> {
        self.kept.get_mut(place)?.take()
    }

    /// Puts a habit that was fed back to its place.
    pub(super) fn put(&mut self, place: usize, mut fed: Box<Kept>) {
        fed.has_changed = true;
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = Some(fed);
        }
    }

    /// Rows that changed since this was last asked.
    pub(super) fn changed(&mut self) -> impl Iterator<Item = (Text, Option<Vec<u8>>)> {
        let kept = self.kept.iter_mut().flatten();
        let changed = kept.filter(|kept| kept.has_changed);
        changed.map(|kept| {
            kept.has_changed = false;
            (kept.row.clone(), Some(kept.habit.encode()))
        })
    }

    /// All rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Text, Vec<u8>)> {
        let kept = self.kept.iter().flatten();
        kept.map(|kept| (kept.row.clone(), kept.habit.encode()))
    }

    /// Gives all back as rows.
    pub(super) fn put_back(self, rows: &mut Rows) {
        for kept in self.kept.into_iter().flatten() {
            rows.put_back(kept.row, kept.habit.encode(), kept.has_changed);
        }
    }

    /// Lets somebody's word change the habit of a row, where it is kept here.
    pub(super) fn hear(&mut self, row: &str, feedback: Feedback, pool: &mut Pool) -> bool {
        let mut kept = self.kept.iter_mut().flatten();
        let Some(kept) = kept.find(|kept| kept.row == row) else {
            return false;
        };
        let before = kept.habit.clone();
        kept.habit.hear(feedback, pool);
        kept.has_changed |= kept.habit != before;
        true
    }
}

impl Kept {
    /// What a series has earned as normal: as its row says, else nothing yet; `None` where it has no row and is not
    /// to begin. The row is kept here from now on.
    pub(super) fn begin(
        (rule, series): (&Rule, &Series),
        read: impl FnOnce(&[u8]) -> Option<Habit>,
        new: impl FnOnce() -> Option<Habit>,
        rows: &mut Rows,
    ) -> Option<Box<Kept>> {
        let row = habit::key_of(rule, series);
        let stored = rows.get(&row).and_then(|bytes| read(bytes));
        let habit = stored.or_else(new)?;
        rows.take(&row);
        Some(Box::new(Kept {
            habit,
            row,
            has_changed: false,
        }))
    }
}
