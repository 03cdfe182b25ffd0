//! What a call cost: tokens, rates, products, the one rounding, and where the price comes from.
//!
//! Knows no price list. A newcomer may ask why there are fifteen decimals: rates are exact to a
//! femto-dollar, and whoever adds the products up by hand must come to the same sum.

use crate::app::report::call::Told;
use crate::figure::count;
use crate::money::NanoUsd;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

pub(super) fn card(told: &Told) -> Card {
    let price = &told.price;
    let rows = price.items.iter().map(|item| {
        let used = item.used.replace('_', " ");
        let said = if item.used == item.rated_as {
            Words::of(used)
        } else {
            Words::of(used).dim(format!(
                " at the rate of {}",
                item.rated_as.replace('_', " ")
            ))
        };
        vec![
            Cell::new(said, item.used),
            Cell::new(
                Words::of(count(i64::try_from(item.count).unwrap_or(i64::MAX))),
                item.count.to_string(),
            ),
            Cell::new(
                Words::of(format!("${}", item.rate_usd)),
                item.rate_usd.as_str(),
            ),
            Cell::new(
                Words::of(format!("${}", item.amount_usd)),
                item.amount_usd.as_str(),
            ),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let mut body = Vec::new();
    if !rows.is_empty() {
        let mut total = vec![Cell::new(Words::of("Sum, exactly"), "")];
        total.extend([Cell::default(), Cell::default()]);
        let exact = price.exact_usd.clone().unwrap_or_default();
        total.push(Cell::new(Words::of(format!("${exact}")), exact));
        body.push(Body::Table(Table {
            name: "bill",
            about: "What was used, at which rate",
            columns: columns(&[
                ("Used", "used", Kind::Text),
                ("How many", "count", Kind::Number),
                ("Rate", "rate_usd", Kind::Number),
                ("Product", "amount_usd", Kind::Number),
            ]),
            rows,
            total,
            ..Table::default()
        }));
    }
    body.push(Body::Words(bill_words(told)));
    Card {
        title: "What did it cost?".to_owned(),
        sub: Words::of(
            "dollars a million tokens, or a thousand searches; the context tier and factors are worked into the rate",
        ),
        body,
        foot: tokens_words(told),
    }
}

fn bill_words(told: &Told) -> Vec<Words> {
    let price = &told.price;
    let mut lines = Vec::new();
    if let Some(cost) = price.cost_nanousd {
        let booked = Words::of("Booked: ").strong(format!("${}", NanoUsd(cost)));
        lines.push(booked.say(
            ", rounded once, at the end, to a billionth of a dollar; a half goes to the even one.",
        ));
    }
    let mut row = Words::of("Price row: ").code(price.row.as_str());
    if !price.source.is_empty() {
        row = row.say(" of ").name(price.source.as_str());
    }
    if let Some(from) = &price.valid_from {
        row = row.say(format!(", in force from {from}"));
    }
    lines.push(row.say("."));
    lines.push(match (price.class, price.rule, price.gap) {
        ("approximated", Some(rule), _) => Words::new()
            .with(Tone::Warn, "Approximated")
            .say(", by the rule ")
            .code(rule)
            .say(format!(": {}", approximation(rule))),
        ("unpriced", _, Some(gap)) => Words::new()
            .with(Tone::Warn, "No price")
            .say(": ")
            .code(gap)
            .say("; it counts as unpriced, never as 0."),
        ("exact", _, _) => Words::of("Exact: the row holds for this model, place, tier and time."),
        ("fixed", _, _) => {
            Words::of("The endpoint is paid by the hour: the call costs nothing more.")
        }
        ("nothing", _, _) => Words::of("It failed and used nothing."),
        _ => Words::of(price.class),
    });
    lines
}

/// What a rule of approximation means.
fn approximation(rule: &str) -> &'static str {
    match rule {
        "other_providers_row" => "the row is another provider's for the same model.",
        "requested_model" => "the answering model has no row; that of the requested name was used.",
        "undated_name" => "the dated name has no row; that of the undated name was used.",
        "nearest_scope" => "its place is unknown or has no row; the nearest place's was used.",
        "regional_uplift" => "the provider's general regional uplift on the global price.",
        "other_region" => "the row is the list price of another region.",
        "batch_discount" => "the provider's general batch discount on the standard price.",
        "standard_tier" => "the tier has no row; the standard price was used.",
        "tier_dated_later" => "the tier's row starts later than the call.",
        "geo_untold" => "nothing tells where inference ran, and the price hangs on it.",
        "cache_untold" => "cached tokens are not told apart: all input at the full rate.",
        "convention_untold" => "it is open whether the input counts include cached tokens.",
        "cache_rate_missing" => {
            "the row has no rate for cached tokens; a more general one was used."
        }
        "search_rate_missing" => "the row has no rate for web searches; they are not in the cost.",
        _ => "",
    }
}

fn tokens_words(told: &Told) -> Words {
    let Some(tokens) = told.price.tokens else {
        return Words::of("The record tells no tokens.");
    };
    let names = [
        "fresh input",
        "read from a cache",
        "written for 5 minutes",
        "written for an hour",
        "output",
        "of it reasoning",
    ];
    let said = names.iter().zip(tokens).map(|(name, n)| match n {
        Some(n) => format!("{name} {}", count(i64::try_from(n).unwrap_or(i64::MAX))),
        None => format!("{name} untold"),
    });
    Words::of(format!(
        "Tokens in disjoint buckets: {}.",
        said.collect::<Vec<_>>().join(", ")
    ))
}
