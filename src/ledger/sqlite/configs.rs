//! Configurations by number, so that an old call is explained by the rules of its time.
//!
//! Knows no configuration's words. A newcomer may ask why equal texts share a number: a restart
//! without a change is no new configuration.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::super::fault::Fault;
use super::super::rows::ConfigRow;
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
