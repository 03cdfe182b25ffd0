//! What comes out at the end: figures equal to a replay of the same records, from wherever a source
//! begins, for records of every kind.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Headers as _;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::common::{Desk, HUSH, good, patched};
use crate::daemon_support::{Daemon, config, positions, wait_for};
use crate::mock::Mock;

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// A good record of a call at a time in Unix milliseconds.
fn called_at(n: usize, at: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at).unwrap();
    let at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut record = good(n);
    let begin = record.find("2025-06-02T").unwrap();
    record.replace_range(begin..begin + at.len(), &at);
    record
}

/// A good record with so many bytes that nobody looks at.
fn padded(n: usize, bytes: usize) -> String {
    let padding = format!("{HUSH}{}", "x".repeat(bytes));
    patched(n, "\"hush-prompt\"", &format!("\"{padding}\""))
}

#[test]
fn the_books_equal_a_replay_of_the_same_records() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 4);
    let mut lines = String::new();
    let mut sent = 0;
    let mut send = |producer: &crate::mock::Producer, text: String| {
        producer.send("calls", sent % 4, Some(&text));
        lines += &text;
        lines += "\n";
        sent += 1;
    };
    for (which, codec) in ["none", "gzip", "snappy", "lz4", "zstd"].iter().enumerate() {
        let producer = mock.producer(&[("compression.type", codec), ("linger.ms", "20")]);
        for n in 0..60 {
            send(&producer, good(which * 100 + n));
        }
        // The same call once more, one that nobody can read, one without a time, a large one.
        send(&producer, good(which * 100 + 7));
        send(&producer, format!("{{\"broken\": \"{HUSH}"));
        send(&producer, patched(which * 100 + 70, "\"at\"", "\"when\""));
        if which < 3 {
            send(&producer, padded(which * 100 + 80, 2_000_000));
        }
        producer.flush();
    }
    let producer = mock.producer(&[]);
    producer.send("calls", 1, None);
    producer.send("calls", 2, Some(""));
    producer.flush();
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start(&desk);
    daemon.requests(303);
    daemon.reaches(
        "tollwatch_records_received_total",
        &[],
        303.0 + 5.0 + 10.0 + 2.0,
    );
    for (labels, wanted) in [
        (&["metered"][..], 303.0),
        (&["duplicate"], 5.0),
        (&["quarantined"], 12.0),
        (&["quarantined", "\"empty\""], 2.0),
    ] {
        daemon.reaches("tollwatch_records_total", labels, wanted);
    }
    daemon.reaches("tollwatch_partition_lag_records", &[], 0.0);
    assert!(daemon.figure("tollwatch_records_unaccounted", &[]).abs() < 0.5);
    daemon.stop();
    desk.verify("books.db");
    desk.assert_hushed("books.db", &[]);
    let log = std::fs::read_to_string(desk.path("books.db.log")).unwrap();
    assert!(!log.contains(HUSH), "{log}");

    desk.write("lines.jsonl", lines);
    desk.run(&["replay", "--ledger", "replayed.db", "lines.jsonl"])
        .ok();
    assert_eq!(desk.exports("books.db"), desk.exports("replayed.db"));
}

#[test]
fn begins_where_it_is_told() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let producer = mock.producer(&[]);
    for n in 0..20 {
        producer.send("calls", n % 2, Some(&good(usize::try_from(n).unwrap())));
    }
    producer.flush();
    let brokers = mock.brokers();
    desk.write(
        "t.toml",
        config(&[
            (
                "all",
                &brokers,
                "calls",
                "group = \"a\"\nstart = \"beginning\"",
            ),
            ("new", &brokers, "calls", "group = \"b\"\nstart = \"end\""),
        ]),
    );
    let daemon = Daemon::start(&desk);
    let received = |source: &str, wanted: f64| {
        daemon.reaches(
            "tollwatch_records_received_total",
            &[&format!("source=\"{source}\"")],
            wanted,
        );
    };
    received("all", 20.0);
    daemon.reaches("tollwatch_assigned_partitions", &[], 4.0);
    received("new", 0.0);
    for n in 20..24 {
        producer.send("calls", n % 2, Some(&good(usize::try_from(n).unwrap())));
    }
    producer.flush();
    received("all", 24.0);
    received("new", 4.0);
    daemon.stop();
    // What came while nobody read is read, also from where nothing had come.
    for n in 24..30 {
        producer.send("calls", n % 2, Some(&good(usize::try_from(n).unwrap())));
    }
    producer.flush();
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_records_received_total", &[], 12.0);
    daemon.requests(30);
    daemon.stop();
    desk.verify("books.db");
}

#[test]
fn two_clusters_keep_their_positions_apart() {
    let desk = Desk::new();
    let mocks = [Mock::new(1, "calls", 1), Mock::new(1, "calls", 1)];
    for (which, count) in [(0, 30), (1, 11)] {
        let producer = mocks[which].producer(&[]);
        for n in 0..count {
            producer.send("calls", 0, Some(&good(which * 1_000 + n)));
        }
        producer.flush();
    }
    let [one, two] = [mocks[0].brokers(), mocks[1].brokers()];
    desk.write(
        "t.toml",
        config(&[("one", &one, "calls", ""), ("two", &two, "calls", "")]),
    );
    let daemon = Daemon::start(&desk);
    daemon.requests(41);
    daemon.stop();
    let mut at: Vec<(String, u64)> = positions(&desk, "books.db")
        .iter()
        .map(|placed| (placed.source.to_string(), placed.position.offset))
        .collect();
    at.sort();
    assert_eq!(at, [("one".to_owned(), 30), ("two".to_owned(), 11)]);

    // The same source on another cluster: its records are read from their beginning.
    desk.write(
        "t.toml",
        config(&[("one", &two, "calls", ""), ("two", &one, "calls", "")]),
    );
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_records_total", &["duplicate"], 41.0);
    daemon.stop();
    assert_eq!(positions(&desk, "books.db").len(), 4);
    desk.verify("books.db");
}

#[test]
fn idle_and_busy_partitions_are_complete_together() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 3);
    let producer = mock.producer(&[]);
    let more = "grace_seconds = 1\ndisorder_seconds = 1";
    desk.write(
        "t.toml",
        config(&[("kafka", &mock.brokers(), "calls", more)]),
    );
    let daemon = Daemon::start(&desk);
    // Calls of three hours ago: their hour is linked once every partition is known to be past it.
    let ago = now_ms() - 3 * 3_600_000;
    let begun = Instant::now();
    let mut n = 0;
    while begun.elapsed() < Duration::from_secs(12) {
        producer.send("calls", 0, Some(&called_at(n, ago)));
        producer.flush();
        n += 1;
        std::thread::sleep(Duration::from_millis(100));
    }
    daemon.requests(u64::try_from(n).unwrap());
    let complete = wait_for(
        "complete-to of all partitions",
        || daemon.log(),
        || {
            let all: Option<Vec<i64>> = positions(&desk, "books.db")
                .iter()
                .map(|placed| placed.position.complete_to.map(|at| at.0))
                .collect();
            let all = all.filter(|all| all.len() == 3)?;
            all.iter().all(|at| *at > now_ms() - 15_000).then_some(all)
        },
    );
    assert!(
        complete.iter().all(|at| *at < now_ms() - 1_000),
        "not past the grace: {complete:?}"
    );
    wait_for(
        "linked hours",
        || daemon.log(),
        || (daemon.figure("tollwatch_windows_linked_total", &[]) >= 1.0).then_some(()),
    );
    daemon.stop();
}

#[test]
fn a_record_is_in_the_books_within_a_second_of_its_production() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let producer = mock.producer(&[]);
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start(&desk);
    producer.send("calls", 0, Some(&good(0)));
    daemon.requests(1);
    let mut took = Vec::new();
    for n in 1..=15 {
        std::thread::sleep(Duration::from_millis(400));
        let produced = Instant::now();
        producer.send("calls", i32::try_from(n % 2).unwrap(), Some(&good(n)));
        producer.flush();
        let wanted = u64::try_from(n).unwrap() + 1;
        while crate::daemon_support::requests(&desk, "books.db") != Some(wanted) {
            assert!(
                produced.elapsed() < crate::daemon_support::PATIENCE,
                "{}",
                daemon.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        took.push(produced.elapsed());
    }
    daemon.stop();
    took.sort();
    eprintln!(
        "from production to the ledger when idle: median {:?}, longest {:?}",
        took[7], took[14]
    );
    // The machine may do much else: the middle one tells.
    assert!(took[7] <= Duration::from_secs(1), "{took:?}");
}

/// Key, body and headers.
type Letter = (String, String, Vec<(String, String)>);

/// The letters of a topic.
fn letters(mock: &Mock, topic: &str, wanted: usize) -> Vec<Letter> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", mock.brokers())
        .set("group.id", "letters")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning)
        .unwrap();
    consumer.assign(&list).unwrap();
    let mut letters = Vec::new();
    let begun = Instant::now();
    while letters.len() < wanted && begun.elapsed() < crate::daemon_support::PATIENCE {
        let Some(Ok(letter)) = consumer.poll(Duration::from_millis(100)) else {
            continue;
        };
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let headers = letter.headers().unwrap();
        let headers = headers
            .iter()
            .map(|header| (header.key.to_owned(), text(header.value)));
        letters.push((
            text(letter.key()),
            text(letter.payload()),
            headers.collect(),
        ));
    }
    letters
}

#[test]
fn dead_letters_tell_reason_and_origin_and_nothing_said() {
    let records = [
        Some(format!("{{\"broken\": \"{HUSH}")),
        Some(patched(2, "\"at\"", "\"when\"")),
        None,
    ];
    for include in ["keys", "raw_bytes"] {
        let desk = Desk::new();
        let mock = Mock::new(1, "calls", 1);
        mock.0.create_topic("dead", 1, 1).unwrap();
        let more = format!("dead_letter = {{ topic = \"dead\", include = \"{include}\" }}");
        desk.write(
            "t.toml",
            config(&[("kafka", &mock.brokers(), "calls", &more)]),
        );
        let producer = mock.producer(&[]);
        producer.send("calls", 0, Some(&good(1)));
        for record in &records {
            producer.send("calls", 0, record.as_deref());
        }
        producer.flush();
        let daemon = Daemon::start(&desk);
        let letters = letters(&mock, "dead", 3);
        assert_eq!(letters.len(), 3, "{}", daemon.log());
        for (n, (key, body, headers)) in letters.iter().enumerate() {
            let offset = (n + 1).to_string();
            assert_eq!(*key, format!("calls/0/{offset}"));
            let header = |name: &str| {
                let found = headers.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(header("tollwatch-source"), Some("kafka"));
            assert_eq!(header("tollwatch-topic"), Some("calls"));
            assert_eq!(header("tollwatch-partition"), Some("0"));
            assert_eq!(header("tollwatch-offset"), Some(offset.as_str()));
            let reason = ["broken_json", "bad_time", "empty"][n];
            assert_eq!(header("tollwatch-reason"), Some(reason), "{headers:?}");
            assert!(
                headers.iter().all(|(_, value)| !value.contains(HUSH)),
                "{headers:?}"
            );
            let bytes = records[n].as_ref().map(String::len);
            if include == "raw_bytes" {
                assert_eq!(*body, records[n].clone().unwrap_or_default());
            } else {
                assert!(!body.contains(HUSH), "{body}");
                let body: serde_json::Value = serde_json::from_str(body).unwrap();
                assert_eq!(
                    body["bytes"].as_u64().map(|n| usize::try_from(n).unwrap()),
                    bytes
                );
            }
        }
        if include == "keys" {
            let body: serde_json::Value = serde_json::from_str(&letters[1].1).unwrap();
            assert_eq!(body["value_lengths"]["conversation"], 19, "{body}");
        }
        daemon.reaches("tollwatch_dead_letters_total", &["sent"], 3.0);
        daemon.stop();
    }
}
