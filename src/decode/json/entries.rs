//! The entries of a JSON object, found by their keys at a glance.
//!
//! Knows no format. A newcomer may ask why not a map: a record is read once, in its own order, and
//! asked for sixty columns of which most are not there; a table of a hundred bytes answers that.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::Json;

/// Up to so many entries are looked through one by one.
const FEW: usize = 8;
/// Beyond so many entries the table is too full to be quick.
const MANY: usize = 96;
/// Slots of the table.
const SLOTS: usize = 128;

/// The entries of an object, in the record's order.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    list: Vec<(Key<'a>, Json<'a>)>,
    /// The place of each entry and one, from the slot on that its mark names; 0 where none is. In use
    /// with more than few entries, as long as they are not too many.
    slots: [u8; SLOTS],
}

impl Default for Entries<'_> {
    fn default() -> Self {
        Entries {
            list: Vec::new(),
            slots: [0; SLOTS],
        }
    }
}

impl PartialEq for Entries<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl<'a> Deref for Entries<'a> {
    type Target = [(Key<'a>, Json<'a>)];

    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

impl<'a> Entries<'a> {
    /// None, with room for as many as a record mostly has.
    pub(crate) fn with_room() -> Entries<'a> {
        Entries {
            list: Vec::with_capacity(16),
            ..Entries::default()
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.place(mark(key), key)
            .and_then(|place| self.list.get(place))
            .map(|(_, value)| value)
    }

    /// Puts a value in the place of the one that the key has, or at the end.
    pub fn set(&mut self, key: Key<'a>, value: Json<'a>) {
        let place = self.place(key.mark, &key);
        match place.and_then(|place| self.list.get_mut(place)) {
            Some((_, old)) => *old = value,
            None => self.push(key, value),
        }
    }

    /// Whether a key is known to be there; among very many it may not be known.
    pub(crate) fn has(&self, key: &Key<'_>) -> bool {
        self.list.len() <= MANY && self.place(key.mark, key).is_some()
    }

    /// Whether a key stands twice among very many.
    pub(super) fn has_twins(&self) -> bool {
        if self.list.len() <= MANY {
            return false;
        }
        let mut names: Vec<&str> = self.list.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    }

    /// Adds an entry whose key is not there.
    pub(crate) fn push(&mut self, key: Key<'a>, value: Json<'a>) {
        self.list.push((key, value));
        let entries = self.list.len();
        let first = match entries {
            0..=FEW | MANY.. => return,
            // The first that is too many for looking through.
            _ if entries == FEW + 1 => 0,
            _ => entries - 1,
        };
        for place in first..entries {
            let mark = self.list.get(place).map_or(0, |(key, _)| key.mark);
            let free = slots_of(mark).find(|slot| self.slots.get(*slot) == Some(&0));
            if let Some(slot) = free.and_then(|slot| self.slots.get_mut(slot)) {
                *slot = u8::try_from(place + 1).unwrap_or(0);
            }
        }
    }

    fn place(&self, mark: u64, key: &str) -> Option<usize> {
        let is = |place: usize| {
            let entry = self.list.get(place);
            entry.is_some_and(|(name, _)| name.mark == mark && *name.text == *key)
        };
        if !(FEW + 1..MANY).contains(&self.list.len()) {
            return (0..self.list.len()).find(|place| is(*place));
        }
        slots_of(mark)
            .map_while(|slot| usize::from(*self.slots.get(slot)?).checked_sub(1))
            .find(|place| is(*place))
    }
}

/// The slots where an entry of that mark may be, the first one first.
fn slots_of(mark: u64) -> impl Iterator<Item = usize> {
    let first = usize::try_from(mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57).unwrap_or(0);
    (first..SLOTS).chain(0..first)
}

/// A key of an object, borrowed where it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    mark: u64,
    text: Cow<'a, str>,
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'a> From<Cow<'a, str>> for Key<'a> {
    fn from(text: Cow<'a, str>) -> Key<'a> {
        Key {
            mark: mark(&text),
            text,
        }
    }
}

impl Deref for Key<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The first eight bytes of a key, mixed with its length.
fn mark(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let first = bytes.first_chunk::<8>().copied().unwrap_or_else(|| {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(bytes) {
            *to = *from;
        }
        first
    });
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    u64::from_le_bytes(first) ^ length.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Key<'de>, E> {
                Ok(Key::from(Cow::Borrowed(value)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Key<'de>, E> {
                Ok(Key::from(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
