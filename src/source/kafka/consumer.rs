//! A member of a consumer group that reads from where it is told.
//!
//! Knows neither books nor formats: it hands out records and takes positions. A newcomer may ask
//! why the group's own offsets are never read: they trail behind the books, for whoever watches lag.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::clock::{Clock, SystemClock};
use crate::config::{KafkaSource, Start};
use crate::units::UnixMillis;

use super::client;
use super::context::{Change, Context, Place, Said};
use super::fault::{Fault, FaultKind};
use super::marks::{Mark, Marks, Resume, Watermarks, resume};
use super::seen::View;
use super::token::Tokens;

/// How long a question to the brokers may take.
pub(super) const ASK: Duration = Duration::from_secs(4);
/// How long a client may take to ask for its bearer token.
const TOKEN: Duration = Duration::from_millis(200);
/// How long a record may take to be read back.
const READ_BACK: Duration = Duration::from_secs(8);

/// A record, as long as the consumer lends it.
pub struct Record<'a>(BorrowedMessage<'a>);

impl Record<'_> {
    /// Its topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.0.topic()
    }

    /// Its partition.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.0.partition()
    }

    /// Its offset.
    #[must_use]
    pub fn offset(&self) -> u64 {
        whole(self.0.offset())
    }

    /// Its timestamp in Unix milliseconds, where it has one.
    #[must_use]
    pub fn time(&self) -> Option<i64> {
        self.0.timestamp().to_millis()
    }

    /// Its bytes; `None` for a null payload.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.0.payload()
    }

    /// What to know it by later.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark::of(self.offset(), self.time(), self.payload())
    }
}

/// An offset; librdkafka's are signed, and negative ones are no offsets.
fn whole(offset: i64) -> u64 {
    u64::try_from(offset).unwrap_or(0)
}

fn raw(offset: u64) -> Offset {
    Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX))
}

/// What is known of a partition.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The first offset not read.
    pub next: u64,
    /// What was read last.
    pub marks: Marks,
}

/// A member of a consumer group.
pub struct Consumer {
    // Before the configuration, so that it closes first.
    pub(super) client: BaseConsumer<Context>,
    aside: ClientConfig,
    tokens: Option<Arc<Tokens>>,
}

impl Consumer {
    /// Joins the group of a source and subscribes to its topics.
    ///
    /// # Errors
    /// What the configuration lacks, or librdkafka refuses. Brokers are not waited for.
    pub fn subscribe(source: &KafkaSource) -> Result<Consumer, Fault> {
        let consumer = Consumer::unsubscribed(source)?;
        let topics: Vec<&str> = source.topics.iter().map(String::as_str).collect();
        consumer.client.subscribe(&topics)?;
        Ok(consumer)
    }

    /// A client of the source's brokers that joins no group: for questions and single records.
    ///
    /// # Errors
    /// As [`Consumer::subscribe`].
    pub fn unsubscribed(source: &KafkaSource) -> Result<Consumer, Fault> {
        Consumer::with(&client::consumer(source, true)?, source)
    }

    /// A client with these properties, of a source that says how it is let in.
    pub(super) fn with(config: &ClientConfig, source: &KafkaSource) -> Result<Consumer, Fault> {
        let tokens = Tokens::of(source)?;
        let context = Context::new(tokens.clone());
        Ok(Consumer {
            client: config.create_with_context(context)?,
            aside: client::consumer(source, false)?,
            tokens,
        })
    }

    /// Has the client ask for its bearer token, where it needs one: it does so when it is polled.
    pub(super) fn knock(&self) {
        if self.tokens.is_some() {
            drop(self.poll(TOKEN));
        }
    }

    /// Why there is no bearer token for the brokers; `None` while there is one, or none is needed.
    #[must_use]
    pub fn lacks_token(&self) -> Option<Fault> {
        self.tokens.as_ref()?.lacking(SystemClock.now())
    }

    /// The id of the cluster; `None` when no broker tells one in time, or none can be asked.
    #[must_use]
    pub fn cluster(&self) -> Option<String> {
        self.knock();
        if self.lacks_token().is_some() {
            return None;
        }
        self.client.client().fetch_cluster_id(ASK)
    }

    /// The next record, waiting at most `wait`.
    ///
    /// # Errors
    /// What librdkafka reports of a partition or of the whole client.
    pub fn poll(&self, wait: Duration) -> Result<Option<Record<'_>>, Fault> {
        match self.client.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => Ok(Some(Record(message))),
            Some(Err(_)) if self.client.context().is_said_before() => Ok(None),
            Some(Err(error)) => Err(Fault::from(error)),
        }
    }

    /// Changes of the assignment since the last question; each must be answered by
    /// [`Consumer::assign`] or [`Consumer::give_up`].
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.client.context().take_changes()
    }

    /// What the client's latest statistics tell, once.
    #[must_use]
    pub fn seen(&self) -> Option<View> {
        let (at, statistics) = self.client.context().take_statistics()?;
        Some(View::of(&statistics, at))
    }

    /// What librdkafka would have logged.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        self.client.context().take_said()
    }

    /// Begins to read further partitions, each from its offset; without any, an assignment is
    /// accepted of which nothing is read yet. Members of this group always change their assignment
    /// bit by bit.
    ///
    /// # Errors
    /// What librdkafka says.
    pub fn assign(&self, from: &BTreeMap<Place, u64>) -> Result<(), Fault> {
        let mut list = TopicPartitionList::new();
        for (place, offset) in from {
            list.add_partition_offset(&place.topic, place.partition, raw(*offset))?;
        }
        Ok(self.client.incremental_assign(&list)?)
    }

    /// Stops reading partitions, which must be read now; without any, a revocation is accepted.
    ///
    /// # Errors
    /// What librdkafka says.
    pub fn give_up(&self, places: &[Place]) -> Result<(), Fault> {
        let mut list = TopicPartitionList::new();
        for place in places {
            list.add_partition(&place.topic, place.partition);
        }
        Ok(self.client.incremental_unassign(&list)?)
    }

    /// Fetches partitions no longer, without anybody's being told: a defect that tests ask for,
    /// because librdkafka has been seen with it.
    pub fn forget<'a>(&self, places: impl Iterator<Item = &'a Place>) {
        let mut list = TopicPartitionList::new();
        for place in places {
            list.add_partition(&place.topic, place.partition);
        }
        drop(self.client.pause(&list));
    }

    /// Tells the brokers up to where the books stand, for whoever watches lag. Nobody waits for it.
    ///
    /// # Errors
    /// What librdkafka says at once.
    pub fn commit(&self, next: &BTreeMap<Place, u64>) -> Result<(), Fault> {
        let mut list = TopicPartitionList::new();
        for (place, offset) in next {
            list.add_partition_offset(&place.topic, place.partition, raw(*offset))?;
        }
        Ok(self.client.commit(&list, CommitMode::Async)?)
    }

    /// What earlier calls of [`Consumer::commit`] could not tell, since the last question.
    #[must_use]
    pub fn uncommitted(&self) -> Vec<(Place, u64)> {
        let failed = self.client.context().take_uncommitted();
        let whole = |(place, offset)| (place, whole(offset));
        failed.into_iter().map(whole).collect()
    }

    /// The offsets that a partition holds, asked of its leader.
    ///
    /// # Errors
    /// What the leader says, or that it does not answer.
    pub fn watermarks(&self, place: &Place) -> Result<Watermarks, Fault> {
        let (low, high) = self
            .client
            .fetch_watermarks(&place.topic, place.partition, ASK)?;
        Ok(Watermarks {
            low: whole(low),
            high: whole(high),
        })
    }

    /// Where a partition begins of which the books have no position.
    ///
    /// # Errors
    /// What the brokers say, or that they do not answer.
    pub fn first(&self, place: &Place, start: Start) -> Result<u64, Fault> {
        let log = self.watermarks(place)?;
        let at = match start {
            Start::Beginning => return Ok(log.low),
            Start::End => return Ok(log.high),
            Start::At(UnixMillis(at)) => at,
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&place.topic, place.partition, Offset::Offset(at))?;
        let found = self.client.offsets_for_times(list, ASK)?;
        let found = found.find_partition(&place.topic, place.partition);
        Ok(match found.map(|found| found.offset()) {
            Some(Offset::Offset(offset)) => whole(offset),
            // No record is as late as that.
            Some(
                Offset::End
                | Offset::Beginning
                | Offset::Stored
                | Offset::Invalid
                | Offset::OffsetTail(_),
            )
            | None => log.high,
        })
    }

    /// Where a partition is read on, and how its log stands to what was read.
    ///
    /// # Errors
    /// What the brokers say, or that they do not answer.
    pub fn resume(
        &self,
        place: &Place,
        known: &Known,
        aside: &mut Option<Aside>,
    ) -> Result<(u64, Resume), Fault> {
        let log = self.watermarks(place)?;
        resume((known.next, &known.marks), log, |offset| {
            let aside = match aside {
                Some(aside) => aside,
                None => aside.insert(self.aside()?),
            };
            let mut found = None;
            aside.read(place, offset, &mut |record| found = Some(record.mark()))?;
            Ok(found)
        })
    }

    /// Whether a record that was read is still what its partition has there, or is there no longer.
    ///
    /// # Errors
    /// What the brokers say, or that they do not answer.
    pub fn is_still(
        &self,
        place: &Place,
        mark: Mark,
        aside: &mut Option<Aside>,
    ) -> Result<bool, Fault> {
        let aside = match aside {
            Some(aside) => aside,
            None => aside.insert(self.aside()?),
        };
        let mut same = true;
        aside.read(place, mark.offset, &mut |record| {
            same = record.mark() == mark;
        })?;
        Ok(same)
    }

    /// A client for reading single records back, which leaves this one alone.
    ///
    /// # Errors
    /// What librdkafka refuses.
    pub fn aside(&self) -> Result<Aside, Fault> {
        let context = Context::new(self.tokens.clone());
        // Nobody asks it for changes: when it closes, it must answer for itself.
        context.closing.store(true, Ordering::Release);
        Ok(Aside(self.aside.create_with_context(context)?))
    }
}

/// A client that reads single records and is no member of the group.
pub struct Aside(BaseConsumer<Context>);

impl Aside {
    /// Reads the one record at `offset`; `take` is not called when there is none at that offset.
    ///
    /// # Errors
    /// What the brokers say, or that they do not answer in time.
    pub fn read(
        &self,
        place: &Place,
        offset: u64,
        take: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Fault> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&place.topic, place.partition, raw(offset))?;
        self.0.assign(&list)?;
        let deadline = Instant::now() + READ_BACK;
        while Instant::now() < deadline {
            match self.0.poll(Duration::from_millis(200)) {
                None => {}
                Some(Ok(message)) => {
                    let record = Record(message);
                    if record.offset() == offset {
                        take(&record);
                    }
                    return Ok(());
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) => {
                    let fault = Fault::from(error);
                    match fault.kind {
                        FaultKind::Unreachable | FaultKind::Other => {}
                        FaultKind::OutOfRange => return Ok(()),
                        FaultKind::Denied
                        | FaultKind::Settings
                        | FaultKind::TopicGone
                        | FaultKind::Fatal => return Err(fault),
                    }
                }
            }
        }
        Err(Fault::new(
            FaultKind::Unreachable,
            format!(
                "offset {offset} of `{}` partition {} could not be read back",
                place.topic, place.partition
            ),
        ))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.client.context().closing.store(true, Ordering::Release);
    }
}
