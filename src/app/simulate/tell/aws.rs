//! Amazon Bedrock's model invocation log.
//!
//! Knows no other format. A newcomer may ask why a call without an answer is told as an error of
//! the service: the log is written by the service, which always has an answer.

use crate::call::Class;

use super::super::random::hex_id;
use super::json::Object;
use super::{Call, Row};

/// One record of the invocation log.
pub(super) fn invocation(seed: u64, call: Call<'_>) -> Row {
    let (request, attempt) = (call.request, call.attempt);
    let identity = format!(
        "arn:aws:sts::123456789012:assumed-role/{}/servicenow",
        call.skill.application
    );
    let metadata = Object::new()
        .text("application", &call.skill.application)
        .text("skill", &call.skill.name);
    let mut record = Object::new()
        .text("schemaType", "ModelInvocationLog")
        .text("schemaVersion", "1.0")
        .text(
            "timestamp",
            &attempt.at.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        )
        .text("accountId", "123456789012")
        .object("identity", Object::new().text("arn", &identity))
        .text("region", &host_region(call))
        .text(
            "requestId",
            &hex_id(seed, "provider-request", attempt.number),
        )
        .text("operation", "Converse")
        .text("modelId", call.requested_model())
        .object("requestMetadata", metadata);
    let usage = request.usage();
    if call.answered() {
        let stated = Object::new()
            .number("inputTokens", usage.input)
            .number("outputTokens", usage.output)
            .number("cacheReadInputTokens", usage.cache_read)
            .number("totalTokens", request.prompt + usage.output);
        let body = Object::new()
            .text("stopReason", "end_turn")
            .object(
                "metrics",
                Object::new().number("latencyMs", attempt.latency_ms),
            )
            .object("usage", stated);
        let input = Object::new()
            .text("inputContentType", "application/json")
            .number("inputTokenCount", usage.input)
            .number("cacheReadInputTokenCount", usage.cache_read)
            .number("cacheWriteInputTokenCount", 0);
        let output = Object::new()
            .text("outputContentType", "application/json")
            .object("outputBodyJson", body)
            .number("outputTokenCount", usage.output);
        record = record
            .text("inferenceRegion", &call.region_code())
            .object("input", input)
            .object("output", output);
    } else {
        record = record.text("errorCode", error_code(attempt.class()));
    }
    let told = call.told_whole(usage);
    Row::line(
        attempt.end().saturating_add(60_000),
        "bedrock_invocation",
        record.done(),
        vec![told],
    )
}

/// The region in the host, `bedrock-runtime.{region}.amazonaws.com`, else where it ran.
fn host_region(call: Call<'_>) -> String {
    let host = call.address().host;
    let inner = host.strip_prefix("bedrock-runtime.");
    let region = inner.and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    region.map_or_else(|| call.region_code(), str::to_owned)
}

fn error_code(class: Class) -> &'static str {
    match class {
        Class::Throttled => "ThrottlingException",
        Class::Timeout => "ModelTimeoutException",
        Class::Auth => "AccessDeniedException",
        Class::ClientError => "ValidationException",
        Class::Ok | Class::ServerError | Class::NoAnswer | Class::Failed => {
            "ServiceUnavailableException"
        }
    }
}
