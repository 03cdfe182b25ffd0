//! `report readiness`: an export in, what each skill uses and costs out.
//!
//! Knows no ledger that stays: the books are a temporary file, gone with the answer. A newcomer may
//! ask why it reads files where the other reports read books: it is the first question of all, asked
//! before there are any.

use std::path::Path;

use super::cells::maybe_ms;
use super::{readiness_page, unseen};
use crate::app::replay::{self, Asked, Replayed};
use crate::app::report::readiness::{Candidate, Cost, Gap, Readiness, Skill, readiness};
use crate::app::{Failure, setup};
use crate::cli::args::ReadinessArgs;
use crate::cli::progress::Bar;
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{FAILED, Terminal, inspect, words};
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::money::NanoUsd;
use crate::source::list;

/// Reads the export and answers.
pub(super) fn run(args: &ReadinessArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let candidates = args.candidates.iter();
    let candidates = candidates
        .map(|told| Candidate::parse(&setup.rules.regions, told))
        .collect::<Result<Vec<_>, _>>()?;
    let asked = Asked {
        files: &list::list(&args.inputs)?,
        format: inspect::format_of(args.format.as_deref())?,
    };
    let mut ledger = setup.open_temporary()?;
    let mut judge = setup.judge(&mut ledger, &terminal.clock)?;
    let books: (_, &mut dyn Ledger) = (&mut judge, &mut ledger);
    let replayed = replay::replay(
        &setup,
        books,
        &terminal.clock,
        asked,
        &mut Bar::new(args.json),
    )?;
    let answer = readiness(&ledger, &setup.rules, &candidates, terminal.clock.now())?;
    if let Some(path) = &args.html {
        let page = readiness_page::page(&answer, &unseen::lines(&answer.unseen));
        std::fs::write(path, page)?;
    }
    if args.json {
        terminal.json(&answer)?;
    } else {
        show(&answer, terminal)?;
    }
    after(&replayed, args.html.as_deref(), terminal)
}

/// What reading left to say, and the exit code.
fn after(
    replayed: &Replayed,
    html: Option<&Path>,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let faults: Vec<&String> = replayed
        .files
        .iter()
        .filter_map(|file| file.fault.as_ref())
        .collect();
    for fault in &faults {
        terminal.note(&format!(
            "warning: {fault}; what came before is in the figures"
        ))?;
    }
    if let Some(path) = html {
        terminal.note(&format!("wrote {}", path.display()))?;
    }
    Ok(if faults.is_empty() { 0 } else { FAILED })
}

/// The answer in a sentence.
pub(super) fn headline(answer: &Readiness) -> String {
    let total = &answer.total;
    if total.requests == 0 && total.calls == 0 {
        return "No LLM call was found.".to_owned();
    }
    let days = words::plural(answer.days, "day", "days");
    let what = if total.requests > 0 {
        words::plural(total.requests, "request", "requests")
    } else {
        words::plural(total.calls, "call", "calls")
    };
    total.today.month_nanousd.map_or_else(
        || format!("{what} in {days}; the export does not tell what they cost."),
        |month| {
            let each = total.today.per_request_nanousd;
            let each = each.map_or_else(String::new, |each| {
                format!(", {} a call", words::cents(NanoUsd(each)))
            });
            let month = words::dollars(NanoUsd(month));
            format!("{what} in {days} make {month} a month{each}.")
        },
    )
}

/// The sign that stands for a candidate in headings, where its name has no room.
pub(super) fn sign(place: usize) -> char {
    ('A'..='Z').nth(place).unwrap_or('…')
}

/// What each candidate would cost, a line each: its sign, its name, its price list.
pub(super) fn elsewhere(answer: &Readiness) -> Vec<String> {
    let costs = answer.candidates.iter().zip(&answer.total.candidates);
    costs
        .enumerate()
        .map(|(n, (candidate, cost))| {
            let rule = candidate
                .rule
                .map_or_else(String::new, |rule| format!(", approximated by {rule}"));
            let price = match (&candidate.row, &candidate.source) {
                (Some(row), Some(source)) => format!("; row {row} of {source}{rule}"),
                (Some(_) | None, Some(_) | None) => String::new(),
            };
            format!(
                "{} = {}: {} a month, {} a call{price}",
                sign(n),
                candidate.told,
                month(cost),
                each(cost)
            )
        })
        .collect()
}

/// A gap in words, with how many requests it is of.
pub(super) fn not_told(gap: &Gap) -> String {
    gap.requests.map_or_else(
        || gap.said.clone(),
        |n| format!("{} ({})", gap.said, words::plural(n, "request", "requests")),
    )
}

/// An amount per call.
pub(super) fn each(cost: &Cost) -> String {
    let amount = cost.per_request_nanousd;
    amount.map_or_else(|| "–".to_owned(), |amount| words::cents(NanoUsd(amount)))
}

/// An amount per month.
pub(super) fn month(cost: &Cost) -> String {
    let amount = cost.month_nanousd;
    amount.map_or_else(|| "–".to_owned(), |amount| words::dollars(NanoUsd(amount)))
}

/// How many times today's a candidate costs; a dash where the two count different requests.
pub(super) fn times(today: &Cost, cost: &Cost) -> String {
    let alike = today.unpriced == cost.unpriced && today.fixed == 0;
    match (today.cost_nanousd, cost.cost_nanousd) {
        (Some(today), Some(cost)) if alike => words::times(NanoUsd(cost), Some(NanoUsd(today))),
        (Some(_) | None, Some(_) | None) => "–".to_owned(),
    }
}

/// A count of tokens, or a dash.
pub(super) fn tokens(tokens: Option<u64>) -> String {
    tokens.map_or_else(
        || "–".to_owned(),
        |tokens| words::count(i64::try_from(tokens).unwrap_or(i64::MAX)),
    )
}

/// A count, or a dash where the other half of the facts tells nothing.
pub(super) fn counted(number: i64) -> String {
    if number == 0 {
        "–".to_owned()
    } else {
        words::count(number)
    }
}

/// The share of errors, or a dash.
pub(super) fn errors(skill: &Skill) -> String {
    skill.errors.map_or_else(
        || "–".to_owned(),
        |errors| words::share(errors, skill.errors_of),
    )
}

fn show(answer: &Readiness, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer))?;
    if answer.total.requests > 0 || answer.total.calls > 0 {
        use_of(answer, terminal)?;
        writeln!(terminal.out)?;
        costs(answer, terminal)?;
        for line in elsewhere(answer) {
            writeln!(terminal.out, "{line}")?;
        }
    }
    if !answer.gaps.is_empty() {
        writeln!(terminal.out, "\nWhat the export cannot tell:")?;
        for gap in &answer.gaps {
            writeln!(terminal.out, "  {}", not_told(gap))?;
        }
    }
    unseen::show(&answer.unseen, terminal)
}

/// Tokens, latency and errors of each skill.
fn use_of(answer: &Readiness, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let headings = [
        "skill",
        "requests",
        "calls",
        "tokens p50",
        "p95",
        "latency p50",
        "p95",
        "of",
        "errors",
        "429",
    ];
    let mut rows = Rows::new(&headings, 1, terminal);
    let mut row = |skill: &Skill, mark: Mark| {
        let throttled = skill.throttled.map_or_else(
            || "–".to_owned(),
            |throttled| words::share(throttled, skill.errors_of),
        );
        rows.row(
            [
                skill.name.clone(),
                counted(skill.requests),
                counted(skill.calls),
                tokens(skill.tokens_p50),
                tokens(skill.tokens_p95),
                maybe_ms(skill.latency_ms_p50),
                maybe_ms(skill.latency_ms_p95),
                skill.latency_of.unwrap_or("–").to_owned(),
                errors(skill),
                throttled,
            ]
            .map(|text| marked(text, mark))
            .to_vec(),
        );
    };
    for skill in &answer.skills {
        row(skill, Mark::Plain);
    }
    row(&answer.total, Mark::Strong);
    rows.show(terminal)
}

/// Cost of each skill, today and at each candidate.
fn costs(answer: &Readiness, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut names = ["skill", "a call", "a month"].map(str::to_owned).to_vec();
    for n in 0..answer.candidates.len() {
        let sign = sign(n);
        names.extend([
            format!("{sign}: a call"),
            "a month".to_owned(),
            String::new(),
        ]);
    }
    let headings: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rows = Rows::new(&headings, 1, terminal);
    let used = answer.skills.iter().filter(|skill| skill.requests > 0);
    for skill in used.chain([&answer.total]) {
        let mut cells = vec![
            plain(skill.name.as_str()),
            plain(each(&skill.today)),
            plain(month(&skill.today)),
        ];
        for cost in &skill.candidates {
            cells.extend([
                plain(each(cost)),
                plain(month(cost)),
                plain(times(&skill.today, cost)),
            ]);
        }
        rows.row(cells);
    }
    rows.show(terminal)
}
