//! Simulates the traffic of a ServiceNow instance with LLM endpoints, and the logs that tell it.
//!
//! Knows no reader of these logs: it shares no decoding, pricing or judging with the rest, so that
//! what is read back proves something. The one decision a newcomer would question: the calls are
//! made first and told afterwards, so that the same calls can be told in any format.
//!
//! Same scenario, seed and order: same bytes, on every machine.

#[cfg(test)]
pub(in crate::app) mod cells;
mod check;
mod events;
mod export;
mod live;
mod random;
mod scenario;
mod story;
mod tell;
mod traffic;
mod truth;
mod write;

#[cfg(test)]
mod tests;

use std::io;

use crate::call::Class;
use crate::units::{DAY_MS, UnixMillis};

use export::Export;
use random::Random;
use story::Story;
use tell::Teller;
use traffic::{Request, STEP_MS, Traffic};
use truth::{Told, happened};

pub use live::{Live, Produced};
pub use scenario::Scenario;
pub use tell::{Framing, Telling};
pub use truth::{Counts, Day, Tally, Truth};
pub use write::{Directory, Memory, Sink};

/// The scenarios that come with the program, by name.
pub const SHIPPED: [(&str, &str); 2] = [
    (
        "wrong-region",
        include_str!("../../../scenarios/wrong-region.toml"),
    ),
    ("mixed", include_str!("../../../scenarios/mixed.toml")),
];

/// What to simulate of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Every figure hangs on it.
    pub seed: u64,
    /// How many days from the start.
    pub days: u32,
    /// One teller for all calls; `None` leaves each endpoint its own (by default ServiceNow).
    pub telling: Option<Telling>,
    /// Midnight UTC of the first day; [`Scenario::start`] unless the story is to be moved.
    pub start: UnixMillis,
}

/// What was simulated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// How many of what.
    pub counts: Counts,
    /// What happened and what was told, by day and feature.
    pub truth: Truth,
}

/// Simulates a scenario into a sink.
///
/// # Errors
/// Only the sink's own.
pub fn simulate(scenario: &Scenario, order: Order, sink: &mut dyn Sink) -> io::Result<Simulated> {
    let story = Story::new(scenario, order.start);
    let mut traffic = Traffic::new(scenario, &story, order.seed);
    let mut export = Export::new(scenario, &story, order.seed);
    let mut others = Others::new(order.seed, scenario.other.per_hundred_calls);
    let mut done = Simulated::default();
    let end = order.start.saturating_add(i64::from(order.days) * DAY_MS);
    let mut from = order.start;
    let mut requests = Vec::new();
    while from < end {
        if (from.0 - order.start.0) % DAY_MS == 0 {
            let day = (from.0 - order.start.0) / DAY_MS;
            sink.day(u32::try_from(day).unwrap_or(0));
        }
        export.release(Some(from), sink)?;
        requests.clear();
        traffic.step(from, &mut requests);
        let mut rows = Vec::new();
        let mut teller = Teller::new(scenario, order.seed, order.telling);
        for request in &requests {
            count(request, scenario, &mut done);
            done.counts.restricted += u64::from(teller.hides(request));
            done.counts.elevated += teller.elevated(request);
            teller.tell(request, &mut rows);
        }
        let step_end = from.saturating_add(STEP_MS);
        teller.flush(step_end, &mut rows);
        let calls = requests.iter().map(|request| request.attempts.len()).sum();
        others.step(from, calls, &mut rows);
        done.counts.other += u64::try_from(rows.iter().filter(|row| !row.llm).count()).unwrap_or(0);
        for row in rows {
            export.take(row, &mut done.counts, &mut done.truth);
        }
        from = step_end;
    }
    export.release(None, sink)?;
    sink.finish()?;
    Ok(done)
}

/// Other outbound calls: as many as the scenario asks, anywhere in the step.
struct Others {
    seed: u64,
    per_hundred: u64,
    /// What is owed of a whole call, in hundredths.
    owed: u64,
    number: u64,
    chance: Random,
}

impl Others {
    fn new(seed: u64, per_hundred: u64) -> Others {
        Others {
            seed,
            per_hundred,
            owed: 0,
            number: 0,
            chance: Random::named(seed, "others"),
        }
    }

    fn step(&mut self, from: UnixMillis, calls: usize, out: &mut Vec<tell::Row>) {
        self.owed += u64::try_from(calls).unwrap_or(0) * self.per_hundred;
        while self.owed >= 100 {
            self.owed -= 100;
            let at =
                from.saturating_add(traffic::signed(self.chance.below(STEP_MS.unsigned_abs())));
            out.push(tell::other_call(self.seed, self.number, at));
            self.number += 1;
        }
    }
}

/// Counts a request as it happened.
fn count(request: &Request, scenario: &Scenario, done: &mut Simulated) {
    let Some(skill) = scenario.skill.get(request.skill) else {
        return;
    };
    let counts = &mut done.counts;
    counts.requests += 1;
    counts.loop_requests += u64::from(request.in_loop);
    counts.retries += u64::try_from(request.attempts.len())
        .unwrap_or(1)
        .saturating_sub(1);
    for attempt in &request.attempts {
        counts.calls += 1;
        counts.throttled += u64::from(attempt.class() == Class::Throttled);
        counts.outage_failed += u64::from(attempt.out);
        counts.fallback += u64::from(attempt.fallback);
        let call = Told {
            date: tell::date(attempt.at),
            feature: skill.feature(),
            call: Some(attempt.class()),
            request: None,
        };
        happened(&mut done.truth, &call);
    }
    if let (Some(first), Some(last)) = (request.attempts.first(), request.attempts.last()) {
        let answered = last.class() == Class::Ok;
        let usage = if answered {
            request.usage()
        } else {
            crate::call::Usage::default()
        };
        let told = Told {
            date: tell::date(first.at),
            feature: skill.feature(),
            call: None,
            request: Some((last.class(), usage)),
        };
        happened(&mut done.truth, &told);
    }
}
