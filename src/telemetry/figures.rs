//! The figures that readers and the writer of the ledger fill in, and the page that shows them.
//!
//! Knows no socket and no clock. A newcomer may ask why one lock and not a hundred atomics: it is
//! taken once a batch, and a page made under it adds up.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::outcome::{DuplicateKind, IgnoreReason, QuarantineReason};
use crate::units::{Text, UnixMillis, clean_name};

use super::state::{Coverage, PartitionFigures, PartitionKey, State, add, whole};
use super::words::{Delivery, Rebalance, Reload, SourceError};

/// The daemon's own metrics; shared by all its threads.
#[derive(Debug)]
pub struct Figures {
    state: Mutex<State>,
}

/// A partition and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Partition<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// Topic.
    pub topic: &'a str,
    /// Number of the partition.
    pub number: i32,
}

impl Partition<'_> {
    fn key(&self) -> PartitionKey {
        (clean_name(self.source), clean_name(self.topic), self.number)
    }
}

/// A batch that the ledger has booked durably.
#[derive(Clone, Copy, Debug)]
pub struct Booked<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// Records as the reader counted them.
    pub received: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Judged reports in the batch.
    pub entries: u64,
    /// Reports that added to the books.
    pub metered: u64,
    /// Of them: known only by a hash of their content.
    pub weak: u64,
    /// Requests among the metered.
    pub requests: u64,
    /// Of the requests: without a price.
    pub unpriced: u64,
    /// Reports that the books had.
    pub duplicates: &'a BTreeMap<DuplicateKind, u64>,
    /// Records that are no LLM calls.
    pub ignored: &'a BTreeMap<IgnoreReason, u64>,
    /// Records kept aside.
    pub quarantined: &'a BTreeMap<QuarantineReason, u64>,
    /// How long the ledger took.
    pub commit: Duration,
    /// When it was done.
    pub at: UnixMillis,
}

impl Figures {
    /// All at zero.
    #[must_use]
    pub fn new(version: &str, started: UnixMillis) -> Figures {
        Figures {
            state: Mutex::new(State::new(version, started)),
        }
    }

    /// Names a configured source, so that all its series are there at zero before the first record.
    pub fn declare(&self, source: &str) {
        let mut state = self.state();
        if !state.declare(source) {
            state.sources_folded = state.sources_folded.saturating_add(1);
        }
    }

    /// A batch is in the books.
    pub fn booked(&self, batch: &Booked<'_>) {
        let mut state = self.state();
        let source = state.source(batch.source);
        source.received = source.received.saturating_add(batch.received);
        source.bytes = source.bytes.saturating_add(batch.bytes);
        source.metered = source.metered.saturating_add(batch.metered);
        source.weak = source.weak.saturating_add(batch.weak);
        source.requests = source.requests.saturating_add(batch.requests);
        source.unpriced = source.unpriced.saturating_add(batch.unpriced);
        for (kind, n) in batch.duplicates {
            add(&mut source.duplicates, *kind, *n);
        }
        for (reason, n) in batch.ignored {
            add(&mut source.ignored, *reason, *n);
        }
        for (reason, n) in batch.quarantined {
            add(&mut source.quarantined, *reason, *n);
        }
        let micros = u64::try_from(batch.commit.as_micros()).unwrap_or(u64::MAX);
        state.batch_records.add(batch.received);
        state.batch_entries.add(batch.entries);
        state.commit_micros.add(micros);
        state.last_commit = Some(batch.at);
    }

    /// The ledger refused a batch or could not write it.
    pub fn commit_failed(&self) {
        let mut state = self.state();
        state.commit_failures = state.commit_failures.saturating_add(1);
    }

    /// This process reads a partition from now on.
    pub fn assigned(&self, partition: Partition<'_>) {
        self.state().partition(partition.key());
    }

    /// The books stand at `next_offset`; `None` leaves what was known before.
    pub fn position(
        &self,
        partition: Partition<'_>,
        next_offset: u64,
        complete_to: Option<UnixMillis>,
        last_at: Option<UnixMillis>,
    ) {
        let mut state = self.state();
        let figures = state.partition(partition.key());
        figures.next_offset = Some(next_offset);
        figures.complete_to = complete_to.or(figures.complete_to);
        figures.last_at = last_at.or(figures.last_at);
    }

    /// The broker told the end of a partition: the offset of the record that comes next.
    pub fn high_watermark(&self, partition: Partition<'_>, offset: u64) {
        self.state().partition(partition.key()).high_watermark = Some(offset);
    }

    /// This process no longer reads a partition; what was lost in it stays told.
    pub fn released(&self, partition: Partition<'_>) {
        let mut state = self.state();
        let key = partition.key();
        if let Some(figures) = state.partitions.remove(&key)
            && figures.lost > 0
        {
            let kept = PartitionFigures {
                own: figures.own,
                lost: figures.lost,
                ..Default::default()
            };
            state.partitions.insert(key, kept);
        }
    }

    /// Records of a partition were gone before they could be read.
    pub fn lost(&self, partition: Partition<'_>, records: u64) {
        let mut state = self.state();
        let figures = state.partition(partition.key());
        figures.lost = figures.lost.saturating_add(records);
    }

    /// A partition stood still before its end and moves again.
    pub fn stall_recovered(&self, source: &str) {
        let mut state = self.state();
        let source = state.source(source);
        source.stalls = source.stalls.saturating_add(1);
    }

    /// The assigned partitions changed.
    pub fn rebalanced(&self, source: &str, kind: Rebalance) {
        add(&mut self.state().source(source).rebalances, kind, 1);
    }

    /// A fault of a source.
    pub fn source_error(&self, source: &str, kind: SourceError) {
        add(&mut self.state().source(source).errors, kind, 1);
    }

    /// Records went to the dead-letter topic, or could not.
    pub fn dead_letters(&self, source: &str, result: Delivery, records: u64) {
        add(&mut self.state().source(source).letters, result, records);
    }

    /// Size of the ledger's files, and the last number of its feed.
    pub fn ledger(&self, size_bytes: u64, feed: u64) {
        let mut state = self.state();
        state.ledger_bytes = Some(size_bytes);
        state.feed = Some(feed);
    }

    /// Calls and requests by endpoint over the time that coverage compares; replaces all.
    pub fn coverage(&self, by_endpoint: impl IntoIterator<Item = (Text, Coverage)>) {
        self.state().cover(by_endpoint);
    }

    /// The configuration in force, by its number in the ledger.
    pub fn configuration(&self, number: u64) {
        self.state().config = Some(number);
    }

    /// The configuration was read again.
    pub fn reloaded(&self, result: Reload) {
        let mut state = self.state();
        add(&mut state.reloads, result, 1);
        state.last_reload = Some(result);
    }

    /// Hours were linked, and closed.
    pub fn hours(&self, linked: u64, closed: u64) {
        let mut state = self.state();
        state.hours_linked = state.hours_linked.saturating_add(linked);
        state.hours_closed = state.hours_closed.saturating_add(closed);
    }

    /// Records received less those with an outcome, over all sources; anything but 0 is a defect.
    #[must_use]
    pub fn unaccounted(&self) -> i64 {
        let state = self.state();
        let each = state.sources.values().map(|one| one.unaccounted().abs());
        each.fold(0, i64::saturating_add)
    }

    /// The page for Prometheus, in its text format 0.0.4; `alive` as the health says.
    #[must_use]
    pub fn page(&self, now: UnixMillis, alive: bool) -> String {
        self.state().page(now, alive)
    }

    /// How far the sources are behind of which partitions are read: records that wait and the age of
    /// the last booked one in milliseconds, as far as they are known.
    #[must_use]
    pub fn lags(&self, now: UnixMillis) -> BTreeMap<Text, (Option<i64>, Option<i64>)> {
        let state = self.state();
        let mut lags: BTreeMap<Text, (Option<i64>, Option<i64>)> = BTreeMap::new();
        for ((source, _, _), one) in state.partitions.iter().filter(|(_, one)| one.assigned) {
            let (records, ms) = lags.entry(source.clone()).or_insert((Some(0), Some(0)));
            let both = |known: Option<i64>| Some((known?, one.lag_records()?));
            *records = both(*records).map(|(sum, more)| sum.saturating_add(more));
            *ms = ms.and_then(|age| Some(age.max(one.lag_millis(now)?)));
        }
        lags
    }

    /// One line for people: how much is read, how far behind, and when it was last booked.
    #[must_use]
    pub fn status(&self, now: UnixMillis) -> String {
        let state = self.state();
        let received = state.sources.values().map(|one| one.received);
        let received = received.fold(0, u64::saturating_add);
        let reading = || state.partitions.values().filter(|one| one.assigned);
        let waiting = reading().filter_map(PartitionFigures::lag_records);
        let waiting = waiting.fold(0, i64::saturating_add);
        let behind = reading().filter_map(|one| one.lag_millis(now)).max();
        let lost = state.partitions.values().map(|one| whole(one.lost));
        let lost = lost.fold(0, i64::saturating_add);
        let booked = state.last_commit.map(|at| format!(", last at {at}"));
        let behind = behind.map(|ms| format!("; {waiting} waiting, {} s behind", ms / 1_000));
        let gone = (lost > 0).then(|| format!("; {lost} lost"));
        let rest: String = [booked, behind, gone].into_iter().flatten().collect();
        let followers = state.followers_in_words();
        format!("{received} records booked{rest}{followers}")
    }

    /// The state; a thread that died while it held the lock leaves counts that are still true.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
