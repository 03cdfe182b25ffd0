//! The log's records by operation, with the buckets that body and counts agree on.

use super::*;
use crate::decode::samples::told;
use crate::decode::{FORMATS, Settings};
use crate::units::Millis;

fn decoded(bytes: &[u8]) -> Told {
    let json = Json::parse(bytes).unwrap();
    let format = FORMATS.iter().find(|row| (row.recognises)(&json));
    assert_eq!(
        format.map(|row| row.format),
        Some(Format::BedrockInvocation)
    );
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
            include_bytes!(concat!(
                "../../../tests/data/bedrock_invocation/",
                $name,
                ".json"
            ))
            .as_slice(),
        )
    };
}

type Sample = (&'static str, &'static [u8]);

/// fresh input, cache read, cache write 5 m, cache write 1 h, output
type Buckets = [u64; 5];

/// buckets, latency, status and class
type Facts = (Option<Buckets>, Option<u64>, (Option<u16>, Class));

#[test]
fn tokens_latency_and_status() {
    let ok = (Some(200), Class::Ok);
    let cases: [(Sample, Facts); 8] = [
        (
            sample!("converse"),
            (Some([30, 1024, 216, 100, 628]), Some(2841), ok),
        ),
        (
            sample!("invoke"),
            (Some([21, 1024, 188, 100, 393]), None, ok),
        ),
        (
            sample!("invoke_stream"),
            (Some([21, 1024, 188, 100, 393]), Some(1470), ok),
        ),
        (
            sample!("converse_stream"),
            (Some([4127, 0, 0, 0, 391]), Some(2841), ok),
        ),
        (
            sample!("counts_only"),
            (Some([4127, 0, 0, 0, 391]), None, ok),
        ),
        // The log's counts stand.
        (
            sample!("disagreeing"),
            (Some([4127, 0, 0, 0, 391]), Some(2841), ok),
        ),
        (
            sample!("throttled"),
            (None, None, (Some(429), Class::Throttled)),
        ),
        (sample!("guardrail"), (None, Some(312), ok)),
    ];
    for ((name, bytes), (buckets, latency, (status, class))) in cases {
        let report = report(bytes);
        let usage = report.usage.unwrap();
        assert_eq!(
            usage.usage.map(|told| [
                told.input,
                told.cache_read,
                told.cache_write_5m,
                told.cache_write_1h,
                told.output
            ]),
            buckets,
            "{name}"
        );
        assert_eq!(usage.total_mismatch, name == "disagreeing", "{name}");
        let untold = [
            usage.untold.cache,
            usage.untold.geo,
            usage.untold.convention,
        ];
        assert_eq!(untold, [false; 3], "{name}");
        let transport = report.transport.unwrap();
        assert_eq!(transport.latency, latency.map(Millis), "{name}");
        assert_eq!(
            (transport.status, transport.class),
            (status, Some(class)),
            "{name}"
        );
        assert_eq!(usage.class, Some(class), "{name}");
        assert_eq!(report.at, UnixMillis(1_795_166_071_000), "{name}");
        assert_eq!(report.identity.kind, IdentityKind::Request, "{name}");
    }
}

#[test]
fn place_evidence_and_origin() {
    let profile = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let path = "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
    let cases = [
        (
            sample!("converse"),
            profile,
            format!("{path}/converse"),
            Some("eu-west-2"),
        ),
        (
            sample!("converse_stream"),
            profile,
            format!("{path}/converse-stream"),
            Some("eu-west-2"),
        ),
        (
            sample!("invoke_stream"),
            profile,
            format!("{path}/invoke-with-response-stream"),
            Some("eu-west-2"),
        ),
        (
            sample!("counts_only"),
            "amazon.nova-pro-v1:0",
            "/model/amazon.nova-pro-v1%3A0/invoke".to_owned(),
            Some("eu-central-1"),
        ),
        (
            sample!("guardrail"),
            profile,
            format!("{path}/converse"),
            None,
        ),
    ];
    for ((name, bytes), model, path, inference) in cases {
        let report = report(bytes);
        let to = &report.destination;
        assert_eq!(
            to.host, "bedrock-runtime.eu-central-1.amazonaws.com",
            "{name}"
        );
        assert_eq!(to.path, path, "{name}");
        assert_eq!(to.model, model, "{name}");
        let told = |kind| {
            let mut facts = report.evidence.iter().filter(|fact| fact.kind == kind);
            let first = facts.next().map(|fact| fact.told.as_str());
            assert_eq!(facts.next(), None, "{name}: told twice");
            first
        };
        assert_eq!(told(EvidenceKind::InferenceRegion), inference, "{name}");
        assert_eq!(
            told(EvidenceKind::ClientRegion),
            Some("eu-central-1"),
            "{name}"
        );
        assert_eq!(report.origin.caller, "snow-byok", "{name}");
        assert_eq!(report.origin.credential, "snow-byok", "{name}");
        let shown = format!("{report:?}");
        for secret in ["session-of-jane", "PROMPT", "COMPLETION", "123456789012"] {
            assert!(!shown.contains(secret), "{name}: {secret}");
        }
    }
    let tagged = report(sample!("converse").1);
    assert_eq!(tagged.origin.skill, "incident_summarization");
    assert_eq!(
        tagged.origin.tags,
        ["skill:incident_summarization", "team:itsm"]
    );
    assert_eq!(tagged.usage.unwrap().tier, Some(Tier::Priority));
}

#[test]
fn scopes_by_model_id() {
    use crate::call::Scope;
    let cases = [
        (
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "eu-central-1",
            Scope::Regional,
            EvidenceKind::HostRegion,
            "eu-central-1",
        ),
        (
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "eu-central-1",
            Scope::DataZone,
            EvidenceKind::Zone,
            "eu",
        ),
        (
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "eu-central-1",
            Scope::Global,
            EvidenceKind::Global,
            "global",
        ),
        (
            "amazon.nova-pro-v1:0",
            "eusc-de-east-1",
            Scope::Regional,
            EvidenceKind::HostRegion,
            "eusc-de-east-1",
        ),
    ];
    for (model, region, scope, kind, told) in cases {
        let record = format!(
            r#"{{"schemaType":"ModelInvocationLog","timestamp":"2026-11-20T09:14:31Z","region":"{region}","modelId":"{model}"}}"#
        );
        let report = report(record.as_bytes());
        assert_eq!(report.destination.scope, Some(scope), "{model}");
        let fact = Evidence {
            kind,
            told: told.into(),
        };
        assert!(
            report.evidence.contains(&fact),
            "{model}: {:?}",
            report.evidence
        );
    }
}

#[test]
fn models_by_id_and_arn() {
    let arn = |resource: &str| format!("arn:aws:bedrock:eu-central-1:123456789012:{resource}");
    let body = r#""output":{"outputBodyJson":{"model":"claude-sonnet-4-5-20250929"}}"#;
    let eu = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let cases = [
        (eu.to_owned(), eu, eu),
        (arn(&format!("inference-profile/{eu}")), eu, eu),
        (
            arn("foundation-model/amazon.nova-pro-v1:0"),
            "amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
        ),
        (
            arn("application-inference-profile/x1"),
            "claude-sonnet-4-5-20250929",
            "application-inference-profile/x1",
        ),
    ];
    for (id, model, requested) in cases {
        let record = format!(
            r#"{{"schemaType":"ModelInvocationLog","timestamp":"2026-11-20T09:14:31Z","region":"eu-central-1","modelId":"{id}",{body}}}"#
        );
        let usage = report(record.as_bytes()).usage.unwrap();
        assert_eq!(usage.model, model, "{id}");
        assert_eq!(usage.requested_model, requested, "{id}");
    }
}

#[test]
fn callers_by_arn() {
    let cases = [
        ("arn:aws:sts::1:assumed-role/snow-byok/s", "snow-byok", ""),
        ("arn:aws:iam::1:role/path/to/worker", "worker", ""),
        ("arn:aws:iam::1:user/jane", "", "jane"),
        (
            "arn:aws:iam::1:user/BedrockAPIKey-x1",
            "BedrockAPIKey-x1",
            "",
        ),
        ("arn:aws:iam::1:root", "", ""),
        ("", "", ""),
    ];
    for (arn, caller, user) in cases {
        let record = format!(r#"{{"identity":{{"arn":"{arn}"}}}}"#);
        let origin = origin(&Json::parse(record.as_bytes()).unwrap());
        assert_eq!(
            (origin.caller.as_str(), origin.user.as_str()),
            (caller, user),
            "{arn}"
        );
    }
}

#[test]
fn bad_records_have_a_reason() {
    let record = |more: &str| {
        format!(
            r#"{{"schemaType":"ModelInvocationLog","modelId":"m","region":"eu-central-1",{more}}}"#
        )
    };
    let at = r#""timestamp":"2026-11-20T09:14:31Z""#;
    let cases = [
        (
            record(r#""requestId":"1""#),
            QuarantineReason::BadTime,
            "timestamp",
        ),
        (
            record(r#""timestamp":"yesterday""#),
            QuarantineReason::BadTime,
            "timestamp",
        ),
        (
            record(r#""timestamp":"1999-01-01T00:00:00Z""#),
            QuarantineReason::TimeOutOfRange,
            "timestamp",
        ),
        (
            format!(r#"{{"schemaType":"ModelInvocationLog","modelId":"m",{at}}}"#),
            QuarantineReason::NoDestination,
            "region",
        ),
        (
            record(&format!(r#"{at},"input":{{"inputTokenCount":-2}}"#)),
            QuarantineReason::NegativeTokens,
            "inputTokenCount",
        ),
        (
            record(&format!(r#"{at},"output":{{"outputTokenCount":2.5}}"#)),
            QuarantineReason::BadNumber,
            "outputTokenCount",
        ),
        (
            record(&format!(
                r#"{at},"output":{{"outputBodyJson":{{"usage":{{"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{{"cached_tokens":2}}}}}}}}"#
            )),
            QuarantineReason::CachedAboveInput,
            "prompt_tokens",
        ),
        (
            record(&format!(
                r#"{at},"output":{{"outputBodyJson":{{"metrics":{{"latencyMs":"slow"}}}}}}"#
            )),
            QuarantineReason::BadNumber,
            "metrics.latencyMs",
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
