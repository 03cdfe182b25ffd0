//! The documents are true: their commands run, their links lead somewhere, their lists are whole.
//!
//! Knows no figure. A newcomer may ask why the commands are run and not read: a command that was
//! renamed still reads well.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tollwatch::call::Format;
use tollwatch::ledger::FaultKind;
use tollwatch::outcome::{IgnoreReason, QuarantineReason};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tollwatch");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// README, changelog and everything in `docs/`, by path from the root.
fn documents() -> Vec<(String, String)> {
    let mut names = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|ext| ext == "md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    assert!(names.len() > 8, "found the documents");
    names
        .into_iter()
        .map(|name| {
            let text = read(&name);
            (name, text)
        })
        .collect()
}

/// The names of the rows of `[section]` in `Cargo.toml`.
fn dependencies(section: &str) -> BTreeSet<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let rows = manifest.get(section).and_then(toml::Value::as_table);
    rows.unwrap().keys().cloned().collect()
}

/// The first cells of a table's rows, without their quotes.
fn first_cells(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split_once("` |"))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[test]
fn each_dependency_has_its_reason() {
    let text = read("docs/ARCHITECTURE.md");
    let (_, text) = text.split_once("\n## Dependencies\n").unwrap();
    let (text, _) = text.split_once("\n## ").unwrap();
    let (used, for_tests) = text.split_once("For tests alone:").unwrap();
    assert_eq!(first_cells(used), dependencies("dependencies"));
    assert_eq!(first_cells(for_tests), dependencies("dev-dependencies"));
}

#[test]
fn the_lists_of_words_are_whole() {
    let formats = read("docs/FORMATS.md");
    let ledger = read("docs/LEDGER.md");
    let architecture = read("docs/ARCHITECTURE.md");
    let reasons = QuarantineReason::ALL.map(|reason| (&formats, reason.as_str()));
    let ignored = IgnoreReason::ALL.map(|reason| (&formats, reason.as_str()));
    let names = Format::ALL.map(|format| (&formats, format.as_str()));
    let faults = FaultKind::ALL.map(|kind| (&ledger, kind.as_str()));
    let map = read("src/lib.rs");
    let modules = map
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(|module| (&architecture, module));
    let mut missing = Vec::new();
    let words = reasons.into_iter().chain(ignored).chain(names);
    for (text, word) in words.chain(faults).chain(modules) {
        if !text.contains(&format!("`{word}`")) {
            missing.push(word);
        }
    }
    assert_eq!(missing, [""; 0]);
}

fn help(path: &[String]) -> String {
    let out = Command::new(PROGRAM)
        .args(path)
        .arg("--help")
        .output()
        .unwrap();
    assert!(out.status.success(), "tollwatch {path:?} --help");
    String::from_utf8(out.stdout).unwrap()
}

/// The commands below a command, as its help lists them.
fn commands(help: &str) -> Vec<String> {
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The long options that a help text explains.
fn options(help: &str) -> BTreeSet<String> {
    help.lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")))
        .map(|word| word.trim_end_matches(',').to_owned())
        .filter(|word| !matches!(word.as_str(), "--help" | "--version"))
        .collect()
}

/// The part of the manual under a command's heading.
fn section<'a>(manual: &'a str, command: &str) -> Option<&'a str> {
    let quoted = format!("`{command}`");
    let mut parts = manual.split("\n## ").skip(1);
    parts.find(|part| part.lines().next().unwrap().contains(&quoted))
}

#[test]
fn the_manual_names_every_command_and_option() {
    let manual = read("docs/CLI.md");
    let (_, common) = manual
        .split_once("\n## What holds for all of them\n")
        .unwrap();
    let (common, _) = common.split_once("\n## ").unwrap();
    let mut missing = Vec::new();
    let mut waiting = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = waiting.pop() {
        let text = help(&path);
        let below = commands(&text);
        let name = path.join(" ");
        if path.len() == 1 && !manual.contains(&format!("[`{name}`](#")) {
            missing.push(format!("{name} in the table"));
        }
        if below.is_empty() {
            seen += 1;
            let Some(part) = section(&manual, &name) else {
                missing.push(name);
                continue;
            };
            for option in options(&text) {
                if !part.contains(&option) && !common.contains(&option) {
                    missing.push(format!("{name} {option}"));
                }
            }
        }
        for command in below {
            if command == "help" {
                continue;
            }
            let mut path = path.clone();
            path.push(command);
            waiting.push(path);
        }
    }
    assert!(seen > 15, "found the commands");
    assert_eq!(missing, [""; 0]);
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    let mut links = 0;
    for (name, text) in documents() {
        let dir = root().join(&name).parent().unwrap().to_owned();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
        {
            let target = target.0;
            if target.starts_with("http") {
                continue;
            }
            links += 1;
            let (path, wanted) = target.split_once('#').unwrap_or((target, ""));
            let path = if path.is_empty() {
                root().join(&name)
            } else {
                dir.join(path)
            };
            // Pictures are no text, and nobody looks for a heading in one.
            let whole = match fs::read(&path) {
                Ok(whole) => String::from_utf8_lossy(&whole).into_owned(),
                Err(_) if path.is_dir() => continue,
                Err(_) => {
                    faults.push(format!("{name}: {target}"));
                    continue;
                }
            };
            let known = || {
                whole
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .map(anchor)
            };
            if !wanted.is_empty() && !known().any(|known| known == wanted) {
                faults.push(format!("{name}: {target}, no such heading"));
            }
        }
    }
    assert!(links > 30, "found the links");
    assert_eq!(faults, [""; 0]);
}

#[test]
fn named_files_are_there() {
    const FOLDERS: [&str; 9] = [
        "src/",
        "tests/",
        "data/",
        "prices/",
        "docs/",
        "deploy/",
        "scripts/",
        "scenarios/",
        "benches/",
    ];
    let mut faults = Vec::new();
    let mut named = 0;
    for (name, text) in documents() {
        for word in text.split('`').skip(1).step_by(2) {
            let plain = !word.contains(['<', '*', ' ', '{', ':']) && !word.contains("NAME");
            if !plain || !FOLDERS.iter().any(|folder| word.starts_with(folder)) {
                continue;
            }
            named += 1;
            if !root().join(word).exists() {
                faults.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(named > 30, "found the paths");
    assert_eq!(faults, [""; 0]);
}

/// The lines of a document's `sh` blocks that run the program.
fn shell_lines(text: &str) -> Vec<String> {
    text.split("```sh\n")
        .skip(1)
        .filter_map(|block| block.split_once("\n```"))
        .flat_map(|(block, _)| block.lines())
        .filter(|line| line.starts_with("tollwatch ") || line.contains("| tollwatch "))
        .map(str::to_owned)
        .collect()
}

/// Leaves one day of the demo's records, so that reading them again and again is quick.
fn leave_one_day(records: &Path) {
    for table in fs::read_dir(records).unwrap() {
        for file in fs::read_dir(table.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.file_name().unwrap() != "2026-11-13.jsonl" {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn the_commands_of_readme_and_manual_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut path = vec![PathBuf::from(PROGRAM).parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let path = std::env::join_paths(path).unwrap();
    let mut lines = shell_lines(&read("README.md"));
    assert!(lines.len() > 10, "found the commands");
    lines.extend(shell_lines(&read("docs/CLI.md")));
    let mut done = BTreeSet::new();
    for line in lines {
        if !done.insert(line.clone()) {
            continue;
        }
        let out = Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let fault = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{line}\n{fault}");
        assert!(!out.stdout.is_empty(), "{line} says nothing\n{fault}");
        if line.starts_with("tollwatch demo ") {
            leave_one_day(&folder.path().join("demo/records"));
        }
    }
}
