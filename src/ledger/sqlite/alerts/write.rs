//! Writes what alerts decided: where they stand, what they remember, what people are told.
//!
//! Knows no rule. A newcomer may ask why a turn is compared: two that judged one feed would mail
//! everything twice, and the second must fail.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::super::super::alerts::AlertApply;
use super::super::super::fault::{Fault, FaultKind};
use super::outbox;
use crate::crash::site;

/// Episodes that are over and digests that are kept; older ones go.
const EPISODES_MAX: i64 = 10_000;
/// Lines of what people did that are kept.
const AUDIT_MAX: i64 = 10_000;

/// Events that are kept, for databases that are told everything anew.
const EVENTS_MAX: i64 = 50_000;

/// Writes all of it in one transaction.
pub(super) fn apply(conn: &mut Connection, apply: &AlertApply) -> Result<u64, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let cursor = &apply.cursor;
    let next = cursor.turn + 1;
    let moved = tx
        .prepare_cached(
            "UPDATE alert_cursor SET turn = ?2, seq = ?3, closed_to = ?4, judged = ?5
             WHERE turn = ?1",
        )?
        .execute((
            cursor.turn,
            next,
            cursor.seq,
            cursor.closed_to.0,
            cursor.judged.0,
        ))?;
    if moved != 1 {
        return Err(Fault::new(
            FaultKind::Moved,
            "alerts were judged by somebody else meanwhile",
        ));
    }
    site("alert_cursor");
    state(&tx, apply)?;
    site("alert_state");
    episodes(&tx, apply)?;
    site("alert_steps");
    for row in &apply.outbox {
        outbox::put(&tx, row)?;
    }
    site("alert_outbox");
    audit(&tx, apply)?;
    events(&tx, apply)?;
    tx.commit()?;
    Ok(next)
}

fn state(tx: &Transaction<'_>, apply: &AlertApply) -> Result<(), Fault> {
    let mut put = tx.prepare_cached("INSERT OR REPLACE INTO alert_state VALUES (?1, ?2)")?;
    let mut drop = tx.prepare_cached("DELETE FROM alert_state WHERE name = ?1")?;
    for (name, body) in &apply.state {
        match body {
            Some(body) => put.execute((name.as_str(), body))?,
            None => drop.execute([name.as_str()])?,
        };
    }
    Ok(())
}

fn episodes(tx: &Transaction<'_>, apply: &AlertApply) -> Result<(), Fault> {
    if apply.episodes.is_empty() && apply.steps.is_empty() {
        return Ok(());
    }
    let mut put = tx.prepare_cached("INSERT OR REPLACE INTO episode VALUES (?1, ?2, ?3, ?4)")?;
    for row in &apply.episodes {
        let resolved = row.resolved.map(|at| at.0);
        put.execute((row.number, row.opened.0, resolved, &row.body))?;
    }
    let mut put =
        tx.prepare_cached("INSERT OR REPLACE INTO episode_step VALUES (?1, ?2, ?3, ?4)")?;
    for row in &apply.steps {
        put.execute((row.episode, row.step, row.at.0, &row.body))?;
    }
    // Numbers only rise: what lies far behind the last is old.
    tx.prepare_cached(
        "DELETE FROM episode WHERE resolved IS NOT NULL
           AND number <= (SELECT max(number) FROM episode) - ?1",
    )?
    .execute([EPISODES_MAX])?;
    tx.prepare_cached(
        "DELETE FROM episode_step
          WHERE episode <= (SELECT max(episode) FROM episode_step) - ?1
            AND episode NOT IN (SELECT number FROM episode)",
    )?
    .execute([EPISODES_MAX])?;
    Ok(())
}

fn audit(tx: &Transaction<'_>, apply: &AlertApply) -> Result<(), Fault> {
    let mut put = tx.prepare_cached(
        "INSERT INTO alert_audit (at, author, what, episode) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for row in &apply.audit {
        put.execute((row.at.0, row.author.as_str(), &row.what, row.episode))?;
    }
    if !apply.audit.is_empty() {
        tx.prepare_cached(
            "DELETE FROM alert_audit WHERE id <= (SELECT max(id) FROM alert_audit) - ?1",
        )?
        .execute([AUDIT_MAX])?;
    }
    Ok(())
}

fn events(tx: &Transaction<'_>, apply: &AlertApply) -> Result<(), Fault> {
    let mut put = tx.prepare_cached("INSERT INTO alert_event VALUES (NULL, ?1, ?2)")?;
    for row in &apply.events {
        put.execute((row.at.0, &row.body))?;
    }
    if !apply.events.is_empty() {
        tx.prepare_cached(
            "DELETE FROM alert_event WHERE id <= (SELECT max(id) FROM alert_event) - ?1",
        )?
        .execute([EVENTS_MAX])?;
    }
    Ok(())
}
