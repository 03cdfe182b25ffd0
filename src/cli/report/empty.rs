//! Why there is nothing to show, and what to do about it.
//!
//! Knows no table. A newcomer may ask why there are four answers: nothing read, no LLM call in what
//! was read, none on these days and none of this feature each have a remedy of their own.

use std::path::Path;

use super::Books;
use crate::app::Failure;
use crate::app::report::{Gathered, gather};
use crate::cli::{near, words};
use crate::ledger::{Ledger, Span};

/// Why there is no figure in the books at all, or on the days asked for.
pub(in crate::cli) fn why(ledger: &dyn Ledger, path: &Path) -> Result<String, Failure> {
    let gathered = gather(ledger, Span::ALL, None)?;
    let days = gathered.days.keys();
    if let (Some(first), Some(last)) = (days.clone().min(), days.max()) {
        let zones = ledger.zones();
        let (first, last) = (zones.date_of(*first), zones.date_of(*last));
        return Ok(format!(
            "The books hold no LLM call on these days. They hold {first} to {last}."
        ));
    }
    let counts = ledger.counts()?;
    let sum = |outcome: &str| {
        let rows = counts.iter().filter(|row| row.outcome == outcome);
        i64::try_from(rows.map(|row| row.n).sum::<u64>()).unwrap_or(i64::MAX)
    };
    let ledger = words::argument(path);
    if sum("received") == 0 {
        return Ok(format!(
            "The books are empty: no record was read yet.\nNext: tollwatch replay --ledger {ledger} FILE, or tollwatch run"
        ));
    }
    let next = if sum("quarantined") > 0 {
        format!("tollwatch quarantine list --ledger {ledger}")
    } else {
        "tollwatch inspect FILE, which explains each record".to_owned()
    };
    Ok(format!(
        "The books hold no LLM call: of {} read {} ignored as other calls and {} in quarantine.\nNext: {next}",
        words::plural(sum("received"), "record", "records"),
        words::plural(sum("ignored"), "was", "were"),
        words::plural(sum("quarantined"), "is", "are"),
    ))
}

/// What to say of a feature that has no figure on the days asked for.
///
/// # Errors
/// [`Failure::Usage`] when neither the books nor the configuration have such a feature.
pub(super) fn no_feature(books: &Books, ledger: &Path, wanted: &str) -> Result<String, Failure> {
    let Gathered { features, .. } = gather(&books.ledger, books.span, None)?;
    if features.is_empty() {
        return why(&books.ledger, ledger);
    }
    let names = features.keys().map(crate::units::Text::as_str);
    let listed = near::hint(wanted, names.clone());
    let known = books.setup.rules.features.by_key(wanted).is_some()
        || gather(&books.ledger, Span::ALL, None)?
            .features
            .contains_key(wanted);
    if known {
        let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        return Ok(format!(
            "The books hold nothing of `{wanted}` on these days; there are {}.",
            all.join(", ")
        ));
    }
    Err(Failure::Usage(format!(
        "the books hold no feature `{wanted}`; {listed}"
    )))
}
