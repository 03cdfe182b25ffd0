//! Reads a chunk of lines back.
//!
//! Knows no file. A newcomer may ask why every number is checked: a damaged chunk must end as an
//! error, never as a panic or as another call.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::parts::{
    Added, Caller, Judged, Place, Teller, Texts, Told, added, block, caller, judged, nth, place,
    table, take_option, take_word64, teller, told,
};
use super::{About, BadChunk, COLUMNS, FIRST, Line, PLAIN, VERSION, ZSTD};
use crate::call::{Class, Usage};
use crate::entry::{Money, RequestAdds};
use crate::ids::Fingerprint;
use crate::money::NanoUsd;
use crate::units::{Millis, Text, UnixMillis};
use crate::varint::{take, take_signed};

/// Most bytes that a chunk may claim to unpack to.
const PLAIN_MAX_BYTES: u64 = 1 << 30;

/// What is seen of a line before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// When the call began.
    pub at: UnixMillis,
    /// The feature of its cell.
    pub feature: &'a Text,
    /// What became of the call, where it added one.
    pub call: Option<Class>,
    /// What became of the request, where it added one.
    pub request: Option<Class>,
}

/// Which lines are to be made.
pub type Wanted<'a> = dyn FnMut(&Glance<'_>) -> bool + 'a;

/// The lines of a chunk, by time, sequence and id.
///
/// # Errors
/// [`BadChunk`] when the bytes are no such chunk.
pub fn decode(chunk: &[u8]) -> Result<Vec<Line>, BadChunk> {
    decode_where(chunk, &mut |_| true)
}

/// Of the lines of a chunk those that are wanted: the others cost a fifth.
///
/// # Errors
/// As [`decode`].
pub fn decode_where(chunk: &[u8], wanted: &mut Wanted<'_>) -> Result<Vec<Line>, BadChunk> {
    let (plain, version) = unpack(chunk).ok_or(BadChunk)?;
    read(&plain, version, wanted).ok_or(BadChunk)
}

/// A chunk's plain bytes, and the version of their layout.
pub(super) fn unpack(chunk: &[u8]) -> Option<(Cow<'_, [u8]>, u8)> {
    match chunk {
        [version @ (FIRST | VERSION), PLAIN, plain @ ..] => Some((Cow::Borrowed(plain), *version)),
        [version @ (FIRST | VERSION), ZSTD, rest @ ..] => {
            let mut rest = rest;
            let length = take(&mut rest).filter(|length| *length <= PLAIN_MAX_BYTES)?;
            let plain = zstd::bulk::decompress(rest, usize::try_from(length).ok()?);
            Some((Cow::Owned(plain.ok()?), *version))
        }
        _ => None,
    }
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

/// What the columns of a line are told by: those of the line before.
#[derive(Default)]
struct Before {
    at: i64,
    offset: u64,
    sequence: Vec<u8>,
}

/// The texts, which stand first.
pub(super) fn take_texts<'a>(bytes: &mut &'a [u8]) -> Option<Texts<'a>> {
    let text = |bytes: &mut &'a [u8]| std::str::from_utf8(block(bytes)?).ok();
    Some(Texts(table(block(bytes)?, text)?))
}

/// The columns, which stand behind the tables; blank for one that the version has not.
pub(super) fn take_columns<'a>(bytes: &mut &'a [u8], version: u8) -> Option<[&'a [u8]; COLUMNS]> {
    let mut columns: [&[u8]; COLUMNS] = [&[]; COLUMNS];
    let without_identities = usize::from(version == FIRST);
    for column in columns.iter_mut().take(COLUMNS - without_identities) {
        *column = block(bytes)?;
    }
    Some(columns)
}

fn read(mut plain: &[u8], version: u8, wanted: &mut Wanted<'_>) -> Option<Vec<Line>> {
    let bytes = &mut plain;
    let n = take(bytes)?;
    let texts = take_texts(bytes)?;
    let mut tables = Tables {
        tellers: table(block(bytes)?, |bytes| teller(bytes, &texts))?,
        places: table(block(bytes)?, |bytes| place(bytes, &texts))?,
        callers: table(block(bytes)?, |bytes| caller(bytes, &texts, version))?,
        told: table(block(bytes)?, |bytes| told(bytes, &texts))?,
        added: table(block(bytes)?, |bytes| added(bytes, &texts))?,
        judged: table(block(bytes)?, |bytes| judged(bytes, &texts))?,
        prints: table(block(bytes)?, take_word64)?,
        texts,
        abouts: BTreeMap::new(),
    };
    let mut columns = take_columns(bytes, version)?;
    let mut lines: Vec<Line> = Vec::new();
    let mut before = Before::default();
    for _ in 0..n {
        lines.extend(tables.line(&mut columns, version, &mut before, wanted)?);
    }
    (bytes.is_empty() && columns.iter().all(|column| column.is_empty())).then_some(lines)
}

impl Tables<'_> {
    #[expect(
        clippy::option_option,
        reason = "the outer one is damage, the inner one a line that is not wanted"
    )]
    fn line(
        &mut self,
        columns: &mut [&[u8]; COLUMNS],
        version: u8,
        before: &mut Before,
        wanted: &mut Wanted<'_>,
    ) -> Option<Option<Line>> {
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
        let (user, conversation) = (self.print(user)?, self.print(conversation)?);
        let identity = match (version, &call) {
            (VERSION, Some(_)) => block(identity)?,
            (_, Some(_) | None) => &[],
        };
        if let Some(call) = &mut call {
            call.latency = take_option(latency)?.map(Millis);
            call.request_bytes = take(bytes)?;
            call.response_bytes = take(bytes)?;
        }
        let request = match request {
            None => None,
            Some(told) => Some(request_with_duration(told, latency, tokens, money)?),
        };
        before.at = before.at.wrapping_add(take_signed(at)?);
        let further = take_signed(offset)?.cast_unsigned();
        before.offset = before.offset.wrapping_add(further);
        take_sequence(sequence, &mut before.sequence)?;
        let id = take_word64(id)?;
        let [.., judged] = parts;
        let glance = Glance {
            at: UnixMillis(before.at),
            feature: &nth(&self.judged, judged)?.0.feature,
            call: call.map(|call| call.class),
            request: request.map(|request| request.class),
        };
        if !wanted(&glance) {
            return Some(None);
        }
        Some(Some(Line {
            at: UnixMillis(before.at),
            sequence: Text::from_utf8(&before.sequence).ok()?,
            id,
            identity: Text::from_utf8(identity).ok()?,
            offset: before.offset,
            call,
            request,
            user,
            conversation,
            about: self.about(parts)?,
        }))
    }

    #[expect(
        clippy::option_option,
        reason = "the outer one is damage, the inner one a fact that is absent"
    )]
    fn print(&self, bytes: &mut &[u8]) -> Option<Option<Fingerprint>> {
        match take_option(bytes)? {
            None => Some(None),
            Some(number) => Some(Some(Fingerprint(*nth(&self.prints, number)?))),
        }
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
        let (who, user_group, credential, credential_told) = nth(&self.callers, caller)?.clone();
        let (transport, usage, left_out) = nth(&self.told, told)?.clone();
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
            credential_told,
            left_out,
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

/// What is told of a request without its numbers: the money's kind, and whether usage was told.
type Numberless = (RequestAdds, u64, bool);

/// A request as it was added, with its numbers.
fn request_with_duration(
    told: Numberless,
    latency: &mut &[u8],
    tokens: &mut &[u8],
    money: &mut &[u8],
) -> Option<RequestAdds> {
    Some(RequestAdds {
        duration: take_option(latency)?.map(Millis),
        ..request_of(told, tokens, money)?
    })
}

/// A request as it was added, with its numbers but for its duration.
pub(super) fn request_of(
    (mut request, kind, told_usage): Numberless,
    tokens: &mut &[u8],
    money: &mut &[u8],
) -> Option<RequestAdds> {
    request.usage = if told_usage {
        Some(usage(tokens)?)
    } else {
        None
    };
    request.web_searches = take(tokens)?;
    request.money = money_of(kind, money)?;
    Some(request)
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

/// Turns the sequence of the line before into the next.
pub(super) fn take_sequence(bytes: &mut &[u8], sequence: &mut Vec<u8>) -> Option<()> {
    let shared = usize::try_from(take(bytes)?).ok()?;
    if shared > sequence.len() {
        return None;
    }
    sequence.truncate(shared);
    sequence.extend_from_slice(block(bytes)?);
    Some(())
}
