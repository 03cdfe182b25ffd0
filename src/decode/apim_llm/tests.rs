//! Records of both logs in both forms, with what they tell.

use super::*;
use crate::decode::samples::told;
use crate::decode::{FORMATS, Settings};
use crate::units::Millis;

fn decoded(bytes: &[u8]) -> Told {
    let json = Json::parse(bytes).unwrap();
    let format = FORMATS.iter().find(|row| (row.recognises)(&json));
    assert_eq!(format.map(|row| row.format), Some(Format::ApimLlm));
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
            include_bytes!(concat!("../../../tests/data/apim_llm/", $name, ".json")).as_slice(),
        )
    };
}

const CALL: &str = "8f6c0f4e-0000-4000-8000-0000000000a1";

#[test]
fn gateway_logs_tell_transport() {
    let backend = "contoso-weu.openai.azure.com";
    let cases = [
        (sample!("gateway"), backend, Some(200), Class::Ok, 2841),
        (
            sample!("table_gateway"),
            backend,
            Some(200),
            Class::Ok,
            2841,
        ),
        (
            sample!("gateway_backend_throttled"),
            backend,
            Some(429),
            Class::Throttled,
            12,
        ),
        (
            sample!("gateway_no_answer"),
            backend,
            None,
            Class::NoAnswer,
            2841,
        ),
        (
            sample!("gateway_refused"),
            "apim.azure-api.net",
            Some(429),
            Class::Throttled,
            2860,
        ),
    ];
    for ((name, bytes), host, status, class, latency) in cases {
        let report = report(bytes);
        assert_eq!(report.destination.host, host, "{name}");
        assert_eq!(report.destination.deployment, "gpt-4o-weu", "{name}");
        assert_eq!(
            report.destination.path, "/openai/deployments/gpt-4o-weu/chat/completions",
            "{name}"
        );
        let transport = report.transport.unwrap();
        assert_eq!(
            (transport.status, transport.class),
            (status, Some(class)),
            "{name}"
        );
        assert_eq!(transport.latency, Some(Millis(latency)), "{name}");
        assert_eq!(transport.request_bytes, Some(18_344), "{name}");
        assert_eq!(report.usage, None, "{name}");
        assert_eq!(report.at, UnixMillis(1_795_166_071_000), "{name}");
        assert_eq!(
            report.identity,
            Identity::new(IdentityKind::Gateway, CALL),
            "{name}"
        );
        assert_eq!(report.origin.caller, "now-assist", "{name}");
        assert_eq!(report.origin.service, "azure-openai", "{name}");
        let gateway = Evidence {
            kind: EvidenceKind::GatewayRegion,
            told: "West Europe".into(),
        };
        assert!(report.evidence.contains(&gateway), "{name}");
    }
    let logged = report(sample!("gateway_backend_throttled").1);
    assert!(logged.evidence.contains(&Evidence {
        kind: EvidenceKind::ResourceRegion,
        told: "East US".into(),
    }));
    assert_eq!(logged.transport.unwrap().spillover_from, "gpt-4o-ptu");
}

#[test]
fn llm_logs_tell_usage() {
    let cases = [
        (sample!("llm"), 3103, 1024, false),
        (sample!("llm_without_cached"), 4127, 0, true),
        (sample!("table_llm"), 4127, 0, true),
    ];
    for ((name, bytes), input, cache_read, untold) in cases {
        let report = report(bytes);
        assert!(!format!("{report:?}").contains("PROMPT"), "{name}");
        assert_eq!(report.transport, None, "{name}");
        assert_eq!(
            report.identity,
            Identity::new(IdentityKind::Gateway, CALL),
            "{name}"
        );
        assert_eq!(report.destination.deployment, "gpt-4o-weu", "{name}");
        let usage = report.usage.unwrap();
        assert_eq!(usage.model, "gpt-4o", "{name}");
        assert_eq!(
            usage.usage,
            Some(Usage {
                input,
                cache_read,
                output: 391,
                ..Usage::default()
            }),
            "{name}"
        );
        assert_eq!(usage.untold.cache, untold, "{name}");
        assert!(usage.untold.geo && !usage.total_mismatch, "{name}");
    }
}

#[test]
fn what_tells_no_call_is_ignored() {
    let other = br#"{"category":"WebSocketConnectionLogs","resourceId":"/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/APIM"}"#;
    let cases = [
        (sample!("gateway_other_api"), IgnoreReason::OtherCall),
        (sample!("llm_messages_only"), IgnoreReason::NotACall),
        (("other log", other.as_slice()), IgnoreReason::NotACall),
    ];
    for ((name, bytes), reason) in cases {
        assert_eq!(decoded(bytes), Told::Ignored(reason), "{name}");
    }
}

#[test]
fn bad_records_have_a_reason() {
    let llm = |more: &str| {
        format!(
            r#"{{"category":"GatewayLlmLogs","time":"2026-11-20T09:14:31Z","properties":{{{more}}}}}"#
        )
    };
    let gateway = |more: &str| {
        format!(
            r#"{{"category":"GatewayLogs","properties":{{"url":"https://contoso-weu.openai.azure.com/openai/v1/responses"{more}}}}}"#
        )
    };
    let cases = [
        (
            llm(r#""promptTokens":-1,"completionTokens":1"#),
            QuarantineReason::NegativeTokens,
            "promptTokens",
        ),
        (
            llm(r#""promptTokens":1,"completionTokens":1,"promptCachedTokens":2"#),
            QuarantineReason::CachedAboveInput,
            "promptTokens",
        ),
        (
            llm(r#""promptTokens":1,"completionTokens":"many""#),
            QuarantineReason::BadNumber,
            "completionTokens",
        ),
        (
            r#"{"category":"GatewayLlmLogs","properties":{"promptTokens":1}}"#.to_owned(),
            QuarantineReason::BadTime,
            "time",
        ),
        (gateway(""), QuarantineReason::BadTime, "time"),
        (
            gateway(r#","time":"2026-11-20T09:14:31Z","responseCode":9999"#),
            QuarantineReason::BadStatus,
            "responseCode",
        ),
        (
            r#"{"category":"GatewayLogs","properties":{}}"#.to_owned(),
            QuarantineReason::NoDestination,
            "backendUrl",
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
