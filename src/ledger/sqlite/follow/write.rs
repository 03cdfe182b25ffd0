//! What a follower writes: that it began, what it has frozen, that it begins again.
//!
//! Knows no window. A newcomer may ask why a freezing names the line that it begins with: two that
//! froze for one follower would give one `rev` to two values, and the second must fail.

use rusqlite::{Connection, TransactionBehavior};

use super::super::super::fault::{Fault, FaultKind};
use super::super::super::follow::{FollowerRow, Freeze};
use super::super::cells::feed_end;
use super::super::corrupt;
use super::{follower, number, outbox};
use crate::crash::site;
use crate::units::{HOUR_MS, UnixMillis};

/// Where a follower stands; it begins where it never did.
pub(super) fn begin(conn: &mut Connection, name: &str) -> Result<FollowerRow, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(known) = follower(&tx, name)? {
        return Ok(known);
    }
    let born = feed_end(&tx)?;
    tx.execute(
        "INSERT INTO follower VALUES (NULL, ?1, 0, ?2, 0, ?3, 0, 0, 0, 0, 0, 0, 0, '', 0, 0)",
        (name, born, i64::MIN),
    )?;
    let begun = follower(&tx, name)?;
    tx.commit()?;
    begun.ok_or_else(|| corrupt("follower"))
}

/// Forgets what was told from an instant on.
pub(super) fn begin_again(
    conn: &mut Connection,
    name: &str,
    from: UnixMillis,
) -> Result<FollowerRow, Fault> {
    begin(conn, name)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known = follower(&tx, name)?.ok_or_else(|| corrupt("follower"))?;
    let number = known.number;
    let whole = from.0 == i64::MIN;
    if !whole && (known.seq < known.born || known.written < known.frozen) {
        return Err(Fault::new(
            FaultKind::Refused,
            format!("the follower `{name}` has not told everything before {from} yet"),
        ));
    }
    let (kept, alerts_kept) = if whole {
        (0, 0)
    } else {
        (known.seq, known.alerted)
    };
    let from = from.0;
    tx.execute(
        "DELETE FROM emitted WHERE follower = ?1 AND start >= ?2",
        (number, from),
    )?;
    tx.execute("DELETE FROM frozen WHERE follower = ?1", [number])?;
    tx.execute("DELETE FROM refused_line WHERE follower = ?1", [number])?;
    if whole {
        tx.execute("DELETE FROM series WHERE follower = ?1", [number])?;
    }
    tx.execute(
        "UPDATE follower SET seq = 0, born = ?2, kept = ?3, again_from = ?4, written = frozen,
           refused = 0, sourced = min(sourced, max(?4, 1) - 1),
           declared = min(declared, max(?4, 1) - 1), alerted = 0, alerts_kept = ?5
         WHERE number = ?1",
        (number, feed_end(&tx)?, kept, from, alerts_kept),
    )?;
    let begun = follower(&tx, name)?;
    tx.commit()?;
    begun.ok_or_else(|| corrupt("follower"))
}

/// Freezes lines and what they tell.
pub(super) fn freeze(conn: &mut Connection, freeze: &Freeze) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let row = &freeze.follower;
    let first = row.frozen.saturating_sub(freeze.count) + 1;
    let moved = tx
        .prepare_cached(
            "UPDATE follower SET seq = ?3, frozen = ?4, folded = ?5, marked = ?6, sourced = ?7,
               declared = ?8, declaration = ?9, alerted = ?10
             WHERE number = ?1 AND frozen = ?2",
        )?
        .execute((
            row.number,
            first - 1,
            row.seq,
            row.frozen,
            row.folded,
            row.marked.0,
            row.sourced.0,
            row.declared.0,
            row.declaration.as_str(),
            row.alerted,
        ))?;
    if moved != 1 {
        return Err(Fault::new(
            FaultKind::Moved,
            format!("the follower `{}` has frozen other lines", row.name),
        ));
    }
    site("freeze_begun");
    let mut put = tx.prepare_cached("INSERT OR REPLACE INTO series VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for series in &freeze.series {
        let measurement = series.key.measurement().as_str();
        let tags = series.key.text();
        put.execute((row.number, series.number, measurement, tags, series.revs))?;
    }
    drop(put);
    let mut put = tx.prepare_cached("INSERT OR REPLACE INTO emitted VALUES (?1, ?2, ?3, ?4)")?;
    for (told, start, emitted) in &freeze.emitted {
        put.execute((row.number, start.0, number(*told), emitted.encode()))?;
    }
    drop(put);
    site("freeze_emitted");
    outbox::append(&tx, row.number, first, &freeze.lines)?;
    site("freeze_lines");
    tx.commit()?;
    Ok(())
}

/// Drops what points tell of an hour that can no longer change, of followers that have seen all of
/// it and are past their beginning: what a day has besides its hours is compared with it until then.
pub(in super::super) fn drop_emitted(conn: &Connection, hour: i64) -> Result<(), Fault> {
    conn.prepare_cached(
        "DELETE FROM emitted WHERE start >= ?1 AND start < ?2 AND told = 0 AND follower IN (
           SELECT number FROM follower WHERE seq >= born AND seq >= max(
             coalesce((SELECT max(seq) FROM cell
                        WHERE resolution = 0 AND start >= ?1 AND start < ?2), 0),
             coalesce((SELECT max(seq) FROM cell WHERE resolution = 1 AND start = ?1), 0)))",
    )?
    .execute((hour, hour + HOUR_MS))?;
    Ok(())
}
