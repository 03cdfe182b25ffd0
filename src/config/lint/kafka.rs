//! Looks at Kafka sources for what would count twice, run in a circle or tell a password.
//!
//! Knows no broker. A newcomer may ask why overlapping patterns are only a warning: which topics
//! there are is known to the brokers alone.

use std::collections::BTreeSet;

use crate::problem::Problem;

use super::super::at::At;
use super::super::kafka::{Mechanism, Overlap, Placed, broker, overlap};

/// Ports that `ServiceNow`'s Hermes is read from, one range for each of its two clusters (ServiceNow
/// docs, "Advanced high availability setup" of Hermes).
const HERMES: [std::ops::RangeInclusive<u16>; 2] = [4100..=4150, 4200..=4250];

/// Adds every finding on Kafka sources.
pub(in crate::config) fn lint(sources: &[Placed<'_>], faults: &mut Vec<Problem>) {
    for (index, source) in sources.iter().enumerate() {
        for earlier in sources.iter().take(index) {
            overlapping(earlier, source, faults);
        }
        dead_letter(source, sources, faults);
        clear_text(source, faults);
        hermes(source, faults);
    }
}

/// The brokers of a source, comparable.
fn brokers(source: &Placed<'_>) -> BTreeSet<(String, u16)> {
    let brokers = source.ready.brokers.iter();
    brokers.filter_map(|text| broker(text).ok()).collect()
}

fn same_cluster(one: &Placed<'_>, other: &Placed<'_>) -> bool {
    !brokers(one).is_disjoint(&brokers(other))
}

/// Two sources that read one topic of one cluster.
fn overlapping(earlier: &Placed<'_>, later: &Placed<'_>, faults: &mut Vec<Problem>) {
    if !same_cluster(earlier, later) {
        return;
    }
    for topic in &later.written.get().topics {
        let other = earlier
            .ready
            .topics
            .iter()
            .find(|other| overlap(topic.get(), other) != Overlap::None);
        if let Some(other) = other {
            let message = format!(
                "topic `{}` of these brokers is read by source `{}`, too, as `{other}`",
                topic.get(),
                earlier.ready.name
            );
            faults.push(
                later
                    .file
                    .problem(topic.span(), "overlapping_sources", message)
                    .hint("each record would be read twice; let one source read each topic")
                    .warning(),
            );
        }
    }
}

/// A dead-letter topic that is read itself: each record in it would make another.
fn dead_letter(source: &Placed<'_>, sources: &[Placed<'_>], faults: &mut Vec<Problem>) {
    let written = source.written.get().dead_letter.as_ref();
    let Some(at) = written.and_then(|written| written.get().topic.as_ref()) else {
        return;
    };
    let readers = sources.iter().filter(|other| same_cluster(source, other));
    let found = readers
        .flat_map(|reader| reader.ready.topics.iter().map(move |topic| (reader, topic)))
        .map(|(reader, topic)| (overlap(at.get(), topic), reader, topic))
        .max_by_key(|(overlap, _, _)| *overlap);
    let Some((overlap, reader, topic)) = found.filter(|(overlap, _, _)| *overlap != Overlap::None)
    else {
        return;
    };
    let certain = overlap == Overlap::Certain;
    let verb = if certain { "is" } else { "may be" };
    let message = format!(
        "dead-letter topic `{}` {verb} read by source `{}`, as `{topic}`: a circle",
        at.get(),
        reader.ready.name
    );
    let problem = source
        .file
        .problem(at.span(), "dead_letter_circle", message)
        .hint("give it a name that no source reads");
    faults.push(if certain { problem } else { problem.warning() });
}

/// Credentials that go over the network as they are.
fn clear_text(source: &Placed<'_>, faults: &mut Vec<Problem>) {
    let mechanism = source.ready.sasl.as_ref().map(|sasl| sasl.mechanism);
    let what = match mechanism {
        Some(Mechanism::Plain) => "password",
        Some(Mechanism::OauthBearer) => "token",
        Some(Mechanism::ScramSha256 | Mechanism::ScramSha512) | None => return,
    };
    let written = source.written.get();
    let sasl = written.sasl.as_ref();
    let at = sasl.and_then(|sasl| sasl.get().mechanism.as_ref().map(At::span));
    if let (None, Some(span)) = (&written.tls, at) {
        let message = format!("without TLS the {what} goes over the network in clear text");
        faults.push(
            source
                .file
                .problem(span, "clear_text_secret", message)
                .hint("`tls = {}` encrypts with the system's authorities; or use SCRAM")
                .warning(),
        );
    }
}

/// Ports of both of Hermes' clusters in one source.
fn hermes(source: &Placed<'_>, faults: &mut Vec<Problem>) {
    let cluster = |text: &str| {
        let port = broker(text).ok()?.1;
        HERMES.iter().position(|ports| ports.contains(&port))
    };
    let mut first = None;
    for text in &source.written.get().brokers {
        let Some(cluster) = cluster(text.get()) else {
            continue;
        };
        if *first.get_or_insert(cluster) != cluster {
            let message = format!("broker `{}` is of another cluster", text.get());
            faults.push(
                source
                    .file
                    .problem(text.span(), "two_clusters", message)
                    .hint(
                        "ports from 4100 and ports from 4200 are Hermes' two clusters: \
                         make each a source, or the records of one are missed",
                    )
                    .warning(),
            );
            return;
        }
    }
}
