//! What the figures do not cover, said below them.
//!
//! Knows no ledger. A newcomer may ask why this is part of every answer: a figure whose cover is
//! unknown is a guess.

use crate::app::Failure;
use crate::app::report::Unseen;
use crate::cli::{Terminal, words};
use crate::money::NanoUsd;

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Shows what was not seen or could not be told, one line each.
pub(in crate::cli) fn show(unseen: &Unseen, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let lines = lines(unseen);
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out, "\nNot seen, or not sure:")?;
    for line in lines {
        writeln!(terminal.out, "  {line}")?;
    }
    Ok(())
}

/// The lines of what was not seen or could not be told.
pub(super) fn lines(unseen: &Unseen) -> Vec<String> {
    let mut lines: Vec<String> = unseen
        .coverage
        .iter()
        .map(|one| {
            let what = match (one.calls, one.requests) {
                (_, 0) => "no usage report tells their tokens".to_owned(),
                (0, _) => "no transport report tells where they went: another door, or another log"
                    .to_owned(),
                _ => format!(
                    "usage covers {} of the answered calls",
                    words::share(one.requests_ok, one.calls_ok)
                ),
            };
            let (calls, requests) = (words::count(one.calls), words::count(one.requests));
            format!(
                "{}: {calls} calls, {requests} requests; {what}",
                one.endpoint
            )
        })
        .collect();
    for (reason, n) in &unseen.unpriced {
        lines.push(format!(
            "{} without a price: {reason}",
            words::plural(*n, "request", "requests")
        ));
    }
    if unseen.approximated > 0 {
        let requests = words::plural(unseen.approximated, "request", "requests");
        lines.push(format!(
            "{requests} priced by approximation, counted apart; `tollwatch inspect` names the rule"
        ));
    }
    if unseen.unattributed_nanousd > 0 {
        let amount = words::dollars(NanoUsd(unseen.unattributed_nanousd));
        lines.push(format!("{amount} of spend belongs to no feature"));
    }
    for (reason, n) in &unseen.quarantined {
        let records = words::plural(whole(*n), "record", "records");
        lines.push(format!("{records} in quarantine: {reason}"));
    }
    if unseen.contradictions > 0 {
        let reports = words::plural(
            whole(unseen.contradictions),
            "report contradicts",
            "reports contradict",
        );
        lines.push(format!("{reports} another report of the same call"));
    }
    if unseen.weak > 0 {
        let reports = words::plural(unseen.weak, "report is", "reports are");
        lines.push(format!("{reports} known only by a hash of the content"));
    }
    lines
}
