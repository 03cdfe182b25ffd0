//! The daemon as it is shipped, on a topic: how long, how much CPU, how much memory.
//!
//! Knows no ratio. A newcomer may ask why it is asked by its metrics: they are written when a batch
//! is durable, and nothing else can tell when that is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rdkafka::producer::{BaseRecord, Producer as _};

use super::broker::Broker;
use super::{FEATURES, traffic};

/// Longest pause between two looks at the metrics: answering costs the daemon CPU that no reading needs.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Shortest pause.
const ASK_LEAST: Duration = Duration::from_millis(5);

/// What reading a topic cost, from the partitions' assignment to the last record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) records: usize,
    pub(crate) took_ms: u64,
    pub(crate) cpu_ms: u64,
    /// CPU time before: it is spent once, and the mock holds so few records that it would show in
    /// what each of them costs.
    pub(crate) start_ms: u64,
    pub(crate) memory_kib: u64,
    pub(crate) commits: String,
}

impl Cost {
    /// Records a second.
    pub(crate) fn rate(&self) -> f64 {
        super::measure::rate(self.records, Duration::from_millis(self.took_ms.max(1)))
    }

    pub(crate) fn line(&self) -> String {
        let million = super::measure::rate(1_000_000, Duration::from_secs(1));
        let records = super::measure::rate(self.records, Duration::from_secs(1));
        let cpu = Duration::from_millis(self.cpu_ms).as_secs_f64();
        format!(
            "{:>7.0} records a second, {:>5.1} CPU seconds a million, {:>4} MB, {:.1} s",
            self.rate(),
            cpu * million / records,
            self.memory_kib >> 10,
            Duration::from_millis(self.took_ms).as_secs_f64(),
        )
    }
}

/// CPU time of a process so far, in milliseconds.
pub(crate) fn cpu_ms(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse::<u64>().ok())
        .sum();
    // The kernel's unit for user space is a hundredth of a second.
    ticks * 10
}

/// The most memory that a process ever held.
pub(crate) fn most_memory_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

struct Running {
    child: Child,
    lines: Receiver<String>,
    address: String,
}

impl Running {
    fn start(dir: &Path, broker: &Broker, topic: &str, more: &str) -> Running {
        let sources = format!(
            "[daemon]\nlisten = \"127.0.0.1:0\"\n[[source.kafka]]\nname = \"bench\"\nbrokers = [\"{}\"]\ntopics = [\"{topic}\"]\ngroup = \"{}\"\n{more}",
            broker.bootstrap(),
            dir.file_name()
                .and_then(|name| name.to_str())
                .unwrap_or("bench"),
        );
        traffic::configure(dir, FEATURES, &sources);
        let mut child = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
            .args(["run", "--json", "--config", "tollwatch.toml"])
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the daemon starts");
        let stderr = child.stderr.take().expect("a pipe");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let mut running = Running {
            child,
            lines,
            address: String::new(),
        };
        let line = running.await_line("listening");
        let address = line.split("\"address\":\"").nth(1).unwrap_or_default();
        address
            .split('"')
            .next()
            .unwrap_or_default()
            .clone_into(&mut running.address);
        running
    }

    fn await_line(&self, word: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_mins(1))
                .unwrap_or_else(|_| panic!("the daemon never said `{word}`"));
            if line.contains(word) {
                return line;
            }
        }
    }

    fn metrics(&self) -> String {
        let mut page = String::new();
        if let Ok(mut stream) = TcpStream::connect(&self.address) {
            let asked = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            if stream.write_all(asked.as_bytes()).is_ok() {
                // Half a page has fewer records, and is asked for again.
                drop(stream.read_to_string(&mut page));
            }
        }
        page
    }

    fn sum(page: &str, name: &str) -> f64 {
        page.lines()
            .filter(|line| line.starts_with(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Waits until so many records have an outcome, with such pauses between two looks at most. The nearer
    /// the end, the shorter they are: a turn of a second must not be told to a fifth of it.
    fn await_records(&self, records: usize, pause: Duration) -> String {
        let wanted = super::measure::rate(records, Duration::from_secs(1));
        let begun = Instant::now();
        loop {
            let page = self.metrics();
            let have = Running::sum(&page, "tollwatch_records_total");
            if have >= wanted {
                return page;
            }
            let left = begun.elapsed().mul_f64((wanted - have) / have.max(1.0));
            std::thread::sleep((left / 2).clamp(ASK_LEAST, pause));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing left to save: what it read is counted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads a whole topic into fresh books; `more` stands in the configuration besides.
pub(crate) fn run(broker: &Broker, topic: &str, records: usize, more: &str) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(folder.path(), broker, topic, more);
    running.await_line("\"assigned\"");
    let id = running.child.id();
    let (begun, start_ms) = (Instant::now(), cpu_ms(id));
    let page = running.await_records(records, ASK_EVERY);
    let took = begun.elapsed();
    let batches = Running::sum(&page, "tollwatch_commit_seconds_count");
    let seconds = Running::sum(&page, "tollwatch_commit_seconds_sum");
    let sizes = Running::sum(&page, "tollwatch_batch_records_sum");
    Cost {
        records,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        cpu_ms: cpu_ms(id) - start_ms,
        start_ms,
        memory_kib: most_memory_kib(id),
        commits: format!(
            "{batches:.0}, of {:.0} records and {:.0} ms in the mean",
            sizes / batches.max(1.0),
            1_000.0 * seconds / batches.max(1.0)
        ),
    }
}

/// Milliseconds from a record's production to its being counted, one record at a time.
pub(crate) fn idle(broker: &Broker, times: usize) -> Vec<u64> {
    let topic = broker.topic();
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(folder.path(), broker, &topic, "");
    running.await_line("\"assigned\"");
    std::thread::sleep(Duration::from_secs(1));
    let producer = broker.producer();
    let sample = traffic::records(("native", 800), 2_000, (FEATURES, 0));
    let mut took = Vec::new();
    for (place, record) in sample.iter().take(times).enumerate() {
        let begun = Instant::now();
        let message = BaseRecord::<(), [u8]>::to(&topic).payload(record);
        assert!(producer.send(message).is_ok(), "one record");
        producer
            .flush(Duration::from_secs(10))
            .expect("it is produced");
        running.await_records(place + 1, ASK_LEAST);
        took.push(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        std::thread::sleep(Duration::from_millis(300));
    }
    took
}
