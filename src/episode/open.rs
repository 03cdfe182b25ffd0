//! Puts alerts that begin to fire into episodes: into that of their cause, or into one of their own.
//!
//! Knows no person. A newcomer may ask why only what begins within three quarters of an hour is one cause:
//! what begins later is news to whoever has already looked.

use crate::alert::Severity;
use crate::units::{DAY_MS, MINUTE_MS, UnixMillis};

use super::kind::{Family, Kind, share};
use super::rows::{Episode, Key};
use super::{CAUSE_MS, Desk};

/// Alerts of one rule that begin within so long are one cause, whatever they are about.
const MOMENT_MS: i64 = 5 * MINUTE_MS;
/// Members of an episode that a new one is compared with.
const COMPARED_MAX: usize = 200;

impl Desk {
    /// Finds an episode for each alert that fires from now on.
    pub(super) fn open(&mut self, fired: Vec<Key>, wall: UnixMillis, catching_up: bool) {
        for key in fired {
            let Some(rule) = self.settings.rules.get(&key.rule) else {
                continue;
            };
            let family = Kind::of(rule).family();
            let known = self.cause_of(&key, family, wall);
            let number = known.unwrap_or_else(|| self.number());
            let Some(alert) = self.alerts.get_mut(&key) else {
                continue;
            };
            alert.episode = number;
            let (since, severity, finding) =
                (alert.last.since, alert.last.severity, alert.last.clone());
            if known.is_none() {
                let inventory = family == Family::Sight && self.is_first_days(wall);
                let episode = Episode {
                    family,
                    members: [].into(),
                    series: 0,
                    opened: wall,
                    since,
                    steps: 0,
                    told: None,
                    past: catching_up,
                    inventory,
                    acked: None,
                    feedback: None,
                    judged: None,
                    severity,
                    worst: finding,
                };
                self.episodes.put(number, episode);
            }
            if let Some(episode) = self.episodes.get_mut(&number) {
                episode.series = episode.series.saturating_add(1);
                episode.members.insert(key);
                episode.since = episode.since.min(since);
            }
            self.viewed.insert(number);
        }
    }

    /// Whether everything is still new.
    pub(super) fn is_first_days(&self, wall: UnixMillis) -> bool {
        let days = i64::from(self.settings.told.quiet_first_days);
        let born = self.meta.get(&()).and_then(|meta| meta.born);
        born.is_some_and(|born| wall.0.saturating_sub(born.0) < days.saturating_mul(DAY_MS))
    }

    /// The open episode whose cause an alert shares.
    fn cause_of(&self, key: &Key, family: Family, wall: UnixMillis) -> Option<u64> {
        let severity = self
            .alerts
            .get(key)
            .map_or(Severity::Info, |alert| alert.last.severity);
        let mut episodes = self.episodes.iter();
        let found = episodes.find(|(_, episode)| {
            let age = wall.0.saturating_sub(episode.opened.0);
            if episode.family != family || episode.members.is_empty() || age >= CAUSE_MS {
                return false;
            }
            // What is urgent does not hide in what nobody is told of at once.
            if episode.severity == Severity::Info && severity > Severity::Info {
                return false;
            }
            if episode.inventory && !self.is_first_days(wall) {
                return false;
            }
            let mut members = episode.members.iter().take(COMPARED_MAX);
            members.any(|member| {
                (member.rule == key.rule && age < MOMENT_MS) || share(&member.series, &key.series)
            })
        });
        found.map(|(number, _)| *number)
    }
}
