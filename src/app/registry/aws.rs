//! Bedrock's inference profiles and provisioned throughput.
//!
//! Knows the output of `aws bedrock list-inference-profiles` and
//! `… list-provisioned-model-throughputs` (Amazon Bedrock API Reference, `InferenceProfileSummary`
//! and `ProvisionedModelSummary`). A newcomer may ask why a profile over several regions becomes a
//! zone: its models' ARNs name where a call may go, and the zone is the published set that holds
//! all of them.

use std::collections::BTreeSet;

use compact_str::format_compact;
use serde_json::Value;

use crate::attribute::Resource;
use crate::call::{Provider, Scope};
use crate::residency::Regions;
use crate::units::{Text, clean_name};

use super::{Imported, ListKind, ListedRow, of_kind, place, text};

/// Adds profiles and provisioned models.
pub(super) fn rows(regions: &Regions, imported: &mut Imported) {
    let mut rows = Vec::new();
    for (from, row) in of_kind(&imported.lists, ListKind::BedrockProfiles) {
        rows.push(profile(regions, row, from));
    }
    for (from, row) in of_kind(&imported.lists, ListKind::BedrockProvisioned) {
        rows.push(provisioned(regions, row, from));
    }
    imported.rows.extend(rows);
}

/// Region and resource of an ARN: `arn:aws:bedrock:eu-central-1:…:foundation-model/x`.
fn arn(text: &str) -> (&str, &str) {
    let mut parts = text.splitn(6, ':').skip(3);
    let region = parts.next().unwrap_or_default();
    let resource = parts.nth(1).unwrap_or_default();
    (region, resource)
}

fn hosts(region: &str) -> Vec<Text> {
    if region.is_empty() {
        return Vec::new();
    }
    ["bedrock-runtime", "bedrock-runtime-fips"]
        .map(|service| clean_name(&format!("{service}.{region}.amazonaws.com")))
        .to_vec()
}

fn profile(regions: &Regions, row: &Value, from: &str) -> ListedRow {
    let id = text(row, "/inferenceProfileId");
    let own_arn = text(row, "/inferenceProfileArn");
    let models = row.pointer("/models").and_then(Value::as_array);
    let arns: Vec<&str> = models
        .into_iter()
        .flatten()
        .map(|model| text(model, "/modelArn"))
        .collect();
    let (region, scope) = reach(regions, id, &arns);
    let model = arns.first().map_or("", |model| arn(model).1);
    ListedRow {
        resource: Resource {
            provider: Some(Provider::Bedrock),
            hosts: hosts(arn(own_arn).0),
            names: [id, own_arn].map(clean_name).to_vec(),
            place: region,
            scope,
            model: clean_name(model.rsplit('/').next().unwrap_or_default()),
            ..Resource::default()
        },
        sku: clean_name(text(row, "/type")),
        from: from.to_owned(),
        ..ListedRow::default()
    }
}

/// Where a profile's calls may go: one region, the zone of its name, the zone that holds all its
/// models' regions, or anywhere. An ARN without a region stands for all of them.
fn reach(regions: &Regions, id: &str, arns: &[&str]) -> (Text, Option<Scope>) {
    let told: BTreeSet<&str> = arns.iter().map(|model| arn(model).0).collect();
    if id.starts_with("global.") || told.contains("") {
        return (Text::default(), Some(Scope::Global));
    }
    let named: Vec<Text> = told
        .iter()
        .map(|region| place(regions, &Provider::Bedrock, region))
        .collect();
    if let [only] = named.as_slice() {
        return (only.clone(), Some(Scope::Regional));
    }
    let prefix = id.split('.').next().unwrap_or_default();
    let by_name = format_compact!("aws:zone:{prefix}");
    let holds_all = |zone: &&crate::residency::Zone| {
        zone.cloud() == "aws" && named.iter().all(|region| zone.members.contains_key(region))
    };
    let zone = regions
        .zones()
        .find(|zone| zone.name == by_name)
        .or_else(|| regions.zones().find(holds_all));
    let name = zone.map_or_else(Text::default, |zone| zone.name.clone());
    (name, Some(Scope::DataZone))
}

fn provisioned(regions: &Regions, row: &Value, from: &str) -> ListedRow {
    let own_arn = text(row, "/provisionedModelArn");
    let (region, id) = arn(own_arn);
    let model = arn(text(row, "/foundationModelArn")).1;
    ListedRow {
        resource: Resource {
            provider: Some(Provider::Bedrock),
            hosts: hosts(region),
            names: [own_arn, id].map(clean_name).to_vec(),
            place: place(regions, &Provider::Bedrock, region),
            scope: Some(Scope::Regional),
            model: clean_name(model.rsplit('/').next().unwrap_or_default()),
            fixed: true,
            told_at: String::new(),
        },
        sku: Text::const_new("provisioned"),
        capacity: row.pointer("/modelUnits").and_then(Value::as_u64),
        from: from.to_owned(),
        ..ListedRow::default()
    }
}
