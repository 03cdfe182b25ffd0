//! Real exports and made-up spans, each row a record and what must come of it.

use std::path::PathBuf;

use super::*;
use crate::call::{Evidence, EvidenceKind, Format, Provider, Report, Tier, UsageReport};
use crate::decode::Settings;
use crate::provider::Gate;
use crate::units::{Millis, UnixMillis};

fn read(record: &[u8], reader: fn(&[u8], Context<'_>, &mut Vec<Told>)) -> Vec<Told> {
    let settings = Settings::default();
    let gate = Gate::default();
    let mut out = Vec::new();
    let context = Context {
        settings: &settings,
        gate: &gate,
    };
    reader(record, context, &mut out);
    out
}

fn from_json(text: &str) -> Vec<Told> {
    read(text.as_bytes(), |bytes, context, out| {
        let record = Json::parse(bytes).unwrap();
        assert!(recognises(&record));
        decode(&record, context, out);
    })
}

fn from_proto(bytes: &[u8]) -> Vec<Told> {
    read(bytes, decode_protobuf)
}

/// One export around spans of one scope.
fn export(scope: &str, spans: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"assist-proxy"}}}}]}},"scopeSpans":[{{"scope":{{"name":"{scope}","version":"9.9"}},"spans":[{spans}]}}]}}]}}"#
    )
}

/// A span `id` of trace `t` under `parent`, two seconds long, with attributes `k=v` each; whole
/// numbers become `intValue`.
fn span(id: &str, parent: &str, attributes: &str) -> String {
    span_between(
        id,
        parent,
        "1795166071000000000",
        "1795166073000000000",
        attributes,
    )
}

fn span_between(id: &str, parent: &str, start: &str, end: &str, attributes: &str) -> String {
    let pairs: Vec<String> = attributes
        .split_whitespace()
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap();
            let kind = if value.parse::<i64>().is_ok() {
                "intValue"
            } else {
                "stringValue"
            };
            let value = serde_json::to_string(value).unwrap();
            format!(r#"{{"key":"{key}","value":{{"{kind}":{value}}}}}"#)
        })
        .collect();
    format!(
        r#"{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"{id}","parentSpanId":"{parent}","kind":3,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","attributes":[{}]}}"#,
        pairs.join(",")
    )
}

/// What came of a span, in one line.
fn line(told: &Told) -> String {
    match told {
        Told::Ignored(reason) => reason.as_str().to_owned(),
        Told::Rejected(reject) => reject.reason.to_string(),
        Told::Report(report) => report_line(report),
    }
}

fn report_line(report: &Report) -> String {
    let mut words = Vec::new();
    match &report.transport {
        Some(transport) => {
            let status = transport
                .status
                .map_or("-".to_owned(), |status| status.to_string());
            words.push(format!("{} {status}", transport.class.unwrap().as_str()));
            if transport.latency.is_none() {
                words.push("no latency".into());
            }
        }
        None => words.push("no transport".into()),
    }
    match &report.usage {
        Some(usage) => words.extend(usage_words(usage)),
        None => words.push("no usage".into()),
    }
    words.push(report.identity.kind.as_str().into());
    words.join(", ")
}

fn usage_words(usage: &UsageReport) -> Vec<String> {
    let mut words = vec![usage.usage.map_or("no tokens".into(), |u| {
        format!(
            "{}+{}+{}+{} > {} ({})",
            u.input, u.cache_read, u.cache_write_5m, u.cache_write_1h, u.output, u.reasoning
        )
    })];
    let flags = [
        (usage.untold.cache && usage.usage.is_some(), "cache?"),
        (usage.untold.convention, "convention?"),
        (!usage.untold.geo, "geo"),
        (usage.total_mismatch, "mismatch"),
        (usage.audio, "audio"),
    ];
    words.extend(
        flags
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, word)| (*word).into()),
    );
    words
}

fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/otlp")
        .join(name)
}

const CHAT: &str = "gen_ai.operation.name=chat gen_ai.provider.name=openai gen_ai.request.model=m";

fn lines(told: &[Told]) -> Vec<String> {
    told.iter().map(line).collect()
}

/// The rows of a table file, split at `|`; words in capitals stand for what `NAME = …` says.
fn table(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(sample(name)).unwrap();
    let mut words = std::collections::BTreeMap::new();
    let mut rows = Vec::new();
    for row in text
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
    {
        if let Some((word, meaning)) = row.split_once(" = ") {
            words.insert(word.to_owned(), meaning.to_owned());
        } else {
            rows.push(row.split('|').map(|cell| expand(cell, &words)).collect());
        }
    }
    assert!(rows.len() > 10, "{name} is cut");
    rows
}

fn expand(cell: &str, words: &std::collections::BTreeMap<String, String>) -> String {
    let meaning = |word: &str| words.get(word).cloned().unwrap_or(word.to_owned());
    cell.split_whitespace()
        .map(meaning)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn real_exports_give_the_true_counts() {
    let text = std::fs::read_to_string(sample("expected.txt")).unwrap();
    let rows = text
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'));
    let mut captures: Vec<(&str, usize, Vec<&str>)> = Vec::new();
    for row in rows {
        if let Some(line) = row.strip_prefix("  ") {
            captures.last_mut().unwrap().2.push(line);
        } else {
            let (name, calls) = row.split_once(", ").unwrap();
            let calls = calls.strip_suffix(" calls").unwrap().parse().unwrap();
            captures.push((name, calls, Vec::new()));
        }
    }
    assert_eq!(captures.len(), 21);
    for (name, calls, expected) in captures {
        let text = std::fs::read_to_string(sample(&format!("{name}.json"))).unwrap();
        let told = from_json(&text);
        assert_eq!(lines(&told), expected, "{name}");
        let wire = std::fs::read(sample(&format!("{name}.pb"))).unwrap();
        assert!(recognises_protobuf(&wire), "{name}");
        assert_eq!(
            from_proto(&wire),
            told,
            "{name}: protobuf tells another thing than JSON"
        );
        let keys: std::collections::BTreeSet<&str> = keys(&told).into_iter().collect();
        assert_eq!(keys.len(), calls, "{name}");
    }
}

/// The keys of the reports.
fn keys(told: &[Told]) -> Vec<&str> {
    told.iter()
        .filter_map(|told| match told {
            Told::Report(report) => Some(report.identity.value.as_str()),
            Told::Ignored(_) | Told::Rejected(_) => None,
        })
        .collect()
}

#[test]
fn every_convention_gives_the_same_buckets() {
    for row in table("conventions.txt") {
        let [scope, provider, counts, marks] = row.as_slice() else {
            panic!("{row:?}");
        };
        let attributes = format!(
            "gen_ai.operation.name=chat gen_ai.system={provider} gen_ai.request.model=m {counts}"
        );
        let told = from_json(&export(scope, &span("b7ad6b7169203331", "", &attributes)));
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!(", {marks}")
        };
        let expected = format!("ok -, 100+40+10+0 > 20 (5){marks}, span");
        assert_eq!(lines(&told), [expected], "{row:?}");
    }
}

/// The neighbours of each row's span must stand, whatever becomes of it.
#[test]
fn a_span_stands_or_falls_by_itself() {
    let neighbour = |id: &str| span(id, "", &format!("{CHAT} gen_ai.response.id=r{id}"));
    let (before, after) = (neighbour("01"), neighbour("02"));
    for row in table("spans.txt") {
        let [scope, attributes, expected] = row.as_slice() else {
            panic!("{row:?}");
        };
        let middle = span("b7ad6b7169203331", "", attributes);
        let told = from_json(&export(scope, &format!("{before},{middle},{after}")));
        let around = "ok -, no tokens, response";
        assert_eq!(lines(&told), [around, expected, around], "{row:?}");
    }
}

#[test]
fn times_are_checked() {
    const START: &str = "1795166071000000000";
    let rows = [
        ("0", "0", "bad_time"),
        ("soon", START, "bad_time"),
        (START, "never", "bad_time"),
        (START, "1795166070000000000", "bad_time"),
        ("1000000000", "2000000000", "time_out_of_range"),
        (START, "0", "ok -, no latency, no tokens, span"),
        (START, START, "ok -, no tokens, span"),
    ];
    for (start, end, expected) in rows {
        let span = span_between("b7ad6b7169203331", "", start, end, CHAT);
        assert_eq!(
            lines(&from_json(&export("my.own", &span))),
            [expected],
            "{start} {end}"
        );
    }
}

#[test]
fn an_export_without_spans_is_one_record() {
    let rows = [
        (r#"{"resourceSpans":[]}"#, "not_a_call"),
        (r#"{"resourceSpans":null}"#, "not_a_call"),
        (
            r#"{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"x"}}]}]}"#,
            "not_a_call",
        ),
        (r#"{"resourceLogs":[{"scopeLogs":[]}]}"#, "not_a_call"),
        (r#"{"resourceMetrics":[]}"#, "not_a_call"),
        (r#"{"resourceSpans":7}"#, "unknown_shape"),
        (r#"{"resourceSpans":[{"scopeSpans":"x"}]}"#, "unknown_shape"),
    ];
    for (text, expected) in rows {
        assert_eq!(lines(&from_json(text)), [expected], "{text}");
    }
    for text in [r#"{"spans":[]}"#, "[]", "{}"] {
        let record = Json::parse(text.as_bytes()).unwrap();
        assert!(!recognises(&record), "{text}");
    }
}

/// The liberties of exporters: each form of a value must tell the same report.
#[test]
fn json_is_read_leniently() {
    let attributes = format!("{CHAT} gen_ai.usage.input_tokens=9");
    let strict = export("my.own", &span("b7ad6b7169203331", "", &attributes));
    let expected = from_json(&strict);
    assert_eq!(lines(&expected), ["ok -, 9+0+0+0 > 0 (0), cache?, span"]);
    let rows = [
        (r#""intValue":"9""#, r#""intValue":9"#),
        (r#""intValue":"9""#, r#""doubleValue":9.0"#),
        (r#""intValue":"9""#, r#""stringValue":"9""#),
        (r#""kind":3"#, r#""kind":"SPAN_KIND_CLIENT""#),
        (
            r#""kind":3"#,
            r#""kind":3,"status":{"code":"STATUS_CODE_OK"}"#,
        ),
        ("b7ad6b7169203331", "B7AD6B7169203331"),
        (r#""1795166071000000000""#, "1795166071000000000"),
        ("startTimeUnixNano", "start_time_unix_nano"),
        ("resourceSpans", "resource_spans"),
        ("scopeSpans", "instrumentationLibrarySpans"),
        (
            r#""parentSpanId":"""#,
            r#""parentSpanId":"0000000000000000""#,
        ),
    ];
    for (from, to) in rows {
        assert!(strict.contains(from), "{from}");
        assert_eq!(from_json(&strict.replace(from, to)), expected, "{to}");
    }
}

#[test]
fn protobuf_falls_span_by_span() {
    let whole = std::fs::read(sample("genai-openai.pb")).unwrap();
    let good = lines(&from_proto(&whole));
    // Behind a span's trace id of 16 bytes stands the tag of its span id; as the tag of a group
    // without end it breaks this span only.
    let at = whole
        .windows(2)
        .position(|pair| pair == [0x0A, 0x10])
        .unwrap()
        + 18;
    assert_eq!(whole[at], 0x12);
    let mut bent = whole.clone();
    bent[at] = 0x13;
    let expected = ["broken_protobuf", good[1].as_str(), good[2].as_str()];
    assert_eq!(lines(&from_proto(&bent)), expected);

    let cut = &whole[..whole.len() - 7];
    assert!(recognises_protobuf(cut));
    assert_eq!(lines(&from_proto(cut)), ["broken_protobuf"]);

    // ResourceLogs with one log record of time and severity: no spans, and no fault.
    let log = [
        0x0A, 0x0F, 0x12, 0x0D, 0x12, 0x0B, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 9,
    ];
    assert!(recognises_protobuf(&log));
    assert_eq!(lines(&from_proto(&log)), ["not_a_call"]);

    let others: [&[u8]; 5] = [b"\n{\n  \"a\": 1}", b"", b"\n\n", b"{}", b"\x1f\x8b\x08"];
    for other in others {
        assert!(!recognises_protobuf(other), "{other:?}");
    }
}

#[test]
fn nested_spans_of_one_call_share_an_identity() {
    for row in table("pairs.txt") {
        let [spans, expected] = row.as_slice() else {
            panic!("{row:?}");
        };
        let spans: Vec<String> = spans
            .split(" ; ")
            .map(|told| {
                let (id, rest) = told.split_once(' ').unwrap();
                let (parent, attributes) = rest.split_once(' ').unwrap();
                span(id, parent.trim_matches('-'), attributes)
            })
            .collect();
        let told = from_json(&export("my.own", &spans.join(",")));
        let trace = "5b8efff798038103d269b633813fc60c/";
        let keys = keys(&told);
        let keys: Vec<&str> = keys
            .iter()
            .map(|key| key.strip_prefix(trace).unwrap_or(key))
            .collect();
        assert_eq!(keys.join(" "), *expected, "{row:?}");
    }
}

#[test]
fn a_report_says_who_where_and_what() {
    let attributes = "gen_ai.operation.name=chat gen_ai.provider.name=openai \
        gen_ai.request.model=gpt-4o gen_ai.response.model=gpt-4o-2024-11-20 \
        server.address=LLM.Example server.port=8443 url.path=/v1/chat/completions?key=x \
        gen_ai.conversation.id=c1 enduser.id=u1 gen_ai.agent.name=summarise \
        tollwatch.application=itsm openai.response.service_tier=flex cloud.region=eu-west-1 \
        http.request.resend_count=2 gen_ai.input.messages=secret gen_ai.prompt.0.content=secret";
    let told = from_json(&export("my.own", &span("b7ad6b7169203331", "", attributes)));
    assert!(!format!("{told:?}").contains("secret"));
    let Told::Report(report) = &told[0] else {
        panic!("{told:?}");
    };
    let to = &report.destination;
    let (transport, usage) = (
        report.transport.as_ref().unwrap(),
        report.usage.as_ref().unwrap(),
    );
    assert_eq!(
        (report.format, report.teller.as_str()),
        (Format::Otlp, "my.own")
    );
    assert_eq!(
        (to.host.as_str(), to.port, to.path.as_str()),
        ("llm.example", Some(8443), "/v1/chat/completions")
    );
    assert_eq!(to.provider, Some(Provider::Openai));
    assert_eq!(
        (usage.model.as_str(), usage.requested_model.as_str()),
        ("gpt-4o-2024-11-20", "gpt-4o")
    );
    assert_eq!(usage.tier, Some(Tier::Flex));
    assert_eq!(
        (report.at, transport.latency),
        (UnixMillis(1_795_166_071_000), Some(Millis(2000)))
    );
    assert_eq!(transport.stated_retries, Some(2));
    let origin = &report.origin;
    assert_eq!(
        (origin.application.as_str(), origin.skill.as_str()),
        ("itsm", "summarise")
    );
    assert_eq!(
        (origin.service.as_str(), origin.user.as_str()),
        ("assist-proxy", "u1")
    );
    assert_eq!(origin.conversation, "c1");
    // A region is the client's setting of Bedrock only.
    assert_eq!(report.evidence, []);
}

#[test]
fn bedrock_tells_the_region_the_client_was_set_to() {
    let text = std::fs::read_to_string(sample("botocore.json")).unwrap();
    let Told::Report(report) = &from_json(&text)[0] else {
        panic!("no report");
    };
    assert_eq!(report.destination.provider, Some(Provider::Bedrock));
    assert_eq!(
        report.destination.host,
        "bedrock-runtime.eu-central-1.amazonaws.com"
    );
    assert!(report.evidence.contains(&Evidence {
        kind: EvidenceKind::ClientRegion,
        told: "eu-central-1".into(),
    }));
}
