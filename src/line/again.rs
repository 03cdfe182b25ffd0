//! From a line back to what it added, and from what it adds when judged again to a line.
//!
//! Knows no ledger and no rule. A newcomer may ask why an entry is made of a line only to take its
//! figures out of the books: what was added as an entry is taken out exactly as it was added.

use std::sync::Arc;

use super::view::shown;
use super::{About, Kept, Line};
use crate::entry::{Entry, Facts, Shared};
use crate::ids::Identity;
use crate::units::Text;

impl Line {
    /// What the line added, as booked. The hashes of its facts are not kept and are 0.
    #[must_use]
    pub fn entry(&self, part: u16) -> Entry {
        let about = &*self.about;
        Entry {
            identity: Identity::new(about.identity, self.identity.clone()),
            at: self.at,
            sequence: self.sequence.clone(),
            facts: Arc::new(Facts {
                format: about.format,
                teller: about.teller.clone(),
                transport: about.transport.clone(),
                usage: about.usage.clone(),
                origin: about.who.clone(),
            }),
            shared: Arc::new(Shared {
                destination: about.destination.clone(),
                told: about.evidence.clone(),
                key: about.key.clone(),
                rule: about.rule.clone(),
                evidence: about.evidence_words.clone(),
            }),
            part,
            offset: self.offset,
            transport_facts: 0,
            usage_facts: 0,
            call: self.call,
            request: self.request,
            price_row: about.price_row.clone(),
            credential: about.credential.clone(),
            credential_told: about.credential_told.unwrap_or_default(),
            left_out: about.left_out,
            user_group: about.user_group.clone(),
            user: self.user,
            conversation: self.conversation,
            config: about.config,
            alike: None,
        }
    }

    /// The line that an entry leaves.
    #[must_use]
    pub fn of(kept: &Kept<'_>) -> Line {
        let entry = kept.entry;
        let facts = &*entry.facts;
        let shared = &*entry.shared;
        let about = About {
            source: kept.source.clone(),
            topic: kept.topic.clone(),
            partition: kept.partition,
            format: facts.format,
            teller: facts.teller.clone(),
            identity: entry.identity.kind,
            config: entry.config,
            destination: shared.destination.clone(),
            evidence: shared.told.clone(),
            who: facts.origin.clone(),
            user_group: entry.user_group.clone(),
            credential: entry.credential.clone(),
            credential_told: Some(entry.credential_told),
            left_out: entry.left_out,
            transport: facts.transport.clone(),
            usage: facts.usage.clone(),
            key: kept.key.clone(),
            price_row: entry.price_row.clone(),
            rule: shared.rule.clone(),
            evidence_words: shared.evidence.clone(),
        };
        Line {
            about: Arc::new(about),
            at: entry.at,
            sequence: entry.sequence.clone(),
            id: kept.id,
            identity: match entry.call {
                Some(_) => Text::from(&*shown(&entry.identity)),
                None => Text::default(),
            },
            offset: entry.offset,
            call: entry.call,
            request: entry.request,
            user: entry.user,
            conversation: entry.conversation,
        }
    }
}
