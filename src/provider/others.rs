//! Everybody else: providers known by their host alone, own servers, and who looks like one.
//!
//! Knows no region of theirs, with one exception (Oracle's hosts name it). A newcomer may ask why
//! vLLM has no row: its hosts are the customer's, and only the registry can name them.
//!
//! Sources: each provider's own API reference (base URL); Aleph-Alpha/aleph-alpha-client;
//! ollama/ollama `docs/api.md`. The rows are from general knowledge and easily extended by the
//! registry.

use super::host::before;
use super::path::{self, Path};
use super::{Family, Recognised};
use crate::call::{EvidenceKind, Operation};

/// The port that an Ollama server listens on unless told otherwise.
pub(super) const OLLAMA_PORT: u16 = 11434;

/// Domain (last two labels), end of the host, name.
const HOSTS: [(&str, &str, &str); 40] = [
    ("ai21.com", "api.ai21.com", "ai21"),
    ("aliyuncs.com", "dashscope.aliyuncs.com", "dashscope"),
    ("aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope"),
    ("anyscale.com", "api.endpoints.anyscale.com", "anyscale"),
    ("assemblyai.com", "llm-gateway.assemblyai.com", "assemblyai"),
    ("baseten.co", "api.baseten.co", "baseten"),
    ("baseten.co", "inference.baseten.co", "baseten"),
    ("bigmodel.cn", "open.bigmodel.cn", "zai"),
    ("cerebras.ai", "api.cerebras.ai", "cerebras"),
    (
        "cloudflare.com",
        "gateway.ai.cloudflare.com",
        "cloudflare_ai_gateway",
    ),
    ("cohere.ai", "api.cohere.ai", "cohere"),
    ("cohere.com", "api.cohere.com", "cohere"),
    ("deepinfra.com", "api.deepinfra.com", "deepinfra"),
    ("deepseek.com", "api.deepseek.com", "deepseek"),
    ("fireworks.ai", "api.fireworks.ai", "fireworks"),
    ("github.ai", "models.github.ai", "github_models"),
    (
        "githubcopilot.com",
        "api.githubcopilot.com",
        "github_copilot",
    ),
    ("groq.com", "api.groq.com", "groq"),
    (
        "huggingface.cloud",
        "endpoints.huggingface.cloud",
        "huggingface",
    ),
    (
        "huggingface.co",
        "api-inference.huggingface.co",
        "huggingface",
    ),
    ("huggingface.co", "router.huggingface.co", "huggingface"),
    ("hyperbolic.xyz", "api.hyperbolic.xyz", "hyperbolic"),
    ("jina.ai", "api.jina.ai", "jina"),
    ("minimax.io", "api.minimax.io", "minimax"),
    ("moonshot.ai", "api.moonshot.ai", "moonshot"),
    ("moonshot.cn", "api.moonshot.cn", "moonshot"),
    ("nebius.ai", "api.studio.nebius.ai", "nebius"),
    ("nebius.com", "api.studio.nebius.com", "nebius"),
    ("nebius.com", "api.tokenfactory.nebius.com", "nebius"),
    ("novita.ai", "api.novita.ai", "novita"),
    ("nvidia.com", "integrate.api.nvidia.com", "nvidia"),
    ("perplexity.ai", "api.perplexity.ai", "perplexity"),
    ("sambanova.ai", "api.sambanova.ai", "sambanova"),
    ("scaleway.ai", "api.scaleway.ai", "scaleway"),
    ("together.ai", "api.together.ai", "together"),
    ("together.xyz", "api.together.xyz", "together"),
    ("vercel.sh", "ai-gateway.vercel.sh", "vercel_ai_gateway"),
    ("voyageai.com", "api.voyageai.com", "voyage"),
    ("x.ai", "api.x.ai", "xai"),
    ("z.ai", "api.z.ai", "zai"),
];

/// Domain, end of the host, name, and the path segment that only its models have.
const HOSTS_AT: [(&str, &str, &str, &str); 6] = [
    (
        "azuredatabricks.net",
        "azuredatabricks.net",
        "databricks",
        "serving-endpoints",
    ),
    (
        "databricks.com",
        "cloud.databricks.com",
        "databricks",
        "serving-endpoints",
    ),
    ("oraclecloud.com", "oci.oraclecloud.com", "oci", "20231130"),
    ("openrouter.ai", "openrouter.ai", "openrouter", "api"),
    (
        "replicate.com",
        "api.replicate.com",
        "replicate",
        "predictions",
    ),
    (
        "snowflakecomputing.com",
        "snowflakecomputing.com",
        "snowflake",
        "cortex",
    ),
];

/// Domains whose `/v1/messages` sends text messages to telephones.
const MESSENGERS: [&str; 4] = ["nexmo.com", "vonage.com", "messagebird.com", "bird.com"];

/// The family of a host by its domain.
pub(super) fn family(domain: &str, host: &str) -> Option<Family> {
    let first = HOSTS.partition_point(|(own, _, _)| *own < domain);
    let rows = HOSTS.get(first..).unwrap_or_default();
    if let Some((_, _, name)) = rows
        .iter()
        .take_while(|(own, _, _)| *own == domain)
        .find(|(_, end, _)| before(host, end).is_some())
    {
        return Some(Family::Other(name));
    }
    HOSTS_AT
        .iter()
        .find(|(own, end, _, _)| *own == domain && before(host, end).is_some())
        .map(|(_, _, name, segment)| Family::OtherAt(name, segment))
}

/// Whether a provider or gateway of that name has a host of its own in the tables.
pub(super) fn is_name(name: &str) -> bool {
    let mut own = HOSTS.iter().map(|row| row.2);
    own.any(|known| known == name) || HOSTS_AT.iter().any(|row| row.2 == name)
}

/// Whether `/v1/messages` on this host is a text message.
pub(super) fn sends_messages(host: &str) -> bool {
    MESSENGERS.contains(&super::host::last_two_labels(host))
}

/// Reads deployment and region where the shape is a known one: gateways put Azure's path on hosts
/// of their own.
pub(super) fn fill(call: &mut Recognised, host: &str, path: &Path<'_>) {
    if path.has("openai")
        && let Some(deployment) = path.after("deployments")
    {
        call.destination.deployment = path::name(deployment);
    }
    if let Some(front) = before(host, "oci.oraclecloud.com")
        && let Some(region) = front.strip_prefix("inference.generativeai.")
    {
        call.tell(EvidenceKind::HostRegion, region);
    }
}

/// Whether the host is named as `PhariaAI`'s own manual names a customer's installation.
pub(super) fn is_pharia(host: &str) -> bool {
    host.starts_with("inference-api.")
}

/// Whether a path on a host of Aleph Alpha is the API's, not the web site's.
pub(super) fn aleph_alpha_admits(path: &Path<'_>) -> bool {
    let last = path.last();
    let words = [
        "complete",
        "embed",
        "semantic_embed",
        "batch_semantic_embed",
        "evaluate",
        "explain",
        "tokenize",
        "detokenize",
        "models_available",
        "summarize",
        "qa",
    ];
    words.contains(&last)
}

/// What a path of Aleph Alpha asks for.
pub(super) fn aleph_alpha_asks(path: &Path<'_>) -> Operation {
    match path.last() {
        "embed" | "semantic_embed" | "batch_semantic_embed" => Operation::Embed,
        "models_available" => Operation::Manage,
        _ => path.operation(),
    }
}

/// Whether a path on Ollama's port is Ollama's own.
pub(super) fn ollama_admits(path: &Path<'_>) -> bool {
    matches!(path.first(), "api" | "v1" | "")
}

/// What a path of Ollama asks for.
pub(super) fn ollama_asks(path: &Path<'_>) -> Operation {
    match path.after("api") {
        Some("embed" | "embeddings") => Operation::Embed,
        Some("chat" | "generate") => Operation::Generate,
        Some(_) => Operation::Manage,
        None => path.operation(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::host::last_two_labels;

    #[test]
    fn rows_are_in_order_and_name_their_domain() {
        assert!(HOSTS.is_sorted_by_key(|(domain, _, _)| *domain));
        for (domain, end, _) in HOSTS {
            assert_eq!(last_two_labels(end), domain);
            assert!(
                matches!(family(domain, end), Some(Family::Other(_))),
                "{end}"
            );
        }
        for (domain, end, _, _) in HOSTS_AT {
            assert_eq!(last_two_labels(end), domain);
            assert!(family(domain, end).is_some(), "{end}");
        }
    }
}
