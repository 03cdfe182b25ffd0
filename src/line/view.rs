//! The parts of a line as the encoder sees them, borrowed from an entry or from a decoded line.
//!
//! Knows no bytes. A newcomer may ask why a line is cut into seven parts: each part repeats far
//! more often than the whole, so each gets a table of its own.

use std::borrow::Cow;

use super::kind::Kind;
use super::{Kept, Line};
use crate::call::{
    Class, Evidence, Format, Operation, Origin as Who, Provider, Scope, Tier, Untold,
};
use crate::entry::{CallAdds, CellKey, Entry, LeftOut, Money, RequestAdds};
use crate::ids::{ConfigNumber, Fingerprint, Identity, IdentityKind};
use crate::units::{Text, UnixMillis, clean_name};

/// Where the record stands and who tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Teller<'a> {
    pub(super) source: &'a Text,
    pub(super) topic: &'a Text,
    pub(super) partition: i32,
    pub(super) format: Format,
    pub(super) name: &'a Text,
    pub(super) identity: IdentityKind,
    pub(super) config: ConfigNumber,
}

/// Where the call went, without its path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place<'a> {
    pub(super) provider: Option<&'a Provider>,
    pub(super) host: &'a Text,
    pub(super) port: Option<u16>,
    pub(super) deployment: &'a Text,
    pub(super) model: &'a Text,
    pub(super) scope: Option<Scope>,
    pub(super) operation: Operation,
    pub(super) evidence: &'a [Evidence],
}

/// Who made the call.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) who: &'a Who,
    pub(super) user_group: &'a Text,
    pub(super) credential: &'a Text,
    /// Whether the report told it; `None` where that is not known.
    pub(super) credential_told: Option<bool>,
}

impl<'a> Caller<'a> {
    /// Everything but user and conversation.
    pub(super) fn texts(&self) -> [&'a Text; 10] {
        let who = self.who;
        [
            &who.application,
            &who.skill,
            &who.definition,
            &who.scope,
            &who.source_table,
            &who.service,
            &who.caller,
            &who.credential,
            self.user_group,
            self.credential,
        ]
    }
}

impl PartialEq for Caller<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.texts() == other.texts()
            && self.who.tags == other.who.tags
            && self.credential_told == other.credential_told
    }
}

impl Eq for Caller<'_> {}

impl std::hash::Hash for Caller<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for text in self.texts() {
            text.hash(state);
        }
        self.who.tags.hash(state);
        self.credential_told.hash(state);
    }
}

/// Transport facts without numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Transported<'a> {
    pub(super) status: Option<u16>,
    pub(super) class: Option<Class>,
    pub(super) spillover_from: &'a Text,
}

/// Usage facts without numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Used<'a> {
    pub(super) model: &'a Text,
    pub(super) requested_model: &'a Text,
    pub(super) untold: Untold,
    pub(super) total_mismatch: bool,
    pub(super) audio: bool,
    pub(super) tier: Option<Tier>,
    pub(super) gateway_cache_hit: bool,
    pub(super) class: Option<Class>,
    pub(super) external: Option<bool>,
}

/// What the report told.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Told<'a> {
    pub(super) transport: Option<Transported<'a>>,
    pub(super) usage: Option<Used<'a>>,
    pub(super) left_out: LeftOut,
}

/// What the call added, without numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CallKind {
    pub(super) class: Class,
    pub(super) stated_retries: u32,
    pub(super) spillover: bool,
    pub(super) over_timeout: bool,
    pub(super) contradicted: bool,
}

/// What the request added, without numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RequestKind {
    pub(super) class: Class,
    /// The money without its amount, 0 to 4.
    pub(super) money: u8,
    pub(super) told_usage: bool,
    pub(super) total_mismatch: bool,
    pub(super) external: Option<bool>,
}

/// What was added.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Added {
    pub(super) call: Option<CallKind>,
    pub(super) request: Option<RequestKind>,
}

/// How it was judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Judged<'a> {
    pub(super) key: &'a CellKey,
    pub(super) price_row: &'a Text,
    pub(super) rule: &'a Text,
    pub(super) evidence_words: &'a Text,
}

/// What tells that two lines of a chunk share teller, place, path, caller and judgement.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Alike<'a> {
    /// The judge's word, see [`crate::entry::Entry::alike`].
    number: u64,
    part: u16,
    /// Where the key as booked lies: of two days one may have folded it.
    key: usize,
    identity: IdentityKind,
    user_group: &'a str,
    credential: &'a str,
    credential_told: bool,
    price_row: &'a str,
}

/// What is to be written.
#[derive(Clone, Copy)]
enum Of<'a> {
    Entry(Kept<'a>),
    Line(&'a Line),
}

/// A whole line. What many share is put together only when it is asked for.
pub(super) struct View<'a> {
    of: Of<'a>,
    pub(super) alike: Option<Alike<'a>>,
    /// Where the facts lie, for lines that may share them, and what of them was left out.
    pub(super) facts: Option<(usize, LeftOut)>,
    pub(super) added: Added,
    pub(super) at: UnixMillis,
    pub(super) sequence: &'a str,
    pub(super) id: u64,
    pub(super) identity: Cow<'a, str>,
    pub(super) offset: u64,
    pub(super) call: Option<&'a CallAdds>,
    pub(super) request: Option<&'a RequestAdds>,
    pub(super) user: Option<Fingerprint>,
    pub(super) conversation: Option<Fingerprint>,
}

fn added(call: Option<&CallAdds>, request: Option<&RequestAdds>) -> Added {
    Added {
        call: call.map(|call| CallKind {
            class: call.class,
            stated_retries: call.stated_retries,
            spillover: call.spillover,
            over_timeout: call.over_timeout,
            contradicted: call.contradicted,
        }),
        request: request.map(|request| RequestKind {
            class: request.class,
            money: match request.money {
                Money::Nothing => 0,
                Money::Exact(_) => 1,
                Money::Approximated(_) => 2,
                Money::Fixed => 3,
                Money::Unpriced => 4,
            },
            told_usage: request.usage.is_some(),
            total_mismatch: request.total_mismatch,
            external: request.external,
        }),
    }
}

fn told<'a>(
    transport: Option<&'a crate::call::Transport>,
    usage: Option<&'a crate::call::UsageReport>,
    left_out: LeftOut,
) -> Told<'a> {
    Told {
        transport: transport.map(|transport| Transported {
            status: transport.status,
            class: transport.class,
            spillover_from: &transport.spillover_from,
        }),
        usage: usage.map(|usage| Used {
            model: &usage.model,
            requested_model: &usage.requested_model,
            untold: usage.untold,
            total_mismatch: usage.total_mismatch,
            audio: usage.audio,
            tier: usage.tier,
            gateway_cache_hit: usage.gateway_cache_hit,
            class: usage.class,
            external: usage.external,
        }),
        left_out,
    }
}

/// An identity that long fits a name with the word for its kind.
const PLAIN_MAX: usize = 64;

/// What evidence will show of an identity, without the word for its kind: as told where that is
/// short and plain.
pub(super) fn shown(identity: &Identity) -> Cow<'_, str> {
    let value = &identity.value;
    // Nearly all: not worth building a text for.
    let graphic = |plain: bool, byte: u8| plain & byte.is_ascii_graphic();
    if value.len() <= PLAIN_MAX && value.bytes().fold(true, graphic) {
        return Cow::Borrowed(value);
    }
    let kind = identity.kind.as_str();
    let whole = clean_name(&format!("{kind}:{}", identity.value));
    let shown = whole.get(kind.len().saturating_add(1)..);
    match shown {
        Some(shown) if shown != identity.value => Cow::Owned(shown.to_owned()),
        Some(_) | None => Cow::Borrowed(&identity.value),
    }
}

/// So many entries are looked at before the first of them is viewed.
const TOUCHED: usize = 16;

/// Looks at each part of an entry, so that it is on its way from memory when it is viewed. By time
/// entries lie here and there: one after the other they are waited for longer than they take to write.
fn touch(entry: &Entry) {
    let lengths = [&entry.sequence, &entry.credential, &entry.price_row].map(Text::len);
    std::hint::black_box((
        entry.identity.value.as_bytes().first().copied(),
        lengths,
        (entry.call.is_some(), entry.request.is_some()),
        (entry.user, entry.conversation, entry.offset),
    ));
}

impl<'a> View<'a> {
    /// Views of entries in the order of time.
    pub(super) fn of_entries(
        sorted: &'a [(UnixMillis, &'a Kept<'a>)],
    ) -> impl Iterator<Item = View<'a>> {
        sorted.chunks(TOUCHED).flat_map(|some| {
            for (_, one) in some {
                touch(one.entry);
            }
            some.iter().map(|(_, one)| View::of_entry(one))
        })
    }

    fn of_entry(kept: &Kept<'a>) -> View<'a> {
        let entry = kept.entry;
        View {
            of: Of::Entry(*kept),
            facts: Some((std::ptr::from_ref(&*entry.facts).addr(), entry.left_out)),
            alike: entry.alike.map(|number| Alike {
                number,
                part: entry.part,
                key: std::ptr::from_ref(kept.key).addr(),
                identity: entry.identity.kind,
                user_group: &entry.user_group,
                credential: &entry.credential,
                credential_told: entry.credential_told,
                price_row: &entry.price_row,
            }),
            added: added(entry.call.as_ref(), entry.request.as_ref()),
            at: entry.at,
            sequence: &entry.sequence,
            id: kept.id,
            identity: match entry.call {
                Some(_) => shown(&entry.identity),
                None => Cow::Borrowed(""),
            },
            offset: entry.offset,
            call: entry.call.as_ref(),
            request: entry.request.as_ref(),
            user: entry.user,
            conversation: entry.conversation,
        }
    }

    pub(super) fn of_line(line: &'a Line) -> View<'a> {
        View {
            of: Of::Line(line),
            facts: None,
            alike: None,
            added: added(line.call.as_ref(), line.request.as_ref()),
            at: line.at,
            sequence: &line.sequence,
            id: line.id,
            identity: Cow::Borrowed(&line.identity),
            offset: line.offset,
            call: line.call.as_ref(),
            request: line.request.as_ref(),
            user: line.user,
            conversation: line.conversation,
        }
    }

    /// What it shares with those that are alike.
    pub(super) fn kind(&self) -> Kind<'a> {
        match self.of {
            Of::Entry(kept) => Kind::of_entry(kept),
            Of::Line(line) => Kind::of_line(line),
        }
    }

    /// What was told.
    pub(super) fn told(&self) -> Told<'a> {
        match self.of {
            Of::Entry(kept) => {
                let facts = &*kept.entry.facts;
                told(
                    facts.transport.as_ref(),
                    facts.usage.as_ref(),
                    kept.entry.left_out,
                )
            }
            Of::Line(line) => {
                let about = &*line.about;
                told(
                    about.transport.as_ref(),
                    about.usage.as_ref(),
                    about.left_out,
                )
            }
        }
    }
}
