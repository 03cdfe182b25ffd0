//! Questions to the books and their answers as plain data: daily spend, residency, endpoints.
//!
//! Knows no terminal: the command line shows these, `--json` prints them. A newcomer may ask why
//! each figure names calls or requests: they come from different halves of the facts, and a share
//! is only true of its own half.

pub mod basis;
pub mod bridge;
pub mod call;
pub mod compare;
pub mod daily;
pub mod endpoints;
pub mod fallback;
mod group;
pub mod monthly;
pub mod pilot;
pub mod plan;
pub mod readiness;
pub mod residency;
pub mod story;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::cell::Totals;
use crate::hist::Layout;
use crate::ledger::{Ledger, LossKind, LossRow, Span};
use crate::money::NanoUsd;
use crate::residency::Verdict;
use crate::units::{Text, UnixMillis};

use super::Failure;

pub use group::Group;
use group::GroupSum;

/// Day cells added up.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// By the start of the day.
    pub days: BTreeMap<UnixMillis, Group>,
    /// By feature.
    pub features: BTreeMap<Text, Group>,
    /// Plain totals by endpoint, of all features.
    endpoints: BTreeMap<Text, Totals>,
    /// Cost of what belongs to no feature, in nano-dollars.
    unattributed_nanousd: i64,
}

/// What the day cells inside `span` add up to; days and features of `only` one feature where given.
///
/// # Errors
/// What the ledger says.
pub fn gather(ledger: &dyn Ledger, span: Span, only: Option<&str>) -> Result<Gathered, Failure> {
    let mut gathered = Gathered::default();
    let all = ledger.sums(span, None)?;
    for sum in all.keys() {
        let totals = &sum.cell.totals;
        if sum.key.feature == crate::attribute::UNATTRIBUTED {
            let spend = &mut gathered.unattributed_nanousd;
            *spend = spend.saturating_add(totals.cost_nanousd());
        }
        let endpoint = gathered.endpoints.entry(sum.key.endpoint.clone());
        endpoint.or_default().add(totals, 1);
    }
    let chosen = only.map_or(Ok(all), |only| ledger.sums(span, Some(only)))?;
    for sum in chosen.keys() {
        let feature = gathered
            .features
            .entry(sum.key.feature.clone())
            .or_default();
        feature.add(&sum.key, &sum.cell);
    }
    for (start, day) in chosen.days() {
        let group = Group {
            cell: day.cell.clone(),
            verdicts: day.verdicts.clone(),
        };
        gathered.days.insert(start, group);
    }
    Ok(gathered)
}

/// The figures of a group, each of the half of the facts that its name says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figures {
    /// Calls (transport facts).
    pub calls: i64,
    /// Calls answered.
    pub calls_ok: i64,
    /// Calls refused with 429.
    pub calls_throttled: i64,
    /// Calls refused with 401 or 403.
    pub calls_auth: i64,
    /// Calls failed with 5xx.
    pub calls_server_error: i64,
    /// Calls that timed out or got no answer.
    pub calls_timeout_or_no_answer: i64,
    /// Calls longer than the endpoint's timeout.
    pub calls_over_timeout: i64,
    /// Median latency of calls, in milliseconds.
    pub latency_ms_p50: Option<u64>,
    /// 95 of 100 calls were no slower, in milliseconds.
    pub latency_ms_p95: Option<u64>,
    /// Median duration of requests by the usage report's own clock, in milliseconds.
    pub duration_ms_p50: Option<u64>,
    /// 95 of 100 requests were no slower by that clock, in milliseconds.
    pub duration_ms_p95: Option<u64>,
    /// Requests (usage facts).
    pub requests: i64,
    /// Requests answered: what cost per call is divided by.
    pub requests_ok: i64,
    /// All cost with a price, in nano-dollars.
    pub cost_nanousd: i64,
    /// Of it: by a rule of approximation.
    pub cost_approximated_nanousd: i64,
    /// All cost over answered requests, rounded half to even; `None` without such a request.
    pub cost_per_answered_request_nanousd: Option<i64>,
    /// Requests with tokens and no known price.
    pub requests_unpriced: i64,
    /// Requests on endpoints paid by the hour.
    pub requests_fixed: i64,
    /// Input tokens, caches included: the cells' `tokens_input`, fresh alone, and their caches.
    pub tokens_input_total: i64,
    /// Of them: read from a cache.
    pub tokens_cache_read: i64,
    /// Output tokens.
    pub tokens_output: i64,
    /// Tokens of answered requests over answered requests.
    pub tokens_per_request: Option<i64>,
    /// Calls whose region is proven inside the rule.
    pub held: i64,
    /// Calls that only the registry says are inside.
    pub declared: i64,
    /// Calls outside.
    pub violated: i64,
    /// Calls of which nobody can tell.
    pub unproven: i64,
    /// Calls under no rule.
    pub no_rule: i64,
}

impl Figures {
    /// The figures of a group.
    #[must_use]
    pub fn of(group: &Group) -> Figures {
        let totals = &group.cell.totals;
        let verdict = |verdict: Verdict| group.verdicts.get(&verdict).copied().unwrap_or(0);
        let (latency, duration) = (&group.cell.latency, &group.cell.duration);
        Figures {
            calls: totals.calls(),
            calls_ok: totals.calls_ok,
            calls_throttled: totals.calls_throttled,
            calls_auth: totals.calls_auth,
            calls_server_error: totals.calls_server_error,
            calls_timeout_or_no_answer: totals.calls_timeout + totals.calls_no_answer,
            calls_over_timeout: totals.calls_over_timeout,
            latency_ms_p50: latency.per_mille(Layout::latency(), 500),
            latency_ms_p95: latency.per_mille(Layout::latency(), 950),
            duration_ms_p50: duration.per_mille(Layout::latency(), 500),
            duration_ms_p95: duration.per_mille(Layout::latency(), 950),
            requests: totals.requests(),
            requests_ok: totals.requests_ok,
            cost_nanousd: totals.cost_nanousd(),
            cost_approximated_nanousd: totals.cost_approximated_nanousd,
            cost_per_answered_request_nanousd: over(totals.cost_nanousd(), totals.requests_ok),
            requests_unpriced: totals.requests_unpriced,
            requests_fixed: totals.requests_fixed,
            tokens_input_total: totals.tokens_input_total(),
            tokens_cache_read: totals.tokens_cache_read,
            tokens_output: totals.tokens_output,
            tokens_per_request: over(
                totals.tokens_input_total() + totals.tokens_output,
                totals.requests_ok,
            ),
            held: verdict(Verdict::Held),
            declared: verdict(Verdict::Declared),
            violated: verdict(Verdict::Violated),
            unproven: verdict(Verdict::Unproven),
            no_rule: verdict(Verdict::NoRule),
        }
    }

    /// All cost with a price.
    #[must_use]
    pub fn cost(&self) -> NanoUsd {
        NanoUsd(self.cost_nanousd)
    }

    /// All cost over answered requests.
    #[must_use]
    pub fn cost_per_request(&self) -> Option<NanoUsd> {
        self.cost_per_answered_request_nanousd.map(NanoUsd)
    }
}

/// `total` over `parts`, half to even; `None` without parts. Shown, never stored.
#[must_use]
pub fn over(total: i64, parts: i64) -> Option<i64> {
    if parts <= 0 {
        return None;
    }
    let (whole, rest) = (total.div_euclid(parts), total.rem_euclid(parts));
    let twice = rest.saturating_mul(2);
    let up = twice > parts || (twice == parts && whole.rem_euclid(2) == 1);
    Some(whole.saturating_add(i64::from(up)))
}

/// What the books did not see or could not tell, said where the figures are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unseen {
    /// Calls and requests by endpoint, where they differ by more than a hundredth.
    pub coverage: Vec<Coverage>,
    /// Requests with tokens and no known price, by the reason.
    pub unpriced: BTreeMap<String, i64>,
    /// Requests priced by approximation.
    pub approximated: i64,
    /// Records in quarantine, by reason.
    pub quarantined: BTreeMap<String, u64>,
    /// Reports that contradict an earlier one of the same call.
    pub contradictions: u64,
    /// What a limit cut off, by kind: `names`, `conversations`, `evidence` and others.
    pub overflows: BTreeMap<String, u64>,
    /// Breaks in what partitions could be read of, found inside the span.
    pub losses: Vec<Lost>,
    /// Reports known only by a hash of their content.
    pub weak: i64,
    /// Share of spend without a feature, as its amount in nano-dollars.
    pub unattributed_nanousd: i64,
}

/// A break in what a partition could be read of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lost {
    /// Name of the source.
    pub source: String,
    /// Id of the Kafka cluster.
    pub cluster: String,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// What happened.
    #[serde(serialize_with = "kind_word")]
    #[schemars(with = "String")]
    pub kind: LossKind,
    /// The first offset that it concerns.
    pub from: u64,
    /// The first offset after.
    pub to: u64,
    /// How many records are known to be lost.
    pub records: u64,
    /// When it was found, by the daemon's clock.
    pub at: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn kind_word<S: Serializer>(kind: &LossKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// Breaks in what partitions could be read of, found inside `span`, oldest first.
///
/// # Errors
/// What the ledger says.
pub fn losses(ledger: &dyn Ledger, span: Span) -> Result<Vec<Lost>, Failure> {
    let rows = ledger.losses()?;
    let inside = rows.iter().filter(|row| span.contains(row.at));
    let lost = |row: &LossRow| Lost {
        source: row.source.to_string(),
        cluster: row.cluster.to_string(),
        topic: row.topic.to_string(),
        partition: row.partition,
        kind: row.kind,
        from: row.from,
        to: row.to,
        records: row.records(),
        at: row.at.to_string(),
    };
    Ok(inside.map(lost).collect())
}

/// How many calls and requests an endpoint's two halves tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// The endpoint.
    pub endpoint: String,
    /// Calls that its transport reports tell.
    pub calls: i64,
    /// Of them answered.
    pub calls_ok: i64,
    /// Requests that its usage reports tell.
    pub requests: i64,
    /// Of them answered.
    pub requests_ok: i64,
}

/// What was not seen inside `span`, of which `gathered` is the sum. Quarantine is told for all times: a record that could
/// not be read often has no time.
///
/// # Errors
/// What the ledger says.
pub fn unseen(ledger: &dyn Ledger, span: Span, gathered: &Gathered) -> Result<Unseen, Failure> {
    let mut unseen = Unseen {
        unattributed_nanousd: gathered.unattributed_nanousd,
        losses: losses(ledger, span)?,
        ..Unseen::default()
    };
    for (endpoint, totals) in &gathered.endpoints {
        unseen.approximated += totals.requests_approximated;
        unseen.weak += totals.reports_weak;
        let (calls, requests) = (totals.calls_ok, totals.requests_ok);
        if (calls - requests).abs().saturating_mul(100) > calls.max(requests) {
            unseen.coverage.push(Coverage {
                endpoint: endpoint.to_string(),
                calls: totals.calls(),
                calls_ok: calls,
                requests: totals.requests(),
                requests_ok: requests,
            });
        }
    }
    for row in ledger.families(crate::ledger::Family::PriceRow, span)? {
        if row.totals.requests_unpriced > 0 {
            let reason = row.a.strip_prefix("unpriced:").unwrap_or(&row.a).to_owned();
            *unseen.unpriced.entry(reason).or_default() += row.totals.requests_unpriced;
        }
    }
    for row in ledger.overflows()? {
        if span.contains(row.start) {
            *unseen.overflows.entry(row.kind.to_string()).or_default() += row.n;
        }
    }
    for row in ledger.counts()? {
        if row.outcome == "quarantined" {
            *unseen
                .quarantined
                .entry(row.reason.to_string())
                .or_default() += row.n;
        } else if row.outcome == "duplicate" && row.reason == "contradiction" {
            unseen.contradictions += row.n;
        }
    }
    Ok(unseen)
}

/// The name that people read for a key.
pub(super) fn display<'a>(name: &'a Text, display_name: Option<&'a Text>) -> &'a str {
    display_name.filter(|text| !text.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_half_to_even() {
        let cases = [
            (10, 4, Some(2)),
            (14, 4, Some(4)),
            (11, 4, Some(3)),
            (0, 3, Some(0)),
            (5, 0, None),
        ];
        for (total, parts, expected) in cases {
            assert_eq!(over(total, parts), expected, "{total}/{parts}");
        }
    }
}
