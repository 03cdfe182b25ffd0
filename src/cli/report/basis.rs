//! Whose rules the figures follow, said below them.
//!
//! Knows no ledger. A newcomer may ask why one line even where nothing is mixed: whoever keeps a
//! report must be able to say later which rules it was made under.

use crate::app::Failure;
use crate::app::report::basis::{Basis, Correction, Judged};
use crate::cli::{Terminal, words};
use crate::money::NanoUsd;

fn judged(one: &Judged) -> String {
    let days = if one.first_day == one.last_day {
        one.first_day.clone()
    } else {
        format!("{} to {}", one.first_day, one.last_day)
    };
    let reports = i64::try_from(one.reports).unwrap_or(i64::MAX);
    let reports = words::plural(reports, "report", "reports");
    format!("{} ({days}, {reports})", one.config)
}

/// Shows the configurations and the corrections of a span.
pub(super) fn show(basis: &Basis, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    match basis.configurations.as_slice() {
        [] => {}
        [one] => writeln!(terminal.out, "\nJudged under configuration {}.", one.config)?,
        several => {
            let each: Vec<String> = several.iter().map(judged).collect();
            writeln!(
                terminal.out,
                "\nThese days mix configurations: {}.",
                each.join(", ")
            )?;
        }
    }
    for correction in &basis.restatements {
        writeln!(terminal.out, "{}", corrected(correction))?;
    }
    Ok(())
}

/// One correction in words.
pub(in crate::cli) fn corrected(correction: &Correction) -> String {
    let Correction {
        number,
        at,
        config,
        reason,
        changed,
        ..
    } = correction;
    let before = words::dollars(NanoUsd(correction.before_nanousd));
    let after = words::dollars(NanoUsd(correction.after_nanousd));
    let changed = i64::try_from(*changed).unwrap_or(i64::MAX);
    format!(
        "Restatement {number} of {at}, under configuration {config}: {} changed, cost {before} before and {after} after: {reason}",
        words::plural(changed, "report", "reports"),
    )
}
