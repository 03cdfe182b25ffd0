//! A pilot's answer in words, for the terminal and for pages.
//!
//! Knows no terminal and no HTML. A newcomer may ask why reasons name the option that is missing: a
//! pilot that stays open must say what would close it.

use super::{Criterion, Kind, Outcome, Pilot};
use crate::figure as words;
use crate::money::NanoUsd;

/// The verdict and what it follows from.
#[must_use]
pub fn headline(answer: &Pilot) -> String {
    let group = answer
        .group
        .as_ref()
        .map_or_else(String::new, |group| format!(" for {group}"));
    let what = format!("{} at {}{group}", answer.feature, answer.endpoint);
    let decided: Vec<String> = answer
        .criteria
        .iter()
        .filter(|criterion| criterion.outcome == answer.verdict)
        .map(|criterion| reason(answer, criterion))
        .collect();
    match answer.verdict {
        Outcome::Passed => format!("Passed: {what} met every criterion."),
        Outcome::NotYet => format!("Not yet: {what}. Missing: {}.", decided.join("; ")),
        Outcome::Failed => format!("Failed: {what}. {}.", decided.join("; ")),
    }
}

/// Why a criterion is missed or open.
fn reason(answer: &Pilot, criterion: &Criterion) -> String {
    let (name, value) = (
        name(criterion.kind),
        figure(criterion.kind, criterion.value),
    );
    if criterion.outcome == Outcome::Failed {
        return match criterion.kind {
            Kind::Residency => format!(
                "{} broke the residency rule",
                words::plural(answer.figures.violated, "call", "calls")
            ),
            Kind::Days
            | Kind::Sample
            | Kind::Stability
            | Kind::WorstDay
            | Kind::Latency
            | Kind::Throttled
            | Kind::Cost => format!("{name} {value}, limit {}", limit(criterion)),
        };
    }
    match (criterion.kind, criterion.value, criterion.limit) {
        (Kind::Residency, Some(_), _) => open_residency(answer),
        (_, None, _) => format!("{name}: no record tells it"),
        (Kind::Latency, _, None) => {
            "a limit of p95 (`--p95-ms`, or `timeout_ms` of the endpoint)".to_owned()
        }
        (Kind::Cost, _, None) => "an approved cost (`cents_per_call` of the feature)".to_owned(),
        (Kind::Cost, _, Some(_)) if answer.unpriced > 0 => format!(
            "the price of {}",
            words::plural(answer.unpriced, "request", "requests")
        ),
        (Kind::Days | Kind::Sample, Some(_), Some(_)) => {
            format!("{name}: {value} of {}", limit(criterion))
        }
        (_, Some(_), _) => format!("more calls for {name}"),
    }
}

fn open_residency(answer: &Pilot) -> String {
    let figures = &answer.figures;
    let parts = [
        (
            figures.declared,
            "only declared (`tollwatch registry import` brings evidence)",
        ),
        (figures.unproven, "unproven"),
        (
            figures.no_rule,
            "under no rule (`residency` of the feature)",
        ),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(calls, _)| *calls > 0)
        .map(|(calls, what)| format!("{} {what}", words::plural(*calls, "call", "calls")))
        .collect();
    told.join(", ")
}

/// What is looked at.
#[must_use]
pub fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Days => "days",
        Kind::Sample => "calls or requests",
        Kind::Stability => "failed calls",
        Kind::WorstDay => "failed calls, worst day",
        Kind::Latency => "latency p95",
        Kind::Throttled => "429",
        Kind::Residency => "calls not held",
        Kind::Cost => "cost of a call",
    }
}

/// A figure of a criterion, with its unit.
#[must_use]
pub fn figure(kind: Kind, value: Option<i64>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    match kind {
        Kind::Days | Kind::Sample | Kind::Residency => words::count(value),
        Kind::Stability | Kind::WorstDay | Kind::Throttled => words::share(value, 1000),
        Kind::Latency => words::duration(u64::try_from(value).unwrap_or(0)),
        Kind::Cost => words::cents(NanoUsd(value)),
    }
}

/// What a criterion is held to.
#[must_use]
pub fn limit(criterion: &Criterion) -> String {
    figure(criterion.kind, criterion.limit)
}

/// What else must be known.
#[must_use]
pub fn notes(answer: &Pilot) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(first), Some(last)) = (&answer.first_day, &answer.last_day) {
        let silent = words::plural(answer.silent_days, "day", "days");
        notes.push(format!(
            "Seen from {first} to {last}, {silent} of them without a call."
        ));
    }
    if answer.calls_of_endpoint {
        notes.push(format!(
            "No record of a call names the feature: calls, latency, 429 and residency are those of \
             all of {}.",
            answer.endpoint
        ));
    }
    if answer.group.is_some() {
        notes.push(
            "Latency and residency are of all users: the books keep neither by group.".to_owned(),
        );
    }
    notes
}
