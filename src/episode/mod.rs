//! Makes episodes of findings: few steps that people are told of, and none twice.
//!
//! Knows no clock, no ledger and no mail: findings and the time come in, steps go out. A newcomer may
//! ask why data is judged by the calls' own time and repetition by the daemon's clock: what was bad
//! at nine was bad at nine whenever it is heard of, but nobody wants two mails in a minute.

mod alerts;
mod decide;
mod digests;
mod kind;
mod news;
mod open;
mod order;
mod people;
mod rows;
mod settings;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::alert::{Finding, Severity, Unknown};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};

pub use kind::Family;
pub use order::{Feedback, Order};
pub use rows::{Changed, DeskState, EpisodeView, Mark, Silence};
pub use settings::{Owned, Settings, matcher_of};
pub use step::{FINDINGS_MAX, ITEMS_MAX, Item, Occasion, Quiet, Recipient, Step, Why};

use rows::{Alert, Episode, Key, Meta, Person, Phase, Rows};

/// How long a series must be good before it counts as over; twice as long after each relapse.
const HOLD_MS: i64 = 5 * MINUTE_MS;
/// It is at most so long.
const HOLD_MS_MAX: i64 = 4 * HOUR_MS;
/// How long relapses are remembered.
const MEMORY_MS: i64 = DAY_MS;
/// An alert of which nothing, or too little to judge, is heard for so long is closed: a long weekend is shorter.
const STALE_MS: i64 = 4 * DAY_MS;
/// Alerts of one cause begin within so long: a cap is passed in minutes, what it costs is judged by ten of them.
const CAUSE_MS: i64 = 45 * MINUTE_MS;
/// Alerts that are kept at most; beyond it they are counted.
const ALERTS_MAX: usize = 20_000;
/// Series that an inventory counts as waiting at most.
const WAITS_MAX: usize = 2_000;
/// Least time between two steps that say that it grew, but for a greater severity.
const GROWTH_MS: i64 = HOUR_MS / 2;
/// A loss must have grown by so much, in nano-dollars (an hour, where that is known).
const GROWTH_NANOUSD: i64 = 1_000_000_000;

/// All episodes that are open, and what is remembered of people and digests.
#[derive(Debug)]
pub struct Desk {
    settings: Settings,
    alerts: Rows<Key, Alert>,
    episodes: Rows<u64, Episode>,
    silences: Rows<u64, Silence>,
    people: Rows<Text, Person>,
    /// Of what nothing can be said, and why, until the inventory is told.
    waits: Rows<Key, Unknown>,
    meta: Rows<(), Meta>,
    /// Episodes of which tables and pages have to hear.
    viewed: BTreeSet<u64>,
    /// Episodes that are over since they last heard.
    over: Vec<EpisodeView>,
}

impl Desk {
    /// A desk that goes on where `state` was written.
    #[must_use]
    pub fn new(settings: &Settings, state: &DeskState) -> Desk {
        Desk {
            settings: settings.clone(),
            alerts: Rows::read("alert ", state),
            episodes: Rows::read("episode ", state),
            silences: Rows::read("silence ", state),
            people: Rows::read("person ", state),
            waits: Rows::read("waits ", state),
            meta: Rows::read("desk ", state),
            viewed: BTreeSet::new(),
            over: Vec::new(),
        }
    }

    /// Goes by other settings from now on; alerts of rules that are gone are over at the next look.
    pub fn configure(&mut self, settings: &Settings) {
        self.settings = settings.clone();
        let meta = self.meta.entry(&());
        (meta.daily_next, meta.weekly_next) = (None, None);
    }

    /// Hears what a watch found, and what time it is by the daemon's clock; to be called every minute
    /// also where nothing was found. While `catching_up`, what is found lies in the past.
    pub fn hear(
        &mut self,
        findings: Vec<Finding>,
        wall: UnixMillis,
        catching_up: bool,
    ) -> Vec<Step> {
        if self.meta.get(&()).is_none_or(|meta| meta.born.is_none()) {
            self.meta.entry(&()).born = Some(wall);
        }
        self.expire(wall);
        self.note_waits(&findings);
        let fired = self.note(findings, wall);
        self.open(fired, wall, catching_up);
        self.end(wall, catching_up);
        let mut steps = self.decide(wall, catching_up);
        self.digests(wall, catching_up, &mut steps);
        steps
    }

    /// Rows that changed since this was last asked.
    pub fn state(&mut self) -> Changed {
        let mut changed = Changed::new();
        self.alerts.drain("alert ", &mut changed);
        self.episodes.drain("episode ", &mut changed);
        self.silences.drain("silence ", &mut changed);
        self.people.drain("person ", &mut changed);
        self.waits.drain("waits ", &mut changed);
        self.meta.drain("desk ", &mut changed);
        changed
    }

    /// Episodes that changed since this was last asked, those that are over among them.
    pub fn views(&mut self) -> Vec<EpisodeView> {
        let open = std::mem::take(&mut self.viewed);
        let mut views = std::mem::take(&mut self.over);
        let episodes = open
            .into_iter()
            .filter_map(|number| Some((number, self.episodes.get(&number)?)));
        views.extend(episodes.map(|(number, episode)| view(number, episode, None)));
        views.sort_by_key(|view| view.number);
        views
    }

    /// Episodes that are open, by number.
    #[must_use]
    pub fn open_episodes(&self) -> Vec<EpisodeView> {
        let episodes = self.episodes.iter();
        episodes
            .map(|(number, episode)| view(*number, episode, None))
            .collect()
    }

    /// Silences that are not over, by number.
    #[must_use]
    pub fn silences(&self) -> Vec<(u64, Silence)> {
        let silences = self.silences.iter();
        silences
            .map(|(number, silence)| (*number, silence.clone()))
            .collect()
    }

    /// Rule and series of each alert of an open episode, with its last finding.
    #[must_use]
    pub fn members(&self, episode: u64) -> Vec<Finding> {
        let members = self.episodes.get(&episode).map(|episode| &episode.members);
        let members = members.into_iter().flatten();
        members
            .filter_map(|key| Some(self.alerts.get(key)?.last.clone()))
            .collect()
    }

    /// How many alerts are pending, and how many fire.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let of = |pending: bool| {
            let alerts = self.alerts.iter();
            alerts
                .filter(|(_, alert)| match alert.phase {
                    Phase::Pending(_) => pending,
                    Phase::Firing => !pending,
                    Phase::Over(_) => false,
                })
                .count()
        };
        (of(true), of(false))
    }

    /// Alerts that fire: rule, finding, how urgent.
    pub fn firing(&self) -> impl Iterator<Item = (&Text, &Finding, Severity)> {
        self.alerts
            .iter()
            .filter(|(_, alert)| alert.phase == Phase::Firing)
            .map(|(key, alert)| (&key.rule, &alert.last, alert.last.severity))
    }

    /// The next number of an episode or digest.
    fn number(&mut self) -> u64 {
        let meta = self.meta.entry(&());
        meta.episodes += 1;
        meta.episodes
    }
}

fn view(number: u64, episode: &Episode, resolved: Option<UnixMillis>) -> EpisodeView {
    EpisodeView {
        number,
        family: episode.family,
        severity: episode.severity,
        worst: episode.worst.clone(),
        series: episode.series,
        firing: u32::try_from(episode.members.len()).unwrap_or(u32::MAX),
        opened: episode.opened,
        since: episode.since,
        resolved,
        last: crate::alert::EpisodeRef {
            episode: number,
            step: episode.steps,
        },
        told: episode.told.is_some() && !episode.inventory,
        acked: episode.acked.clone(),
        feedback: episode.feedback.clone(),
        judged: episode.judged.clone(),
    }
}
