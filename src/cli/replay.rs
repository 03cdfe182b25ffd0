//! `tollwatch replay`: files into the books, and the conservation line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::progress::Bar;
use super::{Terminal, args, inspect, words, zone};
use crate::app::replay::{self as job, Asked, Replayed};
use crate::app::{Failure, setup};
use crate::ledger::{Applied, Ledger};
use crate::source::file::Resume;
use crate::source::list;

/// The five figures of conservation, and what stands behind them.
#[derive(Serialize)]
pub(super) struct Conservation {
    pub(super) received: u64,
    pub(super) metered: u64,
    pub(super) duplicate: u64,
    pub(super) ignored: u64,
    pub(super) quarantined: u64,
    pub(super) contradictions: u64,
    pub(super) duplicates_by_kind: BTreeMap<&'static str, u64>,
    pub(super) ignored_by_reason: BTreeMap<&'static str, u64>,
    pub(super) quarantined_by_reason: BTreeMap<&'static str, u64>,
    pub(super) weak: u64,
}

impl Conservation {
    pub(super) fn of(applied: &Applied) -> Conservation {
        let duplicates_by_kind: BTreeMap<_, _> = applied
            .duplicates
            .iter()
            .map(|(kind, n)| (kind.as_str(), *n))
            .collect();
        Conservation {
            received: applied.received(),
            metered: applied.metered,
            duplicate: applied.duplicates.values().sum(),
            ignored: applied.ignored.values().sum(),
            quarantined: applied.quarantined.values().sum(),
            contradictions: duplicates_by_kind
                .get("contradiction")
                .copied()
                .unwrap_or(0),
            duplicates_by_kind,
            ignored_by_reason: applied
                .ignored
                .iter()
                .map(|(reason, n)| (reason.as_str(), *n))
                .collect(),
            quarantined_by_reason: applied
                .quarantined
                .iter()
                .map(|(reason, n)| (reason.as_str(), *n))
                .collect(),
            weak: applied.weak,
        }
    }

    /// `received = metered + duplicate + ignored + quarantined` with all five figures.
    pub(super) fn line(&self) -> String {
        format!(
            "received {} = metered {} + duplicate {} + ignored {} + quarantined {}",
            self.received, self.metered, self.duplicate, self.ignored, self.quarantined
        )
    }
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    conservation: Conservation,
    files: Vec<FileAnswer>,
}

#[derive(Serialize)]
struct FileAnswer {
    path: String,
    state: &'static str,
    received: u64,
    fault: Option<String>,
}

/// Replays files into a ledger.
pub(super) fn replay(args: &args::Replay, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let format = inspect::format_of(args.format.as_deref())?;
    // A wrong path is told before a ledger is made for it.
    let files = list::list(&args.inputs)?;
    if args.fresh
        && let Some(aside) = setup.set_aside(&args.ledger, &terminal.clock)?
    {
        terminal.note(&format!(
            "the books that were there are now `{}`",
            aside.display()
        ))?;
    }
    let mut ledger = setup.open(&args.ledger)?;
    let path = args.ledger.display().to_string();
    if let Some(text) = zone::differs(&ledger, setup.ready.timezone, &path) {
        terminal.note(&format!("note: {text}"))?;
    }
    let mut judge = setup.judge(&mut ledger, &terminal.clock)?;
    let asked = Asked {
        files: &files,
        format,
    };
    let mut bar = Bar::new(args.json);
    let books: (_, &mut dyn Ledger) = (&mut judge, &mut ledger);
    let replayed = job::replay(&setup, books, &terminal.clock, asked, &mut bar)?;
    let broken = replayed.files.iter().any(|file| file.fault.is_some());
    if args.json {
        terminal.json(&answer(&replayed))?;
    } else {
        show(&replayed, args, terminal)?;
    }
    if files.is_empty() {
        terminal.note(&nothing_there(&args.inputs))?;
    }
    Ok(u8::from(broken))
}

fn answer(replayed: &Replayed) -> Answer {
    Answer {
        conservation: Conservation::of(&replayed.applied),
        files: replayed
            .files
            .iter()
            .map(|file| FileAnswer {
                path: file.path.display().to_string(),
                state: file.resume.as_str(),
                received: file.received,
                fault: file.fault.clone(),
            })
            .collect(),
    }
}

/// Inputs that hold no file.
fn nothing_there(inputs: &[PathBuf]) -> String {
    let inputs: Vec<String> = inputs
        .iter()
        .map(|input| input.display().to_string())
        .collect();
    format!(
        "warning: nothing was read: no file in {} (names that begin with a dot are passed over)",
        inputs.join(", ")
    )
}

fn show(
    replayed: &Replayed,
    args: &args::Replay,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    for file in &replayed.files {
        match file.resume {
            Resume::Replaced => terminal.note(&format!(
                "{}: its bytes are others than those read before; read from the start",
                file.path.display()
            ))?,
            Resume::Cut => terminal.note(&format!(
                "{}: shorter than what was read before; read from the start",
                file.path.display()
            ))?,
            Resume::New | Resume::Continued => {}
        }
        if let Some(fault) = &file.fault {
            terminal.note(&format!(
                "warning: {fault}; what came before is in the books"
            ))?;
        }
    }
    let conservation = Conservation::of(&replayed.applied);
    let n = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    reasons(terminal, "ignored", &conservation.ignored_by_reason)?;
    reasons(terminal, "duplicate", &conservation.duplicates_by_kind)?;
    reasons(terminal, "quarantined", &conservation.quarantined_by_reason)?;
    if conservation.contradictions > 0 {
        let text = words::plural(
            n(conservation.contradictions),
            "report contradicts",
            "reports contradict",
        );
        writeln!(
            terminal.out,
            "{text} an earlier one of the same call; the first stands"
        )?;
    }
    if conservation.weak > 0 {
        let text = words::plural(n(conservation.weak), "report is", "reports are");
        writeln!(terminal.out, "{text} known only by a hash of the content")?;
    }
    if conservation.quarantined > 0 {
        let ledger = words::argument(&args.ledger);
        writeln!(
            terminal.out,
            "next: tollwatch quarantine list --ledger {ledger}"
        )?;
    }
    writeln!(terminal.out, "{}", conservation.line())?;
    Ok(())
}

fn reasons(
    terminal: &mut Terminal<'_>,
    outcome: &str,
    by: &BTreeMap<&'static str, u64>,
) -> Result<(), Failure> {
    for (reason, n) in by {
        let number = words::count(i64::try_from(*n).unwrap_or(i64::MAX));
        writeln!(terminal.out, "{outcome:>12}  {reason:<20} {number:>12}")?;
    }
    Ok(())
}
