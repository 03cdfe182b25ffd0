//! Exports of a platform's own tables become a names file: words for row ids.
//!
//! Knows no attribution. A newcomer may ask why a user's row gives nothing but its group: the
//! columns that name a person are not looked at, so that none can get into a file or a figure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::attribute::{Added, Named, Names};
use crate::source::file::Reading;
use crate::source::split::Piece;
use crate::units::clean_name;

use super::Failure;

/// A table, by name, the kind of its rows, and the columns that hold the word, the best first. The
/// names of tables and columns are ServiceNow's (`sn_nowassist_skill_config`, `sys_scope`,
/// `sys_user_group`, `sys_user_grmember`); those of skill configurations and capability definitions
/// stand in no public text, so every likely one is tried.
struct Table {
    names: &'static [&'static str],
    kind: Named,
    id: &'static str,
    words: &'static [&'static str],
}

const TABLES: [Table; 5] = [
    Table {
        names: &["sn_nowassist_skill_config", "skill_config"],
        kind: Named::Skill,
        id: "sys_id",
        words: &["skill_name", "name", "label", "title", "short_description"],
    },
    Table {
        names: &[
            "sys_one_extend_capability_definition",
            "sys_one_extend_capability",
            "definition",
        ],
        kind: Named::Definition,
        id: "sys_id",
        words: &["name", "label", "title", "short_description"],
    },
    Table {
        names: &["sys_user_grmember"],
        kind: Named::Member,
        id: "user",
        words: &["group"],
    },
    Table {
        names: &["sys_user_group"],
        kind: Named::Group,
        id: "sys_id",
        words: &["name"],
    },
    Table {
        names: &["sys_scope", "sys_app", "sys_store_app"],
        kind: Named::Scope,
        id: "sys_id",
        words: &["scope"],
    },
];

/// What an export gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileGave {
    /// The file.
    pub path: PathBuf,
    /// What its rows name; `None` when it has no row.
    pub kind: Option<Named>,
    /// Rows that were new.
    pub new: usize,
    /// Rows that were known.
    pub known: usize,
    /// Rows without an id or a word.
    pub empty: usize,
}

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The rows there are now.
    pub names: Names,
    /// Each export, in the order given.
    pub files: Vec<FileGave>,
    /// Rows that would have another word, with the one that they keep and the one told.
    pub kept: Vec<(Named, String, String, String)>,
}

/// Adds the rows of exports to `names`. A word that is there stays, unless `renew` is set; an
/// export whose table cannot be told takes `kind`.
///
/// # Errors
/// A file that cannot be read, holds no JSON rows, or whose table nobody told.
pub fn import(
    names: Names,
    files: &[PathBuf],
    kind: Option<Named>,
    renew: bool,
) -> Result<Imported, Failure> {
    let mut imported = Imported {
        names,
        ..Imported::default()
    };
    for path in files {
        let gave = one(&mut imported, path, kind, renew)?;
        imported.files.push(gave);
    }
    Ok(imported)
}

fn one(
    imported: &mut Imported,
    path: &Path,
    kind: Option<Named>,
    renew: bool,
) -> Result<FileGave, Failure> {
    let mut gave = FileGave {
        path: path.to_owned(),
        ..FileGave::default()
    };
    let mut table: Option<&Table> = None;
    for row in rows(path)? {
        let table = match table {
            Some(table) => table,
            None => table.insert(table_of(path, &row, kind)?),
        };
        gave.kind = Some(table.kind);
        let id = cell(&row, table.id);
        let word = table.words.iter().find_map(|column| cell(&row, column));
        let (Some(id), Some(word)) = (id, word) else {
            gave.empty += 1;
            continue;
        };
        if renew && table.kind != Named::Member {
            imported.names.forget(table.kind, &id);
        }
        match imported.names.add(table.kind, &id, &word) {
            Some(Added::New) => gave.new += 1,
            Some(Added::Known) => gave.known += 1,
            Some(Added::Kept(old)) => {
                let told = clean_name(&word).to_string();
                imported.kept.push((table.kind, id, old.to_string(), told));
            }
            None => gave.empty += 1,
        }
    }
    Ok(gave)
}

/// The table of an export: as told, else by the file's name, else by columns that only it has.
fn table_of(
    path: &Path,
    row: &BTreeMap<String, String>,
    kind: Option<Named>,
) -> Result<&'static Table, Failure> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.to_ascii_lowercase();
    let of = |kind: Named| TABLES.iter().find(|table| table.kind == kind);
    let by_columns = || {
        let has = |column: &str| row.contains_key(column);
        if has("user") && has("group") {
            of(Named::Member)
        } else if cell(row, "scope")
            .is_some_and(|scope| scope.starts_with("sn_") || scope.starts_with("x_"))
            && has("vendor")
        {
            of(Named::Scope)
        } else {
            None
        }
    };
    let by_name = || {
        TABLES
            .iter()
            .find(|table| table.names.iter().any(|name| stem.contains(name)))
    };
    kind.and_then(of)
        .or_else(by_name)
        .or_else(by_columns)
        .ok_or_else(|| {
            let kinds: Vec<&str> = Named::ALL.into_iter().map(Named::as_str).collect();
            let columns: Vec<&str> = row.keys().map(String::as_str).take(12).collect();
            Failure::Usage(format!(
                "{}: cannot tell which table this is, its columns are {}; name the file after its \
             table, or give `--as {}`",
                path.display(),
                columns.join(", "),
                kinds.join("`, `")
            ))
        })
}

fn cell(row: &BTreeMap<String, String>, column: &str) -> Option<String> {
    let text = row.get(column)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The rows of an export, as plain texts by column: JSON rows a line or in a list, bare or inside
/// `result` or `records`; or a CSV export.
fn rows(path: &Path) -> Result<Vec<BTreeMap<String, String>>, Failure> {
    let mut reading = Reading::open(path, None)?;
    let mut rows = Vec::new();
    loop {
        let (offset, bytes) = match reading.next_piece()? {
            Some(Piece::Record { offset, bytes }) => (offset, bytes),
            Some(Piece::Blank { .. }) => continue,
            Some(Piece::TooLarge { offset, length }) => {
                let shown = path.display();
                return Err(Failure::Usage(format!(
                    "{shown}: the value at byte {offset} has {length} bytes; export as JSON rows"
                )));
            }
            Some(Piece::BadRow { row, .. }) => {
                return Err(Failure::Usage(format!("{}: {row}", path.display())));
            }
            None => return Ok(rows),
        };
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            Failure::Usage(format!(
                "{}: no JSON row at byte {offset}: {error}",
                path.display()
            ))
        })?;
        unwrap(value, &mut rows);
    }
}

fn unwrap(value: Value, rows: &mut Vec<BTreeMap<String, String>>) {
    match value {
        Value::Array(items) => {
            for item in items {
                unwrap(item, rows);
            }
        }
        Value::Object(mut object) => {
            for key in ["result", "records"] {
                if object.get(key).is_some_and(Value::is_array) {
                    if let Some(inner) = object.remove(key) {
                        unwrap(inner, rows);
                    }
                    return;
                }
            }
            let cells = object.into_iter().filter_map(|(column, value)| {
                // Display values of references are people's names; only the value itself counts.
                let value = match value {
                    Value::Object(mut wrapped) => wrapped.remove("value")?,
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_) => value,
                };
                Some((column, value.as_str()?.to_owned()))
            });
            rows.push(cells.collect());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "c3d40f11db4c2010f0a1c9d2ca96c001";
    const OTHER: &str = "0a52d3dcd7011200f2d224837e6103f2";

    /// File's name, its text, what the names file says then.
    fn cases() -> [(&'static str, String, String); 6] {
        [
            (
                "sn_nowassist_skill_config.json",
                format!(
                    r#"{{"result":[{{"sys_id":"{ID}","name":"Triage","sys_created_by":"anna"}}]}}"#
                ),
                format!("skill\t{ID}\tTriage\n"),
            ),
            (
                "sys_scope.jsonl",
                format!("{{\"sys_id\":\"{ID}\",\"scope\":\"sn_itsm_gen_ai\",\"name\":\"ITSM\"}}\n"),
                format!("scope\t{ID}\tsn_itsm_gen_ai\n"),
            ),
            (
                "export.json",
                format!(
                    r#"[{{"user":{{"display_value":"Anna Name","value":"{ID}"}},"group":{{"link":"x","value":"{OTHER}"}}}}]"#
                ),
                format!("member\t{ID}\t{OTHER}\n"),
            ),
            (
                "apps.json",
                format!(r#"[{{"sys_id":"{ID}","scope":"x_acme_ai","vendor":"Acme"}}]"#),
                format!("scope\t{ID}\tx_acme_ai\n"),
            ),
            (
                "sys_user_group.json",
                format!(
                    r#"[{{"sys_id":"{ID}","name":"Service Desk","manager":"bob"}},{{"name":"no id"}}]"#
                ),
                format!("group\t{ID}\tService Desk\n"),
            ),
            ("sys_user_group (1).json", "[]".to_owned(), String::new()),
        ]
    }

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn reads_exports_and_no_person() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text, expected) in cases() {
            let path = file(&folder, name, &text);
            let imported = import(Names::default(), &[path], None, false).unwrap();
            assert_eq!(imported.names.render(), expected, "{name}");
        }
    }

    #[test]
    fn a_word_stays_unless_renewed() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(r#"[{{"sys_id":"{ID}","name":"New"}}]"#);
        let path = file(&folder, "skills.json", &text);
        for (renew, word, kept) in [(false, "Old", 1), (true, "New", 0)] {
            let old = Names::parse(&format!("skill\t{ID}\tOld")).unwrap();
            let kind = Some(Named::Skill);
            let imported = import(old, std::slice::from_ref(&path), kind, renew).unwrap();
            assert_eq!(imported.names.word(Named::Skill, ID).unwrap(), word);
            assert_eq!(imported.kept.len(), kept);
        }
        let unknown = import(Names::default(), &[path], None, false).unwrap_err();
        assert!(unknown.to_string().contains("--as skill"), "{unknown}");
    }
}
