//! Records that `LiteLLM` 1.106 wrote against a server whose answers were known.

use super::*;
use crate::decode::samples::told;
use crate::decode::{FORMATS, Settings};

fn decoded(bytes: &[u8]) -> Told {
    let json = Json::parse(bytes).unwrap();
    let format = FORMATS.iter().find(|row| (row.recognises)(&json));
    assert_eq!(format.map(|row| row.format), Some(Format::Litellm));
    let mut out = told(bytes, &Settings::default());
    assert_eq!(out.len(), 1);
    out.remove(0)
}

fn report(bytes: &[u8]) -> Report {
    let told = decoded(bytes);
    let Told::Report(report) = told else {
        panic!("{told:?}");
    };
    *report
}

macro_rules! sample {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../tests/data/litellm/", $name, ".json")).as_slice(),
        )
    };
}

type Sample = (&'static str, &'static [u8]);

/// fresh input, cache read, cache write 5 m, cache write 1 h, output, reasoning
type Buckets = [u64; 6];

fn buckets(report: &Report) -> Option<Buckets> {
    let usage = report.usage.as_ref()?.usage?;
    Some([
        usage.input,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
    ])
}

const OPENAI: Option<Buckets> = Some([86, 1920, 0, 0, 300, 128]);
const CLAUDE: Option<Buckets> = Some([21, 1024, 188, 100, 393, 120]);
const BEDROCK: Option<Buckets> = Some([30, 1024, 216, 100, 628, 0]);
const BEDROCK_MODEL: &str = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

#[test]
fn tokens_and_models_are_the_servers() {
    let cases: [(Sample, Option<Buckets>, &str); 20] = [
        (sample!("openai"), OPENAI, "gpt-4o-2024-11-20"),
        // Of streams LiteLLM keeps the requested name only.
        (sample!("openai_stream"), OPENAI, "gpt-4o"),
        (sample!("openai_stream_without_usage"), None, "gpt-4o"),
        (sample!("azure_router"), OPENAI, "gpt-4o-2024-11-20"),
        (sample!("azure_spillover"), OPENAI, "gpt-4o-2024-11-20"),
        (sample!("anthropic"), CLAUDE, "claude-sonnet-4-6"),
        (sample!("anthropic_stream"), CLAUDE, "claude-sonnet-4-6"),
        (sample!("anthropic_messages"), CLAUDE, "claude-sonnet-4-6"),
        (sample!("bedrock_converse"), BEDROCK, BEDROCK_MODEL),
        // The body names Claude only; the profile is what was called and is priced.
        (sample!("bedrock_invoke"), CLAUDE, BEDROCK_MODEL),
        // The stream's server told no split by time.
        (
            sample!("bedrock_stream"),
            Some([30, 1024, 316, 0, 628, 0]),
            BEDROCK_MODEL,
        ),
        (
            sample!("bedrock_region_in_model"),
            BEDROCK,
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            sample!("gemini"),
            Some([176, 1024, 0, 0, 812, 512]),
            "gemini-2.5-pro",
        ),
        (sample!("ollama"), Some([26, 0, 0, 0, 282, 0]), "llama3.2"),
        (
            sample!("embedding"),
            Some([8, 0, 0, 0, 0, 0]),
            "text-embedding-3-small",
        ),
        (sample!("responses"), OPENAI, "gpt-5.4"),
        (sample!("cache_hit"), OPENAI, "gpt-4o-2024-11-20"),
        (sample!("throttled"), None, "throttle"),
        (sample!("overloaded"), None, "overload"),
        (sample!("no_answer"), None, "gpt-4o"),
    ];
    for ((name, bytes), expected, model) in cases {
        let report = report(bytes);
        assert_eq!(buckets(&report), expected, "{name}");
        let usage = report.usage.unwrap();
        assert_eq!(usage.model, model, "{name}");
        assert!(!usage.total_mismatch, "{name}");
        assert_eq!(usage.gateway_cache_hit, name == "cache_hit", "{name}");
        assert_eq!(
            usage.web_searches,
            if expected == CLAUDE { 2 } else { 0 },
            "{name}"
        );
    }
}

#[test]
fn transport_facts_and_identities() {
    use IdentityKind::{Gateway, Request, Response};
    let ok = Some((Some(200), Class::Ok));
    let cases = [
        (sample!("openai"), ok, Response, "chatcmpl-known1"),
        (sample!("openai_stream"), ok, Response, "chatcmpl-known1"),
        (sample!("azure_router"), ok, Response, "chatcmpl-known1"),
        (sample!("anthropic"), ok, Request, "req_msg1"),
        (sample!("anthropic_messages"), ok, Response, "msg_known1"),
        (sample!("bedrock_converse"), ok, Request, "amzn-1"),
        (sample!("gemini"), ok, Response, "resp-gem-1"),
        (
            sample!("ollama"),
            ok,
            Gateway,
            "61368872-c481-4dae-ba3c-98cca083bebe",
        ),
        (sample!("embedding"), ok, Request, "req_emb1"),
        (sample!("responses"), ok, Response, "resp_known1"),
        (
            sample!("cache_hit"),
            None,
            Gateway,
            "1ceed1d4-2096-432c-b5fe-5cb350f546b2",
        ),
        (
            sample!("throttled"),
            Some((Some(429), Class::Throttled)),
            Request,
            "req_429",
        ),
        (
            sample!("overloaded"),
            Some((Some(500), Class::ServerError)),
            Request,
            "req_529",
        ),
        (
            sample!("no_answer"),
            Some((None, Class::NoAnswer)),
            Gateway,
            "ecab85f3-abf2-4a90-822b-a059e9b14c87",
        ),
    ];
    for ((name, bytes), expected, kind, id) in cases {
        let report = report(bytes);
        assert_eq!(report.identity, Identity::new(kind, id), "{name}");
        let transport = report.transport.as_ref();
        assert_eq!(
            transport.map(|told| (told.status, told.class.unwrap())),
            expected,
            "{name}"
        );
        assert_eq!(report.at, UnixMillis(1_795_166_071_000), "{name}");
        let duration = report.usage.as_ref().unwrap().duration;
        assert_eq!(duration, Some(Millis(2841)), "{name}");
        assert!(
            transport.is_none_or(|told| told.latency == duration),
            "{name}"
        );
    }
}

#[test]
fn where_it_went() {
    let cases = [
        (
            sample!("openai"),
            Provider::Openai,
            "api.openai.com",
            "/v1/chat/completions",
            "",
        ),
        (
            sample!("azure_router"),
            Provider::Azure,
            "contoso-weu.openai.azure.com",
            "/openai/deployments/gpt-4o-weu/chat/completions",
            "gpt-4o-weu",
        ),
        (
            sample!("anthropic"),
            Provider::Anthropic,
            "api.anthropic.com",
            "/v1/messages",
            "",
        ),
        (
            sample!("bedrock_converse"),
            Provider::Bedrock,
            "bedrock-runtime.eu-central-1.amazonaws.com",
            "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            "",
        ),
        (
            sample!("responses"),
            Provider::Openai,
            "api.openai.com",
            "/v1/responses",
            "",
        ),
        (
            sample!("embedding"),
            Provider::Openai,
            "api.openai.com",
            "/v1/embeddings",
            "",
        ),
    ];
    for ((name, bytes), provider, host, path, deployment) in cases {
        let to = report(bytes).destination;
        assert_eq!(to.provider, Some(provider), "{name}");
        assert_eq!((to.host.as_str(), to.path.as_str()), (host, path), "{name}");
        assert_eq!(to.deployment, deployment, "{name}");
    }
}

#[test]
fn evidence_origin_and_limits() {
    let azure = report(sample!("azure_router").1);
    let region = Evidence {
        kind: EvidenceKind::ResourceRegion,
        told: "East US".into(),
    };
    assert!(azure.evidence.contains(&region));
    let origin = &azure.origin;
    assert_eq!(origin.application, "itsm");
    assert_eq!(origin.skill, "incident_summarization");
    assert_eq!(origin.caller, "now-assist");
    assert_eq!(origin.credential, "now-assist");
    assert_eq!(origin.service, "assist");
    assert_eq!(origin.tags, ["prod", "skill:incident_summarization"]);
    assert!(
        !format!("{azure:?}").contains("aaaa"),
        "the key's hash stays out"
    );
    assert!(
        !format!("{azure:?}").contains("PROMPT"),
        "and so do messages"
    );
    let transport = azure.transport.unwrap();
    assert_eq!(transport.remaining_requests, Some(99));
    assert_eq!(transport.remaining_tokens, Some(120_000));

    let openai = report(sample!("openai").1);
    assert_eq!(openai.origin.user, "emp-7");
    assert_eq!(openai.usage.unwrap().tier, Some(Tier::Standard));
    let spilled = report(sample!("azure_spillover").1).transport.unwrap();
    assert_eq!(spilled.spillover_from, "gpt-4o-ptu");
    let throttled = report(sample!("throttled").1).transport.unwrap();
    assert_eq!(throttled.retry_after, Some(Millis(7000)));
    let claude = report(sample!("anthropic").1).evidence;
    assert!(claude.contains(&Evidence {
        kind: EvidenceKind::InferenceGeo,
        told: "us".into(),
    }));
    let bedrock = report(sample!("bedrock_region_in_model").1).evidence;
    assert!(bedrock.contains(&Evidence {
        kind: EvidenceKind::ClientRegion,
        told: "eu-central-1".into(),
    }));
    assert!(report(sample!("cache_hit").1).evidence.is_empty());
}

/// A record of the least keys, with one more.
fn least(more: &str) -> String {
    format!(
        r#"{{"litellm_call_id":"c1","call_type":"acompletion","status":"success","custom_llm_provider":"azure","model":"gpt-4o-weu","api_base":"https://contoso-weu.openai.azure.com/","response_time":2.841,"prompt_tokens":4127,"completion_tokens":391,"total_tokens":4518,{more}}}"#
    )
}

#[test]
fn what_is_missing_is_told() {
    let plain = report(least(r#""startTime":1763630071.0"#).as_bytes());
    assert_eq!(buckets(&plain), Some([4127, 0, 0, 0, 391, 0]));
    let usage = plain.usage.unwrap();
    assert!(usage.untold.cache && !usage.untold.geo && !usage.total_mismatch);
    assert_eq!(usage.model, "gpt-4o-weu");
    let differs = report(
        least(r#""startTime":1763630071.0,"metadata":{"usage_object":{"prompt_tokens":4000,"completion_tokens":391,"total_tokens":4391,"prompt_tokens_details":{"cached_tokens":0}}}"#)
            .as_bytes(),
    );
    assert!(differs.usage.unwrap().total_mismatch);
}

#[test]
fn bad_records_have_a_reason() {
    let usage = |object: &str| {
        least(&format!(
            r#""startTime":1763630071.0,"metadata":{{"usage_object":{object}}}"#
        ))
    };
    let cases = [
        (least(r#""startTime":null"#), QuarantineReason::BadTime, "startTime"),
        (least(r#""startTime":"soon""#), QuarantineReason::BadTime, "startTime"),
        (least(r#""startTime":1.5"#), QuarantineReason::TimeOutOfRange, "startTime"),
        (
            usage(r#"{"prompt_tokens":-5,"completion_tokens":1}"#),
            QuarantineReason::NegativeTokens,
            "prompt_tokens",
        ),
        (
            usage(r#"{"prompt_tokens":5,"completion_tokens":1,"cache_read_input_tokens":6}"#),
            QuarantineReason::CachedAboveInput,
            "prompt_tokens",
        ),
        (
            usage(r#"{"prompt_tokens":5.5,"completion_tokens":1}"#),
            QuarantineReason::BadNumber,
            "prompt_tokens",
        ),
        (
            r#"{"litellm_call_id":"c1","call_type":"completion","status":"success","startTime":1763630071.0}"#
                .to_owned(),
            QuarantineReason::NoDestination,
            "api_base",
        ),
        (
            r#"{"litellm_call_id":"c1","call_type":"completion","status":"failure","custom_llm_provider":"openai","startTime":1763630071.0,"error_information":{"error_code":"42"}}"#
                .to_owned(),
            QuarantineReason::BadStatus,
            "error_information.error_code",
        ),
    ];
    for (record, reason, key) in cases {
        let Told::Rejected(reject) = decoded(record.as_bytes()) else {
            panic!("{record}");
        };
        assert_eq!(reject.reason, reason, "{record}");
        assert!(
            reject.detail.contains(&format!("`{key}`")),
            "{}",
            reject.detail
        );
    }
}

#[test]
fn what_called_no_provider_is_no_call() {
    let refused = report(
        r#"{"litellm_call_id":"c1","call_type":"completion","status":"failure","custom_llm_provider":"openai","model":"gpt-4o","startTime":1763630071.0,"error_information":{"error_code":"429","error_rate_limit_category":"litellm_rate_limit"}}"#
            .as_bytes(),
    );
    assert_eq!(refused.transport, None);
    assert_eq!(refused.usage.unwrap().class, Some(Class::Throttled));
    for record in [
        r#"{"litellm_call_id":"c1","call_type":"call_mcp_tool","status":"success","startTime":1763630071.0}"#,
        r#"{"litellm_call_id":"c1","call_type":"acompletion","status":"failure","startTime":1763630071.0}"#,
    ] {
        assert_eq!(
            decoded(record.as_bytes()),
            Told::Ignored(IgnoreReason::NotACall),
            "{record}"
        );
    }
}
