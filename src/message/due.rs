//! What a rule of the calendar says: something comes due, has become due, or was done.
//!
//! Knows no book. A newcomer may ask why the day is said beside the count: "in 7 days" is wrong a day later, when
//! somebody forwards the mail.

use crate::alert::Due;
use crate::units::DAY_MS;

use super::claim::{Case, Claim};
use super::who::capital;
use super::{figure, moment};

/// `in 7 days (Sat 28 Nov)`, `today (Sat 21 Nov)`, `3 days ago (Wed 18 Nov)`.
fn when(case: &Case<'_>, days: i64) -> String {
    let at = case.finding.at;
    let day = at.saturating_add(days.saturating_mul(DAY_MS));
    let day = moment::day(day, case.zone);
    match days {
        0 => format!("today ({day})"),
        1 => format!("tomorrow ({day})"),
        i64::MIN..0 => format!(
            "{} ago ({day})",
            figure::plural(days.saturating_neg(), "day", "days")
        ),
        _ => format!("in {} ({day})", figure::plural(days, "day", "days")),
    }
}

/// What is due and when.
pub(super) fn claim(case: &Case<'_>, due: Due) -> Claim {
    let who = case.who();
    let subject = case.subject();
    let days = case.finding.measure.value.n;
    let what = if subject.is_empty() { &who } else { &subject };
    let of = if subject.is_empty() || who.contains(&subject) || who == "the company" {
        String::new()
    } else {
        format!(" of {who}")
    };
    let verb = if days < 0 { "was" } else { "is" };
    let (sentence, topic) = match (due, case.over) {
        (Due::Credential, true) => (
            format!("Credential {what}{of} was rotated."),
            format!("credential {what} rotated"),
        ),
        (Due::Credential, false) => (
            format!(
                "Credential {what}{of} {verb} due for rotation {}.",
                when(case, days)
            ),
            format!("credential {what} due {}", when(case, days)),
        ),
        (Due::Retirement, true) => (
            format!("Model {what}{of} is no longer in use."),
            format!("model {what} no longer in use"),
        ),
        (Due::Retirement, false) => (
            format!("Model {what}{of} {verb} retired {}.", when(case, days)),
            format!("model {what} retired {}", when(case, days)),
        ),
        (Due::Pilot, _) => {
            let said = if subject.is_empty() {
                String::new()
            } else {
                format!(". {}", capital(&subject))
            };
            (
                format!(
                    "The pilot of {who} has had its days{}.",
                    said.trim_end_matches('.')
                ),
                format!("pilot is over{}", said.replacen(". ", ": ", 1)),
            )
        }
        (Due::Exercise, true) => (
            format!("{what}{of} was exercised."),
            format!("{what} exercised"),
        ),
        (Due::Exercise, false) => {
            let days = figure::plural(days, "day", "days");
            (
                format!(
                    "{what}{of} has not been exercised for {days}: nobody knows whether it would take over."
                ),
                format!("{what} not exercised for {days}"),
            )
        }
        (Due::Prices, true) => (
            "The price lists are up to date.".to_owned(),
            "price lists up to date".to_owned(),
        ),
        (Due::Prices, false) => {
            let days = figure::plural(days, "day", "days");
            (
                format!("The newest price list is {days} old: costs may be wrong."),
                format!("price lists are {days} old"),
            )
        }
    };
    Claim::new(sentence, topic)
}
