//! Configurations by number, so that an old call is explained by the rules of its time.
//!
//! Knows no configuration's words. A newcomer may ask why equal texts share a number: a restart
//! without a change is no new configuration.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::super::correction::DayConfigRow;
use super::super::fault::Fault;
use super::super::rows::ConfigRow;
use super::super::types::Span;
use crate::ids::ConfigNumber;
use crate::units::UnixMillis;

/// The number of a canonical text.
pub(super) fn number(
    conn: &mut Connection,
    text: &str,
    now: UnixMillis,
) -> Result<ConfigNumber, Fault> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known: Option<u32> = tx
        .query_row("SELECT number FROM config WHERE text = ?1", [text], |row| {
            row.get(0)
        })
        .optional()?;
    let number = match known {
        Some(number) => number,
        None => tx.query_row(
            "INSERT INTO config (text, first_used) VALUES (?1, ?2) RETURNING number",
            (text, now.0),
            |row| row.get(0),
        )?,
    };
    tx.commit()?;
    Ok(ConfigNumber(number))
}

/// Adds reports by day and configuration, `sign` times (1 or -1).
pub(super) fn count_days(
    conn: &Connection,
    counts: &BTreeMap<(i64, ConfigNumber), i64>,
    sign: i64,
) -> Result<(), Fault> {
    for ((day, config), n) in counts {
        conn.prepare_cached(
            "INSERT INTO day_config VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET n = n + excluded.n",
        )?
        .execute((day, config.0, n * sign))?;
    }
    Ok(())
}

/// Under which configurations the days of a span stand, by day and number.
pub(super) fn of_days(conn: &Connection, span: Span) -> Result<Vec<DayConfigRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT day, config, n FROM day_config WHERE day >= ?1 AND day < ?2 AND n > 0
         ORDER BY day, config",
    )?;
    let rows = rows.query_map((span.from.0, span.to.0), |row| {
        Ok(DayConfigRow {
            day: UnixMillis(row.get(0)?),
            config: ConfigNumber(row.get(1)?),
            reports: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All of them, by number.
pub(super) fn all(conn: &Connection) -> Result<Vec<ConfigRow>, Fault> {
    let mut rows = conn.prepare("SELECT number, text, first_used FROM config ORDER BY number")?;
    let rows = rows.query_map([], |row| {
        Ok(ConfigRow {
            number: ConfigNumber(row.get(0)?),
            text: row.get(1)?,
            first_used: UnixMillis(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
