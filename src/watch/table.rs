//! The series of rules that tell the same things apart, and which keys belong to each.
//!
//! Knows no figure. A newcomer may ask why rules share tables: forty rules speak of a dozen ways to tell
//! traffic apart, and each minute is added up once for each way.

use std::collections::{BTreeMap, BTreeSet};

use crate::alert::{Dimension, Scope, Series};
use crate::units::Text;

use super::keys::{Family, Key, Keys};

/// What a table's series are told apart by, and of which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) family: Family,
    pub(super) by: Vec<Dimension>,
    pub(super) scope: Scope,
}

/// Where a key belongs.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Not asked yet.
    Unasked,
    /// To none of the series.
    Outside,
    At(usize),
}

/// The series of a shape.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) shape: Shape,
    /// By place of the key.
    of_key: Vec<Place>,
    places: BTreeMap<Vec<Text>, usize>,
    series: Vec<Series>,
    /// Series that late records changed since the last judgement.
    late: BTreeSet<usize>,
    /// Where the last call went that a rule of residency tells of, by series.
    subjects: BTreeMap<usize, Text>,
}

impl Table {
    pub(super) fn new(shape: Shape) -> Table {
        Table {
            shape,
            of_key: Vec::new(),
            places: BTreeMap::new(),
            series: Vec::new(),
            late: BTreeSet::new(),
            subjects: BTreeMap::new(),
        }
    }

    /// All series.
    pub(super) fn series(&self) -> &[Series] {
        &self.series
    }

    /// Notes that late records changed a series.
    pub(super) fn note_late(&mut self, series: usize) {
        self.late.insert(series);
    }

    /// Notes where a call of a series went.
    pub(super) fn note_subject(&mut self, series: usize, key: &Key) {
        let told = [Dimension::Region, Dimension::Endpoint]
            .into_iter()
            .map(|dimension| key.text(dimension))
            .find(|text| !text.is_empty());
        let told = told.unwrap_or_default();
        if self.subjects.get(&series).is_none_or(|known| known != told) {
            self.subjects.insert(series, Text::from(told));
        }
    }

    /// Where the last call of a series went.
    pub(super) fn subject(&self, series: usize) -> Option<Text> {
        self.subjects.get(&series).cloned()
    }

    /// Whether late records changed a series.
    pub(super) fn is_late(&self, series: usize) -> bool {
        self.late.contains(&series)
    }

    /// Forgets what was late.
    pub(super) fn forget_late(&mut self) {
        self.late.clear();
    }

    /// The series of a key; `None` outside the scope.
    pub(super) fn of_key(&mut self, place: usize, keys: &Keys) -> Option<usize> {
        match self.of_key.get(place) {
            Some(Place::At(series)) => return Some(*series),
            Some(Place::Outside) => return None,
            Some(Place::Unasked) | None => {}
        }
        let found = keys.get(place).and_then(|key| self.find(key));
        if self.of_key.len() <= place {
            self.of_key.resize(place + 1, Place::Unasked);
        }
        if let Some(slot) = self.of_key.get_mut(place) {
            *slot = found.map_or(Place::Outside, Place::At);
        }
        found
    }

    /// Links go with the cells, as far as they tell what cells are told apart by.
    fn takes(&self, family: Family) -> bool {
        match family {
            Family::Links => self.shape.family == Family::Cells,
            Family::Cells | Family::Credentials | Family::Groups => self.shape.family == family,
        }
    }

    fn find(&mut self, key: &Key) -> Option<usize> {
        let fits = self
            .shape
            .scope
            .fits(|dimension| key.get(dimension).map(Text::as_str));
        if !fits || !self.takes(key.family) {
            return None;
        }
        let values = self.shape.by.iter();
        let values: Option<Vec<Text>> = values
            .map(|dimension| {
                key.get(*dimension)
                    .filter(|value| !value.is_empty())
                    .cloned()
            })
            .collect();
        let values = values?;
        if let Some(place) = self.places.get(&values) {
            return Some(*place);
        }
        let named = self.shape.by.iter().copied().zip(values.iter().cloned());
        let place = self.series.len();
        self.series.push(Series::new(named.collect()));
        self.places.insert(values, place);
        Some(place)
    }
}
