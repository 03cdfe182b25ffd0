//! Tables of latency and errors: by feature, with what repeating cost, and by endpoint.
//!
//! Knows no HTML. A newcomer may ask why a missing fallback is said: it is what turns an outage of an
//! endpoint into one of a feature.

use crate::app::report::daily::{Daily, Feature};
use crate::app::report::endpoints::Endpoint;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::parts::{feature_cell, millis, number, part, unseen_words};
use super::super::tables::FIRST;
use super::super::view::View;

pub(super) fn features_card(view: &View, daily: &Daily) -> Card {
    let row = |one: &Feature| {
        let figures = &one.figures;
        let more = one
            .amplification_per_mille
            .map_or_else(Cell::none, |per_mille| {
                let hundredths = (per_mille + 5) / 10;
                let text = format!("×{}.{:02}", hundredths / 100, hundredths % 100);
                Cell::new(Words::of(text), per_mille.to_string())
                    .hint("calls over those that were no retries")
            });
        vec![
            feature_cell(view, "/latency", (&one.feature, &one.name)),
            number(figures.calls),
            millis(figures.latency_ms_p50.or(figures.duration_ms_p50)),
            millis(figures.latency_ms_p95.or(figures.duration_ms_p95)),
            part(figures.calls_over_timeout, figures.calls),
            part(figures.calls_throttled, figures.calls),
            part(figures.calls_server_error, figures.calls),
            part(figures.calls_timeout_or_no_answer, figures.calls),
            number(one.retries),
            more,
            millis(u64::try_from(one.lost_ms).ok().filter(|ms| *ms > 0)),
            number(one.fallbacks),
        ]
    };
    Card {
        title: "Whose calls wait?".to_owned(),
        sub: Words::of(
            "by feature; where no transport report names a feature, its times are those of requests",
        ),
        body: vec![Body::Table(Table {
            name: "features",
            about: "Latency and errors by feature",
            columns: columns(&[
                ("Feature", "feature", Kind::Text),
                ("Calls", "calls", Kind::Number),
                ("p50", "p50_ms", Kind::Number),
                ("p95", "p95_ms", Kind::Number),
                ("over timeout", "calls_over_timeout", Kind::Number),
                ("429", "calls_throttled", Kind::Number),
                ("5xx", "calls_server_error", Kind::Number),
                ("no answer", "calls_timeout_or_no_answer", Kind::Number),
                ("Retries", "retries", Kind::Number),
                ("amplified", "amplification_per_mille", Kind::Number),
                ("lost waiting", "lost_ms", Kind::Number),
                ("Fallbacks", "fallbacks", Kind::Number),
            ]),
            rows: daily.features.iter().map(row).collect(),
            first: FIRST,
            ..Table::default()
        })],
        foot: unseen_words(&daily.unseen, &daily.total),
    }
}

pub(super) fn endpoints_card(list: &[Endpoint]) -> Card {
    let row = |one: &Endpoint| {
        let figures = &one.figures;
        vec![
            Cell::name(&one.endpoint),
            number(figures.calls),
            millis(figures.latency_ms_p50),
            millis(figures.latency_ms_p95),
            millis(one.timeout_ms),
            part(figures.calls_over_timeout, figures.calls),
            part(figures.calls_throttled, figures.calls),
            part(figures.calls_server_error, figures.calls),
            part(figures.calls_timeout_or_no_answer, figures.calls),
            one.fallback.as_deref().map_or_else(
                || Cell::new(Words::new().with(Tone::Warn, "none"), ""),
                Cell::name,
            ),
        ]
    };
    Card {
        title: "At which endpoints?".to_owned(),
        sub: Words::of("all features"),
        body: vec![Body::Table(Table {
            name: "endpoints",
            about: "Latency and errors by endpoint",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("Calls", "calls", Kind::Number),
                ("p50", "p50_ms", Kind::Number),
                ("p95", "p95_ms", Kind::Number),
                ("Timeout", "timeout_ms", Kind::Number),
                ("over it", "calls_over_timeout", Kind::Number),
                ("429", "calls_throttled", Kind::Number),
                ("5xx", "calls_server_error", Kind::Number),
                ("no answer", "calls_timeout_or_no_answer", Kind::Number),
                ("Fallback", "fallback", Kind::Text),
            ]),
            rows: list
                .iter()
                .filter(|one| one.figures.calls > 0)
                .map(row)
                .collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}
