//! Azure OpenAI and Microsoft Foundry.
//!
//! Knows no deployment type: it stands neither in host nor in path, so scope is left open. A
//! newcomer may ask why `westeurope` in a resource's own name tells nothing: the customer chose
//! that name, and it may lie.
//!
//! Sources: Microsoft Learn, "Azure OpenAI in Microsoft Foundry models REST API reference";
//! anthropic-sdk-python `AnthropicFoundry`.

use super::host::before;
use super::path::{self, Path};
use super::{Family, Recognised, refine};
use crate::call::{EvidenceKind, Operation};

/// Hosts of a customer's own resource that serve nothing but models.
const MODEL_HOSTS: [&str; 5] = [
    "openai.azure.com",
    "openai.azure.us",
    "openai.azure.cn",
    "models.ai.azure.com",
    "models.inference.ai.azure.com",
];

/// Hosts that serve speech, vision, search or anything at all beside models.
const SHARED_HOSTS: [&str; 6] = [
    "services.ai.azure.com",
    "cognitiveservices.azure.com",
    "cognitiveservices.azure.us",
    "cognitiveservices.azure.cn",
    "api.cognitive.microsoft.com",
    "azure-api.net",
];

/// Whose host it is, among those that end like Azure's.
pub(super) fn family(host: &str) -> Option<Family> {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| before(host, suffix).is_some());
    if host == "models.inference.ai.azure.com" {
        Some(Family::Other("github_models"))
    } else if ends(&MODEL_HOSTS) {
        Some(Family::Azure)
    } else if ends(&SHARED_HOSTS) {
        Some(Family::AzureShared)
    } else {
        None
    }
}

/// Whether a path of a shared host is an LLM's.
pub(super) fn admits(path: &Path<'_>) -> bool {
    let first = path.first();
    let own = ["openai", "anthropic"];
    if own.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        return true;
    }
    match first {
        "models" => matches!(path.last(), "completions" | "embeddings"),
        _ => path.after("openai").is_some_and(|next| {
            ["deployments", "v1", "responses"]
                .iter()
                .any(|word| next.eq_ignore_ascii_case(word))
        }),
    }
}

/// Reads deployment and region.
pub(super) fn fill(call: &mut Recognised, host: &str, path: &Path<'_>) {
    match path.after("deployments") {
        Some(deployment) => call.destination.deployment = path::name(deployment),
        None if path.has("deployments") => refine(call, Operation::Manage),
        None => {}
    }
    // `{region}.api.cognitive.microsoft.com`, and `{name}.{region}.models.ai.azure.com` of the
    // serverless deployments: both name the resource's region.
    if let Some(region) = before(host, "api.cognitive.microsoft.com") {
        call.tell(EvidenceKind::HostRegion, region);
    } else if let Some((_, region)) =
        before(host, "models.ai.azure.com").and_then(|front| front.rsplit_once('.'))
    {
        call.tell(EvidenceKind::HostRegion, region);
    }
}
