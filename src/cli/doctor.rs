//! `tollwatch doctor`: what works of all that is configured, how fast, and what to do.
//!
//! Knows no broker. A newcomer may ask why a doubt does not fail: it is a finding that a person may
//! find right, like a folder whose first file is still to come.

use serde::Serialize;

use super::table::{Mark, Rows, marked, plain};
use super::{FAILED, Terminal, args, words};
use crate::app::doctor::{Look, State, doctor as look};
use crate::app::{Failure, setup};

/// A finding as `--json` prints it.
#[derive(Serialize)]
struct Shown<'a> {
    part: &'a str,
    what: &'a str,
    state: &'static str,
    ms: u64,
    found: &'a str,
    hint: &'a str,
}

/// Looks at everything that a configuration names; exit code 1 when something does not work.
pub(super) fn doctor(args: &args::Doctor, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(Some(&args.config), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let ledger = args.ledger.as_ref().unwrap_or(&setup.ready.ledger.path);
    let mut looks = Vec::new();
    look(&setup, ledger, &mut |look| looks.push(look));
    if args.json {
        looks
            .iter()
            .try_for_each(|look| terminal.json(&shown(look)))?;
    } else {
        table(&looks, terminal)?;
    }
    let fails = looks.iter().any(|look| look.state == State::Fails);
    Ok(if fails { FAILED } else { 0 })
}

fn shown(look: &Look) -> Shown<'_> {
    Shown {
        part: &look.part,
        what: &look.what,
        state: look.state.as_str(),
        ms: look.took.0,
        found: &look.found,
        hint: &look.hint,
    }
}

fn table(looks: &[Look], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut rows = Rows::new(&["part", "what", "", "found", "took"], 4, terminal);
    for look in looks {
        let mark = match look.state {
            State::Works => Mark::Plain,
            State::Doubtful => Mark::Doubt,
            State::Fails => Mark::Bad,
        };
        rows.row(vec![
            plain(look.part.as_str()),
            plain(look.what.as_str()),
            marked(look.state.as_str(), mark),
            plain(look.found.as_str()),
            plain(words::duration(look.took.0)),
        ]);
    }
    rows.show(terminal)?;
    let hints: Vec<&Look> = looks.iter().filter(|look| !look.hint.is_empty()).collect();
    if !hints.is_empty() {
        writeln!(terminal.out, "\nWhat to do:")?;
        for look in hints {
            writeln!(
                terminal.out,
                "  {}, {}: {}",
                look.part, look.what, look.hint
            )?;
        }
    }
    Ok(())
}
