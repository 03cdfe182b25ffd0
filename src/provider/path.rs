//! What a path asks for, in the shapes that providers share (OpenAI's, Anthropic's, Google's).
//!
//! Knows no host. A newcomer may ask why only the last segments count: gateways and connectors put
//! their own segments in front (`/together/v1/chat/completions`), none puts any behind.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::call::Operation;
use crate::units::{Text, clean_name};

/// The segments of a path, without empty ones.
pub(super) fn segments(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The segment that follows the segment `name` (any case).
pub(super) fn after<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = segments(path);
    rest.find(|segment| segment.eq_ignore_ascii_case(name))?;
    rest.next()
}

/// Whether the path has the segment `name` (any case).
pub(super) fn has(path: &str, name: &str) -> bool {
    segments(path).any(|segment| segment.eq_ignore_ascii_case(name))
}

/// A segment as a name: percent-decoded and cleaned.
pub(super) fn name(segment: &str) -> Text {
    clean_name(&decoded(segment))
}

/// A text with percent-encoding undone.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('%') {
        percent_decode_str(text).decode_utf8_lossy()
    } else {
        Cow::Borrowed(text)
    }
}

/// What the path asks for, in OpenAI's and Anthropic's shapes. A path that nobody knows counts as
/// a generation: a call that may cost money is shown rather than set aside.
pub(super) fn operation(path: &str) -> Operation {
    let mut back = segments(path).rev();
    let last = decoded(back.next().unwrap_or_default());
    let last = last.as_ref();
    let (_, method) = last.rsplit_once(':').unwrap_or(("", last));
    match method {
        "completions" | "responses" | "generations" | "messages" => return Operation::Generate,
        "embeddings" | "embed" | "embedContent" | "batchEmbedContents" => return Operation::Embed,
        "count_tokens" | "countTokens" | "count-tokens" | "input_tokens" | "models"
        | "tokenize" | "detokenize" | "moderations" | "tokenization" | "health" => {
            return Operation::Manage;
        }
        "batchGenerateContent" => return Operation::Batch,
        _ => {}
    }
    // `/v1/responses/{id}` fetches what an earlier call has paid for; so does `…/{id}/cancel`.
    if has(path, "batches") || has(path, "batch") {
        return Operation::Batch;
    }
    let fetched = back
        .take(2)
        .any(|s| matches!(s, "responses" | "completions"));
    let kept = [
        "files",
        "uploads",
        "fine_tuning",
        "vector_stores",
        "organization",
    ];
    if fetched || kept.iter().any(|s| has(path, s)) {
        return Operation::Manage;
    }
    // `/v1/models/{id}` describes a model; `/models/{id}:generateContent` runs it.
    let described = method == last && segments(path).rev().nth(1) == Some("models");
    if described {
        Operation::Manage
    } else {
        Operation::Generate
    }
}

/// Whether the path alone says that this is an LLM call, whoever answers.
///
/// The test is exact on the last segments, and cheap: skimming runs it on every record.
pub(super) fn is_unmistakable(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let mut back = path.rsplit('/');
    let (Some(last), Some(second)) = (back.next(), back.next()) else {
        return false;
    };
    match last {
        "completions" => second == "chat" || is_version(second) || has(path, "deployments"),
        "messages" | "responses" | "embeddings" => is_version(second) || is_azure(path),
        "count_tokens" | "batches" => second == "messages",
        "converse" | "converse-stream" | "invoke-with-response-stream" => has(path, "model"),
        _ => {
            let (_, method) = last.rsplit_once(':').unwrap_or_default();
            matches!(
                method,
                "generateContent" | "streamGenerateContent" | "streamRawPredict"
            )
        }
    }
}

/// Whether the path holds `/openai/deployments/`, which only Azure OpenAI and its gateways have.
fn is_azure(path: &str) -> bool {
    after(path, "openai").is_some_and(|next| next.eq_ignore_ascii_case("deployments"))
}

/// Whether a segment is `v1`, `v2`, `v1beta` and the like.
fn is_version(segment: &str) -> bool {
    matches!(segment, "v1" | "v2" | "v3" | "v4" | "v1beta" | "v1beta1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_paths() {
        use Operation::{Batch, Embed, Generate, Manage};
        let cases = [
            ("/v1/chat/completions", Generate),
            ("/together/v1/chat/completions/", Generate),
            ("/v1/completions", Generate),
            ("/v1/responses", Generate),
            ("/v1/responses/resp_1", Manage),
            ("/v1/responses/resp_1/cancel", Manage),
            ("/v1/chat/completions/chatcmpl-1", Manage),
            ("/v1/messages", Generate),
            ("/v1/messages/count_tokens", Manage),
            ("/v1/messages/batches", Batch),
            ("/v1/messages/batches/b1/results", Batch),
            ("/v1/batches/b1", Batch),
            ("/v1/embeddings", Embed),
            ("/v1/models", Manage),
            ("/v1/models/gpt-4o", Manage),
            ("/v1/files/f1/content", Manage),
            ("/v1beta/models/gemini-2.5-pro:generateContent", Generate),
            ("/v1beta/models/gemini-2.5-pro:countTokens", Manage),
            (
                "/v1beta/models/text-embedding-004:batchEmbedContents",
                Embed,
            ),
            ("/v1beta/models/gemini-2.5-pro:batchGenerateContent", Batch),
            ("/openai/deployments/models/chat/completions", Generate),
            ("/v1/something/new", Generate),
            ("", Generate),
        ];
        for (path, expected) in cases {
            assert_eq!(operation(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_that_tell_by_themselves() {
        let cases = [
            ("/v1/chat/completions", true),
            ("/gw/llm/v1/chat/completions", true),
            ("/openai/deployments/d/chat/completions", true),
            ("/openai/deployments/d/completions", true),
            ("/openai/deployments/d/embeddings", true),
            ("/v1/messages", true),
            ("/v1/messages/count_tokens", true),
            ("/v1/responses", true),
            ("/v1/embeddings", true),
            ("/v1/completions", true),
            ("/v1beta/models/g:streamGenerateContent", true),
            ("/model/eu.anthropic.claude/converse", true),
            ("/api/now/table/incident", false),
            ("/2010-04-01/Accounts/AC1/Messages.json", false),
            ("/v1/users/1/messages", false),
            ("/forms/f/responses", false),
            ("/courses/c/completions", false),
            ("/model/x/invoke", false),
            ("/api/chat", false),
            ("messages", false),
            ("", false),
        ];
        for (path, expected) in cases {
            assert_eq!(is_unmistakable(path), expected, "{path}");
        }
    }
}
