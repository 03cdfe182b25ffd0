//! Which series a server holds, so that they stay within their limit.
//!
//! Knows no figure. A newcomer may ask why each `rev` counts: to a server it is a tag as any other,
//! and a series of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::key::SeriesKey;

/// A series as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesRow {
    /// Its number among those of its follower.
    pub number: u32,
    /// Its name.
    pub key: SeriesKey,
    /// How many values of `rev` it has.
    pub revs: u32,
}

/// The series of a follower.
#[derive(Clone, Debug, Default)]
pub struct Admitted {
    max: u64,
    used: u64,
    rows: BTreeMap<u32, (Rc<SeriesKey>, u32)>,
    numbers: BTreeMap<Rc<SeriesKey>, u32>,
    changed: BTreeSet<u32>,
}

impl Admitted {
    /// Those that are stored; no further ones than `max` in all.
    #[must_use]
    pub fn new(max: u64, stored: Vec<SeriesRow>) -> Admitted {
        let mut admitted = Admitted {
            max,
            ..Admitted::default()
        };
        for row in stored {
            let key = Rc::new(row.key);
            admitted.used += u64::from(row.revs);
            admitted.numbers.insert(Rc::clone(&key), row.number);
            admitted.rows.insert(row.number, (key, row.revs));
        }
        admitted
    }

    /// How many series a server holds, each `rev` counted.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used
    }

    /// The number of a series that has one.
    #[must_use]
    pub fn number(&self, key: &SeriesKey) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// The series of a number.
    #[must_use]
    pub fn key(&self, number: u32) -> Option<&Rc<SeriesKey>> {
        self.rows.get(&number).map(|(key, _)| key)
    }

    /// The number of a series that may have a point with that `rev`; `None` where it has to fold.
    pub fn admit(&mut self, key: &Rc<SeriesKey>, rev: u32) -> Option<u32> {
        let known = self.numbers.get(key).copied();
        let revs = known
            .and_then(|number| self.rows.get(&number))
            .map_or(0, |(_, revs)| *revs);
        if let Some(number) = known
            && rev < revs
        {
            return Some(number);
        }
        let wanted = rev.saturating_add(1);
        let more = u64::from(wanted - revs);
        let free = !key.measurement().folds() || key.is_folded();
        if !free && self.used.saturating_add(more) > self.max {
            return None;
        }
        let number = known.unwrap_or_else(|| {
            let last = self.rows.last_key_value().map(|(number, _)| *number);
            last.map_or(0, |last| last.saturating_add(1))
        });
        self.used = self.used.saturating_add(more);
        self.rows.insert(number, (Rc::clone(key), wanted));
        self.numbers.insert(Rc::clone(key), number);
        self.changed.insert(number);
        Some(number)
    }

    /// Those that are new or have more values of `rev` than when this was last asked.
    pub fn take_changed(&mut self) -> Vec<SeriesRow> {
        let changed = std::mem::take(&mut self.changed);
        let row = |number: u32| {
            let (key, revs) = self.rows.get(&number)?;
            Some(SeriesRow {
                number,
                key: SeriesKey::clone(key),
                revs: *revs,
            })
        };
        changed.into_iter().filter_map(row).collect()
    }
}
