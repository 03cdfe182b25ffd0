//! Up to where each partition is booked.
//!
//! Knows no source's words in a position. A newcomer may ask why offset and state are compared but
//! not the times: a source that has nothing new may still say up to when it is complete.

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::fault::{Fault, FaultKind};
use super::super::rows::LossRow;
use super::super::types::{Batch, Part, Placed, Position};
use super::super::words::LossKind;
use super::corrupt;
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
    place: (&str, &str, &str, i32),
) -> Result<Option<Position>, Fault> {
    Ok(conn
        .prepare_cached(
            "SELECT next, state, complete_to, last_at FROM position
             WHERE source = ?1 AND cluster = ?2 AND topic = ?3 AND partition = ?4",
        )?
        .query_row(place, position_of)
        .optional()?)
}

/// All positions.
pub(super) fn all(conn: &Connection) -> Result<Vec<Placed>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT next, state, complete_to, last_at, source, cluster, topic, partition
         FROM position ORDER BY source, cluster, topic, partition",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(Placed {
            source: Text::from(row.get_ref(4)?.as_str()?),
            cluster: Text::from(row.get_ref(5)?.as_str()?),
            topic: Text::from(row.get_ref(6)?.as_str()?),
            partition: row.get(7)?,
            position: position_of(row)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Moves each part of a batch from where the books must stand, if they stand there.
pub(super) fn advance(conn: &Connection, batch: &Batch) -> Result<(), Fault> {
    batch
        .parts
        .iter()
        .try_for_each(|part| advance_part(conn, batch, part))
}

fn advance_part(conn: &Connection, batch: &Batch, part: &Part) -> Result<(), Fault> {
    let Some(to) = &part.to else {
        return Ok(());
    };
    let place = (
        batch.source.as_str(),
        batch.cluster.as_str(),
        part.topic.as_str(),
        part.partition,
    );
    let found = get(conn, place)?;
    let same = match (&found, &part.from) {
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
                part.topic,
                part.partition,
                batch.source,
                say(&found),
                say(&part.from)
            ),
        ));
    }
    conn.prepare_cached("INSERT OR REPLACE INTO position VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute((
            place.0,
            place.1,
            place.2,
            place.3,
            to.offset,
            &to.state,
            to.complete_to.map(|at| at.0),
            to.last_at.map(|at| at.0),
        ))?;
    Ok(())
}

/// Keeps what a batch found broken.
pub(super) fn note_losses(conn: &Connection, batch: &Batch, now: UnixMillis) -> Result<(), Fault> {
    for loss in &batch.lost {
        let (topic, partition) = batch.place(loss.part);
        conn.prepare_cached("INSERT INTO loss VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute((
                batch.source.as_str(),
                batch.cluster.as_str(),
                topic.as_str(),
                partition,
                loss.kind.as_str(),
                loss.from,
                loss.to,
                now.0,
            ))?;
    }
    Ok(())
}

/// Everything that was found broken, oldest first.
pub(super) fn losses(conn: &Connection) -> Result<Vec<LossRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT source, cluster, topic, partition, kind, first, next, at FROM loss ORDER BY id",
    )?;
    let mut rows = rows.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let word = row.get_ref(4)?.as_str()?;
        found.push(LossRow {
            source: Text::from(row.get_ref(0)?.as_str()?),
            cluster: Text::from(row.get_ref(1)?.as_str()?),
            topic: Text::from(row.get_ref(2)?.as_str()?),
            partition: row.get(3)?,
            kind: LossKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == word)
                .ok_or_else(|| corrupt("loss"))?,
            from: row.get(5)?,
            to: row.get(6)?,
            at: UnixMillis(row.get(7)?),
        });
    }
    Ok(found)
}
