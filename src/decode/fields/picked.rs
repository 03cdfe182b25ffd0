//! The columns of a row whose keys a format has numbered.
//!
//! Knows no key. A newcomer may ask what it is for: a row that is read by the million has its columns
//! found by number, where a tree would look for each by its name.

use std::borrow::Cow;

use crate::decode::json::Json;

/// Numbers are below this.
const NUMBERS: usize = 32;
/// What stands for a number where there is none.
pub(in crate::decode) const NUMBERLESS: u32 = u32::MAX;

/// Columns that a row mostly has at most.
const ROOM: usize = 16;

/// Columns that were picked from a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::decode) struct Picked<'a> {
    values: Vec<Json<'a>>,
    /// By number the place of a value, and one; 0 where none is.
    places: [u8; NUMBERS],
    /// Places by name, of those that somebody may ask for by a name of their own.
    named: Vec<(&'a str, u8)>,
}

impl<'a> Picked<'a> {
    /// No column.
    pub(in crate::decode) fn new() -> Picked<'a> {
        Picked {
            values: Vec::with_capacity(ROOM),
            places: [0; NUMBERS],
            named: Vec::new(),
        }
    }

    /// Adds a column that is not there; false when there are too many.
    pub(in crate::decode) fn add(&mut self, number: u32, value: Json<'a>) -> bool {
        self.values.push(value);
        self.number_last(number)
    }

    /// The same for a text, which is passed by itself: what is stored in pieces and read whole makes the
    /// processor wait.
    pub(in crate::decode) fn add_text(&mut self, number: u32, text: &'a str) -> bool {
        self.values.push(Json::Str(Cow::Borrowed(text)));
        self.number_last(number)
    }

    /// Has the last column found by its number.
    fn number_last(&mut self, number: u32) -> bool {
        let Ok(place) = u8::try_from(self.values.len()) else {
            return false;
        };
        let slot = usize::try_from(number).ok();
        if let Some(slot) = slot.and_then(|slot| self.places.get_mut(slot)) {
            *slot = place;
        }
        true
    }

    /// Has the last column found by its name as well.
    pub(in crate::decode) fn name_last(&mut self, name: &'a str) {
        if let Ok(place) = u8::try_from(self.values.len()) {
            self.named.push((name, place));
        }
    }

    /// The column of a number.
    pub(in crate::decode) fn get(&self, number: u32) -> Option<&Json<'a>> {
        self.at(*self.places.get(usize::try_from(number).ok()?)?)
    }

    /// The column of a name, of those that have one.
    pub(in crate::decode) fn named(&self, name: &str) -> Option<&Json<'a>> {
        let (_, place) = self.named.iter().find(|(known, _)| *known == name)?;
        self.at(*place)
    }

    fn at(&self, place: u8) -> Option<&Json<'a>> {
        self.values.get(usize::from(place).checked_sub(1)?)
    }
}
