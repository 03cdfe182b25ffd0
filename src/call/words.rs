//! The closed sets of words in a report: format, scope, operation, tier, kind of evidence.
//!
//! Knows no record and no rule. A newcomer may ask why only the tier reads other people's words:
//! the other sets come from our own configuration and decoders, which already speak them.

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
