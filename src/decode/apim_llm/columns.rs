//! The gateway's columns: as Event Hubs carries them, then as Log Analytics names them.
//!
//! Sources: Azure Monitor reference, tables `ApiManagementGatewayLogs` and
//! `ApiManagementGatewayLlmLog`. A newcomer may ask why `DurationMs` comes after `TotalTime`:
//! both tell the whole request, and only the second is a column of the table.

use super::super::fields::Column;

pub(super) const TIME: Column = Column::fixed(&["time", "TimeGenerated"]);
pub(super) const CORRELATION: Column = Column::fixed(&["correlationId", "CorrelationId"]);
pub(super) const REQUEST: Column = Column::fixed(&["requestId", "RequestId"]);
pub(super) const REGION: Column = Column::fixed(&["location", "Region"]);
pub(super) const BACKEND_URL: Column = Column::fixed(&["backendUrl", "BackendUrl"]);
pub(super) const URL: Column = Column::fixed(&["url", "Url"]);
pub(super) const BACKEND_STATUS: Column =
    Column::fixed(&["backendResponseCode", "BackendResponseCode"]);
pub(super) const STATUS: Column = Column::fixed(&["responseCode", "ResponseCode"]);
pub(super) const BACKEND_TIME: Column = Column::fixed(&["backendTime", "BackendTime"]);
pub(super) const DURATION: Column =
    Column::fixed(&["totalTime", "TotalTime", "durationMs", "DurationMs"]);
pub(super) const REQUEST_BYTES: Column = Column::fixed(&["requestSize", "RequestSize"]);
pub(super) const RESPONSE_BYTES: Column = Column::fixed(&["responseSize", "ResponseSize"]);
pub(super) const BACKEND_HEADERS: Column =
    Column::fixed(&["backendResponseHeaders", "BackendResponseHeaders"]);
pub(super) const API: Column = Column::fixed(&["apiId", "ApiId"]);
pub(super) const SUBSCRIPTION: Column =
    Column::fixed(&["apimSubscriptionId", "ApimSubscriptionId"]);
pub(super) const USER: Column = Column::fixed(&["userId", "UserId"]);
pub(super) const PROMPT_TOKENS: Column = Column::fixed(&["promptTokens", "PromptTokens"]);
pub(super) const CACHED_TOKENS: Column =
    Column::fixed(&["promptCachedTokens", "PromptCachedTokens"]);
pub(super) const COMPLETION_TOKENS: Column =
    Column::fixed(&["completionTokens", "CompletionTokens"]);
pub(super) const TOTAL_TOKENS: Column = Column::fixed(&["totalTokens", "TotalTokens"]);
pub(super) const MODEL: Column = Column::fixed(&["modelName", "ModelName"]);
pub(super) const DEPLOYMENT: Column = Column::fixed(&["deploymentName", "DeploymentName"]);
