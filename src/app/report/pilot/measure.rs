//! The criteria of a pilot: each a figure, a limit and how they stand.
//!
//! Knows no ledger. A newcomer may ask why a small sample keeps all shares open: three failures of
//! four calls prove as little as none of two.

use std::collections::BTreeMap;

use super::{Asked, Criterion, Kind, Outcome, PILOT_DAYS, SAMPLE_MIN, WORST_DAY_PERCENT};
use crate::app::report::{Figures, over};
use crate::attribute::{Endpoint, Feature};
use crate::cell::Totals;
use crate::units::UnixMillis;

/// The approved cost may be missed by a fifth.
const BAND: (i64, i64) = (12, 10);

/// What the criteria are measured by.
pub(super) struct Measured<'a> {
    /// Calls, of the group where it has any.
    pub(super) tried: &'a Totals,
    /// Requests, of the group where one was asked for.
    pub(super) requests: &'a Totals,
    /// Calls of all users.
    pub(super) figures: &'a Figures,
    pub(super) days: &'a BTreeMap<UnixMillis, Totals>,
    pub(super) long: i64,
}

impl Measured<'_> {
    /// Every criterion, in the order that they are shown.
    pub(super) fn criteria(
        &self,
        endpoint: &Endpoint,
        feature: &Feature,
        asked: Asked<'_>,
    ) -> Vec<Criterion> {
        let (calls, requests) = (self.tried.calls(), self.requests.requests());
        let sample = calls.max(requests);
        let enough = calls >= SAMPLE_MIN;
        let percent = |percent: u8| Some(i64::from(percent) * 10);
        let share = |part: i64| over(part.saturating_mul(1000), calls);
        let p95 = self
            .figures
            .latency_ms_p95
            .and_then(|ms| i64::try_from(ms).ok());
        let p95_limit = asked.p95_ms.or(endpoint.timeout.map(|timeout| timeout.0));
        let p95_limit = p95_limit.and_then(|ms| i64::try_from(ms).ok());
        let worst = worst_day(self.days);
        vec![
            at_least(Kind::Days, self.long, PILOT_DAYS),
            at_least(Kind::Sample, sample, SAMPLE_MIN),
            at_most(
                Kind::Stability,
                share(failed(self.tried)),
                percent(asked.failed_percent),
                enough,
            ),
            at_most(Kind::WorstDay, worst, Some(WORST_DAY_PERCENT * 10), enough),
            at_most(
                Kind::Latency,
                p95,
                p95_limit,
                self.figures.calls >= SAMPLE_MIN,
            ),
            at_most(
                Kind::Throttled,
                share(self.tried.calls_throttled),
                percent(asked.throttled_percent),
                enough,
            ),
            self.residency(),
            self.cost(feature),
        ]
    }

    /// A violated call fails at once; one that is not held keeps it open.
    fn residency(&self) -> Criterion {
        let figures = self.figures;
        let open = figures.declared + figures.unproven + figures.no_rule;
        let outcome = if figures.violated > 0 {
            Outcome::Failed
        } else if figures.held == 0 || open > 0 {
            Outcome::NotYet
        } else {
            Outcome::Passed
        };
        Criterion {
            kind: Kind::Residency,
            outcome,
            value: (figures.calls > 0).then_some(figures.violated + open),
            limit: Some(0),
        }
    }

    /// Cost of an answered request against the approved one and a fifth.
    fn cost(&self, feature: &Feature) -> Criterion {
        let totals = self.requests;
        let cost = over(totals.cost_nanousd(), totals.requests_ok);
        let cost = cost.filter(|_| totals.requests_exact + totals.requests_approximated > 0);
        let approved = feature.approved.cost_per_call;
        let limit = approved.map(|cost| cost.0.saturating_mul(BAND.0) / BAND.1);
        let criterion = at_most(Kind::Cost, cost, limit, totals.requests() >= SAMPLE_MIN);
        // What has no price could make it dearer, never cheaper.
        let hidden = totals.requests_unpriced + totals.requests_fixed > 0;
        if hidden && criterion.outcome == Outcome::Passed {
            return Criterion {
                outcome: Outcome::NotYet,
                ..criterion
            };
        }
        criterion
    }
}

/// Calls that failed on the provider's side, or got no answer.
fn failed(totals: &Totals) -> i64 {
    totals.calls_server_error + totals.calls_timeout + totals.calls_no_answer + totals.calls_failed
}

/// The largest share of failed calls of a day, in thousandths; days of a few calls are no measure.
fn worst_day(days: &BTreeMap<UnixMillis, Totals>) -> Option<i64> {
    /// Calls below which one failure alone would be over the limit.
    const CALLS_MIN: i64 = 100 / WORST_DAY_PERCENT;
    let shares = days.values().filter(|totals| totals.calls() >= CALLS_MIN);
    shares
        .filter_map(|totals| over(failed(totals).saturating_mul(1000), totals.calls()))
        .max()
}

fn at_least(kind: Kind, value: i64, limit: i64) -> Criterion {
    Criterion {
        kind,
        outcome: if value >= limit {
            Outcome::Passed
        } else {
            Outcome::NotYet
        },
        value: Some(value),
        limit: Some(limit),
    }
}

/// Open without a value or a limit, and while the sample is too small to tell.
fn at_most(kind: Kind, value: Option<i64>, limit: Option<i64>, enough: bool) -> Criterion {
    let outcome = match (value, limit) {
        (Some(value), Some(limit)) if enough => {
            if value <= limit {
                Outcome::Passed
            } else {
                Outcome::Failed
            }
        }
        (Some(_) | None, Some(_) | None) => Outcome::NotYet,
    };
    Criterion {
        kind,
        outcome,
        value,
        limit,
    }
}
