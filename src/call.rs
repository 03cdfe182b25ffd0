//! What passes between the stages: one [`Report`] is what one source tells of one call.
//!
//! Knows no format's field names, no price and no rule. A newcomer may ask why a report is not a
//! call: ServiceNow tells each call in two halves that share no key, so a report carries
//! **transport** facts (where, status, time), **usage** facts (model, tokens), or both, and each
//! figure names the group it comes from. Absent is `None` or an empty [`Text`], never 0.

use crate::ids::Identity;
use crate::units::{Millis, Text, UnixMillis};

/// The log formats that tollwatch reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A row of ServiceNow's `sys_outbound_http_log`.
    ServicenowOutbound,
    /// A row of ServiceNow's `sys_generative_ai_log`.
    ServicenowGenai,
    /// Our own schema, `docs/schema/native.json`.
    Native,
    /// OpenTelemetry `GenAI` spans, JSON or protobuf.
    Otlp,
    /// `LiteLLM`'s `StandardLoggingPayload`.
    Litellm,
    /// Amazon Bedrock's model invocation log.
    BedrockInvocation,
    /// Azure OpenAI's diagnostic log `RequestResponse`.
    AzureDiagnostics,
    /// Azure API Management's `GatewayLogs` and `GatewayLlmLogs`.
    ApimLlm,
}

impl Format {
    /// All of them, in order.
    pub const ALL: [Format; 8] = [
        Format::ServicenowOutbound,
        Format::ServicenowGenai,
        Format::Native,
        Format::Otlp,
        Format::Litellm,
        Format::BedrockInvocation,
        Format::AzureDiagnostics,
        Format::ApimLlm,
    ];

    /// The name used in configuration, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::ServicenowOutbound => "servicenow_outbound",
            Format::ServicenowGenai => "servicenow_genai",
            Format::Native => "native",
            Format::Otlp => "otlp",
            Format::Litellm => "litellm",
            Format::BedrockInvocation => "bedrock_invocation",
            Format::AzureDiagnostics => "azure_diagnostics",
            Format::ApimLlm => "apim_llm",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Format> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// Who runs the model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Azure OpenAI and Microsoft Foundry (whatever model family is served there).
    Azure,
    /// OpenAI.
    Openai,
    /// Anthropic's own API.
    Anthropic,
    /// Amazon Bedrock.
    Bedrock,
    /// Google Vertex AI.
    Vertex,
    /// Google Gemini API (AI Studio).
    Gemini,
    /// IBM watsonx.ai.
    Watsonx,
    /// Aleph Alpha.
    AlephAlpha,
    /// Mistral.
    Mistral,
    /// A vLLM server.
    Vllm,
    /// An Ollama server.
    Ollama,
    /// ServiceNow's own Now LLM Service.
    NowLlm,
    /// Anybody else, by a lower-case name (`together`, `groq`, a host).
    Other(Text),
}

/// How far a deployment's processing may wander.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One region.
    Regional,
    /// A named zone of regions (Azure data zone, Bedrock `eu.` profile, Vertex multi-region).
    DataZone,
    /// Anywhere.
    Global,
}

impl Scope {
    /// The word used in configuration, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Regional => "regional",
            Scope::DataZone => "data_zone",
            Scope::Global => "global",
        }
    }
}

/// What the request asked the provider for, as far as host and path tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Chat, completions, responses, messages, generation.
    #[default]
    Generate,
    /// Embeddings.
    Embed,
    /// Submitting, polling or fetching a batch.
    Batch,
    /// Counting tokens, listing models and other calls that use no tokens.
    Manage,
}

impl Operation {
    /// The word used in tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Generate => "generate",
            Operation::Embed => "embed",
            Operation::Batch => "batch",
            Operation::Manage => "manage",
        }
    }
}

/// Where a call went, as the record tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Who runs the model, where host, path or the record says.
    pub provider: Option<Provider>,
    /// Host in lower case, without port; empty when the record has none.
    pub host: Text,
    /// Port where it is not the scheme's own.
    pub port: Option<u16>,
    /// Path as told, percent-encoding kept, without query; empty when the record has none.
    pub path: Text,
    /// The customer's deployment name (Azure), where the path or record has one.
    pub deployment: Text,
    /// The model named by path or record for the *request* (Bedrock model id, Vertex model).
    pub model: Text,
    /// The deployment scope that the name itself tells (`eu.` profile, `locations/global`).
    pub scope: Option<Scope>,
    /// What was asked for.
    pub operation: Operation,
}

/// What became of a call or request; one class each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Answered.
    Ok,
    /// 429.
    Throttled,
    /// 401 or 403.
    Auth,
    /// Another 4xx, or 3xx.
    ClientError,
    /// 5xx, Anthropic's 529 among them.
    ServerError,
    /// 408, 504, or the client gave up waiting.
    Timeout,
    /// No answer: connection failed, status 0 or empty.
    NoAnswer,
    /// An error whose kind the report does not tell.
    Failed,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Class; 8] = [
        Class::Ok,
        Class::Throttled,
        Class::Auth,
        Class::ClientError,
        Class::ServerError,
        Class::Timeout,
        Class::NoAnswer,
        Class::Failed,
    ];

    /// The word for tables, series and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Ok => "ok",
            Class::Throttled => "throttled",
            Class::Auth => "auth",
            Class::ClientError => "client_error",
            Class::ServerError => "server_error",
            Class::Timeout => "timeout",
            Class::NoAnswer => "no_answer",
            Class::Failed => "failed",
        }
    }

    /// The class of an HTTP status; `None` (or 0) is no answer.
    #[must_use]
    pub fn of_status(status: Option<u16>) -> Class {
        match status {
            None | Some(0) => Class::NoAnswer,
            Some(200..=299) => Class::Ok,
            Some(429) => Class::Throttled,
            Some(401 | 403) => Class::Auth,
            Some(408 | 504) => Class::Timeout,
            Some(500..=599) => Class::ServerError,
            Some(_) => Class::ClientError,
        }
    }

    /// The class that an error text or type name tells: `RateLimitError`, `with code: 401`,
    /// `ThrottlingException`, `529`. `None` when it tells nothing.
    #[must_use]
    pub fn of_error(text: &str) -> Option<Class> {
        if let Some(status) = status_in(text) {
            return Some(Class::of_status(Some(status)));
        }
        let lower: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        let told = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if told(&[
            "ratelimit",
            "throttl",
            "toomanyrequests",
            "resourceexhausted",
            "quota",
            "modelnotready",
        ]) {
            Some(Class::Throttled)
        } else if told(&["timeout", "timedout", "deadlineexceeded"]) {
            Some(Class::Timeout)
        } else if told(&[
            "authentication",
            "unauthorized",
            "permissiondenied",
            "accessdenied",
            "forbidden",
            "invalidapikey",
        ]) {
            Some(Class::Auth)
        } else if told(&[
            "connection",
            "connect",
            "unreachable",
            "dns",
            "econn",
            "socket",
        ]) {
            Some(Class::NoAnswer)
        } else if told(&[
            "overloaded",
            "serviceunavailable",
            "internalserver",
            "servererror",
            "badgateway",
            "unavailable",
        ]) {
            Some(Class::ServerError)
        } else if told(&[
            "badrequest",
            "invalidrequest",
            "validation",
            "notfound",
            "unprocessable",
            "contentfilter",
            "contextlength",
            "contextwindow",
        ]) {
            Some(Class::ClientError)
        } else {
            None
        }
    }
}

/// An HTTP error status (400 to 599) that stands alone as a number in `text`.
fn status_in(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == 3)
        .filter_map(|word| word.parse::<u16>().ok())
        .find(|status| (400..600).contains(status))
}

/// The transport half of a report: what a call's host, status and clock told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transport {
    /// HTTP status; `None` when there was no answer or the report does not tell (see `class`).
    pub status: Option<u16>,
    /// What became of the call.
    pub class: Option<Class>,
    /// From request to last byte.
    pub latency: Option<Millis>,
    /// Request size in bytes.
    pub request_bytes: Option<u64>,
    /// Response size in bytes.
    pub response_bytes: Option<u64>,
    /// Retries that the record itself states were made inside this one report.
    pub stated_retries: Option<u32>,
    /// The deployment that a spillover header says the call was moved from.
    pub spillover_from: Text,
    /// Requests left before the rate limit, where a header told.
    pub remaining_requests: Option<i64>,
    /// Tokens left before the rate limit, where a header told.
    pub remaining_tokens: Option<i64>,
    /// What a header told to wait before the next try.
    pub retry_after: Option<Millis>,
}

/// Tokens in disjoint buckets: the input buckets add up to the whole input; reasoning is a part
/// of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usage {
    /// Fresh input tokens: neither read from nor written to a cache.
    pub input: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to a cache for five minutes (or without a stated time).
    pub cache_write_5m: u64,
    /// Input tokens written to a cache for an hour.
    pub cache_write_1h: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Of the output: reasoning ("thinking") tokens.
    pub reasoning: u64,
}

impl Usage {
    /// All input, caches included.
    #[must_use]
    pub fn total_input(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Input and output.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_input().saturating_add(self.output)
    }
}

/// What a usage report cannot tell although a price may hang on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Untold {
    /// Which input tokens came from or went to a cache.
    pub cache: bool,
    /// Where inference ran or could have run, for providers that charge by it.
    pub geo: bool,
    /// Whether the counts follow the stated convention (input with or without cache): the format
    /// leaves it open and no total settles it.
    pub convention: bool,
}

/// A price tier that the provider named for the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The ordinary one.
    #[default]
    Standard,
    /// Batch API.
    Batch,
    /// Flex processing.
    Flex,
    /// Priority processing.
    Priority,
    /// Fast mode.
    Fast,
    /// Provisioned throughput: paid by the hour.
    Provisioned,
}

impl Tier {
    /// The word used in configuration, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Standard => "standard",
            Tier::Batch => "batch",
            Tier::Flex => "flex",
            Tier::Priority => "priority",
            Tier::Fast => "fast",
            Tier::Provisioned => "provisioned",
        }
    }

    /// The tier of a provider's word (`default`, `ON_DEMAND_FLEX`, `PROVISIONED_THROUGHPUT`, …).
    #[must_use]
    pub fn parse(word: &str) -> Option<Tier> {
        match word.to_ascii_lowercase().as_str() {
            "standard" | "default" | "auto" | "on_demand" | "standard_only" | "scale" | "" => {
                Some(Tier::Standard)
            }
            "batch" => Some(Tier::Batch),
            "flex" | "on_demand_flex" => Some(Tier::Flex),
            "priority" | "on_demand_priority" => Some(Tier::Priority),
            "fast" => Some(Tier::Fast),
            "provisioned" | "provisioned_throughput" | "reserved" => Some(Tier::Provisioned),
            _ => None,
        }
    }
}

/// The usage half of a report: what model and tokens told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UsageReport {
    /// The model as the answer named it, else as requested; as told, not resolved.
    pub model: Text,
    /// The model as requested, where it differs or is all there is (may be a platform's alias).
    pub requested_model: Text,
    /// Tokens; `None` when the report tells none (an error, a cut stream).
    pub usage: Option<Usage>,
    /// What the report cannot tell.
    pub untold: Untold,
    /// The provider's total disagrees with the sum of the buckets.
    pub total_mismatch: bool,
    /// Audio tokens among the counts: priced apart, so text rates would be wrong.
    pub audio: bool,
    /// The price tier, where told.
    pub tier: Option<Tier>,
    /// Server-side web searches, priced by the piece.
    pub web_searches: u64,
    /// A gateway answered from its own cache: the provider was not asked and costs nothing.
    pub gateway_cache_hit: bool,
    /// What became of the request.
    pub class: Option<Class>,
    /// How long the request took by this teller's clock, where told.
    pub duration: Option<Millis>,
    /// ServiceNow's `external`: whether the company's own endpoint was used.
    pub external: Option<bool>,
}

/// Who made the call, as told; plain values stay in memory only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Application, where the record names it.
    pub application: Text,
    /// Skill or feature, by name or id.
    pub skill: Text,
    /// `ServiceNow` capability definition.
    pub definition: Text,
    /// `ServiceNow` application scope.
    pub scope: Text,
    /// `ServiceNow` source table.
    pub source_table: Text,
    /// Service name (OpenTelemetry `service.name`, gateway route).
    pub service: Text,
    /// Caller: key alias, identity, consumer.
    pub caller: Text,
    /// Tags, sorted, without repeats.
    pub tags: Vec<Text>,
    /// User, plain; becomes a keyed fingerprint.
    pub user: Text,
    /// Conversation or session, plain; becomes a keyed fingerprint.
    pub conversation: Text,
    /// Reference of the credential used (a key's alias or id), never the credential.
    pub credential: Text,
}

/// What kind of fact tells where a call landed. The grade hangs on the deployment's scope too, so
/// [`crate::residency`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// The provider states where inference ran (`inferenceRegion`).
    InferenceRegion,
    /// The provider states a geography of inference (`usage.inference_geo`).
    InferenceGeo,
    /// A region stands in the host (`bedrock-runtime.eu-central-1…`, `{region}-aiplatform…`).
    HostRegion,
    /// A region stands in the path (Vertex `locations/{loc}`, an ARN's region).
    PathRegion,
    /// The provider states the resource's region (`x-ms-region`, a diagnostic log's `location`).
    ResourceRegion,
    /// The host or path names a zone of regions (`eu.` profile, `aiplatform.eu.rep…`).
    Zone,
    /// The host or path names the global service.
    Global,
    /// A gateway's own region (APIM `location`).
    GatewayRegion,
    /// The client's setting of the region (`cloud.region` of an AWS client span, `awsRegion`).
    ClientRegion,
    /// A destination address in a published range.
    FrontDoorAddress,
    /// An imported inventory of the cloud account.
    Inventory,
    /// The registry says so.
    Registry,
}

impl EvidenceKind {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::InferenceRegion => "inference_region",
            EvidenceKind::InferenceGeo => "inference_geo",
            EvidenceKind::HostRegion => "host_region",
            EvidenceKind::PathRegion => "path_region",
            EvidenceKind::ResourceRegion => "resource_region",
            EvidenceKind::Zone => "zone",
            EvidenceKind::Global => "global",
            EvidenceKind::GatewayRegion => "gateway_region",
            EvidenceKind::ClientRegion => "client_region",
            EvidenceKind::FrontDoorAddress => "front_door_address",
            EvidenceKind::Inventory => "inventory",
            EvidenceKind::Registry => "registry",
        }
    }
}

/// A fact of the record that says where the call landed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// What kind of fact.
    pub kind: EvidenceKind,
    /// The region or zone as told (`East US`, `eu-central-1`, `eu`); `global` for
    /// [`EvidenceKind::Global`]. Not yet normalised.
    pub told: Text,
}

/// What one source tells of one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Report {
    /// The format it came in.
    pub format: Format,
    /// Who tells within the format: an instrumentation's scope name, a table, a log category. Two
    /// tellers of one call are shown as a pair where they contradict.
    pub teller: Text,
    /// The call's key.
    pub identity: Identity,
    /// When the call began, as near as the report tells.
    pub at: UnixMillis,
    /// Order among calls of one millisecond, where the producer numbers them.
    pub sequence: Text,
    /// Where it went.
    pub destination: Destination,
    /// Transport facts, where the report has them.
    pub transport: Option<Transport>,
    /// Usage facts, where the report has them.
    pub usage: Option<UsageReport>,
    /// Who made it.
    pub origin: Origin,
    /// Facts on where it landed, from host, path and record.
    pub evidence: Vec<Evidence>,
}

impl Provider {
    /// The name used in configuration, cells and tests.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Provider::Azure => "azure",
            Provider::Openai => "openai",
            Provider::Anthropic => "anthropic",
            Provider::Bedrock => "bedrock",
            Provider::Vertex => "vertex",
            Provider::Gemini => "gemini",
            Provider::Watsonx => "watsonx",
            Provider::AlephAlpha => "aleph_alpha",
            Provider::Mistral => "mistral",
            Provider::Vllm => "vllm",
            Provider::Ollama => "ollama",
            Provider::NowLlm => "now_llm",
            Provider::Other(name) => name,
        }
    }

    /// The provider of a name as instrumentations, gateways, catalogues and people write it.
    /// `None` for an empty name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Provider> {
        let lower = crate::units::clean_name(&name.to_lowercase());
        // Spellings differ in what stands between the words: `aws.bedrock`, `AWS Bedrock`.
        let words = lower.replace(['.', '-', ' '], "_");
        Some(match words.as_str() {
            "" => return None,
            "azure" | "azure_openai" | "azure_ai_openai" | "azure_ai_inference"
            | "az_ai_openai" | "az_ai_inference" | "azure_ai" | "azure_text" | "azureopenai"
            | "microsoft" | "microsoft_foundry" | "azure_foundry" | "azure_ai_foundry"
            | "foundry" => Provider::Azure,
            "openai" | "open_ai" | "text_completion_openai" => Provider::Openai,
            "anthropic" => Provider::Anthropic,
            "bedrock" | "aws" | "aws_bedrock" | "amazon_bedrock" | "bedrock_converse"
            | "bedrock_runtime" | "amazon" => Provider::Bedrock,
            "vertex" | "vertex_ai" | "vertexai" | "gcp_vertex_ai" | "gcp_vertex_agent"
            | "vertex_ai_beta" | "google_vertexai" | "google_vertex" | "google_vertex_ai"
            | "gcp" => Provider::Vertex,
            "gemini" | "google" | "gcp_gemini" | "gcp_gen_ai" | "google_genai" | "google_gla"
            | "google_ai_studio" | "google_ai" | "google_gemini" => Provider::Gemini,
            "watsonx" | "watsonx_text" | "ibm_watsonx_ai" | "ibm_watsonx" | "ibm"
            | "watsonx_ai" => Provider::Watsonx,
            "aleph_alpha" | "alephalpha" | "pharia" | "phariaai" => Provider::AlephAlpha,
            "mistral" | "mistral_ai" | "mistralai" => Provider::Mistral,
            "vllm" | "hosted_vllm" => Provider::Vllm,
            "ollama" | "ollama_chat" => Provider::Ollama,
            "now_llm" | "nowllm" | "now_llm_service" => Provider::NowLlm,
            _ => Provider::Other(lower),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_statuses() {
        let cases = [
            (None, Class::NoAnswer),
            (Some(0), Class::NoAnswer),
            (Some(200), Class::Ok),
            (Some(204), Class::Ok),
            (Some(302), Class::ClientError),
            (Some(401), Class::Auth),
            (Some(403), Class::Auth),
            (Some(404), Class::ClientError),
            (Some(408), Class::Timeout),
            (Some(429), Class::Throttled),
            (Some(500), Class::ServerError),
            (Some(504), Class::Timeout),
            (Some(529), Class::ServerError),
        ];
        for (status, class) in cases {
            assert_eq!(Class::of_status(status), class, "{status:?}");
        }
    }

    #[test]
    fn classes_of_errors() {
        let cases = [
            ("openai.RateLimitError", Some(Class::Throttled)),
            ("rate_limit_error", Some(Class::Throttled)),
            ("429", Some(Class::Throttled)),
            (
                "botocore.errorfactory.ThrottlingException",
                Some(Class::Throttled),
            ),
            ("Request failed with code: 401", Some(Class::Auth)),
            ("529 overloaded_error", Some(Class::ServerError)),
            ("APITimeoutError", Some(Class::Timeout)),
            ("APIConnectionError", Some(Class::NoAnswer)),
            ("invalid_api_key", Some(Class::Auth)),
            ("Error", None),
            ("", None),
        ];
        for (text, class) in cases {
            assert_eq!(Class::of_error(text), class, "{text}");
        }
    }

    #[test]
    fn providers_by_every_name_seen() {
        assert_eq!(Provider::parse("azure.ai.openai"), Some(Provider::Azure));
        assert_eq!(Provider::parse("gcp.vertex_ai"), Some(Provider::Vertex));
        assert_eq!(
            Provider::parse("Groq"),
            Some(Provider::Other("groq".into()))
        );
        assert_eq!(Provider::parse(" "), None);
    }
}
