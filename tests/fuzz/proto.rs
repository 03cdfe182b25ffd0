//! Changes protobuf by its fields: gone, twice, of another number, type or length, from elsewhere.
//!
//! Knows no message. A newcomer may ask how it tells a nested message from a text: it is one when
//! all its bytes read as fields; where that is wrong, a text is changed as if it were fields.

use std::sync::Arc;

use super::bytes::{self, NUMBERS, TEXTS};
use super::json::MARK;
use super::rng::Rng;

/// Most further seeds.
const KEPT_MAX: usize = 4_000;
const DEPTH_MAX: usize = 8;

enum Payload {
    Varint(u64),
    Fixed(Vec<u8>),
    Bytes(Vec<u8>),
    Message(Vec<Arc<Field>>),
}

struct Field {
    number: u64,
    payload: Payload,
    /// Fields in it, itself included.
    size: usize,
    /// As it stands in a message: what is not changed need not be written twice.
    bytes: Vec<u8>,
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    tollwatch::varint::take(bytes)
}

fn fields(mut bytes: &[u8], depth: usize) -> Option<Vec<Arc<Field>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let payload = match key & 7 {
            0 => Payload::Varint(varint(&mut bytes)?),
            wire @ (1 | 5) => {
                let (now, later) = bytes.split_at_checked(if wire == 1 { 8 } else { 4 })?;
                bytes = later;
                Payload::Fixed(now.to_vec())
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (now, later) = bytes.split_at_checked(length)?;
                bytes = later;
                let nested = (depth < DEPTH_MAX && now.len() > 1).then(|| fields(now, depth + 1));
                nested
                    .flatten()
                    .map_or_else(|| Payload::Bytes(now.to_vec()), Payload::Message)
            }
            _ => return None,
        };
        if key >> 3 == 0 || key >> 3 > 5_000 {
            return None;
        }
        found.push(field(key >> 3, payload));
    }
    Some(found)
}

fn field(number: u64, payload: Payload) -> Arc<Field> {
    let mut bytes = Vec::new();
    let mut size = 1;
    match &payload {
        Payload::Varint(value) => {
            put(&mut bytes, number << 3);
            put(&mut bytes, *value);
        }
        Payload::Fixed(fixed) => {
            put(
                &mut bytes,
                number << 3 | if fixed.len() == 8 { 1 } else { 5 },
            );
            bytes.extend_from_slice(fixed);
        }
        Payload::Bytes(text) => {
            put_head(&mut bytes, number, text.len());
            bytes.extend_from_slice(text);
        }
        Payload::Message(inner) => {
            size += inner.iter().map(|field| field.size).sum::<usize>();
            put_head(
                &mut bytes,
                number,
                inner.iter().map(|field| field.bytes.len()).sum(),
            );
            for field in inner {
                bytes.extend_from_slice(&field.bytes);
            }
        }
    }
    Arc::new(Field {
        number,
        payload,
        size,
        bytes,
    })
}

fn put(out: &mut Vec<u8>, number: u64) {
    tollwatch::varint::put(out, number);
}

/// Key and length of what follows.
fn put_head(out: &mut Vec<u8>, number: u64, length: usize) {
    put(out, number << 3 | 2);
    put(out, u64::try_from(length).unwrap());
}

/// Seeds of protobuf.
pub struct Proto {
    seeds: Vec<Vec<Arc<Field>>>,
    /// How many of them are unchanged.
    own: usize,
    /// Fields that go from one seed to another.
    parts: Vec<Arc<Field>>,
}

impl Proto {
    pub fn new(own: &[Vec<u8>]) -> Proto {
        let seeds: Vec<_> = own.iter().filter_map(|bytes| fields(bytes, 0)).collect();
        assert!(seeds.len() >= 10, "{} seeds of protobuf", seeds.len());
        let mut parts = Vec::new();
        for seed in &seeds {
            collect(seed, &mut parts);
        }
        Proto {
            own: seeds.len(),
            seeds,
            parts,
        }
    }

    pub fn keep(&mut self, bytes: &[u8]) {
        if self.seeds.len() < KEPT_MAX && bytes.len() < 20_000 {
            self.seeds.extend(fields(bytes, 0));
        }
    }

    pub fn make(&mut self, rng: &mut Rng, out: &mut Vec<u8>) {
        let mut seed = rng.of(&self.seeds).clone();
        for _ in 0..=rng.below(4) {
            let size: usize = seed.iter().map(|field| field.size).sum();
            let mut at = rng.below(size);
            seed = self.changed(rng, &seed, &mut at);
        }
        for field in &seed {
            out.extend_from_slice(&field.bytes);
        }
        if rng.one_in(6) {
            bytes::change(rng, out);
        }
    }

    /// A seed whose prompts and answers are marked: attributes that no convention reads.
    pub fn make_marked(&mut self, rng: &mut Rng, out: &mut Vec<u8>) {
        const KEYS: [&str; 8] = [
            "gen_ai.prompt",
            "gen_ai.prompt.0.content",
            "gen_ai.completion.0.content",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "gen_ai.system_instructions",
            "input.value",
            "http.request.header.authorization",
        ];
        let seed = &self.seeds[rng.below(self.own)];
        let key = rng.pick(&KEYS);
        let text = |number, text: &str| field(number, Payload::Bytes(text.into()));
        let value = field(2, Payload::Message(vec![text(1, MARK)]));
        let attribute = vec![text(1, key), value];
        for resource in seed {
            out.extend_from_slice(&beside_spans(resource, 0, &attribute).bytes);
        }
    }

    /// The fields with the `at`-th of them, counted through, changed.
    fn changed(&self, rng: &mut Rng, seed: &[Arc<Field>], at: &mut usize) -> Vec<Arc<Field>> {
        let mut out = Vec::with_capacity(seed.len() + 1);
        let mut found = false;
        for one in seed {
            if found || *at >= one.size {
                if !found {
                    *at -= one.size;
                }
                out.push(Arc::clone(one));
                continue;
            }
            found = true;
            match &one.payload {
                Payload::Message(inner) if *at > 0 => {
                    *at -= 1;
                    let inner = self.changed(rng, inner, at);
                    out.push(field(one.number, Payload::Message(inner)));
                }
                Payload::Message(_)
                | Payload::Varint(_)
                | Payload::Fixed(_)
                | Payload::Bytes(_) => {
                    self.edit(rng, one, &mut out);
                }
            }
        }
        out
    }

    fn edit(&self, rng: &mut Rng, one: &Arc<Field>, out: &mut Vec<Arc<Field>>) {
        let other = rng.of(&self.parts);
        match rng.below(12) {
            0 => {}
            1 => out.extend([Arc::clone(one), Arc::clone(one)]),
            2 => out.push(field(1 + rng.word() % 16, copy(one))),
            3 => out.push(Arc::clone(other)),
            4 => out.extend([Arc::clone(one), Arc::clone(other)]),
            5 | 6 => out.push(field(one.number, copy(other))),
            7 => out.push(field(one.number, Payload::Varint(rng.number()))),
            8 => {
                let word = rng.number().to_le_bytes();
                let length = if rng.one_in(2) { 8 } else { 4 };
                out.push(field(one.number, Payload::Fixed(word[..length].to_vec())));
            }
            9 => out.push(field(one.number, Payload::Bytes(rng.pick(&TEXTS).into()))),
            10 => out.push(field(one.number, Payload::Bytes(rng.pick(&NUMBERS).into()))),
            _ => match &one.payload {
                Payload::Bytes(bytes) => {
                    let mut bytes = bytes.clone();
                    bytes::change(rng, &mut bytes);
                    out.push(field(one.number, Payload::Bytes(bytes)));
                }
                Payload::Fixed(bytes) => {
                    let mut bytes = bytes.clone();
                    let at = rng.below(bytes.len());
                    bytes[at] = rng.byte();
                    out.push(field(one.number, Payload::Fixed(bytes)));
                }
                Payload::Varint(_) => out.push(field(one.number, Payload::Varint(rng.word()))),
                Payload::Message(inner) => {
                    let mut inner = inner.clone();
                    inner.reverse();
                    out.push(field(one.number, Payload::Message(inner)));
                }
            },
        }
    }
}

fn copy(one: &Field) -> Payload {
    match &one.payload {
        Payload::Varint(value) => Payload::Varint(*value),
        Payload::Fixed(bytes) => Payload::Fixed(bytes.clone()),
        Payload::Bytes(bytes) => Payload::Bytes(bytes.clone()),
        Payload::Message(inner) => Payload::Message(inner.clone()),
    }
}

fn collect(seed: &[Arc<Field>], parts: &mut Vec<Arc<Field>>) {
    for one in seed {
        if one.size < 40 {
            parts.push(Arc::clone(one));
        }
        if let Payload::Message(inner) = &one.payload {
            collect(inner, parts);
        }
    }
}

/// Puts an attribute into every span: field 9, three messages down (`trace.proto`).
fn beside_spans(one: &Field, depth: usize, attribute: &[Arc<Field>]) -> Arc<Field> {
    let down = matches!((depth, one.number), (0, 1) | (1 | 2, 2));
    let payload = match &one.payload {
        Payload::Message(inner) if down => {
            let below = |inner: &Arc<Field>| beside_spans(inner, depth + 1, attribute);
            let mut inner: Vec<Arc<Field>> = inner.iter().map(below).collect();
            if depth == 2 {
                inner.push(field(9, Payload::Message(attribute.to_vec())));
            }
            Payload::Message(inner)
        }
        Payload::Message(_) | Payload::Varint(_) | Payload::Fixed(_) | Payload::Bytes(_) => {
            copy(one)
        }
    };
    field(one.number, payload)
}
