//! Scales and their round values: where a figure stands, and which figures are written at the edge.
//!
//! Knows no drawing. A newcomer may ask why every scale begins at nothing: money and shares that
//! start anywhere else make small changes look large.

use chrono::{DateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

/// A whole number as a coordinate; figures are drawn as floats and never stored as one.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a picture has a thousand steps"
)]
pub fn real(number: i64) -> f64 {
    number as f64
}

/// The same of a count of things.
pub(super) fn count(number: usize) -> f64 {
    real(i64::try_from(number).unwrap_or(i64::MAX))
}

/// From nothing to the highest round value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    /// Values to be written, from 0.
    pub(super) ticks: Vec<f64>,
    /// Between two of them.
    pub(super) step: f64,
    /// The pixel of 0, and of the highest tick.
    bottom: f64,
    top: f64,
}

impl Scale {
    /// A scale that holds `most`, in at most `steps` steps.
    pub(super) fn new(most: f64, steps: u32, (bottom, top): (f64, f64)) -> Scale {
        let most = if most.is_finite() && most > 0.0 {
            most
        } else {
            1.0
        };
        let step = round_step(most / f64::from(steps));
        let mut ticks = vec![0.0];
        let mut n = 1_u32;
        while n <= steps + 1 {
            let tick = step * f64::from(n);
            ticks.push(tick);
            if tick >= most * 0.999_999 {
                break;
            }
            n += 1;
        }
        Scale {
            ticks,
            step,
            bottom,
            top,
        }
    }

    /// Where a value stands; what lies outside stands at the edge.
    pub(super) fn at(&self, value: f64) -> f64 {
        let most = self.ticks.last().copied().unwrap_or(1.0);
        let share = (value / most).clamp(0.0, 1.0);
        self.bottom - (self.bottom - self.top) * share
    }
}

/// The round number (1, 2, 2.5, 4 or 5 times a power of ten) that is at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let rounds = [1.0, 2.0, 2.5, 4.0, 5.0, 10.0];
    let fits = rounds
        .iter()
        .find(|round| **round * power >= least * 0.999_999);
    fits.unwrap_or(&10.0) * power
}

/// Steps of a time axis, in milliseconds.
const STEPS: [i64; 14] = [
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    4 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    28 * DAY_MS,
];

/// Round times between two, at most `most` of them, with what is written there.
pub(super) fn times(
    (from, to): (UnixMillis, UnixMillis),
    most: i64,
    zone: Tz,
) -> Vec<(UnixMillis, String)> {
    let wide = to.0.saturating_sub(from.0).max(1);
    let fits = STEPS.iter().find(|step| wide / **step < most);
    let step = *fits.unwrap_or(&STEPS[STEPS.len() - 1]);
    let offset = local(from, zone).naive_local().and_utc().timestamp_millis() - from.0;
    let mut at = UnixMillis((from.0 + offset).div_euclid(step).saturating_add(1) * step - offset);
    if (from.0 + offset).rem_euclid(step) == 0 {
        at = from;
    }
    let mut ticks = Vec::new();
    while at <= to && ticks.len() < 40 {
        ticks.push((at, said(at, step, zone)));
        at = at.saturating_add(step);
    }
    ticks
}

fn local(at: UnixMillis, zone: Tz) -> DateTime<Tz> {
    let utc: DateTime<Utc> = at.to_utc();
    zone.from_utc_datetime(&utc.naive_utc())
}

/// A round time: the hour, and the date where a day begins.
fn said(at: UnixMillis, step: i64, zone: Tz) -> String {
    let local = local(at, zone);
    let midnight = local.hour() == 0 && local.minute() == 0;
    let form = if step >= DAY_MS || midnight {
        "%-d %b"
    } else {
        "%H:%M"
    };
    local.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_above_the_highest() {
        let cases = [
            (14.2, 4, 4, 16.0_f64),
            (950.0, 2, 2, 1000.0),
            (0.037, 4, 4, 0.04),
            (1204.18, 4, 4, 1600.0),
            (0.0, 4, 4, 1.0),
            (f64::NAN, 4, 4, 1.0),
        ];
        for (most, steps, ticks, top) in cases {
            let scale = Scale::new(most, steps, (100.0, 0.0));
            let last = scale.ticks.last().copied().unwrap();
            assert!((last - top).abs() < 1e-9, "{most}: {:?}", scale.ticks);
            assert_eq!(scale.ticks.len(), ticks + 1, "{most}: {:?}", scale.ticks);
            assert!((scale.at(last) - 0.0).abs() < 1e-9 && (scale.at(0.0) - 100.0).abs() < 1e-9);
        }
    }

    #[test]
    fn times_are_round_where_the_reader_lives() {
        let from = UnixMillis::parse("2026-11-20T17:10:00Z").unwrap();
        let to = UnixMillis::parse("2026-11-21T02:50:00Z").unwrap();
        let said = |zone| -> Vec<String> {
            let ticks = times((from, to), 4, zone);
            ticks.into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(said(Tz::UTC), ["18:00", "21:00", "21 Nov"]);
        assert_eq!(said(Tz::Asia__Kolkata), ["21 Nov", "03:00", "06:00"]);
    }
}
