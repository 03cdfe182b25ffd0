//! Lines a second that `deliver` brings into a real InfluxDB 2, against a bare loop that posts
//! ready-made batches in the same run.
//!
//! Knows no ledger: lines come out of memory. A newcomer may ask why the loop's batches are packed
//! beforehand: it is the limit, what the server takes when nobody has anything else to do.
//!
//! `cargo bench --bench influx -- [--lines N] [--rounds N]`. Without the server it says SKIPPED. Ends
//! with 1 when the limit is missed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

#[path = "../books/measure.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
mod measure;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use measure::{in_turns, timed, verdict};
use tollwatch::clock::SystemClock;
use tollwatch::config::{InfluxDb, InfluxLogin, InfluxVersion, SecretRef};
use tollwatch::sink::influx::Packed;
use tollwatch::sink::{
    Answer, Deliverer, Ended, FrozenLine, Influx, Outbox, StopSign, Worker, deliver,
};
use tollwatch::units::{Text, UnixMillis};

/// Least share of the bare loop's lines a second.
const RATE_MIN: f64 = 0.8;
/// Lines of a request, as `deliver` takes them.
const LINES: usize = 5_000;
/// Bytes of a request before packing, as `deliver` takes them.
const BYTES: usize = 4 << 20;

/// A server of `tests/servers`, stopped when it is dropped.
struct Server(tempfile::TempDir);

fn script(arguments: &[&str], folder: &Path) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/influxdb");
    let (first, more) = arguments.split_first().expect("a command");
    let done = Command::new(path)
        .arg(first)
        .arg(folder)
        .args(more)
        .output()
        .map_err(|error| error.to_string())?;
    if done.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
}

impl Server {
    fn start() -> Result<Server, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let id = std::process::id().to_string();
        script(&["start", "--with", &id], folder.path())?;
        Ok(Server(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A bucket of its own, made.
    fn bucket(&self, worker: &Worker, name: String) -> Influx {
        let url = std::fs::read_to_string(self.path("address")).expect("an address");
        let settings = InfluxDb {
            name: Text::const_new("bench"),
            url: url.trim().to_owned(),
            version: InfluxVersion::V2,
            org: "tollwatch".to_owned(),
            bucket: name,
            login: InfluxLogin::Token(SecretRef::File(self.path("token"))),
            ca: None,
            retention: None,
            max_series: 1,
            gzip: true,
        };
        let influx = Influx::new(&settings).expect("a client");
        worker.run(influx.setup()).expect("a bucket");
        influx
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(script(&["stop"], self.0.path()));
    }
}

/// Lines as series have them: some tags, forty fields, few of them 0.
fn lines(n: usize) -> Vec<FrozenLine> {
    let line = |at: usize| {
        let (of, minute) = (at % 200, at / 200);
        let mut text = format!(
            "llm_calls,application=itsm,endpoint=azure-weu,feature=itsm/skill_{of},model=gpt-4o,provider=azure,region=azure:westeurope,residency=held,rev=0 calls={}i",
            at % 977
        );
        for field in 0..38 {
            let value = if field % 3 == 0 { at * (field + 7) } else { 0 };
            text.push_str(&format!(",a_total_of_the_cell_{field}={value}i"));
        }
        text.push_str(&format!(",cost_usd=0.{at} {}", 1_795_000_000 + minute * 60));
        FrozenLine {
            id: u64::try_from(at).unwrap_or(0) + 1,
            bytes: text.into_bytes(),
        }
    };
    (0..n).map(line).collect()
}

/// Frozen lines in memory.
struct Memory<'a> {
    lines: &'a [FrozenLine],
    settled: u64,
}

impl Outbox for Memory<'_> {
    type Error = Infallible;

    fn next(
        &mut self,
        after: u64,
        lines: usize,
        bytes: usize,
    ) -> Result<Vec<FrozenLine>, Infallible> {
        let from = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(batch(self.lines.get(from..).unwrap_or_default(), lines, bytes).to_vec())
    }

    fn written(&mut self, up_to: u64) -> Result<(), Infallible> {
        self.settled = up_to;
        Ok(())
    }

    fn refused(&mut self, id: u64, reason: &str, _: UnixMillis) -> Result<(), Infallible> {
        panic!("line {id} was refused: {reason}");
    }
}

/// The first lines, as many as fit into a request.
fn batch(all: &[FrozenLine], lines: usize, bytes: usize) -> &[FrozenLine] {
    let mut sum = 0;
    let fits = |line: &&FrozenLine| {
        sum += line.bytes.len() + 1;
        sum <= bytes
    };
    let n = all.iter().take(lines).take_while(fits).count();
    all.get(..n).unwrap_or_default()
}

/// Requests as `deliver` would make them.
fn ready_made(influx: &Influx, all: &[FrozenLine]) -> Vec<Packed> {
    let mut rest = all;
    let mut requests = Vec::new();
    while !rest.is_empty() {
        let some = batch(rest, LINES, BYTES);
        let mut body = Vec::new();
        for line in some {
            body.extend_from_slice(&line.bytes);
            body.push(b'\n');
        }
        requests.push(influx.pack(body));
        rest = rest.get(some.len()..).unwrap_or_default();
    }
    requests
}

/// The bare loop.
fn bare(worker: &Worker, influx: &Influx, requests: &[Packed]) -> Duration {
    timed(|| {
        for request in requests {
            let answer = worker.run(influx.write(request));
            assert_eq!(answer, Answer::Written);
        }
    })
}

fn delivered(worker: &Worker, influx: &Influx, lines: &[FrozenLine]) -> Duration {
    let mut outbox = Memory { lines, settled: 0 };
    let mut deliverer = Deliverer::default();
    let stop = StopSign::default();
    let took = timed(|| {
        let around = (influx, &SystemClock as &dyn tollwatch::clock::Clock);
        let mut tell = |_| {};
        let ended = deliver(&mut deliverer, &mut outbox, around, &stop, &mut tell);
        assert_eq!(worker.run(ended), Ok(Ended::Drained));
    });
    let last = lines.last().map_or(0, |line| line.id);
    assert_eq!(outbox.settled, last, "everything is there");
    took
}

/// The number behind an option.
fn option(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|word| word != name);
    arguments
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn main() -> ExitCode {
    let (n, rounds) = (option("--lines", 100_000), option("--rounds", 5));
    let server = match Server::start() {
        Ok(server) => server,
        Err(reason) => {
            eprintln!("SKIPPED: influx: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let worker = Worker::new().expect("a runtime");
    let all = lines(n);
    let bytes: usize = all.iter().map(|line| line.bytes.len() + 1).sum();
    println!(
        "{n} lines of {} bytes, into InfluxDB 2, {rounds} rounds",
        bytes / n.max(1)
    );
    let warm = server.bucket(&worker, "warm".to_owned());
    delivered(&worker, &warm, &all);
    let (mut of_path, mut of_loop) = (0, 0);
    let (path, base, ratio) = in_turns(
        rounds,
        n,
        || {
            of_path += 1;
            let influx = server.bucket(&worker, format!("path-{of_path}"));
            delivered(&worker, &influx, &all)
        },
        || {
            of_loop += 1;
            let influx = server.bucket(&worker, format!("loop-{of_loop}"));
            let requests = ready_made(&influx, &all);
            bare(&worker, &influx, &requests)
        },
    );
    println!("    delivered: {path:.0} lines/s; ready-made: {base:.0} lines/s; ratio {ratio:.2}");
    let missed = verdict(
        ratio >= RATE_MIN,
        &format!("at least {RATE_MIN} of the bare loop"),
    );
    ExitCode::from(u8::from(missed > 0))
}
