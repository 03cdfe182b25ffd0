//! Reads the configured files on as they grow, again and again.
//!
//! Knows no log format. A newcomer may ask why files are looked at again instead of being watched: a
//! look finds what a watch may miss, and costs nothing at this pace.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::FileSource;
use crate::crash::site;
use crate::judge::Judge;
use crate::ledger::{Applied, Batch, Fault, Ledger, Position};
use crate::telemetry::{Booked, SourceError};
use crate::units::UnixMillis;

use super::super::pipeline::{Books, Means};
use super::super::replay::{FileRead, Replay, Settled};
use super::super::setup::Setup;
use super::super::{Failure, Silent};
use super::shared::{Shared, may_pass, part_of};

/// The books, taken for one request at a time: others get their turn between two batches.
struct InTurns<'a>(&'a Shared);

impl Books for InTurns<'_> {
    fn position(
        &self,
        source: &str,
        cluster: &str,
        topic: &str,
        partition: i32,
    ) -> Result<Option<Position>, Fault> {
        Ledger::position(&*self.0.books(), source, cluster, topic, partition)
    }

    fn apply(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault> {
        let began = Instant::now();
        site("file_before_book");
        let applied = Ledger::apply(&mut *self.0.books(), batch, now)?;
        site("file_after_book");
        self.0.figures.booked(&Booked {
            commit: began.elapsed(),
            ..super::writer::figures(batch, &applied, (0, now))
        });
        Ok(applied)
    }
}

/// Reads all file sources every `pause` until the end is told.
///
/// # Errors
/// What the ledger says.
pub(super) fn run(shared: &Arc<Shared>, pause: Duration) -> Result<(), Failure> {
    let mut follower = Follower::default();
    loop {
        let (setup, generation) = shared.setup();
        let mut judge = match shared.judge(&setup) {
            Err(Failure::Ledger { fault, .. }) if may_pass(fault.kind) => {
                shared.ledger_waits(&fault);
                if !shared.nap(pause) {
                    return Ok(());
                }
                continue;
            }
            judge => judge?,
        };
        shared.takes_over(super::FILES, generation);
        while shared.generation() == generation {
            for source in &setup.ready.sources {
                if shared.stopping() {
                    return Ok(());
                }
                match follower.round(shared, (&setup, source), &mut judge) {
                    Ok(()) => {}
                    // The next round goes on from where the books stand.
                    Err(Failure::Ledger { fault, .. }) if may_pass(fault.kind) => {
                        shared.ledger_waits(&fault);
                    }
                    Err(failure) => return Err(failure),
                }
            }
            if !shared.nap(pause) {
                return Ok(());
            }
        }
    }
}

/// What is known of files between two rounds.
#[derive(Default)]
struct Follower {
    settled: Settled,
    /// Faults that were said, so that one that stays is said once.
    faults: BTreeMap<PathBuf, String>,
}

impl Follower {
    /// Reads one source on from where the books stand.
    fn round(
        &mut self,
        shared: &Shared,
        (setup, source): (&Setup, &FileSource),
        judge: &mut Judge,
    ) -> Result<(), Failure> {
        let mut replay = Replay {
            means: Means {
                judge,
                gate: &setup.gate,
                settings: &source.decode,
                ignore_scopes: &source.ignore_scopes,
            },
            clock: &shared.clock,
            books: &mut InTurns(shared),
            source: &source.name,
            growing: Some(&mut self.settled),
        };
        let name = source.name.as_str();
        match replay.read(&source.paths, &mut Silent) {
            Ok(replayed) => {
                shared.over(name);
                shared.ledger_works();
                shared.health.ready(&part_of(name), Ok(()));
                replayed.files.iter().for_each(|file| self.tell(name, file));
                let grace = i64::try_from(source.grace.0).unwrap_or(i64::MAX);
                let complete = shared.clock.now().saturating_add(-grace);
                shared.complete(&source.name, Some(complete));
            }
            Err(Failure::Io(error)) => {
                let text = format!("cannot be read: {error}");
                shared.fault(name, &text, "it is looked at again every round");
                shared.figures.source_error(name, SourceError::File);
                shared.health.ready(&part_of(name), Err(&text));
                // What is not there stalls nobody.
                shared.complete(&source.name, Some(shared.clock.now()));
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    fn tell(&mut self, source: &str, file: &FileRead) {
        match &file.fault {
            Some(fault) if self.faults.get(&file.path) == Some(fault) => {}
            Some(fault) => {
                self.faults.insert(file.path.clone(), fault.clone());
                tracing::warn!(
                    source,
                    fault,
                    "a file breaks off; what came before is in the books"
                );
            }
            None if file.received > 0 => {
                tracing::info!(source, file = %file.path.display(), state = file.resume.as_str(), records = file.received, "read");
            }
            None => {}
        }
    }
}
