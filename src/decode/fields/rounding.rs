//! Numbers that may have a fraction, and the whole numbers nearest to them.
//!
//! Knows no unit. A newcomer may ask why these pass through a double: logs write seconds with a
//! fraction, and what a double cannot hold no duration or time has.

use crate::decode::json::Json;

/// A number, also as text.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the nearest double, as a text of the number would be read"
)]
pub(super) fn number(value: &Json<'_>) -> Option<f64> {
    match value {
        Json::Float(number) => Some(*number),
        Json::Int(number) => Some(*number as f64),
        Json::Str(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// The nearest whole number, where it fits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "without a fraction, and within the bounds of the type"
)]
pub(super) fn rounded(number: f64) -> Option<i64> {
    /// Two to the power of 63.
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    let whole = number.round();
    (-BOUND..BOUND).contains(&whole).then_some(whole as i64)
}
