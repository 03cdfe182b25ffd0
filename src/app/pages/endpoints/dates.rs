//! What runs out: credentials and models, in days, calls and dollars; and which price row is in force.
//!
//! Knows no HTML. A newcomer may ask why a model's last day is told in calls: "in 41 days" moves
//! nobody, "60,000 calls from now" says how much has to be moved.

use crate::alert::DeclaredEndpoint;
use crate::app::report::endpoints::Endpoint as Seen;
use crate::attribute::{CostModel, Endpoint};
use crate::call::{Provider, Tier, Usage};
use crate::figure::{count, dollars, plural};
use crate::judge::Rulebook;
use crate::money::NanoUsd;
use crate::price::{Billed, Lookup, Unit};
use crate::units::{DAY_MS, UnixMillis};
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::Ask;
use super::super::tables::FIRST;

/// Days before an end from which on it is a warning.
const SOON_DAYS: i64 = 30;
/// Tokens of each kind in the call whose price is shown.
const SAMPLE: u64 = 1000;

/// Days from now to `at`, rounded down; negative once it is over.
fn days_left(now: UnixMillis, at: UnixMillis) -> i64 {
    (at.0 - now.0).div_euclid(DAY_MS)
}

fn left(days: i64) -> Words {
    let tone = match days {
        i64::MIN..0 => Tone::Bad,
        0..SOON_DAYS => Tone::Warn,
        SOON_DAYS.. => Tone::Plain,
    };
    let said = if days < 0 {
        format!("{} over", plural(-days, "day", "days"))
    } else {
        format!("in {}", plural(days, "day", "days"))
    };
    Words::new().with(tone, said)
}

pub(super) fn card(ask: &Ask<'_>, seen: &[Seen]) -> Card {
    let title = "What runs out, and what does it cost?".to_owned();
    let declared = &ask.setup.ready.declared.endpoints;
    let rows = declared.iter().map(|one| {
        let known = seen.iter().find(|seen| seen.endpoint == one.endpoint);
        row(ask, one, known)
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    if rows.is_empty() {
        let body = Words::of("No endpoint is registered. ")
            .code("tollwatch discover")
            .say(" writes those that your logs tell.");
        return Card {
            title,
            body: vec![Body::Empty(body)],
            ..Card::default()
        };
    }
    Card {
        title,
        sub: Words::of(format!(
            "until a model is retired: calls and dollars at the pace of {}; prices in dollars a million tokens, input and output",
            ask.view.span_text()
        )),
        body: vec![Body::Table(Table {
            name: "dates",
            about: "Credentials, retirements and prices of endpoints",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("Credential", "credential", Kind::Text),
                ("age", "credential_days", Kind::Number),
                ("due", "credential_due", Kind::Text),
                ("Model", "model", Kind::Text),
                ("retired", "retires", Kind::Text),
                ("until then", "calls_until_retired", Kind::Number),
                ("", "cost_until_retired_usd", Kind::Number),
                ("Price row", "price_row", Kind::Text),
                ("in / out", "prices", Kind::Text),
            ]),
            rows,
            first: FIRST,
            ..Table::default()
        })],
        foot: Words::of("Ages and due days: ")
            .code("credential_rotated")
            .say(", ")
            .code("credential_kind")
            .say(" or ")
            .code("credential_due")
            .say(" of an endpoint; last days of models: ")
            .code("retires")
            .say(", else the price lists."),
    }
}

fn row(ask: &Ask<'_>, one: &DeclaredEndpoint, seen: Option<&Seen>) -> Vec<Cell> {
    let date = |at: UnixMillis| ask.ledger.zones().date_of(at);
    let dated = |at: Option<UnixMillis>| {
        at.map_or_else(Cell::none, |at| {
            let day = date(at);
            let words = left(days_left(ask.now, at)).dim(format!(" {}", ask.view.day_text(day)));
            Cell::new(words, day.to_string())
        })
    };
    let age = one.credential_rotated.map_or_else(Cell::none, |at| {
        let days = (ask.now.0 - at.0).div_euclid(DAY_MS);
        Cell::new(Words::of(plural(days, "day", "days")), days.to_string())
            .hint(format!("made on {}", date(at)))
    });
    let (calls, cost) = runway(ask, one, seen);
    let (name, rates) = price(ask, &one.endpoint);
    vec![
        Cell::name(&one.endpoint),
        Cell::name(&one.credential),
        age,
        dated(one.credential_due),
        Cell::name(&one.model),
        dated(one.retires),
        calls,
        cost,
        name,
        rates,
    ]
}

/// Calls and dollars until the model is retired, at the pace of the chosen days.
fn runway(ask: &Ask<'_>, one: &DeclaredEndpoint, seen: Option<&Seen>) -> (Cell, Cell) {
    let days = one.retires.map(|at| days_left(ask.now, at));
    let (Some(days), Some(seen)) = (days.filter(|days| *days > 0), seen) else {
        return (Cell::none(), Cell::none());
    };
    let figures = &seen.figures;
    let at_pace = |n: i64| {
        let all = i128::from(n) * i128::from(days) / i128::from(ask.view.days().max(1));
        i64::try_from(all).unwrap_or(i64::MAX)
    };
    let calls = at_pace(figures.calls.max(figures.requests));
    let cost = at_pace(figures.cost_nanousd);
    (
        Cell::new(Words::of(plural(calls, "call", "calls")), calls.to_string()),
        Cell::new(Words::of(dollars(NanoUsd(cost))), NanoUsd(cost).to_string()),
    )
}

/// The price row in force for a call of ordinary size, and its rates.
fn price(ask: &Ask<'_>, name: &str) -> (Cell, Cell) {
    let found = ask.rules.registry.by_name(name);
    let Some(endpoint) = found.and_then(|id| ask.rules.registry.get(id)) else {
        return (Cell::none(), Cell::none());
    };
    if endpoint.cost_model == CostModel::Fixed {
        return (
            Cell::new(Words::new().dim("by the hour"), "fixed"),
            Cell::none(),
        );
    }
    let resolved = resolve(ask.rules, endpoint);
    let usage = Usage {
        input: SAMPLE,
        output: SAMPLE,
        ..Usage::default()
    };
    let billed = Billed {
        at: ask.now,
        usage: Some(&usage),
        ..Billed::default()
    };
    let priced = resolved.price(&billed);
    if let Some(gap) = priced.gap {
        let said = format!("unpriced: {}", gap.as_str());
        return (
            Cell::new(Words::new().with(Tone::Warn, said.as_str()), said),
            Cell::none(),
        );
    }
    let bill = resolved.bill(&billed);
    let rate = |unit: Unit| {
        let items = bill.as_ref().map(|bill| &bill.items);
        let item = items.and_then(|items| items.iter().find(|item| item.used == unit));
        item.map_or_else(
            || "–".to_owned(),
            |item| format!("${}", unit.written(item.rate)),
        )
    };
    let rates = format!("{} / {}", rate(Unit::Input), rate(Unit::Output));
    let rule = priced.rule.map_or_else(String::new, |rule| {
        format!("approximated: {}; ", rule.as_str())
    });
    let said = match priced.rule {
        Some(_) => Words::new().name(priced.row()).with(Tone::Warn, " ≈"),
        None => Words::new().name(priced.row()),
    };
    let hint = format!("{rule}{}", priced.source());
    (
        Cell::new(said, priced.row()).hint(hint),
        Cell::new(Words::of(rates.as_str()), rates.as_str())
            .hint(format!("for a call of {} tokens each", count(1000))),
    )
}

fn resolve(rules: &Rulebook, endpoint: &Endpoint) -> crate::price::Resolved {
    let unknown = Provider::Other(crate::units::Text::default());
    let region = endpoint.known_region();
    rules.prices.resolve(&Lookup {
        endpoint: Some(&endpoint.name),
        provider: endpoint.provider.as_ref().unwrap_or(&unknown),
        model: &endpoint.model_name,
        requested_model: "",
        region: (!region.is_empty()).then_some(region),
        scope: endpoint.scope,
        geo: None,
        tier: Tier::Standard,
        fixed: false,
    })
}
