//! The names file, and the members of the platform's groups that it tells.
//!
//! Knows no export. A newcomer may ask why a user in two groups is a warning here and an error
//! where somebody wrote it: memberships of a platform overlap as they please, and the first of
//! our groups by name is as good a rule as any, as long as it is told.

use std::collections::BTreeMap;

use crate::attribute::{Groups, Names};
use crate::problem::Problem;

use super::names;
use super::read::FileText;
use super::written;

/// Reads the names file; without one no id has a word.
pub(super) fn names(file: Option<&FileText>, faults: &mut Vec<Problem>) -> Names {
    let Some(file) = file else {
        return Names::default();
    };
    Names::parse(&file.text).unwrap_or_else(|lines| {
        for (number, message) in lines {
            let before = file.text.lines().take(number.saturating_sub(1));
            let start: usize = before.map(|line| line.len().saturating_add(1)).sum();
            let line = file.text.get(start..).and_then(|rest| rest.lines().next());
            let end = start.saturating_add(line.map_or(0, str::len));
            faults.push(
                file.problem(start..end, "bad_names_line", message)
                    .hint("`tollwatch names import` writes such files"),
            );
        }
        Names::default()
    })
}

/// What stands for the names file in the canonical text: its rows' hash, so that no id of a user
/// goes into the books, and a comment changes nothing.
pub(super) fn canonical(names: &Names) -> Option<String> {
    let rows = names.render();
    (!rows.is_empty()).then(|| {
        let hash = twox_hash::XxHash3_128::oneshot(rows.as_bytes());
        format!("\"names\" = \"{hash:032x}\"")
    })
}

/// Puts the members of the platform's groups into ours; who was written down himself stays.
pub(super) fn members(
    files: &[(&FileText, &written::Named<written::Group>)],
    words: &Names,
    groups: &mut Groups,
    faults: &mut Vec<Problem>,
) {
    for (file, written) in files {
        for (name, group) in *written {
            for told in &group.get().groups {
                let Some(id) = words.group(told.get()) else {
                    let known = words.group_names();
                    let fault = names::unknown(file, told, "group", "unknown_member_group", known);
                    faults.push(fault);
                    continue;
                };
                let mut elsewhere: BTreeMap<String, usize> = BTreeMap::new();
                for user in words.users(&id) {
                    if let Some(other) = groups.add_member(user, name.get()) {
                        *elsewhere.entry(other.to_string()).or_default() += 1;
                    }
                }
                for (other, n) in elsewhere {
                    let message = format!("{n} of `{}` are in group `{other}` already", told.get());
                    faults.push(
                        file.problem(told.span(), "members_in_two_groups", message)
                            .hint(format!(
                                "they count for `{other}`; name them under `users` to choose"
                            ))
                            .warning(),
                    );
                }
            }
        }
    }
}
