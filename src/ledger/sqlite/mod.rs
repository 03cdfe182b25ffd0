//! The embedded ledger: one SQLite file, one writer, any number of readers beside it.
//!
//! The only folder that names `rusqlite`. A newcomer may ask why a lock file of our own when
//! SQLite locks: SQLite keeps writes apart, but two daemons that take turns would each believe in
//! positions and filters that the other has moved.

mod alerts;
mod apply;
mod cells;
mod configs;
mod conversations;
mod counts;
mod delta;
mod evidence;
mod filter;
mod follow;
mod hours;
mod ids;
mod lines;
mod log;
mod maintain;
mod names;
mod open;
mod positions;
mod quarantine;
mod reach;
mod restate;
mod restatements;
mod schema;
mod seals;
mod segment;
mod sift;
mod sums;
mod trait_impl;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;
use rusqlite::{Connection, ErrorCode};

use super::fault::{Fault, FaultKind};
use super::zone::Zones;
use crate::secret::FingerprintKey;
use crate::units::{HOUR_MS, Text};

/// What can be chosen about a ledger.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time zone of days; counts at the ledger's birth only.
    pub time_zone: Tz,
    /// Days of the daemon's clock after its last write until an hour closes.
    pub horizon_days: u32,
    /// Days of the daemon's clock after the last write of an hour that its call lines are kept.
    pub line_days: u32,
    /// Bytes of call lines kept at most; the oldest hours go first.
    pub line_bytes: u64,
    /// Days after its closing that an hour's cells are kept; days are kept for ever.
    pub hour_days: u32,
    /// Distinct names per day that are neither registered nor in the catalogue.
    pub names_per_day: usize,
    /// Names that never fold.
    pub known: BTreeSet<Text>,
    /// Conversations kept apart per day.
    pub conversations_per_day: usize,
    /// Rows of evidence kept per hour and verdict.
    pub evidence_per_hour: usize,
    /// Rows kept in quarantine.
    pub quarantine_rows: usize,
    /// Memory for identities, in bytes.
    pub id_cache_bytes: usize,
    /// Size past which the file refuses to grow; `None` leaves it to the disk.
    pub file_bytes_max: Option<u64>,
    /// What the log of changes beside the file shrinks to once it has been written back; at twice as much, readers
    /// are waited for.
    pub log_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            time_zone: Tz::UTC,
            horizon_days: 45,
            line_days: 14,
            line_bytes: 1 << 30,
            hour_days: 400,
            names_per_day: 10_000,
            known: BTreeSet::new(),
            conversations_per_day: 20_000,
            evidence_per_hour: 1_000,
            quarantine_rows: 100_000,
            id_cache_bytes: 64 << 20,
            file_bytes_max: None,
            log_bytes: 64 << 20,
        }
    }
}

/// The books in one SQLite file, or in memory.
pub struct SqliteLedger {
    conn: Connection,
    /// As the caller named it; empty in memory.
    path: String,
    file: Option<PathBuf>,
    options: Options,
    zones: Zones,
    key: FingerprintKey,
    ids: ids::Ids,
    names: names::Names,
    hours: hours::Hours,
    /// Size of the log at which readers are waited for.
    log_bytes_next: u64,
    /// Sums that readers beside the writer keep; none without one beside it.
    kept: Option<Arc<sums::Kept>>,
    /// Held as long as this ledger may write; never read.
    lock: Option<File>,
}

impl SqliteLedger {
    /// Takes other names that never fold (the registry was read again).
    pub fn set_known(&mut self, known: BTreeSet<Text>) {
        self.names.set_known(known);
    }

    /// Bytes of the file and of what SQLite has written beside it; 0 in memory.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        let size = |suffix: &str| {
            let path = format!("{}{suffix}", self.file.as_ref()?.display());
            Some(std::fs::metadata(path).ok()?.len())
        };
        ["", "-wal", "-shm"].into_iter().filter_map(size).sum()
    }

    /// Bytes of each table and index on disk, pages half empty counted whole.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn table_bytes(&self) -> Result<BTreeMap<Text, u64>, Fault> {
        let read = || -> Result<BTreeMap<Text, u64>, Fault> {
            let mut rows = self
                .conn
                .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")?;
            let rows = rows.query_map([], |row| {
                Ok((Text::from(row.get_ref(0)?.as_str()?), row.get(1)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        self.named(read())
    }

    /// Asks several things of the books as they stand at one moment, while somebody else writes them.
    ///
    /// # Errors
    /// What `ask` says; when the ledger cannot be read.
    pub fn steady<T>(&self, ask: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        self.at_once(ask)?
    }

    /// As [`SqliteLedger::steady`], whatever `ask` answers.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn at_once<T>(&self, ask: impl FnOnce() -> T) -> Result<T, Fault> {
        if !self.conn.is_autocommit() {
            return Ok(ask());
        }
        // Nothing is written: it is rolled back when it goes.
        let moment = self.named(self.conn.unchecked_transaction().map_err(Fault::from))?;
        let answer = ask();
        drop(moment);
        Ok(answer)
    }

    /// Another number after each commit by anybody else; only numbers of this very connection can be compared.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn commits(&self) -> Result<i64, Fault> {
        let number = self
            .conn
            .pragma_query_value(None, "data_version", |row| row.get(0));
        self.named(number.map_err(Fault::from))
    }

    /// Lets go of the sums that this reader and those beside it keep.
    pub fn forget_sums(&self) {
        if let Some(kept) = &self.kept {
            kept.forget();
        }
    }

    /// Forgets everything in memory that a failed transaction may have touched.
    fn forget(&mut self) {
        self.ids.forget();
        self.names.forget();
        self.hours.forget();
    }

    fn named<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.of(&self.path))
    }
}

impl From<rusqlite::Error> for Fault {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the driver's lists are open; what is not named is refused"
    )]
    fn from(error: rusqlite::Error) -> Fault {
        let kind = match &error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::NotADatabase => FaultKind::NotALedger,
                ErrorCode::DatabaseCorrupt => FaultKind::Corrupt,
                ErrorCode::DiskFull => FaultKind::Full,
                ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::AuthorizationForStatementDenied => FaultKind::NoRight,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => FaultKind::Busy,
                ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::NoLargeFileSupport
                | ErrorCode::FileLockingProtocolFailed => FaultKind::Io,
                _ => FaultKind::Refused,
            },
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows => FaultKind::Corrupt,
            _ => FaultKind::Refused,
        };
        let detail = match kind {
            FaultKind::NotALedger => "is no SQLite file".to_owned(),
            FaultKind::Full => "no room left to write".to_owned(),
            FaultKind::NoRight => format!("cannot be opened or written ({error})"),
            FaultKind::Corrupt => format!("is damaged ({error})"),
            FaultKind::Busy => "is locked by another process".to_owned(),
            FaultKind::InUse
            | FaultKind::Missing
            | FaultKind::Newer
            | FaultKind::Older
            | FaultKind::Io
            | FaultKind::Moved
            | FaultKind::Unbalanced
            | FaultKind::Refused => error.to_string(),
        };
        Fault::new(kind, detail)
    }
}

impl From<rusqlite::types::FromSqlError> for Fault {
    fn from(error: rusqlite::types::FromSqlError) -> Fault {
        Fault::new(FaultKind::Corrupt, format!("is damaged ({error})"))
    }
}

/// A row that does not hold what this program writes there.
fn corrupt(table: &str) -> Fault {
    Fault::new(
        FaultKind::Corrupt,
        format!("is damaged: a row of `{table}` cannot be read"),
    )
}

/// A count as SQLite keeps it.
fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Numbers of segments below those of an hour.
const SEGMENT_BITS: u32 = 28;

/// Hours since 1970 that segments can tell apart; two million years.
const HOURS_MAX: i64 = 1 << 34;

/// First and last number of an hour's segments. Rows of an hour lie side by side without an index.
fn segment_range(hour: i64) -> (i64, i64) {
    let hour = hour.div_euclid(HOUR_MS).clamp(-HOURS_MAX, HOURS_MAX);
    let first = hour << SEGMENT_BITS;
    (first, first | ((1 << SEGMENT_BITS) - 1))
}

/// How many segments of one size are merged into one of the next.
const FANOUT: usize = 8;

/// Places of the first eight segments that share a level (a power of eight), if there are eight of
/// fewer than `below` rows.
fn segments_of_level(sizes: impl Iterator<Item = usize>, below: usize) -> Option<Vec<usize>> {
    let mut levels: [Vec<usize>; 8] = Default::default();
    for (place, n) in sizes.enumerate().filter(|(_, n)| *n < below) {
        let level = n.max(1).ilog(FANOUT);
        let level = levels.get_mut(usize::try_from(level).ok()?)?;
        level.push(place);
        if level.len() == FANOUT {
            return Some(std::mem::take(level));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_eight_of_a_size() {
        let cases: [(&[usize], Option<&[usize]>); 4] = [
            (&[1; 7], None),
            (&[1; 9], Some(&[0, 1, 2, 3, 4, 5, 6, 7])),
            (
                &[9, 1, 1, 1, 1, 1, 1, 1, 7],
                Some(&[1, 2, 3, 4, 5, 6, 7, 8]),
            ),
            (&[100; 8], None),
        ];
        for (sizes, places) in cases {
            let found = segments_of_level(sizes.iter().copied(), 100);
            assert_eq!(found.as_deref(), places, "{sizes:?}");
        }
    }

    #[test]
    fn hours_do_not_share_segments() {
        let (first, last) = segment_range(HOUR_MS);
        assert_eq!(segment_range(2 * HOUR_MS).0, last + 1);
        assert_eq!(segment_range(0).1, first - 1);
    }
}
