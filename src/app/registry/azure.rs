//! Azure's accounts and their deployments.
//!
//! Knows the output of `az cognitiveservices account list` and `… account deployment list`
//! (Microsoft Learn, Azure CLI reference; the fields are those of the resource types
//! `Microsoft.CognitiveServices/accounts` and `…/accounts/deployments`). A newcomer may ask why a
//! deployment without its account is not used: only the account tells host and region.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::attribute::Resource;
use crate::call::{Provider, Scope};
use crate::residency::Regions;
use crate::units::{Text, clean_name};

use super::{Imported, ListKind, ListedRow, of_kind, place, text};

/// Domains that one subdomain answers under.
const DOMAINS: [&str; 3] = [
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
];

/// How far a deployment of that SKU may wander (Microsoft Learn, Deployment types for Foundry
/// Models); `None` for a word that is not known.
pub(super) fn scope(sku: &str) -> Option<Scope> {
    match sku {
        "Standard" | "ProvisionedManaged" => Some(Scope::Regional),
        _ if sku.starts_with("DataZone") => Some(Scope::DataZone),
        "DeveloperTier" => Some(Scope::Global),
        _ if sku.starts_with("Global") => Some(Scope::Global),
        _ => None,
    }
}

/// Adds accounts and deployments.
pub(super) fn rows(regions: &Regions, imported: &mut Imported) {
    let mut accounts: BTreeMap<String, (Vec<Text>, Text)> = BTreeMap::new();
    let mut rows = Vec::new();
    for (from, row) in of_kind(&imported.lists, ListKind::AzureAccounts) {
        let hosts = hosts(row);
        let region = place(regions, &Provider::Azure, text(row, "/location"));
        accounts.insert(
            text(row, "/id").to_ascii_lowercase(),
            (hosts.clone(), region.clone()),
        );
        if region.is_empty() {
            let told = clean_name(text(row, "/location"));
            imported
                .notes
                .push(format!("{from}: region `{told}` is not known"));
        }
        rows.push(ListedRow {
            resource: Resource {
                provider: Some(Provider::Azure),
                hosts,
                place: region,
                ..Resource::default()
            },
            sku: clean_name(text(row, "/sku/name")),
            from: from.to_owned(),
            ..ListedRow::default()
        });
    }
    let mut orphans: BTreeMap<&str, usize> = BTreeMap::new();
    for (from, row) in of_kind(&imported.lists, ListKind::AzureDeployments) {
        let id = text(row, "/id").to_ascii_lowercase();
        let account = id.split("/deployments/").next().unwrap_or_default();
        let Some((hosts, region)) = accounts.get(account) else {
            *orphans.entry(from).or_default() += 1;
            continue;
        };
        rows.push(deployment(row, hosts, region, from));
    }
    for (from, n) in orphans {
        imported.notes.push(format!(
            "{from}: {n} of the deployments belong to an account that is in none of the lists; \
             give `az cognitiveservices account list` beside it"
        ));
    }
    imported.rows.extend(rows);
}

fn deployment(row: &Value, hosts: &[Text], region: &Text, from: &str) -> ListedRow {
    let sku = text(row, "/sku/name");
    ListedRow {
        resource: Resource {
            provider: Some(Provider::Azure),
            hosts: hosts.to_vec(),
            names: vec![clean_name(text(row, "/name"))],
            place: region.clone(),
            scope: scope(sku),
            model: clean_name(text(row, "/properties/model/name")),
            fixed: sku.contains("Provisioned"),
            told_at: String::new(),
        },
        version: clean_name(text(row, "/properties/model/version")),
        sku: clean_name(sku),
        capacity: row.pointer("/sku/capacity").and_then(Value::as_u64),
        from: from.to_owned(),
    }
}

/// The hosts of an account: its endpoints as listed, and its subdomain under every domain.
fn hosts(row: &Value) -> Vec<Text> {
    let listed = row
        .pointer("/properties/endpoints")
        .and_then(Value::as_object);
    let listed = listed.into_iter().flat_map(|all| all.values());
    let urls = listed
        .chain(row.pointer("/properties/endpoint"))
        .filter_map(Value::as_str);
    let mut hosts: Vec<Text> = urls
        .filter_map(|url| url.split_once("://"))
        .filter_map(|(_, rest)| rest.split(['/', ':']).next())
        // One host for all accounts of a region tells nothing of this one.
        .filter(|host| !host.ends_with("api.cognitive.microsoft.com"))
        .map(|host| clean_name(&host.to_ascii_lowercase()))
        .collect();
    let subdomain = text(row, "/properties/customSubDomainName");
    if !subdomain.is_empty() {
        let domains = DOMAINS.map(|domain| format!("{subdomain}.{domain}"));
        hosts.extend(domains.map(|host| clean_name(&host.to_ascii_lowercase())));
    }
    hosts.retain(|host| !host.is_empty());
    hosts.sort_by_key(|host| (!host.ends_with("openai.azure.com"), host.clone()));
    hosts.dedup();
    hosts
}
