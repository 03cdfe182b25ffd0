//! Why one stretch of days cost more than another: the exact split by cause, and by feature.
//!
//! Knows no page. A newcomer may ask why stretches of unequal length are compared by the day: eight
//! days cost more than seven whatever happened, and that is no answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Failure;
use crate::app::bridge::{Weights, state_of_days};
use crate::bridge::{State, split};
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span};
use crate::units::HOUR_MS;

use super::bridge::{Feature as Hourly, features, words};

/// Two stretches of days, and what lies between them. Amounts are of a whole stretch where both have
/// as many days, else of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compared {
    /// Whether amounts are of a day, because the stretches have not as many days.
    pub a_day: bool,
    /// Cost of the stretch that is compared with.
    pub before_nanousd: i64,
    /// Cost of the other.
    pub now_nanousd: i64,
    /// Answered requests of the stretch that is compared with, in all.
    pub before_requests: i64,
    /// Answered requests of the other, in all.
    pub now_requests: i64,
    /// What the difference comes from, greatest first; the parts sum to it.
    pub causes: Vec<Step>,
    /// The features that differ, greatest difference first; they sum to it as well.
    pub features: Vec<Step>,
}

/// A part of a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// The feature's key; empty for a cause.
    pub key: String,
    /// Cause or feature, in words.
    pub name: String,
    /// How much of the difference.
    pub nanousd: i64,
}

/// Compares `now` with `before`, each with how many days it has; of one feature where `only` names it.
///
/// # Errors
/// What the ledger says.
pub fn compare(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    (now, before): ((Span, i64), (Span, i64)),
    only: Option<&str>,
) -> Result<Compared, Failure> {
    let mut weights = Weights::new(rules, now.0.to);
    let a_day = now.1 != before.1;
    let mut read = |(span, days): (Span, i64)| -> Result<State, Failure> {
        let read = state_of_days(ledger, &mut weights, span, only)?;
        // The split tells amounts of an hour: a stretch, or a day, is handed over as one.
        let span_ms = HOUR_MS * if a_day { days.max(1) } else { 1 };
        Ok(State { span_ms, ..read })
    };
    let (after, before) = (read(now)?, read(before)?);
    let mut causes: Vec<Step> = split(&before, &after)
        .into_iter()
        .filter(|(_, amount)| amount.0 != 0)
        .map(|(change, amount)| Step {
            key: String::new(),
            name: words(change, amount.0).to_owned(),
            nanousd: amount.0,
        })
        .collect();
    causes.sort_by_key(|step| std::cmp::Reverse(step.nanousd.saturating_abs()));
    let by_feature = features(&before, &after, rules).into_iter();
    Ok(Compared {
        a_day,
        before_nanousd: before.per_hour_nanousd(),
        now_nanousd: after.per_hour_nanousd(),
        before_requests: before.requests(),
        now_requests: after.requests(),
        causes,
        features: by_feature.map(feature).collect(),
    })
}

fn feature(one: Hourly) -> Step {
    Step {
        nanousd: one.more_nanousd_per_hour,
        key: one.feature,
        name: one.name,
    }
}
