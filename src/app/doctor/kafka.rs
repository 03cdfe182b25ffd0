//! Looks at a Kafka source: brokers, topics, their first records, the group, how far the books are.
//!
//! Knows no value of a record: it says which format knows one, and no more. A newcomer may ask why
//! it stops at brokers that do not answer: every further question would wait as long.

use std::fmt::Write as _;
use std::time::Duration;

use crate::config::{KafkaSource, Mechanism};
use crate::decode::{self, Context, Told};
use crate::ledger::Placed;
use crate::source::kafka::{Consumer, Fault, FaultKind, Pattern, Place, Said, Topic, Watermarks};
use crate::units::Text;

use super::super::setup::Setup;
use super::{Found, Looks};

/// Topics that are named of those that a pattern means.
const NAMES_MAX: usize = 10;
/// Partitions that are asked for their ends because a pattern means them: each takes a moment.
const PARTITIONS_MAX: usize = 200;

/// A partition and what it holds.
struct Held {
    place: Place,
    log: Watermarks,
}

/// What a fault means, and what to do.
fn fails(fault: &Fault) -> Found {
    Found::fails(fault.to_string(), fault.hint())
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
    let loud = said.iter().filter(|said| said.loud || said.is_telling());
    let worst = loud.max_by_key(|said| (said.kind(), said.is_telling()));
    let hint = worst.map_or(FaultKind::Unreachable.hint(), Said::hint);
    let text = worst.map_or_else(|| "no broker answers".to_owned(), Said::plain);
    Found::fails(text, hint)
}

/// Looks at a topic of the configuration; its partitions go to `held`.
fn topics(consumer: &Consumer, name: &str, held: &mut Vec<Held>) -> Result<Found, Fault> {
    if name.starts_with('^') {
        return pattern(consumer, name, held);
    }
    let begin = held.len();
    for topic in consumer.topics(Some(name))? {
        hold(consumer, topic, held)?;
    }
    let new = held.get(begin..).unwrap_or_default();
    if new.is_empty() {
        let fault = Fault::new(FaultKind::TopicGone, "there is no such topic");
        return Ok(fails(&fault));
    }
    Ok(Found::works(content(new)))
}

/// Asks for the ends of a topic's partitions.
fn hold(consumer: &Consumer, topic: Topic, held: &mut Vec<Held>) -> Result<(), Fault> {
    for partition in topic.partitions? {
        let place = Place {
            topic: Text::from(topic.name.as_str()),
            partition,
        };
        let log = consumer.watermarks(&place)?;
        held.push(Held { place, log });
    }
    Ok(())
}

/// How much there is.
fn content(held: &[Held]) -> String {
    let records = held
        .iter()
        .map(|one| one.log.high - one.log.low.min(one.log.high));
    let records = records.fold(0, u64::saturating_add);
    let word = if held.len() == 1 {
        "partition"
    } else {
        "partitions"
    };
    format!("{} {word}, {records} records", held.len())
}

/// Looks which topics a pattern means now.
fn pattern(consumer: &Consumer, text: &str, held: &mut Vec<Held>) -> Result<Found, Fault> {
    let mut topics = consumer.topics(None)?;
    let all = topics.len();
    let Some(pattern) = Pattern::parse(text) else {
        let text = format!("{all} topics can be seen; the client matches the pattern when it runs");
        return Ok(Found::works(text));
    };
    topics.retain(|topic| pattern.matches(&topic.name));
    topics.sort_by(|one, other| one.name.cmp(&other.name));
    if topics.is_empty() {
        return Ok(Found::doubtful(
            format!("none of {all} topics matches now; one that comes later is read"),
            "check the pattern, and the right Describe on the topics: without it they are not seen",
        ));
    }
    let mut names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let matching = names.len();
    names.truncate(NAMES_MAX);
    let mut shown = names.join(", ");
    if matching > NAMES_MAX {
        write!(shown, " and {} more", matching - NAMES_MAX).unwrap_or_default();
    }
    let begin = held.len();
    for topic in topics {
        if held.len().saturating_sub(begin) >= PARTITIONS_MAX {
            return Ok(Found::works(format!(
                "{matching} of {all} topics match now: {shown}"
            )));
        }
        hold(consumer, topic, held)?;
    }
    let content = content(held.get(begin..).unwrap_or_default());
    Ok(Found::works(format!(
        "{matching} of {all} topics match now: {shown} ({content})"
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
