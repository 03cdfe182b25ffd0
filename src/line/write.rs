//! Writes lines as a chunk: a table of texts, a table for each part, then columns of numbers.
//!
//! Knows no file. A newcomer may ask why columns: numbers of one kind compress by half again when
//! they stand together, and a chunk is always read whole.
//!
//! Layout: version, codec (0 plain, 1 zstd), for zstd the plain length; then, each with its length
//! in front, texts, tellers, places, callers, told, added, judged, fingerprints and the columns.

use super::pool::{PlainMap, Pool};
use super::view::{Added, Alike, Caller, Judged, Place, Teller, Told, View};
use super::{COLUMNS, Kept, Line, PLAIN, VERSION, ZSTD};
use crate::entry::{LeftOut, Money};
use crate::units::UnixMillis;
use crate::varint::{put, put_signed};

/// Chunks with fewer lines are not worth a compressor's start.
const PLAIN_BELOW: usize = 8;
/// The chunk of such entries, ordered by time, sequence, id, and calls before requests.
#[must_use]
pub fn encode(kept: &[Kept<'_>]) -> Vec<u8> {
    let mut sorted: Vec<(UnixMillis, &Kept<'_>)> =
        kept.iter().map(|one| (one.entry.at, one)).collect();
    // The time alone mostly decides, and a sort that compares numbers alone is faster.
    sorted.sort_by_key(|(at, _)| *at);
    let rest = |one: &Kept<'_>| (one.id, one.entry.call.is_none());
    for alike in sorted.chunk_by_mut(|(at, _), (then, _)| at == then) {
        alike.sort_by(|(_, one), (_, other)| {
            (&one.entry.sequence, rest(one)).cmp(&(&other.entry.sequence, rest(other)))
        });
    }
    pack(kept.len(), View::of_entries(&sorted))
}

/// The chunk of such lines.
#[must_use]
pub fn encode_lines(lines: &[Line]) -> Vec<u8> {
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted
        .sort_by_cached_key(|line| (line.at, line.sequence.clone(), line.id, line.call.is_none()));
    pack(sorted.len(), sorted.into_iter().map(View::of_line))
}

/// Writes and packs views in their order.
fn pack<'a>(n: usize, views: impl Iterator<Item = View<'a>>) -> Vec<u8> {
    let plain = Writer::for_lines(n).write(n, views);
    let mut chunk = vec![VERSION, PLAIN];
    if n >= PLAIN_BELOW
        && let Ok(packed) = zstd::bulk::compress(&plain, 1)
    {
        chunk = vec![VERSION, ZSTD];
        put(&mut chunk, whole(plain.len()));
        chunk.extend_from_slice(&packed);
        return chunk;
    }
    chunk.extend_from_slice(&plain);
    chunk
}

fn whole(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// 0 for none, else one more.
fn put_option(bytes: &mut Vec<u8>, number: Option<u64>) {
    put(bytes, number.map_or(0, |number| number.saturating_add(1)));
}

fn flags(bits: &[bool]) -> u64 {
    bits.iter()
        .rev()
        .fold(0, |all, bit| all << 1 | u64::from(*bit))
}

/// Two bits for an optional flag.
fn maybe(bit: Option<bool>) -> [bool; 2] {
    [bit.is_some(), bit == Some(true)]
}

struct Writer<'a> {
    alike: PlainMap<Alike<'a>, [u32; 5]>,
    facts: PlainMap<(usize, LeftOut), u32>,
    texts: Pool<&'a str>,
    tellers: Pool<Teller<'a>>,
    places: Pool<Place<'a>>,
    callers: Pool<Caller<'a>>,
    told: Pool<Told<'a>>,
    added: Pool<Added>,
    judged: Pool<Judged<'a>>,
    fingerprints: Pool<u64>,
    columns: [Vec<u8>; COLUMNS],
}

impl<'a> Writer<'a> {
    fn for_lines(n: usize) -> Writer<'a> {
        Writer {
            alike: PlainMap::default(),
            facts: PlainMap::default(),
            texts: Pool::new(),
            tellers: Pool::new(),
            places: Pool::new(),
            callers: Pool::new(),
            told: Pool::new(),
            added: Pool::new(),
            judged: Pool::new(),
            fingerprints: Pool::new(),
            columns: std::array::from_fn(|_| Vec::with_capacity(n * 2)),
        }
    }

    fn write(mut self, n: usize, views: impl Iterator<Item = View<'a>>) -> Vec<u8> {
        let mut last = (0, 0, "");
        for view in views {
            self.write_line(&view, last);
            last = (view.at.0, view.offset, view.sequence);
        }
        let mut tables: [Vec<u8>; 6] = Default::default();
        let [tellers, places, callers, told, added, judged] = &mut tables;
        for teller in self.tellers.things() {
            put_teller(tellers, &mut self.texts, teller);
        }
        for place in self.places.things() {
            put_place(places, &mut self.texts, place);
        }
        for caller in self.callers.things() {
            put_caller(callers, &mut self.texts, caller);
        }
        for one in self.told.things() {
            put_told(told, &mut self.texts, one);
        }
        for one in self.added.things() {
            put_added(added, &mut self.texts, one);
        }
        for one in self.judged.things() {
            put_judged(judged, &mut self.texts, one);
        }
        let mut texts = Vec::new();
        for text in self.texts.things() {
            put(&mut texts, whole(text.len()));
            texts.extend_from_slice(text.as_bytes());
        }
        let mut prints = Vec::new();
        for print in self.fingerprints.things() {
            prints.extend_from_slice(&print.to_le_bytes());
        }
        let mut plain = Vec::with_capacity(n * 64 + 1024);
        put(&mut plain, whole(n));
        let blocks = [&texts].into_iter().chain(&tables).chain([&prints]);
        for block in blocks.chain(&self.columns) {
            put(&mut plain, whole(block.len()));
            plain.extend_from_slice(block);
        }
        plain
    }

    /// Numbers of teller, place, path, caller and judgement.
    fn shared(&mut self, view: &View<'a>) -> [u32; 5] {
        if let Some(known) = view.alike.and_then(|alike| self.alike.get(&alike)) {
            return *known;
        }
        let kind = view.kind();
        let numbers = [
            self.tellers.number(kind.teller),
            self.places.number(kind.place),
            self.texts.number(kind.path),
            self.callers.number(kind.caller),
            self.judged.number(kind.judged),
        ];
        if let Some(alike) = view.alike {
            self.alike.insert(alike, numbers);
        }
        numbers
    }

    /// Number of what was told.
    fn told(&mut self, view: &View<'a>) -> u32 {
        let mut number = || self.told.number(view.told());
        match view.facts {
            Some(facts) => *self.facts.entry(facts).or_insert_with(number),
            None => number(),
        }
    }

    fn write_line(&mut self, view: &View<'a>, last: (i64, u64, &str)) {
        let [teller, place, path, caller, judged] = self.shared(view);
        let told = self.told(view);
        let added = self.added.number(view.added);
        let parts = [teller, place, path, caller, told, added, judged];
        let [
            teller,
            place,
            path,
            caller,
            told,
            added,
            judged,
            at,
            sequence,
            id,
            offset,
            user,
            conversation,
            latency,
            bytes,
            tokens,
            money,
            identity,
        ] = &mut self.columns;
        let columns = [teller, place, path, caller, told, added, judged];
        for (column, part) in columns.into_iter().zip(parts) {
            put(column, u64::from(part));
        }
        put_signed(at, view.at.0.wrapping_sub(last.0));
        put_sequence(sequence, view.sequence, last.2);
        id.extend_from_slice(&view.id.to_le_bytes());
        put_signed(offset, view.offset.wrapping_sub(last.1).cast_signed());
        for (column, print) in [(user, view.user), (conversation, view.conversation)] {
            let number = print.map(|print| u64::from(self.fingerprints.number(print.0)));
            put_option(column, number);
        }
        if let Some(call) = view.call {
            put_option(latency, call.latency.map(|latency| latency.0));
            put(bytes, call.request_bytes);
            put(bytes, call.response_bytes);
            put(identity, whole(view.identity.len()));
            identity.extend_from_slice(view.identity.as_bytes());
        }
        if let Some(request) = view.request {
            put_option(latency, request.duration.map(|duration| duration.0));
            if let Some(usage) = &request.usage {
                for number in [
                    usage.input,
                    usage.cache_read,
                    usage.cache_write_5m,
                    usage.cache_write_1h,
                    usage.output,
                    usage.reasoning,
                ] {
                    put(tokens, number);
                }
            }
            put(tokens, request.web_searches);
            match request.money {
                Money::Exact(amount) | Money::Approximated(amount) => put_signed(money, amount.0),
                Money::Nothing | Money::Fixed | Money::Unpriced => {}
            }
        }
    }
}

/// How many bytes it shares with the one before, and the rest.
fn put_sequence(bytes: &mut Vec<u8>, sequence: &str, last: &str) {
    let shared = sequence
        .bytes()
        .zip(last.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = sequence.as_bytes().get(shared..).unwrap_or_default();
    put(bytes, whole(shared));
    put(bytes, whole(rest.len()));
    bytes.extend_from_slice(rest);
}

fn put_text<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, text: &'a str) {
    put(bytes, u64::from(texts.number(text)));
}

/// An optional word: 0 for none.
fn put_word<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, word: Option<&'a str>) {
    put_option(bytes, word.map(|word| u64::from(texts.number(word))));
}

fn put_teller<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, teller: &Teller<'a>) {
    put_text(bytes, texts, teller.source);
    put_text(bytes, texts, teller.topic);
    put_signed(bytes, i64::from(teller.partition));
    put_text(bytes, texts, teller.format.as_str());
    put_text(bytes, texts, teller.name);
    put_text(bytes, texts, teller.identity.as_str());
    put(bytes, u64::from(teller.config.0));
}

fn put_place<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, place: &Place<'a>) {
    let other = matches!(place.provider, Some(crate::call::Provider::Other(_)));
    put(bytes, u64::from(other));
    put_word(
        bytes,
        texts,
        place.provider.map(crate::call::Provider::as_str),
    );
    put_text(bytes, texts, place.host);
    put_option(bytes, place.port.map(u64::from));
    put_text(bytes, texts, place.deployment);
    put_text(bytes, texts, place.model);
    put_word(bytes, texts, place.scope.map(crate::call::Scope::as_str));
    put_text(bytes, texts, place.operation.as_str());
    put(bytes, whole(place.evidence.len()));
    for evidence in place.evidence {
        put_text(bytes, texts, evidence.kind.as_str());
        put_text(bytes, texts, &evidence.told);
    }
}

fn put_caller<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, caller: &Caller<'a>) {
    for text in caller.texts() {
        put_text(bytes, texts, text);
    }
    put(bytes, whole(caller.who.tags.len()));
    for tag in &caller.who.tags {
        put_text(bytes, texts, tag);
    }
    put_option(bytes, caller.credential_told.map(u64::from));
}

fn put_told<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, told: &Told<'a>) {
    put(
        bytes,
        flags(&[
            told.transport.is_some(),
            told.usage.is_some(),
            told.left_out.transport,
            told.left_out.usage,
        ]),
    );
    if let Some(transport) = &told.transport {
        put_option(bytes, transport.status.map(u64::from));
        put_word(
            bytes,
            texts,
            transport.class.map(crate::call::Class::as_str),
        );
        put_text(bytes, texts, transport.spillover_from);
    }
    if let Some(usage) = &told.usage {
        put_text(bytes, texts, usage.model);
        put_text(bytes, texts, usage.requested_model);
        let [known, external] = maybe(usage.external);
        put(
            bytes,
            flags(&[
                usage.untold.cache,
                usage.untold.geo,
                usage.untold.convention,
                usage.total_mismatch,
                usage.audio,
                usage.gateway_cache_hit,
                known,
                external,
            ]),
        );
        put_word(bytes, texts, usage.tier.map(crate::call::Tier::as_str));
        put_word(bytes, texts, usage.class.map(crate::call::Class::as_str));
    }
}

fn put_added(bytes: &mut Vec<u8>, texts: &mut Pool<&str>, added: &Added) {
    put(
        bytes,
        flags(&[added.call.is_some(), added.request.is_some()]),
    );
    if let Some(call) = &added.call {
        put_text(bytes, texts, call.class.as_str());
        put(bytes, u64::from(call.stated_retries));
        put(
            bytes,
            flags(&[call.spillover, call.over_timeout, call.contradicted]),
        );
    }
    if let Some(request) = &added.request {
        put_text(bytes, texts, request.class.as_str());
        put(bytes, u64::from(request.money));
        let [known, external] = maybe(request.external);
        put(
            bytes,
            flags(&[request.told_usage, request.total_mismatch, known, external]),
        );
    }
}

fn put_judged<'a>(bytes: &mut Vec<u8>, texts: &mut Pool<&'a str>, judged: &Judged<'a>) {
    let key = judged.key;
    for text in [
        &key.feature,
        &key.endpoint,
        &key.provider,
        &key.model,
        &key.region,
    ] {
        put_text(bytes, texts, text);
    }
    put_word(
        bytes,
        texts,
        key.verdict.map(crate::residency::Verdict::as_str),
    );
    put_word(bytes, texts, key.grade.map(crate::residency::Grade::as_str));
    put_text(bytes, texts, judged.price_row);
    put_text(bytes, texts, judged.rule);
    put_text(bytes, texts, judged.evidence_words);
}
