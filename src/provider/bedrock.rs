//! Amazon Bedrock: hosts, model ids, inference profiles and ARNs.
//!
//! Knows not which regions a profile may reach; `data/regions.toml` does. A newcomer may ask why
//! the host's region is no proof for a profile: `eu.` and `global.` profiles only enter there and
//! may run elsewhere, so the host then tells the caller's region and no more.
//!
//! Sources: botocore's service models and `partitions.json`; Amazon Bedrock User Guide,
//! "Supported Regions and models for inference profiles".

use super::host::cleaned;
use super::path::{self, Path};
use super::{Family, Recognised};
use crate::call::{Evidence, EvidenceKind, Operation, Scope};
use crate::units::Text;

/// What may follow the region in a host.
const DOMAINS: [&str; 6] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "vpce.amazonaws.com",
    "vpce.amazonaws.com.cn",
    "api.aws",
];

/// Prefixes of the system-defined inference profiles, beside `global`.
const ZONES: [&str; 6] = ["eu", "us", "apac", "jp", "au", "us-gov"];

/// Who makes the models: `xx.anthropic.…` is a profile of some geography `xx`, known or not.
const VENDORS: [&str; 18] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "zai",
];

/// What a Bedrock model id or ARN tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BedrockModel {
    /// The model id with its profile prefix, as catalogues list it; empty when the ARN hides it
    /// (application inference profile, provisioned throughput, imported model).
    pub model: Text,
    /// How far the id lets the call wander; `None` when it does not tell.
    pub scope: Option<Scope>,
    /// The zone of a geographic profile (`eu`); empty for others.
    pub zone: Text,
    /// The region in the ARN; empty for a bare id.
    pub arn_region: Text,
}

impl BedrockModel {
    /// What the id says of a call that went in by `region` (of the host, of a log's `region`):
    /// the region itself where the id keeps the call there, else the zone, and the region as the
    /// caller's.
    #[must_use]
    pub fn evidence(&self, region: &str) -> Vec<Evidence> {
        let global = Text::const_new("global");
        let none = Text::default();
        let (wide, told, by_region, by_arn) = match self.scope {
            Some(Scope::Regional) | None => (
                EvidenceKind::Zone,
                &none,
                EvidenceKind::HostRegion,
                EvidenceKind::PathRegion,
            ),
            Some(Scope::DataZone) => (
                EvidenceKind::Zone,
                &self.zone,
                EvidenceKind::ClientRegion,
                EvidenceKind::ClientRegion,
            ),
            Some(Scope::Global) => (
                EvidenceKind::Global,
                &global,
                EvidenceKind::ClientRegion,
                EvidenceKind::ClientRegion,
            ),
        };
        let region = cleaned(region);
        let mut pieces: Vec<Evidence> = Vec::with_capacity(3);
        for (kind, told) in [
            (wide, told),
            (by_region, &region),
            (by_arn, &self.arn_region),
        ] {
            let told = told.clone();
            let evidence = Evidence { kind, told };
            if !evidence.told.is_empty() && !pieces.contains(&evidence) {
                pieces.push(evidence);
            }
        }
        pieces
    }
}

/// Reads a model id (`amazon.nova-pro-v1:0`), a profile id (`eu.anthropic.…`) or an ARN,
/// percent-encoded or not.
#[must_use]
pub fn bedrock_model(model_id_or_arn: &str) -> BedrockModel {
    let text = path::decoded(model_id_or_arn);
    let mut parts = text.splitn(6, ':');
    let (Some("arn"), Some(region), Some(resource)) = (parts.next(), parts.nth(2), parts.nth(1))
    else {
        return of_id(&text);
    };
    let (kind, id) = resource.split_once('/').unwrap_or((resource, ""));
    let mut told = match kind {
        "foundation-model" | "inference-profile" => of_id(id),
        // Capacity or weights that the customer keeps in one region.
        "provisioned-model"
        | "custom-model"
        | "custom-model-deployment"
        | "imported-model"
        | "endpoint" => BedrockModel {
            scope: Some(Scope::Regional),
            ..BedrockModel::default()
        },
        // An application inference profile may wrap one region's model or a cross-region one.
        _ => BedrockModel::default(),
    };
    told.arn_region = cleaned(region);
    told
}

/// Reads an id without ARN.
fn of_id(id: &str) -> BedrockModel {
    let id = id.trim();
    let (prefix, rest) = id.split_once('.').unwrap_or_default();
    let vendor_next = rest
        .split_once('.')
        .is_some_and(|(vendor, _)| VENDORS.contains(&vendor));
    let (scope, zone) = if prefix == "global" {
        (Some(Scope::Global), "")
    } else if ZONES.contains(&prefix) || (vendor_next && !VENDORS.contains(&prefix)) {
        (Some(Scope::DataZone), prefix)
    } else if id.is_empty() {
        (None, "")
    } else {
        (Some(Scope::Regional), "")
    };
    BedrockModel {
        model: cleaned(id),
        scope,
        zone: cleaned(zone),
        arn_region: Text::default(),
    }
}

/// The service label of a Bedrock host and the region behind it.
fn service_and_region(host: &str) -> Option<(&str, &str)> {
    let mut rest = host;
    loop {
        let (label, behind) = rest.split_once('.')?;
        if label.starts_with("bedrock") {
            let (region, domain) = behind.split_once('.')?;
            return DOMAINS.contains(&domain).then_some((label, region));
        }
        rest = behind;
    }
}

/// Whose host it is, among those that end like Amazon's.
pub(super) fn family(host: &str) -> Option<Family> {
    match service_and_region(host)?.0 {
        "bedrock-runtime"
        | "bedrock-runtime-fips"
        | "bedrock-mantle"
        | "bedrock-agent-runtime"
        | "bedrock-agent-runtime-fips" => Some(Family::Bedrock),
        "bedrock" | "bedrock-fips" => Some(Family::BedrockControl),
        _ => None,
    }
}

/// Whether a control-plane path is of interest: batch jobs, and listings of models.
pub(super) fn admits(path: &Path<'_>) -> bool {
    let first = path.first();
    matches!(
        first,
        "model-invocation-job"
            | "model-invocation-jobs"
            | "foundation-models"
            | "inference-profiles"
    )
}

/// The model between `model/` and the last segment. Some producers write an ARN with its own
/// slash, not encoded.
fn model_segment(path: &str) -> Option<&str> {
    let behind = path
        .strip_prefix("model/")
        .or_else(|| path.split_once("/model/").map(|(_, behind)| behind))?;
    Some(behind.rsplit_once('/').map_or(behind, |(model, _)| model))
}

/// Reads model, scope, operation and region.
pub(super) fn fill(call: &mut Recognised, host: &str, path: &Path<'_>) {
    let region = service_and_region(host).map_or("", |(_, region)| region);
    let told = model_segment(path.text)
        .map(bedrock_model)
        .unwrap_or_default();
    call.evidence = told.evidence(region);
    let embeds = told.model.contains("embed");
    call.destination.model = told.model;
    call.destination.scope = told.scope;
    let first = path.first();
    if first.starts_with("model-invocation-job") || first.starts_with("async-invoke") {
        call.destination.operation = Operation::Batch;
    } else if matches!(
        first,
        "foundation-models" | "inference-profiles" | "guardrail"
    ) {
        call.destination.operation = Operation::Manage;
    } else if embeds {
        super::refine(call, Operation::Embed);
    }
}
