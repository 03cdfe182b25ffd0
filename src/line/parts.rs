//! Reads the parts that lines share out of a chunk's tables.
//!
//! Knows no column. A newcomer may ask why enums are stored by their words: a word cannot change
//! its meaning when a list grows in the middle.

#![expect(
    clippy::option_option,
    reason = "the outer one is damage, the inner one a fact that is absent"
)]

use super::FIRST;
use crate::call::{
    Class, Destination, Evidence, EvidenceKind, Format, Operation, Origin as Who, Provider, Scope,
    Tier, Transport, Untold, UsageReport,
};
use crate::entry::{CallAdds, CellKey, LeftOut, Money, RequestAdds};
use crate::ids::{ConfigNumber, IdentityKind};
use crate::residency::{Grade, Verdict};
use crate::units::Text;
use crate::varint::{take, take_signed};

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

/// A block with its length in front.
pub(super) fn block<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (block, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(block)
}

pub(super) fn take_option(bytes: &mut &[u8]) -> Option<Option<u64>> {
    Some(take(bytes)?.checked_sub(1))
}

pub(super) fn take_word64(bytes: &mut &[u8]) -> Option<u64> {
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

pub(super) fn nth<T>(things: &[T], number: u64) -> Option<&T> {
    things.get(usize::try_from(number).ok()?)
}

/// Reads things until the block ends.
pub(super) fn table<'a, T>(
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
pub(super) struct Texts<'a>(pub(super) Vec<&'a str>);

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

pub(super) type Teller = (Text, Text, i32, Format, Text, IdentityKind, ConfigNumber);
pub(super) type Place = (Destination, Vec<Evidence>);
pub(super) type Caller = (Who, Text, Text, Option<bool>);
pub(super) type Told = (Option<Transport>, Option<UsageReport>, LeftOut);
pub(super) type Judged = (CellKey, [Text; 3]);

/// What was added, without numbers.
#[derive(Clone, Copy)]
pub(super) struct Added {
    pub(super) call: Option<CallAdds>,
    /// With the money's kind and whether usage was told.
    pub(super) request: Option<(RequestAdds, u64, bool)>,
}

pub(super) fn teller(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Teller> {
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

pub(super) fn place(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Place> {
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

pub(super) fn caller(bytes: &mut &[u8], texts: &Texts<'_>, version: u8) -> Option<Caller> {
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
    let credential_told = match version {
        FIRST => None,
        _ => take_option(bytes)?.map(|told| told == 1),
    };
    Some((who, user_group, credential, credential_told))
}

pub(super) fn told(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Told> {
    let halves = take(bytes)?;
    let left_out = LeftOut {
        transport: bit(halves, 2),
        usage: bit(halves, 3),
    };
    let mut told: Told = (None, None, left_out);
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

pub(super) fn added(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Added> {
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

pub(super) fn judged(bytes: &mut &[u8], texts: &Texts<'_>) -> Option<Judged> {
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
