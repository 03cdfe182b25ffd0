//! How unusual a score is among all earlier ones of its own series.
//!
//! Knows no series. A newcomer may ask why not a law's tail: a rank needs no law, so it is true for any traffic, but it
//! can tell nothing rarer than one in all that was seen.

/// Tenths of a decibel from -50 up to 350.
const BINS: usize = 4_000;
const LOWEST: f64 = -50.0;
/// Scores before a rank says anything: a day of them.
const LEAST: u32 = 144;

/// Counts of earlier scores, in a tree of partial sums.
pub(super) struct Ranks {
    sums: Vec<u32>,
    all: u32,
}

impl Ranks {
    pub(super) fn new() -> Ranks {
        Ranks {
            sums: vec![0; BINS + 1],
            all: 0,
        }
    }

    /// The share of earlier scores that were at least as high, this one counted; then takes it in.
    pub(super) fn rank(&mut self, score: f64) -> Option<f64> {
        let place = place(score);
        let below = self.below(place);
        let rank = f64::from(self.all - below + 1) / f64::from(self.all + 1);
        let told = (self.all >= LEAST).then_some(rank);
        self.add(place);
        told
    }

    fn below(&self, mut place: usize) -> u32 {
        let mut sum = 0;
        while place > 0 {
            sum += self.sums.get(place).copied().unwrap_or(0);
            place &= place - 1;
        }
        sum
    }

    fn add(&mut self, place: usize) {
        self.all = self.all.saturating_add(1);
        let mut place = place + 1;
        while let Some(sum) = self.sums.get_mut(place) {
            *sum = sum.saturating_add(1);
            place += place & place.wrapping_neg();
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between 0 and the number of bins"
)]
fn place(score: f64) -> usize {
    (((score - LOWEST) * 10.0).clamp(0.0, 3_999.0)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_the_share_that_was_as_high() {
        let mut ranks = Ranks::new();
        for number in 0..199 {
            let told = ranks.rank(f64::from(number % 10));
            assert_eq!(told.is_some(), number >= 144, "{number}");
        }
        let rows = [
            (9.0, 20.0),
            (20.0, 1.0),
            (-60.0, 202.0),
            (-60.0, 203.0),
            (5.0, 102.0),
        ];
        for (number, (score, at_least)) in rows.into_iter().enumerate() {
            let all = 200.0 + f64::from(u32::try_from(number).unwrap());
            let told = ranks.rank(score).unwrap();
            assert!((told - at_least / all).abs() < 1e-9, "{score}: {told}");
        }
    }
}
