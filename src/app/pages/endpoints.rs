//! The registry beside what was seen: regions, models, credentials, the last call; features beside
//! what was approved.
//!
//! Knows no HTML. A newcomer may ask why hosts stand among the endpoints: an LLM host that nobody
//! registered is the first thing that a reader should see here.

mod dates;
mod lint;
pub(super) mod pilots;

use crate::app::report::daily::daily;
use crate::app::report::endpoints::{Endpoint, Kind as Stands, endpoints};
use crate::figure::{cents, count, plural};
use crate::units::UnixMillis;
use crate::web::page::{Body, Card, Cell, Kind, Page, Table, Tone, Words, columns};

use super::parts::{basis_words, feature_cell, millis, money, number, part};
use super::tables::FIRST;
use super::view::{Fault, View};
use super::{Ask, seen};

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let answer = endpoints(ask.ledger, ask.rules, ask.view.span)?;
    let list = &answer.endpoints;
    let daily = daily(ask.ledger, ask.rules, ask.view.span, None)?;
    let mut rows = vec![
        vec![endpoints_card(ask.view, list)],
        vec![dates::card(ask, list)],
        vec![lint::card(ask)],
    ];
    rows.extend(pilots::cards(ask)?.into_iter().map(|card| vec![card]));
    rows.push(vec![features_card(ask, &daily)]);
    Ok(Page {
        headline: headline(list),
        lead: lead(list),
        rows,
        seen: seen(&daily.total),
        basis: basis_words(&answer.basis),
        ..Page::default()
    })
}

/// Registered, and seen in another region than declared.
fn moved(one: &Endpoint) -> bool {
    let declared = one.declared_region.as_ref();
    one.registered
        && declared.is_some_and(|declared| one.seen_regions.keys().any(|seen| seen != declared))
}

fn used(one: &Endpoint) -> bool {
    one.figures.calls + one.figures.requests > 0
}

fn how_many(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn headline(list: &[Endpoint]) -> Words {
    let registered = how_many(list.iter().filter(|one| one.registered).count());
    let elsewhere = how_many(list.iter().filter(|one| moved(one)).count());
    let hosts = how_many(list.iter().filter(|one| one.kind == Stands::Host).count());
    if registered == 0 && hosts == 0 {
        return Words::of("No endpoint is registered and none was seen.");
    }
    let tone = |n: i64| if n > 0 { Tone::Bad } else { Tone::Plain };
    Words::of(plural(
        registered,
        "registered endpoint",
        "registered endpoints",
    ))
    .say(", ")
    .with(
        tone(elsewhere),
        format!("{} seen in a region other than declared", count(elsewhere)),
    )
    .say("; ")
    .with(
        tone(hosts),
        plural(
            hosts,
            "LLM host is not registered",
            "LLM hosts are not registered",
        ),
    )
    .say(".")
}

fn lead(list: &[Endpoint]) -> Words {
    let idle = how_many(
        list.iter()
            .filter(|one| one.registered && !used(one))
            .count(),
    );
    let alone = list
        .iter()
        .filter(|one| one.registered && one.fallback.is_none() && used(one));
    let alone = how_many(alone.count());
    let mut said = Vec::new();
    if alone > 0 {
        said.push(plural(
            alone,
            "used endpoint has no fallback",
            "used endpoints have no fallback",
        ));
    }
    if idle > 0 {
        said.push(plural(
            idle,
            "registered endpoint had no call",
            "registered endpoints had no call",
        ));
    }
    if said.is_empty() {
        return Words::new();
    }
    Words::of(said.join("; ") + ".")
}

/// What stands under a name, in words.
fn kind(kind: Stands) -> Words {
    match kind {
        Stands::Registered => Words::of("registered"),
        Stands::Host => Words::new().bad("nobody registered it"),
        Stands::Unassigned => Words::new().dim("no endpoint"),
        Stands::NowLlm => Words::new().dim("the platform's own"),
        Stands::Other => Words::new().dim("past the day's limit"),
    }
}

fn endpoints_card(view: &View, list: &[Endpoint]) -> Card {
    let row = |one: &Endpoint| {
        let kind = kind(one.kind);
        let regions: Vec<String> = one
            .seen_regions
            .iter()
            .map(|(region, n)| format!("{region} {}", count(*n)))
            .collect();
        let regions = regions.join(", ");
        let tone = if moved(one) { Tone::Bad } else { Tone::Plain };
        let hour = one.last_hour.as_deref();
        let last_said = hour
            .and_then(UnixMillis::parse)
            .map_or_else(|| "never".to_owned(), |at| view.time_text(at));
        vec![
            Cell::name(&one.endpoint),
            Cell::new(kind.clone(), kind.text()),
            one.declared_region
                .as_deref()
                .map_or_else(Cell::none, Cell::name),
            if regions.is_empty() {
                Cell::none()
            } else {
                Cell::new(Words::new().with(tone, regions.as_str()), regions)
            },
            one.declared_scope.map_or_else(Cell::none, Cell::name),
            Cell::name(&one.models.join(", ")),
            Cell::new(Words::of(last_said), hour.unwrap_or("")),
            number(one.figures.calls),
            money(one.figures.cost_nanousd),
            one.fallback.as_deref().map_or_else(Cell::none, Cell::name),
            millis(one.timeout_ms),
            Cell::name(&one.credentials.join(", ")),
            part(one.figures.calls_throttled, one.figures.calls),
            number(one.figures.requests),
        ]
    };
    Card {
        title: "Is the registry right?".to_owned(),
        sub: Words::of(format!(
            "declared against seen, {}; regions by evidence other than the registry",
            view.span_text()
        )),
        body: vec![Body::Table(Table {
            name: "endpoints",
            about: "Endpoints, declared against seen",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("", "kind", Kind::Text),
                ("Declared", "declared_region", Kind::Text),
                ("Seen", "seen_regions", Kind::Text),
                ("Scope", "declared_scope", Kind::Text),
                ("Models", "models", Kind::Text),
                ("Last call", "last_hour", Kind::Text),
                ("Calls", "calls", Kind::Number),
                ("Spend", "cost_usd", Kind::Number),
                ("Fallback", "fallback", Kind::Text),
                ("Timeout", "timeout_ms", Kind::Number),
                ("Credentials", "credentials", Kind::Text),
                ("429", "calls_throttled", Kind::Number),
                ("Requests", "requests", Kind::Number),
            ]),
            rows: list.iter().map(row).collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn features_card(ask: &Ask<'_>, daily: &crate::app::report::daily::Daily) -> Card {
    let rules = ask.rules;
    let rows = rules.features.iter().map(|(_, feature)| {
        let seen = daily.features.iter().find(|one| one.feature == feature.key);
        let name = crate::app::report::display(&feature.key, Some(&feature.display_name));
        let endpoints = feature
            .endpoints
            .iter()
            .filter_map(|id| rules.registry.get(*id));
        let endpoints: Vec<&str> = endpoints.map(|endpoint| endpoint.name.as_str()).collect();
        let approved = &feature.approved;
        let asked = |n: Option<u64>| {
            n.map_or_else(Cell::none, |n| number(i64::try_from(n).unwrap_or(i64::MAX)))
        };
        vec![
            feature_cell(ask.view, "/", (&feature.key, name)),
            Cell::name(&endpoints.join(", ")),
            feature
                .rule
                .as_ref()
                .map_or_else(Cell::none, |rule| Cell::name(&rule.name)),
            approved.cost_per_call.map_or_else(Cell::none, |cost| {
                Cell::new(Words::of(cents(cost)), cost.to_string())
            }),
            asked(approved.tokens_per_call),
            asked(approved.calls_per_day),
            seen.map_or_else(|| number(0), |one| number(one.figures.requests)),
            seen.map_or_else(Cell::none, |one| money(one.figures.cost_nanousd)),
            Cell::name(&feature.owner),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let body = if rows.is_empty() {
        Body::Empty(Words::of("No feature is registered, so nothing is approved and nothing can be held against it. ")
            .code("tollwatch discover")
            .say(" writes those that your logs tell."))
    } else {
        Body::Table(Table {
            name: "features",
            about: "Features as they were registered",
            columns: columns(&[
                ("Feature", "feature", Kind::Text),
                ("Endpoints", "endpoints", Kind::Text),
                ("Rule", "rule", Kind::Text),
                ("Approved", "approved_per_request_usd", Kind::Number),
                ("Tokens", "approved_tokens", Kind::Number),
                ("Calls a day", "approved_calls_per_day", Kind::Number),
                ("Requests seen", "requests", Kind::Number),
                ("Spend", "cost_usd", Kind::Number),
                ("Owner", "owner", Kind::Text),
            ]),
            rows,
            first: FIRST,
            ..Table::default()
        })
    };
    Card {
        title: "What was approved?".to_owned(),
        sub: Words::of("features of the configuration"),
        body: vec![body],
        ..Card::default()
    }
}
