//! Keeps house: links hours that are complete, closes old ones, tells how large the books are.
//!
//! Knows no source. A newcomer may ask why it works hour by hour: between two of them whoever
//! reads gets the books.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::ledger::{Ledger, Resolution, Span};
use crate::telemetry::Coverage;
use crate::units::{DAY_MS, Text, UnixMillis};

use super::super::Failure;
use super::super::links::Linker;
use super::shared::Shared;

/// Pause between two rounds.
const PAUSE: Duration = Duration::from_secs(2);
/// How often the last day's coverage is added up.
const COVER_EVERY: Duration = Duration::from_secs(60);

/// Keeps house until the end is told.
///
/// # Errors
/// What the ledger says.
pub(super) fn run(shared: &Arc<Shared>) -> Result<(), Failure> {
    let mut cover_at = Instant::now();
    loop {
        let linked = link(shared)?;
        let mut closed = 0;
        loop {
            let kept = shared.books().maintain(shared.clock.now())?;
            closed += kept.hours_closed;
            if !kept.more || shared.stopping() {
                break;
            }
        }
        shared.figures.hours(linked, closed);
        if Instant::now() >= cover_at {
            cover(shared)?;
            cover_at = Instant::now() + COVER_EVERY;
        }
        {
            let books = shared.books();
            shared.figures.ledger(books.file_bytes(), books.feed_end()?);
        }
        shared.fade();
        if !shared.nap(PAUSE) {
            return Ok(());
        }
    }
}

/// Links what is complete; how many hours.
fn link(shared: &Shared) -> Result<u64, Failure> {
    let Some(complete_to) = shared.complete_to() else {
        return Ok(0);
    };
    let hours = shared.books().hours_to_link(complete_to)?;
    if hours.is_empty() {
        return Ok(0);
    }
    let (setup, _) = shared.setup();
    let mut linker = Linker::new(&setup.rules.registry);
    let mut count = 0;
    for hour in hours {
        if shared.stopping() {
            break;
        }
        linker.link(&mut *shared.books(), hour)?;
        count += 1;
    }
    Ok(count)
}

/// Adds up calls and requests of the last day by endpoint.
fn cover(shared: &Shared) -> Result<(), Failure> {
    let now = shared.clock.now();
    let span = Span {
        from: now.saturating_add(-DAY_MS),
        to: UnixMillis(i64::MAX),
    };
    let mut covered: BTreeMap<Text, Coverage> = BTreeMap::new();
    shared.books().cells(Resolution::Hour, span, &mut |row| {
        let cover = covered.entry(row.key.endpoint.clone()).or_default();
        let totals = &row.cell.totals;
        cover.calls = cover
            .calls
            .saturating_add(u64::try_from(totals.calls()).unwrap_or(0));
        cover.requests = cover
            .requests
            .saturating_add(u64::try_from(totals.requests()).unwrap_or(0));
        Ok(())
    })?;
    shared.figures.coverage(covered);
    Ok(())
}
