//! Who is told: by rule, route, owner, else by the fallback; and how many mails a person gets on a day.
//!
//! Knows no mail. A newcomer may ask why pages have a ration of their own: twenty warnings must not keep
//! anybody asleep, and neither must a rule gone wild wake somebody a thousand times.

use std::collections::BTreeSet;

use crate::alert::{Dimension, Finding, Severity};
use crate::units::{Text, UnixMillis};

use super::Desk;
use super::digests::next_midnight;
use super::kind::{self, Family};
use super::rows::{Alert, Episode};
use super::step::{Item, Quiet, Recipient, Step, Why};

/// People whom one step tells for the first time; the others hear of it with the next one.
const NEW_MAX: usize = 50;

impl Desk {
    /// Who is to be told of these alerts and was not yet; those of the first alerts first.
    pub(super) fn new_people(&self, alerts: &[&Alert], told: &[Recipient]) -> Vec<Recipient> {
        let mut known: BTreeSet<Text> = told.iter().map(|one| one.address.clone()).collect();
        let people = alerts.iter().flat_map(|alert| self.who(&alert.last));
        let new = people.filter(|one| known.insert(one.address.clone()));
        new.take(NEW_MAX).collect()
    }

    /// Alerts of these people before those of others.
    pub(super) fn theirs_first<'a>(
        &self,
        mut alerts: Vec<&'a Alert>,
        people: &[Recipient],
    ) -> Vec<&'a Alert> {
        let addresses: BTreeSet<&Text> = people.iter().map(|one| &one.address).collect();
        let is_theirs = |alert: &&Alert| {
            let people = self.who(&alert.last);
            people.iter().any(|one| addresses.contains(&one.address))
        };
        alerts.sort_by_cached_key(|alert| !is_theirs(alert));
        alerts
    }

    fn who(&self, finding: &Finding) -> Vec<Recipient> {
        let all = |addresses: &[Text], why: Why| -> Vec<Recipient> {
            let recipient = |address: &Text| Recipient {
                address: address.clone(),
                why,
            };
            addresses.iter().map(recipient).collect()
        };
        let Some(rule) = self.settings.rules.get(&finding.rule) else {
            return Vec::new();
        };
        if let Some(owner) = rule.owner.as_ref().filter(|owner| is_address(owner)) {
            return all(std::slice::from_ref(owner), Why::Rule);
        }
        for (place, route) in (1..).zip(&self.settings.told.routes) {
            let matcher = &route.matcher;
            if matcher.fits(rule, &finding.series, finding.severity) {
                return all(&route.to, Why::Route(place));
            }
        }
        let feature = finding.series.get(Dimension::Feature);
        let known = feature.and_then(|feature| self.settings.features.get(feature));
        if let Some(owner) = known
            .map(|known| &known.owner)
            .filter(|owner| is_address(owner))
        {
            return all(std::slice::from_ref(owner), Why::Owner);
        }
        all(self.settings.told.fallback_to.as_slice(), Why::Fallback)
    }

    /// Takes those off a step who hear of it in their digest: it is not urgent, or their day's mails
    /// are used up.
    pub(super) fn ration(&mut self, step: &mut Step, item: &Item, wall: UnixMillis) {
        let (per_day, zone) = (
            self.settings.told.mails_per_person_per_day,
            self.settings.zone,
        );
        let allowed = match step.severity {
            Severity::Info => 0,
            Severity::Warning => per_day,
            Severity::Page => per_day.saturating_mul(2),
        };
        let before = step.to.len();
        let people = &mut self.people;
        step.to.retain(|one| {
            let person = people.entry(&one.address);
            if wall >= person.day_ends {
                (person.mails, person.day_ends) = (0, next_midnight(zone, wall));
            }
            let told = person.mails < allowed;
            if told {
                person.mails += 1;
            } else {
                person.held.add(item);
            }
            told
        });
        if step.to.is_empty() {
            step.quiet = Some(if before == 0 {
                Quiet::Nobody
            } else {
                Quiet::Digest
            });
        }
    }

    /// Keeps what lies in the past for the summary of those who would have been told.
    pub(super) fn keep_for_summary(
        &mut self,
        episode: &Episode,
        step: &Step,
        number: u64,
        wall: UnixMillis,
    ) {
        let item = Item {
            id: crate::alert::EpisodeRef {
                episode: number,
                step: step.id.step,
            },
            kind: step.kind,
            severity: episode.severity,
            finding: episode.worst.clone(),
            series: episode.series,
            since: episode.since,
            wall,
            over: true,
        };
        for one in self.who(&episode.worst) {
            self.people.entry(&one.address).past.add(&item);
        }
    }

    /// Keeps a step for the digests of costs, of residency and of first sights.
    pub(super) fn log(&mut self, item: &Item, quiet: Option<Quiet>) {
        let Some(rule) = self.settings.rules.get(&item.finding.rule) else {
            return;
        };
        let family = kind::Kind::of(rule).family();
        let heard = match quiet {
            None | Some(Quiet::Digest | Quiet::Nobody | Quiet::Past) => true,
            Some(Quiet::FirstDays) => {
                self.meta.entry(&()).inventory.add(item);
                false
            }
            Some(Quiet::Silenced | Quiet::Maintenance | Quiet::Explained | Quiet::Untold) => false,
        };
        if !heard {
            return;
        }
        match family {
            Family::Money if !self.settings.told.digests.finops.is_empty() => {
                self.meta.entry(&()).finops.add(item);
            }
            Family::Residency | Family::Sight
                if !self.settings.told.digests.security.is_empty() =>
            {
                self.meta.entry(&()).security.add(item);
            }
            Family::Money
            | Family::Residency
            | Family::Sight
            | Family::Health
            | Family::Due
            | Family::Source => {}
        }
    }
}

/// Whether a mail can go there.
fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}
