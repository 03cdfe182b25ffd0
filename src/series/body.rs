//! What the points of a series add: integers in places that never move.
//!
//! Knows no key. A newcomer may ask why buckets stand before the totals: totals are added at their
//! end as the program grows, and places are stored.

use super::names::{DURATION_BOUNDS, LATENCY_BOUNDS, Measurement, PROMPT_BOUNDS};
use crate::cell::{Cell, Totals};
use crate::hist::{Hist, Layout};
use crate::varint::{put, put_signed, take, take_signed};

/// Places of the buckets of latencies and durations before the totals of a call.
pub(super) const DURATION_PLACE: usize = LATENCY_BOUNDS.len();
/// The first place of totals.
pub(super) const TOTALS_PLACE: usize = DURATION_PLACE + DURATION_BOUNDS.len();
/// Longest body that is read.
const PLACES_MAX: u64 = 4_096;

/// Integers by place; those behind the last are 0.
#[derive(Clone, Debug, Default)]
pub struct Body(Vec<i64>);

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        let longer = self.0.len().max(other.0.len());
        (0..longer).all(|place| self.get(place) == other.get(place))
    }
}

impl Eq for Body {}

impl Body {
    /// A body of these integers.
    #[must_use]
    pub fn new(values: Vec<i64>) -> Body {
        Body(values)
    }

    /// What a cell stands for in a measurement that is made of cells; else nothing.
    #[must_use]
    pub fn of_cell(measurement: Measurement, cell: &Cell) -> Body {
        match measurement {
            Measurement::Calls => {
                let latency = bounded(&cell.latency, &LATENCY_BOUNDS);
                let duration = bounded(&cell.duration, &DURATION_BOUNDS);
                let totals = cell.totals.values();
                Body(latency.chain(duration).chain(totals).collect())
            }
            Measurement::Prompt => Body(bounded(&cell.prompt, &PROMPT_BOUNDS).collect()),
            Measurement::Residency => {
                let totals = &cell.totals;
                Body(vec![
                    totals.calls(),
                    totals.calls_ok,
                    totals.calls_contradicted,
                    totals.calls_spilled,
                ])
            }
            Measurement::Links
            | Measurement::Source
            | Measurement::Registry
            | Measurement::Follower
            | Measurement::Alerts => Body::default(),
        }
    }

    /// The integer in a place.
    #[must_use]
    pub fn get(&self, place: usize) -> i64 {
        self.0.get(place).copied().unwrap_or(0)
    }

    /// The totals that stand behind the buckets of a call.
    #[must_use]
    pub(super) fn totals(&self) -> Totals {
        Totals::from_values(self.0.get(TOTALS_PLACE..).unwrap_or_default())
    }

    /// Whether all are 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|value| *value == 0)
    }

    /// Adds another's integers, `sign` times (1 or -1).
    pub fn add(&mut self, other: &Body, sign: i64) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (own, added) in self.0.iter_mut().zip(&other.0) {
            *own = own.saturating_add(added.saturating_mul(sign));
        }
    }

    /// Appends the body: how many are not 0, then for each the distance of its place and its value.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        let set = self.0.iter().filter(|value| **value != 0).count();
        put(bytes, u64::try_from(set).unwrap_or(0));
        let mut last = 0_u64;
        for (place, value) in (0_u64..).zip(&self.0).filter(|(_, value)| **value != 0) {
            put(bytes, place - last);
            put_signed(bytes, *value);
            last = place;
        }
    }

    /// Takes what [`Body::encode`] appended; `None` when it is none.
    pub(super) fn decode(bytes: &mut &[u8]) -> Option<Body> {
        let mut values = Vec::new();
        let mut place = 0_u64;
        for _ in 0..take(bytes)? {
            place = place
                .checked_add(take(bytes)?)
                .filter(|place| *place < PLACES_MAX)?;
            let index = usize::try_from(place).ok()?;
            values.resize(values.len().max(index + 1), 0);
            *values.get_mut(index)? = take_signed(bytes)?;
        }
        Some(Body(values))
    }
}

/// How many values of a histogram lie up to each bound and above the one before. A bucket counts
/// where its lowest value does: what is exactly at a bound is never counted beyond it.
fn bounded(hist: &Hist, bounds: &[(u64, &str)]) -> impl Iterator<Item = i64> {
    let buckets = hist.buckets();
    let upto = |bound: u64| buckets.partition_point(|(low, _)| u64::from(*low) <= bound);
    let mut first = 0;
    bounds.iter().map(move |(bound, _)| {
        let end = upto(*bound);
        let counts = buckets.get(first..end).unwrap_or_default();
        first = end;
        counts.iter().map(|(_, n)| *n).fold(0, i64::saturating_add)
    })
}

/// Percentiles and maxima, for reading and not for sums: field and value.
pub type Readings = Vec<(&'static str, u64)>;

/// What a series stands at in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// What adds.
    pub body: Body,
    /// What does not.
    pub readings: Readings,
}

impl Sum {
    /// What a cell stands for in a measurement that is made of cells.
    #[must_use]
    pub fn of_cell(measurement: Measurement, cell: &Cell) -> Sum {
        Sum {
            body: Body::of_cell(measurement, cell),
            readings: readings(measurement, cell),
        }
    }
}

fn readings(measurement: Measurement, cell: &Cell) -> Readings {
    const LATENCY: [(u32, &str); 4] = [
        (500, "latency_ms_p50"),
        (900, "latency_ms_p90"),
        (950, "latency_ms_p95"),
        (990, "latency_ms_p99"),
    ];
    const DURATION: [(u32, &str); 4] = [
        (500, "duration_ms_p50"),
        (900, "duration_ms_p90"),
        (950, "duration_ms_p95"),
        (990, "duration_ms_p99"),
    ];
    const PROMPT: [(u32, &str); 2] = [(500, "prompt_tokens_p50"), (950, "prompt_tokens_p95")];
    let mut found = Readings::new();
    let mut read = |hist: &Hist, layout: &Layout, marks: &[(u32, &'static str)], max| {
        let of = |(mark, name): &(u32, &'static str)| Some((*name, hist.per_mille(layout, *mark)?));
        found.extend(marks.iter().filter_map(of));
        found.extend(hist.max(layout).map(|value| (max, value)));
    };
    match measurement {
        Measurement::Calls => {
            read(&cell.latency, Layout::latency(), &LATENCY, "latency_ms_max");
            read(
                &cell.duration,
                Layout::latency(),
                &DURATION,
                "duration_ms_max",
            );
        }
        Measurement::Prompt => read(&cell.prompt, Layout::prompt(), &PROMPT, "prompt_tokens_max"),
        Measurement::Residency
        | Measurement::Links
        | Measurement::Source
        | Measurement::Registry
        | Measurement::Follower
        | Measurement::Alerts => {}
    }
    found
}
