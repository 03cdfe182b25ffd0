//! The demo as a person sees it: the story, then live calls until Ctrl-C.
//!
//! That it ends by itself with `--once` is held by the commands of the README.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use common::Desk;

/// What is served at a path of an address.
fn page(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn live_calls_come_until_somebody_ends_them() {
    let desk = Desk::new();
    let mut demo = desk
        .command(&["demo", "--dir", "demo"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let story = lines.find(|line| line.contains("It costs 14.0"));
    assert!(story.is_some(), "the story is told first");
    let metrics = lines
        .find(|line| line.contains("  metrics   http://"))
        .unwrap();
    let address = metrics.rsplit("http://").next().unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let booked = lines.by_ref().filter(|line| line.contains("  request  "));
    assert_eq!(booked.take(3).count(), 3, "booked requests are shown");
    let metrics = page(address, "/metrics");
    assert!(
        metrics.contains("tollwatch_records_received_total{source=\"servicenow-live\"}"),
        "{metrics}"
    );
    let killed = Command::new("kill")
        .args(["-INT", &demo.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let rest: Vec<String> = lines.collect();
    assert!(demo.wait().unwrap().success(), "{rest:?}");
    let live = rest
        .iter()
        .find_map(|line| line.strip_prefix("live: received "))
        .unwrap();
    let (received, parts) = live.split_once(" = metered ").unwrap();
    let parts: Vec<u64> = parts
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    assert_eq!(
        parts.iter().sum::<u64>(),
        received.parse::<u64>().unwrap(),
        "{live}"
    );
    assert!(
        parts[0] > 0 && parts[2] > 0,
        "calls, and others beside them: {live}"
    );
    desk.verify("demo/tollwatch.db");
}
