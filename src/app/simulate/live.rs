//! The story goes on: one request after the other, told with the time at which it is asked for.
//!
//! Knows no broker. A newcomer may ask why the requests come from a working morning of the
//! scenario, whatever the hour: a demo that is shown at night must not wait for the morning.

use std::collections::VecDeque;

use crate::units::{DAY_MS, HOUR_MS, UnixMillis};

use super::Order;
use super::random::mix;
use super::scenario::Scenario;
use super::story::Story;
use super::tell::{Row, Teller, other_call};
use super::traffic::{Attempt, Request, STEP_MS, Traffic};

/// The first request comes from so long after the last day: from a Monday's morning, where that
/// was a Friday.
const LATER_MS: i64 = 2 * DAY_MS + 8 * HOUR_MS;

/// A record on its way to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The table or stream that it belongs to.
    pub table: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Requests without end.
pub struct Live<'a> {
    scenario: &'a Scenario,
    story: Story,
    order: Order,
    /// Where the next step of traffic begins.
    from: UnixMillis,
    waiting: VecDeque<(u64, Request)>,
    /// What is owed of other calls, in hundredths.
    owed: u64,
    others: u64,
}

impl<'a> Live<'a> {
    /// What comes after the last day of an order.
    #[must_use]
    pub fn after(scenario: &'a Scenario, order: Order) -> Live<'a> {
        let days = i64::from(order.days) * DAY_MS;
        Live {
            scenario,
            story: Story::new(scenario, order.start),
            order,
            from: order.start.saturating_add(days + LATER_MS),
            waiting: VecDeque::new(),
            owed: 0,
            others: 0,
        }
    }

    /// The records of the next request and of the other calls beside it, the last one written at
    /// `now`.
    pub fn next(&mut self, now: UnixMillis) -> Vec<Produced> {
        let (seed, mut request) = self.request();
        let mut rows = Vec::new();
        self.tell(seed, &request, &mut rows);
        let last = rows.iter().map(|row| row.at).max();
        let later = last.map_or(0, |last| now.0.saturating_sub(last.0));
        for attempt in &mut request.attempts {
            attempt.at = attempt.at.saturating_add(later);
        }
        rows.clear();
        self.tell(seed, &request, &mut rows);
        let calls = u64::try_from(request.attempts.len()).unwrap_or(0);
        self.owed += calls * self.scenario.other.per_hundred_calls;
        while self.owed >= 100 {
            self.owed -= 100;
            rows.push(other_call(mix(self.order.seed), self.others, now));
            self.others += 1;
        }
        let produced = |row: Row| Produced {
            table: row.table,
            bytes: row.bytes,
        };
        rows.into_iter().map(produced).collect()
    }

    fn tell(&self, seed: u64, request: &Request, rows: &mut Vec<Row>) {
        let mut teller = Teller::new(self.scenario, seed, self.order.telling);
        teller.tell(request, rows);
        let end = request.attempts.last().map_or(self.from, Attempt::end);
        teller.flush(end, rows);
    }

    /// The next request, and the seed of its step: each step has ids of its own.
    fn request(&mut self) -> (u64, Request) {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return next;
            }
            let seed = mix(self.order.seed ^ self.from.0.unsigned_abs());
            let mut requests = Vec::new();
            Traffic::new(self.scenario, &self.story, seed).step(self.from, &mut requests);
            requests.retain(|request| !request.attempts.is_empty());
            // Clusters of one skill would hide the others for minutes.
            requests.sort_by_key(|request| mix(request.number));
            self.waiting
                .extend(requests.into_iter().map(|request| (seed, request)));
            self.from = self.from.saturating_add(STEP_MS);
        }
    }
}
