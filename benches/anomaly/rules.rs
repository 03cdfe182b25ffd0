//! Two rules that are in use elsewhere, on the same runs: three times the seven-day mean, and four sigma over the
//! hour of the day.
//!
//! Knows no pool. A newcomer may ask why they rest six hours after a page and want 30 calls: so that the same is
//! counted for all, and only the rule differs.

use tollwatch::anomaly::{Judged, Pool};

use super::data::WEEK;
use super::fleet::Judge;

const REST: usize = 36;
const CALLS: u64 = 30;

/// More than three times the mean of the last seven days.
#[derive(Clone)]
pub(crate) struct ThreeTimes {
    last: Vec<u64>,
    sum: u64,
    rested: usize,
}

impl ThreeTimes {
    pub(crate) fn new() -> ThreeTimes {
        ThreeTimes {
            last: Vec::new(),
            sum: 0,
            rested: REST,
        }
    }
}

impl Judge for ThreeTimes {
    fn feed(&mut self, at: usize, count: u64, _: &Pool) -> (bool, Option<Judged>) {
        let mean = self.sum as f64 / self.last.len().max(1) as f64;
        let far = self.last.len() >= WEEK && count >= CALLS && count as f64 > 3.0 * mean;
        let page = far && self.rested >= REST;
        self.rested = if page { 0 } else { self.rested + 1 };
        if self.last.len() < WEEK {
            self.last.push(count);
        } else {
            self.sum -= self.last[at % WEEK];
            self.last[at % WEEK] = count;
        }
        self.sum += count;
        (page, None)
    }
}

/// Above the mean of this hour of the day by four standard deviations, in two bins one after the other.
#[derive(Clone)]
pub(crate) struct FourSigma {
    /// Bins, sum and sum of squares of each hour.
    hours: [(f64, f64, f64); 24],
    before: bool,
    rested: usize,
}

impl FourSigma {
    pub(crate) fn new() -> FourSigma {
        FourSigma {
            hours: [(0.0, 0.0, 0.0); 24],
            before: false,
            rested: REST,
        }
    }
}

impl Judge for FourSigma {
    fn feed(&mut self, at: usize, count: u64, _: &Pool) -> (bool, Option<Judged>) {
        let hour = &mut self.hours[at / 6 % 24];
        let (n, sum, squares) = *hour;
        let mean = sum / n.max(1.0);
        let sigma = (squares / n.max(1.0) - mean * mean).max(0.0).sqrt();
        let x = count as f64;
        let far = at >= WEEK && count >= CALLS && x > mean + 4.0 * sigma;
        let page = far && self.before && self.rested >= REST;
        self.before = far;
        self.rested = if page { 0 } else { self.rested + 1 };
        *hour = (n + 1.0, sum + x, squares + x * x);
        (page, None)
    }
}
