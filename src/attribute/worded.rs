//! A platform's row ids and the words for them: skills, definitions, scopes, groups of users.
//!
//! Knows no file and no export, only the lines of a names file. A newcomer may ask why a user has
//! no word: figures go by groups, and a person's name has no place in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::Origin;
use crate::units::{Text, clean_name};

use super::named::is_row_id;

/// What a line of a names file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// The word for a skill's configuration.
    Skill,
    /// The word for a capability definition.
    Definition,
    /// The name of an application scope: `sn_itsm_gen_ai`.
    Scope,
    /// The name of a group of users.
    Group,
    /// The group, by id, that a user, by id, is in.
    Member,
}

impl Named {
    /// All of them, in the order of a names file.
    pub const ALL: [Named; 5] = [
        Named::Skill,
        Named::Definition,
        Named::Scope,
        Named::Group,
        Named::Member,
    ];

    /// The word that begins a line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Named::Skill => "skill",
            Named::Definition => "definition",
            Named::Scope => "scope",
            Named::Group => "group",
            Named::Member => "member",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Named> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Row ids and their words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    words: BTreeMap<(Named, Text), Text>,
    /// Group by id, user by id.
    members: BTreeSet<(Text, Text)>,
}

/// What adding a row did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// It was there.
    Known,
    /// The id has another word already, which stays.
    Kept(Text),
}

impl Names {
    /// Reads a names file: `kind`, id and word a line, separated by tabs; blank lines and lines
    /// that begin with `#` say nothing.
    ///
    /// # Errors
    /// Every line that cannot be read, by its number from 1, with what is wrong.
    pub fn parse(text: &str) -> Result<Names, Vec<(usize, String)>> {
        let mut names = Names::default();
        let mut faults = Vec::new();
        for (number, line) in (1_usize..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match names.line(line) {
                Ok(Added::New | Added::Known) => {}
                Ok(Added::Kept(word)) => {
                    faults.push((number, format!("this id is `{word}` already")));
                }
                Err(fault) => faults.push((number, fault)),
            }
        }
        if faults.is_empty() {
            Ok(names)
        } else {
            Err(faults)
        }
    }

    fn line(&mut self, line: &str) -> Result<Added, String> {
        let mut parts = line.split('\t').map(str::trim);
        let (Some(kind), Some(id), Some(word), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("not a kind, an id and a word with a tab between them".to_owned());
        };
        let kind = Named::parse(kind).ok_or_else(|| {
            let known: Vec<&str> = Named::ALL.into_iter().map(Named::as_str).collect();
            format!("unknown kind `{kind}`; known are {}", known.join(", "))
        })?;
        self.add(kind, id, word)
            .ok_or_else(|| "an id has 32 digits, and a word is not empty".to_owned())
    }

    /// Adds a row; `None` when the id (or, of a member, the group's) is no row id, or the word
    /// is empty or but another id.
    pub fn add(&mut self, kind: Named, id: &str, word: &str) -> Option<Added> {
        let (id, word) = (id.to_ascii_lowercase(), clean_name(word));
        if !is_row_id(&id) || word.is_empty() || is_row_id(&word) != (kind == Named::Member) {
            return None;
        }
        let id = Text::from(id);
        if kind == Named::Member {
            let group = Text::from(word.to_ascii_lowercase());
            return Some(if self.members.insert((group, id)) {
                Added::New
            } else {
                Added::Known
            });
        }
        Some(match self.words.entry((kind, id)) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(word);
                Added::New
            }
            std::collections::btree_map::Entry::Occupied(taken) if *taken.get() == word => {
                Added::Known
            }
            std::collections::btree_map::Entry::Occupied(taken) => Added::Kept(taken.get().clone()),
        })
    }

    /// Takes a row's word away, so that another can be added.
    pub fn forget(&mut self, kind: Named, id: &str) {
        self.words
            .remove(&(kind, Text::from(id.to_ascii_lowercase())));
    }

    /// The word for an id.
    #[must_use]
    pub fn word(&self, kind: Named, id: &str) -> Option<&Text> {
        if !is_row_id(id) {
            return None;
        }
        self.words.get(&(kind, Text::from(id.to_ascii_lowercase())))
    }

    /// How many rows there are of a kind.
    #[must_use]
    pub fn count(&self, kind: Named) -> usize {
        match kind {
            Named::Member => self.members.len(),
            Named::Skill | Named::Definition | Named::Scope | Named::Group => {
                self.words.keys().filter(|(own, _)| *own == kind).count()
            }
        }
    }

    /// The id of a group that is told by id or by its name; `None` when no row knows it.
    #[must_use]
    pub fn group(&self, told: &str) -> Option<Text> {
        if is_row_id(told) {
            let id = Text::from(told.to_ascii_lowercase());
            let known = self.words.contains_key(&(Named::Group, id.clone()))
                || self.members.iter().any(|(group, _)| *group == id);
            return known.then_some(id);
        }
        let mut groups = self.words.iter();
        groups
            .find(|((kind, _), word)| *kind == Named::Group && *word == told)
            .map(|((_, id), _)| id.clone())
    }

    /// The users of a group by its id, in order.
    pub fn users<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Text> {
        let first = (Text::from(group), Text::default());
        self.members
            .range(first..)
            .take_while(move |(of, _)| of == group)
            .map(|(_, user)| user)
    }

    /// The names of all groups, in order.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        let words = self.words.iter();
        words
            .filter(|((kind, _), _)| *kind == Named::Group)
            .map(|(_, word)| word.as_str())
    }

    /// The origin with words for the ids of skill, definition and scope that have one; `None` when
    /// none has.
    pub(super) fn worded(&self, origin: &Origin) -> Option<Origin> {
        if self.words.is_empty() {
            return None;
        }
        let skill = self.word(Named::Skill, &origin.skill);
        let definition = self.word(Named::Definition, &origin.definition);
        let scope = self.word(Named::Scope, &origin.scope);
        if skill.is_none() && definition.is_none() && scope.is_none() {
            return None;
        }
        let of = |word: Option<&Text>, told: &Text| word.unwrap_or(told).clone();
        Some(Origin {
            skill: of(skill, &origin.skill),
            definition: of(definition, &origin.definition),
            scope: of(scope, &origin.scope),
            ..origin.clone()
        })
    }

    /// The rows as the lines of a names file, sorted.
    #[must_use]
    pub fn render(&self) -> String {
        let words = self
            .words
            .iter()
            .map(|((kind, id), word)| (*kind, id, word.as_str()));
        let members = self
            .members
            .iter()
            .map(|(group, user)| (Named::Member, user, group.as_str()));
        let mut lines = String::new();
        for (kind, id, word) in words.chain(members) {
            for part in [kind.as_str(), "\t", id.as_str(), "\t", word] {
                lines.push_str(part);
            }
            lines.push('\n');
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::feature::{Feature, Features};
    use super::super::matcher::Kind;
    use super::*;

    const SKILL: &str = "c3d40f11db4c2010f0a1c9d2ca96c001";
    const GROUP: &str = "0a52d3dcd7011200f2d224837e6103f2";
    const USER: &str = "6816f79cc0a8016401c5a33be04be441";

    #[test]
    fn reads_and_writes_the_same_lines() {
        let text = format!(
            "skill\t{SKILL}\tIncident summarization\ngroup\t{GROUP}\tService Desk\nmember\t{USER}\t{GROUP}\n"
        );
        let names = Names::parse(&format!("# exported\n\n{text}")).unwrap();
        assert_eq!(names.render(), text);
        assert_eq!(
            names.word(Named::Skill, &SKILL.to_uppercase()).unwrap(),
            "Incident summarization"
        );
        assert_eq!(names.word(Named::Scope, SKILL), None);
        for told in [GROUP, "Service Desk"] {
            assert_eq!(names.group(told).unwrap(), GROUP);
        }
        assert_eq!(names.group("Nobody"), None);
        assert_eq!(names.users(GROUP).collect::<Vec<_>>(), [USER]);
        assert_eq!(names.users(SKILL).count(), 0);
    }

    #[test]
    fn ids_become_words_and_stay_ids_without_one() {
        let names = Names::parse(&format!(
            "skill\t{SKILL}\tIncident summarization\nscope\t{GROUP}\tsn_itsm_gen_ai\ndefinition\t{USER}\tTriage\n"
        ));
        let names = names.unwrap();
        let mut by_word = Feature {
            key: "itsm/own".into(),
            ..Feature::default()
        };
        by_word.matcher.add(Kind::Definition, "triage");
        let mut by_id = Feature {
            key: "itsm/id".into(),
            ..Feature::default()
        };
        by_id.matcher.add(Kind::Skill, SKILL);
        by_id.matcher.add(Kind::Scope, "sn_itsm_gen_ai");
        let all = [by_word, by_id];
        let cases = [
            (
                "no features",
                0..0,
                SKILL,
                GROUP,
                "",
                "itsm/incident_summarization",
            ),
            (
                "no word",
                0..0,
                USER,
                GROUP,
                "",
                "itsm/6816f79cc0a8016401c5a33be04be441",
            ),
            ("a definition's word", 0..0, "", "", USER, "-/Triage"),
            ("a matcher by word", 0..2, "", "x", USER, "itsm/own"),
            (
                "a matcher by id and word",
                0..2,
                SKILL,
                GROUP,
                "",
                "itsm/id",
            ),
        ];
        for (what, features, skill, scope, definition, key) in cases {
            let features = Features::new(all[features].to_vec()).with_names(names.clone());
            let origin = Origin {
                skill: skill.into(),
                scope: scope.into(),
                definition: definition.into(),
                ..Origin::default()
            };
            assert_eq!(features.attribute(&origin, None).feature, key, "{what}");
        }
    }

    #[test]
    fn refuses_what_names_nothing() {
        let cases = [
            (format!("skill\t{SKILL}"), "with a tab"),
            (format!("skills\t{SKILL}\tx"), "unknown kind `skills`"),
            ("skill\tshort\tx".to_owned(), "32 digits"),
            (format!("skill\t{SKILL}\t"), "not empty"),
            (format!("skill\t{SKILL}\t{GROUP}"), "32 digits"),
            (format!("member\t{USER}\tService Desk"), "32 digits"),
            (
                format!("skill\t{SKILL}\ta\nskill\t{SKILL}\tb"),
                "`a` already",
            ),
        ];
        for (text, expected) in cases {
            let faults = Names::parse(&text).unwrap_err();
            assert!(faults[0].1.contains(expected), "{text}: {faults:?}");
        }
    }
}
