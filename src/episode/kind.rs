//! What sort of trouble a rule speaks of: which one explains which, and which belong to one cause.
//!
//! Knows no figure. A newcomer may ask why nothing that is more urgent is ever explained away: a call
//! that left its region is news even where the endpoint that should have taken it is down.

use crate::alert::{Check, Dimension, Finding, Metric, Residency, Rule, Series};
use crate::units::Text;

use super::settings::Settings;

/// A sort of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An endpoint fails and nothing took over.
    Down,
    /// Refused credentials.
    Auth,
    /// Refused for their number.
    Throttled,
    /// Failed otherwise.
    Errors,
    /// Slow.
    Slow,
    /// Another endpoint took over.
    Fallback,
    /// Quiet.
    Silent,
    /// Tried again.
    Retries,
    /// How many.
    Volume,
    /// What it costs.
    Money,
    /// Where it landed.
    Residency,
    /// Seen for the first time.
    Sight,
    /// A date.
    Due,
    /// How the records come.
    Source,
}

/// Kinds of one cause share a family.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Family {
    /// Money and what makes it.
    Money,
    /// Whether it works.
    Health,
    /// Where calls landed.
    Residency,
    /// Seen for the first time.
    Sight,
    /// A date.
    Due,
    /// How the records come.
    Source,
}

impl Kind {
    pub(super) fn of(rule: &Rule) -> Kind {
        match &rule.check {
            Check::Threshold { metric, .. }
            | Check::Anomaly { metric, .. }
            | Check::Drift { metric, .. } => Kind::of_metric(*metric),
            Check::Budget(_) | Check::Burn(_) => Kind::Money,
            Check::Residency(Residency::DownWithoutFallback) => Kind::Down,
            Check::Residency(Residency::Fallback) => Kind::Fallback,
            Check::Residency(
                Residency::Violated
                | Residency::Contradicted
                | Residency::OtherDoor
                | Residency::PlatformDefault
                | Residency::OutsidePilot,
            ) => Kind::Residency,
            Check::FirstSight(_) => Kind::Sight,
            Check::Silence { .. } => Kind::Silent,
            Check::Calendar(_) => Kind::Due,
        }
    }

    fn of_metric(metric: Metric) -> Kind {
        match metric {
            Metric::Calls | Metric::Requests => Kind::Volume,
            Metric::Tokens
            | Metric::Spend
            | Metric::CostPerCall
            | Metric::TokensPerCall
            | Metric::PromptPerCall
            | Metric::ConversationRequests
            | Metric::ConversationTokens
            | Metric::ContextUse
            | Metric::UnpricedShare => Kind::Money,
            Metric::RetryShare | Metric::Retries | Metric::RetrySpend => Kind::Retries,
            Metric::ThrottledShare => Kind::Throttled,
            Metric::ErrorShare | Metric::RequestErrorShare => Kind::Errors,
            Metric::AuthShare => Kind::Auth,
            Metric::LatencyP50
            | Metric::LatencyP95
            | Metric::LatencyP95OfTimeout
            | Metric::OverTimeoutShare => Kind::Slow,
            Metric::Violated
            | Metric::UnprovenShare
            | Metric::Contradicted
            | Metric::PlatformRequests => Kind::Residency,
            Metric::Fallbacks => Kind::Fallback,
            Metric::Coverage | Metric::QuarantineShare | Metric::LostRecords | Metric::Lag => {
                Kind::Source
            }
        }
    }

    pub(super) fn family(self) -> Family {
        match self {
            Kind::Down
            | Kind::Auth
            | Kind::Throttled
            | Kind::Errors
            | Kind::Slow
            | Kind::Fallback
            | Kind::Silent => Family::Health,
            Kind::Retries | Kind::Volume | Kind::Money => Family::Money,
            Kind::Residency => Family::Residency,
            Kind::Sight => Family::Sight,
            Kind::Due => Family::Due,
            Kind::Source => Family::Source,
        }
    }

    /// Whether trouble of this kind can be all there is to trouble of another.
    fn explains(self, other: Kind) -> bool {
        let effects: &[Kind] = match self {
            Kind::Down => &[
                Kind::Auth,
                Kind::Throttled,
                Kind::Errors,
                Kind::Slow,
                Kind::Fallback,
                Kind::Silent,
                Kind::Retries,
                Kind::Volume,
            ],
            Kind::Auth => &[Kind::Errors, Kind::Silent, Kind::Retries],
            Kind::Throttled => &[Kind::Slow, Kind::Retries],
            Kind::Errors => &[Kind::Retries],
            Kind::Slow
            | Kind::Fallback
            | Kind::Silent
            | Kind::Retries
            | Kind::Volume
            | Kind::Money
            | Kind::Residency
            | Kind::Sight
            | Kind::Due
            | Kind::Source => &[],
        };
        effects.contains(&other)
    }

    /// Whether it explains anything at all.
    pub(super) fn is_cause(self) -> bool {
        matches!(
            self,
            Kind::Down | Kind::Auth | Kind::Throttled | Kind::Errors
        )
    }
}

/// Whether one finding is all there is to another.
pub(super) fn explains(
    settings: &Settings,
    (cause, why): (Kind, &Finding),
    (effect, what): (Kind, &Finding),
) -> bool {
    if !cause.explains(effect) || why.severity < what.severity {
        return false;
    }
    // More traffic than expected is no effect of an outage.
    let more = what
        .measure
        .expected
        .is_some_and(|(_, expected, _)| what.measure.value.n > expected.n);
    (effect != Kind::Volume || !more) && is_beside(settings, &why.series, &what.series)
}

/// Whether two series speak of one endpoint, or of a feature and the endpoint that it uses.
fn is_beside(settings: &Settings, cause: &Series, effect: &Series) -> bool {
    let endpoint = |series: &Series| series.get(Dimension::Endpoint).cloned();
    let feature = |series: &Series| series.get(Dimension::Feature).cloned();
    match (endpoint(cause), endpoint(effect)) {
        (Some(one), Some(other)) => one == other,
        (one, _) => match (feature(cause), feature(effect), one) {
            (Some(one), Some(other), _) => one == other,
            (None, Some(feature), Some(endpoint)) => settings
                .features
                .get(&feature)
                .is_some_and(|known| known.endpoints.contains(&endpoint)),
            (_, None, _) | (None, Some(_), None) => false,
        },
    }
}

/// Whether two series have an endpoint or a feature in common.
pub(super) fn share(one: &Series, other: &Series) -> bool {
    [Dimension::Endpoint, Dimension::Feature]
        .into_iter()
        .any(|dimension| {
            let of = |series: &Series| -> Option<Text> { series.get(dimension).cloned() };
            of(one).is_some() && of(one) == of(other)
        })
}
