//! The ledger cannot be written, the brokers cannot be reached, or both: memory stays bounded, the
//! end comes in time, and nothing is lost.

use std::time::Duration;

use rusqlite::Connection;

use crate::common::{Desk, good, patched};
use crate::daemon_support::{Daemon, config, wait_long};
use crate::mock::Mock;

/// A member that did not take leave is missed soon.
const IMPATIENT: &str = "properties = { \"session.timeout.ms\" = 6000 }";

/// Holds the ledger's write lock, as another process of the machine may; this test is one.
pub(crate) struct Lock(Connection);

impl Lock {
    pub(crate) fn hold(desk: &Desk) -> Lock {
        let connection = Connection::open(desk.path("books.db")).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Lock(connection)
    }

    pub(crate) fn release(self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

#[test]
fn ends_in_time_whatever_is_stuck() {
    // Whether the brokers are down, whether the ledger is locked, whether a reload is asked for.
    let rows = [
        (true, false, false),
        (false, true, false),
        (true, true, false),
        (false, true, true),
    ];
    for (down, locked, reload) in rows {
        let desk = Desk::new();
        let mock = Mock::new(1, "calls", 2);
        let producer = mock.producer(&[]);
        let text = config(&[("kafka", &mock.brokers(), "calls", IMPATIENT)]);
        desk.write("t.toml", &text);
        let daemon = Daemon::start(&desk);
        producer.send("calls", 0, Some(&good(0)));
        daemon.requests(1);
        let lock = locked.then(|| Lock::hold(&desk));
        for n in 1..500 {
            producer.send("calls", i32::try_from(n % 2).unwrap(), Some(&good(n)));
        }
        producer.flush();
        if locked {
            daemon.says("locked");
        }
        if down {
            mock.0.broker_down(1).unwrap();
            daemon.says("refused");
        }
        if reload {
            desk.write("t.toml", text + "\n# changed\n");
            daemon.signal("-HUP");
            std::thread::sleep(Duration::from_millis(500));
        }
        daemon.stop();
        if let Some(lock) = lock {
            lock.release();
        }
        mock.0.broker_up(1).unwrap();
        let daemon = Daemon::start(&desk);
        daemon.requests(500);
        daemon.stop();
        desk.verify("books.db");
    }
}

#[test]
fn ends_in_time_before_any_broker_answered() {
    let desk = Desk::new();
    desk.write("t.toml", config(&[("kafka", "127.0.0.1:1", "calls", "")]));
    let daemon = Daemon::start(&desk);
    daemon.says("no broker of 127.0.0.1:1 answers");
    let (status, reasons) = daemon.get("/readyz");
    assert!(
        status.contains("503") && reasons.contains("no broker"),
        "{status} {reasons}"
    );
    let (status, _) = daemon.get("/healthz");
    assert!(status.contains("200"), "{status}");
    assert!(daemon.figure("tollwatch_source_errors_total", &["connection"]) >= 1.0);
    daemon.stop();
}

#[test]
fn starts_while_the_ledger_is_locked_and_keeps_house_later() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 2);
    let producer = mock.producer(&[]);
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start(&desk);
    producer.send("calls", 0, Some(&good(0)));
    producer.flush();
    daemon.requests(1);
    let lock = Lock::hold(&desk);
    producer.send("calls", 1, Some(&good(1)));
    producer.flush();
    // Longer than the ledger itself waits for a lock.
    daemon.says("locked");
    std::thread::sleep(Duration::from_secs(8));
    let (status, reasons) = daemon.get("/readyz");
    assert!(
        status.contains("503") && reasons.contains("ledger"),
        "{status} {reasons}"
    );
    lock.release();
    daemon.requests(2);
    wait_long(
        Duration::from_secs(30),
        "readiness",
        || daemon.log(),
        || daemon.get("/readyz").0.contains("200").then_some(()),
    );
    daemon.stop();
}

#[test]
fn memory_is_bounded_while_the_ledger_is_locked() {
    const PARTITIONS: usize = 40;
    const RECORDS: usize = 8_000;
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", i32::try_from(PARTITIONS).unwrap());
    let producer = mock.producer(&[]);
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let daemon = Daemon::start(&desk);
    producer.send("calls", 0, Some(&good(0)));
    producer.flush();
    daemon.requests(1);
    let lock = Lock::hold(&desk);
    let padding = format!("\"hush-{}\"", "x".repeat(20_000));
    for n in 1..RECORDS {
        let text = patched(n, "\"hush-prompt\"", &padding);
        producer.send("calls", i32::try_from(n % PARTITIONS).unwrap(), Some(&text));
    }
    producer.flush();
    daemon.says("locked");
    let mut most = 0;
    for _ in 0..50 {
        most = most.max(daemon.memory());
        std::thread::sleep(Duration::from_millis(200));
    }
    eprintln!("resident while the ledger is locked and 160 MB wait: {most} MiB");
    assert!(most <= 250, "{most} MiB");
    lock.release();
    daemon.requests_within(Duration::from_mins(3), u64::try_from(RECORDS).unwrap());
    daemon.stop();
    desk.verify("books.db");
}
