//! A figure of some cells, as rules name it.
//!
//! Knows no window. A newcomer may ask why some figures have none here: links, conversations and
//! sources are not in cells.

use crate::alert::Metric;
use crate::app::report::{Group, over};
use crate::hist::Layout;
use crate::residency::Verdict;

/// Millionths of `part` in `whole`.
pub(super) fn ppm(part: i64, whole: i64) -> Option<i64> {
    if whole <= 0 {
        return None;
    }
    let ppm = i128::from(part).saturating_mul(1_000_000) / i128::from(whole);
    i64::try_from(ppm).ok()
}

/// The figure of a group; `None` where nothing tells it.
pub(super) fn of(metric: Metric, group: &Group) -> Option<i64> {
    let totals = &group.cell.totals;
    let (calls, requests) = (totals.calls(), totals.requests());
    let tokens = totals
        .tokens_input_total()
        .saturating_add(totals.tokens_output);
    let verdict = |verdict: Verdict| group.verdicts.get(&verdict).copied().unwrap_or(0);
    let latency = |per_mille: u32| {
        let value = group.cell.latency.per_mille(Layout::latency(), per_mille)?;
        i64::try_from(value).ok()
    };
    match metric {
        Metric::Calls => Some(calls),
        Metric::Requests | Metric::ConversationRequests => Some(requests),
        Metric::Tokens | Metric::ConversationTokens => Some(tokens),
        Metric::Spend | Metric::RetrySpend => Some(totals.cost_nanousd()),
        Metric::CostPerCall => over(totals.cost_nanousd(), totals.requests_ok),
        Metric::TokensPerCall => over(tokens, totals.requests_ok),
        Metric::PromptPerCall => over(totals.tokens_input_total(), totals.requests_ok),
        Metric::Retries => Some(totals.stated_retries),
        Metric::ThrottledShare => ppm(totals.calls_throttled, calls),
        Metric::ErrorShare => ppm(
            calls
                .saturating_sub(totals.calls_ok)
                .saturating_sub(totals.calls_throttled),
            calls,
        ),
        Metric::AuthShare => ppm(totals.calls_auth, calls),
        Metric::RequestErrorShare => ppm(requests.saturating_sub(totals.requests_ok), requests),
        Metric::LatencyP50 => latency(500),
        Metric::LatencyP95 | Metric::LatencyP95OfTimeout => latency(950),
        Metric::OverTimeoutShare => ppm(totals.calls_over_timeout, calls),
        Metric::Violated => Some(verdict(Verdict::Violated)),
        Metric::UnprovenShare => {
            let ruled = calls.saturating_sub(verdict(Verdict::NoRule));
            ppm(verdict(Verdict::Unproven), ruled)
        }
        Metric::Contradicted => Some(totals.calls_contradicted),
        Metric::Fallbacks => Some(totals.calls_spilled),
        Metric::PlatformRequests => Some(totals.requests_platform),
        Metric::UnpricedShare => ppm(totals.requests_unpriced, totals.requests_ok),
        Metric::Coverage => ppm(
            totals.calls_ok.min(totals.requests_ok),
            totals.calls_ok.max(totals.requests_ok),
        ),
        Metric::RetryShare
        | Metric::QuarantineShare
        | Metric::LostRecords
        | Metric::Lag
        | Metric::ContextUse => None,
    }
}

/// The figure and unit that a picture of `metric` shows: what cells do not know is shown by what
/// they do.
pub(super) fn shown(metric: Metric) -> Option<Metric> {
    match metric {
        Metric::ConversationRequests => Some(Metric::Requests),
        Metric::ConversationTokens => Some(Metric::Tokens),
        Metric::RetrySpend => Some(Metric::Spend),
        Metric::LatencyP95OfTimeout => Some(Metric::LatencyP95),
        Metric::Fallbacks => Some(Metric::Calls),
        Metric::QuarantineShare
        | Metric::LostRecords
        | Metric::Lag
        | Metric::ContextUse
        | Metric::Retries
        | Metric::RetryShare => None,
        Metric::Calls
        | Metric::Requests
        | Metric::Tokens
        | Metric::Spend
        | Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::ThrottledShare
        | Metric::ErrorShare
        | Metric::AuthShare
        | Metric::RequestErrorShare
        | Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::OverTimeoutShare
        | Metric::Violated
        | Metric::UnprovenShare
        | Metric::Contradicted
        | Metric::PlatformRequests
        | Metric::UnpricedShare
        | Metric::Coverage => Some(metric),
    }
}

/// Whether the figure of a wider window is the sum of those of its parts.
pub(super) fn adds(metric: Metric) -> bool {
    match metric {
        Metric::Calls
        | Metric::Requests
        | Metric::Tokens
        | Metric::Spend
        | Metric::Retries
        | Metric::RetrySpend
        | Metric::ConversationRequests
        | Metric::ConversationTokens
        | Metric::Violated
        | Metric::Contradicted
        | Metric::Fallbacks
        | Metric::PlatformRequests
        | Metric::LostRecords => true,
        Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RetryShare
        | Metric::ThrottledShare
        | Metric::ErrorShare
        | Metric::AuthShare
        | Metric::RequestErrorShare
        | Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP95OfTimeout
        | Metric::OverTimeoutShare
        | Metric::UnprovenShare
        | Metric::UnpricedShare
        | Metric::Coverage
        | Metric::QuarantineShare
        | Metric::Lag
        | Metric::ContextUse => false,
    }
}

/// Which half of the facts counts for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// Transport facts.
    Calls,
    /// Usage facts.
    Requests,
}

/// Which half of the facts a figure is counted from; requests where it is no figure.
pub(super) fn half(metric: Option<Metric>) -> Half {
    let Some(metric) = metric else {
        return Half::Requests;
    };
    match metric {
        Metric::Calls
        | Metric::ThrottledShare
        | Metric::ErrorShare
        | Metric::AuthShare
        | Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP95OfTimeout
        | Metric::OverTimeoutShare
        | Metric::Violated
        | Metric::UnprovenShare
        | Metric::Contradicted
        | Metric::Fallbacks => Half::Calls,
        Metric::Requests
        | Metric::Tokens
        | Metric::Spend
        | Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RetryShare
        | Metric::Retries
        | Metric::RetrySpend
        | Metric::ConversationRequests
        | Metric::ConversationTokens
        | Metric::RequestErrorShare
        | Metric::PlatformRequests
        | Metric::UnpricedShare
        | Metric::Coverage
        | Metric::QuarantineShare
        | Metric::LostRecords
        | Metric::Lag
        | Metric::ContextUse => Half::Requests,
    }
}

/// Whether it is about calls or requests that fail.
pub(super) fn fails(metric: Option<Metric>) -> bool {
    matches!(
        metric,
        Some(
            Metric::ThrottledShare
                | Metric::ErrorShare
                | Metric::AuthShare
                | Metric::RequestErrorShare
        )
    )
}
