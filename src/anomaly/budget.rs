//! How many false alerts are promised: `1/3w` is one in three weeks for each series and metric.
//!
//! Knows no threshold. A newcomer may ask why it is a rate and not a probability: people can be promised
//! alerts in weeks, and nobody knows how many bins a week has.

use std::fmt;
use std::str::FromStr;

use super::num::real;

/// A promise of at most so many false alerts in so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    alerts: u32,
    days: u32,
}

/// A budget that cannot be read or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no budget; write alerts by weeks or days, such as `1/3w` or `1/30d`, from `10/1w` to `1/26w`"
)]
pub struct BadBudget(String);

impl Default for Budget {
    /// One false alert in three weeks.
    fn default() -> Budget {
        Budget {
            alerts: 1,
            days: 21,
        }
    }
}

impl Budget {
    /// One alert in so many weeks; at least one week.
    #[must_use]
    pub fn weeks(weeks: u32) -> Budget {
        Budget {
            alerts: 1,
            days: weeks.clamp(1, 26) * 7,
        }
    }

    /// Alerts a series and week.
    #[must_use]
    pub fn per_week(self) -> f64 {
        7.0 * real(self.alerts.into()) / real(self.days.max(1).into())
    }
}

impl Budget {
    /// The same promise where a bin is so much longer than ten minutes.
    #[must_use]
    pub fn stretched(self, bin_ms: i64) -> Budget {
        let longer = u32::try_from(bin_ms / super::BIN_MS).unwrap_or(1).max(1);
        Budget {
            alerts: self.alerts.saturating_mul(longer),
            days: self.days,
        }
    }
}

impl FromStr for Budget {
    type Err = BadBudget;

    fn from_str(text: &str) -> Result<Budget, BadBudget> {
        let bad = || BadBudget(text.to_owned());
        let (alerts, span) = text.trim().split_once('/').ok_or_else(bad)?;
        let (number, unit) = match span.strip_suffix('w') {
            Some(weeks) => (weeks, 7),
            None => (span.strip_suffix('d').ok_or_else(bad)?, 1),
        };
        let number: u32 = match number {
            "" => 1,
            digits => digits.parse().map_err(|_| bad())?,
        };
        let alerts: u32 = alerts.parse().map_err(|_| bad())?;
        let days = number.checked_mul(unit).ok_or_else(bad)?;
        let budget = Budget { alerts, days };
        let possible = alerts > 0 && days > 0;
        let rate = budget.per_week();
        if possible && (1.0 / 26.0 - 1e-9..=10.0).contains(&rate) {
            Ok(budget)
        } else {
            Err(bad())
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days.is_multiple_of(7) {
            write!(f, "{}/{}w", self.alerts, self.days / 7)
        } else {
            write!(f, "{}/{}d", self.alerts, self.days)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_or_refused() {
        let rows = [
            ("1/3w", Some((1.0 / 3.0, "1/3w"))),
            ("1/w", Some((1.0, "1/1w"))),
            ("2/1w", Some((2.0, "2/1w"))),
            ("1/30d", Some((7.0 / 30.0, "1/30d"))),
            ("1/21d", Some((1.0 / 3.0, "1/3w"))),
            ("1/26w", Some((1.0 / 26.0, "1/26w"))),
            ("1/27w", None),
            ("0/3w", None),
            ("1/0w", None),
            ("11/1w", None),
            ("1/3", None),
            ("1", None),
            ("-1/3w", None),
            ("1/99999999999w", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let read = text.parse::<Budget>().ok();
            assert_eq!(read.is_some(), expected.is_some(), "{text}");
            if let (Some(read), Some((rate, shown))) = (read, expected) {
                assert!((read.per_week() - rate).abs() < 1e-12, "{text}");
                assert_eq!(read.to_string(), shown);
            }
        }
    }
}
