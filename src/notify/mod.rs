//! Brings finished mails and messages out of the house: by SMTP, a program, a folder, or one HTTP request.
//!
//! Knows no alert and no outbox: bytes come ready, and what became of them is the answer. A newcomer may ask why
//! a refusal says whether to try again: only the one who heard the server's answer can tell, and the outbox waits by it.

mod folder;
mod http;
mod open;
mod program;
mod smtp;

#[cfg(test)]
mod tests;

pub use folder::Folder;
pub use http::{Heartbeat, Webhook};
pub use open::{heartbeat, open, webhook};
pub use program::Sendmail;
pub use smtp::{Smtp, SmtpSettings, Tls};

/// Letters of an answer that are kept.
const SAID_LETTERS: usize = 240;

/// One message for one recipient, as it lies in the outbox.
#[derive(Clone, Copy, Debug)]
pub struct OutboxMail<'a> {
    /// Its identity, the same at every try.
    pub message_id: &'a str,
    /// The mailbox it comes from.
    pub from: &'a str,
    /// The mailbox it goes to.
    pub to: &'a str,
    /// The whole message: a mail (RFC 5322), or the JSON of a webhook.
    pub bytes: &'a [u8],
    /// The beginning of a file's name: time, episode and step.
    pub stem: &'a str,
}

/// A message was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the other side said, cut; no secret.
    pub said: String,
}

/// A message was not taken, or nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It may be taken later: the other side is away, busy, or does not let us in.
    #[error("{why}")]
    Again {
        /// What happened; no secret.
        why: String,
    },
    /// It will never be taken from us by this recipient.
    #[error("{why}")]
    Never {
        /// What happened; no secret.
        why: String,
    },
}

impl Refusal {
    fn again(why: impl AsRef<str>) -> Refusal {
        Refusal::Again {
            why: spoken(why.as_ref()),
        }
    }

    fn never(why: impl AsRef<str>) -> Refusal {
        Refusal::Never {
            why: spoken(why.as_ref()),
        }
    }

    /// Whether it is worth another try.
    #[must_use]
    pub fn is_again(&self) -> bool {
        matches!(self, Refusal::Again { .. })
    }

    /// The word for labels: `again` or `never`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Refusal::Again { .. } => "again",
            Refusal::Never { .. } => "never",
        }
    }
}

/// Something that takes messages. A call may last as long as its time limits say; a message may arrive although
/// the answer is [`Refusal::Again`], and then goes twice with one identity.
pub trait Transport: Send {
    /// Hands one message over.
    ///
    /// # Errors
    /// [`Refusal`], which says whether to try again.
    fn send(&self, mail: &OutboxMail<'_>) -> Result<Sent, Refusal>;

    /// What it is, for log lines: `smtp mail.example:587`; no secret.
    fn about(&self) -> String;

    /// Looks whether it would take messages, without one; what was found, in words.
    ///
    /// # Errors
    /// Why it would not, and what to do.
    fn probe(&self) -> Result<String, Unready>;
}

/// Why a way takes no messages now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unready {
    /// What happened; no secret.
    pub why: String,
    /// What to do.
    pub hint: &'static str,
}

/// What an address answered to a question that carries nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The status.
    pub status: u16,
}

/// What another side said: one line, cut.
fn spoken(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(SAID_LETTERS) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// The address of a mailbox: `a@b.example` of `A <a@b.example>`.
fn address(mailbox: &str) -> &str {
    let inner = mailbox.rsplit_once('<').map_or(mailbox, |(_, rest)| rest);
    inner.trim().trim_end_matches('>').trim()
}
