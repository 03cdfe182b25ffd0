//! Where minutes, bins, hours, days, weeks and months begin in the configured zone.
//!
//! Knows no series. A newcomer may ask why the zone is kept between questions: a day's start is asked
//! for every minute, and changes once.

use chrono::{Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::alert::{Period, Span};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

/// Milliseconds of a bin.
pub(super) const BIN_MS: i64 = 600_000;

/// How fine a window is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Minute,
    Bin,
    Hour,
    Day,
}

impl Step {
    /// How fine a window of that length is kept: its end moves every minute, its beginning by steps.
    pub(super) fn of(span: Span) -> Step {
        match span {
            Span::Minutes(0..=60) => Step::Minute,
            Span::Minutes(61..=1_440) => Step::Bin,
            Span::Minutes(1_441..=11_520) => Step::Hour,
            Span::Minutes(_) | Span::Period(_) => Step::Day,
        }
    }
}

/// The steps that hold one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starts {
    minute: UnixMillis,
    day: UnixMillis,
}

impl Starts {
    /// Where the step begins.
    pub(super) fn of(self, step: Step) -> UnixMillis {
        match step {
            Step::Minute => self.minute,
            Step::Bin => self.minute.floor(BIN_MS),
            Step::Hour => self.minute.floor(HOUR_MS),
            Step::Day => self.day,
        }
    }
}

/// The calendar of a zone.
#[derive(Clone, Debug)]
pub(super) struct Days {
    zone: Tz,
    /// The day asked for last: its start, the next one's, its date.
    last: Option<(UnixMillis, UnixMillis, NaiveDate)>,
    /// The week and the month of that day.
    around: Vec<(Period, (UnixMillis, UnixMillis))>,
}

impl Days {
    pub(super) fn new(zone: Tz) -> Days {
        Days {
            zone,
            last: None,
            around: Vec::new(),
        }
    }

    /// Goes on in another zone.
    pub(super) fn set(&mut self, zone: Tz) {
        if zone != self.zone {
            *self = Days::new(zone);
        }
    }

    fn date(&mut self, at: UnixMillis) -> (UnixMillis, UnixMillis, NaiveDate) {
        if let Some(last) = self.last.filter(|last| (last.0..last.1).contains(&at)) {
            return last;
        }
        let date = at.to_utc().with_timezone(&self.zone).date_naive();
        let next = date.succ_opt().unwrap_or(date);
        let found = (self.midnight(date), self.midnight(next), date);
        self.last = Some(found);
        self.around.clear();
        found
    }

    /// The first instant of a date. Where clocks skip midnight the day begins when they go on.
    fn midnight(&self, date: NaiveDate) -> UnixMillis {
        let start = date.and_time(NaiveTime::MIN);
        let found = (0..=8).find_map(|halves| {
            let local = start + Duration::minutes(halves * 30);
            self.zone.from_local_datetime(&local).earliest()
        });
        UnixMillis(found.map_or_else(
            || start.and_utc().timestamp_millis(),
            |time| time.timestamp_millis(),
        ))
    }

    /// The steps that hold a moment.
    pub(super) fn starts(&mut self, at: UnixMillis) -> Starts {
        Starts {
            minute: at.floor(MINUTE_MS),
            day: self.date(at).0,
        }
    }

    /// Where the day of a moment begins.
    pub(super) fn day(&mut self, at: UnixMillis) -> UnixMillis {
        self.date(at).0
    }

    /// Where the day after that of a moment begins.
    pub(super) fn next_day(&mut self, at: UnixMillis) -> UnixMillis {
        self.date(at).1
    }

    /// Where the period of a moment begins, and where it ends.
    pub(super) fn period(&mut self, period: Period, at: UnixMillis) -> (UnixMillis, UnixMillis) {
        let (start, next, date) = self.date(at);
        let known = self.around.iter().find(|(one, _)| *one == period);
        if let Some((_, known)) = known {
            return *known;
        }
        let (first, after) = match period {
            Period::Day => return (start, next),
            Period::Week => {
                let gone = i64::from(date.weekday().num_days_from_monday());
                let monday = date - Duration::days(gone);
                (monday, monday + Duration::days(7))
            }
            Period::Month => {
                let first = date.with_day(1).unwrap_or(date);
                let after = first.checked_add_months(chrono::Months::new(1));
                (first, after.unwrap_or(first))
            }
        };
        let found = (self.midnight(first), self.midnight(after));
        self.around.push((period, found));
        found
    }

    /// Where a window that ends at `to` begins. A beginning that lies inside a step is moved to the
    /// next one: a window never holds more than its rule says.
    pub(super) fn window(&mut self, span: Span, step: Step, to: UnixMillis) -> UnixMillis {
        let last = UnixMillis(to.0.saturating_sub(1));
        let minutes = match span {
            Span::Period(period) => return self.period(period, last).0,
            Span::Minutes(minutes) => i64::from(minutes),
        };
        let from = to.saturating_add(-minutes * MINUTE_MS);
        // Where figures come only by longer steps than the window asks for, a window without its first
        // part would hold next to nothing.
        let is_coarse = step > Step::of(span);
        let up = |ms: i64| {
            let more = if is_coarse { 0 } else { ms - 1 };
            from.saturating_add(more).floor(ms)
        };
        match step {
            Step::Minute => from,
            Step::Bin => up(BIN_MS),
            Step::Hour => up(HOUR_MS),
            Step::Day => {
                let back = (minutes / 1_440 - 1).max(0);
                let date = self.date(last).2;
                self.midnight(date - Duration::days(back))
            }
        }
    }

    /// The hour of the week, Monday's first is 0.
    pub(super) fn hour_of_week(&self, at: UnixMillis) -> u16 {
        let local = at.to_utc().with_timezone(&self.zone);
        let hours = local.weekday().num_days_from_monday() * 24 + local.hour();
        u16::try_from(hours).unwrap_or(0)
    }
}

/// Whole days from one moment to another, rounded up.
pub(super) fn days_between(from: UnixMillis, to: UnixMillis) -> i64 {
    let ms = to.0.saturating_sub(from.0);
    ms.div_euclid(DAY_MS) + i64::from(ms.rem_euclid(DAY_MS) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_at_their_steps() {
        let rows = [
            (
                Span::Minutes(5),
                "2026-11-20T09:12:00Z",
                "2026-11-20T09:07:00Z",
            ),
            (
                Span::Minutes(120),
                "2026-11-20T09:12:00Z",
                "2026-11-20T07:20:00Z",
            ),
            (
                Span::Minutes(120),
                "2026-11-20T09:10:00Z",
                "2026-11-20T07:10:00Z",
            ),
            (
                Span::Minutes(2_880),
                "2026-11-20T09:12:00Z",
                "2026-11-18T10:00:00Z",
            ),
            (
                Span::Minutes(43_200),
                "2026-11-30T09:12:00Z",
                "2026-10-31T23:00:00Z",
            ),
            (
                Span::Period(Period::Day),
                "2026-11-20T09:12:00Z",
                "2026-11-19T23:00:00Z",
            ),
            (
                Span::Period(Period::Day),
                "2026-11-20T23:00:00Z",
                "2026-11-19T23:00:00Z",
            ),
            (
                Span::Period(Period::Week),
                "2026-11-22T09:12:00Z",
                "2026-11-15T23:00:00Z",
            ),
            (
                Span::Period(Period::Month),
                "2026-10-31T23:30:00Z",
                "2026-10-31T23:00:00Z",
            ),
            (
                Span::Period(Period::Month),
                "2026-10-31T22:30:00Z",
                "2026-09-30T22:00:00Z",
            ),
        ];
        let mut days = Days::new(Tz::Europe__Berlin);
        for (span, to, expected) in rows {
            let at = |text| UnixMillis::parse(text).unwrap();
            let from = days.window(span, Step::of(span), at(to));
            assert_eq!(from, at(expected), "{span:?} to {to}");
        }
    }
}
