//! How much room there is before calls are throttled, and what repeating brought.
//!
//! Knows no HTML. A newcomer may ask why limits are told by what was seen: what headers say of what is
//! left holds for a second and is not kept; the busiest hour that went well is kept, and says more.

use std::collections::BTreeMap;

use crate::app::links;
use crate::app::report::display;
use crate::figure::{count, dollars, share, times};
use crate::link::{Group, Kind as LinkKind, LinkTotals};
use crate::money::NanoUsd;
use crate::units::Text;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::Ask;
use super::super::parts::{feature_cell, millis, number, part};
use super::super::tables::FIRST;
use super::super::view::Fault;

/// The hours of an endpoint.
#[derive(Default)]
struct Hours {
    /// Most calls of an hour in which none was throttled.
    clean: i64,
    /// Fewest calls of an hour in which one was.
    first: Option<i64>,
    /// Most calls of an hour.
    peak: i64,
    /// Hours with calls, and those of them with a throttled one.
    seen: i64,
    throttled: i64,
}

/// By endpoint: the busiest hour without a 429 beside the quietest with one.
pub(super) fn room_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let sums = ask.ledger.hour_calls(ask.view.span)?;
    let mut endpoints: BTreeMap<&Text, Hours> = BTreeMap::new();
    for ((endpoint, _), sum) in sums.calls.iter().filter(|(_, sum)| sum.calls > 0) {
        let one = endpoints.entry(endpoint).or_default();
        one.seen += 1;
        one.peak = one.peak.max(sum.calls);
        if sum.throttled > 0 {
            one.throttled += 1;
            one.first = Some(one.first.map_or(sum.calls, |first| first.min(sum.calls)));
        } else {
            one.clean = one.clean.max(sum.calls);
        }
    }
    let mut list: Vec<(&Text, Hours)> = endpoints.into_iter().collect();
    list.sort_by_key(|(_, one)| std::cmp::Reverse((one.throttled, one.peak)));
    let title = "How much room is left before 429?".to_owned();
    if list.is_empty() {
        return Ok(Card {
            title,
            body: vec![Body::Empty(Words::of(
                "Hours of these days are no longer kept, or no call was made.",
            ))],
            ..Card::default()
        });
    }
    Ok(Card {
        title,
        sub: Words::of("calls in an hour, by endpoint; all features"),
        body: vec![Body::Table(Table {
            name: "room",
            about: "Calls in an hour with and without a 429",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("Busiest hour", "peak_calls", Kind::Number),
                ("busiest without 429", "clean_calls", Kind::Number),
                ("quietest with 429", "throttled_calls", Kind::Number),
                ("Hours with 429", "throttled_hours", Kind::Number),
                ("Room", "room", Kind::Text),
            ]),
            rows: list.iter().map(|(name, one)| room_row(name, one)).collect(),
            first: FIRST,
            ..Table::default()
        })],
        foot: Words::of(
            "What headers told of requests and tokens left is not kept: it holds for a second.",
        ),
    })
}

fn room_row(name: &str, one: &Hours) -> Vec<Cell> {
    let room = match one.first {
        None => Words::new().with(Tone::Good, "no 429 at any load seen"),
        Some(first) if first > one.clean => {
            Words::of(format!("429 from {} calls an hour", count(first)))
        }
        Some(_) => Words::new().with(Tone::Warn, "429 in quieter hours too: not the load alone"),
    };
    vec![
        Cell::name(name),
        number(one.peak),
        number(one.clean),
        one.first.map_or_else(Cell::none, number),
        Cell::new(
            Words::of(share(one.throttled, one.seen)),
            one.throttled.to_string(),
        )
        .hint(format!("{} of {}", count(one.throttled), count(one.seen))),
        Cell::new(room.clone(), room.text()),
    ]
}

/// Feature and endpoint.
type Where = (Text, Text);

/// Retries by feature and endpoint, most first.
fn chains(ask: &Ask<'_>) -> Result<Vec<(Where, LinkTotals)>, Fault> {
    let only = ask.view.feature.as_deref();
    // A report of both halves is linked in both: calls count, where there are any.
    let mut halves: BTreeMap<Where, [LinkTotals; 2]> = BTreeMap::new();
    for row in ask.ledger.links(ask.view.span)? {
        let (key, totals) = links::read(&row)?;
        if key.kind != LinkKind::Retry || only.is_some_and(|only| key.feature != only) {
            continue;
        }
        let [calls, requests] = halves.entry((key.feature, key.from)).or_default();
        let sum = match key.group {
            Group::Call => calls,
            Group::Request => requests,
        };
        sum.add(&totals);
    }
    let mut list: Vec<(Where, LinkTotals)> = halves
        .into_iter()
        .map(|(key, [calls, requests])| (key, if calls.links > 0 { calls } else { requests }))
        .collect();
    list.sort_by_key(|(_, one)| std::cmp::Reverse(one.links));
    Ok(list)
}

/// Retries by feature and endpoint: how many, how many were answered, what they took and cost.
pub(super) fn retries_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let list = chains(ask)?;
    let title = "What did repeating bring?".to_owned();
    if list.is_empty() {
        return Ok(Card {
            title,
            body: vec![Body::Empty(Words::of("No call repeated a failed one."))],
            ..Card::default()
        });
    }
    let rows = list.iter().map(|((feature, endpoint), one)| {
        let known = ask.rules.features.by_key(feature);
        let known = known.and_then(|id| ask.rules.features.get(id));
        let name = display(feature, known.map(|one| &one.display_name));
        vec![
            feature_cell(ask.view, "/latency", (feature, name)),
            Cell::name(endpoint),
            number(one.links),
            part(one.answered, one.links),
            chain(one),
            millis(u64::try_from(one.lost_ms).ok().filter(|ms| *ms > 0)),
            millis(
                u64::try_from(one.lost_ms / one.links.max(1))
                    .ok()
                    .filter(|ms| *ms > 0),
            ),
            Cell::new(
                Words::of(dollars(NanoUsd(one.lost_nanousd))),
                NanoUsd(one.lost_nanousd).to_string(),
            ),
            Cell::new(
                Words::of(dollars(NanoUsd(one.spent_nanousd))),
                NanoUsd(one.spent_nanousd).to_string(),
            ),
        ]
    });
    Ok(Card {
        title,
        sub: Words::of(
            "a failed call followed within a minute by the same one: each link of a chain counts",
        ),
        body: vec![Body::Table(Table {
            name: "retries",
            about: "Retries by feature and endpoint",
            columns: columns(&[
                ("Feature", "feature", Kind::Text),
                ("Endpoint", "endpoint", Kind::Text),
                ("Retries", "retries", Kind::Number),
                ("answered", "answered", Kind::Number),
                ("tries until an answer", "tries_per_answer", Kind::Number),
                ("lost waiting", "lost_ms", Kind::Number),
                ("each", "lost_ms_each", Kind::Number),
                ("Failed ones cost", "lost_usd", Kind::Number),
                ("repeats cost", "spent_usd", Kind::Number),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    })
}

/// Links over answered ones: how long a chain is until something answers.
fn chain(one: &LinkTotals) -> Cell {
    if one.answered == 0 {
        return Cell::new(Words::new().bad("none answered"), "");
    }
    let said = times(NanoUsd(one.links), Some(NanoUsd(one.answered)));
    let said = said.trim_start_matches('×').to_owned();
    Cell::new(Words::of(said.as_str()), said)
}
