//! What the samples of our own schema tell, and that schema and decoder name the same keys.

use super::super::samples;
use super::*;

const SHORT: [(&str, &str); 5] = [
    ("{AT}", "2026-11-20T09:14:31.000Z"),
    (
        "{AZURE}",
        concat!(
            " TO provider=azure host=contoso-weu.openai.azure.com",
            " path=/openai/deployments/gpt-4o-weu/chat/completions deployment=gpt-4o-weu",
            " model=gpt-4o",
        ),
    ),
    ("{SIZES}", " ms=2841 sent=18344 got=2213 retries=1"),
    ("{MODELS}", " USED model=gpt-4o-2024-11-20 requested=gpt-4o"),
    (
        "{BY}",
        concat!(
            " BY application=itsm skill=incident_summarization service=assist-proxy",
            " caller=now-assist user=jane conversation=c-19 credential=kv/azure-weu",
            " tags=itsm,prod resource_region=West Europe",
        ),
    ),
];

const EXPECTED: &[(&str, &[&str])] = &[
    (
        "both.json",
        &[
            "{AT} response=chatcmpl-9x1 seq=7{AZURE} CALL status=200 class=ok{SIZES}{MODELS} tokens=3103/1024/0/0/391/64 tier=standard class=ok ms=2841 external=true{BY}",
        ],
    ),
    (
        "broken.jsonl",
        &[
            "rejected unknown_shape: expected `tollwatch`: 1, the version of the schema",
            "rejected bad_time: no time, expected `at`",
            "rejected bad_time: `at` is no time, expected `YYYY-MM-DD HH:MM:SS`, RFC 3339 or epoch",
            "rejected cached_above_input: 11 cached tokens of 10 input tokens; `usage.input` is the total",
            "rejected negative_tokens: `usage.input` is -1, expected 0 or more",
            "rejected bad_number: `usage.output` is missing, expected both `usage.input` and `usage.output` or neither",
            "rejected bad_number: `usage.reasoning` is 2, expected at most the output, 1",
            "rejected unknown_shape: `tier` must be `standard`, `batch`, `flex`, `priority`, `fast` or `provisioned`",
            "rejected bad_status: `status` is 42, expected an HTTP status from 100 to 599",
            "rejected unknown_shape: `facts` must be `both`, `transport` or `usage`",
            "rejected no_destination: no `url`, `host`, `provider`, `model` or `usage`",
        ],
    ),
    (
        "failed_request.json",
        &[
            "{AT} row=native:0006 seq=7{AZURE} CALL status=503 class=server_error{SIZES}{MODELS} tier=standard class=server_error ms=2841 external=true{BY}",
        ],
    ),
    (
        "in_data.json",
        &[
            "{AT} response=chatcmpl-9x1 seq=7{AZURE} CALL status=200 class=ok{SIZES}{MODELS} tokens=3103/1024/0/0/391/64 tier=standard class=ok ms=2841 external=true{BY}",
        ],
    ),
    (
        "no_answer.json",
        &[
            "{AT} row=native:0004 TO provider=openai host=api.openai.com path=/v1/responses CALL class=no_answer BY global=global",
        ],
    ),
    ("other_call.json", &["ignored other_call"]),
    (
        "own_host.json",
        &[
            "2026-11-20T09:14:31.500Z row=native:0005 TO provider=vllm host=llm.internal.example.com port=8000 path=/generate CALL status=200 class=ok USED model=llama-3.3-70b tokens=10/0/0/0/20/0 untold-cache class=ok BY",
        ],
    ),
    (
        "total_mismatch.json",
        &[
            "{AT} response=chatcmpl-9x9 seq=7{AZURE} CALL status=200 class=ok{SIZES}{MODELS} tokens=4127/0/0/0/391/0 untold-cache total-mismatch tier=standard class=ok ms=2841 external=true{BY}",
        ],
    ),
    (
        "transport_only.json",
        &[
            "2026-11-20T08:14:31.250Z row=native:0003 TO provider=openai host=api.openai.com path=/v1/responses CALL status=429 class=throttled ms=88 BY global=global",
        ],
    ),
    (
        "usage_facts_by_word.json",
        &["{AT} request=req_78 TO provider=azure USED model=gpt-4o untold-geo class=throttled BY"],
    ),
    (
        "usage_only.json",
        &[
            "{AT} row=native:0002 TO provider=anthropic USED model=claude-sonnet-4-6 tokens=21/1024/188/0/393/120 searches=2 class=ok BY skill=code_review inference_geo=us",
        ],
    ),
];

#[test]
fn samples_tell() {
    samples::check(Format::Native, &SHORT, EXPECTED);
}

/// The value at a dotted path of the schema's properties.
fn property<'s>(schema: &'s Json<'s>, path: &str) -> Option<&'s Json<'s>> {
    path.split('.')
        .try_fold(schema, |node, key| node.at(&["properties", key]))
}

#[test]
fn the_schema_names_what_is_read() {
    let schema = include_str!("../../../docs/schema/native.json");
    let schema = Json::parse(schema.as_bytes()).unwrap();
    let read: Vec<&str> = COLUMNS
        .iter()
        .chain(&usage::COLUMNS)
        .chain(REGIONS.iter().map(|(column, _)| column))
        .chain([&TRANSPORT_MARKS])
        .flat_map(|column| column.aliases.iter().copied())
        .chain([MARKER])
        .collect();
    for key in &read {
        assert!(property(&schema, key).is_some(), "`{key}` is read");
    }
    let properties = schema.get("properties").unwrap().object().unwrap();
    for (key, node) in properties {
        let inner = node.get("properties").and_then(Json::object).unwrap_or(&[]);
        let inner_is_empty = inner.is_empty();
        for (inner, _) in inner {
            let path = format!("{key}.{inner}");
            assert!(read.contains(&path.as_str()), "`{path}` is in the schema");
        }
        let is_read = read.contains(&key.as_ref()) || !inner_is_empty;
        assert!(is_read, "`{key}` is in the schema");
    }
    let examples = schema.get("examples").unwrap().array().unwrap();
    for example in examples {
        assert!(recognises(example));
    }
    assert_eq!(examples.len(), 2);
}
