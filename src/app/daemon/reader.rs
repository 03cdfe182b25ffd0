//! Reads one Kafka source into batches, from where the books stand.
//!
//! Knows no SQL and no log format. A newcomer may ask why it never asks Kafka where it stopped: the
//! books know, and only what they know is certain after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::KafkaSource;
use crate::crash::{pause, site};
use crate::decode::Settings;
use crate::judge::Judge;
use crate::ledger::FaultKind as LedgerFault;
use crate::source::kafka::{self, Consumer, Place};
use crate::telemetry::Partition as Series;
use crate::units::{Millis, Text};

use super::super::Failure;
use super::super::pipeline::{Means, Partition, Pipeline};
use super::super::setup::Setup;
use super::letters::Letters;
use super::runs::Run;
use super::shared::{Shared, part_of};
use super::tracks::{Track, Tracks, complete_to};
use super::watch;
use super::writer::{Done, Work, Writer};

/// Once the writer is free, it is handed what was gathered for so long when nothing more waits at once.
const GATHER: Duration = Duration::from_millis(200);
/// And what was gathered for so long, whatever waits.
const GATHER_MAX: Duration = Duration::from_secs(1);
/// Records taken between two looks at everything else.
const RECORDS_PER_LOOK: usize = 2_000;
/// Longest wait for a record.
pub(super) const POLL: Duration = Duration::from_millis(100);
/// How often it is looked whether a topic that is read was deleted and made again.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(30);
/// Pause before partitions that could not be looked at are looked at again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long the books may take before partitions are given up without them.
pub(super) const HAND_BACK_MAX: Duration = Duration::from_secs(20);
/// How long the last batch may take when the daemon ends; leaving the group takes a moment, too.
const END_MAX: Duration = Duration::from_secs(3);

/// How a reader came to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The daemon ends, or the configuration no longer names the source.
    Done,
    /// It has to be made anew: other brokers, or a client that does not come back by itself.
    Again,
}

/// A source's reader.
pub(super) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) source: KafkaSource,
    pub(super) consumer: Consumer,
    pub(super) cluster: Text,
    pub(super) tracks: Tracks,
    /// Partitions that are ours and not read yet: where they go on is not known.
    pub(super) waiting: BTreeSet<Place>,
    pub(super) pipeline: Pipeline,
    pub(super) letters: Option<Letters>,
    pub(super) setup: Arc<Setup>,
    pub(super) generation: u64,
    pub(super) judge: Judge,
    bytes: u64,
    pub(super) writer: Writer,
    began: Option<Instant>,
    pub(super) look_at: Instant,
    pub(super) to_commit: BTreeMap<Place, u64>,
    pub(super) commit_at: Instant,
    /// Partitions that were taken up again because they gave nothing, and where they stood.
    pub(super) stalled: BTreeMap<Place, u64>,
    /// When statistics were last looked at.
    pub(super) watched: Instant,
    /// The client has been a member of its group.
    pub(super) was_member: bool,
    /// Since when it has been outside, although brokers answer.
    pub(super) outside: Option<Instant>,
    /// Since when no broker has answered for one of its partitions.
    pub(super) silent: Option<Instant>,
    /// A partition is not where it was thought to be, or its topic is not.
    pub(super) in_doubt: bool,
    /// Partitions whose topic was found deleted and made again while it was read.
    pub(super) replaced: BTreeSet<Place>,
    /// Since when the writer has had no room.
    pub(super) held_up: Option<Instant>,
    /// What was gathered was dropped, and nothing is read until the writer is done.
    pub(super) resting: bool,
    pub(super) check_at: Instant,
    /// When a fault came last that is not said to be over.
    pub(super) faulted: Option<Instant>,
    /// When leaders are asked next for the ends of quiet partitions.
    pub(super) ask_at: Instant,
    /// Where the next round of looking at waiting partitions begins.
    pub(super) look_from: Option<Place>,
}

/// What reading a source needs to know of it.
fn settings(source: &KafkaSource) -> (&Settings, &[Text]) {
    (&source.decode, &source.ignore_scopes)
}

/// How long after its call a record may come, and how far out of order.
fn late(source: &KafkaSource) -> Millis {
    Millis(source.grace.0.saturating_add(source.disorder.0))
}

impl Reader {
    /// Joins the group; `None` when the end or another configuration was told before a broker
    /// answered.
    ///
    /// # Errors
    /// What the configuration lacks; what the ledger says.
    pub(super) fn start(
        shared: &Arc<Shared>,
        source: &KafkaSource,
    ) -> Result<Option<Reader>, Failure> {
        let (setup, generation) = shared.setup();
        let judge = shared.judge(&setup)?;
        shared.takes_over(&part_of(&source.name), generation);
        let consumer = Consumer::subscribe(source)?;
        let name = source.name.as_str();
        let cluster = loop {
            if let Some(cluster) = consumer.cluster() {
                break Text::from(cluster);
            }
            if shared.generation() != generation {
                return Ok(None);
            }
            watch::tell_silence(shared, source, &consumer);
            if !shared.nap(LOOK_AGAIN) {
                return Ok(None);
            }
        };
        let now = Instant::now();
        let letters = Letters::start(source)?;
        tracing::info!(source = name, %cluster, topics = source.topics.join(", "), "joined");
        Ok(Some(Reader {
            pipeline: Pipeline::new(source.name.clone(), cluster.clone(), shared.clock.now()),
            shared: Arc::clone(shared),
            source: source.clone(),
            consumer,
            cluster,
            tracks: Tracks::new(),
            waiting: BTreeSet::new(),
            letters,
            setup,
            generation,
            judge,
            bytes: 0,
            writer: Writer::start(shared, name)?,
            began: None,
            look_at: now,
            to_commit: BTreeMap::new(),
            commit_at: now,
            stalled: BTreeMap::new(),
            watched: now,
            was_member: false,
            outside: None,
            silent: None,
            in_doubt: false,
            replaced: BTreeSet::new(),
            held_up: None,
            resting: false,
            check_at: now + CHECK_EVERY,
            ask_at: now,
            faulted: Some(now),
            look_from: None,
        }))
    }

    /// Reads until the end is told, or the reader has to be made anew.
    ///
    /// # Errors
    /// What nobody here can heal.
    pub(super) fn run(&mut self) -> Result<Ended, Failure> {
        loop {
            self.shared.moves();
            if self.shared.stopping() {
                self.finish(END_MAX)?;
                return Ok(Ended::Done);
            }
            self.rebalance()?;
            self.settle()?;
            self.hear_writer(Duration::ZERO)?;
            if let Some(ended) = self.reconfigure()? {
                return Ok(ended);
            }
            self.look_again()?;
            if let Some(ended) = self.watch()? {
                return Ok(ended);
            }
            if self.is_held_up()? {
                continue;
            }
            self.check_topics();
            let drained = match self.gather() {
                Ok(drained) => drained,
                Err(fault) => {
                    if let Some(ended) = self.trouble(&fault)? {
                        return Ok(ended);
                    }
                    true
                }
            };
            self.hand_over_when_due(drained);
            self.follow_with_offsets();
        }
    }

    /// Takes records as they come, up to a bound; whether there was none left.
    fn gather(&mut self) -> Result<bool, kafka::Fault> {
        let (settings, ignore_scopes) = settings(&self.source);
        let mut means = Means {
            judge: &mut self.judge,
            gate: &self.setup.gate,
            settings,
            ignore_scopes,
        };
        let mut wait = POLL;
        let mut run: Option<Run<'_>> = None;
        for _ in 0..RECORDS_PER_LOOK {
            if self.pipeline.is_full() {
                return Ok(false);
            }
            let Some(record) = self.consumer.poll(wait)? else {
                return Ok(true);
            };
            wait = Duration::ZERO;
            site("after_poll");
            run = match run {
                Some(run) if run.goes_on_with(&record) => Some(run),
                ended => {
                    drop(ended);
                    Run::begin(&mut self.tracks, &record)
                }
            };
            // What still comes of a partition that was given up is read by whoever has it now; what
            // comes twice after a change of leaders was taken.
            let Some(run) = run.as_mut().filter(|run| record.offset() >= run.track.next) else {
                continue;
            };
            self.began.get_or_insert_with(Instant::now);
            let pipeline = &mut self.pipeline;
            let part = *run.track.part.get_or_insert_with(|| {
                pipeline.part(Partition {
                    topic: run.place.topic.clone(),
                    partition: run.place.partition,
                    from: run.track.from.clone(),
                })
            });
            self.bytes += pipeline.kafka_record(&mut means, part, &record);
            if let Some(letters) = &mut self.letters {
                letters.after(&record, pipeline.quarantined());
            }
            run.take(record);
            site("after_decode");
        }
        Ok(false)
    }

    /// Hands over what was gathered. With more to come at once, larger batches cost less each.
    fn hand_over_when_due(&mut self, drained: bool) {
        if !self.writer.is_idle() {
            return;
        }
        let gathered = self.began.map(|began| began.elapsed());
        let due = gathered
            .is_some_and(|gathered| gathered >= GATHER_MAX || gathered >= pause(GATHER) && drained);
        let idle_news = self.began.is_none() && self.tracks.values().any(Track::is_worth_writing);
        self.held_up = None;
        if due || idle_news || self.pipeline.is_full() {
            self.hand_over();
        }
    }

    /// Hands what was gathered to the writer, and what idle partitions have to say.
    pub(super) fn hand_over(&mut self) {
        if let Some(letters) = &mut self.letters {
            letters.deliver(&self.shared.figures);
        }
        for (place, track) in &mut self.tracks {
            if track.part.is_none() && !track.is_worth_writing() {
                continue;
            }
            let from = track.from.clone();
            let part = track.part.unwrap_or_else(|| {
                self.pipeline.part(Partition {
                    topic: place.topic.clone(),
                    partition: place.partition,
                    from,
                })
            });
            let to = track.hand_over(late(&self.source));
            self.pipeline.moves_to(part, Some(to));
        }
        self.began = None;
        let batch = self.pipeline.take_batch(self.shared.clock.now());
        if batch.parts.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        site("before_hand_over");
        self.writer.book(Work { batch, bytes });
        let complete = complete_to(&self.tracks).filter(|_| self.waiting.is_empty());
        self.shared.complete(&self.source.name, complete);
    }

    /// Hears what became of batches; `wait` is for the first answer.
    pub(super) fn hear_writer(&mut self, wait: Duration) -> Result<(), Failure> {
        let mut wait = wait;
        self.shared.moves();
        while let Some(done) = self.writer.done(wait) {
            wait = Duration::ZERO;
            match done {
                Done::Booked(parts, batch) => {
                    self.pipeline.reuse(batch);
                    for (place, next) in parts {
                        if let Some(track) = self.tracks.get_mut(&place) {
                            track.booked = next;
                            self.to_commit.insert(place, next);
                        }
                    }
                }
                Done::Dropped => {}
                Done::Died => return Err(Failure::Died(format!("writer of {}", self.source.name))),
                Done::Failed(fault) if fault.kind == LedgerFault::Moved => {
                    let text = fault.to_string();
                    self.shared.fault(&self.source.name, &text, fault.hint());
                    self.rewind()?;
                }
                Done::Failed(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    pub(super) fn drop_gathered(&mut self) {
        // A batch is dropped whole: it adds to no count.
        drop(self.pipeline.take_batch(self.shared.clock.now()));
        if let Some(letters) = &mut self.letters {
            letters.forget();
        }
        self.bytes = 0;
        self.began = None;
    }
}

/// A partition as the figures name it.
pub(super) fn series<'a>(source: &'a str, place: &'a Place) -> Series<'a> {
    Series {
        source,
        topic: &place.topic,
        number: place.partition,
    }
}
