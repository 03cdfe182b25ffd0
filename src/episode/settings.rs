//! What a desk goes by: rules, who is told, how often and when.
//!
//! Knows no file. A newcomer may ask why the zone stands in it: a person's day and the hour of a
//! digest are local ones.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::alert::{Dimension, Rule, Series, Severity};
use crate::units::{Text, UnixMillis};

/// What a desk goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules in force, by name.
    pub rules: BTreeMap<Text, Rule>,
    /// What the registry says of features, by key.
    pub features: BTreeMap<Text, Owned>,
    /// Who is told; the first that fits.
    pub routes: Vec<Route>,
    /// Who is told where nobody else is named, and of mails that a server will never take.
    pub fallback: Option<Text>,
    /// Times in which nobody is told.
    pub maintenance: Vec<Maintenance>,
    /// Mails of one step each that a person gets on a day; the rest goes into a digest.
    pub mails_per_day: u32,
    /// Days from the first look on in which first sights are gathered.
    pub quiet_first_days: u32,
    /// Who gets the daily digest of costs.
    pub finops: Vec<Text>,
    /// Who gets the weekly digest of residency.
    pub security: Vec<Text>,
    /// Minute of the local day of daily digests.
    pub daily: u32,
    /// Day of the week (0: Monday) and minute of the weekly digest.
    pub weekly: (u32, u32),
    /// Zone of days and digests.
    pub zone: Tz,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            rules: BTreeMap::new(),
            features: BTreeMap::new(),
            routes: Vec::new(),
            fallback: None,
            maintenance: Vec::new(),
            mails_per_day: 20,
            quiet_first_days: 7,
            finops: Vec::new(),
            security: Vec::new(),
            daily: 450,
            weekly: (0, 450),
            zone: Tz::UTC,
        }
    }
}

/// What the registry says of a feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// Its application.
    pub application: Text,
    /// Who answers for it; an address gets its mails.
    pub owner: Text,
    /// Endpoints that it uses.
    pub endpoints: Vec<Text>,
}

/// Who is told of what fits all matchers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What must fit; empty: everything does.
    pub matchers: Vec<Matcher>,
    /// Addresses.
    pub to: Vec<Text>,
}

/// A time in which nobody is told of what fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// When it begins.
    pub from: UnixMillis,
    /// When it is over.
    pub to: UnixMillis,
    /// What must fit; empty: everything does.
    pub matchers: Vec<Matcher>,
    /// Who says so.
    pub author: Text,
    /// Why.
    pub reason: Text,
}

/// One thing that must be so: a word (`rule`, `severity`, `kind` or a dimension) and the value that it must
/// have; a value that ends in `*` needs only begin so.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Matcher {
    /// Of what.
    pub key: Text,
    /// Which.
    pub value: Text,
}

impl Matcher {
    /// Reads `key=value`.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(text: &str) -> Result<Matcher, String> {
        let words = || {
            let dimensions = Dimension::ALL.map(Dimension::as_str).join("`, `");
            format!("`rule`, `severity`, `kind`, `{dimensions}`")
        };
        let Some((key, value)) = text.split_once('=') else {
            return Err(format!(
                "`{text}` is no matcher; write KEY=VALUE with a key of {}",
                words()
            ));
        };
        let known = ["rule", "severity", "kind"].contains(&key) || Dimension::parse(key).is_some();
        if !known || value.is_empty() {
            return Err(format!(
                "`{text}` fits nothing; write KEY=VALUE with a key of {}",
                words()
            ));
        }
        Ok(Matcher {
            key: Text::from(key),
            value: Text::from(value),
        })
    }

    /// Whether it is so.
    #[must_use]
    pub fn fits(&self, subject: &Subject<'_>) -> bool {
        let is = |found: &str| match self.value.strip_suffix('*') {
            Some(beginning) => found.starts_with(beginning),
            None => found == self.value,
        };
        match self.key.as_str() {
            "rule" => is(subject.rule),
            "severity" => is(subject.severity.as_str()),
            "kind" => is(subject.kind),
            "application" => match subject.series.get(Dimension::Application) {
                Some(application) => is(application),
                None => is(subject.application),
            },
            key => Dimension::parse(key)
                .and_then(|dimension| subject.series.get(dimension))
                .is_some_and(|value| is(value)),
        }
    }
}

/// What matchers are held against.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Name of the rule.
    pub rule: &'a str,
    /// Word of the rule's kind.
    pub kind: &'a str,
    /// How urgent.
    pub severity: Severity,
    /// What it is about.
    pub series: &'a Series,
    /// The application of its feature; empty where there is none.
    pub application: &'a str,
}

/// Whether all of them fit.
pub(super) fn all_fit(matchers: &[Matcher], subject: &Subject<'_>) -> bool {
    matchers.iter().all(|matcher| matcher.fits(subject))
}
