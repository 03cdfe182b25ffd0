//! The gateway's columns: as Event Hubs carries them, then as Log Analytics names them.
//!
//! Sources: Azure Monitor reference, tables `ApiManagementGatewayLogs` and
//! `ApiManagementGatewayLlmLog`. A newcomer may ask why `DurationMs` comes after `TotalTime`:
//! both tell the whole request, and only the second is a column of the table.

use super::super::fields::Column;

pub(super) const TIME: Column = Column::new("time", &["time", "TimeGenerated"]);
pub(super) const CORRELATION: Column = Column::new("id", &["correlationId", "CorrelationId"]);
pub(super) const REQUEST: Column = Column::new("request", &["requestId", "RequestId"]);
pub(super) const REGION: Column = Column::new("region", &["location", "Region"]);
pub(super) const BACKEND_URL: Column = Column::new("backend_url", &["backendUrl", "BackendUrl"]);
pub(super) const URL: Column = Column::new("url", &["url", "Url"]);
pub(super) const BACKEND_STATUS: Column = Column::new(
    "backend_status",
    &["backendResponseCode", "BackendResponseCode"],
);
pub(super) const STATUS: Column = Column::new("status", &["responseCode", "ResponseCode"]);
pub(super) const BACKEND_TIME: Column =
    Column::new("backend_duration", &["backendTime", "BackendTime"]);
pub(super) const DURATION: Column = Column::new(
    "duration",
    &["totalTime", "TotalTime", "durationMs", "DurationMs"],
);
pub(super) const REQUEST_BYTES: Column =
    Column::new("request_bytes", &["requestSize", "RequestSize"]);
pub(super) const RESPONSE_BYTES: Column =
    Column::new("response_bytes", &["responseSize", "ResponseSize"]);
pub(super) const BACKEND_HEADERS: Column = Column::new(
    "response_headers",
    &["backendResponseHeaders", "BackendResponseHeaders"],
);
pub(super) const API: Column = Column::new("service", &["apiId", "ApiId"]);
pub(super) const SUBSCRIPTION: Column =
    Column::new("caller", &["apimSubscriptionId", "ApimSubscriptionId"]);
pub(super) const USER: Column = Column::new("user", &["userId", "UserId"]);
pub(super) const PROMPT_TOKENS: Column =
    Column::new("input_tokens", &["promptTokens", "PromptTokens"]);
pub(super) const CACHED_TOKENS: Column = Column::new(
    "cached_tokens",
    &["promptCachedTokens", "PromptCachedTokens"],
);
pub(super) const COMPLETION_TOKENS: Column =
    Column::new("output_tokens", &["completionTokens", "CompletionTokens"]);
pub(super) const TOTAL_TOKENS: Column =
    Column::new("total_tokens", &["totalTokens", "TotalTokens"]);
pub(super) const MODEL: Column = Column::new("model", &["modelName", "ModelName"]);
pub(super) const DEPLOYMENT: Column =
    Column::new("deployment", &["deploymentName", "DeploymentName"]);
