//! Why it costs more: the bridge from what was approved or usual to what is.
//!
//! Knows no rule's limit. A newcomer may ask why the parts are brought to the finding's own loss: two
//! figures of one mail that differ by what "usual" means would look like an error.

use crate::alert::{Change, Check, Dimension, Driver, Limit, Metric};
use crate::app::bridge::{Weights, state};
use crate::bridge::{BUCKETS, Part, State, split};
use crate::ledger::{Fault, Span};
use crate::money::NanoUsd;
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

use super::case::Case;
use super::figure::{Half, half};

/// Earlier weeks whose same hours are what is usual.
const WEEKS: i64 = 3;
/// How long before it began is usual where no earlier week is known.
const BEFORE_MS: i64 = DAY_MS;
/// The place of output among the kinds of tokens.
const OUT: usize = BUCKETS - 1;

/// Against what spend is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Against {
    Approved,
    Usual,
    Nothing,
}

/// The parts of the change, in the order of changes; empty where there is nothing to hold it
/// against.
pub(super) fn drivers(case: &Case<'_>) -> Result<Vec<Driver>, Fault> {
    let against = against(case);
    if against == Against::Nothing || case.by_lines() {
        return Ok(Vec::new());
    }
    let mut weights = Weights::new(case.rules, case.event.to);
    let span = judged(case);
    let after = read(case, &mut weights, span)?;
    if after.requests() <= 0 {
        return Ok(Vec::new());
    }
    let before = match against {
        Against::Approved => approved(case, &mut weights, &after)?,
        Against::Usual => usual(case, &mut weights, span)?,
        Against::Nothing => None,
    };
    let Some(before) = before else {
        return Ok(Vec::new());
    };
    let parts = to_loss(split(&before, &after), case.finding.loss.per_hour_nanousd);
    let told = parts.into_iter().filter(|(_, amount)| amount.0 != 0);
    Ok(told
        .map(|(change, amount)| Driver {
            change,
            nanousd_per_hour: amount.0,
        })
        .collect())
}

fn against(case: &Case<'_>) -> Against {
    let approved = |limit: &Option<Limit>| matches!(limit, Some(Limit::OfApproved(_)));
    let by_approved = match &case.rule.check {
        Check::Drift { .. } => true,
        Check::Threshold { above, below, .. } => approved(above) || approved(below),
        Check::Budget(_) | Check::Burn(_) | Check::Anomaly { .. } => false,
        Check::Residency(_) | Check::FirstSight(_) | Check::Silence { .. } | Check::Calendar(_) => {
            return Against::Nothing;
        }
    };
    let Some(metric) = case.metric() else {
        return Against::Nothing;
    };
    let of_money = half(Some(metric)) == Half::Requests || metric == Metric::Calls;
    match (by_approved, of_money) {
        (true, true) if metric == Metric::RetryShare => Against::Usual,
        (true, true) => Against::Approved,
        (false, true) => Against::Usual,
        (_, false) => Against::Nothing,
    }
}

/// What was judged: the finding's window, or the event.
fn judged(case: &Case<'_>) -> Span {
    let window = i64::from(case.finding.measure.window_minutes) * MINUTE_MS;
    if window == 0 {
        return case.event;
    }
    Span {
        from: case.event.to.saturating_add(-window).floor(MINUTE_MS),
        to: case.event.to,
    }
}

fn read(case: &Case<'_>, weights: &mut Weights<'_>, span: Span) -> Result<State, Fault> {
    let (resolution, span) = case.readable(span)?;
    let mut wanted = |key: &crate::entry::CellKey| case.holds(key);
    state(case.books, weights, (resolution, span), &mut wanted)
}

/// The same hours of earlier weeks, of those that the books know; else the day before it began.
fn usual(case: &Case<'_>, weights: &mut Weights<'_>, span: Span) -> Result<Option<State>, Fault> {
    let mut all = State::default();
    for week in 1..=WEEKS {
        let back = |at: UnixMillis| at.saturating_add(-week * 7 * DAY_MS);
        let earlier = Span {
            from: back(span.from),
            to: back(span.to),
        };
        let known = read(case, weights, earlier)?;
        if known.requests() > 0 {
            all.span_ms = all.span_ms.saturating_add(known.span_ms);
            all.parts.extend(known.parts);
        }
    }
    if all.requests() == 0 {
        all = read(case, weights, before(case, span))?;
    }
    Ok((all.requests() > 0).then_some(all))
}

/// The day before it began.
fn before(case: &Case<'_>, span: Span) -> Span {
    let to = case.finding.since.min(span.from).floor(HOUR_MS);
    Span {
        from: to.saturating_add(-BEFORE_MS),
        to,
    }
}

/// As many requests as there were, each as approved. Approved are a cost and all tokens together; how
/// many of them are output is taken from the day before it began, so that what is in question does
/// not measure itself.
fn approved(
    case: &Case<'_>,
    weights: &mut Weights<'_>,
    after: &State,
) -> Result<Option<State>, Fault> {
    let features = &case.rules.features;
    let registered = case
        .named(Dimension::Feature)
        .and_then(|name| features.get(features.by_key(name)?));
    let Some(plan) = registered.map(|feature| feature.approved) else {
        return usual(case, weights, judged(case));
    };
    let Some(cost) = plan.cost_per_call else {
        return usual(case, weights, judged(case));
    };
    let earlier = read(case, weights, before(case, judged(case)))?;
    let shape = if earlier.requests() > 0 {
        &earlier
    } else {
        after
    };
    let output = each(shape, OUT);
    let known: i64 = (0..BUCKETS).map(|kind| each(shape, kind)).sum();
    let tokens = plan
        .tokens_per_call
        .and_then(|n| i64::try_from(n).ok())
        .unwrap_or(known);
    let output = output.min(tokens);
    let Some(most) = shape.parts.iter().max_by_key(|part| part.requests) else {
        return Ok(None);
    };
    let requests = after.requests();
    let of = |n: i64| n.saturating_mul(requests);
    Ok(Some(State {
        span_ms: after.span_ms,
        parts: vec![Part {
            requests,
            tokens: [of(tokens.saturating_sub(output)), 0, 0, 0, of(output)],
            cost_nanousd: of(cost.0),
            retries_nanousd: 0,
            ..most.clone()
        }],
    }))
}

/// Tokens of a kind for each answered request.
fn each(state: &State, kind: usize) -> i64 {
    let tokens = state.parts.iter().filter_map(|part| part.tokens.get(kind));
    let sum: i64 = tokens.fold(0, |sum, n| sum.saturating_add(*n));
    crate::app::report::over(sum, state.requests()).unwrap_or(0)
}

/// The parts brought to what the finding says that it costs an hour, exactly; as they are where it
/// says nothing, and nothing where both disagree on whether it is more.
fn to_loss(parts: Vec<(Change, NanoUsd)>, loss: Option<i64>) -> Vec<(Change, NanoUsd)> {
    let Some(loss) = loss else {
        return parts;
    };
    let sum: i128 = parts.iter().map(|(_, part)| i128::from(part.0)).sum();
    if sum.signum() != i128::from(loss).signum() || sum == 0 {
        return Vec::new();
    }
    let mut scaled: Vec<(Change, i128)> = parts
        .iter()
        .map(|(change, part)| (*change, i128::from(part.0) * i128::from(loss) / sum))
        .collect();
    let missing = i128::from(loss) - scaled.iter().map(|(_, part)| part).sum::<i128>();
    if let Some((_, part)) = scaled.iter_mut().max_by_key(|(_, part)| part.abs()) {
        *part += missing;
    }
    let narrow = |part: i128| NanoUsd(i64::try_from(part).unwrap_or(i64::MAX));
    scaled
        .into_iter()
        .map(|(change, part)| (change, narrow(part)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_brought_to_the_loss() {
        let parts = |told: &[i64]| -> Vec<(Change, NanoUsd)> {
            let amounts = told.iter().map(|n| NanoUsd(*n));
            Change::ALL.into_iter().zip(amounts).collect()
        };
        let cases: [(&[i64], Option<i64>, &[i64]); 6] = [
            (&[7, 2, 1], None, &[7, 2, 1]),
            (&[7, 2, 1], Some(10), &[7, 2, 1]),
            (&[7, 2, -1], Some(4), &[3, 1, 0]),
            (&[7, 2, 1], Some(0), &[]),
            (&[7, 2, 1], Some(-4), &[]),
            (&[5, -5], Some(4), &[]),
        ];
        for (told, loss, expected) in cases {
            let scaled = to_loss(parts(told), loss);
            assert_eq!(scaled, parts(expected), "{told:?} {loss:?}");
        }
    }
}
