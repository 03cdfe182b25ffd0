//! Looks at a Kafka source: brokers, topics, their first records, the group, how far the books are.
//!
//! Knows no value of a record: it says which format knows one, and no more. A newcomer may ask why
//! it stops at brokers that do not answer: every further question would wait as long.

use std::fmt::Write as _;
use std::time::Duration;

use crate::config::{KafkaSource, Mechanism};
use crate::decode::{self, Context, Told};
use crate::ledger::Placed;
use crate::source::kafka::{Consumer, Fault, FaultKind, Place, Said, Watermarks};
use crate::units::Text;

use super::super::setup::Setup;
use super::{Found, Looks};

/// A partition and what it holds.
struct Held {
    place: Place,
    log: Watermarks,
}

/// What a fault means, and what to do.
fn fails(fault: &Fault) -> Found {
    Found::fails(fault.to_string(), fault.kind.hint())
}

/// Looks at one source.
pub(super) fn source(
    (setup, source): (&Setup, &KafkaSource),
    positions: &[Placed],
    looks: &mut Looks<'_>,
) {
    let mut client = None;
    let mut cluster = Text::default();
    let brokers = source.brokers.join(", ");
    let answers = looks.look(&brokers, || match Consumer::unsubscribed(source) {
        Err(fault) => fails(&fault),
        Ok(consumer) => match consumer.cluster() {
            None => silent(&consumer),
            Some(id) => {
                cluster = Text::from(id.as_str());
                client = Some(consumer);
                Found::works(format!("cluster {id}, {}", secured(source)))
            }
        },
    });
    let Some(consumer) = client.filter(|_| answers) else {
        return;
    };
    let mut held = Vec::new();
    for topic in &source.topics {
        looks.look(topic, || match topics(&consumer, topic, &mut held) {
            Ok(found) => found,
            Err(fault) => fails(&fault),
        });
    }
    if held.iter().any(|one| one.log.high > one.log.low) {
        looks.look("first record", || first(&consumer, (setup, source), &held));
    }
    let group = format!("group {}", source.group);
    looks.look(&group, || asked(&consumer, &held));
    let ours: Vec<&Placed> = positions
        .iter()
        .filter(|one| one.source == source.name && one.cluster == cluster && !one.topic.is_empty())
        .collect();
    looks.look("books", || books(&held, &ours));
}

/// How the brokers are spoken to.
fn secured(source: &KafkaSource) -> String {
    let mut text = match &source.tls {
        None => "no TLS".to_owned(),
        Some(tls) if tls.certificate.is_some() || tls.pkcs12.is_some() => {
            "TLS with a certificate of our own".to_owned()
        }
        Some(_) => "TLS".to_owned(),
    };
    if let Some(sasl) = &source.sasl {
        let mechanism: Mechanism = sasl.mechanism;
        write!(text, ", SASL {}", mechanism.as_str()).unwrap_or_default();
    }
    text
}

/// Why no broker answers, in the client's words.
fn silent(consumer: &Consumer) -> Found {
    // Serves the client's callbacks.
    drop(consumer.poll(Duration::from_millis(100)));
    let said = consumer.said();
    let loud = said.iter().filter(|said| said.loud);
    let worst = loud.max_by_key(|said| said.kind());
    let kind = worst.map_or(FaultKind::Unreachable, Said::kind);
    let text = worst.map_or_else(|| "no broker answers".to_owned(), Said::plain);
    Found::fails(text, kind.hint())
}

/// Looks at a topic of the configuration; its partitions go to `held`.
fn topics(consumer: &Consumer, name: &str, held: &mut Vec<Held>) -> Result<Found, Fault> {
    if name.starts_with('^') {
        let all = consumer.topics(None)?.len();
        let text = format!("{all} topics can be seen; the client matches the pattern when it runs");
        return Ok(Found::works(text));
    }
    let (mut partitions, mut records) = (0, 0_u64);
    for topic in consumer.topics(Some(name))? {
        for partition in topic.partitions? {
            let place = Place {
                topic: Text::from(topic.name.as_str()),
                partition,
            };
            let log = consumer.watermarks(&place)?;
            records = records.saturating_add(log.high.saturating_sub(log.low));
            partitions += 1;
            held.push(Held { place, log });
        }
    }
    if partitions == 0 {
        let fault = Fault::new(FaultKind::TopicGone, "there is no such topic");
        return Ok(fails(&fault));
    }
    let word = if partitions == 1 {
        "partition"
    } else {
        "partitions"
    };
    Ok(Found::works(format!(
        "{partitions} {word}, {records} records"
    )))
}

/// Reads one record and says which format knows it.
fn first(consumer: &Consumer, (setup, source): (&Setup, &KafkaSource), held: &[Held]) -> Found {
    let Some(one) = held.iter().find(|one| one.log.high > one.log.low) else {
        return Found::works("no record yet");
    };
    let context = Context {
        settings: &source.decode,
        gate: &setup.gate,
    };
    let mut told = Vec::new();
    let mut is_null = false;
    let read = consumer.aside().and_then(|aside| {
        aside.read(
            &one.place,
            one.log.low,
            &mut |record| match record.payload() {
                Some(bytes) => decode::decode(bytes, context, &mut told),
                None => is_null = true,
            },
        )
    });
    if let Err(fault) = read {
        return fails(&fault);
    }
    let hint = "look at it with `inspect`, and see `format` and `fields` of the source";
    match told.first() {
        None if is_null => Found::doubtful("a null payload", ""),
        None => {
            Found::works("none at the first offset: a compacted topic, or a transaction's mark")
        }
        Some(Told::Report(report)) => Found::works(format!("read as {}", report.format.as_str())),
        Some(Told::Ignored(reason)) => Found::works(format!("ignored, {}", reason.as_str())),
        Some(Told::Rejected(reject)) => {
            Found::doubtful(format!("cannot be read, {}", reject.reason.as_str()), hint)
        }
    }
}

/// Asks the group's coordinator.
fn asked(consumer: &Consumer, held: &[Held]) -> Found {
    let places: Vec<Place> = held.iter().map(|one| one.place.clone()).collect();
    match consumer.group_offsets(&places) {
        Ok(known) => Found::works(format!(
            "its coordinator answers; offsets of {known} of {} partitions",
            places.len()
        )),
        Err(fault) => fails(&fault),
    }
}

/// How the books stand to what the partitions hold.
fn books(held: &[Held], positions: &[&Placed]) -> Found {
    let (mut lag, mut gone, mut known) = (0_u64, 0_u64, 0);
    for one in held {
        let ours = positions.iter().find(|placed| {
            placed.topic == one.place.topic && placed.partition == one.place.partition
        });
        let Some(ours) = ours else { continue };
        let next = ours.position.offset;
        known += 1;
        lag = lag.saturating_add(one.log.high.saturating_sub(next.max(one.log.low)));
        gone = gone.saturating_add(one.log.low.saturating_sub(next));
    }
    if positions.is_empty() {
        return Found::works("no position yet: reading begins where `start` says");
    }
    let text = format!(
        "{lag} records behind in {known} of {} partitions",
        held.len()
    );
    if gone > 0 {
        let lost = format!("{text}; {gone} records were removed before they were read");
        return Found::fails(
            lost,
            "keep records for longer than nobody reads; `verify` will tell them",
        );
    }
    Found::works(text)
}
