//! Application and skill as a call names them itself.
//!
//! Knows no registered feature. A newcomer may ask why a scope stands in for an application: the
//! outbound log names no application, and its scope is the nearest thing to one.

use crate::call::Origin;
use crate::units::{Text, clean_name};

use super::skills::Skills;

/// Stands for the half of a feature's key that a call does not tell.
pub const UNTOLD_HALF: &str = "-";

/// `application/skill`; a slash inside a half becomes an underscore.
#[must_use]
pub fn key_of(application: &str, skill: &str) -> Text {
    let half = |name: &str| {
        if name.is_empty() {
            UNTOLD_HALF.to_owned()
        } else {
            name.replace('/', "_")
        }
    };
    clean_name(&format!("{}/{}", half(application), half(skill)))
}

/// Whether a name is the id of a row (`sys_id`).
pub(super) fn is_row_id(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Application and skill as the call tells them, in the shipped spelling where they are known;
/// `None` when it tells neither.
///
/// Application: the record's own, else its scope, else its service. Skill: the record's own, else
/// its only tag, else its definition. Where the skill is but the id of a row, ServiceNow's `source`
/// says it in words.
pub(super) fn told_names(origin: &Origin) -> Option<(Text, Text)> {
    let skills = Skills::shipped();
    let application = if !origin.application.is_empty() {
        &origin.application
    } else if !origin.scope.is_empty() {
        &origin.scope
    } else {
        &origin.service
    };
    let source = origin
        .tags
        .iter()
        .find_map(|tag| tag.strip_prefix("source:"));
    let in_words = source.filter(|_| is_row_id(&origin.skill)).map(Text::from);
    let skill = match origin.tags.as_slice() {
        _ if in_words.is_some() => in_words.as_ref().unwrap_or(&origin.skill),
        _ if !origin.skill.is_empty() => &origin.skill,
        [only] => only,
        _ => &origin.definition,
    };
    if application.is_empty() && skill.is_empty() {
        return None;
    }
    let application = skills
        .application_of_scope(application)
        .map_or(application, |known| &known.name);
    Some(match skills.find(application, skill) {
        Some((known, true)) => (known.application.clone(), known.name.clone()),
        Some((known, false)) => (application.clone(), known.name.clone()),
        None => (application.clone(), skill.clone()),
    })
}
