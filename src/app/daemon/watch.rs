//! Watches a reader's client: its words, its lag, and partitions that no longer move.
//!
//! Knows no record. A newcomer may ask why a silent partition is suspected at all: librdkafka can
//! lose one between an assignment and a fetch, and says nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::{GroupProtocol, KafkaSource};
use crate::crash::pause;
use crate::source::kafka::{self, Consumer, FaultKind, Place, Seen, Standing, View};
use crate::telemetry::SourceError;

use super::super::Failure;
use super::reader::{Ended, Reader, series};
use super::shared::{Shared, part_of};
use super::tracks::{Track, complete_to};

/// Events of a client that are served at once.
const EVENTS_MAX: usize = 100;

/// A partition that has records and gives none for so long is taken up again.
const STALLED: Duration = Duration::from_mins(1);
/// A client that is outside its group for so long is replaced. A rebalance may take as long as the slowest
/// member is given to answer (`max.poll.interval.ms`, 5 minutes).
const OUTSIDE_MAX: Duration = Duration::from_mins(6);
/// A source that has partitions for which no broker answers for so long is not ready.
const SILENT_MAX: Duration = Duration::from_mins(1);
/// How often the leaders of partitions that give nothing are asked for their ends.
const ASK_EVERY: Duration = Duration::from_secs(20);
/// How long one round of asking may take: records wait for it.
const ASK_MAX: Duration = Duration::from_secs(1);

/// Faults are over when none came for so long: the client repeats what lasts more often than that.
const OVER_AFTER: Duration = Duration::from_mins(1);

/// What is said of a client that does not come back to its group; the one after it is ready when it has
/// partitions.
const LEFT_OUT: &str = "the client is not in its group, although brokers answer";

/// Statistics come every second; who has not looked at them for so long was kept from reading.
const WATCH_MAX: Duration = Duration::from_secs(10);

/// How the figures call a fault.
pub(super) fn label(kind: FaultKind) -> SourceError {
    match kind {
        FaultKind::Unreachable => SourceError::Connection,
        FaultKind::Denied => SourceError::Authentication,
        FaultKind::TopicGone => SourceError::UnknownTopic,
        FaultKind::OutOfRange => SourceError::Position,
        FaultKind::Fatal => SourceError::Group,
        FaultKind::Settings | FaultKind::Other => SourceError::Other,
    }
}

/// Logs what librdkafka has to say; whether it speaks of being refused.
pub(super) fn repeat_words(
    shared: &Shared,
    source: &str,
    consumer: &Consumer,
) -> Option<FaultKind> {
    let mut kind = None;
    for said in consumer.said() {
        if !said.loud {
            tracing::debug!(source, "librdkafka: {}", said.text);
            continue;
        }
        let of = said.kind();
        kind = kind.max(Some(of));
        let text = said.plain();
        if matches!(of, FaultKind::Denied | FaultKind::Settings) {
            shared.alarm(source, &text, said.hint());
        } else {
            shared.fault(source, &text, said.hint());
        }
    }
    kind
}

/// Says why no broker answers, where it can be told.
pub(super) fn tell_silence(shared: &Shared, source: &KafkaSource, consumer: &Consumer) {
    let name = source.name.as_str();
    // Serves the client's callbacks, whose words say why nobody answers.
    for _ in 0..EVENTS_MAX {
        drop(consumer.poll(Duration::ZERO));
    }
    let mut kind = repeat_words(shared, name, consumer);
    let text = if let Some(fault) = consumer.lacks_token() {
        // The client's words have said it, with what to do.
        kind = Some(fault.kind);
        fault.to_string()
    } else {
        let text = format!("no broker of {} answers", source.brokers.join(", "));
        shared.fault(name, &text, kind.unwrap_or(FaultKind::Unreachable).hint());
        text
    };
    let label = label(kind.unwrap_or(FaultKind::Unreachable));
    shared.figures.source_error(name, label);
    shared.health.ready(&part_of(name), Err(&text));
}

impl Reader {
    /// Looks at the client's words and statistics, when there are new ones.
    pub(super) fn watch(&mut self) -> Result<Option<Ended>, Failure> {
        let Some(View {
            at: then,
            places: seen,
            standing,
        }) = self.consumer.seen()
        else {
            return Ok(None);
        };
        let kind = repeat_words(&self.shared, &self.source.name, &self.consumer);
        if let Some(kind) = kind {
            self.shared
                .figures
                .source_error(&self.source.name, label(kind));
            self.faulted = Some(Instant::now());
        }
        self.tell_over(&seen);
        self.tell_silent(&seen);
        let now = Instant::now();
        let age = i64::try_from(now.saturating_duration_since(then).as_millis());
        let at = self.shared.clock.now();
        let then = (at.saturating_add(-age.unwrap_or(i64::MAX)), then);
        // Who waited for the books took no records, and nothing stands still because of it.
        let waited = now.saturating_duration_since(self.watched) > pause(WATCH_MAX);
        self.watched = now;
        let mut stalled: Vec<Place> = Vec::new();
        for (place, track) in &mut self.tracks {
            match seen.get(place) {
                // Of a broker that is silent nothing can be asked.
                None => track.moved = now,
                Some(Seen::Left) => {}
                Some(Seen::Fetched { end, fetched }) => {
                    track.heard(*end, *fetched, then, self.source.grace);
                    let series = series(&self.source.name, place);
                    let end = track.high.unwrap_or(*end);
                    self.shared.figures.high_watermark(series, end);
                }
            }
            if waited {
                track.moved = now;
            }
            let still = now.saturating_duration_since(track.moved);
            if still > pause(STALLED) && track.part.is_none() {
                stalled.push(place.clone());
            }
        }
        let complete = complete_to(&self.tracks).filter(|_| self.waiting.is_empty());
        self.shared.complete(&self.source.name, complete);
        self.ask_ends();
        if self.is_left_out(standing) {
            return Ok(Some(Ended::Again));
        }
        self.recover(stalled)
    }

    /// Whether the client does not come back to its group by itself: a request may have been lost
    /// whose answer it awaits, and it says nothing meanwhile.
    fn is_left_out(&mut self, standing: Option<Standing>) -> bool {
        self.was_member |= standing == Some(Standing::Member);
        let outside = match standing {
            // Whoever never was a member and asks for nothing waits for topics that are not there yet.
            Some(Standing::Idle) => self.was_member,
            Some(Standing::Between) => true,
            Some(Standing::Member) | None => false,
        };
        if !outside || self.source.protocol != GroupProtocol::Classic {
            self.outside = None;
            return false;
        }
        let since = *self.outside.get_or_insert_with(Instant::now);
        let left_out = since.elapsed() > pause(OUTSIDE_MAX);
        if left_out {
            tracing::warn!(
                source = %self.source.name, for_seconds = since.elapsed().as_secs(),
                "{LEFT_OUT}"
            );
            self.tell_ready(Err(LEFT_OUT));
        }
        left_out
    }

    /// Says that faults are over when none came for a while and every partition's broker answers.
    fn tell_over(&mut self, seen: &BTreeMap<Place, Seen>) {
        let quiet = self
            .faulted
            .is_some_and(|at| at.elapsed() > pause(OVER_AFTER));
        let all = self.tracks.keys().all(|place| seen.contains_key(place));
        if quiet && all && self.waiting.is_empty() && self.outside.is_none() {
            self.shared.over(&self.source.name);
            self.faulted = None;
        }
    }

    /// Says where probes ask that partitions have nobody to be read from, and that they have again.
    fn tell_silent(&mut self, seen: &BTreeMap<Place, Seen>) {
        let silent = |place: &&Place| !seen.contains_key(place);
        let mut silent = self.tracks.keys().filter(silent);
        // Who waits for the books asks no broker for more.
        let first = silent.next().filter(|_| !self.pipeline.is_full());
        let Some(first) = first else {
            let told = |since: Instant| since.elapsed() > pause(SILENT_MAX);
            if self.silent.take().is_some_and(told) && self.waiting.is_empty() {
                self.tell_ready(Ok(()));
            }
            return;
        };
        let since = self.silent.get_or_insert_with(Instant::now).elapsed();
        if since > pause(SILENT_MAX) {
            let more = match silent.count() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let Place { topic, partition } = first;
            let seconds = since.as_secs();
            self.tell_ready(Err(&format!(
                "no broker answers for {topic}/{partition}{more}, for {seconds} s"
            )));
        }
    }

    fn tell_ready(&self, state: Result<(), &str>) {
        let part = part_of(&self.source.name);
        self.shared.health.ready(&part, state);
    }

    /// Asks leaders where partitions end that give nothing. The client tells it, too, but only by
    /// what it fetched: of a partition that it forgot it would tell the same for ever.
    fn ask_ends(&mut self) {
        let began = Instant::now();
        if began < self.ask_at {
            return;
        }
        let quiet = |(_, track): &(&Place, &mut Track)| track.is_quiet(began, pause(ASK_EVERY));
        let mut tracks: Vec<(&Place, &mut Track)> = self.tracks.iter_mut().filter(quiet).collect();
        tracks.sort_by_key(|(_, track)| track.asked_at);
        for (place, track) in tracks {
            if began.elapsed() > ASK_MAX {
                break;
            }
            track.asked_at = began;
            match self.consumer.watermarks(place) {
                Ok(log) => track.ends_at(log.high),
                // Its leader is asked again when its turn comes.
                Err(_) => break,
            }
        }
        self.ask_at = Instant::now() + pause(ASK_EVERY).max(began.elapsed() * 20);
    }

    /// Takes stalled partitions up again; the second time, with a new client.
    fn recover(&mut self, stalled: Vec<Place>) -> Result<Option<Ended>, Failure> {
        // One that waits to be looked at has not moved either.
        let tracks = &self.tracks;
        let stands = |place: &Place, at: u64| tracks.get(place).is_none_or(|it| it.next <= at);
        self.stalled.retain(|place, at| stands(place, *at));
        if stalled.is_empty() {
            return Ok(None);
        }
        for place in &stalled {
            tracing::warn!(
                source = %self.source.name, topic = %place.topic, partition = place.partition,
                "the partition has records and gives none; it is taken up again"
            );
            self.shared.figures.stall_recovered(&self.source.name);
        }
        if stalled.iter().any(|place| self.stalled.contains_key(place)) {
            return Ok(Some(Ended::Again));
        }
        self.consumer.give_up(&stalled)?;
        for place in stalled {
            if let Some(track) = self.tracks.remove(&place) {
                self.stalled.insert(place.clone(), track.next);
            }
            self.waiting.insert(place);
        }
        Ok(None)
    }

    /// Answers a fault that the client reported between records.
    pub(super) fn trouble(&mut self, fault: &kafka::Fault) -> Result<Option<Ended>, Failure> {
        self.shared
            .figures
            .source_error(&self.source.name, label(fault.kind));
        let text = fault.to_string();
        self.faulted = Some(Instant::now());
        match fault.kind {
            FaultKind::Fatal => return Err(Failure::Kafka(fault.clone())),
            FaultKind::OutOfRange | FaultKind::TopicGone => {
                self.shared.fault(&self.source.name, &text, fault.hint());
                // Which partition it is, librdkafka does not say; it no longer reads it, and says
                // so once.
                self.in_doubt = true;
            }
            FaultKind::Denied | FaultKind::Settings | FaultKind::Unreachable | FaultKind::Other => {
                self.shared.fault(&self.source.name, &text, fault.hint());
            }
        }
        Ok(None)
    }
}
