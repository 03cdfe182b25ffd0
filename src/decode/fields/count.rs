//! Whole numbers of a record, within bounds.
//!
//! Knows no format. A newcomer may ask why a bound so far out: one broken count must not fill the
//! sum of a month.

use super::Json;
use crate::outcome::{QuarantineReason, Reject};

/// A whole number that is not negative; `None` when blank.
///
/// # Errors
/// `bad_number` when it is no whole number or below zero.
pub(in crate::decode) fn count(key: &str, value: &Json<'_>) -> Result<Option<u64>, Reject> {
    bounded(key, value, QuarantineReason::BadNumber, COUNT_MAX)
}

/// Most tokens that one report may tell: far beyond any context, and few enough that no sum of
/// reports comes near the end of an integer.
pub(in crate::decode) const TOKENS_MAX: i64 = 1_000_000_000_000;

/// Most of anything else that is counted: 2⁵³, where doubles stop to be exact.
const COUNT_MAX: i64 = 1 << 53;

/// A token count; `None` when blank.
///
/// # Errors
/// `bad_number` when it is no whole number or above [`TOKENS_MAX`], `negative_tokens` when below
/// zero.
pub(in crate::decode) fn tokens(key: &str, value: &Json<'_>) -> Result<Option<u64>, Reject> {
    bounded(key, value, QuarantineReason::NegativeTokens, TOKENS_MAX)
}

fn bounded(
    key: &str,
    value: &Json<'_>,
    negative: QuarantineReason,
    most: i64,
) -> Result<Option<u64>, Reject> {
    let Some(number) = whole(key, value)? else {
        return Ok(None);
    };
    let refused = |reason, right| {
        let detail = format!("`{key}` is {number}, expected {right}");
        Err(Reject::new(reason, detail))
    };
    match u64::try_from(number) {
        Err(_) => refused(negative, "0 or more".to_owned()),
        Ok(_) if number > most => refused(QuarantineReason::BadNumber, format!("at most {most}")),
        Ok(number) => Ok(Some(number)),
    }
}

/// A whole number; `None` when blank.
///
/// # Errors
/// `bad_number` when it is something else.
pub(in crate::decode) fn whole(key: &str, value: &Json<'_>) -> Result<Option<i64>, Reject> {
    value
        .whole()
        .map_err(|reason| Reject::new(reason, format!("`{key}` is no whole number up to 2^53")))
}
