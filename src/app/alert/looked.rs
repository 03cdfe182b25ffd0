//! What a look at the books is told, and what it did.
//!
//! Knows no rule. A newcomer may ask why mails stand beside steps: a step can be a mail to several people, or to
//! nobody.

use crate::alert::SourceFact;
use crate::episode::Step;
use crate::units::{Text, UnixMillis};

/// What holds when the books are looked at.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// The time.
    pub now: UnixMillis,
    /// Up to when all sources have been read; `None` while one cannot tell.
    pub complete_to: Option<UnixMillis>,
    /// Sources that are being read, as far as their readers know.
    pub sources: Vec<SourceFact>,
}

/// What a look did.
#[derive(Clone, Debug, Default)]
pub struct Evaluated {
    /// Steps that people are told of, or not.
    pub steps: Vec<Step>,
    /// Mails written, in order.
    pub told: Vec<Told>,
    /// There is more to judge now.
    pub more: bool,
}

/// A mail that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When, by the clock of whoever judged.
    pub at: UnixMillis,
    /// To whom.
    pub to: Text,
    /// The subject.
    pub subject: String,
    /// The text part of a mail.
    pub text: String,
    /// The place of its step.
    pub step: usize,
}
