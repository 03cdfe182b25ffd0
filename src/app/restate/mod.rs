//! Judges the kept call lines again under the present configuration, and says what that moves.
//!
//! Knows no terminal. A newcomer may ask why the lines are judged twice, once to show and once to
//! book: what is shown needs no lock and changes nothing, and what is booked is one transaction.

mod again;
mod differences;
mod through;
pub(in crate::app) mod wire;

use crate::clock::Clock;
use crate::ids::ConfigNumber;
use crate::ledger::{Again, Correction, Fault, Ledger, Reach, RestatementRow, Span};
use crate::line::Line;
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::setup::Setup;
use super::{Failure, Progress, links};

pub(in crate::app) use again::Rejudge;
pub use differences::{Differences, FixedDay, Shift, Turn};
pub use through::{Answer, Door};

/// Lines between two looks at whether a correction is still wanted.
const LOOK_EVERY: u64 = 2_000;

/// The clock of a correction, and who is asked at its beginning, at each hour and every few thousand
/// lines whether it goes on: with the hours and lines so far.
pub(in crate::app) struct Watched<'a> {
    pub(in crate::app) clock: &'a dyn Clock,
    pub(in crate::app) watch: &'a mut dyn FnMut(u64, u64) -> Result<(), Fault>,
}

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
    let mut judge = Rejudge::new(ledger, setup, config)?;
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
    asked: (Span, &str),
    progress: &mut dyn Progress,
) -> Result<RestatementRow, Failure> {
    progress.begin("restating", hours(&ledger.reach(asked.0)?));
    let mut watched = Watched {
        clock,
        watch: &mut |hours, lines| {
            progress.at(hours, lines);
            Ok(())
        },
    };
    let row = book(ledger, setup, asked, &mut watched)?;
    progress.end();
    links::bring_up_to_date(
        ledger,
        &setup.rules.registry,
        UnixMillis(i64::MAX),
        progress,
    )?;
    Ok(row)
}

/// Restates `span` and records it with its `reason`, in one transaction; links are left to whoever
/// links next.
///
/// # Errors
/// What the ledger says, or whoever is asked whether it goes on; then nothing was restated.
pub(in crate::app) fn book(
    ledger: &mut dyn Ledger,
    setup: &Setup,
    (span, reason): (Span, &str),
    watched: &mut Watched<'_>,
) -> Result<RestatementRow, Fault> {
    let now = watched.clock.now();
    let config = ledger.config_number(&setup.ready.canonical, now)?;
    let mut judge = Rejudge::new(ledger, setup, config)?;
    let correction = Correction {
        span,
        config,
        reason: Text::from(reason),
    };
    let (mut at, mut hours, mut lines): (Option<UnixMillis>, u64, u64) = (None, 0, 0);
    let mut one = |line: &Line| -> Result<Again, Fault> {
        let hour = line.at.floor(HOUR_MS);
        let last = at.replace(hour);
        hours = hours.saturating_add(u64::from(last.is_some_and(|last| last != hour)));
        if last != Some(hour) || lines.is_multiple_of(LOOK_EVERY) {
            (watched.watch)(hours, lines)?;
        }
        lines = lines.saturating_add(1);
        Ok(judge.line(line))
    };
    ledger.restate(&correction, &mut one, now)
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
