//! What is wrong with the registry itself, as `tollwatch check` says it.
//!
//! Knows no HTML. A newcomer may ask why errors can stand here at all: a declared region that breaks
//! its rule is a finding to be watched, so the configuration is used and the page says so.

use crate::problem::{Problem, Severity};
use crate::web::page::{Body, Card, Finding, Tone, Words};

use super::super::Ask;

/// Findings that are shown.
const SHOWN: usize = 40;

pub(super) fn card(ask: &Ask<'_>) -> Card {
    let mut list: Vec<&Problem> = ask.setup.ready.warnings.iter().collect();
    list.sort_by_key(|one| one.severity != Severity::Error);
    let title = "What is wrong with the registry?".to_owned();
    if list.is_empty() {
        return Card {
            title,
            body: vec![Body::Empty(Words::of(
                "Nothing: the configuration was checked as it was read.",
            ))],
            ..Card::default()
        };
    }
    let left = list.len().saturating_sub(SHOWN);
    let mut foot = Words::of("The same with line and caret: ").code("tollwatch check");
    if left > 0 {
        foot = foot.say(format!(", which shows {left} more"));
    }
    Card {
        title,
        sub: Words::of("findings of the configuration in force"),
        body: vec![Body::Findings(
            list.into_iter().take(SHOWN).map(finding).collect(),
        )],
        foot,
    }
}

fn finding(one: &Problem) -> Finding {
    // The folder is this machine's business; the file's name is enough to find the line.
    let file = one.file.rsplit('/').next().unwrap_or_default();
    let error = one.severity == Severity::Error;
    Finding {
        word: one.severity.as_str().to_owned(),
        tone: if error { Tone::Bad } else { Tone::Warn },
        title: Words::new().name(one.message.as_str()),
        detail: Words::new()
            .name(one.hint.as_str())
            .say(if one.hint.is_empty() { "" } else { " · " })
            .dim(one.code),
        cost: format!("{file}:{}", one.place.line),
        link: String::new(),
    }
}
