//! Endpoints that fail while nothing takes over, and requests that leave by another door.
//!
//! Knows no region. A newcomer may ask why calls are counted at the endpoint and requests at the feature:
//! the report of a call often tells no feature, the report of a request tells no host.

use std::collections::BTreeMap;

use crate::alert::{Amount, Dimension, Level, Measure, Series, Span, Unit, Unknown};
use crate::units::{Text, UnixMillis};

use super::field::Field;
use super::gauge::{Now, Told};
use super::mark::{Reading, When, counted};
use super::plan::Plan;
use super::registry::Registry;
use super::ring::{Ring, Sums};
use super::seat::Of;
use super::table::Table;

/// All calls of such a window fail where an endpoint is down.
pub(super) const WINDOW: Span = Span::Minutes(5);
const WINDOW_MINUTES: u32 = 5;
/// And they are at least so many.
const FAILED_LEAST: i64 = 3;
/// Requests of an hour that must be without a call before they are told to leave by another door.
const REQUESTS_LEAST: i64 = 10;

/// A rule about endpoints that are down.
#[derive(Clone, Copy, Debug)]
pub(super) struct DownRule {
    pub(super) rule: usize,
    /// The last minutes by endpoint.
    pub(super) now: usize,
    /// The last hours by endpoint, with what took over.
    pub(super) hour: usize,
    /// The last day by endpoint: how many failed since it began.
    pub(super) day: usize,
}

/// A rule about requests of which their endpoints saw no calls.
#[derive(Clone, Debug)]
pub(super) struct DoorRule {
    rule: usize,
    requests: usize,
    calls: usize,
    all: usize,
    /// By place of the feature: whether it has endpoints of its own.
    has_own: Vec<bool>,
    /// Places of endpoints by name, of the first so many.
    endpoints: (BTreeMap<Text, usize>, usize),
}

/// Tries and answers, by calls where they are told, else by requests.
fn tries(get: impl Fn(Field) -> i64) -> (i64, i64) {
    let calls = get(Field::Calls);
    if calls > 0 {
        (calls, get(Field::CallsOk))
    } else {
        (get(Field::Requests), get(Field::Answered))
    }
}

/// How many failed since a time, of what a window still holds.
fn failed_since(day: &Ring, place: usize, since: UnixMillis) -> i64 {
    let sums = day.since(place, since);
    let of = |field| {
        let found = sums.iter().find(|(one, _)| *one == field);
        found.map_or(0, |(_, sum)| *sum)
    };
    let (tried, answered) = tries(of);
    tried - answered
}

impl DownRule {
    /// Judges every endpoint.
    pub(super) fn judge(self, plan: &Plan, now: Now, told: &mut Told<'_>) {
        let Some(rule) = told.rule(self.rule) else {
            return;
        };
        let ring = |place| plan.rings.get(place);
        let rings = (ring(self.now), ring(self.hour), ring(self.day));
        let (Some(recent), Some(hour), Some(day)) = rings else {
            return;
        };
        let Some(table) = plan.tables.get(recent.table) else {
            return;
        };
        told.marks.seat(self.rule, table.series());
        for (place, series) in table.series().iter().enumerate() {
            let sums = recent.of(place);
            let (tried, answered) = tries(|field| sums.get(field));
            let is_known = told.marks.at(self.rule, place).known;
            let is_down = tried >= FAILED_LEAST && answered == 0;
            if !is_down && !is_known {
                continue;
            }
            let level = if is_down && !Self::took_over(&hour.of(place)) {
                Level::Bad
            } else if answered == 0 && tried < FAILED_LEAST {
                // Nobody asks it any more: whether it is back is not told.
                Level::Unknown(Unknown::TooFew)
            } else {
                Level::Good
            };
            let closed = told.registry.is_fail_closed(series);
            let severity = rule.severity_fail_closed.filter(|_| closed);
            let since = told.marks.since(self.rule, series);
            let failed = since.map_or(0, |since| failed_since(day, place, since));
            let measure = Measure {
                window_minutes: WINDOW_MINUTES,
                sample: tried,
                ..counted(Amount::new(Unit::Count, failed.max(tried - answered)), None)
            };
            let mut reading = Reading::new(level, severity.unwrap_or(rule.severity), measure);
            reading.subject = series.get(Dimension::Endpoint).cloned().unwrap_or_default();
            if level == Level::Bad {
                let first = recent.first(place, &[Field::Calls, Field::Requests]);
                reading.since = first.filter(|_| !is_known);
            }
            let when = When {
                at: now.at,
                late: table.is_late(place),
                silent: now.silent,
            };
            let of = Of {
                rule: (self.rule, rule),
                series,
                place: Some(place),
            };
            told.marks.note(of, reading, when, (told.rows, told.out));
        }
    }

    /// Whether another endpoint answered after at least half of the failures of the last hours.
    fn took_over(hour: &Sums<'_>) -> bool {
        let (tried, answered) = tries(|field| hour.get(field));
        hour.get(Field::FallbackAnswered).saturating_mul(2) >= tried - answered
    }
}

impl DoorRule {
    /// A rule over the windows of requests by feature, calls by endpoint, and all calls.
    pub(super) fn new(rule: usize, requests: usize, calls: usize, all: usize) -> DoorRule {
        DoorRule {
            rule,
            requests,
            calls,
            all,
            has_own: Vec::new(),
            endpoints: (BTreeMap::new(), 0),
        }
    }

    /// Learns the places of what is new in the tables.
    fn learn(&mut self, features: &Table, endpoints: &Table, registry: &Registry) {
        let new = features.series().iter().skip(self.has_own.len());
        let has_own = |series: &Series| {
            let name = series.get(Dimension::Feature).map_or("", Text::as_str);
            registry.has_own(name)
        };
        self.has_own.extend(new.map(has_own));
        let (places, known) = &mut self.endpoints;
        for (place, series) in endpoints.series().iter().enumerate().skip(*known) {
            if let Some(name) = series.get(Dimension::Endpoint) {
                places.insert(name.clone(), place);
            }
        }
        *known = endpoints.series().len();
    }

    /// Judges every feature that has endpoints of its own.
    pub(super) fn judge(&mut self, plan: &Plan, now: Now, told: &mut Told<'_>) {
        let Some(rule) = told.rule(self.rule) else {
            return;
        };
        let ring = |place| plan.rings.get(place);
        let (Some(requests), Some(calls), Some(all)) =
            (ring(self.requests), ring(self.calls), ring(self.all))
        else {
            return;
        };
        let tables = (
            plan.tables.get(requests.table),
            plan.tables.get(calls.table),
        );
        let (Some(features), Some(endpoints)) = tables else {
            return;
        };
        // Where nothing tells of calls, their absence says nothing.
        let are_told = all.of(0).get(Field::Calls) > 0;
        told.marks.seat(self.rule, features.series());
        self.learn(features, endpoints, told.registry);
        let own = features.series().iter().zip(&self.has_own).enumerate();
        for (place, (series, _)) in own.filter(|(_, (_, has_own))| **has_own) {
            let name = series.get(Dimension::Feature).map_or("", Text::as_str);
            let Some(feature) = told.registry.feature(name) else {
                continue;
            };
            let sums = requests.of(place);
            let left = sums.get(Field::Requests) - sums.get(Field::Platform);
            let is_known = told.marks.at(self.rule, place).known;
            if left == 0 && !is_known {
                continue;
            }
            let places = &self.endpoints.0;
            let of_endpoint = |endpoint: &Text| {
                let found = places.get(endpoint);
                found.map_or(0, |found| calls.of(*found).get(Field::Calls))
            };
            // Where the platform's own model takes all of them another rule tells; at night nobody asks.
            let is_asked = sums.get(Field::Requests) > 0;
            let level = if feature.endpoints.iter().any(|one| of_endpoint(one) > 0)
                || (left == 0 && is_asked)
            {
                Level::Good
            } else if !is_asked {
                Level::Unknown(Unknown::TooFew)
            } else if !are_told {
                Level::Unknown(Unknown::NotObservable)
            } else if left < REQUESTS_LEAST {
                Level::Unknown(Unknown::TooFew)
            } else {
                Level::Bad
            };
            let severe = rule.severity_fail_closed.filter(|_| feature.fail_closed);
            let measure = Measure {
                window_minutes: 60,
                sample: left,
                ..counted(Amount::new(Unit::Count, left), None)
            };
            let mut reading = Reading::new(level, severe.unwrap_or(rule.severity), measure);
            reading.subject = feature.endpoints.first().cloned().unwrap_or_default();
            let when = When {
                at: now.at,
                late: features.is_late(place),
                silent: now.silent,
            };
            let of = Of {
                rule: (self.rule, rule),
                series,
                place: Some(place),
            };
            told.marks.note(of, reading, when, (told.rows, told.out));
        }
    }
}
