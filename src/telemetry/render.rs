//! From the figures to samples: which values each metric of the closed set has.
//!
//! Knows no text format. A newcomer may ask why one long match: a metric that is named and not
//! filled does not compile.

use std::collections::BTreeMap;

use crate::outcome::{DuplicateKind, IgnoreReason, Outcome, QuarantineReason};
use crate::units::{Text, UnixMillis};

use super::follower::FollowerFigures;
use super::histogram::Histogram;
use super::metric::Metric;
use super::page::{Number, Page};
use super::state::{Coverage, OTHER, PartitionFigures, SourceFigures, State, whole};
use super::words::{Beat, By, Delivery, FollowerError, Rebalance, Reload, SourceError, Try};

/// What the partitions past the limit show together.
#[derive(Clone, Copy)]
enum Fold {
    Sum,
    Largest,
    Least,
    /// Nothing: offsets of several partitions have no common value.
    Nothing,
}

impl State {
    /// The whole page.
    pub(super) fn page(&self, now: UnixMillis, alive: bool) -> String {
        let mut page = Page::default();
        for metric in Metric::ALL {
            self.samples(*metric, &mut page, now, alive);
        }
        page.finish()
    }

    #[expect(
        clippy::too_many_lines,
        reason = "an arm for each metric of the closed set, and nothing else"
    )]
    fn samples(&self, metric: Metric, page: &mut Page, now: UnixMillis, alive: bool) {
        let mut at = At { metric, page };
        match metric {
            Metric::BuildInfo => at.put(&[&self.version], Number::Whole(1)),
            Metric::Up => at.put(&[], Number::Whole(i64::from(alive))),
            Metric::StartTime => at.put(&[], Number::Millis(self.started.0)),
            Metric::ConfigNumber => at.maybe(self.config.map(Number::count)),
            Metric::ConfigReloads => at.words(&[], Reload::ALL, Reload::as_str, &self.reloads),
            Metric::ConfigReloadOk => {
                let refused = self.last_reload == Some(Reload::Refused);
                at.put(&[], Number::Whole(i64::from(!refused)));
            }

            Metric::Received => self.sources(&mut at, |one| one.received),
            Metric::Records => self.outcomes(&mut at),
            Metric::Unaccounted => {
                for (source, one) in &self.sources {
                    at.put(&[source], Number::Whole(one.unaccounted()));
                }
            }
            Metric::Weak => self.sources(&mut at, |one| one.weak),
            Metric::ReceivedBytes => self.sources(&mut at, |one| one.bytes),
            Metric::Requests => self.sources(&mut at, |one| one.requests),
            Metric::Unpriced => self.sources(&mut at, |one| one.unpriced),

            Metric::LagRecords => self.partitions(
                &mut at,
                Fold::Sum,
                PartitionFigures::lag_records,
                Number::Whole,
            ),
            Metric::LagSeconds => self.partitions(
                &mut at,
                Fold::Largest,
                |one| one.lag_millis(now),
                Number::Millis,
            ),
            Metric::NextOffset => self.partitions(
                &mut at,
                Fold::Nothing,
                |one| one.next_offset.map(whole),
                Number::Whole,
            ),
            Metric::HighWatermark => self.partitions(
                &mut at,
                Fold::Nothing,
                |one| one.high_watermark.map(whole),
                Number::Whole,
            ),
            Metric::CompleteTo => self.partitions(
                &mut at,
                Fold::Least,
                |one| one.complete_to.map(|time| time.0),
                Number::Millis,
            ),
            Metric::LastRecord => self.partitions(
                &mut at,
                Fold::Least,
                |one| one.last_at.map(|time| time.0),
                Number::Millis,
            ),
            Metric::Lost => self.partitions(
                &mut at,
                Fold::Sum,
                |one| Some(whole(one.lost)),
                Number::Whole,
            ),
            Metric::Assigned => {
                for source in self.sources.keys() {
                    at.put(&[source], Number::count(self.assigned(source)));
                }
            }
            Metric::StallsRecovered => self.sources(&mut at, |one| one.stalls),
            Metric::Rebalances => {
                for (source, one) in &self.sources {
                    at.words(
                        &[source],
                        Rebalance::ALL,
                        Rebalance::as_str,
                        &one.rebalances,
                    );
                }
            }
            Metric::SourceErrors => {
                for (source, one) in &self.sources {
                    at.words(
                        &[source],
                        SourceError::ALL,
                        SourceError::as_str,
                        &one.errors,
                    );
                }
            }
            Metric::DeadLetters => {
                for (source, one) in &self.sources {
                    at.words(&[source], Delivery::ALL, Delivery::as_str, &one.letters);
                }
            }

            Metric::BatchRecords => at.histogram(&self.batch_records, Number::count),
            Metric::BatchEntries => at.histogram(&self.batch_entries, Number::count),
            Metric::CommitSeconds => {
                at.histogram(&self.commit_micros, |micros| Number::Micros(whole(micros)));
            }
            Metric::CommitFailures => at.put(&[], Number::count(self.commit_failures)),
            Metric::LastCommit => at.maybe(self.last_commit.map(|time| Number::Millis(time.0))),
            Metric::LedgerBytes => at.maybe(self.ledger_bytes.map(Number::count)),
            Metric::FeedSequence => at.maybe(self.feed.map(Number::count)),
            Metric::HoursLinked => at.put(&[], Number::count(self.hours_linked)),
            Metric::HoursClosed => at.put(&[], Number::count(self.hours_closed)),

            Metric::CoverageCalls => self.endpoints(&mut at, |one| Some(Number::count(one.calls))),
            Metric::CoverageRequests => {
                self.endpoints(&mut at, |one| Some(Number::count(one.requests)));
            }
            Metric::CoverageRatio => self.endpoints(&mut at, Coverage::ratio),
            Metric::FollowerLines => {
                self.followers(&mut at, |one| Some(Number::count(one.written)));
            }
            Metric::FollowerRefused => {
                self.followers(&mut at, |one| Some(Number::count(one.refused)));
            }
            Metric::FollowerWaiting => {
                self.followers(&mut at, |one| one.waiting.map(Number::count));
            }
            Metric::FollowerOldest => {
                self.followers(&mut at, |one| one.oldest_millis(now).map(Number::Millis));
            }
            Metric::FollowerWritten => {
                self.followers(&mut at, |one| Some(Number::Millis(one.last_write?.0)));
            }
            Metric::FollowerErrors => {
                for (name, one) in &self.followers {
                    at.words(
                        &[name],
                        FollowerError::ALL,
                        FollowerError::as_str,
                        &one.errors,
                    );
                }
            }
            Metric::FollowerFailing => self.followers(&mut at, |one| {
                Some(Number::Whole(i64::from(one.failing.is_some())))
            }),
            Metric::FollowerRequest => {
                self.followers(&mut at, |one| Some(Number::Micros(whole(one.micros))));
            }

            Metric::AlertsJudgedTo => at.maybe(time(self.alerts.judged_to)),
            Metric::AlertsLastLook => at.maybe(time(self.alerts.looked)),
            Metric::AlertsJudging => at.put(&[], Number::Micros(whole(self.alerts.micros))),
            Metric::AlertsFailures => at.put(&[], Number::count(self.alerts.failures)),
            Metric::AlertsFiring => at.put(&[], Number::count(self.alerts.firing)),
            Metric::AlertsPending => at.put(&[], Number::count(self.alerts.pending)),
            Metric::AlertSteps => {
                at.put(&["yes"], Number::count(self.alerts.told));
                at.put(&["no"], Number::count(self.alerts.untold));
            }
            Metric::OutboxMessages => {
                for by in By::ALL {
                    for one in Try::ALL {
                        let n = self.alerts.tries.get(&(*by, *one)).copied();
                        at.put(&[by.as_str(), one.as_str()], Number::count(n.unwrap_or(0)));
                    }
                }
            }
            Metric::Heartbeats => at.words(&[], Beat::ALL, Beat::as_str, &self.alerts.beats),
            Metric::OutboxWaiting => at.put(&[], Number::count(self.alerts.waiting)),
            Metric::OutboxOldest => {
                at.put(&[], Number::Millis(self.alerts.oldest_millis(now)));
            }

            Metric::FoldedSeries => {
                at.put(&["source"], Number::count(self.sources_folded));
                at.put(&["partition"], Number::count(self.partitions_folded()));
                at.put(&["endpoint"], Number::count(self.endpoints_folded));
            }
        }
    }

    /// A count of each source.
    fn sources(&self, at: &mut At<'_>, count: impl Fn(&SourceFigures) -> u64) {
        for (source, one) in &self.sources {
            at.put(&[source], Number::count(count(one)));
        }
    }

    /// Every outcome and reason of each source, at zero where none came.
    fn outcomes(&self, at: &mut At<'_>) {
        for (source, one) in &self.sources {
            let metered = (Outcome::Metered, one.metered);
            let duplicates = DuplicateKind::ALL.map(|kind| {
                let n = one.duplicates.get(&kind).copied();
                (Outcome::Duplicate(kind), n.unwrap_or(0))
            });
            let ignored = IgnoreReason::ALL.map(|reason| {
                let n = one.ignored.get(&reason).copied();
                (Outcome::Ignored(reason), n.unwrap_or(0))
            });
            let quarantined = QuarantineReason::ALL.map(|reason| {
                let n = one.quarantined.get(&reason).copied();
                (Outcome::Quarantined(reason), n.unwrap_or(0))
            });
            let all = [metered].into_iter().chain(duplicates);
            for (outcome, n) in all.chain(ignored).chain(quarantined) {
                let reason = outcome.reason().unwrap_or("");
                at.put(&[source, outcome.as_str(), reason], Number::count(n));
            }
        }
    }

    /// A value of each partition, those past the limit folded by source.
    fn partitions(
        &self,
        at: &mut At<'_>,
        fold: Fold,
        value: impl Fn(&PartitionFigures) -> Option<i64>,
        number: impl Fn(i64) -> Number,
    ) {
        let mut folded: BTreeMap<&Text, i64> = BTreeMap::new();
        for ((source, topic, partition), one) in &self.partitions {
            let Some(value) = value(one) else { continue };
            if one.own {
                at.put(&[source, topic, &partition.to_string()], number(value));
                continue;
            }
            let known = folded.get(source).copied();
            let together = match (fold, known) {
                (Fold::Nothing, _) => continue,
                (_, None) => value,
                (Fold::Sum, Some(known)) => known.saturating_add(value),
                (Fold::Largest, Some(known)) => known.max(value),
                (Fold::Least, Some(known)) => known.min(value),
            };
            folded.insert(source, together);
        }
        for (source, value) in folded {
            at.put(&[source, OTHER, OTHER], number(value));
        }
    }

    /// A value of each follower that has one.
    fn followers(&self, at: &mut At<'_>, value: impl Fn(&FollowerFigures) -> Option<Number>) {
        for (name, one) in &self.followers {
            if let Some(number) = value(one) {
                at.put(&[name], number);
            }
        }
    }

    /// A value of each endpoint.
    fn endpoints(&self, at: &mut At<'_>, value: impl Fn(&Coverage) -> Option<Number>) {
        for (endpoint, one) in &self.coverage {
            if let Some(number) = value(one) {
                at.put(&[endpoint], number);
            }
        }
    }
}

fn time(time: Option<UnixMillis>) -> Option<Number> {
    time.map(|time| Number::Millis(time.0))
}

impl Coverage {
    /// Requests for each call; `None` without calls.
    fn ratio(&self) -> Option<Number> {
        let millionths = u128::from(self.requests)
            .saturating_mul(1_000_000)
            .checked_div(u128::from(self.calls))?;
        Some(Number::Millionths(
            i64::try_from(millionths).unwrap_or(i64::MAX),
        ))
    }
}

/// A page, and the metric that is written to it.
struct At<'a> {
    metric: Metric,
    page: &'a mut Page,
}

impl At<'_> {
    fn put(&mut self, values: &[&str], number: Number) {
        self.page.put(self.metric, values, number);
    }

    /// A figure that may not be known yet; then it is absent, not 0.
    fn maybe(&mut self, number: Option<Number>) {
        if let Some(number) = number {
            self.put(&[], number);
        }
    }

    /// A count for every word of a closed list, behind the values before it.
    fn words<W: Copy + Ord>(
        &mut self,
        before: &[&str],
        all: &[W],
        as_str: impl Fn(W) -> &'static str,
        counts: &BTreeMap<W, u64>,
    ) {
        for word in all {
            let values: Vec<&str> = before.iter().copied().chain([as_str(*word)]).collect();
            let n = counts.get(word).copied().unwrap_or(0);
            self.put(&values, Number::count(n));
        }
    }

    fn histogram(&mut self, histogram: &Histogram, number: impl Fn(u64) -> Number) {
        for (bound, count) in histogram.cumulative() {
            let le = number(bound).to_string();
            self.page
                .part(self.metric, "_bucket", Some(&le), Number::count(count));
        }
        let count = Number::count(histogram.count());
        self.page.part(self.metric, "_bucket", Some("+Inf"), count);
        self.page
            .part(self.metric, "_sum", None, number(histogram.sum()));
        self.page.part(self.metric, "_count", None, count);
    }
}
