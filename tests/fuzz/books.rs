//! What the books keep as bytes: call lines, cells, and the marks of Kafka positions.
//!
//! Knows no ledger. A newcomer may ask why entries are made from numbers and not from records: the
//! codec must carry what no record tells today.

use tollwatch::cell::Cell;
use tollwatch::entry::Entry;
use tollwatch::line::{BadChunk, Kept, Line, briefs, decode, encode, encode_lines};
use tollwatch::source::kafka::{Mark, Marks, Watermarks, resume};

use super::bytes;
use super::entries::entries;
use super::rng::Rng;
use super::run::{Input, Reached, Target};

/// Which bytes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Entries are written, read, and written again.
    Lines,
    /// Damaged chunks are read.
    DamagedLines,
    Cells,
    Marks,
}

pub struct Books {
    name: &'static str,
    kind: Kind,
    seeds: Vec<Vec<u8>>,
}

impl Books {
    pub fn new(name: &'static str, kind: Kind) -> Books {
        let mut rng = Rng::new(3);
        let seeds = (0..60_u64)
            .map(|seed| match kind {
                Kind::Lines => seed.to_le_bytes().to_vec(),
                Kind::DamagedLines => chunk(&entries(&mut rng)),
                Kind::Cells => cell(&mut rng).encode(),
                Kind::Marks => marks(&mut rng).to_text().into_bytes(),
            })
            .collect();
        Books { name, kind, seeds }
    }
}

impl Target for Books {
    fn name(&self) -> &'static str {
        self.name
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        self.seeds.clone()
    }

    fn make(&mut self, rng: &mut Rng, input: &mut Input) {
        if self.kind == Kind::Lines {
            input.bytes.extend(rng.word().to_le_bytes());
            return;
        }
        input
            .bytes
            .extend_from_slice(rng.of(&self.seeds).as_slice());
        for _ in 0..=rng.below(2) {
            bytes::change(rng, &mut input.bytes);
        }
    }

    fn check(&mut self, input: &Input, reached: &mut Reached) {
        match self.kind {
            Kind::Lines => round_trip(&input.bytes, reached),
            Kind::DamagedLines => damaged(&input.bytes, reached),
            Kind::Cells => cells(&input.bytes, reached),
            Kind::Marks => positions(input, reached),
        }
    }

    fn keep(&mut self, input: &Input) {
        if self.kind != Kind::Lines && self.seeds.len() < 2_000 {
            self.seeds.push(input.bytes.clone());
        }
    }
}

fn round_trip(seed: &[u8], reached: &mut Reached) {
    let mut word = [0; 8];
    word.iter_mut().zip(seed).for_each(|(to, from)| *to = *from);
    let mut entries = entries(&mut Rng::new(u64::from_le_bytes(word)));
    let bytes = chunk(&entries);
    let lines = decode(&bytes).expect("reads what it wrote");
    assert_eq!(lines.len(), entries.len());
    assert_eq!(briefly(&bytes).as_ref(), Ok(&all_of(&lines)), "briefs");
    let again = encode_lines(&lines);
    assert_eq!(decode(&again).as_ref(), Ok(&lines), "lines written again");
    entries.sort_by_cached_key(|entry| {
        (
            entry.at,
            entry.sequence.clone(),
            entry.identity.key(),
            entry.call.is_none(),
        )
    });
    for (line, entry) in lines.iter().zip(&entries) {
        assert_eq!((line.call, line.request), (entry.call, entry.request));
        assert_eq!(
            (line.user, line.conversation),
            (entry.user, entry.conversation)
        );
        assert_eq!((line.at, line.offset), (entry.at, entry.offset));
        assert_eq!(line.sequence, entry.sequence);
        let about = &line.about;
        assert_eq!(about.key, entry.shared.key);
        assert_eq!(about.destination, entry.shared.destination);
        assert_eq!(about.evidence, entry.shared.told);
        assert_eq!(about.credential, entry.credential);
        assert_eq!(about.price_row, entry.price_row);
        assert_eq!(about.config, entry.config);
    }
    let mut sum = Cell::default();
    for entry in &entries {
        sum.add_entry(entry);
    }
    assert_eq!(Cell::decode(&sum.encode()).as_ref(), Some(&sum), "a cell");
    reached.hit(format_args!("{} lines", lines.len()));
}

/// When, which, and what it cost in nano-dollars.
type Short = (i64, u64, Option<i64>);

fn briefly(bytes: &[u8]) -> Result<Vec<Short>, BadChunk> {
    let mut told = Vec::new();
    briefs(bytes, &mut |_| true, &mut |brief| {
        told.push((brief.glance.at.0, brief.id, brief.cost.map(|cost| cost.0)));
        Ok::<(), BadChunk>(())
    })?;
    Ok(told)
}

fn all_of(lines: &[Line]) -> Vec<Short> {
    let cost = |line: &Line| line.request?.money.amount().map(|cost| cost.0);
    let short = |line: &Line| (line.at.0, line.id, cost(line));
    lines.iter().map(short).collect()
}

fn damaged(bytes: &[u8], reached: &mut Reached) {
    let told = briefly(bytes);
    match decode(bytes) {
        Err(_) => reached.hit(format_args!("refused")),
        Ok(lines) => {
            assert_eq!(told, Ok(all_of(&lines)), "briefs");
            for line in &lines {
                drop(line.report());
                drop(line.origin());
            }
            reached.hit(format_args!("{} lines", lines.len().min(99)));
            let again = decode(&encode_lines(&lines)).expect("reads what it wrote");
            assert_eq!(again.len(), lines.len());
        }
    }
}

fn cells(bytes: &[u8], reached: &mut Reached) {
    let Some(cell) = Cell::decode(bytes) else {
        return reached.hit(format_args!("refused"));
    };
    assert_eq!(
        Cell::decode(&cell.encode()).as_ref(),
        Some(&cell),
        "a cell written again"
    );
    let mut twice = cell.clone();
    twice.merge(&cell, 1);
    twice.merge(&cell, -1);
    for (hist, layout) in [
        (&cell.latency, tollwatch::hist::Layout::latency()),
        (&cell.prompt, tollwatch::hist::Layout::prompt()),
    ] {
        let _ = (hist.count(), hist.max(layout));
        let median = hist.per_mille(layout, 500);
        reached.hit(format_args!(
            "{} buckets, {}",
            hist.buckets().len().min(9),
            median.is_some()
        ));
    }
    let totals = &cell.totals;
    let _ = (
        totals.calls(),
        totals.requests(),
        totals.cost_nanousd(),
        totals.tokens_input_total(),
    );
    let set = totals.values().iter().filter(|value| **value != 0).count();
    reached.hit(format_args!("{set} totals"));
}

fn positions(input: &Input, reached: &mut Reached) {
    let mut rng = Rng::new(input.knob);
    let text = String::from_utf8_lossy(&input.bytes);
    let mut marks = Marks::parse(&text);
    assert_eq!(Marks::parse(&marks.to_text()), marks, "marks written again");
    for _ in 0..rng.below(4) {
        marks.push(mark(&mut rng));
    }
    let next = marks.newest().map_or(rng.number(), |newest| {
        newest.offset.saturating_add(rng.word() % 3)
    });
    let (one, two) = (rng.number(), rng.number());
    let log = Watermarks {
        low: one.min(two),
        high: one.max(two),
    };
    let known: Vec<(u64, i64, u64)> = serde_json::from_str(&marks.to_text()).unwrap();
    let (from, found) = resume((next, &marks), log, |offset| {
        assert!(
            log.low <= offset && offset < log.high,
            "asked for {offset} of {log:?}"
        );
        Ok::<_, ()>(match rng.below(3) {
            0 => None,
            1 => Some(mark(&mut rng)),
            _ => known
                .iter()
                .find(|(known, _, _)| *known == offset)
                .map(|(offset, time, hash)| Mark {
                    offset: *offset,
                    time: *time,
                    hash: *hash,
                }),
        })
    })
    .unwrap();
    assert!(
        from >= log.low || from == next,
        "reads on at {from} of {log:?}"
    );
    let (lost, known) = (found.lost() > 0, marks.newest().is_some());
    reached.hit(format_args!(
        "{}, lost {lost}, known {known}",
        found.as_str()
    ));
}

fn mark(rng: &mut Rng) -> Mark {
    Mark {
        offset: rng.number(),
        time: rng.number().cast_signed(),
        hash: rng.word(),
    }
}

fn marks(rng: &mut Rng) -> Marks {
    let mut marks = Marks::default();
    let mut offset = rng.number() >> 1;
    for _ in 0..rng.below(40) {
        offset = offset.saturating_add(1 + rng.word() % 900);
        marks.push(Mark {
            offset,
            ..mark(rng)
        });
    }
    marks
}

fn cell(rng: &mut Rng) -> Cell {
    let mut cell = Cell::default();
    for entry in &entries(rng) {
        cell.add_entry(entry);
    }
    cell
}

/// The chunk of entries, as the ledger writes it.
fn chunk(entries: &[Entry]) -> Vec<u8> {
    let (source, topic) = ("hermes".into(), "calls".into());
    let kept: Vec<Kept<'_>> = entries
        .iter()
        .map(|entry| Kept {
            entry,
            id: entry.identity.key(),
            key: &entry.shared.key,
            source: &source,
            topic: &topic,
            partition: i32::from(entry.part) - 5,
        })
        .collect();
    encode(&kept)
}
