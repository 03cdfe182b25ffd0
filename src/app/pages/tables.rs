//! Tables of features and days, as more than one page shows them.
//!
//! Knows no page. A newcomer may ask why approved stands beside real and not in a table of its own:
//! neither says anything alone.

use crate::app::report::Figures;
use crate::app::report::daily::{Daily, Feature};
use crate::app::report::residency::Residency;
use crate::web::page::{Cell, Kind, Table, Words, columns};

use super::parts::{
    approved, date_of, feature_cell, millis, money, number, part, price, times_words, verdict_cell,
};
use super::view::View;

/// Rows of a table that are shown at first.
pub(super) const FIRST: usize = 25;

/// Keys and names, for the choice of features.
pub(super) fn names(features: &[Feature]) -> Vec<(String, String)> {
    let named = features.iter();
    named
        .map(|one| (one.feature.clone(), one.name.clone()))
        .collect()
}

/// Features with calls, spend, yardsticks and verdicts; verdicts are those of `residency`, which
/// tells the calls that features share.
pub(super) fn features(view: &View, daily: &Daily, residency: &Residency) -> Table {
    let rows = daily.features.iter().map(|feature| {
        let figures = &feature.figures;
        let placed = residency
            .features
            .iter()
            .find(|one| one.feature == feature.feature);
        let each = figures.cost_per_answered_request_nanousd;
        let plan = feature.approved_per_request_nanousd;
        let times = each.map_or_else(Words::new, |each| times_words(each, plan));
        vec![
            feature_cell(view, "/", (&feature.feature, &feature.name)),
            number(figures.requests),
            money(figures.cost_nanousd),
            price(each),
            approved(plan),
            Cell::new(times, ""),
            number(figures.calls),
            part(figures.calls_throttled, figures.calls),
            millis(figures.latency_ms_p95),
            placed.map_or_else(Cell::none, |one| verdict_cell(&one.figures)),
        ]
    });
    let total = &daily.total;
    Table {
        name: "features",
        about: "Spend, price and verdicts by feature",
        columns: columns(&[
            ("Feature", "feature", Kind::Text),
            ("Requests", "requests", Kind::Number),
            ("Spend", "cost_usd", Kind::Number),
            ("A request", "cost_per_request_usd", Kind::Number),
            ("Approved", "approved_per_request_usd", Kind::Number),
            ("", "", Kind::Number),
            ("Calls", "calls", Kind::Number),
            ("429", "calls_throttled", Kind::Number),
            ("p95", "latency_ms_p95", Kind::Number),
            ("Residency", "", Kind::Picture),
        ]),
        rows: rows.collect(),
        total: vec![
            all(daily.features.len(), "feature", "features"),
            number(total.requests),
            money(total.cost_nanousd),
            price(total.cost_per_answered_request_nanousd),
            Cell::default(),
            Cell::default(),
            number(total.calls),
            part(total.calls_throttled, total.calls),
            millis(total.latency_ms_p95),
            verdict_cell(total),
        ],
        first: FIRST,
    }
}

/// `All 6 features`.
pub(super) fn all(n: usize, one: &str, many: &str) -> Cell {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let text = crate::figure::plural(n, one, many);
    Cell::new(Words::of("All ").dim(text), "")
}

/// Days, the newest first.
pub(super) fn days(view: &View, daily: &Daily) -> Table {
    let row = |label: Cell, figures: &Figures| {
        vec![
            label,
            number(figures.requests),
            money(figures.cost_nanousd),
            price(figures.cost_per_answered_request_nanousd),
            number(figures.calls),
            part(figures.calls_throttled, figures.calls),
            millis(figures.latency_ms_p50),
            millis(figures.latency_ms_p95),
            verdict_cell(figures),
        ]
    };
    let rows = daily.days.iter().rev().map(|day| {
        let words = Words::of(date_of(day).format("%a %-d %b").to_string());
        row(
            Cell::new(words, day.date.clone()).hint(view.day_text(date_of(day))),
            &day.figures,
        )
    });
    Table {
        name: "days",
        about: "Spend, price and verdicts by day",
        columns: columns(&[
            ("Day", "day", Kind::Text),
            ("Requests", "requests", Kind::Number),
            ("Spend", "cost_usd", Kind::Number),
            ("A request", "cost_per_request_usd", Kind::Number),
            ("Calls", "calls", Kind::Number),
            ("429", "calls_throttled", Kind::Number),
            ("p50", "latency_ms_p50", Kind::Number),
            ("p95", "latency_ms_p95", Kind::Number),
            ("Residency", "", Kind::Picture),
        ]),
        rows: rows.collect(),
        total: row(all(daily.days.len(), "day", "days"), &daily.total),
        first: 31,
    }
}
