//! Each provider's usage object with the buckets that its documentation says are true.

use super::*;

/// fresh input, cache read, cache write 5 m, cache write 1 h, output, reasoning
type Buckets = [u64; 6];

fn told(text: &str, model: &str) -> Result<Option<ProviderUsage>, Reject> {
    read(&Json::parse(text.as_bytes()).unwrap(), model)
}

fn buckets(told: &ProviderUsage) -> Buckets {
    let usage = told.usage;
    [
        usage.input,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
    ]
}

fn check(cases: &[(&str, &str, Buckets)]) {
    for (text, model, expected) in cases {
        let told = told(text, model).unwrap().unwrap();
        assert_eq!(buckets(&told), *expected, "{text}");
        assert!(!told.total_mismatch, "{text}");
    }
}

#[test]
fn openais_shapes_in_disjoint_buckets() {
    check(&[
        // OpenAI chat: cached and reasoning are parts.
        (
            r#"{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"cache_write_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":128}}"#,
            "gpt-4o",
            [86, 1920, 0, 0, 300, 128],
        ),
        (
            r#"{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1000,"cache_write_tokens":6}}"#,
            "gpt-5.6",
            [1000, 1000, 6, 0, 300, 0],
        ),
        // Embeddings tell no output.
        (
            r#"{"prompt_tokens":8,"total_tokens":8}"#,
            "",
            [8, 0, 0, 0, 0, 0],
        ),
        // Reasoning beside output, as the total says.
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":100}}"#,
            "grok-4",
            [10, 0, 0, 0, 105, 100],
        ),
        // LiteLLM's rewriting of Anthropic.
        (
            r#"{"completion_tokens":393,"prompt_tokens":1333,"total_tokens":1726,"prompt_tokens_details":{"cached_tokens":1024,"cache_creation_tokens":288,"cache_write_tokens":288,"cache_creation_token_details":{"ephemeral_5m_input_tokens":188,"ephemeral_1h_input_tokens":100}},"cache_creation_input_tokens":288,"cache_read_input_tokens":1024}"#,
            "claude-sonnet-4-6",
            [21, 1024, 188, 100, 393, 0],
        ),
        // OpenAI responses.
        (
            r#"{"input_tokens":2006,"input_tokens_details":{"cached_tokens":1920,"cache_write_tokens":0},"output_tokens":300,"output_tokens_details":{"reasoning_tokens":128},"total_tokens":2306}"#,
            "gpt-5.4",
            [86, 1920, 0, 0, 300, 128],
        ),
        // watsonx chat, Mistral.
        (
            r#"{"prompt_tokens":59,"completion_tokens":49,"total_tokens":108}"#,
            "ibm/granite-4-h-small",
            [59, 0, 0, 0, 49, 0],
        ),
        // Counts as texts and null details.
        (
            r#"{"prompt_tokens":"26","completion_tokens":"282","total_tokens":"308","prompt_tokens_details":null}"#,
            "",
            [26, 0, 0, 0, 282, 0],
        ),
    ]);
}

#[test]
fn other_shapes_in_disjoint_buckets() {
    check(&[
        // Anthropic: caches stand beside input.
        (
            r#"{"input_tokens":21,"cache_creation_input_tokens":188,"cache_read_input_tokens":1024,"cache_creation":{"ephemeral_5m_input_tokens":88,"ephemeral_1h_input_tokens":100},"output_tokens":393,"output_tokens_details":{"thinking_tokens":120}}"#,
            "claude-haiku-4-5",
            [21, 1024, 88, 100, 393, 120],
        ),
        (
            r#"{"input_tokens":21,"output_tokens":393}"#,
            "claude-3-haiku",
            [21, 0, 0, 0, 393, 0],
        ),
        // Bedrock Converse with Claude.
        (
            r#"{"inputTokens":30,"outputTokens":628,"totalTokens":1998,"cacheReadInputTokens":1024,"cacheWriteInputTokens":316,"cacheDetails":[{"ttl":"1h","inputTokens":100},{"ttl":"5m","inputTokens":216}]}"#,
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            [30, 1024, 216, 100, 628, 0],
        ),
        // Another model whose total says that caches are inside.
        (
            r#"{"inputTokens":1400,"outputTokens":600,"totalTokens":2000,"cacheReadInputTokens":1024}"#,
            "some.model-v1:0",
            [376, 1024, 0, 0, 600, 0],
        ),
        (
            r#"{"inputTokenCount":91,"outputTokenCount":100,"invocationLatency":1470,"cacheReadInputTokenCount":7,"cacheWriteInputTokenCount":2}"#,
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            [91, 7, 2, 0, 100, 0],
        ),
        // Gemini: thoughts are output and beside the candidates.
        (
            r#"{"promptTokenCount":1200,"cachedContentTokenCount":1024,"candidatesTokenCount":300,"thoughtsTokenCount":512,"toolUsePromptTokenCount":0,"totalTokenCount":2012}"#,
            "gemini-2.5-pro",
            [176, 1024, 0, 0, 812, 512],
        ),
        (
            r#"{"promptTokenCount":100,"toolUsePromptTokenCount":50,"candidatesTokenCount":10,"totalTokenCount":160}"#,
            "gemini-2.5-pro",
            [150, 0, 0, 0, 10, 0],
        ),
        // watsonx generation, Ollama.
        (
            r#"{"results":[{"generated_token_count":49,"input_token_count":59},{"generated_token_count":1,"input_token_count":2}]}"#,
            "",
            [61, 0, 0, 0, 50, 0],
        ),
        (
            r#"{"prompt_eval_count":26,"eval_count":282,"total_duration":4883583458}"#,
            "llama3.2",
            [26, 0, 0, 0, 282, 0],
        ),
        // A split without a sum, and a sum without a split.
        (
            r#"{"input_tokens":1,"output_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3}}"#,
            "",
            [1, 0, 2, 3, 1, 0],
        ),
        (
            r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":5}"#,
            "",
            [1, 0, 5, 0, 1, 0],
        ),
    ]);
}

#[test]
fn no_counts_are_no_usage() {
    for text in ["{}", r#"{"prompt_tokens":null}"#, r#"{"cost":1}"#, "[]"] {
        assert_eq!(told(text, ""), Ok(None), "{text}");
    }
}

#[test]
fn impossible_counts_have_a_reason() {
    let cases = [
        (
            r#"{"prompt_tokens":-1,"completion_tokens":2}"#,
            QuarantineReason::NegativeTokens,
            "prompt_tokens",
        ),
        (
            r#"{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":11}}"#,
            QuarantineReason::CachedAboveInput,
            "prompt_tokens",
        ),
        (
            r#"{"promptTokenCount":10,"cachedContentTokenCount":11}"#,
            QuarantineReason::CachedAboveInput,
            "promptTokenCount",
        ),
        (
            r#"{"input_tokens":1.5,"output_tokens":2}"#,
            QuarantineReason::BadNumber,
            "input_tokens",
        ),
        (
            r#"{"inputTokens":1,"outputTokens":2,"cacheDetails":[{"ttl":"1h","inputTokens":-4}]}"#,
            QuarantineReason::NegativeTokens,
            "inputTokens",
        ),
        (
            r#"{"input_tokens":1,"output_tokens":2,"cache_creation":{"ephemeral_1h_input_tokens":"x"}}"#,
            QuarantineReason::BadNumber,
            "cache_creation.ephemeral_1h_input_tokens",
        ),
    ];
    for (text, reason, key) in cases {
        let reject = told(text, "").unwrap_err();
        assert_eq!(reject.reason, reason, "{text}");
        assert!(
            reject.detail.contains(&format!("`{key}`")),
            "{}",
            reject.detail
        );
    }
}

/// total mismatch, cache untold, convention untold, audio
type Doubts = [bool; 4];

#[test]
fn doubts_are_told() {
    let cases: [(&str, &str, Doubts); 11] = [
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":0}}"#,
            "",
            [true, false, false, false],
        ),
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#,
            "",
            [false, true, false, false],
        ),
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":3}}"#,
            "",
            [false, false, false, true],
        ),
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":9}}"#,
            "",
            [true, false, false, false],
        ),
        (
            r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":2}}"#,
            "claude",
            [true, false, false, false],
        ),
        (
            r#"{"inputTokens":30,"outputTokens":10,"totalTokens":40,"cacheReadInputTokens":20}"#,
            "anthropic.claude",
            [true, false, false, false],
        ),
        (
            r#"{"inputTokens":30,"outputTokens":10,"cacheReadInputTokens":20}"#,
            "amazon.nova-pro-v1:0",
            [false, false, true, false],
        ),
        (
            r#"{"inputTokenCount":30,"outputTokenCount":10,"cacheReadInputTokenCount":20}"#,
            "amazon.nova-pro-v1:0",
            [false, false, true, false],
        ),
        (
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":20}"#,
            "",
            [true, false, false, false],
        ),
        (
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":4}]}"#,
            "",
            [false, false, false, true],
        ),
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_audio_seconds":4,"prompt_tokens_details":{"cached_tokens":0}}"#,
            "voxtral",
            [false, false, false, true],
        ),
    ];
    for (text, model, expected) in cases {
        let told = told(text, model).unwrap().unwrap();
        let doubts = [
            told.total_mismatch,
            told.untold.cache,
            told.untold.convention,
            told.audio,
        ];
        assert_eq!(doubts, expected, "{text}");
    }
}

#[test]
fn tier_searches_and_geography() {
    let cases = [
        (
            r#"{"input_tokens":1,"output_tokens":1,"service_tier":"priority","inference_geo":"us","server_tool_use":{"web_search_requests":2}}"#,
            Some(Tier::Priority),
            2,
            "us",
        ),
        (
            r#"{"input_tokens":1,"output_tokens":1,"service_tier":"standard","speed":"fast","inference_geo":"not_available"}"#,
            Some(Tier::Fast),
            0,
            "",
        ),
        (
            r#"{"promptTokenCount":1,"totalTokenCount":1,"trafficType":"PROVISIONED_THROUGHPUT"}"#,
            Some(Tier::Provisioned),
            0,
            "",
        ),
        (
            r#"{"prompt_tokens":1,"completion_tokens":1,"service_tier":null}"#,
            None,
            0,
            "",
        ),
    ];
    for (text, tier, searches, geo) in cases {
        let told = told(text, "").unwrap().unwrap();
        assert_eq!(told.tier, tier, "{text}");
        assert_eq!(told.web_searches, searches, "{text}");
        assert_eq!(told.inference_geo, geo, "{text}");
    }
}
