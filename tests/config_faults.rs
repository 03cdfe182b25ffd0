//! What the check says of a configuration: rows of files and of the lines expected for them.
//!
//! A row of `tests/data/config/*.cases` begins with `=== what it shows`, then each file after
//! `--- its name` (the first is the main one), then every expected line after `--- expected`:
//! `file:line:column severity code: message | hint`. "Today" is 2026-11-21.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use tollwatch::config;
use tollwatch::problem::Problem;
use tollwatch::units::UnixMillis;

/// What stands in rows where a secret may have been written, and must not be shown.
const SECRETS: [&str; 3] = ["hunter2", "hun ter2", "12345"];

/// A row.
#[derive(Default)]
struct Case {
    name: String,
    main: String,
    files: BTreeMap<String, String>,
    expected: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case {
                name: name.to_owned(),
                main: "t.toml".to_owned(),
                ..Case::default()
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(name) = line.strip_prefix("--- ") {
            name.clone_into(&mut part);
            if name != "expected" {
                if case.files.is_empty() {
                    name.clone_into(&mut case.main);
                }
                case.files.insert(name.to_owned(), String::new());
            }
        } else if part == "expected" {
            case.expected.push(line.to_owned());
        } else {
            let file = case.files.entry(part.clone()).or_default();
            file.push_str(line);
            file.push('\n');
        }
    }
    for case in &mut cases {
        case.expected.retain(|line| !line.is_empty());
    }
    cases
}

fn load(case: &Case) -> Result<config::Ready, Vec<Problem>> {
    let read = |path: &Path| {
        let text = path.to_str().and_then(|name| case.files.get(name));
        text.cloned()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    };
    let now = UnixMillis::parse("2026-11-21T00:00:00Z").unwrap();
    config::load(Path::new(&case.main), &read, now)
}

fn line(problem: &Problem) -> String {
    let hint = if problem.hint.is_empty() {
        String::new()
    } else {
        format!(" | {}", problem.hint)
    };
    format!(
        "{}:{}:{} {} {}: {}{hint}",
        problem.file,
        problem.place.line,
        problem.place.column,
        problem.severity.as_str(),
        problem.code,
        problem.message
    )
}

fn check(file: &str, least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/config")
        .join(file);
    let cases = cases(&std::fs::read_to_string(path).unwrap());
    assert!(cases.len() >= least, "{} cases", cases.len());
    let mut wrong = String::new();
    for case in cases {
        let problems = match load(&case) {
            Ok(ready) => ready.warnings,
            Err(problems) => problems,
        };
        for problem in &problems {
            let shown = problem.to_string();
            let told = SECRETS.iter().find(|secret| shown.contains(*secret));
            assert!(told.is_none(), "{}: told a secret: {shown}", case.name);
        }
        let told: Vec<String> = problems.iter().map(line).collect();
        if told != case.expected {
            wrong.extend(["=== ", &case.name, "\n", &told.join("\n"), "\n"]);
        }
    }
    assert!(wrong.is_empty(), "told otherwise:\n{wrong}");
}

#[test]
fn names_types_and_grammar() {
    check("shape.cases", 10);
}

#[test]
fn values_and_references() {
    check("values.cases", 20);
}

#[test]
fn kafka_and_the_daemon() {
    check("kafka.cases", 15);
}

#[test]
fn databases_of_series() {
    check("influxdb.cases", 7);
}

#[test]
fn settings_of_alerts() {
    check("alerts.cases", 15);
}

#[test]
fn rules_of_alerts() {
    check("rules.cases", 9);
}

#[test]
fn names_and_inventories() {
    check("imports.cases", 7);
}

#[test]
fn who_may_look() {
    check("web.cases", 6);
}

#[test]
fn endpoint_lint() {
    check("lint.cases", 15);
}

/// Every code of the tables in `docs/CONFIGURATION.md` is told by some row, and every code told by
/// a row stands there.
#[test]
fn every_code_is_explained_and_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("docs/CONFIGURATION.md")).unwrap();
    let (_, tables) = document.split_once("## What `check` finds").unwrap();
    let first_columns = tables.lines().filter_map(|line| line.split('|').nth(1));
    let explained: BTreeSet<String> = first_columns
        .flat_map(|codes| codes.split('`').skip(1).step_by(2).map(str::to_owned))
        .filter(|code| code != "code")
        .collect();
    let mut tested = BTreeSet::new();
    let files = [
        "shape.cases",
        "values.cases",
        "kafka.cases",
        "imports.cases",
        "influxdb.cases",
        "lint.cases",
        "alerts.cases",
        "rules.cases",
        "web.cases",
    ];
    for file in files {
        let text = std::fs::read_to_string(root.join("tests/data/config").join(file)).unwrap();
        for line in cases(&text).iter().flat_map(|case| &case.expected) {
            let (_, rest) = line.split_once(' ').unwrap();
            let (_, rest) = rest.split_once(' ').unwrap();
            tested.extend(rest.split(':').next().map(str::to_owned));
        }
    }
    // A user's region file is read elsewhere and has words of its own.
    tested.remove("regions_syntax");
    assert_eq!(explained, tested);
}

#[test]
fn nothing_secret_is_shown() {
    let key = "sk-proj-0123456789abcdef0123456789abcdef";
    let azure = "0123456789abcdef0123456789abcdef";
    let text = format!(
        "[endpoint.a]\nbase_url = \"https://user:{azure}@h\"\ncredential_ref = \"{key}\"\n\
         api_key = \"{azure}\"\ntimeout_ms = \"{key}\"\ndeployment_scope = \"{key}\"\n\
         usage_from = \"{key}\"\n"
    );
    let case = Case {
        main: "t.toml".to_owned(),
        files: [("t.toml".to_owned(), text)].into(),
        ..Case::default()
    };
    let problems = load(&case).unwrap_err();
    assert_eq!(problems.len(), 6, "{problems:#?}");
    for problem in problems {
        let shown = problem.to_string();
        assert!(!shown.contains(key) && !shown.contains(azure), "{shown}");
    }
}
