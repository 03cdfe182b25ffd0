//! The daemon's own metrics as one closed set: name, kind, labels and help of each.
//!
//! Knows no value. A newcomer may ask why not a registry that anybody adds to: what is exported is
//! a promise to whoever wrote an alert on it, and a list can be read, tested and documented.

/// What kind of number a metric is, in Prometheus's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises, from 0 at the start of the process.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts by fixed buckets, with sum and count.
    Histogram,
}

impl Kind {
    /// The word of the text format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// What is fixed about a metric.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// Its name, by the Prometheus conventions: prefix, base unit, `_total` on counters.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The names of its labels, in order.
    pub labels: &'static [&'static str],
    /// What it tells, in a sentence without a full stop.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($metric:ident $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        /// A metric of the daemon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric {
            $(#[doc = $help] $metric,)+
        }

        impl Metric {
            /// All of them, in the order of the page.
            pub const ALL: &'static [Metric] = &[$(Metric::$metric,)+];

            /// Name, kind, labels and help.
            #[must_use]
            pub fn described(self) -> Described {
                match self {
                    $(Metric::$metric => Described {
                        name: concat!("tollwatch_", $name),
                        kind: Kind::$kind,
                        labels: &[$($label),*],
                        help: $help,
                    },)+
                }
            }
        }
    };
}

metrics! {
    BuildInfo Gauge "build_info" ["version"] "Always 1, with the version of the program";
    Up Gauge "up" [] "1 while every thread moves that must, 0 when one stands still";
    StartTime Gauge "start_time_seconds" [] "When the process started, in seconds since 1970";
    ConfigNumber Gauge "config_number" [] "Number by which the ledger knows the configuration in force";
    ConfigReloads Counter "config_reloads_total" ["result"] "Times the configuration was read again, by result";
    ConfigReloadOk Gauge "config_last_reload_successful" [] "0 when the written configuration was refused and an older one stays in force";

    Received Counter "records_received_total" ["source"] "Records read and handed to the ledger; one that holds several calls counts each";
    Records Counter "records_total" ["source", "outcome", "reason"] "What became of records: metered, duplicate, ignored or quarantined, with the reason";
    Unaccounted Gauge "records_unaccounted" ["source"] "Records received less those with an outcome; anything but 0 is a defect";
    Weak Counter "records_weak_total" ["source"] "Metered records that are known only by a hash of their content";
    ReceivedBytes Counter "received_bytes_total" ["source"] "Bytes of the records received";
    Requests Counter "requests_total" ["source"] "Requests metered, which are what costs";
    Unpriced Counter "requests_unpriced_total" ["source"] "Of the requests metered: those without a price";

    LagRecords Gauge "partition_lag_records" ["source", "topic", "partition"] "Records between the booked position and the end of the partition";
    LagSeconds Gauge "partition_lag_seconds" ["source", "topic", "partition"] "Age of the last booked record where more are waiting; 0 at the end of the partition";
    NextOffset Gauge "partition_next_offset" ["source", "topic", "partition"] "Booked position: the offset that is read next";
    HighWatermark Gauge "partition_high_watermark" ["source", "topic", "partition"] "End of the partition, as the broker last told it";
    CompleteTo Gauge "partition_complete_to_timestamp_seconds" ["source", "topic", "partition"] "Every record before this time is booked";
    LastRecord Gauge "partition_last_record_timestamp_seconds" ["source", "topic", "partition"] "Time of the last booked record";
    Lost Counter "lost_records_total" ["source", "topic", "partition"] "Records that were gone before they could be read: retention, a truncated log, a topic made anew";
    Assigned Gauge "assigned_partitions" ["source"] "Partitions that this process reads";
    StallsRecovered Counter "stalls_recovered_total" ["source"] "Times that a partition with records that gave none was taken up again";
    Rebalances Counter "rebalances_total" ["source", "kind"] "Changes of the assigned partitions, by kind";
    SourceErrors Counter "source_errors_total" ["source", "kind"] "Faults of a source, by kind; most are tried again";
    DeadLetters Counter "dead_letters_total" ["source", "result"] "Quarantined records for the dead-letter topic, by result";

    BatchRecords Histogram "batch_records" [] "Records in a booked batch";
    BatchEntries Histogram "batch_entries" [] "Judged reports in a booked batch";
    CommitSeconds Histogram "commit_seconds" [] "Time that the ledger took to book a batch durably";
    CommitFailures Counter "commit_failures_total" [] "Batches that the ledger refused or could not write; they are tried again";
    LastCommit Gauge "last_commit_timestamp_seconds" [] "When the last batch was booked";
    LedgerBytes Gauge "ledger_size_bytes" [] "Size of the ledger's files";
    FeedSequence Gauge "ledger_feed_sequence" [] "Last number of the ledger's change feed";
    HoursLinked Counter "windows_linked_total" [] "Hours whose retries and fallbacks were computed";
    HoursClosed Counter "windows_closed_total" [] "Hours that were closed by their age";

    CoverageCalls Gauge "coverage_calls" ["endpoint"] "Calls that coverage compares, by endpoint";
    CoverageRequests Gauge "coverage_requests" ["endpoint"] "Requests that coverage compares, by endpoint";
    CoverageRatio Gauge "coverage_ratio" ["endpoint"] "Requests for each call; absent without calls, above 1 where usage left by another door";
    FollowerLines Counter "follower_lines_written_total" ["follower"] "Lines that a database has taken";
    FollowerRefused Counter "follower_lines_refused_total" ["follower"] "Lines that a database will never take; they are kept apart with its reason";
    FollowerWaiting Gauge "follower_lines_waiting" ["follower"] "Lines that are frozen and not yet taken or refused";
    FollowerOldest Gauge "follower_oldest_waiting_seconds" ["follower"] "Time since the oldest waiting line was frozen; 0 where none waits";
    FollowerWritten Gauge "follower_last_write_timestamp_seconds" ["follower"] "When a database last took lines";
    FollowerErrors Counter "follower_errors_total" ["follower", "kind"] "Faults of a database, by kind; all are tried again";
    FollowerFailing Gauge "follower_failing" ["follower"] "1 from a fault of a database until it has dealt with a request again, else 0";
    FollowerRequest Counter "follower_request_seconds_total" ["follower"] "Time that requests to a database took which took lines";

    AlertsJudgedTo Gauge "alerts_judged_to_timestamp_seconds" [] "Up to when all minutes were judged by the rules of alerts";
    AlertsLastLook Gauge "alerts_last_judgement_timestamp_seconds" [] "When alerts were last judged";
    AlertsJudging Counter "alerts_judgement_seconds_total" [] "Time that reading, judging and writing of alerts took";
    AlertsFailures Counter "alerts_failures_total" [] "Looks that the ledger kept from their end; they are repeated";
    AlertsFiring Gauge "alerts_firing" [] "Series of rules that fire, those that nobody is told of among them";
    AlertsPending Gauge "alerts_pending" [] "Series of rules that are bad, but not for long enough";
    AlertSteps Counter "alert_steps_total" ["told"] "Steps of episodes and digests, by whether people are told of them";
    OutboxMessages Counter "outbox_tries_total" ["way", "result"] "Tries to bring a message out, by way and what became of them";
    OutboxWaiting Gauge "outbox_waiting" [] "Messages that are not taken or refused yet";
    OutboxOldest Gauge "outbox_oldest_waiting_seconds" [] "Time since the oldest waiting message was written; 0 where none waits";
    Heartbeats Counter "heartbeats_total" ["result"] "Signs of life to the address outside, by what became of them; one that is withheld counts once a minute";

    FoldedSeries Gauge "folded_series" ["what"] "Sources, partitions and endpoints whose figures stand under other, because there are too many";
}
