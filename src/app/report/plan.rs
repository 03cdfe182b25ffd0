//! Spend against what was approved, by day, and what explains the difference; spend by model and application.
//!
//! Knows no terminal and no page. A newcomer may ask why approval is multiplied by answered
//! requests: an approved cost of a request says nothing of how many there are, and more of them is
//! a difference of its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Failure;
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span, Sums};
use crate::units::{Text, UnixMillis};

use super::daily::Feature;

/// Spend against approval.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Plan {
    /// One row a day, oldest first.
    pub days: Vec<PlanDay>,
    /// By the model that answered, most expensive first.
    pub models: Vec<Used>,
    /// By application, most expensive first.
    pub applications: Vec<Used>,
}

/// A day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanDay {
    /// Its date in the ledger's time zone.
    pub date: String,
    /// What its answered requests would have cost as approved; features with an approval alone.
    pub approved_nanousd: i64,
    /// What the same features cost.
    pub of_approved_nanousd: i64,
    /// What features without an approval cost.
    pub other_nanousd: i64,
    /// Answered requests.
    pub requests_ok: i64,
}

impl PlanDay {
    /// All cost.
    #[must_use]
    pub fn cost_nanousd(&self) -> i64 {
        self.of_approved_nanousd.saturating_add(self.other_nanousd)
    }
}

/// What one model or application used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Used {
    /// Its name; empty where nothing told it.
    pub name: String,
    /// Calls.
    pub calls: i64,
    /// Requests.
    pub requests: i64,
    /// Answered ones.
    pub requests_ok: i64,
    /// All cost with a price.
    pub cost_nanousd: i64,
    /// Input tokens, caches included.
    pub tokens_input_total: i64,
    /// Of them: read from a cache.
    pub tokens_cache_read: i64,
    /// Output tokens.
    pub tokens_output: i64,
    /// Requests without a known price.
    pub requests_unpriced: i64,
}

/// Why spend is not what was approved; the parts add up exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Why {
    /// The approved cost of as many answered requests.
    pub approved_nanousd: i64,
    /// More or fewer tokens in a request than approved, at the approved price of a token.
    pub tokens_nanousd: i64,
    /// What failed attempts cost that were repeated.
    pub retries_nanousd: i64,
    /// The rest: another price of a token, by model, region or cache.
    pub price_nanousd: i64,
    /// What features without an approval cost.
    pub without_approval_nanousd: i64,
    /// All spend.
    pub cost_nanousd: i64,
}

/// Adds up the day cells inside `span`, of `only` one feature where given.
///
/// # Errors
/// What the ledger says.
pub fn plan(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    only: Option<&str>,
) -> Result<Plan, Failure> {
    let sums = ledger.sums(span, only)?;
    let mut models: BTreeMap<Text, Used> = BTreeMap::new();
    let mut applications: BTreeMap<Text, Used> = BTreeMap::new();
    for sum in sums.keys() {
        let totals = &sum.cell.totals;
        let application = sum.key.feature.split('/').next().unwrap_or_default();
        let used = [
            models.entry(sum.key.model.clone()).or_default(),
            applications.entry(Text::from(application)).or_default(),
        ];
        for one in used {
            one.calls += totals.calls();
            one.requests += totals.requests();
            one.requests_ok += totals.requests_ok;
            one.cost_nanousd = one.cost_nanousd.saturating_add(totals.cost_nanousd());
            one.tokens_input_total += totals.tokens_input_total();
            one.tokens_cache_read += totals.tokens_cache_read;
            one.tokens_output += totals.tokens_output;
            one.requests_unpriced += totals.requests_unpriced;
        }
    }
    Ok(Plan {
        days: plan_days(ledger, rules, &sums),
        models: sorted(models),
        applications: sorted(applications),
    })
}

/// Spend against approval by day.
fn plan_days(ledger: &dyn Ledger, rules: &Rulebook, sums: &Sums) -> Vec<PlanDay> {
    let approved: BTreeMap<&Text, i64> = rules
        .features
        .iter()
        .filter_map(|(_, feature)| Some((&feature.key, feature.approved.cost_per_call?.0)))
        .collect();
    let mut by_day: BTreeMap<UnixMillis, PlanDay> = BTreeMap::new();
    for (start, feature, spend) in sums.spend() {
        let day = by_day.entry(start).or_default();
        day.requests_ok += spend.requests_ok;
        match approved.get(feature) {
            Some(each) => {
                day.approved_nanousd += each.saturating_mul(spend.requests_ok);
                day.of_approved_nanousd += spend.cost_nanousd;
            }
            None => day.other_nanousd += spend.cost_nanousd,
        }
    }
    let dated = |(start, mut day): (UnixMillis, PlanDay)| {
        day.date = ledger.zones().date_of(start).to_string();
        day
    };
    by_day.into_iter().map(dated).collect()
}

fn sorted(by_name: BTreeMap<Text, Used>) -> Vec<Used> {
    let named = by_name.into_iter().map(|(name, used)| Used {
        name: name.to_string(),
        ..used
    });
    let mut list: Vec<Used> = named.collect();
    list.sort_by_key(|used| std::cmp::Reverse((used.cost_nanousd, used.requests, used.calls)));
    list
}

/// Why these features did not cost what was approved. `tokens` are the approved tokens of a request,
/// by feature.
#[must_use]
pub fn why(features: &[Feature], rules: &Rulebook) -> Why {
    let mut why = Why::default();
    for feature in features {
        let figures = &feature.figures;
        why.cost_nanousd += figures.cost_nanousd;
        let Some(each) = feature.approved_per_request_nanousd else {
            why.without_approval_nanousd += figures.cost_nanousd;
            continue;
        };
        let registered = rules.features.by_key(&feature.feature);
        let registered = registered.and_then(|id| rules.features.get(id));
        let approved = each.saturating_mul(figures.requests_ok);
        let planned = registered.and_then(|feature| feature.approved.tokens_per_call);
        let used = figures
            .tokens_input_total
            .saturating_add(figures.tokens_output);
        let tokens = planned.map_or(0, |planned| at_price(each, used, planned) - approved);
        why.approved_nanousd += approved;
        why.tokens_nanousd += tokens;
        why.retries_nanousd += feature.lost_nanousd;
        why.price_nanousd += figures.cost_nanousd - approved - tokens - feature.lost_nanousd;
    }
    why
}

/// What `used` tokens cost where `planned` tokens cost `each`.
fn at_price(each: i64, used: i64, planned: u64) -> i64 {
    let product = i128::from(each).saturating_mul(i128::from(used));
    i64::try_from(product / i128::from(planned.max(1))).unwrap_or(i64::MAX)
}

impl Why {
    /// The parts between what was approved and what was spent.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, i64); 4] {
        [
            ("Tokens in a request", self.tokens_nanousd),
            ("Price of a token", self.price_nanousd),
            ("Failed attempts", self.retries_nanousd),
            ("Without an approval", self.without_approval_nanousd),
        ]
    }
}
