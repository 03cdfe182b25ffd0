//! Adds up a batch in memory, so that each cell of the books is read and written once.
//!
//! Knows no identity: whoever calls has sifted duplicates out. A newcomer may ask why slots are
//! finer than cells: one lookup for each entry feeds the cells and all small families.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::types::{Family, Resolution};
use super::super::zone::Zones;
use super::names::{Field, Names, OTHER};
use crate::call::Format;
use crate::cell::{Cell, Totals};
use crate::entry::{CellKey, Entry};
use crate::ids::IdentityKind;
use crate::line::pool::{PlainMap, Pool};
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};

/// An entry of which at least one half is new to the books; only new halves are left in it.
pub(super) struct Booked<'a>(pub(super) Cow<'a, Entry>);

/// What entries must share to be added up together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Slot {
    minute: i64,
    key: u32,
    credential: u32,
    group: u32,
    price: u32,
    format: Format,
    identity: IdentityKind,
}

/// A cell key as it is booked on a day.
#[derive(Clone)]
pub(super) struct Resolved {
    /// Its number in the dictionary.
    pub(super) number: i64,
    /// The key.
    pub(super) key: CellKey,
}

/// What a batch adds to cells and families.
#[derive(Default)]
pub(super) struct Delta {
    /// By resolution, start and number of the key.
    pub(super) cells: BTreeMap<(Resolution, i64, i64), Cell>,
    /// By family, start and the two parts of the key.
    pub(super) families: BTreeMap<(Family, i64, Text, Text), Totals>,
    /// By day, fingerprint and feature.
    pub(super) conversations: BTreeMap<i64, BTreeMap<(u64, Text), Totals>>,
    /// Keys as booked, for lines and evidence: where the place of an entry's own leads.
    keys: BTreeMap<(i64, u32), Resolved>,
    /// For each entry, the day and the batch's number of its key.
    places: Vec<(i64, u32)>,
    /// Names that folded, by day.
    pub(super) folded: BTreeMap<i64, u64>,
}

impl Delta {
    /// The key of the `i`th booked entry as it is booked.
    pub(super) fn key(&self, i: usize) -> Option<&Resolved> {
        self.keys.get(self.places.get(i)?)
    }

    /// The days that it adds to.
    pub(super) fn days(&self) -> BTreeSet<i64> {
        self.places.iter().map(|place| place.0).collect()
    }
}

/// Adds up.
pub(super) struct Adder<'a> {
    /// The ledger, for its dictionary.
    pub(super) conn: &'a Connection,
    /// Its time zones.
    pub(super) zones: &'a Zones,
    /// Its names.
    pub(super) names: &'a mut Names,
    /// The batch's source.
    pub(super) source: &'a Text,
}

impl Adder<'_> {
    /// What the entries add.
    pub(super) fn add_up(&mut self, booked: &[Booked<'_>]) -> Result<Delta, Fault> {
        let mut keys: Pool<&CellKey> = Pool::new();
        let mut words: Pool<&str> = Pool::new();
        let mut slots: PlainMap<Slot, usize> = PlainMap::default();
        let mut sums: Vec<(Slot, Cell)> = Vec::new();
        let mut days: PlainMap<i64, i64> = PlainMap::default();
        let mut delta = Delta::default();
        delta.places.reserve(booked.len());
        for one in booked {
            let entry: &Entry = &one.0;
            let minute = entry.report.at.floor(MINUTE_MS).0;
            let slot = Slot {
                minute,
                key: keys.number(&entry.key),
                credential: words.number(&entry.credential),
                group: words.number(&entry.user_group),
                price: words.number(&entry.price_row),
                format: entry.report.format,
                identity: entry.report.identity.kind,
            };
            let at = *slots.entry(slot).or_insert_with(|| {
                sums.push((slot, Cell::default()));
                sums.len() - 1
            });
            if let Some((_, cell)) = sums.get_mut(at) {
                cell.add_entry(entry);
            }
            let day = *days
                .entry(minute)
                .or_insert_with(|| self.zones.day_of(UnixMillis(minute)).0);
            delta.places.push((day, slot.key));
        }
        for (slot, cell) in sums {
            let day = days.get(&slot.minute).copied().unwrap_or_default();
            let key = keys.get(slot.key);
            let word = |number: u32| words.get(number).unwrap_or_default();
            let texts = [word(slot.credential), word(slot.group), word(slot.price)];
            if let Some(key) = key {
                self.spread(&mut delta, slot, (day, key, texts), cell)?;
            }
        }
        self.converse(&mut delta, booked)?;
        Ok(delta)
    }

    /// The key as booked on a day.
    fn resolve(
        &mut self,
        delta: &mut Delta,
        place: (i64, u32),
        key: &CellKey,
    ) -> Result<Resolved, Fault> {
        if let Some(resolved) = delta.keys.get(&place) {
            return Ok(resolved.clone());
        }
        let (key, folded) = self.names.fold(self.conn, place.0, key)?;
        let resolved = Resolved {
            number: self.names.number(self.conn, &key)?,
            key,
        };
        if folded {
            *delta.folded.entry(place.0).or_default() += 1;
        }
        delta.keys.insert(place, resolved.clone());
        Ok(resolved)
    }

    /// Adds one slot's sum to its cells and families.
    fn spread(
        &mut self,
        delta: &mut Delta,
        slot: Slot,
        (day, key, [credential, group, price]): (i64, &CellKey, [&str; 3]),
        cell: Cell,
    ) -> Result<(), Fault> {
        let hour = UnixMillis(slot.minute).floor(HOUR_MS).0;
        let resolved = self.resolve(delta, (day, slot.key), key)?;
        let number = resolved.number;
        let mut family = |family: Family, start: i64, a: Text, b: Text| {
            delta
                .families
                .entry((family, start, a, b))
                .or_default()
                .add(&cell.totals, 1);
        };
        let mut admit = |field: Field, name: &str| -> Result<Text, Fault> {
            let name = Text::from(name);
            let admitted = self.names.admit(self.conn, day, field, &name)?;
            Ok(if admitted {
                name
            } else {
                Text::const_new(OTHER)
            })
        };
        if !credential.is_empty() {
            let credential = admit(Field::Credential, credential)?;
            family(
                Family::Credential,
                hour,
                credential,
                resolved.key.endpoint.clone(),
            );
        }
        if !group.is_empty() {
            let group = admit(Field::UserGroup, group)?;
            family(Family::UserGroup, day, group, resolved.key.feature.clone());
        }
        if !price.is_empty() {
            let price = admit(Field::PriceRow, price)?;
            family(Family::PriceRow, day, price, resolved.key.model.clone());
        }
        let format = Text::const_new(slot.format.as_str());
        let kind = Text::const_new(slot.identity.as_str());
        family(Family::Source, day, self.source.clone(), format.clone());
        family(Family::Identity, day, kind, format);
        let mut merge = |resolution, start| {
            delta
                .cells
                .entry((resolution, start, number))
                .or_default()
                .merge(&cell, 1);
        };
        merge(Resolution::Hour, hour);
        merge(Resolution::Day, day);
        merge(Resolution::Minute, slot.minute);
        Ok(())
    }

    /// Adds what the entries tell of conversations.
    fn converse(&mut self, delta: &mut Delta, booked: &[Booked<'_>]) -> Result<(), Fault> {
        let mut sums: PlainMap<(i64, u64, u32), Totals> = PlainMap::default();
        for (one, (day, key)) in booked.iter().zip(&delta.places) {
            if let Some(conversation) = one.0.conversation {
                sums.entry((*day, conversation.0, *key))
                    .or_default()
                    .count_entry(&one.0);
            }
        }
        for ((day, conversation, key), totals) in sums {
            let feature = delta
                .keys
                .get(&(day, key))
                .map(|resolved| &resolved.key.feature);
            let feature = feature.cloned().unwrap_or_default();
            delta
                .conversations
                .entry(day)
                .or_default()
                .entry((conversation, feature))
                .or_default()
                .add(&totals, 1);
        }
        Ok(())
    }
}
