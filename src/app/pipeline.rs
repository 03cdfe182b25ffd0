//! Records in, booked batches out: decode, judge, apply.
//!
//! Asks no file and no broker: whoever feeds it says where a record stands. A newcomer may ask
//! why a batch is bounded by entries and by bytes: one bounds the transaction, the other memory.

use std::collections::BTreeMap;

use crate::call::Format;
use crate::crash;
use crate::decode::{self, Context, Settings, Told};
use crate::entry::Entry;
use crate::judge::Judge;
use crate::ledger::{Applied, Batch, Fault, Ledger, Part, Position, Quarantined};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::Gate;
use crate::source::kafka::Record;
use crate::units::{DAY_MS, Text, UnixMillis};

/// Entries after which a batch is full.
const ENTRIES_MAX: usize = 30_000;
/// Records after which a batch is full, ignored ones among them.
const RECORDS_MAX: u64 = 200_000;
/// Bytes of records after which a batch is full.
const BYTES_MAX: u64 = 128 * 1024 * 1024;

/// What records of one source are read and judged with.
pub struct Means<'a> {
    /// Judges, under the configuration.
    pub judge: &'a mut Judge,
    /// Which hosts are LLM endpoints.
    pub gate: &'a Gate,
    /// How records are read.
    pub settings: &'a Settings,
    /// Tellers whose reports are left out: another source tells the same calls better.
    pub ignore_scopes: &'a [Text],
}

/// What whoever reads needs of the books.
pub trait Books {
    /// Up to where a partition has been booked; `cluster` is empty for files.
    ///
    /// # Errors
    /// What the ledger says.
    fn position(
        &self,
        source: &str,
        cluster: &str,
        topic: &str,
        partition: i32,
    ) -> Result<Option<Position>, Fault>;

    /// Books a batch in one transaction.
    ///
    /// # Errors
    /// What the ledger says; then nothing of the batch is in the books.
    fn apply(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault>;
}

impl<L: Ledger + ?Sized> Books for L {
    fn position(
        &self,
        source: &str,
        cluster: &str,
        topic: &str,
        partition: i32,
    ) -> Result<Option<Position>, Fault> {
        Ledger::position(self, source, cluster, topic, partition)
    }

    fn apply(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault> {
        Ledger::apply(self, batch, now)
    }
}

/// Where the records of a batch come from.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// Topic, or path of the file.
    pub topic: Text,
    /// Partition; 0 for files.
    pub partition: i32,
    /// Where the books stand.
    pub from: Option<Position>,
}

/// Decodes and judges records of one source into a batch, and books it.
pub struct Pipeline {
    now: UnixMillis,
    batch: Batch,
    bytes: u64,
    told: Vec<Told>,
    last_at: Vec<Option<UnixMillis>>,
    /// Room for entries that a batch before had.
    spare: Vec<Entry>,
}

impl Pipeline {
    /// An empty batch of a source; `cluster` is empty for files. `now` bounds how far in the future
    /// a record may lie.
    #[must_use]
    pub fn new(source: Text, cluster: Text, now: UnixMillis) -> Pipeline {
        Pipeline {
            now,
            batch: Batch {
                source,
                cluster,
                ..Batch::default()
            },
            bytes: 0,
            told: Vec::new(),
            last_at: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// A batch of one partition, which is part 0.
    #[must_use]
    pub fn of_one(source: Text, partition: Partition, now: UnixMillis) -> Pipeline {
        let mut pipeline = Pipeline::new(source, Text::default(), now);
        pipeline.part(partition);
        pipeline
    }

    /// Begins a part; returns its number. A batch takes 65,535 of them.
    pub fn part(&mut self, partition: Partition) -> u16 {
        let number = u16::try_from(self.batch.parts.len()).unwrap_or(u16::MAX);
        self.batch.parts.push(Part {
            topic: partition.topic,
            partition: partition.partition,
            to: None,
            from: partition.from,
        });
        self.last_at.push(None);
        number
    }

    /// Takes one record of a part.
    pub fn record(&mut self, means: &mut Means<'_>, (part, offset): (u16, u64), bytes: &[u8]) {
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let mut told = std::mem::take(&mut self.told);
        let context = Context {
            settings: means.settings,
            gate: means.gate,
        };
        decode::decode(bytes, context, &mut told);
        for one in told.drain(..) {
            self.take(means, (part, offset), one);
        }
        self.told = told;
    }

    /// Takes one record of a topic; how many bytes it has.
    pub fn kafka_record(&mut self, means: &mut Means<'_>, part: u16, record: &Record<'_>) -> u64 {
        let place = (part, record.offset());
        let Some(bytes) = record.payload() else {
            let detail = "a null payload; a record is expected to hold one call or several";
            self.reject(place, Reject::new(QuarantineReason::Empty, detail));
            return 0;
        };
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if bytes.len() > decode::RECORD_MAX_BYTES {
            self.too_large(place, length);
        } else {
            self.record(means, place, bytes);
        }
        length
    }

    /// Takes note of a record that was passed over because of its size.
    pub fn too_large(&mut self, place: (u16, u64), length: u64) {
        let detail = format!("{length} bytes, at most {}", decode::RECORD_MAX_BYTES);
        self.reject(place, Reject::new(QuarantineReason::TooLarge, detail));
    }

    /// Takes note of a record that cannot be read.
    pub fn reject(&mut self, place: (u16, u64), reject: Reject) {
        self.batch.received = self.batch.received.saturating_add(1);
        self.keep_aside(place, (None, None), reject);
    }

    /// Takes note of a blank line.
    pub fn blank(&mut self) {
        self.batch.received = self.batch.received.saturating_add(1);
        self.ignore(IgnoreReason::Blank);
    }

    /// Marks the batch as a second reading of these rows of the quarantine.
    pub fn retries(&mut self, rows: Vec<i64>) {
        self.batch.retried = rows;
    }

    /// Whether the batch should be booked before more is taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.batch.entries.len() >= ENTRIES_MAX
            || self.batch.received >= crash::batch_records().unwrap_or(RECORDS_MAX)
            || self.bytes >= BYTES_MAX
    }

    /// Whether nothing was taken since the last booking.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.received == 0
    }

    /// The records that could not be read, so far.
    #[must_use]
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.batch.quarantined
    }

    /// Time of the latest call of a part.
    #[must_use]
    pub fn last_at(&self, part: u16) -> Option<UnixMillis> {
        self.last_at.get(usize::from(part)).copied().flatten()
    }

    /// Says where the books of a part shall stand afterwards; `None` for what has no position.
    pub fn moves_to(&mut self, part: u16, to: Option<Position>) {
        if let Some(part) = self.batch.parts.get_mut(usize::from(part)) {
            part.to = to;
        }
    }

    /// The batch as it is, and an empty one without parts in its place, whose records are bounded
    /// by the time `now`.
    pub fn take_batch(&mut self, now: UnixMillis) -> Batch {
        let mut next = Pipeline::new(self.batch.source.clone(), self.batch.cluster.clone(), now);
        next.told = std::mem::take(&mut self.told);
        next.batch.entries = std::mem::take(&mut self.spare);
        std::mem::replace(self, next).batch
    }

    /// Takes a batch that is booked, for the room that it has.
    pub fn reuse(&mut self, batch: Batch) {
        let mut entries = batch.entries;
        entries.clear();
        self.spare = entries;
    }

    /// Books what was taken; the parts stay, from where they then stand.
    ///
    /// # Errors
    /// What the ledger says; then nothing was booked and the batch is kept, to try again.
    pub fn book<B: Books + ?Sized>(&mut self, books: &mut B) -> Result<Applied, Fault> {
        let applied = books.apply(&self.batch, self.now)?;
        for part in &mut self.batch.parts {
            part.from = part.to.take();
        }
        self.batch.received = 0;
        self.batch.entries.clear();
        self.batch.ignored = BTreeMap::new();
        self.batch.quarantined.clear();
        self.batch.retried.clear();
        self.bytes = 0;
        Ok(applied)
    }

    fn take(&mut self, means: &mut Means<'_>, place: (u16, u64), told: Told) {
        self.batch.received = self.batch.received.saturating_add(1);
        let format = means.settings.format;
        match told {
            Told::Ignored(reason) => self.ignore(reason),
            Told::Rejected(reject) => self.keep_aside(place, (None, format), reject),
            Told::Report(report) if means.ignore_scopes.contains(&report.teller) => {
                self.ignore(IgnoreReason::OtherSourceCounts);
            }
            Told::Report(report) => {
                let at = report.at;
                if at > self.now.saturating_add(DAY_MS) {
                    let detail = format!(
                        "the call is at {at}, more than a day after now ({})",
                        self.now
                    );
                    let reject = Reject::new(QuarantineReason::TimeOutOfRange, detail);
                    self.keep_aside(place, (Some(at), format), reject);
                    return;
                }
                match means.judge.judge(report, &self.batch.source, place.1) {
                    Ok(judged) => {
                        if let Some(last) = self.last_at.get_mut(usize::from(place.0)) {
                            *last = (*last).max(Some(at));
                        }
                        let mut entry = judged.entry;
                        entry.part = place.0;
                        if self.batch.entries.is_empty() {
                            // Room that is never used is never touched, and growing would copy.
                            self.batch.entries.reserve(ENTRIES_MAX);
                        }
                        self.batch.entries.push(entry);
                    }
                    Err(reason) => self.ignore(reason),
                }
            }
        }
    }

    fn ignore(&mut self, reason: IgnoreReason) {
        let count = self.batch.ignored.entry(reason).or_default();
        *count = count.saturating_add(1);
    }

    fn keep_aside(
        &mut self,
        (part, offset): (u16, u64),
        (at, format): (Option<UnixMillis>, Option<Format>),
        reject: Reject,
    ) {
        self.batch.quarantined.push(Quarantined {
            part,
            offset,
            at,
            reject,
            format,
        });
    }
}
