//! Reads a chunk of lines back.
//!
//! Knows no file. A newcomer may ask why every number is checked: a damaged chunk must end as an
//! error, never as a panic or as another call.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::write::{COLUMNS, PLAIN, VERSION, ZSTD};
use super::{About, BadChunk, Line};
use crate::call::{
    Class, Destination, Evidence, EvidenceKind, Format, Operation, Origin as Who, Provider, Scope,
    Tier, Transport, Untold, Usage, UsageReport,
};
use crate::cell::{take, take_signed};
use crate::entry::{CallAdds, CellKey, Money, RequestAdds};
use crate::ids::{ConfigNumber, Fingerprint, IdentityKind};
use crate::money::NanoUsd;
use crate::residency::{Grade, Verdict};
use crate::units::{Millis, Text, UnixMillis};

/// Most bytes that a chunk may claim to unpack to.
const PLAIN_MAX_BYTES: u64 = 1 << 30;

const EVIDENCE_KINDS: [EvidenceKind; 12] = [
    EvidenceKind::InferenceRegion,
    EvidenceKind::InferenceGeo,
    EvidenceKind::HostRegion,
    EvidenceKind::PathRegion,
    EvidenceKind::ResourceRegion,
    EvidenceKind::Zone,
    EvidenceKind::Global,
    EvidenceKind::GatewayRegion,
    EvidenceKind::ClientRegion,
    EvidenceKind::FrontDoorAddress,
    EvidenceKind::Inventory,
    EvidenceKind::Registry,
];
const SCOPES: [Scope; 3] = [Scope::Regional, Scope::DataZone, Scope::Global];
const OPERATIONS: [Operation; 4] = [
    Operation::Generate,
    Operation::Embed,
    Operation::Batch,
    Operation::Manage,
];
const IDENTITIES: [IdentityKind; 6] = [
    IdentityKind::Response,
    IdentityKind::Request,
    IdentityKind::Gateway,
    IdentityKind::Row,
    IdentityKind::Span,
    IdentityKind::Weak,
];

/// The lines of a chunk, by time, sequence and id.
///
/// # Errors
/// [`BadChunk`] when the bytes are no such chunk.
pub fn decode(chunk: &[u8]) -> Result<Vec<Line>, BadChunk> {
    match chunk {
        [VERSION, PLAIN, plain @ ..] => read(plain),
        [VERSION, ZSTD, rest @ ..] => {
            let mut rest = rest;
            let length = take(&mut rest).filter(|length| *length <= PLAIN_MAX_BYTES);
            let length = length.and_then(|length| usize::try_from(length).ok());
            let plain = zstd::bulk::decompress(rest, length.ok_or(BadChunk)?);
            plain.ok().and_then(|plain| read(&plain))
        }
        _ => None,
    }
    .ok_or(BadChunk)
}

/// A block with its length in front.
fn block<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (block, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(block)
}

fn take_option(bytes: &mut &[u8]) -> Option<Option<u64>> {
    Some(take(bytes)?.checked_sub(1))
}

fn take_word64(bytes: &mut &[u8]) -> Option<u64> {
    let (word, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*word))
}

fn bit(flags: u64, place: u32) -> bool {
    flags >> place & 1 == 1
}

fn maybe(flags: u64, place: u32) -> Option<bool> {
    bit(flags, place).then(|| bit(flags, place + 1))
}

fn nth<T>(things: &[T], number: u64) -> Option<&T> {
    things.get(usize::try_from(number).ok()?)
}

/// Reads things until the block ends.
fn table<'a, T>(
    mut bytes: &'a [u8],
    mut one: impl FnMut(&mut &'a [u8]) -> Option<T>,
) -> Option<Vec<T>> {
    let mut things = Vec::new();
    while !bytes.is_empty() {
        things.push(one(&mut bytes)?);
    }
    Some(things)
}

/// The texts of a chunk.
struct Texts<'a>(Vec<&'a str>);

impl Texts<'_> {
    fn take(&self, bytes: &mut &[u8]) -> Option<Text> {
        nth(&self.0, take(bytes)?).copied().map(Text::from)
    }

    fn word<T>(&self, bytes: &mut &[u8], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        parse(nth(&self.0, take(bytes)?)?)
    }

    fn maybe<T>(&self, bytes: &mut &[u8], parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
        match take_option(bytes)? {
            None => Some(None),
            Some(number) => parse(nth(&self.0, number)?).map(Some),
        }
    }
}

fn one_of<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, wanted: &str) -> Option<T> {
    all.iter().copied().find(|one| word(*one) == wanted)
}

fn class(word: &str) -> Option<Class> {
    one_of(&Class::ALL, Class::as_str, word)
}

type Teller = (Text, Text, i32, Format, Text, IdentityKind, ConfigNumber);
type Place = (Destination, Vec<Evidence>);
type Caller = (Who, Text, Text);
type Told = (Option<Transport>, Option<UsageReport>);
type Judged = (CellKey, [Text; 3]);

/// What was added, without numbers.
#[derive(Clone, Copy)]
struct Added {
    call: Option<CallAdds>,
    /// With the money's kind and whether usage was told.
    request: Option<(RequestAdds, u64, bool)>,
}

fn teller(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Teller> {
    Some((
        texts.take(bytes)?,
        texts.take(bytes)?,
        i32::try_from(take_signed(bytes)?).ok()?,
        texts.word(bytes, Format::parse)?,
        texts.take(bytes)?,
        texts.word(bytes, |word| {
            one_of(&IDENTITIES, IdentityKind::as_str, word)
        })?,
        ConfigNumber(u32::try_from(take(bytes)?).ok()?),
    ))
}

fn place(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Place> {
    let other = take(bytes)? == 1;
    let destination = Destination {
        provider: texts.maybe(bytes, |word| {
            if other {
                Some(Provider::Other(Text::from(word)))
            } else {
                Provider::parse(word)
            }
        })?,
        host: texts.take(bytes)?,
        port: match take_option(bytes)? {
            None => None,
            Some(port) => Some(u16::try_from(port).ok()?),
        },
        path: Text::default(),
        deployment: texts.take(bytes)?,
        model: texts.take(bytes)?,
        scope: texts.maybe(bytes, |word| one_of(&SCOPES, Scope::as_str, word))?,
        operation: texts.word(bytes, |word| one_of(&OPERATIONS, Operation::as_str, word))?,
    };
    let mut evidence = Vec::new();
    for _ in 0..take(bytes)? {
        evidence.push(Evidence {
            kind: texts.word(bytes, |word| {
                one_of(&EVIDENCE_KINDS, EvidenceKind::as_str, word)
            })?,
            told: texts.take(bytes)?,
        });
    }
    Some((destination, evidence))
}

fn caller(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Caller> {
    let mut who = Who {
        application: texts.take(bytes)?,
        skill: texts.take(bytes)?,
        definition: texts.take(bytes)?,
        scope: texts.take(bytes)?,
        source_table: texts.take(bytes)?,
        service: texts.take(bytes)?,
        caller: texts.take(bytes)?,
        credential: texts.take(bytes)?,
        ..Who::default()
    };
    let (user_group, credential) = (texts.take(bytes)?, texts.take(bytes)?);
    for _ in 0..take(bytes)? {
        who.tags.push(texts.take(bytes)?);
    }
    Some((who, user_group, credential))
}

fn told(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Told> {
    let halves = take(bytes)?;
    let mut told: Told = (None, None);
    if bit(halves, 0) {
        told.0 = Some(Transport {
            status: match take_option(bytes)? {
                None => None,
                Some(status) => Some(u16::try_from(status).ok()?),
            },
            class: texts.maybe(bytes, class)?,
            spillover_from: texts.take(bytes)?,
            ..Transport::default()
        });
    }
    if bit(halves, 1) {
        let (model, requested_model) = (texts.take(bytes)?, texts.take(bytes)?);
        let flags = take(bytes)?;
        told.1 = Some(UsageReport {
            model,
            requested_model,
            untold: Untold {
                cache: bit(flags, 0),
                geo: bit(flags, 1),
                convention: bit(flags, 2),
                ..Untold::default()
            },
            total_mismatch: bit(flags, 3),
            audio: bit(flags, 4),
            gateway_cache_hit: bit(flags, 5),
            external: maybe(flags, 6),
            tier: texts.maybe(bytes, Tier::parse)?,
            class: texts.maybe(bytes, class)?,
            ..UsageReport::default()
        });
    }
    Some(told)
}

fn added(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Added> {
    let halves = take(bytes)?;
    let mut added = Added {
        call: None,
        request: None,
    };
    if bit(halves, 0) {
        let class = texts.word(bytes, class)?;
        let stated_retries = u32::try_from(take(bytes)?).ok()?;
        let flags = take(bytes)?;
        added.call = Some(CallAdds {
            class,
            latency: None,
            request_bytes: 0,
            response_bytes: 0,
            stated_retries,
            spillover: bit(flags, 0),
            over_timeout: bit(flags, 1),
            contradicted: bit(flags, 2),
        });
    }
    if bit(halves, 1) {
        let class = texts.word(bytes, class)?;
        let money = take(bytes)?;
        let flags = take(bytes)?;
        let request = RequestAdds {
            class,
            usage: None,
            web_searches: 0,
            money: Money::Nothing,
            duration: None,
            total_mismatch: bit(flags, 1),
            external: maybe(flags, 2),
        };
        added.request = Some((request, money, bit(flags, 0)));
    }
    Some(added)
}

fn judged(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Judged> {
    let key = CellKey {
        feature: texts.take(bytes)?,
        endpoint: texts.take(bytes)?,
        provider: texts.take(bytes)?,
        model: texts.take(bytes)?,
        region: texts.take(bytes)?,
        verdict: texts.maybe(bytes, |word| one_of(&Verdict::ALL, Verdict::as_str, word))?,
        grade: texts.maybe(bytes, |word| one_of(&Grade::ALL, Grade::as_str, word))?,
    };
    let words = [texts.take(bytes)?, texts.take(bytes)?, texts.take(bytes)?];
    Some((key, words))
}

struct Tables<'a> {
    texts: Texts<'a>,
    tellers: Vec<Teller>,
    places: Vec<Place>,
    callers: Vec<Caller>,
    told: Vec<Told>,
    added: Vec<Added>,
    judged: Vec<Judged>,
    prints: Vec<u64>,
    /// What lines share, by the numbers of its parts.
    abouts: BTreeMap<[u64; 6], Arc<About>>,
}

fn read(mut plain: &[u8]) -> Option<Vec<Line>> {
    let bytes = &mut plain;
    let n = take(bytes)?;
    let texts = Texts(table(block(bytes)?, |bytes| {
        std::str::from_utf8(block(bytes)?).ok()
    })?);
    let mut tables = Tables {
        tellers: table(block(bytes)?, |bytes| teller(bytes, &texts))?,
        places: table(block(bytes)?, |bytes| place(bytes, &texts))?,
        callers: table(block(bytes)?, |bytes| caller(bytes, &texts))?,
        told: table(block(bytes)?, |bytes| told(bytes, &texts))?,
        added: table(block(bytes)?, |bytes| added(bytes, &texts))?,
        judged: table(block(bytes)?, |bytes| judged(bytes, &texts))?,
        prints: table(block(bytes)?, take_word64)?,
        texts,
        abouts: BTreeMap::new(),
    };
    let mut columns: [&[u8]; COLUMNS] = [&[]; COLUMNS];
    for column in &mut columns {
        *column = block(bytes)?;
    }
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..n {
        let line = tables.line(&mut columns, lines.last())?;
        lines.push(line);
    }
    (bytes.is_empty() && columns.iter().all(|column| column.is_empty())).then_some(lines)
}

impl Tables<'_> {
    fn line(&mut self, columns: &mut [&[u8]; COLUMNS], last: Option<&Line>) -> Option<Line> {
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
        ] = columns;
        let parts = [
            take(teller)?,
            take(place)?,
            take(path)?,
            take(caller)?,
            take(told)?,
            take(judged)?,
        ];
        let Added { mut call, request } = *nth(&self.added, take(added)?)?;
        let print = |bytes: &mut &[u8]| -> Option<Option<Fingerprint>> {
            match take_option(bytes)? {
                None => Some(None),
                Some(number) => Some(Some(Fingerprint(*nth(&self.prints, number)?))),
            }
        };
        let (user, conversation) = (print(user)?, print(conversation)?);
        if let Some(call) = &mut call {
            call.latency = take_option(latency)?.map(Millis);
            call.request_bytes = take(bytes)?;
            call.response_bytes = take(bytes)?;
        }
        let request = match request {
            None => None,
            Some((mut request, kind, told_usage)) => {
                request.duration = take_option(latency)?.map(Millis);
                request.usage = if told_usage {
                    Some(usage(tokens)?)
                } else {
                    None
                };
                request.web_searches = take(tokens)?;
                request.money = money_of(kind, money)?;
                Some(request)
            }
        };
        let before = last.map_or(0, |last| last.offset);
        Some(Line {
            at: UnixMillis(take_signed(at)?.wrapping_add(last.map_or(0, |last| last.at.0))),
            sequence: take_sequence(sequence, last.map_or("", |last| &last.sequence))?,
            id: take_word64(id)?,
            offset: before.wrapping_add(take_signed(offset)?.cast_unsigned()),
            call,
            request,
            user,
            conversation,
            about: self.about(parts)?,
        })
    }

    fn about(&mut self, parts: [u64; 6]) -> Option<Arc<About>> {
        if let Some(about) = self.abouts.get(&parts) {
            return Some(Arc::clone(about));
        }
        let [teller, place, path, caller, told, judged] = parts;
        let (source, topic, partition, format, teller, identity, config) =
            nth(&self.tellers, teller)?.clone();
        let (mut destination, evidence) = nth(&self.places, place)?.clone();
        destination.path = Text::from(*nth(&self.texts.0, path)?);
        let (who, user_group, credential) = nth(&self.callers, caller)?.clone();
        let (transport, usage) = nth(&self.told, told)?.clone();
        let (key, [price_row, rule, evidence_words]) = nth(&self.judged, judged)?.clone();
        let about = Arc::new(About {
            source,
            topic,
            partition,
            format,
            teller,
            identity,
            config,
            destination,
            evidence,
            who,
            user_group,
            credential,
            transport,
            usage,
            key,
            price_row,
            rule,
            evidence_words,
        });
        self.abouts.insert(parts, Arc::clone(&about));
        Some(about)
    }
}

fn usage(tokens: &mut &[u8]) -> Option<Usage> {
    Some(Usage {
        input: take(tokens)?,
        cache_read: take(tokens)?,
        cache_write_5m: take(tokens)?,
        cache_write_1h: take(tokens)?,
        output: take(tokens)?,
        reasoning: take(tokens)?,
    })
}

fn money_of(kind: u64, money: &mut &[u8]) -> Option<Money> {
    Some(match kind {
        0 => Money::Nothing,
        1 => Money::Exact(NanoUsd(take_signed(money)?)),
        2 => Money::Approximated(NanoUsd(take_signed(money)?)),
        3 => Money::Fixed,
        4 => Money::Unpriced,
        _ => return None,
    })
}

fn take_sequence(bytes: &mut &[u8], last: &str) -> Option<Text> {
    let shared = usize::try_from(take(bytes)?).ok()?;
    let mut text = last.as_bytes().get(..shared)?.to_vec();
    text.extend_from_slice(block(bytes)?);
    Text::from_utf8(text).ok()
}
