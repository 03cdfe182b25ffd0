//! Records of every format against what `tollwatch inspect` must say of them without any
//! configuration.
//!
//! Knows no format. A newcomer may ask why only some facts of a record are expected: each vector
//! names those that its shape could get wrong, and an absent one is expected as null.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const VECTORS: &str = include_str!("data/vectors/records.jsonl");

/// Every call that `inspect` tells of a record.
fn inspect(file: &Path, record: &Value) -> Vec<Value> {
    let text = record
        .as_str()
        .map_or_else(|| record.to_string(), str::to_owned);
    std::fs::write(file, text + "\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .args(["inspect", "--json"])
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains("Bearer"), "{told}");
    told.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_record_is_told_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("record.jsonl");
    let mut wrong = Vec::new();
    for line in VECTORS.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let name = vector["name"].as_str().unwrap();
        let expected = vector["expect"].as_array().unwrap();
        let told = inspect(&file, &vector["record"]);
        if told.len() != expected.len() {
            wrong.push(format!("{name}: {} calls", told.len()));
        }
        for (told, expected) in told.iter().zip(expected) {
            for (pointer, value) in expected.as_object().unwrap() {
                let found = told.pointer(pointer);
                if found != Some(value) {
                    wrong.push(format!("{name}: {pointer} is {found:?}, expected {value}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
