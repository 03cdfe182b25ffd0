//! Prices by the command line against a table of calls whose costs were worked out apart.
//!
//! Knows no price. A newcomer may ask why the program is run and not the library called: how a
//! provider, a region or a scope may be spelt is the command line's own.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::{Command, Output};
use std::thread;

use serde_json::Value;

const TABLE: &str = include_str!("data/vectors/prices.tsv");

/// The options of the first columns, in order.
const OPTIONS: [&str; 11] = [
    "--provider",
    "--model",
    "--region",
    "--scope",
    "--tier",
    "--at",
    "--input",
    "--cache-read",
    "--cache-write-5m",
    "--cache-write-1h",
    "--output",
];

fn price(columns: &[&str]) -> Output {
    let told = OPTIONS
        .iter()
        .zip(columns)
        .filter(|(_, value)| **value != "-");
    Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .args(["price", "--json"])
        .args(told.flat_map(|(option, value)| [*option, *value]))
        .output()
        .unwrap()
}

/// What the answer says of cost and class, as the table writes it.
fn said(output: &Output) -> String {
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cost = &answer["cost_nanousd"];
    let cost = if cost.is_null() {
        "-".to_owned()
    } else {
        cost.to_string()
    };
    let word = |key: &str| answer[key].as_str().map(str::to_owned);
    let why = word("rule").or(word("reason"));
    let class = [word("class"), why]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    format!("{cost} {}", class.join(":"))
}

#[test]
fn every_row_costs_what_the_lists_say() {
    let rows: Vec<Vec<&str>> = TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.len() > 200, "{}", rows.len());
    thread::scope(|scope| {
        for part in rows.chunks(rows.len().div_ceil(4)) {
            scope.spawn(move || {
                for row in part {
                    let [asked @ .., cost, class] = row.as_slice() else {
                        panic!("{row:?}");
                    };
                    let said = said(&price(asked));
                    let expected = format!("{cost} {class}");
                    // A class without a rule leaves the rule open.
                    let open = !class.contains(':') && said.starts_with(&format!("{expected}:"));
                    assert!(
                        said == expected || open,
                        "{asked:?}: {said}, expected {expected}"
                    );
                }
            });
        }
    });
}

#[test]
fn impossible_questions_are_refused() {
    let cases = [
        [
            "openai", "gpt-4o", "-", "-", "-", "-", "10", "11", "-", "-", "-",
        ],
        [
            "openai", "gpt-4o", "-", "-", "-", "-", "10", "5", "5", "1", "-",
        ],
        [
            "openai", "gpt-4o", "-", "-", "-", "-", "1.5", "-", "-", "-", "-",
        ],
        [
            "openai", "gpt-4o", "-", "-", "-", "-", "-5", "-", "-", "-", "-",
        ],
        [
            "openai",
            "gpt-4o",
            "-",
            "-",
            "-",
            "2025-02-30",
            "1",
            "-",
            "-",
            "-",
            "-",
        ],
        [
            "openai", "gpt-4o", "-", "-", "turbo", "-", "1", "-", "-", "-", "-",
        ],
        [
            "openai",
            "gpt-4o",
            "-",
            "continental",
            "-",
            "-",
            "1",
            "-",
            "-",
            "-",
            "-",
        ],
        ["", "gpt-4o", "-", "-", "-", "-", "1", "-", "-", "-", "-"],
    ];
    for case in cases {
        let output = price(&case);
        assert_eq!(output.status.code(), Some(2), "{case:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{case:?}"
        );
    }
}
