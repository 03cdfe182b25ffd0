//! Cutting of files: the same pieces, however the bytes arrive and wherever a reading goes on.
//!
//! Knows no file. A newcomer may ask why a reading is stopped in the middle: that is what a replay
//! does, and what it hands on (offset, shape, head, tail) must be enough.

use std::io::{self, Read};

use tollwatch::source::split::{Before, Piece, Splitter};

use super::bytes;
use super::corpus;
use super::rng::Rng;
use super::run::{Input, Reached, Target};

/// Longest stream that is made.
const LENGTH_MAX: usize = 3_000;

pub struct Pieces {
    records: Vec<Vec<u8>>,
}

/// Gives bytes in steps that a generator chooses.
struct Steps<'a> {
    bytes: &'a [u8],
    rng: Rng,
    largest: usize,
}

impl Read for Steps<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = 1 + self.rng.below(self.largest);
        let n = step.min(self.bytes.len()).min(buffer.len());
        let (now, later) = self.bytes.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

/// A piece on its own.
type Owned = (u64, Option<Vec<u8>>);

fn owned(piece: Piece<'_>) -> Owned {
    match piece {
        Piece::Record { offset, bytes } => (offset, Some(bytes.to_vec())),
        Piece::TooLarge { offset, .. } => (offset, Some(b"too large".to_vec())),
        Piece::Blank { offset } => (offset, None),
        // Its line is counted from where the reading began.
        Piece::BadRow { offset, .. } => (offset, Some(b"bad row".to_vec())),
    }
}

/// All pieces of a stream; after `stop` of them a second reading goes on where the first ended.
fn pieces(bytes: &[u8], largest: usize, stop: Option<usize>, knob: u64) -> Vec<Owned> {
    let steps = |from: usize| Steps {
        bytes: &bytes[from..],
        rng: Rng::new(knob),
        largest,
    };
    let mut found = Vec::new();
    let mut splitter = Splitter::new(steps(0), Before::default());
    while found.len() < stop.unwrap_or(usize::MAX) {
        let Some(piece) = splitter.next_piece().unwrap() else {
            return found;
        };
        found.push(owned(piece));
    }
    let before = Before {
        offset: splitter.resume_at(),
        shape: splitter.resume_shape(),
        head: splitter.head().to_vec(),
        tail: splitter.tail().to_vec(),
        heading: splitter.heading().cloned(),
    };
    let from = usize::try_from(before.offset).unwrap();
    let mut splitter = Splitter::new(steps(from), before);
    while let Some(piece) = splitter.next_piece().unwrap() {
        found.push(owned(piece));
    }
    found
}

impl Pieces {
    pub fn new() -> Pieces {
        let (mut records, framed) = corpus::simulated();
        records.extend(corpus::vectors());
        records.extend(framed);
        records.extend(
            [
                &b"{}"[..],
                b"[1]",
                b"text",
                b"",
                b" ",
                b"{\n",
                b"{\"a\":\n1}",
            ]
            .map(<[u8]>::to_vec),
        );
        records.retain(|record| record.len() < LENGTH_MAX / 3);
        Pieces { records }
    }
}

impl Target for Pieces {
    fn name(&self) -> &'static str {
        "split"
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        self.records.clone()
    }

    fn make(&mut self, rng: &mut Rng, input: &mut Input) {
        let out = &mut input.bytes;
        let shapes: [[&[u8]; 3]; 10] = [
            [b"", b"\n", b"\n"],
            [b"", b"\r\n\r\n", b""],
            [b"[", b",", b"]\n"],
            [b"[\n", b" ,\n ", b"\n]"],
            [b"{\"result\":[", b",", b"]}"],
            [b" { \"records\" : [\n", b",\n", b"]}\n"],
            [b"{\n", b"}\n{\n", b"}"],
            [b"\xef\xbb\xbf", b"\n", b""],
            [
                b"sys_id,sys_created_on,hostname,path\n1,2025-11-20 09:14:31,h,/p\n",
                b"\n",
                b"\n2,,\"a,\n b\",\"\"\"\"\n",
            ],
            [
                b"\"Hostname\";\"Created\"\r\n\"h\";1\r\n",
                b"\r\n1;2\r\n",
                b";",
            ],
        ];
        let framed = rng.one_in(8);
        let [open, between, close] = rng.of(&shapes);
        if !framed {
            out.extend_from_slice(open);
        }
        for n in 0..rng.below(6) {
            let record = rng.of(&self.records);
            if framed {
                let length = u32::try_from(record.len()).unwrap();
                out.extend(length.to_be_bytes());
            } else if n > 0 {
                out.extend_from_slice(between);
            }
            out.extend_from_slice(record);
            if rng.one_in(4) {
                bytes::change(rng, out);
            }
        }
        if !framed {
            out.extend_from_slice(close);
        }
        out.truncate(LENGTH_MAX);
    }

    fn check(&mut self, input: &Input, reached: &mut Reached) {
        let bytes = input.bytes.as_slice();
        let whole = pieces(bytes, usize::MAX, None, 0);
        let largest = [30, 400, 1_000][usize::try_from(input.knob % 3).unwrap()];
        // Each step costs the same, whatever its size.
        let largest = largest.max(bytes.len() / 4);
        let slow = pieces(bytes, largest, None, input.knob);
        assert_eq!(slow, whole, "in steps of up to {largest}");
        let stop = Rng::new(input.knob).below(whole.len() + 1);
        let resumed = pieces(bytes, usize::MAX, Some(stop), input.knob);
        assert_eq!(resumed, whole, "stopped after {stop}");
        let ends = whole.iter().scan(0, |end, (offset, _)| {
            let sorted = *offset >= *end;
            *end = *offset;
            Some(sorted)
        });
        assert!(ends.into_iter().all(|sorted| sorted), "pieces out of order");
        let records = whole.iter().filter(|(_, bytes)| bytes.is_some()).count();
        let first = bytes.trim_ascii_start().first().copied().unwrap_or(b' ');
        let first = char::from(if first.is_ascii_punctuation() {
            first
        } else {
            b'a'
        });
        let blanks = whole.len() - records;
        reached.hit(format_args!(
            "{first} {} records, {} blank",
            records.min(9),
            blanks.min(3)
        ));
    }

    fn keep(&mut self, _: &Input) {}

    fn cost(&self) -> u64 {
        10
    }
}
