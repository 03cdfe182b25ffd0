//! Every record ends somewhere: entry, envelopes, fixed formats, and broken samples.

use proptest::prelude::*;

use super::*;
use samples::{lines, lines_with, sample, settings, told};

#[test]
fn every_record_ends_somewhere() {
    let huge = vec![b' '; RECORD_MAX_BYTES + 1];
    let cases: [(&[u8], &str); 12] = [
        (b"", "empty"),
        (b" \r\n", "blank"),
        (b"\xEF\xBB\xBF", "empty"),
        (b"plain text", "plain_text"),
        (b"\xff\xfe", "not_utf8"),
        (b"{", "broken_json"),
        (b"{}", "unknown_shape"),
        (b"[]", "not_a_call"),
        (b"[[]]", "unknown_shape"),
        (b"null", "plain_text"),
        (b"{\"result\":[]}", "not_a_call"),
        (&huge, "too_large"),
    ];
    for (bytes, expected) in cases {
        let words: Vec<&str> = told(bytes, &Settings::default())
            .iter()
            .map(|told| match told {
                Told::Ignored(reason) => reason.as_str(),
                Told::Rejected(reject) => reject.reason.as_str(),
                Told::Report(_) => "report",
            })
            .collect();
        assert_eq!(words, [expected], "{:?}", bytes.get(..20.min(bytes.len())));
    }
}

#[test]
fn opens_envelopes_three_deep() {
    let row = r#"{"sys_id":"1","hostname":"hooks.example.com","method":"GET"}"#;
    let text = |value: &str| serde_json::to_string(value).unwrap();
    let log = |kind: &str, messages: &[&str]| {
        let events: Vec<String> = messages
            .iter()
            .map(|message| format!(r#"{{"id":"1","message":{message}}}"#))
            .collect();
        format!(
            r#"{{"messageType":"{kind}","logEvents":[{}]}}"#,
            events.join(",")
        )
    };
    let other = "ignored other_call";
    let unknown = "rejected unknown_shape: no format knows these keys";
    let no_object = "rejected unknown_shape: a list element that is no object";
    let cases: Vec<(String, Vec<&str>)> = vec![
        (format!("[{row},{row}]"), vec![other, other]),
        (format!("[{row},1]"), vec![other, no_object]),
        (format!(r#"{{"result":{row}}}"#), vec![other]),
        (format!(r#"{{"result":[{row}]}}"#), vec![other]),
        (
            format!(r#"{{"records":[{row},{row}]}}"#),
            vec![other, other],
        ),
        (format!(r#"{{"fields":{row}}}"#), vec![other]),
        (format!(r#"{{"data":{row},"op":"c"}}"#), vec![other]),
        (format!(r#"{{"schema":null,"payload":{row}}}"#), vec![other]),
        (format!(r#"{{"payload":{}}}"#, text(row)), vec![other]),
        (format!(r#"{{"payload":{}}}"#, text("{oops")), vec![unknown]),
        (r#"{"payload":"words"}"#.to_owned(), vec![unknown]),
        (
            format!(r#"[{{"payload":{{"record":{row}}}}}]"#),
            vec![other],
        ),
        (
            format!(r#"[{{"payload":{{"record":{{"data":{row}}}}}}}]"#),
            vec![unknown],
        ),
        (log("DATA_MESSAGE", &[&text(row), row]), vec![other, other]),
        (
            log("DATA_MESSAGE", &["7", &text("{")]),
            vec![
                "rejected unknown_shape: a log event without a `message`",
                "rejected broken_json: ends in the middle, line 1 column 1",
            ],
        ),
        (log("DATA_MESSAGE", &[]), vec!["ignored not_a_call"]),
        (
            log("CONTROL_MESSAGE", &[&text("CWL CONTROL")]),
            vec!["ignored not_a_call"],
        ),
    ];
    for (record, expected) in cases {
        assert_eq!(lines(&record), expected, "{record}");
    }
}

#[test]
fn a_fixed_format_says_what_is_missing() {
    let incident = r#"{"sys_id":"1","number":"INC0010023"}"#;
    let wrapped = format!(r#"{{"result":[{incident}]}}"#);
    let cases = [
        (
            Format::ServicenowOutbound,
            incident,
            "no row of `sys_outbound_http_log`",
        ),
        (
            Format::ServicenowOutbound,
            &wrapped,
            "no row of `sys_outbound_http_log`",
        ),
        (
            Format::ServicenowGenai,
            incident,
            "no row of `sys_generative_ai_log`",
        ),
        (Format::Native, incident, "expected `tollwatch`: 1"),
    ];
    for (format, record, words) in cases {
        let lines = lines_with(record, &settings(Some(format), &[]));
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert!(line.starts_with("rejected unknown_shape"), "{line}");
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn columns_go_by_the_users_names() {
    let record = concat!(
        r#"{"when":"1795166071","ziel":{"name":"api.openai.com"},"data":{"x":1},"#,
        r#""code":"200","response_status":"500","took":"2.5"}"#
    );
    let fields = [
        ("time", "when"),
        ("host", "ziel.name"),
        ("status", "code"),
        ("duration", "took"),
        (DURATION_UNIT, "s"),
    ];
    let settings = settings(Some(Format::ServicenowOutbound), &fields);
    let lines = lines_with(record, &settings);
    assert_eq!(lines.len(), 1);
    let line = lines.concat();
    assert!(line.contains("status=200 class=ok ms=2500"), "{line}");
    for (name, _) in fields {
        assert!(field_names().contains(&name), "{name}");
    }
}

#[test]
fn rejections_keep_keys_and_lengths_never_values() {
    let record = r#"{"sys_id":"12345","number":"INC0010023","note":{"text":"hush"}}"#;
    let told = told(record.as_bytes(), &Settings::default());
    let [Told::Rejected(reject)] = told.as_slice() else {
        panic!("{told:?}")
    };
    let expected = [("sys_id", 5), ("number", 10), ("note.text", 4)];
    let expected: Vec<(crate::units::Text, u32)> = expected
        .iter()
        .map(|(key, length)| (crate::units::Text::from(*key), *length))
        .collect();
    assert_eq!(reject.keys, expected);
}

proptest! {
    /// A sample with bytes changed, cut or doubled still ends as at least one outcome.
    #[test]
    fn broken_samples_end_somewhere(
        name in prop::sample::select(vec![
            (Format::ServicenowOutbound, "level_all.json"),
            (Format::ServicenowOutbound, "table_api.json"),
            (Format::ServicenowOutbound, "display_value_all.json"),
            (Format::ServicenowGenai, "metadata.json"),
            (Format::Native, "both.json"),
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        keep_whole in any::<bool>(),
        format in prop::sample::select(vec![
            None,
            Some(Format::ServicenowOutbound),
            Some(Format::ServicenowGenai),
            Some(Format::Native),
        ]),
    ) {
        let mut bytes = sample(name.0, name.1).into_bytes();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if !keep_whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        prop_assert!(!told(&bytes, &settings(format, &[])).is_empty());
    }
}
