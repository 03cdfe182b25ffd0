//! `tollwatch quarantine`: what could not be read, and reading it again.

use serde::Serialize;

use super::args::QuarantineCommand;
use super::table::{Rows, plain};
use super::{Terminal, ask, words};
use crate::app::quarantine::Retried;
use crate::app::{Failure, quarantine as job, setup};
use crate::ledger::{Ledger, QuarantineRow};
use crate::outcome::QuarantineReason;

#[derive(Serialize)]
struct Shown {
    id: i64,
    source: String,
    topic: String,
    partition: i32,
    offset: u64,
    at: Option<String>,
    format: Option<&'static str>,
    reason: &'static str,
    detail: String,
    keys: Vec<(String, u32)>,
    seen: String,
}

/// Lists or retries.
pub(super) fn quarantine(
    command: &QuarantineCommand,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    match command {
        QuarantineCommand::List {
            ledger,
            reason,
            limit,
            json,
        } => {
            let reason = reason_of(reason.as_deref())?;
            let ledger = ask::open(ledger)?;
            let rows = ledger.quarantine(usize::MAX)?;
            let wanted = rows
                .iter()
                .filter(|row| reason.is_none_or(|reason| row.reason == reason));
            let shown: Vec<Shown> = wanted.take(*limit).map(shown).collect();
            if *json {
                shown.iter().try_for_each(|row| terminal.json(row))?;
            } else {
                list(&shown, (rows.len(), reason), terminal)?;
            }
        }
        QuarantineCommand::Retry {
            ledger,
            config,
            reason,
            json,
        } => {
            let reason = reason_of(reason.as_deref())?;
            let setup = setup::load(config.as_deref(), &terminal.clock)?;
            let mut ledger = setup.open(ledger)?;
            let mut judge = setup.judge(&mut ledger, &terminal.clock)?;
            let clock = terminal.clock;
            let retried = job::retry(&mut ledger, &mut judge, &setup, &clock, reason)?;
            if *json {
                terminal.json(&retried)?;
            } else {
                tell(&retried, terminal)?;
            }
        }
    }
    Ok(0)
}

fn tell(retried: &Retried, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let n = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let outcomes: Vec<String> = retried
        .outcomes
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(outcome, count)| format!("{} {outcome}", words::count(n(*count))))
        .collect();
    writeln!(
        terminal.out,
        "{} again: {}",
        words::plural(n(retried.read), "record read", "records read"),
        if outcomes.is_empty() {
            "nothing to do".to_owned()
        } else {
            outcomes.join(", ")
        }
    )?;
    if retried.unreadable > 0 {
        writeln!(
            terminal.out,
            "{} no longer in their source",
            words::plural(n(retried.unreadable), "record is", "records are")
        )?;
    }
    Ok(())
}

fn reason_of(word: Option<&str>) -> Result<Option<QuarantineReason>, Failure> {
    let Some(word) = word else { return Ok(None) };
    QuarantineReason::parse(word).map(Some).ok_or_else(|| {
        let known: Vec<&str> = QuarantineReason::ALL
            .iter()
            .map(|reason| reason.as_str())
            .collect();
        Failure::Usage(format!(
            "unknown reason `{word}`; known are {}",
            known.join(", ")
        ))
    })
}

fn shown(row: &QuarantineRow) -> Shown {
    Shown {
        id: row.id,
        source: row.origin.source.to_string(),
        topic: row.origin.topic.to_string(),
        partition: row.origin.partition,
        offset: row.origin.offset,
        at: row.at.map(|at| at.to_string()),
        format: row.format.map(crate::call::Format::as_str),
        reason: row.reason.as_str(),
        detail: row.detail.clone(),
        keys: row
            .keys
            .iter()
            .map(|(key, length)| (key.to_string(), *length))
            .collect(),
        seen: row.seen.to_string(),
    }
}

fn list(
    rows: &[Shown],
    (all, reason): (usize, Option<QuarantineReason>),
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let records = words::plural(number(all), "record", "records");
    let shown = match reason {
        _ if all == 0 => "No record is in quarantine.".to_owned(),
        Some(reason) if rows.is_empty() => {
            format!(
                "{records} in quarantine, none shown as `{}`.",
                reason.as_str()
            )
        }
        None if rows.len() == all => format!("{records} in quarantine."),
        Some(_) | None => {
            format!(
                "{records} in quarantine, {} shown.",
                words::count(number(rows.len()))
            )
        }
    };
    if rows.is_empty() {
        writeln!(terminal.out, "{shown}")?;
        return Ok(());
    }
    writeln!(
        terminal.out,
        "{shown} Keys and lengths are kept, never values.\n"
    )?;
    let mut table = Rows::new(
        &["reason", "where", "what would be right", "keys"],
        4,
        terminal,
    );
    for row in rows {
        let keys: Vec<String> = row
            .keys
            .iter()
            .take(6)
            .map(|(key, length)| format!("{key}({length})"))
            .collect();
        let more = if row.keys.len() > 6 { " …" } else { "" };
        let file = row.topic.rsplit('/').next().unwrap_or(&row.topic);
        table.row(vec![
            plain(row.reason),
            plain(format!("{file}:{}:{}", row.partition, row.offset)),
            plain(row.detail.as_str()),
            plain(format!("{}{more}", keys.join(" "))),
        ]);
    }
    table.show(terminal)
}
