//! Followers in the embedded ledger: what they ask of the books, and what they keep there.
//!
//! Knows no server. A newcomer may ask why a follower's rows lie in the books and not in a file of
//! their own: a copy of the books that is put back must know how far its followers were then.

mod feed;
mod outbox;
mod write;

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::fault::Fault;
use super::super::follow::{Follow, FollowerRow, Freeze, RefusedRow, Told, VisitCells, Window};
use super::super::types::Span;
use super::super::words::{Resolution, Stage};
use super::{SqliteLedger, corrupt};
use crate::entry::CellKey;
use crate::series::{Emitted, Measurement, SeriesKey, SeriesRow};
use crate::units::{Text, UnixMillis};

pub(super) use write::drop_emitted;

/// The number that stands for a family in tables.
fn number(told: Told) -> i64 {
    match told {
        Told::Cells => 0,
        Told::Rest => 1,
        Told::Links => 2,
        Told::Records => 3,
        Told::Alerts => 4,
    }
}

const FOLLOWER: &str = "SELECT number, name, seq, born, kept, again_from, frozen, written, refused, \
     folded, marked, sourced, declared, declaration, alerted, alerts_kept FROM follower";

fn follower_of(row: &Row<'_>) -> rusqlite::Result<FollowerRow> {
    let at = |place: usize| row.get(place).map(UnixMillis);
    Ok(FollowerRow {
        number: row.get(0)?,
        name: Text::from(row.get_ref(1)?.as_str()?),
        seq: row.get(2)?,
        born: row.get(3)?,
        kept: row.get(4)?,
        again_from: at(5)?,
        frozen: row.get(6)?,
        written: row.get(7)?,
        refused: row.get(8)?,
        folded: row.get(9)?,
        marked: at(10)?,
        sourced: at(11)?,
        declared: at(12)?,
        declaration: Text::from(row.get_ref(13)?.as_str()?),
        alerted: row.get(14)?,
        alerts_kept: row.get(15)?,
    })
}

fn follower(conn: &Connection, name: &str) -> Result<Option<FollowerRow>, Fault> {
    Ok(conn
        .prepare_cached(&format!("{FOLLOWER} WHERE name = ?1"))?
        .query_row([name], follower_of)
        .optional()?)
}

fn followers(conn: &Connection) -> Result<Vec<FollowerRow>, Fault> {
    let mut rows = conn.prepare_cached(&format!("{FOLLOWER} ORDER BY name"))?;
    let rows = rows.query_map([], follower_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn series(conn: &Connection, follower: i64) -> Result<Vec<SeriesRow>, Fault> {
    let mut rows = conn
        .prepare_cached("SELECT number, measurement, tags, revs FROM series WHERE follower = ?1")?;
    let mut rows = rows.query([follower])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = Measurement::parse(row.get_ref(1)?.as_str()?).and_then(|measurement| {
            SeriesKey::parse(measurement, row.get_ref(2).ok()?.as_str().ok()?)
        });
        found.push(SeriesRow {
            number: row.get(0)?,
            key: key.ok_or_else(|| corrupt("series"))?,
            revs: row.get(3)?,
        });
    }
    Ok(found)
}

fn emitted(
    conn: &Connection,
    follower: i64,
    span: Span,
) -> Result<Vec<(Told, UnixMillis, Emitted)>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT told, start, body FROM emitted
         WHERE follower = ?1 AND start >= ?2 AND start < ?3 ORDER BY start, told",
    )?;
    let mut rows = rows.query((follower, span.from.0, span.to.0))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let told: i64 = row.get(0)?;
        let told = Told::ALL.into_iter().find(|one| number(*one) == told);
        let body = Emitted::decode(row.get_ref(2)?.as_blob()?);
        let (Some(told), Some(body)) = (told, body) else {
            return Err(corrupt("emitted"));
        };
        found.push((told, UnixMillis(row.get(1)?), body));
    }
    Ok(found)
}

impl Follow for SqliteLedger {
    fn follower(&self, name: &str) -> Result<Option<FollowerRow>, Fault> {
        self.named(follower(&self.conn, name))
    }

    fn followers(&self) -> Result<Vec<FollowerRow>, Fault> {
        self.named(followers(&self.conn))
    }

    fn follow(&mut self, name: &str) -> Result<FollowerRow, Fault> {
        let result = write::begin(&mut self.conn, name);
        self.named(result)
    }

    fn follow_again(&mut self, name: &str, from: UnixMillis) -> Result<FollowerRow, Fault> {
        let result = write::begin_again(&mut self.conn, name, from);
        self.named(result)
    }

    fn windows_since(&self, seq: u64, limit: usize) -> Result<(Vec<(Window, u64)>, u64), Fault> {
        self.named(feed::windows_since(&self.conn, seq, limit))
    }

    fn stage(&self, hour: UnixMillis) -> Result<Stage, Fault> {
        self.named(feed::stage(&self.conn, hour))
    }

    fn numbered_cells(
        &self,
        resolution: Resolution,
        span: Span,
        visit: &mut VisitCells<'_>,
    ) -> Result<(), Fault> {
        self.named(feed::cells(&self.conn, resolution, span, visit))
    }

    fn cell_key(&self, number: i64) -> Result<CellKey, Fault> {
        self.named(feed::key(&self.conn, number))
    }

    fn series(&self, follower: i64) -> Result<Vec<SeriesRow>, Fault> {
        self.named(series(&self.conn, follower))
    }

    fn emitted(
        &self,
        follower: i64,
        span: Span,
    ) -> Result<Vec<(Told, UnixMillis, Emitted)>, Fault> {
        self.named(emitted(&self.conn, follower, span))
    }

    fn freeze(&mut self, freeze: &Freeze) -> Result<(), Fault> {
        let result = write::freeze(&mut self.conn, freeze);
        self.named(result)
    }

    fn frozen(
        &self,
        follower: i64,
        after: u64,
        limit: (usize, usize),
    ) -> Result<Vec<(u64, Vec<u8>)>, Fault> {
        self.named(outbox::frozen(&self.conn, follower, after, limit))
    }

    fn settle(&mut self, follower: i64, up_to: u64) -> Result<(), Fault> {
        let result = outbox::settle(&mut self.conn, follower, up_to);
        self.named(result)
    }

    fn refuse(
        &mut self,
        follower: i64,
        id: u64,
        reason: &str,
        at: UnixMillis,
    ) -> Result<(), Fault> {
        let result = outbox::refuse(&mut self.conn, (follower, id), reason, at);
        self.named(result)
    }

    fn refused(&self, follower: i64, limit: usize) -> Result<Vec<RefusedRow>, Fault> {
        self.named(outbox::refused(&self.conn, follower, limit))
    }
}
