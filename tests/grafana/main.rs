//! The dashboards are what their table says, ask for what the series have, and get answers from a real `InfluxDB`.
//!
//! Knows no Grafana: what Grafana puts in a query's place is put there by `filled.rs`. A newcomer may
//! ask why queries are read by a parser of our own: a name with a typing error is no error to
//! `InfluxQL`, it is a panel without data.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../common/aloud.rs"]
mod aloud;
mod books;
mod compose;
mod filled;
mod influx;
mod points;
mod real;
mod shape;
mod words;

#[path = "../common/launched.rs"]
mod launched;

#[path = "../../examples/dashboards/page.rs"]
mod page;
#[path = "../../examples/dashboards/panel.rs"]
mod panel;
#[path = "../../examples/dashboards/query.rs"]
mod query;
#[path = "../../examples/dashboards/source.rs"]
mod source;
#[path = "../../examples/dashboards/transform.rs"]
mod transform;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A file of this repository.
fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the generator makes of the table: file names and texts.
fn made() -> Vec<(String, String)> {
    page::files(&source::read(&read("dashboards/panels.toml")).unwrap())
}

/// The dashboards, by title.
fn dashboards() -> Vec<(String, Value)> {
    made()
        .into_iter()
        .map(|(_, text)| {
            let page: Value = serde_json::from_str(&text).unwrap();
            (page["title"].as_str().unwrap().to_owned(), page)
        })
        .collect()
}

/// A query that somebody or something asks.
struct Asked {
    /// Who: dashboard and panel, or a document.
    by: String,
    /// What.
    sql: String,
    /// Where the range shown begins, as the dashboard has it.
    from: String,
    /// The shortest interval.
    interval: String,
    /// Whether Grafana makes a table of the answer.
    table: bool,
}

/// Every query of every panel.
fn panel_queries() -> Vec<Asked> {
    let mut all = Vec::new();
    for (title, page) in dashboards() {
        for panel in page["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                all.push(Asked {
                    by: format!("{title}: {}", panel["title"].as_str().unwrap()),
                    sql: target["query"].as_str().unwrap().to_owned(),
                    from: page["time"]["from"].as_str().unwrap().to_owned(),
                    interval: panel["interval"].as_str().unwrap_or("1m").to_owned(),
                    table: target["resultFormat"] == "table",
                });
            }
        }
    }
    assert!(all.len() > 50, "found the queries");
    all
}

/// The queries of variables and annotations.
fn other_queries() -> Vec<Asked> {
    let mut all = Vec::new();
    for (title, page) in dashboards() {
        let variables = page["templating"]["list"].as_array().unwrap();
        let asked = variables.iter().filter(|one| one["type"] == "query");
        let annotations = page["annotations"]["list"].as_array().unwrap();
        let noted = annotations.iter().filter(|one| one["builtIn"] != 1);
        for one in asked.chain(noted) {
            all.push(Asked {
                by: format!("{title}: {}", one["name"].as_str().unwrap()),
                sql: one["query"].as_str().unwrap().to_owned(),
                from: page["time"]["from"].as_str().unwrap().to_owned(),
                interval: "1m".to_owned(),
                table: false,
            });
        }
    }
    assert_eq!(all.len(), 3 * 6);
    all
}

/// The queries of `docs/SERIES.md` that are there to be copied: heading and text.
fn queries_to_copy() -> Vec<(String, String)> {
    let text = read("docs/SERIES.md");
    let (_, section) = text.split_once("\n## Queries to copy\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut all = Vec::new();
    for part in section.split("```sql\n").skip(1) {
        let sql = part.split("\n```").next().unwrap().replace('\n', " ");
        all.push(("docs/SERIES.md".to_owned(), sql));
    }
    assert!(all.len() > 8, "found the queries");
    all
}
