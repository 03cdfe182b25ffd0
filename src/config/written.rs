//! The configuration as people write it: the shape of the files and nothing else.
//!
//! Knows no rule beyond names and types of keys; what the values mean is checked where the ready
//! form is built. A newcomer may ask why nearly everything is optional: a missing key is reported
//! beside all other faults of the file, not instead of them. The comments here are the
//! descriptions in `docs/schema/config.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use super::alerts::written::Alerts;
use super::at::{At, AtText};
pub(super) use super::daemon::written::Daemon;
pub(super) use super::influxdb::written::InfluxDb;
pub(super) use super::kafka::written::KafkaSource;
pub(super) use super::web::written::Web;

/// Tables by name.
pub(super) type Named<T> = BTreeMap<AtText, At<T>>;

/// The main file, `tollwatch.toml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "tollwatch configuration")]
pub(super) struct Main {
    /// The time zone of calendar days, an IANA name such as `Europe/Berlin`. Default `UTC`.
    pub(super) timezone: Option<AtText>,
    /// A further file with `[endpoint.NAME]` tables; paths are relative to the main file.
    pub(super) endpoints: Option<AtText>,
    /// A further file with `[[feature]]`, `[rule.NAME]` and `[group.NAME]` tables.
    pub(super) features: Option<AtText>,
    /// A file with your own prices; they come before the catalogue's.
    pub(super) prices: Option<AtText>,
    /// A list that `tollwatch prices update` wrote; it comes after your own prices and before the
    /// shipped ones.
    pub(super) price_import: Option<AtText>,
    /// A file with your own regions and region sets; they are added to the shipped ones.
    pub(super) regions: Option<AtText>,
    /// A file of words for a platform's row ids, written by `tollwatch names import`.
    pub(super) names: Option<AtText>,
    /// A file of what a cloud says of its deployments, written by `tollwatch registry import`.
    pub(super) inventory: Option<AtText>,
    /// Registered LLM endpoints by name.
    pub(super) endpoint: Named<Endpoint>,
    /// What the company uses LLMs for.
    pub(super) feature: Vec<At<Feature>>,
    /// Residency rules by name.
    pub(super) rule: Named<Rule>,
    /// User groups by name.
    pub(super) group: Named<Group>,
    /// Where records come from.
    pub(super) source: Sources,
    /// Databases that series are written to.
    pub(super) influxdb: Vec<At<InfluxDb>>,
    /// Alerts: rules, who is told, and how.
    pub(super) alerts: Option<At<Alerts>>,
    /// The books.
    pub(super) ledger: Ledger,
    /// What is kept at most.
    pub(super) limits: Limits,
    /// How the daemon runs.
    pub(super) daemon: Daemon,
    /// Who may look at its pages.
    pub(super) web: Option<At<Web>>,
}

/// A file of endpoints, named by `endpoints`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EndpointsFile {
    /// Registered LLM endpoints by name.
    pub(super) endpoint: Named<Endpoint>,
}

/// A file of features, named by `features`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FeaturesFile {
    /// What the company uses LLMs for.
    pub(super) feature: Vec<At<Feature>>,
    /// Residency rules by name.
    pub(super) rule: Named<Rule>,
    /// User groups by name.
    pub(super) group: Named<Group>,
}

/// A registered LLM endpoint.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["base_url"]))]
pub(super) struct Endpoint {
    /// The name that people read. Default: the table's name.
    pub(super) display_name: Option<AtText>,
    /// Scheme, host, port and path prefix: `https://contoso-weu.openai.azure.com`.
    pub(super) base_url: Option<AtText>,
    /// Paths below `base_url` that belong to this endpoint, for example
    /// `/openai/deployments/gpt-4o-weu`. Without any, every path below `base_url` does.
    pub(super) resource_paths: Vec<AtText>,
    /// Who runs the model: `azure`, `openai`, `anthropic`, `bedrock`, `vertex`, `gemini`, `watsonx`,
    /// `aleph_alpha`, `mistral`, `vllm`, `ollama`, `now_llm` or another name. Default: by host.
    pub(super) provider: Option<AtText>,
    /// How calls are authenticated, in your own words: `api_key`, `oauth2`, `aws_sigv4`.
    pub(super) auth_type: Option<AtText>,
    /// The name of the credential, never the credential.
    pub(super) credential_ref: Option<AtText>,
    /// The day by which the credential has to be replaced: `2027-01-31`.
    pub(super) credential_due: Option<AtText>,
    /// The day on which the credential was made, where `credential_kind` tells how long it lives.
    pub(super) credential_rotated: Option<AtText>,
    /// What the credential is: keys are due every quarter, `OAuth` secrets every year.
    pub(super) credential_kind: Option<At<CredentialKind>>,
    /// The model that answers: `gpt-4o`.
    pub(super) model_name: Option<AtText>,
    /// The deployment's own name, where the provider has such: `gpt-4o-weu`.
    pub(super) deployment: Option<AtText>,
    /// Other names of models served here: `{ gemini_large = "gemini-2.5-pro" }`.
    pub(super) model_aliases: BTreeMap<AtText, AtText>,
    /// The longest prompt and answer together, in tokens.
    pub(super) max_context_tokens: Option<At<u64>>,
    /// Whether the model can call tools.
    pub(super) supports_tools: Option<At<bool>>,
    /// Whether the model takes pictures.
    pub(super) supports_vision: Option<At<bool>>,
    /// The region that you ordered: `westeurope`, `azure:westeurope`, `eu-central-1`.
    pub(super) region: Option<AtText>,
    /// How far processing may wander from that region.
    pub(super) deployment_scope: Option<At<DeploymentScope>>,
    /// The endpoint that takes over when this one fails, by name.
    pub(super) fallback_endpoint_ref: Option<AtText>,
    /// What happens when this endpoint fails.
    pub(super) fallback_policy: Option<At<FallbackPolicy>>,
    /// Whose usage facts (model, tokens) count: a format or a source by name. Others serve coverage.
    pub(super) usage_from: Option<AtText>,
    /// Whose transport facts (status, latency, region) count: a format or a source by name.
    pub(super) transport_from: Option<AtText>,
    /// Calls that take longer count as over the timeout.
    pub(super) timeout_ms: Option<At<u64>>,
    /// The day on which the model is retired here. Default: what price lists tell.
    pub(super) retires: Option<AtText>,
    /// How the endpoint is paid.
    pub(super) cost_model: Option<At<CostModel>>,
    /// The residency rule for calls that name no feature: a rule, a region set or a region.
    pub(super) residency: Option<AtText>,
}

/// What a credential is, and so how long it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CredentialKind {
    /// A key: three months.
    Key,
    /// An `OAuth` secret: twelve months, in the last 30 days of which the next one works beside it.
    Oauth,
}

/// How far processing may wander.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeploymentScope {
    /// One region.
    Regional,
    /// A named zone of regions: Azure data zone, Bedrock `eu.` profile, Vertex multi-region.
    DataZone,
    /// Anywhere.
    Global,
}

/// What happens when an endpoint fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FallbackPolicy {
    /// No call may go anywhere else.
    FailClosed,
    /// Whatever the caller does.
    Default,
}

/// How an endpoint is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CostModel {
    /// By the token.
    PerToken,
    /// By the hour: provisioned throughput, own hardware. Calls have no price of their own.
    Fixed,
}

/// What the company uses an LLM for: an application and a skill.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["application", "skill"]))]
pub(super) struct Feature {
    /// The application: `itsm`.
    pub(super) application: Option<AtText>,
    /// The skill within it: `incident_summarization`.
    pub(super) skill: Option<AtText>,
    /// The name that people read. Default: `application/skill`.
    pub(super) display_name: Option<AtText>,
    /// Who answers for it.
    pub(super) owner: Option<AtText>,
    /// The endpoints it may use, by name. Without any, all of them.
    pub(super) endpoints: Vec<AtText>,
    /// Where its calls must stay: a rule, a region set or a region.
    pub(super) residency: Option<AtText>,
    /// What happens when its endpoint fails. Default: the endpoint's own policy.
    pub(super) fallback_policy: Option<At<FallbackPolicy>>,
    /// Tokens that one conversation may use.
    pub(super) conversation_token_budget: Option<At<u64>>,
    /// Its budget of a calendar month, US dollars, a decimal as text: `"900"`.
    pub(super) budget_usd_per_month: Option<AtText>,
    /// The day on which its pilot began; it is judged after 30 days.
    pub(super) pilot_since: Option<AtText>,
    /// The user groups it is meant for, by name.
    pub(super) user_groups: Vec<AtText>,
    /// What it needs of a model.
    pub(super) needs: Needs,
    /// What was assumed when it was approved.
    pub(super) approved: Approved,
    /// Which calls are its own. Without it: those that name its application and skill.
    #[serde(rename = "match")]
    pub(super) matcher: Option<At<Matcher>>,
}

/// What a feature needs of a model.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Needs {
    /// It calls tools.
    pub(super) tools: Option<bool>,
    /// It sends pictures.
    pub(super) vision: Option<bool>,
    /// The longest prompt and answer together, in tokens.
    pub(super) context_tokens: Option<u64>,
}

/// What was assumed when a feature was approved.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Approved {
    /// US cents per answered request, a decimal as text: `"4"` or `"0.85"`.
    pub(super) cents_per_call: Option<AtText>,
    /// Tokens per answered request, input and output.
    pub(super) tokens_per_call: Option<At<u64>>,
    /// Calls per day.
    pub(super) calls_per_day: Option<At<u64>>,
    /// Retries in a hundred calls, 0 to 100.
    pub(super) retry_share_percent: Option<At<u64>>,
}

/// Which calls belong to a feature: every kind given must fit, one value of each kind suffices.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Matcher {
    /// Skill by name or id, as the record tells it.
    pub(super) skill: Vec<AtText>,
    /// `ServiceNow` capability definition, by name or id.
    pub(super) definition: Vec<AtText>,
    /// A tag of the request.
    pub(super) tag: Vec<AtText>,
    /// `ServiceNow` source table.
    pub(super) source_table: Vec<AtText>,
    /// `ServiceNow` application scope.
    pub(super) scope: Vec<AtText>,
    /// Service name: OpenTelemetry `service.name`, a gateway's route.
    pub(super) service: Vec<AtText>,
    /// Caller: a key's alias, an identity, a consumer.
    pub(super) caller: Vec<AtText>,
    /// Application, as the record tells it.
    pub(super) application: Vec<AtText>,
    /// Registered endpoint, by name: every call to it is this feature's.
    pub(super) endpoint: Vec<AtText>,
}

/// A residency rule.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["regions"]))]
pub(super) struct Rule {
    /// Region sets and regions, together: `["eu", "azure:switzerlandnorth"]`.
    pub(super) regions: Vec<AtText>,
    /// The least grade of evidence that holds the rule, `A` (best) to `F`. Default: any.
    pub(super) min_grade: Option<AtText>,
}

/// A group of users.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Group {
    /// Users by id or name, as records tell them.
    pub(super) users: Vec<AtText>,
    /// Beginnings of user ids or names.
    pub(super) prefixes: Vec<AtText>,
    /// The platform's own groups, by id or name as the names file has them: their members.
    pub(super) groups: Vec<AtText>,
}

/// Where records come from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sources {
    /// Files and directories.
    pub(super) file: Vec<At<FileSource>>,
    /// Topics on Kafka clusters.
    pub(super) kafka: Vec<At<KafkaSource>>,
}

/// A source of files.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["name", "paths"]))]
pub(super) struct FileSource {
    /// The source's name in positions and figures; renaming it reads everything again.
    pub(super) name: Option<AtText>,
    /// Files, directories and patterns (`logs/*.jsonl.gz`), relative to the main file.
    pub(super) paths: Vec<AtText>,
    /// A format's name, or `auto`: each record by its own shape. Default `auto`.
    pub(super) format: Option<AtText>,
    /// Column names that come before the built-in ones, by logical field:
    /// `{ status = ["u_http_code"] }`.
    pub(super) fields: BTreeMap<AtText, Vec<AtText>>,
    /// How late a record may come after its call before its window counts as complete. Default 120.
    pub(super) grace_seconds: Option<At<u64>>,
    /// Tellers whose reports are ignored: an instrumentation's scope name, a table, a category.
    pub(super) ignore_scopes: Vec<AtText>,
}

/// The books.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Ledger {
    /// The ledger's file, relative to the main file. Default `tollwatch.db`.
    pub(super) path: Option<AtText>,
    /// How long what is kept. Days are kept for ever.
    pub(super) retention: Retention,
}

/// How long what is kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Retention {
    /// Days that cells of an hour are kept; at least `horizon_days`. Default 400.
    pub(super) hours_days: Option<At<u64>>,
    /// Days that call lines are kept; at most `horizon_days`. Default 14.
    pub(super) lines_days: Option<At<u64>>,
    /// Bytes that call lines may fill; the oldest go first. Default 1 GiB.
    pub(super) lines_bytes: Option<At<u64>>,
    /// Days after its last change that an hour closes: its minutes go, and later records for it
    /// are quarantined. Default 45.
    pub(super) horizon_days: Option<At<u64>>,
}

/// What is kept at most; past a limit the totals stay exact and the overflow is counted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    /// Distinct unknown names a day before further ones become `other`. Default 10 000.
    pub(super) unknown_names_per_day: Option<At<u64>>,
    /// Rows of evidence kept for each hour and verdict. Default 1 000.
    pub(super) evidence_per_hour: Option<At<u64>>,
    /// Quarantined records kept with their shape. Default 100 000.
    pub(super) quarantine_rows: Option<At<u64>>,
}
