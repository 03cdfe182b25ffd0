//! `tollwatch registry import`: saved lists into an inventory, and what the registry lacks.
//!
//! Knows no cloud. A newcomer may ask why files that people write are never written over: an
//! import proposes, and whoever answers for the registry decides.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::args::RegistryCommand;
use super::table::{Rows, plain};
use super::{Terminal, words};
use crate::app::registry::{self as job, Compared, Imported, MARK};
use crate::app::{Failure, setup};

#[derive(Serialize)]
struct Answer {
    lists: Vec<ListAnswer>,
    resources: usize,
    endpoints_found: Vec<String>,
    endpoints_missing: Vec<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ListAnswer {
    name: String,
    kind: &'static str,
    sha256: String,
    saved: String,
}

/// Imports saved lists.
pub(super) fn registry(
    command: &RegistryCommand,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let RegistryCommand::Import {
        config,
        out,
        endpoints,
        json,
        lists,
    } = command;
    let setup = setup::load(config.as_deref(), &terminal.clock)?;
    let imported = job::import(lists)?;
    let registry = &setup.rules.registry;
    let compared = job::compare(registry, &imported);
    if let Some(path) = out {
        replace(path, &job::render(&imported))?;
    }
    let proposal = job::proposal(registry, &imported);
    if let (Some(path), Some(text)) = (endpoints, &proposal) {
        create(path, text)?;
    }
    if *json {
        terminal.json(&answer(&imported, &compared))?;
        return Ok(0);
    }
    show(&imported, &compared, terminal)?;
    match out {
        Some(path) => terminal.note(&format!(
            "wrote {}; name it as `inventory` in the configuration",
            path.display()
        ))?,
        None => terminal.note("nothing was written; give `--out FILE` to keep the inventory")?,
    }
    match (endpoints, &proposal) {
        (Some(path), Some(_)) => terminal.note(&format!("wrote {}", path.display()))?,
        (None, Some(_)) => terminal.note(
            "some of it is not registered; `--endpoints FILE` writes a proposal of endpoints",
        )?,
        (Some(_), None) => terminal.note("every deployment is registered: nothing to propose")?,
        (None, None) => {}
    }
    Ok(0)
}

/// Writes an inventory, over an older one at most.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    match std::fs::read_to_string(path) {
        Ok(old) if !old.starts_with(MARK) => Err(Failure::Usage(format!(
            "{} is there and no inventory that `registry import` wrote; name another file",
            path.display()
        ))),
        Ok(_) => Ok(std::fs::write(path, text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path, text),
        Err(error) => Err(error.into()),
    }
}

fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = std::fs::File::create_new(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::Usage(format!(
                "{} is there already; name a new file",
                path.display()
            ))
        } else {
            Failure::Io(error)
        }
    })?;
    Ok(file.write_all(text.as_bytes())?)
}

fn show(
    imported: &Imported,
    compared: &Compared,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let headings = ["resource", "region", "scope", "model", "kind", "list"];
    let mut rows = Rows::new(&headings, 6, terminal);
    let told = |text: &str| plain(if text.is_empty() { "–" } else { text });
    for row in &imported.rows {
        let name = row.resource.names.first().or(row.resource.hosts.first());
        rows.row(vec![
            told(name.map_or("", |name| name.as_str())),
            told(&row.resource.place),
            plain(job::scope_word(row.resource.scope)),
            told(&row.resource.model),
            told(&row.sku),
            plain(row.from.as_str()),
        ]);
    }
    rows.show(terminal)?;
    for note in &imported.notes {
        terminal.note(&format!("note: {note}"))?;
    }
    let (found, missing) = (compared.found.len(), compared.missing.len());
    let all = found.saturating_add(missing);
    if all > 0 && found == 0 {
        terminal.note(
            "warning: none of the registered endpoints is in these lists: another tenant's or \
             account's?",
        )?;
    } else if missing > 0 {
        let n = i64::try_from(missing).unwrap_or(i64::MAX);
        let names: Vec<&str> = compared
            .missing
            .iter()
            .map(crate::units::Text::as_str)
            .collect();
        terminal.note(&format!(
            "note: {} in none of the lists: {}",
            words::plural(n, "endpoint is", "endpoints are"),
            names.join(", ")
        ))?;
    }
    Ok(())
}

fn answer(imported: &Imported, compared: &Compared) -> Answer {
    let list = |list: &job::SavedList| ListAnswer {
        name: list.name.clone(),
        kind: list.kind.as_str(),
        sha256: list.sha256.clone(),
        saved: list.saved.clone(),
    };
    let texts = |names: &[crate::units::Text]| names.iter().map(ToString::to_string).collect();
    Answer {
        lists: imported.lists.iter().map(list).collect(),
        resources: imported.rows.len(),
        endpoints_found: texts(&compared.found),
        endpoints_missing: texts(&compared.missing),
        notes: imported.notes.clone(),
    }
}
