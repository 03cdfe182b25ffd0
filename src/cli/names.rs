//! `tollwatch names import`: exports into a names file.
//!
//! Knows no table of any platform. A newcomer may ask why words that differ are shown and not
//! taken: somebody may have written the better one into the file by hand.

use std::path::Path;

use serde::Serialize;

use super::args::NamesCommand;
use super::table::{Rows, plain};
use super::{Terminal, words};
use crate::app::Failure;
use crate::app::names::{self as job, Imported};
use crate::attribute::{Named, Names};

#[derive(Serialize)]
struct Answer<'a> {
    files: Vec<FileAnswer>,
    kept: Vec<KeptAnswer<'a>>,
    rows: usize,
    written: Option<String>,
}

#[derive(Serialize)]
struct FileAnswer {
    path: String,
    kind: Option<&'static str>,
    new: usize,
    known: usize,
    empty: usize,
}

#[derive(Serialize)]
struct KeptAnswer<'a> {
    kind: &'static str,
    id: &'a str,
    word: &'a str,
    export: &'a str,
}

/// Imports exports into a names file.
pub(super) fn names(command: &NamesCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let NamesCommand::Import {
        out,
        kind,
        renew,
        json,
        exports,
    } = command;
    let kind = kind.as_deref().map(kind_of).transpose()?;
    let before = out.as_deref().map_or(Ok(Names::default()), known)?;
    let imported = job::import(before, exports, kind, *renew)?;
    if let Some(path) = out {
        std::fs::write(path, text_of(&imported.names))?;
    }
    if *json {
        terminal.json(&answer(&imported, out.as_deref()))?;
        return Ok(0);
    }
    if let Some(path) = out {
        show(&imported, terminal)?;
        writeln!(
            terminal.out,
            "\nwrote {}; name it as `names` in the configuration",
            path.display()
        )?;
    } else {
        write!(terminal.out, "{}", text_of(&imported.names))?;
        terminal.note("nothing was written; give `--out FILE` to keep it")?;
    }
    Ok(0)
}

fn kind_of(word: &str) -> Result<Named, Failure> {
    Named::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Named::ALL.into_iter().map(Named::as_str).collect();
        Failure::Usage(format!(
            "unknown kind `{word}`; known are {}",
            known.join(", ")
        ))
    })
}

/// The rows of a names file; none where it is not there yet.
fn known(path: &Path) -> Result<Names, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Names::default()),
        Err(error) => return Err(error.into()),
    };
    Names::parse(&text).map_err(|faults| {
        let (line, fault) = faults.first().cloned().unwrap_or_default();
        Failure::Usage(format!("{}:{line}: {fault}", path.display()))
    })
}

fn text_of(names: &Names) -> String {
    format!(
        "# kind, id and word, with tabs between; `tollwatch names import` adds rows and keeps words\n{}",
        names.render()
    )
}

fn show(imported: &Imported, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let n = |number: usize| words::count(i64::try_from(number).unwrap_or(i64::MAX));
    let headings = ["export", "names", "new", "known", "without id or word"];
    let mut rows = Rows::new(&headings, 2, terminal);
    for file in &imported.files {
        rows.row(vec![
            plain(file.path.display().to_string()),
            plain(file.kind.map_or("nothing", Named::as_str)),
            plain(n(file.new)),
            plain(n(file.known)),
            plain(n(file.empty)),
        ]);
    }
    rows.show(terminal)?;
    for (kind, id, word, told) in &imported.kept {
        let kind = kind.as_str();
        terminal.note(&format!(
            "note: {kind} {id} stays `{word}`; the export says `{told}` (`--renew` takes it)"
        ))?;
    }
    Ok(())
}

fn answer<'a>(imported: &'a Imported, out: Option<&Path>) -> Answer<'a> {
    let file = |file: &job::FileGave| FileAnswer {
        path: file.path.display().to_string(),
        kind: file.kind.map(Named::as_str),
        new: file.new,
        known: file.known,
        empty: file.empty,
    };
    let kept = imported.kept.iter();
    Answer {
        files: imported.files.iter().map(file).collect(),
        kept: kept
            .map(|(kind, id, word, export)| KeptAnswer {
                kind: kind.as_str(),
                id,
                word,
                export,
            })
            .collect(),
        rows: Named::ALL
            .into_iter()
            .map(|kind| imported.names.count(kind))
            .sum(),
        written: out.map(|path| path.display().to_string()),
    }
}
