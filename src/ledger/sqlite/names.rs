//! The dictionary of cell keys, and the limit on new names per day.
//!
//! Knows no totals. A newcomer may ask why names fold by day: an attacker or a fault that makes up
//! a model name per call must not fill the ledger, and tomorrow begins afresh.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use super::super::fault::Fault;
use super::super::types::{grade_of, verdict_of};
use super::corrupt;
use crate::entry::CellKey;
use crate::units::Text;

/// What names beyond the limit are called.
pub(super) const OTHER: &str = "other";

/// Cell keys and names kept in memory before they are read anew.
const KEPT_MAX: usize = 100_000;

/// Which part of a key a name is; the number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Feature = 1,
    Endpoint = 2,
    Provider = 3,
    Model = 4,
    Region = 5,
    Credential = 6,
    UserGroup = 7,
    PriceRow = 8,
}

impl Field {
    fn number(self) -> i64 {
        match self {
            Field::Feature => 1,
            Field::Endpoint => 2,
            Field::Provider => 3,
            Field::Model => 4,
            Field::Region => 5,
            Field::Credential => 6,
            Field::UserGroup => 7,
            Field::PriceRow => 8,
        }
    }
}

/// Names and keys of the books, as far as they are in memory.
pub(super) struct Names {
    known: BTreeSet<Text>,
    limit: usize,
    days: BTreeMap<i64, BTreeSet<(i64, Text)>>,
    keys: BTreeMap<CellKey, i64>,
}

impl Names {
    /// With the names that never fold.
    pub(super) fn new(known: BTreeSet<Text>, limit: usize) -> Names {
        Names {
            known,
            limit,
            days: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    /// Takes other names that never fold.
    pub(super) fn set_known(&mut self, known: BTreeSet<Text>) {
        self.known = known;
    }

    /// Forgets what is in memory.
    pub(super) fn forget(&mut self) {
        self.days.clear();
        self.keys.clear();
    }

    /// Keeps memory bounded; called between transactions.
    pub(super) fn trim(&mut self) {
        if self.keys.len() > KEPT_MAX {
            self.keys.clear();
        }
        if self.days.values().map(BTreeSet::len).sum::<usize>() > KEPT_MAX {
            self.days.clear();
        }
    }

    /// Whether a name may stand for itself on that day.
    pub(super) fn admit(
        &mut self,
        conn: &Connection,
        day: i64,
        field: Field,
        name: &Text,
    ) -> Result<bool, Fault> {
        if matches!(name.as_str(), "" | "unattributed" | "unassigned" | OTHER)
            || self.known.contains(name)
        {
            return Ok(true);
        }
        let names = match self.days.entry(day) {
            std::collections::btree_map::Entry::Occupied(names) => names.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let mut rows =
                    conn.prepare_cached("SELECT field, name FROM day_name WHERE day = ?1")?;
                let names = rows
                    .query_map([day], |row| {
                        Ok((row.get(0)?, Text::from(row.get_ref(1)?.as_str()?)))
                    })?
                    .collect::<Result<BTreeSet<_>, _>>()?;
                place.insert(names)
            }
        };
        let entry = (field.number(), name.clone());
        if names.contains(&entry) {
            return Ok(true);
        }
        if names.len() >= self.limit {
            return Ok(false);
        }
        conn.prepare_cached("INSERT INTO day_name VALUES (?1, ?2, ?3)")?
            .execute((day, field.number(), name.as_str()))?;
        names.insert(entry);
        Ok(true)
    }

    /// The key as it is booked on that day, and whether a name of it folded.
    pub(super) fn fold(
        &mut self,
        conn: &Connection,
        day: i64,
        mut key: CellKey,
    ) -> Result<(CellKey, bool), Fault> {
        let mut folded = false;
        for (field, name) in [
            (Field::Feature, &mut key.feature),
            (Field::Endpoint, &mut key.endpoint),
            (Field::Provider, &mut key.provider),
            (Field::Model, &mut key.model),
            (Field::Region, &mut key.region),
        ] {
            if !self.admit(conn, day, field, name)? {
                *name = Text::const_new(OTHER);
                folded = true;
            }
        }
        Ok((key, folded))
    }

    /// The number of a key, given on first sight.
    pub(super) fn number(&mut self, conn: &Connection, key: &CellKey) -> Result<i64, Fault> {
        if let Some(number) = self.keys.get(key) {
            return Ok(*number);
        }
        let words = (
            key.feature.as_str(),
            key.endpoint.as_str(),
            key.provider.as_str(),
            key.model.as_str(),
            key.region.as_str(),
            key.verdict.map_or("", |verdict| verdict.as_str()),
            key.grade.map_or("", |grade| grade.as_str()),
        );
        let found = conn
            .prepare_cached(
                "SELECT id FROM cell_key WHERE feature = ?1 AND endpoint = ?2 AND provider = ?3
                 AND model = ?4 AND region = ?5 AND verdict = ?6 AND grade = ?7",
            )?
            .query_row(words, |row| row.get(0))
            .optional()?;
        let number = match found {
            Some(number) => number,
            None => conn
                .prepare_cached(
                    "INSERT INTO cell_key (feature, endpoint, provider, model, region, verdict, grade)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
                )?
                .query_row(words, |row| row.get(0))?,
        };
        self.keys.insert(key.clone(), number);
        Ok(number)
    }
}

/// Every key of the dictionary, by number.
pub(super) fn dictionary(conn: &Connection) -> Result<BTreeMap<i64, CellKey>, Fault> {
    dictionary_after(conn, 0)
}

/// Keys with a number above `last`: a number is never given again, nor to another key.
pub(super) fn dictionary_after(
    conn: &Connection,
    last: i64,
) -> Result<BTreeMap<i64, CellKey>, Fault> {
    let mut rows = conn.prepare_cached(
        "SELECT feature, endpoint, provider, model, region, verdict, grade, id FROM cell_key
         WHERE id > ?1",
    )?;
    let mut rows = rows.query([last])?;
    let mut keys = BTreeMap::new();
    while let Some(row) = rows.next()? {
        keys.insert(row.get(7)?, key_of(row)?);
    }
    Ok(keys)
}

/// The key in the first seven columns of a row.
pub(super) fn key_of(row: &rusqlite::Row<'_>) -> Result<CellKey, Fault> {
    let text = |i: usize| -> Result<Text, Fault> {
        Ok(Text::from(
            row.get_ref(i)?.as_str().map_err(|_| corrupt("cell_key"))?,
        ))
    };
    let (verdict, grade) = (text(5)?, text(6)?);
    Ok(CellKey {
        feature: text(0)?,
        endpoint: text(1)?,
        provider: text(2)?,
        model: text(3)?,
        region: text(4)?,
        verdict: match verdict.as_str() {
            "" => None,
            word => Some(verdict_of(word).ok_or_else(|| corrupt("cell_key"))?),
        },
        grade: match grade.as_str() {
            "" => None,
            word => Some(grade_of(word).ok_or_else(|| corrupt("cell_key"))?),
        },
    })
}
