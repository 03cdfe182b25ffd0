//! What lines that are alike share: teller, place, path, caller and judgement.
//!
//! Knows no bytes and no numbers. A newcomer may ask why this is put together apart from the rest of a
//! line: of a thousand lines a few are of a new kind, and ten texts of each would be looked at for
//! nothing.

use super::view::{Caller, Judged, Place, Teller};
use super::{Kept, Line};
use crate::call::Evidence;

/// What lines that are alike share.
pub(super) struct Kind<'a> {
    pub(super) teller: Teller<'a>,
    pub(super) place: Place<'a>,
    pub(super) path: &'a str,
    pub(super) caller: Caller<'a>,
    pub(super) judged: Judged<'a>,
}

fn place<'a>(to: &'a crate::call::Destination, evidence: &'a [Evidence]) -> Place<'a> {
    Place {
        provider: to.provider.as_ref(),
        host: &to.host,
        port: to.port,
        deployment: &to.deployment,
        model: &to.model,
        scope: to.scope,
        operation: to.operation,
        evidence,
    }
}

impl<'a> Kind<'a> {
    pub(super) fn of_entry(kept: Kept<'a>) -> Kind<'a> {
        let entry = kept.entry;
        let facts = &*entry.facts;
        Kind {
            teller: Teller {
                source: kept.source,
                topic: kept.topic,
                partition: kept.partition,
                format: facts.format,
                name: &facts.teller,
                identity: entry.identity.kind,
                config: entry.config,
            },
            place: place(&entry.shared.destination, &entry.shared.told),
            path: &entry.shared.destination.path,
            caller: Caller {
                who: &facts.origin,
                user_group: &entry.user_group,
                credential: &entry.credential,
                credential_told: Some(entry.credential_told),
            },
            judged: Judged {
                key: kept.key,
                price_row: &entry.price_row,
                rule: &entry.shared.rule,
                evidence_words: &entry.shared.evidence,
            },
        }
    }

    pub(super) fn of_line(line: &'a Line) -> Kind<'a> {
        let about = &*line.about;
        Kind {
            teller: Teller {
                source: &about.source,
                topic: &about.topic,
                partition: about.partition,
                format: about.format,
                name: &about.teller,
                identity: about.identity,
                config: about.config,
            },
            place: place(&about.destination, &about.evidence),
            path: &about.destination.path,
            caller: Caller {
                who: &about.who,
                user_group: &about.user_group,
                credential: &about.credential,
                credential_told: about.credential_told,
            },
            judged: Judged {
                key: &about.key,
                price_row: &about.price_row,
                rule: &about.rule,
                evidence_words: &about.evidence_words,
            },
        }
    }
}
