//! Call lines by hour, and the links that are computed from them.
//!
//! Knows neither a line's bytes nor what a link is. A newcomer may ask why an hour whose lines
//! were dropped takes no later ones: half an hour of lines would give wrong links, and none gives
//! none.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, TransactionBehavior};

use super::super::Visit;
use super::super::correction::Reach;
use super::super::fault::Fault;
use super::super::rows::LinkRow;
use super::super::types::{Batch, Span};
use super::delta::{Booked, Delta};
use super::hours::{self, Hours};
use super::sift::teller;
use super::{SEGMENT_BITS, cells, corrupt, count, counts, segment_range, segments_of_level};
use crate::crash::site;
use crate::line::{self, BadChunk, Glance, Kept, Line, TakeBrief, Wanted};
use crate::units::{HOUR_MS, Text, UnixMillis};

/// Chunks with fewer lines than this are merged with others of their size; above, the tables of
/// texts weigh little.
const MERGED_BELOW: usize = 512;

/// How far before a call another may lie that links to it.
const LINK_REACH_MS: i64 = 60_000;

/// Most lines read to name who told first; beyond it a contradiction names the second alone.
const TELLERS_MAX: usize = 30_000;

/// Stands between the parts of a link's key; names hold no control characters.
const UNIT: &str = "\u{1f}";

/// Adds a batch's lines and marks the hours whose links they change.
pub(super) fn add(
    conn: &Connection,
    hours: &mut Hours,
    batch: &Batch,
    (booked, delta): (&[Booked<'_>], &Delta),
) -> Result<(), Fault> {
    let mut by_hour: BTreeMap<i64, Vec<Kept<'_>>> = BTreeMap::new();
    for (place, one) in booked.iter().enumerate() {
        let key = delta
            .key(place)
            .map_or(&one.entry.shared.key, |resolved| &*resolved.key);
        let hour = one.entry.at.floor(HOUR_MS).0;
        let (topic, partition) = batch.place(one.entry.part);
        by_hour.entry(hour).or_default().push(Kept {
            entry: &one.entry,
            id: one.id,
            key,
            source: &batch.source,
            topic,
            partition,
        });
    }
    let mut due = BTreeSet::new();
    for (hour, lines) in by_hour {
        let all = hours.all(conn)?;
        let gone = |hour: i64| all.get(&hour).is_some_and(|h| h.lines_gone);
        let (gone, before_gone) = (gone(hour), gone(hour - HOUR_MS));
        if gone || before_gone {
            counts::overflow(conn, "unlinked", hour, lines.len())?;
        } else {
            due.insert(hour);
        }
        if gone {
            continue;
        }
        let tail = hour + HOUR_MS - LINK_REACH_MS;
        if lines.iter().any(|kept| kept.entry.at.0 >= tail) {
            due.insert(hour + HOUR_MS);
        }
        let bytes = append(conn, hour, &lines)?;
        let known = all.entry(hour).or_default();
        known.lines += count(lines.len());
        known.bytes += bytes;
    }
    let mut mark = conn.prepare_cached("INSERT OR IGNORE INTO link_due VALUES (?1)")?;
    for hour in due {
        mark.execute([hour])?;
    }
    Ok(())
}

/// Appends a chunk and merges small ones; returns by how many bytes the hour grew.
fn append(conn: &Connection, hour: i64, lines: &[Kept<'_>]) -> Result<i64, Fault> {
    let mut grown = insert(conn, hour, lines.len(), &line::encode(lines))?;
    if lines.len() >= MERGED_BELOW {
        return Ok(grown);
    }
    loop {
        let chunks = chunks(conn, hour)?;
        let sizes = chunks.iter().map(|(_, n)| *n);
        let Some(places) = segments_of_level(sizes, MERGED_BELOW) else {
            return Ok(grown);
        };
        let mut lines = Vec::new();
        for (id, _) in places.iter().filter_map(|place| chunks.get(*place)) {
            let body: Vec<u8> = conn
                .prepare_cached("DELETE FROM line WHERE id = ?1 RETURNING body")?
                .query_row([id], |row| row.get(0))?;
            grown -= count(body.len());
            lines.extend(line::decode(&body)?);
        }
        grown += insert(conn, hour, lines.len(), &line::encode_lines(&lines))?;
    }
}

fn insert(conn: &Connection, hour: i64, n: usize, body: &[u8]) -> Result<i64, Fault> {
    let (first, last) = segment_range(hour);
    let highest: Option<i64> = conn
        .prepare_cached("SELECT max(id) FROM line WHERE id BETWEEN ?1 AND ?2")?
        .query_row((first, last), |row| row.get(0))?;
    conn.prepare_cached("INSERT INTO line VALUES (?1, ?2, ?3)")?
        .execute((highest.map_or(first, |highest| highest + 1), count(n), body))?;
    Ok(count(body.len()))
}

/// Numbers of an hour's chunks, with how many lines each has.
pub(super) fn chunks(conn: &Connection, hour: i64) -> Result<Vec<(i64, usize)>, Fault> {
    let mut rows =
        conn.prepare_cached("SELECT id, n FROM line WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
    let rows = rows.query_map(segment_range(hour), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes other lines in a chunk's place; how many bytes they take.
pub(super) fn replace(conn: &Connection, id: i64, lines: &[Line]) -> Result<i64, Fault> {
    if lines.is_empty() {
        conn.prepare_cached("DELETE FROM line WHERE id = ?1")?
            .execute([id])?;
        return Ok(0);
    }
    let body = line::encode_lines(lines);
    conn.prepare_cached("UPDATE line SET n = ?2, body = ?3 WHERE id = ?1")?
        .execute((id, count(lines.len()), &body))?;
    Ok(count(body.len()))
}

/// Marks the hours whose links a correction changes: its own, and those that follow them.
pub(super) fn link_again(conn: &Connection, hours: &mut Hours, reach: &Reach) -> Result<(), Fault> {
    let all = hours.all(conn)?;
    let whole = |hour: i64| all.get(&hour).is_none_or(|known| !known.lines_gone);
    let mut mark = conn.prepare_cached("INSERT OR IGNORE INTO link_due VALUES (?1)")?;
    for hour in &reach.hours {
        for due in [hour.0, hour.0 + HOUR_MS] {
            if all.contains_key(&due) && whole(due) && whole(due - HOUR_MS) {
                mark.execute([due])?;
            }
        }
    }
    Ok(())
}

impl From<BadChunk> for Fault {
    fn from(_: BadChunk) -> Fault {
        corrupt("line")
    }
}

/// Visits lines by time, sequence and id.
pub(super) fn visit(
    conn: &Connection,
    span: Span,
    visit: &mut Visit<'_, Line>,
) -> Result<(), Fault> {
    let mut hour: Vec<Line> = Vec::new();
    let mut of = None;
    each_chunk(conn, span, &mut |number, body| {
        if of.replace(number).is_some_and(|of| of != number) {
            flush(&mut hour, span, visit)?;
        }
        hour.extend(line::decode(body)?);
        Ok(())
    })?;
    flush(&mut hour, span, visit)
}

/// Visits the lines that are wanted, chunk by chunk.
pub(super) fn visit_where(
    conn: &Connection,
    span: Span,
    wanted: &mut Wanted<'_>,
    visit: &mut Visit<'_, Line>,
) -> Result<(), Fault> {
    let mut wanted = |glance: &Glance<'_>| span.contains(glance.at) && wanted(glance);
    each_chunk(conn, span, &mut |_, body| {
        let lines = line::decode_where(body, &mut wanted)?;
        lines.into_iter().try_for_each(&mut *visit)
    })
}

/// Visits what the lines that are wanted add up to, chunk by chunk.
pub(super) fn visit_briefs(
    conn: &Connection,
    span: Span,
    wanted: &mut Wanted<'_>,
    visit: &mut TakeBrief<'_, Fault>,
) -> Result<(), Fault> {
    let mut wanted = |glance: &Glance<'_>| span.contains(glance.at) && wanted(glance);
    each_chunk(conn, span, &mut |_, body| {
        line::briefs(body, &mut wanted, visit)
    })
}

/// Takes a chunk's bytes, and the number of its hour.
type TakeChunk<'a> = dyn FnMut(i64, &[u8]) -> Result<(), Fault> + 'a;

/// Reads the chunks of the hours that a span touches, each with its hour's number.
fn each_chunk(conn: &Connection, span: Span, take: &mut TakeChunk<'_>) -> Result<(), Fault> {
    let (first, _) = segment_range(span.from.0);
    // The span ends before `to`, and an hour's first millisecond belongs to the next one.
    let (_, last) = segment_range(span.to.0.saturating_sub(1));
    let mut rows =
        conn.prepare_cached("SELECT id, body FROM line WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
    let mut rows = rows.query((first, last))?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        take(id >> SEGMENT_BITS, row.get_ref(1)?.as_blob()?)?;
    }
    Ok(())
}

fn flush(hour: &mut Vec<Line>, span: Span, visit: &mut Visit<'_, Line>) -> Result<(), Fault> {
    let half = |line: &Line| line.call.is_none();
    hour.sort_by(|one, other| {
        (one.at, &one.sequence, one.id, half(one)).cmp(&(
            other.at,
            &other.sequence,
            other.id,
            half(other),
        ))
    });
    hour.drain(..)
        .filter(|line| span.contains(line.at))
        .try_for_each(visit)
}

/// Who told of those ids first, as far as their lines are kept and few enough to search: by the
/// hour of the report that asks, which is the first one's hour or its neighbour.
pub(super) fn tellers(
    conn: &Connection,
    ids: &BTreeMap<i64, BTreeSet<u64>>,
) -> Result<BTreeMap<u64, Text>, Fault> {
    let mut tellers = BTreeMap::new();
    let mut read = 0;
    for (hour, ids) in ids {
        for near in [*hour, hour - HOUR_MS, hour + HOUR_MS] {
            for (id, n) in chunks(conn, near)? {
                read += n;
                if read > TELLERS_MAX {
                    return Ok(tellers);
                }
                let body: Vec<u8> = conn
                    .prepare_cached("SELECT body FROM line WHERE id = ?1")?
                    .query_row([id], |row| row.get(0))?;
                for line in line::decode(&body)? {
                    if ids.contains(&line.id) {
                        let about = &line.about;
                        tellers
                            .entry(line.id)
                            .or_insert_with(|| teller(about.format, &about.teller));
                    }
                }
            }
        }
    }
    Ok(tellers)
}

/// Drops the lines of an hour. Links that can no longer be computed are counted and stay as they
/// are.
pub(super) fn drop_hour(conn: &Connection, hours: &mut Hours, hour: i64) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM line WHERE id BETWEEN ?1 AND ?2")?
        .execute(segment_range(hour))?;
    let all = hours.all(conn)?;
    for frozen in [hour, hour + HOUR_MS] {
        let due = conn
            .prepare_cached("DELETE FROM link_due WHERE hour = ?1")?
            .execute([frozen])?;
        if due > 0 {
            let lines = all.get(&frozen).map_or(0, |known| known.lines);
            counts::overflow(
                conn,
                "unlinked",
                frozen,
                usize::try_from(lines).unwrap_or(0),
            )?;
        }
    }
    let known = all.entry(hour).or_default();
    (known.lines, known.bytes, known.lines_gone) = (0, 0, true);
    hours::write(conn, hour, known)
}

/// Hours that ended and whose links have to be computed.
pub(super) fn hours_to_link(
    conn: &Connection,
    complete_to: UnixMillis,
) -> Result<Vec<UnixMillis>, Fault> {
    let mut rows =
        conn.prepare_cached("SELECT hour FROM link_due WHERE hour <= ?1 ORDER BY hour")?;
    let rows = rows.query_map([complete_to.0.saturating_sub(HOUR_MS)], |row| {
        Ok(UnixMillis(row.get(0)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Replaces the links of an hour.
pub(super) fn put_links(
    conn: &mut Connection,
    hour: UnixMillis,
    links: &[LinkRow],
) -> Result<(), Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("DELETE FROM link WHERE hour = ?1", [hour.0])?;
    tx.execute("DELETE FROM link_due WHERE hour = ?1", [hour.0])?;
    for link in links {
        tx.prepare_cached("INSERT INTO link VALUES (?1, ?2, ?3)")?
            .execute((hour.0, link.key.join(UNIT), &link.body))?;
    }
    cells::note_links(&tx, hour.0)?;
    site("mid_links");
    tx.commit()?;
    Ok(())
}

/// Links by hour and key.
pub(super) fn links(conn: &Connection, span: Span) -> Result<Vec<LinkRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT hour, key, body FROM link WHERE hour >= ?1 AND hour < ?2 ORDER BY hour",
    )?;
    let rows = rows.query_map((span.from.0, span.to.0), |row| {
        Ok(LinkRow {
            hour: UnixMillis(row.get(0)?),
            key: row
                .get_ref(1)?
                .as_str()?
                .split(UNIT)
                .map(Text::from)
                .collect(),
            body: row.get(2)?,
        })
    })?;
    let mut links = rows.collect::<Result<Vec<_>, _>>()?;
    links.sort_by(|one, other| (one.hour, &one.key).cmp(&(other.hour, &other.key)));
    Ok(links)
}
