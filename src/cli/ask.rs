//! What questions to the books have in common, and the plain tables: spans, `export`, `verify`.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::args::{self, ExportCommand, Exported};
use super::{FAILED, Terminal, report, words};
use crate::app::report::basis::{Correction, corrections};
use crate::app::report::{Lost, losses};
use crate::app::{Failure, export, setup};
use crate::ledger::{ContradictionRow, Ledger, Resolution, Span, SqliteLedger, Zones};
use crate::units::UnixMillis;

/// A time given as an argument.
pub(super) fn time(text: &str) -> Result<UnixMillis, Failure> {
    let date = || format!("{text}T00:00:00Z");
    UnixMillis::parse(text)
        .or_else(|| UnixMillis::parse(&date()))
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`{text}` is no time; write `2026-11-20` or `2026-11-20T09:14:31Z`"
            ))
        })
}

/// The span from the beginning of `from` to the end of `to`; days are the ledger's.
pub(super) fn span(zones: &Zones, from: Option<&str>, to: Option<&str>) -> Result<Span, Failure> {
    let midnight = |date: NaiveDate| {
        // Noon lies on its date in every zone whose day is asked for.
        let noon = date
            .and_hms_opt(12, 0, 0)
            .map_or(0, |noon| noon.and_utc().timestamp_millis());
        zones.day_of(UnixMillis(noon))
    };
    let parse = |text: &str, end: bool| -> Result<UnixMillis, Failure> {
        match text.parse::<NaiveDate>() {
            Ok(date) if end => Ok(midnight(
                date.checked_add_days(Days::new(1)).unwrap_or(date),
            )),
            Ok(date) => Ok(midnight(date)),
            Err(_) => time(text),
        }
    };
    let from = from.map_or(Ok(Span::ALL.from), |text| parse(text, false))?;
    let to = to.map_or(Ok(Span::ALL.to), |text| parse(text, true))?;
    if from >= to {
        return Err(Failure::Usage("`--to` lies before `--from`".to_owned()));
    }
    Ok(Span { from, to })
}

/// Opens books for reading.
pub(super) fn open(path: &Path) -> Result<SqliteLedger, Failure> {
    setup::open_read_only(path)
}

fn form(exported: &Exported) -> export::Form {
    match exported.format {
        args::Form::Csv if !exported.json => export::Form::Csv,
        args::Form::Csv | args::Form::Jsonl => export::Form::Jsonl,
    }
}

/// Writes cells or links.
pub(super) fn export(command: &ExportCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        ExportCommand::Cells {
            exported,
            resolution,
        } => {
            let resolution = Resolution::parse(resolution).ok_or_else(|| {
                Failure::Usage(format!(
                    "unknown resolution `{resolution}`; known are minute, hour, day"
                ))
            })?;
            let ledger = open(&exported.ledger)?;
            let span = span(
                ledger.zones(),
                exported.from.as_deref(),
                exported.to.as_deref(),
            )?;
            let rows = export::cells(&ledger, resolution, span, form(exported), terminal.out)?;
            if rows == 0 {
                terminal.note(&nothing(&ledger, exported, resolution)?)?;
            }
        }
        ExportCommand::Links { exported } => {
            let ledger = open(&exported.ledger)?;
            let span = span(
                ledger.zones(),
                exported.from.as_deref(),
                exported.to.as_deref(),
            )?;
            export::links(&ledger, span, form(exported), terminal.out)?;
        }
    }
    Ok(0)
}

/// Why an export of cells has no row.
fn nothing(
    ledger: &dyn Ledger,
    exported: &Exported,
    resolution: Resolution,
) -> Result<String, Failure> {
    match resolution {
        Resolution::Day => report::why_empty(ledger, &exported.ledger),
        Resolution::Hour | Resolution::Minute => Ok(format!(
            "no {} cell begins in this span; minutes and hours are kept for a while only, days for ever",
            resolution.as_str()
        )),
    }
}

#[derive(Serialize)]
struct Verified {
    received: u64,
    accounted: u64,
    seals: usize,
    days_intact: u64,
    days_pending: Vec<String>,
    days_changed: Vec<String>,
    seals_broken: Vec<u64>,
    losses: Vec<Lost>,
    contradictions: Vec<Contradicted>,
    overflows: BTreeMap<String, u64>,
    restatements: Vec<Correction>,
}

/// Two tellers that told other facts of the same call.
#[derive(Serialize)]
struct Contradicted {
    first: String,
    second: String,
    n: u64,
    example: String,
}

impl Verified {
    /// Late records wait for the next round of upkeep, which amends their days; that is sound.
    fn is_sound(&self) -> bool {
        self.received == self.accounted
            && self.seals_broken.is_empty()
            && self.days_changed.is_empty()
    }
}

fn contradicted(row: &ContradictionRow) -> Contradicted {
    let example = &row.example;
    Contradicted {
        first: row.first.to_string(),
        second: row.second.to_string(),
        n: row.n,
        example: format!("{}:{}:{}", example.topic, example.partition, example.offset),
    }
}

/// What limits cut off, of all times, by kind.
fn overflows(ledger: &dyn Ledger) -> Result<BTreeMap<String, u64>, Failure> {
    let mut by_kind = BTreeMap::new();
    for row in ledger.overflows()? {
        *by_kind.entry(row.kind.to_string()).or_default() += row.n;
    }
    Ok(by_kind)
}

/// Recomputes the seals and the conservation of all records.
pub(super) fn verify(args: &args::LedgerOnly, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let ledger = open(&args.ledger)?;
    let counts = ledger.counts()?;
    let sum = |received: bool| {
        counts
            .iter()
            .filter(|row| (row.outcome == "received") == received)
            .map(|row| row.n)
            .sum::<u64>()
    };
    let check = ledger.verify_seals()?;
    let verified = Verified {
        received: sum(true),
        accounted: sum(false),
        seals: ledger.seals()?.len(),
        days_intact: check.intact,
        days_pending: check.pending.iter().map(ToString::to_string).collect(),
        days_changed: check.changed.iter().map(ToString::to_string).collect(),
        seals_broken: check.broken,
        losses: losses(&ledger, Span::ALL)?,
        contradictions: ledger.contradictions()?.iter().map(contradicted).collect(),
        overflows: overflows(&ledger)?,
        restatements: corrections(&ledger)?
            .into_iter()
            .map(|(_, one)| one)
            .collect(),
    };
    if args.json {
        terminal.json(&verified)?;
    } else {
        tell(&verified, terminal)?;
    }
    Ok(if verified.is_sound() { 0 } else { FAILED })
}

fn tell(verified: &Verified, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(
        terminal.out,
        "{} records received, {} accounted for",
        verified.received, verified.accounted
    )?;
    writeln!(
        terminal.out,
        "{} sealed days intact, {} waiting for an amendment, {} changed; {} seals, {} broken",
        verified.days_intact,
        verified.days_pending.len(),
        verified.days_changed.len(),
        verified.seals,
        verified.seals_broken.len()
    )?;
    for day in &verified.days_changed {
        writeln!(terminal.out, "  the day of {day} is not what was sealed")?;
    }
    for number in &verified.seals_broken {
        writeln!(
            terminal.out,
            "  seal {number} does not follow from the one before"
        )?;
    }
    for lost in &verified.losses {
        writeln!(terminal.out, "{}", report::loss(lost))?;
    }
    for one in &verified.contradictions {
        let first = if one.first.is_empty() {
            "an earlier report"
        } else {
            &one.first
        };
        writeln!(
            terminal.out,
            "{} against {first}, which stands; the latest at {}",
            words::plural(
                i64::try_from(one.n).unwrap_or(i64::MAX),
                &format!("contradiction of {}", one.second),
                &format!("contradictions of {}", one.second)
            ),
            one.example
        )?;
    }
    for (kind, n) in &verified.overflows {
        writeln!(terminal.out, "{}", report::overflow(kind, *n))?;
    }
    for correction in &verified.restatements {
        writeln!(terminal.out, "{}", report::corrected(correction))?;
    }
    Ok(())
}
