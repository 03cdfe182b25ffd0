//! How many records ended how; what limits cut off; who contradicts whom.
//!
//! Knows no record. A newcomer may ask why `received` is stored beside the outcomes that add up to
//! it: a sum that is only ever computed from its parts cannot show that one of them is wrong.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::super::fault::{Fault, FaultKind};
use super::super::rows::{ContradictionRow, CountRow, OverflowRow};
use super::super::types::{Applied, Batch};
use super::count;
use crate::entry::Origin;
use crate::units::{Text, UnixMillis};

/// Pairs of tellers kept; further ones are counted as overflow.
const PAIRS_MAX: i64 = 1_000;

/// Refuses a batch whose parts do not add up to what it says it received.
pub(super) fn balanced(batch: &Batch) -> Result<(), Fault> {
    let parts = u64::try_from(batch.entries.len() + batch.quarantined.len())
        .unwrap_or(u64::MAX)
        .saturating_add(batch.ignored.values().sum());
    if parts == batch.received {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Unbalanced,
        format!(
            "a batch of source `{}` says that it received {} and holds {parts}",
            batch.source, batch.received
        ),
    ))
}

/// Adds `n` (may be negative) to one count.
pub(super) fn add(
    conn: &Connection,
    (day, source): (i64, &str),
    (outcome, reason): (&str, &str),
    n: i64,
) -> Result<(), Fault> {
    if n != 0 {
        conn.prepare_cached(
            "INSERT INTO count VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET n = n + excluded.n",
        )?
        .execute((day, source, outcome, reason, n))?;
    }
    Ok(())
}

/// Counts a batch under the day of the daemon's clock.
pub(super) fn add_batch(
    conn: &Connection,
    day: i64,
    source: &str,
    applied: &Applied,
) -> Result<(), Fault> {
    let place = (day, source);
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    add(conn, place, ("received", ""), whole(applied.received()))?;
    add(conn, place, ("metered", ""), whole(applied.metered))?;
    for (kind, n) in &applied.duplicates {
        add(conn, place, ("duplicate", kind.as_str()), whole(*n))?;
    }
    for (reason, n) in &applied.ignored {
        add(conn, place, ("ignored", reason.as_str()), whole(*n))?;
    }
    for (reason, n) in &applied.quarantined {
        add(conn, place, ("quarantined", reason.as_str()), whole(*n))?;
    }
    Ok(())
}

/// All counts.
pub(super) fn all(conn: &Connection) -> Result<Vec<CountRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT day, source, outcome, reason, n FROM count
         WHERE n <> 0 ORDER BY day, source, outcome, reason",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(CountRow {
            day: UnixMillis(row.get(0)?),
            source: Text::from(row.get_ref(1)?.as_str()?),
            outcome: Text::from(row.get_ref(2)?.as_str()?),
            reason: Text::from(row.get_ref(3)?.as_str()?),
            n: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts what a limit cut off.
pub(super) fn overflow(conn: &Connection, kind: &str, start: i64, n: usize) -> Result<(), Fault> {
    if n > 0 {
        conn.prepare_cached(
            "INSERT INTO overflow VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET n = n + excluded.n",
        )?
        .execute((kind, start, count(n)))?;
    }
    Ok(())
}

/// Takes back what a limit cut off in a window that is booked anew.
pub(super) fn forget_overflow(conn: &Connection, kind: &str, start: i64) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM overflow WHERE kind = ?1 AND start = ?2")?
        .execute((kind, start))?;
    Ok(())
}

/// Gives `n` reports of a source, once metered, another outcome and reason: on the latest days that
/// have so many.
pub(super) fn no_longer_metered(
    conn: &Connection,
    source: &str,
    (outcome, reason): (&str, &str),
    mut n: i64,
) -> Result<(), Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT day, n FROM count WHERE source = ?1 AND outcome = 'metered' AND n > 0
         ORDER BY day DESC",
    )?;
    let rows = rows.query_map([source], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (day, metered) in rows.collect::<Result<Vec<(i64, i64)>, _>>()? {
        let taken = n.min(metered);
        add(conn, (day, source), ("metered", ""), -taken)?;
        add(conn, (day, source), (outcome, reason), taken)?;
        n -= taken;
    }
    Ok(())
}

/// All that limits cut off.
pub(super) fn overflows(conn: &Connection) -> Result<Vec<OverflowRow>, Fault> {
    let mut rows =
        conn.prepare_cached("SELECT kind, start, n FROM overflow ORDER BY kind, start")?;
    let rows = rows.query_map([], |row| {
        Ok(OverflowRow {
            kind: Text::from(row.get_ref(0)?.as_str()?),
            start: UnixMillis(row.get(1)?),
            n: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How often, and the latest example: part and offset of its record, and when its call was.
type Pair = (i64, (u16, u64), UnixMillis);

/// How often a pair of tellers contradicted each other in a batch, and the latest example.
#[derive(Clone, Debug, Default)]
pub(super) struct Contradictions {
    pairs: BTreeMap<(Text, Text), Pair>,
}

impl Contradictions {
    /// Counts one, whose second record stands at that part and offset of the batch.
    pub(super) fn add(&mut self, first: Text, second: Text, offset: (u16, u64), at: UnixMillis) {
        let pair = self.pairs.entry((first, second)).or_default();
        pair.0 += 1;
        (pair.1, pair.2) = (offset, at);
    }

    /// Adds them to the books.
    pub(super) fn write(&self, conn: &Connection, batch: &Batch, day: i64) -> Result<(), Fault> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        let kept: i64 =
            conn.query_row("SELECT count(*) FROM contradiction", [], |row| row.get(0))?;
        let mut room = PAIRS_MAX - kept;
        for ((first, second), (n, (part, offset), at)) in &self.pairs {
            let (topic, partition) = batch.place(*part);
            let example = (batch.source.as_str(), topic.as_str(), partition, *offset);
            let known = conn
                .prepare_cached(
                    "UPDATE contradiction SET n = n + ?3, source = ?4, topic = ?5,
                       partition = ?6, offset = ?7, at = ?8 WHERE first = ?1 AND second = ?2",
                )?
                .execute((
                    first.as_str(),
                    second.as_str(),
                    n,
                    example.0,
                    example.1,
                    example.2,
                    example.3,
                    at.0,
                ))?;
            if known > 0 {
                continue;
            }
            if room <= 0 {
                overflow(
                    conn,
                    "contradictions",
                    day,
                    usize::try_from(*n).unwrap_or(0),
                )?;
                continue;
            }
            room -= 1;
            conn.prepare_cached(
                "INSERT INTO contradiction VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                first.as_str(),
                second.as_str(),
                n,
                example.0,
                example.1,
                example.2,
                example.3,
                at.0,
            ))?;
        }
        Ok(())
    }
}

/// All pairs, most frequent first.
pub(super) fn contradictions(conn: &Connection) -> Result<Vec<ContradictionRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT first, second, n, source, topic, partition, offset, at FROM contradiction
         ORDER BY n DESC, first, second",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(ContradictionRow {
            first: Text::from(row.get_ref(0)?.as_str()?),
            second: Text::from(row.get_ref(1)?.as_str()?),
            n: row.get(2)?,
            example: Origin {
                source: Text::from(row.get_ref(3)?.as_str()?),
                topic: Text::from(row.get_ref(4)?.as_str()?),
                partition: row.get(5)?,
                offset: row.get(6)?,
            },
            at: UnixMillis(row.get(7)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
