//! What sort of trouble a rule speaks of: which one explains which, and which belong to one cause.
//!
//! Knows no figure. A newcomer may ask why nothing that is more urgent is ever explained away: a call
//! that left its region is news even where the endpoint that should have taken it is down.

use crate::alert::{Check, Dimension, Finding, Level, Measure, Metric, Residency, Rule, Series};
use crate::units::{DAY_MS, MINUTE_MS, Text, UnixMillis};

use super::settings::Settings;

/// How long trouble goes on explaining what no longer looks back at it: what ends is believed after some minutes,
/// and what follows needs some to come back.
const AFTER_MS: i64 = 30 * MINUTE_MS;
/// The same of retries, which are computed by the hour.
const AFTER_LINKS_MS: i64 = 75 * MINUTE_MS;

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
    /// What a call costs.
    Dear,
    /// How many tokens it has.
    Tokens,
    /// What all of it costs.
    Spend,
    /// One conversation that goes on and on.
    Talk,
    /// What else money is about.
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
            Metric::CostPerCall => Kind::Dear,
            Metric::TokensPerCall | Metric::PromptPerCall => Kind::Tokens,
            Metric::Spend => Kind::Spend,
            Metric::ConversationRequests | Metric::ConversationTokens => Kind::Talk,
            Metric::Tokens | Metric::ContextUse | Metric::UnpricedShare => Kind::Money,
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
            Kind::Retries
            | Kind::Volume
            | Kind::Dear
            | Kind::Tokens
            | Kind::Spend
            | Kind::Talk
            | Kind::Money => Family::Money,
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
            Kind::Dear => &[Kind::Dear, Kind::Tokens, Kind::Spend],
            Kind::Volume => &[Kind::Spend, Kind::Talk],
            Kind::Talk => &[Kind::Volume],
            Kind::Slow
            | Kind::Fallback
            | Kind::Silent
            | Kind::Retries
            | Kind::Tokens
            | Kind::Spend
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
            Kind::Down
                | Kind::Auth
                | Kind::Throttled
                | Kind::Errors
                | Kind::Dear
                | Kind::Volume
                | Kind::Talk
        )
    }
}

/// An alert that can explain others.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) kind: Kind,
    pub(super) why: Finding,
    /// The episode that it is told in.
    pub(super) episode: u64,
    /// When it was over, by the daemon's clock; `None` while it fires.
    pub(super) ended: Option<UnixMillis>,
}

impl Cause {
    /// Whether what a finding looks at may still hold some of it.
    fn reaches(&self, (effect, what): (Kind, &Finding), wall: UnixMillis) -> bool {
        let Some(ended) = self.ended else { return true };
        let window = match (effect, what.measure.window_minutes) {
            // The sums of a calendar day.
            (Kind::Talk | Kind::Spend, 0) => DAY_MS,
            (_, minutes) => i64::from(minutes).saturating_mul(MINUTE_MS),
        };
        let after = if effect == Kind::Retries {
            AFTER_LINKS_MS
        } else {
            AFTER_MS
        };
        // What is dear explains sums by how dear it is, and that is told by what fires alone.
        self.kind != Kind::Dear && wall.0.saturating_sub(ended.0) < window.saturating_add(after)
    }
}

/// Whether one finding is all there is to another, which is told in the episode of that number.
pub(super) fn explains(
    settings: &Settings,
    cause: &Cause,
    (effect, what, episode): (Kind, &Finding, u64),
    wall: UnixMillis,
) -> bool {
    let why = &cause.why;
    // Calls and the conversation that makes them can each explain the other: what was told first does.
    let is_first = match (cause.kind, effect) {
        (Kind::Talk, Kind::Volume) => cause.episode < episode,
        (Kind::Volume, Kind::Talk) => cause.episode <= episode,
        (_, _) => true,
    };
    if !is_first
        || !cause.kind.explains(effect)
        || why.severity < what.severity
        || !cause.reaches((effect, what), wall)
    {
        return false;
    }
    // A dear hour explains a dear day, not the other way round.
    if cause.kind == effect && why.severity == what.severity {
        return false;
    }
    // Traffic that calms down still stands in the longer windows of sums; what it was like then is not kept.
    let calms = cause.kind == Kind::Volume && why.level != Level::Bad;
    if effect == Kind::Spend && !calms && !is_no_worse(&why.measure, &what.measure) {
        return false;
    }
    (effect != Kind::Volume || brings(cause, &what.measure))
        && is_beside(settings, &why.series, &what.series)
}

/// Whether trouble brings that much traffic: an outage none, a conversation what it asks itself and its retries.
fn brings(cause: &Cause, volume: &Measure) -> bool {
    let expected = volume
        .expected
        .map_or(i64::MAX, |(_, expected, _)| expected.n);
    let more = volume.value.n.saturating_sub(expected);
    let own = match (cause.kind, cause.why.measure.metric) {
        (Kind::Talk, Some(Metric::ConversationRequests)) => cause.why.measure.value.n,
        (_, _) => 0,
    };
    more.saturating_mul(2) <= own.saturating_mul(3)
}

/// Whether a sum is no further beyond what it should be, by a half at most, than what each call costs is.
fn is_no_worse(each: &Measure, sum: &Measure) -> bool {
    let should = |measure: &Measure| {
        let expected = measure.expected.map(|(_, expected, _)| expected);
        let should = measure
            .limit
            .or(expected)
            .map(|amount| i128::from(amount.n));
        should.filter(|n| *n > 0)
    };
    let (Some(of_each), Some(of_sum)) = (should(each), should(sum)) else {
        return false;
    };
    i128::from(sum.value.n) * of_each * 2 <= i128::from(each.value.n) * of_sum * 3
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
