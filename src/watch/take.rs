//! Takes facts in: new ones, ones told again, and those from before a start.
//!
//! Knows no rule. A newcomer may ask why a minute that is told again is taken out first: windows hold sums, and
//! what late records changed is the difference.

use crate::alert::{Dimension, Fact};
use crate::cell::{Cell, Totals};
use crate::hist::Hist;
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::Watch;
use super::days::Step;
use super::field::Values;
use super::keys::Family;
use super::observed::Kind;
use super::plan::Figures;

/// Figures of cells, as windows take them.
type Taken<'a> = (Vec<(usize, Values)>, Vec<(usize, &'a Hist, &'a Hist)>);

impl Watch {
    pub(super) fn take(&mut self, fact: Fact, is_warm: bool) {
        match fact {
            Fact::Key(number, key) => {
                let application = self.registry.application(&key.feature);
                self.keys.name(number, &key, application);
            }
            Fact::Minute(at, cells) => self.take_minute(at, self.placed(cells), is_warm),
            Fact::Partial(at, cells) => {
                let cells = self.placed(cells);
                if !is_warm && self.closed.is_none_or(|closed| at >= closed) {
                    for (place, cell) in &cells {
                        self.see(*place, at, (&cell.totals, 0), true);
                    }
                    self.partial.insert(at, cells);
                }
            }
            Fact::Hour(at, cells) => {
                let cells = self.placed(cells);
                self.told_whole.insert((Step::Hour, at), cells);
            }
            Fact::Day(at, cells) => {
                let cells = self.placed(cells);
                // Of a day that goes on, minutes tell what was judged; what came since is news.
                let end = self.days.next_day(at);
                if is_warm && self.closed.is_none_or(|closed| end <= closed) {
                    for (place, cell) in &cells {
                        self.see(*place, at, (&cell.totals, 0), false);
                    }
                }
                self.told_whole.insert((Step::Day, at), cells);
            }
            Fact::Links(at, links) => {
                let figures = links.iter().map(|(key, totals)| {
                    let values = vec![
                        (Dimension::Feature, key.feature.clone()),
                        (
                            Dimension::Application,
                            self.registry.application(&key.feature),
                        ),
                        (Dimension::Endpoint, key.from.clone()),
                    ];
                    let place = self.keys.place(Family::Links, values, None);
                    (place, Values::of_links(key, totals))
                });
                let figures = figures.collect();
                self.take_beside(at, Family::Links, figures, is_warm);
            }
            Fact::Credentials(at, rows) => {
                let by = [Dimension::Credential, Dimension::Endpoint];
                self.take_named(at, (Family::Credentials, by), rows, is_warm);
            }
            Fact::Groups(at, rows) => {
                let by = [Dimension::UserGroup, Dimension::Feature];
                self.take_named(at, (Family::Groups, by), rows, is_warm);
            }
            Fact::Conversations(at, rows) => {
                if !rows.is_empty() {
                    self.observed.note(Kind::Conversations, &mut self.rows);
                }
                self.talks.hear(at, rows);
            }
            Fact::Sources(facts) => self.sources.hear(facts, &mut self.rows),
        }
    }

    /// Cells by the places of their keys; a number without a name is none of ours.
    fn placed(&self, cells: Vec<(i64, Cell)>) -> Vec<(usize, Cell)> {
        let placed = cells.into_iter();
        let placed = placed.filter_map(|(number, cell)| Some((self.keys.of_number(number)?, cell)));
        placed.collect()
    }

    fn take_minute(&mut self, at: UnixMillis, cells: Vec<(usize, Cell)>, is_warm: bool) {
        let is_old = self.closed.is_some_and(|closed| at < closed);
        if is_warm {
            for (place, cell) in &cells {
                self.see(*place, at, (&cell.totals, 0), false);
            }
            if self.closed.is_none() || is_old {
                // In order of time: what has left a window need not be kept in it.
                self.plan.advance(at, &mut self.days);
                self.add(at, &cells, (1, false));
                self.memory.keep(at, &cells);
            }
            return;
        }
        if !is_old {
            self.pending.insert(at, cells);
            return;
        }
        for (place, cell) in &cells {
            self.see(*place, at, (&cell.totals, 0), true);
        }
        if self.memory.first().is_some_and(|first| at >= first) {
            let before = self.memory.minute(at);
            if before != cells {
                self.add(at, &before, (-1, true));
                self.add(at, &cells, (1, true));
                self.memory.keep(at, &cells);
            }
        }
    }

    /// Puts hours and days that are over, and that minutes do not tell whole, in the place of what was
    /// added up.
    pub(super) fn put_whole(&mut self) {
        let first = self.memory.first();
        for ((step, at), cells) in std::mem::take(&mut self.told_whole) {
            let end = match step {
                Step::Minute | Step::Bin | Step::Hour => at.saturating_add(HOUR_MS),
                Step::Day => self.days.next_day(at),
            };
            let is_over = self.closed.is_some_and(|closed| end <= closed);
            if is_over && first.is_none_or(|first| at < first) {
                self.replace(step, at, &cells);
            }
        }
    }

    fn replace(&mut self, step: Step, at: UnixMillis, cells: &[(usize, Cell)]) {
        let (values, hists) = self.figures(cells);
        let figures = Figures {
            values: &values,
            hists: &hists,
        };
        self.plan.replace(step, at, figures, &self.keys);
    }

    fn figures<'a>(&self, cells: &'a [(usize, Cell)]) -> Taken<'a> {
        let values = cells.iter().map(|(place, cell)| {
            let verdict = self.keys.get(*place).and_then(|key| key.verdict);
            (*place, Values::of_totals(&cell.totals, verdict))
        });
        let hists = cells.iter().filter(|(_, cell)| {
            !cell.latency.buckets().is_empty() || !cell.prompt.buckets().is_empty()
        });
        (
            values.collect(),
            hists
                .map(|(place, cell)| (*place, &cell.latency, &cell.prompt))
                .collect(),
        )
    }

    /// Adds a minute's cells to every window, `sign` times.
    pub(super) fn add(&mut self, at: UnixMillis, cells: &[(usize, Cell)], how: (i64, bool)) {
        let (values, hists) = self.figures(cells);
        if !self.observed.knows_cells() {
            for ((_, values), (_, cell)) in values.iter().zip(cells) {
                let spread = (
                    !cell.latency.buckets().is_empty(),
                    !cell.prompt.buckets().is_empty(),
                );
                self.observed.note_cell(values, spread, &mut self.rows);
            }
        }
        let figures = Figures {
            values: &values,
            hists: &hists,
        };
        let starts = self.days.starts(at);
        self.plan
            .add((Family::Cells, starts), figures, how, &self.keys);
    }

    /// Adds a new minute.
    pub(super) fn add_minute(&mut self, at: UnixMillis, cells: &[(usize, Cell)], is_news: bool) {
        for (place, cell) in cells {
            let count = cell.totals.calls().max(cell.totals.requests());
            self.see(*place, at, (&cell.totals, count), is_news);
        }
        self.add(at, cells, (1, false));
    }

    /// Notes names and uses.
    fn see(
        &mut self,
        place: usize,
        at: UnixMillis,
        (totals, count): (&Totals, i64),
        is_news: bool,
    ) {
        let Some(key) = self.keys.get(place) else {
            return;
        };
        if totals.calls() == 0 && totals.requests() == 0 {
            return;
        }
        let to = (&self.registry, &mut self.rows);
        self.sights.note((place, key), (at, count), is_news, to);
        self.dues.note((place, key), at, &mut self.rows);
    }

    fn take_named(
        &mut self,
        at: UnixMillis,
        (family, by): (Family, [Dimension; 2]),
        rows: Vec<(Text, Text, Totals)>,
        is_warm: bool,
    ) {
        let mut figures = Vec::with_capacity(rows.len());
        for (one, other, totals) in rows {
            let mut values: Vec<(Dimension, Text)> = by.into_iter().zip([one, other]).collect();
            if family == Family::Groups {
                let feature = values.last().map_or("", |(_, feature)| feature.as_str());
                values.push((Dimension::Application, self.registry.application(feature)));
            }
            let place = self.keys.place(family, values, None);
            let key = self.keys.get(place).cloned();
            if let Some(key) = key.filter(|key| !key.text(by[0]).is_empty()) {
                let kind = match family {
                    Family::Credentials => Kind::Credentials,
                    Family::Cells | Family::Links | Family::Groups => Kind::Groups,
                };
                self.observed.note(kind, &mut self.rows);
                let to = (&self.registry, &mut self.rows);
                if family == Family::Credentials {
                    self.sights.note((place, &key), (at, 0), !is_warm, to);
                }
            }
            figures.push((place, Values::of_totals(&totals, None)));
        }
        self.take_beside(at, family, figures, is_warm);
    }

    fn take_beside(
        &mut self,
        at: UnixMillis,
        family: Family,
        figures: Vec<(usize, Values)>,
        is_warm: bool,
    ) {
        let starts = self.days.starts(at);
        let add = |watch: &mut Watch, values: &[(usize, Values)], sign| {
            let figures = Figures { values, hists: &[] };
            watch
                .plan
                .add((family, starts), figures, (sign, false), &watch.keys);
        };
        if is_warm {
            self.plan.advance(at, &mut self.days);
        }
        add(self, &figures, 1);
        let before = self.memory.keep_beside(at, family, figures);
        add(self, &before, -1);
    }

    /// Fills windows that are new by what is remembered.
    pub(super) fn refill(&mut self) {
        if !self.plan.only_new(true) {
            self.plan.only_new(false);
            return;
        }
        let minutes: Vec<_> = self.memory.minutes().collect();
        for (at, cells) in minutes {
            self.add(at, &cells, (1, false));
        }
        let beside: Vec<_> = (self.memory.beside())
            .map(|(at, family, figures)| (at, family, figures.clone()))
            .collect();
        for (at, family, figures) in beside {
            let starts = self.days.starts(at);
            let figures = Figures {
                values: &figures,
                hists: &[],
            };
            self.plan
                .add((family, starts), figures, (1, false), &self.keys);
        }
        self.plan.only_new(false);
    }
}
