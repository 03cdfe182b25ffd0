//! The slow channel: values per call that have grown and stay grown, such as prompts that creep.
//!
//! Knows no page: what it finds belongs in a daily digest. A newcomer may ask why it waits for a quarter of a day
//! at a time: tokens per call wander by a fifth from hour to hour, and only what stays is growth.

use crate::units::UnixMillis;

use super::num::{In, Out, narrow, real};
use super::{Bin, Value};

/// Quarters of a day in the week that is compared with, and how many of them must be told.
const QUARTERS: usize = 28;
const TOLD: u32 = 14;
/// A cumulated sum of standardised logarithms of ratios: what is taken off each, the most that one counts, and
/// where it is growth. Found on tokens per call of real clients in both orders of two weeks.
const OFF: f64 = 2.0;
const MOST: f64 = 4.0;
const GROWN: f64 = 6.0;
/// The least growth that is told: a tenth.
const LEAST: f64 = 1.1;
/// The least spread that is believed.
const SPREAD: f64 = 0.02;
/// How fast the reference follows what is no growth, a quarter.
const FOLLOW: f64 = 0.03;
/// Calls that a quarter of a day must have.
const CALLS: u64 = 30;

/// Something has grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grown {
    /// Start of the last bin of the quarter in which it was seen.
    pub at: UnixMillis,
    /// How many quarters of a day it took.
    pub quarters: u32,
    /// Mean value before.
    pub before: f64,
    /// Mean value since.
    pub now: f64,
}

/// The slow channel of one series of positive values. State: under 200 bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    at: Option<UnixMillis>,
    /// The quarter that is being gathered: which of the day, its value and calls.
    part: u8,
    value: f64,
    calls: u64,
    /// Logarithms of the first week's quarters; which of them are told.
    week: [f32; QUARTERS],
    told: u32,
    place: u8,
    /// Made of that week: the usual of each quarter of the day, and the spread; 0 before.
    usual: [f32; 4],
    spread: f32,
    /// The cumulated sum, and what it is made of.
    sum: f32,
    off: f32,
    quarters: u32,
}

impl Default for Growth {
    fn default() -> Growth {
        Growth {
            at: None,
            part: 0,
            value: 0.0,
            calls: 0,
            week: [0.0; QUARTERS],
            told: 0,
            place: 0,
            usual: [0.0; 4],
            spread: 0.0,
            sum: 0.0,
            off: 0.0,
            quarters: 0,
        }
    }
}

fn part_of(bin: &Bin) -> u8 {
    u8::try_from(bin.hour_of_week % 24 / 6).unwrap_or(0)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
    if values.len().is_multiple_of(2) {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    } else {
        at(middle)
    }
}

impl Growth {
    /// Takes a bin in; the first bin of a quarter of a day judges the quarter before it. Bins without a positive
    /// value count as time passed; one that is not after the last changes nothing.
    pub fn feed(&mut self, bin: &Bin) -> Option<Grown> {
        if self.at.is_some_and(|at| bin.at <= at) {
            return None;
        }
        let part = part_of(bin);
        let ended = self.at.is_some() && part != self.part;
        let grown = if ended { self.quarter() } else { None };
        self.part = part;
        self.at = Some(bin.at);
        if let Value::Positive { milli, n } = bin.value
            && !bin.excluded
        {
            self.value += real(milli) / 1000.0 * real(n);
            self.calls = self.calls.saturating_add(n);
        }
        grown
    }

    /// Whether a week is known to compare with.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.spread > 0.0
    }

    /// Starts again from what comes now, as after a planned change.
    pub fn rebase(&mut self) {
        *self = Growth {
            at: self.at,
            part: self.part,
            ..Growth::default()
        };
    }

    fn quarter(&mut self) -> Option<Grown> {
        let log =
            (self.calls >= CALLS && self.value > 0.0).then(|| (self.value / real(self.calls)).ln());
        self.value = 0.0;
        self.calls = 0;
        if self.is_ready() {
            log.and_then(|log| self.judge(log))
        } else {
            self.gather(log);
            None
        }
    }

    fn gather(&mut self, log: Option<f64>) {
        let place = usize::from(self.place) % QUARTERS;
        if let (Some(kept), Some(log)) = (self.week.get_mut(place), log) {
            *kept = narrow(log);
            self.told |= 1 << place;
        } else {
            self.told &= !(1 << place);
        }
        self.place += 1;
        if usize::from(self.place) >= QUARTERS {
            // What is quarter 0 of the week stays so: 28 is a multiple of 4, and a day has four.
            self.place = 0;
            if self.told.count_ones() >= TOLD {
                self.settle();
            }
        }
    }

    /// Makes the usual and the spread of the week that was gathered. The last quarter gathered was `part`.
    fn settle(&mut self) {
        let told: Vec<(usize, f64)> = self
            .week
            .iter()
            .enumerate()
            .filter(|(place, _)| self.told >> place & 1 == 1)
            .map(|(place, log)| ((place + usize::from(self.part) + 1) % 4, f64::from(*log)))
            .collect();
        let all = median(&mut told.iter().map(|(_, log)| *log).collect::<Vec<f64>>());
        for (part, usual) in self.usual.iter_mut().enumerate() {
            let mut own: Vec<f64> = told
                .iter()
                .filter(|(of, _)| *of == part)
                .map(|(_, log)| *log)
                .collect();
            *usual = narrow(if own.is_empty() {
                all
            } else {
                median(&mut own)
            });
        }
        let mut off: Vec<f64> = told
            .iter()
            .map(|(part, log)| (log - self.usual_of(*part)).abs())
            .collect();
        let mean = off.iter().sum::<f64>() / real(u64::try_from(off.len().max(1)).unwrap_or(1));
        // Half by the median, which no outlier moves, and half by the mean, which knows that there are some.
        let spread = f64::midpoint(1.4826 * median(&mut off), 1.2533 * mean);
        self.spread = narrow(spread.max(SPREAD));
    }

    fn usual_of(&self, part: usize) -> f64 {
        self.usual.get(part).map_or(0.0, |usual| f64::from(*usual))
    }

    fn judge(&mut self, log: f64) -> Option<Grown> {
        let spread = f64::from(self.spread);
        let off = log - self.usual_of(usize::from(self.part));
        let standard = (off / spread).clamp(-MOST, MOST);
        let sum = (f64::from(self.sum) + standard - OFF).max(0.0);
        self.sum = narrow(sum);
        if sum == 0.0 {
            self.off = 0.0;
            self.quarters = 0;
        } else {
            self.off = narrow(f64::from(self.off) + off);
            self.quarters += 1;
        }
        let mean = f64::from(self.off) / f64::from(self.quarters.max(1));
        if sum > GROWN && mean >= LEAST.ln() {
            return Some(self.grown(log, off, mean));
        }
        if let Some(usual) = self.usual.get_mut(usize::from(self.part)) {
            let step = off.clamp(-3.0 * spread, 3.0 * spread);
            *usual = narrow(f64::from(*usual) + FOLLOW * step);
        }
        None
    }

    /// Tells of it once: what has grown is the usual from now on.
    fn grown(&mut self, log: f64, off: f64, mean: f64) -> Grown {
        let before = log - off;
        let grown = Grown {
            at: self.at.unwrap_or(UnixMillis(0)),
            quarters: self.quarters,
            before: before.exp(),
            now: (before + mean).exp(),
        };
        for usual in &mut self.usual {
            *usual = narrow(f64::from(*usual) + mean);
        }
        self.sum = 0.0;
        self.off = 0.0;
        self.quarters = 0;
        grown
    }

    /// As bytes: an opaque blob with a version.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Out(vec![VERSION]);
        out.byte(u8::from(self.at.is_some()));
        out.signed(self.at.map_or(0, |at| at.0));
        out.byte(self.part);
        out.byte(self.place);
        out.wide(self.value);
        out.whole(self.calls);
        out.whole(self.told.into());
        out.whole(self.quarters.into());
        let few = [self.spread, self.sum, self.off];
        for x in self.week.iter().chain(&self.usual).chain(&few) {
            out.real(*x);
        }
        out.0
    }

    /// From bytes; none where they are not a slow channel's, or another version's.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Growth> {
        let mut bytes = In(bytes);
        if bytes.byte()? != VERSION {
            return None;
        }
        let known = bytes.byte()?;
        let at = bytes.signed()?;
        let mut growth = Growth {
            at: (known == 1).then_some(UnixMillis(at)),
            part: bytes.byte()?,
            place: bytes.byte()?,
            value: bytes.wide()?,
            calls: bytes.whole()?,
            told: bytes.small()?,
            quarters: bytes.small()?,
            ..Growth::default()
        };
        for x in growth.week.iter_mut().chain(&mut growth.usual) {
            *x = bytes.real()?;
        }
        growth.spread = bytes.real()?;
        growth.sum = bytes.real()?;
        growth.off = bytes.real()?;
        bytes.0.is_empty().then_some(growth)
    }
}

/// Version of the bytes of [`Growth::encode`].
const VERSION: u8 = 1;
