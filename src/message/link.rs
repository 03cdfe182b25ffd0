//! What a reader can do about a mail: addresses where pages are published, else commands to type.
//!
//! Knows no key: a closure signs. A newcomer may ask why an address only leads to a page: mail scanners follow
//! links, and what acts must be asked for by a person.

use crate::units::Text;

/// How long a link silences.
pub const SILENCE_HOURS: i64 = 4;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Somebody takes care of it.
    Ack,
    /// No mails about it for [`SILENCE_HOURS`].
    Silence,
    /// It was planned.
    Planned,
    /// It was nothing.
    Noise,
    /// It was real.
    Real,
}

impl Act {
    /// All of them, in order.
    pub const ALL: [Act; 5] = [Act::Ack, Act::Silence, Act::Planned, Act::Noise, Act::Real];

    /// The word for addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Act::Ack => "ack",
            Act::Silence => "silence",
            Act::Planned => "planned",
            Act::Noise => "noise",
            Act::Real => "real",
        }
    }

    /// The one of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|act| act.as_str() == word)
    }

    /// What it does, for buttons.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Act::Ack => "Acknowledge",
            Act::Silence => "Silence 4 h",
            Act::Planned => "Planned",
            Act::Noise => "Noise",
            Act::Real => "Real",
        }
    }

    fn command(self, episode: u64) -> String {
        match self {
            Act::Ack => format!("tollwatch alerts ack {episode}"),
            Act::Silence => format!("tollwatch alerts silence {episode} --hours 4"),
            Act::Planned | Act::Noise | Act::Real => {
                format!("tollwatch alerts feedback {episode} {}", self.as_str())
            }
        }
    }
}

/// One thing that a reader can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub label: &'static str,
    /// An address, or a command.
    pub to: String,
    pub is_command: bool,
}

/// How a link is signed: the episode and what it does; `None`: it cannot be signed.
pub type Sign<'a> = dyn Fn(u64, Act) -> Option<Text> + 'a;

/// The links of an episode: the main one first.
pub(super) fn links(
    episode: u64,
    acts: &[Act],
    public_url: Option<&str>,
    sign: &Sign<'_>,
) -> Vec<Link> {
    let command = |act: Act| Link {
        label: act.label(),
        to: act.command(episode),
        is_command: true,
    };
    let base = public_url
        .and_then(super::clean::address)
        .map(|base| base.trim_end_matches('/').to_owned());
    let mut found: Vec<Link> = acts
        .iter()
        .map(|act| match (&base, sign(episode, *act)) {
            (Some(base), Some(key)) if plain(&key) => Link {
                label: act.label(),
                to: format!("{base}/a/{episode}/{}?k={key}", act.as_str()),
                is_command: false,
            },
            (Some(_) | None, _) => command(*act),
        })
        .collect();
    found.push(match base {
        Some(base) => Link {
            label: "Open",
            to: format!("{base}/alerts/{episode}"),
            is_command: false,
        },
        None => Link {
            label: "Open",
            to: format!("tollwatch alerts show {episode}"),
            is_command: true,
        },
    });
    found
}

/// Whether a signature is letters, digits, `-`, `_` and `.` alone, as addresses take them.
fn plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
