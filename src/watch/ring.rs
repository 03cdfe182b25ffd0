//! A window that slides over the series of a table: its sums, and the steps that will leave it.
//!
//! Knows no rule. A newcomer may ask why a step's figures lie side by side for all series: what leaves the
//! window is subtracted every minute, and one run over a row is faster than ten thousand leaps.

use std::collections::{BTreeMap, VecDeque};

use crate::alert::Span;
use crate::hist::Hist;
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

use super::days::{BIN_MS, Days, Step};
use super::field::{Field, Values};

/// The width of a step; of a day: at least.
pub(super) fn width_ms(step: Step) -> i64 {
    match step {
        Step::Minute => MINUTE_MS,
        Step::Bin => BIN_MS,
        Step::Hour => HOUR_MS,
        Step::Day => DAY_MS,
    }
}

/// Which histogram a window adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spread {
    /// Latencies of calls.
    Latency,
    /// Input tokens of requests.
    Prompt,
}

/// Figures of one step.
#[derive(Clone, Debug)]
struct Row {
    start: UnixMillis,
    sums: Vec<i64>,
    hists: BTreeMap<usize, Hist>,
}

/// A sliding window.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) table: usize,
    pub(super) span: Span,
    pub(super) step: Step,
    pub(super) spread: Option<Spread>,
    /// Whether a rule asks for the histograms: they are the dearest sums.
    pub(super) keeps_hists: bool,
    /// Takes no figures: it has them.
    pub(super) is_muted: bool,
    fields: Vec<Field>,
    /// Where each field stands among them; beyond them for one that is not kept.
    slots: [usize; Field::COUNT],
    from: UnixMillis,
    rows: VecDeque<Row>,
    /// Room of a step that has left, for the next.
    spare: Vec<i64>,
    sums: Vec<i64>,
    hists: Vec<Hist>,
}

/// What one series adds up to in a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums<'a> {
    slots: &'a [usize; Field::COUNT],
    added: &'a [i64],
    pub(super) hist: Option<&'a Hist>,
}

impl Sums<'_> {
    /// A sum; 0 where the window does not keep it.
    pub(super) fn get(&self, field: Field) -> i64 {
        let slot = self.slots.get(field.place());
        let sum = slot.and_then(|slot| self.added.get(*slot));
        sum.copied().unwrap_or(0)
    }

    /// Whether nothing happened.
    pub(super) fn is_empty(&self) -> bool {
        self.added.iter().all(|sum| *sum == 0)
    }
}

impl Ring {
    pub(super) fn new(table: usize, span: Span, step: Step, spread: Option<Spread>) -> Ring {
        Ring {
            table,
            span,
            step,
            spread,
            keeps_hists: false,
            is_muted: false,
            fields: Vec::new(),
            slots: [usize::MAX; Field::COUNT],
            from: UnixMillis(i64::MIN),
            rows: VecDeque::new(),
            spare: Vec::new(),
            sums: Vec::new(),
            hists: Vec::new(),
        }
    }

    /// Keeps these fields too. Only while the window is empty.
    pub(super) fn keep(&mut self, fields: &[Field]) {
        for field in fields {
            if !self.fields.contains(field) {
                if let Some(slot) = self.slots.get_mut(field.place()) {
                    *slot = self.fields.len();
                }
                self.fields.push(*field);
            }
        }
    }

    /// Where it begins.
    pub(super) fn from(&self) -> UnixMillis {
        self.from
    }

    /// Whether the window asks for what links tell.
    pub(super) fn wants_links(&self) -> bool {
        self.fields.iter().any(|field| field.is_of_links())
    }

    /// The sums of a series.
    pub(super) fn of(&self, series: usize) -> Sums<'_> {
        let width = self.fields.len();
        let start = series.saturating_mul(width);
        let sums = self.sums.get(start..start.saturating_add(width));
        Sums {
            slots: &self.slots,
            added: sums.unwrap_or(&[]),
            hist: self.spread.and_then(|_| self.hists.get(series)),
        }
    }

    /// What fields of a series add up to from a time on, by whole steps of the window.
    pub(super) fn since(&self, series: usize, from: UnixMillis) -> Vec<(Field, i64)> {
        let width = self.fields.len();
        let start = series.saturating_mul(width);
        let begins = from.floor(width_ms(self.step));
        let rows = self.rows.iter().filter(|row| row.start >= begins);
        let mut sums = vec![0_i64; width];
        for row in rows {
            let own = row.sums.get(start..start.saturating_add(width));
            for (sum, own) in sums.iter_mut().zip(own.unwrap_or(&[])) {
                *sum = sum.saturating_add(*own);
            }
        }
        self.fields.iter().copied().zip(sums).collect()
    }

    /// The first step in which a field of a series is not 0.
    pub(super) fn first(&self, series: usize, fields: &[Field]) -> Option<UnixMillis> {
        let width = self.fields.len();
        let places: Vec<usize> = (self.fields.iter().enumerate())
            .filter(|(_, field)| fields.contains(field))
            .map(|(place, _)| series.saturating_mul(width).saturating_add(place))
            .collect();
        let is_set = |row: &&Row| {
            let mut sums = places.iter().map(|place| row.sums.get(*place));
            sums.any(|sum| sum.is_some_and(|sum| *sum != 0))
        };
        self.rows.iter().find(is_set).map(|row| row.start)
    }

    /// The row of a step; `None` where it has left the window.
    fn row(&mut self, start: UnixMillis) -> Option<usize> {
        if start < self.from {
            return None;
        }
        let after = self.rows.partition_point(|row| row.start < start);
        if self.rows.get(after).is_none_or(|row| row.start != start) {
            let row = Row {
                start,
                sums: std::mem::take(&mut self.spare),
                hists: BTreeMap::new(),
            };
            self.rows.insert(after, row);
        }
        Some(after)
    }

    /// Adds figures of series to the step that begins at `start`, `sign` times.
    pub(super) fn add(&mut self, start: UnixMillis, sign: i64, figures: &[(usize, &Values)]) {
        let width = self.fields.len();
        let Some(row) = self.row(start) else { return };
        let most = figures.iter().map(|(series, _)| *series + 1).max();
        let most = most.unwrap_or(0).saturating_mul(width);
        if self.sums.len() < most {
            self.sums.resize(most, 0);
        }
        let Some(row) = self.rows.get_mut(row) else {
            return;
        };
        if row.sums.len() < most {
            row.sums.resize(most, 0);
        }
        for (series, values) in figures {
            let range = series * width..(series + 1) * width;
            let (Some(own), Some(all)) =
                (row.sums.get_mut(range.clone()), self.sums.get_mut(range))
            else {
                continue;
            };
            for ((own, all), field) in own.iter_mut().zip(all).zip(&self.fields) {
                let amount = values.get(*field).saturating_mul(sign);
                *own = own.saturating_add(amount);
                *all = all.saturating_add(amount);
            }
        }
    }

    /// Adds histograms of series to the step that begins at `start`, `sign` times.
    pub(super) fn add_hists(&mut self, start: UnixMillis, sign: i64, hists: &[(usize, &Hist)]) {
        let Some(row) = self.row(start) else { return };
        let Some(row) = self.rows.get_mut(row) else {
            return;
        };
        for (series, hist) in hists {
            row.hists.entry(*series).or_default().merge(hist, sign);
            if self.hists.len() <= *series {
                self.hists.resize(series + 1, Hist::default());
            }
            if let Some(all) = self.hists.get_mut(*series) {
                all.merge(hist, sign);
            }
        }
    }

    /// Takes a step's figures out.
    pub(super) fn clear(&mut self, start: UnixMillis) {
        let place = self.rows.partition_point(|row| row.start < start);
        if self.rows.get(place).is_some_and(|row| row.start == start)
            && let Some(row) = self.rows.remove(place)
        {
            self.take(&row);
        }
    }

    /// Whether it holds nothing yet.
    pub(super) fn is_new(&self) -> bool {
        self.rows.is_empty() && self.from == UnixMillis(i64::MIN)
    }

    /// Whether another window is of the same figures.
    pub(super) fn is_like(&self, other: &Ring) -> bool {
        (self.table, self.span, self.step, self.spread)
            == (other.table, other.span, other.step, other.spread)
            && (&self.fields, self.keeps_hists) == (&other.fields, other.keeps_hists)
    }

    fn take(&mut self, row: &Row) {
        for (all, own) in self.sums.iter_mut().zip(&row.sums) {
            *all = all.saturating_sub(*own);
        }
        for (series, hist) in &row.hists {
            if let Some(all) = self.hists.get_mut(*series) {
                all.merge(hist, -1);
            }
        }
    }

    /// Moves the window's end.
    pub(super) fn advance(&mut self, to: UnixMillis, days: &mut Days) {
        self.from = days.window(self.span, self.step, to);
        while self.rows.front().is_some_and(|row| row.start < self.from) {
            if let Some(mut row) = self.rows.pop_front() {
                self.take(&row);
                row.sums.clear();
                self.spare = row.sums;
            }
        }
    }
}
