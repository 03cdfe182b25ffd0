//! A field of a record, by whatever name a record carries it.
//!
//! Knows no record. A newcomer may ask why the best name comes first: records carry several, and not all
//! are filled.

use super::picked::NUMBERLESS;
use crate::decode::json::Json;

/// A logical field and the names under which records carry it, the best first.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Column {
    /// The name by which [`crate::decode::Settings::fields`] overrides the aliases.
    pub(in crate::decode) name: &'static str,
    /// The built-in aliases.
    pub(in crate::decode) aliases: &'static [&'static str],
    /// The numbers that the first aliases have in [`super::Picked`].
    pub(super) numbers: [u32; NUMBERED],
}

/// So many aliases of a column can have numbers.
const NUMBERED: usize = 4;

impl Column {
    /// Makes one.
    pub(in crate::decode) const fn new(
        name: &'static str,
        aliases: &'static [&'static str],
    ) -> Column {
        Column {
            name,
            aliases,
            numbers: [NUMBERLESS; NUMBERED],
        }
    }

    /// A field that the settings cannot rename.
    pub(in crate::decode) const fn fixed(aliases: &'static [&'static str]) -> Column {
        Column::new("", aliases)
    }

    /// The same with the numbers of its first aliases.
    pub(in crate::decode) const fn with(self, numbers: [u32; NUMBERED]) -> Column {
        Column { numbers, ..self }
    }

    /// Whether the record has one of the built-in aliases as a key, blank or not.
    pub(in crate::decode) fn stands_in(&self, record: &Json<'_>) -> bool {
        self.aliases.iter().any(|alias| record.get(alias).is_some())
    }
}
