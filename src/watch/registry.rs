//! What the registry says of the values of a series: approved figures, limits, who may use what.
//!
//! Knows no traffic. A newcomer may ask why sums over several features need all of them declared: a
//! budget of the two features out of ten that have one would be passed on the first morning.

use std::collections::BTreeMap;

use crate::alert::{
    Declared, DeclaredEndpoint, DeclaredFeature, Dimension, Limit, Metric, Period, Series, Span,
};
use crate::attribute::UNATTRIBUTED;
use crate::units::{Text, UnixMillis};

/// Millionths of a whole.
pub(super) const WHOLE: i64 = 1_000_000;
/// Minutes of a month where no particular one is meant.
const MONTH_MINUTES: i64 = 30 * 1_440;

/// `amount` times `part` of `whole`, without overflow on the way; 0 of nothing.
pub(super) fn part_of(amount: i64, part: i64, whole: i64) -> i64 {
    let product = i128::from(amount) * i128::from(part);
    let parts = product.checked_div(i128::from(whole)).unwrap_or(0);
    i64::try_from(parts).unwrap_or(if parts > 0 { i64::MAX } else { i64::MIN })
}

/// Minutes of a window, with a month of 30 days.
pub(super) fn minutes_of(span: Span) -> i64 {
    match span {
        Span::Minutes(minutes) => i64::from(minutes),
        Span::Period(Period::Day) => 1_440,
        Span::Period(Period::Week) => 10_080,
        Span::Period(Period::Month) => MONTH_MINUTES,
    }
}

/// The registry, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    features: BTreeMap<Text, DeclaredFeature>,
    endpoints: BTreeMap<Text, DeclaredEndpoint>,
    budget: Option<i64>,
    pub(super) prices_of: Option<UnixMillis>,
}

impl Registry {
    pub(super) fn new(declared: &Declared) -> Registry {
        let features = declared.features.iter();
        let endpoints = declared.endpoints.iter();
        Registry {
            features: features
                .map(|one| (one.feature.clone(), one.clone()))
                .collect(),
            endpoints: endpoints
                .map(|one| (one.endpoint.clone(), one.clone()))
                .collect(),
            budget: declared.budget_nanousd,
            prices_of: declared.prices_of,
        }
    }

    pub(super) fn features(&self) -> impl Iterator<Item = &DeclaredFeature> {
        self.features.values()
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = &DeclaredEndpoint> {
        self.endpoints.values()
    }

    pub(super) fn feature(&self, name: &str) -> Option<&DeclaredFeature> {
        self.features.get(name)
    }

    pub(super) fn endpoint(&self, name: &str) -> Option<&DeclaredEndpoint> {
        self.endpoints.get(name)
    }

    /// The application of a feature: as declared, else what stands before the slash.
    pub(super) fn application(&self, feature: &str) -> Text {
        let declared = self.feature(feature).map(|one| one.application.clone());
        declared.filter(|one| !one.is_empty()).unwrap_or_else(|| {
            let split = feature.split_once('/');
            split.map_or_else(
                || Text::from(feature),
                |(application, _)| application.into(),
            )
        })
    }

    /// Whether a series' feature, or its endpoint, must not be left.
    pub(super) fn is_fail_closed(&self, series: &Series) -> bool {
        let feature = series.get(Dimension::Feature);
        let endpoint = series.get(Dimension::Endpoint);
        feature
            .and_then(|name| self.feature(name))
            .is_some_and(|one| one.fail_closed)
            || endpoint
                .and_then(|name| self.endpoint(name))
                .is_some_and(|one| one.fail_closed)
    }

    /// Whether a feature has endpoints of its own.
    pub(super) fn has_own(&self, feature: &str) -> bool {
        self.feature(feature)
            .is_some_and(|one| !one.endpoints.is_empty())
    }

    /// Whether an endpoint is a pilot's, and this feature is none of those that it is meant for.
    pub(super) fn is_outside_pilot(&self, feature: &str, endpoint: &str) -> bool {
        let owns = |one: &&DeclaredFeature| one.endpoints.iter().any(|own| own == endpoint);
        feature != UNATTRIBUTED
            && self
                .features()
                .filter(owns)
                .any(|one| one.pilot_since.is_some())
            && !self
                .features()
                .filter(owns)
                .any(|one| one.feature == feature)
    }

    /// Whether a group of users is none of those that a feature is meant for.
    pub(super) fn is_other_group(&self, feature: &str, group: &str) -> bool {
        let groups = self.feature(feature).map(|one| &one.user_groups);
        groups.is_some_and(|groups| !groups.is_empty() && !groups.iter().any(|one| one == group))
    }

    /// What was approved of a feature for one metric; of calls and spend: for a day.
    fn approved_of(feature: &DeclaredFeature, metric: Metric) -> Option<i64> {
        let calls = feature.approved_calls;
        let times_calls = |one: Option<i64>| Some(one?.saturating_mul(calls?));
        let figures = [
            (Metric::CostPerCall, feature.approved_nanousd),
            (Metric::TokensPerCall, feature.approved_tokens),
            (Metric::Calls, calls),
            (Metric::Requests, calls),
            (Metric::Spend, times_calls(feature.approved_nanousd)),
            (Metric::Tokens, times_calls(feature.approved_tokens)),
            (Metric::RetryShare, feature.approved_retries_ppm),
        ];
        let found = figures.into_iter().find(|(one, _)| *one == metric);
        found.and_then(|(_, figure)| figure)
    }

    /// A figure of the series' feature, or the sum over the features that a series takes in.
    fn over(&self, series: &Series, of: impl Fn(&DeclaredFeature) -> Option<i64>) -> Option<i64> {
        if let Some(name) = series.get(Dimension::Feature) {
            return of(self.feature(name)?);
        }
        let mut inside = self.features().filter(|feature| {
            let values = series.values().iter();
            values.clone().all(|(dimension, value)| {
                *dimension == Dimension::Application && *value == self.application(&feature.feature)
            })
        });
        let first = of(inside.next()?)?;
        inside.try_fold(first, |sum, feature| Some(sum.saturating_add(of(feature)?)))
    }

    /// What was approved for the metric over a window; `None` where nothing is.
    pub(super) fn approved(&self, series: &Series, metric: Metric, span: Span) -> Option<i64> {
        let adds = matches!(
            metric,
            Metric::Calls | Metric::Requests | Metric::Spend | Metric::Tokens
        );
        if !adds && series.get(Dimension::Feature).is_none() {
            return None;
        }
        let figure = self.over(series, |feature| Self::approved_of(feature, metric))?;
        Some(if adds {
            part_of(figure, minutes_of(span), 1_440)
        } else {
            figure
        })
    }

    /// The budget of a month for a series.
    pub(super) fn budget(&self, series: &Series) -> Option<i64> {
        // What is neither a feature nor an application has no budget but the company's.
        let has = |dimension| series.get(dimension).is_some();
        let is_own = has(Dimension::Feature) || has(Dimension::Application);
        if !is_own && (self.budget.is_some() || !series.values().is_empty()) {
            return self.budget;
        }
        self.over(series, |feature| feature.budget_nanousd)
    }

    /// The endpoint of a series: its own, else the only one of its feature.
    pub(super) fn endpoint_of(&self, series: &Series) -> Option<&DeclaredEndpoint> {
        if let Some(name) = series.get(Dimension::Endpoint) {
            return self.endpoint(name);
        }
        let feature = self.feature(series.get(Dimension::Feature)?)?;
        match feature.endpoints.as_slice() {
            [only] => self.endpoint(only),
            _ => None,
        }
    }

    /// What is declared for the metric over a window; `None` where nothing is.
    fn declared(&self, series: &Series, metric: Metric, span: Span) -> Option<i64> {
        let endpoint = self.endpoint_of(series);
        let feature = series
            .get(Dimension::Feature)
            .and_then(|name| self.feature(name));
        let timeout = endpoint.and_then(|one| one.timeout_ms);
        let month = |budget| part_of(budget, minutes_of(span), MONTH_MINUTES);
        let figures = [
            (Metric::Spend, self.budget(series).map(month)),
            (Metric::LatencyP50, timeout),
            (Metric::LatencyP95, timeout),
            (
                Metric::PromptPerCall,
                endpoint.and_then(|one| one.context_tokens),
            ),
            (
                Metric::ConversationTokens,
                feature.and_then(|one| one.conversation_tokens),
            ),
            (Metric::LatencyP95OfTimeout, Some(WHOLE)),
            (Metric::ContextUse, Some(WHOLE)),
        ];
        let found = figures.into_iter().find(|(one, _)| *one == metric);
        found.and_then(|(_, figure)| figure)
    }

    /// A limit in the metric's own unit; `None` where nothing is declared.
    pub(super) fn limit(
        &self,
        limit: Limit,
        series: &Series,
        metric: Metric,
        span: Span,
    ) -> Option<i64> {
        match limit {
            Limit::Fixed(amount) => Some(amount.n),
            Limit::OfApproved(ppm) => {
                Some(part_of(self.approved(series, metric, span)?, ppm, WHOLE))
            }
            Limit::OfDeclared(ppm) => {
                Some(part_of(self.declared(series, metric, span)?, ppm, WHOLE))
            }
        }
    }
}
