//! Records of our own schema, and LiteLLM's `StandardLoggingPayload`.
//!
//! Knows no other format. Both tell the two halves of a call in one record, one record for each
//! try; a newcomer may ask why times of LiteLLM are written by hand: they are seconds with a
//! fraction, and integers of milliseconds make them exact.

use super::super::random::hex_id;
use super::json::Object;
use super::{Call, Row};

/// A record of our own schema.
pub(super) fn native(seed: u64, call: Call<'_>) -> Row {
    let (request, attempt) = (call.request, call.attempt);
    let mut record = Object::new()
        .number("tollwatch", 1)
        .text("id", &hex_id(seed, "native", attempt.number))
        .text("at", &attempt.at.to_string())
        .text("url", call.endpoint.url.get_ref())
        .text("method", "POST");
    record = match attempt.status {
        Some(status) => record.number("status", status),
        None => record.number("status", "null"),
    };
    record = record
        .number("latency_ms", attempt.latency_ms)
        .number("request_bytes", attempt.request_bytes)
        .number("response_bytes", attempt.response_bytes)
        .text("model", &call.endpoint.model)
        .text("requested_model", call.requested_model())
        .object(
            "region",
            Object::new().text("resource", &call.endpoint.region),
        );
    record = if call.answered() {
        let usage = Object::new()
            .number("input", request.prompt)
            .number("cache_read", request.cached)
            .number("output", request.output)
            .number("reasoning", request.reasoning)
            .number("total", request.prompt + request.output);
        record.object("usage", usage)
    } else {
        record.number("usage", "null")
    };
    let conversation = hex_id(seed, "conversation", request.conversation);
    let record = record
        .text("application", &call.skill.application)
        .text("skill", &call.skill.name)
        .text("user", &format!("user.{:04}", request.user))
        .text("conversation", &conversation);
    let told = call.told_whole(request.usage());
    Row::line(
        attempt.end().saturating_add(1500),
        "native",
        record.done(),
        vec![told],
    )
}

/// Seconds with three decimals.
fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

/// A record of LiteLLM's generic logger.
pub(super) fn litellm(seed: u64, call: Call<'_>) -> Row {
    let (request, attempt) = (call.request, call.attempt);
    let answered = call.answered();
    let count = |tokens: u64| if answered { tokens } else { 0 };
    let address = call.address();
    let base = format!("{}://{}", address.scheme, address.host);
    let id = hex_id(seed, "response", attempt.number);
    let (prompt, output) = (count(request.prompt), count(request.output));
    let usage = Object::new()
        .number("prompt_tokens", prompt)
        .number("completion_tokens", output)
        .number("total_tokens", prompt + output)
        .object(
            "prompt_tokens_details",
            Object::new().number("cached_tokens", count(request.cached)),
        )
        .object(
            "completion_tokens_details",
            Object::new().number("reasoning_tokens", count(request.reasoning)),
        );
    let metadata = Object::new()
        .text("user_api_key_alias", &call.skill.application)
        .text("user_api_key_team_alias", &call.skill.application)
        .object("usage_object", usage);
    let status = attempt
        .status
        .map_or(String::new(), |status| status.to_string());
    let error = Object::new()
        .text("error_code", if answered { "" } else { &status })
        .text("error_class", error_class(call))
        .text("llm_provider", litellm_provider(call));
    let headers = Object::new().text("llm_provider-x-ms-region", &call.endpoint.region);
    let hidden = Object::new()
        .text("api_base", &base)
        .object("additional_headers", headers);
    let record = Object::new()
        .text("id", &format!("chatcmpl-{id}"))
        .text("trace_id", &hex_id(seed, "trace", request.number))
        .text("litellm_call_id", &hex_id(seed, "litellm", attempt.number))
        .text("call_type", "acompletion")
        .number("stream", request.streamed)
        .text("status", if answered { "success" } else { "failure" })
        .text("custom_llm_provider", litellm_provider(call))
        .number("total_tokens", prompt + output)
        .number("prompt_tokens", prompt)
        .number("completion_tokens", output)
        .number("startTime", seconds(attempt.at.0))
        .number("endTime", seconds(attempt.end().0))
        .number(
            "response_time",
            seconds(super::super::traffic::signed(attempt.latency_ms)),
        )
        .text("model", call.requested_model())
        .text("model_group", &call.endpoint.alias)
        .text("api_base", &base)
        .object("metadata", metadata)
        .number("cache_hit", false)
        .list("request_tags", &[format!("\"{}\"", call.skill.name)])
        .text("end_user", &format!("user.{:04}", request.user))
        .object("error_information", error)
        .object("hidden_params", hidden);
    let told = call.told_whole(request.usage());
    Row::line(
        attempt.end().saturating_add(1500),
        "litellm",
        record.done(),
        vec![told],
    )
}

/// LiteLLM's word for the provider.
fn litellm_provider(call: Call<'_>) -> &str {
    match call.endpoint.provider.as_str() {
        "azure.ai.openai" => "azure",
        "aws.bedrock" => "bedrock",
        "gcp.vertex_ai" => "vertex_ai",
        other => other,
    }
}

/// LiteLLM's exception classes.
fn error_class(call: Call<'_>) -> &'static str {
    match call.attempt.status {
        Some(200..=299) => "",
        Some(429) => "RateLimitError",
        Some(503) => "ServiceUnavailableError",
        Some(_) => "InternalServerError",
        None => "APIConnectionError",
    }
}
