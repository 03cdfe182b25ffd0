//! One series and metric, bin by bin: expected, scored, measured by its own past, and judged by the fleet's record.
//!
//! Knows no clock and no other series. A newcomer may ask why an incident is learned at all: a series that had
//! one will have more, and the same every night is no news; only its height is capped.

mod bytes;
mod page;

use crate::units::UnixMillis;

use super::num::{gain, lean};
use super::profile::{Place, Profile};
use super::scale::Scale;
use super::silence::{Quiet, Silence};
use super::window::{Sums, WINDOWS, Windows};
use super::{BIN_MS, Band, Bin, Budget, Floor, Judged, Kind, Learning, Pool, WaitsFor};
use page::{Episode, Peak};

/// Bins of a block, and of the rest after a page.
const BLOCK: u8 = 36;
/// Bins from which maxima count, learning is capped, and scores are judged.
const DAY_1: u32 = 144;
const DAY_2: u32 = 288;
const DAY_3: u32 = 432;
/// Bins of a week.
const WEEK: f64 = 1008.0;
/// How far above the usual a value is believed when it is learned.
const BELIEVED: f64 = 4.0;
/// The least usual value, in calls.
const USUAL_LEAST: f64 = 5.0;
/// A share of bins with calls from which a series is busy.
const BUSY_FROM: f64 = 0.5;
/// Where the last of six hours brings less than such a part of what they are beyond the expected, it passes.
const EBB: f64 = 10.0;
/// Standard deviations of the band that is told: 95 %.
const BAND: f64 = 1.96;

/// The detector of one series and metric. Pure: time comes with each bin. State: under 4 KB.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    bins: u32,
    at: Option<UnixMillis>,
    place: Place,
    /// Share of bins with calls, half-life a week.
    active: f32,
    profile: Profile,
    windows: Windows,
    scales: [Scale; 3],
    block: u8,
    peak: Peak,
    episode: Episode,
    quiet: Quiet,
    /// Off where the promise is measured.
    gated: bool,
}

/// A window with its score.
#[derive(Clone, Copy, Debug, Default)]
struct Scored {
    sums: Sums,
    signed: f64,
    standard: Option<f64>,
    /// What one of it is in decibels.
    sigma: f64,
    matters: bool,
}

impl Detector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new(kind: Kind, floor: Floor) -> Detector {
        Detector {
            bins: 0,
            at: None,
            place: Place::new(),
            active: 0.0,
            profile: Profile::new(),
            windows: Windows::new(kind, floor),
            scales: [Scale::default(); 3],
            block: 0,
            peak: Peak {
                score: -1.0,
                age: 0,
            },
            episode: Episode {
                since: BLOCK + 1,
                ..Episode::default()
            },
            quiet: Quiet::default(),
            gated: true,
        }
    }

    /// Without floor, materiality and memory: for measuring what is promised before they come in.
    #[must_use]
    pub fn without_gate(mut self) -> Detector {
        self.gated = false;
        self
    }

    /// The kind it was made for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.windows.kind()
    }

    /// The end of the last bin that was fed.
    #[must_use]
    pub fn fed_to(&self) -> Option<UnixMillis> {
        self.at.map(|at| at.saturating_add(BIN_MS))
    }

    /// Whether it has calls in most of its bins.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        f64::from(self.active) >= BUSY_FROM
    }

    /// Whether it has gone quiet; none for other kinds than counts, and in the first eight days.
    #[must_use]
    pub fn silence(&self, budget: Budget) -> Option<Silence> {
        match self.kind() {
            Kind::Count => self.quiet.told(&self.profile, self.place, budget),
            Kind::Positive | Kind::Share => None,
        }
    }

    /// The same without what is told of it.
    #[must_use]
    pub fn is_silent(&self, budget: Budget) -> Option<bool> {
        match self.kind() {
            Kind::Count => self.quiet.is_silent(&self.profile, budget),
            Kind::Positive | Kind::Share => None,
        }
    }

    /// What it has learned and waits for.
    #[must_use]
    pub fn learning(&self) -> Learning {
        let waits_for = match self.bins {
            0..DAY_1 => WaitsFor::FirstDay,
            DAY_1..DAY_3 => WaitsFor::OwnScale,
            DAY_3..1008 => WaitsFor::HoursOfWeek,
            _ => WaitsFor::Nothing,
        };
        Learning {
            bins: self.bins,
            waits_for,
        }
    }

    /// Judges a bin by what was known before it, then learns from it. Every bin is fed once and in order; one
    /// without data is a count of 0. A bin that is not after the last one changes nothing.
    pub fn feed(&mut self, bin: &Bin, pool: &Pool, budget: Budget) -> Judged {
        let reading = self.windows.reading(bin.value);
        let fresh = self.at.is_none_or(|at| bin.at > at);
        let place = self.place.next(bin.hour_of_week);
        let predicted = self.profile.expected(place, self.is_busy());
        if !fresh || bin.excluded {
            let judged = self.unjudged(bin, predicted, pool, budget);
            if fresh {
                // The windows pass it over, and nothing is learned: what was planned is not what is usual.
                (self.at, self.place) = (Some(bin.at), place);
                self.windows.push(super::window::Slot::default());
                self.age();
            }
            return judged;
        }
        (self.at, self.place) = (Some(bin.at), place);
        let slot = self.windows.slot(reading, predicted);
        self.windows.push(slot);
        let scored = self.scored();
        let busy = self.is_busy();
        let told = best(&scored);
        let [point, hour, long] = &scored;
        let mut judged = self.told(bin, &told, point);
        let beyond = |one: &Scored| one.sums.got - one.sums.expected;
        judged.ebbs = told.sums.bins == long.sums.bins && EBB * beyond(hour) < beyond(long);
        judged.threshold = pool.threshold(busy, budget);
        judged.watched = self.bins >= DAY_3;
        self.age();
        if judged.watched {
            judged.score = told.standard.filter(|_| told.matters);
            judged.chance_weeks = judged
                .score
                .and_then(|score| pool.weeks_between(busy, score));
            judged.peak = self.pass(judged.score);
            judged.page = self.decide(&judged, told);
        } else {
            judged.page = self.coarse(&scored, busy, bin.at);
        }
        self.learn(bin, reading, predicted, &scored);
        judged
    }

    fn unjudged(&self, bin: &Bin, predicted: [f64; 3], pool: &Pool, budget: Budget) -> Judged {
        let busy = self.is_busy();
        let reading = self.windows.reading(bin.value);
        let slot = self.windows.slot(reading, predicted);
        let mut alone = self.windows.clone();
        alone.clear();
        alone.push(slot);
        let [sums, ..] = alone.sums();
        let scored = Scored {
            sums,
            ..Scored::default()
        };
        let mut judged = self.told(bin, &scored, &scored);
        judged.threshold = pool.threshold(busy, budget);
        judged
    }

    fn scored(&self) -> [Scored; 3] {
        let sums = self.windows.sums();
        let mut all = [Scored::default(); 3];
        for ((scored, sums), scale) in all.iter_mut().zip(sums).zip(&self.scales) {
            let signed = self.windows.score(&sums);
            let sigma = scale.sigma();
            *scored = Scored {
                sums,
                signed,
                standard: sigma.map(|sigma| scale.standard(signed.max(0.0), sigma)),
                sigma: sigma.unwrap_or(0.0),
                matters: !self.gated || self.windows.matters(&sums),
            };
        }
        all
    }

    fn band(&self, scored: &Scored) -> Band {
        let (observed, expected) = self.windows.told(&scored.sums);
        let place = WINDOWS.iter().position(|bins| *bins == scored.sums.bins);
        let scale = place.and_then(|place| self.scales.get(place));
        let spread = scale.map_or(0.0, Scale::spread);
        let (low, high) = self.windows.band(&scored.sums, BAND * spread);
        Band {
            observed,
            expected,
            low,
            high,
            decibels: scored.signed,
        }
    }

    fn told(&self, bin: &Bin, told: &Scored, point: &Scored) -> Judged {
        let band = self.band(told);
        Judged {
            at: bin.at,
            expected: band.expected,
            low: band.low,
            high: band.high,
            observed: band.observed,
            window_bins: told.sums.bins,
            decibels: band.decibels,
            point: if told.sums.bins == point.sums.bins {
                band
            } else {
                self.band(point)
            },
            score: None,
            threshold: None,
            page: None,
            ebbs: false,
            learning: self.learning(),
            chance_weeks: None,
            peak: None,
            busy: self.is_busy(),
            watched: false,
        }
    }

    fn learn(
        &mut self,
        bin: &Bin,
        reading: Option<(f64, f64)>,
        predicted: [f64; 3],
        scored: &[Scored; 3],
    ) {
        let least = 1.0 / (f64::from(self.bins) + 1.0);
        let some = match self.kind() {
            Kind::Count => reading.is_some_and(|(value, _)| value > 0.0),
            Kind::Positive | Kind::Share => reading.is_some(),
        };
        let some = if some { 1.0 } else { 0.0 };
        lean(&mut self.active, some, gain(WEEK).max(least));
        if let Some((value, of)) = reading {
            let capped = if self.bins >= DAY_2 {
                value.min(self.cap(bin.hour_of_week))
            } else {
                value
            };
            if self.kind() == Kind::Count {
                self.quiet.learn(&self.profile, bin.hour_of_week, value);
            }
            let weight = self.windows.weight(of);
            self.profile.learn(self.place, capped, weight);
            self.windows.learn(capped, of, predicted[0]);
        }
        if self.bins >= DAY_1 && reading.is_some() {
            for (scale, one) in self.scales.iter_mut().zip(scored) {
                scale.learn(one.signed);
            }
        }
        self.bins = self.bins.saturating_add(1);
        self.block += 1;
        if self.block >= BLOCK {
            self.block = 0;
            let learned = self.bins > DAY_1;
            for scale in &mut self.scales {
                scale.end_block(learned);
            }
        }
    }

    /// The highest value that is learned as it is.
    fn cap(&self, hour_of_week: u16) -> f64 {
        let usual = self.profile.usual(hour_of_week);
        match self.kind() {
            Kind::Count => BELIEVED * usual.max(USUAL_LEAST * self.windows.unit()),
            Kind::Positive => usual + BELIEVED.ln(),
            Kind::Share => BELIEVED * usual.max(0.01),
        }
    }
}

/// The window that is told: the one with the highest score of those that matter, else the last bin.
fn best(scored: &[Scored; 3]) -> Scored {
    let mut best: Option<Scored> = None;
    for one in scored.iter().filter(|one| one.matters) {
        let higher = |than: &Scored| one.standard.unwrap_or(-1.0) > than.standard.unwrap_or(-1.0);
        if best.as_ref().is_none_or(higher) {
            best = Some(*one);
        }
    }
    let [bin, ..] = scored;
    best.unwrap_or(*bin)
}
