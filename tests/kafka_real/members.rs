//! The group: the protocol of KIP-848, lasting members, and the lag that others see.

use std::time::{Duration, Instant};

use crate::brokers::Kafka;
use crate::common::Desk;
use crate::daemon_support::member::Member;
use crate::daemon_support::{Daemon, config, wait_for};

pub(crate) fn consumer_protocol(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("kip848", 6, 1);
    let more = "group = \"kip848\"\nprotocol = \"consumer\"";
    let brokers = kafka.brokers("bootstrap");
    desk.write("t.toml", config(&[("kafka", &brokers, "kip848", more)]));
    let daemon = Daemon::start(&desk);
    let send = |from: usize| {
        for partition in 0..6 {
            let at = from + usize::try_from(partition).unwrap() * 10;
            kafka.send("kip848", partition, at..at + 10, None);
        }
        kafka.flush();
    };
    send(0);
    daemon.requests(60);
    let members: Vec<Member> = (0..2)
        .map(|_| {
            Member::join(
                &brokers,
                "kip848",
                "kip848",
                &[("group.protocol", "consumer")],
            )
        })
        .collect();
    wait_for(
        "shared partitions",
        || daemon.log(),
        || {
            let own = daemon.figure("tollwatch_assigned_partitions", &[]);
            (members.iter().all(|one| one.holds() == 2) && (own - 2.0).abs() < 0.5).then_some(())
        },
    );
    send(100);
    drop(members);
    daemon.requests(120);
    daemon.reaches("tollwatch_assigned_partitions", &[], 6.0);
    send(200);
    daemon.requests(180);
    daemon.reaches("tollwatch_partition_lag_records", &[], 0.0);
    daemon.stop();
    desk.verify("books.db");
}

/// A member that gets nothing has to take it all the same, or everybody waits for it.
pub(crate) fn more_members_than_partitions(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("crowded", 2, 1);
    let brokers = kafka.brokers("bootstrap");
    desk.write(
        "t.toml",
        config(&[("kafka", &brokers, "crowded", "group = \"crowded\"")]),
    );
    let join = || {
        let cooperative = ("partition.assignment.strategy", "cooperative-sticky");
        Member::join(&brokers, "crowded", "crowded", &[cooperative])
    };
    let first = [join(), join()];
    let hold = |members: &[Member], wanted: usize| {
        wait_for("partitions of plain members", String::new, || {
            (members.iter().map(Member::holds).sum::<usize>() == wanted).then_some(())
        });
    };
    hold(&first, 2);
    let daemon = Daemon::start(&desk);
    daemon.says("\"assigned\"");
    daemon.reaches("tollwatch_assigned_partitions", &[], 0.0);
    let late = [join()];
    kafka.sent("crowded", 0, 0..10);
    drop(first);
    wait_for(
        "its share",
        || daemon.log(),
        || {
            let own = daemon.figure("tollwatch_assigned_partitions", &[]);
            (own > 0.5 && late[0].holds() == 1).then_some(())
        },
    );
    drop(late);
    daemon.requests(10);
    daemon.reaches("tollwatch_assigned_partitions", &[], 2.0);
    daemon.stop();
}

const STATIC: &[(&str, &str)] = &[
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("group.instance.id", "other"),
    ("session.timeout.ms", "30000"),
];

pub(crate) fn static_membership(kafka: &Kafka) {
    let desk = Desk::new();
    kafka.create("static", 4, 1);
    let more = "group = \"static\"\ninstance_id = \"daemon\"\nproperties = { \"session.timeout.ms\" = 30000 }";
    let brokers = kafka.brokers("bootstrap");
    desk.write("t.toml", config(&[("kafka", &brokers, "static", more)]));
    let daemon = Daemon::start(&desk);
    let other = Member::join(&brokers, "static", "static", STATIC);
    daemon.reaches("tollwatch_assigned_partitions", &[], 2.0);
    wait_for(
        "its partitions",
        || daemon.log(),
        || (other.holds() == 2).then_some(()),
    );
    let before = other.changes();
    daemon.stop();
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_assigned_partitions", &[], 2.0);
    daemon.kill();
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_assigned_partitions", &[], 2.0);
    assert_eq!(
        (other.holds(), other.changes()),
        (2, before),
        "a restart moved partitions"
    );
    daemon.stop();
}

pub(crate) fn two_of_one_name(kafka: &Kafka) {
    for protocol in ["classic", "consumer"] {
        let desk = Desk::new();
        let topic = format!("twins-{protocol}");
        kafka.create(&topic, 2, 1);
        let more =
            format!("group = \"{topic}\"\ninstance_id = \"same\"\nprotocol = \"{protocol}\"");
        desk.write(
            "t.toml",
            config(&[("kafka", &kafka.brokers("bootstrap"), &topic, &more)]),
        );
        kafka.sent(&topic, 0, 0..5);
        let mut one = Daemon::start(&desk);
        one.requests(5);
        let mut two = Daemon::start_with(&desk, "t.toml", "other.db", &[]);
        let begun = Instant::now();
        while one.is_running() && two.is_running() {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "{}\n{}",
                one.log(),
                two.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        let (ended, stays) = if one.is_running() {
            (&mut two, one)
        } else {
            (&mut one, two)
        };
        assert_ne!(ended.ends(), 0);
        assert!(
            ended.log().contains("instance_id"),
            "no hint: {}",
            ended.log()
        );
        stays.stop();
    }
}

/// Kafka's own tool sees no lag in any group that was read to its end.
pub(crate) fn no_group_lags(kafka: &Kafka) {
    let told = kafka.script("groups", &[], "");
    let mut groups = 0;
    for line in told.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [group, topic, partition, offset, end, lag, ..] = words[..] else {
            continue;
        };
        if !["removed", "atomic", "others", "kip848", "pattern"].contains(&group) {
            continue;
        }
        groups += 1;
        let untouched = offset == "-" && end == "0";
        assert!(
            lag == "0" || untouched,
            "{group} {topic} {partition}: {line}\n{told}"
        );
    }
    assert!(groups >= 12, "{told}");
}
