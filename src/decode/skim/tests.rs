//! What skimming decides, and that it never ignores what the decoder keeps.

use proptest::prelude::*;

use super::super::{Told, Unwatched, record, samples, servicenow_genai, servicenow_outbound};
use super::*;
use crate::provider::Gate;

/// What the skimmer says, with these settings.
fn skimmed(bytes: &[u8], settings: &Settings) -> Option<IgnoreReason> {
    match outcome(bytes, settings) {
        Some(Skimmed::Ignored(reason)) => Some(reason),
        Some(Skimmed::Row(_)) | None => None,
    }
}

pub(super) fn outcome<'a>(bytes: &'a [u8], settings: &Settings) -> Option<Skimmed<'a>> {
    let gate = Gate::default();
    let context = Context {
        settings,
        gate: &gate,
    };
    skim(bytes, context, &mut Unwatched)
}

/// What the decoder says when nobody skims.
pub(super) fn decoded(bytes: &[u8], settings: &Settings) -> Vec<Told> {
    let gate = Gate::default();
    let context = Context {
        settings,
        gate: &gate,
    };
    let mut out = Vec::new();
    match Json::parse(bytes) {
        Ok(value) => record(&value, (context, 0), &mut Unwatched, &mut out),
        Err(reject) => out.push(Told::Rejected(reject)),
    }
    out
}

const OTHER: Option<IgnoreReason> = Some(IgnoreReason::OtherCall);

/// A row with these entries put in.
fn row(entries: &str) -> String {
    format!(
        r#"{{"sys_id":"1","sys_created_on":"2026-11-20 09:14:31",{entries},"response_status":"200"}}"#
    )
}

/// Entries of rows that need no decoding.
const PLAIN: [&str; 6] = [
    r#""hostname":"hooks.example.com""#,
    r#""url":"https://hooks.example.com/x?y=1""#,
    r#""hostname":"","url":"https://hooks.example.com""#,
    r#""host":"hooks.example.com:8443","path":"a/b""#,
    r#""hostname":{"display_value":"X","value":"hooks.example.com"}"#,
    r#""hostname":"hooks.example.com","x":{"a":["]}\"",{}],"b":-1.5}"#,
];

/// Entries of rows that are left to the decoder.
const LEFT: [&str; 18] = [
    // An LLM endpoint by host, or by path on an unknown host.
    r#""hostname":"api.openai.com""#,
    r#""hostname":"gw.example.com","path":"/v1/chat/completions""#,
    // Escapes, two columns for one part, duplicates, other kinds of values.
    r#""hostname":"hooks\u002eexample.com""#,
    r#""host\u006eame":"hooks.example.com""#,
    r#""hostname":"hooks.example.com","host":"api.openai.com""#,
    r#""hostname":"hooks.example.com","hostname":"hooks.example.com""#,
    r#""hostname":"hooks.example.com","sys_id":"2""#,
    r#""hostname":7"#,
    r#""hostname":["hooks.example.com"]"#,
    // No destination, no row of this table, or another format's.
    r#""hostname":"""#,
    r#""short_description":"x""#,
    r#""hostname":"hooks.example.com","tollwatch":1"#,
    r#""hostname":"hooks.example.com","prompt_token_count":"1""#,
    // Broken in a way that the scan sees.
    r#""hostname":"hooks.example.com","x":{]"#,
    r#""hostname":"hooks.example.com","x":NaN"#,
    r#""hostname":"hooks.example.com","x":01"#,
    r#""hostname":"hooks.example.com","x":"#,
    r#""hostname":"hooks.example.com",,"x":1"#,
];

#[test]
fn skims_what_is_plain_and_leaves_the_rest() {
    let plain = row(PLAIN[0]);
    let whole = [
        (format!("\u{feff} {plain}\r\n"), OTHER),
        (format!(" \u{feff}{plain}"), None),
        (
            r#"{"hostname":"hooks.example.com","status":"200"}"#.to_owned(),
            None,
        ),
        (format!("{plain}x"), None),
        (plain.replace('}', ""), None),
        (format!("[{plain}]"), None),
        (format!(r#"{{"record":{plain}}}"#), None),
        ("{}".to_owned(), None),
        ("{".to_owned(), None),
        (String::new(), None),
    ];
    let skims = PLAIN.iter().map(|entries| (row(entries), OTHER));
    let leaves = LEFT.iter().map(|entries| (row(entries), None));
    for (record, expected) in whole.into_iter().chain(skims).chain(leaves) {
        let settings = Settings::default();
        assert_eq!(skimmed(record.as_bytes(), &settings), expected, "{record}");
        if expected.is_some() {
            let told = decoded(record.as_bytes(), &settings);
            assert_eq!(told, [Told::Ignored(IgnoreReason::OtherCall)], "{record}");
        }
    }
}

#[test]
fn leaves_invalid_utf8_and_deep_nesting() {
    let mut bytes =
        br#"{"sys_id":"1","hostname":"hooks.example.com","method":"GET","x":""#.to_vec();
    let tail = br#""}"#;
    let plain = [bytes.as_slice(), tail].concat();
    assert_eq!(skimmed(&plain, &Settings::default()), OTHER);
    bytes.push(0xff);
    let broken = [bytes.as_slice(), tail].concat();
    assert_eq!(skimmed(&broken, &Settings::default()), None);
    let deep = |levels| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(
            r#"{{"sys_id":"1","hostname":"hooks.example.com","method":"GET","x":{open}{close}}}"#
        )
    };
    assert_eq!(skimmed(deep(64).as_bytes(), &Settings::default()), OTHER);
    assert_eq!(skimmed(deep(65).as_bytes(), &Settings::default()), None);
}

#[test]
fn follows_the_settings() {
    let own = r#"{"ziel":"hooks.example.com","sys_created_on":"2026-11-20 09:14:31","http_method":"GET"}"#;
    let both =
        r#"{"ziel":"hooks.example.com","hostname":"api.openai.com","sys_id":"1","method":"GET"}"#;
    let bare = r#"{"hostname":"hooks.example.com","status":"200"}"#;
    let cases = [
        (own, None, &[("host", "ziel")][..], OTHER),
        (own, None, &[], None),
        (own, None, &[("host", "ziel.name")], None),
        (
            own,
            Some(Format::ServicenowOutbound),
            &[("host", "ziel")],
            OTHER,
        ),
        (both, None, &[("host", "ziel")], None),
        (bare, Some(Format::ServicenowOutbound), &[], OTHER),
        (
            bare,
            Some(Format::ServicenowOutbound),
            &[("url", "adresse")],
            OTHER,
        ),
        (bare, Some(Format::Native), &[], None),
    ];
    for (record, format, fields, expected) in cases {
        let settings = samples::settings(format, fields);
        let skimmed = skimmed(record.as_bytes(), &settings);
        assert_eq!(skimmed, expected, "{record} {settings:?}");
        if expected.is_some() {
            let told = decoded(record.as_bytes(), &settings);
            assert_eq!(told, [Told::Ignored(IgnoreReason::OtherCall)], "{record}");
        }
    }
}

#[test]
fn knows_every_key_of_the_decoders() {
    for alias in servicenow_outbound::skimmed_keys() {
        let bit = key::bit(alias.as_bytes());
        assert_ne!(bit & !key::FOREIGN, 0, "{alias}");
    }
    for column in [servicenow_genai::MARKS, servicenow_genai::MODEL_MARK] {
        for alias in column.aliases {
            assert_eq!(key::bit(alias.as_bytes()), key::FOREIGN, "{alias}");
        }
    }
}

#[test]
fn leaves_what_another_format_claims() {
    let claims = [
        r#""resourceSpans":[]"#,
        r#""resourceLogs":[]"#,
        r#""schemaType":"ModelInvocationLog""#,
        r#""Type":"ApiManagementGatewayLlmLog""#,
        r#""category":"GatewayLogs""#,
        r#""CorrelationId":"1","ApiId":"a","ResponseCode":200"#,
        r#""call_type":"completion","startTime":1,"model_group":"m""#,
        r#""tollwatch":1"#,
    ];
    let row = r#""sys_created_on":"2026-11-20 09:14:31","hostname":"api.example.com""#;
    let settings = Settings::default();
    assert_eq!(skimmed(format!("{{{row}}}").as_bytes(), &settings), OTHER);
    for claim in claims {
        let record = format!("{{{claim},{row}}}");
        assert_eq!(skimmed(record.as_bytes(), &settings), None, "{record}");
        let told = decoded(record.as_bytes(), &settings);
        assert_ne!(told, [Told::Ignored(IgnoreReason::OtherCall)], "{record}");
    }
}

#[test]
fn tells_the_host_alone() {
    let sample = samples::sample(Format::ServicenowOutbound, "basic.json");
    assert_eq!(
        skim_host(sample.as_bytes()).as_deref(),
        Some("contoso-weu.openai.azure.com")
    );
    assert_eq!(skim_host(b"{}"), None);
}

fn key_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "hostname",
        "url_hostname",
        "host",
        "url",
        "path",
        "url_path",
        "http_method",
        "method",
        "response_status",
        "status",
        "sys_created_on",
        "sys_id",
        "tollwatch",
        "model_name",
        "prompt_token_count",
        "payload",
        "data",
        "result",
        "u_note",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        r#""hooks.example.com""#,
        r#""HOOKS.example.com:8443""#,
        r#""api.openai.com""#,
        r#""https://user:pw@hooks.example.com/a?b=c""#,
        r#""https://api.anthropic.com/v1/messages""#,
        r#""/v1/chat/completions""#,
        r#""/x#y""#,
        r#""//""#,
        r#""@""#,
        r#""?""#,
        r#""""#,
        r#"" ""#,
        r#""a\"b\\""#,
        "null",
        "true",
        "200",
        "-0.5",
        "{}",
        "[]",
        r#"{"value":"hooks.example.com","display_value":"x"}"#,
        r#"{"value":"api.openai.com"}"#,
        r#"{"display_value":"x","link":"https://example.com/api/sys_user/abc"}"#,
        r#"{"value":""}"#,
        r#"[{"hostname":"api.openai.com"}]"#,
        r#""2026-11-20 09:14:31""#,
    ]);
    text.prop_map(str::to_owned)
}

proptest! {
    /// What is ignored by skimming is ignored by decoding, whatever the keys and values.
    #[test]
    fn never_ignores_what_the_decoder_keeps(
        mut entries in prop::collection::btree_map(key_name(), value(), 0..4),
        host in prop::sample::select(vec!["hostname", "host", "url"]),
        is_row in prop::bool::weighted(0.8),
        fixed in any::<bool>(),
        own in prop::sample::select(vec![&[][..], &[("host", "u_note")], &[("path", "u_note")]]),
    ) {
        if is_row {
            for (key, value) in [
                (host, r#""hooks.example.com""#),
                ("sys_created_on", r#""2026-11-20 09:14:31""#),
            ] {
                entries.entry(key.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        let body: Vec<String> = entries.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let text = format!("{{{}}}", body.join(", "));
        let settings = samples::settings(fixed.then_some(Format::ServicenowOutbound), own);
        if let Some(reason) = skimmed(text.as_bytes(), &settings) {
            prop_assert_eq!(decoded(text.as_bytes(), &settings), [Told::Ignored(reason)]);
        }
    }

    /// Any bytes leave the scan standing.
    #[test]
    fn never_panics(
        bytes in prop::collection::vec(prop::sample::select(b"{}[]\"\\,:hostnamesys_id 1e\xff".to_vec()), 0..80),
    ) {
        let _: Option<IgnoreReason> = skimmed(&bytes, &Settings::default());
    }
}
