//! Whether a span is a request to a model, and what it asks for.
//!
//! Knows no host and no count's meaning. A newcomer may ask why a span that carries token counts
//! can still be no call: agents, chains and workflows add up the counts of the calls beneath
//! them, and those calls have spans of their own.

use crate::call::Operation;

use super::span::{Around, Span, Value};
use super::tokens;

/// Names of operations that are one request for text.
const GENERATE: [&str; 9] = [
    "chat",
    "completion",
    "generate_content",
    "generate",
    "messages",
    "message",
    "responses",
    "response",
    "text_completion",
];

/// Names of operations that are one request for vectors.
const EMBED: [&str; 2] = ["embeddings", "embedding"];

/// Names of operations that are work of a program around its calls.
const AROUND: [&str; 8] = [
    "create_agent",
    "execute_task",
    "execute_tool",
    "invoke_agent",
    "invoke_workflow",
    "plan",
    "rerank",
    "retrieval",
];

/// The Anthropic SDK traces every request of its API, and names an operation only where a model
/// answers.
const NAMES_EVERY_OPERATION: &str = "com.anthropic.sdk";

/// What the span asks a model for; `None` when it is no request to one.
pub(super) fn operation(span: &Span<'_>, around: &Around<'_>) -> Option<Operation> {
    let attributes = &span.attributes;
    if let Some(kind) = attributes.text(&["openinference.span.kind"]) {
        return match kind.to_ascii_uppercase().as_str() {
            "LLM" => Some(Operation::Generate),
            "EMBEDDING" => Some(Operation::Embed),
            _ => None,
        };
    }
    if attributes.get("traceloop.span.kind").is_some() {
        return None;
    }
    let named = attributes.text(&["gen_ai.operation.name", "llm.request.type"]);
    let Some(name) = named.or_else(|| failed_openlit(span, around).map(|(name, _)| name)) else {
        let asks = attributes.text(&["gen_ai.request.model"]).is_some();
        let complete = answers(span) || span.failed || attributes.get("error.type").is_some();
        let silent = around.scope.starts_with(NAMES_EVERY_OPERATION);
        return (asks && complete && !silent).then_some(Operation::Generate);
    };
    let name = name.to_ascii_lowercase();
    if GENERATE.contains(&name.as_str()) {
        Some(Operation::Generate)
    } else if EMBED.contains(&name.as_str()) {
        Some(Operation::Embed)
    } else {
        let other = !AROUND.contains(&name.as_str()) && span.client;
        (other && answers(span)).then_some(Operation::Generate)
    }
}

/// Operation and model by the span's name, where openlit left nothing else: it sets attributes
/// after the answer, so a request that failed may have none.
pub(super) fn failed_openlit<'s>(
    span: &'s Span<'_>,
    around: &Around<'_>,
) -> Option<(&'s str, &'s str)> {
    let bare = span.failed && span.attributes.get("gen_ai.operation.name").is_none();
    let openlit = around.scope.starts_with("openlit.");
    (bare && openlit).then(|| span.name.split_once(' '))?
}

/// Whether the span tells an answer of a model: counts or a response.
fn answers(span: &Span<'_>) -> bool {
    let told = |names: &[&'static str]| {
        names.iter().any(|name| {
            matches!(
                span.attributes.get(name),
                Some(Value::Text(_) | Value::Whole(_))
            )
        })
    };
    told(&tokens::INPUT) || told(&tokens::OUTPUT) || told(&["gen_ai.response.id"])
}
