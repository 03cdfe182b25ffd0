//! A calendar month for a committee: spend against approval and the month before, places, outages.
//!
//! Knows no terminal. A newcomer may ask why a month that is not over is compared by the day: its last
//! days are not in it yet, and the month before has them.

use chrono::{Datelike, Months, NaiveDate};
use schemars::JsonSchema;
use serde::Serialize;

use crate::alert::Declared;
use crate::app::Failure;
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span};
use crate::units::UnixMillis;

use super::compare::{Compared, compare};
use super::daily::{Daily, daily};
use super::fallback::{Fallbacks, fallbacks};
use super::plan::{Why, why};
use super::residency::{Residency, residency};

/// The answer of `report monthly`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Monthly {
    /// The month, `2026-11`.
    pub month: String,
    /// Days of it with anything in the books.
    pub days_booked: i64,
    /// Days of it.
    pub days: i64,
    /// Spend by day and feature, and what was not seen.
    pub spend: Daily,
    /// Why spend is not what was approved.
    pub why: Why,
    /// Why it is not that of the month before.
    pub against_month_before: Compared,
    /// Where calls landed.
    pub residency: Residency,
    /// What happened when endpoints failed.
    pub fallbacks: Fallbacks,
}

/// A month in the ledger's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Month {
        Month {
            first: day.with_day(1).unwrap_or(day),
        }
    }

    /// Reads `2026-11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Month> {
        let first: NaiveDate = format!("{text}-01").parse().ok()?;
        (text.len() == 7 && (2015..2100).contains(&first.year())).then_some(Month { first })
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> NaiveDate {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> NaiveDate {
        let next = self.first.checked_add_months(Months::new(1));
        next.and_then(|next| next.pred_opt()).unwrap_or(self.first)
    }

    /// The month before.
    #[must_use]
    pub fn before(self) -> Month {
        let before = self.first.checked_sub_months(Months::new(1));
        Month {
            first: before.unwrap_or(self.first),
        }
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> i64 {
        (self.last() - self.first).num_days() + 1
    }

    /// `2026-11`.
    #[must_use]
    pub fn text(self) -> String {
        self.first.format("%Y-%m").to_string()
    }
}

/// The days of a month that are over or begun, and how many they are.
fn span(ledger: &dyn Ledger, month: Month, today: NaiveDate) -> (Span, i64) {
    let zones = ledger.zones();
    let last = month.last().min(today.max(month.first()));
    // Noon lies on its date in every zone.
    let noon = |day: NaiveDate| {
        let noon = day.and_hms_opt(12, 0, 0);
        UnixMillis(noon.map_or(0, |noon| noon.and_utc().timestamp_millis()))
    };
    let span = Span {
        from: zones.day_of(noon(month.first())),
        to: zones.next_day(zones.day_of(noon(last))),
    };
    (span, (last - month.first()).num_days() + 1)
}

/// Asks the books about a month; `evidence` rows of each verdict.
///
/// # Errors
/// What the ledger says.
pub fn monthly(
    ledger: &dyn Ledger,
    (rules, declared): (&Rulebook, &Declared),
    (month, now): (Month, UnixMillis),
    evidence: usize,
) -> Result<Monthly, Failure> {
    let today = ledger.zones().date_of(now);
    let (span_now, days) = span(ledger, month, today);
    let before = month.before();
    let (span_before, _) = span(ledger, before, today);
    let spend = daily(ledger, rules, span_now, None)?;
    // A month that is over is compared whole, whatever its length.
    let whole = days == month.days();
    let lengths = if whole { (1, 1) } else { (days, before.days()) };
    let spans = ((span_now, lengths.0), (span_before, lengths.1));
    Ok(Monthly {
        month: month.text(),
        days_booked: i64::try_from(spend.days.len()).unwrap_or(i64::MAX),
        days: month.days(),
        why: why(&spend.features, rules),
        against_month_before: compare(ledger, rules, spans, None)?,
        residency: residency(ledger, rules, span_now, evidence)?,
        fallbacks: fallbacks(ledger, rules, declared, (span_now, None))?,
        spend,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_counted() {
        let cases = [
            ("2026-11", Some(("2026-11-30", 30, "2026-10"))),
            ("2024-02", Some(("2024-02-29", 29, "2024-01"))),
            ("2026-01", Some(("2026-01-31", 31, "2025-12"))),
            ("2026-13", None),
            ("2026", None),
            ("2026-1", None),
            ("1999-01", None),
        ];
        for (text, expected) in cases {
            let month = Month::parse(text);
            let said = month.map(|month| {
                (
                    month.last().to_string(),
                    month.days(),
                    month.before().text(),
                )
            });
            let expected =
                expected.map(|(last, days, before)| (last.to_owned(), days, before.to_owned()));
            assert_eq!(said, expected, "{text}");
        }
    }
}
