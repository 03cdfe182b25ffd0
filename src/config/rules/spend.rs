//! Rules of money: what a period may cost, and how fast it may go.
//!
//! Knows no series. A newcomer may ask why a rule need not name its budget: the registry does, for the
//! company and for each feature.

use crate::alert::{Budget, Burn, Check, Dimension, Period, Unit};

use super::super::at::{At, AtText};
use super::super::value;
use super::check;
use super::limit;
use super::ready::Desk;

/// An amount; what is none is reported.
pub(super) fn money(desk: &mut Desk<'_, '_>, at: &AtText) -> Option<i64> {
    let nanos = value::nanos(at.get());
    if nanos.is_none() {
        let message = format!("`{}` is no money", at.get());
        desk.wrong(
            at.span(),
            "bad_amount",
            message,
            limit::example(Unit::NanoUsd),
        );
    }
    nanos
}

/// The budget that the rule itself names.
fn own_budget(desk: &mut Desk<'_, '_>) -> Option<i64> {
    let at = desk.placed.rule.budget.as_ref()?;
    let nanos = money(desk, at)?;
    if nanos == 0 {
        let hint = limit::example(Unit::NanoUsd);
        desk.wrong(at.span(), "bad_amount", "a budget of nothing", hint);
    }
    Some(nanos)
}

/// Reports series whose budget nobody names: the registry knows the company's and each feature's; a
/// credential is held against the company's.
fn budgeted(desk: &mut Desk<'_, '_>, by: &[Dimension]) {
    let rule = &desk.placed.rule;
    let known = match by {
        [] => true,
        [one] => [
            Dimension::Feature,
            Dimension::Application,
            Dimension::Credential,
        ]
        .contains(one),
        _ => false,
    };
    let at = rule.by.as_ref().map(At::span);
    if let (false, None, Some(span)) = (known, &rule.budget, at) {
        let message = "the registry names no budget of such a series";
        let hint = "name one: `budget = \"$500\"`; or leave `by` empty, at `[\"feature\"]`, \
                    `[\"application\"]` or `[\"credential\"]`";
        desk.wrong(span, "bad_rule", message, hint);
    }
}

/// A budget and how much of it is worth a word.
pub(super) fn budget(desk: &mut Desk<'_, '_>, by: &[Dimension]) -> Option<Check> {
    budgeted(desk, by);
    let rule = &desk.placed.rule;
    let period = check::required(desk, rule.period.as_ref(), "period");
    let period = period.and_then(|at| desk.word("period", at, Period::ALL, Period::as_str));
    let mut percent = check::numbers(desk, rule.percent.as_ref(), 1..=1_000);
    percent.sort_unstable();
    let forecast = rule.forecast.as_ref().is_some_and(|at| *at.get());
    if rule.percent.is_none() && !forecast {
        desk.missing("percent");
    }
    Some(Check::Budget(Budget {
        nanousd: own_budget(desk),
        period: period?,
        percent,
        forecast,
    }))
}

/// A budget that goes too fast, in a short and a long window.
pub(super) fn burn(desk: &mut Desk<'_, '_>, by: &[Dimension]) -> Option<Check> {
    budgeted(desk, by);
    let rule = &desk.placed.rule;
    let fast = check::required(desk, rule.fast.as_ref(), "fast");
    let slow = check::required(desk, rule.slow.as_ref(), "slow");
    let times = check::required(desk, rule.times.as_ref(), "times");
    let pace = times.and_then(|at| {
        let pace = value::millionths(at.get()).filter(|pace| *pace >= 1_000_000);
        if pace.is_none() {
            let message = format!("`{}` is no pace", at.get());
            desk.wrong(
                at.span(),
                "bad_amount",
                message,
                "a decimal of at least 1, like `14.4`",
            );
        }
        pace
    });
    let windows = (
        fast.and_then(|at| check::minutes(desk, at)),
        slow.and_then(|at| check::minutes(desk, at)),
    );
    if let ((Some(short), Some(long)), Some(at)) = (windows, slow)
        && short >= long
    {
        let message = "`slow` is not longer than `fast`";
        desk.wrong(
            at.span(),
            "bad_rule",
            message,
            "like `fast = \"5m\"` and `slow = \"1h\"`",
        );
    }
    Some(Check::Burn(Burn {
        nanousd: own_budget(desk),
        minutes: (windows.0?, windows.1?),
        times: pace?,
    }))
}
