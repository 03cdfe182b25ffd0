//! Where the month ends: what was spent, what the last seven days would make of the rest, and what
//! was approved for it.
//!
//! Knows no page. A newcomer may ask why the pace is that of seven days: a week has its quiet days
//! in it, and a change of a fortnight ago is not in it any more.

use chrono::{Datelike, Days, NaiveDate};

use crate::app::report::over;
use crate::app::report::plan::{PlanDay, plan};
use crate::ledger::Span;

use super::Ask;
use super::view::{Fault, View};

/// Days that tell the pace.
const PACE_DAYS: u64 = 7;

/// A month's spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Month {
    /// Spend so far.
    pub(super) so_far: i64,
    /// Spend at its end, at the pace of the last days; `None` without a whole day.
    pub(super) foreseen: Option<i64>,
    /// The least and the most of such a day, over the rest of the month.
    pub(super) between: Option<(i64, i64)>,
    /// Approved calls a day times approved cost a call, over the month; `None` where nothing was
    /// approved so.
    pub(super) approved: Option<i64>,
}

/// The month of `day`, up to its end.
pub(super) fn month(ask: &Ask<'_>, day: NaiveDate) -> Result<Month, Fault> {
    let zones = ask.ledger.zones();
    let month = View::month(zones, day);
    let pace_from = day.checked_sub_days(Days::new(PACE_DAYS)).unwrap_or(day);
    let first = View::day(zones, pace_from).from.min(month.from);
    let span = Span {
        from: first,
        to: month.to,
    };
    let only = ask.view.feature.as_deref();
    let answer = plan(ask.ledger, ask.rules, span, only)?;
    let each = ask.rules.features.iter().filter_map(|(_, feature)| {
        let wanted = only.is_none_or(|only| feature.key == only);
        let approved = &feature.approved;
        let cost = approved.cost_per_call.filter(|_| wanted)?.0;
        let calls = i64::try_from(approved.calls_per_day?).unwrap_or(i64::MAX);
        Some(cost.saturating_mul(calls))
    });
    let a_day: i64 = each.sum();
    Ok(sum(&answer.days, (day, ask.view.today), a_day))
}

fn sum(days: &[PlanDay], (day, today): (NaiveDate, NaiveDate), approved_a_day: i64) -> Month {
    let dated = || {
        days.iter()
            .filter_map(|one| Some((one.date.parse::<NaiveDate>().ok()?, one)))
    };
    let in_month = |date: NaiveDate| (date.year(), date.month()) == (day.year(), day.month());
    let so_far: i64 = dated()
        .filter(|(date, _)| in_month(*date) && *date <= day)
        .map(|(_, one)| one.cost_nanousd())
        .sum();
    let length = i64::from(length(day));
    // A day that is not over says nothing of the pace.
    let last = if day == today {
        day.pred_opt().unwrap_or(day)
    } else {
        day
    };
    let first = last
        .checked_sub_days(Days::new(PACE_DAYS - 1))
        .unwrap_or(last);
    let costs: Vec<i64> = dated()
        .filter(|(date, _)| (first..=last).contains(date))
        .map(|(_, one)| one.cost_nanousd())
        .collect();
    let left = length - i64::from(last.day());
    let until_last: i64 = dated()
        .filter(|(date, _)| in_month(*date) && *date <= last)
        .map(|(_, one)| one.cost_nanousd())
        .sum();
    let days = i64::try_from(costs.len()).unwrap_or(1);
    let pace = over(costs.iter().sum(), days);
    let at = |pace: i64| {
        until_last
            .saturating_add(pace.saturating_mul(left))
            .max(so_far)
    };
    let (fewest, most) = (costs.iter().min(), costs.iter().max());
    Month {
        so_far,
        foreseen: pace.filter(|_| in_month(last)).map(at),
        between: fewest
            .zip(most)
            .filter(|_| in_month(last))
            .map(|(least, most)| (at(*least), at(*most))),
        approved: (approved_a_day > 0).then(|| approved_a_day.saturating_mul(length)),
    }
}

/// Days in the month of a day.
fn length(day: NaiveDate) -> u32 {
    let next = day
        .with_day(1)
        .and_then(|first| first.checked_add_months(chrono::Months::new(1)));
    next.and_then(|next| next.pred_opt())
        .map_or(30, |last| last.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_goes_on_at_the_pace_of_its_last_seven_whole_days() {
        let day = |date: &str, cost: i64| PlanDay {
            date: date.to_owned(),
            of_approved_nanousd: cost,
            ..PlanDay::default()
        };
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let days: Vec<PlanDay> = (1..=20)
            .map(|n| day(&format!("2026-11-{n:02}"), n * 10))
            .collect();
        let whole = sum(&days, (date("2026-11-20"), date("2026-11-25")), 50);
        // 14 to 20 cost 170 a day; ten days are left.
        assert_eq!((whole.so_far, whole.foreseen), (2100, Some(3800)));
        assert_eq!(whole.between, Some((3500, 4100)));
        assert_eq!(whole.approved, Some(1500));
        // The 20th is not over: 13 to 19 cost 160 a day, and eleven days are left.
        let open = sum(&days, (date("2026-11-20"), date("2026-11-20")), 0);
        assert_eq!((open.so_far, open.foreseen), (2100, Some(1900 + 1760)));
        assert_eq!(open.approved, None);
        assert_eq!(
            sum(&[], (date("2026-11-20"), date("2026-11-20")), 0).foreseen,
            None
        );
    }
}
