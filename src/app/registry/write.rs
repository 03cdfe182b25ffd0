//! The inventory file and a proposal of endpoints, as TOML.
//!
//! Knows no list's own form. A newcomer may ask why a proposal leaves scope and rule open where no
//! list tells them: a guess in a registry becomes "declared", and that is a claim.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::attribute::{Inventory, Listed, Registry};
use crate::call::{Provider, Scope};
use crate::units::Text;

use super::{Imported, ListedRow};

/// The first line of an inventory file: only what begins so is written over.
pub const MARK: &str = "# An inventory, written by `tollwatch registry import`; save the lists anew \
                        instead of editing it.";

/// The inventory file of what was imported.
#[must_use]
pub fn render(imported: &Imported) -> String {
    let mut out = format!("{MARK}\n# In the configuration: inventory = \"inventory.toml\"\n");
    for list in &imported.lists {
        let rows = list.rows.len();
        line(&mut out, format_args!("\n[[file]]"));
        line(&mut out, format_args!("name = {}", quoted(&list.name)));
        line(
            &mut out,
            format_args!("kind = {}", quoted(list.kind.as_str())),
        );
        line(&mut out, format_args!("sha256 = {}", quoted(&list.sha256)));
        line(&mut out, format_args!("saved = {}", quoted(&list.saved)));
        line(&mut out, format_args!("rows = {rows}"));
    }
    for row in &imported.rows {
        resource(&mut out, row);
    }
    out
}

fn resource(out: &mut String, row: &ListedRow) {
    let told = &row.resource;
    line(out, format_args!("\n[[resource]]"));
    let provider = told.provider.as_ref().map_or("", Provider::as_str);
    line(out, format_args!("provider = {}", quoted(provider)));
    line(out, format_args!("hosts = {}", list(&told.hosts)));
    if !told.names.is_empty() {
        line(out, format_args!("names = {}", list(&told.names)));
    }
    let scope = told.scope.map_or("", Scope::as_str);
    let texts = [
        ("region", told.place.as_str()),
        ("scope", scope),
        ("model", &told.model),
        ("version", &row.version),
        ("sku", &row.sku),
    ];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        line(out, format_args!("{key} = {}", quoted(text)));
    }
    if let Some(capacity) = row.capacity {
        line(out, format_args!("capacity = {capacity}"));
    }
    if told.fixed {
        line(out, format_args!("fixed = true"));
    }
    line(out, format_args!("from = {}", quoted(&row.from)));
}

/// Endpoints for the deployments that `registry` does not have; `None` when it has all.
#[must_use]
pub fn proposal(registry: &Registry, imported: &Imported) -> Option<String> {
    let mut names: BTreeSet<String> = registry
        .iter()
        .map(|(_, endpoint)| endpoint.name.to_string())
        .collect();
    let mut out = String::from(
        "# Proposed by `tollwatch registry import`: what the lists hold and the registry does not.\n\
         # Keep what you use; rename at will. `residency` and fallbacks are yours to say.\n",
    );
    let before = out.len();
    for row in imported
        .rows
        .iter()
        .filter(|row| !row.resource.names.is_empty())
    {
        if registered(registry, row) {
            continue;
        }
        let name = free_name(row, &mut names);
        endpoint(&mut out, &name, row);
    }
    (out.len() > before).then_some(out)
}

fn registered(registry: &Registry, row: &ListedRow) -> bool {
    let alone = Inventory {
        resources: vec![row.resource.clone()],
    };
    registry
        .iter()
        .any(|(_, endpoint)| matches!(alone.find(endpoint), Listed::Deployment(_)))
}

/// A name that says account and deployment, and that no endpoint has.
fn free_name(row: &ListedRow, taken: &mut BTreeSet<String>) -> String {
    let host = row.resource.hosts.first().map_or("", Text::as_str);
    let first = row.resource.names.first().map_or("", Text::as_str);
    let label = match &row.resource.provider {
        Some(Provider::Bedrock) => host.split('.').nth(1),
        Some(_) | None => host.split('.').next(),
    };
    let wanted: String = format!("{}-{first}", label.unwrap_or_default())
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        })
        .take(90)
        .collect();
    let mut name = wanted.clone();
    let mut n = 1_u32;
    while !taken.insert(name.clone()) {
        n = n.saturating_add(1);
        name = format!("{wanted}-{n}");
    }
    name
}

fn endpoint(out: &mut String, name: &str, row: &ListedRow) {
    let told = &row.resource;
    let host = told
        .hosts
        .iter()
        .find(|host| host.ends_with("openai.azure.com"));
    let host = host.or(told.hosts.first()).map_or("", Text::as_str);
    let first = told.names.first().map_or("", Text::as_str);
    line(out, format_args!("\n[endpoint.{}]", quoted(name)));
    line(
        out,
        format_args!("base_url = {}", quoted(&format!("https://{host}"))),
    );
    match &told.provider {
        Some(Provider::Azure) => {
            let path = format!("/openai/deployments/{first}");
            line(
                out,
                format_args!("resource_paths = {}", list(&[path.into()])),
            );
            line(out, format_args!("deployment = {}", quoted(first)));
        }
        Some(Provider::Vertex) => {
            let paths =
                ["/v1/", "/v1beta1/"].map(|version| Text::from(format!("{version}{first}")));
            line(out, format_args!("resource_paths = {}", list(&paths)));
        }
        Some(Provider::Bedrock) => {
            let paths: Vec<Text> = told
                .names
                .iter()
                .map(|name| name.replace(':', "%3A").replace('/', "%2F"))
                .map(|name| Text::from(format!("/model/{name}")))
                .collect();
            line(out, format_args!("resource_paths = {}", list(&paths)));
        }
        Some(_) | None => {}
    }
    if !told.model.is_empty() {
        line(out, format_args!("model_name = {}", quoted(&told.model)));
    }
    // A zone is where calls may go, not where the resource was ordered.
    if told.place.is_empty() || told.place.contains(":zone:") {
        line(out, format_args!("# region = \"…\"  # the list tells none"));
    } else {
        line(out, format_args!("region = {}", quoted(&told.place)));
    }
    match told.scope {
        Some(scope) => line(
            out,
            format_args!("deployment_scope = {}", quoted(scope.as_str())),
        ),
        None => line(
            out,
            format_args!("# deployment_scope = \"…\"  # the list tells none"),
        ),
    }
    if told.fixed {
        line(out, format_args!("cost_model = \"fixed\""));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let written = writeln!(out, "{text}");
    debug_assert!(written.is_ok());
}

/// A TOML text.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[Text]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
