//! Records in, booked batches out: decode, judge, apply.
//!
//! Knows no file and no broker: whoever feeds it says where a record stands. A newcomer may ask
//! why a batch is bounded by entries and by bytes: one bounds the transaction, the other memory.

use std::collections::BTreeMap;

use crate::clock::Clock;
use crate::decode::{self, Context, Settings, Told};
use crate::judge::Judge;
use crate::ledger::{Applied, Batch, Fault, Ledger, Position, Quarantined};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::Gate;
use crate::units::{DAY_MS, Text, UnixMillis};

/// Entries after which a batch is full.
const ENTRIES_MAX: usize = 20_000;
/// Records after which a batch is full, ignored ones among them.
const RECORDS_MAX: u64 = 200_000;
/// Bytes of records after which a batch is full.
const BYTES_MAX: u64 = 128 * 1024 * 1024;

/// What records are read and judged with.
pub struct Means<'a> {
    /// Judges, under the configuration.
    pub judge: &'a mut Judge,
    /// Which hosts are LLM endpoints.
    pub gate: &'a Gate,
    /// How records are read.
    pub settings: &'a Settings,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// Where the records of a batch come from.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// Name of the source.
    pub source: Text,
    /// Topic, or path of the file.
    pub topic: Text,
    /// Partition; 0 for files.
    pub partition: i32,
    /// Where the books stand.
    pub from: Option<Position>,
}

/// Decodes and judges records into a batch, and books it.
pub struct Pipeline<'a> {
    judge: &'a mut Judge,
    gate: &'a Gate,
    settings: &'a Settings,
    ignore_scopes: &'a [Text],
    now: UnixMillis,
    batch: Batch,
    bytes: u64,
    told: Vec<Told>,
    last_at: Option<UnixMillis>,
}

impl<'a> Pipeline<'a> {
    /// A pipeline for the records of one partition. The time of its making bounds how far in the
    /// future a record may lie.
    pub fn new(means: &'a mut Means<'_>, partition: Partition) -> Pipeline<'a> {
        let Partition {
            source,
            topic,
            partition,
            from,
        } = partition;
        Pipeline {
            now: means.clock.now(),
            judge: means.judge,
            gate: means.gate,
            settings: means.settings,
            ignore_scopes: &[],
            batch: Batch {
                source,
                topic,
                partition,
                from,
                // Room that is never used is never touched, and growing would copy.
                entries: Vec::with_capacity(ENTRIES_MAX),
                ..Batch::default()
            },
            bytes: 0,
            told: Vec::new(),
            last_at: None,
        }
    }

    /// Leaves out what these tellers report: another source tells the same calls better.
    pub fn ignore_scopes(&mut self, scopes: &'a [Text]) {
        self.ignore_scopes = scopes;
    }

    /// Takes one record.
    pub fn record(&mut self, offset: u64, bytes: &[u8]) {
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let mut told = std::mem::take(&mut self.told);
        decode::decode(
            bytes,
            Context {
                settings: self.settings,
                gate: self.gate,
            },
            &mut told,
        );
        for one in told.drain(..) {
            self.take(offset, one);
        }
        self.told = told;
    }

    /// Takes note of a record that was passed over because of its size.
    pub fn too_large(&mut self, offset: u64, length: u64) {
        let detail = format!("{length} bytes, at most {}", decode::RECORD_MAX_BYTES);
        self.take(
            offset,
            Told::Rejected(Reject::new(QuarantineReason::TooLarge, detail)),
        );
    }

    /// Takes note of a record that the source itself could not read.
    pub fn refused(&mut self, offset: u64, reject: Reject) {
        self.take(offset, Told::Rejected(reject));
    }

    /// Takes note of a blank line.
    pub fn blank(&mut self, offset: u64) {
        self.take(offset, Told::Ignored(IgnoreReason::Blank));
    }

    /// Marks the batch as a second reading of these rows of the quarantine.
    pub fn retries(&mut self, rows: Vec<i64>) {
        self.batch.retried = rows;
    }

    /// Whether the batch should be booked before more is taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.batch.entries.len() >= ENTRIES_MAX
            || self.batch.received >= RECORDS_MAX
            || self.bytes >= BYTES_MAX
    }

    /// Whether nothing was taken since the last booking.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.received == 0
    }

    /// Time of the latest call seen.
    #[must_use]
    pub fn last_at(&self) -> Option<UnixMillis> {
        self.last_at
    }

    /// Books what was taken, and moves the position to `to` (`None` for what has none).
    ///
    /// # Errors
    /// What the ledger says; then nothing was booked and the batch is kept, to try again.
    pub fn book(
        &mut self,
        ledger: &mut dyn Ledger,
        to: Option<Position>,
    ) -> Result<Applied, Fault> {
        self.batch.to.clone_from(&to);
        let applied = ledger.apply(&self.batch, self.now)?;
        self.batch.from = to;
        self.batch.received = 0;
        self.batch.entries.clear();
        self.batch.ignored = BTreeMap::new();
        self.batch.quarantined.clear();
        self.batch.retried.clear();
        self.bytes = 0;
        Ok(applied)
    }

    fn take(&mut self, offset: u64, told: Told) {
        self.batch.received = self.batch.received.saturating_add(1);
        match told {
            Told::Ignored(reason) => self.ignore(reason),
            Told::Rejected(reject) => self.keep_aside(offset, None, reject),
            Told::Report(report) if self.ignore_scopes.contains(&report.teller) => {
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
                    self.keep_aside(offset, Some(at), reject);
                    return;
                }
                match self.judge.judge(report, &self.batch.source, offset) {
                    Ok(judged) => {
                        self.last_at = self.last_at.max(Some(at));
                        self.batch.entries.push(judged.entry);
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

    fn keep_aside(&mut self, offset: u64, at: Option<UnixMillis>, reject: Reject) {
        let format = self.settings.format;
        self.batch.quarantined.push(Quarantined {
            offset,
            at,
            reject,
            format,
        });
    }
}
