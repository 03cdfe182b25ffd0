//! The seeds: the samples and vectors of `tests/data/`, and what the simulator tells.
//!
//! Knows no target. A newcomer may ask why both: samples have every shape, simulated records have
//! every teller's habits in the numbers and times of real traffic.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use tollwatch::app::simulate::{Framing, Order, SHIPPED, Scenario, Sink, simulate};
use tollwatch::call::Format;

/// Simulated records of each table.
const SIMULATED_MAX: usize = 24;

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The samples of a folder below `tests/data/`, with a file name's end.
pub fn samples(folder: &str, end: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(file("tests/data").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// The JSON samples of a format, a line each where a file has several.
pub fn json(format: Format) -> Vec<Vec<u8>> {
    let mut seeds = samples(format.as_str(), ".json");
    for lines in samples(format.as_str(), ".jsonl") {
        seeds.extend(
            lines
                .split(|b| *b == b'\n')
                .filter(|line| !line.is_empty())
                .map(<[u8]>::to_vec),
        );
    }
    assert!(seeds.len() >= 5, "{format:?} has samples");
    seeds
}

/// The records of the vectors.
pub fn vectors() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(file("tests/data/vectors/records.jsonl")).unwrap();
    let record = |line: &str| {
        let vector: serde_json::Value = serde_json::from_str(line).unwrap();
        let record = &vector["record"];
        record
            .as_str()
            .map_or_else(|| record.to_string(), str::to_owned)
            .into_bytes()
    };
    text.lines().map(record).collect()
}

/// The first simulated records of each table, by how they are framed.
#[derive(Default)]
struct Few {
    by_table: BTreeMap<String, Vec<Vec<u8>>>,
    framed: Vec<Vec<u8>>,
    seen: usize,
}

impl Sink for Few {
    fn record(&mut self, table: &str, _: &str, framing: Framing, bytes: &[u8]) -> io::Result<()> {
        self.seen += 1;
        if self.seen > 4_000 {
            return Err(io::Error::other("enough"));
        }
        let list = match framing {
            Framing::Lines => self.by_table.entry(table.to_owned()).or_default(),
            Framing::Length => &mut self.framed,
        };
        // Spread over the day: the first minutes are of one kind.
        if list.len() < SIMULATED_MAX && self.seen.is_multiple_of(7) {
            list.push(bytes.to_vec());
        }
        Ok(())
    }
}

/// Simulated records: JSON, and protobuf.
pub fn simulated() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (_, text) = SHIPPED.iter().find(|(name, _)| *name == "mixed").unwrap();
    let scenario = Scenario::parse("mixed.toml", text).unwrap();
    let order = Order {
        seed: 7,
        days: 1,
        telling: None,
        start: scenario.start(),
    };
    let mut few = Few::default();
    drop(simulate(&scenario, order, &mut few));
    let json: Vec<Vec<u8>> = few.by_table.into_values().flatten().collect();
    assert!(json.len() > 20, "simulated {}", json.len());
    (json, few.framed)
}
