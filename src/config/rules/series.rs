//! What figures can be told apart by: the books keep some dimensions together and others not.
//!
//! Knows no rule's limits. A newcomer may ask why a credential cannot stand beside a feature: no
//! source tells both of one call, and the books guess nothing.

use crate::alert::{Dimension, Due, Kind, Metric, Sight};

use Dimension::{
    Application, Conversation, Credential, Endpoint, Feature, Model, Provider, Region, Source,
    UserGroup,
};

/// The sets of dimensions that a figure is kept by; a rule's must lie within one of them.
pub(super) fn kept_by(metric: Metric) -> Vec<&'static [Dimension]> {
    match metric {
        Metric::Lag | Metric::QuarantineShare | Metric::LostRecords => vec![&[Source]],
        Metric::ConversationRequests | Metric::ConversationTokens => {
            vec![&[Feature, Application, Conversation]]
        }
        Metric::Retries | Metric::RetryShare | Metric::RetrySpend | Metric::Fallbacks => {
            vec![&[Feature, Application, Endpoint]]
        }
        Metric::Coverage => vec![&[Endpoint]],
        Metric::Calls
        | Metric::ThrottledShare
        | Metric::ErrorShare
        | Metric::AuthShare
        | Metric::OverTimeoutShare
        | Metric::Contradicted => {
            vec![
                &[Feature, Application, Endpoint, Model, Provider, Region],
                &[Credential, Endpoint],
                &[UserGroup, Feature, Application],
            ]
        }
        Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP95OfTimeout
        | Metric::Violated
        | Metric::UnprovenShare => {
            vec![&[Feature, Application, Endpoint, Model, Provider, Region]]
        }
        Metric::Requests
        | Metric::Tokens
        | Metric::Spend
        | Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RequestErrorShare
        | Metric::PlatformRequests
        | Metric::UnpricedShare => {
            vec![
                &[Feature, Application, Endpoint, Model, Provider],
                &[Credential, Endpoint],
                &[UserGroup, Feature, Application],
            ]
        }
        Metric::ContextUse => vec![&[Feature, Application, Endpoint, Model, Provider]],
    }
}

/// The same for kinds without a metric; `None` where the kind itself decides.
pub(super) fn kept_by_kind(kind: Kind) -> Option<Vec<&'static [Dimension]>> {
    match kind {
        Kind::Threshold | Kind::Anomaly | Kind::Drift => None,
        Kind::Budget | Kind::Burn => Some(kept_by(Metric::Spend)),
        Kind::Residency => Some(vec![&[
            Feature,
            Application,
            Endpoint,
            Model,
            Provider,
            Region,
            UserGroup,
        ]]),
        Kind::Silence => Some(vec![
            &[Feature, Application, Endpoint, Model, Provider],
            &[Credential, Endpoint],
            &[Source],
        ]),
        Kind::FirstSight | Kind::Calendar => Some(vec![&[
            Feature,
            Application,
            Endpoint,
            Model,
            Provider,
            Credential,
        ]]),
    }
}

/// What a first sight is told by.
pub(super) fn of_sight(sight: Sight) -> Dimension {
    match sight {
        Sight::Endpoint | Sight::Host => Endpoint,
        Sight::Model => Model,
        Sight::Credential => Credential,
    }
}

/// What a date is told by; `None` for what is no series' own.
pub(super) fn of_due(due: Due) -> Option<Dimension> {
    match due {
        Due::Credential | Due::Retirement | Due::Exercise => Some(Endpoint),
        Due::Pilot => Some(Feature),
        Due::Prices => None,
    }
}

/// What the registry can approve for a feature; the second half adds up over features and days.
const APPROVED: [(Metric, bool); 7] = [
    (Metric::CostPerCall, false),
    (Metric::TokensPerCall, false),
    (Metric::RetryShare, false),
    (Metric::Calls, true),
    (Metric::Requests, true),
    (Metric::Tokens, true),
    (Metric::Spend, true),
];

/// Whether something of that figure can be approved, and then whether it adds up over features.
pub(super) fn approved(metric: Metric) -> Option<bool> {
    let found = APPROVED.iter().find(|(one, _)| *one == metric);
    found.map(|(_, adds_up)| *adds_up)
}

/// The words of all figures that can be approved.
pub(super) fn approved_words() -> Vec<&'static str> {
    APPROVED.iter().map(|(metric, _)| metric.as_str()).collect()
}

/// What the registry declares: the figure held against it, and whose it is; `None` where it adds up.
const DECLARED: [(Metric, Option<Dimension>); 5] = [
    (Metric::LatencyP50, Some(Endpoint)),
    (Metric::LatencyP95, Some(Endpoint)),
    (Metric::PromptPerCall, Some(Endpoint)),
    (Metric::ConversationTokens, Some(Feature)),
    (Metric::Spend, None),
];

/// Whether something is declared for that figure, and whose it is.
#[expect(
    clippy::option_option,
    reason = "nothing declared, and declared of no one series, are two answers"
)]
pub(super) fn declared(metric: Metric) -> Option<Option<Dimension>> {
    let found = DECLARED.iter().find(|(one, _)| *one == metric);
    found.map(|(_, whose)| *whose)
}

/// The words of all figures that something is declared for.
pub(super) fn declared_words() -> Vec<&'static str> {
    DECLARED.iter().map(|(metric, _)| metric.as_str()).collect()
}

/// What a figure cannot be told without: what it is held against belongs to that.
pub(super) fn needs(metric: Metric) -> Option<Dimension> {
    [
        Metric::LatencyP95OfTimeout,
        Metric::ContextUse,
        Metric::OverTimeoutShare,
    ]
    .contains(&metric)
    .then_some(Endpoint)
}
