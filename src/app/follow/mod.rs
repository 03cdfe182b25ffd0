//! Follows the books for one database: freezes what changed into lines, each of them once and for
//! good.
//!
//! Knows no socket: lines go out by [`Mailbag`], whoever sends them. A newcomer may ask why nothing
//! is remembered of what changed but a number: a window is compared with what its points say, and
//! one that is looked at twice differs in nothing the second time.

mod access;
mod alerted;
mod clocked;
mod database;
mod declared;
mod freezing;
mod looking;
mod mailbag;
mod moment;
mod rebuild;
mod verify;
mod waiting;
mod windows;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::judge::Rulebook;
use crate::ledger::{Alerts, Fault, Follow, FollowerRow, Ledger};
use crate::series::{Admitted, Applications, SeriesKey, SeriesRow};
use crate::units::{Text, UnixMillis};

pub use access::{Access, Alone};
pub use database::told_id;
pub use mailbag::Mailbag;
pub use moment::{Lag, Moment};
pub use rebuild::{Asked, Rebuilt, rebuild};
pub use verify::{Difference, Verified, verify};

use waiting::Waiting;

/// Lines that may wait to be sent; beyond it windows wait instead, which cost nothing.
pub const WAITING_LINES_MAX: u64 = 20_000;
/// Changed rows of the feed that are read at once.
const FEED_ROWS: usize = 20_000;
/// Keys of cells whose series are kept in memory.
const KEYS_MAX: usize = 50_000;

/// What a freezing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frozen {
    /// Lines frozen.
    pub lines: u64,
    /// Windows that wait to be complete, to be quiet, or for their turn.
    pub waiting: usize,
    /// There is more to freeze now.
    pub more: bool,
}

/// A follower at work. After a fault it is made anew: what is in its memory may be ahead of the books.
pub struct Follower {
    row: FollowerRow,
    admitted: Admitted,
    applications: Applications,
    /// What the configuration declares, as lines without `rev` and time.
    declared: declared::Declared,
    /// Series by number of a cell's key.
    keys: BTreeMap<i64, [Rc<SeriesKey>; 3]>,
    waiting: Waiting,
    /// Up to where the feed was read.
    read: u64,
    /// Counts of earlier days as they were last compared.
    counted: BTreeMap<UnixMillis, Vec<(SeriesKey, i64)>>,
}

impl Follower {
    /// Takes up where the follower of that name stands; it begins where it never did. Its series are
    /// `max_series` at most.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn begin(
        books: &mut impl Access,
        name: &str,
        max_series: u64,
        rules: &Rulebook,
    ) -> Result<Follower, Fault> {
        let row = match books.reader().follower(name)? {
            Some(row) => row,
            None => books.write(|ledger| ledger.follow(name))?,
        };
        let series = books.reader().series(row.number)?;
        Ok(Follower::new(row, (max_series, series), rules))
    }

    fn new(
        row: FollowerRow,
        (max_series, series): (u64, Vec<SeriesRow>),
        rules: &Rulebook,
    ) -> Follower {
        Follower {
            read: row.seq,
            row,
            admitted: Admitted::new(max_series, series),
            applications: applications(rules),
            declared: declared::Declared::of(rules),
            keys: BTreeMap::new(),
            waiting: Waiting::default(),
            counted: BTreeMap::new(),
        }
    }

    /// Takes another configuration.
    pub fn configure(&mut self, rules: &Rulebook) {
        self.applications = applications(rules);
        self.declared = declared::Declared::of(rules);
        self.keys.clear();
    }

    /// Where it stands.
    #[must_use]
    pub fn row(&self) -> &FollowerRow {
        &self.row
    }

    /// How many series its database holds, each `rev` counted.
    #[must_use]
    pub fn series(&self) -> u64 {
        self.admitted.used()
    }

    /// When the oldest window begins that waits.
    #[must_use]
    pub fn oldest_waiting(&self) -> Option<UnixMillis> {
        self.waiting.oldest()
    }

    /// The series of a cell's key.
    fn series_of<B: Follow>(
        &mut self,
        reader: &B,
        number: i64,
    ) -> Result<[Rc<SeriesKey>; 3], Fault> {
        if let Some(known) = self.keys.get(&number) {
            return Ok(known.clone());
        }
        if self.keys.len() >= KEYS_MAX {
            self.keys.clear();
        }
        let key = reader.cell_key(number)?;
        let series = crate::series::series_of(&key, &self.applications);
        self.keys.insert(number, series.clone());
        Ok(series)
    }
}

/// The application of each registered feature.
fn applications(rules: &Rulebook) -> Applications {
    let pair = |feature: &crate::attribute::Feature| -> (Text, Text) {
        (feature.key.clone(), feature.application.clone())
    };
    Applications::new(rules.features.iter().map(|(_, one)| pair(one)).collect())
}

/// The books, as whoever follows them reads them.
pub trait Books: Ledger + Follow + Alerts {}

impl<L: Ledger + Follow + Alerts> Books for L {}
