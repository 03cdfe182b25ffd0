//! What lies in the topics: transactions, times, records of other programs, partitions and topics
//! that come later.

use std::time::Duration;

use crate::brokers::Kafka;
use crate::common::{Desk, good_lines};
use crate::daemon_support::{Daemon, config, positions, wait_for};

pub(crate) fn transactions(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("atomic", 1, 1);
    let more = "group = \"atomic\"\ngrace_seconds = 1\ndisorder_seconds = 0";
    desk.write(
        "t.toml",
        config(&[("kafka", &kafka.brokers("bootstrap"), "atomic", more)]),
    );
    let produce = |end: &str, numbers: std::ops::Range<usize>| {
        let arguments = [
            "atomic",
            "--transaction",
            end,
            "-X",
            "transaction.timeout.ms=20000",
        ];
        kafka.script("produce", &arguments, &good_lines(numbers));
    };
    produce("commit", 0..10);
    produce("abort", 100..120);
    produce("commit", 10..20);
    let daemon = Daemon::start(&desk);
    daemon.requests(20);
    let complete = || {
        positions(&desk, "books.db")[0]
            .position
            .complete_to
            .map_or(0, |at| at.0)
    };
    // The marker behind the last record is no record that waits.
    at_end(&daemon);
    let offset = positions(&desk, "books.db")[0].position.offset;
    produce("leave", 200..205);
    let before = complete();
    // Behind an open transaction nothing is read, and nothing is complete.
    kafka.sent("atomic", 0, 20..30);
    std::thread::sleep(Duration::from_secs(6));
    daemon.requests(20);
    let held = complete();
    assert!(
        held - before < 8_000,
        "complete moved by {} ms behind an open transaction",
        held - before
    );
    assert_eq!(positions(&desk, "books.db")[0].position.offset, offset);
    // It is aborted when its time is over.
    daemon.requests(30);
    wait_for(
        "complete-to moves on",
        || daemon.log(),
        || (complete() > held + 5_000).then_some(()),
    );
    let read = positions(&desk, "books.db")[0].position.offset;
    produce("abort", 300..310);
    wait_for(
        "what was aborted is passed",
        || daemon.log(),
        || (positions(&desk, "books.db")[0].position.offset > read + 10).then_some(()),
    );
    daemon.requests(30);
    at_end(&daemon);
    daemon.stop();
    desk.verify("books.db");
}

/// Waits until the books stand at the end that the broker tells.
fn at_end(daemon: &Daemon<'_>) {
    wait_for(
        "the end",
        || daemon.log(),
        || {
            let end = daemon.figure("tollwatch_partition_high_watermark", &[]);
            let next = daemon.figure("tollwatch_partition_next_offset", &[]);
            (end > 0.5 && (end - next).abs() < 0.5).then_some(())
        },
    );
}

pub(crate) fn from_a_time(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("timed", 2, 1);
    // Not so long ago that retention takes them.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let middle = i64::try_from(now.unwrap().as_secs()).unwrap() * 1_000 - 3_600_000;
    for n in 0..20_usize {
        let at = middle + (i64::try_from(n).unwrap() - 12) * 1_000;
        kafka.send("timed", i32::try_from(n % 2).unwrap(), n..n + 1, Some(at));
    }
    kafka.flush();
    let begin = chrono::DateTime::from_timestamp_millis(middle).unwrap();
    let begin = begin.format("%Y-%m-%dT%H:%M:%SZ");
    let more = format!("group = \"timed\"\nstart = \"{begin}\"");
    desk.write(
        "t.toml",
        config(&[("kafka", &kafka.brokers("bootstrap"), "timed", &more)]),
    );
    let daemon = Daemon::start(&desk);
    daemon.requests(8);
    kafka.sent("timed", 0, 20..25);
    daemon.requests(13);
    daemon.stop();
}

pub(crate) fn other_producers(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("others", 1, 1);
    let brokers = kafka.brokers("bootstrap");
    desk.write(
        "t.toml",
        config(&[("kafka", &brokers, "others", "group = \"others\"")]),
    );
    // Kafka's own console producer, in Java; kcat, each codec it has.
    kafka.script("produce", &["others"], &good_lines(0..10));
    for (n, codec) in ["none", "gzip", "snappy", "lz4", "zstd"].iter().enumerate() {
        let kcat = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/kcat");
        desk.write("lines", good_lines(100 * n + 10..100 * n + 20));
        let lines = std::fs::File::open(desk.path("lines")).unwrap();
        let sent = std::process::Command::new(kcat)
            .args([
                "-P", "-b", &brokers, "-t", "others", "-z", codec, "-H", "a=b",
            ])
            .stdin(lines)
            .output()
            .unwrap();
        assert!(sent.status.success(), "{sent:?}");
    }
    let daemon = Daemon::start(&desk);
    daemon.requests(60);
    daemon.stop();
    // The topic as a file gives the same books.
    let dump = kafka.script("dump", &["others"], "");
    desk.write("dump.jsonl", dump);
    desk.run(&["replay", "--ledger", "replayed.db", "dump.jsonl"])
        .ok();
    assert_eq!(desk.exports("books.db"), desk.exports("replayed.db"));
}

pub(crate) fn new_partitions_and_topics(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("pattern_one", 1, 1);
    let refresh = "properties = { \"topic.metadata.refresh.interval.ms\" = 2000 }";
    let more = format!("group = \"pattern\"\nstart = \"end\"\n{refresh}");
    desk.write(
        "t.toml",
        config(&[("kafka", &kafka.brokers("bootstrap"), "^pattern_", &more)]),
    );
    kafka.sent("pattern_one", 0, 900..910);
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_assigned_partitions", &[], 1.0);
    kafka.sent("pattern_one", 0, 0..5);
    daemon.requests(5);
    // Filled before anybody has looked for it: read from its beginning.
    kafka.grow("pattern_one", 3);
    kafka.sent("pattern_one", 2, 10..20);
    daemon.requests(15);
    kafka.create("pattern_two", 2, 1);
    kafka.sent("pattern_two", 1, 20..30);
    daemon.requests(25);
    daemon.reaches("tollwatch_assigned_partitions", &[], 5.0);
    daemon.stop();
    desk.verify("books.db");
}
