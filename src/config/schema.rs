//! The JSON schema of the main file, for editors.
//!
//! Knows no value's meaning. A newcomer may ask why the schema allows what the check refuses: it
//! is made of the written form, and names, references and places are not a matter of shape.

/// The schema of `tollwatch.toml` as published in `docs/schema/config.json`.
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(super::written::Main);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
