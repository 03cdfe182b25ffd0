//! OpenTelemetry `GenAI` spans as its `openai` instrumentation writes them, JSON or protobuf.
//!
//! Knows no file. Several spans of one service make one message, because exporters batch; a
//! newcomer may ask why there is no status and no region: the instrumentation tells neither.

use std::collections::BTreeMap;

use crate::units::UnixMillis;

use super::super::random::{hex_id, mix};
use super::super::truth::Told;
use super::json::{Object, quote};
use super::protobuf::Message;
use super::{Call, Framing, Row};

/// Most spans in one message.
const BATCH: usize = 16;

/// The instrumentation's scope name; how its token counts are to be read hangs on it.
const SCOPE: &str = "opentelemetry.instrumentation.genai.openai";

const NANOS_IN_MS: i64 = 1_000_000;

/// An attribute's value.
enum Value {
    Text(String),
    Int(u64),
}

struct Span {
    trace: String,
    id: String,
    name: String,
    end: UnixMillis,
    start_nanos: u64,
    end_nanos: u64,
    attributes: Vec<(&'static str, Value)>,
    failed: bool,
    told: Told,
}

/// Spans that wait for their message, by service and encoding.
#[derive(Default)]
pub(super) struct Batches(BTreeMap<(String, bool), Vec<Span>>);

impl Batches {
    /// Takes the span of a call.
    pub(super) fn add(&mut self, seed: u64, call: Call<'_>, protobuf: bool) {
        let service = format!(
            "{}-{}",
            call.skill.application,
            call.skill.name.replace('_', "-")
        );
        let spans = self.0.entry((service, protobuf)).or_default();
        spans.push(span(seed, call));
    }

    /// Writes all that waits.
    pub(super) fn flush(&mut self, at: UnixMillis, out: &mut Vec<Row>) {
        for ((service, protobuf), mut spans) in std::mem::take(&mut self.0) {
            while !spans.is_empty() {
                let rest = spans.split_off(spans.len().min(BATCH));
                let bytes = if protobuf {
                    message(&service, &spans)
                } else {
                    text(&service, &spans).into_bytes()
                };
                out.push(Row {
                    at: exported(at, &spans),
                    table: if protobuf { "otlp_protobuf" } else { "otlp" },
                    framing: if protobuf {
                        Framing::Length
                    } else {
                        Framing::Lines
                    },
                    bytes,
                    llm: true,
                    told: spans.into_iter().map(|span| span.told).collect(),
                });
                spans = rest;
            }
        }
    }
}

/// When the message is exported: the step is over and its last span too.
fn exported(at: UnixMillis, spans: &[Span]) -> UnixMillis {
    let last = spans.iter().map(|span| span.end.0).max().unwrap_or(at.0);
    UnixMillis(last.saturating_add(5000).max(at.0))
}

fn nanos(at: UnixMillis) -> u64 {
    at.0.saturating_mul(NANOS_IN_MS).unsigned_abs()
}

fn span(seed: u64, call: Call<'_>) -> Span {
    let (request, attempt) = (call.request, call.attempt);
    let model = call.requested_model();
    let conversation = hex_id(seed, "conversation", request.conversation);
    let mut attributes = vec![
        ("gen_ai.operation.name", Value::Text("chat".to_owned())),
        (
            "gen_ai.provider.name",
            Value::Text(call.endpoint.provider.clone()),
        ),
        ("gen_ai.request.model", Value::Text(model.to_owned())),
        ("gen_ai.conversation.id", Value::Text(conversation)),
        (
            "server.address",
            Value::Text(call.address().host.to_owned()),
        ),
        ("server.port", Value::Int(443)),
    ];
    let usage = request.usage();
    if call.answered() {
        let id = format!("chatcmpl-{}", hex_id(seed, "response", attempt.number));
        attributes.extend([
            (
                "gen_ai.response.model",
                Value::Text(call.endpoint.model.clone()),
            ),
            ("gen_ai.response.id", Value::Text(id)),
            ("gen_ai.usage.input_tokens", Value::Int(request.prompt)),
            ("gen_ai.usage.output_tokens", Value::Int(request.output)),
            (
                "gen_ai.usage.cache_read.input_tokens",
                Value::Int(usage.cache_read),
            ),
            (
                "gen_ai.usage.reasoning.output_tokens",
                Value::Int(usage.reasoning),
            ),
        ]);
    } else {
        let kind = match attempt.status {
            Some(429) => "openai.RateLimitError",
            Some(_) => "openai.InternalServerError",
            None => "openai.APIConnectionError",
        };
        attributes.push(("error.type", Value::Text(kind.to_owned())));
    }
    Span {
        trace: hex_id(seed, "trace", request.number),
        id: format!("{:016x}", mix(seed ^ mix(attempt.number)).max(1)),
        name: format!("chat {model}"),
        end: attempt.end(),
        start_nanos: nanos(attempt.at),
        end_nanos: nanos(attempt.end()),
        attributes,
        failed: !call.answered(),
        told: call.told_whole(usage),
    }
}

fn text(service: &str, spans: &[Span]) -> String {
    let attribute = |key: &str, value: &Value| {
        let value = match value {
            Value::Text(text) => Object::new().text("stringValue", text),
            Value::Int(number) => Object::new().digits("intValue", number),
        };
        Object::new().text("key", key).object("value", value).done()
    };
    let spans: Vec<String> = spans
        .iter()
        .map(|span| {
            let attributes: Vec<String> = span
                .attributes
                .iter()
                .map(|(key, value)| attribute(key, value))
                .collect();
            let status = if span.failed {
                Object::new().number("code", 2)
            } else {
                Object::new()
            };
            Object::new()
                .text("traceId", &span.trace)
                .text("spanId", &span.id)
                .text("name", &span.name)
                .number("kind", 3)
                .digits("startTimeUnixNano", span.start_nanos)
                .digits("endTimeUnixNano", span.end_nanos)
                .list("attributes", &attributes)
                .object("status", status)
                .done()
        })
        .collect();
    let mut scope = String::new();
    quote(&mut scope, SCOPE);
    let scope_spans = Object::new()
        .number("scope", format_args!("{{\"name\":{scope}}}"))
        .list("spans", &spans);
    let name = attribute("service.name", &Value::Text(service.to_owned()));
    let resource_spans = Object::new()
        .object("resource", Object::new().list("attributes", &[name]))
        .list("scopeSpans", &[scope_spans.done()]);
    Object::new()
        .list("resourceSpans", &[resource_spans.done()])
        .done()
}

/// `ExportTraceServiceRequest`; field numbers from opentelemetry-proto 1.x, `trace.proto` and
/// `common.proto`.
fn message(service: &str, spans: &[Span]) -> Vec<u8> {
    let attribute = |key: &str, value: &Value| {
        let value = match value {
            Value::Text(text) => Message::default().bytes(1, text.as_bytes()),
            Value::Int(number) => Message::default().number(3, *number),
        };
        Message::default()
            .bytes(1, key.as_bytes())
            .message(2, &value)
    };
    let mut scope_spans =
        Message::default().message(1, &Message::default().bytes(1, SCOPE.as_bytes()));
    for span in spans {
        let mut encoded = Message::default()
            .bytes(1, &unhex(&span.trace))
            .bytes(2, &unhex(&span.id))
            .bytes(5, span.name.as_bytes())
            .number(6, 3)
            .fixed64(7, span.start_nanos)
            .fixed64(8, span.end_nanos);
        for (key, value) in &span.attributes {
            encoded = encoded.message(9, &attribute(key, value));
        }
        let status = if span.failed {
            Message::default().number(3, 2)
        } else {
            Message::default()
        };
        scope_spans = scope_spans.message(2, &encoded.message(15, &status));
    }
    let name = attribute("service.name", &Value::Text(service.to_owned()));
    let resource = Message::default().message(1, &name);
    let resource_spans = Message::default()
        .message(1, &resource)
        .message(2, &scope_spans);
    Message::default().message(1, &resource_spans).done()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
    text.as_bytes()
        .chunks(2)
        .filter_map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high) * 16 + digit(*low)).ok(),
            _ => None,
        })
        .collect()
}
