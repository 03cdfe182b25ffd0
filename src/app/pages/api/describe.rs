//! The API's description: for programs as `OpenAPI` 3.1, for people as a page.
//!
//! Knows no HTTP. A newcomer may ask why days and numbers may be empty in it: a form sends what was not
//! filled in, and an empty parameter is one that was not given.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::web::Failed;
use crate::web::page::{Body, Card, Cell, Kind, Page, Table, Words, columns};

use super::super::calls::OUTCOMES;
use super::super::view::Fault;
use super::{ALL, Answer, Ask, LIMIT, LIMIT_MAX};

/// The API in words of `OpenAPI` 3.1, made from the types that are answered.
pub(in super::super) fn openapi() -> String {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let failed = generator.subschema_for::<Failed>();
    let mut paths = Map::new();
    for answer in &ALL {
        let schema = (answer.schema)(&mut generator);
        let told = path(answer, schema.as_value(), failed.as_value());
        paths.insert(format!("/api/v1/{}", answer.name), told);
    }
    let about = "What the pages show. Every amount of money is a whole number of nano-dollars \
        (1 USD = 1,000,000,000) in a field whose name ends in `_nanousd` or `_nanousd_per_hour`; no amount is a \
        fraction, and none is rounded. A reader whose numbers are doubles keeps them exact up to 9,007,199 USD. Times are \
        RFC 3339 in UTC; days are those of the ledger's time zone. `null` means that nobody knows, never 0.";
    let whole = json!({
        "openapi": "3.1.0",
        "info": { "title": "tollwatch", "version": env!("CARGO_PKG_VERSION"), "description": about },
        "paths": paths,
        "components": { "schemas": generator.take_definitions(true) }
    });
    whole.to_string() + "\n"
}

/// One path.
fn path(answer: &Answer, schema: &Value, failed: &Value) -> Value {
    let id = answer.name.split('/').next().unwrap_or(answer.name);
    let one = answer.name.contains('{');
    let mut parameters: Vec<Value> = answer.takes.iter().map(|name| parameter(name)).collect();
    if one {
        let about = "number of the alert, as `alerts` tells it";
        parameters.push(json!({
            "name": "number", "in": "path", "required": true, "description": about,
            "schema": { "type": "integer", "minimum": 1, "maximum": i64::MAX }
        }));
    }
    parameters.push(json!({
        "name": "If-None-Match", "in": "header", "required": false,
        "description": "the `ETag` of an answer that is at hand",
        "schema": { "type": "string" }
    }));
    let tag = json!({ "ETag": { "description": "marks this very answer", "schema": { "type": "string" } } });
    let fault = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": failed } } });
    let mut responses = json!({
        "200": { "description": answer.about, "headers": tag, "content": { "application/json": { "schema": schema } } },
        "304": { "description": "the answer is that of `If-None-Match`", "headers": tag },
        "400": fault("a parameter is wrong"),
        "503": fault("the books cannot be read now")
    });
    if let (true, Some(all)) = (one, responses.as_object_mut()) {
        all.insert("404".to_owned(), fault("no such alert"));
    }
    json!({ "get": {
        "operationId": if one { "alert" } else { id },
        "summary": answer.about,
        "parameters": parameters,
        "responses": responses
    } })
}

/// A parameter of the query.
fn parameter(name: &str) -> Value {
    let outcomes = [[""].as_slice(), OUTCOMES.as_slice()].concat();
    let day = "^(20(1[5-9]|[2-9][0-9])-[01][0-9]-[0-3][0-9])?$";
    let (about, schema) = match name {
        "from" => (
            "first day, `2026-11-20`, in the ledger's time zone; without it 14 days up to `to`",
            json!({ "type": "string", "pattern": day, "examples": ["2026-11-14"] }),
        ),
        "to" => (
            "last day; without it the newest of the books; at most 800 days",
            json!({ "type": "string", "pattern": day, "examples": ["2026-11-20"] }),
        ),
        "feature" => (
            "one feature, `application/skill`",
            json!({ "type": "string" }),
        ),
        "q" => (
            "what stands in the id, position, feature, endpoint, model, region, price row, rule or evidence",
            json!({ "type": "string" }),
        ),
        "outcome" => (
            "how it ended",
            json!({ "type": "string", "enum": outcomes }),
        ),
        "state" => (
            "`open`: those that are not over",
            json!({ "type": "string", "enum": ["", "open", "all"] }),
        ),
        "limit" => (
            "how many rows at most",
            number_or_nothing(1, LIMIT_MAX, LIMIT),
        ),
        _ => (
            "where to go on; `next` of the part before has it",
            json!({ "type": "string" }),
        ),
    };
    json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema })
}

/// A whole number that may be left empty, as every parameter of a query may.
fn number_or_nothing(least: usize, most: usize, usual: usize) -> Value {
    json!({
        "anyOf": [
            { "type": "integer", "minimum": least, "maximum": most },
            { "type": "string", "maxLength": 0 }
        ],
        "default": usual
    })
}

/// The same for people.
#[expect(clippy::unnecessary_wraps, reason = "it is made as all pages are")]
pub(in super::super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let rows = ALL.iter().map(|answer| {
        let path = format!("/api/v1/{}", answer.name);
        let chosen = ask
            .asked
            .iter()
            .filter(|(name, _)| answer.takes.contains(name));
        let asked = chosen.fold(crate::web::Asked::default(), |asked, (name, value)| {
            asked.with(name, value)
        });
        // One alert is found through the list.
        let said = if answer.name.contains('{') {
            Words::new().code(path.as_str())
        } else {
            Words::new().link(path.as_str(), format!("{path}{}", asked.query()), false)
        };
        let takes = answer.takes.join(", ");
        vec![
            Cell::new(said, path),
            Cell::new(Words::of(answer.about), answer.about),
            Cell::new(Words::new().dim(takes.as_str()), takes),
        ]
    });
    Ok(Page {
        headline: Words::of("Whatever a page shows can be asked as JSON."),
        lead: Words::of("Money is whole nano-dollars, exact; times are UTC; ")
            .code("null")
            .say(" is what nobody knows. Lists come in parts: ")
            .code("next")
            .say(" is the address of the next one. ")
            .code("ETag")
            .say(" and ")
            .code("If-None-Match")
            .say(" save what did not change. A fault answers ")
            .code("{\"error\":{\"code\",\"message\",\"parameter\",\"expected\"}}")
            .say(". For programs: ")
            .link("OpenAPI", "/api/v1/openapi.json", false),
        rows: vec![vec![Card {
            title: "What can be asked?".to_owned(),
            sub: Words::of("parameters mean what they mean on pages"),
            body: vec![Body::Table(Table {
                name: "answers",
                about: "Answers of the API",
                columns: columns(&[
                    ("Address", "path", Kind::Text),
                    ("Answers", "about", Kind::Text),
                    ("Takes", "parameters", Kind::Text),
                ]),
                rows: rows.collect(),
                ..Table::default()
            })],
            ..Card::default()
        }]],
        ..Page::default()
    })
}
