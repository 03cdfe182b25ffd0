//! Cells and small families: read, added to, written, each once for a commit.
//!
//! Knows no entry. A newcomer may ask why a cell that adds up to nothing keeps its row: whoever
//! follows the feed must learn that it became nothing.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::fault::Fault;
use super::super::rows::{CellRow, FamilyRow};
use super::super::types::Span;
use super::super::words::{Family, Resolution};
use super::super::{FaultKind, Visit};
use super::delta::Delta;
use super::names::{dictionary, key_of};
use super::{corrupt, count};
use crate::cell::{Cell, Totals};
use crate::entry::CellKey;
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};

pub(super) fn number(resolution: Resolution) -> i64 {
    match resolution {
        Resolution::Minute => 0,
        Resolution::Hour => 1,
        Resolution::Day => 2,
    }
}

pub(super) fn resolution(number: i64) -> Result<Resolution, Fault> {
    match number {
        0 => Ok(Resolution::Minute),
        1 => Ok(Resolution::Hour),
        2 => Ok(Resolution::Day),
        _ => Err(corrupt("cell")),
    }
}

/// Takes `n` numbers of the feed; returns the one before the first.
fn numbers(conn: &Connection, n: i64) -> Result<i64, Fault> {
    let last: i64 = conn
        .prepare_cached("UPDATE feed SET seq = seq + ?1 RETURNING seq")?
        .query_row([n], |row| row.get(0))?;
    Ok(last - n)
}

/// Adds a batch's sums to the books.
pub(super) fn add(conn: &Connection, delta: &Delta) -> Result<(), Fault> {
    let n = count(delta.cells.len() + delta.families.len());
    let mut seq = numbers(conn, n)?;
    let newest: Option<i64> = conn
        .prepare_cached("SELECT max(start) FROM cell WHERE resolution = 0")?
        .query_row([], |row| row.get(0))?;
    let mut insert = conn.prepare_cached("INSERT INTO cell VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut read = conn.prepare_cached(
        "SELECT body FROM cell WHERE resolution = ?1 AND start = ?2 AND key = ?3",
    )?;
    let mut update = conn.prepare_cached(
        "UPDATE cell SET seq = ?4, body = ?5 WHERE resolution = ?1 AND start = ?2 AND key = ?3",
    )?;
    let mut body = Vec::new();
    for ((resolution, start, key), cell) in &delta.cells {
        seq += 1;
        body.clear();
        // Most cells of a batch are minutes that were not there.
        let may_be_there = *resolution != Resolution::Minute || Some(*start) <= newest;
        let place = (number(*resolution), start, key);
        let before = if may_be_there {
            read.query_row(place, |row| Ok(Cell::decode(row.get_ref(0)?.as_blob()?)))
                .optional()?
        } else {
            None
        };
        if let Some(before) = before {
            let mut sum = before.ok_or_else(|| corrupt("cell"))?;
            sum.merge(cell, 1);
            sum.encode_into(&mut body);
            update.execute((place.0, start, key, seq, &body))?;
        } else {
            cell.encode_into(&mut body);
            insert.execute((place.0, start, key, seq, &body))?;
        }
    }
    add_families(conn, &delta.families, seq)
}

fn add_families(
    conn: &Connection,
    families: &BTreeMap<(Family, i64, Text, Text), Totals>,
    mut seq: i64,
) -> Result<(), Fault> {
    let mut read = conn.prepare_cached(
        "SELECT body FROM family WHERE kind = ?1 AND start = ?2 AND a = ?3 AND b = ?4",
    )?;
    let mut write = conn.prepare_cached(
        "INSERT INTO family VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET seq = excluded.seq, body = excluded.body",
    )?;
    for ((family, start, a, b), totals) in families {
        seq += 1;
        let key = (family.as_str(), start, a.as_str(), b.as_str());
        let before = read
            .query_row(key, |row| Ok(Cell::decode(row.get_ref(0)?.as_blob()?)))
            .optional()?;
        let mut sum = match before {
            None => Cell::default(),
            Some(before) => before.ok_or_else(|| corrupt("family"))?,
        };
        sum.totals.add(totals, 1);
        write.execute((key.0, key.1, key.2, key.3, seq, sum.encode()))?;
    }
    Ok(())
}

/// Most cells that are looked up one by one: beyond, reading all of the span is as fast.
const LOOKED_UP_MAX: i64 = 50_000;

/// Which keys' cells are to be read.
type Wanted<'a> = dyn FnMut(&CellKey) -> bool + 'a;

/// Visits the cells of the wanted keys, by start and key.
pub(super) fn visit(
    conn: &Connection,
    (resolution, span): (Resolution, Span),
    wanted: &mut Wanted<'_>,
    visit: &mut Visit<'_, CellRow>,
) -> Result<(), Fault> {
    let mut keys = dictionary(conn)?;
    let all = keys.len();
    keys.retain(|_, key| wanted(key));
    let ranks = ranks(&keys);
    let mut window = Window::default();
    let mut at = None;
    let mut take = |row: &Row<'_>| -> Result<(), Fault> {
        let number: i64 = row.get(1)?;
        let (Some(key), Some(rank)) = (keys.get(&number), ranks.get(&number)) else {
            return if keys.len() < all {
                Ok(())
            } else {
                Err(corrupt("cell_key"))
            };
        };
        let start = UnixMillis(row.get(0)?);
        if at.replace(start).is_some_and(|before| before != start) {
            window.flush(visit)?;
        }
        let cell = Cell::decode(row.get_ref(3)?.as_blob()?).ok_or_else(|| corrupt("cell"))?;
        if cell == Cell::default() {
            return Ok(());
        }
        let row = CellRow {
            resolution,
            start,
            key: key.clone(),
            seq: row.get(2)?,
            cell,
        };
        window.order.push((*rank, window.rows.len()));
        window.rows.push(Some(row));
        Ok(())
    };
    let place = (number(resolution), span);
    // Where most keys are wanted, reading on is faster than looking each up in each window.
    let some = keys.len().saturating_mul(2) <= all;
    match width(resolution).filter(|width| some && few(*width, span, keys.len())) {
        Some(width) => look_up(conn, place, (width, &keys), &mut take)?,
        None => read_all(conn, place, &mut take)?,
    }
    window.flush(visit)
}

type TakeRow<'a> = dyn FnMut(&Row<'_>) -> Result<(), Fault> + 'a;

/// Reads the cells of keys window by window.
fn look_up(
    conn: &Connection,
    (resolution, span): (i64, Span),
    (width, keys): (i64, &BTreeMap<i64, CellKey>),
    take: &mut TakeRow<'_>,
) -> Result<(), Fault> {
    let mut read = conn.prepare_cached(
        "SELECT start, key, seq, body FROM cell
         WHERE resolution = ?1 AND start = ?2 AND key = ?3",
    )?;
    let mut start = span.from.saturating_add(width - 1).floor(width);
    while start < span.to {
        for key in keys.keys() {
            let mut rows = read.query((resolution, start.0, key))?;
            if let Some(row) = rows.next()? {
                take(row)?;
            }
        }
        start = start.saturating_add(width);
    }
    Ok(())
}

/// Reads all cells of a span.
fn read_all(
    conn: &Connection,
    (resolution, span): (i64, Span),
    take: &mut TakeRow<'_>,
) -> Result<(), Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT start, key, seq, body FROM cell
         WHERE resolution = ?1 AND start >= ?2 AND start < ?3 ORDER BY start",
    )?;
    let mut rows = rows.query((resolution, span.from.0, span.to.0))?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// How wide windows are whose starts can be computed.
fn width(resolution: Resolution) -> Option<i64> {
    match resolution {
        Resolution::Minute => Some(MINUTE_MS),
        Resolution::Hour => Some(HOUR_MS),
        Resolution::Day => None,
    }
}

/// Whether so many keys have few cells in a span.
fn few(width: i64, span: Span, keys: usize) -> bool {
    let windows = span.to.0.saturating_sub(span.from.0) / width;
    // No key at all is no reason to walk to the end of time.
    windows.saturating_mul(count(keys).max(1)) <= LOOKED_UP_MAX
}

/// The place of each number's key in the order of all keys.
fn ranks(keys: &BTreeMap<i64, CellKey>) -> BTreeMap<i64, usize> {
    let mut sorted: Vec<(&CellKey, i64)> = keys.iter().map(|(n, key)| (key, *n)).collect();
    sorted.sort_unstable();
    (0..)
        .zip(sorted)
        .map(|(rank, (_, number))| (number, rank))
        .collect()
}

/// The cells of one window. Rows are large: they stay where they are, and only places are sorted.
#[derive(Default)]
struct Window {
    /// Rank of the key, and place among the rows.
    order: Vec<(usize, usize)>,
    rows: Vec<Option<CellRow>>,
}

impl Window {
    /// Hands out the cells in the order of their keys.
    fn flush(&mut self, visit: &mut Visit<'_, CellRow>) -> Result<(), Fault> {
        self.order.sort_unstable();
        for (_, place) in self.order.drain(..) {
            if let Some(row) = self.rows.get_mut(place).and_then(Option::take) {
                visit(row)?;
            }
        }
        self.rows.clear();
        Ok(())
    }
}

/// Cells changed after a number of the feed.
pub(super) fn changed_since(
    conn: &Connection,
    seq: u64,
    limit: usize,
) -> Result<Vec<CellRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT feature, endpoint, provider, model, region, verdict, grade,
                resolution, start, seq, body
         FROM cell JOIN cell_key ON cell_key.id = cell.key
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = rows.query((i64::try_from(seq).unwrap_or(i64::MAX), count(limit)))?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next()? {
        changed.push(CellRow {
            resolution: resolution(row.get(7)?)?,
            start: UnixMillis(row.get(8)?),
            key: key_of(row)?,
            seq: row.get(9)?,
            cell: Cell::decode(row.get_ref(10)?.as_blob()?).ok_or_else(|| corrupt("cell"))?,
        });
    }
    Ok(changed)
}

/// The latest number of the feed.
pub(super) fn feed_end(conn: &Connection) -> Result<u64, Fault> {
    Ok(conn.query_row("SELECT seq FROM feed", [], |row| row.get(0))?)
}

/// Gives the links of an hour the next number of the feed.
pub(super) fn note_links(conn: &Connection, hour: i64) -> Result<(), Fault> {
    let seq = numbers(conn, 1)? + 1;
    conn.prepare_cached("INSERT OR REPLACE INTO link_seq VALUES (?1, ?2)")?
        .execute((hour, seq))?;
    Ok(())
}

/// Rows of a family by start and key.
pub(super) fn families(
    conn: &Connection,
    family: Family,
    span: Span,
) -> Result<Vec<FamilyRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT start, a, b, seq, body FROM family
         WHERE kind = ?1 AND start >= ?2 AND start < ?3 ORDER BY start, a, b",
    )?;
    let mut rows = rows.query((family.as_str(), span.from.0, span.to.0))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cell = Cell::decode(row.get_ref(4)?.as_blob()?).ok_or_else(|| corrupt("family"))?;
        if cell == Cell::default() {
            continue;
        }
        found.push(FamilyRow {
            family,
            start: UnixMillis(row.get(0)?),
            a: Text::from(row.get_ref(1)?.as_str()?),
            b: Text::from(row.get_ref(2)?.as_str()?),
            seq: row.get(3)?,
            totals: cell.totals,
        });
    }
    Ok(found)
}

/// Drops cells of a resolution and span, and nothing else.
pub(super) fn drop_cells(
    conn: &Connection,
    resolution: Resolution,
    span: Span,
) -> Result<(), Fault> {
    if resolution == Resolution::Day {
        return Err(Fault::new(FaultKind::Refused, "days are kept for ever"));
    }
    conn.prepare_cached("DELETE FROM cell WHERE resolution = ?1 AND start >= ?2 AND start < ?3")?
        .execute((number(resolution), span.from.0, span.to.0))?;
    Ok(())
}

/// Drops the credential family of an hour.
pub(super) fn drop_family(conn: &Connection, family: Family, start: i64) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM family WHERE kind = ?1 AND start = ?2")?
        .execute((family.as_str(), start))?;
    Ok(())
}
