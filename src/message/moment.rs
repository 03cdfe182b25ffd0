//! Times as a reader in one place says them: `02:40`, `Sat 21 Nov 02:40`.
//!
//! Knows no mail. A newcomer may ask why the day is left out where it is the day of telling: at night the hour
//! is what is read, and a date before it is noise.

use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;

use crate::units::UnixMillis;

fn local(at: UnixMillis, zone: Tz) -> DateTime<Tz> {
    zone.from_utc_datetime(&at.to_utc().naive_utc())
}

/// `02:40`.
pub(super) fn hour(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%H:%M").to_string()
}

/// `02:40:12`.
pub(super) fn second(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%H:%M:%S").to_string()
}

/// `21 Nov 2026`.
pub(super) fn date(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%-d %b %Y").to_string()
}

/// `Sat 21 Nov`.
pub(super) fn day(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%a %-d %b").to_string()
}

/// `Fri 20 Nov 02:40`.
pub(super) fn day_hour(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%a %-d %b %H:%M").to_string()
}

/// `02:40` on the day of `told`, else `Fri 20 Nov 02:40`.
pub(super) fn near(at: UnixMillis, told: UnixMillis, zone: Tz) -> String {
    if local(at, zone).date_naive() == local(told, zone).date_naive() {
        hour(at, zone)
    } else {
        day_hour(at, zone)
    }
}

/// `CET`, `+0530`: the zone as it is named there at that time.
pub(super) fn zone_name(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%Z").to_string()
}

/// As the header `Date` says it: `Sat, 21 Nov 2026 02:51:00 +0100`.
pub(super) fn header(at: UnixMillis, zone: Tz) -> String {
    local(at, zone)
        .format("%a, %d %b %Y %H:%M:%S %z")
        .to_string()
}

/// `November`.
pub(super) fn month(at: UnixMillis, zone: Tz) -> String {
    local(at, zone).format("%B").to_string()
}

/// As names of files say it: `20261121T015100Z`.
pub(super) fn stamp(at: UnixMillis) -> String {
    at.to_utc().format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_reader_s_own() {
        let berlin = chrono_tz::Europe::Berlin;
        let at = UnixMillis(1_795_225_260_000);
        assert_eq!(near(at, at, berlin), "02:41");
        let next = at.saturating_add(86_400_000);
        assert_eq!(near(at, next, berlin), "Sat 21 Nov 02:41");
        assert_eq!(header(at, berlin), "Sat, 21 Nov 2026 02:41:00 +0100");
        assert_eq!(stamp(at), "20261121T014100Z");
        assert_eq!(zone_name(at, berlin), "CET");
    }
}
