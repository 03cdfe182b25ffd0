//! Digests: what people were not told at once, costs of the day, residency of the week, the inventory
//! of the first days, and what happened while nobody looked.
//!
//! Knows no mail. A newcomer may ask why not every morning brings what was held back: what is over, or goes
//! on as it was told, can wait for the week's; and a digest that was missed is all in the next one.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::alert::{EpisodeRef, Finding, Level, Severity, StepKind, Unknown};
use crate::units::{DAY_MS, Text, UnixMillis};

use super::rows::{Key, Log};
use super::step::{Item, Occasion, Recipient, Step, Why};
use super::{Desk, WAITS_MAX};

/// Rules and what they wait for.
type Waits = Vec<(Text, Unknown, u32)>;

impl Desk {
    /// Notes of what nothing can be said; it is told once, and stands in the inventory.
    pub(super) fn note_waits(&mut self, findings: &[Finding]) {
        if self.settings.told.quiet_first_days == 0
            || self.meta.get(&()).is_some_and(|meta| meta.inventory_told)
        {
            return;
        }
        for finding in findings {
            let Some(key) = self.key_of(finding) else {
                continue;
            };
            match finding.level {
                Level::Unknown(
                    why @ (Unknown::Learning | Unknown::NotDeclared | Unknown::NotObservable),
                ) => {
                    let known = self.waits.get(&key) == Some(&why);
                    if !known && self.waits.len() < WAITS_MAX {
                        self.waits.put(key, why);
                    }
                }
                Level::Unknown(Unknown::TooFew | Unknown::Stalled) => {}
                Level::Good | Level::Between | Level::Bad => {
                    if self.waits.get(&key).is_some() {
                        self.waits.remove(&key);
                    }
                }
            }
        }
    }

    /// What rules wait for, and of how many series.
    fn take_waits(&mut self) -> Waits {
        let keys: Vec<(Key, Unknown)> = self
            .waits
            .iter()
            .map(|(key, why)| (key.clone(), *why))
            .collect();
        let mut waits: BTreeMap<(Text, Unknown), u32> = BTreeMap::new();
        for (key, why) in keys {
            *waits.entry((key.rule.clone(), why)).or_default() += 1;
            self.waits.remove(&key);
        }
        waits
            .into_iter()
            .map(|((rule, why), n)| (rule, why, n))
            .collect()
    }

    fn inventory_due(&self, wall: UnixMillis) -> bool {
        let told = self.meta.get(&()).is_some_and(|meta| meta.inventory_told);
        self.settings.told.quiet_first_days > 0 && !told && !self.is_first_days(wall)
    }

    /// Digests that are due.
    pub(super) fn digests(&mut self, wall: UnixMillis, catching_up: bool, steps: &mut Vec<Step>) {
        if catching_up {
            return;
        }
        self.past(wall, steps);
        self.inventory(wall, steps);
        self.daily(wall, steps);
        self.weekly(wall, steps);
    }

    fn past(&mut self, wall: UnixMillis, steps: &mut Vec<Step>) {
        let people = self.people.iter();
        let waiting: Vec<Text> = people
            .filter(|(_, person)| !person.past.is_empty())
            .map(|(address, _)| address.clone())
            .collect();
        for address in waiting {
            let log = std::mem::take(&mut self.people.entry(&address).past);
            let from = log.items.iter().map(|item| item.since).min();
            let digest = (Occasion::Past, from.unwrap_or(wall));
            steps.push(self.digest(digest, log, &[address], wall));
        }
    }

    fn inventory(&mut self, wall: UnixMillis, steps: &mut Vec<Step>) {
        if !self.inventory_due(wall) {
            return;
        }
        let waits = self.take_waits();
        let meta = self.meta.entry(&());
        meta.inventory_told = true;
        let (log, from) = (
            std::mem::take(&mut meta.inventory),
            meta.born.unwrap_or(wall),
        );
        let to = if self.settings.told.digests.security.is_empty() {
            self.settings.told.fallback_to.iter().cloned().collect()
        } else {
            self.settings.told.digests.security.clone()
        };
        if to.is_empty() || (log.is_empty() && waits.is_empty()) {
            return;
        }
        let mut step = self.digest((Occasion::Inventory, from), log, &to, wall);
        step.waits = waits;
        steps.push(step);
    }

    fn daily(&mut self, wall: UnixMillis, steps: &mut Vec<Step>) {
        let due = (
            self.settings.zone,
            None,
            self.settings.told.digests.daily_minute,
        );
        let known = self.meta.get(&()).and_then(|meta| meta.daily_next);
        if !self.is_due(known, |meta| &mut meta.daily_next, due, wall) {
            return;
        }
        let meta = self.meta.entry(&());
        let from = meta.daily_last.replace(wall).or(meta.born).unwrap_or(wall);
        let log = std::mem::take(&mut meta.finops);
        let finops = self.settings.told.digests.finops.clone();
        if !finops.is_empty() {
            steps.push(self.digest((Occasion::Finops, from), log, &finops, wall));
        }
        let explained = self.explained(wall);
        let weekday = date_of(self.settings.zone, wall).weekday();
        let is_weekly = weekday.num_days_from_monday() == self.settings.told.digests.weekly.0;
        let people: Vec<Text> = self.people.iter().map(|(one, _)| one.clone()).collect();
        for address in people {
            let person = self.people.entry(&address);
            person.held.drop_open(&explained);
            let idle = wall >= person.day_ends;
            if person.held.is_empty() {
                if idle {
                    self.people.remove(&address);
                }
            } else if is_weekly || person.held.is_worth_a_mail() {
                let log = std::mem::take(&mut person.held);
                let first = log.items.iter().map(|item| item.wall).min();
                let from = first.map_or(from, |first| first.min(from));
                steps.push(self.digest((Occasion::Daily, from), log, &[address], wall));
            }
        }
    }

    fn weekly(&mut self, wall: UnixMillis, steps: &mut Vec<Step>) {
        let (weekday, minute) = self.settings.told.digests.weekly;
        let due = (self.settings.zone, Some(weekday), minute);
        let known = self.meta.get(&()).and_then(|meta| meta.weekly_next);
        if !self.is_due(known, |meta| &mut meta.weekly_next, due, wall) {
            return;
        }
        let meta = self.meta.entry(&());
        let from = meta.weekly_last.replace(wall).or(meta.born).unwrap_or(wall);
        let log = std::mem::take(&mut meta.security);
        let security = self.settings.told.digests.security.clone();
        if !security.is_empty() {
            steps.push(self.digest((Occasion::Security, from), log, &security, wall));
        }
    }

    /// Whether a digest is due, and when it is due next.
    fn is_due(
        &mut self,
        known: Option<UnixMillis>,
        next: impl Fn(&mut super::rows::Meta) -> &mut Option<UnixMillis>,
        (zone, weekday, minute): (Tz, Option<u32>, u32),
        wall: UnixMillis,
    ) -> bool {
        // A clock that was put back by far must not silence digests for as long.
        let far = |at: UnixMillis| at.0.saturating_sub(wall.0) > 8 * DAY_MS;
        let due = known.is_some_and(|at| wall >= at);
        if due || known.is_none_or(far) {
            *next(self.meta.entry(&())) = Some(next_at(zone, (weekday, minute), wall));
        }
        due
    }

    fn digest(
        &mut self,
        (occasion, from): (Occasion, UnixMillis),
        log: Log,
        to: &[Text],
        wall: UnixMillis,
    ) -> Step {
        let severity = log.items.iter().map(|item| item.severity).max();
        let findings = log.items.first().map(|item| item.finding.clone());
        let recipient = |address: &Text| Recipient {
            address: address.clone(),
            why: Why::Digest,
        };
        Step {
            id: EpisodeRef {
                episode: self.number(),
                step: 1,
            },
            kind: StepKind::Fired,
            severity: severity.unwrap_or(Severity::Info),
            findings: findings.into_iter().collect(),
            series: log.items.iter().map(|item: &Item| item.series).sum(),
            since: from,
            wall,
            to: to.iter().map(recipient).collect(),
            quiet: None,
            explains: Vec::new(),
            digest: Some(occasion),
            items: log.items,
            items_count: log.count,
            waits: Waits::new(),
            from,
        }
    }
}

/// The local time of a date, or the first that there is after it.
fn instant(zone: Tz, date: NaiveDate, minute: u32) -> UnixMillis {
    let time = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
    let found = (0..=8).find_map(|halves| {
        let later = time + TimeDelta::minutes(halves * 30);
        zone.from_local_datetime(&later).earliest()
    });
    let ms = found.map_or_else(
        || time.and_utc().timestamp_millis(),
        |time| time.timestamp_millis(),
    );
    UnixMillis(ms)
}

fn date_of(zone: Tz, at: UnixMillis) -> NaiveDate {
    at.to_utc().with_timezone(&zone).date_naive()
}

/// The next local midnight.
pub(super) fn next_midnight(zone: Tz, after: UnixMillis) -> UnixMillis {
    let date = date_of(zone, after);
    instant(zone, date.succ_opt().unwrap_or(date), 0)
}

/// The next time at that minute of a day, of that day of the week where one is named.
pub(super) fn next_at(
    zone: Tz,
    (weekday, minute): (Option<u32>, u32),
    after: UnixMillis,
) -> UnixMillis {
    let today = date_of(zone, after);
    let days = (0..=8).filter_map(|days| today.checked_add_days(Days::new(days)));
    let wanted = |date: &NaiveDate| {
        weekday.is_none_or(|weekday| date.weekday().num_days_from_monday() == weekday)
    };
    let mut times = days.filter(wanted).map(|date| instant(zone, date, minute));
    times
        .find(|at| *at > after)
        .unwrap_or(after.saturating_add(DAY_MS))
}
