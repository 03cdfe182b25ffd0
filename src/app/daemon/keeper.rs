//! Keeps house: links hours that are complete, closes old ones, tells how large the books are.
//!
//! Knows no source. A newcomer may ask why it works hour by hour: between two of them whoever
//! reads gets the books. Where the ledger cannot do it now, the next round does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::crash::{pause, site};
use crate::ledger::{Ledger, Resolution, Span};
use crate::telemetry::Coverage;
use crate::units::{DAY_MS, Text, UnixMillis};

use super::super::Failure;
use super::super::links::Linker;
use super::shared::{Shared, may_pass};

/// Pause between two rounds.
const PAUSE: Duration = Duration::from_secs(2);
/// How often the last day's coverage is added up.
const COVER_EVERY: Duration = Duration::from_mins(1);

/// Keeps house until the end is told.
///
/// # Errors
/// What the ledger says.
pub(super) fn run(shared: &Arc<Shared>) -> Result<(), Failure> {
    let mut cover_at = Instant::now();
    let mut failing = false;
    loop {
        match round(shared, &mut cover_at) {
            Ok(()) => {
                if std::mem::take(&mut failing) {
                    shared.ledger_works();
                }
            }
            Err(Failure::Ledger { fault, .. }) if may_pass(fault.kind) => {
                failing = true;
                shared.ledger_waits(&fault);
            }
            Err(failure) => return Err(failure),
        }
        shared.fade();
        if !shared.nap(pause(PAUSE)) {
            return Ok(());
        }
    }
}

fn round(shared: &Shared, cover_at: &mut Instant) -> Result<(), Failure> {
    let linked = link(shared)?;
    shared.figures.hours(linked, 0);
    loop {
        let kept = shared.books().maintain(shared.clock.now())?;
        shared.figures.hours(0, kept.hours_closed);
        if !kept.more || shared.stopping() {
            break;
        }
    }
    if Instant::now() >= *cover_at {
        cover(shared)?;
        *cover_at = Instant::now() + COVER_EVERY;
    }
    let books = shared.books();
    shared.figures.ledger(books.file_bytes(), books.feed_end()?);
    Ok(())
}

/// Links what is complete; how many hours.
fn link(shared: &Shared) -> Result<u64, Failure> {
    let Some(complete_to) = shared.complete_to() else {
        return Ok(0);
    };
    let state = shared.state();
    let (setup, _) = shared.setup();
    let hours = shared.books().hours_to_link(complete_to)?;
    if hours.is_empty() {
        return Ok(0);
    }
    let mut linker = Linker::new(&setup.rules.registry);
    let mut count = 0;
    for hour in hours {
        if shared.stopping() {
            break;
        }
        site("before_links");
        let mut books = shared.books();
        // Another registry, or lines that were corrected: the next round begins with them.
        if shared.state() != state {
            break;
        }
        linker.link(&mut *books, hour)?;
        drop(books);
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
