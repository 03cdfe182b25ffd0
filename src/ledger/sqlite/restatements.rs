//! The corrections that were made, each a row that stays.
//!
//! Knows no line. A newcomer may ask why the figures are kept with it: the lines that could tell
//! them again are gone in two weeks.

use rusqlite::Connection;

use super::super::correction::{Restated, RestatementRow};
use super::super::fault::Fault;
use super::super::types::Span;
use super::corrupt;
use crate::ids::ConfigNumber;
use crate::units::{Text, UnixMillis};

/// Writes one; its number.
pub(super) fn put(conn: &Connection, row: &RestatementRow) -> Result<u64, Fault> {
    let from: Vec<String> = row.from.iter().map(|config| config.0.to_string()).collect();
    let done = &row.done;
    Ok(conn.query_row(
        "INSERT INTO restatement (at, since, until, configs, config, reason, lines, changed,
           removed, as_booked, before_nanousd, after_nanousd, moved_nanousd)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING number",
        rusqlite::params![
            row.at.0,
            row.span.from.0,
            row.span.to.0,
            from.join(","),
            row.to.0,
            row.reason.as_str(),
            done.lines,
            done.changed,
            done.removed,
            done.as_booked,
            done.before_nanousd,
            done.after_nanousd,
            done.moved_nanousd,
        ],
        |row| row.get(0),
    )?)
}

/// All of them, by number.
pub(super) fn all(conn: &Connection) -> Result<Vec<RestatementRow>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT number, at, since, until, configs, config, reason, lines, changed, removed,
           as_booked, before_nanousd, after_nanousd, moved_nanousd
         FROM restatement ORDER BY number",
    )?;
    let mut rows = rows.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let configs = row.get_ref(4)?.as_str()?;
        let from = configs.split(',').filter(|number| !number.is_empty());
        let from = from.map(|number| number.parse().map(ConfigNumber));
        found.push(RestatementRow {
            number: row.get(0)?,
            at: UnixMillis(row.get(1)?),
            span: Span {
                from: UnixMillis(row.get(2)?),
                to: UnixMillis(row.get(3)?),
            },
            from: from
                .collect::<Result<_, _>>()
                .map_err(|_| corrupt("restatement"))?,
            to: ConfigNumber(row.get(5)?),
            reason: Text::from(row.get_ref(6)?.as_str()?),
            done: Restated {
                lines: row.get(7)?,
                changed: row.get(8)?,
                removed: row.get(9)?,
                as_booked: row.get(10)?,
                before_nanousd: row.get(11)?,
                after_nanousd: row.get(12)?,
                moved_nanousd: row.get(13)?,
            },
        });
    }
    Ok(found)
}
