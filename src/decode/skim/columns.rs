//! The columns of a call's row that its decoder reads; the others are checked and passed over.
//!
//! Knows no meaning of a column. What it returns is what the tree reader would have read, less the
//! columns that nobody asks for; whatever looks unusual it leaves to the tree reader. A newcomer may
//! ask why what is passed over is checked at all: a record is refused for a fault wherever it stands,
//! and for a key that stands there twice, or half of a torn record would be believed.

use std::borrow::Cow;

use super::super::Settings;
use super::super::json::{Entries, Json, Key};
use super::scanner::{Scanner, Value};
use super::{OwnNames, Row, key};

/// Numbers of up to so many digits are never out of a double's range.
const PLAIN_NUMBER_MAX: usize = 18;
/// Objects within a value have few keys, or are unusual.
const FEW: usize = 8;
/// Deepest nesting that is passed over.
const LEVELS: u32 = 32;

/// The row with the columns that are read; `None` when it is no row for sure, or is unusual.
pub(super) fn row<'a>(bytes: &'a [u8], settings: &Settings) -> Option<Json<'a>> {
    // Within texts they are faults; between values they are rare in a message.
    let least = bytes.iter().fold(b' ', |least, byte| least.min(*byte));
    if least < b' ' || settings.own_names().any(|name| name.contains('.')) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let fixed = settings.format.is_some();
    let own = OwnNames::new(settings)?;
    let is_own = |name: &str| settings.own_names().any(|own| own == name);
    let names_own = !settings.fields.is_empty();
    let mut row = Row::default();
    let mut keys = Keys::default();
    let mut entries = Box::new(Entries::with_room());
    let mut scanner = Scanner::new(bytes);
    scanner.expect(b'{')?;
    loop {
        scanner.expect(b'"')?;
        let key = scanner.plain_string()?;
        let name = just_read(text, &scanner, key)?;
        scanner.expect(b':')?;
        if !keys.add(key) {
            return None;
        }
        let bit = row.see(key, &own)?;
        if bit & !key::FOREIGN != 0 || (names_own && is_own(name)) {
            let value = match scanner.value()? {
                Value::String(inside) => {
                    Json::Str(Cow::Borrowed(just_read(text, &scanner, inside)?))
                }
                Value::Null => Json::Null,
                Value::Escaped(raw) | Value::Nested(raw) | Value::Scalar(raw) => Json::value(raw)?,
            };
            entries.push(Key::from(Cow::Borrowed(name)), value);
        } else {
            pass(&mut scanner, LEVELS)?;
        }
        match scanner.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    let is_row = scanner.only_white_is_left() && row.is_outbound(fixed);
    is_row.then_some(Json::Object(entries))
}

/// The string whose closing quote was read last, as text.
fn just_read<'a>(text: &'a str, scanner: &Scanner<'_>, inside: &[u8]) -> Option<&'a str> {
    let end = scanner.at() - 1;
    text.get(end - inside.len()..end)
}

/// Moves behind a value, as strict as the tree reader is; `None` where it is wrong or unusual.
fn pass(scanner: &mut Scanner<'_>, levels: u32) -> Option<()> {
    match scanner.next()? {
        b'{' => pass_object(scanner, levels.checked_sub(1)?),
        b'[' => pass_array(scanner, levels.checked_sub(1)?),
        first => {
            let is_sound = match scanner.value_from(first)? {
                Value::String(_) | Value::Null => true,
                Value::Scalar(raw) if raw.len() <= PLAIN_NUMBER_MAX => true,
                Value::Escaped(raw) | Value::Nested(raw) | Value::Scalar(raw) => {
                    Json::value(raw).is_some()
                }
            };
            is_sound.then_some(())
        }
    }
}

fn pass_object(scanner: &mut Scanner<'_>, levels: u32) -> Option<()> {
    let mut names: [&[u8]; FEW] = [&[]; FEW];
    if scanner.peek()? == b'}' {
        return scanner.expect(b'}');
    }
    for count in 0..FEW {
        let name = scanner.name()?;
        if names.get(..count)?.contains(&name) {
            return None;
        }
        *names.get_mut(count)? = name;
        pass(scanner, levels)?;
        match scanner.next()? {
            b',' => {}
            b'}' => return Some(()),
            _ => return None,
        }
    }
    None
}

fn pass_array(scanner: &mut Scanner<'_>, levels: u32) -> Option<()> {
    if scanner.peek()? == b']' {
        return scanner.expect(b']');
    }
    loop {
        pass(scanner, levels)?;
        match scanner.next()? {
            b',' => {}
            b']' => return Some(()),
            _ => return None,
        }
    }
}

/// Slots for marks of keys; a power of two.
const SLOTS: usize = 128;
/// With more keys the slots are too full to be quick.
const KEYS_MAX: usize = 96;

/// Marks of the keys of one object. Two keys can have the same mark, the same key cannot have two.
struct Keys {
    /// From the slot on that a mark names; 0 where none is.
    marks: [u32; SLOTS],
    count: usize,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys {
            marks: [0; SLOTS],
            count: 0,
        }
    }
}

impl Keys {
    /// Adds a key; false when it may be there already, or there are too many.
    fn add(&mut self, name: &[u8]) -> bool {
        self.count += 1;
        if self.count > KEYS_MAX {
            return false;
        }
        let hash = hash(name);
        let low = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        // Never 0, which means that a slot is free.
        let mark = low | 1;
        let first = usize::try_from(hash >> 57).unwrap_or(0);
        for step in 0..SLOTS {
            match self.marks.get_mut((first + step) % SLOTS) {
                Some(slot) if *slot == 0 => {
                    *slot = mark;
                    return true;
                }
                Some(slot) if *slot == mark => return false,
                Some(_) | None => {}
            }
        }
        false
    }
}

/// All bytes of a key and its length, mixed.
fn hash(name: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 29)
    };
    let length = u64::try_from(name.len()).unwrap_or(u64::MAX);
    // The last eight bytes may be mixed twice; of less than eight there is one word.
    let last = name.last_chunk::<8>().map_or_else(
        || {
            name.iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        },
        |word| u64::from_le_bytes(*word),
    );
    let (words, _) = name.as_chunks::<8>();
    let first = words
        .iter()
        .fold(length, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(first, last)
}

#[cfg(test)]
mod tests;
