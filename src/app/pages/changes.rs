//! What forms of pages and links of mails change: the orders that the command line gives.
//!
//! Knows no session: whoever asks is known by name. A newcomer may ask why nothing is written here: the
//! daemon's one judge of alerts does what is ordered, whoever orders it.

use crate::app::Failure;
use crate::app::alert::{Signed, episode, matcher_of_episode};
use crate::episode::{EpisodeView, Feedback, Order, matcher_of};
use crate::message::{Act, SILENCE_HOURS};
use crate::units::{HOUR_MS, Text, UnixMillis, clean_name};
use crate::web::page::{Body, Card, Form, Page, Words};
use crate::web::{Asked, Refused, Unchanged};

use super::alerts::HOURS;
use super::store::{Books, Store};
use super::{Pages, alerts};

/// Where a form goes.
enum Way {
    /// An episode's: the number, and what is done.
    Episode(u64, String),
    /// A further silence.
    Silences,
    /// The end of the silence of that number.
    End(u64),
}

impl Way {
    fn of(path: &str) -> Option<Way> {
        let parts: Vec<&str> = path.strip_prefix("/alerts/")?.split('/').collect();
        match parts.as_slice() {
            ["silences"] => Some(Way::Silences),
            ["silences", number, "end"] => Some(Way::End(number.parse().ok()?)),
            [number, what @ ("ack" | "silence" | "feedback")] => {
                Some(Way::Episode(number.parse().ok()?, (*what).to_owned()))
            }
            _ => None,
        }
    }

    /// Where whoever sent it goes on.
    fn back(&self) -> String {
        match self {
            Way::Episode(number, _) => format!("/alerts/{number}"),
            Way::Silences | Way::End(_) => "/alerts".to_owned(),
        }
    }
}

fn failed(failure: &Failure) -> Unchanged {
    Unchanged::Refused(Refused::Unavailable(failure.to_string()))
}

fn parameter(name: &str, right: &str) -> Unchanged {
    Unchanged::Refused(Refused::Parameter(name.to_owned(), right.to_owned()))
}

const UNKNOWN: Unchanged = Unchanged::Refused(Refused::Unknown);

/// Until when a form silences.
fn until(form: &Asked, now: UnixMillis) -> Result<UnixMillis, Unchanged> {
    let hours = form
        .get("hours")
        .and_then(|hours| hours.parse::<i64>().ok());
    let known = hours.filter(|hours| HOURS.iter().any(|(known, _)| known == hours));
    let right = || parameter("hours", "one of 1, 4, 24 and 168");
    Ok(now.saturating_add(known.ok_or_else(right)? * HOUR_MS))
}

/// Why somebody silences; a silence without a reason is one that nobody dares to end.
fn reason(form: &Asked) -> Result<Text, Unchanged> {
    let reason = clean_name(form.get("reason").unwrap_or_default());
    if reason.is_empty() {
        return Err(parameter("reason", "there: say why"));
    }
    Ok(reason)
}

/// The order that a form stands for.
fn order(
    books: &dyn Books,
    (way, form): (&Way, &Asked),
    author: &Text,
    now: UnixMillis,
) -> Result<Order, Unchanged> {
    let author = author.clone();
    let order = match way {
        Way::End(silence) => Order::Unsilence {
            silence: *silence,
            author,
        },
        Way::Silences => {
            let words = form.get("what").unwrap_or_default().split_whitespace();
            let wrong = |why: String| parameter("what", &format!("KEY=VALUE: {why}"));
            Order::Silence {
                matcher: matcher_of(words).map_err(wrong)?,
                until: until(form, now)?,
                episode: None,
                author,
                reason: reason(form)?,
            }
        }
        Way::Episode(episode, what) => match what.as_str() {
            "silence" => {
                let found = matcher_of_episode(books, *episode);
                Order::Silence {
                    matcher: found.map_err(|failure| failed(&failure))?.ok_or(UNKNOWN)?,
                    until: until(form, now)?,
                    episode: Some(*episode),
                    author,
                    reason: reason(form)?,
                }
            }
            "feedback" => {
                let was = form.get("was").unwrap_or_default();
                let known = Feedback::ALL.into_iter().find(|one| one.as_str() == was);
                Order::Feedback {
                    episode: *episode,
                    feedback: known
                        .ok_or_else(|| parameter("was", "`real`, `noise` or `planned`"))?,
                    author,
                }
            }
            _ => Order::Ack {
                episode: *episode,
                author,
                reason: clean_name(form.get("reason").unwrap_or_default()),
            },
        },
    };
    Ok(order)
}

/// The episode and the act of a signed link's path.
fn linked(path: &str) -> Option<(u64, Act)> {
    let (episode, act) = path.strip_prefix("/a/")?.split_once('/')?;
    Some((episode.parse().ok()?, Act::parse(act)?))
}

impl<S: Store> Pages<S> {
    /// Whether a form may be sent to that path.
    pub(super) fn takes_form(path: &str) -> bool {
        Way::of(path).is_some()
    }

    /// Does what a form says.
    pub(super) fn changed(
        &self,
        path: &str,
        form: &Asked,
        author: &Text,
    ) -> Result<String, Unchanged> {
        let way = Way::of(path).ok_or(UNKNOWN)?;
        let now = self.clock.now();
        let order = self.asked(|books| Ok(order(books, (&way, form), author, now)))??;
        self.ordered(order)?;
        Ok(way.back())
    }

    /// Has an order done; whatever became of it is on the next page.
    fn ordered(&self, order: Order) -> Result<String, Unchanged> {
        let done = self.store.order(order);
        self.looks.forget();
        done.map_err(Unchanged::Not)
    }

    /// Asks the books.
    fn asked<T>(&self, ask: impl Fn(&dyn Books) -> Result<T, Failure>) -> Result<T, Unchanged> {
        let answer = self.store.read(&mut |books| ask(books));
        answer.map_err(|failure| failed(&failure))
    }

    /// A link that was signed here and holds, and its episode.
    fn signed(&self, path: &str, key: &str) -> Result<(Signed, EpisodeView), Unchanged> {
        let of = linked(path).ok_or(UNKNOWN)?;
        let setup = self.store.setup();
        let Some(signs) = &setup.links else {
            let text =
                "Links of mails are not signed here any more; log in, or use the command line.";
            return Err(Unchanged::Invalid(text.to_owned()));
        };
        let now = self.clock.now();
        let (signed, view) = self.asked(|books| {
            let signed = Signed::read(signs, books, of, (key, now))?;
            Ok((signed, episode(books, of.0)?))
        })?;
        let signed = signed.map_err(Unchanged::Invalid)?;
        Ok((signed, view.ok_or(UNKNOWN)?))
    }

    /// What a signed link would do, and the form that does it. Nothing is changed.
    pub(super) fn offered(&self, path: &str, key: &str) -> Result<Page, Unchanged> {
        let (signed, view) = self.signed(path, key)?;
        let topic = self.topic_of(&view)?;
        let (what, explained) = match signed.act {
            Act::Ack => (
                "Acknowledge this alert?",
                "You take care of it: there are no more reminders; its growth and its end are still told.",
            ),
            Act::Silence => (
                "Silence this alert?",
                "Nobody is told of it, or of what is just like it.",
            ),
            Act::Planned => (
                "Was it planned?",
                "Somebody meant it to be so; it is not learned from.",
            ),
            Act::Noise => ("Was it noise?", "It was not worth a mail."),
            Act::Real => ("Was it real?", "It was worth a mail."),
        };
        let mut body = vec![Body::Words(vec![Words::new().name(topic)])];
        if view.resolved.is_some() && matches!(signed.act, Act::Ack | Act::Silence) {
            body.push(Body::Empty(Words::of(
                "It is over already, and there is nothing to do.",
            )));
        } else {
            let label = match signed.act {
                Act::Silence => format!("Silence {SILENCE_HOURS} h"),
                Act::Ack | Act::Planned | Act::Noise | Act::Real => signed.act.label().to_owned(),
            };
            body.push(Body::Forms(vec![Form {
                buttons: vec![("", label)],
                ..Form::default()
            }]));
        }
        Ok(Page {
            title: format!("Alert {}", view.number),
            headline: Words::of(what),
            lead: Words::of(explained)
                .say(" It will stand beside your address, ")
                .name(signed.to.as_str())
                .say("."),
            rows: vec![vec![Card {
                title: format!("Alert {}", view.number),
                body,
                ..Card::default()
            }]],
            ..Page::default()
        })
    }

    /// Does what a signed link says.
    pub(super) fn followed(&self, path: &str, key: &str) -> Result<Page, Unchanged> {
        let (signed, view) = self.signed(path, key)?;
        let now = self.clock.now();
        let order = self.asked(|books| signed.order(books, now))?;
        let done = self.ordered(order.ok_or(UNKNOWN)?)?;
        Ok(Page {
            title: format!("Alert {}", view.number),
            headline: Words::of("It is done."),
            lead: Words::new()
                .name(done)
                .say(". ")
                .link(
                    "The alert's page",
                    format!("/alerts/{}", view.number),
                    false,
                )
                .say(" has everything, for whoever may look."),
            ..Page::default()
        })
    }

    fn topic_of(&self, view: &EpisodeView) -> Result<String, Unchanged> {
        self.with(&Asked::default(), |ask| Ok(alerts::topic(ask, view)))
            .map_err(Unchanged::Refused)
    }
}
