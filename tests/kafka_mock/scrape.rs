//! A real Prometheus scrapes the daemon, and its own checker finds nothing to say of the page.

use std::process::Command;

use crate::common::{Desk, good};
use crate::daemon_support::{Daemon, config, wait_for};
use crate::mock::Mock;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/prometheus");

/// Whether the machine has a Prometheus.
fn is_there() -> bool {
    let fetched = Command::new(SCRIPT).arg("fetch").output().unwrap();
    if fetched.status.code() == Some(77) {
        crate::aloud::skipped(String::from_utf8_lossy(&fetched.stderr).trim_end());
        return false;
    }
    assert!(fetched.status.success(), "{fetched:?}");
    true
}

#[test]
fn a_real_prometheus_scrapes_it() {
    if !is_there() {
        return;
    }
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let producer = mock.producer(&[]);
    for n in 0..20 {
        producer.send("calls", i32::try_from(n % 2).unwrap(), Some(&good(n)));
    }
    producer.send("calls", 0, Some(&good(3)));
    producer.send("calls", 0, Some("no call"));
    producer.flush();
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start(&desk);
    daemon.reaches("tollwatch_records_received_total", &[], 22.0);

    let (_, page) = daemon.get("/metrics");
    desk.write("page", &page);
    let page = std::fs::File::open(desk.path("page")).unwrap();
    let checked = Command::new(SCRIPT)
        .args(["promtool", "check", "metrics"])
        .stdin(page)
        .output()
        .unwrap();
    assert!(
        checked.status.success() && checked.stdout.is_empty() && checked.stderr.is_empty(),
        "{checked:?}"
    );

    let folder = desk.path("prometheus");
    let folder = folder.to_str().unwrap();
    let me = std::process::id().to_string();
    let started = Command::new(SCRIPT)
        .args(["start", folder, &daemon.address(), "--with", &me])
        .output()
        .unwrap();
    assert!(started.status.success(), "{started:?}");
    let ask = |expression: &str| {
        let answer = Command::new(SCRIPT)
            .args(["query", folder, expression])
            .output()
            .unwrap();
        String::from_utf8_lossy(&answer.stdout).into_owned()
    };
    for (expression, wanted) in [
        ("up{job=\"tollwatch\"}", "=> 1 "),
        ("tollwatch_up", "=> 1 "),
        (
            "sum by (outcome) (tollwatch_records_total{outcome=\"metered\"})",
            "=> 20 ",
        ),
        (
            "sum by (outcome) (tollwatch_records_total{outcome=\"duplicate\"})",
            "=> 1 ",
        ),
        ("sum(tollwatch_records_unaccounted)", "=> 0 "),
    ] {
        wait_for(
            expression,
            || ask(expression),
            || ask(expression).contains(wanted).then_some(()),
        );
    }
    let stopped = Command::new(SCRIPT)
        .args(["stop", folder])
        .status()
        .unwrap();
    assert!(stopped.success());
    daemon.stop();
}
