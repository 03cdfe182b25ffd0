//! Records of the categories of the log, with what they tell.

use super::*;
use crate::decode::samples::told;
use crate::decode::{FORMATS, Settings};

fn decoded(bytes: &[u8]) -> Told {
    let json = Json::parse(bytes).unwrap();
    let format = FORMATS.iter().find(|row| (row.recognises)(&json));
    assert_eq!(format.map(|row| row.format), Some(Format::AzureDiagnostics));
    let mut out = told(bytes, &Settings::default());
    assert_eq!(out.len(), 1);
    out.remove(0)
}

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../../tests/data/azure_diagnostics/",
            $name,
            ".json"
        ))
        .as_slice()
    };
}

fn report(bytes: &[u8]) -> Report {
    let told = decoded(bytes);
    let Told::Report(report) = told else {
        panic!("{told:?}");
    };
    *report
}

#[test]
fn transport_facts() {
    let cases = [
        (
            sample!("chat"),
            Some(200),
            Class::Ok,
            2841,
            Operation::Generate,
            "gpt-4o-weu",
            "/openai/deployments/gpt-4o-weu/chat/completions",
        ),
        (
            sample!("throttled_properties_text"),
            Some(429),
            Class::Throttled,
            12,
            Operation::Generate,
            "gpt-4o-weu",
            "/openai/deployments/gpt-4o-weu/chat/completions",
        ),
        // Time and latency from ticks.
        (
            sample!("embeddings_ticks"),
            Some(200),
            Class::Ok,
            2841,
            Operation::Embed,
            "embed",
            "/openai/deployments/embed/embeddings",
        ),
    ];
    for (bytes, status, class, latency, operation, deployment, path) in cases {
        let report = report(bytes);
        let transport = report.transport.unwrap();
        assert_eq!(
            (transport.status, transport.class),
            (status, Some(class)),
            "{path}"
        );
        assert_eq!(transport.latency, Some(Millis(latency)), "{path}");
        assert_eq!(transport.request_bytes, Some(18_344), "{path}");
        assert_eq!(transport.response_bytes, Some(2213), "{path}");
        assert_eq!(report.usage, None, "{path}");
        assert_eq!(report.at, UnixMillis(1_795_166_071_000), "{path}");
        assert_eq!(report.identity.kind, IdentityKind::Request, "{path}");
        let to = report.destination;
        assert_eq!(to.provider, Some(Provider::Azure));
        assert_eq!(to.host, "contoso-weu.openai.azure.com");
        assert_eq!((to.path.as_str(), to.operation), (path, operation));
        assert_eq!(to.deployment, deployment);
        assert!(report.evidence.contains(&Evidence {
            kind: EvidenceKind::ResourceRegion,
            told: "westeurope".into(),
        }));
    }
}

#[test]
fn other_categories_and_services_are_ignored() {
    let cases = [
        (sample!("audit"), IgnoreReason::NotACall),
        (sample!("other_service"), IgnoreReason::OtherCall),
    ];
    for (bytes, reason) in cases {
        assert_eq!(decoded(bytes), Told::Ignored(reason));
    }
}

#[test]
fn bad_records_have_a_reason() {
    let id = r#""resourceId":"/X/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/C""#;
    let of = |more: &str| {
        format!(
            r#"{{"category":"RequestResponse","operationName":"ChatCompletions_Create",{more}}}"#
        )
    };
    let at = r#""time":"2026-11-20T09:14:31Z""#;
    let cases = [
        (of(id), QuarantineReason::BadTime, "time"),
        (
            of(&format!(r#"{id},"properties":{{"requestTime":5}}"#)),
            QuarantineReason::TimeOutOfRange,
            "requestTime",
        ),
        (
            of(&format!(r#"{at},"properties":{{}}"#)),
            QuarantineReason::NoDestination,
            "resourceId",
        ),
        (
            of(&format!(r#"{id},{at},"resultSignature":"Forbidden""#)),
            QuarantineReason::BadStatus,
            "resultSignature",
        ),
        (
            of(&format!(r#"{id},{at},"durationMs":-3"#)),
            QuarantineReason::BadNumber,
            "durationMs",
        ),
        (
            of(&format!(r#"{id},{at},"properties":"{{broken""#)),
            QuarantineReason::BrokenJson,
            "properties",
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
