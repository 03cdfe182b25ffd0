//! What Grafana does with the answers of a panel's queries before it shows them.
//!
//! Knows no colour and no unit. A newcomer may ask why so much is left to Grafana: `InfluxQL` joins
//! no two measurements, and what was approved stands in another one than what was spent.

use serde_json::{Map, Value, json};

use crate::source::Panel;

/// The letter of a panel's query.
pub(crate) fn letter(place: usize) -> String {
    let letters = ('A'..='Z').nth(place);
    letters.map_or_else(|| format!("Q{place}"), String::from)
}

fn without_time() -> Value {
    json!({ "id": "filterFieldsByName", "options": { "exclude": { "names": ["Time"] } } })
}

fn join_by(field: &str) -> Value {
    json!({ "id": "joinByField", "options": { "byField": field, "mode": "outer" } })
}

/// Series to rows: each label a column, and the sum of the series, `Total`.
fn labels_to_columns(letter: &str) -> Value {
    json!({
        "id": "reduce",
        "filter": { "id": "byRefId", "options": letter },
        "options": { "labelsToFields": true, "mode": "seriesToRows", "reducers": ["sum"] },
    })
}

/// A number for each row of one query's table. Of several tables at once Grafana would make one first, by time.
fn numbered(letter: &str) -> Value {
    json!({
        "id": "calculateField",
        "filter": { "id": "byRefId", "options": letter },
        "options": { "alias": "Row", "mode": "index", "replaceFields": false },
    })
}

/// The rows of two tables side by side, at the times of the first.
fn beside() -> Vec<Value> {
    vec![
        numbered("A"),
        numbered("B"),
        json!({
            "id": "filterFieldsByName",
            "filter": { "id": "byRefId", "options": "B" },
            "options": { "exclude": { "names": ["Time"] } },
        }),
        join_by("Row"),
        json!({ "id": "filterFieldsByName", "options": { "exclude": { "names": ["Row"] } } }),
    ]
}

/// Columns in their order and by their headings; those that nobody asked for are left out.
fn columns(panel: &Panel, renamed: &[(&str, &str)]) -> Vec<Value> {
    let names: Vec<&str> = panel
        .order
        .iter()
        .map(|name| {
            let old = renamed.iter().find(|(_, new)| new == name);
            old.map_or(name.as_str(), |(old, _)| *old)
        })
        .collect();
    let mut index = Map::new();
    let mut headings = Map::new();
    for (place, (name, shown)) in names.iter().zip(&panel.order).enumerate() {
        index.insert((*name).to_owned(), json!(place));
        let title = panel.column.iter().find(|column| column.name == *shown);
        let title = title.and_then(|column| column.title.as_ref());
        let heading = title.unwrap_or(shown);
        if heading != name {
            headings.insert((*name).to_owned(), json!(heading));
        }
    }
    vec![
        json!({ "id": "filterFieldsByName", "options": { "include": { "names": names } } }),
        json!({
            "id": "organize",
            "options": { "excludeByName": {}, "indexByName": index, "renameByName": headings },
        }),
    ]
}

fn calculated(ratio: &[String; 4]) -> Value {
    let [name, left, operator, right] = ratio;
    json!({
        "id": "calculateField",
        "options": {
            "alias": name,
            "mode": "binary",
            "binary": { "left": left, "operator": operator, "right": right, "reducer": "sum" },
            "replaceFields": false,
        },
    })
}

/// The transformations of a panel, in order.
pub(crate) fn of(panel: &Panel) -> Vec<Value> {
    if panel.beside.is_some() {
        return beside();
    }
    let mut steps = Vec::new();
    let mut renamed = Vec::new();
    let row_name;
    if let Some([row, column]) = &panel.matrix {
        steps.push(labels_to_columns("A"));
        steps.push(json!({
            "id": "groupingToMatrix",
            "options": { "rowField": row, "columnField": column, "valueField": "Total", "emptyValue": "null" },
        }));
        row_name = format!("{row}\\{column}");
        renamed.push((row_name.as_str(), row.as_str()));
    } else if !panel.labels.is_empty() {
        steps.push(labels_to_columns("A"));
        if panel.merge {
            steps.push(json!({ "id": "filterFieldsByName", "options": { "exclude": { "names": ["Time", "Field"] } } }));
            steps.push(json!({ "id": "merge", "options": {} }));
        }
        if let Some(query) = panel.query.first() {
            renamed.push(("Total", query.alias.as_deref().unwrap_or("Total")));
        }
    } else if let Some(field) = &panel.join {
        if field != "Time" {
            steps.push(without_time());
        }
        steps.push(join_by(field));
    }
    steps.extend(panel.ratio.iter().map(calculated));
    if let Some(name) = &panel.only_without {
        steps.push(json!({
            "id": "filterByValue",
            "options": {
                "type": "include",
                "match": "all",
                "filters": [{ "fieldName": name, "config": { "id": "isNull", "options": {} } }],
            },
        }));
    }
    if !panel.order.is_empty() {
        steps.extend(columns(panel, &renamed));
    }
    steps
}
