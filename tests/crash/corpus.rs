//! A topic's worth of records with everything that goes wrong in one, repeatable from its seed.
//!
//! Knows no broker. A newcomer may ask why duplicates are exact copies: which of two reports that
//! disagree counts hangs on the order in which partitions are read, and that is nobody's to choose.

use std::collections::BTreeMap;
use std::io;

use tollwatch::app::simulate::{Framing, Order, SHIPPED, Scenario, Sink, simulate};

/// Partitions of the topic.
pub(crate) const PARTITIONS: i32 = 4;
/// Records of each table that are taken at most.
const PER_TABLE: usize = 70;

/// `SplitMix64`: enough chance for tests, the same everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap().max(1);
        usize::try_from(self.next() % n).unwrap()
    }

    /// True once in `n` times.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What is produced: by partition, in order. `None` is a null payload.
pub(crate) type Partitions = Vec<Vec<Option<Vec<u8>>>>;

/// The corpus: what goes into the topic, and lines of a file that is read beside it.
pub(crate) struct Corpus {
    pub(crate) partitions: Partitions,
    pub(crate) file: Vec<u8>,
}

#[derive(Default)]
struct Kept(Vec<(String, Framing, Vec<u8>)>);

impl Sink for Kept {
    fn record(&mut self, table: &str, _: &str, framing: Framing, bytes: &[u8]) -> io::Result<()> {
        self.0.push((table.to_owned(), framing, bytes.to_vec()));
        Ok(())
    }
}

/// Records of every format, in the order of their export, a part of each table.
fn simulated(seed: u64, chance: &mut Chance) -> Vec<(Framing, Vec<u8>)> {
    let (name, text) = SHIPPED.iter().find(|(name, _)| *name == "mixed").unwrap();
    let scenario = Scenario::parse(name, text).unwrap();
    let order = Order {
        seed,
        days: 1,
        telling: None,
        start: scenario.start(),
    };
    let mut kept = Kept::default();
    simulate(&scenario, order, &mut kept).unwrap();
    let all = kept.0;
    let of = |table: &str| all.iter().filter(|(name, _, _)| name == table).count();
    let mut taken = Vec::new();
    for (table, framing, bytes) in &all {
        // Calls to models, and few of the other calls.
        let other = table == "sys_outbound_http_log" && !text_of(bytes).contains("/deployments/");
        let share = of(table) * if other { 4 } else { 1 };
        if chance.below(share) < PER_TABLE {
            taken.push((*framing, bytes.clone()));
        }
    }
    taken
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is no record: every kind of it.
fn malformed(good: &[u8]) -> Vec<Option<Vec<u8>>> {
    let text = text_of(good);
    let cut = good.get(..good.len() / 2).unwrap_or_default().to_vec();
    let twice = text.replacen('{', r#"{"sys_id":"1","sys_id":"2","#, 1);
    let mut broken_text = good.to_vec();
    if let Some(byte) = broken_text.get_mut(20) {
        *byte = 0xff;
    }
    let deep = [vec![b'['; 3_000], vec![b']'; 3_000]].concat();
    let mut all: Vec<Option<Vec<u8>>> = [
        "",
        "no json",
        "{\"a\":NaN}",
        "{\"neither\":\"shape\"}",
        "{",
        "17",
        "\"text\"",
        "null",
    ]
    .into_iter()
    .map(|text| Some(text.as_bytes().to_vec()))
    .collect();
    all.extend([
        None,
        Some(b"  \t ".to_vec()),
        Some(cut),
        Some(twice.into_bytes()),
        Some(broken_text),
        Some(deep),
        Some(vec![0, 1, 2, 3, 254, 255]),
        Some([good, good].concat()),
    ]);
    all
}

/// The same row without its id: it is known by what it tells.
fn without_id(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = text_of(bytes);
    let rest = text.strip_prefix("{\"sys_id\":\"")?.split_once("\",")?.1;
    Some(format!("{{{rest}").into_bytes())
}

/// The corpus of a seed.
pub(crate) fn corpus(seed: u64) -> Corpus {
    let mut chance = Chance::new(seed);
    let mut partitions = vec![Vec::new(); usize::try_from(PARTITIONS).unwrap()];
    let count = partitions.len();
    let mut file = Vec::new();
    let mut told_beside = BTreeMap::new();
    let mut sample = Vec::new();
    for (framing, mut bytes) in simulated(seed, &mut chance) {
        // What was told twice is told twice to the same source: which of two counts is nobody's to
        // choose.
        let beside = framing == Framing::Lines && chance.once_in(12);
        if *told_beside.entry(bytes.clone()).or_insert(beside) {
            file.extend_from_slice(&bytes);
            file.push(b'\n');
            continue;
        }
        if chance.once_in(15) {
            bytes = without_id(&bytes).unwrap_or(bytes);
        }
        let home = chance.below(count);
        partitions[home].push(Some(bytes.clone()));
        if chance.once_in(12) {
            partitions[home].push(Some(bytes.clone()));
        }
        if chance.once_in(12) {
            partitions[chance.below(count)].push(Some(bytes.clone()));
        }
        if framing == Framing::Lines {
            sample = bytes;
        }
    }
    for bad in malformed(&sample) {
        let records = &mut partitions[chance.below(count)];
        let place = chance.below(records.len() + 1);
        records.insert(place, bad.clone());
        // Refused again where it comes again.
        records.push(bad);
    }
    for records in &mut partitions {
        // Out of order, and some of it far out.
        for place in 0..records.len() {
            if chance.once_in(4) {
                let other = (place + chance.below(30)).min(records.len() - 1);
                records.swap(place, other);
            }
        }
    }
    Corpus { partitions, file }
}
