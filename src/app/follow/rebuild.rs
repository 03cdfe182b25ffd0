//! Tells a database everything anew.
//!
//! Knows no terminal. A newcomer may ask why the database has to be empty: the points that it has
//! were told with `rev`s that are given out again now, and might have other values.

use std::time::Duration;

use crate::clock::Clock;
use crate::config::InfluxDb;
use crate::ledger::{Follow, Ledger, SqliteLedger};
use crate::series::Measurement;
use crate::sink::influx::{Fault, Influx};
use crate::sink::{Deliverer, Ended, StopSign, Told, Worker, deliver};
use crate::units::UnixMillis;

use super::super::setup::Setup;
use super::super::{Failure, Progress};
use super::{Alone, Follower, Mailbag, Moment};

/// Pause before a window is looked at again that could not be told.
const AGAIN: Duration = Duration::from_millis(200);

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Lines that were written.
    pub lines: u64,
    /// Of them: lines that the database will never take.
    pub refused: u64,
    /// Windows that are not complete or not quiet yet; the daemon tells them.
    pub waiting: usize,
}

/// Which of the measurements have points at `from` or later.
///
/// # Errors
/// What the database says.
async fn filled(influx: &Influx, from: UnixMillis) -> Result<Vec<&'static str>, Fault> {
    let mut filled = Vec::new();
    let since = if from.0 == i64::MIN {
        String::new()
    } else {
        format!(" WHERE time >= {}s", from.0.div_euclid(1_000))
    };
    for measurement in Measurement::ALL {
        let name = measurement.as_str();
        let question = format!("SELECT * FROM \"{name}\"{since} LIMIT 1");
        if !influx.query(&question).await?.series.is_empty() {
            filled.push(name);
        }
    }
    Ok(filled)
}

/// What a rebuild is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Which database.
    pub database: &'a InfluxDb,
    /// From when on; everything where it is the least time.
    pub from: UnixMillis,
    /// Whatever the database holds.
    pub anyway: bool,
}

/// Forgets what was told of `from` and later, and tells all of it anew. Whoever reads records must
/// have stopped.
///
/// # Errors
/// What the ledger or the database says; a database that is not empty.
pub fn rebuild(
    ledger: &mut SqliteLedger,
    setup: &Setup,
    (asked, clock): (Asked<'_>, &dyn Clock),
    tell: &mut dyn FnMut(&Told),
    progress: &mut dyn Progress,
) -> Result<Rebuilt, Failure> {
    let database = asked.database;
    let worker = Worker::new()?;
    let influx = Influx::new(database).map_err(|fault| failed(database, &fault))?;
    let filled = worker.run(filled(&influx, asked.from));
    let filled = filled.map_err(|fault| failed(database, &fault))?;
    if !filled.is_empty() && !asked.anyway {
        return Err(Failure::Usage(format!(
            "`{}` has points already ({}); delete and make the bucket or database again (`tollwatch influx setup`), or say `--anyway` if you know that none of them is the books'",
            database.name,
            filled.join(", ")
        )));
    }
    let row = ledger.follow_again(&database.name, asked.from)?;
    let max_series = u64::from(database.max_series);
    let mut books = Alone(ledger);
    let mut follower = Follower::begin(&mut books, &database.name, max_series, &setup.rules)?;
    let mut deliverer = Deliverer::default();
    let mut rebuilt = Rebuilt::default();
    let mut begun: Option<usize> = None;
    loop {
        let now = clock.now();
        while follower.hear(&*books.0, now)? {}
        let total = *begun.get_or_insert_with(|| {
            let total = follower.waiting.len();
            progress.begin("writing", whole(total));
            total
        });
        let moment = Moment {
            now,
            // Where nothing more is to come, all is there.
            complete_to: Some(books.0.complete_to()?.unwrap_or(now)),
            ..Moment::default()
        };
        let frozen = follower.freeze(&mut books, &moment)?;
        rebuilt.waiting = frozen.waiting;
        let mut bag = Mailbag::new(Alone(&mut *books.0), row.number);
        let stop = StopSign::default();
        let ended = worker.run(deliver(
            &mut deliverer,
            &mut bag,
            (&influx, clock),
            &stop,
            &mut |told| {
                match &told {
                    Told::Written { lines, .. } => rebuilt.lines += lines,
                    Told::Refused { .. } => rebuilt.refused += 1,
                    Told::Trouble { .. } | Told::Works => {}
                }
                tell(&told);
            },
        ))?;
        progress.at(whole(total.saturating_sub(frozen.waiting)), rebuilt.lines);
        if !frozen.more && ended == Ended::Drained && frozen.lines == 0 {
            break;
        }
        if frozen.lines == 0 {
            std::thread::sleep(AGAIN);
        }
    }
    progress.end();
    Ok(rebuilt)
}

fn whole(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A fault of a database, with its name.
pub(super) fn failed(database: &InfluxDb, fault: &Fault) -> Failure {
    Failure::Influx {
        name: database.name.clone(),
        fault: fault.clone(),
    }
}
