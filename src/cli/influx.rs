//! `tollwatch influx`: databases that series are written to.
//!
//! Knows no series. A newcomer may ask why a database that is there is left as it is: a shorter
//! retention would delete points at once.

mod follow;

use serde::Serialize;

use super::args::InfluxCommand;
use super::table::{Mark, Rows, marked, plain};
use super::{FAILED, Terminal, args};
use crate::app::influx::{self as job, SetUp};
use crate::app::{Failure, doctor, setup};
use crate::config::InfluxDb;

/// One database as `--json` prints it.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    url: &'a str,
    bucket: &'a str,
    state: &'static str,
    keeps_seconds: Option<u64>,
    fault: Option<&'a str>,
    hint: Option<&'a str>,
}

/// Runs a command of `influx`.
pub(super) fn influx(command: &InfluxCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        InfluxCommand::Setup(args) => set_up(args, terminal),
        InfluxCommand::Rebuild(args) => follow::rebuild(args, terminal),
        InfluxCommand::Verify(args) => follow::verify(args, terminal),
    }
}

/// The databases that a command is for.
fn chosen<'a>(all: &'a [InfluxDb], name: Option<&str>) -> Result<&'a [InfluxDb], Failure> {
    let Some(name) = name else {
        if all.is_empty() {
            let text = "the configuration names no `[[influxdb]]`";
            return Err(Failure::Usage(text.to_owned()));
        }
        return Ok(all);
    };
    let found = all.iter().position(|one| one.name == name);
    let found = found.and_then(|at| all.get(at..=at));
    found.ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let known = if known.is_empty() {
            "there is none".to_owned()
        } else {
            format!("known are {}", known.join(", "))
        };
        Failure::Usage(format!("no `[[influxdb]]` has the name `{name}`; {known}"))
    })
}

fn set_up(args: &args::InfluxSetup, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(Some(&args.config), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let databases = chosen(&setup.ready.influxdb, args.name.as_deref())?;
    let done = job::setup(databases)?;
    if args.json {
        done.iter().try_for_each(|one| terminal.json(&shown(one)))?;
    } else {
        table(&done, terminal)?;
    }
    let failed = done.iter().any(|one| one.result.is_err());
    Ok(if failed { FAILED } else { 0 })
}

fn state(one: &SetUp<'_>) -> &'static str {
    match &one.result {
        Ok(made) if made.new => "made",
        Ok(_) => "was there",
        Err(_) => "failed",
    }
}

fn shown<'a>(one: &'a SetUp<'_>) -> Shown<'a> {
    let made = one.result.as_ref().ok();
    let fault = one.result.as_ref().err();
    Shown {
        name: &one.database.name,
        url: &one.database.url,
        bucket: &one.database.bucket,
        state: state(one),
        keeps_seconds: made.and_then(|made| Some(made.keeps?.0 / 1_000)),
        fault: fault.map(|fault| fault.message.as_str()),
        hint: fault.map(|fault| fault.hint),
    }
}

fn table(done: &[SetUp<'_>], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let headings = ["influxdb", "bucket or database", "", "keeps points"];
    let mut rows = Rows::new(&headings, 4, terminal);
    for one in done {
        let (mark, keeps) = match &one.result {
            Ok(made) => (Mark::Plain, doctor::kept(made.keeps)),
            Err(fault) => (Mark::Bad, fault.message.clone()),
        };
        rows.row(vec![
            plain(one.database.name.as_str()),
            plain(one.database.bucket.as_str()),
            marked(state(one), mark),
            plain(keeps),
        ]);
    }
    rows.show(terminal)?;
    for one in done {
        let wanted = one.database.retention;
        match &one.result {
            Err(fault) if !fault.hint.is_empty() => {
                terminal.note(&format!("hint: {}: {}", one.database.name, fault.hint))?;
            }
            Ok(made) if wanted.is_some() && made.keeps.is_some() && made.keeps != wanted => {
                terminal.note(&format!(
                    "note: {}: `retention` asks {}; what is there is left as it is, because a shorter one deletes points at once",
                    one.database.name,
                    doctor::kept(wanted)
                ))?;
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}
