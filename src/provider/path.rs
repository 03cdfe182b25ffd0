//! What a path asks for, in the shapes that providers share (OpenAI's, Anthropic's, Google's).
//!
//! Knows no host. A newcomer may ask why only the last segments count: gateways and connectors put
//! their own segments in front (`/together/v1/chat/completions`), none puts any behind.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::host::cleaned;
use crate::call::Operation;
use crate::units::Text;

/// Most segments looked at. No provider's path has more than 10; of a longer path the last one
/// stands in the last place.
const SEGMENTS_MAX: usize = 16;

/// Ends of a last segment that only Google's model API has; some clients write `%3A`.
const GOOGLE_METHODS: [&str; 6] = [
    ":generateContent",
    "%3AgenerateContent",
    ":streamGenerateContent",
    "%3AstreamGenerateContent",
    ":streamRawPredict",
    "%3AstreamRawPredict",
];

/// A path without query, cut into its segments once.
pub(super) struct Path<'a> {
    /// The path as told.
    pub(super) text: &'a str,
    segments: [&'a str; SEGMENTS_MAX],
    len: usize,
}

impl<'a> Path<'a> {
    /// Cuts a path that has no query.
    pub(super) fn of(text: &'a str) -> Path<'a> {
        let (mut segments, mut len) = ([""; SEGMENTS_MAX], 0_usize);
        let mut start = 0;
        let ends = memchr::memchr_iter(b'/', text.as_bytes()).chain([text.len()]);
        for end in ends {
            let segment = text.get(start..end).unwrap_or_default();
            start = end.saturating_add(1);
            if segment.is_empty() {
                continue;
            }
            if let Some(slot) = segments.get_mut(len.min(SEGMENTS_MAX.saturating_sub(1))) {
                *slot = segment;
            }
            len = len.saturating_add(1).min(SEGMENTS_MAX);
        }
        Path {
            text,
            segments,
            len,
        }
    }

    /// The segments, without empty ones.
    fn segments(&self) -> &[&'a str] {
        self.segments.get(..self.len).unwrap_or_default()
    }

    /// Whether there is no segment at all.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first segment; empty when there is none.
    pub(super) fn first(&self) -> &'a str {
        self.segments().first().copied().unwrap_or_default()
    }

    /// The last segment; empty when there is none.
    pub(super) fn last(&self) -> &'a str {
        self.segments().last().copied().unwrap_or_default()
    }

    /// The segment that follows the segment `name` (any case).
    pub(super) fn after(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.segments().iter();
        rest.find(|segment| segment.eq_ignore_ascii_case(name))?;
        rest.next().copied()
    }

    /// Whether the path has the segment `name` (any case).
    pub(super) fn has(&self, name: &str) -> bool {
        self.segments()
            .iter()
            .any(|segment| segment.eq_ignore_ascii_case(name))
    }

    /// What the path asks for, in OpenAI's, Anthropic's and Google's shapes. A path that nobody
    /// knows counts as a generation: a call that may cost money is shown rather than set aside.
    pub(super) fn operation(&self) -> Operation {
        let last = decoded(self.last());
        let method = last.rsplit_once(':').map(|(_, method)| method);
        match method.unwrap_or(&last) {
            "completions"
            | "responses"
            | "generations"
            | "messages"
            | "generateContent"
            | "streamGenerateContent" => return Operation::Generate,
            "embeddings" | "embed" | "embedContent" | "batchEmbedContents" => {
                return Operation::Embed;
            }
            "count_tokens" | "countTokens" | "count-tokens" | "input_tokens" | "models"
            | "tokenize" | "detokenize" | "moderations" | "tokenization" | "health" => {
                return Operation::Manage;
            }
            "batchGenerateContent" => return Operation::Batch,
            _ => {}
        }
        let mut kept = false;
        for segment in self.segments() {
            match *segment {
                "batches" | "batch" => return Operation::Batch,
                "files" | "uploads" | "fine_tuning" | "vector_stores" | "organization" => {
                    kept = true;
                }
                _ => {}
            }
        }
        // `/v1/responses/{id}` fetches what an earlier call has paid for; so does `…/{id}/cancel`.
        // `/v1/models/{id}` describes a model; `/models/{id}:generateContent` runs it.
        let mut before = self.segments().iter().rev().skip(1);
        let described = method.is_none() && before.clone().next() == Some(&"models");
        let fetched = before.any(|s| matches!(*s, "responses" | "completions"));
        if kept || fetched || described {
            Operation::Manage
        } else {
            Operation::Generate
        }
    }
}

/// A segment as a name: percent-decoded and cleaned.
pub(super) fn name(segment: &str) -> Text {
    cleaned(&decoded(segment))
}

/// A text with percent-encoding undone.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', text.as_bytes()).is_some() {
        percent_decode_str(text).decode_utf8_lossy()
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether the path alone says that this is an LLM call, whoever answers.
///
/// The test is exact on the last segments, and cheap: skimming runs it on every record.
pub(super) fn is_unmistakable(path: &str) -> bool {
    let Some((front, last)) = split_last(path.strip_suffix('/').unwrap_or(path)) else {
        return false;
    };
    let second = || split_last(front).map_or(front, |(_, second)| second);
    match last {
        "completions" => {
            second() == "chat" || is_version(second()) || Path::of(front).has("deployments")
        }
        "messages" | "responses" => is_version(second()) || is_azure(front),
        "embeddings" => is_version(second()) || is_azure(front) || is_watsonx(path),
        "chat" | "chat_stream" | "generation" | "generation_stream" => is_watsonx(path),
        "count_tokens" | "batches" => second() == "messages",
        "converse" | "converse-stream" | "invoke-with-response-stream" => {
            Path::of(front).has("model")
        }
        _ => GOOGLE_METHODS.iter().any(|method| last.ends_with(method)),
    }
}

/// The last segment and what stands before its slash.
fn split_last(path: &str) -> Option<(&str, &str)> {
    let at = memchr::memrchr(b'/', path.as_bytes())?;
    Some((path.get(..at)?, path.get(at.saturating_add(1)..)?))
}

/// Whether the path holds `/openai/deployments/`, which only Azure OpenAI and its gateways have.
fn is_azure(path: &str) -> bool {
    Path::of(path)
        .after("openai")
        .is_some_and(|next| next.eq_ignore_ascii_case("deployments"))
}

/// Whether the path is `/ml/v1/text/…` or `/ml/v1/deployments/{id}/text/…`: watsonx.ai, on IBM Cloud
/// as on a customer's own Cloud Pak for Data.
pub(super) fn is_watsonx(path: &str) -> bool {
    let Some((front, last)) = split_last(path.strip_suffix('/').unwrap_or(path)) else {
        return false;
    };
    let asks = [
        "chat",
        "chat_stream",
        "generation",
        "generation_stream",
        "embeddings",
    ];
    asks.contains(&last)
        && split_last(front).is_some_and(|(_, second)| second == "text")
        && Path::of(front).after("ml").is_some_and(is_version)
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
            assert_eq!(Path::of(path).operation(), expected, "{path}");
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
            ("/v1/models/g%3AgenerateContent", true),
            ("/v1/responses/", true),
            ("/model/eu.anthropic.claude/converse", true),
            ("/api/now/table/incident", false),
            ("/2010-04-01/Accounts/AC1/Messages.json", false),
            ("/v1/users/1/messages", false),
            ("/forms/f/responses", false),
            ("/courses/c/completions", false),
            ("/model/x/invoke", false),
            ("/api/chat", false),
            ("messages", false),
            ("/ml/v1/text/chat", true),
            ("/cpd/ml/v1/deployments/d1/text/generation_stream", true),
            ("/v1/text/chat", false),
            ("/ml/v4/predictions", false),
            ("/room/chat", false),
            ("", false),
        ];
        for (path, expected) in cases {
            assert_eq!(is_unmistakable(path), expected, "{path}");
        }
    }
}
