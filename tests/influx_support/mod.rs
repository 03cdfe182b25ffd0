//! What tests of databases share: an outbox in memory, lines, settings, and a database that is faulty
//! on purpose.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

pub(crate) mod fake;

use std::collections::BTreeMap;
use std::convert::Infallible;

use tollwatch::clock::SystemClock;
use tollwatch::config::{InfluxDb, InfluxLogin, InfluxVersion};
use tollwatch::sink::{Deliverer, FrozenLine, Influx, Next, Outbox, Told, Worker};
use tollwatch::units::{Text, UnixMillis};

/// Frozen lines in memory, and what became of each.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) lines: Vec<FrozenLine>,
    pub(crate) settled: u64,
    pub(crate) refused: BTreeMap<u64, String>,
}

impl Memory {
    pub(crate) fn of(lines: impl IntoIterator<Item = String>) -> Memory {
        let frozen = |(id, line): (u64, String)| FrozenLine {
            id,
            bytes: line.into_bytes(),
        };
        Memory {
            lines: (1..).zip(lines).map(frozen).collect(),
            ..Memory::default()
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.lines.last().is_none_or(|line| line.id == self.settled)
    }

    /// The texts of the lines that were refused.
    pub(crate) fn refused_lines(&self) -> Vec<&str> {
        let of = |line: &&FrozenLine| self.refused.contains_key(&line.id);
        let lines = self.lines.iter().filter(of);
        lines
            .map(|line| std::str::from_utf8(&line.bytes).unwrap())
            .collect()
    }
}

impl Outbox for Memory {
    type Error = Infallible;

    fn next(
        &mut self,
        after: u64,
        limit_lines: usize,
        limit_bytes: usize,
    ) -> Result<Vec<FrozenLine>, Infallible> {
        // Numbers are places, from 1.
        let from = usize::try_from(after.max(self.settled)).unwrap();
        let mut bytes = 0;
        let fits = |line: &&FrozenLine| {
            let first = bytes == 0;
            bytes += line.bytes.len() + 1;
            first || bytes <= limit_bytes
        };
        let lines = self.lines[from..].iter().take(limit_lines);
        Ok(lines.take_while(fits).cloned().collect())
    }

    fn written(&mut self, up_to: u64) -> Result<(), Infallible> {
        assert!(up_to > self.settled, "{up_to} after {}", self.settled);
        self.settled = up_to;
        Ok(())
    }

    fn refused(&mut self, id: u64, reason: &str, _: UnixMillis) -> Result<(), Infallible> {
        assert!(id > self.settled, "{id} was settled");
        self.refused.insert(id, reason.to_owned());
        Ok(())
    }
}

/// A database at that address, nobody asking who comes.
pub(crate) fn settings(version: InfluxVersion, url: &str) -> InfluxDb {
    InfluxDb {
        name: Text::const_new("test"),
        url: url.to_owned(),
        version,
        org: "tollwatch".to_owned(),
        bucket: "llm".to_owned(),
        login: InfluxLogin::None,
        ca: None,
        retention: None,
        max_series: 1_000,
        gzip: true,
    }
}

thread_local! {
    static WORKER: Worker = Worker::new().unwrap();
}

/// Does the work on this thread's runtime, where connections of its clients live.
pub(crate) fn run<F: Future>(work: F) -> F::Output {
    WORKER.with(|worker| worker.run(work))
}

/// Delivers without waiting after faults, so many requests at most; what was told.
pub(crate) fn hurry(outbox: &mut Memory, influx: &Influx, requests: usize) -> Vec<Told> {
    let mut told = Vec::new();
    let mut deliverer = Deliverer::default();
    for _ in 0..requests {
        let mut tell = |one| told.push(one);
        let step = deliverer.step(outbox, influx, &SystemClock, &mut tell);
        match run(step) {
            Ok(Next::Idle) => break,
            Ok(Next::Step | Next::Wait(_)) => {}
        }
    }
    told
}
