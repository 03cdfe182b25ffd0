//! What it looks like, and what to do about it.
//!
//! Knows no mail. A newcomer may ask why each pattern asks for so much: a wrong guess in a mail costs
//! more trust than a missing one, and the rule's own words stand where none is found.

use std::collections::BTreeMap;

use crate::alert::{Change, Check, Dimension, Driver, Metric, Residency};
use crate::ledger::{Family, Fault, Span};
use crate::units::{DAY_MS, HOUR_MS, Text};

use super::around;
use super::case::Case;
use super::figure::{Half, half, ppm};
use super::seen::Seen;
use super::talk::{grows, same_size};
use super::words::{beginning, percent, times};

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) pattern: Option<&'static str>,
    pub(super) action: Option<String>,
}

/// From this many millionths on, one of many is the cause.
const MOST: i64 = 500_000;
/// Requests that one conversation must have made to be a loop.
const LOOP_LEAST: i64 = 10;
/// Calls that a feature must have for its failing to count.
const CALLS_LEAST: i64 = 3;
/// How long before an event a credential must not have been seen to be new.
const SIGHT_MS: i64 = 7 * DAY_MS;

impl Found {
    fn new(pattern: &'static str, action: String) -> Found {
        Found {
            pattern: Some(pattern),
            action: Some(action),
        }
    }

    fn action(action: String) -> Found {
        Found {
            pattern: None,
            action: Some(action),
        }
    }
}

/// What it looks like.
pub(super) fn find(case: &Case<'_>, seen: &Seen, drivers: &[Driver]) -> Result<Found, Fault> {
    let found = match (&case.rule.check, case.metric()) {
        (Check::Residency(Residency::Violated), _) | (_, Some(Metric::Violated)) => wrong(case)?,
        (Check::Residency(Residency::DownWithoutFallback), _)
        | (_, Some(Metric::ErrorShare | Metric::RequestErrorShare)) => down(case)?,
        (_, Some(Metric::ThrottledShare)) => throttled(case, seen),
        (Check::FirstSight(_) | Check::Silence { .. } | Check::Calendar(_), _) => None,
        (_, metric) if of_volume(metric) => grown(case, seen, drivers)?,
        _ => None,
    };
    Ok(found.unwrap_or_default())
}

fn of_volume(metric: Option<Metric>) -> bool {
    let told = metric.is_some_and(|metric| metric != Metric::Coverage);
    told && (half(metric) == Half::Requests || metric == Some(Metric::Calls))
}

/// Calls outside their rule: where they went, and what the registry says of it.
fn wrong(case: &Case<'_>) -> Result<Option<Found>, Fault> {
    let Some((region, _)) = around::landed(case)? else {
        return Ok(None);
    };
    let mut endpoints: BTreeMap<Text, i64> = BTreeMap::new();
    case.cells(case.event, &mut |row| {
        if row.key.verdict == Some(crate::residency::Verdict::Violated) {
            *endpoints.entry(row.key.endpoint).or_default() += row.cell.totals.calls();
        }
    })?;
    let Some((endpoint, _)) = endpoints.into_iter().max_by_key(|(_, n)| *n) else {
        return Ok(None);
    };
    let declared = around::registered(case, &endpoint);
    Ok(if declared.is_empty() || declared == region {
        Some(Found::action(format!(
            "Take the feature off endpoint {endpoint}: its calls land in {region}."
        )))
    } else {
        Some(Found::action(format!(
            "Endpoint {endpoint} is registered in {declared}, and its calls land in {region}: take \
             the feature off it, then correct the registry."
        )))
    })
}

/// Calls and failed calls of a feature or endpoint.
#[derive(Clone, Copy, Debug, Default)]
struct Failing {
    calls: i64,
    failed: i64,
}

impl Failing {
    fn is_down(self) -> bool {
        self.failed.saturating_mul(2) >= self.calls
    }
}

/// An endpoint that fails: alone, or with all that its provider serves.
fn down(case: &Case<'_>) -> Result<Option<Found>, Fault> {
    let mut providers: BTreeMap<Text, i64> = BTreeMap::new();
    let mut endpoints: BTreeMap<Text, Failing> = BTreeMap::new();
    case.cells(case.event, &mut |row| {
        let totals = &row.cell.totals;
        *providers.entry(row.key.provider).or_default() += totals.calls();
        let one = endpoints.entry(row.key.endpoint).or_default();
        one.calls += totals.calls();
        one.failed += totals.calls() - totals.calls_ok - totals.calls_throttled;
    })?;
    let worst = endpoints.iter().max_by_key(|(_, one)| one.failed);
    let Some((endpoint, failing)) = worst.filter(|(_, one)| one.failed > 0) else {
        return Ok(None);
    };
    let provider = providers
        .iter()
        .max_by_key(|(_, n)| **n)
        .map(|(name, _)| name);
    if let Some(provider) = provider.filter(|name| !name.is_empty())
        && let Some(features) = all_fail(case, provider)?
    {
        return Ok(Some(Found::new(
            "an outage at the provider",
            format!(
                "All {features} features that use {provider} fail: nothing of yours has changed. See \
                 the provider's status, and move what cannot wait to another provider."
            ),
        )));
    }
    let registry = &case.rules.registry;
    let known = registry.by_name(endpoint).and_then(|id| registry.get(id));
    let fallback = known.and_then(|one| registry.get(one.fallback?));
    let share = ppm(failing.failed, failing.calls).map_or_else(String::new, percent);
    let says = format!("Endpoint {endpoint} fails {share} of its calls");
    let action = match fallback {
        Some(other) => format!(
            "{says}, and its fallback {} took over none: switch the feature there by hand.",
            other.name
        ),
        None => format!(
            "{says}, and no fallback is registered: ask who runs it, and point the feature at another \
             endpoint until it answers."
        ),
    };
    Ok(if failing.is_down() {
        Some(Found::new("an endpoint that is down", action))
    } else {
        Some(Found::action(action))
    })
}

/// How many features a provider serves, where it fails for all of at least two.
fn all_fail(case: &Case<'_>, provider: &Text) -> Result<Option<usize>, Fault> {
    let mut features: BTreeMap<Text, Failing> = BTreeMap::new();
    case.cells_of(
        case.event,
        &mut |key| key.provider == *provider,
        &mut |row| {
            let totals = &row.cell.totals;
            let one = features.entry(row.key.feature).or_default();
            one.calls += totals.calls();
            one.failed += totals.calls() - totals.calls_ok - totals.calls_throttled;
        },
    )?;
    features.retain(|_, one| one.calls >= CALLS_LEAST);
    let all = features.values().all(|one| one.is_down());
    Ok((all && features.len() >= 2).then_some(features.len()))
}

/// Calls refused with 429: who asks the most.
fn throttled(case: &Case<'_>, seen: &Seen) -> Option<Found> {
    let endpoint = case
        .named(Dimension::Endpoint)
        .or_else(|| seen.top(Dimension::Endpoint).map(|(name, _)| name))?;
    let most = seen
        .top(Dimension::Feature)
        .filter(|(_, share)| *share >= MOST);
    let whose = match most.filter(|_| seen.names(Dimension::Feature) > 1) {
        Some((feature, share)) => format!("; {feature} gets {} of the refusals", percent(share)),
        None => String::new(),
    };
    Some(Found::new(
        "a rate limit that is used up",
        format!(
            "Endpoint {endpoint} refuses calls with 429{whose}: spread the load or raise the quota, \
             and see that retries wait as long as the answer says."
        ),
    ))
}

/// More calls or more money: a loop, a leak, longer prompts, or another endpoint.
fn grown(case: &Case<'_>, seen: &Seen, drivers: &[Driver]) -> Result<Option<Found>, Fault> {
    if let Some(found) = looped(seen) {
        return Ok(Some(found));
    }
    if let Some(found) = leaked(case, seen)? {
        return Ok(Some(found));
    }
    let greatest = drivers.iter().max_by_key(|one| one.nanousd_per_hour);
    let Some(greatest) = greatest.filter(|one| one.nanousd_per_hour > 0) else {
        return Ok(None);
    };
    let (was, is) = (before(case)?, now(case)?);
    let moved = moved(&was, &is);
    let grew = was.prompt().zip(is.prompt()).and_then(|(was, is)| {
        let thousandths = is.saturating_mul(1000).checked_div(was)?;
        (thousandths >= 1_200).then(|| times(thousandths))
    });
    Ok(match (greatest.change, grew, moved) {
        (Change::Prompt, Some(grew), Some((from, to))) => Some(Found::new(
            "a prompt that grew",
            format!(
                "Prompts are {grew} times as long as before, since the feature asks {to} in the place \
                 of {from}: look at what was changed with it, and take it back."
            ),
        )),
        (Change::Prompt, Some(grew), None) => Some(Found::new(
            "a prompt that grew",
            format!(
                "Prompts are {grew} times as long as before: look at what was changed in the prompt \
                 or in what is put into it."
            ),
        )),
        (Change::Mix | Change::Price, _, Some((from, to))) => Some(Found::action(format!(
            "The feature asks {to} in the place of {from}, which costs more: ask whether that is meant."
        ))),
        (Change::Retries, ..) => Some(Found::action(
            "Failed requests are paid for and repeated: cap the retries, and let them wait longer each \
             time."
                .to_owned(),
        )),
        (
            Change::Prompt
            | Change::Mix
            | Change::Price
            | Change::Volume
            | Change::Output
            | Change::Cache,
            ..,
        ) => None,
    })
}

/// One conversation that makes most of it.
fn looped(seen: &Seen) -> Option<Found> {
    let (print, talk, share) = seen.talk()?;
    if share < MOST || talk.requests < LOOP_LEAST {
        return None;
    }
    let (who, share) = (beginning(print), percent(share));
    let says = format!("One conversation (fingerprint {who}) makes {share} of them");
    if same_size(talk) {
        return Some(Found::new(
            "a retry loop",
            format!("{says} with the same prompt size: stop its playbook, or cap its retries."),
        ));
    }
    if grows(talk) {
        return Some(Found::new(
            "a prompt that grows",
            format!("{says}, each prompt longer than the one before: end it, or cap its turns."),
        ));
    }
    Some(Found::action(format!(
        "{says}: stop it, and ask who started it."
    )))
}

/// A credential that nobody had used in the week before, and that makes most of it at an hour at
/// which hardly anybody works.
fn leaked(case: &Case<'_>, seen: &Seen) -> Result<Option<Found>, Fault> {
    let named = case
        .named(Dimension::Credential)
        .map(|name| (name, 1_000_000));
    let Some((name, share)) = named
        .or_else(|| seen.credential())
        .filter(|(_, n)| *n >= MOST)
    else {
        return Ok(None);
    };
    let first = case.event.from.floor(HOUR_MS);
    let span = Span {
        from: first.saturating_add(-SIGHT_MS),
        to: case.event.to,
    };
    let rows = case.books.families(Family::Credential, span)?;
    let known_before = rows.iter().any(|row| row.a == *name && row.start < first);
    let others_before = rows.iter().any(|row| row.a != *name && row.start < first);
    if known_before || !others_before || !by_night(case)? {
        return Ok(None);
    }
    let share = percent(share);
    Ok(Some(Found::new(
        "a leaked credential",
        format!(
            "Credential {name} was never seen before, and makes {share} of them at an hour at which \
             hardly anybody works: revoke it now, then ask whose it is."
        ),
    )))
}

/// Whether the event's hours are among those in which the week before had the fewest requests: under
/// half of its mean hour, the event itself aside.
fn by_night(case: &Case<'_>) -> Result<bool, Fault> {
    let hour = case.event.to.saturating_add(-1).floor(HOUR_MS);
    let week = Span {
        from: hour.saturating_add(-SIGHT_MS),
        to: case.event.from.floor(HOUR_MS),
    };
    let (mut all, mut same) = (0_i64, 0_i64);
    let of_day = |at: i64| at.rem_euclid(DAY_MS);
    case.books.cells_where(
        (crate::ledger::Resolution::Hour, week),
        &mut |_| true,
        &mut |row| {
            let n = row.cell.totals.requests().max(row.cell.totals.calls());
            all += n;
            if of_day(row.start.0) == of_day(hour.0) {
                same += n;
            }
            Ok(())
        },
    )?;
    Ok(all > 0 && same.saturating_mul(48) < all)
}

/// What a stretch of time asked: endpoints with their requests, and input tokens.
#[derive(Clone, Debug, Default)]
struct Asked {
    endpoints: BTreeMap<Text, i64>,
    requests: i64,
    input: i64,
}

impl Asked {
    /// Input tokens of an answered request.
    fn prompt(&self) -> Option<i64> {
        (self.requests > 0).then(|| self.input / self.requests)
    }

    /// The endpoint that most requests went to, where it is more than half of them.
    fn main(&self) -> Option<&Text> {
        let (name, n) = self.endpoints.iter().max_by_key(|(_, n)| **n)?;
        (n.saturating_mul(2) > self.requests).then_some(name)
    }
}

fn asked(case: &Case<'_>, span: Span) -> Result<Asked, Fault> {
    let mut asked = Asked::default();
    case.cells(span, &mut |row| {
        let totals = &row.cell.totals;
        if totals.requests_ok <= 0 {
            return;
        }
        asked.requests += totals.requests_ok;
        asked.input = asked.input.saturating_add(totals.tokens_input_total());
        *asked.endpoints.entry(row.key.endpoint).or_default() += totals.requests_ok;
    })?;
    Ok(asked)
}

fn before(case: &Case<'_>) -> Result<Asked, Fault> {
    let to = case.finding.since.min(case.event.from).floor(HOUR_MS);
    let span = Span {
        from: to.saturating_add(-DAY_MS),
        to,
    };
    asked(case, span)
}

fn now(case: &Case<'_>) -> Result<Asked, Fault> {
    asked(case, case.event)
}

/// The endpoint that was asked before and the one in its place.
fn moved<'a>(was: &'a Asked, is: &'a Asked) -> Option<(&'a Text, &'a Text)> {
    let (from, to) = (was.main()?, is.main()?);
    let new = was.endpoints.get(to).copied().unwrap_or(0);
    (from != to && new.saturating_mul(20) <= was.requests).then_some((from, to))
}
