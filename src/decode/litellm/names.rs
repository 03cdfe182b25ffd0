//! `LiteLLM`'s names: route prefixes of models, its own response ids, its call types.
//!
//! Knows no record. A newcomer may ask why `eu.` stays while `bedrock/converse/` goes: the first
//! is the provider's own name of a profile and tells where the call may run, the second is how
//! `LiteLLM` chooses its code.

use crate::call::Operation;

/// Route words that `LiteLLM` puts before a model's own name (`litellm/llms/bedrock/common_utils.py`,
/// `azure/common_utils.py`).
const ROUTES: [&str; 13] = [
    "bedrock",
    "converse",
    "converse_like",
    "invoke",
    "chat_completions",
    "async_invoke",
    "mantle",
    "nova",
    "nova-2",
    "openai_like",
    "o_series",
    "gpt5_series",
    "responses",
];

/// A model's own name, and the region that `bedrock/{region}/…` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Model<'a> {
    /// Without route prefixes.
    pub(super) name: &'a str,
    /// The region before it; empty where none stands.
    pub(super) region: &'a str,
}

/// Strips `LiteLLM`'s route prefixes. The provider's own name goes once, as a prefix; what follows
/// it (`meta-llama/…`, an ARN) belongs to the model.
pub(super) fn model<'a>(raw: &'a str, provider: &str) -> Model<'a> {
    let mut rest = raw.trim();
    let mut region = "";
    if let Some(inner) = rest
        .strip_prefix(provider)
        .and_then(|inner| inner.strip_prefix('/'))
        .filter(|inner| !provider.is_empty() && !inner.is_empty())
    {
        rest = inner;
    }
    while let Some((word, inner)) = rest.split_once('/') {
        if inner.is_empty() || word.starts_with("arn:") {
            break;
        }
        if is_region(word) {
            region = word;
        } else if !ROUTES.contains(&word) {
            break;
        }
        rest = inner;
    }
    Model { name: rest, region }
}

/// Whether a word is an AWS region (`eu-central-1`, `us-gov-west-1`), told by its form only.
fn is_region(word: &str) -> bool {
    let mut parts = word.split('-');
    let area = parts.next().unwrap_or_default();
    let number = parts.next_back().unwrap_or_default();
    let middle = parts.next();
    (area.len() == 2 || area == "eusc")
        && area.bytes().all(|b| b.is_ascii_lowercase())
        && number.len() == 1
        && number.bytes().all(|b| b.is_ascii_digit())
        && middle.is_some_and(|middle| middle.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The model of a price key (`azure/eu/gpt-4o-2024-11-20`): without provider and zone.
pub(super) fn priced_model(key: &str) -> &str {
    let name = key.rsplit('/').next();
    name.unwrap_or(key)
}

/// The provider's own response id inside `LiteLLM`'s `id`; `None` when the id is `LiteLLM`'s.
///
/// `LiteLLM` makes up `chatcmpl-` and a UUID for providers that do not answer in OpenAI's shape,
/// falls back to its call id on failures, and wraps ids of the responses API in Base64.
pub(super) fn response_id(id: &str, call_id: &str) -> Option<String> {
    let id = id.trim();
    let own = id.is_empty()
        || id == call_id
        || id == "None"
        || id.contains("_cache_hit")
        || is_uuid(id)
        || id.strip_prefix("chatcmpl-").is_some_and(is_uuid);
    if own {
        return None;
    }
    let wrapped = id
        .strip_prefix("resp_")
        .and_then(base64)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| text.starts_with("litellm:"));
    match wrapped {
        Some(text) => text
            .rsplit_once("response_id:")
            .map(|(_, inner)| inner.to_owned())
            .filter(|inner| !inner.is_empty()),
        None => Some(id.to_owned()),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Base64, standard or URL-safe, padded or not; `None` for any other text.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).unwrap_or(0));
        }
    }
    Some(bytes)
}

/// What a `call_type` asked for; `None` when it is no call to a model provider.
pub(super) fn operation(call_type: &str) -> Option<Operation> {
    let word = call_type.trim_start_matches('_');
    let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    if has(&["mcp", "vector_store", "ingest"])
        || matches!(
            word,
            "search" | "asearch" | "query" | "aquery" | "decisions" | "adecisions"
        )
    {
        None
    } else if has(&["embedding"]) {
        Some(Operation::Embed)
    } else if has(&["batch"]) {
        Some(Operation::Batch)
    } else if has(&[
        "moderation",
        "file",
        "assistant",
        "thread",
        "message_batches",
        "count_tokens",
        "token_counter",
        "fine_tuning",
        "retrieve",
        "_list",
        "list_",
        "delete",
        "cancel",
        "get_",
        "_content",
        "container",
        "skill",
    ]) && !word.contains("run_thread")
    {
        Some(Operation::Manage)
    } else {
        Some(Operation::Generate)
    }
}

/// The path that `LiteLLM` adds to an OpenAI-like base for that call type.
pub(super) fn path_suffix(call_type: &str) -> Option<&'static str> {
    match call_type.trim_start_matches(['a', '_']) {
        "completion" => Some("/chat/completions"),
        "text_completion" => Some("/completions"),
        "embedding" => Some("/embeddings"),
        "responses" => Some("/responses"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_without_routes() {
        let cases = [
            ("gpt-4o", "openai", "gpt-4o", ""),
            ("openai/gpt-4o", "openai", "gpt-4o", ""),
            (
                "bedrock/converse/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "bedrock",
                "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "",
            ),
            (
                "converse/eu.amazon.nova-pro-v1:0",
                "bedrock",
                "eu.amazon.nova-pro-v1:0",
                "",
            ),
            (
                "bedrock/eu-central-1/anthropic.claude-v2",
                "bedrock",
                "anthropic.claude-v2",
                "eu-central-1",
            ),
            (
                "bedrock/invoke/arn:aws:bedrock:eu-west-1:1:inference-profile/eu.x",
                "bedrock",
                "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.x",
                "",
            ),
            ("azure/o_series/o3-weu", "azure", "o3-weu", ""),
            (
                "meta-llama/Llama-3-8b",
                "together_ai",
                "meta-llama/Llama-3-8b",
                "",
            ),
            (
                "openrouter/openai/gpt-4o",
                "openrouter",
                "openai/gpt-4o",
                "",
            ),
            ("", "", "", ""),
            ("/", "", "/", ""),
        ];
        for (raw, provider, name, region) in cases {
            assert_eq!(model(raw, provider), Model { name, region }, "{raw}");
        }
        assert_eq!(
            priced_model("azure/eu/gpt-4o-2024-11-20"),
            "gpt-4o-2024-11-20"
        );
    }

    #[test]
    fn response_ids_that_are_the_providers() {
        let cases = [
            ("chatcmpl-known1", Some("chatcmpl-known1")),
            ("msg_known1", Some("msg_known1")),
            ("chatcmpl-8efddba1-b96a-44e0-8113-f74db7fefede", None),
            ("a5fdffca-dc8f-4ca5-9971-4c905a07f355", None),
            ("chatcmpl-known1_cache_hit1795257229.0217526", None),
            (
                "resp_bGl0ZWxsbTpjdXN0b21fbGxtX3Byb3ZpZGVyOm9wZW5haTttb2RlbF9pZDpOb25lO3Jlc3BvbnNlX2lkOnJlc3Bfa25vd24x",
                Some("resp_known1"),
            ),
            ("resp_known1", Some("resp_known1")),
            ("call-1", None),
            ("", None),
        ];
        for (id, expected) in cases {
            assert_eq!(response_id(id, "call-1").as_deref(), expected, "{id}");
        }
    }

    #[test]
    fn operations_and_paths_of_call_types() {
        let cases = [
            (
                "completion",
                Some(Operation::Generate),
                Some("/chat/completions"),
            ),
            (
                "acompletion",
                Some(Operation::Generate),
                Some("/chat/completions"),
            ),
            (
                "atext_completion",
                Some(Operation::Generate),
                Some("/completions"),
            ),
            (
                "text_completion",
                Some(Operation::Generate),
                Some("/completions"),
            ),
            ("aresponses", Some(Operation::Generate), Some("/responses")),
            ("anthropic_messages", Some(Operation::Generate), None),
            ("aembedding", Some(Operation::Embed), Some("/embeddings")),
            ("aretrieve_batch", Some(Operation::Batch), None),
            ("amoderation", Some(Operation::Manage), None),
            ("acreate_file", Some(Operation::Manage), None),
            ("arun_thread", Some(Operation::Generate), None),
            ("call_mcp_tool", None, None),
            ("avector_store_search", None, None),
            ("asearch", None, None),
        ];
        for (call_type, expected, path) in cases {
            assert_eq!(operation(call_type), expected, "{call_type}");
            assert_eq!(path_suffix(call_type), path, "{call_type}");
        }
    }
}
