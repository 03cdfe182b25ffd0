//! Vertex AI's endpoints.
//!
//! Knows the output of `gcloud ai endpoints list --format=json` (Vertex AI API reference, resource
//! `projects.locations.endpoints`). A newcomer may ask why published models are not in it: they
//! have no endpoint of the customer's own, and host and path tell their region.

use serde_json::Value;

use crate::attribute::Resource;
use crate::call::{Provider, Scope};
use crate::residency::Regions;
use crate::units::{Text, clean_name};

use super::{Imported, ListKind, ListedRow, of_kind, place, text};

/// Adds endpoints.
pub(super) fn rows(regions: &Regions, imported: &mut Imported) {
    let mut rows = Vec::new();
    for (from, row) in of_kind(&imported.lists, ListKind::VertexEndpoints) {
        rows.push(endpoint(regions, row, from));
    }
    imported.rows.extend(rows);
}

fn endpoint(regions: &Regions, row: &Value, from: &str) -> ListedRow {
    let name = text(row, "/name");
    let mut parts = name.split('/').skip_while(|part| *part != "locations");
    let location = parts.nth(1).unwrap_or_default();
    let id = name.rsplit('/').next().unwrap_or_default();
    let mut hosts = vec![clean_name(&format!("{location}-aiplatform.googleapis.com"))];
    let own = text(row, "/dedicatedEndpointDns");
    if !own.is_empty() {
        hosts.push(clean_name(&own.to_ascii_lowercase()));
    }
    let models = row.pointer("/deployedModels").and_then(Value::as_array);
    let model = models.and_then(|all| all.first());
    ListedRow {
        resource: Resource {
            provider: Some(Provider::Vertex),
            hosts,
            names: vec![clean_name(name), clean_name(&format!("endpoints/{id}"))],
            place: place(regions, &Provider::Vertex, location),
            scope: Some(Scope::Regional),
            model: model.map_or_else(Text::default, |model| {
                clean_name(text(model, "/displayName"))
            }),
            // An endpoint with models of its own is paid by the machine and hour.
            fixed: model.is_some(),
            told_at: String::new(),
        },
        from: from.to_owned(),
        ..ListedRow::default()
    }
}
