//! Where calls landed, against the rules, and which evidence says so.
//!
//! Knows no HTML. A newcomer may ask why the four verdicts are never added up: "declared" proves
//! that somebody declared it, and "unproven" proves nothing.

mod matrix;
mod tables;

use crate::app::report::daily::{Daily, daily_of};
use crate::app::report::fallback::fallbacks;
use crate::app::report::residency::{Residency, residency};
use crate::app::report::{Figures, gather};
use crate::chart::{Column, Columns, Ink, Look, Unit, Width, real};
use crate::figure::{count, plural, share};
use crate::units::UnixMillis;
use crate::web::page::{Body, Card, Choice, Page, Tile, Tone, Words};

use super::overview::nothing;
use super::parts::{basis_words, ruled, verdict_text};
use super::steps::{Stepped, by, stepped};
use super::view::{Fault, View};
use super::{Ask, EVIDENCE, outages, seen};

struct Told<'a> {
    view: &'a View,
    daily: Daily,
    residency: Residency,
    /// Of the chosen feature, or of all.
    total: Figures,
}

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let (ledger, rules, view) = (ask.ledger, ask.rules, ask.view);
    let only = view.feature.as_deref();
    let gathered = gather(ledger, view.span, only)?;
    let daily = daily_of(ledger, rules, view.span, &gathered)?;
    if daily.days.is_empty() {
        return Ok(nothing(ask));
    }
    let mut residency = residency(ledger, rules, view.span, EVIDENCE)?;
    let mut total = residency.total.clone();
    if let Some(only) = only {
        residency.features.retain(|one| one.feature == only);
        residency.evidence.retain(|one| one.feature == only);
        total = residency
            .features
            .first()
            .map(|one| one.figures.clone())
            .unwrap_or_default();
    }
    let told = Told {
        view,
        daily,
        residency,
        total,
    };
    let followed = fallbacks(ledger, rules, &ask.setup.ready.declared, (view.span, only))?;
    let list = stepped(ledger.zones(), &gathered);
    let mut rows = vec![
        vec![matrix::card(&told)],
        vec![days_card(view, &list), outages::closed_card(&followed)],
        vec![tables::features_card(&told)],
        vec![outages::outages_card(view, &followed)],
    ];
    rows.extend(outages::pairs_card(&followed).map(|card| vec![card]));
    rows.push(vec![tables::evidence_card(&told)]);
    rows.push(vec![tables::places_card(&told), tables::hosts_card(&told)]);
    let names = told.residency.features.iter();
    Ok(Page {
        headline: headline(&told),
        lead: lead(&told),
        tiles: tiles(&told),
        rows,
        seen: seen(&told.daily.total),
        basis: basis_words(&told.residency.basis),
        choice: Choice {
            features: names
                .map(|one| (one.feature.clone(), one.name.clone()))
                .collect(),
            ..Choice::default()
        },
        ..Page::default()
    })
}

fn headline(told: &Told<'_>) -> Words {
    let all = ruled(&told.total);
    if all == 0 {
        return Words::of("No call of these days stands under a residency rule.");
    }
    let calls = plural(all, "call", "calls");
    if told.total.violated > 0 {
        let broke = count(told.total.violated);
        return Words::new()
            .bad(format!("{broke} of {calls} under a rule broke it."))
            .say(format!(
                " {} are proven to have stayed.",
                count(told.total.held)
            ));
    }
    let proven = share(told.total.held, all);
    let words = Words::of(format!(
        "No call of {} is known to have left its region; {proven} are proven to have stayed",
        count(all)
    ));
    if told.total.unproven > 0 {
        words.say(", ").with(
            Tone::Warn,
            format!("{} cannot be placed.", count(told.total.unproven)),
        )
    } else {
        words.say(".")
    }
}

fn time(view: &View, at: &str) -> String {
    UnixMillis::parse(at).map_or_else(|| at.to_owned(), |at| view.time_text_seconds(at))
}

fn lead(told: &Told<'_>) -> Words {
    let violated = told
        .residency
        .evidence
        .iter()
        .filter(|proof| proof.verdict == "violated");
    let Some(first) = violated.min_by(|a, b| a.at.cmp(&b.at)) else {
        return Words::of(
            "Held: proven inside the rule. Declared: only the registry says so. Unproven: nothing tells.",
        );
    };
    Words::of(format!("The first: {}, ", time(told.view, &first.at)))
        .name(first.feature.as_str())
        .say(" at ")
        .code(first.endpoint.as_str())
        .say(", landed in ")
        .code(first.region.as_str())
        .say(", allowed is ")
        .name(first.rule.as_str())
        .say(". Evidence ")
        .say(first.grade.unwrap_or("–"))
        .say(": ")
        .name(first.evidence.as_str())
        .say("; the record stands at ")
        .code(first.position.as_str())
        .say(".")
}

fn tiles(told: &Told<'_>) -> Vec<Tile> {
    let all = ruled(&told.total);
    let tile = |title: &str, n: i64, tone: Tone, what: &str| Tile {
        title: title.to_owned(),
        big: Words::new().with(if n > 0 { tone } else { Tone::Strong }, count(n)),
        sub: Words::of(share(n, all)).say(" of calls under a rule"),
        tiny: Words::of(what),
        ..Tile::default()
    };
    vec![
        tile(
            "Held",
            told.total.held,
            Tone::Strong,
            "evidence says inside",
        ),
        tile(
            "Declared",
            told.total.declared,
            Tone::Strong,
            "only the registry says inside",
        ),
        tile(
            "Violated",
            told.total.violated,
            Tone::Bad,
            "evidence says outside",
        ),
        tile("Unproven", told.total.unproven, Tone::Warn, "nothing tells"),
        weakest_tile(told),
    ]
}

/// The weakest evidence that calls under a rule stand on.
fn weakest_tile(told: &Told<'_>) -> Tile {
    let ruled = |verdict: &str| verdict != "no_rule";
    let landed = told
        .residency
        .landed
        .iter()
        .filter(|row| ruled(row.verdict));
    // Without a grade comes after the last letter.
    let weakest = landed.clone().map(|row| row.grade.unwrap_or("none")).max();
    let Some(weakest) = weakest else {
        return Tile {
            title: "Weakest evidence".to_owned(),
            big: Words::new().strong("–"),
            ..Tile::default()
        };
    };
    let calls = landed.filter(|row| row.grade.unwrap_or("none") == weakest);
    let calls: i64 = calls.map(|row| row.calls).sum();
    let what = match weakest {
        "A" => "the provider's word on the call",
        "B" => "the name excludes other regions",
        "C" => "the resource's region",
        "D" => "a zone",
        "E" => "the front door",
        "F" => "the registry alone",
        _ => "no evidence at all",
    };
    Tile {
        title: "Weakest evidence".to_owned(),
        big: Words::new().strong(weakest),
        sub: Words::of(format!("of {}", plural(calls, "call", "calls"))),
        tiny: Words::of(what),
        ..Tile::default()
    }
}

fn look(verdict: &str) -> Look {
    match verdict {
        "held" => Look::Solid(Ink::Good),
        "declared" => Look::Frame(Ink::Good),
        "violated" => Look::Solid(Ink::Bad),
        "unproven" => Look::Hatch(Ink::Unproven),
        _ => Look::Frame(Ink::Base),
    }
}

fn days_card(view: &View, list: &[Stepped]) -> Card {
    let column = |one: &Stepped| {
        let figures = &one.figures;
        Column {
            says: format!("{}: {}", one.step.text(view), verdict_text(figures)),
            label: view.day_text(one.step.first),
            parts: vec![
                (look("held"), real(figures.held)),
                (look("declared"), real(figures.declared)),
                (look("unproven"), real(figures.unproven)),
                (look("violated"), real(figures.violated)),
            ],
        }
    };
    let columns: Vec<Column> = list.iter().map(column).collect();
    let days: Vec<_> = list.iter().flat_map(Stepped::ends).collect();
    let by = by(&days);
    let chart = Columns {
        about: &format!("Calls {by} and verdict"),
        columns: &columns,
        plan: None,
        unit: Unit::Count,
        mark: None,
    };
    Card {
        title: "Did calls stay where they must?".to_owned(),
        sub: Words::of(format!(
            "calls {by}: filled green held, outlined declared, hatched unproven, "
        ))
        .bad("red violated"),
        body: vec![Body::picture(
            &chart.draw(Width::Wide),
            &chart.draw(Width::Narrow),
        )],
        ..Card::default()
    }
}
