//! Judges the kept call lines again under the present configuration, and says what that moves.
//!
//! Knows no terminal. A newcomer may ask why the lines are judged twice, once to show and once to
//! book: what is shown needs no lock and changes nothing, and what is booked is one transaction.

mod again;
mod differences;

use crate::clock::Clock;
use crate::ids::ConfigNumber;
use crate::ledger::{Again, Correction, Fault, Ledger, Reach, RestatementRow, Span};
use crate::line::Line;
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::setup::Setup;
use super::{Failure, Progress, links};

pub use differences::{Differences, FixedDay, Shift, Turn};

/// What restating `span` under the configuration would change. Reads alone.
///
/// # Errors
/// What the ledger says.
pub fn preview(
    ledger: &dyn Ledger,
    setup: &Setup,
    span: Span,
    progress: &mut dyn Progress,
) -> Result<Differences, Failure> {
    let reach = ledger.reach(span)?;
    let config = number_of(ledger, setup)?;
    let mut judge = again::Rejudge::new(ledger, setup, config)?;
    let mut differences = Differences::new(ledger, &reach, config);
    progress.begin("judging", hours(&reach));
    for (done, hour) in (0_u64..).zip(&reach.hours) {
        let hour = Span {
            from: *hour,
            to: UnixMillis(hour.0.saturating_add(HOUR_MS)),
        };
        ledger.lines_unsorted(hour, &mut |line| {
            let again = judge.line(&line);
            differences.add(&line, again);
            Ok(())
        })?;
        progress.at(done, differences.lines);
    }
    progress.end();
    differences.tell();
    differences.not_back = judge.not_back;
    differences.groups_kept = judge.groups_kept;
    Ok(differences)
}

/// Restates `span`, records it with its `reason`, and computes the links anew.
///
/// # Errors
/// What the ledger says; then nothing was restated. Links that were not computed before an error
/// are computed by whoever writes the ledger next.
pub fn restate(
    ledger: &mut dyn Ledger,
    setup: &Setup,
    clock: &dyn Clock,
    (span, reason): (Span, &str),
    progress: &mut dyn Progress,
) -> Result<RestatementRow, Failure> {
    let config = ledger.config_number(&setup.ready.canonical, clock.now())?;
    let mut judge = again::Rejudge::new(ledger, setup, config)?;
    let correction = Correction {
        span,
        config,
        reason: Text::from(reason),
    };
    progress.begin("restating", hours(&ledger.reach(span)?));
    let mut seen: (Option<UnixMillis>, u64, u64) = (None, 0, 0);
    let mut one = |line: &Line| -> Result<Again, Fault> {
        let hour = line.at.floor(HOUR_MS);
        seen.2 = seen.2.saturating_add(1);
        if seen.0.replace(hour).is_some_and(|last| last != hour) {
            seen.1 = seen.1.saturating_add(1);
            progress.at(seen.1, seen.2);
        }
        Ok(judge.line(line))
    };
    let row = ledger.restate(&correction, &mut one, clock.now())?;
    progress.end();
    links::bring_up_to_date(
        ledger,
        &setup.rules.registry,
        UnixMillis(i64::MAX),
        progress,
    )?;
    Ok(row)
}

fn hours(reach: &Reach) -> u64 {
    u64::try_from(reach.hours.len()).unwrap_or(u64::MAX)
}

/// The number that the ledger knows the configuration by, or will.
fn number_of(ledger: &dyn Ledger, setup: &Setup) -> Result<ConfigNumber, Failure> {
    let known = ledger.configs()?;
    let same = known.iter().find(|row| row.text == setup.ready.canonical);
    let last = known.last().map_or(0, |row| row.number.0);
    Ok(same.map_or(ConfigNumber(last.saturating_add(1)), |row| row.number))
}
