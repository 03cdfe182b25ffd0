//! Names as small numbers: each key of the books once, with the values that rules tell apart.
//!
//! Knows no figure. A newcomer may ask why links and credentials have keys too: a rule's series are
//! found for them in the same way.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::alert::Dimension;
use crate::entry::CellKey;
use crate::residency::Verdict;
use crate::units::Text;

/// What tells a key's figures, and how finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// Cells by the minute.
    Cells,
    /// Links by the hour: of the failed attempt.
    Links,
    /// Credentials by the hour.
    Credentials,
    /// Groups of users by the day.
    Groups,
}

/// One key: its values by dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) family: Family,
    pub(super) values: Vec<(Dimension, Text)>,
    pub(super) verdict: Option<Verdict>,
}

impl Key {
    pub(super) fn get(&self, dimension: Dimension) -> Option<&Text> {
        let found = self.values.iter().find(|(one, _)| *one == dimension);
        found.map(|(_, value)| value)
    }

    /// A value; empty where there is none.
    pub(super) fn text(&self, dimension: Dimension) -> &str {
        self.get(dimension).map_or("", Text::as_str)
    }
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    numbers: BTreeMap<i64, usize>,
    places: BTreeMap<Rc<Key>, usize>,
    named: Vec<Rc<Key>>,
}

impl Keys {
    /// The key at a place.
    pub(super) fn get(&self, place: usize) -> Option<&Rc<Key>> {
        self.named.get(place)
    }

    /// The place of a cell's number.
    pub(super) fn of_number(&self, number: i64) -> Option<usize> {
        self.numbers.get(&number).copied()
    }

    /// Learns the name of a cell's number.
    pub(super) fn name(&mut self, number: i64, key: &CellKey, application: Text) {
        let values = vec![
            (Dimension::Feature, key.feature.clone()),
            (Dimension::Application, application),
            (Dimension::Endpoint, key.endpoint.clone()),
            (Dimension::Model, key.model.clone()),
            (Dimension::Provider, key.provider.clone()),
            (Dimension::Region, key.region.clone()),
        ];
        let place = self.place(Family::Cells, values, key.verdict);
        self.numbers.insert(number, place);
    }

    /// The place of a key, made where it is new.
    pub(super) fn place(
        &mut self,
        family: Family,
        values: Vec<(Dimension, Text)>,
        verdict: Option<Verdict>,
    ) -> usize {
        let key = Key {
            family,
            values,
            verdict,
        };
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let key = Rc::new(key);
        let place = self.named.len();
        self.named.push(Rc::clone(&key));
        self.places.insert(key, place);
        place
    }
}
