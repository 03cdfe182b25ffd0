//! The longest time in which most calls of a feature to one endpoint failed.
//!
//! Knows no terminal. A newcomer may ask why windows of ten minutes: a minute has too few calls of
//! one feature to call it an outage.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Failure;
use crate::app::export::start_text;
use crate::app::links;
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Resolution, Span};
use crate::link::{Group, Kind};
use crate::units::{HOUR_MS, Text, UnixMillis};

/// Width of the windows in which an outage is looked for, in milliseconds.
pub(in crate::app::report) const OUTAGE_STEP_MS: i64 = 600_000;
/// Calls that such a window must have to count.
const OUTAGE_CALLS_MIN: i64 = 3;
/// Failed calls that an outage must have.
pub(in crate::app::report) const OUTAGE_FAILED_MIN: i64 = 10;

/// A time in which most calls to an endpoint failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outage {
    /// The endpoint.
    pub endpoint: String,
    /// First window, RFC 3339 in UTC.
    pub from: String,
    /// End of the last window.
    pub to: String,
    /// The same in milliseconds since 1970.
    #[serde(skip)]
    pub span: (UnixMillis, UnixMillis),
    /// Calls in it.
    pub calls: i64,
    /// Of them failed: 5xx, timed out or without an answer.
    pub failed: i64,
    /// Calls that went to another endpoint instead.
    pub fallbacks: i64,
    /// The endpoint that the registry names as fallback.
    pub registered_fallback: Option<String>,
}

/// The longest run of windows in which at least half of an endpoint's calls failed.
pub(super) fn longest(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    span: Span,
    feature: &Text,
) -> Result<Option<Outage>, Failure> {
    let mut windows: BTreeMap<Text, BTreeMap<UnixMillis, (i64, i64)>> = BTreeMap::new();
    ledger.cells(Resolution::Minute, span, &mut |row| {
        if row.key.feature == *feature {
            let totals = &row.cell.totals;
            let window = row.start.floor(OUTAGE_STEP_MS);
            let (calls, failed) = windows
                .entry(row.key.endpoint)
                .or_default()
                .entry(window)
                .or_default();
            *calls += totals.calls();
            *failed += totals.calls_server_error + totals.calls_timeout + totals.calls_no_answer;
        }
        Ok(())
    })?;
    let mut longest: Option<Outage> = None;
    for (endpoint, windows) in &windows {
        for run in runs(windows) {
            let long = |outage: &Outage| outage.span.1.0 - outage.span.0.0;
            let found = Outage {
                endpoint: endpoint.to_string(),
                from: start_text(run.from),
                to: start_text(run.to),
                span: (run.from, run.to),
                calls: run.calls,
                failed: run.failed,
                fallbacks: 0,
                registered_fallback: fallback_of(rules, endpoint),
            };
            if run.failed >= OUTAGE_FAILED_MIN
                && longest
                    .as_ref()
                    .is_none_or(|other| long(&found) > long(other))
            {
                longest = Some(found);
            }
        }
    }
    if let Some(outage) = &mut longest {
        let (from, to) = outage.span;
        let hours = Span {
            from: from.floor(HOUR_MS),
            to: to.saturating_add(HOUR_MS),
        };
        for row in ledger.links(hours)? {
            let (key, totals) = links::read(&row)?;
            let fell_back = (key.group, key.kind) == (Group::Call, Kind::Fallback);
            if fell_back && key.feature == *feature && key.from == outage.endpoint {
                outage.fallbacks += totals.links;
            }
        }
    }
    Ok(longest)
}

fn fallback_of(rules: &Rulebook, endpoint: &str) -> Option<String> {
    let endpoint = rules
        .registry
        .by_name(endpoint)
        .and_then(|id| rules.registry.get(id))?;
    rules
        .registry
        .get(endpoint.fallback?)
        .map(|other| other.name.to_string())
}

/// Windows in a row in which most calls failed.
pub(in crate::app::report) struct Run {
    /// Where the first begins.
    pub(in crate::app::report) from: UnixMillis,
    /// Where the last ends.
    pub(in crate::app::report) to: UnixMillis,
    /// Calls in them.
    pub(in crate::app::report) calls: i64,
    /// Of them failed.
    pub(in crate::app::report) failed: i64,
}

/// Runs of windows with enough calls of which at least half failed; a window with too few calls
/// neither ends nor begins one.
pub(in crate::app::report) fn runs(windows: &BTreeMap<UnixMillis, (i64, i64)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (start, (calls, failed)) in windows {
        if *calls < OUTAGE_CALLS_MIN {
            continue;
        }
        let down = failed.saturating_mul(2) >= *calls;
        if !down {
            open = false;
            continue;
        }
        let end = start.saturating_add(OUTAGE_STEP_MS);
        match runs.last_mut() {
            Some(run) if open => {
                run.to = end;
                run.calls += calls;
                run.failed += failed;
            }
            Some(_) | None => runs.push(Run {
                from: *start,
                to: end,
                calls: *calls,
                failed: *failed,
            }),
        }
        open = true;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_runs_of_failures() {
        let windows = [
            (0, 10, 0),
            (1, 10, 9),
            (2, 1, 0),
            (3, 12, 6),
            (4, 10, 1),
            (5, 4, 4),
        ];
        let windows = windows
            .iter()
            .map(|(i, calls, failed)| (UnixMillis(i * OUTAGE_STEP_MS), (*calls, *failed)))
            .collect();
        let found: Vec<(i64, i64, i64)> = runs(&windows)
            .iter()
            .map(|run| {
                (
                    run.from.0 / OUTAGE_STEP_MS,
                    run.to.0 / OUTAGE_STEP_MS,
                    run.failed,
                )
            })
            .collect();
        assert_eq!(found, [(1, 4, 15), (5, 6, 4)]);
    }
}
