//! Names of things: are they fit, are they there once, is the thing that is named there at all.
//!
//! Knows no setting. A newcomer may ask why names are so narrow: they become keys of books, tags
//! of series and words of commands.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::attribute::{EndpointId, Registry};
use crate::problem::Problem;
use crate::units::clean_name;

use super::at::AtText;
use super::hint;
use super::read::{FileText, told_already};

/// Longest name of an endpoint, feature, rule, group or source, in letters.
const NAME_MAX: usize = 100;

/// Words that figures use for calls without a registered name.
const RESERVED: [&str; 4] = ["unassigned", "unattributed", "other", "-"];

/// The names of one kind seen so far, over all files.
pub(super) struct Seen {
    kind: &'static str,
    at: BTreeMap<String, String>,
}

impl Seen {
    /// None seen yet of things called `kind` in messages.
    pub(super) fn new(kind: &'static str) -> Seen {
        Seen {
            kind,
            at: BTreeMap::new(),
        }
    }

    /// Reports a name that is unfit or was there before.
    pub(super) fn note(&mut self, file: &FileText, name: &AtText, faults: &mut Vec<Problem>) {
        let kind = self.kind;
        if let Some(fault) = unfit(name.get()) {
            faults.push(
                file.problem(
                    name.span(),
                    "bad_name",
                    format!("{kind} name `{}` {fault}", name.get()),
                )
                .hint("letters, digits, `-`, `_` and `.` make good names"),
            );
        }
        self.note_key(file, name.span(), name.get().clone(), faults);
    }

    /// Reports a key that was there before.
    pub(super) fn note_key(
        &mut self,
        file: &FileText,
        span: Range<usize>,
        key: String,
        faults: &mut Vec<Problem>,
    ) {
        if let Some(first) = self.at.get(&key) {
            let message = format!("{} `{key}` is there twice", self.kind);
            let problem = file.problem(span, "duplicate_name", message);
            faults.push(problem.hint(format!("the first is at {first}")));
        } else {
            let place = format!("{}:{}", file.name, file.line_of(span));
            self.at.insert(key, place);
        }
    }
}

/// What makes a name unfit.
pub(super) fn unfit(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.chars().count() > NAME_MAX {
        Some("is longer than 100 letters")
    } else if RESERVED.contains(&name) {
        Some("is a word that figures use themselves")
    } else if clean_name(name) != name || name.contains(['/', '"', '\'', '`', ',', '=']) {
        Some("has a character that names cannot have")
    } else {
        None
    }
}

/// Reports a required key that is not there; `span` is the table's.
pub(super) fn missing(file: &FileText, span: Range<usize>, key: &str, faults: &mut Vec<Problem>) {
    if !told_already(file, span.clone(), key, faults) {
        let message = format!("`{key}` is missing");
        faults.push(file.problem(span, "missing_key", message));
    }
}

/// The registered endpoint of that name; reports a name that none has.
pub(super) fn endpoint(
    file: &FileText,
    name: &AtText,
    registry: &Registry,
    faults: &mut Vec<Problem>,
) -> Option<EndpointId> {
    let id = registry.by_name(name.get());
    if id.is_none() {
        let known = registry.iter().map(|(_, endpoint)| endpoint.name.as_str());
        faults.push(unknown(file, name, "endpoint", "unknown_endpoint", known));
    }
    id
}

/// A reference to something that is not there.
pub(super) fn unknown<'a>(
    file: &FileText,
    name: &AtText,
    kind: &str,
    code: &'static str,
    known: impl IntoIterator<Item = &'a str>,
) -> Problem {
    let hint = hint::of_names(name.get(), known);
    let problem = file.problem(
        name.span(),
        code,
        format!("unknown {kind} `{}`", name.get()),
    );
    if hint.is_empty() {
        problem.hint(format!("no {kind} is configured"))
    } else {
        problem.hint(hint)
    }
}
