//! Typed values from a TOML text, with a problem at its place for each that is wrong.
//!
//! Knows no price. A newcomer may ask why a wrong value does not end the reading: a person fixes
//! a file once, so every fault of it is collected.

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;
use crate::units::Text;

/// A key with its place.
pub(super) type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
/// A value with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// Reads typed values and collects the faults.
pub(super) struct Reader<'a> {
    /// The file as the user named it.
    pub(super) file: &'a str,
    text: &'a str,
    /// The faults so far.
    pub(super) problems: Vec<Problem>,
    /// The latest day on which an entry says that its source was read.
    pub(super) newest: Option<NaiveDate>,
}

impl<'a> Reader<'a> {
    /// A reader of that file's text.
    pub(super) fn new(file: &'a str, text: &'a str) -> Reader<'a> {
        Reader {
            file,
            text,
            problems: Vec::new(),
            newest: None,
        }
    }

    /// Notes a fault at a place of the text.
    pub(super) fn fault(
        &mut self,
        span: Range<usize>,
        code: &'static str,
        message: String,
        hint: &str,
    ) {
        let problem = Problem::at(self.file, self.text, span, code, message);
        self.problems.push(problem.hint(hint));
    }

    /// Notes a key that nobody knows.
    pub(super) fn unknown(&mut self, key: &Key<'_>, legal: &str) {
        let message = format!("unknown key `{}`", key.get_ref());
        self.fault(
            key.span(),
            "unknown_key",
            message,
            &format!("one of {legal}"),
        );
    }

    /// Notes a value of another kind than wanted.
    pub(super) fn wrong(&mut self, value: &Value<'_>, wanted: &str) {
        let message = format!("expected {wanted}");
        self.fault(value.span(), "wrong_type", message, "");
    }

    /// The tables of an array of tables, with their places.
    pub(super) fn tables<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
    ) -> Vec<(&'v DeTable<'i>, Range<usize>)> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "an array of tables, written `[[…]]`");
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            if let DeValue::Table(table) = item.get_ref() {
                tables.push((table, item.span()));
            } else {
                self.wrong(item, "a table");
            }
        }
        tables
    }

    /// A text, trimmed.
    pub(super) fn string(&mut self, value: &Value<'_>) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.trim().to_owned());
        }
        self.wrong(value, "a text");
        None
    }

    /// One text, or an array of texts.
    pub(super) fn strings(&mut self, value: &Value<'_>) -> Vec<String> {
        if let DeValue::Array(items) = value.get_ref() {
            return items.iter().filter_map(|item| self.string(item)).collect();
        }
        self.string(value).into_iter().collect()
    }

    /// The digits of a number, or of a text that holds one.
    pub(super) fn digits(&mut self, value: &Value<'_>) -> Option<String> {
        let digits = match value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            DeValue::Integer(number) => (number.radix() == 10).then(|| number.as_str()),
            DeValue::Float(number) => Some(number.as_str()),
            DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                None
            }
        };
        if digits.is_none() {
            self.wrong(value, "a number");
        }
        digits.map(str::to_owned)
    }

    /// A day, written as a TOML date or as a text.
    pub(super) fn date(&mut self, value: &Value<'_>) -> Option<NaiveDate> {
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => String::new(),
        };
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        if date.is_none() {
            self.wrong(value, "a date such as 2026-11-21");
        }
        date
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, value: &Value<'_>) -> bool {
        if let DeValue::Boolean(told) = value.get_ref() {
            return *told;
        }
        self.wrong(value, "`true` or `false`");
        false
    }

    /// Canonical regions: cloud, colon, name.
    pub(super) fn regions(&mut self, value: &Value<'_>) -> Vec<Text> {
        let regions = self.strings(value);
        if let Some(region) = regions.iter().find(|region| !region.contains(':')) {
            let message = format!("`{region}` is no canonical region");
            let hint = "cloud and region, such as `azure:westeurope`, `aws:eu-central-1`";
            self.fault(value.span(), "unknown_region", message, hint);
        }
        regions.iter().map(Text::from).collect()
    }
}
