//! Alert rules: the shipped ones, and files of a user's own beside them.
//!
//! Knows no figures and no evaluation. A newcomer may ask why a user's rule can say one key alone:
//! whoever wants a shipped rule to wake another person should not have to copy it, and with it the
//! limits of its day.

mod check;
mod keys;
mod limit;
mod merge;
mod ready;
mod series;
mod shipped;
mod spend;
#[cfg(test)]
mod tests;
pub(super) mod written;

use std::collections::BTreeMap;

use crate::alert::Rule;
use crate::problem::Problem;
use crate::units::Text;

use super::read::{self, FileText};

pub use shipped::SHIPPED;

pub(super) use ready::{scope_lists, severity_of};

/// Rules that can be used, in the order of their names, and where each is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules; those that are off stand here too.
    pub rules: Vec<Rule>,
    /// File and line of each rule's name.
    pub places: BTreeMap<Text, String>,
}

impl Rules {
    /// The shipped rules.
    #[must_use]
    pub fn shipped() -> Rules {
        // A test holds the shipped files to be sound.
        Rules::with(&[]).unwrap_or_default()
    }

    /// The shipped rules and those of further files, each a name and a text.
    ///
    /// # Errors
    /// Every problem of every file, sorted by file and place.
    pub fn with(files: &[(&str, &str)]) -> Result<Rules, Vec<Problem>> {
        let files: Vec<FileText> = files
            .iter()
            .map(|(name, text)| FileText {
                name: (*name).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        let mut faults = Vec::new();
        let rules = of_files(&files, &mut faults);
        faults.sort();
        faults.dedup();
        if faults.is_empty() {
            Ok(rules)
        } else {
            Err(faults)
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

/// The shipped rules with those of `files` laid over them.
pub(super) fn of_files(files: &[FileText], faults: &mut Vec<Problem>) -> Rules {
    let shipped: Vec<FileText> = SHIPPED
        .iter()
        .map(|(name, text)| FileText {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    let mut parsed = |file: &FileText| -> written::RuleFile { read::parse(file, faults) };
    let shipped_written: Vec<_> = shipped.iter().map(&mut parsed).collect();
    let own_written: Vec<_> = files.iter().map(&mut parsed).collect();
    let shipped = shipped.iter().zip(&shipped_written);
    let own = files.iter().zip(&own_written);
    let mut rules = Rules::default();
    for placed in merge::merge(shipped, own, faults) {
        let line = placed.file.line_of(placed.name.span());
        let place = format!("{}:{line}", placed.file.name);
        rules
            .places
            .insert(placed.name.get().as_str().into(), place);
        rules.rules.extend(ready::rule(&placed, faults));
    }
    rules
}
