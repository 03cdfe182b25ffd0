//! Holds the tree to its own rules: levels, crates named in one place, first lines, lengths.
//!
//! Reads source files as text. A newcomer may ask why not a lint: no lint knows which module
//! stands above which, and this list is the one that the map in `src/lib.rs` shows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};

/// Modules, lowest level first; a module uses only itself and what stands on an earlier line, or
/// beside it on its own.
const LEVELS: &[&[&str]] = &[
    &[
        "units", "money", "figure", "ids", "clock", "crash", "secret", "problem", "varint",
    ],
    &["call", "outcome"],
    &["provider"],
    &["decode"],
    &["price", "residency"],
    &["attribute"],
    &["entry"],
    &["judge"],
    &["hist"],
    &["cell"],
    &["link", "line"],
    &["series"],
    &["anomaly", "chart"],
    &["alert"],
    &["watch", "episode", "message", "bridge"],
    &["config"],
    &["telemetry"],
    &["source", "ledger", "sink", "notify", "web"],
    &["app"],
    &["cli"],
];

/// Crates with a cost, and the one file or folder below `src/` that may name each.
const ONE_PLACE: &[(&str, &str)] = &[
    ("rusqlite", "ledger"),
    ("hdrhistogram", "hist.rs"),
    ("prost", "decode/otlp"),
    ("clap", "cli"),
    ("indicatif", "cli"),
    ("comfy_table", "cli"),
    ("flate2", "source/file, sink/influx"),
    ("csv", "source/csv"),
    ("zstd", "source/file, line, ledger/sqlite/follow"),
    ("tokio", "app/run, sink, notify, source/kafka/token, web"),
    ("axum", "web"),
    ("maud", "web"),
    ("tiny_skia", "chart/png.rs"),
    ("ttf_parser", "chart/font.rs, chart/png.rs"),
    ("sd_notify", "app/systemd.rs"),
    ("tracing_subscriber", "app/log.rs"),
    ("rdkafka", "source/kafka"),
    ("influxdb2", "sink/influx"),
    ("reqwest", "sink/influx, notify, source/kafka/token"),
    ("lettre", "notify"),
    ("minijinja", "message"),
    ("regex_automata", "source/kafka/pattern.rs"),
    ("rustix", "app/doctor, cli/web.rs, web/pace.rs"),
    ("argon2", "secret/password.rs"),
    ("hyper", "web"),
    ("hyper_util", "web"),
    ("tokio_rustls", "web"),
];

/// Files longer than this say why they may be, in [`LONG`].
const MAX_LINES: usize = 400;

/// Tables of test cases may be longer: a row more is no thought more.
const MAX_TEST_LINES: usize = 600;

/// Longer files, with the reason. The number only goes down.
const LONG: &[(&str, usize, &str)] = &[];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    assert!(paths.len() > 20, "found the sources");
    let name = |path: &Path| {
        path.strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned()
    };
    paths
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The module of a file: its first folder or its own name.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code of a file: without comments, and without its unit tests.
fn code(text: &str) -> String {
    let before_tests = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    before_tests
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules of this crate that a text names: `crate::x` and `use crate::{x, y}`.
fn used(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            found.push(word);
        } else {
            found.push(part.to_owned());
        }
    }
    let name = |text: &String| {
        text.trim()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    found
        .iter()
        .map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn modules_depend_downward_only() {
    let level = |name: &str| LEVELS.iter().position(|names| names.contains(&name));
    let mut faults = Vec::new();
    let mut edges = 0;
    for (file, text) in sources() {
        let own = module(&file);
        if own == "lib" || own == "main" {
            continue;
        }
        let own_level =
            level(own).unwrap_or_else(|| panic!("`{own}` has no level: add it to LEVELS"));
        for name in used(&code(&text)) {
            let Some(other) = level(&name) else { continue };
            edges += 1;
            if other > own_level {
                faults.push(format!("src/{file} uses `{name}`, which stands above it"));
            }
        }
    }
    assert!(edges > 20, "found the arrows");
    assert_eq!(faults, [""; 0]);
}

#[test]
fn costly_crates_are_named_in_one_place() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let code = code(&text);
        for (name, places) in ONE_PLACE {
            let named =
                code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
            if named && !places.split(", ").any(|place| file.starts_with(place)) {
                faults.push(format!(
                    "src/{file} names `{name}`, which belongs to src/{places}"
                ));
            }
        }
    }
    assert_eq!(faults, [""; 0]);
}

#[test]
fn each_file_says_its_job_first() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        let says = first.strip_prefix("//! ").is_some_and(|job| job.len() > 15);
        if !says || text.contains("Placeholder of the skeleton") {
            faults.push(format!("src/{file} begins with {first:?}"));
        }
    }
    assert_eq!(faults, [""; 0]);
}

/// Whether a file holds tests alone: `tests.rs` and what lies in a folder `tests`.
fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

#[test]
fn files_stay_short() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let lines = text.lines().count();
        let usual = if is_test(&file) {
            MAX_TEST_LINES
        } else {
            MAX_LINES
        };
        let allowed = LONG
            .iter()
            .find(|(name, _, _)| *name == file)
            .map_or(usual, |(_, lines, _)| *lines);
        if lines > allowed {
            faults.push(format!(
                "src/{file} has {lines} lines, allowed are {allowed}"
            ));
        }
    }
    assert_eq!(faults, [""; 0]);
}

#[test]
fn the_tree_speaks_of_itself_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    let mut look = |path: &Path, text: &str| {
        for (number, line) in text.lines().enumerate() {
            for word in ["TODO", "FIXME", "XXX:", "/home/", "/root/"] {
                if line.contains(word) && !path.ends_with("tidy.rs") {
                    faults.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
    };
    for (file, text) in sources() {
        look(Path::new(&file), &text);
    }
    for folder in ["docs", "deploy", "prices", "scenarios"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            if let Ok(text) = fs::read_to_string(entry.path()) {
                look(&entry.path(), &text);
            }
        }
    }
    assert_eq!(faults, [""; 0]);
}

/// The names in calls of `site` in a file.
fn sites(text: &str) -> Vec<String> {
    let calls = text.split("site(\"").skip(1);
    calls
        .filter_map(|rest| Some(rest.split_once("\")")?.0.to_owned()))
        .collect()
}

#[test]
fn every_crash_site_is_listed_and_stands_in_one_place() {
    use tollwatch::crash::{ALERT_SITES, LINE_SITES, SITES};

    let mut placed: Vec<String> = sources()
        .iter()
        .flat_map(|(_, text)| sites(&code(text)))
        .collect();
    placed.sort_unstable();
    let all = SITES.into_iter().chain(LINE_SITES).chain(ALERT_SITES);
    let mut listed: Vec<String> = all.map(str::to_owned).collect();
    listed.sort_unstable();
    assert_eq!(placed, listed);
}
