//! Upkeep: closes hours, drops what is past its retention, seals days; a bounded part per call.
//!
//! Knows no schedule. A newcomer may ask why an hour waits for its neighbours to close: their
//! records are compared with its identities, and those go with it.

use std::collections::BTreeMap;

use rusqlite::{Connection, TransactionBehavior};

use super::super::fault::Fault;
use super::super::rows::Maintained;
use super::super::types::Span;
use super::super::words::{Family, Resolution};
use super::super::zone::Zones;
use super::hours::{self, Hour};
use super::{Options, SqliteLedger, cells, conversations, follow, lines, seals, segment_range};
use crate::crash::site;
use crate::units::{DAY_MS, HOUR_MS, UnixMillis};

/// Hours handled per call for each kind of work.
const HOURS_PER_CALL: usize = 48;
/// Days sealed per call.
const DAYS_PER_CALL: usize = 16;

fn days_ms(days: u32) -> i64 {
    i64::from(days).saturating_mul(DAY_MS)
}

impl SqliteLedger {
    pub(super) fn keep_up(&mut self, now: UnixMillis) -> Result<Maintained, Fault> {
        let result = self.keep_up_in_transaction(now);
        if result.is_err() {
            self.forget();
        }
        result
    }

    fn keep_up_in_transaction(&mut self, now: UnixMillis) -> Result<Maintained, Fault> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut done = Maintained::default();
        let all = self.hours.all(&tx)?;
        let old = old_lines(all, &self.options, now);
        let (close, forget) = (
            to_close(all, &self.options, now),
            to_forget(all, &self.options, now),
        );
        done.more = [&old, &close, &forget]
            .iter()
            .any(|hours| hours.len() > HOURS_PER_CALL);
        for hour in old.into_iter().take(HOURS_PER_CALL) {
            lines::drop_hour(&tx, &mut self.hours, hour)?;
            done.lines_dropped += 1;
        }
        for hour in close.into_iter().take(HOURS_PER_CALL) {
            lines::drop_hour(&tx, &mut self.hours, hour)?;
            tx.prepare_cached("DELETE FROM ids WHERE id BETWEEN ?1 AND ?2")?
                .execute(segment_range(hour))?;
            self.ids.forget_hour(hour);
            follow::drop_emitted(&tx, hour)?;
            cells::drop_cells(&tx, Resolution::Minute, hour_span(hour))?;
            let known = self.hours.all(&tx)?.entry(hour).or_default();
            known.closed = now.0;
            hours::write(&tx, hour, known)?;
            done.hours_closed += 1;
        }
        for hour in forget.into_iter().take(HOURS_PER_CALL) {
            follow::drop_emitted(&tx, hour)?;
            cells::drop_cells(&tx, Resolution::Hour, hour_span(hour))?;
            cells::drop_family(&tx, Family::Credential, hour)?;
            let known = self.hours.all(&tx)?.entry(hour).or_default();
            known.cells_gone = true;
            hours::write(&tx, hour, known)?;
            done.hours_forgotten += 1;
        }
        site("mid_upkeep");
        let days = days(self.hours.all(&tx)?, &self.zones);
        drop_days(&tx, &days)?;
        seal_days(&tx, &self.zones, &days, now, &mut done)?;
        tx.commit()?;
        Ok(done)
    }
}

fn hour_span(hour: i64) -> Span {
    Span {
        from: UnixMillis(hour),
        to: UnixMillis(hour + HOUR_MS),
    }
}

/// Hours whose lines are past their time, then the oldest beyond the limit in bytes.
fn old_lines(all: &BTreeMap<i64, Hour>, options: &Options, now: UnixMillis) -> Vec<i64> {
    let kept = all.iter().filter(|(_, known)| !known.lines_gone);
    let limit = i64::try_from(options.line_bytes).unwrap_or(i64::MAX);
    let mut bytes: i64 = kept.clone().map(|(_, known)| known.bytes).sum();
    let mut old = Vec::new();
    for (hour, known) in kept {
        let past = known.written.saturating_add(days_ms(options.line_days)) <= now.0;
        if past || bytes > limit {
            bytes -= known.bytes;
            old.push(*hour);
        }
    }
    old
}

/// Open hours that, like their neighbours, were not written for as long as the horizon says.
fn to_close(all: &BTreeMap<i64, Hour>, options: &Options, now: UnixMillis) -> Vec<i64> {
    let quiet = |hour: i64| {
        all.get(&hour).is_none_or(|known| {
            known.written.saturating_add(days_ms(options.horizon_days)) <= now.0
        })
    };
    all.iter()
        .filter(|(_, known)| known.closed == 0)
        .map(|(hour, _)| *hour)
        .filter(|hour| quiet(*hour) && quiet(hour - HOUR_MS) && quiet(hour + HOUR_MS))
        .collect()
}

/// Closed hours whose cells are past their time.
fn to_forget(all: &BTreeMap<i64, Hour>, options: &Options, now: UnixMillis) -> Vec<i64> {
    all.iter()
        .filter(|(_, known)| known.closed != 0 && !known.cells_gone)
        .filter(|(_, known)| known.closed.saturating_add(days_ms(options.hour_days)) <= now.0)
        .map(|(hour, _)| *hour)
        .collect()
}

/// What the hours of a day have in common.
#[derive(Clone, Copy)]
struct Day {
    lines_gone: bool,
    closed: bool,
    end: i64,
}

/// The days that the hours lie in; an hour may lie in two.
fn days(all: &BTreeMap<i64, Hour>, zones: &Zones) -> BTreeMap<i64, Day> {
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    let mut last: Option<(i64, i64)> = None;
    for (hour, known) in all {
        let (first, end) = match last {
            Some((first, end)) if *hour >= first && hour + HOUR_MS <= end => (first, end),
            _ => {
                let at = UnixMillis(*hour);
                (zones.day_of(at).0, zones.next_day(at).0)
            }
        };
        last = Some((first, end));
        let mut note = |day: i64, end: i64| {
            let day = days.entry(day).or_insert(Day {
                lines_gone: true,
                closed: true,
                end,
            });
            day.lines_gone &= known.lines_gone;
            day.closed &= known.closed != 0;
        };
        note(first, end);
        if end < hour + HOUR_MS {
            note(end, zones.next_day(UnixMillis(end)).0);
        }
    }
    days
}

/// Drops what days keep only until all their hours are closed.
fn drop_days(conn: &Connection, days: &BTreeMap<i64, Day>) -> Result<(), Fault> {
    let mut kept =
        conn.prepare_cached("SELECT day FROM conversation UNION SELECT day FROM day_name")?;
    let kept = kept
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for day in kept {
        if days.get(&day).is_some_and(|known| known.closed) {
            conversations::drop_day(conn, day)?;
            conn.prepare_cached("DELETE FROM day_name WHERE day = ?1")?
                .execute([day])?;
        }
    }
    Ok(())
}

/// Amends changed days, and seals days that are over and whose lines are gone.
fn seal_days(
    conn: &Connection,
    zones: &Zones,
    days: &BTreeMap<i64, Day>,
    now: UnixMillis,
    done: &mut Maintained,
) -> Result<(), Fault> {
    let mut ready: Vec<i64> = seals::due(conn)?.into_iter().collect();
    for (day, known) in days {
        if ready.len() > DAYS_PER_CALL {
            break;
        }
        if known.lines_gone && known.end <= now.0 && !seals::is_sealed(conn, *day)? {
            ready.push(*day);
        }
    }
    done.more |= ready.len() > DAYS_PER_CALL;
    for day in ready.into_iter().take(DAYS_PER_CALL) {
        seals::seal(conn, zones, day, now)?;
        done.days_sealed += 1;
    }
    Ok(())
}
