//! The skills that ServiceNow ships, so that one skill has one name however a log spells it.
//!
//! Knows no configuration. A newcomer may ask why unknown skills are let through as told: every
//! customer builds skills of their own, and a name nobody knows is still a name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::units::Text;

/// The shipped data; each row says where it comes from.
const SHIPPED: &str = include_str!("../../data/skills.toml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    application: Vec<Application>,
    skill: Vec<Skill>,
}

/// An application that ships skills.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Short name used in feature keys: `itsm`.
    pub name: Text,
    /// The vendor's name for it.
    pub title: String,
    /// Application scopes that mean it; empty when none is publicly known.
    pub scopes: Vec<Text>,
    /// Whether the scopes stand in the vendor's documentation.
    pub verified: bool,
}

/// A skill within an application.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// The application's short name.
    pub application: Text,
    /// Name used in feature keys: `incident_summarization`.
    pub name: Text,
    /// The vendor's name for it; a log that tells it means this skill.
    pub title: String,
    /// Other names under which logs tell it.
    #[serde(default)]
    pub seen_as: Vec<Text>,
    /// Whether title and application stand in the vendor's documentation.
    pub verified: bool,
}

/// The shipped skills, by every spelling.
#[derive(Debug, Default)]
pub struct Skills {
    /// All applications, in the file's order.
    pub applications: Vec<Application>,
    /// All skills, in the file's order.
    pub skills: Vec<Skill>,
    by_scope: BTreeMap<Text, usize>,
    by_spelling: BTreeMap<Text, Vec<usize>>,
}

impl Skills {
    /// The shipped ones.
    #[must_use]
    pub fn shipped() -> &'static Skills {
        static SKILLS: OnceLock<Skills> = OnceLock::new();
        // A test reads the file, so it cannot be broken here.
        SKILLS.get_or_init(|| Skills::parse(SHIPPED).unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Skills, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let mut by_scope = BTreeMap::new();
        for (index, application) in file.application.iter().enumerate() {
            for scope in &application.scopes {
                by_scope.insert(scope.clone(), index);
            }
        }
        let mut by_spelling: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for (index, skill) in file.skill.iter().enumerate() {
            let mut spellings = vec![plain(&skill.name), plain(&skill.title)];
            spellings.extend(skill.seen_as.iter().map(|name| plain(name)));
            spellings.sort_unstable();
            spellings.dedup();
            for spelling in spellings {
                by_spelling.entry(spelling).or_default().push(index);
            }
        }
        Ok(Skills {
            applications: file.application,
            skills: file.skill,
            by_scope,
            by_spelling,
        })
    }

    /// The application that a scope means.
    #[must_use]
    pub fn application_of_scope(&self, scope: &str) -> Option<&Application> {
        self.by_scope
            .get(scope)
            .and_then(|index| self.applications.get(*index))
    }

    /// The skill that `told` means within `application`, or, when no application is told, the
    /// only application that ships such a skill. A skill known by its name but of several
    /// applications comes back with the first one's data and `false`.
    #[must_use]
    pub fn find(&self, application: &str, told: &str) -> Option<(&Skill, bool)> {
        let known = self.by_spelling.get(&plain(told))?;
        let mut skills = known.iter().filter_map(|index| self.skills.get(*index));
        let first = skills.clone().next()?;
        if let Some(skill) = skills.find(|skill| skill.application == application) {
            return Some((skill, true));
        }
        Some((first, application.is_empty() && known.len() == 1))
    }
}

/// A name in lower case, letters and digits only: all spellings of one name are one.
pub(crate) fn plain(name: &str) -> Text {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_whole() {
        let skills = Skills::parse(SHIPPED).unwrap();
        assert!(skills.skills.len() > 40);
        for skill in &skills.skills {
            let known = skills
                .applications
                .iter()
                .any(|a| a.name == skill.application);
            assert!(known, "{} of unknown {}", skill.name, skill.application);
        }
        let mut keys: Vec<_> = skills
            .skills
            .iter()
            .map(|s| (&s.application, &s.name))
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "a skill stands there twice");
    }

    #[test]
    fn knows_a_skill_by_every_spelling() {
        let skills = Skills::shipped();
        let cases = [
            (
                "itsm",
                "Incident summarization",
                Some(("incident_summarization", true)),
            ),
            (
                "",
                "incident_summarization",
                Some(("incident_summarization", true)),
            ),
            ("", "ChatSummary", Some(("chat_summarization", false))),
            ("csm", "ChatSummary", Some(("chat_summarization", true))),
            ("my_app", "ChatSummary", Some(("chat_summarization", false))),
            ("itsm", "our own skill", None),
        ];
        for (application, told, expected) in cases {
            let found = skills
                .find(application, told)
                .map(|(s, sure)| (s.name.as_str(), sure));
            assert_eq!(found, expected, "{application} {told}");
        }
        assert_eq!(
            skills.application_of_scope("sn_csm_gen_ai").unwrap().name,
            "csm"
        );
    }
}
