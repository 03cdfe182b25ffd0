//! What a window should stand at, what its points say, and the points that make up the difference.
//!
//! Knows no books: cells are handed in. A newcomer may ask why a folded difference leaves no mark on
//! its own series: it then stays a difference, and whatever comes next finds it and sets it off
//! against what `other` has.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::admitted::Admitted;
use super::body::{Body, Readings, Sum};
use super::emitted::Emitted;
use super::key::SeriesKey;
use super::names::Measurement;
use super::point::{Point, REQUEST_LINKS_PLACE};
use crate::cell::Cell;
use crate::entry::CellKey;
use crate::link::{Group, LinkTotals};
use crate::units::Text;

/// What each series should stand at in a window.
pub type Target = BTreeMap<Rc<SeriesKey>, Sum>;

/// Which application a feature belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applications(BTreeMap<Text, Text>);

impl Applications {
    /// Applications by feature, as registered.
    #[must_use]
    pub fn new(registered: BTreeMap<Text, Text>) -> Applications {
        Applications(registered)
    }

    /// The application of a feature: as registered, else what stands before the slash, else the
    /// feature itself.
    #[must_use]
    pub fn of<'a>(&'a self, feature: &'a str) -> &'a str {
        match self.0.get(feature) {
            Some(application) => application,
            None => feature.split('/').next().unwrap_or(feature),
        }
    }
}

/// The series of cells.
const OF_CELLS: [Measurement; 3] = [
    Measurement::Calls,
    Measurement::Prompt,
    Measurement::Residency,
];

/// The series that a cell belongs to, one for each measurement made of cells.
#[must_use]
pub fn series_of(key: &CellKey, applications: &Applications) -> [Rc<SeriesKey>; 3] {
    let application = applications.of(&key.feature);
    let verdict = key.verdict.map_or("", |verdict| verdict.as_str());
    let grade = key.grade.map_or("", |grade| grade.as_str());
    let [feature, endpoint] = [key.feature.as_str(), key.endpoint.as_str()];
    let [model, provider] = [key.model.as_str(), key.provider.as_str()];
    let region = key.region.as_str();
    OF_CELLS.map(|measurement| {
        let values: &[&str] = match measurement {
            Measurement::Prompt => &[application, endpoint, feature, model, provider],
            Measurement::Residency => &[application, endpoint, feature, grade, region, verdict],
            Measurement::Calls
            | Measurement::Links
            | Measurement::Source
            | Measurement::Registry
            | Measurement::Follower
            | Measurement::Alerts => &[
                application,
                endpoint,
                feature,
                model,
                provider,
                region,
                verdict,
            ],
        };
        Rc::new(SeriesKey::new(measurement, values))
    })
}

/// The cells of a window by series, before they become bodies.
#[derive(Clone, Debug, Default)]
pub struct Cells(BTreeMap<Rc<SeriesKey>, Cell>);

impl Cells {
    /// Adds a cell, `sign` times (1 or -1), to its series, as far as each of them asks for it.
    pub fn add(&mut self, series: &[Rc<SeriesKey>; 3], cell: &Cell, sign: i64) {
        for key in series {
            let measurement = key.measurement();
            if measurement == Measurement::Prompt && cell.prompt.buckets().is_empty()
                || measurement == Measurement::Residency && cell.totals.calls() == 0
            {
                continue;
            }
            let sum = match self.0.get_mut(key) {
                Some(sum) => sum,
                None => self.0.entry(Rc::clone(key)).or_default(),
            };
            if measurement == Measurement::Prompt {
                sum.prompt.merge(&cell.prompt, sign);
                continue;
            }
            sum.totals.add(&cell.totals, sign);
            if measurement == Measurement::Calls {
                sum.latency.merge(&cell.latency, sign);
                sum.duration.merge(&cell.duration, sign);
            }
        }
    }

    /// What the series should stand at.
    #[must_use]
    pub fn target(&self) -> Target {
        let sum = |(key, cell): (&Rc<SeriesKey>, &Cell)| {
            (Rc::clone(key), Sum::of_cell(key.measurement(), cell))
        };
        self.0.iter().map(sum).collect()
    }
}

/// Adds a link cell to what an hour should stand at.
pub fn add_link(
    target: &mut Target,
    group: Group,
    [kind, feature, from, to]: [&str; 4],
    totals: &LinkTotals,
    applications: &Applications,
) {
    let application = applications.of(feature);
    let values = [application, from, feature, kind, to];
    let key = Rc::new(SeriesKey::new(Measurement::Links, &values));
    let first = match group {
        Group::Call => 0,
        Group::Request => REQUEST_LINKS_PLACE,
    };
    let mut places = vec![0; first];
    places.extend(totals.values());
    let sum = target.entry(key).or_default();
    sum.body.add(&Body::new(places), 1);
}

/// The points that bring a window to where it should stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The points; none where nothing differs.
    pub points: Vec<Point>,
    /// How many differences went to `other`.
    pub folded: u64,
}

/// A difference on its way to a point.
#[derive(Default)]
struct Difference {
    body: Body,
    readings: Readings,
}

/// What else is told of a window.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Sums that points of other times have of it.
    pub elsewhere: BTreeMap<u32, Body>,
    /// Points of the same time that are about something else: their `rev`s are taken.
    pub taken: Emitted,
}

/// Compares what a window should stand at with what its points say, and adds the points that are
/// missing to `emitted`.
pub fn differences(
    target: Target,
    emitted: &mut Emitted,
    beside: &Beside,
    admitted: &mut Admitted,
) -> Differences {
    let mut desk = Desk {
        emitted,
        taken: &beside.taken,
        admitted,
    };
    let mut open: BTreeMap<Rc<SeriesKey>, Difference> = BTreeMap::new();
    for (key, sum) in target {
        let difference = Difference {
            body: sum.body,
            readings: sum.readings,
        };
        open.insert(key, difference);
    }
    let told = desk.emitted.iter().map(|(number, row)| (number, &row.1));
    let elsewhere = beside.elsewhere.iter();
    for (number, body) in told.chain(elsewhere.map(|(number, body)| (*number, body))) {
        if let Some(key) = desk.admitted.key(number) {
            let difference = open.entry(Rc::clone(key)).or_default();
            difference.body.add(body, -1);
        }
    }
    open.retain(|key, difference| key.is_folded() || !difference.body.is_zero());
    let mut done = Differences::default();
    let mut folded: BTreeMap<Rc<SeriesKey>, Difference> = BTreeMap::new();
    for (key, difference) in open {
        if key.is_folded() {
            let sum = folded.entry(key).or_default();
            sum.body.add(&difference.body, 1);
        } else if let Err(back) = desk.emit(&key, difference, &mut done) {
            let sum = folded.entry(Rc::new(key.folded())).or_default();
            sum.body.add(&back.body, 1);
            done.folded += 1;
        }
    }
    for (key, difference) in folded {
        if !difference.body.is_zero() {
            // Series of this kind are always admitted.
            drop(desk.emit(&key, difference, &mut done));
        }
    }
    done
}

/// Where points are made.
struct Desk<'a> {
    emitted: &'a mut Emitted,
    taken: &'a Emitted,
    admitted: &'a mut Admitted,
}

impl Desk<'_> {
    /// Makes a point of a difference; gives it back where its series has no room.
    fn emit(
        &mut self,
        key: &Rc<SeriesKey>,
        difference: Difference,
        done: &mut Differences,
    ) -> Result<(), Difference> {
        let last = |told: &Emitted| {
            let number = self.admitted.number(key)?;
            told.get(number).map(|row| row.0)
        };
        let last = last(self.emitted).max(last(self.taken));
        let rev = last.map_or(0, |last| last.saturating_add(1));
        let Some(number) = self.admitted.admit(key, rev) else {
            return Err(difference);
        };
        self.emitted.add(number, rev, &difference.body);
        done.points.push(Point {
            key: Rc::clone(key),
            rev,
            body: difference.body,
            readings: difference.readings,
        });
        Ok(())
    }
}
