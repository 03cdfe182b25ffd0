//! From one matched row to the prices it gives over time, with tier and factors worked in.
//!
//! Knows no list and no place. A newcomer may ask why a tier whose row starts later than the call
//! is used at all: lists date a tier by the day somebody checked it, and the standard price would
//! be wrong by half for a batch; the result is marked as approximated.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::call::Tier;
use crate::money::Factor;
use crate::price::class::Approximation;
use crate::price::quote::{Label, Plan};
use crate::price::rates::RateSet;
use crate::price::row::{Price, Row, start_of};
use crate::units::{Text, UnixMillis};

/// How a row is to be used for a lookup.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// The call's tier.
    pub(super) tier: Tier,
    /// The factor for the place.
    pub(super) place: Factor,
    /// The factor that stands in for a tier without a row, and whether it is a general one.
    pub(super) tier_factor: Option<(Factor, bool)>,
    /// The rule that led to the row, if any.
    pub(super) rule: Option<Approximation>,
    /// The row's tiers are another provider's.
    pub(super) foreign_tiers: bool,
    /// The price hangs on where inference ran, and the lookup does not tell.
    pub(super) geo_matters: bool,
}

/// The plans of a row, covering exactly the time that the row covers.
pub(super) fn plans(row: &Row, how: &Use) -> Vec<Plan> {
    let mut days: Vec<NaiveDate> = row
        .prices
        .iter()
        .flat_map(|price| [price.when.from, price.when.until])
        .flatten()
        .collect();
    days.sort_unstable();
    days.dedup();
    let mut edges = vec![None];
    edges.extend(days.into_iter().map(Some));
    let mut plans = Vec::new();
    for (i, from) in edges.iter().enumerate() {
        let until = edges.get(i.saturating_add(1)).copied().flatten();
        let at = match (from, until) {
            (Some(day), _) => start_of(*day),
            (None, Some(day)) => UnixMillis(start_of(day).0.saturating_sub(1)),
            (None, None) => UnixMillis(0),
        };
        for standard in standards(row, at) {
            let mut plan = plan(row, standard, at, how);
            plan.clamp(*from, until);
            plans.push(plan);
        }
    }
    plans
}

/// The standard prices of one day, in order: daily hours first, then the price of the other hours.
fn standards(row: &Row, at: UnixMillis) -> Vec<&Price> {
    let mut found = Vec::new();
    for price in row.prices.iter().rev() {
        if price.when.tier.is_none() && price.when.covers_day(at) {
            found.push(price);
            if price.when.daily.is_none() {
                break;
            }
        }
    }
    found
}

fn plan(row: &Row, standard: &Price, at: UnixMillis, how: &Use) -> Plan {
    let mut rules: Vec<Approximation> = how.rule.into_iter().collect();
    let mut rates = standard.rates.clone();
    let mut valid_from = standard.when.from;
    let mut name = if row.provider.is_empty() {
        row.name.to_string()
    } else {
        format!("{}/{}", row.provider, row.name)
    };
    if how.tier != Tier::Standard {
        let tier = tier_rates(row, at, how.tier);
        name = format!("{name}+{}", how.tier.as_str());
        match tier {
            Some(found) => {
                rates = rates.overlaid(&found.rates);
                valid_from = valid_from.max(found.from);
                if found.later {
                    rules.push(Approximation::TierDatedLater);
                }
                if how.foreign_tiers {
                    rules.push(Approximation::OtherProvidersRow);
                }
            }
            None => match how.tier_factor {
                Some((factor, general)) => {
                    rates = rates.times(factor);
                    if general {
                        rules.push(Approximation::BatchDiscount);
                    }
                }
                None => rules.push(Approximation::StandardTier),
            },
        }
    }
    if how.place != Factor::ONE {
        rates = rates.times(how.place);
        name = format!("{name}*{}", how.place);
    }
    if let Some(day) = standard.when.from {
        name = format!("{name}@{day}");
    }
    if standard.when.daily.is_some() {
        name.push_str("@hours");
    }
    Plan {
        from: None,
        until: None,
        daily: standard.when.daily,
        rates,
        rule: rules.into_iter().min(),
        geo_matters: how.geo_matters,
        label: Arc::new(Label {
            row: Text::from(name),
            source: Arc::clone(&row.source),
            valid_from,
        }),
    }
}

struct TierRates {
    rates: RateSet,
    from: Option<NaiveDate>,
    later: bool,
}

/// What a row says of a tier at a time; the earliest later word where it says nothing yet.
fn tier_rates(row: &Row, at: UnixMillis, tier: Tier) -> Option<TierRates> {
    let of_tier = || {
        row.prices
            .iter()
            .filter(|price| price.when.tier == Some(tier))
    };
    let mut merged: Option<TierRates> = None;
    for price in of_tier().filter(|price| price.when.covers_day(at)) {
        merged = Some(match merged {
            None => TierRates {
                rates: price.rates.clone(),
                from: price.when.from,
                later: false,
            },
            Some(earlier) => TierRates {
                rates: earlier.rates.filled(&price.rates),
                ..earlier
            },
        });
    }
    merged.or_else(|| {
        of_tier()
            .filter(|price| price.when.from.is_some_and(|from| start_of(from) > at))
            .min_by_key(|price| price.when.from)
            .map(|price| TierRates {
                rates: price.rates.clone(),
                from: price.when.from,
                later: true,
            })
    })
}
