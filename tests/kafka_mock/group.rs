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

/// So many plain members join the daemon's group, one after the other, until all partitions are
/// shared; then they leave, and the daemon has all of them again.
fn shared_by(count: i32, partitions: i32, protocol: &str) {
    let desk = Desk::new();
    let mock = Mock::new(3, "calls", partitions);
    let (own, other) = if protocol == "classic" {
        (
            "properties = { \"session.timeout.ms\" = 6000, \"heartbeat.interval.ms\" = 500 }",
            ("partition.assignment.strategy", "cooperative-sticky"),
        )
    } else {
        ("protocol = \"consumer\"", ("group.protocol", "consumer"))
    };
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", own)]),
    );
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_assigned_partitions", &[], f64::from(partitions));
    let begun = std::time::Instant::now();
    let join = |_| {
        std::thread::sleep(Duration::from_millis(300));
        Member::join(&mock.brokers(), "tollwatch", "calls", &[other])
    };
    let members: Vec<Member> = (0..count).map(join).collect();
    let held = || -> (usize, Vec<usize>) {
        let own = daemon.figure("tollwatch_assigned_partitions", &[]);
        let own = (0..=1_000)
            .find(|n| (f64::from(*n) - own).abs() < 0.5)
            .unwrap();
        let all = members.iter().map(Member::holds);
        (usize::try_from(own).unwrap(), all.collect())
    };
    let fair = usize::try_from(partitions.div_euclid(count + 1) + 1).unwrap();
    let wanted = usize::try_from(partitions).unwrap();
    wait_for(
        "a fair share",
        || format!("{:?}\n{}", held(), daemon.log()),
        || {
            let (own, others) = held();
            let sum = own + others.iter().sum::<usize>();
            let most = others.iter().copied().fold(own, usize::max);
            (sum == wanted && most <= fair).then_some(())
        },
    );
    let joined = begun.elapsed();
    let producer = mock.producer(&[]);
    for n in 0..wanted {
        producer.send("calls", i32::try_from(n).unwrap(), Some(&good(n)));
    }
    producer.flush();
    // Side by side: each takes its leave for seconds.
    std::thread::scope(|scope| {
        for one in members {
            scope.spawn(|| drop(one));
        }
    });
    daemon.reaches("tollwatch_assigned_partitions", &[], f64::from(partitions));
    daemon.requests(u64::try_from(wanted).unwrap());
    let (own, whole) = (count + 1, begun.elapsed());
    eprintln!(
        "{protocol}, {own} members of {partitions} partitions: shared after {joined:?}, ours again after {whole:?}"
    );
    daemon.stop();
    desk.verify("books.db");
}

#[test]
fn groups_of_seven_and_of_more_share_and_give_back() {
    shared_by(6, 14, "classic");
    shared_by(11, 24, "classic");
}

#[test]
fn a_group_with_more_members_than_partitions_shares_and_gives_back() {
    shared_by(6, 6, "classic");
}

#[test]
fn a_group_of_seven_by_the_brokers_own_protocol() {
    shared_by(6, 14, "consumer");
}
