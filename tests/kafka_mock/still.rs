//! A thread that stands still is seen by the service manager and on `/healthz`; one that waits for
//! the ledger or the brokers is not taken for one.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::common::{Desk, good, good_lines};
use crate::daemon_support::{Daemon, config, wait_for};
use crate::mock::Mock;
use crate::stuck::Lock;

/// Pauses and limits are a tenth: a thread may be quiet for 12 s.
const HURRY: (&str, &str) = ("CRASH_HURRY", "10");

/// The service manager's end of its socket.
struct Manager(UnixDatagram);

impl Manager {
    fn new(desk: &Desk) -> Manager {
        let socket = UnixDatagram::bind(desk.path("notify")).unwrap();
        socket.set_nonblocking(true).unwrap();
        Manager(socket)
    }

    /// Signs of life since the last call.
    fn signs(&self) -> usize {
        let mut buffer = [0; 1_000];
        std::iter::from_fn(|| self.0.recv(&mut buffer).ok().map(|n| buffer[..n].to_vec()))
            .filter(|message| message == b"WATCHDOG=1")
            .count()
    }
}

/// A desk with a mock broker, a manager, and a daemon that has read one record.
fn with_daemon(hold: &[(&str, &str)], then: impl FnOnce(&Desk, &Mock, &Daemon<'_>, &Manager)) {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    let manager = Manager::new(&desk);
    let socket = desk.path("notify").display().to_string();
    let watched = [
        HURRY,
        ("NOTIFY_SOCKET", socket.as_str()),
        ("WATCHDOG_USEC", "600000"),
    ];
    let files = "[[source.file]]\nname = \"logs\"\npaths = [\"logs\"]\n";
    desk.write("logs/one.jsonl", good_lines(1_000..1_001));
    let kafka = config(&[("kafka", &mock.brokers(), "calls", "")]);
    desk.write("t.toml", kafka + files);
    let producer = mock.producer(&[]);
    producer.send("calls", 0, Some(&good(0)));
    producer.flush();
    let environment = [&watched[..], hold].concat();
    let daemon = Daemon::start_with(&desk, "t.toml", "books.db", &environment);
    then(&desk, &mock, &daemon, &manager);
    daemon.stop();
    desk.verify("books.db");
}

/// Holds a thread at a site, long enough to be told, and then lets it go on.
fn held(site: &str, threads: &[&str]) {
    let hold = format!("{site}:2:30");
    with_daemon(&[("CRASH_HOLD", &hold)], |desk, mock, daemon, manager| {
        let producer = mock.producer(&[]);
        for n in 1..5 {
            producer.send("calls", 0, Some(&good(n)));
            producer.flush();
            let more = good_lines(1_000 + n..1_001 + n);
            desk.write(&format!("logs/{n}.jsonl"), more);
            std::thread::sleep(Duration::from_millis(400));
        }
        let told = || format!("{site}: {:?}\n{}", daemon.get("/healthz"), daemon.log());
        let stuck = wait_for("a thread that stands still", told, || {
            let (status, lines) = daemon.get("/healthz");
            status.contains("503").then_some(lines)
        });
        let (thread, _) = stuck.split_once(": no beat for ").unwrap();
        assert!(
            threads.contains(&thread) && stuck.lines().count() == 1,
            "{site}: {stuck}"
        );
        assert!(daemon.figure("tollwatch_up", &[]).abs() < 0.5);
        let (status, lines) = daemon.get("/readyz");
        assert!(status.contains("503") && lines.contains(thread), "{lines}");
        manager.signs();
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(manager.signs(), 0, "{site}: no sign while one stands still");
        let said = format!("`{thread}` stands still for more than 12 s");
        assert_eq!(daemon.times(&said), 1, "{site}\n{}", daemon.log());

        wait_for("its going on", told, || {
            daemon.get("/healthz").0.contains("200").then_some(())
        });
        wait_for("a sign of life", told, || {
            (manager.signs() > 0).then_some(())
        });
        daemon.says(&format!("over: {said}"));
        daemon.requests(10);
    });
}

#[test]
fn a_writer_that_stands_still_is_told() {
    held("before_transaction", &["writer of kafka"]);
}

#[test]
fn whoever_waits_for_books_that_another_holds_is_not_told() {
    held("transaction_cells", &["writer of kafka", "files"]);
}

#[test]
fn a_reader_that_stands_still_is_told() {
    held("after_poll", &["source kafka"]);
}

#[test]
fn a_keeper_that_stands_still_is_told() {
    held("mid_upkeep", &["keeper"]);
}

#[test]
fn a_reader_of_files_that_stands_still_is_told() {
    held("file_before_book", &["files"]);
}

#[test]
fn whoever_waits_with_good_reason_is_alive() {
    with_daemon(&[], |desk, mock, daemon, manager| {
        daemon.requests(2);
        let stays_alive = |why: &str| {
            let mut signs = 0;
            for second in 0..18 {
                std::thread::sleep(Duration::from_secs(1));
                let (status, lines) = daemon.get("/healthz");
                assert!(status.contains("200"), "{why}, {second} s: {lines}");
                signs += manager.signs();
            }
            assert!(signs >= 18, "{why}: {signs}");
        };
        let producer = mock.producer(&[]);
        let lock = Lock::hold(desk);
        producer.send("calls", 0, Some(&good(1)));
        producer.flush();
        desk.write("logs/two.jsonl", good_lines(1_001..1_002));
        daemon.says("locked");
        stays_alive("the ledger is locked");
        let (status, lines) = daemon.get("/readyz");
        assert!(
            status.contains("503") && lines.starts_with("ledger: ") && lines.lines().count() == 1,
            "{lines}"
        );
        lock.release();
        daemon.requests(4);
        mock.0.broker_down(1).unwrap();
        stays_alive("the broker is down");
        let (status, lines) = daemon.get("/readyz");
        assert!(
            status.contains("503")
                && lines.starts_with("source kafka: no broker answers for calls/0, for ")
                && lines.lines().count() == 1,
            "{lines}"
        );
        mock.0.broker_up(1).unwrap();
        let told = || format!("{:?}\n{}", daemon.get("/readyz"), daemon.log());
        wait_for("readiness", told, || {
            daemon.get("/readyz").0.contains("200").then_some(())
        });
    });
}

#[test]
fn a_writer_that_dies_ends_the_daemon_which_may_be_started_again() {
    let desk = Desk::new();
    let mock = Mock::new(1, "calls", 1);
    desk.write("t.toml", config(&[("kafka", &mock.brokers(), "calls", "")]));
    let producer = mock.producer(&[]);
    producer.send("calls", 0, Some(&good(0)));
    producer.flush();
    let dies = [("CRASH_PANIC", "before_transaction:2")];
    let mut daemon = Daemon::start_with(&desk, "t.toml", "books.db", &dies);
    daemon.requests(1);
    producer.send("calls", 0, Some(&good(1)));
    producer.flush();
    // Not 2, after which a service manager leaves it alone.
    assert_eq!(daemon.ends(), 1, "{}", daemon.log());
    daemon.says("the thread of `writer of kafka` died");
    drop(daemon);
    let daemon = Daemon::start(&desk);
    daemon.requests(2);
    daemon.stop();
    desk.verify("books.db");
}
