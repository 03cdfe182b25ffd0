//! Turns what each kind of rule says of itself into its ready form.
//!
//! Knows no routes. A newcomer may ask why a part that is missing does not end the reading of a rule: all
//! that is wrong with it is said at once.

use crate::alert::{
    Calendar, Check, Dimension, Due, Kind, Metric, Period, Promise, Residency, Scope, Sight, Span,
};

use super::super::at::{At, AtText};
use super::super::hint;
use super::super::value;
use super::limit::{self, Around};
use super::ready::Desk;
use super::series;
use super::spend;

/// Hours of "once in three weeks".
const PROMISE_HOURS: u32 = 504;

/// What an anomaly must cost an hour when nothing is said: below a dollar nobody acts.
const FLOOR_NANOUSD: i64 = 1_000_000_000;

/// Longest window: 30 days.
const WINDOW_MAX_MINUTES: i64 = 43_200;

/// Longest span of days before a date, or without an exercise.
const DAYS_MAX: u64 = 3_660;

/// What the rule looks at; `None`, and reported, where that cannot be told.
pub(super) fn of(
    desk: &mut Desk<'_, '_>,
    kind: Kind,
    by: &[Dimension],
    scope: &Scope,
) -> Option<Check> {
    if let Some(sets) = series::kept_by_kind(kind) {
        kept(desk, &sets, by, scope, "that");
    }
    match kind {
        Kind::Threshold => threshold(desk, by, scope),
        Kind::Budget => spend::budget(desk, by),
        Kind::Burn => spend::burn(desk, by),
        Kind::Anomaly => anomaly(desk, by, scope),
        Kind::Drift => drift(desk, by, scope),
        Kind::Residency => {
            let text = required(desk, desk.placed.rule.event.as_ref(), "event")?;
            let event = desk.word("event", text, Residency::ALL, Residency::as_str)?;
            Some(Check::Residency(event))
        }
        Kind::FirstSight => {
            let text = required(desk, desk.placed.rule.of.as_ref(), "of")?;
            let sight = desk.word("thing to be seen", text, Sight::ALL, Sight::as_str)?;
            Some(Check::FirstSight(sight))
        }
        Kind::Silence => Some(Check::Silence {
            promise: promise(desk)?,
        }),
        Kind::Calendar => calendar(desk),
    }
}

/// The value; one that is not there is reported.
pub(super) fn required<'a, T>(
    desk: &mut Desk<'a, '_>,
    value: Option<&'a At<T>>,
    key: &str,
) -> Option<&'a At<T>> {
    if value.is_none() {
        desk.missing(key);
    }
    value
}

/// Reports dimensions that the books do not keep together.
fn kept(
    desk: &mut Desk<'_, '_>,
    sets: &[&'static [Dimension]],
    by: &[Dimension],
    scope: &Scope,
    what: &str,
) {
    let all: Vec<Dimension> = by
        .iter()
        .copied()
        .chain(scope.0.iter().map(|(one, _)| *one))
        .collect();
    if sets
        .iter()
        .any(|set| all.iter().all(|one| set.contains(one)))
    {
        return;
    }
    let words = |set: &[Dimension]| {
        let words: Vec<String> = set
            .iter()
            .map(|one| format!("`{}`", one.as_str()))
            .collect();
        words.join(", ")
    };
    let rule = &desk.placed.rule;
    let span = rule
        .by
        .as_ref()
        .map(At::span)
        .or_else(|| rule.scope.as_ref().map(At::span));
    let span = span.unwrap_or_else(|| desk.placed.name.span());
    let message = format!("the books do not keep {what} by {} together", words(&all));
    let kept: Vec<String> = sets.iter().map(|set| words(set)).collect();
    desk.wrong(
        span,
        "bad_rule",
        message,
        format!("by {}", kept.join("; or by ")),
    );
}

/// The metric, told by what it can be told by.
fn metric(desk: &mut Desk<'_, '_>, by: &[Dimension], scope: &Scope) -> Option<Metric> {
    let text = required(desk, desk.placed.rule.metric.as_ref(), "metric")?;
    let Some(metric) = Metric::parse(text.get()) else {
        let known = Metric::ALL.iter().map(|one| one.as_str());
        let hint = hint::of_names(text.get(), known);
        let message = format!("unknown metric `{}`", text.get());
        desk.wrong(text.span(), "unknown_metric", message, hint);
        return None;
    };
    let what = format!("`{}`", metric.as_str());
    kept(desk, &series::kept_by(metric), by, scope, &what);
    if let Some(needed) = series::needs(metric) {
        let around = Around { metric, by, scope };
        let why = format!(
            "`{}` is held against what one {} declares",
            metric.as_str(),
            needed.as_str()
        );
        limit::told_by(desk, &around, needed, &why, text);
    }
    Some(metric)
}

/// The window: whole minutes, or a period of the calendar.
fn window(desk: &mut Desk<'_, '_>) -> Option<Span> {
    let text = required(desk, desk.placed.rule.window.as_ref(), "window")?;
    if let Some(period) = Period::parse(text.get()) {
        return Some(Span::Period(period));
    }
    minutes(desk, text).map(Span::Minutes)
}

pub(super) fn minutes(desk: &mut Desk<'_, '_>, text: &AtText) -> Option<u32> {
    let whole = value::span_ms(text.get())
        .filter(|ms| ms % 60_000 == 0)
        .map(|ms| ms / 60_000);
    let fits = whole.filter(|minutes| (1..=WINDOW_MAX_MINUTES).contains(minutes));
    if fits.is_none() {
        let message = format!("`{}` is no window", text.get());
        let hint = "whole minutes from `1m` to `30d`, or `day`, `week`, `month` of the calendar";
        desk.wrong(text.span(), "bad_span", message, hint);
    }
    u32::try_from(fits?).ok()
}

fn min_sample(desk: &Desk<'_, '_>) -> u64 {
    desk.placed
        .rule
        .min_sample
        .as_ref()
        .map_or(1, |at| *at.get())
}

fn threshold(desk: &mut Desk<'_, '_>, by: &[Dimension], scope: &Scope) -> Option<Check> {
    let rule = &desk.placed.rule;
    let (metric, window) = (metric(desk, by, scope), window(desk));
    let around = Around {
        metric: metric?,
        by,
        scope,
    };
    if rule.above.is_none() && rule.below.is_none() {
        desk.missing("above");
    }
    if let (Some(_), Some(below)) = (&rule.above, &rule.below) {
        let hint = "write two rules";
        desk.wrong(
            below.span(),
            "bad_rule",
            "`above` and `below` in one rule",
            hint,
        );
    }
    let above = limit::limit(desk, &around, rule.above.as_ref());
    let below = limit::limit(desk, &around, rule.below.as_ref());
    let clear = limit::limit(desk, &around, rule.clear.as_ref());
    if let (Some(clear), Some(at)) = (clear, &rule.clear) {
        let wrong = match (above, below) {
            (Some(above), None) => limit::is_beyond(clear, above),
            (None, Some(below)) => limit::is_beyond(below, clear),
            (None, None) | (Some(_), Some(_)) => Some(false),
        };
        if wrong != Some(false) {
            let message = format!(
                "`clear` of `{}` is not on the good side of the limit",
                at.get()
            );
            let hint =
                "for `above` it is at most the limit, for `below` at least, and of the same form";
            desk.wrong(at.span(), "bad_rule", message, hint);
        }
    }
    if above.is_none() && below.is_none() {
        return None;
    }
    Some(Check::Threshold {
        metric: around.metric,
        window: window?,
        above,
        below,
        clear,
        min_sample: min_sample(desk),
    })
}

fn drift(desk: &mut Desk<'_, '_>, by: &[Dimension], scope: &Scope) -> Option<Check> {
    let rule = &desk.placed.rule;
    let (metric, window) = (metric(desk, by, scope), window(desk));
    let text = required(desk, rule.above.as_ref(), "above")?;
    let around = Around {
        metric: metric?,
        by,
        scope,
    };
    let share = value::ppm(text.get()).filter(|ppm| *ppm > 0);
    if share.is_none() {
        let message = format!("`{}` is no share of what was approved", text.get());
        desk.wrong(text.span(), "bad_amount", message, "like `125 %`");
    }
    let at = rule.metric.as_ref().unwrap_or(text);
    if !limit::approved(desk, &around, at) {
        return None;
    }
    let window = window?;
    Some(Check::Drift {
        metric: around.metric,
        window,
        above: share?,
        min_sample: min_sample(desk),
    })
}

fn anomaly(desk: &mut Desk<'_, '_>, by: &[Dimension], scope: &Scope) -> Option<Check> {
    let metric = metric(desk, by, scope);
    let promise = promise(desk);
    let floor = desk.placed.rule.floor.as_ref();
    let floor_nanousd = match floor {
        None => Some(FLOOR_NANOUSD),
        Some(at) => spend::money(desk, at),
    };
    Some(Check::Anomaly {
        metric: metric?,
        promise: promise?,
        floor_nanousd: floor_nanousd?,
    })
}

/// `1 in 3w`.
fn promise(desk: &mut Desk<'_, '_>) -> Option<Promise> {
    let Some(at) = desk.placed.rule.false_alarms.as_ref() else {
        return Some(Promise {
            hours: PROMISE_HOURS,
        });
    };
    let span = at
        .get()
        .trim()
        .strip_prefix("1 in ")
        .and_then(value::span_ms);
    let hours = span
        .map(|ms| ms / 3_600_000)
        .filter(|hours| (1..=87_600).contains(hours));
    let hours = hours.and_then(|hours| u32::try_from(hours).ok());
    if hours.is_none() {
        let message = format!("`{}` is no promise", at.get());
        let hint = "one false alarm a series in a span of hours, days or weeks, like `1 in 3w`";
        desk.wrong(at.span(), "bad_amount", message, hint);
    }
    hours.map(|hours| Promise { hours })
}

/// The numbers of a list; those out of `bounds` are reported.
pub(super) fn numbers(
    desk: &mut Desk<'_, '_>,
    list: Option<&At<Vec<At<u64>>>>,
    bounds: std::ops::RangeInclusive<u64>,
) -> Vec<u32> {
    let mut found = Vec::new();
    for at in list.map(|list| list.get().as_slice()).unwrap_or_default() {
        let (least, most) = (bounds.start(), bounds.end());
        match u32::try_from(*at.get()) {
            Ok(number) if bounds.contains(at.get()) => found.push(number),
            Ok(_) | Err(_) => {
                let message = format!("`{}` is not between {least} and {most}", at.get());
                desk.wrong(at.span(), "out_of_range", message, "");
            }
        }
    }
    found
}

fn calendar(desk: &mut Desk<'_, '_>) -> Option<Check> {
    let rule = &desk.placed.rule;
    let due = required(desk, rule.due.as_ref(), "due");
    let days = required(desk, rule.days.as_ref(), "days");
    let due = due.and_then(|at| desk.word("date", at, Due::ALL, Due::as_str));
    let mut numbers = numbers(desk, days, 0..=DAYS_MAX);
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    if let (true, Some(at)) = (numbers.is_empty(), days) {
        desk.wrong(
            at.span(),
            "bad_value",
            "`days` names no day",
            "like `[30, 7, 0]`",
        );
    }
    Some(Check::Calendar(Calendar {
        due: due?,
        days: numbers,
    }))
}
