//! `tollwatch rules backtest`: what would have been mailed, and how it differs from what is in force.
//!
//! Knows no evaluation. A newcomer may ask why steps that nobody is mailed stand in the list: a rule
//! that is always explained by another one is worth knowing of.

use serde::Serialize;

use super::super::args::Backtest as Asked;
use super::super::ask::{open, span};
use super::super::progress::Bar;
use super::super::table::{Rows, plain};
use super::super::{Terminal, words};
use super::own_rules;
use crate::alert::{Dimension, Series};
use crate::app::alert::Law;
use crate::app::rules::{self as job, Backtest, Mailed};
use crate::app::{Failure, Progress, setup};
use crate::config::Rules;
use crate::ledger::Ledger;
use crate::money::NanoUsd;
use crate::units::UnixMillis;

#[derive(Serialize)]
struct StepAnswer<'a> {
    at: String,
    episode: u64,
    step: &'static str,
    rule: &'a str,
    series: String,
    others: u32,
    severity: &'static str,
    to: Vec<&'a str>,
    quiet: Option<&'static str>,
    since: String,
    so_far_nanousd: Option<i64>,
}

#[derive(Serialize)]
struct SumAnswer {
    from: String,
    to: String,
    rules: Vec<RuleAnswer>,
    people: Vec<PersonAnswer>,
    differences: Vec<DifferenceAnswer>,
}

#[derive(Serialize)]
struct RuleAnswer {
    rule: String,
    episodes: u32,
    mails: u32,
    mails_a_week_hundredths: i64,
    noticed_after_ms: Option<i64>,
    spent_before_nanousd: i64,
}

#[derive(Serialize)]
struct PersonAnswer {
    person: String,
    mails: u32,
    digests: u32,
    mails_a_week_hundredths: i64,
}

#[derive(Serialize)]
struct DifferenceAnswer {
    rule: String,
    series: String,
    fired: Option<String>,
    fired_before: Option<String>,
}

/// Goes through the books, and shows what came of it.
pub(super) fn backtest(args: &Asked, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let in_force = setup.ready.alerts.rules.clone();
    let rules = match &args.rules {
        Some(path) => own_rules(path)?,
        None => in_force.clone(),
    };
    let against = match (&args.against, &args.rules) {
        (Some(path), _) => Some(own_rules(path)?),
        (None, Some(_)) => Some(in_force),
        (None, None) => None,
    };
    let ledger = open(&args.ledger)?;
    let within = span(ledger.zones(), args.from.as_deref(), args.to.as_deref())?;
    let Some(extent) = job::extent(&ledger, within)? else {
        let path = words::argument(&args.ledger);
        let text = format!("{path} holds no minutes of that time; they go when their hour closes");
        return Err(Failure::Usage(text));
    };
    let zone = ledger
        .zones()
        .rows()
        .last()
        .and_then(|row| row.name.parse().ok());
    let tried = |rules: &Rules, progress: &mut dyn Progress| {
        let law = Law {
            rules: &rules.rules,
            declared: &setup.ready.declared,
            told: &setup.ready.alerts.settings,
            zone: zone.unwrap_or(setup.ready.timezone),
        };
        job::backtest(&ledger, law, extent, progress)
    };
    let mut bar = Bar::new(args.json);
    let found = tried(&rules, &mut bar)?;
    let before = match &against {
        Some(rules) => Some(tried(rules, &mut bar)?),
        None => None,
    };
    if args.json {
        for step in &found.steps {
            terminal.json(&step_answer(step))?;
        }
        terminal.json(&sums(&found, before.as_ref()))?;
    } else {
        steps(&found, terminal)?;
        by_rule(&found, terminal)?;
        by_person(&found, terminal)?;
        if let Some(before) = &before {
            differences(&found, before, terminal)?;
        }
    }
    Ok(0)
}

/// A time, to the minute.
fn minute(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M").to_string()
}

/// The names of a series, without what they are of: a conversation is but its fingerprint.
fn short(series: &Series) -> String {
    let values = series.values().iter();
    let words: Vec<&str> = values
        .filter(|(dimension, _)| *dimension != Dimension::Application)
        .map(|(_, value)| value.as_str())
        .collect();
    words.join(" ")
}

fn hundredths(n: i64) -> String {
    format!("{}.{:02}", n / 100, n % 100)
}

fn so_far(nanos: Option<i64>) -> String {
    nanos.map_or_else(String::new, |nanos| words::dollars(NanoUsd(nanos)))
}

fn noticed(ms: i64) -> String {
    words::duration(u64::try_from(ms).unwrap_or(0))
}

fn steps(found: &Backtest, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let span = format!("{} to {} UTC", minute(found.from), minute(found.to));
    writeln!(terminal.out, "judged minute by minute: {span}\n")?;
    let headings = [
        "told (UTC)",
        "step",
        "rule",
        "of",
        "urgency",
        "to",
        "after",
        "cost so far",
    ];
    let mut rows = Rows::new(&headings, 6, terminal);
    for one in &found.steps {
        let of = if one.others > 0 {
            format!("{} and {} more", short(&one.series), one.others)
        } else {
            short(&one.series)
        };
        let to = match one.quiet {
            Some(quiet) => format!("({quiet})"),
            None => one.to.join(", "),
        };
        let after = one.wall.0.saturating_sub(one.since.0).max(0);
        let fired = one.kind == Some(crate::alert::StepKind::Fired);
        rows.row(vec![
            plain(minute(one.wall)),
            plain(one.kind.map_or("digest", crate::alert::StepKind::as_str)),
            plain(one.rule.as_str()),
            plain(of),
            plain(one.severity.as_str()),
            plain(to),
            plain(if fired { noticed(after) } else { String::new() }),
            plain(so_far(one.so_far_nanousd)),
        ]);
    }
    rows.show(terminal)
}

fn by_rule(found: &Backtest, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out)?;
    let headings = [
        "rule",
        "episodes",
        "mails",
        "a week",
        "noticed after",
        "spent before",
    ];
    let mut rows = Rows::new(&headings, 1, terminal);
    for (name, rule) in &found.rules() {
        rows.row(vec![
            plain(name.as_str()),
            plain(rule.episodes.to_string()),
            plain(rule.mails.to_string()),
            plain(hundredths(found.weekly(rule.mails))),
            plain(rule.median_ms().map_or_else(String::new, noticed)),
            plain(so_far(Some(rule.before_nanousd))),
        ]);
    }
    rows.show(terminal)
}

fn by_person(found: &Backtest, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let people = found.people();
    if people.is_empty() {
        return terminal.note("nobody would be told: name routes, owners or `fallback_to`");
    }
    writeln!(terminal.out)?;
    let mut rows = Rows::new(&["person", "mails", "a week", "digests"], 1, terminal);
    for (person, (mails, digests)) in &people {
        rows.row(vec![
            plain(person.as_str()),
            plain(mails.to_string()),
            plain(hundredths(found.weekly(*mails))),
            plain(digests.to_string()),
        ]);
    }
    rows.show(terminal)
}

fn differences(
    found: &Backtest,
    before: &Backtest,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let differences = found.differences(before);
    writeln!(terminal.out)?;
    if differences.is_empty() {
        writeln!(terminal.out, "both sets of rules fire alike")?;
        return Ok(());
    }
    let headings = ["rule", "of", "fires (UTC)", "fired before"];
    let mut rows = Rows::new(&headings, 4, terminal);
    let time = |at: Option<UnixMillis>| at.map_or_else(|| "-".to_owned(), minute);
    for (rule, series, here, there) in &differences {
        rows.row(vec![
            plain(rule.as_str()),
            plain(short(series)),
            plain(time(*here)),
            plain(time(*there)),
        ]);
    }
    rows.show(terminal)
}

fn step_answer(one: &Mailed) -> StepAnswer<'_> {
    StepAnswer {
        at: one.wall.to_string(),
        episode: one.episode,
        step: one.kind.map_or("digest", crate::alert::StepKind::as_str),
        rule: &one.rule,
        series: job::shown(&one.series),
        others: one.others,
        severity: one.severity.as_str(),
        to: one.to.iter().map(AsRef::as_ref).collect(),
        quiet: one.quiet,
        since: one.since.to_string(),
        so_far_nanousd: one.so_far_nanousd,
    }
}

/// The last line: what it came to.
fn sums(found: &Backtest, before: Option<&Backtest>) -> SumAnswer {
    let rules = found.rules().into_iter().map(|(rule, of)| RuleAnswer {
        rule: rule.to_string(),
        episodes: of.episodes,
        mails: of.mails,
        mails_a_week_hundredths: found.weekly(of.mails),
        noticed_after_ms: of.median_ms(),
        spent_before_nanousd: of.before_nanousd,
    });
    let people = found.people().into_iter();
    let people = people.map(|(person, (mails, digests))| PersonAnswer {
        person: person.to_string(),
        mails,
        digests,
        mails_a_week_hundredths: found.weekly(mails),
    });
    let differences = before
        .map(|before| found.differences(before))
        .unwrap_or_default();
    let differences = differences
        .into_iter()
        .map(|(rule, series, here, there)| DifferenceAnswer {
            rule: rule.to_string(),
            series: job::shown(&series),
            fired: here.map(|at| at.to_string()),
            fired_before: there.map(|at| at.to_string()),
        });
    SumAnswer {
        from: found.from.to_string(),
        to: found.to.to_string(),
        rules: rules.collect(),
        people: people.collect(),
        differences: differences.collect(),
    }
}
