//! What single alerts do: quiet, pending, firing, over.
//!
//! Knows no person. A newcomer may ask why an alert that is over stays for a day: one that comes back
//! soon has to be good for longer before it is believed.

use crate::alert::{Check, Finding, Level, Unknown};
use crate::units::{Text, UnixMillis};

use super::rows::{Alert, Key, Phase};
use super::{ALERTS_MAX, Desk, HOLD_MS, HOLD_MS_MAX, MEMORY_MS, STALE_MS};

impl Desk {
    /// Takes findings in; the keys of those that fire from now on.
    pub(super) fn note(&mut self, findings: Vec<Finding>, wall: UnixMillis) -> Vec<Key> {
        let mut fired = Vec::new();
        for finding in findings {
            let Some(key) = self.key_of(&finding) else {
                continue;
            };
            match finding.level {
                // While a source stalls nothing is heard of it.
                Level::Unknown(Unknown::Stalled) => {}
                Level::Unknown(Unknown::TooFew) => self.idle(&key, wall),
                Level::Unknown(
                    Unknown::Learning | Unknown::NotDeclared | Unknown::NotObservable,
                ) => self.hold(&key, wall),
                Level::Bad => {
                    if self.bad(&key, finding, wall) {
                        fired.push(key);
                    }
                }
                Level::Between => self.between(&key, finding, wall),
                Level::Good => self.good(&key, finding, wall),
            }
        }
        fired
    }

    pub(super) fn key_of(&self, finding: &Finding) -> Option<Key> {
        let rule = self.settings.rules.get(&finding.rule)?;
        let subject = match &rule.check {
            Check::FirstSight(_) => finding.subject.clone(),
            Check::Threshold { .. }
            | Check::Budget(_)
            | Check::Burn(_)
            | Check::Anomaly { .. }
            | Check::Drift { .. }
            | Check::Residency(_)
            | Check::Silence { .. }
            | Check::Calendar(_) => Text::default(),
        };
        Some(Key {
            rule: finding.rule.clone(),
            series: finding.series.clone(),
            subject,
        })
    }

    /// Nothing can be said: it stays as it is.
    fn hold(&mut self, key: &Key, wall: UnixMillis) {
        let fires = |alert: &Alert| alert.phase == Phase::Firing;
        if self.alerts.get(key).is_some_and(fires)
            && let Some(alert) = self.alerts.get_mut(key)
        {
            alert.heard = wall;
        }
    }

    /// Too few to say anything: what fires stays as it is, but not for ever, and nothing begins by waiting.
    fn idle(&mut self, key: &Key, wall: UnixMillis) {
        if let Some(Phase::Pending(_)) = self.alerts.get(key).map(|alert| alert.phase) {
            self.drop_pending(key, wall);
        }
    }

    /// Whether it fires from now on.
    fn bad(&mut self, key: &Key, finding: Finding, wall: UnixMillis) -> bool {
        let rule = self.settings.rules.get(&key.rule);
        let for_ms = rule.map_or(0, |rule| rule.for_ms);
        if self.alerts.get(key).is_none() {
            if self.alerts.len() >= ALERTS_MAX {
                self.meta.entry(&()).overflow += 1;
                return false;
            }
            let alert = Alert {
                key: key.clone(),
                phase: Phase::Pending(finding.at),
                last: finding.clone(),
                heard: wall,
                good: None,
                flaps: 0,
                episode: 0,
            };
            self.alerts.put(key.clone(), alert);
        }
        let Some(alert) = self.alerts.get_mut(key) else {
            return false;
        };
        if let Phase::Over(since) = alert.phase {
            let soon = wall.0.saturating_sub(since.0) < MEMORY_MS;
            alert.flaps = if soon {
                alert.flaps.saturating_add(1)
            } else {
                0
            };
            alert.phase = Phase::Pending(finding.at);
        }
        if alert.good.take().is_some() {
            alert.flaps = alert.flaps.saturating_add(1);
        }
        let at = finding.at;
        alert.heard = wall;
        alert.last = finding;
        match alert.phase {
            Phase::Pending(began) if at.0.saturating_sub(began.0) >= for_ms => {
                alert.phase = Phase::Firing;
                true
            }
            Phase::Pending(_) | Phase::Firing | Phase::Over(_) => false,
        }
    }

    fn between(&mut self, key: &Key, finding: Finding, wall: UnixMillis) {
        match self.alerts.get(key).map(|alert| alert.phase) {
            Some(Phase::Pending(_)) => self.drop_pending(key, wall),
            Some(Phase::Firing) => {
                if let Some(alert) = self.alerts.get_mut(key) {
                    alert.keep(finding, wall);
                }
            }
            Some(Phase::Over(_)) | None => {}
        }
    }

    fn good(&mut self, key: &Key, finding: Finding, wall: UnixMillis) {
        match self.alerts.get(key).map(|alert| alert.phase) {
            Some(Phase::Pending(_)) => self.drop_pending(key, wall),
            Some(Phase::Firing) => {
                if let Some(alert) = self.alerts.get_mut(key) {
                    alert.good = alert.good.or(Some(wall));
                    alert.keep(finding, wall);
                }
            }
            Some(Phase::Over(_)) | None => {}
        }
    }

    /// One that never fired is forgotten; one that did keeps its relapses.
    fn drop_pending(&mut self, key: &Key, wall: UnixMillis) {
        match self.alerts.get_mut(key) {
            Some(alert) if alert.flaps > 0 => alert.phase = Phase::Over(wall),
            Some(_) | None => drop(self.alerts.remove(key)),
        }
    }

    /// Ends alerts that were good for long enough, that nobody hears of or whose rules are gone, and
    /// forgets those that are over for long.
    pub(super) fn end(&mut self, wall: UnixMillis, catching_up: bool) {
        let (mut ended, mut gone) = (Vec::new(), Vec::new());
        for (key, alert) in self.alerts.iter() {
            let past = |since: UnixMillis, long: i64| wall.0.saturating_sub(since.0) >= long;
            let ruled = self
                .settings
                .rules
                .get(&key.rule)
                .is_some_and(|rule| rule.on);
            match alert.phase {
                Phase::Over(since) if past(since, MEMORY_MS) => gone.push(key.clone()),
                Phase::Pending(_) if !ruled || past(alert.heard, STALE_MS) => {
                    gone.push(key.clone());
                }
                Phase::Firing => {
                    let over = alert
                        .good
                        .is_some_and(|good| catching_up || past(good, hold_ms(alert.flaps)));
                    let unheard = past(alert.heard, STALE_MS);
                    if over || !ruled || unheard {
                        ended.push((key.clone(), unheard && !over));
                    }
                }
                Phase::Over(_) | Phase::Pending(_) => {}
            }
        }
        for key in gone {
            self.alerts.remove(&key);
        }
        for (key, unheard) in ended {
            let Some(alert) = self.alerts.get_mut(&key) else {
                continue;
            };
            let number = alert.episode;
            if unheard {
                // It was bad last, and nobody knows whether it is over.
                alert.last.level = Level::Unknown(Unknown::TooFew);
            }
            (alert.phase, alert.good) = (Phase::Over(wall), None);
            if let Some(episode) = self.episodes.get_mut(&number) {
                episode.members.remove(&key);
                self.viewed.insert(number);
            }
        }
    }
}

impl Alert {
    /// Whether it is well again and only waits to be believed.
    pub(super) fn is_well(&self) -> bool {
        self.good.is_some()
    }

    /// Takes a finding that is not bad, which is as urgent as what it ends.
    fn keep(&mut self, mut finding: Finding, wall: UnixMillis) {
        finding.severity = self.last.severity;
        (self.last, self.heard) = (finding, wall);
    }
}

/// How long a series must be good.
fn hold_ms(flaps: u32) -> i64 {
    HOLD_MS
        .checked_shl(flaps.min(10))
        .unwrap_or(HOLD_MS_MAX)
        .min(HOLD_MS_MAX)
}
