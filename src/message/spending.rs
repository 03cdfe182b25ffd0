//! What a rule about money over a period says: a budget's share, its course, the pace at which it burns.
//!
//! Knows no books. A newcomer may ask why a month has 730 hours: the pace of a budget is a rate, and February's
//! must not look worse than March's.

use chrono_tz::Tz;

use crate::alert::{Burn, Period};
use crate::units::UnixMillis;

use super::claim::{Case, Claim};
use super::{figure, moment};

/// The even pace of a month: hours of 30.4 days.
const MONTH_HOURS: i64 = 730;

/// `today's`, `this week's`, `November's`.
fn of_period(period: Period, at: UnixMillis, zone: Tz) -> String {
    match period {
        Period::Day => "today's".to_owned(),
        Period::Week => "this week's".to_owned(),
        Period::Month => format!("{}'s", moment::month(at, zone)),
    }
}

pub(super) fn spent(case: &Case<'_>, period: Period) -> Claim {
    let measure = case.measure();
    let who = case.starting();
    let of = of_period(period, case.finding.at, case.zone);
    let spent = figure::dollars(measure.value.n);
    let Some(limit) = measure.limit.filter(|limit| limit.n > 0) else {
        let text = format!("{spent} of {of} budget");
        return Claim::new(format!("{who} has spent {text}."), text);
    };
    let budget = figure::dollars(limit.n);
    let ppm = i128::from(measure.value.n).saturating_mul(1_000_000) / i128::from(limit.n);
    let share = figure::share(i64::try_from(ppm).unwrap_or(i64::MAX));
    if case.over {
        let text = format!("{share} of {of} budget spent, {spent} of {budget}");
        return Claim::new(format!("{who} keeps to its budget again: {text}."), text);
    }
    let forecast = measure.expected.map(|(_, end, _)| end.n);
    let end = match period {
        Period::Day => "the day ends",
        Period::Week => "the week ends",
        Period::Month => "the month ends",
    };
    let course = forecast
        .map(|end_nanousd| format!(" At this pace {end} at {}.", figure::dollars(end_nanousd)))
        .unwrap_or_default();
    if measure.value.n > limit.n {
        return Claim::new(
            format!("{who} has spent {spent}, more than {of} budget of {budget}.{course}"),
            format!("{spent} spent, {of} budget is {budget}"),
        );
    }
    match forecast {
        Some(end) if end > limit.n && case.finding.subject == "forecast" => {
            let end = figure::dollars(end);
            Claim::new(
                format!(
                    "{who} is on course for {end}, past {of} budget of {budget}; {spent} ({share}) \
                     is spent."
                ),
                format!("on course for {end}, {of} budget is {budget}"),
            )
        }
        Some(_) | None => Claim::new(
            format!("{who} has spent {share} of {of} budget: {spent} of {budget}.{course}"),
            format!("{share} of {of} budget spent, {spent} of {budget}"),
        ),
    }
}

pub(super) fn burns(case: &Case<'_>, burn: &Burn) -> Claim {
    let measure = case.measure();
    let who = case.starting();
    let pace = figure::dollars(measure.value.n);
    let even = measure.limit.map_or(0, |limit| limit.n);
    let yard = if even > 0 {
        format!(", its budget allows {}", figure::dollars(even))
    } else {
        String::new()
    };
    let topic = format!("{pace} an hour{yard}");
    if case.over {
        return Claim::new(format!("{who} is back to {topic}."), topic);
    }
    let month = burn
        .nanousd
        .unwrap_or_else(|| even.saturating_mul(MONTH_HOURS));
    let gone = month.checked_div(measure.value.n.max(1)).unwrap_or(0);
    let gone = if month > 0 && gone < MONTH_HOURS {
        format!(
            " At this pace a month's budget is gone in {}.",
            figure::rough(gone)
        )
    } else {
        String::new()
    };
    Claim::new(format!("{who} spends {topic}.{gone}"), topic)
}
