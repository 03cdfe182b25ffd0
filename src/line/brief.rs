//! Reads of a chunk's lines what adding up and linking ask, and nothing else.
//!
//! Knows no file. A newcomer may ask why beside the reader of whole lines: columns that nobody asks
//! for need not be walked through, and linking reads every line of the books twice.

use super::BadChunk;
use super::parts::{Added, Judged, added, block, judged, nth, table, take_option, take_word64};
use super::read::{self, Glance, Wanted};
use crate::call::Usage;
use crate::entry::CellKey;
use crate::ids::Fingerprint;
use crate::money::NanoUsd;
use crate::units::UnixMillis;
use crate::varint::{take, take_signed};

/// What a line adds up to, and what its order and its content are told by.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// When it began, its feature, and what became of its halves.
    pub glance: Glance<'a>,
    /// Its cell.
    pub key: &'a CellKey,
    /// Order among calls of one millisecond.
    pub sequence: &'a str,
    /// The identity's key in the books.
    pub id: u64,
    /// Keyed fingerprint of the conversation.
    pub conversation: Option<Fingerprint>,
    /// Bytes that the call asked with; 0 unknown, or no call.
    pub request_bytes: u64,
    /// Tokens of the request.
    pub usage: Option<Usage>,
    /// What the request cost, where it has a price.
    pub cost: Option<NanoUsd>,
}

/// Takes a line's brief.
pub type TakeBrief<'a, E> = dyn FnMut(&Brief<'_>) -> Result<(), E> + 'a;

/// The lines of a chunk that are wanted, in its order. Of a chunk of which none is wanted three columns
/// are read, and what is damaged elsewhere in it stays unseen.
///
/// # Errors
/// [`BadChunk`] when the bytes are no such chunk; and what `visit` returns.
pub fn briefs<E: From<BadChunk>>(
    chunk: &[u8],
    wanted: &mut Wanted<'_>,
    visit: &mut TakeBrief<'_, E>,
) -> Result<(), E> {
    let (plain, version) = read::unpack(chunk).ok_or(BadChunk)?;
    let mut reader = Reader::of(&plain, version).ok_or(BadChunk)?;
    let seen = reader.glances(wanted).ok_or(BadChunk)?;
    if !seen.iter().any(|seen| seen.wanted) {
        return Ok(());
    }
    let mut sequence = Vec::new();
    for seen in &seen {
        let figures = reader.figures(seen, &mut sequence).ok_or(BadChunk)?;
        if seen.wanted {
            visit(&reader.brief(seen, &figures, &sequence).ok_or(BadChunk)?)?;
        }
    }
    reader.is_at_its_end().then_some(()).ok_or(BadChunk.into())
}

/// What the first columns tell of a line.
struct Seen {
    at: UnixMillis,
    /// Number of what it added.
    added: u64,
    /// Number of its judgement.
    judged: u64,
    wanted: bool,
}

/// What the further ones tell.
#[derive(Default)]
struct Figures {
    id: u64,
    conversation: Option<Fingerprint>,
    request_bytes: u64,
    usage: Option<Usage>,
    cost: Option<NanoUsd>,
}

/// The columns that are read, each from where it was read to.
struct Columns<'a> {
    added: &'a [u8],
    judged: &'a [u8],
    at: &'a [u8],
    sequence: &'a [u8],
    id: &'a [u8],
    conversation: &'a [u8],
    bytes: &'a [u8],
    tokens: &'a [u8],
    money: &'a [u8],
}

struct Reader<'a> {
    lines: u64,
    added: Vec<Added>,
    judged: Vec<Judged>,
    prints: Vec<u64>,
    columns: Columns<'a>,
}

impl<'a> Reader<'a> {
    /// A reader of plain bytes.
    fn of(mut plain: &'a [u8], version: u8) -> Option<Reader<'a>> {
        let bytes = &mut plain;
        let lines = take(bytes)?;
        let texts = read::take_texts(bytes)?;
        let [_tellers, _places, _callers, _told] =
            [block(bytes)?, block(bytes)?, block(bytes)?, block(bytes)?];
        let added = table(block(bytes)?, |bytes| added(bytes, &texts))?;
        let judged = table(block(bytes)?, |bytes| judged(bytes, &texts))?;
        let prints = table(block(bytes)?, take_word64)?;
        let [
            _teller,
            _place,
            _path,
            _caller,
            _told,
            added_column,
            judged_column,
            at,
            sequence,
            id,
            _offset,
            _user,
            conversation,
            _latency,
            in_bytes,
            tokens,
            money,
            _identity,
        ] = read::take_columns(bytes, version)?;
        bytes.is_empty().then_some(Reader {
            lines,
            added,
            judged,
            prints,
            columns: Columns {
                added: added_column,
                judged: judged_column,
                at,
                sequence,
                id,
                conversation,
                bytes: in_bytes,
                tokens,
                money,
            },
        })
    }

    /// Looks at every line.
    fn glances(&mut self, wanted: &mut Wanted<'_>) -> Option<Vec<Seen>> {
        let columns = &mut self.columns;
        let mut seen = Vec::new();
        let mut at = 0_i64;
        for _ in 0..self.lines {
            at = at.wrapping_add(take_signed(&mut columns.at)?);
            let mut one = Seen {
                at: UnixMillis(at),
                added: take(&mut columns.added)?,
                judged: take(&mut columns.judged)?,
                wanted: false,
            };
            one.wanted = wanted(&one.glance(&self.added, &self.judged)?);
            seen.push(one);
        }
        let read = [columns.at, columns.added, columns.judged];
        read.iter().all(|column| column.is_empty()).then_some(seen)
    }

    /// Reads the next line's figures.
    fn figures(&mut self, seen: &Seen, sequence: &mut Vec<u8>) -> Option<Figures> {
        let (columns, added) = (&mut self.columns, nth(&self.added, seen.added)?);
        read::take_sequence(&mut columns.sequence, sequence)?;
        let mut figures = Figures {
            id: take_word64(&mut columns.id)?,
            ..Figures::default()
        };
        if let Some(number) = take_option(&mut columns.conversation)? {
            figures.conversation = Some(Fingerprint(*nth(&self.prints, number)?));
        }
        if added.call.is_some() {
            figures.request_bytes = take(&mut columns.bytes)?;
            take(&mut columns.bytes)?;
        }
        if let Some(told) = added.request {
            let request = read::request_of(told, &mut columns.tokens, &mut columns.money)?;
            (figures.usage, figures.cost) = (request.usage, request.money.amount());
        }
        Some(figures)
    }

    fn brief<'b>(
        &'b self,
        seen: &Seen,
        figures: &Figures,
        sequence: &'b [u8],
    ) -> Option<Brief<'b>> {
        Some(Brief {
            glance: seen.glance(&self.added, &self.judged)?,
            key: &nth(&self.judged, seen.judged)?.0,
            sequence: std::str::from_utf8(sequence).ok()?,
            id: figures.id,
            conversation: figures.conversation,
            request_bytes: figures.request_bytes,
            usage: figures.usage,
            cost: figures.cost,
        })
    }

    fn is_at_its_end(&self) -> bool {
        let Columns {
            sequence,
            id,
            conversation,
            bytes,
            tokens,
            money,
            ..
        } = self.columns;
        let read = [sequence, id, conversation, bytes, tokens, money];
        read.iter().all(|column| column.is_empty())
    }
}

impl Seen {
    fn glance<'a>(&self, added: &[Added], judged: &'a [Judged]) -> Option<Glance<'a>> {
        let added = nth(added, self.added)?;
        Some(Glance {
            at: self.at,
            feature: &nth(judged, self.judged)?.0.feature,
            call: added.call.map(|call| call.class),
            request: added.request.map(|(request, ..)| request.class),
        })
    }
}
