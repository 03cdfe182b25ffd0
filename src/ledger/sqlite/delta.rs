//! Adds up a batch in memory, so that each cell of the books is read and written once.
//!
//! Knows no identity: whoever calls has sifted duplicates out. A newcomer may ask why each entry
//! is added twice: minutes are many and have few entries each, everything else is fed by the hour.

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::ops::Deref;
use std::rc::Rc;

use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::words::{Family, Resolution};
use super::super::zone::Zones;
use super::names::{Field, Names, OTHER};
use crate::call::Format;
use crate::cell::{Cell, Totals};
use crate::entry::{CellKey, Entry};
use crate::ids::{ConfigNumber, IdentityKind};
use crate::line::pool::{PlainMap, Pool};
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};

/// An entry, or what is new of it. Boxed, so that a batch of them is a short list.
pub(super) enum New<'a> {
    /// All of it.
    All(&'a Entry),
    /// A copy with the new half alone.
    Half(Box<Entry>),
}

impl Deref for New<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        match self {
            New::All(entry) => entry,
            New::Half(entry) => entry,
        }
    }
}

/// An entry of which at least one half is new to the books.
pub(super) struct Booked<'a> {
    /// The entry; only new halves are left in it.
    pub(super) entry: New<'a>,
    /// Its identity's key.
    pub(super) id: u64,
}

/// What entries must share to be added up for all but minutes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Slot {
    hour: i64,
    day: i64,
    key: u32,
    credential: u32,
    group: u32,
    price: u32,
    format: Format,
    identity: IdentityKind,
}

/// Cells in the order of their first sight. Boxed, because they are half a kilobyte and travel.
struct Sums<K> {
    places: PlainMap<K, usize>,
    cells: Vec<(K, Box<Cell>)>,
}

impl<K: Copy + Eq + Hash> Sums<K> {
    /// With room for `n` cells: room that stays empty is never touched, and growing would copy.
    fn for_cells(n: usize) -> Sums<K> {
        Sums {
            places: PlainMap::default(),
            cells: Vec::with_capacity(n),
        }
    }

    fn add(&mut self, key: K, entry: &Entry) {
        let place = *self.places.entry(key).or_insert_with(|| {
            self.cells.push((key, Box::default()));
            self.cells.len() - 1
        });
        if let Some((_, cell)) = self.cells.get_mut(place) {
            cell.add_entry(entry);
        }
    }
}

/// A cell key as it is booked on a day.
pub(super) struct Resolved {
    /// Its number in the dictionary.
    pub(super) number: i64,
    /// The key.
    pub(super) key: Rc<CellKey>,
}

/// What a batch adds to cells and families.
#[derive(Default)]
pub(super) struct Delta {
    /// By resolution, start and number of the key.
    pub(super) cells: BTreeMap<(Resolution, i64, i64), Box<Cell>>,
    /// By family, start and the two parts of the key.
    pub(super) families: BTreeMap<(Family, i64, Text, Text), Totals>,
    /// By day, fingerprint and feature.
    pub(super) conversations: BTreeMap<i64, BTreeMap<(u64, Text), Totals>>,
    /// Keys as booked, for lines and evidence: where the place of an entry's own leads.
    keys: PlainMap<(i64, u32), Resolved>,
    /// For each entry, the day and the batch's number of its key.
    places: Vec<(i64, u32)>,
    /// Reports by day and configuration.
    pub(super) configs: BTreeMap<(i64, ConfigNumber), i64>,
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

    /// Takes away what was booked before, but for the conversations of days that begin anew; what
    /// is left is the difference.
    pub(super) fn take_away(&mut self, before: Delta, days_anew: &BTreeSet<i64>) {
        for (key, cell) in &before.cells {
            self.cells.entry(*key).or_default().merge(cell, -1);
        }
        self.cells.retain(|_, cell| **cell != Cell::default());
        for (key, totals) in before.families {
            self.families.entry(key).or_default().add(&totals, -1);
        }
        self.families
            .retain(|_, totals| *totals != Totals::default());
        for (day, conversations) in before.conversations {
            if !days_anew.contains(&day) {
                let sums = self.conversations.entry(day).or_default();
                for (key, totals) in conversations {
                    sums.entry(key).or_default().add(&totals, -1);
                }
            }
        }
        for sums in self.conversations.values_mut() {
            sums.retain(|_, totals| *totals != Totals::default());
        }
        self.conversations.retain(|_, sums| !sums.is_empty());
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
    /// Names stand as they are: they were folded when they were booked.
    pub(super) as_booked: bool,
}

impl Adder<'_> {
    /// What the entries add.
    pub(super) fn add_up(&mut self, booked: &[Booked<'_>]) -> Result<Delta, Fault> {
        let mut keys: Pool<&CellKey> = Pool::new();
        let mut alike: PlainMap<u64, u32> = PlainMap::default();
        let mut words: Pool<&str> = Pool::new();
        let mut minutes: Sums<(i64, i64, u32)> = Sums::for_cells(booked.len());
        let mut slots: Sums<Slot> = Sums::for_cells(booked.len());
        let mut days: PlainMap<i64, i64> = PlainMap::default();
        let mut delta = Delta::default();
        delta.places.reserve(booked.len());
        for one in booked {
            let entry: &Entry = &one.entry;
            let minute = entry.at.floor(MINUTE_MS).0;
            let day = *days
                .entry(minute)
                .or_insert_with(|| self.zones.day_of(UnixMillis(minute)).0);
            let key = match entry.alike {
                Some(number) => *alike
                    .entry(number)
                    .or_insert_with(|| keys.number(&entry.shared.key)),
                None => keys.number(&entry.shared.key),
            };
            let slot = Slot {
                hour: UnixMillis(minute).floor(HOUR_MS).0,
                day,
                key,
                credential: words.number(&entry.credential),
                group: words.number(&entry.user_group),
                price: words.number(&entry.price_row),
                format: entry.facts.format,
                identity: entry.identity.kind,
            };
            minutes.add((minute, day, key), entry);
            slots.add(slot, entry);
            delta.places.push((day, key));
            *delta.configs.entry((day, entry.config)).or_default() += 1;
        }
        for ((minute, day, key), cell) in minutes.cells {
            let number = self.resolve(&mut delta, (day, key), &keys)?.0;
            match delta.cells.entry((Resolution::Minute, minute, number)) {
                Place::Vacant(place) => drop(place.insert(cell)),
                // Two keys that folded into one.
                Place::Occupied(mut sum) => sum.get_mut().merge(&cell, 1),
            }
        }
        for (slot, cell) in slots.cells {
            let word = |number: u32| words.get(number).unwrap_or_default();
            let texts = [word(slot.credential), word(slot.group), word(slot.price)];
            let (number, key) = self.resolve(&mut delta, (slot.day, slot.key), &keys)?;
            self.spread(&mut delta, slot, (&key, texts), &cell)?;
            for place in [(Resolution::Hour, slot.hour), (Resolution::Day, slot.day)] {
                let sum = delta.cells.entry((place.0, place.1, number)).or_default();
                sum.merge(&cell, 1);
            }
        }
        converse(&mut delta, booked);
        Ok(delta)
    }

    /// Number and key as booked on a day.
    fn resolve(
        &mut self,
        delta: &mut Delta,
        place: (i64, u32),
        keys: &Pool<&CellKey>,
    ) -> Result<(i64, Rc<CellKey>), Fault> {
        if let Some(resolved) = delta.keys.get(&place) {
            return Ok((resolved.number, Rc::clone(&resolved.key)));
        }
        let told = keys.get(place.1).cloned().unwrap_or_default();
        let (key, folded) = if self.as_booked {
            (told, false)
        } else {
            self.names.fold(self.conn, place.0, told)?
        };
        let number = self.names.number(self.conn, &key)?;
        let key = Rc::new(key);
        if folded {
            *delta.folded.entry(place.0).or_default() += 1;
        }
        let resolved = Resolved {
            number,
            key: Rc::clone(&key),
        };
        delta.keys.insert(place, resolved);
        Ok((number, key))
    }

    /// Adds one slot's sum to its families.
    fn spread(
        &mut self,
        delta: &mut Delta,
        slot: Slot,
        (key, [credential, group, price]): (&CellKey, [&str; 3]),
        cell: &Cell,
    ) -> Result<(), Fault> {
        let (hour, day) = (slot.hour, slot.day);
        let mut family = |family: Family, start: i64, a: Text, b: Text| {
            delta
                .families
                .entry((family, start, a, b))
                .or_default()
                .add(&cell.totals, 1);
        };
        let mut admit = |field: Field, name: &str| -> Result<Text, Fault> {
            let name = Text::from(name);
            let admitted = self.as_booked || self.names.admit(self.conn, day, field, &name)?;
            Ok(if admitted {
                name
            } else {
                Text::const_new(OTHER)
            })
        };
        if !credential.is_empty() {
            let credential = admit(Field::Credential, credential)?;
            family(Family::Credential, hour, credential, key.endpoint.clone());
        }
        if !group.is_empty() {
            let group = admit(Field::UserGroup, group)?;
            family(Family::UserGroup, day, group, key.feature.clone());
        }
        if !price.is_empty() {
            let price = admit(Field::PriceRow, price)?;
            family(Family::PriceRow, day, price, key.model.clone());
        }
        let format = Text::const_new(slot.format.as_str());
        let kind = Text::const_new(slot.identity.as_str());
        family(Family::Source, day, self.source.clone(), format.clone());
        family(Family::Identity, day, kind, format);
        Ok(())
    }
}

/// Adds what the entries tell of conversations.
fn converse(delta: &mut Delta, booked: &[Booked<'_>]) {
    let mut places: PlainMap<(i64, u64, u32), usize> = PlainMap::default();
    places.reserve(booked.len());
    let mut sums: Vec<((i64, u64, u32), Totals)> = Vec::with_capacity(booked.len());
    for (one, (day, key)) in booked.iter().zip(&delta.places) {
        if let Some(conversation) = one.entry.conversation {
            let key = (*day, conversation.0, *key);
            let place = *places.entry(key).or_insert_with(|| {
                sums.push((key, Totals::default()));
                sums.len() - 1
            });
            if let Some((_, totals)) = sums.get_mut(place) {
                totals.count_entry(&one.entry);
            }
        }
    }
    for ((day, conversation, key), totals) in sums {
        let resolved = delta.keys.get(&(day, key));
        let feature = resolved.map_or_else(Text::default, |r| r.key.feature.clone());
        delta
            .conversations
            .entry(day)
            .or_default()
            .entry((conversation, feature))
            .or_default()
            .add(&totals, 1);
    }
}
