//! What the listener asks: pages, answers of the API, and whether the books have changed.
//!
//! Knows no books: whoever has them implements [`Answers`]. A newcomer may ask why one trait: the
//! listener serves what is there, and tests hand in pages of their own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use schemars::JsonSchema;
use serde::Serialize;

use crate::units::Text;

use super::page::{Page, Place};

/// Longest query of an address, in bytes.
const QUERY_MAX: usize = 2000;
/// Most parameters.
const PARAMETERS_MAX: usize = 16;

/// Whoever has the answers. Methods may take long: they are called on threads of their own.
pub trait Answers: Send + Sync {
    /// The pages that there are, in the order of the navigation.
    fn places(&self) -> &[Place];

    /// A page, of the books as they stood a moment before `arrived` or later, and never before what
    /// [`Answers::version`] told or [`Answers::change`] did.
    ///
    /// # Errors
    /// [`Refused`].
    fn page(&self, path: &str, asked: &Asked, arrived: Instant) -> Result<Arc<Page>, Refused>;

    /// The HTML of a mail that lies in a folder, by the name of its file without the ending.
    ///
    /// # Errors
    /// [`Refused`]; where there are no such mails, all are unknown.
    fn framed(&self, name: &str) -> Result<String, Refused> {
        let _ = name;
        Err(Refused::Unknown)
    }

    /// The answer of `/api/v1/NAME`, as JSON.
    ///
    /// # Errors
    /// [`Refused`].
    fn api(&self, name: &str, asked: &Asked) -> Result<String, Refused>;

    /// The API's description (`OpenAPI` 3.1), as JSON.
    fn openapi(&self) -> String;

    /// Another number whenever a figure may have changed; `None` while nobody can tell.
    fn version(&self) -> Option<u64>;

    /// Whether a form may be sent to that path.
    fn takes(&self, _path: &str) -> bool {
        false
    }

    /// Does what a form says; the path to go on at.
    ///
    /// # Errors
    /// [`Unchanged`].
    fn change(&self, _path: &str, _form: &Asked, _author: &Text) -> Result<String, Unchanged> {
        Err(Unchanged::Refused(Refused::Unknown))
    }

    /// What the signed link at `path` would do, with the form that does it.
    ///
    /// # Errors
    /// [`Unchanged`].
    fn linked(&self, _path: &str, _key: &str) -> Result<Page, Unchanged> {
        Err(Unchanged::Refused(Refused::Unknown))
    }

    /// Does what the signed link at `path` says, and tells.
    ///
    /// # Errors
    /// [`Unchanged`].
    fn follow(&self, _path: &str, _key: &str) -> Result<Page, Unchanged> {
        Err(Unchanged::Refused(Refused::Unknown))
    }
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// There is no answer.
    Refused(Refused),
    /// What was asked for cannot be: in words.
    Not(String),
    /// A link that proves nothing, or nothing any more: in words.
    Invalid(String),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such page or answer.
    Unknown,
    /// A parameter is wrong: which, and what would be right.
    Parameter(String, String),
    /// The books cannot be read now; what they say.
    Unavailable(String),
    /// Too many wait for an answer.
    Busy,
}

/// A fault, as the API answers it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failed {
    /// What is wrong.
    pub(super) error: Wrong,
}

/// What is wrong, and what would be right.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Wrong {
    /// `not_found`, `bad_parameter`, `not_allowed`, `unavailable` or `busy`; these stay as they are.
    pub(super) code: &'static str,
    /// The same in words, for people.
    pub(super) message: String,
    /// The parameter that is wrong.
    pub(super) parameter: Option<String>,
    /// What would be right.
    pub(super) expected: String,
}

/// The parameters of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked(BTreeMap<String, String>);

impl Asked {
    /// The parameters of a query, without the question mark. Empty ones count as not given.
    ///
    /// # Errors
    /// [`Refused::Parameter`] for too many or too long ones, and for one that is given twice.
    pub fn parse(query: &str) -> Result<Asked, Refused> {
        if query.len() > QUERY_MAX {
            let right = "at most 2,000 bytes".to_owned();
            return Err(Refused::Parameter("query".to_owned(), right));
        }
        Asked::parse_within(query, QUERY_MAX)
    }

    /// The same of a text of at most `most` bytes, as a form sends it.
    ///
    /// # Errors
    /// [`Refused::Parameter`].
    pub(super) fn parse_within(query: &str, most: usize) -> Result<Asked, Refused> {
        let wrong = |name: &str, right: &str| Refused::Parameter(name.to_owned(), right.to_owned());
        if query.len() > most {
            return Err(wrong("form", "shorter"));
        }
        let mut asked = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |text: &str| {
                let text = text.replace('+', " ");
                let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
                decoded.map(std::borrow::Cow::into_owned)
            };
            let (Ok(name), Ok(value)) = (plain(name), plain(value)) else {
                return Err(wrong("query", "text in UTF-8"));
            };
            if value.is_empty() {
                continue;
            }
            if asked.insert(name.clone(), value).is_some() {
                return Err(wrong(&name, "once"));
            }
            if asked.len() > PARAMETERS_MAX {
                return Err(wrong("query", "at most 16 parameters"));
            }
        }
        Ok(Asked(asked))
    }

    /// A parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same with another value of a parameter; without it where the value is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Asked {
        let mut asked = self.clone();
        if value.is_empty() {
            asked.0.remove(name);
        } else {
            asked.0.insert(name.to_owned(), value.to_owned());
        }
        asked
    }

    /// As it is written behind a path: `?from=…`, or nothing.
    #[must_use]
    pub fn query(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.iter() {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(&encoded(name));
            text.push('=');
            text.push_str(&encoded(value));
        }
        text
    }
}

/// A value as it stands in an address.
fn encoded(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b'/');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_and_written() {
        let many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].join("=1&");
        let many = format!("{many}=1&{}=1", many.to_uppercase());
        let long = format!("a={}", "x".repeat(2000));
        let cases: [(&str, Option<&str>); 9] = [
            ("", Some("")),
            (
                "feature=itsm%2Fa+b&from=2026-11-08",
                Some("?feature=itsm/a%20b&from=2026-11-08"),
            ),
            ("feature=&from=1", Some("?from=1")),
            ("feature=%3Cscript%3E%26", Some("?feature=%3Cscript%3E%26")),
            ("a=1&a=2", None),
            ("a=%ff", None),
            ("flag", Some("")),
            (&many, None),
            (&long, None),
        ];
        for (query, written) in cases {
            let read = Asked::parse(query).ok().map(|asked| asked.query());
            assert_eq!(read.as_deref(), written, "{query}");
        }
    }
}
