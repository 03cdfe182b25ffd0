//! Messages on their way: handed out when they are due, emptied once they are taken or refused.
//!
//! Knows no server. A newcomer may ask why rows stay when their bytes are gone: whoever says that no
//! mail came is shown when it went, and what the server said.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::super::super::alerts::{OutboxCounts, OutboxRow, Posted, Way};
use super::super::super::fault::Fault;
use super::super::{corrupt, count};
use crate::crash::site;
use crate::units::{Text, UnixMillis};

/// Messages that are kept; of those on their way for good the oldest go first.
const OUTBOX_MAX: i64 = 20_000;
/// Longest answer that is kept.
const SAID_BYTES_MAX: usize = 500;

const OUTBOX: &str = "SELECT id, way, episode, step, sender, recipient, message_id, stem, subject, \
     made, attempts, next_try, state, done, said";

fn way_number(way: Way) -> i64 {
    match way {
        Way::Mail => 0,
        Way::Webhook => 1,
    }
}

fn state_number(state: Posted) -> i64 {
    match state {
        Posted::Waiting => 0,
        Posted::Sent => 1,
        Posted::Refused => 2,
    }
}

fn row_of(row: &Row<'_>) -> Result<OutboxRow, Fault> {
    let (way, state): (i64, i64) = (row.get(1)?, row.get(12)?);
    let way = Way::ALL.into_iter().find(|one| way_number(*one) == way);
    let state = Posted::ALL
        .into_iter()
        .find(|one| state_number(*one) == state);
    let (Some(way), Some(state)) = (way, state) else {
        return Err(corrupt("outbox"));
    };
    Ok(OutboxRow {
        id: row.get(0)?,
        way,
        episode: row.get(2)?,
        step: row.get(3)?,
        from: Text::from(row.get_ref(4)?.as_str()?),
        to: Text::from(row.get_ref(5)?.as_str()?),
        message_id: row.get(6)?,
        stem: row.get(7)?,
        subject: row.get(8)?,
        made: UnixMillis(row.get(9)?),
        attempts: row.get(10)?,
        next_try: UnixMillis(row.get(11)?),
        state,
        done: row.get::<_, Option<i64>>(13)?.map(UnixMillis),
        said: row.get(14)?,
        bytes: row.get(15)?,
    })
}

/// Writes a new message.
pub(super) fn put(conn: &Connection, row: &OutboxRow) -> Result<(), Fault> {
    conn.prepare_cached(
        "INSERT INTO outbox (way, episode, step, sender, recipient, message_id, stem, subject, made,
           attempts, next_try, state, said, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute((
        way_number(row.way),
        row.episode,
        row.step,
        row.from.as_str(),
        row.to.as_str(),
        &row.message_id,
        &row.stem,
        &row.subject,
        row.made.0,
        row.attempts,
        row.next_try.0,
        state_number(row.state),
        cut(&row.said),
        &row.bytes,
    ))?;
    Ok(())
}

fn cut(said: &str) -> &str {
    said.get(..said.floor_char_boundary(SAID_BYTES_MAX))
        .unwrap_or(said)
}

/// Messages that are due.
pub(super) fn due(
    conn: &Connection,
    way: Way,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<OutboxRow>, Fault> {
    let mut rows = conn.prepare_cached(&format!(
        "{OUTBOX}, bytes FROM outbox WHERE state = 0 AND way = ?3 AND next_try <= ?1
         ORDER BY id LIMIT ?2"
    ))?;
    let mut rows = rows.query((now.0, count(limit), way_number(way)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row_of(row)?);
    }
    Ok(found)
}

/// Messages without their bytes.
pub(super) fn list(
    conn: &Connection,
    episode: Option<u64>,
    limit: usize,
) -> Result<Vec<OutboxRow>, Fault> {
    let mut rows = conn.prepare_cached(&format!(
        "{OUTBOX}, x'' FROM outbox WHERE ?1 IS NULL OR episode = ?1 ORDER BY id DESC LIMIT ?2"
    ))?;
    let mut rows = rows.query((episode, count(limit)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row_of(row)?);
    }
    Ok(found)
}

/// How messages stand.
pub(super) fn counts(conn: &Connection) -> Result<OutboxCounts, Fault> {
    let of = |state: i64| -> Result<(u64, Option<i64>), Fault> {
        let found = conn
            .prepare_cached("SELECT count(*), min(made) FROM outbox WHERE state = ?1")?
            .query_row([state], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.unwrap_or_default())
    };
    let (waiting, oldest) = of(0)?;
    Ok(OutboxCounts {
        waiting,
        oldest: oldest.map(UnixMillis),
        refused: of(2)?.0,
    })
}

/// Notes what became of a try.
pub(super) fn tried(
    conn: &mut Connection,
    row: &OutboxRow,
    instead: Option<&OutboxRow>,
) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = tx
        .prepare_cached(
            "UPDATE outbox SET attempts = ?2, next_try = ?3, state = ?4, done = ?5, said = ?6,
               bytes = CASE ?4 WHEN 0 THEN bytes ELSE x'' END WHERE id = ?1 AND state = 0",
        )?
        .execute((
            row.id,
            row.attempts,
            row.next_try.0,
            state_number(row.state),
            row.done.map(|at| at.0),
            cut(&row.said),
        ))?;
    if let Some(instead) = instead.filter(|_| changed > 0) {
        put(&tx, instead)?;
    }
    site("mid_posted");
    tx.prepare_cached(
        "DELETE FROM outbox WHERE state > 0 AND id <= (SELECT max(id) FROM outbox) - ?1",
    )?
    .execute([OUTBOX_MAX])?;
    tx.commit()?;
    Ok(())
}
