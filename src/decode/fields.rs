//! Reads single values out of a record: by column name, wrapped or plain, as text, number or time.
//!
//! Knows no format. A newcomer may ask why a blank value counts as missing: Table API exports
//! write every empty column as `""`, so an empty first alias must not hide a filled second one.

mod address;
mod column;
mod picked;
mod rounding;
mod zoned;

use std::borrow::Cow;

use crate::outcome::{QuarantineReason, Reject};
use crate::units::{Millis, Text, UnixMillis, clean_name, trimmed};

use super::Settings;
use super::json::Json;
use rounding::{number, rounded};

pub(super) use address::{Address, before_query, split_port, split_url};
pub(super) use column::Column;
pub(super) use picked::{NUMBERLESS, Picked};

/// A value and the key it was found under, for messages.
#[derive(Clone, Debug)]
pub(super) struct Found<'r> {
    /// The record's own key.
    pub(super) key: &'r str,
    /// The value, unwrapped; never blank.
    pub(super) value: Cow<'r, Json<'r>>,
}

/// The columns of one record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'r> {
    record: Record<'r>,
    settings: &'r Settings,
}

/// What the columns are found in.
#[derive(Clone, Copy, Debug)]
enum Record<'r> {
    Whole(&'r Json<'r>),
    Picked(&'r Picked<'r>),
}

impl<'r> Fields<'r> {
    /// The columns of `record`, with the names that the settings put first.
    pub(super) fn new(record: &'r Json<'r>, settings: &'r Settings) -> Fields<'r> {
        let record = Record::Whole(record);
        Fields { record, settings }
    }

    /// The same of picked columns; only those whose aliases have numbers are found.
    pub(super) fn of_picked(picked: &'r Picked<'r>, settings: &'r Settings) -> Fields<'r> {
        let record = Record::Picked(picked);
        Fields { record, settings }
    }

    /// The first name of the column that holds something; the user's names come first.
    pub(super) fn find(&self, column: Column) -> Option<Found<'r>> {
        let held = |name: &'r str, value: &'r Json<'r>| {
            let value = plain(value);
            (!value.is_blank()).then_some(Found { key: name, value })
        };
        let holds = |name: &'r str| held(name, self.record.named(name)?);
        // Mostly nobody named columns of their own.
        let fields = &self.settings.fields;
        let own = (!fields.is_empty()).then(|| fields.get(column.name));
        let mut own = own.flatten().into_iter().flatten();
        let mut aliases = column.aliases.iter();
        own.find_map(|name| holds(name))
            .or_else(|| match self.record {
                Record::Whole(_) => aliases.find_map(|name| holds(name)),
                Record::Picked(picked) => aliases
                    .zip(column.numbers)
                    .find_map(|(name, number)| held(name, picked.get(number)?)),
            })
    }

    /// The column as text; numbers and truth values as they are written. `None` when blank, an
    /// array or an object.
    pub(super) fn text(&self, column: Column) -> Option<Cow<'r, str>> {
        self.find(column).and_then(|found| text(found.value))
    }

    /// The column as a cleaned name; empty when missing.
    pub(super) fn name(&self, column: Column) -> Text {
        self.text(column)
            .map_or_else(Text::default, |text| clean_name(&text))
    }

    /// The column as a whole number of things or bytes.
    ///
    /// # Errors
    /// `bad_number` when it is no whole number or below zero.
    pub(super) fn count(&self, column: Column) -> Result<Option<u64>, Reject> {
        self.find(column)
            .map_or(Ok(None), |found| count(found.key, &found.value))
    }

    /// The column as a token count.
    ///
    /// # Errors
    /// `bad_number` when it is no whole number, `negative_tokens` when below zero.
    pub(super) fn tokens(&self, column: Column) -> Result<Option<u64>, Reject> {
        self.find(column)
            .map_or(Ok(None), |found| tokens(found.key, &found.value))
    }

    /// The column as a truth value; `None` when missing or neither yes nor no.
    pub(super) fn flag(&self, column: Column) -> Option<bool> {
        self.find(column).and_then(|found| flag(&found.value))
    }

    /// The column as an HTTP status; `None` for a blank or 0: no answer.
    ///
    /// # Errors
    /// `bad_status` for anything else outside 100 to 599.
    pub(super) fn status(&self, column: Column) -> Result<Option<u16>, Reject> {
        self.find(column)
            .map_or(Ok(None), |found| status(found.key, &found.value))
    }

    /// The column as a duration of milliseconds, or of seconds when `seconds` says so.
    ///
    /// # Errors
    /// `bad_number` when it is no number or below zero.
    pub(super) fn millis(&self, column: Column, seconds: bool) -> Result<Option<Millis>, Reject> {
        self.find(column)
            .map_or(Ok(None), |found| millis(found.key, &found.value, seconds))
    }

    /// The column as a time; `None` when missing.
    ///
    /// # Errors
    /// `bad_time` when it cannot be read, `time_out_of_range` when it is not plausible.
    pub(super) fn time(&self, column: Column) -> Result<Option<UnixMillis>, Reject> {
        let read = |found: Found<'_>| zoned::time_in_zone(found.key, &found.value, self.settings);
        self.find(column).map(read).transpose()
    }
}

impl<'r> Record<'r> {
    fn named(self, name: &str) -> Option<&'r Json<'r>> {
        match self {
            Record::Whole(record) => lookup(record, name),
            Record::Picked(picked) => picked.named(name),
        }
    }
}

/// The value of a key; a name with dots is a path where no key is called so.
pub(super) fn lookup<'r>(record: &'r Json<'r>, name: &str) -> Option<&'r Json<'r>> {
    record.get(name).or_else(|| {
        let (mut value, mut rest) = (record, name);
        while let Some(dot) = memchr::memchr(b'.', rest.as_bytes()) {
            value = value.get(rest.get(..dot)?)?;
            rest = rest.get(dot.saturating_add(1)..)?;
        }
        // Without a dot it is the name itself, which is not there.
        (rest.len() < name.len()).then(|| value.get(rest)).flatten()
    })
}

/// The value inside `ServiceNow`'s `{value, display_value, link}`, else the value itself.
///
/// `display_value` is never used: it is translated, and its times are in the exporting user's
/// zone. A reference exported without `value` has its id at the end of `link`.
pub(super) fn plain<'r>(value: &'r Json<'r>) -> Cow<'r, Json<'r>> {
    if value.object().is_none() {
        return Cow::Borrowed(value);
    }
    if let Some(inner) = value.get("value") {
        return Cow::Borrowed(inner);
    }
    let id = value
        .get("link")
        .and_then(Json::str)
        .and_then(|link| link.rsplit('/').next());
    match id {
        Some(id) => Cow::Owned(Json::Str(Cow::Borrowed(id))),
        None if value.get("display_value").is_some() => Cow::Owned(Json::Null),
        None => Cow::Borrowed(value),
    }
}

/// A scalar as text; `None` for null, arrays and objects.
pub(super) fn text<'r>(value: Cow<'r, Json<'r>>) -> Option<Cow<'r, str>> {
    match value {
        Cow::Borrowed(Json::Str(text)) => Some(Cow::Borrowed(trimmed(text))),
        Cow::Owned(Json::Str(text)) => Some(Cow::Owned(trimmed(&text).to_owned())),
        Cow::Borrowed(scalar) => written(scalar),
        Cow::Owned(scalar) => written(&scalar),
    }
}

/// A number or truth value as it is written.
fn written<'r>(scalar: &Json<'_>) -> Option<Cow<'r, str>> {
    match scalar {
        Json::Int(number) => Some(Cow::Owned(number.to_string())),
        Json::Float(number) => Some(Cow::Owned(number.to_string())),
        Json::Bool(truth) => Some(Cow::Owned(truth.to_string())),
        Json::Str(_) | Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A whole number that is not negative; `None` when blank.
///
/// # Errors
/// `bad_number` when it is no whole number or below zero.
pub(super) fn count(key: &str, value: &Json<'_>) -> Result<Option<u64>, Reject> {
    not_negative(key, value, QuarantineReason::BadNumber)
}

/// A token count; `None` when blank.
///
/// # Errors
/// `bad_number` when it is no whole number, `negative_tokens` when below zero.
pub(super) fn tokens(key: &str, value: &Json<'_>) -> Result<Option<u64>, Reject> {
    not_negative(key, value, QuarantineReason::NegativeTokens)
}

fn not_negative(
    key: &str,
    value: &Json<'_>,
    reason: QuarantineReason,
) -> Result<Option<u64>, Reject> {
    let Some(number) = whole(key, value)? else {
        return Ok(None);
    };
    u64::try_from(number)
        .map(Some)
        .map_err(|_| Reject::new(reason, format!("`{key}` is {number}, expected 0 or more")))
}

/// A whole number; `None` when blank.
///
/// # Errors
/// `bad_number` when it is something else.
pub(super) fn whole(key: &str, value: &Json<'_>) -> Result<Option<i64>, Reject> {
    value
        .whole()
        .map_err(|reason| Reject::new(reason, format!("`{key}` is no whole number up to 2^53")))
}

/// A truth value, also as `"true"`, `"1"`, `"yes"` and their opposites; `None` for anything else.
pub(super) fn flag(value: &Json<'_>) -> Option<bool> {
    match value {
        Json::Bool(truth) => Some(*truth),
        Json::Int(1) => Some(true),
        Json::Int(0) => Some(false),
        Json::Str(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        Json::Null | Json::Int(_) | Json::Float(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// An HTTP status; `None` for a blank or 0: no answer.
///
/// # Errors
/// `bad_status` for anything else outside 100 to 599.
pub(super) fn status(key: &str, value: &Json<'_>) -> Result<Option<u16>, Reject> {
    let bad = |shown: &str| {
        let detail = format!("`{key}` is {shown}, expected an HTTP status from 100 to 599");
        Err(Reject::new(QuarantineReason::BadStatus, detail))
    };
    match value.whole() {
        Ok(None | Some(0)) => Ok(None),
        Ok(Some(number)) => match u16::try_from(number) {
            Ok(status @ 100..=599) => Ok(Some(status)),
            Ok(_) | Err(_) => bad(&number.to_string()),
        },
        Err(_) => bad("no whole number"),
    }
}

/// A duration of milliseconds, or of seconds when `seconds` says so; fractions are rounded to
/// the nearest millisecond. `None` when blank.
///
/// # Errors
/// `bad_number` when it is no number or below zero.
pub(super) fn millis(key: &str, value: &Json<'_>, seconds: bool) -> Result<Option<Millis>, Reject> {
    if value.is_blank() {
        return Ok(None);
    }
    let unit = if seconds { "seconds" } else { "milliseconds" };
    number(value)
        .map(|number| if seconds { number * 1000.0 } else { number })
        .and_then(rounded)
        .and_then(|number| u64::try_from(number).ok())
        .map(|number| Some(Millis(number)))
        .ok_or_else(|| {
            Reject::new(
                QuarantineReason::BadNumber,
                format!("`{key}` is no number of {unit}, 0 or more"),
            )
        })
}

/// A time: RFC 3339, `YYYY-MM-DD HH:MM:SS` in UTC, or a number since 1970 (also as text, also
/// seconds with a fraction).
///
/// # Errors
/// `bad_time` when it cannot be read, `time_out_of_range` when it is not plausible.
pub(super) fn time(key: &str, value: &Json<'_>) -> Result<UnixMillis, Reject> {
    let read = match value {
        Json::Str(text) => UnixMillis::parse(text).or_else(|| epoch(value)),
        Json::Int(_) | Json::Float(_) => epoch(value),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    let Some(at) = read else {
        return Err(Reject::new(
            QuarantineReason::BadTime,
            format!("`{key}` is no time, expected `YYYY-MM-DD HH:MM:SS`, RFC 3339 or epoch"),
        ));
    };
    plausible(key, at)
}

/// Passes a plausible time on.
///
/// # Errors
/// `time_out_of_range` otherwise.
pub(super) fn plausible(key: &str, at: UnixMillis) -> Result<UnixMillis, Reject> {
    if at.is_plausible() {
        return Ok(at);
    }
    Err(Reject::new(
        QuarantineReason::TimeOutOfRange,
        format!("`{key}` is {at}, expected a time from 2015 to 2099"),
    ))
}

/// What to say of a record without any time.
pub(super) fn no_time(columns: &[Column]) -> Reject {
    let names: Vec<String> = columns
        .iter()
        .flat_map(|column| column.aliases)
        .map(|alias| format!("`{alias}`"))
        .collect();
    Reject::new(
        QuarantineReason::BadTime,
        format!("no time, expected {}", names.join(" or ")),
    )
}

/// A number since 1970, told apart by magnitude; below 10^11 a fraction of a second counts.
fn epoch(value: &Json<'_>) -> Option<UnixMillis> {
    if let Ok(Some(whole)) = value.whole() {
        return Some(UnixMillis::from_epoch_number(whole));
    }
    let number = number(value)?;
    if number.abs() < 1e11 {
        rounded(number * 1000.0).map(UnixMillis)
    } else {
        rounded(number).map(UnixMillis::from_epoch_number)
    }
}

#[cfg(test)]
mod tests;
