//! Up to where each partition is booked.
//!
//! Knows no source's words in a position. A newcomer may ask why offset and state are compared but
//! not the times: a source that has nothing new may still say up to when it is complete.

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::fault::{Fault, FaultKind};
use super::super::types::{Batch, Placed, Position};
use crate::units::{Text, UnixMillis};

fn position_of(row: &Row<'_>) -> rusqlite::Result<Position> {
    Ok(Position {
        offset: row.get(0)?,
        state: row.get(1)?,
        complete_to: row.get::<_, Option<i64>>(2)?.map(UnixMillis),
        last_at: row.get::<_, Option<i64>>(3)?.map(UnixMillis),
    })
}

/// The position of a partition.
pub(super) fn get(
    conn: &Connection,
    source: &str,
    topic: &str,
    partition: i32,
) -> Result<Option<Position>, Fault> {
    Ok(conn
        .prepare_cached(
            "SELECT next, state, complete_to, last_at FROM position
             WHERE source = ?1 AND topic = ?2 AND partition = ?3",
        )?
        .query_row((source, topic, partition), position_of)
        .optional()?)
}

/// All positions.
pub(super) fn all(conn: &Connection) -> Result<Vec<Placed>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT next, state, complete_to, last_at, source, topic, partition FROM position
         ORDER BY source, topic, partition",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(Placed {
            source: Text::from(row.get_ref(4)?.as_str()?),
            topic: Text::from(row.get_ref(5)?.as_str()?),
            partition: row.get(6)?,
            position: position_of(row)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Moves a partition from `batch.from` to `batch.to`, if the books stand there.
pub(super) fn advance(conn: &Connection, batch: &Batch) -> Result<(), Fault> {
    let Some(to) = &batch.to else {
        return Ok(());
    };
    let found = get(conn, &batch.source, &batch.topic, batch.partition)?;
    let same = match (&found, &batch.from) {
        (None, None) => true,
        (Some(found), Some(from)) => found.offset == from.offset && found.state == from.state,
        (None, Some(_)) | (Some(_), None) => false,
    };
    if !same {
        let say = |position: &Option<Position>| {
            position.as_ref().map_or_else(
                || "no position".to_owned(),
                |p| format!("offset {}", p.offset),
            )
        };
        return Err(Fault::new(
            FaultKind::Moved,
            format!(
                "the books of `{}` partition {} of source `{}` stand at {}, and the batch starts from {}",
                batch.topic,
                batch.partition,
                batch.source,
                say(&found),
                say(&batch.from)
            ),
        ));
    }
    conn.prepare_cached("INSERT OR REPLACE INTO position VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute((
            batch.source.as_str(),
            batch.topic.as_str(),
            batch.partition,
            to.offset,
            &to.state,
            to.complete_to.map(|at| at.0),
            to.last_at.map(|at| at.0),
        ))?;
    Ok(())
}
