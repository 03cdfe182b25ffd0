//! Changes JSON by its parts: keys, values, members and envelopes, of one record or of another.
//!
//! Knows no format. A newcomer may ask why spans of bytes and no tree: a change is then a few copies
//! of bytes, and what is not JSON any more can be changed further.

use std::collections::BTreeSet;

use super::bytes::{self, NUMBERS, TEXTS};
use super::rng::Rng;

/// A text that must not be found in anything a decoder tells.
pub const MARK: &str = "hush-marked-secret";

/// Keys whose values no format keeps.
const SECRET_KEYS: [&str; 24] = [
    "prompt",
    "prompts",
    "response_body",
    "request_body",
    "body",
    "content",
    "text",
    "messages",
    "choices",
    "completion",
    "request_headers",
    "authorization",
    "Authorization",
    "api-key",
    "x-api-key",
    "error_message",
    "error_str",
    "traceback",
    "user_api_key_hash",
    "user_api_key",
    "requestMessages",
    "responseMessages",
    "session",
    "instructions",
];

/// Keys of objects whose every value is told: an attribute's one value, and a caller's own tags.
const TOLD: [&[u8]; 2] = [b"\"value\"", b"\"requestMetadata\""];

/// Longest text of a seed that is put into another.
const PART_MAX: usize = 400;
/// Most further seeds.
const KEPT_MAX: usize = 4_000;
/// Longest further seed: what grew out of what grew before makes every later run slow, and its kind comes
/// by shorter ones as well.
const KEPT_BYTES_MAX: usize = 6_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    Text,
    Object,
    Array,
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

/// A value, with its key where it is a member.
#[derive(Clone, Copy)]
struct Value {
    span: Span,
    key: Option<Span>,
    kind: Kind,
}

struct Seed {
    bytes: Vec<u8>,
    values: Vec<Value>,
}

impl Seed {
    fn new(bytes: Vec<u8>) -> Seed {
        let mut values = Vec::new();
        let mut reader = Reader {
            bytes: &bytes,
            at: 0,
            values: &mut values,
        };
        reader.value(None, 0);
        Seed { bytes, values }
    }

    fn text(&self, span: Span) -> &[u8] {
        &self.bytes[span.start..span.end]
    }
}

/// Finds the spans of values; stops at the first thing it does not understand.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: &'a mut Vec<Value>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn string(&mut self) -> Option<Span> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(Span {
            start,
            end: self.at,
        })
    }

    fn value(&mut self, key: Option<Span>, depth: usize) -> Option<()> {
        let first = self.peek()?;
        let (start, place) = (self.at, self.values.len());
        let kind = match first {
            b'"' => Kind::Text,
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            _ => Kind::Scalar,
        };
        let span = Span { start, end: start };
        self.values.push(Value { span, key, kind });
        match kind {
            Kind::Text => drop(self.string()?),
            Kind::Scalar => {
                while self
                    .bytes
                    .get(self.at)
                    .is_some_and(|b| !b",]}\n ".contains(b))
                {
                    self.at += 1;
                }
                (self.at > start).then_some(())?;
            }
            Kind::Object | Kind::Array => {
                self.at += 1;
                (depth < 40).then_some(())?;
                self.members(kind == Kind::Object, depth)?;
            }
        }
        self.values[place].span.end = self.at;
        Some(())
    }

    fn members(&mut self, object: bool, depth: usize) -> Option<()> {
        loop {
            match self.peek()? {
                b']' | b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                b'"' if object => {
                    let key = self.string()?;
                    (self.peek()? == b':').then_some(())?;
                    self.at += 1;
                    self.value(Some(key), depth + 1)?;
                }
                _ if object => return None,
                _ => self.value(None, depth + 1)?,
            }
        }
    }
}

/// Seeds, and the parts that go from one to another.
pub struct Json {
    seeds: Vec<Seed>,
    /// How many of them are unchanged.
    own: usize,
    keys: Vec<Vec<u8>>,
    members: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
    edits: Vec<(Span, Vec<u8>)>,
}

impl Json {
    /// `own` are the seeds; `others` lend their keys, members and values.
    pub fn new(own: &[Vec<u8>], others: &[Vec<u8>]) -> Json {
        let seeds: Vec<Seed> = own.iter().cloned().map(Seed::new).collect();
        let lenders: Vec<Seed> = others.iter().cloned().map(Seed::new).collect();
        let (mut keys, mut members, mut values) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for seed in seeds.iter().chain(&lenders) {
            for value in &seed.values {
                let text = seed.text(value.span);
                if text.is_empty() || text.len() > PART_MAX {
                    continue;
                }
                values.insert(text.to_vec());
                if let Some(key) = value.key {
                    keys.insert(seed.text(key).to_vec());
                    members.insert([seed.text(key), b":", text].concat());
                }
            }
        }
        Json {
            own: seeds.len(),
            seeds,
            keys: keys.into_iter().collect(),
            members: members.into_iter().collect(),
            values: values.into_iter().collect(),
            edits: Vec::new(),
        }
    }

    /// A further seed.
    pub fn keep(&mut self, bytes: &[u8]) {
        if self.seeds.len() < KEPT_MAX && bytes.len() < KEPT_BYTES_MAX {
            self.seeds.push(Seed::new(bytes.to_vec()));
        }
    }

    /// A changed seed. Where `valid`, what was JSON stays JSON (a key may stand twice).
    pub fn make(&mut self, rng: &mut Rng, out: &mut Vec<u8>, valid: bool) {
        let seed = &self.seeds[rng.below(self.seeds.len())];
        self.edits.clear();
        let changes = if rng.one_in(8) { 12 } else { 4 };
        for _ in 0..=rng.below(changes) {
            if let Some(edit) = self.edit(rng, seed) {
                self.edits.push(edit);
            }
        }
        apply(seed, &mut self.edits, out);
        if !valid && rng.one_in(8) {
            bytes::change(rng, out);
        }
        if rng.one_in(16) {
            wrap(rng, out);
        }
    }

    /// A seed whose secret places hold [`MARK`], and whose other values are broken or gone.
    pub fn make_marked(&mut self, rng: &mut Rng, out: &mut Vec<u8>) {
        let seed = &self.seeds[rng.below(self.own)];
        self.edits.clear();
        for _ in 0..=rng.below(4) {
            let Some(value) = pick(rng, seed) else { break };
            let edit = if rng.one_in(2) {
                (value.span, rng.pick(&NUMBERS).into())
            } else {
                removal(seed, value)
            };
            self.edits.push(edit);
        }
        for value in &seed.values {
            let key = value.key.map(|key| seed.text(key)).unwrap_or_default();
            let secret = SECRET_KEYS
                .iter()
                .any(|own| key[..].get(1..key.len().max(1) - 1) == Some(own.as_bytes()));
            if secret && rng.one_in(2) {
                self.edits.push((value.span, marked(rng)));
            } else if value.kind == Kind::Object && !TOLD.contains(&key) && rng.one_in(3) {
                let at = value.span.start + 1;
                let key = rng.pick(&SECRET_KEYS);
                let mut member = format!("\"{key}\":").into_bytes();
                member.extend(marked(rng));
                if seed.bytes[at..].trim_ascii_start().first() != Some(&b'}') {
                    member.push(b',');
                }
                self.edits.push((Span { start: at, end: at }, member));
            }
        }
        apply(seed, &mut self.edits, out);
    }

    fn edit(&self, rng: &mut Rng, seed: &Seed) -> Option<(Span, Vec<u8>)> {
        let value = pick(rng, seed)?;
        Some(match rng.below(18) {
            0..=2 => (value.span, rng.pick(&NUMBERS).into()),
            3 | 4 => (value.span, quoted(rng.pick(&TEXTS))),
            5 => (value.span, quoted(rng.pick(&NUMBERS))),
            6 => (value.span, structure(rng)),
            7 | 8 => (value.span, rng.of(&self.values).clone()),
            9 => (value.span, seed.text(pick(rng, seed)?.span).to_vec()),
            10 => (value.span, wrapped(rng, seed.text(value.span))),
            11 | 12 => removal(seed, value),
            13 => {
                let mut twice = vec![b','];
                if let Some(key) = value.key {
                    twice.extend_from_slice(seed.text(key));
                    twice.push(b':');
                }
                twice.extend_from_slice(seed.text(value.span));
                let end = value.span.end;
                (value.key.is_some() || value.span.start > 0).then_some(())?;
                (Span { start: end, end }, twice)
            }
            14 => (value.key?, rng.of(&self.keys).clone()),
            15 | 16 => self.insertion(rng, seed, value)?,
            _ => escaped(rng, seed, value)?,
        })
    }

    /// A member of any record at the head of an object.
    fn insertion(&self, rng: &mut Rng, seed: &Seed, value: Value) -> Option<(Span, Vec<u8>)> {
        let start = value.span.start + 1;
        let open = match value.kind {
            Kind::Object => rng.of(&self.members),
            Kind::Array => rng.of(&self.values),
            Kind::Scalar | Kind::Text => return None,
        };
        let mut part = open.clone();
        if !matches!(
            seed.bytes[start..].trim_ascii_start().first(),
            Some(b'}' | b']')
        ) {
            part.push(b',');
        }
        Some((Span { start, end: start }, part))
    }
}

fn pick(rng: &mut Rng, seed: &Seed) -> Option<Value> {
    if seed.values.is_empty() {
        return None;
    }
    let value = *rng.of(&seed.values);
    (value.span.end > value.span.start).then_some(value)
}

/// Copies the seed with its edits, the first of those that overlap.
fn apply(seed: &Seed, edits: &mut [(Span, Vec<u8>)], out: &mut Vec<u8>) {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut at = 0;
    for (span, new) in edits.iter() {
        if span.start >= at {
            out.extend_from_slice(&seed.bytes[at..span.start]);
            out.extend_from_slice(new);
            at = span.end;
        }
    }
    out.extend_from_slice(&seed.bytes[at..]);
}

/// Takes a value out, with its key and one comma.
fn removal(seed: &Seed, value: Value) -> (Span, Vec<u8>) {
    let mut span = value.span;
    if let Some(key) = value.key {
        span.start = key.start;
    }
    let behind = &seed.bytes[span.end..];
    let blank = behind.len() - behind.trim_ascii_start().len();
    if behind.get(blank) == Some(&b',') {
        span.end += blank + 1;
    } else if seed.bytes[..span.start].trim_ascii_end().ends_with(b",") {
        span.start = seed.bytes[..span.start].trim_ascii_end().len() - 1;
    } else if value.key.is_none() && span.start == 0 {
        return (span, b"{}".to_vec());
    }
    (span, Vec::new())
}

pub fn quoted(text: &str) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend([b'\\', u8::try_from(c).unwrap()]),
            c if c < ' ' => quoted.extend(format!("\\u{:04x}", u32::from(c)).bytes()),
            c => quoted.extend(c.to_string().bytes()),
        }
    }
    quoted.push(b'"');
    quoted
}

fn structure(rng: &mut Rng) -> Vec<u8> {
    match rng.below(8) {
        0 => b"{}".to_vec(),
        1 => b"[]".to_vec(),
        2 => b"null".to_vec(),
        3 => b"[[{}],[null]]".to_vec(),
        4 => {
            let depth = [5, 120, 126, 127, 128, 300][rng.below(6)];
            [b"[".repeat(depth), b"]".repeat(depth)].concat()
        }
        5 => {
            let members: Vec<String> = (0..60).map(|n| format!("\"k{}\":{n}", n % 59)).collect();
            format!("{{{}}}", members.join(",")).into_bytes()
        }
        6 => quoted(&"x".repeat([199, 200, 201, 300][rng.below(4)])),
        _ => [&b"true"[..], b"false"][rng.below(2)].to_vec(),
    }
}

/// A value as the Table API, protobuf's JSON, a string converter or a list would write it.
fn wrapped(rng: &mut Rng, value: &[u8]) -> Vec<u8> {
    let text = || quoted(&String::from_utf8_lossy(value));
    let [before, after]: [&[u8]; 2] = match rng.below(7) {
        0 => [b"{\"value\":", b",\"display_value\":\"x\"}"],
        1 => [b"{\"display_value\":", b"}"],
        2 => [b"{\"value\":\"\",\"link\":", b"}"],
        3 => [b"[", b"]"],
        4 => [b"{\"intValue\":", b"}"],
        5 => [b"{\"stringValue\":", b"}"],
        _ => return text(),
    };
    [before, value, after].concat()
}

/// A text with one letter written as an escape: whole, half a pair, or none at all.
fn escaped(rng: &mut Rng, seed: &Seed, value: Value) -> Option<(Span, Vec<u8>)> {
    let span = match value.key {
        Some(key) if rng.one_in(2) => key,
        Some(_) | None if value.kind == Kind::Text => value.span,
        Some(_) | None => return None,
    };
    let text = seed.text(span);
    let at = 1 + rng.below(text.len() - 1);
    if !text[..=at].is_ascii() || text[at - 1] == b'\\' {
        return None;
    }
    let letter = text
        .get(at)
        .filter(|letter| **letter != b'"' && **letter != b'\\');
    let escape = match (rng.below(8), letter) {
        (0, _) => "\\ud83d\\ude00".to_owned(),
        (1, _) => "\\u0000".to_owned(),
        (2, _) => "\\ud800".to_owned(),
        (_, Some(letter)) => {
            let escape = format!("\\u{letter:04X}");
            let word = [&text[..at], escape.as_bytes(), &text[at + 1..]];
            return Some((span, word.concat()));
        }
        (_, None) => "\\/\\b".to_owned(),
    };
    let word = [&text[..at], escape.as_bytes(), &text[at..]];
    Some((span, word.concat()))
}

/// Puts a whole record into an envelope.
pub fn wrap(rng: &mut Rng, out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(out).into_owned();
    let quoted = || String::from_utf8(quoted(&text)).unwrap();
    *out = match rng.below(9) {
        0 => format!("[{text}]"),
        1 => format!("[{text} , {text}]"),
        2 => format!("{{\"result\":[{text}]}}"),
        3 => format!("{{\"records\":[{text},1]}}"),
        4 => format!("{{\"schema\":{{}},\"payload\":{text}}}"),
        5 => format!("{{\"payload\":{}}}", quoted()),
        6 => format!("{{\"data\":{{\"record\":{text}}}}}"),
        7 => {
            let message = quoted();
            format!("{{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{{\"message\":{message}}},{{\"message\":{text}}}]}}")
        }
        _ => format!("\u{feff} {text}\n"),
    }
    .into_bytes();
}

fn marked(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => quoted(MARK),
        1 => format!("[{{\"role\":\"user\",\"content\":\"{MARK}\"}}]").into_bytes(),
        2 => format!("{{\"text\":\"{MARK}\",\"content\":[{{\"text\":\"{MARK}\"}}]}}").into_bytes(),
        _ => quoted(&format!(
            "Authorization: Bearer {MARK}\r\nCookie: {MARK}\r\nx-own: {MARK}"
        )),
    }
}
