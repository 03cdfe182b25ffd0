//! The shape of `dashboards/panels.toml`: what a panel asks, and what is peculiar to it.
//!
//! Knows nothing of Grafana's JSON. A newcomer may ask why so few keys: whatever all panels share is
//! said once, in `panel.rs`, and so they look alike.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// The dashboards.
    pub(crate) dashboard: Vec<Dashboard>,
}

/// One dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dashboard {
    /// What addresses name it by.
    pub(crate) uid: String,
    /// Its file, without `.json`.
    pub(crate) file: String,
    /// Its title.
    pub(crate) title: String,
    /// What it is for, in a sentence.
    pub(crate) about: String,
    /// Where the range shown begins at first.
    pub(crate) from: String,
    /// How often it asks again.
    pub(crate) refresh: String,
    /// Its panels, in reading order.
    pub(crate) panel: Vec<Panel>,
}

/// How a panel looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Numbers.
    Stat,
    /// Lines over time.
    Lines,
    /// Stacked bars over time.
    Bars,
    /// Rows and columns.
    Table,
    /// Buckets over time.
    Heatmap,
}

/// What a panel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Counts {
    /// Transport facts.
    Calls,
    /// Usage facts.
    Requests,
    /// Records of sources.
    Records,
}

/// One colour of a scale, and from which value on; the first has none.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    /// From a value on.
    From((String, f64)),
    /// Below all others.
    Base((String,)),
}

/// One query of a panel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// `InfluxQL` with the words that `query.rs` spells out.
    pub(crate) sql: String,
    /// Name of each series; a query without one makes a table.
    #[serde(rename = "as")]
    pub(crate) alias: Option<String>,
}

/// What is peculiar to a column of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    /// Its name in the query.
    pub(crate) name: String,
    /// Its heading. Default: its name.
    pub(crate) title: Option<String>,
    /// Grafana's name of a unit.
    pub(crate) unit: Option<String>,
    /// Digits behind the point.
    pub(crate) decimals: Option<u8>,
    /// Pixels.
    pub(crate) width: Option<u16>,
    /// Colours by value.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
}

/// One panel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Panel {
    /// A question.
    pub(crate) title: String,
    /// How it looks.
    pub(crate) kind: Kind,
    /// What its figures count.
    pub(crate) counts: Counts,
    /// What the figures mean; what they count and are made of is added.
    pub(crate) about: String,
    /// Grafana's name of a unit.
    pub(crate) unit: String,
    /// Digits behind the point.
    pub(crate) decimals: Option<u8>,
    /// Width of 24, and height.
    pub(crate) size: [u8; 2],
    /// Where the axis begins.
    pub(crate) min: Option<u8>,
    /// The shortest interval that makes sense: series are by the minute or the hour.
    pub(crate) interval: Option<String>,
    /// `percent`: bars are shares of their sum.
    pub(crate) stack: Option<String>,
    /// Series whose names end so are yardsticks, and dashed.
    pub(crate) dashed: Option<String>,
    /// Colours by value.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// Colours of series by name.
    #[serde(default)]
    pub(crate) colors: BTreeMap<String, String>,
    /// What stands where nothing is.
    pub(crate) none: Option<String>,
    /// The queries.
    pub(crate) query: Vec<Query>,
    /// Tables: the queries' rows belong together where this column is equal.
    pub(crate) join: Option<String>,
    /// Tables of series: the labels that become columns.
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    /// Tables of series: further queries are tables whose rows are repeated for each of them.
    #[serde(default)]
    pub(crate) merge: bool,
    /// Tables of series: which label makes rows, which one columns.
    pub(crate) matrix: Option<[String; 2]>,
    /// Lines: the second query's rows are drawn at the times of the first's.
    pub(crate) beside: Option<String>,
    /// Tables: columns computed from two others: name, left, operator, right.
    #[serde(default)]
    pub(crate) ratio: Vec<[String; 4]>,
    /// Tables: rows that have nothing in this column, and no others.
    pub(crate) only_without: Option<String>,
    /// Tables: the columns, in order; others are left out.
    #[serde(default)]
    pub(crate) order: Vec<String>,
    /// Tables: what is peculiar to columns.
    #[serde(default)]
    pub(crate) column: Vec<Column>,
    /// Tables: the heading of the column to sort by.
    pub(crate) sort: Option<String>,
    /// Tables: smallest first.
    #[serde(default)]
    pub(crate) ascending: bool,
}

/// Reads the file.
pub(crate) fn read(text: &str) -> Result<Source, toml::de::Error> {
    toml::from_str(text)
}
