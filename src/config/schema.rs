//! The JSON schemas of the main file and of rule files, for editors.
//!
//! Knows no value's meaning. A newcomer may ask why the schema allows what the check refuses: it
//! is made of the written form, and names, references and places are not a matter of shape.

use serde_json::Value;

/// The schema of `tollwatch.toml` as published in `docs/schema/config.json`.
#[must_use]
pub fn json_schema() -> String {
    shown(schemars::schema_for!(super::written::Main).to_value())
}

/// The schema of rule files as published in `docs/schema/rules.json`.
#[must_use]
pub fn rules_json_schema() -> String {
    shown(schemars::schema_for!(super::rules::written::RuleFile).to_value())
}

fn shown(mut schema: Value) -> String {
    without_null(&mut schema);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// Takes `null` out of every type, because TOML has none: a key is left out instead.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("default");
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type") != Some(&Value::from("null")));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    members.remove("anyOf");
                    members.extend(only);
                }
            }
            members.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
