//! A point of a series as a line: which fields it has, by measurement and `rev`.
//!
//! Knows no window. A newcomer may ask why the first point of a series has fields that are 0: a
//! query for a field that was never written fails, and a zero is worth a byte.

use std::rc::Rc;

use super::body::{Body, DURATION_PLACE, Readings, TOTALS_PLACE};
use super::key::SeriesKey;
use super::line::Line;
use super::names::{DURATION_BOUNDS, LATENCY_BOUNDS, Measurement, PROMPT_BOUNDS};
use crate::cell::Totals;
use crate::link::LinkTotals;
use crate::units::UnixMillis;

/// Fields of `llm_residency`, by place.
const RESIDENCY: [&str; 4] = ["calls", "calls_ok", "calls_contradicted", "calls_spilled"];

/// Fields of `llm_links`, by place: the totals of pairs of calls, then those of pairs of requests.
const LINKS: [&str; 14] = [
    "calls_links",
    "calls_answered",
    "calls_lost_tokens",
    "calls_lost_ms",
    "calls_lost_nanousd",
    "calls_spent_tokens",
    "calls_spent_nanousd",
    "requests_links",
    "requests_answered",
    "requests_lost_tokens",
    "requests_lost_ms",
    "requests_lost_nanousd",
    "requests_spent_tokens",
    "requests_spent_nanousd",
];

/// Amounts of `llm_links` in dollars: place and field.
const LINKS_USD: [(usize, &str); 4] = [
    (4, "calls_lost_usd"),
    (6, "calls_spent_usd"),
    (11, "requests_lost_usd"),
    (13, "requests_spent_usd"),
];

/// The field of `llm_alerts` that adds: 1 in each point.
pub(super) const STEPS: &str = "steps";

/// Places of the pairs of requests in a body of links.
pub(super) const REQUEST_LINKS_PLACE: usize = LinkTotals::NAMES.len();

/// A point, but for its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its series.
    pub key: Rc<SeriesKey>,
    /// Its number among the points of this series and time.
    pub rev: u32,
    /// What it adds.
    pub body: Body,
    /// Percentiles and maxima; only the first point shows them.
    pub readings: Readings,
}

impl Point {
    /// Appends its line, without a line break; whether it has one.
    pub fn write(&self, bytes: &mut Vec<u8>, at: UnixMillis) -> bool {
        let mut line = Line::begin(bytes, &self.key, self.rev);
        let first = self.rev == 0;
        each_field(self.key.measurement(), &self.body, &mut |field| {
            field.write(&mut line, first);
        });
        if first {
            for (name, value) in &self.readings {
                line.int(name, i64::try_from(*value).unwrap_or(i64::MAX));
            }
        }
        line.end(at)
    }
}

/// A field that adds.
#[derive(Clone, Copy)]
enum Field {
    /// An integer.
    Plain(&'static str, i64),
    /// Nano-dollars, shown in dollars.
    Dollars(&'static str, i64),
    /// An integer that a first point leaves out where its histogram has no value at all: beside one
    /// that is left out, a sum of all is nothing, and so is what is computed from both.
    Bucket(&'static str, i64, bool),
}

impl Field {
    fn write(self, line: &mut Line<'_>, first: bool) {
        match self {
            Field::Plain(name, value) if first || value != 0 => line.int(name, value),
            Field::Bucket(name, value, any) if (first && any) || value != 0 => {
                line.int(name, value);
            }
            Field::Dollars(name, value) if first || value != 0 => line.dollars(name, value),
            Field::Plain(..) | Field::Bucket(..) | Field::Dollars(..) => {}
        }
    }
}

/// Every additive field of a body, in the order of lines.
fn each_field(measurement: Measurement, body: &Body, take: &mut dyn FnMut(Field)) {
    match measurement {
        Measurement::Calls => calls(body, take),
        Measurement::Prompt => buckets(body, (0, "prompt_tokens_count"), &PROMPT_BOUNDS, take),
        Measurement::Residency => plain(body, &RESIDENCY, take),
        Measurement::Links => {
            plain(body, &LINKS, take);
            for (place, name) in LINKS_USD {
                take(Field::Dollars(name, body.get(place)));
            }
        }
        Measurement::Source => take(Field::Plain("records", body.get(0))),
        Measurement::Alerts => take(Field::Plain(STEPS, body.get(0))),
        Measurement::Registry | Measurement::Follower => {}
    }
}

fn plain(body: &Body, names: &[&'static str], take: &mut dyn FnMut(Field)) {
    for (place, name) in names.iter().enumerate() {
        take(Field::Plain(name, body.get(place)));
    }
}

fn calls(body: &Body, take: &mut dyn FnMut(Field)) {
    let totals = body.totals();
    take(Field::Plain("calls", totals.calls()));
    take(Field::Plain("requests", totals.requests()));
    for (place, name) in Totals::NAMES.iter().enumerate() {
        take(Field::Plain(name, body.get(TOTALS_PLACE + place)));
    }
    take(Field::Plain("cost_nanousd", totals.cost_nanousd()));
    take(Field::Dollars("cost_usd", totals.cost_nanousd()));
    buckets(body, (0, "latency_ms_count"), &LATENCY_BOUNDS, take);
    let duration = (DURATION_PLACE, "duration_ms_count");
    buckets(body, duration, &DURATION_BOUNDS, take);
}

/// Cumulative buckets from a place on, and how many values there are.
fn buckets(
    body: &Body,
    (first, count): (usize, &'static str),
    bounds: &[(u64, &'static str)],
    take: &mut dyn FnMut(Field),
) {
    let any = (0..bounds.len()).any(|place| body.get(first + place) != 0);
    let mut sum = 0_i64;
    for (place, (_, name)) in bounds.iter().enumerate() {
        sum = sum.saturating_add(body.get(first + place));
        take(Field::Bucket(name, sum, any));
    }
    take(Field::Plain(count, sum));
}

/// The integer fields of a measurement that add up over points, and their values in `body`.
#[must_use]
pub fn additive_fields(measurement: Measurement, body: &Body) -> Vec<(&'static str, i64)> {
    let mut fields = Vec::new();
    each_field(measurement, body, &mut |field| match field {
        Field::Plain(name, value) | Field::Bucket(name, value, _) => fields.push((name, value)),
        Field::Dollars(..) => {}
    });
    fields
}
