//! Rules about what a series has earned as normal: anomalies and silence, once for every complete ten minutes.
//!
//! Knows no score. A newcomer may ask why each rule has detectors of its own: how often one may be wrong
//! belongs to the rule, and what a detector remembers of its pages hangs on it.

use crate::alert::{
    Amount, Chance, Check, Dimension, Level, Maintenance, Measure, Metric, Rule, Series, Unit,
    Unknown,
};
use crate::anomaly::{self, Bin, Budget, Floor, Judged, Kind, Pool, WaitsFor};
use crate::units::{Text, UnixMillis};

use super::days::{BIN_MS, Days};
use super::field::Field;
use super::figure::{self, Figure};
use super::gauge::Told;
use super::habit::{self, Habit, Said};
use super::kept::{Habits, Kept};
use super::keys::Family;
use super::mark::{Reading, When, counted};
use super::plan::{Plan, family_of};
use super::ring::Sums;
use super::seat::Of;
use super::state::Rows;
use super::wanted::{Wanted, budget_of, excess, paid};

/// A rule with what its series have earned as normal.
#[derive(Clone, Debug)]
pub(super) struct Normal {
    rule: usize,
    ring: usize,
    wanted: Wanted,
    kind: Kind,
    floor: Floor,
    budget: Budget,
    /// Figures come by the day, and what a bin has is the difference.
    by_day: bool,
    pool: Pool,
    pool_row: Text,
    pub(super) habits: Habits,
}

/// A bin, as it is fed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fed<'a> {
    pub(super) start: UnixMillis,
    pub(super) maintenance: &'a [Maintenance],
}

impl Normal {
    /// The rules that ask for what is normal, with what they had learned.
    pub(super) fn plan(rules: &[Rule], plan: &mut Plan, rows: &Rows) -> Vec<Normal> {
        let mut normals = Vec::new();
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.on) {
            let (wanted, promise) = match &rule.check {
                Check::Anomaly {
                    metric,
                    promise,
                    floor_nanousd,
                } => {
                    let more = Wanted::More {
                        metric: *metric,
                        floor_nanousd: *floor_nanousd,
                    };
                    (more, *promise)
                }
                Check::Silence { promise } if !rule.by.contains(&Dimension::Source) => {
                    (Wanted::Nothing, *promise)
                }
                Check::Silence { .. }
                | Check::Threshold { .. }
                | Check::Budget(_)
                | Check::Burn(_)
                | Check::Drift { .. }
                | Check::Residency(_)
                | Check::FirstSight(_)
                | Check::Calendar(_) => continue,
            };
            let Some(kind) = habit::kind_of(wanted.metric()) else {
                continue;
            };
            let ring = wanted.ring(rule, plan);
            let pool_row = Text::from(format!("p\u{1f}{}", rule.name));
            let pool = rows.get(&pool_row).and_then(|bytes| Pool::decode(bytes));
            normals.push(Normal {
                rule: place,
                ring,
                wanted,
                kind,
                floor: wanted.floor(kind),
                budget: budget_of(promise),
                by_day: family_of(&rule.by, &rule.scope) != Family::Cells,
                pool: pool.unwrap_or_else(Pool::shipped),
                pool_row,
                habits: Habits::default(),
            });
        }
        normals
    }

    /// Feeds the bin that has just become complete to every series, and tells what follows.
    pub(super) fn judge(
        &mut self,
        plan: &Plan,
        days: &mut Days,
        fed: Fed<'_>,
        told: &mut Told<'_>,
    ) {
        let Some(rule) = told.rules.get(self.rule) else {
            return;
        };
        let Some(ring) = plan.rings.get(self.ring) else {
            return;
        };
        let Some(table) = plan.tables.get(ring.table) else {
            return;
        };
        self.pool.renew(fed.start);
        told.marks.seat(self.rule, table.series());
        self.habits.grow(table.series().len());
        let (day, hour_of_week) = (days.day(fed.start), days.hour_of_week(fed.start));
        let mut learning = (0_usize, 0_usize);
        for (place, series) in table.series().iter().enumerate() {
            let sums = ring.of(place);
            let Some(mut kept) = self.take_habit(place, (rule, series), &sums, told.rows) else {
                continue;
            };
            let habit = &mut kept.habit;
            let mut figure = self.figure(&sums);
            if let Some(figure) = figure {
                habit.pay(sums.get(Field::Spend), figure.value);
            }
            if self.by_day {
                figure = figure.map(|figure| habit.gained(day, figure));
            }
            let is_excused = |one: &Maintenance| {
                (one.from..one.to).contains(&fed.start)
                    && one.matcher.fits(rule, series, rule.severity)
            };
            let bin = Bin {
                at: fed.start,
                value: habit::value_of(self.kind, self.wanted.metric(), figure),
                hour_of_week,
                excluded: fed.maintenance.iter().any(is_excused),
            };
            let is_known = told.marks.at(self.rule, place).known;
            // Few are known; only those are looked up.
            let since = is_known.then(|| told.marks.since(self.rule, series));
            let since = since.flatten();
            let reading = self.reading((rule, is_known, since), habit, &bin);
            let waits = habit.detector.learning().waits_for;
            learning.0 += 1;
            learning.1 += usize::from(matches!(waits, WaitsFor::FirstDay | WaitsFor::OwnScale));
            self.habits.put(place, kept);
            if let Some(reading) = reading {
                let of = Of {
                    rule: (self.rule, rule),
                    series,
                    place: Some(place),
                };
                let to = (&mut *told.rows, &mut *told.out);
                told.marks.note(of, reading, when(fed), to);
            }
        }
        self.tell_learning(rule, learning, fed, told);
    }

    /// Tells once that a rule learns, and once that its first series has.
    fn tell_learning(
        &self,
        rule: &Rule,
        (all, young): (usize, usize),
        fed: Fed<'_>,
        told: &mut Told<'_>,
    ) {
        let everything = Series::default();
        let of = Of::named((self.rule, rule), &everything);
        let is_learning = all > 0 && all == young;
        if rule.by.is_empty() || all == 0 {
            return;
        }
        let row = Text::from(format!("l\u{1f}{}", rule.name));
        let was = told.rows.get(&row).is_some();
        let count = counted(
            Amount::new(Unit::Count, i64::try_from(all).unwrap_or(0)),
            None,
        );
        let learns = Level::Unknown(Unknown::Learning);
        if is_learning && !was {
            told.rows.set(row.clone(), Vec::new());
        } else if was && !told.marks.has(self.rule, &everything) {
            // It was told before a start.
            let reading = Reading::new(learns, rule.severity, count.clone());
            let silent = When {
                silent: true,
                ..when(fed)
            };
            let to = (&mut *told.rows, &mut *told.out);
            told.marks.note(of, reading, silent, to);
        }
        if is_learning == was {
            return;
        }
        let level = if is_learning { learns } else { Level::Good };
        let reading = Reading::new(level, rule.severity, count);
        let to = (&mut *told.rows, &mut *told.out);
        told.marks.note(of, reading, when(fed), to);
        if !is_learning {
            told.rows.remove(&row);
        }
    }

    /// What a series has learned; `None` for one that never had anything.
    fn take_habit(
        &mut self,
        place: usize,
        of: (&Rule, &Series),
        sums: &Sums<'_>,
        rows: &mut Rows,
    ) -> Option<Box<Kept>> {
        if let Some(known) = self.habits.take(place) {
            return Some(known);
        }
        let metric = self.wanted.metric();
        let read = |bytes: &[u8]| Habit::decode(bytes, metric);
        let new = || {
            let new = || Habit::new(self.kind, metric, self.floor);
            (!sums.is_empty()).then(new)
        };
        Kept::begin(of, read, new, rows)
    }

    fn figure(&self, sums: &Sums<'_>) -> Option<Figure> {
        match self.wanted {
            Wanted::More { metric, .. } => figure::value(metric, sums, figure::Around::default()),
            Wanted::Nothing => {
                let most = sums.get(Field::Calls).max(sums.get(Field::Requests));
                Some(Figure {
                    value: most,
                    sample: most,
                })
            }
        }
    }

    /// What one unit of the figure costs, as a ratio of nano-dollars; `None` where it has no cost. The last bins tell:
    /// the one that is judged may be empty while the hour before it is far out.
    fn cost_of_one(&self, metric: Metric, habit: &Habit) -> Option<(i64, i64)> {
        match (metric, self.kind) {
            (Metric::Spend, _) => Some((1, 1)),
            (_, Kind::Share) => None,
            (_, Kind::Count | Kind::Positive) => {
                habit.worth().filter(|_| metric.unit() != Unit::Millis)
            }
        }
    }

    /// Feeds a habit and reads what it says; what is well says nothing where nothing is known.
    fn reading(
        &mut self,
        (rule, is_known, since): (&Rule, bool, Option<UnixMillis>),
        habit: &mut Habit,
        bin: &Bin,
    ) -> Option<Reading> {
        let Wanted::More {
            metric,
            floor_nanousd,
        } = self.wanted
        else {
            habit.detector.feed(bin, &self.pool, self.budget);
            let is_well = !is_known && habit.detector.is_silent(self.budget) == Some(false);
            return if bin.excluded || is_well {
                None
            } else {
                self.silence((rule, since), habit, bin)
            };
        };
        let (kind, cost) = (self.kind, self.cost_of_one(metric, habit));
        let excess = |judged: &Judged| excess(judged, (kind, metric), cost);
        // A pace alone is nothing yet: a quarter of an hour of it must have been paid.
        let is_material = |judged: &Judged| {
            excess(judged).is_none_or(|(paid, per_hour)| {
                per_hour >= floor_nanousd && paid >= floor_nanousd / 4
            })
        };
        let (judged, said) = habit.feed(bin, &mut self.pool, self.budget, is_material);
        let level = match said {
            Said::On => Level::Bad,
            Said::Fading => Level::Between,
            Said::Nothing | Said::Over if habit.grown > 0 => Level::Bad,
            Said::Nothing | Said::Over if is_known => Level::Good,
            Said::Nothing | Said::Over => return None,
        };
        let amount = |number| habit::amount(self.kind, metric, number);
        // What is well again is told by the last ten minutes: longer windows still hold what was not.
        let (seen, band, bins) = if level == Level::Good {
            let point = &judged.point;
            (point.observed, (point.low, point.expected, point.high), 1)
        } else {
            let band = (judged.low, judged.expected, judged.high);
            (judged.observed, band, judged.window_bins)
        };
        let measure = Measure {
            metric: Some(metric),
            value: amount(seen),
            window_minutes: u32::from(bins) * 10,
            limit: None,
            expected: Some((amount(band.0), amount(band.1), amount(band.2))),
            sample: sample_of(bin),
        };
        let mut reading = Reading::new(level, rule.severity, measure);
        reading.excess = excess(&judged);
        reading.paid = paid(&judged, (kind, metric), cost);
        reading.since = judged.page.map(|page| page.since);
        let weeks = judged.chance_weeks.unwrap_or(0.0);
        reading.chance = Some(Chance {
            once_in_hours: habit::rounded(weeks * 168.0),
            learned_hours: i64::from(judged.learning.bins / 6),
        });
        Some(reading)
    }

    fn silence(
        &self,
        (rule, since): (&Rule, Option<UnixMillis>),
        habit: &Habit,
        bin: &Bin,
    ) -> Option<Reading> {
        let silence = habit.detector.silence(self.budget)?;
        let ms = |bins: u32| i64::from(bins).saturating_mul(BIN_MS);
        let (level, quiet) = match since {
            _ if silence.is_silent => (Level::Bad, ms(silence.bins)),
            // What is heard again was silent up to this bin.
            Some(since) if silence.bins == 0 => (Level::Good, bin.at.0.saturating_sub(since.0)),
            Some(_) | None => (Level::Good, ms(silence.bins)),
        };
        let quiet = Amount::new(Unit::Millis, quiet);
        let told_from = silence
            .smallest_bins
            .map(|bins| Amount::new(Unit::Millis, ms(bins)));
        let mut measure = counted(quiet, told_from);
        let missed = Amount::new(Unit::Count, habit::rounded(silence.expected));
        measure.expected = Some((missed, missed, missed));
        let mut reading = Reading::new(level, rule.severity, measure);
        let end = bin.at.saturating_add(BIN_MS);
        reading.since = Some(end.saturating_add(-ms(silence.bins)));
        reading.chance = Some(Chance {
            once_in_hours: 0,
            learned_hours: i64::from(habit.detector.learning().bins / 6),
        });
        Some(reading)
    }

    /// Takes in what somebody said of a series' last alert; whether there is such a series.
    pub(super) fn hear(
        &mut self,
        rule: &Rule,
        series: &Series,
        feedback: anomaly::Feedback,
        rows: &mut Rows,
    ) -> bool {
        let row = habit::key_of(rule, series);
        if !self.habits.hear(&row, feedback, &mut self.pool) {
            let stored = rows.get(&row);
            let stored = stored.and_then(|bytes| Habit::decode(bytes, self.wanted.metric()));
            let Some(mut habit) = stored else {
                return false;
            };
            habit.hear(feedback, &mut self.pool);
            rows.set(row, habit.encode());
        }
        true
    }

    /// The pool as its row.
    pub(super) fn pool_row(&self) -> (Text, Vec<u8>) {
        (self.pool_row.clone(), self.pool.encode())
    }

    /// Which rule it is.
    pub(super) fn rule(&self) -> usize {
        self.rule
    }
}

fn when(fed: Fed<'_>) -> When {
    When {
        at: fed.start.saturating_add(BIN_MS),
        late: false,
        silent: false,
    }
}

fn sample_of(bin: &Bin) -> i64 {
    let sample = match bin.value {
        anomaly::Value::Count(n) | anomaly::Value::Positive { n, .. } => n,
        anomaly::Value::Share { of, .. } => of,
    };
    i64::try_from(sample).unwrap_or(i64::MAX)
}
