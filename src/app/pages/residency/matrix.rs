//! Which rule's calls landed in which region, at one look.
//!
//! Knows no HTML. A newcomer may ask why it is no map: two regions of one city are one dot on a map,
//! and what a rule allows has no shape.

use std::borrow::Cow;

use crate::app::report::residency::Ruled;
use crate::chart::{Part, shares};
use crate::figure::{count, share};
use crate::web::page::{Body, Card, Cell, Column, Kind, Table, Tone, Words};

use super::Told;

/// Regions with a column of their own.
const REGIONS: usize = 6;

pub(super) fn card(told: &Told<'_>) -> Card {
    let list = &told.residency.matrix;
    let mut regions: Vec<(&str, i64, i64)> = Vec::new();
    let mut rules: Vec<&str> = Vec::new();
    for one in list {
        match regions.iter_mut().find(|(name, ..)| *name == one.region) {
            Some(found) => {
                found.1 += one.violated;
                found.2 += one.calls();
            }
            None => regions.push((&one.region, one.violated, one.calls())),
        }
        if !rules.contains(&one.rule.as_str()) {
            rules.push(&one.rule);
        }
    }
    // A region that a call must not have reached is never folded away.
    regions.sort_by_key(|(name, bad, calls)| (std::cmp::Reverse((*bad, *calls)), *name));
    let shown: Vec<&str> = regions.iter().take(REGIONS).map(|one| one.0).collect();
    let folded = regions.len() > shown.len();
    let rows = rules.iter().map(|rule| {
        let of_rule: Vec<&Ruled> = list.iter().filter(|one| one.rule == *rule).collect();
        row(rule, &of_rule, (&shown, folded))
    });
    let whose = if told.view.feature.is_some() {
        "calls of all features"
    } else {
        "calls"
    };
    Card {
        title: "Where did they land?".to_owned(),
        sub: Words::of(format!(
            "{whose} by the rule that they stand under and the region of their evidence"
        )),
        body: vec![Body::Table(Table {
            name: "matrix",
            about: "Calls by rule and region",
            columns: columns(&shown, folded),
            rows: rows.collect(),
            ..Table::default()
        })],
        foot: Words::of("filled green held, outlined declared, hatched unproven, ")
            .bad("red violated"),
    }
}

fn columns(shown: &[&str], folded: bool) -> Vec<Column> {
    let named = |title: String, key: &str, kind: Kind| Column {
        title: Cow::Owned(title),
        key: Cow::Owned(key.to_owned()),
        kind,
    };
    let mut list = vec![named("Allowed".to_owned(), "rule", Kind::Text)];
    list.extend(shown.iter().map(|region| {
        let title = if region.is_empty() {
            "nowhere told"
        } else {
            region
        };
        named(title.to_owned(), title, Kind::Picture)
    }));
    if folded {
        list.push(named(
            "other regions".to_owned(),
            "other_regions",
            Kind::Picture,
        ));
    }
    list.push(named("All".to_owned(), "calls", Kind::Number));
    list
}

fn row(rule: &str, list: &[&Ruled], (shown, folded): (&[&str], bool)) -> Vec<Cell> {
    let all: i64 = list.iter().map(|one| one.calls()).sum();
    let sum = |wanted: &dyn Fn(&str) -> bool| {
        let mut sum = Ruled::default();
        for one in list.iter().filter(|one| wanted(&one.region)) {
            sum.held += one.held;
            sum.declared += one.declared;
            sum.violated += one.violated;
            sum.unproven += one.unproven;
            sum.no_rule += one.no_rule;
        }
        field(&sum, all)
    };
    let mut row = vec![if rule.is_empty() {
        Cell::new(Words::new().dim("anywhere: no rule"), "")
    } else {
        Cell::name(rule)
    }];
    row.extend(shown.iter().map(|region| sum(&|name| name == *region)));
    if folded {
        row.push(sum(&|name| !shown.contains(&name)));
    }
    row.push(Cell::new(Words::of(count(all)), all.to_string()));
    row
}

fn field(sum: &Ruled, all: i64) -> Cell {
    let calls = sum.calls();
    if calls == 0 {
        return Cell::new(Words::new().dim("–"), "0");
    }
    let parts = [
        (Part::Held, sum.held, "held"),
        (Part::Declared, sum.declared, "declared"),
        (Part::Violated, sum.violated, "violated"),
        (Part::Unproven, sum.unproven, "unproven"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(_, n, _)| *n > 0)
        .map(|(_, n, word)| format!("{} {word}", count(*n)))
        .collect();
    let said = said.join(", ");
    let picture = parts.map(|(part, n, _)| (part, n));
    let (tone, word) = if sum.violated > 0 {
        (Tone::Bad, " violated")
    } else if sum.unproven > 0 {
        (Tone::Warn, " unproven")
    } else {
        (Tone::Plain, "")
    };
    let least = match tone {
        Tone::Bad => sum.violated,
        Tone::Warn => sum.unproven,
        Tone::Plain | Tone::Strong | Tone::Good | Tone::Dim | Tone::Code => calls,
    };
    let figure = Words::of(" ").with(tone, format!("{}{word}", count(least)));
    Cell {
        picture: if sum.no_rule == calls {
            String::new()
        } else {
            shares(&picture, "mini", &said)
        },
        ..Cell::new(figure, calls.to_string())
    }
    .hint(format!("{said}; {} of the rule's calls", share(calls, all)))
}
