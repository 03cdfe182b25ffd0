//! One panel in Grafana's words: its queries, its description, its colours.
//!
//! Knows no page. A newcomer may ask why every name of a field is in the description: a figure that
//! is doubted is looked up in `docs/SERIES.md`, and there fields have their meaning.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::query::spell_out;
use crate::source::{Column, Counts, Kind, Panel, Step};
use crate::transform;

/// Where a dashboard's queries go: whoever imports it chooses.
pub(crate) fn data_source() -> Value {
    json!({ "type": "influxdb", "uid": "${datasource}" })
}

/// The measurements that a query reads.
pub(crate) fn measurements(sql: &str) -> BTreeSet<&str> {
    let parts = sql.split("FROM \"").skip(1);
    parts.filter_map(|part| part.split('"').next()).collect()
}

/// The fields that a query reads: what stands in a sum, a last or a maximum. The buckets are one.
pub(crate) fn fields(sql: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for function in ["sum(\"", "last(\"", "max(\""] {
        for part in sql.split(function).skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            found.insert(if name.starts_with("le_") {
                "le_…"
            } else {
                name
            });
        }
    }
    // What a subquery named is no field.
    found.retain(|name| !sql.contains(&format!("AS \"{name}\"")) || name.starts_with("le_"));
    found
}

fn description(panel: &Panel) -> String {
    let counts = match panel.counts {
        Counts::Calls => "Counts calls (transport facts).",
        Counts::Requests => "Counts requests (usage facts).",
        Counts::Records => "Counts records.",
    };
    let mut from: Vec<String> = Vec::new();
    for query in &panel.query {
        let sql = spell_out(&query.sql);
        let names: Vec<&str> = measurements(&sql).into_iter().collect();
        let read: Vec<&str> = fields(&sql).into_iter().collect();
        let line = format!("{}: {}", names.join(", "), read.join(", "));
        if !from.contains(&line) {
            from.push(line);
        }
    }
    format!("{}\n\n{counts} From {}.", panel.about, from.join("; "))
}

fn targets(panel: &Panel) -> Vec<Value> {
    let queries = panel.query.iter().enumerate();
    queries
        .map(|(place, query)| {
            let mut target = json!({
                "refId": transform::letter(place),
                "datasource": data_source(),
                "query": spell_out(&query.sql),
                "rawQuery": true,
                "resultFormat": if query.alias.is_some() { "time_series" } else { "table" },
            });
            if let (Some(alias), Value::Object(target)) = (&query.alias, &mut target) {
                target.insert("alias".to_owned(), json!(alias));
            }
            target
        })
        .collect()
}

fn thresholds(steps: &[Step]) -> Value {
    let steps: Vec<Value> = if steps.is_empty() {
        vec![json!({ "color": "text", "value": null })]
    } else {
        let step = |step: &Step| match step {
            Step::Base((color,)) => json!({ "color": color, "value": null }),
            Step::From((color, value)) => json!({ "color": color, "value": value }),
        };
        steps.iter().map(step).collect()
    };
    json!({ "mode": "absolute", "steps": steps })
}

fn override_of(matcher: &str, options: &str, properties: Vec<(&str, Value)>) -> Value {
    let properties: Vec<Value> = properties
        .into_iter()
        .map(|(id, value)| json!({ "id": id, "value": value }))
        .collect();
    json!({ "matcher": { "id": matcher, "options": options }, "properties": properties })
}

fn of_column(column: &Column) -> Option<Value> {
    let mut properties = Vec::new();
    if let Some(unit) = &column.unit {
        properties.push(("unit", json!(unit)));
    }
    if let Some(decimals) = column.decimals {
        properties.push(("decimals", json!(decimals)));
    }
    if let Some(width) = column.width {
        properties.push(("custom.width", json!(width)));
    }
    if !column.steps.is_empty() {
        properties.push(("custom.cellOptions", json!({ "type": "color-text" })));
        properties.push(("color", json!({ "mode": "thresholds" })));
        properties.push(("thresholds", thresholds(&column.steps)));
    }
    let heading = column.title.as_ref().unwrap_or(&column.name);
    (!properties.is_empty()).then(|| override_of("byName", heading, properties))
}

fn overrides(panel: &Panel) -> Vec<Value> {
    let colors = panel.colors.iter().map(|(name, color)| {
        let color = json!({ "mode": "fixed", "fixedColor": color });
        override_of("byName", name, vec![("color", color)])
    });
    let mut found: Vec<Value> = colors.collect();
    if let Some(ending) = &panel.dashed {
        let dashes = vec![
            (
                "custom.lineStyle",
                json!({ "fill": "dash", "dash": [8, 6] }),
            ),
            ("custom.lineWidth", json!(1)),
            ("custom.fillOpacity", json!(0)),
            ("custom.showPoints", json!("never")),
        ];
        found.push(override_of("byRegexp", &format!("/{ending}$/"), dashes));
    }
    found.extend(panel.column.iter().filter_map(of_column));
    found
}

/// What the kind of a panel asks of each of its fields.
fn custom(panel: &Panel) -> Value {
    let hidden = json!({ "legend": false, "tooltip": false, "viz": false });
    let bars = panel.kind == Kind::Bars;
    match panel.kind {
        Kind::Stat => json!({}),
        Kind::Heatmap => json!({ "hideFrom": hidden, "scaleDistribution": { "type": "linear" } }),
        Kind::Table => {
            json!({ "align": "auto", "cellOptions": { "type": "auto" }, "inspect": false })
        }
        Kind::Lines | Kind::Bars => json!({
            "axisPlacement": "auto",
            "axisSoftMin": 0,
            "barAlignment": i32::from(bars),
            "barWidthFactor": 0.8,
            "drawStyle": if bars { "bars" } else { "line" },
            "fillOpacity": if bars { 80 } else { 0 },
            "hideFrom": hidden,
            "lineInterpolation": "linear",
            "lineWidth": if bars { 0 } else { 2 },
            "pointSize": 5,
            "showPoints": if bars { "never" } else { "auto" },
            "spanNulls": false,
            "stacking": { "group": "A", "mode": panel.stack.as_deref().unwrap_or(if bars { "normal" } else { "none" }) },
            "thresholdsStyle": { "mode": if panel.steps.is_empty() { "off" } else { "dashed" } },
        }),
    }
}

fn field_config(panel: &Panel) -> Value {
    let color = match panel.kind {
        Kind::Stat if panel.steps.is_empty() => json!({ "mode": "fixed", "fixedColor": "blue" }),
        Kind::Stat | Kind::Table | Kind::Heatmap => json!({ "mode": "thresholds" }),
        Kind::Lines | Kind::Bars => json!({ "mode": "palette-classic" }),
    };
    let mut defaults = Map::new();
    defaults.insert("unit".to_owned(), json!(panel.unit));
    defaults.insert("color".to_owned(), color);
    defaults.insert("thresholds".to_owned(), thresholds(&panel.steps));
    let nothing = json!({ "type": "special", "options": { "match": "null+nan", "result": { "index": 0, "text": "–" } } });
    let mappings = if panel.kind == Kind::Table {
        vec![nothing]
    } else {
        Vec::new()
    };
    defaults.insert("mappings".to_owned(), json!(mappings));
    defaults.insert("custom".to_owned(), custom(panel));
    if let Some(decimals) = panel.decimals {
        defaults.insert("decimals".to_owned(), json!(decimals));
    }
    if let Some(min) = panel.min {
        defaults.insert("min".to_owned(), json!(min));
    }
    if let Some(none) = &panel.none {
        defaults.insert("noValue".to_owned(), json!(none));
    }
    json!({ "defaults": defaults, "overrides": overrides(panel) })
}

fn options(panel: &Panel) -> Value {
    match panel.kind {
        Kind::Stat => json!({
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "vertical",
            "percentChangeColorMode": "standard",
            "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
            "showPercentChange": false,
            "textMode": "value_and_name",
            "wideLayout": true,
        }),
        Kind::Lines | Kind::Bars => json!({
            "legend": { "calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
        Kind::Table => {
            let sorted = panel.sort.iter().map(|name| {
                let column = panel.column.iter().find(|column| column.name == *name);
                let heading = column.and_then(|column| column.title.as_ref());
                json!({ "displayName": heading.unwrap_or(name), "desc": !panel.ascending })
            });
            json!({
                "frameIndex": 0,
                "cellHeight": "sm",
                "footer": { "show": false, "countRows": false, "reducer": ["sum"] },
                "showHeader": true,
                "sortBy": sorted.collect::<Vec<Value>>(),
            })
        }
        Kind::Heatmap => json!({
            "calculate": false,
            "cellGap": 1,
            "cellValues": { "unit": "none" },
            "color": { "exponent": 0.5, "fill": "dark-blue", "mode": "scheme", "reverse": false, "scale": "exponential", "scheme": "Blues", "steps": 64 },
            "exemplars": { "color": "rgba(255,0,255,0.7)" },
            "filterValues": { "le": 1e-9 },
            "legend": { "show": true },
            "rowsFrame": { "layout": "le", "value": "calls" },
            "showValue": "never",
            "tooltip": { "mode": "single", "show": true, "showColorScale": false, "yHistogram": false },
            "yAxis": { "axisPlacement": "left", "reverse": false, "unit": panel.unit },
        }),
    }
}

/// The panel as Grafana has it, with its number and its place.
pub(crate) fn json(panel: &Panel, id: usize, place: &Value) -> Value {
    let kind = match panel.kind {
        Kind::Stat => "stat",
        Kind::Lines | Kind::Bars => "timeseries",
        Kind::Table => "table",
        Kind::Heatmap => "heatmap",
    };
    let mut made = json!({
        "id": id,
        "type": kind,
        "title": panel.title,
        "description": description(panel),
        "datasource": data_source(),
        "gridPos": place,
        "targets": targets(panel),
        "transformations": transform::of(panel),
        "fieldConfig": field_config(panel),
        "options": options(panel),
    });
    if let (Some(interval), Value::Object(made)) = (&panel.interval, &mut made) {
        made.insert("interval".to_owned(), json!(interval));
    }
    made
}
