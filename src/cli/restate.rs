//! `tollwatch restate`: shows what the present configuration moves, asks, and books it.
//!
//! Knows no figure that it did not get from [`crate::app::restate`]. A newcomer may ask why it asks
//! although every step can be undone by another: what leaves the books does not come back.

mod way;

use std::io::{BufRead, IsTerminal};

use serde::Serialize;

use super::progress::Bar;
use super::table::{Rows, plain};
use super::{Terminal, args, ask, words};
use crate::app::restate::{self as job, Differences, Shift, Turn};
use crate::app::{Failure, setup};
use crate::ledger::Ledger;
use crate::money::NanoUsd;
use crate::units::clean_name;

#[derive(Serialize)]
struct Answer<'a> {
    applied: bool,
    number: Option<u64>,
    #[serde(flatten)]
    differences: &'a Differences,
}

/// Restates a span of the books.
pub(super) fn restate(args: &args::Restate, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let reason = clean_name(&args.reason);
    if reason.is_empty() {
        return Err(Failure::Usage(
            "`--reason` is empty; say in a few words why the books are corrected".to_owned(),
        ));
    }
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let way = way::open(&args.ledger, args.dry_run, &setup)?;
    let zones = way.ledger().zones();
    let span = ask::span(zones, Some(&args.since), args.until.as_deref())?;
    let mut bar = Bar::new(args.json);
    let differences = job::preview(way.ledger(), &setup, span, &mut bar)?;
    if !args.json {
        show(&differences, terminal)?;
    }
    let nothing = differences.lines == 0;
    let booked = if args.dry_run || nothing || !agreed(args, terminal)? {
        None
    } else {
        way.book(&setup, (span, &reason), &mut bar, terminal)?
    };
    let number = booked.map(|booked| booked.number);
    if args.json {
        return terminal
            .json(&Answer {
                applied: number.is_some(),
                number,
                differences: &differences,
            })
            .map(|()| 0);
    }
    match booked {
        Some(booked) => {
            let came = booked.lines.saturating_sub(differences.lines);
            let came = if came > 0 {
                let lines = words::plural(number_of(came), "call line", "call lines");
                format!(" {lines} came after they were shown, and were restated with them.")
            } else {
                String::new()
            };
            let number = booked.number;
            writeln!(terminal.out, "Restatement {number} is in the books.{came}")?;
        }
        None => writeln!(terminal.out, "Nothing was changed.")?,
    }
    Ok(0)
}

/// Whether the correction is wanted.
fn agreed(args: &args::Restate, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    if args.yes {
        return Ok(true);
    }
    let stdin = std::io::stdin();
    if args.json || !stdin.is_terminal() {
        return Err(Failure::Usage(
            "nothing was changed: nobody can be asked here; `--yes` books it, `--dry-run` only shows it"
                .to_owned(),
        ));
    }
    write!(terminal.out, "\nBook this correction? [y/N] ")?;
    terminal.out.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn number_of(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn show(differences: &Differences, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}", headline(differences))?;
    for (what, shifts) in [
        ("feature", &differences.features),
        ("endpoint", &differences.endpoints),
        ("model", &differences.models),
    ] {
        shifted((what, shifts), terminal)?;
    }
    for (what, one, many, turns) in [
        ("Verdicts", "call", "calls", &differences.verdicts),
        ("Prices", "request", "requests", &differences.prices),
    ] {
        turned(what, (one, many), turns, terminal)?;
    }
    for note in notes(differences) {
        writeln!(terminal.out, "{note}")?;
    }
    Ok(())
}

fn headline(differences: &Differences) -> String {
    let lines = words::plural(number_of(differences.lines), "call line", "call lines");
    let hours = words::plural(number_of(differences.hours), "hour", "hours");
    if differences.lines == 0 {
        return "No call line is kept of this span.".to_owned();
    }
    let before = words::dollars(NanoUsd(differences.before_nanousd));
    let after = words::dollars(NanoUsd(differences.after_nanousd));
    let configs: Vec<String> = differences
        .configs_before
        .iter()
        .map(ToString::to_string)
        .collect();
    let moved = if differences.is_nothing() {
        " No figure changes."
    } else {
        ""
    };
    format!(
        "{lines} of {hours}, judged under configuration {}, now under {}: {before} before, {after} after.{moved}",
        configs.join(", "),
        differences.config
    )
}

fn shifted((what, shifts): (&str, &[Shift]), terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    /// Rows of a table; the rest stands in `--json`.
    const SHOWN: usize = 20;
    if shifts.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out)?;
    let headings = [what, "before", "after", "moved", "requests", "calls"];
    let mut rows = Rows::new(&headings, 1, terminal);
    for shift in shifts.iter().take(SHOWN) {
        let moved = shift.after_nanousd.saturating_sub(shift.before_nanousd);
        let sign = if moved > 0 { "+" } else { "" };
        let counts = |before: i64, after: i64| {
            if before == after {
                words::count(before)
            } else {
                format!("{} → {}", words::count(before), words::count(after))
            }
        };
        let name = if shift.name.is_empty() {
            "(none)"
        } else {
            shift.name.as_str()
        };
        rows.row(vec![
            plain(name),
            plain(words::dollars(NanoUsd(shift.before_nanousd))),
            plain(words::dollars(NanoUsd(shift.after_nanousd))),
            plain(format!("{sign}{}", words::dollars(NanoUsd(moved)))),
            plain(counts(shift.requests_before, shift.requests_after)),
            plain(counts(shift.calls_before, shift.calls_after)),
        ]);
    }
    rows.show(terminal)?;
    if let Some(more) = shifts.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(terminal.out, "and {more} more; `--json` lists all")?;
    }
    Ok(())
}

fn turned(
    what: &str,
    (one, many): (&str, &str),
    turns: &[Turn],
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if turns.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out, "\n{what}:")?;
    for turn in turns {
        let reports = words::plural(number_of(turn.reports), one, many);
        writeln!(terminal.out, "  {} → {}: {reports}", turn.from, turn.to)?;
    }
    Ok(())
}

/// What cannot change, and what does not come back.
fn notes(differences: &Differences) -> Vec<String> {
    let plural = |n: u64, one: &str, many: &str| words::plural(number_of(n), one, many);
    let mut notes = Vec::new();
    let mut note = |n: u64, one: &str, many: &str, rest: &str| {
        if n > 0 {
            notes.push(format!("{} {rest}", plural(n, one, many)));
        }
    };
    note(
        differences.removed,
        "report",
        "reports",
        "no longer counted: gone from the books for good, and their calls are not metered again",
    );
    note(
        differences.not_back,
        "report",
        "reports",
        "told a half that did not count then and would now: it is not kept; read the source into a new ledger (`replay --fresh`)",
    );
    note(
        differences.as_booked,
        "call line",
        "call lines",
        "of an older version: these stay as booked",
    );
    note(
        differences.groups_kept,
        "report",
        "reports",
        "keep their user group: only the plain user, which is not kept, could tell another",
    );
    note(
        differences.links_fixed,
        "hour",
        "hours",
        "keep their links: the call lines before are gone",
    );
    if !notes.is_empty() {
        notes.insert(0, String::new());
    }
    if !differences.fixed_days.is_empty() {
        notes.push("\nDays that cannot change, or not wholly:".to_owned());
    }
    for day in &differences.fixed_days {
        let why = match day.why {
            "lines_gone" => "the call lines are gone",
            "names" => "the day's limit on names was reached",
            _ => "the day's limit on conversations was reached, and not all of it is restated",
        };
        notes.push(format!(
            "  {}: {}, {why}",
            day.date,
            plural(day.hours, "hour", "hours")
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change<'a> = &'a dyn Fn(&mut Differences);

    #[test]
    fn says_what_stays() {
        let fixed = job::FixedDay {
            date: "2026-11-01".to_owned(),
            why: "lines_gone",
            hours: 24,
        };
        let cases: [(Change<'_>, &[&str]); 3] = [
            (&|_| (), &[]),
            (
                &|differences| differences.as_booked = 2,
                &["", "2 call lines of an older version: these stay as booked"],
            ),
            (
                &|differences| differences.fixed_days.push(fixed.clone()),
                &[
                    "\nDays that cannot change, or not wholly:",
                    "  2026-11-01: 24 hours, the call lines are gone",
                ],
            ),
        ];
        for (change, expected) in cases {
            let mut differences = Differences::default();
            change(&mut differences);
            assert_eq!(notes(&differences), expected);
        }
    }
}
