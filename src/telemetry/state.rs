//! The figures behind the metrics, as plain data with limits.
//!
//! Knows no lock, no clock and no text format. A newcomer may ask why what is past a limit is still
//! kept one by one: sums, the oldest time and the largest lag of many cannot be had otherwise, and
//! a partition costs some 100 bytes.

use std::collections::BTreeMap;

use crate::outcome::{DuplicateKind, IgnoreReason, QuarantineReason};
use crate::units::{Text, UnixMillis, clean_name};

use super::alerts::AlertFigures;
use super::follower::FollowerFigures;
use super::histogram::Histogram;
use super::words::{Delivery, Rebalance, Reload, SourceError};

/// Sources with series of their own; a configuration has a handful.
pub(super) const SOURCES_MAX: usize = 50;
/// Partitions with series of their own: six gauges each, and a page of some 300 kB.
pub(super) const PARTITIONS_MAX: usize = 500;
/// Endpoints with series of their own.
pub(super) const ENDPOINTS_MAX: usize = 200;
/// What all beyond a limit are called.
pub(super) const OTHER: &str = "other";

const RECORDS: &[u64] = &[
    1, 10, 100, 1_000, 5_000, 20_000, 50_000, 100_000, 200_000, 500_000,
];
const ENTRIES: &[u64] = &[0, 1, 10, 100, 1_000, 5_000, 10_000, 20_000, 50_000];
/// Microseconds: from one page written to a disk that gives up.
const COMMIT_MICROS: &[u64] = &[
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

/// Figures of one source.
#[derive(Debug, Default)]
pub(super) struct SourceFigures {
    pub(super) received: u64,
    pub(super) bytes: u64,
    pub(super) metered: u64,
    pub(super) weak: u64,
    pub(super) requests: u64,
    pub(super) unpriced: u64,
    pub(super) duplicates: BTreeMap<DuplicateKind, u64>,
    pub(super) ignored: BTreeMap<IgnoreReason, u64>,
    pub(super) quarantined: BTreeMap<QuarantineReason, u64>,
    pub(super) stalls: u64,
    pub(super) rebalances: BTreeMap<Rebalance, u64>,
    pub(super) errors: BTreeMap<SourceError, u64>,
    pub(super) letters: BTreeMap<Delivery, u64>,
}

impl SourceFigures {
    /// Received less all that has an outcome.
    pub(super) fn unaccounted(&self) -> i64 {
        let known = [
            self.metered,
            sum(&self.duplicates),
            sum(&self.ignored),
            sum(&self.quarantined),
        ];
        let known = known.iter().copied().fold(0, u64::saturating_add);
        whole(self.received).saturating_sub(whole(known))
    }
}

/// Figures of one partition.
#[derive(Debug, Default)]
pub(super) struct PartitionFigures {
    /// Whether it has series of its own.
    pub(super) own: bool,
    /// Whether this process reads it; if not, only what was lost is still told.
    pub(super) assigned: bool,
    pub(super) next_offset: Option<u64>,
    pub(super) high_watermark: Option<u64>,
    pub(super) complete_to: Option<UnixMillis>,
    pub(super) last_at: Option<UnixMillis>,
    pub(super) lost: u64,
}

impl PartitionFigures {
    /// Records that wait; `None` while an end of them is not known.
    pub(super) fn lag_records(&self) -> Option<i64> {
        let (end, next) = (self.high_watermark?, self.next_offset?);
        Some(whole(end.saturating_sub(next)))
    }

    /// Age of the last booked record in milliseconds; 0 where nothing waits.
    pub(super) fn lag_millis(&self, now: UnixMillis) -> Option<i64> {
        match self.lag_records()? {
            0 => Some(0),
            _ => Some(now.0.saturating_sub(self.last_at?.0).max(0)),
        }
    }
}

/// Calls and requests of one endpoint that coverage compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Calls, from transport facts.
    pub calls: u64,
    /// Requests, from usage facts.
    pub requests: u64,
}

/// Whose partition it is: source, topic, number.
pub(super) type PartitionKey = (Text, Text, i32);

/// Everything that is told.
#[derive(Debug)]
pub(super) struct State {
    pub(super) version: String,
    pub(super) started: UnixMillis,
    pub(super) config: Option<u64>,
    pub(super) reloads: BTreeMap<Reload, u64>,
    pub(super) last_reload: Option<Reload>,
    pub(super) sources: BTreeMap<Text, SourceFigures>,
    pub(super) sources_folded: u64,
    pub(super) partitions: BTreeMap<PartitionKey, PartitionFigures>,
    pub(super) batch_records: Histogram,
    pub(super) batch_entries: Histogram,
    pub(super) commit_micros: Histogram,
    pub(super) commit_failures: u64,
    pub(super) last_commit: Option<UnixMillis>,
    pub(super) ledger_bytes: Option<u64>,
    pub(super) feed: Option<u64>,
    pub(super) hours_linked: u64,
    pub(super) hours_closed: u64,
    pub(super) coverage: BTreeMap<Text, Coverage>,
    pub(super) endpoints_folded: u64,
    pub(super) followers: BTreeMap<Text, FollowerFigures>,
    pub(super) alerts: AlertFigures,
}

impl State {
    pub(super) fn new(version: &str, started: UnixMillis) -> State {
        State {
            version: version.to_owned(),
            started,
            config: None,
            reloads: BTreeMap::new(),
            last_reload: None,
            sources: BTreeMap::new(),
            sources_folded: 0,
            partitions: BTreeMap::new(),
            batch_records: Histogram::new(RECORDS),
            batch_entries: Histogram::new(ENTRIES),
            commit_micros: Histogram::new(COMMIT_MICROS),
            commit_failures: 0,
            last_commit: None,
            ledger_bytes: None,
            feed: None,
            hours_linked: 0,
            hours_closed: 0,
            coverage: BTreeMap::new(),
            endpoints_folded: 0,
            followers: BTreeMap::new(),
            alerts: AlertFigures::default(),
        }
    }

    /// Adds a source where it is new; whether it has series of its own.
    pub(super) fn declare(&mut self, name: &str) -> bool {
        let name = clean_name(name);
        if self.sources.contains_key(&name) {
            return true;
        }
        let room = self.sources.len() < SOURCES_MAX;
        if room {
            self.sources.insert(name, SourceFigures::default());
        }
        room
    }

    /// The figures of a source, those of `other` past the limit.
    pub(super) fn source(&mut self, name: &str) -> &mut SourceFigures {
        let name = if self.declare(name) {
            clean_name(name)
        } else {
            Text::const_new(OTHER)
        };
        self.sources.entry(name).or_default()
    }

    /// The figures of a partition; it counts as read by this process from now on.
    pub(super) fn partition(&mut self, key: PartitionKey) -> &mut PartitionFigures {
        let own = self.partitions.contains_key(&key)
            || self.partitions.values().filter(|one| one.own).count() < PARTITIONS_MAX;
        let figures = self.partitions.entry(key).or_insert(PartitionFigures {
            own,
            ..PartitionFigures::default()
        });
        figures.assigned = true;
        figures
    }

    /// Partitions whose figures stand under `other`.
    pub(super) fn partitions_folded(&self) -> u64 {
        let folded = self.partitions.values().filter(|one| !one.own).count();
        u64::try_from(folded).unwrap_or(u64::MAX)
    }

    /// How many partitions of a source this process reads.
    pub(super) fn assigned(&self, source: &str) -> u64 {
        let of = |(key, one): &(&PartitionKey, &PartitionFigures)| key.0 == source && one.assigned;
        u64::try_from(self.partitions.iter().filter(of).count()).unwrap_or(u64::MAX)
    }

    /// Takes coverage anew; what is past the limit is added up.
    pub(super) fn cover(&mut self, by_endpoint: impl IntoIterator<Item = (Text, Coverage)>) {
        self.coverage.clear();
        self.endpoints_folded = 0;
        for (name, coverage) in by_endpoint {
            let mut name = clean_name(&name);
            if self.coverage.len() >= ENDPOINTS_MAX && !self.coverage.contains_key(&name) {
                name = Text::const_new(OTHER);
                self.endpoints_folded = self.endpoints_folded.saturating_add(1);
            }
            let total = self.coverage.entry(name).or_default();
            total.calls = total.calls.saturating_add(coverage.calls);
            total.requests = total.requests.saturating_add(coverage.requests);
        }
    }
}

/// The sum of counts.
pub(super) fn sum<K>(counts: &BTreeMap<K, u64>) -> u64 {
    counts.values().copied().fold(0, u64::saturating_add)
}

/// A count as a number that may be subtracted from.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Adds to a count by key.
pub(super) fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, n: u64) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(n);
}
