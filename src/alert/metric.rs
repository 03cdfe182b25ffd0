//! The figures that rules can be written about.
//!
//! Knows no window. A newcomer may ask why each says whether it can only rise: such a figure may
//! fire on a window that is not complete, all others wait.

use serde::{Deserialize, Serialize};

use super::amount::Unit;

macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $unit:ident, rises: $rises:literal;)+) => {
        /// A figure that rules can be written about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Metric {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Metric {
            /// All of them, in order.
            pub const ALL: &'static [Metric] = &[$(Metric::$name,)+];

            /// The word for rules, tables and labels.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Metric::$name => $word,)+ }
            }

            /// What it counts.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Metric::$name => Unit::$unit,)+ }
            }

            /// Whether further records of a window can only make it greater.
            #[must_use]
            pub fn rises(self) -> bool {
                match self { $(Metric::$name => $rises,)+ }
            }

            /// What it is, for people.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Metric::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

metrics! {
    /// Calls, by transport facts.
    Calls = "calls", Count, rises: true;
    /// Requests, by usage facts.
    Requests = "requests", Count, rises: true;
    /// All tokens, input with caches and output.
    Tokens = "tokens", Tokens, rises: true;
    /// Cost, exact and approximated.
    Spend = "spend", NanoUsd, rises: true;
    /// All cost divided by answered requests.
    CostPerCall = "cost_per_call", NanoUsd, rises: false;
    /// All tokens divided by answered requests.
    TokensPerCall = "tokens_per_call", Tokens, rises: false;
    /// Input tokens, caches included, divided by answered requests.
    PromptPerCall = "prompt_per_call", Tokens, rises: false;
    /// Retries, linked and stated, as a share of calls (requests where calls are not told).
    RetryShare = "retry_share", Ppm, rises: false;
    /// Retries, linked and stated.
    Retries = "retries", Count, rises: true;
    /// What failed attempts that were tried again cost.
    RetrySpend = "retry_spend", NanoUsd, rises: true;
    /// Requests of the conversation with the most.
    ConversationRequests = "conversation_requests", Count, rises: true;
    /// Tokens of the conversation with the most.
    ConversationTokens = "conversation_tokens", Tokens, rises: true;
    /// Calls refused with 429, as a share of calls.
    ThrottledShare = "throttled_share", Ppm, rises: false;
    /// Calls that failed otherwise than by 429, as a share of calls.
    ErrorShare = "error_share", Ppm, rises: false;
    /// Calls refused with 401 or 403, as a share of calls.
    AuthShare = "auth_share", Ppm, rises: false;
    /// Requests that failed, as a share of requests.
    RequestErrorShare = "request_error_share", Ppm, rises: false;
    /// The latency that one call in two exceeds.
    LatencyP50 = "latency_p50", Millis, rises: false;
    /// The latency that one call in twenty exceeds.
    LatencyP95 = "latency_p95", Millis, rises: false;
    /// The latency that one call in twenty exceeds, as a share of the endpoint's timeout.
    LatencyP95OfTimeout = "latency_p95_of_timeout", Ppm, rises: false;
    /// Calls longer than their endpoint's timeout, as a share of calls.
    OverTimeoutShare = "over_timeout_share", Ppm, rises: false;
    /// Calls with the verdict violated.
    Violated = "violated", Count, rises: true;
    /// Calls with the verdict unproven, as a share of calls under a rule.
    UnprovenShare = "unproven_share", Ppm, rises: false;
    /// Calls whose pieces of evidence exclude each other.
    Contradicted = "contradicted", Count, rises: true;
    /// Calls that went to a fallback, or that a header says were moved.
    Fallbacks = "fallbacks", Count, rises: true;
    /// Requests that say they used the platform's own model.
    PlatformRequests = "platform_requests", Count, rises: true;
    /// Requests without a price, as a share of answered requests.
    UnpricedShare = "unpriced_share", Ppm, rises: false;
    /// Requests by usage facts beside calls by transport facts of the same endpoint.
    Coverage = "coverage", Ppm, rises: false;
    /// Records in quarantine, as a share of records received.
    QuarantineShare = "quarantine_share", Ppm, rises: false;
    /// Records that retention or deletion took before they were read.
    LostRecords = "lost_records", Count, rises: true;
    /// How far a source is behind.
    Lag = "lag", Millis, rises: false;
    /// Largest prompt as a share of the model's declared context.
    ContextUse = "context_use", Ppm, rises: true;
}

impl Metric {
    /// The metric of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Metric> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}
