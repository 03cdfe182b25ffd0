//! A cost with its parts: tokens, rate, product, and the one rounding at the end.
//!
//! Knows no model name and no page. A newcomer may ask why the parts are added up here again: the
//! books keep the amount alone, and a bill whose sum were not computed would prove nothing.

use crate::call::Usage;
use crate::money::{Charge, Factor, NanoUsd, Rate};
use crate::price::quote::{Billed, Plan, Resolved};
use crate::price::rates::Unit;
use crate::units::UnixMillis;

/// So many units at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What was used.
    pub used: Unit,
    /// Whose rate it is charged at: a bucket without a rate of its own takes a more general one.
    pub rated_as: Unit,
    /// How many.
    pub count: u64,
    /// The rate, factors of place and tier worked in.
    pub rate: Rate,
    /// The product, exactly.
    pub amount: Charge,
}

/// What one call costs, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The parts.
    pub items: Vec<Item>,
    /// Their sum, exactly.
    pub sum: Charge,
    /// The sum, rounded once to nano-dollars, half to even.
    pub rounded: NanoUsd,
    /// First moment of the price, where it has one.
    pub from: Option<UnixMillis>,
    /// First moment after it, where it has one.
    pub until: Option<UnixMillis>,
}

impl Resolved {
    /// The parts of what [`Resolved::price`] says; `None` where no rate in force covers the call.
    #[must_use]
    pub fn bill(&self, billed: &Billed<'_>) -> Option<Bill> {
        let plan = self.plans.iter().find(|plan| plan.in_force(billed.at))?;
        plan.bill(billed.usage?, billed.web_searches)
    }
}

impl Plan {
    fn bill(&self, usage: &Usage, web_searches: u64) -> Option<Bill> {
        let total_input = usage.total_input();
        let mut sum = Charge::default();
        let mut items = Vec::new();
        let parts = self.parts(usage, web_searches);
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        for (count, units) in parts.filter(|_| !self.rates.free) {
            let found = units
                .iter()
                .find_map(|unit| Some((*unit, self.rates.get(*unit)?)));
            let Some((rated_as, rate)) = found else {
                continue;
            };
            let rate = rate.at(total_input);
            sum = sum.plus(count, rate)?;
            items.push(Item {
                used: units.first().copied()?,
                rated_as,
                count,
                rate,
                amount: Charge::default().plus(count, rate)?,
            });
        }
        Some(Bill {
            items,
            sum,
            rounded: sum.round(Factor::ONE)?,
            from: self.from,
            until: self.until,
        })
    }
}
