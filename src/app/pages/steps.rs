//! Days as steps of a picture: each for itself, or by week where there are too many to tell apart.
//!
//! Knows no picture. A newcomer may ask why a week is one sum and not seven points: four hundred columns are thinner
//! than a hair and heavier than the rest of the page; tables and CSV have every day.

use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use crate::app::report::{Figures, Gathered, Group};
use crate::chart::Day as Mark;
use crate::ledger::Zones;

use super::view::View;

/// Most days that are steps of their own.
const DAYS_MAX: i64 = 60;

/// Some days in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The first and the last of them that the books have.
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// Their places among all days.
    pub(super) days: Range<usize>,
}

/// The steps of days, oldest first.
pub(super) fn steps(days: &[NaiveDate]) -> Vec<Step> {
    let by_week = is_by_week(days);
    let mut steps: Vec<Step> = Vec::new();
    for (place, day) in days.iter().enumerate() {
        match steps.last_mut() {
            Some(step) if by_week && step.first.iso_week() == day.iso_week() => {
                step.last = *day;
                step.days.end = place + 1;
            }
            Some(_) | None => steps.push(Step {
                first: *day,
                last: *day,
                days: place..place + 1,
            }),
        }
    }
    steps
}

fn is_by_week(days: &[NaiveDate]) -> bool {
    let ends = days.first().zip(days.last());
    ends.is_some_and(|(first, last)| (*last - *first).num_days() >= DAYS_MAX)
}

/// How a picture says what its steps are.
pub(super) fn by(days: &[NaiveDate]) -> &'static str {
    if is_by_week(days) {
        "by week, Monday to Sunday"
    } else {
        "by day"
    }
}

/// What one of its steps is.
pub(super) fn one(days: &[NaiveDate]) -> &'static str {
    if is_by_week(days) { "week" } else { "day" }
}

impl Step {
    /// Whether a day lies between its ends.
    pub(super) fn holds(&self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }

    /// `14 Nov`, or `10 to 16 Nov`.
    pub(super) fn text(&self, view: &View) -> String {
        let last = view.day_text(self.last);
        if self.first == self.last {
            return last;
        }
        let same_month =
            (self.first.year(), self.first.month()) == (self.last.year(), self.last.month());
        let first = if same_month {
            self.first.format("%-d").to_string()
        } else {
            view.day_text(self.first)
        };
        format!("{first} to {last}")
    }
}

/// Figures of a step.
pub(super) struct Stepped {
    pub(super) step: Step,
    pub(super) figures: Figures,
}

/// Figures of each step of the days that were added up.
pub(super) fn stepped(zones: &Zones, gathered: &Gathered) -> Vec<Stepped> {
    let days: Vec<NaiveDate> = gathered
        .days
        .keys()
        .map(|day| zones.date_of(*day))
        .collect();
    let groups: Vec<&Group> = gathered.days.values().collect();
    let figures = |step: &Step| match groups.get(step.days.clone()) {
        Some([one]) => Figures::of(one),
        Some(several) => {
            let mut sum = Group::default();
            for one in several {
                sum.merge(one);
            }
            Figures::of(&sum)
        }
        None => Figures::default(),
    };
    let steps = steps(&days).into_iter();
    steps
        .map(|step| Stepped {
            figures: figures(&step),
            step,
        })
        .collect()
}

impl Stepped {
    /// The first and the last day.
    pub(super) fn ends(&self) -> [NaiveDate; 2] {
        [self.step.first, self.step.last]
    }
}

/// A value of each step, for a line; `says` is told when it is pointed at.
pub(super) fn marks<'a>(
    view: &View,
    list: impl IntoIterator<Item = &'a Stepped>,
    value: impl Fn(&Figures) -> Option<f64>,
    says: impl Fn(&Figures) -> String,
) -> Vec<Mark> {
    let mark = |one: &Stepped| Mark {
        label: view.day_text(one.step.first),
        value: value(&one.figures),
        says: format!("{}: {}", one.step.text(view), says(&one.figures)),
    };
    list.into_iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_days_are_told_by_week() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let from =
            |first: &str, n: usize| -> Vec<NaiveDate> { day(first).iter_days().take(n).collect() };
        // First day, how many, steps, and the first and second of them.
        let cases = [
            ("2026-11-07", 1, 1, (0..1, 0..1)),
            ("2026-11-07", 60, 60, (0..1, 1..2)),
            // A Saturday: its week has two days.
            ("2026-11-07", 61, 10, (0..2, 2..9)),
            ("2025-10-06", 400, 58, (0..7, 7..14)),
        ];
        for (first, n, count, (one, two)) in cases {
            let list = steps(&from(first, n));
            assert_eq!(list.len(), count, "{first} {n}");
            assert_eq!(list.first().unwrap().days, one, "{first} {n}");
            assert_eq!(list.get(1).map_or(0..1, |step| step.days.clone()), two);
            let days: usize = list.iter().map(|step| step.days.len()).sum();
            assert_eq!(days, n, "each day once");
        }
        // Days without a call are no steps; the year's last week goes into the next.
        let sparse = [
            day("2026-01-01"),
            day("2026-03-01"),
            day("2026-12-31"),
            day("2027-01-02"),
        ];
        let list: Vec<_> = steps(&sparse).into_iter().map(|step| step.days).collect();
        assert_eq!(list, [0..1, 1..2, 2..4]);
    }
}
