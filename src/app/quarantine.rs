//! Reads quarantined records again from where they stand, under the present configuration.
//!
//! Knows no terminal. A newcomer may ask why the record itself was not kept: it may hold a prompt,
//! and its source still has it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::clock::Clock;
use crate::config::KafkaSource;
use crate::entry::Origin;
use crate::judge::Judge;
use crate::ledger::{Applied, Ledger, LossKind, LossRow};
use crate::outcome::QuarantineReason;
use crate::source::file::{Marks, Reading};
use crate::source::kafka::{self, Aside, Consumer, FaultKind, Place};
use crate::source::split::{Piece, Shape};
use crate::units::{Text, UnixMillis};

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

/// Reads again every quarantined record of `reason` (all without one). What is in quarantine of the
/// same record for other reasons is read with it: a record is read whole.
///
/// # Errors
/// What the ledger says, or a Kafka source whose brokers do not answer; what was read again before
/// stays booked.
pub fn retry(
    ledger: &mut dyn Ledger,
    judge: &mut Judge,
    setup: &Setup,
    clock: &dyn Clock,
    reason: Option<QuarantineReason>,
) -> Result<Retried, Failure> {
    let rows = ledger.quarantine(usize::MAX)?;
    let mut records: BTreeMap<Origin, Record> = BTreeMap::new();
    for row in rows {
        let record = records.entry(row.origin).or_default();
        record.wanted |= reason.is_none_or(|reason| row.reason == reason);
        record.ids.push(row.id);
        record.seen = record.seen.max(Some(row.seen));
    }
    records.retain(|_, record| record.wanted);
    let mut retried = Retried::default();
    let mut applied = Applied::default();
    let mut topics = Topics::new(setup, ledger.losses()?);
    for (origin, record) in records {
        let count = u64::try_from(record.ids.len()).unwrap_or(u64::MAX);
        let read_as = setup.read_as_named(&origin.source);
        let mut means = Means {
            judge: &mut *judge,
            gate: &setup.gate,
            settings: read_as.settings,
            ignore_scopes: read_as.ignore_scopes,
        };
        let place = Partition {
            topic: origin.topic.clone(),
            partition: origin.partition,
            from: None,
        };
        let mut pipeline = Pipeline::of_one(origin.source.clone(), place, clock.now());
        let found = if topics.has(&origin.source) {
            topics.read(ledger, (&origin, record.seen), &mut means, &mut pipeline)?
        } else {
            read_file(ledger, &origin, &mut means, &mut pipeline)?
        };
        if !found {
            retried.unreadable += count;
            continue;
        }
        pipeline.retries(record.ids);
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

/// What is in quarantine of one record.
#[derive(Default)]
struct Record {
    ids: Vec<i64>,
    wanted: bool,
    seen: Option<UnixMillis>,
}

/// Reads a record of a file again; whether it is there.
fn read_file(
    ledger: &dyn Ledger,
    origin: &Origin,
    means: &mut Means<'_>,
    pipeline: &mut Pipeline,
) -> Result<bool, Failure> {
    let shape = shape_of(ledger, &origin.source, &origin.topic, origin.partition)?;
    let found = Reading::at(Path::new(origin.topic.as_str()), origin.offset, shape);
    let Ok(mut reading) = found else {
        return Ok(false);
    };
    match reading.next_piece() {
        Ok(Some(Piece::Record { offset, bytes })) => pipeline.record(means, (0, offset), bytes),
        Ok(Some(Piece::TooLarge { offset, length })) => pipeline.too_large((0, offset), length),
        Ok(Some(Piece::BadRow { offset, row })) => pipeline.reject((0, offset), row.reject()),
        Ok(Some(Piece::Blank { .. }) | None) | Err(_) => return Ok(false),
    }
    Ok(true)
}

/// The configured Kafka sources, with a client for each that is asked.
struct Topics<'a> {
    sources: &'a [KafkaSource],
    losses: Vec<LossRow>,
    clients: BTreeMap<Text, (Text, Aside)>,
}

impl<'a> Topics<'a> {
    fn new(setup: &'a Setup, losses: Vec<LossRow>) -> Topics<'a> {
        Topics {
            sources: &setup.ready.kafka,
            losses,
            clients: BTreeMap::new(),
        }
    }

    fn has(&self, source: &Text) -> bool {
        self.sources.iter().any(|one| one.name == *source)
    }

    /// The cluster's id and a client, made when it is asked for first.
    fn client(&mut self, name: &Text) -> Result<Option<&(Text, Aside)>, Failure> {
        if !self.clients.contains_key(name) {
            let Some(source) = self.sources.iter().find(|one| one.name == *name) else {
                return Ok(None);
            };
            let consumer = Consumer::unsubscribed(source)?;
            let cluster = consumer.cluster().ok_or_else(|| {
                let text = format!("no broker of {} answers", source.brokers.join(", "));
                let silent = || kafka::Fault::new(FaultKind::Unreachable, text);
                consumer.lacks_token().unwrap_or_else(silent)
            })?;
            let client = (Text::from(cluster), consumer.aside()?);
            self.clients.insert(name.clone(), client);
        }
        Ok(self.clients.get(name))
    }

    /// Reads a record of a topic again; whether it is there. What stands at its offset in another
    /// cluster, or in a topic that was made again since, is another record.
    fn read(
        &mut self,
        ledger: &dyn Ledger,
        (origin, seen): (&Origin, Option<UnixMillis>),
        means: &mut Means<'_>,
        pipeline: &mut Pipeline,
    ) -> Result<bool, Failure> {
        let Some((cluster, _)) = self.client(&origin.source)? else {
            return Ok(false);
        };
        let cluster = cluster.clone();
        let position =
            ledger.position(&origin.source, &cluster, &origin.topic, origin.partition)?;
        let was_read = position.is_some_and(|position| position.offset > origin.offset);
        let gone = |loss: &LossRow| is_gone(loss, &cluster, origin) && Some(loss.at) >= seen;
        if !was_read || self.losses.iter().any(gone) {
            return Ok(false);
        }
        let Some((_, aside)) = self.client(&origin.source)? else {
            return Ok(false);
        };
        let place = Place {
            topic: origin.topic.clone(),
            partition: origin.partition,
        };
        let mut found = false;
        let read = aside.read(&place, origin.offset, &mut |record| {
            found = true;
            pipeline.kafka_record(means, 0, record);
        });
        match read {
            Err(fault) if fault.kind == FaultKind::TopicGone => Ok(false),
            Err(fault) => Err(fault.into()),
            Ok(()) => Ok(found),
        }
    }
}

/// Whether a loss says that what was at an offset is no longer there.
fn is_gone(loss: &LossRow, cluster: &str, origin: &Origin) -> bool {
    let same = loss.source == origin.source
        && loss.cluster == cluster
        && loss.topic == origin.topic
        && loss.partition == origin.partition;
    same && match loss.kind {
        LossKind::Replaced => true,
        LossKind::Truncated => loss.from <= origin.offset,
        LossKind::Removed => false,
    }
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
