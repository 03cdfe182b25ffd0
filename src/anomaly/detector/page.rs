//! From score to page: peaks for the pool, rest after a page, memory of earlier ones, and what people say of them.
//!
//! Knows no expectation. A newcomer may ask why a page must be as high above the threshold as the last one, until
//! that fades: whoever was woken by this series this week wants to be woken again only by something that is news.

use crate::units::UnixMillis;

use super::super::num::{gain, narrow};
use super::super::{BIN_MS, Feedback, Judged, Kind, Page, Pool};
use super::{BLOCK, DAY_1, Detector, Scored, WEEK};

/// In the first days: how many times the expected a window of a busy series must be.
const COARSE: f64 = 20.0;
/// What the memory becomes where somebody called an episode noise, in its largest excess.
const NOISE: f32 = 3.0;

/// The highest score of late, on its way to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Peak {
    /// None yet is less than 0.
    pub(super) score: f32,
    pub(super) age: u8,
}

/// The last episode, for the memory and for what people say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Episode {
    /// Bins since the page, at most 36 and one.
    pub(super) since: u8,
    /// Largest excess of earlier ones in decibels, decaying. Not in scores: an incident widens the scale, and the next,
    /// far larger one would be less of a score.
    pub(super) memory: f32,
    /// This one's largest excess in decibels, and its score.
    pub(super) excess: f32,
    pub(super) score: f32,
    pub(super) busy: bool,
    /// Bins since its highest score went to the pool; none while it waits.
    pub(super) pooled: Option<u32>,
}

impl Detector {
    /// One more bin since everything.
    pub(super) fn age(&mut self) {
        self.episode.since = self.episode.since.saturating_add(1).min(BLOCK + 1);
        let kept = 1.0 - gain(WEEK);
        self.episode.memory = narrow(f64::from(self.episode.memory) * kept);
        if let Some(bins) = &mut self.episode.pooled {
            *bins = bins.saturating_add(1);
        }
    }

    /// Keeps the highest score of six hours, and hands it on when nothing higher came.
    pub(super) fn pass(&mut self, score: Option<f64>) -> Option<f64> {
        let score = score.map_or(-1.0, |score| narrow(score.max(0.0)));
        if score > self.peak.score {
            self.peak = Peak { score, age: 0 };
            return None;
        }
        self.peak.age = self.peak.age.saturating_add(1);
        if self.peak.age < BLOCK {
            return None;
        }
        let passed = self.peak.score;
        self.peak = Peak { score, age: 0 };
        let of_episode = passed.to_bits() == self.episode.score.to_bits();
        if of_episode && self.episode.pooled.is_none() {
            self.episode.pooled = Some(0);
        }
        (passed >= 0.0).then_some(f64::from(passed))
    }

    pub(super) fn decide(&mut self, judged: &Judged, told: Scored) -> Option<Page> {
        let score = judged.score?;
        let excess = score - judged.threshold?;
        let decibels = excess * told.sigma;
        let resting = self.episode.since <= BLOCK;
        if excess < 0.0 {
            return None;
        }
        let news = !self.gated || decibels >= f64::from(self.episode.memory);
        if !resting && !news {
            return None;
        }
        if !resting {
            self.episode.since = 0;
            self.episode.excess = 0.0;
            self.episode.score = -1.0;
            self.episode.pooled = None;
        }
        self.episode.memory = self.episode.memory.max(narrow(decibels));
        self.episode.excess = self.episode.excess.max(narrow(decibels));
        if narrow(score) > self.episode.score {
            self.episode.score = narrow(score);
            self.episode.busy = judged.busy;
        }
        (!resting).then(|| Page {
            since: since(judged.at, told.sums.bins),
            score: Some(score),
            excess,
        })
    }

    /// The second and third day: only what is many times the expected, and only in a busy series.
    pub(super) fn coarse(
        &mut self,
        scored: &[Scored; 3],
        busy: bool,
        at: UnixMillis,
    ) -> Option<Page> {
        let counted = self.kind() == Kind::Count;
        if self.bins < DAY_1 || !busy || !counted || self.episode.since <= BLOCK {
            return None;
        }
        let far = |one: &&Scored| one.matters && one.sums.got >= COARSE * one.sums.expected;
        let found = scored.iter().find(far)?;
        self.episode.since = 0;
        Some(Page {
            since: since(at, found.sums.bins),
            score: None,
            excess: 0.0,
        })
    }

    /// Takes in what somebody said of the last episode. `Real` takes its score out of the pool, so that true
    /// incidents do not raise the threshold; `Noise` raises the memory, so that the same comes through no more
    /// this week; `Planned` makes what is seen now the new normal.
    pub fn hear(&mut self, feedback: Feedback, pool: &mut Pool) {
        match feedback {
            Feedback::Real => {
                let score = self.episode.score;
                if let Some(ago) = self.episode.pooled.take() {
                    pool.forget(self.episode.busy, f64::from(score), ago);
                } else if score > 0.0 && self.peak.score.to_bits() == score.to_bits() {
                    self.peak.score = -1.0;
                }
                self.episode.score = -1.0;
            }
            Feedback::Noise => {
                let raised = NOISE * self.episode.excess;
                self.episode.memory = self.episode.memory.max(raised);
            }
            Feedback::Planned => self.rebase(),
        }
    }

    /// Moves every average by what the last hour is above or below the expected.
    fn rebase(&mut self) {
        let [_, hour, _] = self.windows.sums();
        let (seen, expected) = self.windows.told(&hour);
        if expected > 0.0 && seen > 0.0 {
            let ratio = (seen / expected).clamp(1e-3, 1e3);
            match self.kind() {
                Kind::Count => self.profile.rebase(|mean| mean * ratio),
                Kind::Share => self.profile.rebase(|mean| (mean * ratio).min(1.0)),
                Kind::Positive => self.profile.rebase(|mean| mean + ratio.ln()),
            }
        }
        self.windows.clear();
        self.episode.memory = 0.0;
    }
}

/// The start of a window that ends with the bin that starts here.
fn since(at: UnixMillis, bins: u8) -> UnixMillis {
    at.saturating_add(-BIN_MS * i64::from(bins.saturating_sub(1)))
}
