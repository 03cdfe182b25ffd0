//! What a desk goes by: rules, who owns what, who is told, how often and when.
//!
//! Knows no file. A newcomer may ask why the zone stands in it: a person's day and the hour of a
//! digest are local ones.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::alert::{self, Declared, Dimension, Kind, Matcher, Rule, Severity};
use crate::units::Text;

/// What a desk goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules in force, by name.
    pub rules: BTreeMap<Text, Rule>,
    /// What the registry says of features, by key.
    pub features: BTreeMap<Text, Owned>,
    /// Who is told, how often, and when nobody is.
    pub told: alert::Settings,
    /// Zone of days and digests.
    pub zone: Tz,
}

/// What the registry says of a feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// Who answers for it; an address gets its mails.
    pub owner: Text,
    /// Endpoints that it uses.
    pub endpoints: Vec<Text>,
}

impl Settings {
    /// The settings of these rules and this registry.
    #[must_use]
    pub fn new(rules: &[Rule], declared: &Declared, told: &alert::Settings, zone: Tz) -> Settings {
        let rule = |rule: &Rule| (rule.name.clone(), rule.clone());
        let owned = |feature: &alert::DeclaredFeature| {
            let owned = Owned {
                owner: feature.owner.clone(),
                endpoints: feature.endpoints.clone(),
            };
            (feature.feature.clone(), owned)
        };
        Settings {
            rules: rules.iter().filter(|rule| rule.on).map(rule).collect(),
            features: declared.features.iter().map(owned).collect(),
            told: told.clone(),
            zone,
        }
    }
}

/// Reads matchers written as `key=value`, of which all must fit; several of one key: any of them.
///
/// # Errors
/// What is wrong with the first that is none, and what would be right.
pub fn matcher_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Matcher, String> {
    let mut matcher = Matcher::default();
    for word in words {
        let Some((key, value)) = word.split_once('=').filter(|(_, value)| !value.is_empty()) else {
            return Err(format!("`{word}` is no matcher; write KEY=VALUE"));
        };
        let unknown = |of: &str| format!("`{value}` is no {of}");
        match key {
            "rule" => matcher.rules.push(Text::from(value)),
            "kind" => {
                let kind = Kind::parse(value).ok_or_else(|| unknown("kind of rule"))?;
                matcher.kinds.push(kind);
            }
            "severity" => {
                let severity = Severity::parse(value).ok_or_else(|| unknown("severity"))?;
                matcher.severities.push(severity);
            }
            key => {
                let Some(dimension) = Dimension::parse(key) else {
                    let known = Dimension::ALL.map(Dimension::as_str).join("`, `");
                    return Err(format!(
                        "`{key}` is nothing to match by; there are `rule`, `kind`, `severity`, `{known}`"
                    ));
                };
                let values = &mut matcher.scope.0;
                match values.iter_mut().find(|(one, _)| *one == dimension) {
                    Some((_, values)) => values.push(Text::from(value)),
                    None => values.push((dimension, vec![Text::from(value)])),
                }
            }
        }
    }
    Ok(matcher)
}
