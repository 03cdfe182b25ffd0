//! The mails of the demo's two weeks: sent into a folder, and the first lines of those that begin something.
//!
//! Knows no rule. A newcomer may ask why not all are shown: how something went on, and what came every
//! morning, is read in the folder by whoever wants to.

use std::path::Path;

use chrono_tz::Tz;
use serde::Serialize;

use crate::alert::{Severity, StepKind};
use crate::app::Failure;
use crate::app::alert::{Written, relive};
use crate::app::setup::Setup;
use crate::cli::{Terminal, words};
use crate::ledger::SqliteLedger;

/// A mail that would have gone.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sent {
    /// When, RFC 3339 in UTC.
    at: String,
    /// To whom.
    to: String,
    /// Its subject.
    subject: String,
}

/// Judges the two weeks, sends the mails, and shows the first lines of those that begin something.
pub(super) fn write(
    setup: &Setup,
    ledger: &mut SqliteLedger,
    dir: &Path,
    quiet: bool,
    terminal: &mut Terminal<'_>,
) -> Result<Vec<Sent>, Failure> {
    let zone = setup.ready.timezone;
    let (mut sent, mut shown): (Vec<Sent>, i64) = (Vec::new(), 0);
    relive(setup, ledger, &mut |told, step| {
        let begins = step.kind == StepKind::Fired && step.digest.is_none();
        if !quiet && begins && step.severity > Severity::Info {
            if shown == 0 {
                writeln!(
                    terminal.out,
                    "\nThese mails would have gone, while it happened:"
                )?;
            }
            writeln!(terminal.out, "{}", lines(told, zone))?;
            shown += 1;
        }
        sent.push(Sent {
            at: told.at.to_string(),
            to: told.to.to_string(),
            subject: told.subject.clone(),
        });
        Ok(())
    })?;
    if !quiet {
        let n = i64::try_from(sent.len()).unwrap_or(i64::MAX);
        writeln!(
            terminal.out,
            "\n{} in two weeks; the other {} say how it went on, or are digests. All lie in {}.",
            words::plural(n, "mail", "mails"),
            words::count(n - shown),
            dir.join("outbox").display()
        )?;
    }
    Ok(sent)
}

/// When and in which state, and the first paragraph.
fn lines(told: &Written, zone: Tz) -> String {
    let when = told.at.to_utc().with_timezone(&zone);
    let state = told.subject.split(']').next().unwrap_or_default();
    let mut text = format!(
        "\n  {}  {}]  to {}",
        when.format("%a %-d %b %H:%M"),
        state,
        told.to
    );
    for line in told.text.lines().take_while(|line| !line.is_empty()) {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}
