//! Links of mails that do something: signed for one episode, step, reader and act, for seven days.
//!
//! Knows no HTTP. A newcomer may ask why the reader's place stands in a link and not their address:
//! addresses of links lie in the logs of proxies, and the books know who was told.

use crate::alert::{Dimension, Matcher, Scope};
use crate::app::Failure;
use crate::episode::{FINDINGS_MAX, Feedback, Order, Step};
use crate::ledger::Alerts;
use crate::message::{Act, SILENCE_HOURS};
use crate::secret::seal::SealKey;
use crate::units::{DAY_MS, HOUR_MS, Text, UnixMillis};

use super::listing;

/// How long a link holds.
pub const LASTS_MS: i64 = 7 * DAY_MS;
/// What somebody is told whose link is none of ours, whatever is wrong with it.
const NOT_OURS: &str = "This link is not one of ours, or something was changed in it on its way.";

/// Signs what a link of a mail does, for the reader at `place` of a step; `None` where there is none.
pub fn sign(
    key: &SealKey,
    (step, place): (&Step, usize),
    (episode, act): (u64, Act),
) -> Option<Text> {
    let address = &step.to.get(place)?.address;
    let until = step.wall.0.saturating_add(LASTS_MS) / 1_000;
    let step = step.id.step;
    let seal = seal(key, (episode, act), (step, until), address);
    Some(Text::from(format!("{step}.{place}.{until:x}.{seal}")))
}

fn seal(key: &SealKey, (episode, act): (u64, Act), (step, until): (u32, i64), to: &str) -> String {
    let [episode, step, until] = [episode.to_string(), step.to_string(), until.to_string()];
    key.seal(&["link", &episode, act.as_str(), &step, &until, to])
}

/// A link that was signed here and holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The episode that it is of, and of no other.
    pub episode: u64,
    /// What it does.
    pub act: Act,
    /// Who was sent it.
    pub to: Text,
}

impl Signed {
    /// Reads a link: the episode and the act of its path, and what stands behind `k=`.
    ///
    /// # Errors
    /// What somebody is told: that it is none of ours, or is over. What the ledger says is a failure.
    pub fn read(
        key: &SealKey,
        books: &(impl Alerts + ?Sized),
        (episode, act): (u64, Act),
        (told, now): (&str, UnixMillis),
    ) -> Result<Result<Signed, String>, Failure> {
        let parts: Vec<&str> = told.split('.').collect();
        let [step, place, until, seal] = parts.as_slice() else {
            return Ok(Err(NOT_OURS.to_owned()));
        };
        let numbers = (
            step.parse::<u32>(),
            place.parse::<usize>(),
            i64::from_str_radix(until, 16),
        );
        let (Ok(step), Ok(place), Ok(until)) = numbers else {
            return Ok(Err(NOT_OURS.to_owned()));
        };
        let steps = listing::steps(books, episode)?;
        let known = steps.iter().find(|known| known.id.step == step);
        let to = known.and_then(|step| Some(step.to.get(place)?.address.clone()));
        let Some(to) = to else {
            return Ok(Err(NOT_OURS.to_owned()));
        };
        let ours = self::seal(key, (episode, act), (step, until), &to);
        if !crate::secret::seal::same(&ours, seal) {
            return Ok(Err(NOT_OURS.to_owned()));
        }
        if now.0 / 1_000 >= until {
            let text = "This link was good for seven days. Log in, or use the command line.";
            return Ok(Err(text.to_owned()));
        }
        Ok(Ok(Signed { episode, act, to }))
    }

    /// The order that it stands for; `None` where the episode is gone.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn order(
        &self,
        books: &(impl Alerts + ?Sized),
        now: UnixMillis,
    ) -> Result<Option<Order>, Failure> {
        let (episode, author) = (self.episode, self.to.clone());
        let reason = Text::from("by the link of a mail");
        let feedback = |feedback| Order::Feedback {
            episode,
            feedback,
            author: author.clone(),
        };
        Ok(Some(match self.act {
            Act::Ack => Order::Ack {
                episode,
                author,
                reason,
            },
            Act::Silence => match matcher_of_episode(books, episode)? {
                None => return Ok(None),
                Some(matcher) => Order::Silence {
                    matcher,
                    until: now.saturating_add(SILENCE_HOURS * HOUR_MS),
                    episode: Some(episode),
                    author,
                    reason,
                },
            },
            Act::Planned => feedback(Feedback::Planned),
            Act::Noise => feedback(Feedback::Noise),
            Act::Real => feedback(Feedback::Real),
        }))
    }
}

/// What fits an episode and as little else as can be: its rules, and the values that its series
/// share. `None` where there is no such episode.
///
/// # Errors
/// What the ledger says.
pub fn matcher_of_episode(
    books: &(impl Alerts + ?Sized),
    number: u64,
) -> Result<Option<Matcher>, Failure> {
    let Some(view) = listing::episode(books, number)? else {
        return Ok(None);
    };
    let last = listing::steps(books, number)?.pop();
    let mut findings = last.map_or_else(Vec::new, |step| step.findings);
    findings.push(view.worst);
    let mut rules: Vec<Text> = findings.iter().map(|one| one.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    // Of more series than are named, only what does not differ is known of all.
    let all_named = usize::try_from(view.series).is_ok_and(|series| series < FINDINGS_MAX);
    let values = |dimension: Dimension| -> Option<Vec<Text>> {
        let told = findings
            .iter()
            .map(|one| one.series.get(dimension).cloned());
        let mut values = told.collect::<Option<Vec<Text>>>()?;
        values.sort();
        values.dedup();
        (values.len() == 1 || all_named).then_some(values)
    };
    let scope = Dimension::ALL.into_iter();
    let scope = scope.filter_map(|dimension| Some((dimension, values(dimension)?)));
    Ok(Some(Matcher {
        rules,
        scope: Scope(scope.collect()),
        ..Matcher::default()
    }))
}
