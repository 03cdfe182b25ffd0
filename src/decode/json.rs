//! A JSON record as a borrowed tree, read strictly: every refusal has a reason.
//!
//! Knows no format. A newcomer may ask why not typed structs: columns have aliases, values come
//! wrapped or as strings, and eight formats must be told apart by their keys before any of them
//! can be read.

mod entries;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::outcome::{QuarantineReason, Reject};
use crate::units::{Text, trimmed};

pub use entries::{Entries, Key};

/// Largest integer that a JSON number can carry through a double without loss.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// The words by which a duplicate key is told from other faults of `serde_json`.
const DUPLICATE: &str = "tollwatch duplicate key";

/// One JSON value; texts are borrowed from the record where they have no escapes.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// A number with a fraction or exponent, or past `i64`.
    Float(f64),
    /// A text.
    Str(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object in the record's order, without repeated keys.
    Object(Box<Entries<'a>>),
}

impl<'a> Json<'a> {
    /// Reads one whole record.
    ///
    /// # Errors
    /// [`Reject`] with `empty`, `not_utf8`, `plain_text`, `broken_json`, `too_deep` or
    /// `duplicate_key`; the detail names line and column, never text of the record.
    pub fn parse(bytes: &'a [u8]) -> Result<Json<'a>, Reject> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Reject::new(
                QuarantineReason::NotUtf8,
                format!("invalid UTF-8 after byte {}", error.valid_up_to()),
            )
        })?;
        let Some(first) = text.trim_start().bytes().next() else {
            return Err(Reject::new(QuarantineReason::Empty, "no bytes"));
        };
        if first != b'{' && first != b'[' {
            return Err(Reject::new(
                QuarantineReason::PlainText,
                "expected a JSON object or array",
            ));
        }
        serde_json::from_str(text).map_err(|error| reject_of(&error))
    }

    /// Reads one value that stands inside a record; `None` where [`Json::parse`] would refuse the
    /// record for it.
    pub(super) fn value(bytes: &'a [u8]) -> Option<Json<'a>> {
        serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
    }

    /// The value of a key; `None` for other kinds and missing keys.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(entries) => entries.get(key),
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::Str(_)
            | Json::Array(_) => None,
        }
    }

    /// The value at a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Json<'a>> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text, where it is one.
    #[must_use]
    pub fn str(&self) -> Option<&str> {
        match self {
            Json::Str(text) => Some(text),
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::Array(_)
            | Json::Object(_) => None,
        }
    }

    /// The text at a path of keys, without blanks around it; empty when missing or of another kind.
    #[must_use]
    pub fn text_at(&self, path: &[&str]) -> &str {
        let text = self.at(path).and_then(Json::str);
        text.unwrap_or_default().trim()
    }

    /// The elements, where it is an array.
    #[must_use]
    pub fn array(&self) -> Option<&[Json<'a>]> {
        match self {
            Json::Array(items) => Some(items),
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::Str(_)
            | Json::Object(_) => None,
        }
    }

    /// The entries, where it is an object.
    #[must_use]
    pub fn object(&self) -> Option<&[(Key<'a>, Json<'a>)]> {
        match self {
            Json::Object(entries) => Some(entries),
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::Str(_)
            | Json::Array(_) => None,
        }
    }

    /// Whether nothing stands here: `null` or an empty text.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Json::Null => true,
            Json::Str(text) => trimmed(text).is_empty(),
            Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Array(_) | Json::Object(_) => {
                false
            }
        }
    }

    /// A whole number, from a number or a text of digits; `Ok(None)` when blank.
    ///
    /// # Errors
    /// The reason `bad_number` for fractions, texts that are no numbers, and whole numbers past
    /// 2⁵³ that came as a float; the caller adds the key's name.
    pub fn whole(&self) -> Result<Option<i64>, QuarantineReason> {
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "without a fraction and within the bounds of what is exact"
        )]
        let exact = |number: f64| {
            if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
                Ok(Some(number as i64))
            } else {
                Err(QuarantineReason::BadNumber)
            }
        };
        match self {
            Json::Int(number) => Ok(Some(*number)),
            Json::Float(number) => exact(*number),
            Json::Str(_) if self.is_blank() => Ok(None),
            Json::Str(text) => {
                let text = text.trim();
                text.parse().map(Some).or_else(|_| {
                    text.parse()
                        .map_err(|_| QuarantineReason::BadNumber)
                        .and_then(exact)
                })
            }
            Json::Null => Ok(None),
            Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err(QuarantineReason::BadNumber),
        }
    }

    /// The keys of the value, dotted, each with the length of its value in bytes; for quarantine.
    #[must_use]
    pub fn key_lengths(&self) -> Vec<(Text, u32)> {
        let mut keys = Vec::new();
        self.collect_keys("", &mut keys);
        keys
    }

    fn collect_keys(&self, prefix: &str, keys: &mut Vec<(Text, u32)>) {
        let Some(entries) = self.object() else { return };
        for (name, value) in entries {
            if keys.len() >= Reject::MAX_KEYS {
                return;
            }
            let name = crate::units::clean_name(&format!("{prefix}{name}"));
            if value.object().is_some() {
                value.collect_keys(&format!("{name}."), keys);
            } else {
                keys.push((name, value.length()));
            }
        }
    }

    /// Length of a scalar as text, or the number of elements.
    fn length(&self) -> u32 {
        let length = match self {
            Json::Null => 0,
            Json::Bool(true) => 4,
            Json::Bool(false) => 5,
            Json::Int(number) => number.to_string().len(),
            Json::Float(number) => number.to_string().len(),
            Json::Str(text) => text.len(),
            Json::Array(items) => items.len(),
            Json::Object(entries) => entries.len(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }
}

fn reject_of(error: &serde_json::Error) -> Reject {
    let place = format!("line {} column {}", error.line(), error.column());
    let words = error.to_string();
    if words.starts_with(DUPLICATE) {
        return Reject::new(
            QuarantineReason::DuplicateKey,
            format!("a key stands twice in one object, {place}"),
        );
    }
    if words.starts_with("recursion limit") {
        return Reject::new(
            QuarantineReason::TooDeep,
            format!("nested deeper than 127 levels, {place}"),
        );
    }
    let what = match error.classify() {
        serde_json::error::Category::Eof => "ends in the middle",
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Data => "not JSON",
    };
    Reject::new(QuarantineReason::BrokenJson, format!("{what}, {place}"))
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Int(value))
    }

    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "past i64 nothing is exact, and `whole` refuses it"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Str(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Str(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut entries = Box::new(Entries::with_room());
        while let Some(key) = map.next_key()? {
            if entries.has(&key) {
                return Err(A::Error::custom(DUPLICATE));
            }
            entries.push(key, map.next_value()?);
        }
        if entries.has_twins() {
            return Err(A::Error::custom(DUPLICATE));
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests;
