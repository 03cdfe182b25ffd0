//! How urgent an alert is.
//!
//! Knows no rule. A newcomer may ask why there are three and not five: each is another way to a
//! person, and there are three.

use serde::{Deserialize, Serialize};

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Goes into the next digest.
    Info,
    /// A mail, to be read today.
    Warning,
    /// A mail that wakes somebody.
    Page,
}

impl Severity {
    /// All of them, in order.
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Page];

    /// The word for rules, mails, tables and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Page => "page",
        }
    }

    /// The severity of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Severity> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}
