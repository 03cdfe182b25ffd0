//! `report endpoints` for people: the registry beside what was seen.
//!
//! Knows no ledger. A newcomer may ask why a zone is not "elsewhere": it may hold the declared
//! region, and what it proves stands in the residency report.

use super::basis;
use super::cells::maybe_ms;
use crate::app::Failure;
use crate::app::report::endpoints::{Endpoint, Endpoints, Kind};
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{Terminal, words};

/// Shows the answer.
pub(super) fn show(
    answer: &Endpoints,
    has_config: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let counted = |wanted: &dyn Fn(&Endpoint) -> bool| {
        let number = answer
            .endpoints
            .iter()
            .filter(|endpoint| wanted(endpoint))
            .count();
        i64::try_from(number).unwrap_or(i64::MAX)
    };
    let of = |kind: Kind| counted(&|endpoint| endpoint.kind == kind);
    writeln!(
        terminal.out,
        "{}, {} seen in a region other than declared; {} not registered.",
        words::plural(
            of(Kind::Registered),
            "registered endpoint",
            "registered endpoints"
        ),
        words::count(counted(&elsewhere)),
        words::plural(of(Kind::Host), "LLM host is", "LLM hosts are"),
    )?;
    if !has_config {
        writeln!(
            terminal.out,
            "Without `--config` nothing is registered: names that the books have from a registry show as hosts."
        )?;
    }
    for endpoint in &answer.endpoints {
        if let Some(what) = beside(endpoint) {
            writeln!(terminal.out, "{what}")?;
        }
    }
    writeln!(terminal.out)?;
    let headings = [
        "endpoint",
        "declared",
        "seen",
        "models",
        "last hour",
        "calls",
        "429",
        "p95",
        "timeout",
        "over it",
        "requests",
        "spend",
    ];
    let mut rows = Rows::new(&headings, 5, terminal);
    for endpoint in &answer.endpoints {
        rows.row(row(endpoint));
    }
    rows.show(terminal)?;
    basis::show(&answer.basis, terminal)
}

fn row(endpoint: &Endpoint) -> Vec<(String, Mark)> {
    let figures = &endpoint.figures;
    let seen: Vec<&str> = endpoint.seen_regions.keys().map(String::as_str).collect();
    let seen = if seen.is_empty() {
        "nothing tells".to_owned()
    } else {
        seen.join(", ")
    };
    let name = match endpoint.kind {
        Kind::Registered => plain(endpoint.endpoint.as_str()),
        Kind::Host => marked(
            format!("{} (not registered)", endpoint.endpoint),
            Mark::Doubt,
        ),
        Kind::Unassigned | Kind::NowLlm | Kind::Other => {
            plain(format!("{} (no endpoint)", endpoint.endpoint))
        }
    };
    vec![
        name,
        plain(endpoint.declared_region.as_deref().unwrap_or("–")),
        marked(
            seen,
            if elsewhere(endpoint) {
                Mark::Bad
            } else {
                Mark::Plain
            },
        ),
        plain(endpoint.models.join(", ")),
        plain(endpoint.last_hour.as_deref().unwrap_or("never")),
        plain(words::count(figures.calls)),
        plain(words::share(figures.calls_throttled, figures.calls)),
        plain(maybe_ms(figures.latency_ms_p95)),
        plain(maybe_ms(endpoint.timeout_ms)),
        plain(words::share(figures.calls_over_timeout, figures.calls)),
        plain(words::count(figures.requests)),
        plain(words::dollars(figures.cost())),
    ]
}

/// A sentence on what stands in the table and is no endpoint.
fn beside(endpoint: &Endpoint) -> Option<String> {
    let requests = words::plural(endpoint.figures.requests, "request", "requests");
    match endpoint.kind {
        Kind::Registered | Kind::Host => None,
        Kind::Unassigned => Some(format!(
            "{requests} cannot be given to an endpoint: they name no host, and their model none or several serve."
        )),
        Kind::NowLlm => Some(format!(
            "{requests} went to ServiceNow's own Now LLM Service, which the platform runs."
        )),
        Kind::Other => Some(format!(
            "`{}` is all names beyond the day's limit, added up.",
            endpoint.endpoint
        )),
    }
}

/// Whether a region was seen that the registry does not state.
fn elsewhere(endpoint: &Endpoint) -> bool {
    let declared = endpoint.declared_region.as_deref();
    declared.is_some_and(|declared| {
        endpoint
            .seen_regions
            .keys()
            .any(|seen| seen != declared && !seen.contains(":zone:"))
    })
}
