//! Reads quarantined records again from where they stand, under the present configuration.
//!
//! Knows no terminal. A newcomer may ask why the record itself was not kept: it may hold a prompt,
//! and its source still has it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::clock::Clock;
use crate::judge::Judge;
use crate::ledger::{Applied, Ledger, QuarantineRow};
use crate::outcome::QuarantineReason;
use crate::source::file::{Marks, Reading};
use crate::source::split::{Piece, Shape};
use crate::units::Text;

use super::pipeline::{Means, Partition, Pipeline};
use super::setup::Setup;
use super::{Failure, replay};

/// What a second reading did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Retried {
    /// Records that were read again.
    pub read: u64,
    /// Records whose source is gone, or no longer has a record there; they stay in quarantine.
    pub unreadable: u64,
    /// Of those read: what became of them, by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
}

/// Reads again every quarantined record of `reason` (all without one).
///
/// # Errors
/// What the ledger says; what was read again before stays booked.
pub fn retry(
    ledger: &mut dyn Ledger,
    judge: &mut Judge,
    setup: &Setup,
    clock: &dyn Clock,
    reason: Option<QuarantineReason>,
) -> Result<Retried, Failure> {
    let rows = ledger.quarantine(usize::MAX)?;
    let wanted = |row: &&QuarantineRow| reason.is_none_or(|reason| row.reason == reason);
    let mut places: BTreeMap<(Text, Text, i32, u64), Vec<i64>> = BTreeMap::new();
    for row in rows.iter().filter(wanted) {
        let origin = &row.origin;
        let place = (
            origin.source.clone(),
            origin.topic.clone(),
            origin.partition,
            origin.offset,
        );
        places.entry(place).or_default().push(row.id);
    }
    let mut retried = Retried::default();
    let mut applied = Applied::default();
    for ((source, topic, partition, offset), ids) in places {
        let shape = shape_of(ledger, &source, &topic, partition)?;
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let found = Reading::at(Path::new(topic.as_str()), offset, shape);
        let Ok(mut reading) = found else {
            retried.unreadable += count;
            continue;
        };
        let name = source.clone();
        let read_as = setup.read_as_named(&name);
        let place = Partition {
            topic,
            partition,
            from: None,
        };
        let mut means = Means {
            judge: &mut *judge,
            gate: &setup.gate,
            settings: read_as.settings,
            ignore_scopes: read_as.ignore_scopes,
        };
        let mut pipeline = Pipeline::of_one(name.clone(), place, clock.now());
        match reading.next_piece() {
            Ok(Some(Piece::Record { offset, bytes })) => {
                pipeline.record(&mut means, (0, offset), bytes);
            }
            Ok(Some(Piece::TooLarge { offset, length })) => {
                pipeline.too_large((0, offset), length);
            }
            Ok(Some(Piece::BadRow { offset, row })) => {
                pipeline.reject((0, offset), row.reject());
            }
            Ok(Some(Piece::Blank { .. }) | None) | Err(_) => {
                retried.unreadable += count;
                continue;
            }
        }
        pipeline.retries(ids);
        replay::add(&mut applied, &pipeline.book(ledger)?);
        retried.read += count;
    }
    for (name, n) in [
        ("metered", applied.metered),
        ("duplicate", applied.duplicates.values().sum()),
        ("ignored", applied.ignored.values().sum()),
        ("quarantined", applied.quarantined.values().sum()),
    ] {
        retried.outcomes.insert(name, n);
    }
    Ok(retried)
}

/// How records stand in the file, as its position remembers.
fn shape_of(
    ledger: &dyn Ledger,
    source: &str,
    topic: &str,
    partition: i32,
) -> Result<Option<Shape>, Failure> {
    let position = ledger.position(source, "", topic, partition)?;
    let marks: Option<Marks> =
        position.and_then(|position| serde_json::from_str(&position.state).ok());
    Ok(marks.and_then(|marks| Shape::parse(&marks.shape)))
}
