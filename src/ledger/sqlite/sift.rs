//! Sorts a batch's entries into what is new to the books and what they have, half by half.
//!
//! Knows no figures. A newcomer may ask why an entry may be half new: a gateway tells status and
//! tokens, a client's span tells tokens of the same call; each fact group counts once.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::types::{Applied, Batch, Quarantined};
use super::delta::{Booked, New};
use super::hours::Hours;
use super::ids::Ids;
use super::segment::{Id, TRANSPORT, USAGE};
use crate::entry::Entry;
use crate::ids::IdentityKind;
use crate::line::pool::PlainMap;
use crate::outcome::{DuplicateKind, IgnoreReason, Outcome, QuarantineReason, Reject};
use crate::units::{HOUR_MS, Text, UnixMillis};

/// The bits of the transport facts that tell time and size: two observers may differ in them.
const MEASURED: u32 = 0b11_1111 << 16;

/// An identity that this batch adds; several of one key form a chain.
struct Link {
    hour: i64,
    id: Id,
    entry: usize,
    before: Option<usize>,
}

/// Two entries that tell one call differently.
pub(super) struct Contradiction {
    /// Teller of the first, where it is in this batch.
    pub(super) first: Option<Text>,
    /// Place of the second in the batch.
    pub(super) second: usize,
    /// Key of the call.
    pub(super) id: u64,
}

/// A sifted batch.
#[derive(Default)]
pub(super) struct Sifted<'a> {
    /// What is new.
    pub(super) booked: Vec<Booked<'a>>,
    /// Its identities, by hour.
    pub(super) ids: BTreeMap<i64, Vec<Id>>,
    /// What came after its hour had closed.
    pub(super) late: Vec<Quarantined>,
    /// Who contradicts whom.
    pub(super) contradictions: Vec<Contradiction>,
    /// The counts so far.
    pub(super) applied: Applied,
}

/// Sifts.
pub(super) struct Sieve<'a> {
    /// The ledger.
    pub(super) conn: &'a Connection,
    /// Its hours.
    pub(super) hours: &'a mut Hours,
    /// Its identities.
    pub(super) ids: &'a mut Ids,
}

/// Who tells, for pairs: the format, and the teller within it.
pub(super) fn teller(format: crate::call::Format, teller: &str) -> Text {
    if teller.is_empty() {
        Text::const_new(format.as_str())
    } else {
        Text::from(format!("{}/{teller}", format.as_str()))
    }
}

/// The fact groups that an entry would add.
fn groups(entry: &Entry) -> u64 {
    let transport = if entry.call.is_some() { TRANSPORT } else { 0 };
    let usage = if entry.request.is_some() { USAGE } else { 0 };
    transport | usage
}

/// How two tellings of the same groups differ.
fn compare(known: Id, told: Id, groups: u64) -> DuplicateKind {
    let differ = known.facts ^ told.facts;
    let usage = groups & USAGE != 0 && differ & 0xffff != 0;
    let transport = if groups & TRANSPORT == 0 {
        0
    } else {
        differ & 0xffff_0000
    };
    if usage || transport & !MEASURED != 0 {
        DuplicateKind::Contradiction
    } else if transport != 0 {
        DuplicateKind::Remeasured
    } else {
        DuplicateKind::Equal
    }
}

impl Sieve<'_> {
    /// Sifts a batch.
    pub(super) fn sift<'b>(&mut self, batch: &'b Batch) -> Result<Sifted<'b>, Fault> {
        let mut sifted = Sifted::default();
        sifted.booked.reserve(batch.entries.len());
        sifted.applied.outcomes.reserve(batch.entries.len());
        let mut news: Vec<Link> = Vec::with_capacity(batch.entries.len());
        let mut latest: PlainMap<u64, usize> = PlainMap::default();
        latest.reserve(batch.entries.len());
        for (place, entry) in batch.entries.iter().enumerate() {
            let hour = entry.at.floor(HOUR_MS).0;
            let told = Id::of(entry, groups(entry));
            if told.groups() == 0 {
                let reason = IgnoreReason::OtherSourceCounts;
                *sifted.applied.ignored.entry(reason).or_default() += 1;
                sifted.applied.outcomes.push(Outcome::Ignored(reason));
                continue;
            }
            if let Some(late) = self.late(hour, entry)? {
                sifted
                    .applied
                    .outcomes
                    .push(Outcome::Quarantined(late.reject.reason));
                sifted.late.push(late);
                continue;
            }
            let mut known = self.ids.find(self.conn, hour, told.key())?;
            let mut first = None;
            let mut link = latest.get(&told.key()).copied();
            while let Some(new) = link.and_then(|place| news.get(place)) {
                if (new.hour - hour).abs() <= HOUR_MS {
                    match &mut known {
                        Some(known) => known.join(new.id),
                        None => known = Some(new.id),
                    }
                    first = Some(new.entry);
                }
                link = new.before;
            }
            let had = known.map_or(0, Id::groups) & told.groups();
            let kind = known.map(|known| compare(known, told, had));
            if had != 0 && kind == Some(DuplicateKind::Contradiction) {
                let first = first.and_then(|first| batch.entries.get(first));
                sifted.contradictions.push(Contradiction {
                    first: first.map(|first| teller(first.facts.format, &first.facts.teller)),
                    second: place,
                    id: told.key(),
                });
            }
            let added = told.groups() & !had;
            if added == 0 {
                let kind = kind.unwrap_or(DuplicateKind::Equal);
                *sifted.applied.duplicates.entry(kind).or_default() += 1;
                sifted.applied.outcomes.push(Outcome::Duplicate(kind));
                continue;
            }
            let id = told.with_groups(added);
            let before = latest.insert(told.key(), news.len());
            news.push(Link {
                hour,
                id,
                entry: place,
                before,
            });
            sifted.ids.entry(hour).or_default().push(id);
            sifted.book(entry, told.key(), added);
        }
        Ok(sifted)
    }

    /// The quarantine's row for an entry whose hour has closed.
    fn late(&mut self, hour: i64, entry: &Entry) -> Result<Option<Quarantined>, Fault> {
        if !self.hours.is_closed(self.conn, hour)? {
            return Ok(None);
        }
        let detail = format!("the books of the hour from {} are closed", UnixMillis(hour));
        Ok(Some(Quarantined {
            part: entry.part,
            offset: entry.offset,
            at: Some(entry.at),
            reject: Reject::new(QuarantineReason::PastHorizon, detail),
            format: Some(entry.facts.format),
        }))
    }
}

impl<'a> Sifted<'a> {
    /// Takes an entry, without the half that the books have.
    fn book(&mut self, entry: &'a Entry, id: u64, added: u64) {
        let entry = if added == groups(entry) {
            New::All(entry)
        } else {
            let mut half = Box::new(entry.clone());
            if added & TRANSPORT == 0 {
                half.call = None;
            }
            if added & USAGE == 0 {
                half.request = None;
                half.price_row = Text::default();
            }
            New::Half(half)
        };
        let weak = entry.identity.kind == IdentityKind::Weak;
        self.applied.weak += u64::from(weak);
        self.applied.metered += 1;
        self.applied.outcomes.push(Outcome::Metered);
        self.booked.push(Booked { entry, id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_duplicates_from_contradictions() {
        let both = TRANSPORT | USAGE;
        let cases = [
            (0x1234_5678, 0x1234_5678, both, DuplicateKind::Equal),
            (0x1234_5678, 0x1235_5678, both, DuplicateKind::Remeasured),
            (0x1234_5678, 0x1235_5679, both, DuplicateKind::Contradiction),
            (0x1234_5678, 0x9234_5678, both, DuplicateKind::Contradiction),
            (0x1234_5678, 0x9234_5678, USAGE, DuplicateKind::Equal),
            (0x1234_5678, 0x1234_9999, TRANSPORT, DuplicateKind::Equal),
        ];
        for (known, told, groups, kind) in cases {
            let id = |facts| Id { word: 4, facts };
            assert_eq!(
                compare(id(known), id(told), groups),
                kind,
                "{known:x} {told:x}"
            );
        }
    }
}
