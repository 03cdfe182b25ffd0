//! Answers of the API, and their description made from the types that are answered.
//!
//! Knows no HTTP. A newcomer may ask why answers are those of `report --json`: whoever reads one can
//! read the other.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;

use crate::app::{Failure, report};
use crate::web::Refused;

use super::view::Fault;
use super::{ANSWERS, Ask, EVIDENCE};
use crate::web::page::{Body, Card, Cell, Kind, Page, Table, Words, columns};

fn json<T: Serialize>(answer: &T) -> Result<String, Fault> {
    let text = serde_json::to_string(answer).map_err(std::io::Error::from);
    Ok(text.map_err(Failure::from)? + "\n")
}

pub(super) fn answer(ask: &Ask<'_>, name: &str) -> Result<String, Fault> {
    let (ledger, rules, span) = (ask.ledger, ask.rules, ask.view.span);
    let only = ask.view.feature.as_deref();
    match name {
        "spend" => json(&report::daily::daily(ledger, rules, span, only)?),
        "plan" => json(&report::plan::plan(ledger, rules, span, only)?),
        "why" => {
            let daily = report::daily::daily(ledger, rules, span, only)?;
            json(&report::plan::why(&daily.features, rules))
        }
        "residency" => json(&report::residency::residency(
            ledger, rules, span, EVIDENCE,
        )?),
        "endpoints" => json(&report::endpoints::endpoints(ledger, rules, span)?),
        "story" => json(&report::story::story(ledger, rules, span)?),
        _ => Err(Fault::Refused(Refused::Unknown)),
    }
}

/// The schema of an answer.
fn schema(name: &str) -> schemars::Schema {
    fn of<T: JsonSchema>() -> schemars::Schema {
        schema_for!(T)
    }
    match name {
        "spend" => of::<report::daily::Daily>(),
        "plan" => of::<report::plan::Plan>(),
        "why" => of::<report::plan::Why>(),
        "residency" => of::<report::residency::Residency>(),
        "endpoints" => of::<report::endpoints::Endpoints>(),
        _ => of::<Option<report::story::Story>>(),
    }
}

/// The API in words of `OpenAPI` 3.1, made from the types that are answered.
pub(super) fn openapi() -> String {
    let parameter = |name: &str, about: &str| {
        serde_json::json!({
            "name": name, "in": "query", "required": false, "description": about,
            "schema": { "type": "string" }
        })
    };
    let parameters = [
        parameter("from", "first day, `2026-11-20`, in the ledger's time zone"),
        parameter("to", "last day"),
        parameter("feature", "one feature, `application/skill`"),
    ];
    let failed = |about: &str| {
        serde_json::json!({ "description": about, "content": { "application/json": { "schema": {
            "type": "object", "required": ["error"], "properties": { "error": {
                "type": "object", "required": ["code", "message"],
                "properties": { "code": { "type": "string" }, "message": { "type": "string" } }
        } } } } } })
    };
    let path = |(name, about): (&str, &str)| {
        let answers = serde_json::json!({ "get": {
            "operationId": name, "summary": about, "parameters": parameters,
            "responses": {
                "200": { "description": about, "content": { "application/json": { "schema": schema(name) } } },
                "304": { "description": "what `If-None-Match` names" },
                "400": failed("a parameter is wrong"),
                "503": failed("the books cannot be read now")
            }
        } });
        (format!("/api/v1/{name}"), answers)
    };
    let paths: serde_json::Map<String, serde_json::Value> = ANSWERS.into_iter().map(path).collect();
    let about = "What the pages show. Amounts are integers in nano-dollars, times are milliseconds or RFC 3339 in UTC.";
    let whole = serde_json::json!({
        "openapi": "3.1.0",
        "info": { "title": "tollwatch", "version": env!("CARGO_PKG_VERSION"), "description": about },
        "paths": paths
    });
    whole.to_string() + "\n"
}

/// The same for people.
#[expect(clippy::unnecessary_wraps, reason = "it is made as all pages are")]
pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let rows = ANSWERS.iter().map(|(name, about)| {
        let path = format!("/api/v1/{name}");
        let said = Words::new().link(path.as_str(), format!("{path}{}", ask.view.query), false);
        vec![Cell::new(said, path), Cell::new(Words::of(*about), *about)]
    });
    Ok(Page {
        headline: Words::of("Whatever a page shows can be asked as JSON."),
        lead: Words::of("Amounts are integers in nano-dollars. A fault answers ")
            .code("{\"error\":{\"code\",\"message\"}}")
            .say("; ")
            .code("ETag")
            .say(" and ")
            .code("If-None-Match")
            .say(" save what did not change. For programs: ")
            .link("OpenAPI", "/api/v1/openapi.json", false),
        rows: vec![vec![Card {
            title: "What can be asked?".to_owned(),
            sub: Words::of("each takes ")
                .code("from")
                .say(", ")
                .code("to")
                .say(" and ")
                .code("feature")
                .say(", as pages do"),
            body: vec![Body::Table(Table {
                name: "answers",
                about: "Answers of the API",
                columns: columns(&[
                    ("Address", "path", Kind::Text),
                    ("Answers", "about", Kind::Text),
                ]),
                rows: rows.collect(),
                ..Table::default()
            })],
            ..Card::default()
        }]],
        ..Page::default()
    })
}
