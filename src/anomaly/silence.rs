//! Drops to zero: whether a series has been quiet for longer than its own traffic explains, and how fast that could be told.
//!
//! Knows no wall clock. A newcomer may ask why so many calls must be missing: seven that did not come are no
//! news if fewer than one in a thousand windows has none by chance, and there are a thousand windows a week.

use super::Budget;
use super::num::{In, Out, gain, narrow};
use super::profile::{Place, Profile};

/// Bins before silence is judged: a week and a day, so that the first weekend is none.
const FROM: u32 = 1152;
/// Half-life of the longest earlier silence, in bins: 14 days.
const HALF_LIFE: f64 = 2016.0;
/// How much longer than the longest of its own past a silence must be.
const LONGER: f64 = 1.5;
/// Nothing is said about windows longer than a week.
const WINDOW_MOST: u32 = 1008;
const BINS_OF_WEEK: f64 = 1008.0;

/// Whether a series is silent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silence {
    /// Bins without a call, up to now.
    pub bins: u32,
    /// Calls that were expected in them.
    pub expected: f64,
    /// Calls that must be missing before it can be told.
    pub needed: f64,
    /// The smallest number of bins from the last call on in which so many are expected; none in a week.
    pub smallest_bins: Option<u32>,
    /// Whether it is.
    pub is_silent: bool,
}

/// What is kept of silences.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Quiet {
    bins: u32,
    missing: f32,
    /// Calls missed in the longest earlier silence, fading.
    longest: f32,
}

impl Quiet {
    /// Learns a bin; the profile is that from before it.
    pub(super) fn learn(&mut self, profile: &Profile, hour: u16, count: f64) {
        self.longest = narrow(f64::from(self.longest) * (1.0 - gain(HALF_LIFE)));
        if count > 0.0 {
            self.longest = self.longest.max(self.missing);
            self.bins = 0;
            self.missing = 0.0;
        } else {
            self.bins = self.bins.saturating_add(1);
            self.missing += narrow(profile.least(hour));
        }
    }

    /// Whether the silence so far is one; none while the series is too young.
    pub(super) fn told(&self, profile: &Profile, place: Place, budget: Budget) -> Option<Silence> {
        if profile.seen() < FROM {
            return None;
        }
        let chances = BINS_OF_WEEK / budget.per_week();
        let needed = chances.ln().max(LONGER * f64::from(self.longest));
        let missing = f64::from(self.missing);
        Some(Silence {
            bins: self.bins,
            expected: missing,
            needed,
            smallest_bins: self.smallest(profile, place, needed - missing),
            is_silent: self.bins > 0 && missing >= needed,
        })
    }

    /// So many bins until enough are missing, from the place of the last bin on.
    fn smallest(&self, profile: &Profile, place: Place, mut more: f64) -> Option<u32> {
        let mut place = place;
        let mut bins = self.bins;
        while more > 0.0 {
            place = place.after();
            more -= profile.least(place.hour);
            bins += 1;
            if bins > self.bins + WINDOW_MOST {
                return None;
            }
        }
        Some(bins)
    }

    pub(super) fn encode(&self, out: &mut Out) {
        out.whole(self.bins.into());
        for x in [self.missing, self.longest] {
            out.real(x);
        }
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Quiet> {
        Some(Quiet {
            bins: bytes.small()?,
            missing: bytes.real()?,
            longest: bytes.real()?,
        })
    }
}
