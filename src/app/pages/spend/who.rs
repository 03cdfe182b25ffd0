//! Tables of spend: by feature, model, application, endpoint, price row and user group.
//!
//! Knows no HTML. A newcomer may ask why models stand twice, with calls and with requests: transport
//! reports tell a deployment's model, usage reports the version that answered.

use std::collections::BTreeMap;

use crate::app::report::daily::Daily;
use crate::app::report::endpoints::endpoints;
use crate::app::report::over;
use crate::app::report::plan::Used;
use crate::ledger::Family;
use crate::web::page::{Body, Card, Cell, Kind, Table, Words, columns};

use super::super::Ask;
use super::super::parts::{
    approved, feature_cell, money, number, part, price, times_words, unseen_words,
};
use super::super::tables::FIRST;
use super::super::view::Fault;

pub(super) fn features_card(ask: &Ask<'_>, daily: &Daily) -> Card {
    let rows = daily.features.iter().map(|one| {
        let figures = &one.figures;
        let each = figures.cost_per_answered_request_nanousd;
        let plan = one.approved_per_request_nanousd;
        let times = each.map_or_else(Words::new, |each| times_words(each, plan));
        vec![
            feature_cell(ask.view, "/spend", (&one.feature, &one.name)),
            money(figures.cost_nanousd),
            part(figures.cost_nanousd, daily.total.cost_nanousd),
            number(figures.requests),
            price(each),
            approved(plan),
            Cell::new(times, ""),
            number(figures.tokens_input_total),
            part(figures.tokens_cache_read, figures.tokens_input_total),
            number(figures.tokens_output),
            number(one.retries),
            money(one.lost_nanousd),
            number(figures.requests_unpriced),
        ]
    });
    Card {
        title: "On what?".to_owned(),
        sub: Words::of("by feature"),
        body: vec![Body::Table(Table {
            name: "features",
            about: "Spend by feature",
            columns: columns(&[
                ("Feature", "feature", Kind::Text),
                ("Spend", "cost_usd", Kind::Number),
                ("of all", "", Kind::Number),
                ("Requests", "requests", Kind::Number),
                ("A request", "cost_per_request_usd", Kind::Number),
                ("Approved", "approved_per_request_usd", Kind::Number),
                ("", "", Kind::Number),
                ("Input tokens", "tokens_input", Kind::Number),
                ("cached", "tokens_cache_read", Kind::Number),
                ("Output", "tokens_output", Kind::Number),
                ("Retries", "retries", Kind::Number),
                ("lost", "lost_usd", Kind::Number),
                ("Unpriced", "requests_unpriced", Kind::Number),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        foot: unseen_words(&daily.unseen, &daily.total),
    }
}

pub(super) fn used_card(
    title: &str,
    (name, key): (&'static str, &'static str),
    list: &[Used],
) -> Card {
    let all: i64 = list.iter().map(|one| one.cost_nanousd).sum();
    let rows = list.iter().map(|one| {
        let label = if one.name.is_empty() {
            "not told"
        } else {
            &one.name
        };
        vec![
            Cell::name(label),
            money(one.cost_nanousd),
            part(one.cost_nanousd, all),
            number(one.requests),
            price(over(one.cost_nanousd, one.requests_ok)),
            number(one.tokens_input_total),
            part(one.tokens_cache_read, one.tokens_input_total),
            number(one.tokens_output),
            number(one.calls),
            number(one.requests_unpriced),
        ]
    });
    Card {
        title: title.to_owned(),
        body: vec![Body::Table(Table {
            name,
            about: "Spend by name",
            columns: columns(&[
                ("Name", key, Kind::Text),
                ("Spend", "cost_usd", Kind::Number),
                ("of all", "", Kind::Number),
                ("Requests", "requests", Kind::Number),
                ("A request", "cost_per_request_usd", Kind::Number),
                ("Input tokens", "tokens_input", Kind::Number),
                ("cached", "tokens_cache_read", Kind::Number),
                ("Output", "tokens_output", Kind::Number),
                ("Calls", "calls", Kind::Number),
                ("Unpriced", "requests_unpriced", Kind::Number),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}

pub(super) fn endpoints_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let answer = endpoints(ask.ledger, ask.rules, ask.view.span)?;
    let mut list = answer.endpoints;
    list.sort_by_key(|one| std::cmp::Reverse(one.figures.cost_nanousd));
    let all: i64 = list.iter().map(|one| one.figures.cost_nanousd).sum();
    let rows = list
        .iter()
        .filter(|one| one.figures.requests + one.figures.calls > 0)
        .map(|one| {
            vec![
                Cell::name(&one.endpoint),
                money(one.figures.cost_nanousd),
                part(one.figures.cost_nanousd, all),
                number(one.figures.requests),
                price(one.figures.cost_per_answered_request_nanousd),
                Cell::name(&one.models.join(", ")),
            ]
        });
    Ok(Card {
        title: "At which endpoints?".to_owned(),
        body: vec![Body::Table(Table {
            name: "endpoints",
            about: "Spend by endpoint",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("Spend", "cost_usd", Kind::Number),
                ("of all", "", Kind::Number),
                ("Requests", "requests", Kind::Number),
                ("A request", "cost_per_request_usd", Kind::Number),
                ("Models", "models", Kind::Text),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    })
}

/// Spend by price row, or by user group.
pub(super) fn families_card(ask: &Ask<'_>, family: Family) -> Result<Card, Fault> {
    let mut sums: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for row in ask.ledger.families(family, ask.view.span)? {
        let sum = sums
            .entry((row.a.to_string(), row.b.to_string()))
            .or_default();
        sum.0 += row.totals.cost_nanousd();
        sum.1 += row.totals.requests();
    }
    let mut list: Vec<_> = sums
        .into_iter()
        .filter(|(_, (_, requests))| *requests > 0)
        .collect();
    list.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let prices = family == Family::PriceRow;
    let (title, name, first, second) = if prices {
        ("By which price?", "prices", "Price row", "Model")
    } else {
        ("For whom?", "groups", "User group", "Feature")
    };
    let empty = list.iter().all(|((a, _), _)| a.is_empty()).then(|| {
        Words::of("No record tells its users, or no group is configured: ")
            .code("[groups]")
            .say(" names them.")
    });
    let rows = list.iter().map(|((a, b), (cost, requests))| {
        let a = if a.is_empty() { "not told" } else { a };
        vec![
            Cell::name(a),
            Cell::name(b),
            number(*requests),
            money(*cost),
        ]
    });
    let table = Table {
        name,
        about: "Spend by price row or user group",
        columns: columns(&[
            (first, "name", Kind::Text),
            (second, "of", Kind::Text),
            ("Requests", "requests", Kind::Number),
            ("Spend", "cost_usd", Kind::Number),
        ]),
        rows: rows.collect(),
        first: FIRST,
        ..Table::default()
    };
    Ok(Card {
        title: title.to_owned(),
        body: vec![empty.map_or(Body::Table(table), Body::Empty)],
        ..Card::default()
    })
}
