//! The threads of a database: one freezes what changed in the books, one brings it there.
//!
//! Knows no line. A newcomer may ask why two of them: a database that takes a minute to answer must
//! not keep the next minute from being compared.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::InfluxDb;
use crate::crash::pause;
use crate::ledger::{Fault, FaultKind, Follow, FollowerRow, SqliteLedger};
use crate::sink::influx::{self, Influx};
use crate::sink::{Deliverer, Ended, Told, Worker, deliver};
use crate::units::{Text, UnixMillis};

use super::super::Failure;
use super::super::follow::{Access, Follower, Lag, Mailbag, Moment, told_id};
use super::shared::{Shared, may_pass};

/// Pause between two looks at the feed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pause before lines are looked for again, where there were none.
const SEND_EVERY: Duration = Duration::from_millis(250);
/// A source that is behind by more records than a batch holds is catching up.
const BEHIND_RECORDS: i64 = 30_000;
/// So many times longer than it worked a follower rests while a source catches up.
const REST_TIMES: u32 = 29;
/// Longest rest of a follower.
const REST_MAX: Duration = Duration::from_secs(1);
/// Pause after a fault.
const AGAIN: Duration = Duration::from_secs(5);
/// For how long sources must have been complete: what a reader has gathered is in the books by then.
const BOOKED_WITHIN: Duration = Duration::from_secs(2);

/// The books, read beside whoever writes them.
pub(super) struct Beside<'a> {
    reader: SqliteLedger,
    shared: &'a Shared,
}

impl Beside<'_> {
    pub(super) fn open(shared: &Shared) -> Result<Beside<'_>, Fault> {
        let reader = shared.books().beside()?;
        Ok(Beside { reader, shared })
    }
}

impl Access for Beside<'_> {
    type Reader = SqliteLedger;

    fn reader(&self) -> &SqliteLedger {
        &self.reader
    }

    fn write<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteLedger) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        work(&mut self.shared.books())
    }
}

/// What a database is called in the log.
fn site_of(name: &str) -> String {
    format!("influxdb {name}")
}

/// The database of that name, where the configuration still has it, and the configuration's
/// generation.
fn database(shared: &Shared, name: &Text) -> (Option<InfluxDb>, u64) {
    let (setup, generation) = shared.setup();
    let found = setup.ready.influxdb.iter().find(|one| one.name == *name);
    (found.cloned(), generation)
}

/// Freezes until the end is told or the configuration no longer names the database.
///
/// # Errors
/// What the ledger says and time does not heal.
pub(super) fn freeze(shared: &Arc<Shared>, name: &Text) -> Result<(), Failure> {
    while !shared.stopping() {
        match freeze_on(shared, name) {
            Ok(()) => return Ok(()),
            Err(fault) if may_pass(fault.kind) => shared.ledger_waits(&fault),
            // Until somebody rebuilds it, this database gets nothing; the others go on.
            Err(fault) if fault.kind == FaultKind::Refused => {
                shared.alarm(&site_of(name), &fault.to_string(), REBUILD);
            }
            Err(fault) => return Err(fault.into()),
        }
        if !shared.nap(pause(AGAIN)) {
            break;
        }
    }
    Ok(())
}

/// What to do where a database and the books have parted.
const REBUILD: &str =
    "stop the daemon, empty the bucket or database, and run `tollwatch influx rebuild`";

fn freeze_on(shared: &Shared, name: &Text) -> Result<(), Fault> {
    let mut books = Beside::open(shared)?;
    let (Some(first), mut generation) = database(shared, name) else {
        return Ok(());
    };
    let (setup, _) = shared.setup();
    let max_series = u64::from(first.max_series);
    let mut follower = Follower::begin(&mut books, name, max_series, &setup.rules)?;
    let mut complete = Complete::default();
    let mut unsent = Unsent::default();
    while !shared.stopping() {
        if shared.generation() != generation {
            let (database, now) = database(shared, name);
            generation = now;
            match database {
                None => return Ok(()),
                Some(changed) if changed.max_series != first.max_series => {
                    return freeze_on(shared, name);
                }
                Some(_) => follower.configure(&shared.setup().0.rules),
            }
        }
        let mut work = Work::begin();
        while follower.hear(books.reader(), shared.clock.now())? && !shared.stopping() {
            work.rest(shared);
        }
        let moment = Moment {
            now: shared.clock.now(),
            complete_to: complete.at(Instant::now(), shared.complete_to()),
            lags: lags(shared),
        };
        while !shared.stopping() && follower.freeze(&mut books, &moment)?.more {
            work.rest(shared);
            unsent.look(follower.row(), moment.now);
        }
        let (lines, oldest) = unsent.look(follower.row(), moment.now);
        shared.figures.follower_waiting(name, lines, oldest);
        if !shared.nap(pause(LOOK_EVERY)) {
            break;
        }
    }
    Ok(())
}

/// A piece of a follower's work. Reading goes before telling: while a source catches up, pieces come
/// with rests between them, so that records are not read later for the sake of their points.
struct Work(Instant);

impl Work {
    fn begin() -> Work {
        Work(Instant::now())
    }

    /// Ends a piece, rests where a source catches up, and begins the next one.
    fn rest(&mut self, shared: &Shared) {
        shared.moves();
        let behind = |lag: Lag| lag.records.is_some_and(|n| n > BEHIND_RECORDS);
        if lags(shared).into_values().any(behind) {
            let worked = self.0.elapsed();
            shared.nap(pause(worked.saturating_mul(REST_TIMES).min(REST_MAX)));
        }
        *self = Work::begin();
    }
}

/// How far each source is behind.
fn lags(shared: &Shared) -> BTreeMap<Text, Lag> {
    let (setup, _) = shared.setup();
    let known = shared.figures.lags(shared.clock.now());
    let kafka = setup.ready.kafka.iter().map(|source| &source.name);
    let files = setup.ready.sources.iter().map(|source| &source.name);
    let lag = |name: &Text| {
        let (records, ms) = known.get(name).copied().unwrap_or_default();
        (name.clone(), Lag { records, ms })
    };
    kafka.chain(files).map(lag).collect()
}

/// Up to when sources were complete some time ago.
#[derive(Default)]
pub(super) struct Complete(VecDeque<(Instant, Option<UnixMillis>)>);

impl Complete {
    pub(super) fn at(&mut self, now: Instant, to: Option<UnixMillis>) -> Option<UnixMillis> {
        self.0.push_back((now, to));
        let old = |(at, _): &(Instant, _)| now.duration_since(*at) >= pause(BOOKED_WITHIN);
        while self.0.get(1).is_some_and(old) {
            self.0.pop_front();
        }
        self.0.front().filter(|one| old(one)).and_then(|one| one.1)
    }
}

/// Lines that wait to be written, and since when.
#[derive(Default)]
struct Unsent(VecDeque<(u64, UnixMillis)>);

impl Unsent {
    /// How many lines wait, and when the first of them was frozen; those of an earlier start count
    /// from this one on.
    fn look(&mut self, row: &FollowerRow, now: UnixMillis) -> (u64, Option<UnixMillis>) {
        if self.0.back().is_none_or(|(last, _)| *last < row.frozen) {
            self.0.push_back((row.frozen, now));
        }
        while self.0.front().is_some_and(|(last, _)| *last <= row.written) {
            self.0.pop_front();
        }
        let waiting = row.frozen.saturating_sub(row.written);
        let oldest = self.0.front().filter(|_| waiting > 0);
        (waiting, oldest.map(|(_, at)| *at))
    }
}

/// Delivers until the end is told or the configuration no longer names the database.
///
/// # Errors
/// What the ledger says and time does not heal; no runtime.
pub(super) fn send(shared: &Arc<Shared>, name: &Text) -> Result<(), Failure> {
    let worker = Worker::new()?;
    let site = site_of(name);
    while !shared.stopping() {
        let (Some(settings), _) = database(shared, name) else {
            break;
        };
        match send_on(shared, &settings, &worker) {
            Ok(()) => {}
            Err(Trouble::Database(fault)) => {
                if let influx::FaultKind::Server(kind) = fault.kind {
                    shared.figures.follower_failed(name, kind);
                }
                shared.fault(&site, &fault.message, fault.hint);
                shared.nap(pause(AGAIN));
            }
            Err(Trouble::Parted { theirs, ours }) => {
                let text = format!(
                    "the database has lines up to number {theirs}, and the books have frozen {ours}: they are \
                     an older copy, or another ledger's"
                );
                shared.alarm(&site, &text, REBUILD);
                shared.nap(pause(AGAIN));
            }
            Err(Trouble::Ledger(fault)) if may_pass(fault.kind) => {
                shared.ledger_waits(&fault);
                shared.nap(pause(AGAIN));
            }
            Err(Trouble::Ledger(fault)) => return Err(fault.into()),
        }
    }
    if !shared.stopping() {
        shared.figures.follower_gone(name);
    }
    Ok(())
}

/// Why delivering stands still.
enum Trouble {
    Ledger(Fault),
    Database(influx::Fault),
    /// The database has lines that the books never froze.
    Parted {
        theirs: u64,
        ours: u64,
    },
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Ledger(fault)
    }
}

impl From<influx::Fault> for Trouble {
    fn from(fault: influx::Fault) -> Trouble {
        Trouble::Database(fault)
    }
}

/// Delivers with these settings, until they change or the end is told.
fn send_on(shared: &Shared, settings: &InfluxDb, worker: &Worker) -> Result<(), Trouble> {
    let name = &settings.name;
    let books = Beside::open(shared)?;
    let known = books.reader.follower(name)?;
    let number = match known {
        Some(row) => row.number,
        None => shared.books().follow(name)?.number,
    };
    let influx = Influx::new(settings)?;
    shared.waits();
    let theirs = worker.run(told_id(&influx, name))?;
    let ours = books.reader.follower(name)?.map_or(0, |row| row.frozen);
    if theirs > ours {
        return Err(Trouble::Parted { theirs, ours });
    }
    let mut bag = Mailbag::new(books, number);
    let mut deliverer = Deliverer::default();
    let mut tell = |told| tell(shared, name, told);
    while !shared.stopping() && database(shared, name).0.as_ref() == Some(settings) {
        let stop = shared.sign();
        let work = deliver(
            &mut deliverer,
            &mut bag,
            (&influx, &shared.clock),
            &stop,
            &mut tell,
        );
        // A database may be silent for as long as it likes.
        shared.waits();
        if worker.run(work)? == Ended::Drained {
            shared.nap(pause(SEND_EVERY));
        }
    }
    Ok(())
}

/// Logs and counts what happens on the way to a database.
fn tell(shared: &Shared, name: &Text, told: Told) {
    let (site, figures) = (site_of(name), &shared.figures);
    match told {
        Told::Written { lines, took } => {
            figures.follower_wrote(name, lines, took, shared.clock.now());
        }
        Told::Refused { id, reason } => {
            figures.follower_refused(name, 1);
            tracing::warn!(
                influxdb = name.as_str(),
                line = id,
                reason,
                "a line is refused for good; it is kept apart"
            );
        }
        Told::Trouble {
            kind, said, hint, ..
        } => {
            figures.follower_failed(name, kind);
            shared.fault(&site, &said, hint);
        }
        Told::Works => {
            figures.follower_works(name);
            shared.over(&site);
        }
    }
}
