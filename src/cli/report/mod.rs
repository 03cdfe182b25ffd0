//! `tollwatch report`: a sentence with the answer, tables with yardsticks, what was not seen.
//!
//! Knows no figure that it did not get from [`crate::app::report`]. A newcomer may ask why every
//! table says calls or requests: they are counted from different halves of the facts.

mod basis;
mod bridge;
mod cells;
mod daily;
mod empty;
mod endpoints;
mod monthly;
mod pilot;
mod readiness;
mod readiness_page;
mod residency;
mod unseen;

use std::path::{Path, PathBuf};

use super::args::{Asked, PilotArgs, ReportCommand};
use super::{Terminal, ask, words};
use crate::app::report as books_report;
use crate::app::report::endpoints::Endpoint;
use crate::app::{Failure, pages, setup};
use crate::clock::Clock;
use crate::ledger::{Ledger, Span, SqliteLedger};
use crate::web::page::Page;

pub(super) use basis::corrected;
pub(super) use empty::why as why_empty;
pub(super) use unseen::{loss, overflow, show as show_unseen};

/// What a report is made from.
struct Books {
    ledger: SqliteLedger,
    setup: setup::Setup,
    span: Span,
}

fn books(asked: &Asked, terminal: &Terminal<'_>) -> Result<Books, Failure> {
    let setup = setup::load(asked.config.as_deref(), &terminal.clock)?;
    let ledger = ask::open(&asked.ledger)?;
    let span = ask::span(ledger.zones(), asked.from.as_deref(), asked.to.as_deref())?;
    Ok(Books {
        ledger,
        setup,
        span,
    })
}

/// Answers a question to the books.
pub(super) fn report(command: &ReportCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        ReportCommand::Daily {
            asked,
            feature,
            html,
        } => {
            let books = books(asked, terminal)?;
            let (ledger, rules) = (&books.ledger, &books.setup.rules);
            let only = feature.as_deref();
            let answer = books_report::daily::daily(ledger, rules, books.span, only)?;
            let empty = match only {
                _ if !answer.days.is_empty() => None,
                Some(wanted) => Some(empty::no_feature(&books, &asked.ledger, wanted)?),
                None => Some(empty::why(ledger, &asked.ledger)?),
            };
            if asked.json {
                terminal.json(&answer)?;
            }
            match empty {
                Some(text) => say(&text, asked.json, terminal)?,
                None if asked.json => {}
                None => daily::show(&answer, terminal)?,
            }
            page(&books, asked, (only, "/spend", html), terminal)?;
        }
        ReportCommand::Residency {
            asked,
            evidence,
            html,
        } => {
            let books = books(asked, terminal)?;
            let (ledger, rules) = (&books.ledger, &books.setup.rules);
            let answer = books_report::residency::residency(ledger, rules, books.span, *evidence)?;
            if asked.json {
                terminal.json(&answer)?;
            }
            if answer.features.is_empty() {
                say(&nowhere(&books, asked)?, asked.json, terminal)?;
            } else if !asked.json {
                residency::show(&answer, terminal)?;
            }
            page(&books, asked, (None, "/residency", html), terminal)?;
        }
        ReportCommand::Monthly(args) => return monthly::run(args, terminal),
        ReportCommand::Pilot(args) => return pilot_report(args, terminal),
        ReportCommand::Readiness(args) => return readiness::run(args, terminal),
        ReportCommand::Bridge(args) => return bridge::run(args, terminal),
        ReportCommand::Endpoints { asked, html } => {
            let books = books(asked, terminal)?;
            let (ledger, rules) = (&books.ledger, &books.setup.rules);
            let answer = books_report::endpoints::endpoints(ledger, rules, books.span)?;
            if asked.json {
                terminal.json(&answer)?;
            }
            // A registry is worth showing even beside empty books.
            let seen = |one: &Endpoint| one.figures.calls + one.figures.requests > 0;
            if !answer.endpoints.iter().any(seen) {
                say(&empty::why(ledger, &asked.ledger)?, asked.json, terminal)?;
            }
            if !asked.json && !answer.endpoints.is_empty() {
                endpoints::show(&answer, asked.config.is_some(), terminal)?;
            }
            page(&books, asked, (None, "/endpoints", html), terminal)?;
        }
    }
    Ok(0)
}

/// Writes the page at `path` as a file, where one is asked for.
fn page(
    books: &Books,
    asked: &Asked,
    (only, path, file): (Option<&str>, &str, &Option<PathBuf>),
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let Some(file) = file else {
        return Ok(());
    };
    let wanted = [
        ("from", asked.from.as_deref()),
        ("to", asked.to.as_deref()),
        ("feature", only),
    ];
    let now = terminal.clock.now();
    let page = pages::report(&books.ledger, &books.setup, path, &wanted, now)?;
    write_page(&page, file, terminal)
}

/// Writes a page as one file that needs nothing else.
fn write_page(page: &Page, file: &Path, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let page = crate::web::page::alone(page);
    std::fs::write(file, page).map_err(|error| words::of_file(&error, file))?;
    terminal.note(&format!("wrote {}", file.display()))
}

fn pilot_report(args: &PilotArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let Books {
        ledger,
        setup,
        span,
    } = books(&args.asked, terminal)?;
    let asked = books_report::pilot::Asked {
        endpoint: &args.endpoint,
        feature: &args.feature,
        group: args.group.as_deref(),
        p95_ms: args.p95_ms,
        throttled_percent: args.throttled_percent,
        failed_percent: args.failed_percent,
    };
    let answer = books_report::pilot::pilot(&ledger, &setup.rules, span, asked)?;
    if args.asked.json {
        terminal.json(&answer)?;
    } else {
        pilot::show(&answer, terminal)?;
    }
    if let Some(file) = &args.html {
        write_page(&pages::pilot(&answer), file, terminal)?;
    }
    Ok(0)
}

/// A sentence in the place of a table; beside JSON it is a note.
fn say(text: &str, json: bool, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if json {
        return terminal.note(text);
    }
    writeln!(terminal.out, "{text}")?;
    Ok(())
}

/// Why no call can be placed: there is none, or usage reports alone.
fn nowhere(books: &Books, asked: &Asked) -> Result<String, Failure> {
    let gathered = books_report::gather(&books.ledger, books.span, None)?;
    if gathered.days.is_empty() {
        return empty::why(&books.ledger, &asked.ledger);
    }
    Ok(
        "The books hold usage reports alone on these days, and those do not tell where calls landed.\n\
         Next: read the transport half as well (outbound HTTP logs) with tollwatch replay"
            .to_owned(),
    )
}
