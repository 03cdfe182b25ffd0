//! Computes the links of every hour whose lines changed.
//!
//! Knows no source. A newcomer may ask why whole hours are computed again for one late line: links
//! are a pure function of the lines, and a pure function of all of them cannot drift.

use std::collections::BTreeMap;

use crate::attribute::Registry;
use crate::call::Class;
use crate::ledger::{Ledger, LinkRow, Span};
use crate::line::Line;
use crate::link::{self, Attempt, Group, RETRY_MS};
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::{Failure, Progress};

/// Computes the links of all hours that are complete and changed since; how many they were.
///
/// # Errors
/// What the ledger says.
pub fn bring_up_to_date(
    ledger: &mut dyn Ledger,
    registry: &Registry,
    complete_to: UnixMillis,
    progress: &mut dyn Progress,
) -> Result<usize, Failure> {
    let hours = ledger.hours_to_link(complete_to)?;
    let fallbacks = fallbacks(registry);
    progress.begin("linking", u64::try_from(hours.len()).unwrap_or(u64::MAX));
    for (done, hour) in hours.iter().enumerate() {
        let rows = links_of(ledger, *hour, &fallbacks)?;
        ledger.put_links(*hour, &rows)?;
        progress.at(u64::try_from(done).unwrap_or(u64::MAX), 0);
    }
    progress.end();
    Ok(hours.len())
}

/// The registered fallback of each endpoint, by name.
fn fallbacks(registry: &Registry) -> BTreeMap<Text, Text> {
    registry
        .iter()
        .filter_map(|(_, endpoint)| {
            let fallback = registry.get(endpoint.fallback?)?;
            Some((endpoint.name.clone(), fallback.name.clone()))
        })
        .collect()
}

/// The call and the request that a line tells, as far as linking asks.
fn attempts_of(line: &Line) -> impl Iterator<Item = Attempt> {
    let attempt = |group: Group, size: u64, class: Class| Attempt {
        group,
        feature: line.about.key.feature.clone(),
        endpoint: line.about.key.endpoint.clone(),
        conversation: line.conversation,
        size,
        at: line.at,
        sequence: line.sequence.clone(),
        failed: class != Class::Ok,
        id: line.id,
        tokens: line
            .request
            .and_then(|request| request.usage)
            .map_or(0, |usage| i64::try_from(usage.total()).unwrap_or(i64::MAX)),
        cost_nanousd: line
            .request
            .and_then(|request| request.money.amount())
            .map_or(0, |cost| cost.0),
    };
    let call = line
        .call
        .map(|call| attempt(Group::Call, call.request_bytes, call.class));
    let request = line.request.map(|request| {
        let size = request.usage.map_or(0, |usage| usage.total_input());
        attempt(Group::Request, size, request.class)
    });
    call.into_iter().chain(request)
}

fn links_of(
    ledger: &dyn Ledger,
    hour: UnixMillis,
    fallbacks: &BTreeMap<Text, Text>,
) -> Result<Vec<LinkRow>, Failure> {
    let window = hour..hour.saturating_add(HOUR_MS);
    let span = Span {
        from: hour.saturating_add(-RETRY_MS),
        to: window.end,
    };
    let mut attempts = Vec::new();
    ledger.lines(span, &mut |line| {
        attempts.extend(attempts_of(&line));
        Ok(())
    })?;
    let cells = link::link(attempts, window, fallbacks);
    let row = |(key, totals): (link::LinkKey, link::LinkTotals)| LinkRow {
        hour,
        key: vec![
            Text::const_new(key.group.as_str()),
            Text::const_new(key.kind.as_str()),
            key.feature,
            key.from,
            key.to,
        ],
        body: totals.encode(),
    };
    Ok(cells.into_iter().map(row).collect())
}
