//! The command line: arguments in, tables, JSON and exit codes out.
//!
//! Knows no figure that it did not get from [`crate::app`]. A newcomer may ask where a new command
//! goes: its arguments in `args`, its job in `app`, and one function here that shows the answer.

mod alerts;
mod anomaly;
mod args;
mod ask;
mod check;
mod demo;
mod discover;
mod doctor;
mod fold;
mod influx;
mod inspect;
mod live;
mod names;
mod near;
mod price;
mod progress;
mod quarantine;
mod registry;
mod replay;
mod report;
mod restate;
mod rules;
mod run;
mod simulate;
mod story;
mod table;
mod web;
mod words;
mod zone;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::app::Failure;
use crate::clock::SystemClock;
use crate::problem::Problem;

use args::{Cli, Command};
use fold::Folding;

/// It failed.
const FAILED: u8 = 1;
/// The user must change something.
const USAGE: u8 = 2;

/// What every command works with.
pub(crate) struct Terminal<'a> {
    /// Where answers go.
    out: &'a mut dyn Write,
    /// Where notes, progress and faults go.
    err: &'a mut dyn Write,
    /// Whether answers go to a person.
    to_person: bool,
    /// Columns of that person's terminal.
    width: Option<usize>,
    clock: SystemClock,
}

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // Help goes to a closed pipe now and then; there is nobody left to tell.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let stdout = std::io::stdout();
    let is_terminal = stdout.is_terminal();
    let width = is_terminal.then(table::columns).flatten();
    let mut lines = std::io::BufWriter::new(stdout.lock());
    let mut out = Folding::new(&mut lines, width.filter(|_| cli.command.is_prose()));
    let mut err = std::io::stderr();
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        to_person: is_terminal,
        width,
        clock: SystemClock,
    };
    let done = dispatch(cli.command, &mut terminal);
    let flushed = out.flush();
    match (done, flushed) {
        (Ok(code), Ok(())) => ExitCode::from(code),
        (Ok(_), Err(error)) | (Err(Failure::Io(error)), _)
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            // Whoever read us has seen enough.
            ExitCode::SUCCESS
        }
        (Ok(_), Err(error)) => fail(&Failure::Io(error)),
        (Err(failure), _) => fail(&failure),
    }
}

fn dispatch(command: Command, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        Command::Check(args) => check::check(&args, terminal),
        Command::Inspect(args) => inspect::inspect(&args, terminal),
        Command::Price(args) => price::price(&args, terminal),
        Command::Prices { command } => price::prices(&command, terminal),
        Command::Names { command } => names::names(&command, terminal),
        Command::Registry { command } => registry::registry(&command, terminal),
        Command::Discover(args) => discover::discover(&args, terminal),
        Command::Replay(args) => replay::replay(&args, terminal),
        Command::Run(args) => run::run(&args, terminal),
        Command::Doctor(args) => doctor::doctor(&args, terminal),
        Command::Influx { command } => influx::influx(&command, terminal),
        Command::Alerts { command } => alerts::alerts(&command, terminal),
        Command::Rules { command } => rules::rules(&command, terminal),
        Command::Web { command } => web::web(&command, terminal),
        Command::Report { command } => report::report(&command, terminal),
        Command::Export { command } => ask::export(&command, terminal),
        Command::Quarantine { command } => quarantine::quarantine(&command, terminal),
        Command::Restate(args) => restate::restate(&args, terminal),
        Command::Verify(args) => ask::verify(&args, terminal),
        Command::Zone(args) => zone::zone(&args, terminal),
        Command::Anomaly(args) => anomaly::anomaly(&args, terminal),
        Command::Simulate(args) => simulate::simulate(&args, terminal),
        Command::Demo(args) => demo::demo(&args, terminal),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "tollwatch", &mut terminal.out);
            Ok(0)
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut terminal.out)?;
            Ok(0)
        }
    }
}

/// The one printer of faults: what, why, and what to do.
fn fail(failure: &Failure) -> ExitCode {
    let mut parts: Vec<String> = Vec::new();
    if let Failure::Problems(problems) = failure {
        parts.extend(problems.iter().map(|problem| format!("{problem}\n\n")));
    }
    parts.push(format!("error: {failure}\n"));
    if !failure.hint().is_empty() {
        parts.push(format!("hint: {}\n", failure.hint()));
    }
    let text = parts.concat();
    // A closed standard error leaves nobody to tell.
    drop(std::io::stderr().write_all(text.as_bytes()));
    ExitCode::from(if failure.is_usage() { USAGE } else { FAILED })
}

impl Terminal<'_> {
    /// One JSON object on a line of its own.
    fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
        writeln!(self.out, "{text}")?;
        Ok(())
    }

    /// A note beside the answer.
    fn note(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.err, "{text}")?;
        Ok(())
    }

    /// Warnings of a configuration that can be used.
    fn warnings(&mut self, warnings: &[Problem]) -> Result<(), Failure> {
        if !warnings.is_empty() {
            let n = i64::try_from(warnings.len()).unwrap_or(i64::MAX);
            let text = words::plural(n, "warning", "warnings");
            self.note(&format!(
                "{text} in the configuration; `tollwatch check` shows them"
            ))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_sound() {
        Cli::command().debug_assert();
    }
}
