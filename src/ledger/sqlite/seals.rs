//! The chain of seals over days that can no longer be judged again.
//!
//! Knows no key. A newcomer may ask what a hash without a key proves: whoever keeps one printed
//! seal can tell whether anything before it was changed, and that is what an auditor asks.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::super::fault::Fault;
use super::super::rows::{CellRow, SealCheck, SealRow};
use super::super::types::Span;
use super::super::words::Resolution;
use super::super::zone::Zones;
use super::{cells, evidence};
use crate::cell::Totals;
use crate::residency::{Grade, Verdict};
use crate::units::UnixMillis;

/// One line of a day's canonical text.
fn cell_line(row: &CellRow) -> String {
    let key = &row.key;
    let totals: Vec<(&str, i64)> = Totals::NAMES
        .iter()
        .copied()
        .zip(row.cell.totals.values())
        .filter(|(_, value)| *value != 0)
        .collect();
    let line = (
        (
            &key.feature,
            &key.endpoint,
            &key.provider,
            &key.model,
            &key.region,
        ),
        (
            key.verdict.map(Verdict::as_str),
            key.grade.map(Grade::as_str),
        ),
        totals,
        (
            row.cell.latency.buckets(),
            row.cell.duration.buckets(),
            row.cell.prompt.buckets(),
        ),
    );
    serde_json::to_string(&line).unwrap_or_default()
}

/// The hash over a day's cells and evidence.
fn content(conn: &Connection, zones: &Zones, day: UnixMillis) -> Result<[u8; 32], Fault> {
    let span = Span {
        from: day,
        to: zones.next_day(day),
    };
    let mut hash = Sha256::new();
    hash.update(format!("{day} {}\n", zones.date_of(day)));
    cells::visit(conn, (Resolution::Day, span), &mut |_| true, &mut |row| {
        hash.update(cell_line(&row));
        hash.update("\n");
        Ok(())
    })?;
    for row in evidence::rows(conn, span, usize::MAX)? {
        let origin = &row.origin;
        let key = &row.key;
        let line = (
            (row.at.0, row.id, &row.identity),
            (
                &origin.source,
                &origin.topic,
                origin.partition,
                origin.offset,
            ),
            (
                &key.feature,
                &key.endpoint,
                &key.provider,
                &key.model,
                &key.region,
            ),
            (
                key.verdict.map(Verdict::as_str),
                key.grade.map(Grade::as_str),
            ),
            (&row.rule, &row.evidence, row.config.0),
        );
        hash.update(serde_json::to_string(&line).unwrap_or_default());
        hash.update("\n");
    }
    Ok(hash.finalize().into())
}

/// The hash that chains a seal to the one before.
fn chained(before: &[u8], number: i64, day: i64, content: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(number.to_le_bytes());
    hash.update(day.to_le_bytes());
    hash.update(content);
    hash.finalize().into()
}

/// Whether a day has been sealed.
pub(super) fn is_sealed(conn: &Connection, day: i64) -> Result<bool, Fault> {
    Ok(conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM seal WHERE day = ?1)")?
        .query_row([day], |row| row.get(0))?)
}

/// Notes that a sealed day was changed, in the transaction that changes it.
pub(super) fn touch(conn: &Connection, day: i64) -> Result<(), Fault> {
    if is_sealed(conn, day)? {
        conn.prepare_cached("INSERT OR IGNORE INTO seal_due VALUES (?1)")?
            .execute([day])?;
    }
    Ok(())
}

/// Sealed days that were changed since.
pub(super) fn due(conn: &Connection) -> Result<BTreeSet<i64>, Fault> {
    let mut rows = conn.prepare_cached("SELECT day FROM seal_due")?;
    let rows = rows.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Seals a day, or amends its seal.
pub(super) fn seal(
    conn: &Connection,
    zones: &Zones,
    day: i64,
    now: UnixMillis,
) -> Result<(), Fault> {
    let content = content(conn, zones, UnixMillis(day))?;
    let amendment = is_sealed(conn, day)?;
    let mut last =
        conn.prepare_cached("SELECT number, hash FROM seal ORDER BY number DESC LIMIT 1")?;
    let mut last = last.query([])?;
    let (number, before): (i64, Vec<u8>) = match last.next()? {
        Some(row) => (row.get(0)?, row.get(1)?),
        None => (0, Vec::new()),
    };
    let number = number + 1;
    let hash = chained(&before, number, day, &content);
    conn.prepare_cached("INSERT INTO seal VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute((number, day, amendment, &content[..], &hash[..], now.0))?;
    conn.prepare_cached("DELETE FROM seal_due WHERE day = ?1")?
        .execute([day])?;
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|half| char::from_digit(u32::from(half), 16))
        .collect()
}

/// The chain.
pub(super) fn all(conn: &Connection) -> Result<Vec<SealRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT number, day, amendment, content, hash, at FROM seal ORDER BY number",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(SealRow {
            number: row.get(0)?,
            day: UnixMillis(row.get(1)?),
            amendment: row.get(2)?,
            content: hexadecimal(row.get_ref(3)?.as_blob()?),
            hash: hexadecimal(row.get_ref(4)?.as_blob()?),
            at: UnixMillis(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Computes every seal again.
pub(super) fn verify(conn: &Connection, zones: &Zones) -> Result<SealCheck, Fault> {
    let mut check = SealCheck::default();
    let mut latest: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    let mut before: Vec<u8> = Vec::new();
    let mut expected = 1_i64;
    let mut rows = conn.prepare("SELECT number, day, content, hash FROM seal ORDER BY number")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (number, day): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (content, hash): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
        if number != expected || chained(&before, number, day, &content)[..] != hash {
            check.broken.push(u64::try_from(number).unwrap_or(0));
        }
        expected = number + 1;
        latest.insert(day, content);
        before = hash;
    }
    let due = due(conn)?;
    for (day, sealed) in latest {
        if due.contains(&day) {
            check.pending.push(UnixMillis(day));
        } else if content(conn, zones, UnixMillis(day))?[..] == sealed {
            check.intact += 1;
        } else {
            check.changed.push(UnixMillis(day));
        }
    }
    Ok(check)
}
