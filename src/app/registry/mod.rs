//! Saved lists of a cloud's deployments become an inventory: where each is, and how far it may wander.
//!
//! Knows no registry and no verdict. A newcomer may ask why lists are read from files and not from
//! the cloud: whoever may list an account's deployments has rights that a reader of logs should
//! not have, and a saved list with its hash is something that an auditor can be shown.

mod aws;
mod azure;
mod gcp;
mod write;

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::attribute::{Inventory, Listed, Registry, Resource};
use crate::call::{Provider, Scope};
use crate::residency::{Place, Regions};
use crate::source::file::State;
use crate::units::{Text, clean_name};

use super::Failure;

pub use write::{MARK, proposal, render};

/// Longest list that is read; an account's deployments are some hundred lines.
const LIST_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The lists that are known, by the command that prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListKind {
    /// `az cognitiveservices account list`.
    AzureAccounts,
    /// `az cognitiveservices account deployment list`.
    AzureDeployments,
    /// `aws bedrock list-inference-profiles`.
    BedrockProfiles,
    /// `aws bedrock list-provisioned-model-throughputs`.
    BedrockProvisioned,
    /// `gcloud ai endpoints list --format=json`.
    VertexEndpoints,
    /// A list without rows tells nothing, also not what it lists.
    Empty,
}

impl ListKind {
    /// The word for the inventory file and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ListKind::AzureAccounts => "azure_accounts",
            ListKind::AzureDeployments => "azure_deployments",
            ListKind::BedrockProfiles => "bedrock_profiles",
            ListKind::BedrockProvisioned => "bedrock_provisioned",
            ListKind::VertexEndpoints => "vertex_endpoints",
            ListKind::Empty => "empty",
        }
    }
}

/// A saved list.
#[derive(Clone, Debug)]
pub struct SavedList {
    /// The file's name without its folders.
    pub name: String,
    /// What it lists.
    pub kind: ListKind,
    /// The file's hash.
    pub sha256: String,
    /// The day it was saved, by the file's own time.
    pub saved: String,
    /// Its rows.
    rows: Vec<Value>,
}

/// A resource as it was listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedRow {
    /// What the configuration takes from it.
    pub resource: Resource,
    /// The model's version; empty when not told.
    pub version: Text,
    /// The cloud's own word for the kind of deployment; empty when not told.
    pub sku: Text,
    /// What was ordered, in the cloud's own unit.
    pub capacity: Option<u64>,
    /// The list that it comes from.
    pub from: String,
}

/// Everything that was imported.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The lists, in the order given.
    pub lists: Vec<SavedList>,
    /// The resources: accounts before what they hold, else in the order of the lists.
    pub rows: Vec<ListedRow>,
    /// What could not be used, and why.
    pub notes: Vec<String>,
}

/// How the registry stands to the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Endpoints that are listed.
    pub found: Vec<Text>,
    /// Endpoints that are not.
    pub missing: Vec<Text>,
}

/// Reads saved lists.
///
/// # Errors
/// A file that cannot be read, is no JSON, or is none of the known lists.
pub fn import(files: &[PathBuf]) -> Result<Imported, Failure> {
    let mut imported = Imported::default();
    for path in files {
        imported.lists.push(open(path)?);
    }
    let regions = Regions::shipped();
    azure::rows(&regions, &mut imported);
    aws::rows(&regions, &mut imported);
    gcp::rows(&regions, &mut imported);
    for list in imported.lists.iter().filter(|list| list.rows.is_empty()) {
        imported.notes.push(format!("{} lists nothing", list.name));
    }
    dedup(&mut imported.rows);
    Ok(imported)
}

/// How the endpoints of a registry stand to what was imported.
#[must_use]
pub fn compare(registry: &Registry, imported: &Imported) -> Compared {
    let inventory = inventory(imported);
    let mut compared = Compared::default();
    for (_, endpoint) in registry.iter() {
        let into = match inventory.find(endpoint) {
            Listed::Deployment(_) | Listed::Host(_) => &mut compared.found,
            Listed::NotThere(_) | Listed::Unknown => &mut compared.missing,
        };
        into.push(endpoint.name.clone());
    }
    compared
}

fn inventory(imported: &Imported) -> Inventory {
    Inventory {
        resources: imported
            .rows
            .iter()
            .map(|row| row.resource.clone())
            .collect(),
    }
}

fn open(path: &Path) -> Result<SavedList, Failure> {
    let state = State::of(path)?;
    let shown = path.display();
    if state.bytes > LIST_MAX_BYTES {
        return Err(Failure::Usage(format!(
            "{shown} has {} bytes; a list of deployments has at most {LIST_MAX_BYTES}",
            state.bytes
        )));
    }
    let bytes = std::fs::read(path)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{shown}: {error}")))?;
    let hash = Sha256::digest(&bytes);
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| Failure::Usage(format!("{shown} is no JSON: {error}")))?;
    let (kind, rows) = recognise(value)
        .map_err(|keys| Failure::Usage(format!("{shown} is none of the known lists: {keys}")))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(SavedList {
        name: clean_name(&name.to_string_lossy()).to_string(),
        kind,
        sha256: hex(&hash),
        saved: state.modified.to_utc().date_naive().to_string(),
        rows,
    })
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// What a list lists, by the keys of its rows; what was seen instead where nothing fits.
fn recognise(value: Value) -> Result<(ListKind, Vec<Value>), String> {
    let rows = match value {
        Value::Array(rows) => rows,
        Value::Object(mut object) => {
            for (key, kind) in [
                ("inferenceProfileSummaries", ListKind::BedrockProfiles),
                ("provisionedModelSummaries", ListKind::BedrockProvisioned),
            ] {
                if let Some(Value::Array(rows)) = object.remove(key) {
                    return Ok((kind, rows));
                }
            }
            // The clouds' own interfaces wrap what their command lines print bare.
            let wrapped = ["value", "endpoints"]
                .into_iter()
                .find_map(|key| object.remove(key));
            let Some(Value::Array(rows)) = wrapped else {
                let keys: Vec<&str> = object.keys().map(String::as_str).take(8).collect();
                return Err(format!("its keys are {}", keys.join(", ")));
            };
            rows
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err("it is neither a list nor an object".to_owned());
        }
    };
    let Some(first) = rows.first() else {
        return Ok((ListKind::Empty, rows));
    };
    let id = text(first, "/id").to_ascii_lowercase();
    let kind = if id.contains("/microsoft.cognitiveservices/accounts/") {
        if id.contains("/deployments/") {
            ListKind::AzureDeployments
        } else {
            ListKind::AzureAccounts
        }
    } else if first.get("inferenceProfileId").is_some() {
        ListKind::BedrockProfiles
    } else if first.get("provisionedModelArn").is_some() {
        ListKind::BedrockProvisioned
    } else if text(first, "/name").contains("/endpoints/") {
        ListKind::VertexEndpoints
    } else {
        let keys: Vec<&str> = first
            .as_object()
            .map(|row| row.keys().map(String::as_str).take(8).collect())
            .unwrap_or_default();
        return Err(format!("the keys of its first row are {}", keys.join(", ")));
    };
    Ok((kind, rows))
}

/// One row for each resource: accounts first, and of two rows of one resource the later list's.
fn dedup(rows: &mut Vec<ListedRow>) {
    rows.sort_by_key(|row| !row.resource.names.is_empty());
    let all = std::mem::take(rows);
    for row in all {
        let same = |old: &ListedRow| {
            old.resource.hosts == row.resource.hosts && old.resource.names == row.resource.names
        };
        rows.retain(|old| !same(old));
        rows.push(row);
    }
}

/// A text at a JSON pointer; empty when there is none.
fn text<'a>(row: &'a Value, pointer: &str) -> &'a str {
    row.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The canonical name of a region as the cloud writes it; empty when it is not known.
fn place(regions: &Regions, provider: &Provider, told: &str) -> Text {
    match regions.parse_region(Some(provider), told) {
        Place::Region(region) => region.name.clone(),
        Place::Zone(zone) => zone.name.clone(),
        Place::Country(_) | Place::Unknown(_) => Text::default(),
    }
}

/// The rows of one kind, each with the name of its list.
fn of_kind(lists: &[SavedList], kind: ListKind) -> impl Iterator<Item = (&str, &Value)> {
    let lists = lists.iter().filter(move |list| list.kind == kind);
    lists.flat_map(|list| list.rows.iter().map(move |row| (list.name.as_str(), row)))
}

/// A scope as a reader of tables wants it.
#[must_use]
pub fn scope_word(scope: Option<Scope>) -> &'static str {
    scope.map_or("–", Scope::as_str)
}

#[cfg(test)]
mod tests;
