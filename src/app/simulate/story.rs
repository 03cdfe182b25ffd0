//! What the scenario's events mean at a moment: which endpoint, how long a prompt, what fails.
//!
//! Knows no chance. A newcomer may ask why names are turned into places here: every question is
//! asked for every call, and the scenario's names were checked when it was read.

use toml::Spanned;

use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

use super::events::Moment;
use super::scenario::Scenario;

/// A time span, its end not included, and what it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: UnixMillis,
    pub(super) to: UnixMillis,
    /// Place of the endpoint or skill.
    pub(super) subject: usize,
    /// Share per mille or number of requests, as the event has it.
    pub(super) amount: u64,
}

/// A loop, and how many tokens longer each of its prompts is where that is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    pub(super) span: Span,
    pub(super) growth_tokens: Option<u64>,
}

/// The events of one run.
#[derive(Clone, Debug)]
pub(super) struct Story {
    start: UnixMillis,
    switches: Vec<(UnixMillis, usize, usize)>,
    steps: Vec<(UnixMillis, usize, u64)>,
    outages: Vec<Span>,
    storms: Vec<Span>,
    pub(super) loops: Vec<Loop>,
    pub(super) re_exports: Vec<Span>,
}

impl Story {
    /// The events of a scenario that starts at `start`.
    pub(super) fn new(scenario: &Scenario, start: UnixMillis) -> Story {
        let endpoint = |name: &Spanned<String>| {
            let place = scenario.endpoint_index(name.get_ref());
            place.unwrap_or(0)
        };
        let feature = |name: &Spanned<String>| {
            let mut skills = scenario.skill.iter();
            let place = skills.position(|skill| skill.feature() == *name.get_ref());
            place.unwrap_or(0)
        };
        let when = |moment: &Moment| moment.on(scenario.utc_offset_hours, start);
        let span = |at: &Moment, minutes: u32, subject: usize, amount: u64| Span {
            from: when(at),
            to: when(at).saturating_add(i64::from(minutes) * MINUTE_MS),
            subject,
            amount,
        };
        let switches = scenario.switch.iter();
        let steps = scenario.prompt_step.iter();
        let outages = scenario.outage.iter();
        let storms = scenario.storm.iter();
        let loops = scenario.agent_loop.iter();
        let re_exports = scenario.re_export.iter();
        Story {
            start,
            switches: switches
                .map(|e| (when(&e.at), feature(&e.feature), endpoint(&e.endpoint)))
                .collect(),
            steps: steps
                .map(|e| (when(&e.at), feature(&e.feature), e.percent))
                .collect(),
            outages: outages
                .map(|e| {
                    span(
                        &e.at,
                        e.minutes,
                        endpoint(&e.endpoint),
                        e.no_answer_per_mille,
                    )
                })
                .collect(),
            storms: storms
                .map(|e| {
                    span(
                        &e.at,
                        e.minutes,
                        endpoint(&e.endpoint),
                        e.throttled_per_mille,
                    )
                })
                .collect(),
            loops: loops
                .map(|e| Loop {
                    span: span(&e.at, e.minutes, feature(&e.feature), e.requests),
                    growth_tokens: e.growth_tokens,
                })
                .collect(),
            re_exports: re_exports
                .map(|e| Span {
                    from: when(&e.at).saturating_add(-i64::from(e.hours) * HOUR_MS),
                    to: when(&e.at),
                    subject: 0,
                    amount: 1,
                })
                .collect(),
        }
    }

    /// The endpoint that a skill calls at a time.
    pub(super) fn endpoint(&self, scenario: &Scenario, skill: usize, at: UnixMillis) -> usize {
        let moved = self
            .switches
            .iter()
            .filter(|(when, whose, _)| *when <= at && *whose == skill)
            .max_by_key(|(when, _, _)| *when);
        let first = || {
            let skill = scenario.skill.get(skill);
            skill.and_then(|skill| scenario.endpoint_index(skill.endpoint.get_ref()))
        };
        moved.map(|(_, _, to)| *to).or_else(first).unwrap_or(0)
    }

    /// The mean prompt of a skill at a time: steps and steady growth on top of its first size.
    pub(super) fn prompt_tokens(&self, scenario: &Scenario, skill: usize, at: UnixMillis) -> u64 {
        let Some(told) = scenario.skill.get(skill) else {
            return 0;
        };
        let days = u64::try_from((at.0 - self.start.0).div_euclid(DAY_MS)).unwrap_or(0);
        let grown = told.prompt_tokens * (1000 + told.growth_per_mille_a_day * days) / 1000;
        let passed = |(when, whose, _): &&(UnixMillis, usize, u64)| *when <= at && *whose == skill;
        let steps = self.steps.iter().filter(passed);
        steps.fold(grown, |tokens, (_, _, percent)| tokens * percent / 100)
    }

    /// When the endpoint is out: how many of a thousand failures get no answer at all.
    pub(super) fn outage(&self, endpoint: usize, at: UnixMillis) -> Option<u64> {
        within(&self.outages, endpoint, at)
    }

    /// How many of a thousand calls a storm refuses.
    pub(super) fn storm(&self, endpoint: usize, at: UnixMillis) -> Option<u64> {
        within(&self.storms, endpoint, at)
    }
}

fn within(spans: &[Span], subject: usize, at: UnixMillis) -> Option<u64> {
    let holds = |span: &&Span| span.subject == subject && (span.from..span.to).contains(&at);
    spans.iter().find(holds).map(|span| span.amount)
}
