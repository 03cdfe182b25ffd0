//! Adds up many cells at once.
//!
//! Knows no key. A newcomer may ask why prompts are left out: no question to the sums of many cells is about them.

use super::{Cell, Totals};
use crate::hist::{Hist, HistSum};

/// Cells that are being added up: for many of them, far cheaper than one [`Cell::merge`] after the other. Without the
/// histogram of prompts.
#[derive(Clone, Debug, Default)]
pub struct CellSum {
    totals: Totals,
    latency: HistSum,
    duration: HistSum,
}

impl CellSum {
    /// Adds a cell.
    pub fn add(&mut self, cell: &Cell) {
        self.totals.add(&cell.totals, 1);
        self.latency.add(&cell.latency);
        self.duration.add(&cell.duration);
    }

    /// The sum; what comes afterwards is another one's.
    pub fn take(&mut self) -> Cell {
        Cell {
            totals: std::mem::take(&mut self.totals),
            latency: self.latency.take(),
            duration: self.duration.take(),
            prompt: Hist::default(),
        }
    }
}
