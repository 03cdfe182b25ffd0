//! Azure's exports: the resource's diagnostic log, and API Management's two gateway logs.
//!
//! Knows no other format. The diagnostic log tells transport facts only; API Management tells
//! transport and usage in two records under one correlation id, each try under its own.

use super::super::random::hex_id;
use super::super::truth::Told;
use super::json::Object;
use super::{Call, Row, date};

/// .NET ticks (100 ns since year 1) at 1970.
const TICKS_AT_1970: i64 = 621_355_968_000_000_000;

fn ticks(millis: i64) -> i64 {
    TICKS_AT_1970 + millis * 10_000
}

fn time(call: Call<'_>) -> String {
    call.attempt
        .at
        .to_utc()
        .format("%Y-%m-%dT%H:%M:%S%.3f0000Z")
        .to_string()
}

/// The resource's name: the first label of the host.
fn resource(call: Call<'_>) -> String {
    let host = call.address().host;
    host.split('.').next().unwrap_or_default().to_uppercase()
}

fn only_call(call: Call<'_>) -> Told {
    Told {
        date: date(call.attempt.at),
        feature: call.feature(),
        call: Some(call.attempt.class()),
        request: None,
    }
}

fn records(text: Object) -> String {
    Object::new().list("records", &[text.done()]).done()
}

/// One `RequestResponse` record. A call without an answer never reached the service's log as
/// such: it stands there as a 503.
pub(super) fn diagnostics(seed: u64, call: Call<'_>) -> Row {
    let attempt = call.attempt;
    let status = attempt.status.unwrap_or(503);
    let properties = Object::new()
        .text("apiName", "Azure OpenAI API version 2024-10-21")
        .number("requestTime", ticks(attempt.at.0))
        .number("requestLength", attempt.request_bytes)
        .number("responseTime", ticks(attempt.end().0))
        .number("responseLength", attempt.response_bytes)
        .text("objectId", "")
        .text(
            "streamType",
            if call.request.streamed {
                "Streaming"
            } else {
                "Non-Streaming"
            },
        )
        .text("modelDeploymentName", &call.endpoint.deployment)
        .text("modelName", &call.endpoint.model)
        .text("modelVersion", "");
    let account = format!(
        "/SUBSCRIPTIONS/5D1F0A7E-0000-4000-8000-000000000001/RESOURCEGROUPS/AI/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/{}",
        resource(call)
    );
    let record = Object::new()
        .text("Tenant", &call.region_code())
        .text("callerIpAddress", "203.0.113.***")
        .text("category", "RequestResponse")
        .text(
            "correlationId",
            &hex_id(seed, "provider-request", attempt.number),
        )
        .number("durationMs", attempt.latency_ms)
        .text("event", "ShoeboxCallResult")
        .text("location", &call.region_code())
        .text("operationName", "ChatCompletions_Create")
        .object("properties", properties)
        .text("resourceId", &account)
        .text("resultSignature", &status.to_string())
        .text("time", &time(call));
    let told = Told {
        call: Some(crate::call::Class::of_status(Some(status))),
        ..only_call(call)
    };
    let at = attempt.end().saturating_add(90_000);
    Row::line(at, "azure_diagnostics", records(record), vec![told])
}

/// The `GatewayLogs` record of a call, and the `GatewayLlmLogs` record when it was answered.
pub(super) fn gateway(seed: u64, call: Call<'_>, out: &mut Vec<Row>) {
    let (request, attempt) = (call.request, call.attempt);
    let correlation = hex_id(seed, "apim", attempt.number);
    let path = call.address().path;
    let status = attempt.status.unwrap_or(0);
    let properties = Object::new()
        .text("method", "POST")
        .text("url", &format!("https://contoso-apim.azure-api.net{path}"))
        .text("backendUrl", call.endpoint.url.get_ref())
        .number("backendResponseCode", status)
        .number("responseCode", if status == 0 { 500 } else { status })
        .number("backendTime", attempt.latency_ms)
        .number("requestSize", attempt.request_bytes)
        .number("responseSize", attempt.response_bytes)
        .text("apiId", "azure-openai")
        .text("userId", &call.skill.application);
    let account = "/SUBSCRIPTIONS/5D1F0A7E-0000-4000-8000-000000000001/RESOURCEGROUPS/AI/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/CONTOSO-APIM";
    let envelope = |category: &str| {
        Object::new()
            .text("time", &time(call))
            .text("category", category)
            .text("location", &call.endpoint.region)
            .text("resourceId", account)
            .text("correlationId", &correlation)
    };
    let record = envelope("GatewayLogs")
        .text("callerIpAddress", "10.1.2.3")
        .object("properties", properties);
    let at = attempt.end().saturating_add(30_000);
    out.push(Row::line(
        at,
        "apim_llm",
        records(record),
        vec![only_call(call)],
    ));
    if !call.answered() {
        return;
    }
    let properties = Object::new()
        .text("correlationId", &correlation)
        .text("requestId", &hex_id(seed, "apim-request", attempt.number))
        .text("modelName", call.requested_model())
        .text("deploymentName", &call.endpoint.deployment)
        .number("promptTokens", request.prompt)
        .number("promptCachedTokens", request.cached)
        .number("completionTokens", request.output)
        .number("totalTokens", request.prompt + request.output)
        .number("isStreamCompletion", request.streamed)
        .number("sequenceNumber", 0);
    let record = envelope("GatewayLlmLogs").object("properties", properties);
    let usage = crate::call::Usage {
        reasoning: 0,
        ..request.usage()
    };
    let told = Told {
        call: None,
        request: Some((attempt.class(), usage)),
        ..only_call(call)
    };
    out.push(Row::line(
        at.saturating_add(400),
        "apim_llm",
        records(record),
        vec![told],
    ));
}
