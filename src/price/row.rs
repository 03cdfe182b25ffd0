//! A price row: whose model, where it holds, and what it charges at which time and tier.
//!
//! Knows no file format and no call. A newcomer may ask why tiers lie on top of the standard
//! price instead of standing in rows of their own: a provider's batch list often names input and
//! output only, and all else (searches, cache reads) stays at the standard price.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::call::{Scope, Tier};
use crate::money::Factor;
use crate::price::matching::Matcher;
use crate::price::rates::RateSet;
use crate::units::{DAY_MS, Text, UnixMillis};

/// Where a row holds; an empty list holds everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Deployment scopes.
    pub scopes: Vec<Scope>,
    /// Zones of regions: `eu`, `us`, a Bedrock profile's prefix.
    pub zones: Vec<Text>,
    /// Canonical regions: `azure:westeurope`, `aws:eu-central-1`.
    pub regions: Vec<Text>,
}

impl Place {
    /// How closely the row names the place: 0 not at all, 3 by region.
    #[must_use]
    pub fn closeness(&self) -> u8 {
        if !self.regions.is_empty() {
            3
        } else if !self.zones.is_empty() {
            2
        } else {
            u8::from(!self.scopes.is_empty())
        }
    }

    /// Whether the row holds at that place. What the call does not tell, a row that asks for it
    /// does not hold for.
    #[must_use]
    pub fn holds(&self, scope: Option<Scope>, zone: Option<&str>, region: Option<&str>) -> bool {
        fn in_list(list: &[Text], told: Option<&str>) -> bool {
            list.is_empty() || told.is_some_and(|told| list.iter().any(|item| item == told))
        }
        (self.scopes.is_empty() || scope.is_some_and(|scope| self.scopes.contains(&scope)))
            && in_list(&self.zones, zone)
            && in_list(&self.regions, region)
    }
}

/// When one price of a row is in force, all in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The tier; `None` is the standard price.
    pub tier: Option<Tier>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// First day on which it holds no more.
    pub until: Option<NaiveDate>,
    /// Daily hours in milliseconds since midnight, start inside and end outside; over midnight
    /// where the end lies before the start.
    pub daily: Option<(i64, i64)>,
}

/// One price of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// When it is in force.
    pub when: When,
    /// What it charges; for a tier, what differs from the standard price.
    pub rates: RateSet,
}

/// One row of a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The provider as [`crate::call::Provider::as_str`] or as the catalogue names it; empty in a
    /// contract row that holds for whatever the endpoint serves.
    pub provider: Text,
    /// The name shown for the row.
    pub name: Text,
    /// Which model names it prices.
    pub models: Matcher,
    /// Where it holds.
    pub place: Place,
    /// The registered endpoint whose contract this is; empty in other rows.
    pub endpoint: Text,
    /// The prices. Of several standard prices in force, the last listed counts; of several of one
    /// tier, the first listed (the order of the genai-prices data).
    pub prices: Vec<Price>,
    /// Where the figures come from.
    pub source: Arc<str>,
}

/// A published multiplier of token rates by place or tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uplift {
    /// The provider as [`crate::call::Provider::as_str`].
    pub provider: Text,
    /// Which model names it covers.
    pub models: Matcher,
    /// Where it holds.
    pub place: Place,
    /// The tier; `None` covers every tier.
    pub tier: Option<Tier>,
    /// What the standard rates are multiplied by.
    pub factor: Factor,
    /// The provider publishes it in general, not for this very model: the result is approximated.
    pub general: bool,
    /// Where the figure comes from.
    pub source: Arc<str>,
}

/// The day on which a provider stops serving a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The provider as [`crate::call::Provider::as_str`].
    pub provider: Text,
    /// Which model names it covers.
    pub models: Matcher,
    /// The day.
    pub date: NaiveDate,
}

/// The first moment of a day in UTC.
#[must_use]
pub(super) fn start_of(day: NaiveDate) -> UnixMillis {
    let days = i64::from(day.num_days_from_ce()).saturating_sub(EPOCH_DAYS_FROM_CE);
    UnixMillis(days.saturating_mul(DAY_MS))
}

/// 1970-01-01 as days from the common era.
const EPOCH_DAYS_FROM_CE: i64 = 719_163;

impl When {
    /// Whether the days (not the hours) cover that moment.
    #[must_use]
    pub fn covers_day(&self, at: UnixMillis) -> bool {
        self.from.is_none_or(|from| at >= start_of(from))
            && self.until.is_none_or(|until| at < start_of(until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_start_at_midnight_utc() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        assert_eq!(start_of(day).to_string(), "2026-11-20T00:00:00.000Z");
    }

    #[test]
    fn a_row_holds_where_it_says() {
        let place = |scopes: &[Scope], zones: &[&str], regions: &[&str]| Place {
            scopes: scopes.to_vec(),
            zones: zones.iter().map(|z| Text::from(*z)).collect(),
            regions: regions.iter().map(|r| Text::from(*r)).collect(),
        };
        let zone = Some(Scope::DataZone);
        let cases = [
            (place(&[], &[], &[]), None, None, None, true),
            (place(&[Scope::Global], &[], &[]), None, None, None, false),
            (
                place(&[Scope::DataZone], &["eu"], &[]),
                zone,
                Some("eu"),
                None,
                true,
            ),
            (
                place(&[Scope::DataZone], &["eu"], &[]),
                zone,
                Some("us"),
                None,
                false,
            ),
            (
                place(&[Scope::DataZone], &["eu"], &[]),
                zone,
                None,
                None,
                false,
            ),
            (
                place(&[], &[], &["aws:eu-west-1"]),
                None,
                None,
                Some("aws:eu-west-1"),
                true,
            ),
        ];
        for (place, scope, zone, region, expected) in cases {
            assert_eq!(place.holds(scope, zone, region), expected, "{place:?}");
        }
    }
}
