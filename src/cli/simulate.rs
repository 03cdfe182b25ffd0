//! `tollwatch simulate`: the logs of invented traffic.

use serde::Serialize;

use super::{Terminal, args, words};
use crate::app::Failure;
use crate::app::simulate::{Directory, Order, SHIPPED, Scenario, Telling, simulate as run};

#[derive(Serialize)]
struct Answer {
    scenario: String,
    seed: u64,
    days: u32,
    records: u64,
    bytes: u64,
    calls: u64,
    requests: u64,
}

/// The scenario of a file, or the shipped one.
pub(super) fn scenario(path: Option<&std::path::Path>) -> Result<Scenario, Failure> {
    let (name, text) = if let Some(path) = path {
        let text = std::fs::read_to_string(path)
            .or_else(|error| shipped(path).ok_or_else(|| missing(path, &error)))?;
        (path.display().to_string(), text)
    } else {
        let (name, text) = SHIPPED.first().copied().unwrap_or_default();
        (name.to_owned(), text.to_owned())
    };
    Scenario::parse(&name, &text).map_err(Failure::Problems)
}

fn missing(path: &std::path::Path, error: &std::io::Error) -> Failure {
    let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
    Failure::Usage(format!(
        "{}: {error}; shipped scenarios are {}",
        path.display(),
        names.join(", ")
    ))
}

fn shipped(name: &std::path::Path) -> Option<String> {
    SHIPPED
        .iter()
        .find(|(known, _)| name.as_os_str() == *known)
        .map(|(_, text)| (*text).to_owned())
}

/// Writes the logs of a scenario.
pub(super) fn simulate(args: &args::Simulate, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let scenario = scenario(args.scenario.as_deref())?;
    let telling = args.format.as_deref().map(telling_of).transpose()?;
    let order = Order {
        seed: args.seed,
        days: args.days,
        telling,
        start: scenario.start(),
    };
    std::fs::create_dir_all(&args.out)?;
    let done = run(&scenario, order, &mut Directory::new(&args.out))?;
    let counts = done.counts;
    if args.json {
        terminal.json(&Answer {
            scenario: scenario.name.clone(),
            seed: args.seed,
            days: args.days,
            records: counts.records,
            bytes: counts.bytes,
            calls: counts.calls,
            requests: counts.requests,
        })?;
    } else {
        let n = |number: u64| words::count(i64::try_from(number).unwrap_or(i64::MAX));
        writeln!(
            terminal.out,
            "wrote {} records ({}) of {} calls over {} days to {}",
            n(counts.records),
            words::bytes(counts.bytes),
            n(counts.calls),
            args.days,
            args.out.display()
        )?;
    }
    Ok(0)
}

fn telling_of(name: &str) -> Result<Telling, Failure> {
    Telling::parse(name).ok_or_else(|| {
        let known = Telling::NAMES.join(", ");
        Failure::Usage(format!("unknown format `{name}`; known are {known}"))
    })
}
