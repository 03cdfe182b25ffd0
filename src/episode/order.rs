//! What people order: to take care of an episode, to be silent, to say what it was.
//!
//! Knows no command line and no socket. A newcomer may ask why noise and plans count as taken care of:
//! whoever says so has looked.

use crate::alert::{
    Amount, Finding, Level, Loss, Matcher, Measure, Series, Severity, Unit, Unknown,
};
use crate::units::{Text, UnixMillis};

use super::Desk;
use super::rows::{Mark, Silence};

/// What an episode was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Worth a mail.
    Real,
    /// Not worth one.
    Noise,
    /// Worth none, because somebody meant it to be so.
    Planned,
}

impl Feedback {
    /// All of them, in order.
    pub const ALL: [Feedback; 3] = [Feedback::Real, Feedback::Noise, Feedback::Planned];

    /// The word for tables and arguments.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Feedback::Real => "real",
            Feedback::Noise => "noise",
            Feedback::Planned => "planned",
        }
    }
}

/// What somebody orders.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Takes care of an episode: no more reminders.
    Ack {
        /// Which.
        episode: u64,
        /// Who.
        author: Text,
        /// Why.
        reason: Text,
    },
    /// Nobody is told of what fits.
    Silence {
        /// What must fit; not everything.
        matcher: Matcher,
        /// Until when.
        until: UnixMillis,
        /// The episode that it was ordered for, where it was for one.
        #[serde(default)]
        episode: Option<u64>,
        /// Who.
        author: Text,
        /// Why.
        reason: Text,
    },
    /// Ends a silence.
    Unsilence {
        /// Which.
        silence: u64,
        /// Who.
        author: Text,
    },
    /// Says what an episode was.
    Feedback {
        /// Which.
        episode: u64,
        /// What.
        feedback: Feedback,
        /// Who.
        author: Text,
    },
}

impl Desk {
    /// Does what somebody orders; what was done, in words.
    ///
    /// # Errors
    /// What there is not, in words.
    pub fn order(&mut self, order: &Order, wall: UnixMillis) -> Result<String, String> {
        match order {
            Order::Ack {
                episode,
                author,
                reason,
            } => {
                let mark = Mark {
                    author: author.clone(),
                    reason: reason.clone(),
                    at: wall,
                };
                self.mark(*episode, |open| open.acked = Some(mark))?;
                Ok(format!("episode {episode} is taken care of by {author}"))
            }
            Order::Silence {
                matcher,
                until,
                episode: _,
                author,
                reason,
            } => self.silence(matcher, *until, (author, reason), wall),
            Order::Unsilence { silence, .. } => match self.silences.remove(silence) {
                Some(_) => Ok(format!("silence {silence} is over")),
                None => Err(format!("there is no silence {silence}")),
            },
            Order::Feedback {
                episode,
                feedback,
                author,
            } => {
                let mark = Mark {
                    author: author.clone(),
                    reason: Text::from(feedback.as_str()),
                    at: wall,
                };
                self.mark(*episode, |open| {
                    open.feedback = Some(Text::from(feedback.as_str()));
                    open.acked = open.acked.take().or(Some(mark));
                })?;
                Ok(format!("episode {episode} was {}", feedback.as_str()))
            }
        }
    }

    /// Notes who said what an open episode was, and what changed by it.
    pub fn judged(&mut self, number: u64, mark: Mark) {
        // One that is not open has its row in the books.
        drop(self.mark(number, |open| open.judged = Some(mark)));
    }

    fn mark(
        &mut self,
        number: u64,
        change: impl FnOnce(&mut super::rows::Episode),
    ) -> Result<(), String> {
        let Some(episode) = self.episodes.get_mut(&number) else {
            return Err(format!("episode {number} is not open"));
        };
        change(episode);
        self.viewed.insert(number);
        Ok(())
    }

    fn silence(
        &mut self,
        matcher: &Matcher,
        until: UnixMillis,
        (author, reason): (&Text, &Text),
        wall: UnixMillis,
    ) -> Result<String, String> {
        if matcher.is_any() {
            return Err("a silence of everything is no silence; name what must fit".to_owned());
        }
        if until <= wall {
            return Err(format!("a silence until {until} is over before it begins"));
        }
        let meta = self.meta.entry(&());
        meta.silences += 1;
        let number = meta.silences;
        let silence = Silence {
            matcher: matcher.clone(),
            until,
            mark: Mark {
                author: author.clone(),
                reason: reason.clone(),
                at: wall,
            },
        };
        self.silences.put(number, silence);
        Ok(format!("silence {number} until {until}"))
    }

    /// Forgets silences that are over.
    pub(super) fn expire(&mut self, wall: UnixMillis) {
        let over = self.silences.iter().filter(|(_, one)| one.until <= wall);
        let over: Vec<u64> = over.map(|(number, _)| *number).collect();
        for number in over {
            self.silences.remove(&number);
        }
    }
}

/// A finding that says nothing.
pub(super) fn nothing() -> Finding {
    Finding {
        rule: Text::default(),
        series: Series::default(),
        at: UnixMillis(0),
        since: UnixMillis(0),
        level: Level::Unknown(Unknown::TooFew),
        severity: Severity::Info,
        measure: Measure {
            metric: None,
            value: Amount::new(Unit::Count, 0),
            window_minutes: 0,
            limit: None,
            expected: None,
            sample: 0,
        },
        loss: Loss::default(),
        chance: None,
        subject: Text::default(),
        late: false,
    }
}
