//! What was spent, on what, against what was approved, and why more than before.
//!
//! Knows no HTML. A newcomer may ask why two differences are shown: against the approval tells
//! whether a promise was kept, against the days before tells what changed.

mod before;
mod who;

use chrono::NaiveDate;

use crate::app::report::daily::{Daily, daily};
use crate::app::report::plan::{Plan, PlanDay, plan, why};
use crate::chart::{Column, Columns, Ink, Look, Unit, Width};
use crate::figure::{cents, count, dollars, plural, share, times};
use crate::ledger::Family;
use crate::money::NanoUsd;
use crate::web::page::{Body, Card, Choice, Page, Tile, Words};

use super::overview::{above, nothing, pictures::bridge, signed};
use super::parts::{in_dollars, times_words};
use super::steps::{Step, by, one, steps};
use super::tables::{self};
use super::view::Fault;
use super::{Ask, seen};

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let (ledger, rules, view) = (ask.ledger, ask.rules, ask.view);
    let only = view.feature.as_deref();
    let daily = daily(ledger, rules, view.span, only)?;
    if daily.days.is_empty() {
        return Ok(nothing(ask));
    }
    let plan = plan(ledger, rules, view.span, only)?;
    let mut first = vec![days_card(ask, &plan)];
    let split = why(&daily.features, rules);
    if split.approved_nanousd > 0 {
        first.push(Card {
            title: "Why not as approved?".to_owned(),
            sub: Words::of("the parts add up to the nano-dollar"),
            body: vec![bridge(&split)],
            ..Card::default()
        });
    }
    let mut rows = vec![first, vec![who::features_card(ask, &daily)]];
    let other = before::other(ask)?;
    let chosen = |name: &str| ask.asked.get(name).unwrap_or_default().to_owned();
    rows.splice(1..1, before::cards(ask, &other)?);
    if only.is_none() {
        rows.push(vec![who::used_card(
            "Which models?",
            ("models", "model"),
            &plan.models,
        )]);
        rows.push(vec![who::used_card(
            "Which applications?",
            ("applications", "application"),
            &plan.applications,
        )]);
        rows.push(vec![who::endpoints_card(ask)?]);
        rows.push(vec![
            who::families_card(ask, Family::PriceRow)?,
            who::families_card(ask, Family::UserGroup)?,
        ]);
    }
    rows.push(vec![Card {
        title: "Day by day".to_owned(),
        body: vec![Body::Table(tables::days(view, &daily))],
        ..Card::default()
    }]);
    Ok(Page {
        headline: headline(ask, &daily, &plan.days),
        lead: lead(&daily),
        tiles: tiles(&daily, &plan.days),
        rows,
        seen: seen(&daily.total),
        choice: Choice {
            features: tables::names(&daily.features),
            against: Some((chosen("against_from"), chosen("against_to"))),
            ..Choice::default()
        },
        ..Page::default()
    })
}

/// Approved, and what the same features cost.
fn sums(days: &[PlanDay]) -> (i64, i64) {
    days.iter().fold((0, 0), |sum, day| {
        (
            sum.0 + day.approved_nanousd,
            sum.1 + day.of_approved_nanousd,
        )
    })
}

fn headline(ask: &Ask<'_>, daily: &Daily, days: &[PlanDay]) -> Words {
    let view = ask.view;
    let n = i64::try_from(daily.days.len()).unwrap_or(i64::MAX);
    let whose = view.feature.as_ref().and_then(|_| daily.features.first());
    let words = whose.map_or_else(Words::new, |feature| {
        Words::new().name(feature.name.as_str()).say(": ")
    });
    let words = words.say(format!("{} cost ", plural(n, "day", "days")));
    let words = words.strong(dollars(daily.total.cost()));
    let (approved, real) = sums(days);
    if approved == 0 {
        return words.say("; nothing was approved to hold it against.");
    }
    let said = times(NanoUsd(real), Some(NanoUsd(approved)));
    let said = said.trim_start_matches('×').to_owned();
    if i128::from(real) * 5 >= i128::from(approved) * 6 {
        words.say(", ").bad(format!(
            "{said} times what was approved for as many requests."
        ))
    } else {
        words.say(format!(
            ", {said} times what was approved for as many requests."
        ))
    }
}

fn lead(daily: &Daily) -> Words {
    let total = &daily.total;
    let each = total
        .cost_per_request()
        .map_or_else(|| "–".to_owned(), cents);
    let requests = plural(total.requests_ok, "answered request", "answered requests");
    let mut words = Words::of(format!("{requests} at {each} each. "));
    let worst =
        above(&daily.features).max_by_key(|(_, each, plan)| each.saturating_mul(100) / plan);
    if let Some((feature, each, plan)) = worst {
        let (each, plan) = (cents(NanoUsd(each)), cents(NanoUsd(plan)));
        words = words
            .name(feature.name.as_str())
            .say(format!(" costs {each} a request, approved were {plan}. "));
    }
    if total.requests_unpriced > 0 {
        let n = plural(total.requests_unpriced, "request has", "requests have");
        words = words.bad(format!("{n} no known price and are not in the sum."));
    }
    words
}

fn tiles(daily: &Daily, days: &[PlanDay]) -> Vec<Tile> {
    let total = &daily.total;
    let (approved, real) = sums(days);
    let lost: i64 = daily.features.iter().map(|one| one.lost_nanousd).sum();
    let retries: i64 = daily.features.iter().map(|one| one.retries).sum();
    let tile = |title: &str, big: String, sub: Words| Tile {
        title: title.to_owned(),
        big: Words::new().strong(big),
        sub,
        ..Tile::default()
    };
    let tokens = total.tokens_input_total + total.tokens_output;
    vec![
        tile(
            "Spend",
            dollars(total.cost()),
            if approved > 0 {
                let more = signed(real - approved);
                times_words(real, Some(approved))
                    .say(format!(" approved {}, {more}", dollars(NanoUsd(approved))))
            } else {
                Words::of("nothing was approved")
            },
        ),
        tile(
            "A request",
            total
                .cost_per_request()
                .map_or_else(|| "–".to_owned(), cents),
            Words::of(format!(
                "all spend over {} answered ones",
                count(total.requests_ok)
            )),
        ),
        tile(
            "Tokens",
            count(tokens),
            Words::of(format!(
                "{} input, of it {} from a cache · {} output",
                share(total.tokens_input_total, tokens),
                share(total.tokens_cache_read, total.tokens_input_total),
                share(total.tokens_output, tokens)
            )),
        ),
        tile(
            "Repeated after a failure",
            count(retries),
            Words::of(if lost > 0 {
                format!("the failed attempts cost {}", dollars(NanoUsd(lost)))
            } else {
                "what failed tells no tokens, so no cost".to_owned()
            }),
        ),
        tile(
            "Without a price",
            count(total.requests_unpriced),
            Words::of(format!(
                "of {} requests; {} of the spend is approximated",
                count(total.requests),
                share(total.cost_approximated_nanousd, total.cost_nanousd)
            )),
        ),
    ]
}

fn days_card(ask: &Ask<'_>, plan: &Plan) -> Card {
    let view = ask.view;
    let dates = plan.days.iter();
    let dates: Vec<NaiveDate> = dates
        .map(|day| day.date.parse().unwrap_or(view.to))
        .collect();
    let column = |step: &Step| {
        let days = plan.days.get(step.days.clone()).unwrap_or_default();
        let (approved, real) = sums(days);
        let other = days.iter().map(|day| day.other_nanousd);
        let other = other.fold(0, i64::saturating_add);
        // Each day for itself: what one is above its approval, another below does not make good.
        let within = |day: &PlanDay| day.of_approved_nanousd.min(day.approved_nanousd);
        let within = days.iter().map(within).fold(0, i64::saturating_add);
        Column {
            label: view.day_text(step.first),
            parts: vec![
                (Look::Solid(Ink::Line), in_dollars(within)),
                (Look::Hatch(Ink::Bad), in_dollars(real - within)),
                (Look::Solid(Ink::Base), in_dollars(other)),
            ],
            says: format!(
                "{}: {}, approved {}",
                step.text(view),
                dollars(NanoUsd(real.saturating_add(other))),
                dollars(NanoUsd(approved))
            ),
        }
    };
    let list: Vec<Column> = steps(&dates).iter().map(column).collect();
    let other = plan.days.iter().any(|day| day.other_nanousd > 0);
    let by = by(&dates);
    let chart = Columns {
        about: &format!("Spend {by}, within and above what was approved"),
        columns: &list,
        plan: None,
        unit: Unit::Dollars,
        mark: None,
    };
    let rest = if other {
        "; grey: nothing was approved"
    } else {
        ""
    };
    Card {
        title: format!("What did each {} cost?", one(&dates)),
        sub: Words::of(format!(
            "{by}; filled: within what was approved for its requests; "
        ))
        .bad("hatched")
        .say(format!(": above it{rest}")),
        body: vec![Body::picture(
            &chart.draw(Width::Wide),
            &chart.draw(Width::Narrow),
        )],
        ..Card::default()
    }
}
