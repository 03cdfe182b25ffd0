//! Money as integers: nano-dollars for amounts, femto-dollars per unit for rates, one rounding.
//!
//! Knows no price list and no call. A newcomer may ask why rates are finer than amounts: published
//! rates have up to six decimals per million tokens and are multiplied by uplifts such as 1.1, so
//! the product is kept exact until [`Charge::round`] rounds it once, half to even.

#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

use std::fmt;

/// Femto-dollars in a nano-dollar.
const FEMTO_PER_NANO: u128 = 1_000_000;

/// An amount in nano-dollars (10⁻⁹ USD). Negative only in corrections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// No money; not the same as "don't know", which is `Option::None`.
    pub const ZERO: NanoUsd = NanoUsd(0);

    /// The sum, or `None` past ±9.2 billion dollars.
    #[must_use]
    pub fn checked_add(self, other: NanoUsd) -> Option<NanoUsd> {
        self.0.checked_add(other.0).map(NanoUsd)
    }
}

impl fmt::Display for NanoUsd {
    /// Exact dollars with nine decimals, for machines; people get [`crate::units`]-free rounding
    /// from the reports.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let dollars = magnitude.checked_div(1_000_000_000).unwrap_or(0);
        let nanos = magnitude.checked_rem(1_000_000_000).unwrap_or(0);
        write!(f, "{sign}{dollars}.{nanos:09}")
    }
}

/// A price of one unit (a token, a web search) in femto-dollars (10⁻¹⁵ USD).
///
/// $1 per million tokens is `Rate(1_000_000_000)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u64);

/// Why a decimal text is not a [`Rate`] or a [`Factor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most one point (an exponent is allowed).
    #[error("not a decimal number")]
    NotDecimal,
    /// Finer than a femto-dollar per unit, or a factor finer than a millionth.
    #[error("has more decimals than can be kept exactly")]
    TooFine,
    /// Past what the type holds.
    #[error("too large")]
    TooLarge,
    /// Below zero.
    #[error("negative")]
    Negative,
}

impl Rate {
    /// Reads dollars per million units exactly, for example `"2.5"` or `"0.0636"`.
    ///
    /// # Errors
    /// [`MoneyError`] when the text is no decimal, negative, too fine or too large.
    pub fn from_usd_per_million(text: &str) -> Result<Rate, MoneyError> {
        Ok(Rate(scaled(text, 9)?))
    }

    /// Reads dollars per unit exactly, for example `"2.5e-06"` as LiteLLM writes them.
    ///
    /// # Errors
    /// As [`Rate::from_usd_per_million`].
    pub fn from_usd_per_unit(text: &str) -> Result<Rate, MoneyError> {
        Ok(Rate(scaled(text, 15)?))
    }

    /// Reads dollars per thousand units exactly, as web searches are priced.
    ///
    /// # Errors
    /// As [`Rate::from_usd_per_million`].
    pub fn from_usd_per_thousand(text: &str) -> Result<Rate, MoneyError> {
        Ok(Rate(scaled(text, 12)?))
    }
}

impl fmt::Display for Rate {
    /// Dollars per million units, without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(1_000_000_000).unwrap_or(0);
        let rest = self.0.checked_rem(1_000_000_000).unwrap_or(0);
        let decimals = format!("{rest:09}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            kept => write!(f, "{whole}.{kept}"),
        }
    }
}

/// A multiplier such as a regional uplift of 1.1, exact to a millionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor(u32);

impl Factor {
    /// Times one.
    pub const ONE: Factor = Factor(1_000_000);

    /// Reads a decimal such as `"1.1"`.
    ///
    /// # Errors
    /// [`MoneyError`] when the text is no decimal, negative, finer than a millionth or too large.
    pub fn parse(text: &str) -> Result<Factor, MoneyError> {
        let millionths = scaled(text, 6)?;
        u32::try_from(millionths)
            .map(Factor)
            .map_err(|_| MoneyError::TooLarge)
    }

    /// The factor in millionths.
    #[must_use]
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// This rate times the factor when the product is a whole number of femto-dollars.
    #[must_use]
    pub fn exactly(self, rate: Rate) -> Option<Rate> {
        let product = u128::from(rate.0).checked_mul(u128::from(self.0))?;
        if product.checked_rem(1_000_000)? != 0 {
            return None;
        }
        u64::try_from(product.checked_div(1_000_000)?)
            .ok()
            .map(Rate)
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(1_000_000).unwrap_or(0);
        let rest = self.0.checked_rem(1_000_000).unwrap_or(0);
        let decimals = format!("{rest:06}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            kept => write!(f, "{whole}.{kept}"),
        }
    }
}

/// The exact, unrounded cost of one call while its parts are being added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge(u128);

impl Charge {
    /// Adds `units` at `rate`; `None` on overflow (no real call comes near).
    #[must_use]
    pub fn plus(self, units: u64, rate: Rate) -> Option<Charge> {
        let part = u128::from(units).checked_mul(u128::from(rate.0))?;
        self.0.checked_add(part).map(Charge)
    }

    /// The one rounding of a call's cost: times `factor`, to nano-dollars, half to even.
    ///
    /// `None` when the amount does not fit [`NanoUsd`].
    #[must_use]
    pub fn round(self, factor: Factor) -> Option<NanoUsd> {
        let scaled = self.0.checked_mul(u128::from(factor.0))?;
        let unit = FEMTO_PER_NANO.checked_mul(1_000_000)?;
        let whole = scaled.checked_div(unit)?;
        let rest = scaled.checked_rem(unit)?;
        let half = unit.checked_div(2)?;
        let odd = whole.checked_rem(2)? == 1;
        let up = rest > half || (rest == half && odd);
        let rounded = if up { whole.checked_add(1)? } else { whole };
        i64::try_from(rounded).ok().map(NanoUsd)
    }
}

impl fmt::Display for Charge {
    /// Dollars with all fifteen decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 1_000_000_000_000_000;
        let whole = self.0.checked_div(unit).unwrap_or_default();
        let rest = self.0.checked_rem(unit).unwrap_or_default();
        write!(f, "{whole}.{rest:015}")
    }
}

/// `text` × 10^`places` as an integer, exactly.
fn scaled(text: &str, places: i32) -> Result<u64, MoneyError> {
    let text = text.trim();
    if text.starts_with('-') {
        return Err(MoneyError::Negative);
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent
                .parse::<i32>()
                .map_err(|_| MoneyError::NotDecimal)?,
        ),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::NotDecimal);
    }
    let fraction_len = i32::try_from(fraction.len()).map_err(|_| MoneyError::TooFine)?;
    let shift = places
        .checked_add(exponent)
        .and_then(|s| s.checked_sub(fraction_len))
        .ok_or(MoneyError::TooLarge)?;
    let mut value: u128 = 0;
    for digit in digits() {
        let digit = u128::from(digit.wrapping_sub(b'0'));
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(digit))
            .ok_or(MoneyError::TooLarge)?;
    }
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    let result = if value == 0 {
        0
    } else if shift >= 0 {
        power
            .and_then(|p| value.checked_mul(p))
            .ok_or(MoneyError::TooLarge)?
    } else {
        let power = power.ok_or(MoneyError::TooFine)?;
        if value.checked_rem(power) != Some(0) {
            return Err(MoneyError::TooFine);
        }
        value.checked_div(power).ok_or(MoneyError::TooFine)?
    };
    u64::try_from(result).map_err(|_| MoneyError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rates_exactly() {
        let cases = [
            ("2.5", 2_500_000_000),
            ("0.0636", 63_600_000),
            ("0", 0),
            ("15", 15_000_000_000),
        ];
        for (text, femto) in cases {
            assert_eq!(Rate::from_usd_per_million(text), Ok(Rate(femto)), "{text}");
        }
        assert_eq!(Rate::from_usd_per_unit("2.5e-06"), Ok(Rate(2_500_000_000)));
        assert_eq!(Rate::from_usd_per_unit("1.375e-07"), Ok(Rate(137_500_000)));
        assert_eq!(
            Rate::from_usd_per_thousand("10"),
            Ok(Rate(10_000_000_000_000))
        );
        assert_eq!(Rate(2_500_000_000).to_string(), "2.5");
    }

    #[test]
    fn refuses_what_it_cannot_keep() {
        let cases = [
            ("", MoneyError::NotDecimal),
            ("-1", MoneyError::Negative),
            ("1,5", MoneyError::NotDecimal),
            ("NaN", MoneyError::NotDecimal),
            ("0.0000000001", MoneyError::TooFine),
            ("99999999999999", MoneyError::TooLarge),
        ];
        for (text, error) in cases {
            assert_eq!(Rate::from_usd_per_million(text), Err(error), "{text}");
        }
    }

    #[test]
    fn rounds_once_half_to_even() {
        // 0.5 nano-dollars is 500 000 femto-dollars.
        let cases = [
            (500_000, 0),
            (500_001, 1),
            (1_500_000, 2),
            (2_500_000, 2),
            (2_499_999, 2),
        ];
        for (femto, nano) in cases {
            let charge = Charge::default().plus(1, Rate(femto)).unwrap();
            assert_eq!(charge.round(Factor::ONE), Some(NanoUsd(nano)), "{femto}");
        }
        let charge = Charge::default().plus(1500, Rate(2_500_000_000)).unwrap();
        assert_eq!(charge.to_string(), "0.003750000000000");
        let uplift = Factor::parse("1.1").unwrap();
        let charge = Charge::default().plus(3, Rate(1_000_000_000)).unwrap();
        assert_eq!(charge.round(uplift), Some(NanoUsd(3300)));
    }

    #[test]
    fn shows_dollars_exactly() {
        assert_eq!(NanoUsd(14_227_500).to_string(), "0.014227500");
        assert_eq!(NanoUsd(-1).to_string(), "-0.000000001");
    }
}
