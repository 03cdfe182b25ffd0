//! Where days begin: the ledger's time zones, each from an instant on.
//!
//! Knows no clock and no SQL. A newcomer may ask why there can be several: a company may move its
//! accounts to another zone, and days that are closed keep the length they were reported with.

use chrono::{Duration, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

use super::rows::ZoneRow;
use crate::units::{Text, UnixMillis};

/// The time zones of a ledger's days, oldest first.
#[derive(Clone, Debug)]
pub struct Zones {
    /// Start and zone; the first one starts at the beginning of time.
    zones: Vec<(i64, Tz)>,
}

impl Zones {
    /// One zone for all times.
    #[must_use]
    pub fn one(zone: Tz) -> Zones {
        Zones {
            zones: vec![(i64::MIN, zone)],
        }
    }

    /// The zones of such rows, in order of their start; `None` when empty or a name is unknown.
    pub(super) fn of_rows(rows: &[ZoneRow]) -> Option<Zones> {
        let zones = rows
            .iter()
            .map(|row| Some((row.start.0, row.name.parse().ok()?)))
            .collect::<Option<Vec<(i64, Tz)>>>()?;
        (!zones.is_empty()).then_some(Zones { zones })
    }

    /// The same as rows.
    #[must_use]
    pub fn rows(&self) -> Vec<ZoneRow> {
        self.zones
            .iter()
            .map(|(start, zone)| ZoneRow {
                start: UnixMillis(*start),
                name: Text::from(zone.name()),
            })
            .collect()
    }

    /// The zone in force at that time, and since when.
    fn in_force(&self, at: UnixMillis) -> (i64, Tz) {
        self.zones
            .iter()
            .rev()
            .find(|(start, _)| *start <= at.0)
            .copied()
            .unwrap_or((i64::MIN, Tz::UTC))
    }

    /// The calendar date of that time.
    #[must_use]
    pub fn date_of(&self, at: UnixMillis) -> NaiveDate {
        let (_, zone) = self.in_force(at);
        at.to_utc().with_timezone(&zone).date_naive()
    }

    /// Where the day that holds `at` begins.
    #[must_use]
    pub fn day_of(&self, at: UnixMillis) -> UnixMillis {
        let (start, zone) = self.in_force(at);
        let date = at.to_utc().with_timezone(&zone).date_naive();
        UnixMillis(midnight(zone, date).max(start))
    }

    /// Where the day after the one that holds `at` begins.
    #[must_use]
    pub fn next_day(&self, at: UnixMillis) -> UnixMillis {
        let (_, zone) = self.in_force(at);
        let date = at.to_utc().with_timezone(&zone).date_naive();
        let next = midnight(zone, date.succ_opt().unwrap_or(date));
        let change = self.zones.iter().find(|(start, _)| *start > at.0);
        UnixMillis(change.map_or(next, |(start, _)| next.min(*start)))
    }

    /// Where the date begins in that zone.
    #[must_use]
    pub fn start_of(zone: Tz, date: NaiveDate) -> UnixMillis {
        UnixMillis(midnight(zone, date))
    }

    /// The same with a further zone from an instant on.
    pub(super) fn with(mut self, start: UnixMillis, zone: Tz) -> Zones {
        self.zones.push((start.0, zone));
        self
    }
}

/// The first instant of a local date. Where clocks skip midnight the day begins when they go on.
fn midnight(zone: Tz, date: NaiveDate) -> i64 {
    let start = date.and_time(NaiveTime::MIN);
    (0..=8)
        .find_map(|quarters| {
            zone.from_local_datetime(&(start + Duration::minutes(quarters * 30)))
                .earliest()
        })
        .map_or_else(
            || start.and_utc().timestamp_millis(),
            |time| time.timestamp_millis(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::HOUR_MS;

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse(text).unwrap()
    }

    #[test]
    fn days_begin_at_local_midnight() {
        let cases = [
            ("UTC", "2026-11-20T09:14:31Z", "2026-11-20T00:00:00Z"),
            (
                "Europe/Berlin",
                "2026-11-20T22:59:59Z",
                "2026-11-19T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-11-20T23:00:00Z",
                "2026-11-20T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-07-01T00:00:00Z",
                "2026-06-30T22:00:00Z",
            ),
            (
                "Asia/Kathmandu",
                "2026-11-20T18:20:00Z",
                "2026-11-20T18:15:00Z",
            ),
            // Beirut skips midnight on the last Sunday of March.
            (
                "Asia/Beirut",
                "2026-03-29T10:00:00Z",
                "2026-03-28T22:00:00Z",
            ),
            // Havana has midnight twice on the first Sunday of November.
            (
                "America/Havana",
                "2026-11-01T05:30:00Z",
                "2026-11-01T04:00:00Z",
            ),
        ];
        for (zone, time, day) in cases {
            let zones = Zones::one(zone.parse().unwrap());
            assert_eq!(zones.day_of(at(time)), at(day), "{zone} {time}");
            let next = zones.next_day(at(time));
            assert!(
                next > at(time) && next.0 - at(day).0 <= 25 * HOUR_MS,
                "{zone} {time}"
            );
            assert_eq!(zones.day_of(next), next, "{zone} {time}");
        }
    }

    #[test]
    fn older_days_keep_their_zone() {
        let change = at("2026-11-20T23:00:00Z");
        let zones = Zones::one(Tz::UTC).with(change, Tz::Europe__Berlin);
        assert_eq!(
            zones.day_of(at("2026-11-20T22:00:00Z")),
            at("2026-11-20T00:00:00Z")
        );
        assert_eq!(zones.next_day(at("2026-11-20T22:00:00Z")), change);
        assert_eq!(zones.day_of(at("2026-11-21T01:00:00Z")), change);
        assert_eq!(
            Zones::of_rows(&zones.rows()).map(|z| z.rows()),
            Some(zones.rows())
        );
        assert!(Zones::of_rows(&[]).is_none());
    }
}
