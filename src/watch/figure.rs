//! Figures of a window: what each metric needs, and its value.
//!
//! Knows no limit. A newcomer may ask why a figure without a denominator is none and not 0: a window
//! without calls has no share of errors, good or bad.

use crate::alert::Metric;
use crate::hist::{Hist, Layout};

use super::field::Field;
use super::registry::{WHOLE, part_of};
use super::ring::{Spread, Sums};

/// The sums that a metric is made of, and a histogram.
pub(super) fn needs(metric: Metric) -> (&'static [Field], Option<Spread>) {
    use Field as F;
    let latency = Some(Spread::Latency);
    match metric {
        Metric::Calls => (&[F::Calls], None),
        Metric::Requests | Metric::ConversationRequests => (&[F::Requests], None),
        Metric::Tokens | Metric::ConversationTokens => (&[F::Tokens], None),
        Metric::Spend | Metric::CostPerCall => (&[F::Spend, F::Answered], None),
        Metric::TokensPerCall => (&[F::Tokens, F::Answered, F::Spend], None),
        Metric::PromptPerCall => (&[F::Prompt, F::Answered, F::Spend], None),
        Metric::RetryShare | Metric::Retries | Metric::RetrySpend => (
            &[
                F::Calls,
                F::Requests,
                F::StatedRetries,
                F::RetriedCalls,
                F::RetriedRequests,
                F::RetrySpend,
            ],
            None,
        ),
        Metric::ThrottledShare => (&[F::Calls, F::Throttled], None),
        Metric::ErrorShare => (&[F::Calls, F::CallsOk, F::Throttled], None),
        Metric::AuthShare => (&[F::Calls, F::Auth], None),
        Metric::RequestErrorShare => (&[F::Requests, F::Answered], None),
        Metric::LatencyP50 | Metric::LatencyP95 | Metric::LatencyP95OfTimeout => {
            (&[F::Calls], latency)
        }
        Metric::OverTimeoutShare => (&[F::Calls, F::OverTimeout], None),
        Metric::Violated => (&[F::Violated], None),
        Metric::UnprovenShare => (&[F::Ruled, F::Unproven], None),
        Metric::Contradicted => (&[F::Contradicted], None),
        Metric::Fallbacks => (&[F::Spilled, F::Fallbacks], None),
        Metric::PlatformRequests => (&[F::Platform], None),
        Metric::UnpricedShare => (&[F::Unpriced, F::Answered], None),
        Metric::Coverage => (&[F::Requests, F::Calls], None),
        Metric::ContextUse => (&[F::Requests], Some(Spread::Prompt)),
        Metric::QuarantineShare | Metric::LostRecords | Metric::Lag => (&[], None),
    }
}

/// What the registry adds to a figure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    pub(super) timeout_ms: Option<i64>,
    pub(super) context_tokens: Option<i64>,
}

/// A figure and how many calls, requests or records stand behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) value: i64,
    pub(super) sample: i64,
}

fn whole(value: Option<u64>) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}

/// The least value that so many per mille of all do not pass.
pub(super) fn per_mille(hist: Option<&Hist>, of: Spread, per_mille: u32) -> Option<i64> {
    let layout = match of {
        Spread::Latency => Layout::latency(),
        Spread::Prompt => Layout::prompt(),
    };
    whole(hist?.per_mille(layout, per_mille))
}

/// Retries, linked and stated, and the calls that they are a share of; requests where calls are not told.
fn retries(sums: &Sums<'_>) -> (i64, i64) {
    let get = |field| sums.get(field);
    let of_calls = get(Field::StatedRetries).saturating_add(get(Field::RetriedCalls));
    let calls = get(Field::Calls);
    if calls > 0 {
        return (of_calls, calls);
    }
    let retries = of_calls.saturating_add(get(Field::RetriedRequests));
    (retries, get(Field::Requests))
}

/// The value of a metric; `None` where the window cannot tell it.
pub(super) fn value(metric: Metric, sums: &Sums<'_>, around: Around) -> Option<Figure> {
    let get = |field| sums.get(field);
    let told = |value: i64, sample: i64| Some(Figure { value, sample });
    let share = |part: i64, sample: i64| {
        (sample > 0).then(|| Figure {
            value: part_of(WHOLE, part, sample),
            sample,
        })
    };
    let per = |sum: i64, sample: i64| {
        (sample > 0).then(|| Figure {
            value: part_of(sum, 1, sample),
            sample,
        })
    };
    let timed = |value: Option<i64>| {
        value.map(|value| Figure {
            value,
            sample: sums.hist.map_or(0, Hist::count),
        })
    };
    let calls = || get(Field::Calls);
    let requests = || get(Field::Requests);
    let answered = || get(Field::Answered);
    match metric {
        Metric::Calls => told(calls(), calls()),
        Metric::Requests | Metric::ConversationRequests => told(requests(), requests()),
        Metric::Tokens | Metric::ConversationTokens => told(get(Field::Tokens), get(Field::Tokens)),
        Metric::Spend => told(get(Field::Spend), answered()),
        Metric::CostPerCall => per(get(Field::Spend), answered()),
        Metric::TokensPerCall => per(get(Field::Tokens), answered()),
        Metric::PromptPerCall => per(get(Field::Prompt), answered()),
        Metric::RetryShare => share(retries(sums).0, retries(sums).1),
        Metric::Retries => told(retries(sums).0, retries(sums).1),
        Metric::RetrySpend => told(get(Field::RetrySpend), retries(sums).0),
        Metric::ThrottledShare => share(get(Field::Throttled), calls()),
        Metric::ErrorShare => {
            let failed = calls() - get(Field::CallsOk) - get(Field::Throttled);
            share(failed, calls())
        }
        Metric::AuthShare => share(get(Field::Auth), calls()),
        Metric::RequestErrorShare => share(requests() - answered(), requests()),
        Metric::LatencyP50 => timed(per_mille(sums.hist, Spread::Latency, 500)),
        Metric::LatencyP95 => timed(per_mille(sums.hist, Spread::Latency, 950)),
        Metric::LatencyP95OfTimeout => {
            let p95 = per_mille(sums.hist, Spread::Latency, 950);
            let share = |timeout| p95.map(|p95| part_of(WHOLE, p95, timeout));
            timed(around.timeout_ms.and_then(share))
        }
        Metric::OverTimeoutShare => share(get(Field::OverTimeout), calls()),
        Metric::Violated => told(get(Field::Violated), get(Field::Violated)),
        Metric::UnprovenShare => share(get(Field::Unproven), get(Field::Ruled)),
        Metric::Contradicted => told(get(Field::Contradicted), get(Field::Contradicted)),
        Metric::Fallbacks => {
            let all = get(Field::Spilled).saturating_add(get(Field::Fallbacks));
            told(all, all)
        }
        Metric::PlatformRequests => told(get(Field::Platform), get(Field::Platform)),
        Metric::UnpricedShare => share(get(Field::Unpriced), answered()),
        Metric::Coverage => share(requests(), calls()),
        Metric::ContextUse => {
            let most = sums.hist.and_then(|hist| whole(hist.max(Layout::prompt())));
            let share = |context| most.map(|most| part_of(WHOLE, most, context));
            timed(around.context_tokens.and_then(share))
        }
        Metric::QuarantineShare | Metric::LostRecords | Metric::Lag => None,
    }
}
