//! The calls themselves, whoever tells of them later: requests, their tries, what became of each.
//!
//! Knows no format. Calls come in clusters (shift starts, bulk work), because real ten-minute
//! counts vary some twenty times as much as pure chance would make them; a cluster of mean size m
//! gives 2m - 1 times.

use crate::call::{Class, Usage};
use crate::units::{DAY_MS, HOUR_MS, UnixMillis};

use super::random::Random;
use super::scenario::{Endpoint, Scenario, Skill};
use super::story::{Loop, Story};

/// The step in which traffic is made.
pub(super) const STEP_MS: i64 = 600_000;

/// Mean pause between requests of one cluster.
const PAUSE_MS: u64 = 7000;

/// Tokens that prompts of a loop grow by where nothing is told.
const LOOP_GROWTH: u64 = 40;

/// Azure caches prompts in steps of this many tokens, from 1024 up; so do others, nearly.
const CACHE_STEP: u64 = 128;
const CACHE_LEAST: u64 = 1024;

/// One HTTPS call.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// Counts all calls of the run.
    pub(super) number: u64,
    pub(super) at: UnixMillis,
    /// Place of the endpoint.
    pub(super) endpoint: usize,
    /// `None` without an answer.
    pub(super) status: Option<u16>,
    pub(super) latency_ms: u64,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
    /// What a 429 told to wait.
    pub(super) retry_after_ms: Option<u64>,
    /// Whether the endpoint was out.
    pub(super) out: bool,
    /// Whether it went to a fallback endpoint.
    pub(super) fallback: bool,
}

/// One request of a person or agent: a first call and perhaps further tries.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Counts all requests of the run.
    pub(super) number: u64,
    /// Place of the skill.
    pub(super) skill: usize,
    pub(super) conversation: u64,
    pub(super) user: u64,
    /// All input, what was cached among it.
    pub(super) prompt: u64,
    pub(super) cached: u64,
    /// All output, reasoning among it.
    pub(super) output: u64,
    pub(super) reasoning: u64,
    pub(super) streamed: bool,
    pub(super) in_loop: bool,
    /// At least one.
    pub(super) attempts: Vec<Attempt>,
}

impl Attempt {
    /// What became of the call.
    pub(super) fn class(&self) -> Class {
        Class::of_status(self.status)
    }

    /// When the answer, or the end of waiting, came.
    pub(super) fn end(&self) -> UnixMillis {
        self.at.saturating_add(signed(self.latency_ms))
    }
}

impl Request {
    /// Tokens in disjoint buckets, as whoever knows of caches tells them.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            input: self.prompt - self.cached,
            cache_read: self.cached,
            output: self.output,
            reasoning: self.reasoning,
            ..Usage::default()
        }
    }

    /// Tokens as a teller without cache and reasoning counts sees them.
    pub(super) fn plain_usage(&self) -> Usage {
        Usage {
            input: self.prompt,
            output: self.output,
            ..Usage::default()
        }
    }
}

/// A length as a signed number of milliseconds.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a request is about, before its tokens and tries are known.
#[derive(Clone, Copy, Debug)]
struct Wish {
    skill: usize,
    at: UnixMillis,
    conversation: u64,
    user: u64,
    /// Extra prompt tokens, for loops.
    extra: u64,
    /// The prompt is of the mean size.
    even: bool,
    in_loop: bool,
}

/// Makes the calls, ten minutes at a time.
pub(super) struct Traffic<'a> {
    scenario: &'a Scenario,
    story: &'a Story,
    seed: u64,
    chance: Vec<Random>,
    requests: u64,
    calls: u64,
    conversations: u64,
}

impl<'a> Traffic<'a> {
    /// The traffic of one run.
    pub(super) fn new(scenario: &'a Scenario, story: &'a Story, seed: u64) -> Traffic<'a> {
        let of = |skill: &Skill| Random::named(seed, &skill.feature());
        Traffic {
            scenario,
            story,
            seed,
            chance: scenario.skill.iter().map(of).collect(),
            requests: 0,
            calls: 0,
            conversations: 0,
        }
    }

    /// The requests that begin in the step at `from`; clusters run on a little beyond it.
    pub(super) fn step(&mut self, from: UnixMillis, out: &mut Vec<Request>) {
        let scenario = self.scenario;
        for (place, skill) in scenario.skill.iter().enumerate() {
            let Some(mut chance) = self.chance.get(place).cloned() else {
                continue;
            };
            let rate = self.clusters_per_million_seconds(skill, from);
            for second in 0..STEP_MS / 1000 {
                for _ in 0..chance.events(rate) {
                    let at = from.saturating_add(second * 1000 + signed(chance.below(1000)));
                    self.cluster(place, at, &mut chance, out);
                }
            }
            for one in &self.story.loops {
                if one.span.subject == place && one.growth_tokens.is_some() {
                    // What else happens stays as it is without the loop.
                    let mut apart = Random::named(self.seed, &format!("loop {}", from.0));
                    self.agent_loop(*one, from, &mut apart, out);
                } else if one.span.subject == place {
                    self.agent_loop(*one, from, &mut chance, out);
                }
            }
            if let Some(kept) = self.chance.get_mut(place) {
                *kept = chance;
            }
        }
    }

    fn clusters_per_million_seconds(&self, skill: &Skill, from: UnixMillis) -> u64 {
        let shape = &self.scenario.shape;
        let local = from.saturating_add(i64::from(self.scenario.utc_offset_hours) * HOUR_MS);
        let day = local.0.div_euclid(DAY_MS);
        // 1970-01-01 was a Thursday; weeks here begin on Monday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        let hour = usize::try_from(local.0.rem_euclid(DAY_MS) / HOUR_MS).unwrap_or(0);
        let name = format!("level/{}", skill.feature());
        let level = Random::of_row(self.seed, &name, day.unsigned_abs())
            .log_normal(1000, shape.daily_spread);
        let hourly = u128::from(shape.day.get(hour).copied().unwrap_or(0));
        let whole: u128 = shape.day.iter().map(|part| u128::from(*part)).sum();
        let weekly = u128::from(shape.week.get(weekday).copied().unwrap_or(0));
        let rate = u128::from(skill.requests_per_day) * weekly * u128::from(level) * hourly;
        let seconds = 3600 * 100 * 1000 * whole.max(1);
        let clusters = rate * 10_000_000 / seconds / u128::from(self.cluster_tenths());
        u64::try_from(clusters).unwrap_or(u64::MAX)
    }

    /// Mean size of a cluster in tenths.
    fn cluster_tenths(&self) -> u64 {
        (self.scenario.shape.burstiness + 1) * 5
    }

    fn cluster(
        &mut self,
        place: usize,
        from: UnixMillis,
        chance: &mut Random,
        out: &mut Vec<Request>,
    ) {
        let Some(skill) = self.scenario.skill.get(place) else {
            return;
        };
        let mut at = from;
        let mut turns = 0;
        let mut user = 0;
        for _ in 0..chance.geometric(self.cluster_tenths()) {
            if turns == 0 {
                turns = chance.geometric(skill.turns * 10);
                user = chance.below(skill.users);
                self.conversations += 1;
            }
            turns -= 1;
            let wish = Wish {
                skill: place,
                at,
                conversation: self.conversations,
                user,
                extra: 0,
                even: false,
                in_loop: false,
            };
            let request = self.request(wish, chance);
            out.push(request);
            at = at.saturating_add(signed(chance.log_normal(PAUSE_MS, 90)));
        }
    }

    fn agent_loop(
        &mut self,
        Loop {
            span,
            growth_tokens,
        }: Loop,
        from: UnixMillis,
        chance: &mut Random,
        out: &mut Vec<Request>,
    ) {
        let step = (span.to.0 - span.from.0) / signed(span.amount.max(1));
        let holds = from.0..from.0 + STEP_MS;
        for turn in 0..span.amount {
            let at = span.from.saturating_add(step.saturating_mul(signed(turn)));
            if holds.contains(&at.0) {
                let wish = Wish {
                    skill: span.subject,
                    at,
                    // One conversation for the whole loop, apart from the counted ones.
                    conversation: u64::MAX - span.from.0.unsigned_abs(),
                    user: 0,
                    extra: turn * growth_tokens.unwrap_or(LOOP_GROWTH),
                    even: growth_tokens.is_some(),
                    in_loop: true,
                };
                let request = self.request(wish, chance);
                out.push(request);
            }
        }
    }

    fn request(&mut self, wish: Wish, chance: &mut Random) -> Request {
        let (scenario, story) = (self.scenario, self.story);
        let first = story.endpoint(scenario, wish.skill, wish.at);
        let (skill, endpoint) = (scenario.skill.get(wish.skill), scenario.endpoint.get(first));
        let mean = story.prompt_tokens(scenario, wish.skill, wish.at);
        let spread = skill.map_or(0, |skill| skill.prompt_spread);
        let drawn = chance.log_normal(mean, spread);
        let prompt = (if wish.even { mean } else { drawn } + wish.extra).max(8);
        let output = skill
            .map_or(0, |s| chance.log_normal(s.output_tokens, s.output_spread))
            .max(1);
        let cached = match endpoint {
            Some(endpoint) if chance.per_mille(endpoint.cached_per_mille) => cached_part(prompt),
            Some(_) | None => 0,
        };
        let mut request = Request {
            number: self.requests,
            skill: wish.skill,
            conversation: wish.conversation,
            user: wish.user,
            prompt,
            cached,
            output,
            reasoning: output * endpoint.map_or(0, |e| e.reasoning_per_mille) / 1000,
            streamed: chance.per_mille(skill.map_or(0, |skill| skill.streamed_per_mille)),
            in_loop: wish.in_loop,
            attempts: Vec::with_capacity(1),
        };
        self.requests += 1;
        self.tries(&mut request, first, wish.at, chance);
        request
    }

    fn tries(&mut self, request: &mut Request, first: usize, at: UnixMillis, chance: &mut Random) {
        let scenario = self.scenario;
        let retries = scenario
            .skill
            .get(request.skill)
            .map_or(0, |skill| skill.retries);
        let (mut place, mut at, mut fallback) = (first, at, false);
        for retry in 0..=retries {
            let Some(endpoint) = scenario.endpoint.get(place) else {
                return;
            };
            let mut attempt = self.attempt(request, endpoint, (place, at), chance);
            attempt.fallback = fallback;
            let (failed, end, wait) = (
                attempt.class() != Class::Ok,
                attempt.end(),
                attempt.retry_after_ms,
            );
            request.attempts.push(attempt);
            if !failed {
                return;
            }
            let next = endpoint.fallback.as_ref();
            let next = next.and_then(|name| scenario.endpoint_index(name.get_ref()));
            let pause = match next {
                Some(next) => {
                    (place, fallback) = (next, true);
                    150 + chance.below(200)
                }
                None => wait.unwrap_or(1000 << retry.min(5)) + chance.below(400),
            };
            at = end.saturating_add(signed(pause));
        }
    }

    fn attempt(
        &mut self,
        request: &Request,
        endpoint: &Endpoint,
        (place, at): (usize, UnixMillis),
        chance: &mut Random,
    ) -> Attempt {
        let number = self.calls;
        self.calls += 1;
        let outage = self.story.outage(place, at);
        let throttled = self
            .story
            .storm(place, at)
            .unwrap_or(endpoint.throttled_per_mille);
        let (status, latency_ms) = if let Some(no_answer) = outage {
            if chance.per_mille(no_answer) {
                (None, 30_000 + chance.below(40))
            } else {
                (Some(503), chance.log_normal(900, 60))
            }
        } else if chance.per_mille(throttled) {
            (Some(429), chance.log_normal(160, 40))
        } else if chance.per_mille(endpoint.failed_per_mille) {
            (Some(500), chance.log_normal(1800, 70))
        } else {
            let mean = endpoint.first_token_ms + endpoint.hundred_tokens_ms * request.output / 100;
            (Some(200), chance.log_normal(mean, 28).max(1))
        };
        let response_bytes = match status {
            Some(200) => 940 + request.output * 9 / 2,
            Some(status) => 180 + u64::from(status % 100),
            None => 0,
        };
        Attempt {
            number,
            at,
            endpoint: place,
            status,
            latency_ms,
            request_bytes: 620 + request.prompt * 17 / 4,
            response_bytes,
            retry_after_ms: (status == Some(429)).then(|| 1000 + chance.below(4000)),
            out: outage.is_some(),
            fallback: false,
        }
    }
}

/// How much of a prompt a provider has cached: most of it, in whole steps.
fn cached_part(prompt: u64) -> u64 {
    let cached = prompt * 7 / 10 / CACHE_STEP * CACHE_STEP;
    if cached < CACHE_LEAST { 0 } else { cached }
}
