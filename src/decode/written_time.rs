//! Times as people's exports write them: a date of some order, a time of day, no zone.
//!
//! Knows no record. A newcomer may ask why `03/04/2026` is refused: whether it is April or March
//! nobody can tell from it, and a month of costs in the wrong month is worse than a refused row.

use chrono::offset::LocalResult;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::units::UnixMillis;

/// Which of the first two numbers of a date is the day, where the year stands last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `21/11/2026`.
    DayFirst,
    /// `11/21/2026`.
    MonthFirst,
}

impl DateOrder {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DateOrder::DayFirst => "dmy",
            DateOrder::MonthFirst => "mdy",
        }
    }

    /// The order of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<DateOrder> {
        [DateOrder::DayFirst, DateOrder::MonthFirst]
            .into_iter()
            .find(|order| order.as_str() == word)
    }
}

/// What a text without a zone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// One time of day on one date.
    At(NaiveDateTime),
    /// A date whose order nobody can tell.
    EitherOrder,
    /// No time.
    No,
}

/// Reads a date and a time of day without a zone: `2026-11-21 10:15:03`, `21.11.2026 10:15`,
/// `11/21/2026, 10:15:03 AM`.
#[must_use]
pub fn read(text: &str, order: Option<DateOrder>) -> Written {
    let text = text.trim();
    let Some(border) = text.find([' ', 'T', ',', '\u{202f}']) else {
        return Written::No;
    };
    let (date, time) = text.split_at(border);
    let time = time.trim_start_matches([' ', 'T', ',', '\u{202f}']);
    let Some(time) = time_of_day(time) else {
        return Written::No;
    };
    match date_of(date, order) {
        Ok(Some(date)) => Written::At(date.and_time(time)),
        Ok(None) => Written::No,
        Err(()) => Written::EitherOrder,
    }
}

/// A time that is known to be UTC; of two orders of date the American, which the Azure portal
/// writes in its English exports, unless only the other fits.
pub(super) fn utc(text: &str) -> Option<UnixMillis> {
    UnixMillis::parse(text).or_else(|| match read(text, Some(DateOrder::MonthFirst)) {
        Written::At(at) => Some(UnixMillis(at.and_utc().timestamp_millis())),
        Written::EitherOrder | Written::No => None,
    })
}

/// The instant of a local time. The first of two where the clock is set back; where it is set
/// forward, an hour that does not exist is read as if the clock had not moved.
#[must_use]
pub fn in_zone(at: NaiveDateTime, zone: Tz) -> UnixMillis {
    let instant = match zone.from_local_datetime(&at) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.timestamp_millis(),
        LocalResult::None => {
            let before = at - TimeDelta::hours(1);
            let before = zone.from_local_datetime(&before).earliest();
            before.map_or(at.and_utc().timestamp_millis(), |before| {
                before.timestamp_millis().saturating_add(3_600_000)
            })
        }
    };
    UnixMillis(instant)
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let upper = text.trim().to_ascii_uppercase();
    let (digits, noon) = if let Some(front) = upper.strip_suffix("AM") {
        (front, Some(false))
    } else if let Some(front) = upper.strip_suffix("PM") {
        (front, Some(true))
    } else {
        (upper.as_str(), None)
    };
    let digits = digits.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
    let forms = ["%H:%M:%S%.f", "%H:%M"];
    let time = forms
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(digits, form).ok())?;
    let Some(after_noon) = noon else {
        return Some(time);
    };
    let hour = match (time.hour(), after_noon) {
        (12, false) => 0,
        (12, true) => 12,
        (hour @ 1..=11, true) => hour + 12,
        (hour @ 1..=11, false) => hour,
        _ => return None,
    };
    time.with_hour(hour)
}

/// `Ok(None)` for no date, `Err` for one of either order.
fn date_of(text: &str, order: Option<DateOrder>) -> Result<Option<NaiveDate>, ()> {
    let Some(mark) = text.chars().find(|c| matches!(c, '-' | '.' | '/')) else {
        return Ok(None);
    };
    let parts: Vec<Option<u32>> = text.split(mark).map(|part| part.parse().ok()).collect();
    let [Some(one), Some(two), Some(three)] = parts.as_slice() else {
        return Ok(None);
    };
    let ymd = |year: u32, month, day| {
        let year = i32::try_from(year).ok()?;
        NaiveDate::from_ymd_opt(year, month, day)
    };
    if *one > 31 {
        return Ok(ymd(*one, *two, *three));
    }
    if *three < 1000 {
        return Ok(None);
    }
    let day_first = match (*one > 12, *two > 12) {
        (true, _) => true,
        (false, true) => false,
        // The same either way.
        (false, false) if one == two => true,
        (false, false) if mark == '.' => true,
        (false, false) => match order {
            Some(order) => order == DateOrder::DayFirst,
            None => return Err(()),
        },
    };
    Ok(if day_first {
        ymd(*three, *two, *one)
    } else {
        ymd(*three, *one, *two)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_exports_write() {
        let at = "2026-11-21T10:15:03";
        let cases: &[(&str, Option<DateOrder>, &str)] = &[
            ("2026-11-21 10:15:03", None, at),
            ("21.11.2026 10:15:03", None, at),
            ("21-11-2026 10:15:03", None, at),
            ("11-21-2026 10:15:03", None, at),
            ("21/11/2026 10:15:03", None, at),
            ("11/21/2026, 10:15:03 AM", None, at),
            ("11/21/2026 10:15:03\u{202f}PM", None, "2026-11-21T22:15:03"),
            ("11/21/2026 12:15 AM", None, "2026-11-21T00:15:00"),
            ("2026/11/21 10:15", None, "2026-11-21T10:15:00"),
            ("03.04.2026 10:15:03", None, "2026-04-03T10:15:03"),
            ("03/04/2026 10:15:03", None, "either"),
            ("03/03/2026 10:15:03", None, "2026-03-03T10:15:03"),
            (
                "03/04/2026 10:15:03",
                Some(DateOrder::DayFirst),
                "2026-04-03T10:15:03",
            ),
            (
                "03-04-2026 10:15:03",
                Some(DateOrder::MonthFirst),
                "2026-03-04T10:15:03",
            ),
            ("32/13/2026 10:15:03", None, "no"),
            ("2026-11-21 25:15:03", None, "no"),
            ("13:15 PM", None, "no"),
            ("2026-11-21", None, "no"),
            ("yesterday", None, "no"),
        ];
        for (text, order, expected) in cases {
            let told = match read(text, *order) {
                Written::At(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
                Written::EitherOrder => "either".to_owned(),
                Written::No => "no".to_owned(),
            };
            assert_eq!(told, *expected, "{text}");
        }
    }

    #[test]
    fn local_times_become_instants() {
        let cases = [
            ("2026-11-21 10:15:03", "2026-11-21T09:15:03.000Z"),
            ("2026-07-21 10:15:03", "2026-07-21T08:15:03.000Z"),
            // Told twice in October, not at all in March.
            ("2026-10-25 02:30:00", "2026-10-25T00:30:00.000Z"),
            ("2026-03-29 02:30:00", "2026-03-29T01:30:00.000Z"),
        ];
        for (text, expected) in cases {
            let Written::At(at) = read(text, None) else {
                panic!("{text}")
            };
            assert_eq!(in_zone(at, chrono_tz::Europe::Berlin).to_string(), expected);
        }
    }
}
