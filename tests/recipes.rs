//! The recipes, as far as a machine without their services can try them: what they strip leaves
//! the figures as they were, and what they configure is accepted.
//!
//! Needs Python for what the recipes do themselves, and skips loudly without it. A newcomer may ask
//! why the Collector's endings are not compared: an instrumentation may name an error's kind in a text that also
//! quotes the prompt, and the recipe drops that text.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tollwatch::call::Report;
use tollwatch::decode::{self, Context, Settings, Told};
use tollwatch::provider::Gate;

/// What Python says when a module is missing.
const MISSING: i32 = 77;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The samples of a format, one JSON value each, by file name.
fn samples(folder: &str) -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join("tests/data").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .collect();
    paths.sort();
    let line = |path: &PathBuf| {
        let value: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            value.to_string(),
        )
    };
    paths.iter().map(line).collect()
}

/// What a recipe makes of records; `None` where Python or one of its modules is not there.
fn through(kind: &str, recipe: &str, records: &[(String, String)]) -> Option<Vec<String>> {
    let child = Command::new("python3")
        .arg(root().join("tests/data/recipes/try.py"))
        .arg(kind)
        .arg(root().join("deploy/recipes").join(recipe))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            aloud::skipped(format!(
                "{recipe} was not tried, because `python3` cannot run: {error}"
            ));
            return None;
        }
    };
    let lines: Vec<&str> = records.iter().map(|(_, line)| line.as_str()).collect();
    let text = lines.join(
        "
",
    ) + "
";
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // A recipe that cannot start closes its end; its exit code says why.
        drop(stdin.write_all(text.as_bytes()));
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(MISSING) {
        aloud::skipped(format!("{recipe} was not tried: {said}"));
        return None;
    }
    assert!(output.status.success(), "{recipe}: {said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(str::to_owned).collect())
}

fn reports(record: &str) -> Vec<Report> {
    let mut told = Vec::new();
    let (settings, gate) = (Settings::default(), Gate::default());
    let context = Context {
        settings: &settings,
        gate: &gate,
    };
    decode::decode(record.as_bytes(), context, &mut told);
    let report = |one: Told| match one {
        Told::Report(report) => Some(*report),
        Told::Ignored(_) | Told::Rejected(_) => None,
    };
    told.into_iter().filter_map(report).collect()
}

/// The figures of a record: key, host, model and tokens of each call, and how it ended where asked.
fn figures(record: &str, ending: bool) -> Vec<String> {
    let show = |report: &Report| {
        let usage = report.usage.as_ref();
        format!(
            "{:?} {} {} {:?} {:?} {:?}",
            report.identity,
            report.destination.host,
            usage.map_or("", |usage| usage.model.as_str()),
            usage.and_then(|usage| usage.usage),
            report.evidence,
            usage.filter(|_| ending).map(|usage| usage.class),
        )
    };
    reports(record).iter().map(show).collect()
}

#[test]
fn stripping_changes_no_figure() {
    let recipes = [
        ("collector", "otel-collector.yaml", "otlp", false),
        ("litellm", "litellm_file_log.py", "litellm", true),
    ];
    for (kind, recipe, folder, ending) in recipes {
        let whole = samples(folder);
        let Some(stripped) = through(kind, recipe, &whole) else {
            continue;
        };
        assert_eq!(whole.len(), stripped.len(), "{recipe}");
        let mut calls = 0;
        for ((name, before), after) in whole.iter().zip(&stripped) {
            let expected = figures(before, ending);
            calls += expected.len();
            assert_eq!(figures(after, ending), expected, "{recipe} on {name}");
            for content in [
                "gen_ai.prompt",
                "gen_ai.completion",
                "input.value",
                "\"messages\":",
                "\"choices\":",
            ] {
                assert!(
                    !after.contains(content),
                    "{recipe} on {name} leaves {content}"
                );
            }
        }
        assert!(calls > 10, "{recipe}: {calls}");
    }
}

#[test]
fn files_are_accepted() {
    let recipes = root().join("deploy/recipes");
    let checked = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .args(["check", "--config"])
        .arg(recipes.join("azure-event-hubs.toml"))
        .env("EVENT_HUBS_CONNECTION_STRING", "x")
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
    let text = std::fs::read_to_string(recipes.join("bedrock-logging.json")).unwrap();
    let logging: Value = serde_json::from_str(&text).unwrap();
    let switches = logging["loggingConfig"].as_object().unwrap();
    let delivered = switches
        .iter()
        .filter(|(key, _)| key.ends_with("DeliveryEnabled"));
    let off: Vec<bool> = delivered.map(|(_, value)| value == false).collect();
    assert_eq!(off, [true; 3], "no body is delivered");
    // What such a destination then gets, and what Azure sends.
    for (folder, sample) in [
        ("bedrock_invocation", "counts_only.json"),
        ("azure_diagnostics", "chat.json"),
    ] {
        let path = root().join("tests/data").join(folder).join(sample);
        let record = std::fs::read_to_string(path).unwrap();
        assert_eq!(reports(&record).len(), 1, "{folder}/{sample}");
    }
}
