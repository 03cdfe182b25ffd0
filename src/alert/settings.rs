//! What the lifecycle of alerts goes by: who is told of what, when digests go, which hours are
//! excused.
//!
//! Knows no file and no transport. A newcomer may ask why a matcher without any value fits every
//! alert: the last route is meant for whatever nobody else wants.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::{Text, UnixMillis};

use super::kind::Kind;
use super::rule::{Rule, Scope};
use super::series::{Dimension, Series};
use super::words::Severity;

/// What the lifecycle of alerts goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Mails that a person gets in a day at most, digests not counted; the rest comes in the next
    /// digest.
    pub mails_per_person_per_day: u32,
    /// When digests go, and to whom.
    pub digests: Digests,
    /// Days from a ledger's first record on in which first sights come as one inventory.
    pub quiet_first_days: u32,
    /// Who is told; the first that fits.
    pub routes: Vec<Route>,
    /// Who is told where no route fits and nobody owns the feature, and of mails that cannot be
    /// delivered.
    pub fallback_to: Option<Text>,
    /// Excused hours.
    pub maintenance: Vec<Maintenance>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mails_per_person_per_day: 20,
            digests: Digests::default(),
            quiet_first_days: 7,
            routes: Vec::new(),
            fallback_to: None,
            maintenance: Vec::new(),
        }
    }
}

/// When digests go, by the ledger's zone, and to whom beside those whose mails were held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// The daily one: minutes after midnight.
    pub daily_minute: u32,
    /// The weekly one on residency: the day, 0 for Monday, and minutes after midnight.
    pub weekly: (u32, u32),
    /// Who gets the daily digest of spend.
    pub finops: Vec<Text>,
    /// Who gets the weekly digest of residency.
    pub security: Vec<Text>,
}

impl Default for Digests {
    fn default() -> Digests {
        Digests {
            daily_minute: 450,
            weekly: (0, 450),
            finops: Vec::new(),
            security: Vec::new(),
        }
    }
}

/// Who is told of which alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Which.
    pub matcher: Matcher,
    /// Addresses.
    pub to: Vec<Text>,
}

/// Hours in which alerts are excused: nobody is told, and nothing is learned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// From when, by the calls' own time.
    pub from: UnixMillis,
    /// Up to when, not included.
    pub to: UnixMillis,
    /// Which alerts.
    pub matcher: Matcher,
    /// Who says so.
    pub author: Text,
    /// Why.
    pub reason: Text,
}

/// Which alerts are meant: each list with values must hold the alert's. A value that ends in `*`
/// fits whatever begins so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matcher {
    /// Rules by name.
    pub rules: Vec<Text>,
    /// Kinds of rules.
    pub kinds: Vec<Kind>,
    /// How urgent.
    pub severities: Vec<Severity>,
    /// Values of the series.
    pub scope: Scope,
}

impl Matcher {
    /// Whether the alert of that rule and series, so urgent, is meant.
    #[must_use]
    pub fn fits(&self, rule: &Rule, series: &Series, severity: Severity) -> bool {
        let named = self.rules.is_empty() || self.rules.iter().any(|name| like(name, &rule.name));
        let kind = rule.check.kind();
        named
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.severities.is_empty() || self.severities.contains(&severity))
            && self.scope.fits(|dimension| series.value(dimension))
    }

    /// Whether it names nothing, and so fits every alert.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self == Matcher::default()
    }
}

/// As people write it: `rule=latency* endpoint=weu`.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.iter().map(|rule| format!("rule={rule}"));
        let kinds = self.kinds.iter();
        let kinds = kinds.map(|kind| format!("kind={}", kind.as_str()));
        let severities = self.severities.iter();
        let severities = severities.map(|one| format!("severity={}", one.as_str()));
        let scope = self.scope.0.iter().flat_map(|(dimension, values)| {
            let key = dimension.as_str();
            values.iter().map(move |value| format!("{key}={value}"))
        });
        let all: Vec<String> = rules.chain(kinds).chain(severities).chain(scope).collect();
        f.write_str(&all.join(" "))
    }
}

impl Scope {
    /// Whether it takes in what has these values.
    pub fn fits<'a>(&self, value: impl Fn(Dimension) -> Option<&'a str>) -> bool {
        self.0.iter().all(|(dimension, wanted)| {
            let own = value(*dimension);
            wanted.is_empty() || own.is_some_and(|own| wanted.iter().any(|one| like(one, own)))
        })
    }
}

impl Series {
    /// The value of a dimension; an application is also told by its feature.
    #[must_use]
    pub fn value(&self, dimension: Dimension) -> Option<&str> {
        let told = self.get(dimension).map(Text::as_str);
        if dimension == Dimension::Application && told.is_none() {
            let feature = self.get(Dimension::Feature)?;
            return feature.split_once('/').map(|(application, _)| application);
        }
        told
    }
}

/// Whether a value is the wanted one, or begins as one that ends in `*`.
fn like(wanted: &str, value: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => value.starts_with(beginning),
        None => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Check, Promise};

    #[test]
    fn matchers_fit_by_every_list() {
        let rule = Rule {
            name: "silent".into(),
            reason: "r".into(),
            check: Check::Silence {
                promise: Promise { hours: 504 },
            },
            scope: Scope::default(),
            by: vec![Dimension::Feature],
            for_ms: 0,
            severity: Severity::Warning,
            severity_fail_closed: None,
            owner: None,
            runbook: None,
            action: None,
            repeat_ms: None,
            on: true,
        };
        let series = Series::new(vec![(Dimension::Feature, "itsm/notes".into())]);
        let of = |dimension, value: &str| Matcher {
            scope: Scope(vec![(dimension, vec![value.into()])]),
            ..Matcher::default()
        };
        let rows = [
            (Matcher::default(), true),
            (of(Dimension::Feature, "itsm/notes"), true),
            (of(Dimension::Feature, "itsm/*"), true),
            (of(Dimension::Feature, "csm/*"), false),
            (of(Dimension::Application, "itsm"), true),
            (of(Dimension::Application, "its"), false),
            (of(Dimension::Endpoint, "*"), false),
            (
                Matcher {
                    rules: vec!["spend*".into(), "silent".into()],
                    kinds: vec![Kind::Silence],
                    severities: vec![Severity::Warning],
                    ..Matcher::default()
                },
                true,
            ),
            (
                Matcher {
                    kinds: vec![Kind::Budget],
                    ..Matcher::default()
                },
                false,
            ),
            (
                Matcher {
                    severities: vec![Severity::Page],
                    ..Matcher::default()
                },
                false,
            ),
        ];
        for (matcher, fits) in rows {
            let told = matcher.fits(&rule, &series, Severity::Warning);
            assert_eq!(told, fits, "{matcher:?}");
        }
    }
}
