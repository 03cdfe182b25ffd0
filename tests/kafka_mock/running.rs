//! The configuration changes while the daemon runs.

use std::time::Duration;

use crate::common::{Desk, good};
use crate::daemon_support::{Daemon, config};
use crate::mock::Mock;

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn a_reload_takes_what_is_right_and_refuses_the_rest() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    mock.0.create_topic("more", 1, 1).unwrap();
    let brokers = mock.brokers();
    let producer = mock.producer(&[]);
    let mut sent = 0;
    let mut send = |topic: &str| {
        producer.send(topic, 0, Some(&good(sent)));
        producer.flush();
        sent += 1;
        u64::try_from(sent).unwrap()
    };
    let first = ("first", brokers.as_str(), "calls", "group = \"a\"");
    // A group forgets a client that left without a word when its session ends.
    let hasty = |group: &str| {
        format!(
            "group = \"{group}\"\nproperties = {{ \"session.timeout.ms\" = 6000, \"heartbeat.interval.ms\" = 500 }}"
        )
    };
    let (group_b, group_c) = (hasty("b"), hasty("c"));
    let second = ("second", brokers.as_str(), "more", group_b.as_str());
    desk.write("t.toml", config(&[first]));
    let daemon = Daemon::start(&desk);
    daemon.requests(send("calls"));

    // Refused, each for its reason; the old one stays, and says so once each time.
    let group = "group = \"b\"\nsasl = { mechanism = \"PLAIN\", username = \"u\", password = { env = \"NOT_SET_ANYWHERE\" } }";
    let refused = [
        ("broken = ".to_owned(), "refused (1 problem"),
        (
            config(&[first, ("second", brokers.as_str(), "more", "groop = \"b\"")]),
            "groop",
        ),
        (
            config(&[first, ("second", brokers.as_str(), "more", group)]),
            "`NOT_SET_ANYWHERE` is not set",
        ),
    ];
    let reloads = "tollwatch_config_reloads_total";
    for ((text, why), times) in refused.iter().zip([1.0, 3.0, 5.0]) {
        put(&desk, text);
        daemon.says(why);
        daemon.reaches(reloads, &["refused"], times);
        // Whoever asks is answered, also where nothing changed.
        daemon.signal("-HUP");
        daemon.reaches(reloads, &["refused"], times + 1.0);
        assert!(
            daemon
                .figure("tollwatch_config_last_reload_successful", &[])
                .abs()
                < 0.5
        );
        daemon.requests(send("calls"));
    }
    assert_eq!(daemon.times("the old one stays"), 6, "{}", daemon.log());

    // One that is added starts, by the change of the file alone.
    let last = send("more");
    put(&desk, &config(&[first, second]));
    daemon.says("configuration reloaded");
    daemon.requests(last);
    daemon.requests(send("calls"));
    // One that is removed ends, and what comes is not read; the other one goes on.
    put(&desk, &config(&[first]));
    daemon.reaches(reloads, &["\"ok\""], 2.0);
    daemon.reaches("tollwatch_assigned_partitions", &[], 1.0);
    daemon.signal("-HUP");
    daemon.reaches(reloads, &["\"ok\""], 3.0);
    let unread = send("more");
    std::thread::sleep(Duration::from_secs(2));
    daemon.requests(unread - 1);
    let (status, reasons) = daemon.get("/readyz");
    assert!(status.contains("200"), "{reasons}");
    // And is there again at once, also while its last thread ends. Where a signal comes with a change,
    // one is read twice if the daemon had looked in between: nothing is counted after such a pair.
    put(&desk, &config(&[first, second]));
    daemon.signal("-HUP");
    daemon.requests(unread);
    let taken = daemon.figure(reloads, &["\"ok\""]);
    put(&desk, &config(&[first]));
    daemon.reaches(reloads, &["\"ok\""], taken + 1.0);
    put(&desk, &config(&[first, second]));
    daemon.signal("-HUP");
    daemon.requests(send("more"));
    // Another way to its brokers: a new client, from where the books stand.
    let other = ("second", brokers.as_str(), "more", group_c.as_str());
    put(&desk, &config(&[first, other]));
    daemon.signal("-HUP");
    daemon.says("the client is made anew");
    daemon.requests(send("more"));
    daemon.stop();
    desk.verify("books.db");
}

/// Puts a configuration in the place of the one before, whole at once.
fn put(desk: &Desk, text: &str) {
    let next = desk.write("next.toml", text);
    std::fs::rename(next, desk.path("t.toml")).unwrap();
}

#[test]
fn brokers_that_never_answered_are_left_when_the_configuration_says_others() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    let producer = mock.producer(&[]);
    producer.send("calls", 0, Some(&good(1)));
    producer.flush();
    desk.write("t.toml", config(&[("kafka", "127.0.0.1:1", "calls", "")]));
    let daemon = Daemon::start(&desk);
    daemon.says("no broker of 127.0.0.1:1 answers");
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    daemon.requests(1);
    daemon.stop();
}

/// Names of sources that the daemon uses for itself, inside.
#[test]
fn a_source_may_have_any_name() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    let producer = mock.producer(&[]);
    producer.send("calls", 0, Some(&good(1)));
    producer.flush();
    let brokers = mock.brokers();
    let keeper = ("keeper", brokers.as_str(), "calls", "group = \"a\"");
    let files = ("files", brokers.as_str(), "calls", "group = \"b\"");
    desk.write("t.toml", config(&[keeper, files]));
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_records_received_total", &[], 2.0);
    daemon.requests(1);
    daemon.stop();
}

/// Nothing that was judged by the prices before is booked after the books were restated.
#[test]
fn a_correction_under_load_leaves_nothing_of_the_configuration_before() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let producer = mock.producer(&[]);
    let price = |dollars: u32| {
        let row = "source = \"agreement\"\nmodel = \"gpt-4o-2024-11-20\"\nprovider = \"azure\"";
        format!("[[row]]\n{row}\ninput = {dollars}\noutput = {dollars}\n")
    };
    let sources = config(&[("kafka", &mock.brokers(), "calls", "")]);
    desk.write("t.toml", format!("prices = \"prices.toml\"\n{sources}"));
    desk.write("prices.toml", price(2));
    let daemon = Daemon::start(&desk);
    let mut sent = 0;
    let mut send = |many: usize| {
        for n in sent..sent + many {
            producer.send("calls", i32::try_from(n % 2).unwrap(), Some(&good(n)));
        }
        sent += many;
        producer.flush();
        u64::try_from(sent).unwrap()
    };
    daemon.requests(send(2_000));
    desk.write("prices.toml", price(4));
    let restate = [
        "restate",
        "--config",
        "t.toml",
        "--ledger",
        "books.db",
        "--since",
        "2025-06-01",
        "--reason",
        "a better price",
        "--yes",
        "--json",
    ];
    let mut asked = desk.command(&restate);
    let mut asked = asked.stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut all = 0;
    while asked.try_wait().unwrap().is_none() {
        all = send(500);
    }
    assert!(asked.wait().unwrap().success(), "{}", daemon.log());
    daemon.requests(all);
    daemon.stop();
    let records: String = (0..sent).map(|n| good(n) + "\n").collect();
    desk.write("calls.jsonl", records);
    let replay = [
        "replay",
        "--config",
        "t.toml",
        "--ledger",
        "fresh.db",
        "calls.jsonl",
    ];
    desk.run(&replay).ok();
    let exported = |ledger: &str| {
        let export = [
            "export",
            "cells",
            "--resolution",
            "hour",
            "--ledger",
            ledger,
        ];
        desk.run(&export).ok().out
    };
    assert_eq!(exported("books.db"), exported("fresh.db"));
    desk.verify("books.db");
}
