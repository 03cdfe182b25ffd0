//! `tollwatch rules`: what is in force, and does it fire when it must.
//!
//! Knows no evaluation. A newcomer may ask why a case that fails is shown with its mail: what was
//! written in the wrong words is mended by reading it.

mod backtest;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::RulesCommand;
use super::table::{Mark, Rows, marked, plain};
use super::{Terminal, words};
use crate::alert::{Rule, Severity};
use crate::app::rules::{self as job, Ran, Wrong};
use crate::app::{Failure, setup};
use crate::config::{self, Case, Rules};

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: &'static str,
    severity: &'static str,
    severity_fail_closed: Option<&'static str>,
    on: bool,
    looks_at: &'a str,
    reason: &'a str,
    waits_for: &'a [String],
    place: &'a str,
}

#[derive(Serialize)]
struct CaseAnswer<'a> {
    case: &'a str,
    place: &'a str,
    holds: bool,
    fired: Vec<FiredAnswer<'a>>,
    wrong: Vec<String>,
}

#[derive(Serialize)]
struct FiredAnswer<'a> {
    rule: &'a str,
    series: String,
    at: String,
    severity: &'static str,
}

pub(super) fn rules(command: &RulesCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        RulesCommand::List {
            config,
            rules,
            json,
        } => list((config.as_deref(), rules.as_deref()), *json, terminal),
        RulesCommand::Test { rules, json, cases } => test(rules.as_deref(), cases, *json, terminal),
        RulesCommand::Backtest(args) => backtest::backtest(args, terminal),
    }
}

/// The rules of a file or folder over the shipped ones.
fn own_rules(path: &Path) -> Result<Rules, Failure> {
    let files = job::texts(path, "toml")?;
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    Rules::with(&files).map_err(Failure::Problems)
}

fn list(
    (config, own): (Option<&Path>, Option<&Path>),
    json: bool,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let setup = setup::load(config, &terminal.clock)?;
    let rules = match own {
        Some(path) => own_rules(path)?,
        None => setup.ready.alerts.rules.clone(),
    };
    terminal.warnings(&setup.ready.warnings)?;
    let mut rows = Rows::new(
        &["rule", "kind", "urgency", "fires on", "waits for"],
        5,
        terminal,
    );
    for rule in &rules.rules {
        let waits = job::waits(rule, &setup.ready.declared);
        let looks_at = job::describe(rule);
        if json {
            let place = rules.places.get(&rule.name).map_or("", String::as_str);
            terminal.json(&listed(rule, (&looks_at, &waits, place)))?;
            continue;
        }
        let urgency = if rule.on {
            urgency(rule)
        } else {
            "off".to_owned()
        };
        rows.row(vec![
            plain(rule.name.as_str()),
            plain(rule.check.kind().as_str()),
            marked(urgency, if rule.on { Mark::Plain } else { Mark::Doubt }),
            plain(looks_at),
            plain(if rule.on {
                waits.join("; ")
            } else {
                String::new()
            }),
        ]);
    }
    if !json {
        rows.show(terminal)?;
    }
    Ok(0)
}

fn urgency(rule: &Rule) -> String {
    match rule.severity_fail_closed {
        None => rule.severity.as_str().to_owned(),
        Some(closed) => format!(
            "{}, {} where fail_closed",
            rule.severity.as_str(),
            closed.as_str()
        ),
    }
}

fn listed<'a>(
    rule: &'a Rule,
    (looks_at, waits_for, place): (&'a str, &'a [String], &'a str),
) -> Listed<'a> {
    Listed {
        name: &rule.name,
        kind: rule.check.kind().as_str(),
        severity: rule.severity.as_str(),
        severity_fail_closed: rule.severity_fail_closed.map(Severity::as_str),
        on: rule.on,
        looks_at,
        reason: &rule.reason,
        waits_for,
        place,
    }
}

fn test(
    own: Option<&Path>,
    paths: &[PathBuf],
    json: bool,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let rules = own.map_or_else(|| Ok(Rules::shipped()), own_rules)?;
    let mut cases: Vec<Case> = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        for (name, text) in job::texts(path, "toml")? {
            match config::cases(&name, &text, &rules) {
                Ok(more) => cases.extend(more),
                Err(more) => problems.extend(more),
            }
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Problems(problems));
    }
    let mut failed = 0_i64;
    for case in &cases {
        let ran = job::run(case, &rules);
        failed += i64::from(!ran.wrong.is_empty());
        if json {
            terminal.json(&answer(case, &ran))?;
        } else if !ran.wrong.is_empty() {
            writeln!(terminal.out, "{}: {}", case.place, case.name)?;
            for wrong in &ran.wrong {
                writeln!(terminal.out, "  {}", said(wrong))?;
                if let Wrong::Unsaid { mail, .. } = wrong {
                    for line in mail.lines() {
                        writeln!(terminal.out, "  | {line}")?;
                    }
                }
            }
        }
    }
    if !json {
        let all = i64::try_from(cases.len()).unwrap_or(i64::MAX);
        let held = words::count(all - failed);
        writeln!(
            terminal.out,
            "{held} of {} hold",
            words::plural(all, "case", "cases")
        )?;
    }
    Ok(u8::from(failed > 0))
}

fn answer<'a>(case: &'a Case, ran: &'a Ran) -> CaseAnswer<'a> {
    let fired = ran.fired.iter().map(|fired| FiredAnswer {
        rule: &fired.rule,
        series: job::shown(&fired.series),
        at: offset(fired.at_ms),
        severity: fired.severity.as_str(),
    });
    CaseAnswer {
        case: &case.name,
        place: &case.place,
        holds: ran.wrong.is_empty(),
        fired: fired.collect(),
        wrong: ran.wrong.iter().map(said).collect(),
    }
}

fn said(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Missing { rule, instead_ms } if instead_ms.is_empty() => {
            format!("`{rule}` was to fire, and did not")
        }
        Wrong::Missing { rule, instead_ms } => {
            let times: Vec<String> = instead_ms.iter().map(|ms| offset(*ms)).collect();
            format!(
                "`{rule}` was to fire; it fired otherwise, at {}",
                times.join(", ")
            )
        }
        Wrong::Unexpected {
            rule,
            series,
            at_ms,
        } => format!(
            "`{rule}` fired at {} for {series}, and was not to",
            offset(*at_ms)
        ),
        Wrong::Unsaid { rule, says, .. } => format!("the mail of `{rule}` does not say `{says}`"),
    }
}

/// A time of a case, as cases write it.
fn offset(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    if days > 0 {
        format!("{days}d{hours:02}:{rest:02}")
    } else {
        format!("{hours:02}:{rest:02}")
    }
}
