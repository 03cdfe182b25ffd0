//! Which hours the books know, when each was last written, and what of it is gone.
//!
//! Knows no figures. A newcomer may ask why hours close by when they were written and not by their
//! own age: an export of last year must be readable whole today.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::super::fault::Fault;
use crate::units::UnixMillis;

/// What the books know of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    /// When something was last metered in it, by the daemon's clock.
    pub(super) written: i64,
    /// When it closed, by the daemon's clock; 0 while it is open.
    pub(super) closed: i64,
    /// Call lines kept.
    pub(super) lines: i64,
    /// Bytes of its call lines.
    pub(super) bytes: i64,
    /// Its lines were dropped; later ones are not kept.
    pub(super) lines_gone: bool,
    /// Its hour cells were dropped.
    pub(super) cells_gone: bool,
}

/// The hours of the books, read once.
#[derive(Default)]
pub(super) struct Hours(Option<BTreeMap<i64, Hour>>);

impl Hours {
    /// Forgets what is in memory, after a transaction that failed.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// All hours.
    pub(super) fn all(&mut self, conn: &Connection) -> Result<&mut BTreeMap<i64, Hour>, Fault> {
        let hours = match self.0.take() {
            Some(hours) => hours,
            None => read(conn)?,
        };
        Ok(self.0.insert(hours))
    }

    /// Whether the hour closed.
    pub(super) fn is_closed(&mut self, conn: &Connection, hour: i64) -> Result<bool, Fault> {
        Ok(self.all(conn)?.get(&hour).is_some_and(|h| h.closed != 0))
    }

    /// Notes that the hour was written.
    pub(super) fn wrote(
        &mut self,
        conn: &Connection,
        hour: i64,
        now: UnixMillis,
    ) -> Result<&mut Hour, Fault> {
        let known = self.all(conn)?.entry(hour).or_default();
        known.written = known.written.max(now.0);
        Ok(known)
    }
}

/// Reads all hours.
pub(super) fn read(conn: &Connection) -> Result<BTreeMap<i64, Hour>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT hour, written, closed, lines, bytes, lines_gone, cells_gone FROM hour",
    )?;
    let rows = rows.query_map([], |row| {
        Ok((
            row.get(0)?,
            Hour {
                written: row.get(1)?,
                closed: row.get(2)?,
                lines: row.get(3)?,
                bytes: row.get(4)?,
                lines_gone: row.get(5)?,
                cells_gone: row.get(6)?,
            },
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes one hour.
pub(super) fn write(conn: &Connection, hour: i64, known: &Hour) -> Result<(), Fault> {
    conn.prepare_cached("INSERT OR REPLACE INTO hour VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute((
            hour,
            known.written,
            known.closed,
            known.lines,
            known.bytes,
            known.lines_gone,
            known.cells_gone,
        ))?;
    Ok(())
}
