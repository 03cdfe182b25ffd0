//! One of the two records: a fading histogram of peaks, the series-weeks watched, and what follows from them.
//!
//! Knows no time. A newcomer may ask why the peaks of the last six hours are whole numbers beside fading ones: so that
//! the order in which series are judged changes nothing, to the bit.

use super::super::num::{In, Out, real};

/// Bins of the record, each 2 % of 1 + score wide: up to a score of 158.
const BINS: usize = 256;
const STEP: f64 = 1.02;
/// Peaks above a threshold that make it sound; with fewer the tail is drawn on.
const SOUND: f64 = 5.0;
/// Bins of a series-week.
const WEEK_BINS: f64 = 1008.0;

/// Peaks a series and week at or above a score: what a young fleet starts with. Measured on half of the
/// clients of the `ServeGen` traces (arXiv 2505.09999), two weeks.
pub(super) const IDLE: [(f64, f64); 5] = [
    (3.0, 1.0),
    (4.8, 0.5),
    (6.4, 1.0 / 3.0),
    (7.6, 0.25),
    (15.5, 0.125),
];
pub(super) const BUSY: [(f64, f64); 5] = [
    (2.0, 1.0),
    (3.0, 0.5),
    (3.8, 1.0 / 3.0),
    (4.1, 0.25),
    (5.8, 0.125),
];

/// One of the two pools.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Side {
    /// Decayed number of peaks in each bin.
    pub(super) peaks: Vec<f64>,
    /// Decayed series-weeks.
    pub(super) weeks: f64,
    /// Peaks and bins watched since the last renewal: whole, so that the order of series is nothing.
    pub(super) fresh: Vec<u32>,
    pub(super) watched: u64,
    /// Made of the above at each renewal: peaks at or above the edge of each bin, the seed's included.
    pub(super) above: Vec<f64>,
    pub(super) exposure: f64,
    /// Made of them: where the drawn tail begins.
    tail: Option<Tail>,
}

/// Where the drawn tail begins: the edge of its bin, peaks there, mean excess over it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tail {
    edge: f64,
    here: f64,
    excess: f64,
}

/// The lower edge of a bin.
fn edge(bin: usize) -> f64 {
    STEP.powi(i32::try_from(bin).unwrap_or(i32::MAX)) - 1.0
}

/// The bin of a score.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and bounded by the number of bins"
)]
pub(super) fn bin_of(score: f64) -> usize {
    let bin = (score.max(0.0).ln_1p() / STEP.ln()).floor();
    (bin as usize).min(BINS - 1)
}

/// Peaks a series and week at or above a score, drawn through a table in logarithms.
fn seeded(table: &[(f64, f64); 5], score: f64) -> f64 {
    let pairs = table.windows(2);
    let mut drawn = (0.0, 0.0, 1.0);
    for pair in pairs {
        let &[(from, rate), (to, next)] = pair else {
            continue;
        };
        drawn = (from, rate, (rate / next).ln() / (to - from));
        if score < to {
            break;
        }
    }
    let (from, rate, slope) = drawn;
    rate * (-slope * (score - from)).exp()
}

impl Side {
    pub(super) fn new() -> Side {
        Side {
            peaks: vec![0.0; BINS],
            weeks: 0.0,
            fresh: vec![0; BINS],
            watched: 0,
            above: vec![0.0; BINS],
            exposure: 0.0,
            tail: None,
        }
    }

    pub(super) fn renew(&mut self, kept: f64) {
        for (peaks, fresh) in self.peaks.iter_mut().zip(&mut self.fresh) {
            *peaks = *peaks * kept + f64::from(*fresh);
            *fresh = 0;
        }
        self.weeks = self.weeks * kept + real(self.watched) / WEEK_BINS;
        self.watched = 0;
    }

    pub(super) fn derive(&mut self, seed: f64, table: &[(f64, f64); 5]) {
        let mut sum = 0.0;
        let all = self.above.iter_mut().zip(&self.peaks).enumerate().rev();
        for (bin, (above, peaks)) in all {
            sum += peaks;
            *above = sum + seed * seeded(table, edge(bin));
        }
        self.exposure = self.weeks + seed;
        self.tail = self.tail();
    }

    fn at_or_above(&self, bin: usize) -> f64 {
        self.above.get(bin).copied().unwrap_or(0.0)
    }

    /// None with too few peaks.
    fn tail(&self) -> Option<Tail> {
        let from = self.above.partition_point(|above| *above >= SOUND);
        let from = from.checked_sub(1)?;
        let here = self.at_or_above(from);
        let mut excess = 0.0;
        for bin in from..BINS {
            let own = self.at_or_above(bin) - self.at_or_above(bin + 1);
            excess += own * (edge(bin) - edge(from));
        }
        Some(Tail {
            edge: edge(from),
            here,
            excess: (excess / here).max(0.05),
        })
    }

    pub(super) fn threshold(&self, per_week: f64) -> Option<f64> {
        let allowed = per_week * self.exposure;
        if allowed >= SOUND {
            let bin = self.above.partition_point(|above| *above > allowed);
            return Some(edge(bin));
        }
        let tail = self.tail?;
        (allowed > 0.0).then(|| tail.edge + tail.excess * (tail.here / allowed).ln())
    }

    /// Peaks a series and week at or above a score.
    pub(super) fn rate(&self, score: f64) -> Option<f64> {
        let here = self.at_or_above(bin_of(score));
        if here >= SOUND && self.exposure > 0.0 {
            return Some(here / self.exposure);
        }
        let Tail { edge, here, excess } = self.tail?;
        let past = (score - edge).max(0.0);
        Some(here * (-past / excess).exp() / self.exposure)
    }

    pub(super) fn encode(&self, out: &mut Out) {
        out.wide(self.weeks);
        out.whole(self.watched);
        for (peaks, fresh) in self.peaks.iter().zip(&self.fresh) {
            // Most bins are empty: a count with one bit that says whether a weight follows.
            let weighs = *peaks > 0.0;
            out.whole(u64::from(*fresh) << 1 | u64::from(weighs));
            if weighs {
                out.wide(*peaks);
            }
        }
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Side> {
        let mut side = Side::new();
        side.weeks = bytes.wide()?;
        side.watched = bytes.whole()?;
        for (peaks, fresh) in side.peaks.iter_mut().zip(&mut side.fresh) {
            let head = bytes.whole()?;
            *fresh = u32::try_from(head >> 1).ok()?;
            if head & 1 == 1 {
                *peaks = bytes.wide()?;
            }
        }
        Some(side)
    }
}
