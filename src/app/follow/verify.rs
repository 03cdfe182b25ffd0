//! Compares what a database adds up to with the books, by day and series.
//!
//! Knows no terminal. A newcomer may ask why what is still to be told is taken off the books' side:
//! beside a running daemon there is always a minute that is not over, and that is no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::InfluxDb;
use crate::ledger::{Alerts, Follow, Ledger, Resolution, Span, SqliteLedger};
use crate::series::{Body, Measurement, Point, SeriesKey, additive_fields};
use crate::sink::Worker;
use crate::sink::influx::{Fault, Influx, Value};
use crate::units::UnixMillis;

use super::super::setup::Setup;
use super::super::{Failure, Progress};
use super::Follower;
use super::rebuild::failed;

/// Differences that are kept with their words.
const SHOWN_MAX: usize = 1_000;
/// How often a day is compared that differs: lines may be on their way.
const LOOKS: usize = 4;
/// Events of alerts that are read at once.
const EVENTS: usize = 1_000;
/// Pause before it is compared again.
const AGAIN: Duration = Duration::from_secs(2);
/// What is compared.
const COMPARED: [Measurement; 6] = [
    Measurement::Calls,
    Measurement::Prompt,
    Measurement::Residency,
    Measurement::Links,
    Measurement::Source,
    Measurement::Alerts,
];

/// One sum that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where the day begins.
    pub day: UnixMillis,
    /// Measurement and tags.
    pub series: Rc<SeriesKey>,
    /// The field.
    pub field: &'static str,
    /// What the books say.
    pub books: i64,
    /// What the database says.
    pub database: i64,
}

/// What comparing found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Days compared.
    pub days: u64,
    /// Sums compared that are not 0 on both sides.
    pub sums: u64,
    /// Points that the books have still to tell.
    pub untold: u64,
    /// Lines that the database refused for good.
    pub refused: u64,
    /// Series went to `other` in part, so that only sums over all names were compared.
    pub folded: bool,
    /// How many sums differ.
    pub differing: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

/// Sums by series and field.
type Sums = BTreeMap<Rc<SeriesKey>, BTreeMap<&'static str, i64>>;

/// Compares the days that begin inside `span`.
///
/// # Errors
/// What the ledger or the database says; a database that was never told anything.
pub fn verify(
    ledger: &SqliteLedger,
    setup: &Setup,
    (database, clock): (&InfluxDb, &dyn Clock),
    span: Span,
    progress: &mut dyn Progress,
) -> Result<Verified, Failure> {
    let worker = Worker::new()?;
    let influx = Influx::new(database).map_err(|fault| failed(database, &fault))?;
    let mut left = days_of(ledger, span)?;
    let total = u64::try_from(left.len()).unwrap_or(u64::MAX);
    let mut verified = Verified {
        days: total,
        ..Verified::default()
    };
    progress.begin("comparing", total);
    for look in 1..=LOOKS {
        let mut books = Books::look(ledger, setup, (database, clock.now()))?;
        let mut again = BTreeSet::new();
        for day in left {
            let sums = books.sums(ledger, day)?;
            let told = worker.run(books.ask(&influx, (day, ledger.zones().next_day(day))));
            let told = told.map_err(|fault| failed(database, &fault))?;
            let compared = compare(day, &sums, &told);
            if compared.differing > 0 && look < LOOKS {
                again.insert(day);
                continue;
            }
            verified.take(compared);
            progress.at(total.saturating_sub(whole(again.len())), 0);
        }
        verified.untold = whole(books.untold.values().map(Vec::len).sum());
        verified.folded = books.folded;
        verified.refused = books.follower.row().refused;
        left = again;
        if left.is_empty() {
            break;
        }
        std::thread::sleep(AGAIN);
    }
    progress.end();
    Ok(verified)
}

fn whole(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The days of the books that begin inside `span`.
fn days_of(ledger: &SqliteLedger, span: Span) -> Result<BTreeSet<UnixMillis>, Failure> {
    let mut days = BTreeSet::new();
    ledger.numbered_cells(Resolution::Day, span, &mut |start, _, _| {
        days.insert(start);
        Ok(())
    })?;
    let counts = ledger.counts()?.into_iter().map(|row| row.day);
    days.extend(counts.filter(|day| span.contains(*day)));
    let mut after = 0;
    loop {
        let rows = ledger.events_after(after, EVENTS)?;
        let starts = rows.iter().map(|row| ledger.zones().day_of(row.at));
        days.extend(starts.filter(|day| span.contains(*day)));
        match rows.last() {
            Some(row) => after = row.id,
            None => break,
        }
    }
    Ok(days)
}

impl Verified {
    fn take(&mut self, day: Verified) {
        self.sums += day.sums;
        self.differing += day.differing;
        let room = SHOWN_MAX.saturating_sub(self.differences.len());
        self.differences
            .extend(day.differences.into_iter().take(room));
    }
}

/// The books at one moment, and what they have still to tell.
struct Books {
    follower: Follower,
    /// By day.
    untold: BTreeMap<UnixMillis, Vec<Point>>,
    folded: bool,
}

impl Books {
    fn look(
        ledger: &SqliteLedger,
        setup: &Setup,
        (database, now): (&InfluxDb, UnixMillis),
    ) -> Result<Books, Failure> {
        let max_series = u64::from(database.max_series);
        let follower = Follower::look(ledger, &database.name, max_series, &setup.rules)?;
        let mut follower = follower.ok_or_else(|| {
            let name = &database.name;
            Failure::Usage(format!("`{name}` was never told anything by these books"))
        })?;
        let mut untold: BTreeMap<UnixMillis, Vec<Point>> = BTreeMap::new();
        for (at, point) in follower.untold(ledger, now)? {
            untold
                .entry(ledger.zones().day_of(at))
                .or_default()
                .push(point);
        }
        let folded = follower.row().folded > 0;
        Ok(Books {
            follower,
            untold,
            folded,
        })
    }

    /// What a day should add up to in the database by now.
    fn sums(&mut self, ledger: &SqliteLedger, day: UnixMillis) -> Result<Sums, Failure> {
        let span = Span {
            from: day,
            to: ledger.zones().next_day(day),
        };
        let mut bodies: BTreeMap<Rc<SeriesKey>, Body> = BTreeMap::new();
        for (key, sum) in self.follower.stands(ledger, span)? {
            bodies.entry(key).or_default().add(&sum.body, 1);
        }
        for point in self.untold.get(&day).into_iter().flatten() {
            let body = bodies.entry(Rc::clone(&point.key)).or_default();
            body.add(&point.body, -1);
        }
        let mut sums = Sums::new();
        for (key, body) in bodies {
            let fields = additive_fields(key.measurement(), &body);
            add(&mut sums, self.place(key), fields);
        }
        Ok(sums)
    }

    /// The series that a series' sums are compared in.
    fn place(&self, key: Rc<SeriesKey>) -> Rc<SeriesKey> {
        let apart = !self.folded && self.follower.admitted.number(&key).is_some();
        if apart || !key.measurement().folds() {
            key
        } else {
            Rc::new(key.folded())
        }
    }

    /// What the database adds up to on a day.
    async fn ask(
        &self,
        influx: &Influx,
        (day, end): (UnixMillis, UnixMillis),
    ) -> Result<Sums, Fault> {
        let seconds = |at: UnixMillis| at.0.div_euclid(1_000);
        let mut sums = Sums::new();
        for measurement in COMPARED {
            let names: Vec<String> = measurement
                .tags()
                .iter()
                .map(|name| format!("\"{name}\""))
                .collect();
            let question = format!(
                "SELECT sum(*) FROM \"{}\" WHERE time >= {}s AND time < {}s{} GROUP BY {}",
                measurement.as_str(),
                seconds(day),
                seconds(end),
                if measurement == Measurement::Source {
                    " AND \"outcome\" != 'state'"
                } else {
                    ""
                },
                names.join(", ")
            );
            let known = additive_fields(measurement, &Body::default());
            for series in influx.query(&question).await?.series {
                let tag = |name: &&str| series.tags.get(*name).map_or("", String::as_str);
                let values: Vec<&str> = measurement.tags().iter().map(tag).collect();
                let key = Rc::new(SeriesKey::new(measurement, &values));
                let mut fields = Vec::new();
                for (column, value) in series.columns.iter().zip(series.values.iter().flatten()) {
                    let field = known
                        .iter()
                        .find(|(name, _)| column.strip_prefix("sum_") == Some(name));
                    if let (Some((name, _)), Value::Integer(value)) = (field, value) {
                        fields.push((*name, *value));
                    }
                }
                // A series that the books never told is shown by its own name.
                let key = if self.folded { self.place(key) } else { key };
                add(&mut sums, key, fields);
            }
        }
        Ok(sums)
    }
}

fn add(sums: &mut Sums, key: Rc<SeriesKey>, fields: Vec<(&'static str, i64)>) {
    let own = sums.entry(key).or_default();
    for (name, value) in fields {
        let sum = own.entry(name).or_default();
        *sum = sum.saturating_add(value);
    }
}

fn compare(day: UnixMillis, books: &Sums, told: &Sums) -> Verified {
    let mut found = Verified::default();
    let none = BTreeMap::new();
    for key in books.keys().chain(told.keys()).collect::<BTreeSet<_>>() {
        let own = books.get(key).unwrap_or(&none);
        let theirs = told.get(key).unwrap_or(&none);
        for name in own.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
            let value = |sums: &BTreeMap<&str, i64>| sums.get(name).copied().unwrap_or(0);
            let (books, database) = (value(own), value(theirs));
            found.sums += u64::from(books != 0 || database != 0);
            if books != database {
                found.differing += 1;
                found.differences.push(Difference {
                    day,
                    series: Rc::clone(key),
                    field: name,
                    books,
                    database,
                });
            }
        }
    }
    found
}
