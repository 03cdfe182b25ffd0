//! What is told by the clock: once a minute how records ended and how far sources are, once a day and
//! after each change what the registry declares.
//!
//! Knows no window of cells. A newcomer may ask why records of an earlier day are told at its
//! beginning: every point of a day lies in it, so that a day can be written anew by itself.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::cell::Totals;
use crate::ledger::{Fault, Resolution, Span, Told};
use crate::series::{Body, Measurement, Point, SeriesKey};
use crate::units::{DAY_MS, MINUTE_MS, Text, UnixMillis};

use super::freezing::Sheaf;
use super::{Books, Follower, Lag, Moment};

/// The source that stands for all of them.
const ALL: &str = "all";
/// How many days a registry is told for that were before a follower began.
const LOOK_BACK_DAYS: i64 = 32;
/// The outcome of points that tell how a source is.
const STATE: &str = "state";

impl Follower {
    pub(super) fn tell_by_clock(
        &mut self,
        reader: &impl Books,
        moment: &Moment,
        sheaf: &mut Sheaf,
    ) -> Result<(), Fault> {
        let minute = moment.now.floor(MINUTE_MS);
        if minute > sheaf.row.sourced {
            self.records(reader, minute, sheaf)?;
            self.states(reader, (minute, moment), sheaf)?;
            sheaf.row.sourced = minute;
        }
        if sheaf.row.declared == UnixMillis::default() {
            self.declare_before(reader, minute, sheaf)?;
        }
        let day = reader.zones().day_of(minute);
        self.declare((minute, day), sheaf);
        Ok(())
    }

    /// How records ended since that was last told.
    fn records(
        &mut self,
        reader: &impl Books,
        minute: UnixMillis,
        sheaf: &mut Sheaf,
    ) -> Result<(), Fault> {
        let today = reader.zones().day_of(minute);
        let mut days: BTreeMap<UnixMillis, Vec<(SeriesKey, i64)>> = BTreeMap::new();
        for row in reader.counts()? {
            let words = [row.outcome.as_str(), row.reason.as_str(), &row.source];
            let key = SeriesKey::new(Measurement::Source, &words);
            let n = i64::try_from(row.n).unwrap_or(i64::MAX);
            days.entry(row.day).or_default().push((key, n));
        }
        // A day of which nothing is left would not be among them.
        for day in self.counted.keys() {
            days.entry(*day).or_default();
        }
        for (day, counts) in &days {
            if self.counted.get(day) != Some(counts) {
                self.records_of_day(reader, (*day, counts), (minute, today), sheaf)?;
            }
        }
        self.counted = days;
        Ok(())
    }

    fn records_of_day(
        &mut self,
        reader: &impl Books,
        (day, counts): (UnixMillis, &[(SeriesKey, i64)]),
        (minute, today): (UnixMillis, UnixMillis),
        sheaf: &mut Sheaf,
    ) -> Result<(), Fault> {
        let span = Span {
            from: day,
            to: day.saturating_add(1),
        };
        let place = (day, Told::Records);
        let mut told = self.told(reader, span, &sheaf.ahead)?;
        let mut emitted = told.remove(&place).unwrap_or_default();
        let mut open: BTreeMap<Rc<SeriesKey>, i64> = BTreeMap::new();
        for (key, n) in counts {
            *open.entry(Rc::new(key.clone())).or_default() += n;
        }
        for (number, (_, body)) in emitted.iter() {
            if let Some(key) = self.admitted.key(number) {
                *open.entry(Rc::clone(key)).or_default() -= body.get(0);
            }
        }
        let mut changed = false;
        for (key, n) in open.into_iter().filter(|(_, n)| *n != 0) {
            let number = self.admitted.number(&key);
            let last = number
                .and_then(|number| emitted.get(number))
                .map(|row| row.0);
            // A minute of the day itself is told once; its beginning may be told often, and the
            // first minute begins with it.
            let (at, rev) = if day == today {
                (minute, 0)
            } else {
                (day, last.unwrap_or(0).saturating_add(1))
            };
            let Some(number) = self.admitted.admit(&key, rev) else {
                continue;
            };
            let body = Body::new(vec![n]);
            emitted.add(number, rev, &body);
            let readings = Vec::new();
            sheaf.point(
                &Point {
                    key,
                    rev,
                    body,
                    readings,
                },
                at,
            );
            changed = true;
        }
        if changed {
            sheaf.ahead.insert(place, emitted);
        }
        Ok(())
    }

    /// How far each source is, and what share of the traffic both halves tell.
    fn states(
        &mut self,
        reader: &impl Books,
        (minute, moment): (UnixMillis, &Moment),
        sheaf: &mut Sheaf,
    ) -> Result<(), Fault> {
        let mut lost: BTreeMap<Text, i64> = BTreeMap::new();
        for row in reader.losses()? {
            let records = i64::try_from(row.records()).unwrap_or(i64::MAX);
            *lost.entry(row.source.clone()).or_default() += records;
        }
        let mut states: BTreeMap<Rc<SeriesKey>, (Lag, i64)> = BTreeMap::new();
        for source in moment.lags.keys().chain(lost.keys()) {
            let lag = moment.lags.get(source).copied().unwrap_or_default();
            let lost = lost.get(source).copied().unwrap_or(0);
            states.insert(state_of(source), (lag, lost));
        }
        let all = state_of(ALL);
        // That name is taken, whatever a source is called.
        states.remove(&all);
        for (key, (lag, lost)) in states {
            self.state(&key, minute, sheaf, &|line| {
                if let Some(records) = lag.records {
                    line.int("lag_records", records);
                }
                if let Some(ms) = lag.ms {
                    line.int("lag_ms", ms);
                }
                line.int("lost_records", lost);
            });
        }
        let totals = last_day(reader, moment.now)?;
        let (calls, requests) = (totals.calls(), totals.requests());
        let (less, more) = (calls.min(requests), calls.max(requests));
        self.state(&all, minute, sheaf, &|line| {
            line.int("covered_calls", calls);
            line.int("covered_requests", requests);
            if more > 0 {
                line.int("coverage_permille", less.saturating_mul(1_000) / more);
            }
            line.int("requests_unpriced", totals.requests_unpriced);
        });
        Ok(())
    }

    fn state(
        &mut self,
        key: &Rc<SeriesKey>,
        minute: UnixMillis,
        sheaf: &mut Sheaf,
        fields: &dyn Fn(&mut crate::series::Line<'_>),
    ) {
        if sheaf.line(key, minute, fields) {
            self.admitted.admit(key, 0);
        }
    }

    /// What the registry declares, where that is another than was told, or another day has begun.
    fn declare(&mut self, (minute, day): (UnixMillis, UnixMillis), sheaf: &mut Sheaf) {
        let row = &sheaf.row;
        let changed = row.declaration != self.declared.hash();
        let at = if changed { minute } else { day };
        if at > row.declared {
            self.declare_at(at, sheaf);
        }
    }

    /// Declares it for the days that the books have already, as far as dashboards look back: for the
    /// first of them, and for each of the last days.
    fn declare_before(
        &mut self,
        reader: &impl Books,
        minute: UnixMillis,
        sheaf: &mut Sheaf,
    ) -> Result<(), Fault> {
        let mut first: Option<UnixMillis> = None;
        reader.numbered_cells(Resolution::Day, Span::ALL, &mut |start, _, _| {
            first = Some(first.map_or(start, |first| first.min(start)));
            Ok(())
        })?;
        let Some(first) = first else {
            return Ok(());
        };
        let zones = reader.zones();
        let mut day = zones.day_of(minute.saturating_add(-LOOK_BACK_DAYS * DAY_MS));
        if first < day {
            self.declare_at(first, sheaf);
        }
        day = day.max(first);
        while day <= minute {
            self.declare_at(day, sheaf);
            day = zones.next_day(day);
        }
        Ok(())
    }

    fn declare_at(&mut self, at: UnixMillis, sheaf: &mut Sheaf) {
        for (key, declared) in self.declared.rows() {
            sheaf.line(key, at, &|line| declared.write(line));
            self.admitted.admit(key, 0);
        }
        sheaf.row.declared = at;
        sheaf.row.declaration.clone_from(self.declared.hash());
    }
}

fn state_of(source: &str) -> Rc<SeriesKey> {
    Rc::new(SeriesKey::new(Measurement::Source, &[STATE, "", source]))
}

/// What the hours of the last day add up to.
fn last_day(reader: &impl Books, now: UnixMillis) -> Result<Totals, Fault> {
    let span = Span {
        from: now.saturating_add(-DAY_MS),
        to: UnixMillis(i64::MAX),
    };
    let mut totals = Totals::default();
    reader.numbered_cells(Resolution::Hour, span, &mut |_, _, cell| {
        totals.add(&cell.totals, 1);
        Ok(())
    })?;
    Ok(totals)
}
