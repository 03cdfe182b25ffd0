//! What a figure is held against, as people write it: a number with its unit, or a share of what the
//! registry says.
//!
//! Knows no window. A newcomer may ask why the unit is the metric's and not free: a rule that holds
//! dollars against a share would wait for ever.

use crate::alert::{Amount, Dimension, Limit, Metric, Scope, Unit};

use super::super::at::AtText;
use super::super::value;
use super::ready::Desk;
use super::series;

/// What a rule says around a limit.
pub(super) struct Around<'a> {
    pub(super) metric: Metric,
    pub(super) by: &'a [Dimension],
    pub(super) scope: &'a Scope,
}

/// The limit; one that does not fit the metric is reported.
pub(super) fn limit(
    desk: &mut Desk<'_, '_>,
    around: &Around<'_>,
    written: Option<&AtText>,
) -> Option<Limit> {
    let at = written?;
    let text = at.get().trim();
    for (ending, relative) in [("of approved", true), ("of declared", false)] {
        let Some(share) = text.strip_suffix(ending) else {
            continue;
        };
        let Some(ppm) = value::ppm(share).filter(|ppm| *ppm > 0) else {
            let message = format!("`{text}` is no share");
            desk.wrong(
                at.span(),
                "bad_amount",
                message,
                format!("like `150 % {ending}`"),
            );
            return None;
        };
        return if relative {
            approved(desk, around, at).then_some(Limit::OfApproved(ppm))
        } else {
            declared(desk, around, at).then_some(Limit::OfDeclared(ppm))
        };
    }
    let unit = around.metric.unit();
    let Some(n) = amount(unit, text) else {
        let message = format!("`{text}` is no value of `{}`", around.metric.as_str());
        desk.wrong(at.span(), "bad_amount", message, example(unit));
        return None;
    };
    Some(Limit::Fixed(Amount::new(unit, n)))
}

/// A number in that unit.
pub(super) fn amount(unit: Unit, text: &str) -> Option<i64> {
    match unit {
        Unit::Count | Unit::Tokens | Unit::Days => value::count(text),
        Unit::NanoUsd => value::nanos(text),
        Unit::Ppm => value::ppm(text),
        Unit::Millis => value::span_ms(text),
    }
}

/// What such a number looks like.
pub(super) fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Count | Unit::Tokens | Unit::Days => "a whole number, like `200` or `1_000_000`",
        Unit::NanoUsd => "dollars or cents, like `$250`, `$0.05` or `4 cents`",
        Unit::Ppm => "per cents, like `5 %` or `0.5 %`",
        Unit::Millis => "a span of time, like `1500ms`, `30s` or `10m`",
    }
}

/// Whether the registry can say what was approved of that.
pub(super) fn approved(desk: &mut Desk<'_, '_>, around: &Around<'_>, at: &AtText) -> bool {
    let Some(adds_up) = series::approved(around.metric) else {
        let message = format!("nothing is approved of `{}`", around.metric.as_str());
        let hint = format!("of `{}`", series::approved_words().join("`, `"));
        desk.wrong(at.span(), "bad_rule", message, hint);
        return false;
    };
    if adds_up {
        return of_features(desk, around, "approved", at);
    }
    let why = "what was approved is a feature's";
    told_by(desk, around, Dimension::Feature, why, at)
}

fn declared(desk: &mut Desk<'_, '_>, around: &Around<'_>, at: &AtText) -> bool {
    let Some(whose) = series::declared(around.metric) else {
        let message = format!(
            "the registry declares nothing for `{}`",
            around.metric.as_str()
        );
        let hint = format!("for `{}`", series::declared_words().join("`, `"));
        desk.wrong(at.span(), "bad_rule", message, hint);
        return false;
    };
    let Some(whose) = whose else {
        return of_features(desk, around, "declared", at);
    };
    let why = format!("what is declared here is of one {}", whose.as_str());
    told_by(desk, around, whose, &why, at)
}

/// Whether series are features, applications or everything: sums of what features have.
fn of_features(desk: &mut Desk<'_, '_>, around: &Around<'_>, word: &str, at: &AtText) -> bool {
    let known = [Dimension::Feature, Dimension::Application];
    if around.by.iter().all(|one| known.contains(one)) {
        return true;
    }
    let message = format!("what is {word} is of features, of applications or of everything");
    let hint = "`by` is empty, `[\"application\"]` or `[\"feature\"]`";
    desk.wrong(at.span(), "bad_rule", message, hint);
    false
}

/// Whether each series has one value of that dimension; reports otherwise.
pub(super) fn told_by(
    desk: &mut Desk<'_, '_>,
    around: &Around<'_>,
    dimension: Dimension,
    why: &str,
    at: &AtText,
) -> bool {
    let one = |values: &Vec<_>| values.len() == 1;
    let mut scoped = around.scope.0.iter().filter(|(own, _)| *own == dimension);
    if around.by.contains(&dimension) || scoped.any(|(_, values)| one(values)) {
        return true;
    }
    let word = dimension.as_str();
    let hint = format!("add `\"{word}\"` to `by`, or name one in `scope`");
    desk.wrong(at.span(), "bad_rule", why, hint);
    false
}

/// Whether `one` lies strictly beyond `other`; `None` for limits of two forms.
pub(super) fn is_beyond(one: Limit, other: Limit) -> Option<bool> {
    match (one, other) {
        (Limit::Fixed(one), Limit::Fixed(other)) => Some(one.n > other.n),
        (Limit::OfApproved(one), Limit::OfApproved(other))
        | (Limit::OfDeclared(one), Limit::OfDeclared(other)) => Some(one > other),
        (Limit::Fixed(_) | Limit::OfApproved(_) | Limit::OfDeclared(_), _) => None,
    }
}
