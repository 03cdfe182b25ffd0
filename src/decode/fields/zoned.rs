//! A time of a record in the zone that its source's settings name.
//!
//! Knows no column. A newcomer may ask why a date as people write it is refused without a zone: no
//! log writes so, and the hour that it means hangs on who exported it.

use crate::outcome::{QuarantineReason, Reject};
use crate::units::UnixMillis;

use super::super::Settings;
use super::super::json::Json;
use super::super::written_time::{self, Written};
use super::{plausible, time};

/// A time whose zone, where it names none, is the one that the settings name.
///
/// # Errors
/// See [`time`]; `bad_time` also for a date of which nobody can tell day and month.
pub(super) fn time_in_zone(
    key: &str,
    value: &Json<'_>,
    settings: &Settings,
) -> Result<UnixMillis, Reject> {
    let Some(text) = value.str() else {
        return time(key, value);
    };
    // The form of every log: no zone mark, and the settings name none.
    let zone = settings.zone();
    if zone.is_none() && UnixMillis::parse(text).is_some() {
        return time(key, value);
    }
    match (written_time::read(text, settings.date_order()), zone) {
        (Written::At(at), Some(zone)) => plausible(key, written_time::in_zone(at, zone)),
        // No log writes so: it is a display value, in the zone of whoever exported it.
        (Written::At(_), None) => Err(Reject::new(
            QuarantineReason::BadTime,
            format!("`{key}` is a date as people write it, without a zone; say `time_zone`"),
        )),
        (Written::EitherOrder, _) => Err(Reject::new(
            QuarantineReason::BadTime,
            format!(
                "`{key}` is a date whose day and month nobody can tell apart; say `date_order`"
            ),
        )),
        (Written::No, _) => time(key, value),
    }
}
