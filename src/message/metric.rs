//! How each metric is said: as what somebody does, and as a figure.
//!
//! Knows no rule. A newcomer may ask why each has two forms: a headline is a sentence with a verb, and a subject
//! line has no room for one.

use crate::alert::{Amount, Check, Metric, Period, Span, Unit};

use super::figure::{self, plural};

/// What somebody does, and the figure alone. `{v}` is the value, `{w}` the window with a blank before it.
fn forms(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::Calls => ("makes {v}{w}", "{v}{w}"),
        Metric::Requests => ("makes {v}{w}", "{v}{w}"),
        Metric::Tokens => ("uses {v} tokens{w}", "{v} tokens{w}"),
        Metric::Spend => ("spends {v}{w}", "{v}{w}"),
        Metric::CostPerCall => ("costs {v} a call", "{v} a call"),
        Metric::TokensPerCall => ("uses {v} tokens a call", "{v} tokens a call"),
        Metric::PromptPerCall => ("sends {v} prompt tokens a call", "{v} prompt tokens a call"),
        Metric::RetryShare => ("repeats {v} of its calls", "{v} of calls are retries"),
        Metric::Retries => ("tries calls again {v}{w}", "tried again {v}{w}"),
        Metric::RetrySpend => (
            "spends {v} on calls that were tried again{w}",
            "{v} for retries{w}",
        ),
        Metric::ConversationRequests => {
            ("makes {v} in one conversation", "{v} in one conversation")
        }
        Metric::ConversationTokens => (
            "uses {v} tokens in one conversation",
            "{v} tokens in one conversation",
        ),
        Metric::ThrottledShare => (
            "has {v} of its calls refused with 429 (too many requests)",
            "{v} of calls refused with 429",
        ),
        Metric::ErrorShare => ("has {v} of its calls fail", "{v} of calls fail"),
        Metric::AuthShare => (
            "has {v} of its calls refused with 401 or 403",
            "{v} of calls refused with 401 or 403",
        ),
        Metric::RequestErrorShare => ("has {v} of its requests fail", "{v} of requests fail"),
        Metric::LatencyP50 => (
            "takes {v} for every second call",
            "{v} for every second call",
        ),
        Metric::LatencyP95 => ("takes longer than {v} for one call in twenty", "p95 {v}"),
        Metric::LatencyP95OfTimeout => (
            "takes {v} of its timeout for one call in twenty",
            "p95 at {v} of the timeout",
        ),
        Metric::OverTimeoutShare => (
            "has {v} of its calls run past their timeout",
            "{v} of calls past their timeout",
        ),
        Metric::Violated => (
            "sends {v} outside its region rule{w}",
            "{v} outside the region rule{w}",
        ),
        Metric::UnprovenShare => (
            "cannot prove where {v} of its calls landed",
            "{v} of calls unproven",
        ),
        Metric::Contradicted => (
            "has {v} with evidence that contradicts itself{w}",
            "{v} with contradicting evidence{w}",
        ),
        Metric::Fallbacks => ("sends {v} to a fallback{w}", "{v} to a fallback{w}"),
        Metric::PlatformRequests => (
            "has {v} answered by the platform's own model{w}",
            "{v} answered by the platform's own model{w}",
        ),
        Metric::UnpricedShare => (
            "has no price for {v} of its requests",
            "{v} of requests without a price",
        ),
        Metric::Coverage => (
            "tells the usage of {v} of its calls",
            "usage told for {v} of calls",
        ),
        Metric::QuarantineShare => (
            "has {v} of its records in quarantine",
            "{v} of records in quarantine",
        ),
        Metric::LostRecords => ("has lost {v}", "{v} lost"),
        Metric::Lag => ("is {v} behind", "{v} behind"),
        Metric::ContextUse => (
            "fills {v} of the model's context with its largest prompt",
            "{v} of the context filled",
        ),
    }
}

/// What one of a counted thing is called.
fn counted(metric: Metric) -> Option<(&'static str, &'static str)> {
    match metric {
        Metric::Calls | Metric::Violated | Metric::Contradicted | Metric::Fallbacks => {
            Some(("call", "calls"))
        }
        Metric::Requests | Metric::ConversationRequests | Metric::PlatformRequests => {
            Some(("request", "requests"))
        }
        Metric::Retries => Some(("time", "times")),
        Metric::LostRecords => Some(("record", "records")),
        Metric::Tokens
        | Metric::Spend
        | Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RetryShare
        | Metric::RetrySpend
        | Metric::ConversationTokens
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
        | Metric::ContextUse => None,
    }
}

/// What the figures of a metric are made of.
pub(super) fn sampled(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::Calls
        | Metric::RetryShare
        | Metric::Retries
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
        | Metric::Fallbacks
        | Metric::Coverage => ("call", "calls"),
        Metric::Requests
        | Metric::Tokens
        | Metric::Spend
        | Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RetrySpend
        | Metric::ConversationRequests
        | Metric::ConversationTokens
        | Metric::RequestErrorShare
        | Metric::PlatformRequests
        | Metric::UnpricedShare
        | Metric::ContextUse => ("request", "requests"),
        Metric::QuarantineShare | Metric::LostRecords | Metric::Lag => ("record", "records"),
    }
}

/// A value of a metric without its noun: `950`, `14.2 ¢`, `92 %`.
pub(super) fn bare(metric: Option<Metric>, amount: Amount) -> String {
    match metric {
        Some(Metric::CostPerCall) => figure::cents(amount.n),
        Some(Metric::Lag) => figure::span(amount.n),
        Some(_) | None => figure::amount(amount),
    }
}

/// A value with its noun where it counts something: `950 calls`.
fn with_noun(metric: Metric, amount: Amount) -> String {
    match counted(metric) {
        Some((_, many)) if amount.n == 0 && amount.unit == Unit::Count => format!("no {many}"),
        Some((one, many)) if amount.unit == Unit::Count => plural(amount.n, one, many),
        Some(_) | None => bare(Some(metric), amount),
    }
}

/// A window as words with a blank before them: ` in 10 minutes`, ` today`; empty without one.
fn window(minutes: u32, period: Option<Period>, short: bool) -> String {
    match period {
        Some(Period::Day) => return " today".to_owned(),
        Some(Period::Week) => return " this week".to_owned(),
        Some(Period::Month) => return " this month".to_owned(),
        None => {}
    }
    let words = match minutes {
        0 => return String::new(),
        1 => if short { "1 min" } else { "one minute" }.to_owned(),
        60 => "an hour".to_owned(),
        1440 => "24 hours".to_owned(),
        10_080 => "7 days".to_owned(),
        _ if minutes % 1440 == 0 => format!("{} days", minutes / 1440),
        _ if minutes % 60 == 0 => format!("{} hours", minutes / 60),
        _ if short => format!("{minutes}\u{A0}min"),
        _ => format!("{minutes}\u{A0}minutes"),
    };
    format!(" in {words}")
}

/// The calendar's period that a rule sums over.
fn period(check: &Check) -> Option<Period> {
    match check {
        Check::Threshold {
            window: Span::Period(period),
            ..
        }
        | Check::Drift {
            window: Span::Period(period),
            ..
        } => Some(*period),
        Check::Budget(budget) => Some(budget.period),
        Check::Threshold { .. }
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Drift { .. }
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Silence { .. }
        | Check::Calendar(_) => None,
    }
}

/// What somebody does: `makes 950 calls in 10 minutes`.
pub(super) fn does(check: &Check, metric: Metric, value: Amount, minutes: u32) -> String {
    let window = window(minutes, period(check), false);
    let (verb, _) = forms(metric);
    verb.replace("{v}", &with_noun(metric, value))
        .replace("{w}", &window)
}

/// The figure alone: `950 calls in 10 min`.
pub(super) fn figure_of(check: &Check, metric: Metric, value: Amount, minutes: u32) -> String {
    let window = window(minutes, period(check), true);
    let (_, figure) = forms(metric);
    figure
        .replace("{v}", &with_noun(metric, value))
        .replace("{w}", &window)
}

/// What a picture's points count: `calls in 10 min`.
pub(super) fn axis(metric: Metric, minutes: u32) -> String {
    let window = window(minutes, None, true);
    let (_, figure) = forms(metric);
    let noun = counted(metric).map_or("", |(_, many)| many);
    let text = figure.replace("{v}", noun).replace("{w}", &window);
    let text = text.trim();
    match metric {
        Metric::Spend => format!("spend{window}"),
        Metric::CostPerCall => "cost of a call".to_owned(),
        Metric::LatencyP50 => "median latency".to_owned(),
        Metric::LatencyP95 => "latency, p95".to_owned(),
        Metric::Retries => format!("retries{window}"),
        Metric::Lag => "time behind".to_owned(),
        Metric::Calls
        | Metric::Requests
        | Metric::Tokens
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RetryShare
        | Metric::RetrySpend
        | Metric::ConversationRequests
        | Metric::ConversationTokens
        | Metric::ThrottledShare
        | Metric::ErrorShare
        | Metric::AuthShare
        | Metric::RequestErrorShare
        | Metric::LatencyP95OfTimeout
        | Metric::OverTimeoutShare
        | Metric::Violated
        | Metric::UnprovenShare
        | Metric::Contradicted
        | Metric::Fallbacks
        | Metric::PlatformRequests
        | Metric::UnpricedShare
        | Metric::Coverage
        | Metric::QuarantineShare
        | Metric::LostRecords
        | Metric::ContextUse => text.strip_prefix("of ").unwrap_or(text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Promise;

    #[test]
    fn every_metric_makes_a_sentence_and_a_figure() {
        let check = Check::Anomaly {
            metric: Metric::Calls,
            promise: Promise { hours: 504 },
            floor_nanousd: 0,
        };
        for metric in Metric::ALL.iter().copied() {
            let value = Amount::new(metric.unit(), 142_000_000);
            for text in [
                does(&check, metric, value, 10),
                figure_of(&check, metric, value, 10),
                axis(metric, 10),
            ] {
                let odd = text.contains('{') || text.contains("  ") || text.trim() != text;
                assert!(!odd && text.len() > 3, "{metric:?}: {text:?}");
            }
        }
        let calls = Amount::new(Unit::Count, 950);
        assert_eq!(
            does(&check, Metric::Calls, calls, 10),
            "makes 950 calls in 10\u{A0}minutes"
        );
        assert_eq!(
            figure_of(&check, Metric::Calls, Amount::new(Unit::Count, 0), 1440),
            "no calls in 24 hours"
        );
    }
}
