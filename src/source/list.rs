//! The files that inputs name: files, folders and patterns.
//!
//! Knows no content. A newcomer may ask why a pattern may match nothing but a file must be there:
//! tomorrow's log is not there yet, and a wrong path should be told at once.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::file::named;

/// The files that `inputs` name: files themselves, and all below directories, sorted by path;
/// names that begin with a dot are passed over. In a pattern `*` stands for any run of letters of
/// one name and `?` for any one letter.
///
/// # Errors
/// The first input that cannot be looked at, with its path in the message.
pub fn list(inputs: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in inputs {
        if input.as_os_str() == "-" {
            files.push(input.clone());
            continue;
        }
        if is_pattern(input) && !input.exists() {
            matching(input, &mut files)?;
            continue;
        }
        let about = std::fs::metadata(input).map_err(|error| named(&error, input))?;
        if about.is_dir() {
            walk(input, &mut files)?;
        } else {
            files.push(input.clone());
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| named(&error, folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if name_of(&path).starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// The files that a pattern names, sorted by path.
fn matching(pattern: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let word = part.as_os_str().to_string_lossy();
        let is_name = matches!(part, Component::Normal(_));
        if !is_name || !word.contains(['*', '?']) {
            for path in &mut found {
                path.push(part);
            }
            continue;
        }
        let mut next = Vec::new();
        for folder in &found {
            let here = Path::new(".");
            let empty = folder.as_os_str().is_empty();
            let entries = match std::fs::read_dir(if empty { here } else { folder }) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => continue,
                Err(error) => return Err(named(&error, folder)),
            };
            for entry in entries {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && fits(&word, &name) {
                    next.push(folder.join(name));
                }
            }
        }
        next.sort();
        found = next;
    }
    for path in found {
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.exists() {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a name fits a pattern of `*` and `?`.
fn fits(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.filter_map(|at| name.get(at..))
                .any(|left| fits(rest.as_str(), left))
        }
        Some(letter) => {
            let mut letters = name.chars();
            letters.next().is_some_and(|c| letter == '?' || c == letter)
                && fits(rest.as_str(), letters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_folders_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.jsonl", "a.jsonl", "b/x.jsonl", ".hidden"] {
            std::fs::write(folder.path().join(name), "{}").unwrap();
        }
        let found = list(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| {
                path.strip_prefix(folder.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(names, ["a.jsonl", "b/x.jsonl", "c.jsonl"]);
        assert!(
            list(&[folder.path().join("none")])
                .unwrap_err()
                .to_string()
                .contains("none")
        );
    }

    #[test]
    fn patterns_fit() {
        let cases = [
            ("*.jsonl", "a.jsonl", true),
            ("*.jsonl", "a.jsonl.gz", false),
            ("*.jsonl*", "a.jsonl.gz", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
        ];
        for (pattern, name, fit) in cases {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[test]
    fn lists_what_a_pattern_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/x.jsonl", "a/y.txt", "b/z.jsonl", "b/.w.jsonl", "c.jsonl"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let cases: [(&str, &[&str]); 4] = [
            ("*/*.jsonl", &["a/x.jsonl", "b/z.jsonl"]),
            ("?.jsonl", &["c.jsonl"]),
            ("*", &["a/x.jsonl", "a/y.txt", "b/z.jsonl", "c.jsonl"]),
            ("none/*.jsonl", &[]),
        ];
        for (pattern, expected) in cases {
            let found = list(&[folder.path().join(pattern)]).unwrap();
            let names: Vec<_> = found
                .iter()
                .map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
                .collect();
            assert_eq!(names, expected, "{pattern}");
        }
    }
}
