//! Budgets: how much of a period's is spent, where the straight line ends, and how fast it burns.
//!
//! Knows no price. A newcomer may ask why a forecast waits for a fifth of the period: the straight line
//! through one morning is drawn by whoever starts first.

use crate::alert::{Amount, Budget, Burn, Level, Measure, Metric, Period, Severity, Span, Unit};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};

use super::days::Days;
use super::field::Field;
use super::gauge::{Now, Told};
use super::mark::{Reading, When};
use super::plan::Plan;
use super::registry::{WHOLE, part_of};
use super::ring::Ring;
use super::seat::Of;

/// The part of a period that must be gone before its end is forecast: a fifth.
const FORECAST_FROM: i64 = 5;
/// A forecast is good again at so many hundredths of the budget.
const FORECAST_CLEAR: i64 = 95;

/// A rule over a period's spend.
#[derive(Clone, Debug)]
pub(super) struct BudgetRule {
    rule: usize,
    ring: usize,
    budget: Budget,
    /// What the registry says of a month, by place of the series.
    monthly: Vec<Option<i64>>,
}

/// A rule over two windows of spend.
#[derive(Clone, Debug)]
pub(super) struct BurnRule {
    rule: usize,
    rings: (usize, usize),
    burn: Burn,
    /// The budget of a month, by place of the series.
    monthly: Vec<Option<i64>>,
}

/// One severity less.
fn milder(severity: Severity) -> Severity {
    match severity {
        Severity::Page => Severity::Warning,
        Severity::Warning | Severity::Info => Severity::Info,
    }
}

fn usd(n: i64) -> Amount {
    Amount::new(Unit::NanoUsd, n)
}

/// What a budget of a month so long is for the period.
fn scaled(month: i64, period: Period, length: i64) -> i64 {
    match period {
        Period::Day => part_of(month, DAY_MS, length),
        Period::Week => part_of(month, 7 * DAY_MS, length),
        Period::Month => month,
    }
}

/// Where a period stands.
struct Standing {
    spent: i64,
    budget: i64,
    forecast: Option<i64>,
    minutes_gone: i64,
    /// What the budget is for an hour of the period.
    hourly: i64,
}

impl BudgetRule {
    pub(super) fn new(rule: usize, ring: usize, mut budget: Budget) -> BudgetRule {
        budget.percent.sort_unstable();
        BudgetRule {
            rule,
            ring,
            budget,
            monthly: Vec::new(),
        }
    }

    /// Judges every series.
    pub(super) fn judge(&mut self, plan: &Plan, days: &mut Days, now: Now, told: &mut Told<'_>) {
        let Some(rule) = told.rule(self.rule) else {
            return;
        };
        let Some(ring) = plan.rings.get(self.ring) else {
            return;
        };
        let Some(table) = plan.tables.get(ring.table) else {
            return;
        };
        let last = UnixMillis(now.at.0 - 1);
        let month = days.period(Period::Month, last);
        let month = month.1.0 - month.0.0;
        let (start, end) = days.period(self.budget.period, last);
        let (gone, length) = (now.at.0 - start.0, end.0 - start.0);
        told.marks.seat(self.rule, table.series());
        let new = table.series().iter().skip(self.monthly.len());
        self.monthly
            .extend(new.map(|series| told.registry.budget(series)));
        let budgets = table.series().iter().zip(&self.monthly);
        for (place, (series, monthly)) in budgets.enumerate() {
            let of_period = |budget| scaled(budget, self.budget.period, month);
            let budget = self.budget.nanousd.or_else(|| monthly.map(of_period));
            let Some(budget) = budget.filter(|budget| *budget > 0) else {
                continue;
            };
            let spent = ring.of(place).get(Field::Spend);
            let is_far = gone.saturating_mul(FORECAST_FROM) >= length;
            let forecast =
                (self.budget.forecast && is_far).then(|| part_of(spent, length, gone.max(1)));
            let standing = Standing {
                spent,
                budget,
                forecast,
                minutes_gone: gone / MINUTE_MS,
                hourly: part_of(budget, HOUR_MS, length.max(1)),
            };
            let was_open = told.marks.at(self.rule, place).known;
            let Some(reading) = self.reading(&standing, rule.severity, was_open) else {
                continue;
            };
            let when = When {
                at: now.at,
                late: table.is_late(place),
                silent: now.silent,
            };
            let of = Of {
                rule: (self.rule, rule),
                series,
                place: Some(place),
            };
            told.marks.note(of, reading, when, (told.rows, told.out));
        }
    }

    /// The greatest step passed and how many steps stand above it; or the forecast.
    fn reading(&self, standing: &Standing, severity: Severity, was_open: bool) -> Option<Reading> {
        let budget = standing.budget;
        let percents = &self.budget.percent;
        let passed = |percent: &&u32| standing.spent >= part_of(budget, i64::from(**percent), 100);
        let step = percents.iter().rev().find(passed).copied();
        let line = if was_open {
            part_of(budget, FORECAST_CLEAR, 100)
        } else {
            budget
        };
        let is_forecast = standing.forecast.is_some_and(|forecast| forecast > line);
        let is_spent = step.is_some_and(|step| step >= 100);
        let (level, severity, subject) = match (step, is_forecast) {
            (Some(step), _) if is_spent => (Level::Bad, severity, format!("{step} %")),
            (_, true) => (Level::Bad, milder(severity), "forecast".to_owned()),
            (Some(step), false) => {
                let above = percents.iter().filter(|one| **one > step).count();
                let severity = (0..above).fold(severity, |severity, _| milder(severity));
                (Level::Bad, severity, format!("{step} %"))
            }
            (None, false) => (Level::Good, severity, String::new()),
        };
        if level == Level::Good && !was_open {
            return None;
        }
        let measure = Measure {
            metric: Some(Metric::Spend),
            value: usd(standing.spent),
            window_minutes: 0,
            limit: Some(usd(budget)),
            expected: standing
                .forecast
                .map(|end| (usd(standing.spent), usd(end), usd(end))),
            sample: 0,
        };
        let mut reading = Reading::new(level, severity, measure);
        reading.subject = Text::from(subject);
        let beyond = (standing.spent - budget).max(0);
        if beyond > 0 {
            let pace = part_of(standing.spent, 60, standing.minutes_gone.max(1));
            reading.excess = Some((beyond, (pace - standing.hourly).max(0)));
        }
        Some(reading)
    }
}

impl BurnRule {
    pub(super) fn new(rule: usize, rings: (usize, usize), burn: Burn) -> BurnRule {
        BurnRule {
            rule,
            rings,
            burn,
            monthly: Vec::new(),
        }
    }

    /// Judges every series.
    pub(super) fn judge(&mut self, plan: &Plan, days: &mut Days, now: Now, told: &mut Told<'_>) {
        let Some(rule) = told.rule(self.rule) else {
            return;
        };
        let rings = (plan.rings.get(self.rings.0), plan.rings.get(self.rings.1));
        let (Some(fast), Some(slow)) = rings else {
            return;
        };
        let Some(table) = plan.tables.get(fast.table) else {
            return;
        };
        let (start, end) = days.period(Period::Month, UnixMillis(now.at.0 - 1));
        told.marks.seat(self.rule, table.series());
        let new = table.series().iter().skip(self.monthly.len());
        let own = self.burn.nanousd;
        self.monthly
            .extend(new.map(|series| own.or_else(|| told.registry.budget(series))));
        let budgets = table.series().iter().zip(&self.monthly);
        for (place, (series, budget)) in budgets.enumerate() {
            let spent = fast.of(place).get(Field::Spend);
            let is_known = told.marks.at(self.rule, place).known;
            if spent == 0 && !is_known {
                continue;
            }
            let Some(budget) = budget.filter(|budget| *budget > 0) else {
                continue;
            };
            let pace = part_of(budget, HOUR_MS, end.0 - start.0);
            let limit = part_of(pace, self.burn.times, WHOLE);
            let hourly = |spent: i64, ring: &Ring| {
                let gone = now.at.0.saturating_sub(ring.from().0);
                part_of(spent, HOUR_MS, gone.max(MINUTE_MS))
            };
            let rate = hourly(spent, fast);
            let slowly = hourly(slow.of(place).get(Field::Spend), slow);
            let level = match (rate >= limit, slowly >= limit) {
                (true, true) => Level::Bad,
                (true, false) => Level::Between,
                (false, _) => Level::Good,
            };
            let minutes = match fast.span {
                Span::Minutes(minutes) => minutes,
                Span::Period(_) => 0,
            };
            let measure = Measure {
                metric: Some(Metric::Spend),
                value: usd(rate),
                window_minutes: minutes,
                limit: Some(usd(pace)),
                expected: None,
                sample: 0,
            };
            let mut reading = Reading::new(level, rule.severity, measure);
            let beyond = (rate - pace).max(0);
            reading.excess = Some((part_of(beyond, i64::from(minutes), 60), beyond));
            let when = When {
                at: now.at,
                late: table.is_late(place),
                silent: now.silent,
            };
            let of = Of {
                rule: (self.rule, rule),
                series,
                place: Some(place),
            };
            told.marks.note(of, reading, when, (told.rows, told.out));
        }
    }
}
