//! `report pilot` for people: the verdict, its reasons, the criteria.
//!
//! Knows no ledger. A newcomer may ask why reasons come before the table: whoever asks has to
//! decide, and the table is for whoever doubts.

use crate::app::Failure;
use crate::app::report::pilot::words::{figure, headline, limit, name, notes};
use crate::app::report::pilot::{Outcome, Pilot};
use crate::cli::Terminal;
use crate::cli::table::{Mark, Rows, marked, plain};

/// Shows the answer.
pub(super) fn show(answer: &Pilot, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer))?;
    let mut rows = Rows::new(&["criterion", "seen", "limit", ""], 1, terminal);
    for criterion in &answer.criteria {
        let mark = match criterion.outcome {
            Outcome::Passed => Mark::Plain,
            Outcome::NotYet => Mark::Doubt,
            Outcome::Failed => Mark::Bad,
        };
        rows.row(vec![
            plain(name(criterion.kind)),
            plain(figure(criterion.kind, criterion.value)),
            plain(limit(criterion)),
            marked(criterion.outcome.as_str(), mark),
        ]);
    }
    rows.show(terminal)?;
    for note in notes(answer) {
        writeln!(terminal.out, "\n{note}")?;
    }
    Ok(())
}
