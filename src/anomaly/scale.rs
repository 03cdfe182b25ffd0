//! A series' own yardstick: the maxima that its score reached in the six-hour blocks of its past.
//!
//! Knows no traffic, only scores in decibels. A newcomer may ask why incidents stay in: a series that
//! had one will have more, and this is what keeps a nightly batch from being news for ever.

use super::num::{In, Out, gain, lean, narrow};

/// How much of the past maxima counts after one more block: half after a week of 28 blocks.
const KEPT: f64 = 0.975_548_580_186_968; // 2^(-36/1008)
/// Half-life of the spread of scores, in bins.
const SPREAD: f64 = 288.0;
/// A score's square counts at most this often the average square.
const CLIP: f64 = 16.0;
/// What is believed of the spread before any maximum is known: so many blocks, with this share of the usual score.
const PRIOR: f64 = 4.0;
const PRIOR_SHARE: f64 = 0.5;
/// Scores of which the average square is not clipped yet.
const FRESH: u16 = 36;

/// The yardstick of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scale {
    /// Blocks, decayed.
    blocks: f32,
    mean: f32,
    variance: f32,
    /// Mean square of the signed scores.
    square: f32,
    scores: u16,
    /// The highest of this block.
    highest: f32,
}

impl Scale {
    /// How far the maxima of blocks lie apart, in decibels; none before one is known.
    pub(super) fn sigma(&self) -> Option<f64> {
        let blocks = f64::from(self.blocks);
        if blocks < 1.0 {
            return None;
        }
        let prior = PRIOR_SHARE * PRIOR_SHARE * f64::from(self.square);
        let pooled = (blocks * f64::from(self.variance) + PRIOR * prior) / (blocks + PRIOR);
        let sigma = (pooled * (1.0 + 8.0 / blocks)).sqrt();
        (sigma > 0.0).then_some(sigma)
    }

    /// A score in units of this series' own maxima.
    pub(super) fn standard(&self, score: f64, sigma: f64) -> f64 {
        (score - f64::from(self.mean)) / sigma
    }

    /// The usual size of a score, in decibels: the root of the mean square.
    pub(super) fn spread(&self) -> f64 {
        f64::from(self.square).sqrt()
    }

    /// Learns one bin's signed score.
    pub(super) fn learn(&mut self, signed: f64) {
        let mut square = signed * signed;
        if self.scores >= FRESH {
            square = square.min(CLIP * f64::from(self.square));
        }
        let least = 1.0 / (f64::from(self.scores) + 1.0);
        lean(&mut self.square, square, gain(SPREAD).max(least));
        self.scores = self.scores.saturating_add(1);
        self.highest = self.highest.max(narrow(signed.max(0.0)));
    }

    /// Ends a block; its maximum is learned from the second day on.
    pub(super) fn end_block(&mut self, learned: bool) {
        if learned {
            let blocks = f64::from(self.blocks) * KEPT + 1.0;
            let off = f64::from(self.highest) - f64::from(self.mean);
            let variance = f64::from(self.variance);
            self.variance = narrow((1.0 - 1.0 / blocks) * (variance + off * off / blocks));
            lean(&mut self.mean, f64::from(self.highest), 1.0 / blocks);
            self.blocks = narrow(blocks);
        }
        self.highest = 0.0;
    }

    pub(super) fn encode(&self, out: &mut Out) {
        for x in [
            self.blocks,
            self.mean,
            self.variance,
            self.square,
            self.highest,
        ] {
            out.real(x);
        }
        out.whole(self.scores.into());
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Scale> {
        Some(Scale {
            blocks: bytes.real()?,
            mean: bytes.real()?,
            variance: bytes.real()?,
            square: bytes.real()?,
            highest: bytes.real()?,
            scores: bytes.small()?,
        })
    }
}
