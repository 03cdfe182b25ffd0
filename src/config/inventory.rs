//! The inventory file: read, laid beside the endpoints, and what disagrees.
//!
//! Knows no cloud's output; `tollwatch registry import` has turned that into this file. A newcomer
//! may ask why the wider of two scopes counts where registry and inventory differ: a call can only
//! be held to what neither of them denies.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::attribute::{CostModel, Endpoint, Inventory, Listed, Resource, Stated};
use crate::call::{Provider, Scope};
use crate::problem::{Place, Problem};
use crate::units::{Text, clean_name};

use super::at::{At, AtText};
use super::endpoints::Placed;
use super::read::{self, FileText};
use super::written::{self, DeploymentScope};

/// The file as `tollwatch registry import` writes it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InventoryFile {
    /// The lists that it was made from.
    file: Vec<ListFile>,
    /// What they list.
    resource: Vec<At<Written>>,
}

/// A list that was imported.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ListFile {
    name: String,
    kind: String,
    sha256: String,
    saved: String,
    rows: u64,
}

/// A resource of a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Written {
    provider: Option<AtText>,
    hosts: Vec<String>,
    names: Vec<String>,
    region: String,
    scope: Option<At<DeploymentScope>>,
    model: String,
    version: String,
    sku: String,
    capacity: Option<u64>,
    fixed: bool,
    from: String,
}

/// The inventory with the place where the main file names it.
pub(super) struct Lists<'a> {
    inventory: Inventory,
    main: &'a FileText,
    named: Option<&'a AtText>,
}

/// Reads the inventory file; without one no cloud has said anything.
fn read(file: Option<&FileText>, faults: &mut Vec<Problem>) -> Inventory {
    let Some(file) = file else {
        return Inventory::default();
    };
    let written: InventoryFile = read::parse(file, faults);
    let texts = |list: &[String]| list.iter().map(|name| clean_name(name)).collect();
    let resource = |at: &At<Written>| {
        let written = at.get();
        let line = Place::of_span(&file.text, at.span()).line;
        Resource {
            provider: written
                .provider
                .as_ref()
                .and_then(|name| Provider::parse(name.get())),
            hosts: texts(&written.hosts),
            names: texts(&written.names),
            place: clean_name(&written.region),
            scope: written.scope.as_ref().map(|scope| match scope.get() {
                DeploymentScope::Regional => Scope::Regional,
                DeploymentScope::DataZone => Scope::DataZone,
                DeploymentScope::Global => Scope::Global,
            }),
            model: clean_name(&written.model),
            fixed: written.fixed,
            told_at: format!("{}:{line}, from {}", file.name, clean_name(&written.from)),
        }
    };
    Inventory {
        resources: written.resource.iter().map(resource).collect(),
    }
}

impl<'a> Lists<'a> {
    /// Reads the inventory that the main file names.
    pub(super) fn read(
        main: &'a FileText,
        written: &'a written::Main,
        file: Option<&FileText>,
        faults: &mut Vec<Problem>,
    ) -> Lists<'a> {
        Lists {
            inventory: read(file, faults),
            main,
            named: written.inventory.as_ref(),
        }
    }

    /// Lays the inventory beside the endpoints: what nobody wrote is filled in, what the cloud
    /// states is kept beside what was written, and what disagrees is reported.
    pub(super) fn apply(
        &self,
        endpoints: &mut [Endpoint],
        placed: &[Placed<'_>],
        faults: &mut Vec<Problem>,
    ) {
        let mut known = endpoints.is_empty() || self.inventory.is_empty();
        for (endpoint, placed) in endpoints.iter_mut().zip(placed) {
            let listed = self.inventory.find(endpoint);
            known |= listed != Listed::Unknown;
            match listed {
                Listed::Deployment(row) | Listed::Host(row) => {
                    compare(endpoint, placed, row, faults);
                    state(endpoint, placed, row);
                }
                Listed::NotThere(row) => {
                    faults.push(not_there(placed, row));
                    endpoint.stated.place.clone_from(&row.place);
                }
                Listed::Unknown => {}
            }
        }
        if !known {
            self.strangers(faults);
        }
    }

    /// Reports an inventory that knows none of the endpoints: most likely another tenant's.
    fn strangers(&self, faults: &mut Vec<Problem>) {
        let Some(named) = self.named else { return };
        let message = format!(
            "none of the {} listed resources is a registered endpoint",
            self.inventory.resources.len()
        );
        faults.push(
            self.main
                .problem(named.span(), "inventory_of_strangers", message)
                .hint("lists of another tenant or account? compare their hosts with `base_url`")
                .warning(),
        );
    }
}

fn not_there(placed: &Placed<'_>, row: &Resource) -> Problem {
    let span = placed.written.deployment.as_ref();
    let message = format!("this deployment is not in the inventory ({})", row.told_at);
    placed
        .problem(span, "inventory_without_deployment", message)
        .hint("it was made or removed since; save the list anew and import it")
        .warning()
}

fn state(endpoint: &mut Endpoint, placed: &Placed<'_>, row: &Resource) {
    endpoint.stated = Stated {
        place: row.place.clone(),
        scope: row.scope,
    };
    endpoint.scope = endpoint.scope.max(row.scope);
    if endpoint.model_name.is_empty() {
        endpoint.model_name.clone_from(&row.model);
    }
    if row.fixed && placed.written.cost_model.is_none() {
        endpoint.cost_model = CostModel::Fixed;
    }
}

/// Reports what the registry and the inventory say differently.
fn compare(endpoint: &Endpoint, placed: &Placed<'_>, row: &Resource, faults: &mut Vec<Problem>) {
    let at = &row.told_at;
    let mut conflict = |span: Option<std::ops::Range<usize>>,
                        what: &str,
                        told: &str,
                        stated: &str| {
        let span = span.unwrap_or_else(|| placed.name.span());
        let message =
            format!("{what} `{told}` is registered, the inventory says `{stated}` ({at})");
        faults.push(
            placed
                .file
                .problem(span, "inventory_conflict", message)
                .hint("the cloud's own list is the stronger word; correct the endpoint, or save and import the list anew")
                .warning(),
        );
    };
    let written = placed.written;
    let differ =
        |told: &Text, stated: &Text| !told.is_empty() && !stated.is_empty() && told != stated;
    let zone = row.place.contains(":zone:");
    if differ(&endpoint.region, &row.place) && !zone {
        let span = written.region.as_ref().map(At::span);
        conflict(span, "region", &endpoint.region, &row.place);
    }
    if let (Some(told), Some(stated)) = (endpoint.scope, row.scope)
        && told != stated
    {
        let span = written.deployment_scope.as_ref().map(At::span);
        conflict(span, "scope", told.as_str(), stated.as_str());
    }
    if differ(&endpoint.model_name, &row.model)
        && !row.names.contains(&endpoint.model_name)
        && !endpoint.model_name.starts_with(row.model.as_str())
    {
        let span = written.model_name.as_ref().map(At::span);
        conflict(span, "model", &endpoint.model_name, &row.model);
    }
}
