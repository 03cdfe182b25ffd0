//! Turns written Kafka sources into ready ones.
//!
//! Knows no client. A newcomer may ask why a faulty part does not drop its source: the finer checks
//! go on with what is sound, so that one round of mending is enough.

use crate::decode;
use crate::problem::Problem;
use crate::units::{Millis, Text, UnixMillis};

use super::super::at::{At, AtText};
use super::super::read::FileText;
use super::super::settings::{
    GRACE_DEFAULT_SECONDS, GRACE_MAX_SECONDS, bounded, fields_of, format_of,
};
use super::super::{hint, names};
use super::security::Around;
use super::{DeadLetter, GroupProtocol, KafkaSource, Start, property, topic, written};

/// The group when none is named.
pub const GROUP_DEFAULT: &str = "tollwatch";

/// How far records of a partition may be out of order when nothing else is said: producers that
/// hold batches back and try again are late by less.
pub const DISORDER_DEFAULT_SECONDS: u64 = 60;

/// A source as written and as it became.
pub(in crate::config) struct Placed<'a> {
    pub(in crate::config) file: &'a FileText,
    pub(in crate::config) written: &'a At<written::KafkaSource>,
    pub(in crate::config) ready: KafkaSource,
}

/// The sources; names are unique among all that `seen` has seen.
pub(in crate::config) fn sources<'a>(
    around: Around<'a>,
    written: &'a [At<written::KafkaSource>],
    seen: &mut names::Seen,
    faults: &mut Vec<Problem>,
) -> Vec<Placed<'a>> {
    let file = around.file;
    let mut placed = Vec::new();
    for source in written {
        if source.get().brokers.is_empty() {
            names::missing(file, source.span(), "brokers", faults);
        }
        if source.get().topics.is_empty() {
            names::missing(file, source.span(), "topics", faults);
        }
        let Some(name) = &source.get().name else {
            names::missing(file, source.span(), "name", faults);
            continue;
        };
        seen.note(file, name, faults);
        placed.push(Placed {
            file,
            written: source,
            ready: one(around, name, source.get(), faults),
        });
    }
    placed
}

fn one(
    around: Around<'_>,
    name: &AtText,
    written: &written::KafkaSource,
    faults: &mut Vec<Problem>,
) -> KafkaSource {
    let file = around.file;
    let protocol = match written.protocol.as_ref().map(At::get) {
        Some(written::GroupProtocol::Consumer) => GroupProtocol::Consumer,
        Some(written::GroupProtocol::Classic) | None => GroupProtocol::Classic,
    };
    let format = written.format.as_ref().filter(|name| name.get() != "auto");
    let mut seconds = |value: Option<&At<u64>>, default: u64| {
        let seconds = bounded(file, value, 0..=GRACE_MAX_SECONDS, faults).unwrap_or(default);
        Millis(seconds.saturating_mul(1000))
    };
    KafkaSource {
        grace: seconds(written.grace_seconds.as_ref(), GRACE_DEFAULT_SECONDS),
        disorder: seconds(written.disorder_seconds.as_ref(), DISORDER_DEFAULT_SECONDS),
        name: Text::from(name.get().as_str()),
        brokers: topic::brokers(file, &written.brokers, faults),
        topics: topic::topics(file, &written.topics, faults),
        group: word(file, "group", written.group.as_ref(), faults)
            .unwrap_or_else(|| GROUP_DEFAULT.to_owned()),
        decode: decode::Settings {
            format: format.and_then(|format| format_of(file, format, faults)),
            fields: fields_of(file, &written.fields, faults),
        },
        ignore_scopes: written
            .ignore_scopes
            .iter()
            .map(|scope| Text::from(scope.get().as_str()))
            .collect(),
        start: start(file, written.start.as_ref(), faults),
        instance_id: word(file, "instance_id", written.instance_id.as_ref(), faults),
        protocol,
        tls: written.tls.as_ref().map(|tls| around.tls(tls, faults)),
        sasl: written
            .sasl
            .as_ref()
            .and_then(|sasl| around.sasl(sasl, faults)),
        properties: property::ready(file, &written.properties, protocol, faults),
        dead_letter: written
            .dead_letter
            .as_ref()
            .and_then(|dead_letter| dead_letter_of(file, dead_letter, faults)),
    }
}

/// A name of the group's, which Kafka takes as it is; one that is empty or has blanks is reported.
fn word(
    file: &FileText,
    key: &str,
    written: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Option<String> {
    let text = written?;
    let strange = |c: char| c.is_whitespace() || c.is_control();
    if text.get().is_empty() || text.get().contains(strange) {
        let message = format!("`{key}` is empty or has a blank: `{}`", text.get());
        faults.push(file.problem(text.span(), "bad_name", message));
        return None;
    }
    Some(text.get().clone())
}

fn start(file: &FileText, written: Option<&AtText>, faults: &mut Vec<Problem>) -> Start {
    let Some(text) = written else {
        return Start::default();
    };
    match text.get().as_str() {
        "beginning" => Start::Beginning,
        "end" => Start::End,
        time => UnixMillis::parse(time).map_or_else(
            || {
                let words = ["beginning", "end"];
                let near = hint::nearest_only(time, words);
                let right = "`beginning`, `end`, or a time such as `2026-11-01T00:00:00Z`";
                let message = format!("unknown start `{time}`");
                let problem = file.problem(text.span(), "unknown_value", message);
                faults.push(problem.hint(if near.is_empty() {
                    right.to_owned()
                } else {
                    near
                }));
                Start::default()
            },
            Start::At,
        ),
    }
}

fn dead_letter_of(
    file: &FileText,
    written: &At<written::DeadLetter>,
    faults: &mut Vec<Problem>,
) -> Option<DeadLetter> {
    let Some(name) = &written.get().topic else {
        names::missing(file, written.span(), "topic", faults);
        return None;
    };
    if let Some(fault) = topic::topic_fault(file, name) {
        faults.push(fault);
        return None;
    }
    Some(DeadLetter {
        topic: name.get().clone(),
        raw_bytes: match written.get().include.as_ref().map(At::get) {
            Some(written::Include::RawBytes) => true,
            Some(written::Include::Keys) | None => false,
        },
    })
}
