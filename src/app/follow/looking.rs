//! What a follower would tell, without telling it: for comparing.
//!
//! Knows no database. A newcomer may ask why it changes itself all the same: points that are thought
//! up take series and `rev`s like real ones, and whoever compares throws the follower away.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::judge::Rulebook;
use crate::ledger::{Fault, Resolution, Span, Told};
use crate::series::{Body, Cells, Measurement, Point, SeriesKey, Sum, Target, differences};
use crate::units::UnixMillis;

use super::windows::Ahead;
use super::{Books, Follower};

impl Follower {
    /// The follower as the books have it; `None` when it never began.
    pub(super) fn look(
        reader: &impl Books,
        name: &str,
        max_series: u64,
        rules: &Rulebook,
    ) -> Result<Option<Follower>, Fault> {
        let Some(row) = reader.follower(name)? else {
            return Ok(None);
        };
        let series = reader.series(row.number)?;
        Ok(Some(Follower::new(row, (max_series, series), rules)))
    }

    /// Every point that is still to be told, with its time.
    pub(super) fn untold(
        &mut self,
        reader: &impl Books,
        now: UnixMillis,
    ) -> Result<Vec<(UnixMillis, Point)>, Fault> {
        while self.hear(reader, now)? {}
        let (mut ahead, mut points) = (Ahead::new(), Vec::new());
        for window in self.waiting.all() {
            let Some(mut standing) = self.standing(reader, window, &ahead)? else {
                continue;
            };
            let at = standing.place.0;
            let done = differences(
                standing.target,
                &mut standing.emitted,
                &standing.beside,
                &mut self.admitted,
            );
            points.extend(done.points.into_iter().map(|point| (at, point)));
            ahead.insert(standing.place, standing.emitted);
        }
        points.extend(self.untold_alerts(reader)?);
        Ok(points)
    }

    /// What the series of a day should stand at. Records are those that were told, where the day is
    /// not over: they are told once a minute.
    pub(super) fn stands<B: Books>(&mut self, reader: &B, day: Span) -> Result<Target, Fault> {
        let mut cells = Cells::default();
        let first = Span {
            from: day.from,
            to: day.from.saturating_add(1),
        };
        self.add_cells(reader, Resolution::Day, first, (&mut cells, 1))?;
        let mut target = cells.target();
        self.add_links(reader, day, &mut target)?;
        let mut records: BTreeMap<Rc<SeriesKey>, Body> = BTreeMap::new();
        if self.row.sourced >= day.to {
            for row in reader.counts()?.iter().filter(|row| row.day == day.from) {
                let words = [row.outcome.as_str(), row.reason.as_str(), &row.source];
                let key = Rc::new(SeriesKey::new(Measurement::Source, &words));
                let n = i64::try_from(row.n).unwrap_or(i64::MAX);
                records.entry(key).or_default().add(&Body::new(vec![n]), 1);
            }
        } else {
            let told = self.told(reader, first, &Ahead::new())?;
            if let Some(emitted) = told.get(&(day.from, Told::Records)) {
                for (number, (_, body)) in emitted.iter() {
                    if let Some(key) = self.admitted.key(number) {
                        records.entry(Rc::clone(key)).or_default().add(body, 1);
                    }
                }
            }
        }
        for (key, body) in self.alerts_of(reader, day)? {
            records.entry(key).or_default().add(&body, 1);
        }
        for (key, body) in records {
            let readings = Vec::new();
            target.insert(key, Sum { body, readings });
        }
        Ok(target)
    }
}
