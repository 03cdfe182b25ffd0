//! Where a call landed: all evidence with its weight, and what the verdict follows from.
//!
//! Knows no region. A newcomer may ask why evidence that decided nothing is listed: an auditor asks
//! what spoke against it.

use crate::app::report::call::Told;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

pub(super) fn card(told: &Told) -> Card {
    let landed = &told.residency;
    let rows = landed.all.iter().map(|piece| {
        let (tone, fit) = match piece.fit {
            Some("inside") => (Tone::Good, "inside"),
            Some("outside") => (Tone::Bad, "outside"),
            Some("partly") => (Tone::Warn, "partly inside"),
            Some(_) => (Tone::Warn, "nobody knows where that is"),
            None => (Tone::Dim, "–"),
        };
        vec![
            Cell::new(Words::of(kind_words(piece.kind)), piece.kind),
            Cell::new(Words::new().code(piece.told.as_str()), piece.told.as_str()),
            if piece.place.is_empty() {
                Cell::new(Words::new().dim("names no place"), "")
            } else {
                Cell::name(&piece.place)
            },
            Cell::new(
                Words::of(piece.grade.unwrap_or("–")),
                piece.grade.unwrap_or(""),
            )
            .hint(grade_words(piece.grade)),
            Cell::new(Words::new().dim(grade_words(piece.grade)), ""),
            Cell::new(Words::new().with(tone, fit), piece.fit.unwrap_or("")),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let body = if rows.is_empty() {
        Body::Empty(Words::of(
            "The record holds no evidence of a place, and the registry names none.",
        ))
    } else {
        Body::Table(Table {
            name: "evidence",
            about: "Evidence of where the call landed",
            columns: columns(&[
                ("Evidence", "kind", Kind::Text),
                ("told", "told", Kind::Text),
                ("names", "place", Kind::Text),
                ("Grade", "grade", Kind::Text),
                ("proves", "", Kind::Text),
                ("of the rule", "fit", Kind::Text),
            ]),
            rows,
            ..Table::default()
        })
    };
    let scope = landed.scope.unwrap_or("not told");
    Card {
        title: "Where did it land?".to_owned(),
        sub: Words::of(format!(
            "all evidence, the strongest first; scope of the deployment: {scope}"
        )),
        body: vec![body, Body::Words(vec![verdict_words(told)])],
        ..Card::default()
    }
}

fn verdict_words(told: &Told) -> Words {
    let landed = &told.residency;
    let rule = |words: Words| words.name(landed.rule.as_str());
    match landed.verdict {
        Some("held") => rule(
            Words::new()
                .with(Tone::Good, "Held: ")
                .say("the strongest evidence lies wholly inside "),
        )
        .say(", and none lies outside."),
        Some("declared") => rule(
            Words::new()
                .strong("Declared: ")
                .say("inside "),
        )
        .say(", but only by the registry or the front door: that somebody declared it, not where it ran."),
        Some("violated") => rule(
            Words::new()
                .bad("Violated: ")
                .code(landed.evidence.as_str())
                .say(" lies outside "),
        )
        .say("; one such piece is enough, whatever the others say."),
        Some("unproven") => Words::new()
            .with(Tone::Warn, "Unproven: ")
            .say(unproven_because(told)),
        Some(_) | None => Words::of("No residency rule applies to this call."),
    }
}

/// Why nothing that speaks for the call is enough.
fn unproven_because(told: &Told) -> String {
    let landed = &told.residency;
    let graded = landed.all.iter().find(|piece| piece.grade.is_some());
    let Some(strongest) = graded else {
        return "no evidence names a place that proves anything.".to_owned();
    };
    let grade = strongest.grade.unwrap_or("–");
    if landed.evidence.contains(" against ") {
        return format!("two pieces exclude each other: {}.", landed.evidence);
    }
    if strongest.fit != Some("inside") {
        return format!(
            "the strongest evidence, grade {grade}, does not lie wholly inside the rule."
        );
    }
    match landed.min_grade {
        Some(least) if grade > least => {
            format!("the rule demands grade {least} at least, and the strongest has {grade}.")
        }
        _ => "the name says that it may be processed anywhere, and only the provider's word on this call could outweigh that.".to_owned(),
    }
}

fn kind_words(kind: &str) -> &'static str {
    match kind {
        "inference_region" => "the provider's region of inference",
        "inference_geo" => "the provider's geography of inference",
        "host_region" => "region in the host's name",
        "path_region" => "region in the path",
        "resource_region" => "the provider's region of the resource",
        "zone" => "zone in the host or path",
        "global" => "the name says “anywhere”",
        "gateway_region" => "the gateway's own region",
        "client_region" => "the client's setting",
        "front_door_address" => "address in a published range",
        "inventory" => "the cloud account's own list",
        "registry" => "the registry of endpoints",
        _ => "other",
    }
}

fn grade_words(grade: Option<&str>) -> &'static str {
    match grade {
        Some("A" | "B") => "where inference ran",
        Some("C") => "where inference ran, by the provider's terms",
        Some("D") => "a set of regions",
        Some("E") => "the front door",
        Some("F") => "that somebody declared it",
        Some(_) | None => "nothing",
    }
}
