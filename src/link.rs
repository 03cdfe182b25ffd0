//! Which calls belong together: retries and fallbacks, as pairs, and what they cost.
//!
//! Knows no ledger and no clock: a pure function of a set of attempts, so late records only mean
//! that an hour is computed again. A newcomer may ask why calls and requests are never paired with
//! each other: the two halves of a `ServiceNow` call share no key, and guesswork is not evidence.

mod open;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::ids::Fingerprint;
use crate::units::{Text, UnixMillis};

use crate::varint::{put_signed, take_signed};
use open::Open;

/// How long after a failed call a call with the same key counts as its retry.
pub const RETRY_MS: i64 = 60_000;
/// How long after a failed call a call of the feature at another endpoint counts as its fallback.
pub const FALLBACK_MS: i64 = 30_000;

/// Which half of the facts an attempt stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Transport facts: a call.
    Call,
    /// Usage facts: a request.
    Request,
}

impl Group {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Group::Call => "call",
            Group::Request => "request",
        }
    }
}

/// How two attempts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The same feature asked the same endpoint again.
    Retry,
    /// The feature went to another endpoint after a failure.
    Fallback,
}

impl Kind {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Retry => "retry",
            Kind::Fallback => "fallback",
        }
    }
}

/// One call or request, as far as linking asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which half.
    pub group: Group,
    /// Feature.
    pub feature: Text,
    /// Endpoint.
    pub endpoint: Text,
    /// Conversation, where known.
    pub conversation: Option<Fingerprint>,
    /// Size of the content: request bytes of a call, input tokens of a request; 0 unknown.
    pub size: u64,
    /// When it began.
    pub at: UnixMillis,
    /// The producer's numbering within a millisecond.
    pub sequence: Text,
    /// Whether it failed.
    pub failed: bool,
    /// Identity key.
    pub id: u64,
    /// Tokens it used.
    pub tokens: i64,
    /// What it cost, in nano-dollars, where priced.
    pub cost_nanousd: i64,
}

/// Key of a link cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkKey {
    /// Which half of the facts.
    pub group: Group,
    /// Retry or fallback.
    pub kind: Kind,
    /// Feature.
    pub feature: Text,
    /// Endpoint of the failed attempt.
    pub from: Text,
    /// Endpoint of the attempt that followed.
    pub to: Text,
}

/// What the links of one key add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkTotals {
    /// Pairs.
    pub links: i64,
    /// Of them: the following attempt was answered.
    pub answered: i64,
    /// Tokens that the failed attempts used.
    pub lost_tokens: i64,
    /// Milliseconds from the start of the failed attempt to the start of the next.
    pub lost_ms: i64,
    /// Nano-dollars that the failed attempts cost.
    pub lost_nanousd: i64,
    /// Tokens that the following attempts used.
    pub spent_tokens: i64,
    /// Nano-dollars that the following attempts cost.
    pub spent_nanousd: i64,
}

impl LinkTotals {
    /// Names, in the order of [`LinkTotals::values`].
    pub const NAMES: [&'static str; 7] = [
        "links",
        "answered",
        "lost_tokens",
        "lost_ms",
        "lost_nanousd",
        "spent_tokens",
        "spent_nanousd",
    ];

    /// Every total, in the order of [`LinkTotals::NAMES`].
    #[must_use]
    pub fn values(&self) -> [i64; 7] {
        [
            self.links,
            self.answered,
            self.lost_tokens,
            self.lost_ms,
            self.lost_nanousd,
            self.spent_tokens,
            self.spent_nanousd,
        ]
    }

    /// The totals as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24);
        for value in self.values() {
            put_signed(&mut bytes, value);
        }
        bytes
    }

    /// Reads [`LinkTotals::encode`]; `None` when the bytes are not such totals.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<LinkTotals> {
        let bytes = &mut bytes;
        let totals = LinkTotals {
            links: take_signed(bytes)?,
            answered: take_signed(bytes)?,
            lost_tokens: take_signed(bytes)?,
            lost_ms: take_signed(bytes)?,
            lost_nanousd: take_signed(bytes)?,
            spent_tokens: take_signed(bytes)?,
            spent_nanousd: take_signed(bytes)?,
        };
        bytes.is_empty().then_some(totals)
    }

    /// Adds another's totals.
    pub fn add(&mut self, other: &LinkTotals) {
        self.links = self.links.saturating_add(other.links);
        self.answered = self.answered.saturating_add(other.answered);
        self.lost_tokens = self.lost_tokens.saturating_add(other.lost_tokens);
        self.lost_ms = self.lost_ms.saturating_add(other.lost_ms);
        self.lost_nanousd = self.lost_nanousd.saturating_add(other.lost_nanousd);
        self.spent_tokens = self.spent_tokens.saturating_add(other.spent_tokens);
        self.spent_nanousd = self.spent_nanousd.saturating_add(other.spent_nanousd);
    }

    fn count(&mut self, failed: &Attempt, next: &Attempt) {
        self.add(&LinkTotals {
            links: 1,
            answered: i64::from(!next.failed),
            lost_tokens: failed.tokens,
            lost_ms: next.at.0.saturating_sub(failed.at.0),
            lost_nanousd: failed.cost_nanousd,
            spent_tokens: next.tokens,
            spent_nanousd: next.cost_nanousd,
        });
    }
}

/// Pairs the attempts whose later half lies in `window`.
///
/// `attempts` must hold all of the window and of the [`RETRY_MS`] before it, in any order.
/// `fallbacks` names the registered fallback of an endpoint, which goes before any other. A failed
/// attempt is followed by at most one, and an attempt follows at most one: the latest.
#[must_use]
pub fn link(
    mut attempts: Vec<Attempt>,
    window: Range<UnixMillis>,
    fallbacks: &BTreeMap<Text, Text>,
) -> BTreeMap<LinkKey, LinkTotals> {
    attempts.sort_by(|a, b| {
        (a.at, &a.sequence, !a.failed, a.id, a.group).cmp(&(
            b.at,
            &b.sequence,
            !b.failed,
            b.id,
            b.group,
        ))
    });
    let mut fallback_of: BTreeMap<&Text, Vec<&Text>> = BTreeMap::new();
    for (from, to) in fallbacks.iter().filter(|(from, to)| from != to) {
        fallback_of.entry(to).or_default().push(from);
    }
    let mut cells: BTreeMap<LinkKey, LinkTotals> = BTreeMap::new();
    let mut open: BTreeMap<(Group, &Text), Open<'_>> = BTreeMap::new();
    for (place, next) in attempts.iter().enumerate() {
        let failures = open.entry((next.group, &next.feature)).or_default();
        let registered = fallback_of
            .get(&next.endpoint)
            .map_or(&[][..], Vec::as_slice);
        if let Some((failed, kind)) = failures.take_followed(next, registered)
            && window.contains(&next.at)
        {
            let key = LinkKey {
                group: next.group,
                kind,
                feature: next.feature.clone(),
                from: failed.endpoint.clone(),
                to: next.endpoint.clone(),
            };
            cells.entry(key).or_default().count(failed, next);
        }
        if next.failed {
            failures.add(place, next);
        }
    }
    cells
}

#[cfg(test)]
mod tests;
