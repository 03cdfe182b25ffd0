//! Brokers fail, hang and answer with errors; no record is lost or counted twice.

use std::time::Duration;

use rdkafka::types::RDKafkaApiKey as Api;
use rdkafka::types::RDKafkaRespErr as Error;

use crate::common::{Desk, good};
use crate::daemon_support::{Daemon, config, positions, wait_for};
use crate::mock::Mock;

/// Timeouts short enough for a test.
const IMPATIENT: &str = "properties = { \"session.timeout.ms\" = 6000, \"heartbeat.interval.ms\" = 500, \"topic.metadata.refresh.interval.ms\" = 2000, \"reconnect.backoff.max.ms\" = 500 }";

#[test]
fn brokers_and_leaders_come_and_go() {
    let desk = Desk::new();
    let mock = Mock::new(3, "calls", 3);
    for partition in 0..3 {
        mock.0
            .partition_leader("calls", partition, Some(partition + 1))
            .unwrap();
    }
    let mut sent = 0;
    // A new client each time: the mock's answers do not tell an old one of a new leader for long.
    let mut send = |count: usize| {
        let producer = mock.producer(&[]);
        for _ in 0..count {
            producer.send("calls", i32::try_from(sent % 3).unwrap(), Some(&good(sent)));
            sent += 1;
        }
        producer.flush();
        u64::try_from(sent).unwrap()
    };
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", IMPATIENT)]),
    );
    // One partition has no leader at the start: the others are read.
    send(30);
    mock.0.partition_leader("calls", 2, None).unwrap();
    let daemon = Daemon::start(&desk);
    daemon.requests(20);
    mock.0.partition_leader("calls", 2, Some(1)).unwrap();
    daemon.requests(30);
    for broker in 1..=3 {
        let other = broker % 3 + 1;
        for partition in 0..3 {
            mock.0
                .partition_leader("calls", partition, Some(other))
                .unwrap();
        }
        mock.0.broker_down(broker).unwrap();
        let wanted = send(60);
        daemon.requests(wanted);
        mock.0.broker_up(broker).unwrap();
    }
    // All of them, for a while.
    for broker in 1..=3 {
        mock.0.broker_down(broker).unwrap();
    }
    std::thread::sleep(Duration::from_secs(3));
    for broker in 1..=3 {
        mock.0.broker_up(broker).unwrap();
    }
    let wanted = send(60);
    // Once in a thousand times the client never comes back to its group: it is replaced after six minutes.
    daemon.requests_within(Duration::from_mins(8), wanted);
    let duplicates = daemon.figure("tollwatch_records_total", &["duplicate"]);
    assert!(duplicates.abs() < 0.5, "{duplicates} duplicates");
    daemon.stop();
    desk.verify("books.db");
}

/// Requests, and how they are answered until records flow again.
fn rows() -> Vec<(Api, Vec<Error>)> {
    use Error::{
        RD_KAFKA_RESP_ERR__TRANSPORT as TRANSPORT,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS as LOADING,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE as NO_COORDINATOR,
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION as GENERATION,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR as STORAGE,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE as NO_LEADER,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR as NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION as NOT_LEADER,
        RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE as OUT_OF_RANGE,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS as REBALANCING,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT as TIMEOUT,
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID as UNKNOWN_MEMBER,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART as UNKNOWN_TOPIC,
    };
    vec![
        (Api::Fetch, vec![NOT_LEADER, STORAGE, TRANSPORT]),
        (Api::Fetch, vec![TIMEOUT; 5]),
        // The position is where it was: it is looked at again, and is right.
        (Api::Fetch, vec![OUT_OF_RANGE]),
        (Api::Fetch, vec![OUT_OF_RANGE; 4]),
        (Api::Fetch, vec![UNKNOWN_TOPIC; 3]),
        (Api::ListOffsets, vec![NO_LEADER, TRANSPORT]),
        (Api::OffsetCommit, vec![NOT_COORDINATOR, LOADING, TRANSPORT]),
        (Api::OffsetCommit, vec![TIMEOUT; 3]),
        (Api::Heartbeat, vec![NOT_COORDINATOR, TRANSPORT]),
        (Api::Heartbeat, vec![REBALANCING]),
        (Api::Heartbeat, vec![UNKNOWN_MEMBER]),
        (Api::Heartbeat, vec![GENERATION]),
        (
            Api::JoinGroup,
            vec![NO_COORDINATOR, UNKNOWN_MEMBER, TRANSPORT],
        ),
        (Api::SyncGroup, vec![REBALANCING, TRANSPORT]),
        (Api::FindCoordinator, vec![NO_COORDINATOR, TRANSPORT]),
        (Api::Metadata, vec![NO_LEADER, TRANSPORT]),
    ]
}

#[test]
fn errors_of_every_request_are_outlived() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let producer = mock.producer(&[("reconnect.backoff.max.ms", "200")]);
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", IMPATIENT)]),
    );
    let daemon = Daemon::start(&desk);
    let mut sent: usize = 0;
    for (kind, errors) in rows() {
        let before = sent;
        mock.fails(kind, &errors);
        if matches!(kind, Api::JoinGroup | Api::SyncGroup | Api::FindCoordinator) {
            // So that the group is joined anew.
            mock.fails(
                Api::Heartbeat,
                &[Error::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID],
            );
        }
        while sent < before + 20 {
            producer.send("calls", i32::try_from(sent % 2).unwrap(), Some(&good(sent)));
            sent += 1;
        }
        producer.flush();
        let wanted = u64::try_from(sent).unwrap();
        let what = format!("{wanted} after {kind:?} {errors:?}");
        wait_for(
            &what,
            || daemon.log(),
            || (crate::daemon_support::requests(&desk, "books.db") == Some(wanted)).then_some(()),
        );
        mock.0.clear_request_errors(kind);
        mock.0.clear_request_errors(Api::Heartbeat);
    }
    let wanted = i64::try_from(sent).unwrap();
    wait_for(
        "the group's offsets",
        || daemon.log(),
        || (mock.committed("tollwatch", "calls", 2).iter().sum::<i64>() == wanted).then_some(()),
    );
    let duplicates = daemon.figure("tollwatch_records_total", &["duplicate"]);
    assert!(duplicates.abs() < 0.5, "{duplicates} duplicates");
    let lost = daemon.figure("tollwatch_lost_records_total", &[]);
    assert!(lost.abs() < 0.5, "{lost} lost");
    daemon.stop();
    desk.verify("books.db");
}

#[test]
fn a_commit_that_failed_is_made_up_for_although_nothing_new_comes() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    let producer = mock.producer(&[]);
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", IMPATIENT)]),
    );
    // Not an error that the client itself would try again.
    mock.fails(
        Api::OffsetCommit,
        &[Error::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 2],
    );
    for n in 0..5 {
        producer.send("calls", 0, Some(&good(n)));
    }
    producer.flush();
    let daemon = Daemon::start(&desk);
    daemon.requests(5);
    wait_for(
        "the group's offset",
        || daemon.log(),
        || (mock.committed("tollwatch", "calls", 1) == [5]).then_some(()),
    );
    daemon.stop();
}

#[test]
fn slow_brokers_are_waited_for() {
    let desk = Desk::new();
    let mock = Mock::new(2, "calls", 2);
    let producer = mock.producer(&[]);
    for n in 0..200 {
        producer.send("calls", i32::try_from(n % 2).unwrap(), Some(&good(n)));
    }
    producer.flush();
    for broker in [1, 2] {
        mock.0
            .broker_round_trip_time(broker, Duration::from_millis(700))
            .unwrap();
    }
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start(&desk);
    daemon.requests(200);
    daemon.stop();
    assert_eq!(positions(&desk, "books.db").len(), 2);
    desk.verify("books.db");
}
