//! Logs that lose records, and topics that are deleted and made again: told, with their range.

use std::time::Duration;

use rusqlite::Connection;
use tollwatch::ledger::LossKind;

use crate::brokers::Kafka;
use crate::common::Desk;
use crate::daemon_support::{Daemon, config, losses};

/// What the books say was lost: partition, kind, range, records.
fn lost(desk: &Desk) -> Vec<(i32, LossKind, u64, u64, u64)> {
    let row = |row: tollwatch::ledger::LossRow| {
        (row.partition, row.kind, row.from, row.to, row.records())
    };
    losses(desk, "books.db").into_iter().map(row).collect()
}

fn desk(kafka: &Kafka, topic: &str, partitions: i32) -> Desk {
    let desk = Desk::new();
    kafka.create(topic, partitions, 1);
    let refresh = "properties = { \"topic.metadata.refresh.interval.ms\" = 1000, \"session.timeout.ms\" = 6000 }";
    let more = format!("group = \"{topic}\"\n{refresh}");
    desk.write(
        "t.toml",
        config(&[("kafka", &kafka.brokers("bootstrap"), topic, &more)]),
    );
    desk
}

pub(crate) fn removed_while_stopped(kafka: &Kafka) {
    let desk = desk(kafka, "removed", 2);
    kafka.sent("removed", 0, 0..40);
    kafka.sent("removed", 1, 40..60);
    let daemon = Daemon::start(&desk);
    daemon.requests(60);
    daemon.stop();
    kafka.sent("removed", 0, 100..200);
    kafka.sent("removed", 1, 200..210);
    // 73 of the first partition were never read; of the second only what was.
    kafka.remove("removed", 0, 113);
    kafka.remove("removed", 1, 20);
    let daemon = Daemon::start(&desk);
    daemon.requests(60 + 27 + 10);
    daemon.reaches("tollwatch_lost_records_total", &["partition=\"0\""], 73.0);
    daemon.reaches("tollwatch_lost_records_total", &["partition=\"1\""], 0.0);
    assert_eq!(
        daemon.times("removed before they were read"),
        1,
        "{}",
        daemon.log()
    );
    daemon.stop();
    assert_eq!(lost(&desk), [(0, LossKind::Removed, 40, 113, 73)]);
    desk.verify("books.db");
}

/// The offset of the first record that retention has left.
fn first_offset(kafka: &Kafka, topic: &str) -> u64 {
    let told = kafka.script("topic", &["offsets", topic], "");
    let first = told
        .trim()
        .split(':')
        .nth(2)
        .and_then(|first| first.parse().ok());
    first.unwrap_or_else(|| panic!("{told:?}"))
}

/// Retention by time takes what a stopped daemon has not read.
pub(crate) fn retention_passes(kafka: &Kafka) {
    let desk = Desk::new();
    let soon = [
        ("retention.ms", "6000"),
        ("segment.ms", "500"),
        ("segment.bytes", "1048576"),
    ];
    kafka.create_with("aged", &[&[1]], &soon);
    let more = "group = \"aged\"\nproperties = { \"session.timeout.ms\" = 6000 }";
    desk.write(
        "t.toml",
        config(&[("kafka", &kafka.brokers("bootstrap"), "aged", more)]),
    );
    let daemon = Daemon::start(&desk);
    kafka.sent("aged", 0, 0..40);
    daemon.requests(40);
    daemon.stop();
    // A segment that grows is rolled by the next record that is late enough.
    for n in 0..10 {
        kafka.sent("aged", 0, 100 + n * 5..105 + n * 5);
        std::thread::sleep(Duration::from_millis(600));
    }
    let first = crate::daemon_support::wait_for("retention", String::new, || {
        Some(first_offset(kafka, "aged")).filter(|first| *first > 45)
    });
    let daemon = Daemon::start(&desk);
    daemon.says("removed before they were read");
    kafka.sent("aged", 0, 200..210);
    crate::daemon_support::wait_for(
        "the end of the topic",
        || daemon.log(),
        || {
            let next = daemon.figure("tollwatch_partition_next_offset", &[]);
            ((next - 100.0).abs() < 0.5).then_some(())
        },
    );
    // Of the 100 records that came, those that were gone by then are missing, and no other.
    let rows = lost(&desk);
    assert!(
        rows[0].2 == 40 && rows[0].3 >= first && rows.iter().all(|row| row.1 == LossKind::Removed),
        "{rows:?}, first {first}"
    );
    let records: u64 = rows.iter().map(|row| row.4).sum();
    daemon.requests(100 - records);
    daemon.reaches("tollwatch_lost_records_total", &[], whole(records));
    eprintln!("retention took {records} of 50 records that waited");
    daemon.stop();
    desk.verify("books.db");
}

fn whole(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}

/// An unclean election: a broker that was not in sync leads, and what only the other one had is gone.
/// One daemon runs through it, one is stopped meanwhile.
pub(crate) fn unclean_election(kafka: &Kafka) {
    let settings = [
        ("unclean.leader.election.enable", "true"),
        ("min.insync.replicas", "1"),
    ];
    let topics = ["unclean-running", "unclean-stopped"];
    let desks = topics.map(|topic| {
        let desk = Desk::new();
        kafka.create_with(topic, &[&[1, 2], &[1, 2]], &settings);
        let more = format!(
            "group = \"{topic}\"\nproperties = {{ \"topic.metadata.refresh.interval.ms\" = 1000 }}"
        );
        let brokers = kafka.brokers("bootstrap");
        desk.write("t.toml", config(&[("kafka", &brokers, topic, &more)]));
        desk
    });
    let send = |from: usize, counts: [usize; 2]| {
        for topic in topics {
            kafka.send(topic, 0, from..from + counts[0], None);
            kafka.send(topic, 1, from + 100..from + 100 + counts[1], None);
        }
        kafka.flush();
    };
    let [running, stopped] = desks.each_ref().map(|desk| Daemon::start(desk));
    // Both have these; then only the first broker has more.
    send(0, [20, 20]);
    running.requests(40);
    stopped.requests(40);
    kafka.script("kill", &["2"], "");
    send(20, [20, 20]);
    running.requests(80);
    stopped.requests(80);
    stopped.stop();
    kafka.script("kill", &["1"], "");
    kafka.script("restart", &["2"], "");
    // One partition grows past where it was, the other stays before that.
    send(1_000, [30, 5]);
    let stopped = Daemon::start(&desks[1]);
    for (daemon, desk) in [(&running, &desks[0]), (&stopped, &desks[1])] {
        daemon.requests_within(Duration::from_mins(2), 80 + 35);
        daemon.says("the log lost its end after it was read");
        let mut lost = lost(desk);
        lost.sort_by_key(|row| row.0);
        let truncated = LossKind::Truncated;
        assert_eq!(lost, [(0, truncated, 20, 40, 0), (1, truncated, 20, 40, 0)]);
        daemon.reaches("tollwatch_lost_records_total", &[], 0.0);
        daemon.reaches("tollwatch_partition_lag_records", &[], 0.0);
    }
    running.stop();
    stopped.stop();
    kafka.script("restart", &["1"], "");
    for desk in &desks {
        desk.verify("books.db");
    }
}

/// The daemon runs and reads, but its ledger is locked for so long that records go.
pub(crate) fn removed_while_locked(kafka: &Kafka) {
    let desk = desk(kafka, "outrun", 1);
    kafka.sent("outrun", 0, 0..10);
    let daemon = Daemon::start(&desk);
    daemon.requests(10);
    daemon.kill();
    kafka.sent("outrun", 0, 10..30);
    let lock = Connection::open(desk.path("books.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let daemon = Daemon::start(&desk);
    std::thread::sleep(Duration::from_secs(2));
    kafka.remove("outrun", 0, 25);
    lock.execute_batch("ROLLBACK").unwrap();
    // Whatever had been fetched by then is read; what is missing is told.
    kafka.sent("outrun", 0, 30..40);
    let received = crate::daemon_support::wait_for(
        "the end of the topic",
        || daemon.log(),
        || {
            let lag = daemon.figure("tollwatch_partition_lag_records", &[]);
            let next = daemon.figure("tollwatch_partition_next_offset", &[]);
            ((next - 40.0).abs() < 0.5 && lag.abs() < 0.5)
                .then(|| crate::daemon_support::requests(&desk, "books.db"))
        },
    );
    let missing: u64 = lost(&desk).iter().map(|row| row.4).sum();
    assert_eq!(received.unwrap() + missing, 40, "{:?}", lost(&desk));
    daemon.stop();
    desk.verify("books.db");
}

pub(crate) fn made_again_while_stopped(kafka: &Kafka) {
    let desk = desk(kafka, "again", 1);
    kafka.sent("again", 0, 0..40);
    let daemon = Daemon::start(&desk);
    daemon.requests(40);
    daemon.stop();
    kafka.delete("again");
    kafka.create("again", 1, 1);
    // More than the earlier one had, so that the old position lies inside.
    kafka.sent("again", 0, 100..160);
    let daemon = Daemon::start(&desk);
    daemon.requests(100);
    daemon.says("deleted and made again");
    daemon.stop();
    let lost = lost(&desk);
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(
        (lost[0].0, lost[0].1, lost[0].3),
        (0, LossKind::Replaced, 40)
    );
    // And once more, shorter than before.
    kafka.delete("again");
    kafka.create("again", 1, 1);
    kafka.sent("again", 0, 200..205);
    let daemon = Daemon::start(&desk);
    daemon.requests(105);
    daemon.stop();
    assert_eq!(self::lost(&desk).len(), 2);
    desk.verify("books.db");
}

pub(crate) fn made_again_while_running(kafka: &Kafka) {
    let desk = desk(kafka, "swap", 2);
    kafka.sent("swap", 0, 0..30);
    kafka.sent("swap", 1, 30..40);
    let daemon = Daemon::start(&desk);
    daemon.requests(40);
    kafka.delete("swap");
    kafka.create("swap", 2, 1);
    kafka.sent("swap", 0, 100..180);
    kafka.sent("swap", 1, 200..205);
    daemon.requests(40 + 85);
    daemon.says("deleted and made again");
    kafka.sent("swap", 1, 205..210);
    daemon.requests(40 + 90);
    // Gone for longer than the client takes to notice.
    kafka.delete("swap");
    std::thread::sleep(Duration::from_secs(4));
    kafka.create("swap", 2, 1);
    kafka.sent("swap", 0, 300..310);
    daemon.requests(40 + 100);
    daemon.stop();
    let lost = lost(&desk);
    assert!(
        lost.iter().all(|row| row.1 == LossKind::Replaced),
        "{lost:?}"
    );
    assert!((2..=4).contains(&lost.len()), "{lost:?}");
    desk.verify("books.db");
}
