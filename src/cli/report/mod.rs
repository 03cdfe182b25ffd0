//! `tollwatch report`: a sentence with the answer, tables with yardsticks, what was not seen.
//!
//! Knows no figure that it did not get from [`crate::app::report`]. A newcomer may ask why every
//! table says calls or requests: they are counted from different halves of the facts.

mod cells;
mod daily;
mod endpoints;
mod pilot;
mod readiness;
mod readiness_page;
mod residency;
mod unseen;

use super::args::{Asked, PilotArgs, ReportCommand};
use super::{Terminal, ask};
use crate::app::report as books_report;
use crate::app::{Failure, setup};
use crate::ledger::{Ledger, Span, SqliteLedger};

pub(super) use unseen::show as show_unseen;

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
        ReportCommand::Daily { asked, feature } => {
            let Books {
                ledger,
                setup,
                span,
            } = books(asked, terminal)?;
            let only = feature.as_deref();
            let answer = books_report::daily::daily(&ledger, &setup.rules, span, only)?;
            if asked.json {
                terminal.json(&answer)?;
            } else {
                daily::show(&answer, terminal)?;
            }
        }
        ReportCommand::Residency { asked, evidence } => {
            let Books {
                ledger,
                setup,
                span,
            } = books(asked, terminal)?;
            let limit = *evidence;
            let answer = books_report::residency::residency(&ledger, &setup.rules, span, limit)?;
            if asked.json {
                terminal.json(&answer)?;
            } else {
                residency::show(&answer, terminal)?;
            }
        }
        ReportCommand::Pilot(args) => return pilot_report(args, terminal),
        ReportCommand::Readiness(args) => return readiness::run(args, terminal),
        ReportCommand::Endpoints { asked } => {
            let Books {
                ledger,
                setup,
                span,
            } = books(asked, terminal)?;
            let answer = books_report::endpoints::endpoints(&ledger, &setup.rules, span)?;
            if asked.json {
                terminal.json(&answer)?;
            } else {
                endpoints::show(&answer, terminal)?;
            }
        }
    }
    Ok(0)
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
    Ok(0)
}
