//! What a follower reads of the books: which windows changed, and what stands in them.
//!
//! Knows no follower. A newcomer may ask why the feed is read without its cells: the index alone
//! tells which windows changed, and a window is read once however many of its cells did.

use rusqlite::{Connection, OptionalExtension};

use super::super::super::fault::Fault;
use super::super::super::follow::{VisitCells, Window};
use super::super::super::types::Span;
use super::super::super::words::{Resolution, Stage};
use super::super::cells::{number, resolution};
use super::super::names::key_of;
use super::super::{corrupt, count};
use crate::cell::Cell;
use crate::entry::CellKey;
use crate::units::UnixMillis;

/// Windows changed after a number of the feed.
pub(super) fn windows_since(
    conn: &Connection,
    seq: u64,
    limit: usize,
) -> Result<(Vec<(Window, u64)>, u64), Fault> {
    let after = i64::try_from(seq).unwrap_or(i64::MAX);
    let mut rows = conn.prepare_cached(
        "SELECT resolution, start, seq FROM cell WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = rows.query((after, count(limit)))?;
    let mut changed: Vec<(Window, u64)> = Vec::new();
    let (mut read, mut last) = (0, seq);
    while let Some(row) = rows.next()? {
        let window = Window::Cells(resolution(row.get(0)?)?, UnixMillis(row.get(1)?));
        last = row.get(2)?;
        read += 1;
        // Cells of a window were mostly changed one after the other.
        if changed.last().is_none_or(|(before, _)| *before != window) {
            changed.push((window, last));
        }
    }
    let whole = read < limit;
    let mut rows =
        conn.prepare_cached("SELECT hour, seq FROM link_seq WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = rows.query((after, count(limit)))?;
    let mut links = 0;
    while let Some(row) = rows.next()? {
        let at: u64 = row.get(1)?;
        if !whole && at > last {
            break;
        }
        changed.push((Window::Links(UnixMillis(row.get(0)?)), at));
        links += 1;
    }
    if whole {
        last = changed.last().map_or(last, |(_, at)| last.max(*at));
    }
    if links == limit {
        // There may be more of them before the last cell.
        last = changed.last().map_or(last, |(_, at)| *at);
        changed.retain(|(_, at)| *at <= last);
    }
    changed.sort_by_key(|(_, at)| *at);
    Ok((changed, last))
}

/// How much the books still know of an hour.
pub(super) fn stage(conn: &Connection, hour: UnixMillis) -> Result<Stage, Fault> {
    let known: Option<(i64, bool)> = conn
        .prepare_cached("SELECT closed, cells_gone FROM hour WHERE hour = ?1")?
        .query_row([hour.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match known {
        None | Some((0, _)) => Stage::Open,
        Some((_, false)) => Stage::Closed,
        Some((_, true)) => Stage::Gone,
    })
}

/// Visits cells in no order.
pub(super) fn cells(
    conn: &Connection,
    resolution: Resolution,
    span: Span,
    visit: &mut VisitCells<'_>,
) -> Result<(), Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT start, key, body FROM cell WHERE resolution = ?1 AND start >= ?2 AND start < ?3",
    )?;
    let mut rows = rows.query((number(resolution), span.from.0, span.to.0))?;
    while let Some(row) = rows.next()? {
        let cell = Cell::decode(row.get_ref(2)?.as_blob()?).ok_or_else(|| corrupt("cell"))?;
        visit(UnixMillis(row.get(0)?), row.get(1)?, cell)?;
    }
    Ok(())
}

/// The key of a number.
pub(super) fn key(conn: &Connection, number: i64) -> Result<CellKey, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT feature, endpoint, provider, model, region, verdict, grade FROM cell_key
         WHERE id = ?1",
    )?;
    let mut rows = rows.query([number])?;
    rows.next()?
        .ok_or_else(|| corrupt("cell_key"))
        .and_then(key_of)
}
