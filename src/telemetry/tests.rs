//! Figures in, samples of the page out.

use std::collections::BTreeMap;
use std::time::Duration;

use super::state::{ENDPOINTS_MAX, PARTITIONS_MAX, SOURCES_MAX};
use super::*;
use crate::outcome::{DuplicateKind, IgnoreReason, QuarantineReason};
use crate::units::{Text, UnixMillis};

const START: UnixMillis = UnixMillis(1_795_166_071_500);

fn after(ms: i64) -> UnixMillis {
    START.saturating_add(ms)
}

fn partition(topic: &str, number: i32) -> Partition<'_> {
    Partition {
        source: "main",
        topic,
        number,
    }
}

/// The value of a sample, as it stands on the page.
fn value(page: &str, sample: &str) -> Option<String> {
    let line = |line: &str| Some(line.strip_prefix(sample)?.strip_prefix(' ')?.to_owned());
    page.lines().find_map(line)
}

/// Checks samples of `figures` a minute after the start; `-` is for an absent one.
#[track_caller]
fn check(figures: &Figures, cases: &[(&str, &str)]) {
    let page = figures.page(after(60_000), true);
    for (sample, wanted) in cases {
        let name = format!("tollwatch_{sample}");
        let found = value(&page, &name).unwrap_or_else(|| "-".to_owned());
        assert_eq!(found, *wanted, "{name}");
    }
}

fn booked(figures: &Figures, received: u64) {
    figures.booked(&Booked {
        source: "main",
        received,
        bytes: 14_000,
        entries: 5,
        metered: 3,
        weak: 1,
        requests: 2,
        unpriced: 1,
        duplicates: &BTreeMap::from([(DuplicateKind::Equal, 2)]),
        ignored: &BTreeMap::from([(IgnoreReason::OtherCall, 4)]),
        quarantined: &BTreeMap::from([(QuarantineReason::TooDeep, 1)]),
        commit: Duration::from_micros(7_250),
        at: after(250),
    });
}

#[test]
fn a_new_process_tells_zeros_and_leaves_out_what_it_does_not_know() {
    let figures = Figures::new("1.2.3", START);
    figures.declare("main");
    check(
        &figures,
        &[
            (r#"build_info{version="1.2.3"}"#, "1"),
            ("start_time_seconds", "1795166071.5"),
            ("up", "1"),
            (r#"records_received_total{source="main"}"#, "0"),
            (
                r#"records_total{source="main",outcome="metered",reason=""}"#,
                "0",
            ),
            (
                r#"records_total{source="main",outcome="duplicate",reason="equal"}"#,
                "0",
            ),
            (
                r#"records_total{source="main",outcome="quarantined",reason="past_horizon"}"#,
                "0",
            ),
            (
                r#"source_errors_total{source="main",kind="authentication"}"#,
                "0",
            ),
            (r#"dead_letters_total{source="main",result="failed"}"#, "0"),
            (r#"config_reloads_total{result="refused"}"#, "0"),
            ("config_last_reload_successful", "1"),
            ("config_number", "-"),
            ("last_commit_timestamp_seconds", "-"),
            ("ledger_size_bytes", "-"),
        ],
    );
    assert_eq!(
        value(&figures.page(START, false), "tollwatch_up"),
        Some("0".to_owned())
    );
    assert_eq!(figures.status(START), "0 records booked");
}

#[test]
fn batches_add_up() {
    let figures = Figures::new("1", START);
    booked(&figures, 10);
    booked(&figures, 10);
    figures.commit_failed();
    figures.ledger(1 << 30, 77);
    figures.hours(3, 1);
    check(
        &figures,
        &[
            (r#"records_received_total{source="main"}"#, "20"),
            (
                r#"records_total{source="main",outcome="metered",reason=""}"#,
                "6",
            ),
            (
                r#"records_total{source="main",outcome="duplicate",reason="equal"}"#,
                "4",
            ),
            (
                r#"records_total{source="main",outcome="ignored",reason="other_call"}"#,
                "8",
            ),
            (
                r#"records_total{source="main",outcome="quarantined",reason="too_deep"}"#,
                "2",
            ),
            (r#"records_unaccounted{source="main"}"#, "0"),
            (r#"records_weak_total{source="main"}"#, "2"),
            (r#"received_bytes_total{source="main"}"#, "28000"),
            (r#"requests_total{source="main"}"#, "4"),
            (r#"requests_unpriced_total{source="main"}"#, "2"),
            (r#"batch_records_bucket{le="1"}"#, "0"),
            (r#"batch_records_bucket{le="10"}"#, "2"),
            (r#"batch_records_bucket{le="+Inf"}"#, "2"),
            ("batch_entries_sum", "10"),
            (r#"commit_seconds_bucket{le="0.005"}"#, "0"),
            (r#"commit_seconds_bucket{le="0.01"}"#, "2"),
            ("commit_seconds_sum", "0.0145"),
            ("commit_seconds_count", "2"),
            ("commit_failures_total", "1"),
            ("last_commit_timestamp_seconds", "1795166071.75"),
            ("ledger_size_bytes", "1073741824"),
            ("ledger_feed_sequence", "77"),
            ("windows_linked_total", "3"),
            ("windows_closed_total", "1"),
        ],
    );
    assert_eq!(figures.unaccounted(), 0);
}

#[test]
fn a_record_without_outcome_shows() {
    let figures = Figures::new("1", START);
    booked(&figures, 12);
    check(&figures, &[(r#"records_unaccounted{source="main"}"#, "2")]);
    booked(&figures, 7);
    check(&figures, &[(r#"records_unaccounted{source="main"}"#, "-1")]);
    assert_eq!(figures.unaccounted(), 1);
}

#[test]
fn lag_is_told_by_partition() {
    let figures = Figures::new("1", START);
    figures.declare("main");
    let behind = partition("calls", 0);
    figures.position(behind, 40, Some(after(-2_000)), Some(after(1_500)));
    figures.high_watermark(behind, 100);
    figures.position(partition("calls", 1), 9, None, Some(after(-900_000)));
    figures.high_watermark(partition("calls", 1), 9);
    figures.assigned(partition("calls", 2));
    figures.lost(behind, 5);
    let of = |metric: &str, number: i32| {
        format!(r#"{metric}{{source="main",topic="calls",partition="{number}"}}"#)
    };
    let cases = [
        (of("partition_lag_records", 0), "60"),
        (of("partition_lag_seconds", 0), "58.5"),
        (of("partition_next_offset", 0), "40"),
        (of("partition_high_watermark", 0), "100"),
        (
            of("partition_complete_to_timestamp_seconds", 0),
            "1795166069.5",
        ),
        (
            of("partition_last_record_timestamp_seconds", 0),
            "1795166073",
        ),
        (of("lost_records_total", 0), "5"),
        (of("partition_lag_records", 1), "0"),
        (of("partition_lag_seconds", 1), "0"),
        (of("partition_lag_records", 2), "-"),
        (of("lost_records_total", 2), "0"),
        (r#"assigned_partitions{source="main"}"#.to_owned(), "3"),
    ];
    check(
        &figures,
        &cases
            .each_ref()
            .map(|(sample, wanted)| (sample.as_str(), *wanted)),
    );
    booked(&figures, 10);
    assert_eq!(
        figures.status(after(60_000)),
        "10 records booked, last at 2026-11-20T09:14:31.750Z; 60 waiting, 58 s behind; 5 lost"
    );

    figures.released(behind);
    figures.released(partition("calls", 1));
    let cases = [
        (of("partition_lag_records", 0), "-"),
        (of("lost_records_total", 0), "5"),
        (of("lost_records_total", 1), "-"),
        (r#"assigned_partitions{source="main"}"#.to_owned(), "1"),
    ];
    check(
        &figures,
        &cases
            .each_ref()
            .map(|(sample, wanted)| (sample.as_str(), *wanted)),
    );
}

#[test]
fn sources_tell_faults_and_reloads_by_kind() {
    let figures = Figures::new("1", START);
    figures.source_error("main", SourceError::Position);
    figures.rebalanced("main", Rebalance::Revoked);
    figures.stall_recovered("main");
    figures.dead_letters("main", Delivery::Sent, 7);
    figures.configuration(4);
    figures.reloaded(Reload::Refused);
    check(
        &figures,
        &[
            (r#"source_errors_total{source="main",kind="position"}"#, "1"),
            (
                r#"source_errors_total{source="main",kind="connection"}"#,
                "0",
            ),
            (r#"rebalances_total{source="main",kind="revoked"}"#, "1"),
            (r#"stalls_recovered_total{source="main"}"#, "1"),
            (r#"dead_letters_total{source="main",result="sent"}"#, "7"),
            ("config_number", "4"),
            (r#"config_reloads_total{result="refused"}"#, "1"),
            ("config_last_reload_successful", "0"),
        ],
    );
    figures.reloaded(Reload::Taken);
    check(&figures, &[("config_last_reload_successful", "1")]);
}

#[test]
fn coverage_is_replaced_and_may_pass_one() {
    let figures = Figures::new("1", START);
    let coverage = |calls, requests| Coverage { calls, requests };
    figures.coverage([(Text::from("gone"), coverage(1, 1))]);
    figures.coverage([
        (Text::from("eu"), coverage(3, 2)),
        (Text::from("us"), coverage(0, 9)),
        (Text::from("more"), coverage(2, 3)),
    ]);
    check(
        &figures,
        &[
            (r#"coverage_calls{endpoint="eu"}"#, "3"),
            (r#"coverage_requests{endpoint="us"}"#, "9"),
            (r#"coverage_ratio{endpoint="eu"}"#, "0.666666"),
            (r#"coverage_ratio{endpoint="more"}"#, "1.5"),
            (r#"coverage_ratio{endpoint="us"}"#, "-"),
            (r#"coverage_calls{endpoint="gone"}"#, "-"),
        ],
    );
}

#[test]
fn what_is_too_much_stands_under_other_and_adds_up() {
    let figures = Figures::new("1", START);
    for n in 0..SOURCES_MAX + 3 {
        figures.declare(&format!("s{n:03}"));
        figures.stall_recovered(&format!("s{n:03}"));
    }
    let many = i32::try_from(PARTITIONS_MAX + 4).unwrap();
    for number in 0..many {
        figures.position(
            partition("t", number),
            10,
            Some(after(i64::from(-number))),
            Some(START),
        );
        figures.high_watermark(partition("t", number), 15);
        figures.lost(partition("t", number), 1);
    }
    let endpoints = (0..ENDPOINTS_MAX + 2).map(|n| {
        let coverage = Coverage {
            calls: 10,
            requests: 5,
        };
        (Text::from(format!("e{n:03}")), coverage)
    });
    figures.coverage(endpoints);
    let other = r#"{source="main",topic="other",partition="other"}"#;
    check(
        &figures,
        &[
            (r#"folded_series{what="source"}"#, "3"),
            (r#"stalls_recovered_total{source="other"}"#, "3"),
            (r#"folded_series{what="partition"}"#, "4"),
            (&format!("partition_lag_records{other}"), "20"),
            (&format!("partition_lag_seconds{other}"), "60"),
            (
                &format!("partition_complete_to_timestamp_seconds{other}"),
                "1795166070.997",
            ),
            (&format!("partition_next_offset{other}"), "-"),
            (&format!("lost_records_total{other}"), "4"),
            (r#"folded_series{what="endpoint"}"#, "2"),
            (r#"coverage_calls{endpoint="other"}"#, "20"),
            (r#"coverage_ratio{endpoint="other"}"#, "0.5"),
        ],
    );
    let page = figures.page(START, true);
    let series = page.lines().filter(|line| line.contains("lag_records{"));
    assert_eq!(series.count(), PARTITIONS_MAX + 1);
}
