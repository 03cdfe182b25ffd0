//! What really happened and what of it was told, by day and feature, for tests to compare with.
//!
//! Knows no format and no price. A newcomer may ask why both are kept: a restricted usage row
//! happened and cost money, but no reader of the logs can know, and a test must tell a reader's
//! fault from the log's silence.

use std::collections::BTreeMap;

use crate::call::{Class, Usage};

/// Calls, requests and tokens of one feature and day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls (transport facts) by outcome.
    pub calls: BTreeMap<Class, i64>,
    /// Requests (usage facts) by outcome.
    pub requests: BTreeMap<Class, i64>,
    /// Tokens of all requests in disjoint buckets.
    pub usage: Usage,
}

/// One feature's day (UTC): as it was, and as the undamaged records tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// What happened.
    pub happened: Tally,
    /// What was told at least once in a readable record, with the tokens as told: a format that
    /// knows no caches tells all input as fresh.
    pub told: Tally,
}

/// By date (`2026-11-07`) and feature (`itsm/incident_summarization`).
pub type Truth = BTreeMap<(String, String), Day>;

/// How many of what were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records written, repeated and broken ones among them.
    pub records: u64,
    /// Bytes written, without line ends.
    pub bytes: u64,
    /// HTTPS calls to LLM endpoints that happened, retries among them.
    pub calls: u64,
    /// Requests that happened: a request and its retries are one.
    pub requests: u64,
    /// Calls that were retries.
    pub retries: u64,
    /// Calls refused with 429.
    pub throttled: u64,
    /// Calls that failed because their endpoint was out.
    pub outage_failed: u64,
    /// Calls that went to a fallback endpoint.
    pub fallback: u64,
    /// Requests of agent loops.
    pub loop_requests: u64,
    /// Records of other outbound calls.
    pub other: u64,
    /// Usage rows that were never written, because their readers are restricted.
    pub restricted: u64,
    /// Rows at the elevated log level.
    pub elevated: u64,
    /// Records written hours after their time.
    pub late: u64,
    /// Records written a second time.
    pub repeated: u64,
    /// Records written broken, in place of good ones.
    pub broken: u64,
}

/// What one record tells of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) date: String,
    pub(super) feature: String,
    pub(super) call: Option<Class>,
    pub(super) request: Option<(Class, Usage)>,
}

impl Tally {
    fn add(&mut self, told: &Told) {
        if let Some(class) = told.call {
            *self.calls.entry(class).or_default() += 1;
        }
        if let Some((class, usage)) = told.request {
            *self.requests.entry(class).or_default() += 1;
            self.usage.input += usage.input;
            self.usage.cache_read += usage.cache_read;
            self.usage.cache_write_5m += usage.cache_write_5m;
            self.usage.cache_write_1h += usage.cache_write_1h;
            self.usage.output += usage.output;
            self.usage.reasoning += usage.reasoning;
        }
    }
}

/// Books what happened.
pub(super) fn happened(truth: &mut Truth, what: &Told) {
    let key = (what.date.clone(), what.feature.clone());
    truth.entry(key).or_default().happened.add(what);
}

/// Books what a readable record told for the first time.
pub(super) fn told(truth: &mut Truth, what: &Told) {
    let key = (what.date.clone(), what.feature.clone());
    truth.entry(key).or_default().told.add(what);
}
