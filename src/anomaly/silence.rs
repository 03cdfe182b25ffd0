//! Drops to zero: whether a series has been quiet for longer than its own traffic explains, and how fast that could be told.
//!
//! Knows no wall clock. A newcomer may ask why a pause is measured in calls that were expected, and held
//! against the series' own pauses: people come in clusters, and where ten calls come together ten that did
//! not come are one cluster.

use super::Budget;
use super::num::{In, Out, gain, lean, narrow};
use super::profile::{Place, Profile};

/// Bins before silence is judged: a week and a day, so that the first weekend is none.
const FROM: u32 = 1152;
/// Half-life of the longest earlier silence, in bins: 14 days.
const HALF_LIFE: f64 = 2016.0;
/// How much longer than the longest of its own past a silence must be.
const LONGER: f64 = 2.0;
/// What is added to the length that chance alone would need: an hour's mean is never known quite.
const MARGIN: f64 = 1.25;
/// And for each call that more than `PAUSE` of them come together: how many do is never known quite either, and the
/// lower mean of hour and hour of the week, by which pauses are measured, is too low where few clusters came.
const MARGIN_CLUSTER: f64 = 0.07;
/// So many calls are believed to widen the margin.
const CLUSTER_MOST: f64 = 5.0;
/// Bins after which pauses are learned: what is expected before is a guess.
const PAUSES_FROM: u32 = 144;
/// Pauses that their mean square remembers.
const PAUSES_MOST: u8 = 60;
/// What is believed of pauses before any was seen, and how many seen ones weigh as much.
const PAUSE: f64 = 3.0;
const PAUSE_WEIGHS: f64 = 3.0;
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
    /// Pauses learned, the mean of the calls missed in one, and that of their squares.
    pauses: u8,
    mean: f32,
    square: f32,
}

impl Quiet {
    /// Learns a bin; the profile is that from before it.
    pub(super) fn learn(&mut self, profile: &Profile, hour: u16, count: f64) {
        self.longest = narrow(f64::from(self.longest) * (1.0 - gain(HALF_LIFE)));
        if count > 0.0 {
            self.longest = self.longest.max(self.missing);
            if self.bins > 0 && profile.seen() >= PAUSES_FROM {
                self.pauses = self.pauses.saturating_add(1).min(PAUSES_MOST);
                let (missed, weighs) = (f64::from(self.missing), 1.0 / f64::from(self.pauses));
                lean(&mut self.mean, missed, weighs);
                lean(&mut self.square, missed * missed, weighs);
            }
            self.bins = 0;
            self.missing = 0.0;
        } else {
            self.bins = self.bins.saturating_add(1);
            self.missing += narrow(profile.least(hour));
        }
    }

    /// How many calls come together. Pauses between clusters of one size miss as many on average, and twice their
    /// square. Where many short pauses stand beside long ones, as nights beside days, the long ones are what a
    /// silence is held against: each pause then weighs what it misses.
    fn cluster(&self) -> f64 {
        let seen = f64::from(self.pauses);
        let with_belief = |mean: f32, believed: f64| {
            (f64::from(mean) * seen + believed * PAUSE_WEIGHS) / (seen + PAUSE_WEIGHS)
        };
        let mean = with_belief(self.mean, PAUSE);
        let square = with_belief(self.square, 2.0 * PAUSE * PAUSE);
        (square / 2.0).sqrt().max(square / 2.0 / mean).max(1.0)
    }

    /// Calls that must be missing before silence can be told; none while the series is too young.
    fn needed(&self, profile: &Profile, budget: Budget) -> Option<f64> {
        if profile.seen() < FROM {
            return None;
        }
        let chances = BINS_OF_WEEK / budget.per_week();
        let cluster = self.cluster();
        let margin = MARGIN + MARGIN_CLUSTER * (cluster - PAUSE).clamp(0.0, CLUSTER_MOST);
        let needed = margin * chances.ln() * cluster;
        Some(needed.max(LONGER * f64::from(self.longest)))
    }

    /// Whether the silence so far is one, without what is told of it.
    pub(super) fn is_silent(&self, profile: &Profile, budget: Budget) -> Option<bool> {
        let needed = self.needed(profile, budget)?;
        Some(self.bins > 0 && f64::from(self.missing) >= needed)
    }

    /// Whether the silence so far is one; none while the series is too young.
    pub(super) fn told(&self, profile: &Profile, place: Place, budget: Budget) -> Option<Silence> {
        let needed = self.needed(profile, budget)?;
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
        out.byte(self.pauses);
        for x in [self.missing, self.longest, self.mean, self.square] {
            out.real(x);
        }
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Quiet> {
        Some(Quiet {
            bins: bytes.small()?,
            pauses: bytes.byte()?,
            missing: bytes.real()?,
            longest: bytes.real()?,
            mean: bytes.real()?,
            square: bytes.real()?,
        })
    }
}
