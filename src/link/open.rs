//! Failed attempts of one feature that nothing has followed yet, found by what may follow them.
//!
//! Knows no totals. A newcomer may ask why four ways to find one attempt: in a storm of refusals
//! thousands are open at once, and each further attempt asks for the latest that fits it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attempt, FALLBACK_MS, Kind, RETRY_MS};
use crate::ids::Fingerprint;
use crate::units::Text;

/// What tells that two attempts carry the same content: the conversation, else the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    Conversation(Fingerprint),
    Size(u64),
}

impl Content {
    /// `None` when an attempt tells neither.
    fn of(attempt: &Attempt) -> Option<Content> {
        match attempt.conversation {
            Some(conversation) => Some(Content::Conversation(conversation)),
            None => (attempt.size > 0).then_some(Content::Size(attempt.size)),
        }
    }
}

/// Places of open attempts by endpoint, and the latest place of each endpoint.
#[derive(Default)]
struct Lane<'a> {
    by_endpoint: BTreeMap<&'a Text, BTreeSet<usize>>,
    latest: BTreeSet<(usize, &'a Text)>,
}

impl<'a> Lane<'a> {
    /// Puts a place later than all before it in.
    fn add(&mut self, place: usize, endpoint: &'a Text) {
        let places = self.by_endpoint.entry(endpoint).or_default();
        if let Some(last) = places.last() {
            self.latest.remove(&(*last, endpoint));
        }
        places.insert(place);
        self.latest.insert((place, endpoint));
    }

    fn remove(&mut self, place: usize, endpoint: &Text) {
        let Some((endpoint, mut places)) = self.by_endpoint.remove_entry(endpoint) else {
            return;
        };
        let last = places.last().copied();
        places.remove(&place);
        if last == Some(place) {
            self.latest.remove(&(place, endpoint));
            if let Some(before) = places.last() {
                self.latest.insert((*before, endpoint));
            }
        }
        if !places.is_empty() {
            self.by_endpoint.insert(endpoint, places);
        }
    }

    fn latest_at(&self, endpoint: &Text) -> Option<usize> {
        self.by_endpoint.get(endpoint)?.last().copied()
    }

    fn latest_elsewhere(&self, endpoint: &Text) -> Option<usize> {
        // Each endpoint stands here once, so the second answers when the first does not.
        let mut latest = self.latest.iter().rev();
        latest
            .find(|(_, other)| *other != endpoint)
            .map(|(place, _)| *place)
    }
}

/// The open attempts of one feature and group.
#[derive(Default)]
pub(super) struct Open<'a> {
    attempts: BTreeMap<usize, &'a Attempt>,
    /// The content first: it tells two attempts apart sooner than the endpoint.
    by_content: BTreeMap<(Content, &'a Text), BTreeSet<usize>>,
    all: Lane<'a>,
    by_conversation: BTreeMap<Option<Fingerprint>, Lane<'a>>,
}

impl<'a> Open<'a> {
    /// Adds a failed attempt; `place` is its number in the order of all.
    pub(super) fn add(&mut self, place: usize, failed: &'a Attempt) {
        self.attempts.insert(place, failed);
        if let Some(content) = Content::of(failed) {
            let places = self.by_content.entry((content, &failed.endpoint));
            places.or_default().insert(place);
        }
        self.all.add(place, &failed.endpoint);
        let lane = self.by_conversation.entry(failed.conversation);
        lane.or_default().add(place, &failed.endpoint);
    }

    /// Takes out the failed attempt that `next` follows: a retry before a fallback, the registered
    /// fallback before any other, the latest of equals. `fallback_of` names the endpoints whose
    /// registered fallback is that of `next`.
    pub(super) fn take_followed(
        &mut self,
        next: &Attempt,
        fallback_of: &[&Text],
    ) -> Option<(&'a Attempt, Kind)> {
        let (place, kind) = match self.retried(next) {
            Some(place) => (place, Kind::Retry),
            None => (self.fallen_back(next, fallback_of)?, Kind::Fallback),
        };
        let failed = self.attempts.remove(&place)?;
        if let Some(content) = Content::of(failed)
            && let Some(places) = self.by_content.get_mut(&(content, &failed.endpoint))
        {
            places.remove(&place);
        }
        self.all.remove(place, &failed.endpoint);
        if let Some(lane) = self.by_conversation.get_mut(&failed.conversation) {
            lane.remove(place, &failed.endpoint);
        }
        Some((failed, kind))
    }

    fn retried(&self, next: &Attempt) -> Option<usize> {
        let places = self.by_content.get(&(Content::of(next)?, &next.endpoint))?;
        let place = *places.last()?;
        self.within(place, next, RETRY_MS).then_some(place)
    }

    fn fallen_back(&self, next: &Attempt, fallback_of: &[&Text]) -> Option<usize> {
        // Where both tell a conversation it must be the same.
        let lanes = match next.conversation {
            None => [Some(&self.all), None],
            own @ Some(_) => [
                self.by_conversation.get(&own),
                self.by_conversation.get(&None),
            ],
        };
        let lanes = || lanes.into_iter().flatten();
        let soon = |place: &usize| self.within(*place, next, FALLBACK_MS);
        let registered = lanes()
            .flat_map(|lane| fallback_of.iter().filter_map(|from| lane.latest_at(from)))
            .max()
            .filter(soon);
        registered.or_else(|| {
            lanes()
                .filter_map(|lane| lane.latest_elsewhere(&next.endpoint))
                .max()
                .filter(soon)
        })
    }

    fn within(&self, place: usize, next: &Attempt, reach_ms: i64) -> bool {
        self.attempts
            .get(&place)
            .is_some_and(|failed| next.at.0.saturating_sub(failed.at.0) <= reach_ms)
    }
}
