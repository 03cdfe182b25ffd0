//! Sums of cells, read in one pass; readers keep those of windows that do not change.
//!
//! Knows no question. A newcomer may ask how what is kept can be trusted: every change of a cell has a number of
//! the feed, and each time the numbers since are looked at before anything kept is used.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::sums::{HourCalls, Hours, Sums};
use super::super::types::Span;
use super::super::words::Resolution;
use super::cells::{feed_end, number};
use super::corrupt;
use super::names::{dictionary, dictionary_after};
use crate::cell::{Cell, Totals};
use crate::entry::CellKey;
use crate::units::{Text, UnixMillis};

/// Bytes of sums of one sort that are kept at most.
const KEPT_BYTES: usize = 64 << 20;

/// Sums that the readers of one ledger keep.
#[derive(Default)]
pub(super) struct Kept {
    days: Mutex<Shelf<Sums>>,
    hours: Mutex<Shelf<Hours>>,
    keys: Mutex<Arc<Keys>>,
}

/// The dictionary of keys, by number.
type Keys = BTreeMap<i64, CellKey>;

impl Kept {
    /// Lets go of all.
    pub(super) fn forget(&self) {
        let (days, hours) = (self.days.lock(), self.hours.lock());
        days.unwrap_or_else(PoisonError::into_inner).kept.clear();
        hours.unwrap_or_else(PoisonError::into_inner).kept.clear();
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }
}

/// The dictionary, of which readers read only what is new: nothing is ever taken out of it.
fn keys(conn: &Connection, kept: Option<&Kept>) -> Result<Arc<Keys>, Fault> {
    let Some(kept) = kept else {
        return Ok(Arc::new(dictionary(conn)?));
    };
    let mut keys = kept.keys.lock().unwrap_or_else(PoisonError::into_inner);
    let last = keys.last_key_value().map_or(0, |(number, _)| *number);
    let new = dictionary_after(conn, last)?;
    if !new.is_empty() {
        Arc::make_mut(&mut keys).extend(new);
    }
    Ok(Arc::clone(&keys))
}

/// What is summed: a span, of one feature where given.
type Of = (UnixMillis, UnixMillis, Option<Text>);

/// Kept sums of one sort.
struct Shelf<T> {
    kept: BTreeMap<Of, KeptSum<T>>,
    /// Counts what is asked for.
    turn: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf {
            kept: BTreeMap::new(),
            turn: 0,
        }
    }
}

/// Sums of a span, as of a number of the feed.
struct KeptSum<T> {
    /// Of the windows before `cut`: right at any number from `made` to `seen`.
    base: Arc<T>,
    cut: UnixMillis,
    made: u64,
    /// Of all windows, right at `seen`.
    whole: Arc<T>,
    seen: u64,
    /// Hours whose cells were dropped by then.
    dropped: i64,
    /// The turn that asked for it last.
    used: u64,
}

/// Something that cells are added up to.
trait Sum: Clone + Default {
    /// Of which cells.
    const RESOLUTION: Resolution;

    /// Adds the cells of a span.
    fn read(&mut self, conn: &Connection, keys: &Keys, of: &Of) -> Result<(), Fault>;

    /// About how much memory it takes.
    fn bytes(&self) -> usize;
}

impl Sum for Sums {
    const RESOLUTION: Resolution = Resolution::Day;

    fn read(&mut self, conn: &Connection, keys: &Keys, of: &Of) -> Result<(), Fault> {
        let (from, to, only) = of;
        let mut cell = Cell::default();
        each(conn, Self::RESOLUTION, (*from, *to), |start, n, body| {
            let key = keys.get(&n).ok_or_else(|| corrupt("cell_key"))?;
            if only.as_ref().is_some_and(|only| key.feature != *only) {
                return Ok(());
            }
            cell.decode_times_into(body)
                .ok_or_else(|| corrupt("cell"))?;
            if cell != Cell::default() {
                self.add(start, (n, key), &cell);
            }
            Ok(())
        })?;
        self.finish();
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}

impl Sum for Hours {
    const RESOLUTION: Resolution = Resolution::Hour;

    fn read(&mut self, conn: &Connection, keys: &Keys, (from, to, _): &Of) -> Result<(), Fault> {
        // Cells of an hour lie side by side: few endpoints are added up at a time.
        let mut open: BTreeMap<&Text, HourCalls> = BTreeMap::new();
        let mut hour = UnixMillis::default();
        let mut close = |hour: UnixMillis, open: &mut BTreeMap<&Text, HourCalls>| {
            let sums = std::mem::take(open).into_iter();
            let sums = sums.map(|(endpoint, sum)| ((endpoint.clone(), hour), sum));
            self.calls.extend(sums);
        };
        each(
            conn,
            Self::RESOLUTION,
            (*from, *to),
            |start, n, mut body| {
                let key = keys.get(&n).ok_or_else(|| corrupt("cell_key"))?;
                let totals = Totals::take(&mut body).ok_or_else(|| corrupt("cell"))?;
                if start != hour {
                    close(hour, &mut open);
                    hour = start;
                }
                if totals != Totals::default() {
                    open.entry(&key.endpoint)
                        .or_default()
                        .add(&HourCalls::of(&totals));
                }
                Ok(())
            },
        )?;
        close(hour, &mut open);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.calls.len() * 2 * size_of::<((Text, UnixMillis), HourCalls)>()
    }
}

/// Start, number of the key, and body of each cell of a span, by start.
fn each(
    conn: &Connection,
    resolution: Resolution,
    (from, to): (UnixMillis, UnixMillis),
    mut take: impl FnMut(UnixMillis, i64, &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT start, key, body FROM cell
         WHERE resolution = ?1 AND start >= ?2 AND start < ?3 ORDER BY start",
    )?;
    let mut rows = rows.query((number(resolution), from.0, to.0))?;
    while let Some(row) = rows.next()? {
        let body = row.get_ref(2)?.as_blob()?;
        take(UnixMillis(row.get(0)?), row.get(1)?, body)?;
    }
    Ok(())
}

/// The first window with a cell that changed after a number of the feed.
fn first_changed(
    conn: &Connection,
    resolution: Resolution,
    (of, since): (&Of, u64),
) -> Result<Option<UnixMillis>, Fault> {
    // Without its name, the planner may walk through all cells of the span.
    let mut first = conn.prepare_cached(
        "SELECT min(start) FROM cell INDEXED BY cell_seq
         WHERE seq > ?1 AND resolution = ?2 AND start >= ?3 AND start < ?4",
    )?;
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let first: Option<i64> = first
        .query_row((since, number(resolution), of.0.0, of.1.0), |row| {
            row.get(0)
        })?;
    Ok(first.map(UnixMillis))
}

/// Before which window sums are likely to stay: the last but one, as the night's last calls come after midnight.
fn usual_cut(conn: &Connection, resolution: Resolution, of: &Of) -> Result<UnixMillis, Fault> {
    let mut last = conn.prepare_cached(
        "SELECT max(start) FROM cell WHERE resolution = ?1 AND start >= ?2 AND start < ?3",
    )?;
    let mut cut = of.1;
    for _ in 0..2 {
        let before: Option<i64> =
            last.query_row((number(resolution), of.0.0, cut.0), |row| row.get(0))?;
        cut = before.map_or(cut, UnixMillis);
    }
    Ok(cut)
}

/// Sums as they stand in the books now; from what is kept where nothing of it changed.
fn sums<T: Sum>(
    kept: &Mutex<Shelf<T>>,
    (conn, keys): (&Connection, &Keys),
    of: Of,
    dropped: i64,
) -> Result<Arc<T>, Fault> {
    let now = feed_end(conn)?;
    // Held while cells are read: whoever asks for the same waits, and need not read it.
    let mut shelf = kept.lock().unwrap_or_else(PoisonError::into_inner);
    shelf.turn += 1;
    let turn = shelf.turn;
    let mut changed = None;
    if let Some(one) = shelf.kept.get_mut(&of).filter(|one| one.dropped == dropped) {
        one.used = turn;
        if one.seen == now {
            return Ok(Arc::clone(&one.whole));
        }
        if one.seen < now {
            changed = first_changed(conn, T::RESOLUTION, (&of, one.seen))?;
        }
        if one.seen < now && changed.is_none() {
            one.seen = now;
            return Ok(Arc::clone(&one.whole));
        }
        if one.made <= now && changed.is_none_or(|first| first >= one.cut) {
            let mut whole = T::clone(&one.base);
            whole.read(conn, keys, &(one.cut, of.1, of.2))?;
            let whole = Arc::new(whole);
            // A reader that looks at older books does not undo what another has seen.
            if one.seen < now {
                one.seen = now;
                one.whole = Arc::clone(&whole);
            }
            return Ok(whole);
        }
        if now < one.made {
            let mut whole = T::default();
            whole.read(conn, keys, &of)?;
            return Ok(Arc::new(whole));
        }
    }
    let cut = usual_cut(conn, T::RESOLUTION, &of)?;
    let cut = changed.map_or(cut, |first| first.min(cut));
    let mut base = T::default();
    base.read(conn, keys, &(of.0, cut, of.2.clone()))?;
    let mut whole = base.clone();
    whole.read(conn, keys, &(cut, of.1, of.2.clone()))?;
    let whole = Arc::new(whole);
    let sum = KeptSum {
        base: Arc::new(base),
        cut,
        made: now,
        whole: Arc::clone(&whole),
        seen: now,
        dropped,
        used: turn,
    };
    shelf.kept.insert(of, sum);
    shelf.make_room();
    Ok(whole)
}

impl<T: Sum> Shelf<T> {
    /// Lets go of what was not asked for the longest.
    fn make_room(&mut self) {
        loop {
            // Both are kept, and share little.
            let bytes = self.kept.values().map(|one| 2 * one.whole.bytes());
            if bytes.sum::<usize>() <= KEPT_BYTES {
                return;
            }
            let oldest = self.kept.iter().min_by_key(|(_, one)| one.used);
            let Some(oldest) = oldest.map(|(of, _)| of.clone()) else {
                return;
            };
            self.kept.remove(&oldest);
        }
    }
}

/// Sums of the day cells of a span, of one feature where `only` names it.
pub(super) fn of_days(
    conn: &Connection,
    kept: Option<&Kept>,
    (span, only): (Span, Option<&str>),
) -> Result<Arc<Sums>, Fault> {
    let of = (span.from, span.to, only.map(Text::from));
    let keys = keys(conn, kept)?;
    match kept {
        Some(kept) => sums(&kept.days, (conn, &keys), of, 0),
        None => fresh(conn, &keys, &of),
    }
}

/// Calls of endpoints in the hours of a span.
pub(super) fn of_hours(
    conn: &Connection,
    kept: Option<&Kept>,
    span: Span,
) -> Result<Arc<Hours>, Fault> {
    let of = (span.from, span.to, None);
    let keys = keys(conn, kept)?;
    let Some(kept) = kept else {
        return fresh(conn, &keys, &of);
    };
    // The feed does not tell of cells that are dropped when their time is over.
    let dropped = conn
        .prepare_cached("SELECT count(*) FROM hour WHERE cells_gone <> 0")?
        .query_row([], |row| row.get(0))?;
    sums(&kept.hours, (conn, &keys), of, dropped)
}

fn fresh<T: Sum>(conn: &Connection, keys: &Keys, of: &Of) -> Result<Arc<T>, Fault> {
    let mut sum = T::default();
    sum.read(conn, keys, of)?;
    Ok(Arc::new(sum))
}
