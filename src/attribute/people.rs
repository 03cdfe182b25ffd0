//! Says which group a user belongs to.
//!
//! Knows no feature. A newcomer may ask why a user has one group and not several: figures by group
//! must add up to the whole.

use std::collections::BTreeMap;

use crate::units::Text;

/// Users by id and by the beginning of their id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    users: BTreeMap<Text, Text>,
    prefixes: BTreeMap<Text, Text>,
}

impl Groups {
    /// Puts `user` into `group`; the group that the user was in before, when it was another.
    pub fn add_user(&mut self, user: &str, group: &str) -> Option<Text> {
        let before = self.users.insert(user.into(), group.into());
        before.filter(|other| other != group)
    }

    /// Puts everybody whose id begins with `prefix` into `group`; as [`Groups::add_user`].
    pub fn add_prefix(&mut self, prefix: &str, group: &str) -> Option<Text> {
        let before = self.prefixes.insert(prefix.into(), group.into());
        before.filter(|other| other != group)
    }

    /// Users by their whole id, each with its group.
    pub fn users(&self) -> impl Iterator<Item = (&Text, &Text)> {
        self.users.iter()
    }

    /// Whether anybody is in a group by the beginning of the id.
    #[must_use]
    pub fn has_prefixes(&self) -> bool {
        !self.prefixes.is_empty()
    }

    /// Puts `user` into `group` unless a group is known; the one known, when it is another.
    pub fn add_member(&mut self, user: &str, group: &str) -> Option<&Text> {
        let known = self
            .users
            .entry(user.into())
            .or_insert_with(|| group.into());
        (*known != *group).then_some(&*known)
    }

    /// The group of a user: by the whole id, else by the longest beginning.
    #[must_use]
    pub fn of(&self, user: &str) -> Option<&Text> {
        if user.is_empty() {
            return None;
        }
        self.users.get(user).or_else(|| {
            self.prefixes
                .iter()
                .filter(|(prefix, _)| user.starts_with(prefix.as_str()))
                .max_by_key(|(prefix, _)| prefix.len())
                .map(|(_, group)| group)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_nearest_group() {
        let mut groups = Groups::default();
        assert_eq!(groups.add_user("anna", "pilot"), None);
        assert_eq!(groups.add_prefix("a", "rest"), None);
        assert_eq!(groups.add_prefix("ann", "ops"), None);
        assert_eq!(groups.add_user("anna", "other"), Some("pilot".into()));
        let cases = [
            ("anna", Some("other")),
            ("anne", Some("ops")),
            ("abe", Some("rest")),
            ("", None),
            ("zoe", None),
        ];
        for (user, group) in cases {
            assert_eq!(groups.of(user).map(Text::as_str), group, "{user}");
        }
    }
}
