//! Decides for each open episode whether there is something to say now, and says it once.
//!
//! Knows no figure but losses. A newcomer may ask why what was told is remembered, and not what was
//! decided: news is what differs from what people know, whatever happened in between.

use std::collections::BTreeSet;

use crate::alert::{Finding, Matcher, Severity, StepKind};
use crate::units::{DAY_MS, Text, UnixMillis};

use super::digests::next_at;
use super::kind::{Cause, Family, Kind, explains};
use super::news::{add_all, has_grown, item_of, limit_of, limits, losses, sorted, worst_first};
use super::order::Feedback;
use super::rows::{Alert, Episode, Key, Phase, Told};
use super::step::{Quiet, Recipient, Step, unaddressed};
use super::{Desk, GROWTH_MS, GROWTH_NANOUSD, view};

/// What an episode is like now.
struct Look<'a> {
    /// Alerts that people may hear of, worst first.
    loud: Vec<&'a Alert>,
    /// Why they may not hear of the others.
    muted: Option<Quiet>,
    /// Rules whose alerts this episode explains.
    explains: Vec<Text>,
}

impl Desk {
    /// One step at most of each episode.
    pub(super) fn decide(&mut self, wall: UnixMillis, catching_up: bool) -> Vec<Step> {
        let causes = self.causes();
        let numbers: Vec<u64> = self.episodes.iter().map(|(number, _)| *number).collect();
        let mut steps = Vec::new();
        for number in numbers {
            let Some(episode) = self.episodes.get(&number) else {
                continue;
            };
            if episode.members.is_empty() {
                steps.extend(self.resolve(number, wall, catching_up));
                continue;
            }
            let look = self.look(episode, &causes, wall);
            let draft = self.draft(episode, &look, wall, catching_up);
            self.note_worst(number);
            if let Some(draft) = draft {
                steps.push(self.publish(number, draft, wall));
            }
        }
        steps
    }

    /// Alerts that can explain others: those that fire, and those that were over a short time ago.
    fn causes(&self) -> Vec<Cause> {
        let causes = self.alerts.iter().filter_map(|(key, alert)| {
            let ended = match alert.phase {
                Phase::Pending(_) => return None,
                Phase::Firing => None,
                Phase::Over(since) => Some(since),
            };
            let kind = Kind::of(self.settings.rules.get(&key.rule)?);
            let why = || alert.last.clone();
            kind.is_cause().then(|| Cause {
                kind,
                why: why(),
                episode: alert.episode,
                ended,
            })
        });
        causes.collect()
    }

    /// Episodes of which others explain all there is.
    pub(super) fn explained(&self, wall: UnixMillis) -> BTreeSet<u64> {
        let causes = self.causes();
        let is_explained = |episode: &Episode| {
            let mut members = episode.members.iter();
            let of = |key: &Key| self.alerts.get(key);
            !episode.members.is_empty()
                && members
                    .all(|key| of(key).is_some_and(|one| self.is_explained(one, &causes, wall)))
        };
        let episodes = self.episodes.iter();
        let found = episodes.filter(|(_, episode)| is_explained(episode));
        found.map(|(number, _)| *number).collect()
    }

    fn look(&self, episode: &Episode, causes: &[Cause], wall: UnixMillis) -> Look<'_> {
        let mut look = Look {
            loud: Vec::new(),
            muted: None,
            explains: Vec::new(),
        };
        for alert in episode
            .members
            .iter()
            .filter_map(|key| self.alerts.get(key))
        {
            match self.muted(alert, causes, wall) {
                None => look.loud.push(alert),
                Some(why) => look.muted = look.muted.or(Some(why)),
            }
        }
        look.loud = sorted(look.loud);
        let own = |cause: &&Cause| {
            let why = &cause.why;
            look.loud
                .iter()
                .any(|alert| alert.last.rule == why.rule && alert.last.series == why.series)
        };
        let own: Vec<Cause> = causes.iter().filter(own).cloned().collect();
        if !own.is_empty() {
            let firing = self
                .alerts
                .iter()
                .filter(|(_, one)| one.phase == Phase::Firing);
            let effects = firing.filter(|(_, one)| self.is_explained(one, &own, wall));
            look.explains = effects.map(|(key, _)| key.rule.clone()).collect();
            look.explains.dedup();
        }
        look
    }

    fn is_explained(&self, alert: &Alert, causes: &[Cause], wall: UnixMillis) -> bool {
        let Some(rule) = self.settings.rules.get(&alert.key.rule) else {
            return false;
        };
        let kind = Kind::of(rule);
        let mut causes = causes.iter();
        let of = (kind, &alert.last, alert.episode);
        causes.any(|cause| explains(&self.settings, cause, of, wall))
    }

    /// Why nobody may hear of an alert now.
    fn muted(&self, alert: &Alert, causes: &[Cause], wall: UnixMillis) -> Option<Quiet> {
        if let Some(quiet) = self.silenced(&alert.last, wall) {
            return Some(quiet);
        }
        self.is_explained(alert, causes, wall)
            .then_some(Quiet::Explained)
    }

    /// Whether a silence or a maintenance keeps a finding from people.
    fn silenced(&self, finding: &Finding, wall: UnixMillis) -> Option<Quiet> {
        let rule = self.settings.rules.get(&finding.rule)?;
        let fits = |matcher: &Matcher| matcher.fits(rule, &finding.series, finding.severity);
        let mut maintenance = self.settings.told.maintenance.iter();
        if maintenance.any(|one| one.from <= wall && wall < one.to && fits(&one.matcher)) {
            return Some(Quiet::Maintenance);
        }
        let mut silences = self.silences.iter();
        silences
            .any(|(_, one)| wall < one.until && fits(&one.matcher))
            .then_some(Quiet::Silenced)
    }

    /// What there is to say of an episode that goes on.
    fn draft(
        &self,
        episode: &Episode,
        look: &Look<'_>,
        wall: UnixMillis,
        catching_up: bool,
    ) -> Option<Step> {
        let quiet = |quiet: Quiet, alerts: &[&Alert]| {
            let mut step = unaddressed(episode, StepKind::Fired, alerts, wall);
            step.quiet = Some(quiet);
            step
        };
        let all = || -> Vec<&Alert> {
            let members = episode.members.iter();
            sorted(members.filter_map(|key| self.alerts.get(key)).collect())
        };
        let planned = Some(Feedback::Planned.as_str());
        if episode.feedback.as_deref() == planned {
            // Somebody means it to be so: nobody hears of the rest, but that it is over.
            return None;
        }
        let Some(told) = &episode.told else {
            let new = episode.steps == 0;
            if episode.inventory {
                return Some(quiet(Quiet::FirstDays, &all()));
            }
            // What is well again by now, and only waits to be believed, is no news to whoever never heard of it.
            let loud = look.loud.iter().copied();
            let loud: Vec<&Alert> = loud.filter(|alert| !alert.is_well()).collect();
            if loud.is_empty() {
                return new.then(|| quiet(look.muted.unwrap_or(Quiet::Untold), &all()));
            }
            if catching_up {
                return new.then(|| quiet(Quiet::Past, &loud));
            }
            let mut step = unaddressed(episode, StepKind::Fired, &loud, wall);
            step.to = self.new_people(&loud, &[]);
            if step.to.is_empty() && !new {
                return None;
            }
            step.explains.clone_from(&look.explains);
            return Some(step);
        };
        if look.loud.is_empty() || episode.inventory || catching_up {
            return None;
        }
        let (kind, to) = self.news(episode, told, look, wall)?;
        let mut alerts = look.loud.clone();
        if kind == StepKind::Fired {
            // Whoever hears of it for the first time reads of their own.
            alerts = self.theirs_first(alerts, &to);
        }
        let mut step = unaddressed(episode, kind, &alerts, wall);
        step.to = to;
        step.explains.clone_from(&look.explains);
        Some(step)
    }

    /// What differs from what people were told.
    fn news(
        &self,
        episode: &Episode,
        told: &Told,
        look: &Look<'_>,
        wall: UnixMillis,
    ) -> Option<(StepKind, Vec<Recipient>)> {
        let severity = look.loud.iter().map(|alert| alert.last.severity).max()?;
        let (per_hour, so_far) = losses(look.loud.iter().map(|alert| &alert.last));
        let since_told = wall.0.saturating_sub(told.at.0);
        let grown = since_told >= GROWTH_MS
            && match (told.per_hour, per_hour) {
                (Some(before), Some(now)) => has_grown(before, now),
                (None, Some(now)) => now >= GROWTH_NANOUSD,
                (_, None) => match (told.so_far, so_far) {
                    (Some(before), Some(now)) => has_grown(before, now),
                    (None, Some(now)) => now >= GROWTH_NANOUSD,
                    (_, None) => false,
                },
            };
        let limits = limits(&look.loud, &self.settings.rules);
        let passed = limits.iter().any(|limit| !told.limits.contains(limit));
        let new = self.new_people(&look.loud, &told.to);
        if severity > told.severity || grown || passed {
            let mut to = told.to.clone();
            to.extend(new);
            return Some((StepKind::Changed, to));
        }
        if !new.is_empty() {
            return Some((StepKind::Fired, new));
        }
        // Where nobody asks, nothing is known of what is down: what was bad last a while ago is not told again.
        let repeats = look.loud.iter().filter(|alert| !alert.is_well());
        let repeats = repeats.filter_map(|alert| {
            let repeat = self.settings.rules.get(&alert.key.rule)?.repeat_ms?;
            let ago = wall.0.saturating_sub(alert.heard.0);
            (ago <= repeat / 2).then_some(repeat)
        });
        let repeat = repeats.min()?;
        let mut due_at = told.at.saturating_add(repeat);
        if repeat >= DAY_MS {
            // What has waited for days waits for the morning, too.
            let morning = (None, self.settings.told.digests.daily_minute);
            due_at = next_at(self.settings.zone, morning, due_at.saturating_add(-1));
        }
        let due = episode.acked.is_none() && severity > Severity::Info && wall >= due_at;
        due.then(|| (StepKind::Reminded, told.to.clone()))
    }

    /// The end of an episode.
    fn resolve(&mut self, number: u64, wall: UnixMillis, catching_up: bool) -> Option<Step> {
        let episode = self.episodes.get(&number)?.clone();
        let of = |alert: &&Alert| alert.episode == number;
        let alerts = self.alerts.iter().map(|(_, alert)| alert);
        let ended = sorted(alerts.filter(of).collect());
        let mut step = unaddressed(&episode, StepKind::Resolved, &ended, wall);
        let worst = |alert: &&&Alert| {
            let (one, worst) = (&alert.last, &episode.worst);
            one.rule == worst.rule && one.series == worst.series
        };
        // What it had cost when it was worst is not what it cost to its end.
        let paid = ended.iter().find(worst);
        let paid = paid.and_then(|alert| alert.last.loss.so_far_nanousd);
        if step.findings.is_empty() {
            step.findings.push(episode.worst.clone());
        }
        // Whoever read of it in a digest reads of its end there.
        let told_as = episode.told.as_ref().map(|told| told.severity);
        step.severity = told_as.unwrap_or(episode.severity);
        step.series = episode.series;
        let said = matches!(episode.family, Family::Sight | Family::Due);
        let told = episode.told.as_ref().filter(|told| !told.to.is_empty());
        match told {
            _ if said => step.quiet = Some(Quiet::Untold),
            None if episode.past => step.quiet = Some(Quiet::Past),
            None => step.quiet = Some(Quiet::Untold),
            Some(_) if catching_up && episode.past => step.quiet = Some(Quiet::Past),
            Some(told) => match self.silenced(&episode.worst, wall) {
                Some(quiet) => step.quiet = Some(quiet),
                None => step.to.clone_from(&told.to),
            },
        }
        if step.quiet == Some(Quiet::Past) {
            self.keep_for_summary(&episode, &step, number, wall);
        }
        let step = self.publish(number, step, wall);
        if let Some(mut episode) = self.episodes.remove(&number) {
            let so_far = &mut episode.worst.loss.so_far_nanousd;
            *so_far = (*so_far).max(paid);
            self.viewed.remove(&number);
            self.over.push(view(number, &episode, Some(wall)));
        }
        Some(step)
    }

    /// Remembers a step as told, and takes those off it who hear of it later.
    fn publish(&mut self, number: u64, mut step: Step, wall: UnixMillis) -> Step {
        step.id.episode = number;
        let item = item_of(&step);
        let to = step.to.clone();
        if step.quiet.is_none() {
            self.ration(&mut step, &item, wall);
        }
        self.log(&item, step.quiet);
        self.viewed.insert(number);
        let inventory = step.quiet == Some(Quiet::FirstDays);
        let rules = &self.settings.rules;
        let (per_hour, so_far) = losses(step.findings.iter());
        let limits: Vec<i64> = step
            .findings
            .iter()
            .filter_map(|finding| limit_of(rules.get(&finding.rule)?, finding))
            .collect();
        let Some(episode) = self.episodes.get_mut(&number) else {
            return step;
        };
        episode.steps = step.id.step;
        if to.is_empty() && !inventory {
            return step;
        }
        let before = episode.told.take();
        let mut told = Told {
            at: wall,
            severity: step.severity,
            per_hour,
            so_far,
            limits,
            to,
        };
        if let Some(mut before) = before {
            if step.kind == StepKind::Fired {
                // Some hear of it for the first time; the others know what they knew.
                add_all(&mut before.to, told.to);
                episode.told = Some(before);
                return step;
            }
            told.severity = told.severity.max(before.severity);
            told.per_hour = told.per_hour.max(before.per_hour);
            told.so_far = told.so_far.max(before.so_far);
            told.limits.extend(before.limits);
            told.limits.sort_unstable();
            told.limits.dedup();
            add_all(&mut told.to, before.to);
        }
        episode.told = Some(told);
        step
    }

    /// Remembers the worst that an episode has seen.
    fn note_worst(&mut self, number: u64) {
        let Some(episode) = self.episodes.get(&number) else {
            return;
        };
        let members = episode
            .members
            .iter()
            .filter_map(|key| self.alerts.get(key));
        let Some(worst) = members
            .map(|alert| &alert.last)
            .min_by_key(|one| worst_first(one))
        else {
            return;
        };
        if worst_first(worst) >= worst_first(&episode.worst) {
            return;
        }
        let worst = worst.clone();
        if let Some(episode) = self.episodes.get_mut(&number) {
            episode.severity = episode.severity.max(worst.severity);
            episode.worst = worst;
            self.viewed.insert(number);
        }
    }
}
