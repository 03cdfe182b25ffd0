//! From a resolved price and one call's tokens to an exact amount and its class.
//!
//! Knows no model name and no provider. A newcomer may ask why a missing cache rate does not make
//! a call unpriced: the tokens are billed as fresh input where a list states nothing cheaper, so
//! the amount is a true upper bound and is marked as approximated.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::call::{Untold, Usage};
use crate::money::{Charge, Factor, NanoUsd};
use crate::price::class::{Approximation, PriceClass, PriceGap};
use crate::price::rates::{RateSet, Unit};
use crate::price::row::start_of;
use crate::units::{DAY_MS, Text, UnixMillis};

/// What a call used, as far as a price hangs on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Billed<'a> {
    /// When the call began.
    pub at: UnixMillis,
    /// Its tokens; `None` when the report tells none.
    pub usage: Option<&'a Usage>,
    /// Its server-side web searches.
    pub web_searches: u64,
    /// What the report cannot tell.
    pub untold: Untold,
    /// Audio tokens are among the counts.
    pub audio: bool,
}

/// The row a cost comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// `provider/model`, then what was applied: `+batch`, `*1.1`, `@2026-08-21`.
    pub row: Text,
    /// The list, with its version or date of reading.
    pub source: Arc<str>,
    /// First day of the price, where the list states one.
    pub valid_from: Option<NaiveDate>,
}

/// The price of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// How far to trust it.
    pub class: PriceClass,
    /// The cost; `None` exactly when unpriced.
    pub cost: Option<NanoUsd>,
    /// Where it comes from; `None` when no row was found. Shared, so that pricing stays cheap.
    pub label: Option<Arc<Label>>,
    /// By which rule, exactly when approximated.
    pub rule: Option<Approximation>,
    /// Why not, exactly when unpriced.
    pub gap: Option<PriceGap>,
}

impl Priced {
    /// The row's name; empty when no row was found.
    #[must_use]
    pub fn row(&self) -> &str {
        self.label.as_deref().map_or("", |label| label.row.as_str())
    }

    /// The row's source; empty when no row was found.
    #[must_use]
    pub fn source(&self) -> &str {
        self.label.as_deref().map_or("", |label| &label.source)
    }

    /// The row's first day, where stated.
    #[must_use]
    pub fn valid_from(&self) -> Option<NaiveDate> {
        self.label.as_deref().and_then(|label| label.valid_from)
    }

    fn gap(gap: PriceGap, label: Option<&Arc<Label>>) -> Priced {
        Priced {
            class: PriceClass::Unpriced,
            cost: None,
            label: label.cloned(),
            rule: None,
            gap: Some(gap),
        }
    }
}

/// One price of a resolved lookup, in force for some time.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// First moment, if any.
    pub(super) from: Option<UnixMillis>,
    /// First moment after, if any.
    pub(super) until: Option<UnixMillis>,
    /// Daily hours in milliseconds since midnight UTC.
    pub(super) daily: Option<(i64, i64)>,
    /// What it charges; factors are worked in.
    pub(super) rates: RateSet,
    /// The rule that led here; `None` when the row fits exactly.
    pub(super) rule: Option<Approximation>,
    /// The price hangs on where inference ran, and the lookup does not tell.
    pub(super) geo_matters: bool,
    /// The row.
    pub(super) label: Arc<Label>,
}

impl Plan {
    /// The plan within the days of a price's `from` and `until`.
    pub(super) fn clamp(&mut self, from: Option<NaiveDate>, until: Option<NaiveDate>) {
        self.from = self.from.max(from.map(start_of));
        let until = until.map(start_of);
        self.until = match (self.until, until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    /// Whether the plan counts at that moment.
    pub(super) fn in_force(&self, at: UnixMillis) -> bool {
        let of_day = at.0.rem_euclid(DAY_MS);
        self.from.is_none_or(|from| at >= from)
            && self.until.is_none_or(|until| at < until)
            && self.daily.is_none_or(|(start, end)| {
                if end < start {
                    of_day >= start || of_day < end
                } else {
                    (start..end).contains(&of_day)
                }
            })
    }

    fn price(&self, usage: &Usage, billed: &Billed<'_>) -> Priced {
        let mut found = self.rule;
        let mut approximate = |rule: Approximation| {
            found = Some(found.map_or(rule, |earlier| earlier.min(rule)));
        };
        let untold = billed.untold;
        if untold.geo && self.geo_matters {
            approximate(Approximation::GeoUntold);
        }
        let cached = usage.total_input() != usage.input;
        if untold.cache && !cached && usage.input > 0 && self.rates.get(Unit::CacheRead).is_some() {
            approximate(Approximation::CacheUntold);
        }
        if untold.convention {
            approximate(Approximation::ConventionUntold);
        }
        if self.cache_rate_missing(usage) {
            approximate(Approximation::CacheRateMissing);
        }
        if billed.web_searches > 0 && self.rates.get(Unit::WebSearch).is_none() && !self.rates.free
        {
            approximate(Approximation::SearchRateMissing);
        }
        match self.cost(usage, billed.web_searches) {
            Err(gap) => Priced::gap(gap, Some(&self.label)),
            Ok(cost) => Priced {
                class: if found.is_some() {
                    PriceClass::Approximated
                } else {
                    PriceClass::Exact
                },
                cost: Some(cost),
                label: Some(Arc::clone(&self.label)),
                rule: found,
                gap: None,
            },
        }
    }

    fn cache_rate_missing(&self, usage: &Usage) -> bool {
        let missing = |tokens: u64, unit: Unit| tokens > 0 && self.rates.get(unit).is_none();
        !self.rates.free
            && (missing(usage.cache_read, Unit::CacheRead)
                || missing(usage.cache_write_5m, Unit::CacheWrite)
                || missing(usage.cache_write_1h, Unit::CacheWrite1h))
    }

    /// What a call used, each with the rates that may charge it, the closest first.
    pub(super) fn parts(&self, usage: &Usage, web_searches: u64) -> [(u64, &'static [Unit]); 8] {
        let reasoning = match self.rates.get(Unit::Reasoning) {
            Some(_) => usage.reasoning.min(usage.output),
            None => 0,
        };
        [
            (usage.input, &[Unit::Input]),
            (usage.cache_read, &[Unit::CacheRead, Unit::Input]),
            (usage.cache_write_5m, &[Unit::CacheWrite, Unit::Input]),
            (
                usage.cache_write_1h,
                &[Unit::CacheWrite1h, Unit::CacheWrite, Unit::Input],
            ),
            (usage.output.saturating_sub(reasoning), &[Unit::Output]),
            (reasoning, &[Unit::Reasoning]),
            (web_searches, &[Unit::WebSearch]),
            (1, &[Unit::Request]),
        ]
    }

    fn cost(&self, usage: &Usage, web_searches: u64) -> Result<NanoUsd, PriceGap> {
        if self.rates.free {
            return Ok(NanoUsd::ZERO);
        }
        let total_input = usage.total_input();
        let mut charge = Charge::default();
        for (count, units) in self
            .parts(usage, web_searches)
            .into_iter()
            .filter(|(count, _)| *count > 0)
        {
            let rate = units.iter().find_map(|unit| self.rates.get(*unit));
            let token = units.first().is_some_and(|unit| unit.is_token());
            match rate {
                Some(rate) => {
                    let sum = charge.plus(count, rate.at(total_input));
                    charge = sum.ok_or(PriceGap::Overflow)?;
                }
                None if token && self.rates.others.is_empty() => {
                    return Err(PriceGap::NoRateForBucket);
                }
                None if token => return Err(PriceGap::OtherUnit),
                None => {}
            }
        }
        charge.round(Factor::ONE).ok_or(PriceGap::Overflow)
    }
}

/// A lookup's answer, to be kept and used for every call that asks the same.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// In order of precedence; the first in force counts.
    pub(super) plans: Arc<[Plan]>,
    /// Why there is no price when no plan is in force.
    pub(super) gap: PriceGap,
    /// The endpoint is paid by the hour.
    pub(super) fixed: bool,
}

impl Resolved {
    /// Why no call of this lookup can have a price at any time; `None` when some row was found.
    #[must_use]
    pub fn gap(&self) -> Option<PriceGap> {
        (self.plans.is_empty() && !self.fixed).then_some(self.gap)
    }

    /// Prices one call at the rates in force at its own time.
    #[must_use]
    pub fn price(&self, billed: &Billed<'_>) -> Priced {
        if self.fixed {
            return Priced {
                class: PriceClass::Fixed,
                cost: Some(NanoUsd::ZERO),
                label: None,
                rule: None,
                gap: None,
            };
        }
        let Some(plan) = self.plans.iter().find(|plan| plan.in_force(billed.at)) else {
            return Priced::gap(self.gap, None);
        };
        let Some(usage) = billed.usage else {
            return Priced::gap(PriceGap::NoUsage, Some(&plan.label));
        };
        if billed.audio && !plan.rates.free {
            return Priced::gap(PriceGap::Audio, Some(&plan.label));
        }
        plan.price(usage, billed)
    }
}
