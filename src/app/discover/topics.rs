//! Feeds topics to a survey: what they hold, or what comes within a time.
//!
//! Knows no broker's protocol and no group. A newcomer may ask why the first records of a topic wait:
//! how its times are written must be known before the first of them is read.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::config::{KafkaSource, Start};
use crate::decode::{self, Context, Settings};
use crate::outcome::{QuarantineReason, Reject};
use crate::provider::Gate;
use crate::source::kafka::{FaultKind, Record, Sample};
use crate::units::Text;

use super::columns::Looker;
use super::read::{Asked, guessed, stated};
use super::survey::{About, StreamId, Survey};

/// Records of a topic that tell how its times are written.
const HEAD: usize = 20;
/// Bytes of them that are kept at most.
const HEAD_BYTES: usize = 4 << 20;
/// Records taken of a source before the next one has its turn.
const TURN: usize = 2_000;
/// Longest wait of a turn.
const WAIT: Duration = Duration::from_millis(200);
/// A source that sends nothing for so long, though it holds more, is given up.
const QUIET_MAX: Duration = Duration::from_secs(15);

/// The topics of all sources that are looked at.
pub(super) struct Topics<'a> {
    gate: &'a Gate,
    sources: Vec<Source<'a>>,
    pub(super) faults: Vec<String>,
}

struct Source<'a> {
    configured: &'a KafkaSource,
    sample: Sample,
    streams: BTreeMap<Text, Stream>,
    start: Start,
    /// Since when nothing has come.
    quiet: Instant,
    over: bool,
}

struct Stream {
    id: StreamId,
    settings: Settings,
    zone_stated: bool,
    records: u64,
    /// The first records, until they are read.
    head: Option<Vec<Vec<u8>>>,
    head_bytes: usize,
}

impl<'a> Topics<'a> {
    /// Begins to read the topics of the sources that were asked for.
    pub(super) fn open(asked: Asked<'a>, survey: &mut Survey<'_>, gate: &'a Gate) -> Topics<'a> {
        let mut topics = Topics {
            gate,
            sources: Vec::new(),
            faults: Vec::new(),
        };
        for source in asked.kafka {
            let start = asked.from.unwrap_or(source.start);
            match Sample::open(source, start) {
                Ok(sample) => topics.add((source, start), sample, asked, survey),
                Err(fault) => {
                    let hint = fault.hint();
                    let hint = if hint.is_empty() {
                        String::new()
                    } else {
                        format!(" ({hint})")
                    };
                    let name = &source.name;
                    topics
                        .faults
                        .push(format!("source `{name}`: {fault}{hint}"));
                }
            }
        }
        topics
    }

    fn add(
        &mut self,
        (source, start): (&'a KafkaSource, Start),
        sample: Sample,
        asked: Asked<'_>,
        survey: &mut Survey<'_>,
    ) {
        let of = |fault: &String| format!("source `{}`: {fault}", source.name);
        self.faults.extend(sample.faults().iter().map(of));
        let mut streams = BTreeMap::new();
        for sampled in sample.topics() {
            let (settings, zone_stated) = stated(source.decode.clone(), asked);
            let id = survey.stream(About {
                name: format!("{} of {}", sampled.topic, source.name),
                settings: settings.clone(),
                zone_stated,
                written: None,
                topic_of: Some(source.name.clone()),
            });
            let stream = Stream {
                id,
                settings,
                zone_stated,
                records: 0,
                head: Some(Vec::new()),
                head_bytes: 0,
            };
            streams.insert(sampled.topic.clone(), stream);
        }
        self.sources.push(Source {
            configured: source,
            streams,
            over: sample.topics().is_empty(),
            sample,
            start,
            quiet: Instant::now(),
        });
    }

    /// Whether there is nothing to read.
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// About how many records are there.
    pub(super) fn ahead(&self) -> u64 {
        let all = self.sources.iter().flat_map(|one| one.sample.topics());
        all.map(|sampled| sampled.ahead).sum()
    }

    /// How many were taken.
    pub(super) fn taken(&self) -> u64 {
        let all = self.sources.iter().flat_map(|one| one.streams.values());
        all.map(|stream| stream.records).sum()
    }

    /// Whether all has been read that was there when reading began.
    pub(super) fn are_through(&mut self) -> bool {
        self.sources
            .iter_mut()
            .all(|one| one.over || one.sample.is_through())
    }

    /// Takes what there is of each source, up to a bound; `patient` waits for what may come
    /// later.
    pub(super) fn turn(&mut self, survey: &mut Survey<'_>, patient: bool) {
        for one in self.sources.iter_mut().filter(|one| !one.over) {
            let mut wait = WAIT;
            for _ in 0..TURN {
                if survey.is_full() {
                    return;
                }
                match one.sample.poll(wait) {
                    Ok(Some(record)) => take(&mut one.streams, &record, survey, self.gate),
                    Ok(None) => break,
                    Err(fault) if passes(fault.kind) => {}
                    Err(fault) => {
                        let text = format!("source `{}`: {fault}", one.configured.name);
                        self.faults.push(text);
                        one.over = true;
                        break;
                    }
                }
                wait = Duration::ZERO;
                one.quiet = Instant::now();
            }
            if !patient && one.quiet.elapsed() > QUIET_MAX && !one.sample.is_through() {
                let seconds = QUIET_MAX.as_secs();
                self.faults.push(format!(
                    "source `{}`: nothing came for {seconds} s, and there is more",
                    one.configured.name
                ));
                one.over = true;
            }
        }
    }

    /// Reads what still waits, and says which topics gave nothing. `listened`: how long was waited
    /// for what comes, where it was.
    pub(super) fn finish(mut self, survey: &mut Survey<'_>, listened: bool) -> Vec<String> {
        for one in &mut self.sources {
            for stream in one.streams.values_mut() {
                stream.read_head(survey, self.gate);
            }
            for sampled in one.sample.topics() {
                let none = one.streams.get(&sampled.topic);
                if none.is_none_or(|stream| stream.records > 0) || survey.is_full() {
                    continue;
                }
                survey.remark(empty(one, &sampled.topic, sampled.before, listened));
            }
        }
        self.faults
    }
}

/// Why a topic gave nothing, and what would.
fn empty(one: &Source<'_>, topic: &str, before: u64, listened: bool) -> String {
    let name = &one.configured.name;
    let place = match one.start {
        Start::Beginning => "its beginning",
        Start::End => "its end",
        Start::At(_) => "the time given",
    };
    if before == 0 && !listened {
        return format!(
            "topic `{topic}` of source `{name}` is empty: no record in any partition; `--for 10m` \
             waits for what comes"
        );
    }
    let waited = if listened { ", and none came" } else { "" };
    if before == 0 {
        return format!("topic `{topic}` of source `{name}` is empty{waited}");
    }
    format!(
        "topic `{topic}` of source `{name}`: no record from {place} on{waited}; it holds some {before} \
         before that: `--from beginning`"
    )
}

/// Whether a client goes on after a fault by itself.
fn passes(kind: FaultKind) -> bool {
    match kind {
        FaultKind::Unreachable | FaultKind::OutOfRange | FaultKind::Other => true,
        FaultKind::Denied | FaultKind::Settings | FaultKind::TopicGone | FaultKind::Fatal => false,
    }
}

fn take(
    streams: &mut BTreeMap<Text, Stream>,
    record: &Record<'_>,
    survey: &mut Survey<'_>,
    gate: &Gate,
) {
    let Some(stream) = streams.get_mut(record.topic()) else {
        return;
    };
    stream.records += 1;
    let refused = |reason, detail: String| Reject::new(reason, detail);
    match record.payload() {
        None => {
            let reject = refused(QuarantineReason::Empty, "a null payload".to_owned());
            survey.refused(stream.id, &reject);
        }
        Some(bytes) if bytes.len() > decode::RECORD_MAX_BYTES => {
            let detail = format!("{} bytes", bytes.len());
            survey.refused(stream.id, &refused(QuarantineReason::TooLarge, detail));
        }
        Some(bytes) => {
            let Some(head) = &mut stream.head else {
                survey.record(stream.id, bytes);
                return;
            };
            head.push(bytes.to_vec());
            stream.head_bytes = stream.head_bytes.saturating_add(bytes.len());
            if head.len() >= HEAD || stream.head_bytes >= HEAD_BYTES {
                stream.read_head(survey, gate);
            }
        }
    }
}

impl Stream {
    /// Reads the records that waited, once they have told how.
    fn read_head(&mut self, survey: &mut Survey<'_>, gate: &Gate) {
        let Some(head) = self.head.take() else {
            return;
        };
        let mut looker = Looker::new(gate);
        looker.settings = self.settings.clone();
        let mut told = Vec::new();
        for bytes in &head {
            let settings = &self.settings;
            decode::watch(bytes, Context { settings, gate }, &mut looker, &mut told);
            told.clear();
        }
        guessed(&mut self.settings, looker.written, self.zone_stated);
        survey.read_as(self.id, self.settings.clone());
        for bytes in &head {
            if survey.is_full() {
                return;
            }
            survey.record(self.id, bytes);
        }
    }
}
