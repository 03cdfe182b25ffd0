//! The columns of a call's row that its decoder reads; the others are checked and passed over.
//!
//! Knows no meaning of a column. What it returns is what the tree reader would have read, less the
//! columns that nobody asks for; whatever looks unusual it leaves to the tree reader. A newcomer may
//! ask why what is passed over is checked at all: a record is refused for a fault wherever it stands,
//! and for a key that stands there twice, or half of a torn record would be believed.

use std::borrow::Cow;

use super::super::Settings;
use super::super::fields::Picked;
use super::super::json::Json;
use super::scanner::{Scanner, Value};
use super::shape::Course;
use super::{Begun, OwnNames, Passed, Row, key};

/// Numbers of up to so many digits are never out of a double's range.
const PLAIN_NUMBER_MAX: usize = 18;
/// Objects within a value have few keys, or are unusual.
const FEW: usize = 8;
/// Deepest nesting that is passed over.
const LEVELS: u32 = 32;

/// The row with the columns that are read; `None` when it is no row for sure, or is unusual. What the
/// scan has passed is not scanned again.
pub(super) fn row<'a>(
    bytes: &'a [u8],
    settings: &Settings,
    begun: &Begun<'a>,
) -> Option<Picked<'a>> {
    // Within texts they are faults; between values they are rare in a message.
    let least = bytes.iter().fold(b' ', |least, byte| least.min(*byte));
    if least < b' ' || settings.own_names().any(|name| name.contains('.')) {
        return None;
    }
    let mut columns = Columns {
        text: std::str::from_utf8(bytes).ok()?,
        settings,
        row: Row::default(),
        // A name of the settings may be any key's.
        course: settings
            .fields
            .is_empty()
            .then(|| Course::begin(bytes.len())),
        keys: Keys::default(),
        picked: Picked::new(),
        names_own: settings.own_names().next().is_some(),
    };
    let own = OwnNames::new(settings)?;
    let (mut scanner, mut goes_on) = (Begun::at(bytes)?.scanner, true);
    if let Some(passed) = begun.passed() {
        for Passed { name, bit, value } in passed {
            columns.row.seen |= bit;
            if columns.reads_passed(name, *bit)? {
                columns.keep((name, *bit), *value)?;
            } else {
                pass_over(*value)?;
            }
        }
        scanner = begun.scanner;
        goes_on = passed.is_empty() || scanner.goes_on()?;
    }
    while goes_on {
        let (key, reads) = columns.key(&mut scanner, &own)?;
        if reads {
            columns.read(key, &mut scanner)?;
        } else {
            pass(&mut scanner, LEVELS)?;
        }
        goes_on = scanner.goes_on()?;
    }
    let is_row = scanner.only_white_is_left() && columns.row.is_outbound(settings.format.is_some());
    if !is_row {
        return None;
    }
    if let Some(course) = columns.course {
        course.end();
    }
    Some(columns.picked)
}

/// A key's name and bits.
type Named<'a> = (&'a [u8], u64);

/// The columns of a row so far.
struct Columns<'a, 's> {
    text: &'a str,
    settings: &'s Settings,
    row: Row<'a>,
    course: Option<Course<'a>>,
    keys: Keys,
    picked: Picked<'a>,
    /// The settings name columns, which are found by their names.
    names_own: bool,
}

impl<'a> Columns<'a, '_> {
    /// The next key, and whether the decoder reads its column; `None` when it may stand there twice.
    fn key(&mut self, scanner: &mut Scanner<'a>, own: &OwnNames<'_>) -> Option<(Named<'a>, bool)> {
        if let Some(course) = &mut self.course
            && let Some((name, bit)) = course.read(scanner)
        {
            self.row.seen |= bit;
            return Some(((name, bit), key::is_column(bit)));
        }
        let name = scanner.name()?;
        let bit = self.row.see(name, own)?;
        Some(((name, bit), self.reads(name, bit)?))
    }

    /// Whether the decoder reads the column of a name that the scan has passed; `None` when the name
    /// may stand there twice.
    fn reads_passed(&mut self, name: &'a [u8], bit: u64) -> Option<bool> {
        let course = self.course.as_mut();
        if course.is_some_and(|course| course.passes(name)) {
            return Some(key::is_column(bit));
        }
        self.reads(name, bit)
    }

    /// The same of a name that stood elsewhere in the row before, or nowhere.
    fn reads(&mut self, name: &'a [u8], bit: u64) -> Option<bool> {
        if let Some(course) = &mut self.course {
            for passed in course.leave() {
                self.keys.add(passed).then_some(())?;
            }
            course.note(name, bit);
        }
        // Of a key with a bit of its own the bit tells.
        if key::is_column(bit) {
            return Some(true);
        }
        let is_own = |own: &str| own.as_bytes() == name;
        let fields = &self.settings.fields;
        let reads = !fields.is_empty() && self.settings.own_names().any(is_own);
        self.keys.add(name).then_some(reads)
    }

    /// Reads a column's value.
    fn read(&mut self, key: Named<'a>, scanner: &mut Scanner<'a>) -> Option<()> {
        match scanner.next()? {
            b'"' if let Some(inside) = scanner.text() => self.keep_text(key, inside),
            first => self.keep(key, scanner.value_from(first)?),
        }
    }

    /// Keeps a text: most columns are such.
    fn keep_text(&mut self, key: Named<'a>, inside: &[u8]) -> Option<()> {
        let text = part(self.text, inside)?;
        let added = self.picked.add_text(key::number(key.1), text);
        added.then(|| self.name_last(key.0))?
    }

    /// Keeps a column's value.
    fn keep(&mut self, key: Named<'a>, value: Value<'a>) -> Option<()> {
        let value = match value {
            Value::String(inside) => return self.keep_text(key, inside),
            Value::Null => Json::Null,
            Value::Nested(raw) => reference(self.text, raw).or_else(|| Json::value(raw))?,
            Value::Escaped(raw) | Value::Scalar(raw) => Json::value(raw)?,
        };
        let added = self.picked.add(key::number(key.1), value);
        added.then(|| self.name_last(key.0))?
    }

    fn name_last(&mut self, name: &[u8]) -> Option<()> {
        if self.names_own {
            self.picked.name_last(part(self.text, name)?);
        }
        Some(())
    }
}

/// Bytes of a text, as text.
fn part<'a>(text: &'a str, bytes: &[u8]) -> Option<&'a str> {
    let from = bytes.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    text.get(from..from.checked_add(bytes.len())?)
}

/// What stands for an object of a few plain texts, as references are written: its `value`. `None` for
/// any other, and without one.
fn reference<'a>(text: &'a str, raw: &[u8]) -> Option<Json<'a>> {
    let mut scanner = Scanner::new(raw);
    scanner.expect(b'{')?;
    let mut names: [&[u8]; FEW] = [&[]; FEW];
    let mut found = None;
    for count in 0..FEW {
        let name = scanner.name()?;
        if names.get(..count)?.contains(&name) {
            return None;
        }
        *names.get_mut(count)? = name;
        let value = match scanner.value()? {
            Value::String(inside) => Json::Str(Cow::Borrowed(part(text, inside)?)),
            Value::Null => Json::Null,
            Value::Escaped(_) | Value::Nested(_) | Value::Scalar(_) => return None,
        };
        if name == b"value" {
            found = Some(value);
        }
        if !scanner.goes_on()? {
            return found;
        }
    }
    None
}

/// Moves behind a value, as strict as the tree reader is; `None` where it is wrong or unusual.
fn pass(scanner: &mut Scanner<'_>, levels: u32) -> Option<()> {
    match scanner.next()? {
        b'{' => pass_object(scanner, levels.checked_sub(1)?),
        b'[' => pass_array(scanner, levels.checked_sub(1)?),
        // Most columns are such: no value is made of them.
        b'"' if scanner.text().is_some() => Some(()),
        first => pass_over(scanner.value_from(first)?),
    }
}

/// `None` for a value that was scanned and is wrong or unusual.
fn pass_over(value: Value<'_>) -> Option<()> {
    let is_sound = match value {
        Value::String(_) | Value::Null => true,
        Value::Scalar(raw) if raw.len() <= PLAIN_NUMBER_MAX => true,
        Value::Nested(raw) => return pass(&mut Scanner::new(raw), LEVELS),
        Value::Escaped(raw) | Value::Scalar(raw) => Json::value(raw).is_some(),
    };
    is_sound.then_some(())
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
        if !scanner.goes_on()? {
            return Some(());
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
