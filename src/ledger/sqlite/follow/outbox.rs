//! Frozen lines on their way out: handed out in order, gone when settled, kept apart when refused.
//!
//! Knows no line's meaning. A newcomer may ask why lines lie packed in chunks: they are alike, a
//! tenth of their bytes goes to the disk, and the books are shared with whoever reads records.

use rusqlite::{Connection, TransactionBehavior};

use super::super::super::fault::{Fault, FaultKind};
use super::super::super::follow::RefusedRow;
use super::super::{corrupt, count};
use crate::crash::site;
use crate::units::UnixMillis;

/// Bytes of lines in a chunk, before they are packed; the last line may go beyond.
const CHUNK_BYTES: usize = 1 << 20;
/// Largest chunk that is unpacked.
const CHUNK_BYTES_MAX: usize = 64 << 20;
/// Refused lines kept of a follower; beyond it they are only counted.
const REFUSED_MAX: i64 = 10_000;
/// Longest reason that is kept.
const REASON_BYTES_MAX: usize = 2_000;

/// Appends lines, the first with the number `first`.
pub(super) fn append(
    conn: &Connection,
    follower: i64,
    mut first: u64,
    lines: &[u8],
) -> Result<(), Fault> {
    let mut rest = lines;
    while !rest.is_empty() {
        let (mut end, mut n) = (0, 0);
        for line in rest.split_inclusive(|byte| *byte == b'\n') {
            end += line.len();
            n += 1;
            if end >= CHUNK_BYTES {
                break;
            }
        }
        let (chunk, later) = rest.split_at(end);
        let packed = zstd::bulk::compress(chunk, 1)
            .map_err(|error| Fault::new(FaultKind::Io, format!("cannot pack lines ({error})")))?;
        conn.prepare_cached("INSERT INTO frozen VALUES (NULL, ?1, ?2, ?3, ?4)")?
            .execute((follower, first, first + n - 1, packed))?;
        first += n;
        rest = later;
    }
    Ok(())
}

/// Frozen lines above `after` that are not settled.
pub(super) fn frozen(
    conn: &Connection,
    follower: i64,
    after: u64,
    (lines, bytes): (usize, usize),
) -> Result<Vec<(u64, Vec<u8>)>, Fault> {
    let settled: u64 = conn
        .prepare_cached("SELECT written FROM follower WHERE number = ?1")?
        .query_row([follower], |row| row.get(0))?;
    let after = after.max(settled);
    let mut rows = conn.prepare_cached(
        "SELECT first, body FROM frozen WHERE follower = ?1 AND last > ?2 ORDER BY last",
    )?;
    let mut rows = rows.query((follower, after))?;
    let (mut found, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let first: u64 = row.get(0)?;
        let chunk = zstd::bulk::decompress(row.get_ref(1)?.as_blob()?, CHUNK_BYTES_MAX)
            .map_err(|_| corrupt("frozen"))?;
        let split = chunk.split_inclusive(|byte| *byte == b'\n');
        for (id, line) in (first..).zip(split).filter(|(id, _)| *id > after) {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            size += line.len() + 1;
            if found.len() >= lines || (size > bytes && !found.is_empty()) {
                return Ok(found);
            }
            found.push((id, line.to_vec()));
        }
    }
    Ok(found)
}

/// Lets the bytes of settled lines go.
pub(super) fn settle(conn: &mut Connection, follower: i64, up_to: u64) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.prepare_cached(
        "UPDATE follower SET written = min(max(written, ?2), frozen) WHERE number = ?1",
    )?
    .execute((follower, up_to))?;
    site("mid_settle");
    tx.prepare_cached("DELETE FROM frozen WHERE follower = ?1 AND last <= ?2")?
        .execute((follower, up_to))?;
    tx.commit()?;
    Ok(())
}

/// Keeps a line apart and counts it, once.
pub(super) fn refuse(
    conn: &mut Connection,
    (follower, id): (i64, u64),
    reason: &str,
    at: UnixMillis,
) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let line = frozen(&tx, follower, id.saturating_sub(1), (1, usize::MAX))?;
    let line = line.into_iter().find(|(found, _)| *found == id);
    let line = line.map_or_else(String::new, |(_, bytes)| {
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let reason = reason
        .get(..reason.floor_char_boundary(REASON_BYTES_MAX))
        .unwrap_or(reason);
    let new = tx
        .prepare_cached("INSERT OR IGNORE INTO refused_line VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((follower, id, at.0, reason, line))?;
    if new > 0 {
        tx.prepare_cached("UPDATE follower SET refused = refused + 1 WHERE number = ?1")?
            .execute([follower])?;
        tx.prepare_cached(
            "DELETE FROM refused_line WHERE follower = ?1 AND id IN (
               SELECT id FROM refused_line WHERE follower = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute((follower, REFUSED_MAX))?;
    }
    tx.commit()?;
    Ok(())
}

/// Refused lines, latest first.
pub(super) fn refused(
    conn: &Connection,
    follower: i64,
    limit: usize,
) -> Result<Vec<RefusedRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT id, at, reason, line FROM refused_line WHERE follower = ?1
         ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = rows.query_map((follower, count(limit)), |row| {
        Ok(RefusedRow {
            id: row.get(0)?,
            at: UnixMillis(row.get(1)?),
            reason: row.get(2)?,
            line: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
