//! A fleet of series through the detector: pages on untouched traffic, and what of injected incidents is found.
//!
//! Knows no limit. A newcomer may ask why an incident does not change the thresholds of its own run: the pool is
//! the fleet's, and one incident in one series is nothing to it; each incident is a world of its own.

use tollwatch::anomaly::{BIN_MS, Bin, Budget, Detector, Floor, Judged, Kind, Pool, Value};
use tollwatch::units::UnixMillis;

use super::data::{WEEK, busy_median};
use super::dice::Dice;

/// Monday, 2 June 2025, midnight.
const START: i64 = 1_748_822_400_000;
/// Random starts of each incident and series.
pub(crate) const STARTS: usize = 24;

/// Something that judges bins one after the other.
pub(crate) trait Judge: Clone {
    /// Whether this bin pages; and what it tells the pool, where there is one.
    fn feed(&mut self, at: usize, count: u64, pool: &Pool) -> (bool, Option<Judged>);
}

pub(crate) fn bin(at: usize, count: u64) -> Bin {
    Bin {
        at: UnixMillis(START + BIN_MS * at as i64),
        value: Value::Count(count),
        hour_of_week: ((at / 6) % 168) as u16,
        excluded: false,
    }
}

/// The detector under one budget.
#[derive(Clone)]
pub(crate) struct Ours {
    detector: Detector,
    budget: Budget,
}

impl Ours {
    pub(crate) fn new(budget: Budget) -> Ours {
        Ours {
            detector: Detector::new(Kind::Count, Floor::usual(Kind::Count)),
            budget,
        }
    }

    /// Without gate, floor and memory, where the promise can be measured.
    pub(crate) fn ungated(budget: Budget) -> Ours {
        Ours {
            detector: Detector::new(Kind::Count, Floor::usual(Kind::Count)).without_gate(),
            budget,
        }
    }
}

impl Judge for Ours {
    fn feed(&mut self, at: usize, count: u64, pool: &Pool) -> (bool, Option<Judged>) {
        let judged = self.detector.feed(&bin(at, count), pool, self.budget);
        (judged.page.is_some(), Some(judged))
    }
}

/// An incident, sized by the whole of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incident {
    /// Five times the median of the bins with calls on top, for 3 hours.
    Retry,
    /// Twenty times the mean of a bin on top, for 4 hours.
    Burst,
    /// Twice the mean of a bin on top, for 11 hours.
    Leak,
}

impl Incident {
    pub(crate) const ALL: [Incident; 3] = [Incident::Retry, Incident::Burst, Incident::Leak];

    pub(crate) fn bins(self) -> usize {
        match self {
            Incident::Retry => 18,
            Incident::Burst => 24,
            Incident::Leak => 66,
        }
    }

    fn extra(self, counts: &[u64]) -> u64 {
        let mean = super::data::mean(counts);
        let extra = match self {
            Incident::Retry => 5.0 * busy_median(counts),
            Incident::Burst => 20.0 * mean,
            Incident::Leak => 2.0 * mean,
        };
        extra.round() as u64
    }
}

/// What came of one series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Pages on untouched traffic after the first week.
    pub(crate) pages: u32,
    /// Delays in minutes of the incidents that were found, by kind.
    pub(crate) delays: [Vec<u32>; 3],
    /// Incidents injected, of each kind.
    pub(crate) of: usize,
}

/// What came of a fleet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) series: Vec<Told>,
    /// Weeks judged.
    pub(crate) weeks: f64,
}

impl Outcome {
    /// The same of some of the series alone.
    pub(crate) fn only(&self, wanted: impl Fn(usize) -> bool) -> Outcome {
        let series = self.series.iter().enumerate();
        Outcome {
            series: series
                .filter(|(place, _)| wanted(*place))
                .map(|(_, told)| told.clone())
                .collect(),
            weeks: self.weeks,
        }
    }

    /// Pages a series and week.
    pub(crate) fn rate(&self) -> f64 {
        let pages: u32 = self.series.iter().map(|told| told.pages).sum();
        f64::from(pages) / self.series.len().max(1) as f64 / self.weeks.max(1e-9)
    }

    /// Share found and median delay in minutes of those found.
    pub(crate) fn recall(&self, incident: Incident) -> (f64, Option<u32>) {
        let which = incident as usize;
        let all = self.series.iter().filter_map(|told| told.delays.get(which));
        let mut delays: Vec<u32> = all.flatten().copied().collect();
        delays.sort_unstable();
        let median = delays.get(delays.len().saturating_sub(1) / 2).copied();
        let of: usize = self.series.iter().map(|told| told.of).sum();
        (delays.len() as f64 / of.max(1) as f64, median)
    }
}

/// The untouched traffic through a fleet; the pool as it was at each bin's renewal.
fn clean<J: Judge>(
    fleet: &[Vec<u64>],
    make: &impl Fn() -> J,
    pool: Pool,
) -> (Vec<Vec<bool>>, Vec<Pool>) {
    let mut judges: Vec<J> = fleet.iter().map(|_| make()).collect();
    let bins = fleet.first().map_or(0, Vec::len);
    let mut pages = vec![vec![false; bins]; fleet.len()];
    let mut pools = Vec::new();
    let mut pool = pool;
    for at in 0..bins {
        pool.renew(bin(at, 0).at);
        if at % 36 == 0 {
            pools.push(pool.clone());
        }
        for ((judge, counts), pages) in judges.iter_mut().zip(fleet).zip(&mut pages) {
            let (page, told) = judge.feed(at, counts[at], &pool);
            pages[at] = page;
            if let Some(told) = told {
                pool.learn(&told);
            }
        }
    }
    (pages, pools)
}

/// Pages on untouched traffic after the first week.
pub(crate) fn quiet<J: Judge>(fleet: &[Vec<u64>], make: &impl Fn() -> J, pool: Pool) -> Outcome {
    let (pages, _) = clean(fleet, make, pool);
    outcome(fleet, &pages)
}

fn outcome(fleet: &[Vec<u64>], pages: &[Vec<bool>]) -> Outcome {
    let told = |pages: &Vec<bool>| Told {
        pages: pages.iter().skip(WEEK).filter(|page| **page).count() as u32,
        ..Told::default()
    };
    let bins = fleet.first().map_or(0, Vec::len);
    Outcome {
        series: pages.iter().map(told).collect(),
        weeks: bins.saturating_sub(WEEK) as f64 / WEEK as f64,
    }
}

/// Untouched traffic, and incidents at random times of the second week.
pub(crate) fn judged<J: Judge>(fleet: &[Vec<u64>], make: &impl Fn() -> J, pool: Pool) -> Outcome {
    let (pages, pools) = clean(fleet, make, pool);
    let mut all = outcome(fleet, &pages);
    let series = fleet.iter().zip(&mut all.series).enumerate();
    for (number, (counts, told)) in series {
        let mut dice = Dice::new(1 + number as u64);
        let mut plan: Vec<(usize, Incident)> = Vec::new();
        for incident in Incident::ALL {
            for _ in 0..STARTS {
                plan.push((WEEK + dice.below(WEEK - incident.bins()), incident));
            }
        }
        plan.sort_unstable_by_key(|(start, incident)| (*start, incident.bins()));
        told.of = STARTS;
        let mut judge = make();
        let mut next = plan.into_iter().peekable();
        for (at, count) in counts.iter().enumerate() {
            while let Some((_, incident)) = next.next_if(|(start, _)| *start == at) {
                let delay = injected(&judge, counts, (at, incident), &pools);
                told.delays[incident as usize].extend(delay);
            }
            judge.feed(at, *count, &pools[at / 36]);
        }
    }
    all
}

/// How many minutes an incident runs before it pages; none when it ends unseen.
fn injected<J: Judge>(
    judge: &J,
    counts: &[u64],
    (start, incident): (usize, Incident),
    pools: &[Pool],
) -> Option<u32> {
    let mut judge = judge.clone();
    let extra = incident.extra(counts);
    for at in start..start + incident.bins() {
        if judge.feed(at, counts[at] + extra, &pools[at / 36]).0 {
            return Some((at - start + 1) as u32 * 10);
        }
    }
    None
}
