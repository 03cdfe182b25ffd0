//! The shipped example files and the published schema are what the program reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::path::Path;

use tollwatch::config;
use tollwatch::units::UnixMillis;

fn now() -> UnixMillis {
    UnixMillis::parse("2026-11-21T00:00:00Z").unwrap()
}

fn load(path: &str) -> config::Ready {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    config::load(&path, &|path| std::fs::read_to_string(path), now()).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn the_examples_load_without_a_warning() {
    for (file, endpoints, features) in [("minimal.toml", 1, 1), ("full.toml", 3, 2)] {
        let ready = load(&format!("deploy/config/{file}"));
        assert_eq!(ready.registry.iter().count(), endpoints, "{file}");
        assert_eq!(ready.features.iter().count(), features, "{file}");
        let warnings: Vec<String> = ready.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{file}: {}", warnings.join("\n"));
        assert!(!ready.canonical.is_empty());
    }
}

/// Every key of the schema stands in `full.toml` or is named in a comment there.
#[test]
fn the_full_example_names_every_key() {
    let text = std::fs::read_to_string("deploy/config/full.toml").unwrap();
    let schema: serde_json::Value = serde_json::from_str(&config::json_schema()).unwrap();
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 60, "{}", keys.len());
    for key in keys {
        let there = text.lines().any(|line| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{key} ="))
                || line.contains(&format!("{key}."))
                || line.contains(&format!("[{key}]"))
                || line.contains(&format!(".{key}]"))
        });
        assert!(there, "`{key}` is not in deploy/config/full.toml");
    }
}

fn collect_keys(schema: &serde_json::Value, keys: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(members) => {
            if let Some(serde_json::Value::Object(properties)) = members.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|value| collect_keys(value, keys));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

/// `UPDATE_SCHEMA=1 cargo test schema` writes the file anew.
#[test]
fn the_published_schema_is_the_one_in_force() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/config.json");
    let schema = config::json_schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == schema,
        "run `UPDATE_SCHEMA=1 cargo test schema`"
    );
}
