//! One dashboard in Grafana's words: variables, annotations, links, and where each panel stands.
//!
//! Knows no query of a panel. A newcomer may ask about the version: 38 is that of Grafana 10.0, and
//! each later Grafana brings a dashboard up to its own when it loads it.

use serde_json::{Value, json};

use crate::panel::{self, data_source};
use crate::source::{Dashboard, Source};

/// The schema of Grafana 10.0.
const SCHEMA_VERSION: u32 = 38;
/// The word by which the dashboards link to each other.
const TAG: &str = "tollwatch";

/// Names, labels and queries of the variables that a person chooses values of.
const VARIABLES: [(&str, &str, &str); 4] = [
    (
        "application",
        "Application",
        r#"SHOW TAG VALUES FROM "llm_calls" WITH KEY = "application""#,
    ),
    (
        "feature",
        "Feature",
        r#"SHOW TAG VALUES FROM "llm_calls" WITH KEY = "feature" WHERE "application" =~ /^$application$/"#,
    ),
    (
        "endpoint",
        "Endpoint",
        r#"SHOW TAG VALUES FROM "llm_calls" WITH KEY = "endpoint" WHERE "application" =~ /^$application$/ AND "feature" =~ /^$feature$/"#,
    ),
    (
        "model",
        "Model",
        r#"SHOW TAG VALUES FROM "llm_calls" WITH KEY = "model" WHERE "application" =~ /^$application$/ AND "feature" =~ /^$feature$/ AND "endpoint" =~ /^$endpoint$/"#,
    ),
];
/// The time zone of the ledger's days; without a value days are those of UTC.
const TIMEZONE: &str = r#"SHOW TAG VALUES FROM "llm_follower" WITH KEY = "timezone""#;

fn variable(name: &str, label: &str, query: &str, several: bool) -> Value {
    let mut made = json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": data_source(),
        "definition": query,
        "query": query,
        "refresh": 1,
        "regex": "",
        "sort": 1,
        "hide": 0,
        "skipUrlSync": false,
        "multi": several,
        "includeAll": several,
        "options": [],
    });
    if let (true, Value::Object(made)) = (several, &mut made) {
        made.insert("allValue".to_owned(), json!(".*"));
        let all = json!({ "selected": true, "text": ["All"], "value": ["$__all"] });
        made.insert("current".to_owned(), all);
    }
    made
}

fn variables() -> Vec<Value> {
    let mut all = vec![json!({
        "name": "datasource",
        "label": "InfluxDB",
        "type": "datasource",
        "query": "influxdb",
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "skipUrlSync": false,
        "multi": false,
        "includeAll": false,
        "options": [],
        "current": { "selected": true, "text": "tollwatch", "value": "tollwatch" },
    })];
    let chosen = VARIABLES.iter();
    all.extend(chosen.map(|(name, label, query)| variable(name, label, query, true)));
    all.push(variable("timezone", "Days of", TIMEZONE, false));
    all
}

/// State changes of alerts, but for what is only worth knowing; those that are about no feature or endpoint in
/// particular concern every choice. Grafana has read such queries in two places; both are filled.
fn annotations() -> Vec<Value> {
    let query = r#"SELECT "title", "text", "state", "severity", "rule" FROM "llm_alerts" WHERE $timeFilter AND "severity" != 'info' AND "feature" =~ /^($feature|none|other)$/ AND "endpoint" =~ /^($endpoint|none|other)$/"#;
    vec![
        json!({
            "builtIn": 1,
            "datasource": { "type": "grafana", "uid": "-- Grafana --" },
            "enable": true,
            "hide": true,
            "iconColor": "rgba(0, 211, 255, 1)",
            "name": "Annotations & Alerts",
            "type": "dashboard",
        }),
        json!({
            "datasource": data_source(),
            "enable": true,
            "hide": false,
            "iconColor": "red",
            "name": "tollwatch alerts",
            "query": query,
            "titleColumn": "title",
            "textColumn": "text",
            "tagsColumn": "state,severity,rule",
            "timeEndColumn": "",
            "target": {
                "refId": "Anno",
                "query": query,
                "rawQuery": true,
                "fromAnnotations": true,
                "textEditor": true,
                "titleColumn": "title",
                "textColumn": "text",
                "tagsColumn": "state,severity,rule",
                "timeEndColumn": "",
            },
        }),
    ]
}

/// Panels from left to right, and a new row where one does not fit.
fn panels(dashboard: &Dashboard) -> Vec<Value> {
    let (mut x, mut y, mut high) = (0_u32, 0_u32, 0_u32);
    let mut made = Vec::new();
    for (place, one) in dashboard.panel.iter().enumerate() {
        let [width, height] = one.size.map(u32::from);
        if x + width > 24 {
            (x, y, high) = (0, y + high, 0);
        }
        let position = json!({ "x": x, "y": y, "w": width, "h": height });
        made.push(panel::json(one, place + 1, &position));
        x += width;
        high = high.max(height);
    }
    made
}

fn page(dashboard: &Dashboard) -> Value {
    json!({
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "id": null,
        "editable": true,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "weekStart": "monday",
        "timezone": "browser",
        "time": { "from": dashboard.from, "to": "now" },
        "timepicker": {},
        "refresh": dashboard.refresh,
        "annotations": { "list": annotations() },
        "templating": { "list": variables() },
        "links": [{
            "asDropdown": false,
            "icon": "external link",
            "includeVars": true,
            "keepTime": true,
            "tags": [TAG],
            "targetBlank": false,
            "title": "",
            "tooltip": "",
            "type": "dashboards",
            "url": "",
        }],
        "panels": panels(dashboard),
    })
}

/// The files: name and text.
pub(crate) fn files(source: &Source) -> Vec<(String, String)> {
    let dashboards = source.dashboard.iter();
    dashboards
        .map(|dashboard| {
            let text = format!("{:#}\n", page(dashboard));
            (format!("{}.json", dashboard.file), text)
        })
        .collect()
}
