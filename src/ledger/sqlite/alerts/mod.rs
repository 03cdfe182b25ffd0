//! Alerts in the embedded ledger: what they ask, and what they keep there.
//!
//! Knows no rule. A newcomer may ask why the outbox lies in the books: a mail that is written with what
//! it tells of can be neither lost nor thought up twice.

mod outbox;
mod write;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::alerts::{
    AlertApply, AlertCursor, Alerts, AuditRow, EpisodeRow, EventRow, OutboxCounts, OutboxRow,
    StepRow, Way,
};
use super::super::fault::Fault;
use super::super::types::Span;
use super::{SqliteLedger, count};
use crate::units::{Text, UnixMillis};

fn cursor(conn: &Connection) -> Result<AlertCursor, Fault> {
    let known = conn
        .prepare_cached("SELECT turn, seq, closed_to, judged FROM alert_cursor")?
        .query_row([], |row| {
            Ok(AlertCursor {
                turn: row.get(0)?,
                seq: row.get(1)?,
                closed_to: UnixMillis(row.get(2)?),
                judged: UnixMillis(row.get(3)?),
            })
        });
    Ok(known?)
}

fn state(conn: &Connection) -> Result<BTreeMap<Text, Vec<u8>>, Fault> {
    let mut rows = conn.prepare_cached("SELECT name, body FROM alert_state")?;
    let rows = rows.query_map([], |row| {
        Ok((Text::from(row.get_ref(0)?.as_str()?), row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn episode_of(row: &Row<'_>) -> rusqlite::Result<EpisodeRow> {
    Ok(EpisodeRow {
        number: row.get(0)?,
        opened: UnixMillis(row.get(1)?),
        resolved: row.get::<_, Option<i64>>(2)?.map(UnixMillis),
        body: row.get(3)?,
    })
}

fn episodes(
    conn: &Connection,
    open: bool,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<EpisodeRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT number, opened, resolved, body FROM episode
         WHERE (NOT ?1 OR resolved IS NULL) AND (?3 IS NULL OR number < ?3)
         ORDER BY number DESC LIMIT ?2",
    )?;
    let rows = rows.query_map((open, count(limit), before), episode_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn episode(conn: &Connection, number: u64) -> Result<Option<EpisodeRow>, Fault> {
    Ok(conn
        .prepare_cached("SELECT number, opened, resolved, body FROM episode WHERE number = ?1")?
        .query_row([number], episode_of)
        .optional()?)
}

fn steps(conn: &Connection, number: u64) -> Result<Vec<StepRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT episode, step, at, body FROM episode_step WHERE episode = ?1 ORDER BY step",
    )?;
    let rows = rows.query_map([number], |row| {
        Ok(StepRow {
            episode: row.get(0)?,
            step: row.get(1)?,
            at: UnixMillis(row.get(2)?),
            body: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn audit(conn: &Connection, episode: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT at, author, what, episode FROM alert_audit
         WHERE ?2 IS NULL OR episode = ?2 ORDER BY id DESC LIMIT ?1",
    )?;
    let rows = rows.query_map((count(limit), episode), |row| {
        Ok(AuditRow {
            at: UnixMillis(row.get(0)?),
            author: Text::from(row.get_ref(1)?.as_str()?),
            what: row.get(2)?,
            episode: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        id: row.get(0)?,
        at: UnixMillis(row.get(1)?),
        body: row.get(2)?,
    })
}

fn events_after(conn: &Connection, after: u64, limit: usize) -> Result<Vec<EventRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT id, at, body FROM alert_event WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let rows = rows.query_map((after, count(limit)), event_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn events_of(conn: &Connection, span: Span) -> Result<Option<Vec<EventRow>>, Fault> {
    let first: Option<(u64, i64)> = conn
        .prepare_cached("SELECT id, at FROM alert_event ORDER BY id LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    // Numbers begin at 1: where the first kept is a later one, what was before it is not known.
    if first.is_some_and(|(id, at)| id > 1 && span.from.0 <= at) {
        return Ok(None);
    }
    let mut rows = conn.prepare_cached(
        "SELECT id, at, body FROM alert_event WHERE at >= ?1 AND at < ?2 ORDER BY id",
    )?;
    let rows = rows.query_map((span.from.0, span.to.0), event_of)?;
    Ok(Some(rows.collect::<Result<_, _>>()?))
}

impl Alerts for SqliteLedger {
    fn alert_cursor(&self) -> Result<AlertCursor, Fault> {
        self.named(cursor(&self.conn))
    }

    fn alert_state(&self) -> Result<BTreeMap<Text, Vec<u8>>, Fault> {
        self.named(state(&self.conn))
    }

    fn alert_apply(&mut self, apply: &AlertApply) -> Result<u64, Fault> {
        let result = write::apply(&mut self.conn, apply);
        self.named(result)
    }

    fn episodes_before(
        &self,
        open: bool,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<EpisodeRow>, Fault> {
        self.named(episodes(&self.conn, open, before, limit))
    }

    fn episode(&self, number: u64) -> Result<Option<EpisodeRow>, Fault> {
        self.named(episode(&self.conn, number))
    }

    fn episode_steps(&self, number: u64) -> Result<Vec<StepRow>, Fault> {
        self.named(steps(&self.conn, number))
    }

    fn outbox_due(&self, way: Way, now: UnixMillis, limit: usize) -> Result<Vec<OutboxRow>, Fault> {
        self.named(outbox::due(&self.conn, way, now, limit))
    }

    fn outbox(&self, episode: Option<u64>, limit: usize) -> Result<Vec<OutboxRow>, Fault> {
        self.named(outbox::list(&self.conn, episode, limit))
    }

    fn outbox_counts(&self) -> Result<OutboxCounts, Fault> {
        self.named(outbox::counts(&self.conn))
    }

    fn outbox_tried(&mut self, row: &OutboxRow, instead: Option<&OutboxRow>) -> Result<(), Fault> {
        let result = outbox::tried(&mut self.conn, row, instead);
        self.named(result)
    }

    fn alert_audit(&self, limit: usize) -> Result<Vec<AuditRow>, Fault> {
        self.named(audit(&self.conn, None, limit))
    }

    fn alert_audit_of(&self, episode: u64, limit: usize) -> Result<Vec<AuditRow>, Fault> {
        self.named(audit(&self.conn, Some(episode), limit))
    }

    fn events_after(&self, after: u64, limit: usize) -> Result<Vec<EventRow>, Fault> {
        self.named(events_after(&self.conn, after, limit))
    }

    fn events_of(&self, span: Span) -> Result<Option<Vec<EventRow>>, Fault> {
        self.named(events_of(&self.conn, span))
    }
}
