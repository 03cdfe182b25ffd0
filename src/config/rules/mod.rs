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
use std::sync::LazyLock;

use crate::alert::Rule;
use crate::problem::Problem;
use crate::units::Text;

use super::guard;
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
        let rules = of_files(files, &mut faults);
        guard::settle(&mut faults);
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

/// The shipped files as they are written, and what is wrong in them, read once: a configuration is
/// loaded for each look at it, and says far less of rules than they do.
static WRITTEN: LazyLock<(Vec<Written>, Vec<Problem>)> = LazyLock::new(|| {
    let mut faults = Vec::new();
    let files = SHIPPED.iter().map(|(name, text)| FileText {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    });
    let written = files.map(|file| Written::read(file, &mut faults)).collect();
    (written, faults)
});

/// The shipped rules alone, and what is wrong in them.
static ALONE: LazyLock<(Rules, Vec<Problem>)> = LazyLock::new(|| {
    let mut faults = Vec::new();
    (laid_over(&[], &mut faults), faults)
});

/// A file of rules, with what stands in it.
struct Written {
    file: FileText,
    rules: written::RuleFile,
}

impl Written {
    fn read(file: FileText, faults: &mut Vec<Problem>) -> Written {
        let rules = read::parse(&file, faults);
        Written { file, rules }
    }
}

/// The shipped rules with those of `files` laid over them.
pub(super) fn of_files(files: Vec<FileText>, faults: &mut Vec<Problem>) -> Rules {
    if files.is_empty() {
        let (rules, wrong) = &*ALONE;
        faults.extend_from_slice(wrong);
        return rules.clone();
    }
    let own = files.into_iter().map(|file| Written::read(file, faults));
    let own: Vec<Written> = own.collect();
    laid_over(&own, faults)
}

fn laid_over(own: &[Written], faults: &mut Vec<Problem>) -> Rules {
    let (shipped, wrong) = &*WRITTEN;
    faults.extend_from_slice(wrong);
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
