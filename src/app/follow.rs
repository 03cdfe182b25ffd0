//! The daemon on files: reads on as they grow, links what is complete, keeps house.
//!
//! Knows no signal and no log format. A newcomer may ask why files are looked at again instead of
//! being watched: a look finds what a watch may miss, and costs nothing at this pace.

use std::path::PathBuf;

use crate::clock::Clock;
use crate::judge::Judge;
use crate::ledger::{Applied, Ledger};
use crate::units::UnixMillis;

use super::pipeline::Means;
use super::replay::{self, FileRead, Replay, Settled};
use super::setup::Setup;
use super::{Failure, Silent, links};

/// What one round did.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// What became of the records that were new.
    pub applied: Applied,
    /// Files that gave records, were replaced or cut, or broke off.
    pub files: Vec<FileRead>,
    /// Sources whose files could not be listed, with the reason.
    pub missing: Vec<(String, String)>,
    /// Hours that were linked.
    pub linked: usize,
    /// Hours that were closed by their age.
    pub closed: u64,
}

/// One round: every configured source is read on from where it stands.
///
/// A file whose last record has no end yet is read up to the record before, until it has settled.
///
/// # Errors
/// What the ledger says; sources that are not there are told in [`Round::missing`].
pub fn round(
    setup: &Setup,
    judge: &mut Judge,
    ledger: &mut dyn Ledger,
    clock: &dyn Clock,
    settled: &mut Settled,
) -> Result<Round, Failure> {
    let mut round = Round::default();
    for source in &setup.ready.sources {
        let mut replay = Replay {
            means: Means {
                judge,
                gate: &setup.gate,
                settings: &source.decode,
                ignore_scopes: &source.ignore_scopes,
            },
            clock,
            ledger,
            source: &source.name,
            growing: Some(settled),
        };
        let paths: Vec<PathBuf> = source.paths.clone();
        match replay.read(&paths, &mut Silent) {
            Ok(replayed) => {
                replay::add(&mut round.applied, &replayed.applied);
                let news = |file: &FileRead| file.received > 0 || file.fault.is_some();
                round.files.extend(replayed.files.into_iter().filter(news));
            }
            Err(Failure::Io(error)) => round
                .missing
                .push((source.name.to_string(), error.to_string())),
            Err(failure) => return Err(failure),
        }
    }
    let grace = setup
        .ready
        .sources
        .iter()
        .map(|source| source.grace.0)
        .max()
        .unwrap_or(0);
    let complete_to = UnixMillis(
        clock
            .now()
            .0
            .saturating_sub(i64::try_from(grace).unwrap_or(i64::MAX)),
    );
    round.linked =
        links::bring_up_to_date(ledger, &setup.rules.registry, complete_to, &mut Silent)?;
    round.closed = ledger.maintain(clock.now())?.hours_closed;
    Ok(round)
}
