//! Times, durations and cleaned names: numbers and texts with a rule.
//!
//! Knows no record and no call. A newcomer may ask why names are cleaned at the door: tag values
//! with line breaks or ten thousand letters reach ledgers, series and mails, and each of those
//! would need its own guard.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A short text: host, model, feature. Inline up to 24 bytes.
pub type Text = CompactString;

/// Longest name kept as it is, in bytes.
pub const NAME_MAX_BYTES: usize = 200;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct UnixMillis(pub i64);

/// A duration in whole milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds in a day of 24 hours.
pub const DAY_MS: i64 = 86_400_000;

impl UnixMillis {
    /// Earliest time a record may claim: 2015-01-01, before any LLM API was sold.
    pub const EARLIEST: UnixMillis = UnixMillis(1_420_070_400_000);
    /// Latest time a record may claim: 2100-01-01. The daemon further refuses what lies
    /// more than a day ahead of its own clock.
    pub const LATEST: UnixMillis = UnixMillis(4_102_444_800_000);

    /// The start of the window of `width_ms` that holds this time.
    #[must_use]
    pub fn floor(self, width_ms: i64) -> UnixMillis {
        UnixMillis(self.0.div_euclid(width_ms).saturating_mul(width_ms))
    }

    /// Moves by `ms`, staying inside the type.
    #[must_use]
    pub fn saturating_add(self, ms: i64) -> UnixMillis {
        UnixMillis(self.0.saturating_add(ms))
    }

    /// The calendar form in UTC; the epoch for times outside chrono's range.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Reads RFC 3339, or `YYYY-MM-DD HH:MM:SS[.fff]` / `YYYY-MM-DDTHH:MM:SS[.fff]` as UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<UnixMillis> {
        let text = text.trim();
        if let Some(time) = plain_time(text.as_bytes()) {
            return Some(time);
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(UnixMillis(time.timestamp_millis()));
        }
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|naive| UnixMillis(Utc.from_utc_datetime(&naive).timestamp_millis()))
    }

    /// Reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970, told
    /// apart by magnitude (below 10¹¹, 10¹⁴, 10¹⁷, above).
    #[must_use]
    pub fn from_epoch_number(number: i64) -> UnixMillis {
        UnixMillis(match number.unsigned_abs() {
            0..100_000_000_000 => number.saturating_mul(1000),
            100_000_000_000..100_000_000_000_000 => number,
            100_000_000_000_000..100_000_000_000_000_000 => number.div_euclid(1000),
            _ => number.div_euclid(1_000_000),
        })
    }

    /// Whether the time lies between [`UnixMillis::EARLIEST`] and [`UnixMillis::LATEST`].
    #[must_use]
    pub fn is_plausible(self) -> bool {
        (Self::EARLIEST..Self::LATEST).contains(&self)
    }
}

impl fmt::Display for UnixMillis {
    /// RFC 3339 in UTC with milliseconds: `2026-11-20T09:14:31.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_utc().format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

/// Reads the forms that nearly all logs write, `YYYY-MM-DD HH:MM:SS[.fff]` and
/// `YYYY-MM-DDTHH:MM:SS[.fff][Z]`, at a tenth of what a general reader takes; `None` leaves a text to it.
fn plain_time(text: &[u8]) -> Option<UnixMillis> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i64, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })
    };
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        between,
        ref time @ ..,
    ] = text
    else {
        return None;
    };
    let &[h1, h2, b':', n1, n2, b':', s1, s2, ref rest @ ..] = time else {
        return None;
    };
    let rest = match between {
        b'T' => rest.strip_suffix(b"Z").unwrap_or(rest),
        b' ' => rest,
        _ => return None,
    };
    let millis = match rest {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            let nanos = number(digits)? * 10_i64.pow(9 - u32::try_from(digits.len()).ok()?);
            nanos / 1_000_000
        }
        _ => return None,
    };
    let (year, month, day) = (
        number(&[y1, y2, y3, y4])?,
        number(&[m1, m2])?,
        number(&[d1, d2])?,
    );
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    // A leap second is for the general reader.
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970 of a year that begins in March, so that its leap day is the last one.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let century = years.div_euclid(100);
    let days = years * 365 + years.div_euclid(4) - century
        + century.div_euclid(4)
        + (months * 153 + 2) / 5
        + day
        - 719_469;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(UnixMillis(seconds * 1_000 + millis))
}

/// A name fit for ledgers, series and mails: no control characters, at most
/// [`NAME_MAX_BYTES`] bytes.
///
/// Control characters become spaces, runs of blanks one space, ends are trimmed. A longer name is
/// cut at a letter and ends in `~` and eight hex digits of its hash, so that two long names stay
/// two names.
#[must_use]
pub fn clean_name(raw: &str) -> Text {
    if raw.len() <= NAME_MAX_BYTES && is_plain(raw) {
        return Text::from(raw);
    }
    let mut cleaned = String::with_capacity(raw.len().min(NAME_MAX_BYTES));
    for word in raw.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        cleaned.push_str(word);
    }
    if cleaned.len() > NAME_MAX_BYTES {
        let hash = twox_hash::XxHash3_64::oneshot(cleaned.as_bytes());
        let cut = cleaned.floor_char_boundary(NAME_MAX_BYTES.saturating_sub(9));
        cleaned.truncate(cut);
        let tail = format!("~{:08x}", hash >> 32);
        cleaned.push_str(&tail);
    }
    Text::from(cleaned)
}

/// A text without blanks around it. Nearly all have none, and two bytes tell that.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        [_, ..] | [] => text.trim(),
    }
}

/// Whether a name is plain ASCII with single blanks inside, as nearly all are.
fn is_plain(raw: &str) -> bool {
    // Most have no blank at all, which is told eight letters and more at a time.
    let graphic = |plain: bool, byte: u8| plain & byte.is_ascii_graphic();
    if raw.bytes().fold(true, graphic) {
        return true;
    }
    let mut blank = true;
    for byte in raw.bytes() {
        let graphic = byte.is_ascii_graphic();
        if !graphic && (blank || byte != b' ') {
            return false;
        }
        blank = !graphic;
    }
    !blank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_times_that_logs_write() {
        let at = UnixMillis(1_795_166_071_000);
        let cases = [
            "2026-11-20 09:14:31",
            "2026-11-20T09:14:31Z",
            "2026-11-20T10:14:31+01:00",
            "2026-11-20T09:14:31.0000000Z",
        ];
        for text in cases {
            assert_eq!(UnixMillis::parse(text), Some(at), "{text}");
        }
        for text in ["", "20.11.2026 09:14", "yesterday"] {
            assert_eq!(UnixMillis::parse(text), None, "{text}");
        }
        for number in [
            1_795_166_071,
            1_795_166_071_000,
            1_795_166_071_000_000,
            1_795_166_071_000_000_000,
        ] {
            assert_eq!(UnixMillis::from_epoch_number(number), at, "{number}");
        }
    }

    /// Whatever the quick reader reads, the general ones read alike.
    #[test]
    fn plain_times_are_what_a_general_reader_says() {
        let general = |text: &str| {
            let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis());
            let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
                .iter()
                .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
            let naive = naive.map(|time| Utc.from_utc_datetime(&time).timestamp_millis());
            zoned.ok().or(naive)
        };
        let tails = [
            "",
            "Z",
            ".5",
            ".5Z",
            ".123456789Z",
            ".1234567890",
            ".",
            "+00:00",
            "z",
            " ",
        ];
        let clocks = [
            "00:00:00", "23:59:59", "24:00:00", "12:60:00", "12:00:60", "1:00:00",
        ];
        let mut read = 0;
        for year in [
            0, 1, 1600, 1899, 1900, 1969, 1970, 2000, 2024, 2026, 2100, 9999,
        ] {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let clock = clocks[(month + day) % clocks.len()];
                for (between, tail) in ["T", " ", "t"].iter().flat_map(|b| tails.map(|t| (b, t))) {
                    let text = format!("{year:04}-{month:02}-{day:02}{between}{clock}{tail}");
                    let quick = plain_time(text.as_bytes());
                    read += usize::from(quick.is_some());
                    if let Some(quick) = quick {
                        assert_eq!(Some(quick.0), general(&text), "{text}");
                    }
                }
            }
        }
        assert!(read > 10_000, "{read}");
    }

    #[test]
    fn cleans_names() {
        assert_eq!(clean_name("gpt-4o"), "gpt-4o");
        assert_eq!(clean_name(" a\n\tb\u{0} c "), "a b c");
        let (long, other) = ("x".repeat(10_000), format!("{}y", "x".repeat(9_999)));
        assert!(clean_name(&long).len() <= NAME_MAX_BYTES);
        assert_ne!(clean_name(&long), clean_name(&other));
        assert_eq!(clean_name("über"), "über");
        assert_eq!(clean_name("a b  c"), "a b c");
        assert_eq!(
            [clean_name(""), clean_name(" a"), clean_name("a ")],
            ["", "a", "a"]
        );
    }
}
