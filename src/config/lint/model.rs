//! The registered models against the price lists: is there a price, and for how long.
//!
//! Knows no rule. A newcomer may ask why an unpriced model is no error: its calls are metered all
//! the same and show as unpriced, never as free.

use chrono::NaiveDate;

use crate::attribute::{CostModel, Endpoint};
use crate::call::{Provider, Tier, Usage};
use crate::price::{Billed, Lookup, PriceGap};
use crate::problem::Problem;
use crate::units::Text;

use super::super::at::AtText;
use super::super::endpoints::Placed;
use super::{Entry, Subject};

/// A model that retires within this many days is near retirement: a quarter, the time that a
/// change of model takes with its tests.
const NEAR_DAYS: i64 = 90;

/// A request of ordinary make, to ask for a price with.
const SAMPLE: Usage = Usage {
    input: 1000,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output: 100,
    reasoning: 0,
};

pub(super) fn lint(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    let Entry {
        endpoint, placed, ..
    } = entry;
    let Some(provider) = &endpoint.provider else {
        return;
    };
    for (model, at) in models(endpoint, placed) {
        if let Some((message, hint)) = without_price(subject, endpoint, provider, &model) {
            let problem = placed.problem(at, "model_without_price", message);
            faults.push(problem.hint(hint).warning());
        }
        if let Some((code, message, hint)) = retirement(subject, provider, &model) {
            faults.push(placed.problem(at, code, message).hint(hint).warning());
        }
    }
}

/// The registered model and those behind aliases, each once, with their places.
fn models<'a>(endpoint: &Endpoint, placed: Placed<'a>) -> Vec<(Text, Option<&'a AtText>)> {
    let mut models: Vec<(Text, Option<&AtText>)> = Vec::new();
    let own = (!endpoint.model_name.is_empty()).then(|| {
        (
            endpoint.model_name.clone(),
            placed.written.model_name.as_ref(),
        )
    });
    let aliases = placed.written.model_aliases.values();
    let behind = aliases.map(|model| (Text::from(model.get().as_str()), Some(model)));
    for (model, at) in own.into_iter().chain(behind) {
        if !models.iter().any(|(known, _)| *known == model) {
            models.push((model, at));
        }
    }
    models
}

/// Why a request of ordinary make would have no price today, and what to do about it.
fn without_price(
    subject: &Subject<'_>,
    endpoint: &Endpoint,
    provider: &Provider,
    model: &str,
) -> Option<(String, &'static str)> {
    let lookup = Lookup {
        endpoint: Some(&endpoint.name),
        provider,
        model,
        requested_model: "",
        region: (!endpoint.region.is_empty()).then_some(endpoint.region.as_str()),
        scope: endpoint.scope,
        geo: None,
        tier: Tier::Standard,
        fixed: endpoint.cost_model == CostModel::Fixed,
    };
    let billed = Billed {
        at: subject.now,
        usage: Some(&SAMPLE),
        ..Billed::default()
    };
    let whose = provider.as_str();
    match subject.prices.resolve(&lookup).price(&billed).gap? {
        PriceGap::UnknownModel => Some((
            format!("no price list knows model `{model}` of `{whose}`"),
            "correct the name, or give a price in the file that `prices` names",
        )),
        PriceGap::UnknownProvider => Some((
            format!("no price list knows provider `{whose}`"),
            "correct `provider`, or give a price in the file that `prices` names",
        )),
        PriceGap::NotInForce => Some((
            format!("no price of model `{model}` is in force today"),
            "give a price in the file that `prices` names",
        )),
        PriceGap::SelfHosted => Some((
            format!("model `{model}` runs on own hardware and has no price"),
            "say `cost_model = \"fixed\"`, or give a price in the file that `prices` names",
        )),
        PriceGap::NoModel
        | PriceGap::NoUsage
        | PriceGap::Audio
        | PriceGap::OtherUnit
        | PriceGap::NoRateForBucket
        | PriceGap::PlatformLicence
        | PriceGap::Overflow => None,
    }
}

/// That the model is retired, or will be soon.
fn retirement(
    subject: &Subject<'_>,
    provider: &Provider,
    model: &str,
) -> Option<(&'static str, String, &'static str)> {
    let date = subject.prices.retirement(provider, model)?;
    let today: NaiveDate = subject.now.to_utc().date_naive();
    let days = date.signed_duration_since(today).num_days();
    if days <= 0 {
        Some((
            "model_retired",
            format!("model `{model}` was retired on {date}"),
            "calls to it fail: deploy its successor",
        ))
    } else if days <= NEAR_DAYS {
        Some((
            "model_near_retirement",
            format!("model `{model}` is retired on {date}, in {days} days"),
            "plan the move to its successor",
        ))
    } else {
        None
    }
}
