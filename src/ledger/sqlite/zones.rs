//! Changing the time zone of days, from a day without figures on.
//!
//! Knows no calendar beyond [`Zones`]. A newcomer may ask why not for past days: their totals were
//! reported, and minutes to cut them anew are gone.

use chrono::NaiveDate;
use chrono_tz::Tz;
use rusqlite::{Connection, TransactionBehavior};

use super::super::fault::{Fault, FaultKind};
use super::super::zone::Zones;
use crate::units::UnixMillis;

/// Adds a zone from the beginning of `date` in it on.
pub(super) fn change(
    conn: &mut Connection,
    zones: &Zones,
    zone: Tz,
    date: NaiveDate,
) -> Result<Zones, Fault> {
    let start = Zones::start_of(zone, date);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let last: Option<i64> = tx.query_row(
        "SELECT max(start) FROM cell WHERE resolution = 2",
        [],
        |row| row.get(0),
    )?;
    let free_from = last.map(|last| zones.next_day(UnixMillis(last)));
    if let Some(free_from) = free_from.filter(|free_from| start < *free_from) {
        let one = Zones::one(zone);
        let mut first = one.date_of(free_from);
        if one.day_of(free_from) < free_from {
            first = first.succ_opt().unwrap_or(first);
        }
        return Err(Fault::new(
            FaultKind::Refused,
            format!(
                "days cannot change to `{zone}` from {date} on: the books have figures of that day or a later one; {first} is the first that can"
            ),
        ));
    }
    if zones.rows().last().is_some_and(|last| start <= last.start) {
        return Err(Fault::new(
            FaultKind::Refused,
            format!(
                "days cannot change to `{zone}` from {date} on: they change on that day or later already"
            ),
        ));
    }
    tx.execute("INSERT INTO zone VALUES (?1, ?2)", (start.0, zone.name()))?;
    tx.commit()?;
    Ok(zones.clone().with(start, zone))
}
