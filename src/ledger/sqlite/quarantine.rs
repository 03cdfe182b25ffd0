//! Records that could not be metered: kept by position and reason, never by value.
//!
//! Knows no format. A newcomer may ask why the oldest rows go when it is full: a fault that is
//! going on now is the one somebody can still mend.

use rusqlite::{Connection, OptionalExtension};

use super::super::fault::{Fault, FaultKind};
use super::super::rows::QuarantineRow;
use super::super::types::{Batch, Quarantined};
use super::counts;
use super::{corrupt, count};
use crate::call::Format;
use crate::entry::Origin;
use crate::outcome::QuarantineReason;
use crate::units::{Text, UnixMillis};

/// Longest detail kept, in bytes.
const DETAIL_MAX_BYTES: usize = 400;

/// Keeps a record aside.
pub(super) fn put(
    conn: &Connection,
    batch: &Batch,
    row: &Quarantined,
    (day, now): (i64, UnixMillis),
) -> Result<(), Fault> {
    let (topic, partition) = batch.place(row.part);
    let detail = &row.reject.detail;
    let cut = detail.floor_char_boundary(DETAIL_MAX_BYTES.min(detail.len()));
    let keys: Vec<(&str, u32)> = row
        .reject
        .keys
        .iter()
        .map(|(key, length)| (key.as_str(), *length))
        .collect();
    let keys = serde_json::to_string(&keys).unwrap_or_default();
    conn.prepare_cached(
        "INSERT INTO quarantine
           (source, topic, partition, offset, at, format, reason, detail, keys, seen, day)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(rusqlite::params![
        batch.source.as_str(),
        topic.as_str(),
        partition,
        row.offset,
        row.at.map(|at| at.0),
        row.format.map_or("", |format| format.as_str()),
        row.reject.reason.as_str(),
        detail.get(..cut).unwrap_or_default(),
        keys,
        now.0,
        day,
    ])?;
    Ok(())
}

/// Drops the oldest rows past the limit and counts them.
pub(super) fn limit(conn: &Connection, rows: usize, day: i64) -> Result<(), Fault> {
    let kept: i64 = conn.query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0))?;
    let surplus = kept - count(rows);
    if surplus > 0 {
        let gone = conn
            .prepare_cached(
                "DELETE FROM quarantine WHERE id IN
                   (SELECT id FROM quarantine ORDER BY id LIMIT ?1)",
            )?
            .execute([surplus])?;
        counts::overflow(conn, "quarantine", day, gone)?;
    }
    Ok(())
}

/// Takes out the rows that a batch read again, and their counts: the batch counts what they are now.
pub(super) fn take_out(conn: &Connection, batch: &Batch) -> Result<(), Fault> {
    let (topic, partition) = batch.place(0);
    for id in &batch.retried {
        let row: Option<(i64, String)> = conn
            .prepare_cached(
                "DELETE FROM quarantine WHERE id = ?1 AND source = ?2 AND topic = ?3
                   AND partition = ?4 RETURNING day, reason",
            )?
            .query_row(
                (id, batch.source.as_str(), topic.as_str(), partition),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((day, reason)) = row else {
            return Err(Fault::new(
                FaultKind::Refused,
                format!("row {id} is not in the quarantine of `{topic}` partition {partition}"),
            ));
        };
        let place = (day, batch.source.as_str());
        counts::add(conn, place, ("quarantined", &reason), -1)?;
        counts::add(conn, place, ("received", ""), -1)?;
    }
    Ok(())
}

/// Rows, oldest first.
pub(super) fn rows(conn: &Connection, limit: usize) -> Result<Vec<QuarantineRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT id, source, topic, partition, offset, at, format, reason, detail, keys, seen
         FROM quarantine ORDER BY id LIMIT ?1",
    )?;
    let mut rows = rows.query([count(limit)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let keys: Vec<(String, u32)> =
            serde_json::from_str(row.get_ref(9)?.as_str()?).map_err(|_| corrupt("quarantine"))?;
        found.push(QuarantineRow {
            id: row.get(0)?,
            origin: Origin {
                source: Text::from(row.get_ref(1)?.as_str()?),
                topic: Text::from(row.get_ref(2)?.as_str()?),
                partition: row.get(3)?,
                offset: row.get(4)?,
            },
            at: row.get::<_, Option<i64>>(5)?.map(UnixMillis),
            format: Format::parse(row.get_ref(6)?.as_str()?),
            reason: QuarantineReason::parse(row.get_ref(7)?.as_str()?)
                .ok_or_else(|| corrupt("quarantine"))?,
            detail: row.get(8)?,
            keys: keys
                .into_iter()
                .map(|(key, n)| (Text::from(key), n))
                .collect(),
            seen: UnixMillis(row.get(10)?),
        });
    }
    Ok(found)
}
