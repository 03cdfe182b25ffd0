//! What a row charges: a rate by kind of unit, each with the steps of long contexts.
//!
//! Knows no model and no date. A newcomer may ask why a step replaces the rate of the whole
//! request: providers bill every token of a prompt past the threshold at the higher rate, not
//! only those above it.

use crate::money::{Factor, MoneyError, Rate};
use crate::units::Text;

/// A rate, and the rates that replace it for prompts longer than so many tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// The rate of ordinary prompts.
    pub base: Rate,
    /// Thresholds in rising order: past so many input tokens, this rate for all.
    pub steps: Vec<(u64, Rate)>,
}

impl Stepped {
    /// The rate for a prompt of so many tokens, caches included.
    #[must_use]
    pub fn at(&self, total_input: u64) -> Rate {
        self.steps
            .iter()
            .rev()
            .find(|(start, _)| total_input > *start)
            .map_or(self.base, |(_, rate)| *rate)
    }
}

/// The kinds of units a row can price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Fresh input tokens.
    Input,
    /// Output tokens.
    Output,
    /// Input tokens read from a cache.
    CacheRead,
    /// Input tokens written to a cache for five minutes or without a stated time.
    CacheWrite,
    /// Input tokens written to a cache for an hour.
    CacheWrite1h,
    /// Reasoning tokens, where they are not priced as output.
    Reasoning,
    /// Web searches.
    WebSearch,
    /// The request itself.
    Request,
}

impl Unit {
    /// All of them, in the order in which files write them.
    pub const ALL: [Unit; 8] = [
        Unit::Input,
        Unit::Output,
        Unit::CacheRead,
        Unit::CacheWrite,
        Unit::CacheWrite1h,
        Unit::Reasoning,
        Unit::WebSearch,
        Unit::Request,
    ];

    /// The key in price files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Input => "input",
            Unit::Output => "output",
            Unit::CacheRead => "cache_read",
            Unit::CacheWrite => "cache_write_5m",
            Unit::CacheWrite1h => "cache_write_1h",
            Unit::Reasoning => "reasoning",
            Unit::WebSearch => "web_search",
            Unit::Request => "request",
        }
    }

    /// The unit of that key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Unit> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == key)
    }

    /// Whether the unit is a token: priced per million, and moved by regional and tier factors.
    #[must_use]
    pub fn is_token(self) -> bool {
        match self {
            Unit::Input
            | Unit::Output
            | Unit::CacheRead
            | Unit::CacheWrite
            | Unit::CacheWrite1h
            | Unit::Reasoning => true,
            Unit::WebSearch | Unit::Request => false,
        }
    }

    /// Reads dollars per million tokens, or per thousand searches or requests.
    ///
    /// # Errors
    /// As [`Rate::from_usd_per_million`].
    pub fn rate(self, text: &str) -> Result<Rate, MoneyError> {
        if self.is_token() {
            Rate::from_usd_per_million(text)
        } else {
            Rate::from_usd_per_thousand(text)
        }
    }

    /// Writes the rate as [`Unit::rate`] reads it.
    #[must_use]
    pub fn written(self, rate: Rate) -> String {
        if self.is_token() {
            return rate.to_string();
        }
        let whole = rate.0 / 1_000_000_000_000;
        let rest = format!("{:012}", rate.0 % 1_000_000_000_000);
        match rest.trim_end_matches('0') {
            "" => whole.to_string(),
            kept => format!("{whole}.{kept}"),
        }
    }
}

/// The rates of one row, by [`Unit`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateSet {
    known: [Option<Stepped>; 8],
    /// Prices by units that tollwatch does not count (hours of audio, pages), as written.
    pub others: Vec<(Text, Text)>,
    /// The list states that the model costs nothing.
    pub free: bool,
}

impl RateSet {
    /// The rate of a unit; `None` where the row states none.
    #[must_use]
    pub fn get(&self, unit: Unit) -> Option<&Stepped> {
        self.known.get(index(unit)).and_then(Option::as_ref)
    }

    /// Sets the rate of a unit.
    pub fn set(&mut self, unit: Unit, rate: Stepped) {
        if let Some(slot) = self.known.get_mut(index(unit)) {
            *slot = Some(rate);
        }
    }

    /// Sets the rate past a threshold; the base must be there already.
    #[must_use]
    pub fn step(&mut self, unit: Unit, start: u64, rate: Rate) -> Option<()> {
        let stepped = self.known.get_mut(index(unit))?.as_mut()?;
        stepped.steps.push((start, rate));
        stepped.steps.sort_unstable();
        Some(())
    }

    /// Whether no unit has a rate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.iter().all(Option::is_none)
    }

    /// This set with every rate of `over` in place of its own.
    #[must_use]
    pub fn overlaid(&self, over: &RateSet) -> RateSet {
        let mut merged = self.clone();
        for unit in Unit::ALL {
            if let Some(rate) = over.get(unit) {
                merged.set(unit, rate.clone());
            }
        }
        merged
    }

    /// This set with only what `mine` lacks taken from `under`.
    #[must_use]
    pub fn filled(&self, under: &RateSet) -> RateSet {
        let mut merged = under.overlaid(self);
        merged.others.clone_from(&self.others);
        merged.free = self.free;
        merged
    }

    /// The token rates times `factor`; searches and requests stay, because no provider's uplift
    /// or discount covers them.
    #[must_use]
    pub fn times(&self, factor: Factor) -> RateSet {
        let mut scaled = self.clone();
        for unit in Unit::ALL.into_iter().filter(|unit| unit.is_token()) {
            if let Some(rate) = self.get(unit) {
                scaled.set(
                    unit,
                    Stepped {
                        base: times(rate.base, factor),
                        steps: rate
                            .steps
                            .iter()
                            .map(|(start, rate)| (*start, times(*rate, factor)))
                            .collect(),
                    },
                );
            }
        }
        scaled
    }
}

fn index(unit: Unit) -> usize {
    match unit {
        Unit::Input => 0,
        Unit::Output => 1,
        Unit::CacheRead => 2,
        Unit::CacheWrite => 3,
        Unit::CacheWrite1h => 4,
        Unit::Reasoning => 5,
        Unit::WebSearch => 6,
        Unit::Request => 7,
    }
}

/// Exact for every rate with six decimals per million and every published factor; else down to
/// the femto-dollar below.
fn times(rate: Rate, factor: Factor) -> Rate {
    factor.exactly(rate).unwrap_or_else(|| {
        let product = u128::from(rate.0).saturating_mul(u128::from(factor.millionths()));
        Rate(u64::try_from(product / 1_000_000).unwrap_or(u64::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_prices_the_whole_request() {
        let stepped = Stepped {
            base: Rate(1),
            steps: vec![(10, Rate(2)), (20, Rate(3))],
        };
        let cases = [(0, 1), (10, 1), (11, 2), (20, 2), (21, 3)];
        for (tokens, rate) in cases {
            assert_eq!(stepped.at(tokens), Rate(rate), "{tokens}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let cases = [
            (Unit::Input, "2.5"),
            (Unit::CacheRead, "0.0636"),
            (Unit::WebSearch, "10"),
            (Unit::Request, "2.5"),
            (Unit::Request, "0.01"),
        ];
        for (unit, text) in cases {
            assert_eq!(unit.written(unit.rate(text).unwrap()), text);
        }
    }

    #[test]
    fn factors_move_tokens_only() {
        let mut rates = RateSet::default();
        for unit in Unit::ALL {
            let base = unit.rate("10").unwrap();
            rates.set(
                unit,
                Stepped {
                    base,
                    steps: Vec::new(),
                },
            );
        }
        let scaled = rates.times(Factor::parse("1.1").unwrap());
        for unit in Unit::ALL {
            let expected = if unit.is_token() { "11" } else { "10" };
            let found = scaled.get(unit).unwrap().base;
            assert_eq!(unit.written(found), expected, "{unit:?}");
        }
    }
}
