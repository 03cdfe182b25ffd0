//! What Azure's resource logs have in common: outer columns, `properties`, the resource's id.
//!
//! Knows no category. A newcomer may ask why `properties` can be a text: some exports to Event
//! Hubs write it as JSON inside JSON.

use std::borrow::Cow;

use crate::outcome::Reject;
use crate::provider::Recognised;
use crate::units::{Millis, Text, UnixMillis};

use super::Context;
use super::Settings;
use super::fields::{self, Column, Fields, Found};
use super::json::Json;
use super::place;

/// A record's columns: those of `properties` first, then the outer ones.
pub(super) struct Columns<'r> {
    inner: Option<Fields<'r>>,
    outer: Fields<'r>,
}

/// The `properties` of a record, where it has some.
///
/// # Errors
/// What [`Json::parse`] says of `properties` that are a text.
pub(super) fn properties<'r>(record: &'r Json<'r>) -> Result<Option<Cow<'r, Json<'r>>>, Reject> {
    let Some(value) = record.get("properties") else {
        return Ok(None);
    };
    match value {
        Json::Str(text) if !text.trim().is_empty() => Json::parse(text.as_bytes())
            .map(|parsed| Some(Cow::Owned(parsed)))
            .map_err(|reject| {
                Reject::new(reject.reason, format!("`properties`: {}", reject.detail))
            }),
        Json::Object(_) => Ok(Some(Cow::Borrowed(value))),
        Json::Null
        | Json::Bool(_)
        | Json::Int(_)
        | Json::Float(_)
        | Json::Str(_)
        | Json::Array(_) => Ok(None),
    }
}

impl<'r> Columns<'r> {
    /// The columns of `record`, whose `properties` were read before.
    pub(super) fn new(
        record: &'r Json<'r>,
        properties: Option<&'r Json<'r>>,
        settings: &'r Settings,
    ) -> Columns<'r> {
        Columns {
            inner: properties.map(|inner| Fields::new(inner, settings)),
            outer: Fields::new(record, settings),
        }
    }

    /// The first place where the column holds something.
    pub(super) fn find(&self, column: Column) -> Option<Found<'r>> {
        self.inner
            .and_then(|inner| inner.find(column))
            .or_else(|| self.outer.find(column))
    }

    /// The column as text; empty when missing.
    pub(super) fn text(&self, column: Column) -> Cow<'r, str> {
        self.find(column)
            .and_then(|found| fields::text(found.value))
            .unwrap_or_default()
    }

    /// The column as a cleaned name; empty when missing.
    pub(super) fn name(&self, column: Column) -> Text {
        crate::units::clean_name(&self.text(column))
    }

    /// The column as a count of bytes.
    ///
    /// # Errors
    /// See [`fields::count`].
    pub(super) fn count(&self, column: Column) -> Result<Option<u64>, Reject> {
        self.find(column)
            .map_or(Ok(None), |found| fields::count(found.key, &found.value))
    }

    /// The column as a token count.
    ///
    /// # Errors
    /// See [`fields::tokens`].
    pub(super) fn tokens(&self, column: Column) -> Result<Option<u64>, Reject> {
        self.find(column)
            .map_or(Ok(None), |found| fields::tokens(found.key, &found.value))
    }

    /// The column as a duration in milliseconds.
    ///
    /// # Errors
    /// See [`fields::millis`].
    pub(super) fn millis(&self, column: Column) -> Result<Option<Millis>, Reject> {
        self.find(column).map_or(Ok(None), |found| {
            fields::millis(found.key, &found.value, false)
        })
    }

    /// The column as a time.
    ///
    /// # Errors
    /// See [`fields::time`].
    pub(super) fn time(&self, column: Column) -> Result<Option<UnixMillis>, Reject> {
        self.find(column).map_or(Ok(None), |found| {
            fields::time(found.key, &found.value).map(Some)
        })
    }
}

/// The last word of a resource's id after `provider` (`MICROSOFT.COGNITIVESERVICES/ACCOUNTS`), in
/// lower case; `None` when the id is another provider's.
pub(super) fn resource_name(id: &str, provider: &str) -> Option<String> {
    let id = id.to_lowercase();
    let (_, rest) = id.split_once(&format!("{}/", provider.to_lowercase()))?;
    let name = rest.split('/').next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Where a URL points; `None` when it is no LLM endpoint's.
pub(super) fn admitted(context: Context<'_>, url: &str) -> Option<Recognised> {
    let address = fields::split_url(url)?;
    context.gate.admit(address.host, address.path)?;
    Some(place::of(context.gate, address.host, address.path, None))
}
