//! Cells added up, with the calls of each verdict.
//!
//! Knows no books and no name. A newcomer may ask why there are two ways to add up: one cell to a sum that is at hand is
//! merged, and many cells to one sum are cheaper side by side.

use std::collections::BTreeMap;

use crate::cell::{Cell, CellSum};
use crate::entry::CellKey;
use crate::residency::Verdict;

/// Cells added up, with the calls of each verdict.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The totals.
    pub cell: Cell,
    /// Calls by verdict.
    pub verdicts: BTreeMap<Verdict, i64>,
}

impl Group {
    /// Adds one cell.
    pub fn add(&mut self, key: &CellKey, cell: &Cell) {
        self.cell.merge(cell, 1);
        if let Some(verdict) = key.verdict {
            *self.verdicts.entry(verdict).or_default() += cell.totals.calls();
        }
    }

    /// Adds another group.
    pub fn merge(&mut self, other: &Group) {
        self.cell.merge(&other.cell, 1);
        for (verdict, calls) in &other.verdicts {
            *self.verdicts.entry(*verdict).or_default() += calls;
        }
    }
}

/// A group that many cells are being added up to: cheaper than one [`Group::add`] after the other.
#[derive(Debug, Default)]
pub(super) struct GroupSum {
    cell: CellSum,
    verdicts: BTreeMap<Verdict, i64>,
}

impl GroupSum {
    pub(super) fn add(&mut self, key: &CellKey, cell: &Cell) {
        self.cell.add(cell);
        if let Some(verdict) = key.verdict {
            *self.verdicts.entry(verdict).or_default() += cell.totals.calls();
        }
    }

    pub(super) fn merge(&mut self, other: &Group) {
        self.cell.add(&other.cell);
        for (verdict, calls) in &other.verdicts {
            *self.verdicts.entry(*verdict).or_default() += calls;
        }
    }

    /// The group; without prompts, as sums of cells are.
    pub(super) fn group(mut self) -> Group {
        Group {
            cell: self.cell.take(),
            verdicts: self.verdicts,
        }
    }
}
