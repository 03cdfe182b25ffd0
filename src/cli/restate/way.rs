//! The way of a correction into the books: by this process, or by the daemon that writes them.
//!
//! Knows no figure. A newcomer may ask why the daemon is not simply stopped: whoever corrects a price
//! at noon should not have to explain a gap in the dashboard.

use std::path::{Path, PathBuf};

use crate::app::restate::{self as job, Answer, Door};
use crate::app::setup::Setup;
use crate::app::{Failure, Progress};
use crate::cli::{Terminal, ask};
use crate::ledger::{FaultKind, Ledger, Span, SqliteLedger};

/// Books for a correction, and who can book it.
pub(super) enum Way {
    /// This process alone.
    Own(Box<SqliteLedger>),
    /// The daemon; this process only reads.
    Through(Box<SqliteLedger>, Door, PathBuf),
    /// Nobody: only a look was asked for.
    Look(Box<SqliteLedger>),
}

/// What was booked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booked {
    /// The correction's number.
    pub(super) number: u64,
    /// The call lines that it read.
    pub(super) lines: u64,
}

/// Finds the way; for a look alone the books may be in use.
pub(super) fn open(path: &Path, look: bool, setup: &Setup) -> Result<Way, Failure> {
    if look {
        return Ok(Way::Look(Box::new(ask::open(path)?)));
    }
    // A wrong path makes no new ledger.
    drop(ask::open(path).or_else(|failure| match &failure {
        Failure::Ledger { fault, .. } if fault.kind == FaultKind::Older => setup.open(path),
        Failure::Ledger { .. }
        | Failure::Problems(_)
        | Failure::Kafka(_)
        | Failure::Influx { .. }
        | Failure::Listen(_)
        | Failure::Io(_)
        | Failure::Died(_)
        | Failure::Usage(_) => Err(failure),
    })?);
    match setup.open(path) {
        Ok(ledger) => Ok(Way::Own(Box::new(ledger))),
        Err(Failure::Ledger {
            path: named,
            mut fault,
        }) if fault.kind == FaultKind::InUse => {
            if let Some(door) = Door::knock(path, setup)? {
                let books = Box::new(ask::open(path)?);
                return Ok(Way::Through(books, door, path.to_owned()));
            }
            fault.detail.push_str(
                "; it is no daemon that could be asked: wait for its end, or stop it. \
                 `--dry-run` works beside it",
            );
            Err(Failure::Ledger { path: named, fault })
        }
        Err(failure) => Err(failure),
    }
}

impl Way {
    /// The books, for reading.
    pub(super) fn ledger(&self) -> &SqliteLedger {
        match self {
            Way::Own(ledger) | Way::Through(ledger, ..) | Way::Look(ledger) => ledger,
        }
    }

    /// Books the correction; `None` where only a look was asked for.
    pub(super) fn book(
        self,
        setup: &Setup,
        asked: (Span, &str),
        progress: &mut dyn Progress,
        terminal: &Terminal<'_>,
    ) -> Result<Option<Booked>, Failure> {
        match self {
            Way::Look(_) => Ok(None),
            Way::Own(mut ledger) => {
                let clock = terminal.clock;
                let row = job::restate(&mut *ledger, setup, &clock, asked, progress)?;
                Ok(Some(Booked {
                    number: row.number,
                    lines: row.done.lines,
                }))
            }
            Way::Through(ledger, door, path) => {
                let before = ledger.restatements()?.last().map_or(0, |row| row.number);
                drop(ledger);
                match door.restate(setup, asked, progress)? {
                    Answer::Done { number, lines } => Ok(Some(Booked { number, lines })),
                    Answer::Refused(why) => {
                        Err(Failure::Usage(format!("nothing was changed: {why}")))
                    }
                    Answer::Lost => lost(&path, (before, asked.1)),
                }
            }
        }
    }
}

/// What the books say after the daemon went away.
fn lost(path: &Path, (before, reason): (u64, &str)) -> Result<Option<Booked>, Failure> {
    let rows = ask::open(path)?.restatements()?;
    let mut new = rows.iter().filter(|row| row.number > before);
    match new.find(|row| row.reason == reason) {
        Some(row) => Ok(Some(Booked {
            number: row.number,
            lines: row.done.lines,
        })),
        None => Err(Failure::Io(std::io::Error::other(
            "nothing was changed: the daemon went away before the correction was whole",
        ))),
    }
}
