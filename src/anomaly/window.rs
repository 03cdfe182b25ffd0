//! The three windows of a series: what was seen and what had been predicted, bin by bin, and the score of their sums.
//!
//! Knows no threshold. A newcomer may ask why predictions are kept beside what was seen: a window is judged
//! by what was expected *before* each of its bins, or an incident would explain itself.

use super::num::{In, Out, gain, lean, narrow, real};
use super::tail::beta_binomial_db;
use super::{Floor, Kind, Value};

/// Bins of the windows: ten minutes, an hour, six hours.
pub(super) const WINDOWS: [u8; 3] = [1, 6, 36];
const RING: usize = 36;

/// What is added to both sides of a ratio, in units of the floor, and for each bin of usual work.
const OFFSET: f64 = 3.0;
const OFFSET_BUSY: f64 = 0.2;
/// Half-life of the busy level, in busy bins.
const BUSY: f64 = 432.0;
/// How far beyond the expected something must be to matter: counts, odds of a share, a positive value.
const MATTERS: f64 = 2.5;
const MATTERS_POSITIVE: f64 = 1.5;
/// Counted values that a positive value or a share needs before it is believed half.
const HALF_BELIEVED: f64 = 20.0;
/// Overdispersion of shares before a series has its own, and the bins that it weighs.
const SPREAD: f64 = 0.01;
const SPREAD_BINS: f64 = 20.0;

/// One bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slot {
    /// The count, the hits, or the logarithm times its weight.
    pub(super) got: f32,
    /// Of how many; 0 for counts.
    of: f32,
    expected: [f32; 3],
}

/// One window's sums.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) bins: u8,
    pub(super) got: f64,
    pub(super) of: f64,
    pub(super) expected: f64,
}

/// The windows of one series, and what it takes to score them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Windows {
    kind: Kind,
    /// What counts as one: a call, or a thirtieth of the least spend that matters.
    unit: f32,
    floor: f32,
    ring: [Slot; RING],
    head: u8,
    /// Mean count of bins that are not empty.
    busy: f32,
    busy_bins: u32,
    /// Mean overdispersion of a share.
    spread: f32,
    spread_bins: u32,
}

impl Windows {
    pub(super) fn new(kind: Kind, floor: Floor) -> Windows {
        let least = real(floor.materiality.max(1));
        Windows {
            kind,
            unit: match kind {
                Kind::Count => narrow(least / real(super::CALLS_THAT_MATTER)),
                Kind::Positive | Kind::Share => 1.0,
            },
            floor: narrow(least),
            ring: [Slot::default(); RING],
            head: 0,
            busy: 0.0,
            busy_bins: 0,
            spread: 0.0,
            spread_bins: 0,
        }
    }

    /// What counts as one, in the unit of the values.
    pub(super) fn unit(&self) -> f64 {
        f64::from(self.unit)
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What a bin's value is to the averages, and how many stand behind it; none where nothing does, or
    /// where the value is of another kind.
    pub(super) fn reading(&self, value: Value) -> Option<(f64, f64)> {
        match (self.kind, value) {
            (Kind::Count, Value::Count(n)) => Some((real(n), 1.0)),
            (Kind::Positive, Value::Positive { milli, n }) if milli > 0 && n > 0 => {
                Some(((real(milli) / 1000.0).ln(), real(n)))
            }
            (Kind::Share, Value::Share { hits, of }) if of > 0 => {
                Some((real(hits.min(of)) / real(of), real(of)))
            }
            (Kind::Count | Kind::Positive | Kind::Share, _) => None,
        }
    }

    /// A predicted average as the number that is expected of a bin with so many behind it.
    pub(super) fn slot(&self, reading: Option<(f64, f64)>, predicted: [f64; 3]) -> Slot {
        let Some((value, of)) = reading else {
            return Slot::default();
        };
        match self.kind {
            Kind::Count => Slot {
                got: narrow(value),
                of: 0.0,
                expected: predicted.map(|m| narrow(m.max(f64::from(self.unit)))),
            },
            Kind::Positive | Kind::Share => Slot {
                got: narrow(value * of),
                of: narrow(of),
                expected: predicted.map(|m| narrow(m * of)),
            },
        }
    }

    pub(super) fn push(&mut self, slot: Slot) {
        if let Some(place) = self.ring.get_mut(usize::from(self.head)) {
            *place = slot;
        }
        self.head = (self.head + 1) % 36;
    }

    /// The sums of the three windows that end with the last bin.
    pub(super) fn sums(&self) -> [Sums; 3] {
        let head = usize::from(self.head) % RING;
        let (newer, older) = self.ring.split_at(head);
        // Each window holds the one before: what was seen is added up once, newest first.
        let [bin, hour, long] = WINDOWS;
        let mut sums = WINDOWS.map(|bins| Sums {
            bins,
            ..Sums::default()
        });
        let (mut got, mut of, mut expected) = (0.0, 0.0, [0.0; 3]);
        let mut bins = 0;
        let slots = newer.iter().rev().chain(older.iter().rev());
        slots.for_each(|slot| {
            got += f64::from(slot.got);
            of += f64::from(slot.of);
            for (sum, one) in expected.iter_mut().zip(slot.expected) {
                *sum += f64::from(one);
            }
            bins += 1;
            if bins == bin || bins == hour || bins == long {
                for (sum, expected) in sums.iter_mut().zip(expected) {
                    if sum.bins == bins {
                        (sum.got, sum.of, sum.expected) = (got, of, expected);
                    }
                }
            }
        });
        sums
    }

    /// What makes a blip in a quiet hour small: added to both sides of a count's ratio.
    fn offset(&self, bins: u8) -> f64 {
        OFFSET * f64::from(self.unit) + OFFSET_BUSY * f64::from(self.busy) * f64::from(bins)
    }

    /// How far a window is above the expected, in decibels; below it, it is negative or nearly nothing.
    pub(super) fn score(&self, sums: &Sums) -> f64 {
        match self.kind {
            Kind::Count => {
                let offset = self.offset(sums.bins);
                10.0 * ((sums.got + offset) / (sums.expected + offset)).log10()
            }
            Kind::Positive if sums.of > 0.0 => {
                let log = (sums.got - sums.expected) / sums.of;
                let believed = sums.of / (sums.of + HALF_BELIEVED);
                10.0 * log * believed * std::f64::consts::LOG10_E
            }
            Kind::Share if sums.of > 0.0 => beta_binomial_db(
                sums.got,
                sums.of,
                sums.expected / sums.of,
                self.dispersion(),
            ),
            Kind::Positive | Kind::Share => 0.0,
        }
    }

    /// Whether a window is large enough to wake anybody.
    pub(super) fn matters(&self, sums: &Sums) -> bool {
        let unit = OFFSET * f64::from(self.unit);
        let floor = f64::from(self.floor);
        match self.kind {
            Kind::Count => sums.got >= floor && sums.got + unit >= MATTERS * (sums.expected + unit),
            Kind::Positive => {
                sums.of >= floor && sums.got - sums.expected >= sums.of * MATTERS_POSITIVE.ln()
            }
            Kind::Share => {
                let odds = |hits: f64| (hits + unit) / (sums.of - hits + unit).max(unit);
                sums.got >= floor && odds(sums.got) >= MATTERS * odds(sums.expected)
            }
        }
    }

    /// What is seen and expected in the window, in the unit of the values.
    pub(super) fn told(&self, sums: &Sums) -> (f64, f64) {
        match self.kind {
            Kind::Count => (sums.got, sums.expected),
            Kind::Positive if sums.of > 0.0 => {
                ((sums.got / sums.of).exp(), (sums.expected / sums.of).exp())
            }
            Kind::Share if sums.of > 0.0 => (sums.got / sums.of, sums.expected / sums.of),
            Kind::Positive | Kind::Share => (0.0, 0.0),
        }
    }

    /// The values that are so many decibels from the expected.
    pub(super) fn band(&self, sums: &Sums, decibels: f64) -> (f64, f64) {
        let (_, expected) = self.told(sums);
        let factor = 10f64.powf(decibels / 10.0);
        match self.kind {
            Kind::Count => {
                let offset = self.offset(sums.bins);
                let at = |factor: f64| ((expected + offset) * factor - offset).max(0.0);
                (at(1.0 / factor), at(factor))
            }
            Kind::Positive => (expected / factor, expected * factor),
            Kind::Share => {
                let own = self.dispersion();
                let of = sums.of.max(1.0);
                let variance = expected * (1.0 - expected) * (1.0 / of + own);
                let wide = 1.96 * variance.max(0.0).sqrt();
                ((expected - wide).max(0.0), (expected + wide).min(1.0))
            }
        }
    }

    fn dispersion(&self) -> f64 {
        let bins = f64::from(self.spread_bins).min(BUSY);
        (f64::from(self.spread) * bins + SPREAD * SPREAD_BINS) / (bins + SPREAD_BINS)
    }

    /// What a bin weighs in averages: few calls tell little of a share.
    pub(super) fn weight(&self, of: f64) -> f64 {
        match self.kind {
            Kind::Count => 1.0,
            Kind::Positive | Kind::Share => of / (of + HALF_BELIEVED / 4.0),
        }
    }

    /// Learns how much a bin of work is, and how a share wanders.
    pub(super) fn learn(&mut self, value: f64, of: f64, predicted: f64) {
        match self.kind {
            Kind::Count if value > 0.0 => {
                let least = 1.0 / (f64::from(self.busy_bins) + 1.0);
                lean(&mut self.busy, value, gain(BUSY).max(least));
                self.busy_bins = self.busy_bins.saturating_add(1);
            }
            Kind::Share if of >= 5.0 => {
                let p = predicted.clamp(1e-4, 1.0 - 1e-4);
                let off = (value - p) * (value - p) * of / (p * (1.0 - p));
                let own = ((off - 1.0) / (of - 1.0)).clamp(0.0, 0.5);
                let least = 1.0 / (f64::from(self.spread_bins) + 1.0);
                lean(&mut self.spread, own, gain(BUSY).max(least));
                self.spread_bins = self.spread_bins.saturating_add(1);
            }
            Kind::Count | Kind::Positive | Kind::Share => {}
        }
    }

    /// Forgets the windows, as after a planned change.
    pub(super) fn clear(&mut self) {
        self.ring = [Slot::default(); RING];
    }

    pub(super) fn encode(&self, out: &mut Out) {
        out.byte(match self.kind {
            Kind::Count => 0,
            Kind::Positive => 1,
            Kind::Share => 2,
        });
        out.byte(self.head);
        for x in [self.unit, self.floor, self.busy, self.spread] {
            out.real(x);
        }
        out.whole(self.busy_bins.into());
        out.whole(self.spread_bins.into());
        for slot in &self.ring {
            let [a, b, c] = slot.expected;
            for x in [slot.got, slot.of, a, b, c] {
                out.real(x);
            }
        }
    }

    pub(super) fn decode(bytes: &mut In<'_>) -> Option<Windows> {
        let kind = match bytes.byte()? {
            0 => Kind::Count,
            1 => Kind::Positive,
            2 => Kind::Share,
            _ => return None,
        };
        let head = bytes.byte()?;
        let mut windows = Windows {
            kind,
            head,
            unit: bytes.real()?,
            floor: bytes.real()?,
            busy: bytes.real()?,
            spread: bytes.real()?,
            busy_bins: bytes.small()?,
            spread_bins: bytes.small()?,
            ring: [Slot::default(); RING],
        };
        for slot in &mut windows.ring {
            slot.got = bytes.real()?;
            slot.of = bytes.real()?;
            for expected in &mut slot.expected {
                *expected = bytes.real()?;
            }
        }
        (usize::from(head) < RING).then_some(windows)
    }
}
