//! `report monthly` for people: a month in sentences, its features and days.
//!
//! Knows no figure of its own. A newcomer may ask why the tables are those of `report daily`: a month is
//! its days, and whoever adds them up must come to it.

use super::{daily, empty, say, write_page};
use crate::app::report::gather;
use crate::app::report::monthly::{Month, Monthly, monthly};
use crate::app::{Failure, pages, setup};
use crate::cli::args::MonthlyArgs;
use crate::cli::{Terminal, ask, words};
use crate::clock::Clock;
use crate::ledger::{Ledger, Span};
use crate::money::NanoUsd;

/// Rows of evidence in the JSON, of each verdict.
const EVIDENCE: usize = 20;

/// Answers.
pub(super) fn run(args: &MonthlyArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    let ledger = ask::open(&args.ledger)?;
    let now = terminal.clock.now();
    let month = if let Some(text) = &args.month {
        Month::parse(text).ok_or_else(|| {
            Failure::Usage(format!(
                "`--month {text}` is no month; write it as `2026-11`"
            ))
        })?
    } else {
        let days = gather(&ledger, Span::ALL, None)?.days;
        let last = days.keys().next_back().copied().unwrap_or(now);
        Month::of(ledger.zones().date_of(last))
    };
    let declared = &setup.ready.declared;
    let answer = monthly(&ledger, (&setup.rules, declared), (month, now), EVIDENCE)?;
    if args.json {
        terminal.json(&answer)?;
    }
    if answer.spend.days.is_empty() {
        let why = format!(
            "{} has nothing in the books.\n{}",
            answer.month,
            empty::why(&ledger, &args.ledger)?
        );
        say(&why, args.json, terminal)?;
    } else if !args.json {
        for line in sentences(&answer) {
            writeln!(terminal.out, "{line}")?;
        }
        writeln!(terminal.out)?;
        daily::show(&answer.spend, terminal)?;
    }
    if let Some(file) = &args.html {
        let wanted = [("month", Some(answer.month.as_str()))];
        let page = pages::report(&ledger, &setup, "/month", &wanted, now)?;
        write_page(&page, file, terminal)?;
    }
    Ok(0)
}

/// The month in sentences: how much of it is booked, approval, the month before, places, outages.
fn sentences(answer: &Monthly) -> Vec<String> {
    let dollars = |nano: i64| words::dollars(NanoUsd(nano));
    let mut lines = vec![format!(
        "{}: {} of {} days booked.",
        answer.month, answer.days_booked, answer.days
    )];
    let why = &answer.why;
    if why.approved_nanousd > 0 {
        let of = why.cost_nanousd - why.without_approval_nanousd;
        lines.push(format!(
            "Features with an approval cost {}, approved were {} for as many requests.",
            dollars(of),
            dollars(why.approved_nanousd)
        ));
    }
    let before = &answer.against_month_before;
    if before.before_requests > 0 {
        let unit = if before.a_day { " a day" } else { "" };
        let cause = before.causes.first();
        let cause = cause.map_or_else(String::new, |step| {
            format!(", most of it by {} ({})", step.name, dollars(step.nanousd))
        });
        lines.push(format!(
            "Against the month before: {}{unit} after {}{unit}{cause}.",
            dollars(before.now_nanousd),
            dollars(before.before_nanousd)
        ));
    }
    let followed = &answer.fallbacks;
    if followed.closed > 0 {
        lines.push(format!(
            "Fail-closed held in {} of {} outages.",
            followed.closed_held, followed.closed
        ));
    } else if !followed.outages.is_empty() {
        let n = i64::try_from(followed.outages.len()).unwrap_or(i64::MAX);
        let moved: i64 = followed.outages.iter().map(|one| one.elsewhere).sum();
        lines.push(format!(
            "{}; {} elsewhere.",
            words::plural(n, "outage of an endpoint", "outages of endpoints"),
            words::plural(moved, "call went", "calls went")
        ));
    }
    lines
}
