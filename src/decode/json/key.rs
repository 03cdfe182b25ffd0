//! A key of a JSON object, told from others at a glance.
//!
//! Knows no format. A newcomer may ask why a key has a mark: a record is asked for fifty columns, most
//! keys are none of them, and a word tells that without a look at the text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Visitor};

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

impl Key<'_> {
    /// Whether it is that text, whose mark that is.
    pub(super) fn is(&self, mark: u64, text: &str) -> bool {
        self.mark == mark && *self.text == *text
    }
}

impl Deref for Key<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The first eight bytes of a key, mixed with its length.
pub(super) fn mark(key: &str) -> u64 {
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
