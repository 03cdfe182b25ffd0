//! `tollwatch check`: every problem of every file.

use serde::Serialize;

use super::{Terminal, USAGE, args, words};
use crate::app::{Failure, setup};
use crate::problem::{Problem, Severity};

/// A problem as `--json` prints it.
#[derive(Serialize)]
struct Shown<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    hint: &'a str,
}

/// Checks a configuration; exit code 2 when there is an error, be it one that could be lived with.
pub(super) fn check(args: &args::Check, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let (problems, setup) = match setup::load(Some(&args.config), &terminal.clock) {
        Ok(setup) => (setup.ready.warnings.clone(), Some(setup)),
        Err(Failure::Problems(problems)) => (problems, None),
        Err(failure) => return Err(failure),
    };
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    let warnings = problems.len().saturating_sub(errors);
    for problem in &problems {
        if args.json {
            terminal.json(&shown(problem))?;
        } else {
            writeln!(terminal.out, "{problem}\n")?;
        }
    }
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    if !args.json {
        let counted = format!(
            "{}, {}",
            words::plural(number(errors), "error", "errors"),
            words::plural(number(warnings), "warning", "warnings")
        );
        match setup {
            Some(setup) => writeln!(
                terminal.out,
                "{} {}: {}, {}; {counted}.",
                args.config.display(),
                // Such an error is a finding on the endpoints, not a fault of the file.
                if errors > 0 {
                    "can be read, but must not stay as it is"
                } else {
                    "can be used"
                },
                words::plural(
                    number(setup.rules.registry.iter().count()),
                    "endpoint",
                    "endpoints"
                ),
                words::plural(
                    number(setup.rules.features.iter().count()),
                    "feature",
                    "features"
                ),
            )?,
            None => writeln!(
                terminal.out,
                "{} cannot be used: {counted}.",
                args.config.display()
            )?,
        }
    }
    Ok(if errors > 0 { USAGE } else { 0 })
}

fn shown(problem: &Problem) -> Shown<'_> {
    Shown {
        file: &problem.file,
        line: problem.place.line,
        column: problem.place.column,
        severity: problem.severity.as_str(),
        code: problem.code,
        message: &problem.message,
        hint: &problem.hint,
    }
}
