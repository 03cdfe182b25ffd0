//! A partition that has records and gives none is noticed, told and taken up again; one whose broker
//! is away is not taken for one. A client that does not come back to its group is replaced.

use std::time::Duration;

use rdkafka::types::RDKafkaApiKey as Api;
use rdkafka::types::RDKafkaRespErr as Error;

use crate::common::{Desk, good};
use crate::daemon_support::{Daemon, config};
use crate::mock::Mock;

/// Pauses and limits are a tenth: a partition is suspected after 6 s.
const HURRY: (&str, &str) = ("CRASH_HURRY", "10");
/// What is said of one.
const TOLD: &str = "the partition has records and gives none; it is taken up again";

/// Produces records `numbers` to two partitions.
fn produce(mock: &Mock, numbers: std::ops::Range<usize>) {
    let producer = mock.producer(&[("reconnect.backoff.max.ms", "200")]);
    for n in numbers {
        producer.send("calls", i32::try_from(n % 2).unwrap(), Some(&good(n)));
    }
    producer.flush();
}

/// A daemon that has read ten records, and what then befalls it.
fn with_daemon(defect: &[(&str, &str)], then: impl FnOnce(&Mock, &Daemon<'_>)) {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let more = "properties = { \"reconnect.backoff.max.ms\" = 500, \"session.timeout.ms\" = 6000 }";
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", more)]),
    );
    produce(&mock, 0..10);
    let environment = [&[HURRY], defect].concat();
    let daemon = Daemon::start_with(&desk, "t.toml", "books.db", &environment);
    daemon.requests(10);
    then(&mock, &daemon);
    let duplicates = daemon.figure("tollwatch_records_total", &["duplicate"]);
    assert!(duplicates.abs() < 0.5, "{duplicates} duplicates");
    let lost = daemon.figure("tollwatch_lost_records_total", &[]);
    assert!(lost.abs() < 0.5, "{lost} lost");
    daemon.reaches("tollwatch_partition_lag_records", &[], 0.0);
    daemon.stop();
    desk.verify("books.db");
}

/// How often partitions were taken up again.
fn stalls(daemon: &Daemon<'_>) -> f64 {
    daemon.figure("tollwatch_stalls_recovered_total", &[])
}

/// The client stands at the end of a partition, forgets it, and says for ever that nothing comes. To
/// take it up again does not help then: a new client does.
#[test]
fn partitions_that_the_client_forgot_are_read_by_a_new_one() {
    with_daemon(&[("DEFECT", "forgets:1")], |mock, daemon| {
        // When the offsets first follow the books, it forgets.
        daemon.reaches("tollwatch_partition_lag_records", &[], 0.0);
        std::thread::sleep(Duration::from_secs(2));
        produce(mock, 10..20);
        daemon.says(TOLD);
        daemon.says("the client is made anew");
        daemon.requests(20);
        assert!(stalls(daemon) >= 2.0);
        produce(mock, 20..30);
        daemon.requests(30);
        assert_eq!(daemon.times("the client is made anew"), 1);
    });
}

/// The broker answers, and never with a record.
#[test]
fn a_partition_that_cannot_be_fetched_goes_on_once_it_can() {
    let rows = [
        Error::RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        Error::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    ];
    for error in rows {
        with_daemon(&[], |mock, daemon| {
            mock.fails(Api::Fetch, &vec![error; 5_000]);
            produce(mock, 10..20);
            daemon.says(TOLD);
            assert!(stalls(daemon) >= 1.0, "{error:?}");
            mock.0.clear_request_errors(Api::Fetch);
            daemon.requests(20);
        });
    }
}

#[test]
fn brokers_that_are_away_make_no_partition_suspect() {
    with_daemon(&[], |mock, daemon| {
        mock.0.broker_down(1).unwrap();
        std::thread::sleep(Duration::from_secs(15));
        mock.0.broker_up(1).unwrap();
        produce(mock, 10..20);
        daemon.requests(20);
        assert!(stalls(daemon).abs() < 0.5, "{}", daemon.log());
        // And it is said when the fault is over, although nothing is looked at again.
        daemon.says("\"over: ");
    });
}

/// What is said of a client that is left out of its group.
const LEFT_OUT: &str = "the client is not in its group, although brokers answer";

/// The coordinator takes no member, and the client asks for ever: a new one comes in as soon as it may.
#[test]
fn whoever_does_not_come_back_to_its_group_is_replaced() {
    with_daemon(&[], |mock, daemon| {
        let nobody = vec![Error::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE; 5_000];
        mock.fails(Api::JoinGroup, &nobody);
        mock.fails(
            Api::Heartbeat,
            &[Error::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID],
        );
        daemon.says("revoked");
        produce(mock, 10..20);
        daemon.says(LEFT_OUT);
        daemon.says("the client is made anew");
        mock.0.clear_request_errors(Api::JoinGroup);
        daemon.requests(20);
        assert_eq!(daemon.times(LEFT_OUT), 1);
    });
}

/// Without any topic there is no group to be in, and a new client would find none either.
#[test]
fn whoever_waits_for_its_topic_is_not_replaced() {
    let desk = Desk::new();
    let mock = Mock::new(1, "others", 1);
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start_with(&desk, "t.toml", "books.db", &[HURRY]);
    std::thread::sleep(Duration::from_secs(45));
    assert_eq!(daemon.times(LEFT_OUT), 0, "{}", daemon.log());
    daemon.stop();
}

#[test]
fn partitions_at_their_end_are_not_suspect() {
    with_daemon(&[], |_, daemon| {
        // Nor is a member of whom nothing is heard suspect, after 36 s.
        std::thread::sleep(Duration::from_secs(45));
        assert!(stalls(daemon).abs() < 0.5, "{}", daemon.log());
        assert_eq!(daemon.times(LEFT_OUT), 0, "{}", daemon.log());
    });
}
