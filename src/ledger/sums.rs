//! Sums of the day cells of a span: by key and by day, added up in one pass for whoever asks several questions.
//!
//! Knows no file and no question. A newcomer may ask why cells of one key are kept apart by what they hold: some
//! questions leave out cells without calls or without spend, and must find the same ones as cell by cell.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cell::{Cell, CellSum, Totals};
use crate::entry::CellKey;
use crate::hist::Hist;
use crate::residency::Verdict;
use crate::units::{Text, UnixMillis};

/// The day cells of a span, added up.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    days: BTreeMap<UnixMillis, Arc<DaySum>>,
    keys: BTreeMap<(i64, Holds), KeySum>,
    features: Vec<Text>,
    open: Open,
}

/// What cells of one key add up to.
#[derive(Clone, Debug)]
pub struct KeySum {
    /// The key.
    pub key: CellKey,
    /// What each of the cells holds.
    pub holds: Holds,
    /// The last day with such a cell.
    pub last: UnixMillis,
    /// The sum; without the histogram of prompts, which no question asks for.
    pub cell: Cell,
    feature: usize,
    loose: Loose,
}

/// What cells of a day add up to, whatever their key.
#[derive(Clone, Debug, Default)]
pub struct DaySum {
    /// The sum, without the histogram of prompts.
    pub cell: Cell,
    /// Calls by verdict, of verdicts that a cell has.
    pub verdicts: BTreeMap<Verdict, i64>,
    spend: Vec<(usize, Spend)>,
}

/// What a feature's requests of a day cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    /// Answered requests.
    pub requests_ok: i64,
    /// All cost with a price, in nano-dollars.
    pub cost_nanousd: i64,
}

/// What a single cell holds, where a question asks for it cell by cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holds {
    /// Calls.
    pub calls: bool,
    /// Answered requests, or cost.
    pub spend: bool,
    /// Calls that the provider moved.
    pub spilled: bool,
}

impl Holds {
    fn of(totals: &Totals) -> Holds {
        Holds {
            calls: totals.calls() != 0,
            spend: totals.requests_ok != 0 || totals.cost_nanousd() != 0,
            spilled: totals.calls_spilled > 0,
        }
    }
}

/// Buckets that are still to be added: a new one in the midst of a large histogram moves all behind it, and many at
/// once do so once.
#[derive(Clone, Debug, Default)]
struct Loose {
    latency: Vec<(u32, i64)>,
    duration: Vec<(u32, i64)>,
}

impl Loose {
    /// Fewer are not worth adding.
    const FEW: usize = 256;
    /// A cell of more is added as it is, in order.
    const LARGE: usize = 64;

    /// Adds a cell to a sum, its buckets later.
    fn add(&mut self, sum: &mut Cell, cell: &Cell) {
        sum.totals.add(&cell.totals, 1);
        for (loose, hist, of) in [
            (&mut self.latency, &mut sum.latency, &cell.latency),
            (&mut self.duration, &mut sum.duration, &cell.duration),
        ] {
            if of.buckets().len() > Self::LARGE {
                hist.merge(of, 1);
                continue;
            }
            loose.extend_from_slice(of.buckets());
            if loose.len() > Self::FEW.max(hist.buckets().len()) {
                settle(loose, hist);
            }
        }
    }

    /// Adds what is left.
    fn settle(&mut self, sum: &mut Cell) {
        settle(&mut self.latency, &mut sum.latency);
        settle(&mut self.duration, &mut sum.duration);
    }
}

fn settle(loose: &mut Vec<(u32, i64)>, hist: &mut Hist) {
    if loose.is_empty() {
        return;
    }
    loose.sort_unstable_by_key(|(bucket, _)| *bucket);
    let mut sum = Hist::default();
    for (bucket, count) in loose.drain(..) {
        sum.add_bucket(bucket, count);
    }
    hist.merge(&sum, 1);
}

/// The day that is being added up.
#[derive(Clone, Debug, Default)]
struct Open {
    day: Option<UnixMillis>,
    sum: DaySum,
    cells: CellSum,
    /// By the number of the feature; `None` where the day has no cell of it.
    spend: Vec<Option<Spend>>,
}

impl Sums {
    /// Adds a cell; those of a day come one after the other. `number` is the key's in the books.
    pub(super) fn add(&mut self, start: UnixMillis, (number, key): (i64, &CellKey), cell: &Cell) {
        if self.open.day != Some(start) {
            self.close();
            self.open.day = Some(start);
        }
        let totals = &cell.totals;
        let holds = Holds::of(totals);
        let features = &mut self.features;
        let sum = self.keys.entry((number, holds)).or_insert_with(|| {
            let known = features.iter().position(|one| *one == key.feature);
            KeySum {
                key: key.clone(),
                holds,
                last: start,
                cell: Cell::default(),
                loose: Loose::default(),
                feature: known.unwrap_or_else(|| {
                    features.push(key.feature.clone());
                    features.len() - 1
                }),
            }
        });
        sum.last = sum.last.max(start);
        sum.loose.add(&mut sum.cell, cell);
        let day = &mut self.open;
        day.cells.add(cell);
        if let Some(verdict) = key.verdict {
            *day.sum.verdicts.entry(verdict).or_default() += totals.calls();
        }
        if day.spend.len() <= sum.feature {
            day.spend.resize(sum.feature + 1, None);
        }
        if let Some(spend) = day.spend.get_mut(sum.feature) {
            let spend = spend.get_or_insert_default();
            spend.requests_ok = spend.requests_ok.saturating_add(totals.requests_ok);
            spend.cost_nanousd = spend.cost_nanousd.saturating_add(totals.cost_nanousd());
        }
    }

    /// Ends what is being added up.
    pub(super) fn finish(&mut self) {
        self.close();
        for sum in self.keys.values_mut() {
            sum.loose.settle(&mut sum.cell);
        }
    }

    /// Ends the day that is being added up.
    fn close(&mut self) {
        let Some(day) = self.open.day.take() else {
            return;
        };
        let mut sum = std::mem::take(&mut self.open.sum);
        sum.cell = self.open.cells.take();
        let spend = self.open.spend.iter_mut().enumerate();
        sum.spend = spend
            .filter_map(|(feature, spend)| Some((feature, spend.take()?)))
            .collect();
        self.days.insert(day, Arc::new(sum));
    }

    /// The days that have a cell, oldest first.
    pub fn days(&self) -> impl Iterator<Item = (UnixMillis, &DaySum)> {
        self.days.iter().map(|(day, sum)| (*day, sum.as_ref()))
    }

    /// What cells of each key add up to; a key has a row for each [`Holds`].
    pub fn keys(&self) -> impl Iterator<Item = &KeySum> {
        self.keys.values()
    }

    /// What each feature's requests cost on each day, by day.
    pub fn spend(&self) -> impl Iterator<Item = (UnixMillis, &Text, Spend)> {
        self.days.iter().flat_map(|(day, sum)| {
            let spend = sum.spend.iter();
            spend.filter_map(|(feature, spend)| Some((*day, self.features.get(*feature)?, *spend)))
        })
    }

    /// About how many bytes of memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let cell = |cell: &Cell| {
            let hists = [&cell.latency, &cell.duration, &cell.prompt];
            let buckets: usize = hists.map(|hist| hist.buckets().len()).iter().sum();
            size_of::<Cell>() + buckets * size_of::<(u32, i64)>()
        };
        let days = self.days.values().map(|day| {
            cell(&day.cell) + day.spend.len() * size_of::<(usize, Spend)>() + size_of::<DaySum>()
        });
        let keys = self.keys.values();
        let keys = keys.map(|one| cell(&one.cell) + 2 * size_of::<KeySum>());
        days.sum::<usize>() + keys.sum::<usize>()
    }
}

/// Calls of endpoints by the hour.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    /// By endpoint and the start of the hour; hours without a call or request are left out.
    pub calls: BTreeMap<(Text, UnixMillis), HourCalls>,
}

/// Calls of an endpoint in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourCalls {
    /// All of them, of cells that have any.
    pub calls: i64,
    /// Refused with 429.
    pub throttled: i64,
    /// Failed: 5xx, timed out or without an answer.
    pub failed: i64,
}

impl HourCalls {
    /// What a cell adds.
    pub(super) fn of(totals: &Totals) -> HourCalls {
        HourCalls {
            calls: totals.calls().max(0),
            throttled: if totals.calls() > 0 {
                totals.calls_throttled
            } else {
                0
            },
            failed: (totals.calls_server_error + totals.calls_timeout + totals.calls_no_answer)
                .max(0),
        }
    }

    pub(super) fn add(&mut self, other: &HourCalls) {
        self.calls = self.calls.saturating_add(other.calls);
        self.throttled = self.throttled.saturating_add(other.throttled);
        self.failed = self.failed.saturating_add(other.failed);
    }
}
