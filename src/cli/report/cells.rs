//! Cells that several tables show: amounts, latencies, verdicts with their marks.
//!
//! Knows no table. A newcomer may ask why one verdict hides the others in a row: what is wrong
//! goes before what is not proven, and that before what is well; the residency report has all.

use crate::app::report::Figures;
use crate::cli::table::{Mark, marked, plain};
use crate::cli::words;
use crate::money::NanoUsd;

/// An amount per request, or a dash.
pub(super) fn per_request(figures: &Figures) -> String {
    figures
        .cost_per_request()
        .map_or_else(|| "–".to_owned(), words::cents)
}

pub(super) fn maybe_ms(ms: Option<u64>) -> String {
    ms.map_or_else(|| "–".to_owned(), words::duration)
}

/// The four verdicts as a cell: what is wrong or not proven is marked.
pub(super) fn verdicts(figures: &Figures) -> (String, Mark) {
    let Figures {
        calls,
        held,
        declared,
        violated,
        unproven,
        no_rule,
        ..
    } = figures;
    if *violated > 0 {
        return marked(format!("{} violated", words::count(*violated)), Mark::Bad);
    }
    if *unproven > 0 {
        return marked(format!("{} unproven", words::count(*unproven)), Mark::Doubt);
    }
    plain(match (*calls, *held, *declared, *no_rule) {
        (0, ..) => "–".to_owned(),
        (_, 0, 0, _) => "no rule".to_owned(),
        (_, held, 0, _) => format!("{} held", words::count(held)),
        (_, 0, declared, _) => format!("{} declared", words::count(declared)),
        (_, held, declared, _) => format!(
            "{} held, {} declared",
            words::count(held),
            words::count(declared)
        ),
    })
}

pub(super) fn times_mark(real: Option<NanoUsd>, plan: Option<i64>) -> (String, Mark) {
    let (Some(real), Some(plan)) = (real, plan) else {
        return plain("–");
    };
    let text = words::times(real, Some(NanoUsd(plan)));
    let mark = match real
        .0
        .saturating_mul(10)
        .checked_div(plan.max(1))
        .unwrap_or(0)
    {
        0..=11 => Mark::Plain,
        12..=19 => Mark::Doubt,
        _ => Mark::Bad,
    };
    marked(text, mark)
}
