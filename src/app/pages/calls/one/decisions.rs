//! How a record was read and whose call it is: each decision with its reason.
//!
//! Knows no rule. A newcomer may ask why a call can have two rows of a kind: its two halves are told by
//! reports of their own, and each was read and attributed by itself.

use crate::app::report::call::{Explained, Told};
use crate::figure::duration;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

/// A decision: what, how it was decided, why.
fn decision(half: &'static str, what: &'static str, decided: Words, why: Words) -> Vec<Cell> {
    let (raw, because) = (decided.text(), why.text());
    vec![
        Cell::new(Words::of(what), what),
        Cell::new(decided, raw),
        Cell::new(why, because),
        Cell::new(Words::new().dim(half), half),
    ]
}

pub(super) fn card(told: &Explained) -> Card {
    let rows = told.reports.iter().flat_map(decisions);
    Card {
        title: "How was it read, and whose is it?".to_owned(),
        sub: Words::of("each decision with its reason; a call can have a report of each half"),
        body: vec![Body::Table(Table {
            name: "decisions",
            about: "Decisions on the call",
            columns: columns(&[
                ("", "decision", Kind::Text),
                ("Decided", "decided", Kind::Prose),
                ("Because", "because", Kind::Prose),
                ("Report", "half", Kind::Text),
            ]),
            rows: rows.collect(),
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn decisions(told: &Told) -> Vec<Vec<Cell>> {
    let half = match (told.is_call, told.is_request) {
        (true, true) => "both",
        (true, false) => "call",
        (false, _) => "request",
    };
    let row = |what: &'static str, decided: Words, why: Words| decision(half, what, decided, why);
    let whose = &told.attribution;
    let mut rows = vec![
        row(
            "Record",
            Words::new().code(told.position.as_str()),
            Words::of("from source ")
                .name(told.source.as_str())
                .say(", read as ")
                .say(told.format)
                .say(if told.teller.is_empty() {
                    ""
                } else {
                    ", told by "
                })
                .name(told.teller.as_str()),
        ),
        row(
            "Key",
            if told.identity.is_empty() {
                Words::new().dim("not kept")
            } else {
                Words::new().code(told.identity.as_str())
            },
            Words::of(if told.identity_kind == "weak" {
                "it tells no id: a hash of its content stands for one".to_owned()
            } else {
                format!("the first id that it tells, of kind {}", told.identity_kind)
            }),
        ),
        row(
            "Feature",
            Words::new().name(whose.feature.as_str()),
            Words::of(whose.feature_because.as_str()).and(callers(told)),
        ),
        row(
            "Endpoint",
            Words::new().name(whose.endpoint.as_str()),
            Words::of(whose.endpoint_because.as_str()).and(called(told)),
        ),
        row(
            "Model",
            Words::new().name(whose.model.as_str()),
            Words::of("run by ").name(whose.provider.as_str()),
        ),
    ];
    rows.push(row("Outcome", outcome(told), outcome_because(told)));
    if !whose.credential.is_empty() {
        let why = Words::of("its reference; the credential itself is never kept");
        rows.push(row(
            "Credential",
            Words::new().name(whose.credential.as_str()),
            why,
        ));
    }
    rows
}

fn callers(told: &Told) -> Words {
    let list = &told.attribution.caller;
    let mut words = Words::new();
    for (i, (what, value)) in list.iter().enumerate() {
        let first = if i == 0 { "; told: " } else { ", " };
        words = words.dim(format!("{first}{what} ")).code(value.as_str());
    }
    words
}

fn called(told: &Told) -> Words {
    let whose = &told.attribution;
    let mut words = Words::new();
    if !whose.host.is_empty() {
        words = words.dim("; called: ").code(whose.host.as_str());
    }
    if !whose.deployment.is_empty() {
        words = words.dim(", deployment ").code(whose.deployment.as_str());
    }
    words
}

fn outcome(told: &Told) -> Words {
    let fine = told.outcome == "ok";
    Words::new().with(if fine { Tone::Good } else { Tone::Bad }, told.outcome)
}

fn outcome_because(told: &Told) -> Words {
    let status = told.status.map_or_else(
        || "no status told".to_owned(),
        |status| format!("status {status}"),
    );
    let words = Words::of(status);
    match (told.latency_ms, told.timeout_ms) {
        (None, _) => words.say(", no duration told"),
        (Some(took), None) => words.say(format!(", took {}", duration(took))),
        (Some(took), Some(limit)) => {
            let over = took > limit;
            words
                .say(format!(", took {}, ", duration(took)))
                .with(
                    if over { Tone::Bad } else { Tone::Plain },
                    if over { "over" } else { "within" },
                )
                .say(format!(" the timeout of {}", duration(limit)))
        }
    }
}
