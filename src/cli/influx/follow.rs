//! `tollwatch influx rebuild` and `verify`: a database told anew, and compared with the books.
//!
//! Knows no figure that it did not get from [`crate::app::follow`]. A newcomer may ask why a rebuild
//! asks nothing: it demands an empty database, and an empty one loses nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::ask;
use super::super::progress::Bar;
use super::super::table::{Rows, plain};
use super::super::{FAILED, Terminal, args, words};
use super::chosen;
use crate::app::follow::{self as job, Asked, Difference};
use crate::app::setup::{self, Setup};
use crate::app::{Failure, Progress};
use crate::config::InfluxDb;
use crate::ledger::{FaultKind, Ledger};
use crate::sink::Told;
use crate::units::UnixMillis;

/// What `rebuild --json` prints.
#[derive(Serialize)]
struct Rebuilt<'a> {
    name: &'a str,
    lines: u64,
    refused: u64,
    waiting: usize,
}

/// What `verify --json` prints.
#[derive(Serialize)]
struct Verified<'a> {
    name: &'a str,
    days: u64,
    sums: u64,
    differing: u64,
    untold: u64,
    refused: u64,
    folded: bool,
    differences: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    day: String,
    measurement: &'static str,
    tags: Vec<(&'static str, &'a str)>,
    field: &'static str,
    books: i64,
    database: i64,
}

/// The one database that a command is for.
fn one<'a>(setup: &'a Setup, name: Option<&str>) -> Result<&'a InfluxDb, Failure> {
    let all = chosen(&setup.ready.influxdb, name)?;
    match all {
        [one] => Ok(one),
        _ => Err(Failure::Usage(
            "the configuration names several `[[influxdb]]`; say which one by `--name`".to_owned(),
        )),
    }
}

fn books(setup: &Setup, path: Option<&Path>) -> PathBuf {
    path.unwrap_or(&setup.ready.ledger.path).to_owned()
}

/// Tells a database everything anew.
pub(super) fn rebuild(
    args: &args::InfluxRebuild,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let setup = setup::load(Some(&args.told.config), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let database = one(&setup, args.told.name.as_deref())?;
    let path = books(&setup, args.told.ledger.as_deref());
    // A wrong path makes no new ledger.
    if !path.exists() {
        drop(ask::open(&path)?);
    }
    let mut ledger = setup.open(&path).map_err(|mut failure| {
        if let Failure::Ledger { fault, .. } = &mut failure
            && fault.kind == FaultKind::InUse
        {
            fault
                .detail
                .push_str("; stop it, rebuild, and start it again");
        }
        failure
    })?;
    let from = match &args.from {
        None => UnixMillis(i64::MIN),
        Some(text) => {
            let from = ask::span(ledger.zones(), Some(text), None)?.from;
            ledger.zones().day_of(from)
        }
    };
    let asked = Asked {
        database,
        from,
        anyway: args.anyway,
    };
    let clock = terminal.clock;
    let mut bar = Bar::new(args.json);
    let mut troubles = Vec::new();
    let mut tell = |told: &Told| match told {
        Told::Trouble { said, .. } if troubles.last() != Some(said) => {
            tracing::warn!(influxdb = database.name.as_str(), "{said}");
            troubles.push(said.clone());
        }
        Told::Trouble { .. } | Told::Written { .. } | Told::Refused { .. } | Told::Works => {}
    };
    let done = job::rebuild(&mut ledger, &setup, (asked, &clock), &mut tell, &mut bar);
    bar.end();
    let done = done?;
    if args.json {
        terminal.json(&Rebuilt {
            name: &database.name,
            lines: done.lines,
            refused: done.refused,
            waiting: done.waiting,
        })?;
    } else {
        let lines = words::count(i64::try_from(done.lines).unwrap_or(i64::MAX));
        writeln!(terminal.out, "`{}` has {lines} lines.", database.name)?;
        if done.waiting > 0 {
            let waiting = done.waiting;
            terminal.note(&format!(
                "note: {waiting} windows are not complete yet; the daemon tells them"
            ))?;
        }
        if done.refused > 0 {
            let refused = done.refused;
            terminal.note(&format!("note: {refused} lines were refused for good"))?;
        }
    }
    Ok(if done.refused > 0 { FAILED } else { 0 })
}

/// Compares a database with the books.
pub(super) fn verify(
    args: &args::InfluxVerify,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let setup = setup::load(Some(&args.told.config), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let database = one(&setup, args.told.name.as_deref())?;
    let ledger = ask::open(&books(&setup, args.told.ledger.as_deref()))?;
    let span = ask::span(ledger.zones(), args.from.as_deref(), args.to.as_deref())?;
    let clock = terminal.clock;
    let mut bar = Bar::new(args.json);
    let verified = job::verify(&ledger, &setup, (database, &clock), span, &mut bar);
    bar.end();
    let verified = verified?;
    let date = |day: UnixMillis| ledger.zones().date_of(day).to_string();
    let shown: Vec<Shown<'_>> = verified
        .differences
        .iter()
        .map(|one| shown(one, date(one.day)))
        .collect();
    if args.json {
        terminal.json(&Verified {
            name: &database.name,
            days: verified.days,
            sums: verified.sums,
            differing: verified.differing,
            untold: verified.untold,
            refused: verified.refused,
            folded: verified.folded,
            differences: shown,
        })?;
    } else {
        table(database, &verified, &shown, terminal)?;
    }
    Ok(if verified.differing > 0 { FAILED } else { 0 })
}

fn shown(one: &Difference, day: String) -> Shown<'_> {
    Shown {
        day,
        measurement: one.series.measurement().as_str(),
        tags: one
            .series
            .tags()
            .map(|(name, value)| (name, value.as_str()))
            .collect(),
        field: one.field,
        books: one.books,
        database: one.database,
    }
}

fn table(
    database: &InfluxDb,
    verified: &job::Verified,
    shown: &[Shown<'_>],
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let count = |n: u64| words::count(i64::try_from(n).unwrap_or(i64::MAX));
    if !shown.is_empty() {
        let headings = ["day", "series", "field", "books", "database"];
        let mut rows = Rows::new(&headings, 3, terminal);
        for one in shown {
            let tags: Vec<String> = one
                .tags
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            rows.row(vec![
                plain(one.day.as_str()),
                plain(format!("{} {}", one.measurement, tags.join(" "))),
                plain(one.field),
                plain(words::count(one.books)),
                plain(words::count(one.database)),
            ]);
        }
        rows.show(terminal)?;
    }
    writeln!(
        terminal.out,
        "`{}`: {} sums of {} days compared, {} differ.",
        database.name,
        count(verified.sums),
        count(verified.days),
        count(verified.differing)
    )?;
    let notes = [
        (
            verified.untold,
            "points are still to be told; they are not counted as differences",
        ),
        (
            verified.refused,
            "lines were refused for good by the database",
        ),
        (
            u64::from(verified.folded),
            "series or more went to `other`: only sums over all names were compared",
        ),
    ];
    for (n, text) in notes.iter().filter(|(n, _)| *n > 0) {
        terminal.note(&format!("note: {} {text}", count(*n)))?;
    }
    Ok(())
}
