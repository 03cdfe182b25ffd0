//! The running daemon, seen from outside: its log, its page of figures, its books, and its end.
//!
//! Knows no broker. A newcomer may ask why the books are read beside the daemon and not asked of
//! it: what stands there is what counts.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

pub(crate) mod member;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tollwatch::ledger::{FaultKind, Ledger, LossRow, Placed, SqliteLedger};

use crate::common::Desk;

/// How long a daemon may take for anything that is waited for, on a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take to end.
pub(crate) const END: Duration = Duration::from_secs(5);

/// Waits until something is there.
pub(crate) fn wait_for<T>(
    what: &str,
    told: impl Fn() -> String,
    look: impl FnMut() -> Option<T>,
) -> T {
    wait_long(PATIENCE, what, told, look)
}

/// [`wait_for`], with a patience of its own.
pub(crate) fn wait_long<T>(
    patience: Duration,
    what: &str,
    told: impl Fn() -> String,
    mut look: impl FnMut() -> Option<T>,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < patience, "not there: {what}\n{}", told());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A running `tollwatch run`; stopped hard when a test fails.
pub(crate) struct Daemon<'a> {
    child: Child,
    desk: &'a Desk,
    ledger: String,
    log: String,
    /// Where its part of the log begins.
    from: usize,
}

impl<'a> Daemon<'a> {
    /// Starts it with `t.toml` and `books.db`.
    pub(crate) fn start(desk: &'a Desk) -> Daemon<'a> {
        Daemon::start_with(desk, "t.toml", "books.db", &[])
    }

    /// Starts it with a configuration, a ledger and further environment. Its log is `LEDGER.log`.
    pub(crate) fn start_with(
        desk: &'a Desk,
        config: &str,
        ledger: &str,
        environment: &[(&str, &str)],
    ) -> Daemon<'a> {
        let arguments = [
            "run", "--config", config, "--ledger", ledger, "--every", "1",
        ];
        let mut command = desk.command(&[&arguments[..], &["--json"]].concat());
        let log = format!("{ledger}.log");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(desk.path(&log))
            .unwrap();
        let from = usize::try_from(file.metadata().unwrap().len()).unwrap();
        command.envs(environment.iter().copied());
        command.stderr(file).stdout(Stdio::null());
        Daemon {
            child: command.spawn().unwrap(),
            desk,
            ledger: ledger.to_owned(),
            log,
            from,
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that this one has logged.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read(self.desk.path(&self.log)).unwrap();
        String::from_utf8(log[self.from..].to_vec()).unwrap()
    }

    /// Waits for a piece of a log line.
    pub(crate) fn says(&self, piece: &str) {
        wait_for(
            &format!("{piece:?} in the log"),
            || self.log(),
            || self.log().contains(piece).then_some(()),
        );
    }

    /// How often a piece stands in the log.
    pub(crate) fn times(&self, piece: &str) -> usize {
        self.log().matches(piece).count()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it with SIGTERM: clean, and in time.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        let asked = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(asked.elapsed() < END, "still running\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0), "{status}\n{}", self.log());
    }

    /// Ends it as a power failure does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its exit code, once it has ended by itself.
    pub(crate) fn ends(&mut self) -> i32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(begun.elapsed() < PATIENCE, "still running\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether it runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Host and port of its listener.
    pub(crate) fn address(&self) -> String {
        wait_for(
            "its address in the log",
            || self.log(),
            || {
                let log = self.log();
                let line = log
                    .lines()
                    .rev()
                    .find(|line| line.contains("\"listening"))?;
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                Some(line["fields"]["address"].as_str()?.to_owned())
            },
        )
    }

    /// What its listener answers: the status line and the body.
    pub(crate) fn get(&self, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    /// Its figures, by name and labels as they stand on the page.
    pub(crate) fn figures(&self) -> BTreeMap<String, f64> {
        let (status, page) = self.get("/metrics");
        assert!(status.contains("200"), "{status}");
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        };
        page.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(sample)
            .collect()
    }

    /// The sum of the figures of a name whose labels hold all of these pieces.
    pub(crate) fn figure(&self, name: &str, labels: &[&str]) -> f64 {
        let figures = self.figures();
        let of = |(series, _): &(&String, &f64)| {
            series.split('{').next() == Some(name)
                && labels.iter().all(|label| series.contains(label))
        };
        figures.iter().filter(of).map(|(_, value)| *value).sum()
    }

    /// Waits until a sum of figures is what it should be.
    pub(crate) fn reaches(&self, name: &str, labels: &[&str], wanted: f64) {
        let mut last = f64::NAN;
        let begun = Instant::now();
        while (last - wanted).abs() > 0.001 || last.is_nan() {
            assert!(
                begun.elapsed() < PATIENCE,
                "{name} {labels:?} is {last}, not {wanted}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
            last = self.figure(name, labels);
        }
    }

    /// Waits until so many answered requests are in the books, and no more.
    pub(crate) fn requests(&self, wanted: u64) {
        self.requests_within(PATIENCE, wanted);
    }

    /// [`Daemon::requests`], with a patience of its own.
    pub(crate) fn requests_within(&self, patience: Duration, wanted: u64) {
        let told = || {
            let mut told = format!("{:?} of {wanted}\n", requests(self.desk, &self.ledger));
            for placed in positions(self.desk, &self.ledger) {
                let at = placed.position.offset;
                writeln!(told, "{} {} {at}", placed.topic, placed.partition).unwrap();
            }
            told + &self.log()
        };
        wait_long(patience, "requests in the books", told, || {
            (requests(self.desk, &self.ledger)? >= wanted).then_some(())
        });
        assert_eq!(requests(self.desk, &self.ledger), Some(wanted));
    }

    /// Its resident memory in MiB, now.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The books, beside whoever writes them; `None` before they are there.
pub(crate) fn books(desk: &Desk, ledger: &str) -> Option<SqliteLedger> {
    match SqliteLedger::open_read_only(&desk.path(ledger)) {
        Ok(books) => Some(books),
        Err(fault) => {
            let early = [
                FaultKind::Missing,
                FaultKind::NotALedger,
                FaultKind::Older,
                FaultKind::Busy,
            ];
            assert!(early.contains(&fault.kind), "{fault}");
            None
        }
    }
}

/// Records that were metered; none of a test's is metered twice.
pub(crate) fn requests(desk: &Desk, ledger: &str) -> Option<u64> {
    let counts = books(desk, ledger)?.counts().unwrap();
    let of = |row: &&tollwatch::ledger::CountRow| row.outcome.as_str() == "metered";
    Some(counts.iter().filter(of).map(|row| row.n).sum())
}

/// Where the books stand in each partition.
pub(crate) fn positions(desk: &Desk, ledger: &str) -> Vec<Placed> {
    let Some(books) = books(desk, ledger) else {
        return Vec::new();
    };
    let mut positions = books.positions().unwrap();
    positions.retain(|placed| placed.partition >= 0);
    positions
}

/// What the logs have lost, as the books keep it.
pub(crate) fn losses(desk: &Desk, ledger: &str) -> Vec<LossRow> {
    books(desk, ledger).unwrap().losses().unwrap()
}

/// A configuration of Kafka sources, each with its name, brokers, topic, and further lines.
pub(crate) fn config(sources: &[(&str, &str, &str, &str)]) -> String {
    let mut text = "[daemon]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    for (name, brokers, topic, more) in sources {
        let brokers: Vec<&str> = brokers.split(',').collect();
        writeln!(
            text,
            "[[source.kafka]]\nname = \"{name}\"\nbrokers = {brokers:?}\ntopics = [{topic:?}]\n{more}"
        )
        .unwrap();
    }
    text
}
