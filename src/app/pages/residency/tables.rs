//! Tables of residency: features, kept evidence, places, hosts that nobody registered.
//!
//! Knows no HTML. A newcomer may ask why evidence has the position of its record: an auditor reads
//! the record itself.

use crate::app::report::residency::{Feature, Landed, Proof};
use crate::figure::count;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::calls::link_of;
use super::super::parts::{feature_cell, number, part, verdict_cell};
use super::super::tables::FIRST;
use super::{Told, time};

pub(super) fn features_card(told: &Told<'_>) -> Card {
    let row = |one: &Feature| {
        let figures = &one.figures;
        let rule = match (&one.rule, one.endpoint_rules.is_empty()) {
            (Some(rule), _) => Cell::name(rule),
            (None, true) => Cell::none(),
            (None, false) => {
                let rules = one.endpoint_rules.join(", ");
                Cell::new(
                    Words::new().name(rules.as_str()).dim(" (the endpoint's)"),
                    rules,
                )
            }
        };
        let grade = one.weakest_grade.unwrap_or("none");
        vec![
            feature_cell(told.view, "/residency", (&one.feature, &one.name)),
            rule,
            Cell::name(&one.regions.join(", ")),
            Cell::new(Words::of(grade), grade),
            number(figures.calls),
            number(figures.held),
            number(figures.declared),
            bad_number(figures.violated),
            number(figures.unproven),
            number(one.calls_nowhere),
            Cell {
                said: Words::new(),
                ..verdict_cell(figures)
            },
        ]
    };
    Card {
        title: "Whose calls?".to_owned(),
        sub: Words::of("by feature, most violated first; usage reports have no verdict"),
        body: vec![Body::Table(Table {
            name: "features",
            about: "Verdicts by feature",
            columns: columns(&[
                ("Feature", "feature", Kind::Text),
                ("Rule", "rule", Kind::Text),
                ("Landed in", "regions", Kind::Text),
                ("Weakest", "weakest_grade", Kind::Text),
                ("Calls", "calls", Kind::Number),
                ("Held", "held", Kind::Number),
                ("Declared", "declared", Kind::Number),
                ("Violated", "violated", Kind::Number),
                ("Unproven", "unproven", Kind::Number),
                ("Nowhere", "calls_nowhere", Kind::Number),
                ("", "", Kind::Picture),
            ]),
            rows: told.residency.features.iter().map(row).collect(),
            first: FIRST,
            ..Table::default()
        })],
        foot: Words::of(
            "Grades: A the provider says where it ran, B the name excludes other regions, C the resource's region of a regional deployment, D a zone, E the front door, F the registry alone.",
        ),
    }
}

fn bad_number(n: i64) -> Cell {
    let tone = if n > 0 { Tone::Bad } else { Tone::Plain };
    Cell::new(Words::new().with(tone, count(n)), n.to_string())
}

pub(super) fn evidence_card(told: &Told<'_>) -> Card {
    let proofs = &told.residency.evidence;
    let title = "Which calls prove it?".to_owned();
    if proofs.is_empty() {
        return Card {
            title,
            body: vec![Body::Empty(Words::of(
                "No violated or unproven call was kept in these days.",
            ))],
            ..Card::default()
        };
    }
    let shown = count(i64::try_from(proofs.len()).unwrap_or(i64::MAX));
    Card {
        title,
        sub: Words::of(format!(
            "the first of each endpoint first; {shown} kept rows of {} violated and {} unproven calls",
            count(told.total.violated),
            count(told.total.unproven)
        )),
        body: vec![Body::Table(Table {
            name: "evidence",
            about: "Violated and unproven calls with their evidence",
            columns: columns(&[
                ("Time", "at", Kind::Text),
                ("Verdict", "verdict", Kind::Text),
                ("Feature", "feature", Kind::Text),
                ("Endpoint", "endpoint", Kind::Text),
                ("Landed in", "region", Kind::Text),
                ("Rule", "rule", Kind::Text),
                ("Grade", "grade", Kind::Text),
                ("Evidence", "evidence", Kind::Text),
                ("Call", "id", Kind::Text),
                ("Record", "position", Kind::Text),
                ("Config", "config", Kind::Number),
            ]),
            rows: proofs.iter().map(|proof| proof_row(told, proof)).collect(),
            first: 15,
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn proof_row(told: &Told<'_>, proof: &Proof) -> Vec<Cell> {
    let bad = proof.verdict == "violated";
    let verdict = Words::new().with(if bad { Tone::Bad } else { Tone::Warn }, proof.verdict);
    vec![
        Cell::new(
            Words::new().link(
                time(told.view, &proof.at),
                link_of(told.view, &proof.call, &proof.at),
                false,
            ),
            proof.at.as_str(),
        )
        .hint(proof.at.as_str()),
        Cell::new(verdict, proof.verdict),
        Cell::name(&proof.feature),
        Cell::name(&proof.endpoint),
        Cell::name(&proof.region),
        Cell::name(&proof.rule),
        Cell::new(
            Words::of(proof.grade.unwrap_or("–")),
            proof.grade.unwrap_or(""),
        ),
        Cell::name(&proof.evidence),
        Cell::new(Words::new().code(proof.id.as_str()), proof.id.as_str()),
        Cell::new(
            Words::new().code(proof.position.as_str()),
            proof.position.as_str(),
        ),
        Cell::new(
            Words::of(proof.config.to_string()),
            proof.config.to_string(),
        ),
    ]
}

pub(super) fn places_card(told: &Told<'_>) -> Card {
    let all: i64 = told.residency.landed.iter().map(|row| row.calls).sum();
    let row = |row: &Landed| {
        let bad = row.verdict == "violated";
        let verdict = Words::new().with(if bad { Tone::Bad } else { Tone::Plain }, row.verdict);
        vec![
            Cell::name(if row.region.is_empty() {
                "nowhere told"
            } else {
                &row.region
            }),
            Cell::name(&row.endpoint),
            Cell::new(verdict, row.verdict),
            Cell::new(Words::of(row.grade.unwrap_or("–")), row.grade.unwrap_or("")),
            number(row.calls),
            part(row.calls, all),
        ]
    };
    Card {
        title: "Region by endpoint".to_owned(),
        body: vec![Body::Table(Table {
            name: "landed",
            about: "Calls by region, endpoint, verdict and grade",
            columns: columns(&[
                ("Landed in", "region", Kind::Text),
                ("Endpoint", "endpoint", Kind::Text),
                ("Verdict", "verdict", Kind::Text),
                ("Grade", "grade", Kind::Text),
                ("Calls", "calls", Kind::Number),
                ("of all", "", Kind::Number),
            ]),
            rows: told.residency.landed.iter().map(row).collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}

pub(super) fn hosts_card(told: &Told<'_>) -> Card {
    let hosts = &told.residency.unregistered;
    let body = if hosts.is_empty() {
        Body::Empty(Words::of("Every host that was called is in the registry."))
    } else {
        Body::Table(Table {
            name: "unregistered",
            about: "Hosts that nobody registered",
            columns: columns(&[
                ("Host", "host", Kind::Text),
                ("Calls", "calls", Kind::Number),
            ]),
            rows: hosts
                .iter()
                .map(|(host, calls)| vec![Cell::name(host), number(*calls)])
                .collect(),
            first: FIRST,
            ..Table::default()
        })
    };
    Card {
        title: "Which hosts did nobody register?".to_owned(),
        body: vec![body],
        ..Card::default()
    }
}
