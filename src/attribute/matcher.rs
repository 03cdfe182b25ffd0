//! Which calls a feature claims.
//!
//! Knows no feature. A newcomer may ask why more kinds beat fewer: whoever names scope and caller
//! means something narrower than whoever names the scope alone, wherever the two stand in the
//! file.

use std::collections::BTreeMap;

use crate::call::Origin;
use crate::units::{Text, clean_name};

use super::endpoint::EndpointId;
use super::skills::plain;

/// What a matcher looks at, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Skill by name or id.
    Skill,
    /// Capability definition by name or id.
    Definition,
    /// One of the request's tags.
    Tag,
    /// Source table.
    SourceTable,
    /// Application scope.
    Scope,
    /// Service name.
    Service,
    /// Caller.
    Caller,
    /// Application as told.
    Application,
    /// Registered endpoint.
    Endpoint,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Kind; 9] = [
        Kind::Skill,
        Kind::Definition,
        Kind::Tag,
        Kind::SourceTable,
        Kind::Scope,
        Kind::Service,
        Kind::Caller,
        Kind::Application,
        Kind::Endpoint,
    ];

    /// The key in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Skill => "skill",
            Kind::Definition => "definition",
            Kind::Tag => "tag",
            Kind::SourceTable => "source_table",
            Kind::Scope => "scope",
            Kind::Service => "service",
            Kind::Caller => "caller",
            Kind::Application => "application",
            Kind::Endpoint => "endpoint",
        }
    }

    /// Whether names of this kind are compared without case, blanks and punctuation.
    fn is_spelt_freely(self) -> bool {
        matches!(self, Kind::Skill | Kind::Definition)
    }
}

/// Which calls a feature claims: one value of every kind given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    texts: BTreeMap<Kind, Vec<Text>>,
    endpoints: Vec<EndpointId>,
}

impl Matcher {
    /// Adds a value of a kind other than [`Kind::Endpoint`].
    pub fn add(&mut self, kind: Kind, value: &str) {
        let value = if kind.is_spelt_freely() {
            plain(value)
        } else {
            clean_name(value)
        };
        self.texts.entry(kind).or_default().push(value);
    }

    /// Adds an endpoint.
    pub fn add_endpoint(&mut self, endpoint: EndpointId) {
        self.endpoints.push(endpoint);
    }

    /// Whether it has no kind at all, and so claims nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.endpoints.is_empty()
    }

    /// The kinds given, the most telling first.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.texts.keys().copied().collect();
        if !self.endpoints.is_empty() {
            kinds.push(Kind::Endpoint);
        }
        kinds
    }

    /// How particular it is: more kinds first, then the more telling ones.
    pub(super) fn rank(&self) -> (usize, u32) {
        let kinds = self.kinds();
        let weight = |kind: &Kind| {
            let place = Kind::ALL.iter().position(|other| other == kind);
            let place = u32::try_from(place.unwrap_or(0)).unwrap_or(0);
            1_u32.checked_shl(8_u32.saturating_sub(place)).unwrap_or(0)
        };
        (kinds.len(), kinds.iter().map(weight).sum())
    }

    /// Whether some call could be claimed by both with equal right: the same kinds, and a common
    /// value of each.
    #[must_use]
    pub fn clashes(&self, other: &Matcher) -> bool {
        let common = |kind: &Kind| {
            let (Some(left), Some(right)) = (self.texts.get(kind), other.texts.get(kind)) else {
                return false;
            };
            left.iter().any(|value| right.contains(value))
        };
        !self.is_empty()
            && self.kinds() == other.kinds()
            && self.texts.keys().all(common)
            && (self.endpoints.is_empty()
                || self.endpoints.iter().any(|id| other.endpoints.contains(id)))
    }

    pub(super) fn claims(&self, told: &Told<'_>, endpoint: Option<EndpointId>) -> bool {
        let here = self.endpoints.is_empty()
            || endpoint.is_some_and(|endpoint| self.endpoints.contains(&endpoint));
        here && self
            .texts
            .iter()
            .all(|(kind, values)| told.has(*kind, values))
    }
}

/// What a call's origin tells, with the freely spelt names made plain once.
/// Where a names file has words for its ids, both the ids and the words are told.
pub(super) struct Told<'a> {
    origin: &'a Origin,
    worded: Option<&'a Origin>,
    skills: [Text; 2],
    definitions: [Text; 2],
}

impl<'a> Told<'a> {
    pub(super) fn new(origin: &'a Origin, worded: Option<&'a Origin>) -> Told<'a> {
        let words = worded.unwrap_or(origin);
        Told {
            origin,
            worded,
            skills: [&origin.skill, &words.skill].map(|name| plain(name)),
            definitions: [&origin.definition, &words.definition].map(|name| plain(name)),
        }
    }

    fn has(&self, kind: Kind, values: &[Text]) -> bool {
        let one = |told: &Text| !told.is_empty() && values.contains(told);
        match kind {
            Kind::Skill => self.skills.iter().any(one),
            Kind::Definition => self.definitions.iter().any(one),
            Kind::Tag => self.origin.tags.iter().any(one),
            Kind::SourceTable => one(&self.origin.source_table),
            Kind::Scope => {
                one(&self.origin.scope) || self.worded.is_some_and(|words| one(&words.scope))
            }
            Kind::Service => one(&self.origin.service),
            Kind::Caller => one(&self.origin.caller),
            Kind::Application => one(&self.origin.application),
            Kind::Endpoint => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_claims_clash() {
        let matcher = |pairs: &[(Kind, &str)]| {
            let mut matcher = Matcher::default();
            for (kind, value) in pairs {
                matcher.add(*kind, value);
            }
            matcher
        };
        let one = matcher(&[(Kind::Scope, "s"), (Kind::Skill, "x")]);
        assert!(one.clashes(&matcher(&[
            (Kind::Skill, "X"),
            (Kind::Scope, "s"),
            (Kind::Scope, "t")
        ])));
        assert!(!one.clashes(&matcher(&[(Kind::Scope, "s")])));
        assert!(!one.clashes(&matcher(&[(Kind::Scope, "t"), (Kind::Skill, "x")])));
    }
}
