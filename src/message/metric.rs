//! How each metric is said: as what somebody does, as a figure, and at a picture.
//!
//! Knows no rule. A newcomer may ask why each has several forms: a headline is a sentence with a verb, and a
//! subject line has no room for one.

use crate::alert::{Amount, Check, Metric, Period, Span, Unit};

use super::figure::{self, plural};

/// One of a thing, and many.
type Noun = (&'static str, &'static str);

const CALLS: Noun = ("call", "calls");
const REQUESTS: Noun = ("request", "requests");
const RECORDS: Noun = ("record", "records");

/// How a metric is said. `{v}` is the value, `{w}` the window with a blank before it.
struct Words {
    /// What somebody does.
    does: &'static str,
    /// The figure alone.
    figure: &'static str,
    /// What a picture's points are.
    axis: &'static str,
    /// What is counted, where something is.
    noun: Option<Noun>,
    /// What the figure is made of.
    of: Noun,
}

macro_rules! words {
    ($($metric:ident: $does:literal, $figure:literal, $axis:literal, $noun:expr, $of:ident;)+) => {
        fn words(metric: Metric) -> Words {
            match metric {
                $(Metric::$metric => Words {
                    does: $does,
                    figure: $figure,
                    axis: $axis,
                    noun: $noun,
                    of: $of,
                },)+
            }
        }
    };
}

words! {
    Calls: "makes {v}{w}", "{v}{w}", "calls{w}", Some(CALLS), CALLS;
    Requests: "makes {v}{w}", "{v}{w}", "requests{w}", Some(REQUESTS), REQUESTS;
    Tokens: "uses {v} tokens{w}", "{v} tokens{w}", "tokens{w}", None, REQUESTS;
    Spend: "spends {v}{w}", "{v}{w}", "spend{w}", None, REQUESTS;
    CostPerCall: "costs {v} a call", "{v} a call", "cost of a call", None, REQUESTS;
    TokensPerCall: "uses {v} tokens a call", "{v} tokens a call", "tokens a call", None, REQUESTS;
    PromptPerCall: "sends {v} prompt tokens a call", "{v} prompt tokens a call", "prompt tokens a call", None, REQUESTS;
    RetryShare: "repeats {v} of its calls", "{v} of calls are retries", "share of retries", None, CALLS;
    Retries: "tries calls again {v}{w}", "tried again {v}{w}", "retries{w}", Some(("time", "times")), CALLS;
    RetrySpend: "spends {v} on calls that were tried again{w}", "{v} for retries{w}", "spend on retries{w}", None, REQUESTS;
    ConversationRequests: "makes {v} in one conversation", "{v} in one conversation", "requests in one conversation", Some(REQUESTS), REQUESTS;
    ConversationTokens: "uses {v} tokens in one conversation", "{v} tokens in one conversation", "tokens in one conversation", None, REQUESTS;
    ThrottledShare: "has {v} of its calls refused with 429 (too many requests)", "{v} of calls refused with 429", "share of 429", None, CALLS;
    ErrorShare: "has {v} of its calls fail", "{v} of calls fail", "share of failed calls", None, CALLS;
    AuthShare: "has {v} of its calls refused with 401 or 403", "{v} of calls refused with 401 or 403", "share of 401 and 403", None, CALLS;
    RequestErrorShare: "has {v} of its requests fail", "{v} of requests fail", "share of failed requests", None, REQUESTS;
    LatencyP50: "takes {v} or longer for every second call", "median latency {v}", "median latency", None, CALLS;
    LatencyP95: "takes longer than {v} for one call in twenty", "p95 {v}", "latency, p95", None, CALLS;
    LatencyP95OfTimeout: "takes {v} of its timeout for one call in twenty", "p95 at {v} of the timeout", "p95 as a share of the timeout", None, CALLS;
    OverTimeoutShare: "has {v} of its calls run past their timeout", "{v} of calls past their timeout", "share of calls past their timeout", None, CALLS;
    Violated: "sends {v} outside its region rule{w}", "{v} outside the region rule{w}", "calls outside the region rule{w}", Some(CALLS), CALLS;
    UnprovenShare: "cannot prove where {v} of its calls landed", "{v} of calls unproven", "share of unproven calls", None, CALLS;
    Contradicted: "has {v} with evidence that contradicts itself{w}", "{v} with contradicting evidence{w}", "calls with contradicting evidence{w}", Some(CALLS), CALLS;
    Fallbacks: "sends {v} to a fallback{w}", "{v} to a fallback{w}", "calls to a fallback{w}", Some(CALLS), CALLS;
    PlatformRequests: "has {v} answered by the platform's own model{w}", "{v} answered by the platform's own model{w}", "requests to the platform's own model{w}", Some(REQUESTS), REQUESTS;
    UnpricedShare: "has no price for {v} of its requests", "{v} of requests without a price", "share of requests without a price", None, REQUESTS;
    Coverage: "tells the usage of {v} of its calls", "usage told for {v} of calls", "share of calls whose usage is told", None, CALLS;
    QuarantineShare: "has {v} of its records in quarantine", "{v} of records in quarantine", "share of records in quarantine", None, RECORDS;
    LostRecords: "has lost {v}", "{v} lost", "records lost", Some(RECORDS), RECORDS;
    Lag: "is {v} behind", "{v} behind", "time behind", None, RECORDS;
    ContextUse: "fills {v} of the model's context with its largest prompt", "{v} of the context filled", "largest prompt as a share of the context", None, REQUESTS;
}

/// What the figures of a metric are made of.
pub(super) fn sampled(metric: Metric) -> Noun {
    words(metric).of
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
    match words(metric).noun {
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
        _ if minutes.is_multiple_of(1440) => format!("{} days", minutes / 1440),
        _ if minutes.is_multiple_of(60) => format!("{} hours", minutes / 60),
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
    let verb = words(metric).does;
    verb.replace("{v}", &with_noun(metric, value))
        .replace("{w}", &window)
}

/// The figure alone: `950 calls in 10 min`.
pub(super) fn figure_of(check: &Check, metric: Metric, value: Amount, minutes: u32) -> String {
    let window = window(minutes, period(check), true);
    let figure = words(metric).figure;
    figure
        .replace("{v}", &with_noun(metric, value))
        .replace("{w}", &window)
}

/// What a picture's points count: `calls in 10 min`.
pub(super) fn axis(metric: Metric, minutes: u32) -> String {
    words(metric)
        .axis
        .replace("{w}", &window(minutes, None, true))
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
