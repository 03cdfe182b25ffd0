//! Other members of the group come and go; coordinators move.

use std::time::Duration;

use rdkafka::mocking::MockCoordinator;

use crate::common::{Desk, good};
use crate::daemon_support::member::Member;
use crate::daemon_support::{Daemon, PATIENCE, config, wait_for};
use crate::mock::Mock;

/// Polled in a thread of its own, in the daemon's group.
fn member(mock: &Mock) -> Member {
    let cooperative = ("partition.assignment.strategy", "cooperative-sticky");
    Member::join(&mock.brokers(), "tollwatch", "calls", &[cooperative])
}

#[test]
fn whoever_joins_and_leaves_all_records_are_counted_once() {
    const PARTITIONS: i32 = 6;
    let desk = Desk::new();
    let mock = Mock::new(3, "calls", PARTITIONS);
    let producer = mock.producer(&[]);
    let mut sent = 0;
    let mut send = |count: usize| {
        for _ in 0..count {
            let partition = i32::try_from(sent).unwrap() % PARTITIONS;
            producer.send("calls", partition, Some(&good(sent)));
            sent += 1;
        }
        producer.flush();
        sent
    };
    let more = "properties = { \"session.timeout.ms\" = 6000, \"heartbeat.interval.ms\" = 500 }";
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", more)]),
    );
    let daemon = Daemon::start(&desk);
    send(600);
    daemon.requests(600);
    let shared = |others: &[&Member]| {
        let told = || {
            let own = daemon.figure("tollwatch_assigned_partitions", &[]);
            let others: Vec<usize> = others.iter().map(|one| one.holds()).collect();
            format!("{own} and {others:?}\n{}", daemon.log())
        };
        wait_for("a shared assignment", told, || {
            let own = daemon.figure("tollwatch_assigned_partitions", &[]);
            let all: usize = others.iter().map(|one| one.holds()).sum();
            let all = own + f64::from(u32::try_from(all).unwrap());
            let each = PARTITIONS / i32::try_from(others.len() + 1).unwrap();
            ((all - f64::from(PARTITIONS)).abs() < 0.5 && own < f64::from(each) + 1.5).then_some(())
        });
    };
    let one = member(&mock);
    shared(&[&one]);
    send(300);
    let two = member(&mock);
    shared(&[&one, &two]);
    send(300);
    drop(one);
    send(300);
    shared(&[&two]);
    drop(two);
    let sent = send(300);
    daemon.requests(u64::try_from(sent).unwrap());
    daemon.reaches("tollwatch_assigned_partitions", &[], f64::from(PARTITIONS));
    daemon.reaches("tollwatch_partition_lag_records", &[], 0.0);
    let duplicates = daemon.figure("tollwatch_records_total", &["duplicate"]);
    assert!(duplicates.abs() < 0.5, "{duplicates} duplicates");
    assert!(daemon.figure("tollwatch_rebalances_total", &["revoked"]) >= 1.0);
    daemon.stop();
    let committed = mock.committed("tollwatch", "calls", PARTITIONS);
    assert_eq!(
        committed.iter().sum::<i64>(),
        i64::try_from(sent).unwrap(),
        "{committed:?}"
    );
    desk.verify("books.db");
}

#[test]
fn goes_on_when_the_coordinator_moves() {
    let desk = Desk::new();
    let mock = Mock::new(3, "calls", 3);
    let producer = mock.producer(&[]);
    let group = || MockCoordinator::Group("tollwatch".to_owned());
    mock.0.coordinator(group(), 1).unwrap();
    let more = "properties = { \"session.timeout.ms\" = 6000, \"heartbeat.interval.ms\" = 500 }";
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", more)]),
    );
    let daemon = Daemon::start(&desk);
    let mut sent = 0;
    for coordinator in [2, 3, 1, 2] {
        for _ in 0..30 {
            producer.send("calls", i32::try_from(sent % 3).unwrap(), Some(&good(sent)));
            sent += 1;
        }
        producer.flush();
        daemon.requests(u64::try_from(sent).unwrap());
        mock.0.coordinator(group(), coordinator).unwrap();
        std::thread::sleep(Duration::from_millis(1_500));
    }
    let wanted = i64::try_from(sent).unwrap();
    let begun = std::time::Instant::now();
    while mock.committed("tollwatch", "calls", 3).iter().sum::<i64>() != wanted {
        assert!(
            begun.elapsed() < PATIENCE,
            "the group's offsets do not follow\n{}",
            daemon.log()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    daemon.stop();
    desk.verify("books.db");
}
