//! Steps of alerts as points: each event of the books once, at its own second.
//!
//! Knows no rule. A newcomer may ask why two steps of one series in one second are two `rev`s and not a sum:
//! each has words of its own, and an annotation shows both.

use std::rc::Rc;

use crate::ledger::{EventRow, Fault, FaultKind, Span, Told};
use crate::series::{Admitted, AlertPoint, Body, Emitted, Point, SeriesKey};
use crate::units::UnixMillis;

use super::freezing::Sheaf;
use super::{Books, Follower};

/// Events that are told at once.
const EVENTS_MAX: usize = 500;

fn read(row: &EventRow) -> Result<AlertPoint, Fault> {
    let text = || "is damaged: a row of `alert_event` cannot be read".to_owned();
    serde_json::from_slice(&row.body).map_err(|_| Fault::new(FaultKind::Corrupt, text()))
}

/// The `rev` of the next point of a series in a second.
fn next_rev(admitted: &Admitted, emitted: &Emitted, key: &SeriesKey) -> u32 {
    let told = admitted.number(key).and_then(|number| emitted.get(number));
    told.map_or(0, |(last, _)| last.saturating_add(1))
}

impl Follower {
    /// Tells what happened to alerts since that was last told; whether there is more.
    pub(super) fn tell_alerts(
        &mut self,
        reader: &impl Books,
        sheaf: &mut Sheaf,
    ) -> Result<bool, Fault> {
        let rows = reader.events_after(sheaf.row.alerted, EVENTS_MAX)?;
        for row in &rows {
            if self.is_to_tell(row) {
                self.tell_alert(reader, row, sheaf)?;
            }
            sheaf.row.alerted = row.id;
        }
        Ok(rows.len() == EVENTS_MAX)
    }

    /// What was told before a database was told anew from some day on stays told.
    fn is_to_tell(&self, row: &EventRow) -> bool {
        row.id > self.row.alerts_kept || row.at >= self.row.again_from
    }

    fn tell_alert(
        &mut self,
        reader: &impl Books,
        row: &EventRow,
        sheaf: &mut Sheaf,
    ) -> Result<(), Fault> {
        let event = read(row)?;
        let second = row.at.floor(1_000);
        let place = (second, Told::Alerts);
        let span = Span {
            from: second,
            to: second.saturating_add(1),
        };
        let mut told = self.told(reader, span, &sheaf.ahead)?;
        let mut emitted = told.remove(&place).unwrap_or_default();
        let mut key = Rc::new(event.key(&self.applications));
        let mut rev = next_rev(&self.admitted, &emitted, &key);
        let mut number = self.admitted.admit(&key, rev);
        if number.is_none() {
            key = Rc::new(key.folded());
            rev = next_rev(&self.admitted, &emitted, &key);
            number = self.admitted.admit(&key, rev);
            sheaf.row.folded += 1;
        }
        // Series that are folded are always admitted.
        let Some(number) = number else {
            return Ok(());
        };
        emitted.add(number, rev, &Body::new(vec![1]));
        sheaf.further(&key, rev, second, &|line| event.write(line));
        sheaf.ahead.insert(place, emitted);
        Ok(())
    }

    /// The points of events that are still to be told, each as a count of one.
    pub(super) fn untold_alerts(
        &self,
        reader: &impl Books,
    ) -> Result<Vec<(UnixMillis, Point)>, Fault> {
        let (mut after, mut points) = (self.row.alerted, Vec::new());
        loop {
            let rows = reader.events_after(after, EVENTS_MAX)?;
            for row in &rows {
                after = row.id;
                if self.is_to_tell(row) {
                    let point = Point {
                        key: Rc::new(read(row)?.key(&self.applications)),
                        rev: 0,
                        body: Body::new(vec![1]),
                        readings: Vec::new(),
                    };
                    points.push((row.at, point));
                }
            }
            if rows.len() < EVENTS_MAX {
                return Ok(points);
            }
        }
    }

    /// How many steps of each series a day has; what was told, where the books no longer have them all.
    pub(super) fn alerts_of(
        &self,
        reader: &impl Books,
        day: Span,
    ) -> Result<Vec<(Rc<SeriesKey>, Body)>, Fault> {
        let mut found = Vec::new();
        if let Some(rows) = reader.events_of(day)? {
            for row in &rows {
                let key = Rc::new(read(row)?.key(&self.applications));
                found.push((key, Body::new(vec![1])));
            }
            return Ok(found);
        }
        for (told, _, emitted) in reader.emitted(self.row.number, day)? {
            for (number, (_, body)) in emitted.iter().filter(|_| told == Told::Alerts) {
                if let Some(key) = self.admitted.key(number) {
                    found.push((Rc::clone(key), body.clone()));
                }
            }
        }
        Ok(found)
    }
}
