//! Changes texts of lines, as people write them: configuration, prices, regions, tables.
//!
//! Knows no key. A newcomer may ask why lines: in TOML and in tab-separated tables a line is a
//! statement, and a changed statement among whole ones is what a person's mistake looks like.

use super::bytes::{self, NUMBERS, TEXTS};
use super::json::quoted;
use super::rng::Rng;

/// Most further seeds.
const KEPT_MAX: usize = 4_000;
/// Longest further seed: a short text that shows something new is read many times as fast as a long one.
const KEPT_BYTES_MAX: usize = 2_500;

pub struct Texts {
    seeds: Vec<Vec<u8>>,
    /// Every line of any seed.
    lines: Vec<Vec<u8>>,
    /// Every right side of a `=`, or column of a table.
    values: Vec<Vec<u8>>,
}

impl Texts {
    pub fn new(seeds: &[Vec<u8>]) -> Texts {
        let mut lines: Vec<Vec<u8>> = seeds.iter().flat_map(|seed| split(seed)).collect();
        lines.sort_unstable();
        lines.dedup();
        let mut values: Vec<Vec<u8>> = lines
            .iter()
            .filter_map(|line| Some(line[value_of(line)?.0..].to_vec()))
            .collect();
        values.sort_unstable();
        values.dedup();
        Texts {
            seeds: seeds.to_vec(),
            lines,
            values,
        }
    }

    pub fn keep(&mut self, bytes: &[u8]) {
        if self.seeds.len() < KEPT_MAX && bytes.len() <= KEPT_BYTES_MAX {
            self.seeds.push(bytes.to_vec());
        }
    }

    pub fn make(&self, rng: &mut Rng, out: &mut Vec<u8>) {
        let mut lines = split(rng.of(&self.seeds).as_slice());
        for _ in 0..=rng.below(4) {
            if lines.is_empty() {
                lines.push(rng.of(&self.lines).clone());
            }
            let at = rng.below(lines.len());
            match rng.below(10) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 | 3 => lines.insert(at, rng.of(&self.lines).clone()),
                4 => {
                    let other = rng.below(lines.len());
                    lines.swap(at, other);
                }
                5 => bytes::change(rng, &mut lines[at]),
                _ => self.value(rng, &mut lines[at]),
            }
        }
        out.extend(lines.join(&b'\n'));
        out.push(b'\n');
        if rng.one_in(12) {
            bytes::change(rng, out);
        }
    }

    /// Another value in the line: of another line, a number, a text, a list, a table, two of them.
    fn value(&self, rng: &mut Rng, line: &mut Vec<u8>) {
        let Some((start, tabs)) = value_of(line) else {
            return bytes::change(rng, line);
        };
        let old = line.split_off(start);
        let (open, close): (&[u8], &[u8]) = if rng.one_in(2) {
            (b"[", b"]")
        } else {
            (b"{ a = ", b" }")
        };
        match rng.below(7) {
            0 | 1 => line.extend_from_slice(rng.of(&self.values).as_slice()),
            2 => line.extend(rng.pick(&NUMBERS).bytes()),
            3 if tabs => line.extend(rng.pick(&TEXTS).bytes()),
            3 => line.extend(quoted(rng.pick(&TEXTS))),
            4 => line.extend([open, &old, close].concat()),
            5 => {
                line.extend(
                    [b"[", &old[..], b", ", rng.of(&self.values).as_slice(), b"]"].concat(),
                );
            }
            _ => line.extend([&old[..], if tabs { b"\t" } else { b"." }, &old].concat()),
        }
    }
}

fn split(seed: &[u8]) -> Vec<Vec<u8>> {
    seed.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

/// Where the value of a line begins, and whether it is a column of a table.
fn value_of(line: &[u8]) -> Option<(usize, bool)> {
    let at = line.iter().position(|b| matches!(b, b'=' | b'\t'))?;
    let tab = line[at] == b'\t';
    Some((
        if tab {
            at + 1
        } else {
            (at + 2).min(line.len())
        },
        tab,
    ))
}
