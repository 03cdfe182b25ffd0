//! `tollwatch demo`: two weeks of invented traffic through the same code as production, and then
//! live calls through a broker.
//!
//! Knows no figure. A newcomer may ask why the history comes from files: a broker in memory holds
//! no two weeks, and exports are read first in life as well.

mod mails;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::live::{self as show, Shown};
use super::progress::Bar;
use super::replay::Conservation;
use super::{Terminal, args, report, simulate, story};
use crate::app::live::{self, Ask, Outcomes};
use crate::app::replay::{Asked, replay};
use crate::app::report::story::{Story, story as tell};
use crate::app::report::{Unseen, gather, unseen};
use crate::app::setup::{self, Setup};
use crate::app::simulate::{Directory, Order, simulate as run};
use crate::app::{Failure, log};
use crate::clock::{Clock, FixedClock};
use crate::config::{LogFormat, LogLevel};
use crate::ledger::{Applied, Span, SqliteLedger};
use crate::source::list;
use crate::units::DAY_MS;

/// The configuration of the demo, as it is left in the folder.
const FILES: [(&str, &str); 3] = [
    (
        "tollwatch.toml",
        include_str!("../../deploy/demo/tollwatch.toml"),
    ),
    (
        "endpoints.toml",
        include_str!("../../deploy/demo/endpoints.toml"),
    ),
    (
        "features.toml",
        include_str!("../../deploy/demo/features.toml"),
    ),
];
/// Days of history.
const DAYS: u32 = 14;
/// Live requests after which `--once` ends.
const LIVE_REQUESTS: u64 = 16;

#[derive(Serialize)]
struct Answer<'a> {
    dir: String,
    story: Option<&'a Story>,
    conservation: &'a Conservation,
    unseen: &'a Unseen,
    /// The mails that would have gone in those two weeks.
    mails: &'a [mails::Sent],
    /// What became of the live records.
    live: &'a Outcomes,
}

/// Simulates, replays and tells.
pub(super) fn demo(args: &args::Demo, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => std::env::temp_dir().join(format!("tollwatch-demo-{}", std::process::id())),
    };
    make_room(&dir, args.dir.is_some())?;
    let scenario = simulate::scenario(None)?;
    let order = Order {
        seed: args.seed,
        days: DAYS,
        telling: None,
        start: scenario.start(),
    };
    let simulated = run(&scenario, order, &mut Directory::new(dir.join("records")))?;
    for (name, text) in FILES {
        std::fs::write(dir.join(name), text)?;
    }
    // The story ends on a fixed day; a machine whose clock is behind it must tell it all the same.
    let end = order.start.saturating_add(i64::from(DAYS) * DAY_MS);
    let clock = FixedClock::at(terminal.clock.now().max(end));
    let setup = setup::load(Some(&dir.join("tollwatch.toml")), &clock)?;
    let mut ledger = setup.open(&dir.join("tollwatch.db"))?;
    let applied = read(&setup, &mut ledger, &dir, &clock, &mut Bar::new(args.json))?;
    let answer = tell(&ledger, &setup.rules, Span::ALL)?;
    let unseen = unseen(&ledger, Span::ALL, &gather(&ledger, Span::ALL, None)?)?;
    let conservation = Conservation::of(&applied);
    if !args.json {
        let counts = (simulated.counts.calls, &conservation);
        tell_history(counts, answer.as_ref(), &unseen, &setup, terminal)?;
    }
    let mails = mails::write(&setup, &mut ledger, &dir, args.json, terminal)?;
    let once = args.once || args.json;
    let ask = Ask {
        dir: &dir,
        scenario: &scenario,
        order,
        requests: once.then_some(LIVE_REQUESTS),
        listen: args.listen,
    };
    let mut shown = Shown {
        terminal,
        dir: &dir,
        zone: setup.ready.timezone,
        once,
        quiet: args.json,
    };
    log::start(LogFormat::Text, LogLevel::Error);
    let live = live::live(&ask, ledger, &mut shown)?;
    if args.json {
        terminal.json(&Answer {
            dir: dir.display().to_string(),
            story: answer.as_ref(),
            conservation: &conservation,
            unseen: &unseen,
            mails: &mails,
            live: &live,
        })?;
        return Ok(0);
    }
    writeln!(terminal.out, "\nlive: {}", show::conservation(&live))?;
    next(&dir, terminal)
}

/// What two weeks of records say.
fn tell_history(
    (calls, conservation): (u64, &Conservation),
    answer: Option<&Story>,
    unseen: &Unseen,
    setup: &Setup,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let number = |n: u64| super::words::count(i64::try_from(n).unwrap_or(i64::MAX));
    writeln!(
        terminal.out,
        "Two weeks of invented traffic: {} calls, read from {} log records like production reads them.\n",
        number(calls),
        number(conservation.received),
    )?;
    match answer {
        Some(answer) => story::show(answer, setup.ready.timezone, terminal)?,
        None => writeln!(terminal.out, "No feature left its approved cost.")?,
    }
    report::show_unseen(unseen, terminal)?;
    writeln!(terminal.out, "\n{}", conservation.line())?;
    Ok(terminal.out.flush()?)
}

/// Reads the records of the folder as the configuration in it says.
fn read(
    setup: &Setup,
    ledger: &mut SqliteLedger,
    dir: &Path,
    clock: &dyn Clock,
    bar: &mut Bar,
) -> Result<Applied, Failure> {
    let mut judge = setup.judge(ledger, clock)?;
    let files = list::list(&[dir.join("records")])?;
    let asked = Asked {
        files: &files,
        format: None,
    };
    Ok(replay(setup, (&mut judge, ledger), clock, asked, bar)?.applied)
}

/// Makes the folder; refuses one that holds something else.
fn make_room(dir: &Path, named: bool) -> Result<(), Failure> {
    let ledger: PathBuf = dir.join("tollwatch.db");
    if named && dir.exists() && std::fs::read_dir(dir)?.next().is_some() && !ledger.exists() {
        return Err(Failure::Usage(format!(
            "{} is not empty and holds no earlier demo; name another folder",
            dir.display()
        )));
    }
    if dir.exists() && ledger.exists() {
        for name in [
            "tollwatch.db",
            "tollwatch.db-wal",
            "tollwatch.db-shm",
            "tollwatch.db.lock",
        ] {
            let path = dir.join(name);
            if path.exists() {
                std::fs::remove_file(path)?;
            }
        }
        for name in ["records", "outbox"] {
            let folder = dir.join(name);
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
        }
    }
    std::fs::create_dir_all(dir)?;
    Ok(())
}

fn next(dir: &Path, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let dir = dir.display();
    writeln!(
        terminal.out,
        "\nLook closer (configuration, raw records and books are in {dir}):"
    )?;
    for question in ["daily", "residency", "endpoints"] {
        writeln!(
            terminal.out,
            "  tollwatch report {question} --ledger {dir}/tollwatch.db --config {dir}/tollwatch.toml"
        )?;
    }
    writeln!(
        terminal.out,
        "\nSee it in Grafana (dashboards/README.md): {dir}/tollwatch.toml says how to name an InfluxDB; then"
    )?;
    for step in ["setup", "rebuild"] {
        writeln!(
            terminal.out,
            "  tollwatch influx {step} --config {dir}/tollwatch.toml"
        )?;
    }
    Ok(0)
}
