//! One text for all files of a configuration: equal texts judge calls alike.
//!
//! Knows no setting's meaning. A newcomer may ask why not the files themselves: a comment or a
//! blank line would give the books a new configuration number.

use toml::{Table, Value};

/// Keys of the main file that only say where another file is.
const REFERENCES: [&str; 7] = [
    "endpoints",
    "features",
    "prices",
    "price_import",
    "regions",
    "names",
    "inventory",
];

/// The files beside the main one and its parts, as text, and what stands for one that is long.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    pub(super) prices: Option<&'a str>,
    pub(super) price_import: Option<&'a str>,
    pub(super) regions: Option<&'a str>,
    pub(super) inventory: Option<&'a str>,
    /// The line that stands for the names file.
    pub(super) names: Option<&'a str>,
}

/// Keys of a Kafka source that calls are judged by; a new one is left out until it stands here.
const JUDGING: [&str; 6] = [
    "name",
    "format",
    "fields",
    "grace_seconds",
    "disorder_seconds",
    "ignore_scopes",
];

/// Tables that judge no call: how the daemon runs, who may look, where series go, who is told of what.
const ELSEWHERE: [&str; 4] = ["daemon", "web", "influxdb", "alerts"];

/// Keys of endpoints and features that only alerts go by.
const OF_ALERTS: [&str; 6] = [
    "credential_due",
    "credential_rotated",
    "credential_kind",
    "retires",
    "budget_usd_per_month",
    "pilot_since",
];

/// Takes out of endpoints and features what only alerts go by.
fn without_dates(whole: &mut Table) {
    let endpoints = whole.get_mut("endpoint").and_then(Value::as_table_mut);
    for endpoint in endpoints.into_iter().flat_map(Table::iter_mut) {
        if let Some(table) = endpoint.1.as_table_mut() {
            table.retain(|key, _| !OF_ALERTS.contains(&key));
        }
    }
    let features = whole.get_mut("feature").and_then(Value::as_array_mut);
    for feature in features
        .into_iter()
        .flatten()
        .filter_map(Value::as_table_mut)
    {
        feature.retain(|key, _| !OF_ALERTS.contains(&key));
    }
}

/// The settings of all files, one `path = value` a line, sorted, without how the daemon runs, how
/// brokers are reached, where series go and who is told of alerts. Secrets stand in files as references only, so there is none in it. A
/// user's price and region files and an inventory go in under a prefix, an imported price list and
/// the names as their hashes.
pub(super) fn text(main: &str, parts: &[Option<&str>], beside: Beside<'_>) -> String {
    let mut whole = table(main);
    for key in REFERENCES {
        whole.remove(key);
    }
    for key in ELSEWHERE {
        whole.remove(key);
    }
    let source = whole.get_mut("source").and_then(Value::as_table_mut);
    let kafka = source.and_then(|source| source.get_mut("kafka")?.as_array_mut());
    for source in kafka.into_iter().flatten().filter_map(Value::as_table_mut) {
        source.retain(|key, _| JUDGING.contains(&key));
    }
    for part in parts.iter().flatten() {
        merge(&mut whole, table(part));
    }
    without_dates(&mut whole);
    let mut lines = Vec::new();
    walk("", &Value::Table(whole), &mut lines);
    for (prefix, file) in [("prices", beside.prices), ("regions", beside.regions)] {
        if let Some(file) = file {
            walk(prefix, &Value::Table(table(file)), &mut lines);
        }
    }
    if let Some(inventory) = beside.inventory {
        // When the lists were saved changes no judgement; what they say does.
        let mut resources = table(inventory);
        resources.remove("file");
        walk("inventory", &Value::Table(resources), &mut lines);
    }
    // An import has thousands of lines, and all that counts is whether it is the same one.
    lines.extend(beside.price_import.map(|list| {
        let hash = twox_hash::XxHash3_128::oneshot(list.as_bytes());
        format!("\"price_import\" = \"{hash:032x}\"")
    }));
    lines.extend(beside.names.map(str::to_owned));
    lines.sort_unstable();
    lines.join("\n")
}

/// A file's table; the files were read before, so a broken one cannot come here.
fn table(text: &str) -> Table {
    text.parse().unwrap_or_default()
}

/// Adds the tables and lists of `part` to those of `whole`.
fn merge(whole: &mut Table, part: Table) {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => into.extend(from),
            (Some(Value::Array(into)), Value::Array(from)) => into.extend(from),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

fn walk(path: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() {
                    format!("{key:?}")
                } else {
                    format!("{path}.{key:?}")
                };
                walk(&path, value, lines);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&format!("{path}[{index}]"), item, lines);
            }
        }
        Value::String(text) => lines.push(format!("{path} = {text:?}")),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            lines.push(format!("{path} = {value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, text};

    #[test]
    fn hangs_on_meaning_alone() {
        let one = "timezone = \"UTC\" # days\n\n[endpoint.a]\nbase_url = \"x\"\n[endpoint.b]\nbase_url = \"y\"\n";
        let main = "endpoints = \"e.toml\"\ntimezone = 'UTC'\n[endpoint.b]\nbase_url=\"y\"\n";
        let part = "endpoint.a.base_url = \"x\"";
        let none = Beside::default();
        assert_eq!(text(one, &[], none), text(main, &[Some(part), None], none));
        assert_ne!(text(one, &[], none), text(main, &[], none));
        let kafka = "source.kafka = [{ name = \"k\", brokers = [\"b\"], format = \"otlp\" }]";
        let daemon = format!("daemon.log = \"json\"\n{kafka}");
        assert_eq!(
            text(&daemon, &[], none),
            "\"source\".\"kafka\"[0].\"format\" = \"otlp\"\n\"source\".\"kafka\"[0].\"name\" = \"k\""
        );
        let prices = Beside {
            prices: Some("p = [1, 2]"),
            ..none
        };
        assert_eq!(
            text("limits.x = 1", &[], prices),
            "\"limits\".\"x\" = 1\nprices.\"p\"[0] = 1\nprices.\"p\"[1] = 2"
        );
        let resource = "[[resource]]\nregion = \"x\"\n";
        let saved = format!("[[file]]\nsaved = \"2026-11-21\"\n{resource}");
        let listed = |text: &'static str| Beside {
            inventory: Some(text),
            ..none
        };
        assert_eq!(
            text("", &[], listed(saved.leak())),
            text("", &[], listed(resource))
        );
    }
}
