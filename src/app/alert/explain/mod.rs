//! What the books add to a finding: the picture, why, who, which calls, and what to do.
//!
//! Knows no mail and no page, and reads through any reader of the books, so that the daemon's own
//! work does not wait. A newcomer may ask why so little is read: at most a day of minutes and two
//! hours of call lines, so that one alert among ten thousand series costs no more than one alone.

mod around;
mod case;
mod drivers;
mod figure;
mod graph;
mod pattern;
mod samples;
mod seen;
mod talk;
mod words;

use crate::alert::{Explained, Finding, Rule};
use crate::judge::Rulebook;
use crate::ledger::{Fault, Ledger};
use crate::units::UnixMillis;

use case::Case;

/// Explains the first of `findings`, the worst of one cause; `now` is the time of telling, beyond
/// which nothing is read. What the books do not tell stays empty.
///
/// # Errors
/// What the ledger says.
pub fn explain(
    books: &dyn Ledger,
    rules: &Rulebook,
    rule: &Rule,
    findings: &[Finding],
    now: UnixMillis,
) -> Result<Explained, Fault> {
    let Some(finding) = findings.first() else {
        return Ok(Explained::default());
    };
    let case = Case::new((books, rules), rule, finding, now);
    let seen = seen::look(&case)?;
    let drivers = drivers::drivers(&case)?;
    let found = pattern::find(&case, &seen, &drivers)?;
    Ok(Explained {
        graph: graph::graph(&case)?,
        drivers,
        shares: seen.shares(&case),
        samples: samples::samples(&case)?,
        action: found.action,
        pattern: found.pattern,
        coverage_ppm: around::coverage(&case)?,
        landed: around::landed(&case)?,
        today: around::today(&case)?,
    })
}

#[cfg(test)]
pub(super) mod tests;
