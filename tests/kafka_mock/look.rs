//! `discover` looks at topics: what they hold, what comes, and what it leaves alone.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Desk, good, good_lines};
use crate::daemon_support::{config, wait_for};
use crate::mock::Mock;

/// What `discover --json` says, and its exit code.
fn discover(desk: &Desk, arguments: &[&str]) -> (i32, Value) {
    let all = [&["discover", "--json", "--config", "t.toml"], arguments].concat();
    let answer = desk.run(&all);
    assert!(answer.code < 2, "{answer:?}");
    (answer.code, answer.json())
}

fn texts(found: &Value, what: &str) -> String {
    let all = found[what].as_array().unwrap().iter();
    let texts: Vec<&str> = all.map(|one| one.as_str().unwrap()).collect();
    texts.join("\n")
}

#[test]
fn topics_are_looked_at_and_left_as_they_are() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 3);
    mock.0.create_topic("calls-more", 1, 1).unwrap();
    let producer = mock.producer(&[]);
    for n in 0..90 {
        producer.send("calls", i32::try_from(n % 3).unwrap(), Some(&good(n)));
    }
    producer.send("calls", 0, None);
    producer.send("calls-more", 0, Some(&good(90)));
    producer.flush();
    desk.write("calls.jsonl", good_lines(0..90));
    let brokers = mock.brokers();
    let write = |topic: &str, more: &str| {
        desk.write("t.toml", config(&[("main", &brokers, topic, more)]));
    };

    // The same calls give the same answer, from wherever they come.
    write("calls", "");
    let (code, found) = discover(&desk, &[]);
    assert_eq!(code, 0, "{found}");
    let (_, filed) = discover(&desk, &["calls.jsonl"]);
    for what in ["calls", "requests", "endpoints", "features", "models"] {
        assert_eq!(found[what], filed[what], "{what}");
    }
    assert_eq!(found["records"], 91);
    assert_eq!(found["quarantined"]["empty"], 1);
    assert_eq!(found["streams"][0]["name"], "calls of main");

    // Each row: the topic, what more is asked for, records, and what is said.
    let rows: &[(&str, &[&str], u64, &str)] = &[
        ("calls", &["--limit", "7"], 7, "the limit was reached"),
        ("^calls", &[], 92, ""),
        ("^calls-m.*$", &[], 1, ""),
        (
            "calls",
            &["--from", "end"],
            0,
            "some 91 before that: `--from beginning`",
        ),
        // The mock brokers know no time; real ones look it up as the daemon's `start` does.
        (
            "calls",
            &["--from", "2100-01-01"],
            0,
            "no record from the time given on",
        ),
        ("calls", &["--diff"], 91, ""),
    ];
    for (topic, more, records, said) in rows {
        write(topic, "start = \"beginning\"");
        let (code, found) = discover(&desk, more);
        assert_eq!(code, 0, "{topic} {more:?}: {found}");
        assert_eq!(found["records"], *records, "{topic} {more:?}");
        assert!(
            texts(&found, "advice").contains(said),
            "{topic} {more:?}: {found}"
        );
    }
    assert_eq!(mock.committed("tollwatch", "calls", 3), [-1, -1, -1]);
}

/// Brokers, topic, further arguments; the exit code, where it is told, and what.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], i32, &'a str, &'a str);

#[test]
fn a_topic_that_gives_nothing_is_a_loud_answer() {
    let desk = Desk::new();
    let mock = Mock::new(1, "empty", 2);
    let brokers = mock.brokers();
    let rows: &[Row<'_>] = &[
        (
            &brokers,
            "empty",
            &[],
            0,
            "advice",
            "topic `empty` of source `main` is empty: no record",
        ),
        (
            &brokers,
            "empty",
            &["--for", "2s"],
            0,
            "advice",
            "is empty, and none came",
        ),
        (
            &brokers,
            "empty",
            &["--diff"],
            0,
            "advice",
            "is empty: no record",
        ),
        (&brokers, "missing", &[], 1, "faults", "topic `missing`"),
        (
            &brokers,
            "^missing",
            &[],
            1,
            "faults",
            "no topic matches `^missing`",
        ),
        ("127.0.0.1:1", "empty", &[], 1, "faults", "source `main`: "),
    ];
    for (brokers, topic, more, code, where_told, said) in rows {
        desk.write("t.toml", config(&[("main", brokers, topic, "")]));
        let (ended, found) = discover(&desk, more);
        assert_eq!(ended, *code, "{topic} {more:?}: {found}");
        assert!(
            texts(&found, where_told).contains(said),
            "{topic} {more:?}: {found}"
        );
    }
    // For people as well, where only news is asked for.
    desk.write("t.toml", config(&[("main", &brokers, "empty", "")]));
    let answer = desk.run(&["discover", "--config", "t.toml", "--diff"]).ok();
    assert!(
        answer.out.starts_with("No LLM call in 0 records."),
        "{}",
        answer.out
    );
    assert!(answer.out.contains("is empty: no record"), "{}", answer.out);
    let refused = desk.run(&["discover", "--from", "end", "t.toml"]).code(2);
    assert!(
        refused.err.contains("`--from` is for topics"),
        "{}",
        refused.err
    );
}

#[test]
fn what_comes_is_looked_at_until_the_time_is_over_or_somebody_has_seen_enough() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    let producer = mock.producer(&[]);
    producer.send("calls", 0, Some(&good(0)));
    producer.flush();
    desk.write("t.toml", config(&[("main", &mock.brokers(), "calls", "")]));
    // Time given, and whether it is ended earlier.
    for (time, interrupted) in [("4s", false), ("10m", true)] {
        let arguments = [
            "discover", "--json", "--config", "t.toml", "--from", "end", "--for", time,
        ];
        let mut child = desk
            .command(&arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let id = child.id();
        let begun = Instant::now();
        if interrupted {
            wait_for("a handler of SIGINT", String::new, || catches_interrupt(id));
        }
        let mut sent = 1_usize;
        while child.try_wait().unwrap().is_none() {
            producer.send("calls", 0, Some(&good(sent)));
            producer.flush();
            sent += 1;
            std::thread::sleep(Duration::from_millis(20));
            if interrupted && sent == 200 {
                let id = id.to_string();
                let mut kill = std::process::Command::new("kill");
                assert!(kill.args(["-INT", &id]).status().unwrap().success());
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "does not end");
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let records = found["records"].as_u64().unwrap();
        assert!(
            records > 0 && records < u64::try_from(sent).unwrap(),
            "{records} of {sent}"
        );
        assert_eq!(found["calls"], records);
        let stopped = texts(&found, "advice").contains("stopped before the end");
        assert_eq!(stopped, interrupted, "{found}");
    }
}

/// Whether a process handles SIGINT by now, by what the system says of it.
fn catches_interrupt(id: u32) -> Option<()> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))?;
    let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
    (caught & 0b10 != 0).then_some(())
}
