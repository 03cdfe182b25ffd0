//! Which identities the books have: append-only sorted segments by hour, behind filters.
//!
//! Knows no entry's figures. A newcomer may ask why not one table of ids with an index: each id
//! would cost three times the bytes and a random write; here a commit appends one segment for each
//! hour, and merges stay small.

use rusqlite::Connection;

use super::super::fault::Fault;
use super::filter::Filter;
use super::segment::{self, Id};
use super::{corrupt, count, segment_range, segments_of_level};
use crate::line::pool::PlainMap;
use crate::units::HOUR_MS;

/// Segments with fewer ids than this are merged with others of their size: eight of them stay
/// below 64 Ki ids, so that no commit rewrites what is big.
const MERGED_BELOW: usize = 8_192;

struct Segment {
    rowid: i64,
    n: usize,
    /// Its bytes, while they are kept in memory.
    bytes: Option<Vec<u8>>,
}

#[derive(Default)]
struct Hour {
    segments: Vec<Segment>,
    filter: Filter,
    ids: usize,
    used: u64,
}

impl Hour {
    fn bytes(&self) -> usize {
        let kept = self.segments.iter().filter_map(|s| s.bytes.as_ref());
        kept.map(Vec::len).sum::<usize>() + self.filter.bytes() + 128
    }
}

/// The identities of the books, as far as they are in memory.
pub(super) struct Ids {
    hours: PlainMap<i64, Hour>,
    limit_bytes: usize,
    tick: u64,
}

impl Ids {
    /// Keeps at most about `limit_bytes` in memory.
    pub(super) fn new(limit_bytes: usize) -> Ids {
        Ids {
            hours: PlainMap::default(),
            limit_bytes,
            tick: 0,
        }
    }

    /// Forgets what is in memory, after a transaction that failed.
    pub(super) fn forget(&mut self) {
        self.hours.clear();
    }

    /// Forgets one hour, whose ids are being deleted.
    pub(super) fn forget_hour(&mut self, hour: i64) {
        self.hours.remove(&hour);
    }

    /// What the books have of `key` in the hour and its two neighbours: groups and facts joined,
    /// the hour itself first.
    pub(super) fn find(
        &mut self,
        conn: &Connection,
        hour: i64,
        key: u64,
    ) -> Result<Option<Id>, Fault> {
        let mut found: Option<Id> = None;
        for near in [hour, hour - HOUR_MS, hour + HOUR_MS] {
            if let Some(id) = self.find_in(conn, near, key)? {
                match &mut found {
                    Some(first) => first.join(id),
                    None => found = Some(id),
                }
            }
        }
        Ok(found)
    }

    fn find_in(&mut self, conn: &Connection, hour: i64, key: u64) -> Result<Option<Id>, Fault> {
        self.tick += 1;
        let tick = self.tick;
        let known = self.hour(conn, hour)?;
        known.used = tick;
        if !known.filter.may_have(key) {
            return Ok(None);
        }
        let mut found: Option<Id> = None;
        for segment in &mut known.segments {
            if let Some(id) = segment::find(load(conn, segment)?, key) {
                match &mut found {
                    Some(first) => first.join(id),
                    None => found = Some(id),
                }
                if found.is_some_and(|id| id.groups() == segment::GROUPS) {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The hour, read from the ledger on first need.
    fn hour(&mut self, conn: &Connection, hour: i64) -> Result<&mut Hour, Fault> {
        match self.hours.entry(hour) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => {
                let mut known = Hour::default();
                let mut rows = conn.prepare_cached(
                    "SELECT id, n FROM ids WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                )?;
                let mut rows = rows.query(segment_range(hour))?;
                while let Some(row) = rows.next()? {
                    known.segments.push(Segment {
                        rowid: row.get(0)?,
                        n: row.get(1)?,
                        bytes: None,
                    });
                }
                known.ids = known.segments.iter().map(|s| s.n).sum();
                if known.ids > 0 {
                    refill(conn, &mut known)?;
                }
                Ok(place.insert(known))
            }
        }
    }

    /// Appends ids that the hour does not have, and merges small segments.
    pub(super) fn append(
        &mut self,
        conn: &Connection,
        hour: i64,
        ids: Vec<Id>,
    ) -> Result<(), Fault> {
        let ids = segment::sorted(ids);
        self.tick += 1;
        let tick = self.tick;
        let known = self.hour(conn, hour)?;
        known.used = tick;
        known.ids += ids.len();
        insert(conn, hour, known, &ids)?;
        if known.ids > known.filter.room() {
            refill(conn, known)?;
        } else {
            for id in &ids {
                known.filter.add(id.key());
            }
        }
        while let Some(small) = segments_of_level(known.segments.iter().map(|s| s.n), MERGED_BELOW)
        {
            merge(conn, hour, known, &small)?;
        }
        Ok(())
    }

    /// Drops from memory what was longest unused, once the limit is passed.
    pub(super) fn trim(&mut self) {
        let mut bytes: usize = self.hours.values().map(Hour::bytes).sum();
        if bytes <= self.limit_bytes {
            return;
        }
        let mut by_use: Vec<(u64, i64)> = self
            .hours
            .iter()
            .map(|(hour, known)| (known.used, *hour))
            .collect();
        by_use.sort_unstable();
        // Segments go first: filters answer most questions and are ten times smaller.
        for drop_filters in [false, true] {
            for (_, hour) in &by_use {
                if bytes <= self.limit_bytes / 4 * 3 {
                    return;
                }
                let Some(known) = self.hours.get_mut(hour) else {
                    continue;
                };
                let before = known.bytes();
                if drop_filters {
                    self.hours.remove(hour);
                    bytes = bytes.saturating_sub(before);
                } else {
                    known.segments.iter_mut().for_each(|s| s.bytes = None);
                    bytes = bytes.saturating_sub(before - known.bytes());
                }
            }
        }
    }
}

/// The bytes of a segment, from memory or the ledger.
fn load<'a>(conn: &Connection, segment: &'a mut Segment) -> Result<&'a [u8], Fault> {
    let bytes = match segment.bytes.take() {
        Some(bytes) => bytes,
        None => conn
            .prepare_cached("SELECT ids FROM ids WHERE id = ?1")?
            .query_row([segment.rowid], |row| row.get(0))?,
    };
    Ok(segment.bytes.insert(bytes))
}

/// Makes the hour's filter anew, with room to double.
fn refill(conn: &Connection, known: &mut Hour) -> Result<(), Fault> {
    known.filter = Filter::for_keys(known.ids.max(32).saturating_mul(2));
    for segment in &mut known.segments {
        let ids = segment::decode(load(conn, segment)?).ok_or_else(|| corrupt("ids"))?;
        for id in ids {
            known.filter.add(id.key());
        }
    }
    Ok(())
}

fn insert(conn: &Connection, hour: i64, known: &mut Hour, ids: &[Id]) -> Result<(), Fault> {
    let (first, _) = segment_range(hour);
    let last = known.segments.iter().map(|s| s.rowid).max();
    let rowid = last.map_or(first, |last| last + 1);
    let bytes = segment::encode(ids);
    conn.prepare_cached("INSERT INTO ids VALUES (?1, ?2, ?3)")?
        .execute((rowid, count(ids.len()), &bytes))?;
    known.segments.push(Segment {
        rowid,
        n: ids.len(),
        bytes: Some(bytes),
    });
    Ok(())
}

/// Replaces the segments at those places by one.
fn merge(conn: &Connection, hour: i64, known: &mut Hour, places: &[usize]) -> Result<(), Fault> {
    let mut ids = Vec::new();
    for place in places {
        if let Some(segment) = known.segments.get_mut(*place) {
            let part = segment::decode(load(conn, segment)?).ok_or_else(|| corrupt("ids"))?;
            ids.extend(part);
        }
    }
    let ids = segment::sorted(ids);
    insert(conn, hour, known, &ids)?;
    let mut delete = conn.prepare_cached("DELETE FROM ids WHERE id = ?1")?;
    for place in places.iter().rev() {
        delete.execute([known.segments.remove(*place).rowid])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::{Options, SqliteLedger};
    use super::*;

    fn id(i: u64) -> Id {
        let key = twox_hash::XxHash3_64::oneshot(&i.to_le_bytes()) & !segment::GROUPS;
        Id {
            word: key | segment::TRANSPORT,
            facts: u32::try_from(i & 0xffff).unwrap(),
        }
    }

    /// Appends ids in commits of `batch`, each to the hour that `hour` says, and returns the bytes
    /// of the file for each id.
    fn bytes_for_each(n: u64, batch: usize, hour: impl Fn(u64) -> i64) -> u64 {
        let mut ledger = SqliteLedger::open_in_memory(Options::default()).unwrap();
        let pages = |ledger: &SqliteLedger| -> u64 {
            ledger
                .conn
                .query_row("PRAGMA page_count", [], |row| row.get(0))
                .unwrap()
        };
        let empty = pages(&ledger);
        let all: Vec<u64> = (0..n).collect();
        for part in all.chunks(batch) {
            let mut hours: std::collections::BTreeMap<i64, Vec<Id>> =
                std::collections::BTreeMap::new();
            for i in part {
                hours.entry(hour(*i)).or_default().push(id(*i));
            }
            let tx = ledger.conn.transaction().unwrap();
            for (hour, ids) in hours {
                ledger.ids.append(&tx, hour * HOUR_MS, ids).unwrap();
            }
            tx.commit().unwrap();
            ledger.ids.trim();
        }
        for i in (0..n).step_by(997) {
            let found = ledger
                .ids
                .find(&ledger.conn, hour(i) * HOUR_MS, id(i).key())
                .unwrap();
            assert_eq!(found, Some(id(i)), "{i}");
            let absent = id(n + i).key();
            assert_eq!(
                ledger
                    .ids
                    .find(&ledger.conn, hour(i) * HOUR_MS, absent)
                    .unwrap(),
                None
            );
        }
        (pages(&ledger) - empty) * 8_192 / n
    }

    #[test]
    fn ten_million_ids_fit_a_hundred_and_fifty_megabytes() {
        // In order, an hour at a time; and by day of a year, every commit everywhere.
        let in_order = bytes_for_each(1_000_000, 5_000, |i| i64::try_from(i / 30_000).unwrap());
        let scattered = bytes_for_each(300_000, 5_000, |i| i64::try_from(i % 600).unwrap());
        assert!(in_order <= 15, "{in_order} bytes an id in order");
        assert!(scattered <= 15, "{scattered} bytes an id scattered");
    }

    #[test]
    fn memory_is_bounded_and_forgetting_changes_no_answer() {
        let mut ledger = SqliteLedger::open_in_memory(Options::default()).unwrap();
        ledger.ids = Ids::new(40_000);
        for hour in 0..50_i64 {
            let first = u64::try_from(hour).unwrap() * 1_000;
            let ids = (first..first + 1_000).map(id).collect();
            ledger
                .ids
                .append(&ledger.conn, hour * HOUR_MS, ids)
                .unwrap();
            ledger.ids.trim();
            let bytes: usize = ledger.ids.hours.values().map(Hour::bytes).sum();
            assert!(bytes <= 40_000, "{bytes}");
        }
        for i in (0..50_000).step_by(331) {
            let hour = i64::try_from(i / 1_000).unwrap() * HOUR_MS;
            let found = ledger.ids.find(&ledger.conn, hour, id(i).key()).unwrap();
            assert_eq!(found, Some(id(i)));
            ledger.ids.trim();
        }
    }
}
