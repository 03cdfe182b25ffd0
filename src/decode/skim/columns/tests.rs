//! A row read by its columns tells what the whole of it tells, and every fault is found.

use proptest::prelude::*;

use super::super::Skimmed;
use super::super::tests::{decoded, outcome};
use super::*;
use crate::call::Format;
use crate::decode::{Told, samples, servicenow_outbound};

/// The columns of a row, read from its first byte on.
fn row<'a>(bytes: &'a [u8], settings: &Settings) -> Option<Picked<'a>> {
    super::row(bytes, settings, &Begun::at(bytes)?)
}

/// A call to a provider with these entries put in.
fn call(entries: &str) -> String {
    format!(
        concat!(
            r#"{{"sys_id":"0b1c","sys_created_on":"2026-11-20 09:14:31","hostname":"api.openai.com","#,
            r#""path":"/v1/chat/completions",{},"response_status":"200"}}"#
        ),
        entries
    )
}

/// Entries of calls whose columns are taken.
const TAKEN: [&str; 12] = [
    r#""u_note":"x""#,
    r#""u_note":"Übergröße 😀","u_flag":true,"u_none":null,"u_number":-12.5"#,
    r#""u_note":"a\"b\\c\u00e4\n""#,
    r#""u_number":123456789012345678901234567890"#,
    r#""u_nested":{"a":[1,2,{"b":"]}"}]},"u_list":[]"#,
    r#""u_nested":{ "a" : { } , "b" : [ ] , "c" : [ { "a" : "\n" } , null ] }"#,
    r#""u_nested":{"a":{"a":{"a":1}},"b":{"a":1}}"#,
    r#""response_time":"2841","total_time":7,"duration":1.5"#,
    r#""scope":{"value":"sn_x","display_value":"X","link":"https://x.example/api/now/sys_scope/1"}"#,
    r#""response_headers":"{\"x-ms-region\":\"West Europe\",\"apim-request-id\":\"5c0b\"}""#,
    r#""response_headers":{"x-ms-region":"West Europe"}"#,
    r#""user":"","sys_created_by":"a.b" , "sequence" : "1""#,
];

/// Entries of calls that are left to the tree reader; it refuses most of them.
const LEFT: [&str; 25] = [
    // The same key twice: of those that are read, of the others, within a value.
    r#""response_time":"1","response_time":"2""#,
    r#""u_note":"1","u_note":"1""#,
    r#""u_nested":{"a":1,"a":2}"#,
    r#""scope":{"value":"1","value":"1"}"#,
    // What no JSON is, wherever it stands.
    "\"u_note\":\"a\tb\"",
    r#""u_note":"\x""#,
    r#""u_note":"\ud800""#,
    r#""scope":"\ud800""#,
    r#""u_number":01"#,
    r#""u_number":NaN"#,
    r#""u_nested":{"a":01}"#,
    r#""u_nested":[1,]"#,
    r#""u_nested":{"a":1,}"#,
    r#""u_nested":{"a":[1}}"#,
    r#""u_nested":{"a" 1}"#,
    r#""u_nested":{a:1}"#,
    r#""u_nested":{"a":{"b":1,"c":2,"b":3}}"#,
    r#""u_nested":["\ud800"]"#,
    r#""u_nested":[}"#,
    r#""u_nested":[1 2]"#,
    r#""response_time":1e999"#,
    r#""u_note":"x",,"u_flag":true"#,
    // What is rare: a number with an exponent, a key with an escape, another format's key.
    r#""u_number":1e3"#,
    r#""u_n\u006fte":"x""#,
    r#""model_name":"x""#,
];

#[test]
fn takes_the_columns_of_plain_rows_and_leaves_the_rest() {
    let settings = Settings::default();
    let cases = TAKEN.iter().map(|entries| (entries, true));
    for (entries, taken) in cases.chain(LEFT.iter().map(|entries| (entries, false))) {
        let record = call(entries);
        let row = row(record.as_bytes(), &settings);
        assert_eq!(row.is_some(), taken, "{record}");
        let told = samples::told(record.as_bytes(), &settings);
        assert_eq!(told, decoded(record.as_bytes(), &settings), "{record}");
    }
}

#[test]
fn finds_a_fault_at_the_end_and_in_any_byte() {
    let settings = Settings::default();
    let plain = call(r#""u_note":"x""#);
    let is_row = |record: &[u8]| row(record, &settings).is_some();
    assert!(is_row(plain.as_bytes()));
    assert!(is_row(format!("\u{feff} {plain} ").as_bytes()));
    for end in 0..plain.len() {
        assert!(!is_row(&plain.as_bytes()[..end]), "cut at {end}");
    }
    for more in ["x", "}", ",", "{}", "\0"] {
        assert!(!is_row(format!("{plain}{more}").as_bytes()), "{more:?}");
    }
    for at in 0..plain.len() {
        let mut bytes = plain.clone().into_bytes();
        bytes[at] = 0xff;
        assert!(!is_row(&bytes), "no UTF-8 at {at}");
    }
}

#[test]
fn reads_no_column_that_the_decoder_does_not_and_misses_none() {
    let mut seen = 0;
    for column in servicenow_outbound::COLUMNS {
        for alias in column.aliases {
            let bit = key::bit(alias.as_bytes());
            assert_ne!(bit & !key::FOREIGN, 0, "{alias}");
            assert_eq!(bit & seen, 0, "{alias} has the bit of another column");
            seen |= bit;
            let mut picked = Picked::new();
            picked.add(key::number(bit), Json::Null);
            assert!(picked.get(key::number(bit)).is_some(), "{alias}");
        }
    }
    let record = call(r#""u_note":"x","session":"y","scope":"z""#);
    let row = row(record.as_bytes(), &Settings::default()).expect("a plain row");
    let mut read = Picked::new();
    for (name, text) in [
        ("sys_id", "0b1c"),
        ("sys_created_on", "2026-11-20 09:14:31"),
        ("hostname", "api.openai.com"),
        ("path", "/v1/chat/completions"),
        ("scope", "z"),
        ("response_status", "200"),
    ] {
        let number = key::number(key::bit(name.as_bytes()));
        assert!(read.add(number, Json::Str(text.into())), "{name}");
    }
    assert_eq!(row, read);
}

#[test]
fn reads_the_columns_that_the_settings_name() {
    let record = call(r#""u_sent":"7","u_deep":{"sent":"8"}"#);
    let fixed = Some(Format::ServicenowOutbound);
    for (name, taken) in [("u_sent", true), ("u_deep.sent", false)] {
        let settings = samples::settings(fixed, &[("request_bytes", name)]);
        assert_eq!(row(record.as_bytes(), &settings).is_some(), taken, "{name}");
        let told = samples::told(record.as_bytes(), &settings);
        assert_eq!(told, decoded(record.as_bytes(), &settings), "{name}");
        assert!(
            format!("{told:?}").contains("request_bytes: Some("),
            "{told:?}"
        );
    }
}

#[test]
fn many_keys_are_for_the_tree_reader() {
    let keys = |count: usize| {
        let entries: Vec<String> = (0..count).map(|n| format!(r#""u_{n}":"{n}""#)).collect();
        call(&entries.join(","))
    };
    // The call's own keys are told by their bits.
    for (count, taken) in [(KEYS_MAX, true), (KEYS_MAX + 1, false)] {
        let record = keys(count);
        let is_row = row(record.as_bytes(), &Settings::default()).is_some();
        assert_eq!(is_row, taken, "{count}");
    }
}

/// The scan stops at the host; what stands before it is taken from the scan, or read again.
#[test]
fn the_host_may_stand_anywhere() {
    let settings = Settings::default();
    let entries = [
        r#""sys_id":"0b1c""#,
        r#""sys_created_on" : "2026-11-20 09:14:31""#,
        r#""u_nested":{"a":[1,{"b":"]}"}]}"#,
        r#""u_number":-12.5,"u_none":null"#,
        r#""u_text":"a\"b\u00e4""#,
        r#""user":{"link":"https://x.example/api/now/sys_user/1","value":"1"}"#,
        r#""scope":{"value":"sn_x","display_value":null}"#,
        r#""source_table":{"value":"\u00e4"}"#,
        r#""transaction":"Übergröße""#,
        r#""response_time":2841"#,
        r#""path":"/v1/chat/completions""#,
        r#""u_a":"1","u_b":"2","u_c":"3","u_d":"4""#,
        r#""response_status":"200""#,
    ];
    for place in 0..=entries.len() {
        let mut entries = entries.to_vec();
        entries.insert(place, r#""hostname":"api.openai.com""#);
        let text = format!("{{{}}}", entries.join(","));
        let outcome = outcome(text.as_bytes(), &settings);
        assert!(matches!(outcome, Some(Skimmed::Row(_))), "{text}");
        let told = samples::told(text.as_bytes(), &settings);
        assert_eq!(told, decoded(text.as_bytes(), &settings), "{text}");
        // A fault is found on both sides of the host.
        for wrong in [
            r#""u_a":"0""#,
            r#""user":"x""#,
            r#""u_e":{"a":1,"a":2}"#,
            r#""u_e":"\x""#,
        ] {
            for at in [0, entries.len()] {
                let mut entries = entries.clone();
                entries.insert(at, wrong);
                let text = format!("{{{}}}", entries.join(","));
                let told = samples::told(text.as_bytes(), &settings);
                assert!(matches!(told[..], [Told::Rejected(_)]), "{text}: {told:?}");
            }
        }
    }
}

/// Rows after rows with the same keys, the same in part, in another order, with twins: what the one
/// before taught never shows.
#[test]
fn the_row_before_changes_no_answer() {
    let row = |entries: &[&str]| format!("{{{}}}", entries.join(","));
    let usual = [
        r#""sys_id":"0b1c""#,
        r#""u_a":"1""#,
        r#""sys_created_on":"2026-11-20 09:14:31""#,
        r#""hostname":"api.openai.com""#,
        r#""u_b":{"c":[1]}"#,
        r#""response_status":"200""#,
        r#""u_d":null"#,
    ];
    let (mut seen, mut rejected) = (0, 0);
    let mut tell = |text: &str| {
        let told = samples::told(text.as_bytes(), &Settings::default());
        assert_eq!(
            told,
            decoded(text.as_bytes(), &Settings::default()),
            "{text}"
        );
        seen += 1;
        rejected += usize::from(matches!(told[..], [Told::Rejected(_)]));
    };
    for _ in 0..3 {
        tell(&row(&usual));
        for place in 0..=usual.len() {
            for other in [
                "\"u_e\":\"5\"",
                "\"u_a\":\"6\"",
                "\"sys_id\":\"7\"",
                "\"u_a\" : \"8\"",
            ] {
                let mut entries = usual.to_vec();
                entries.insert(place, other);
                tell(&row(&entries));
                tell(&row(&usual));
            }
            let (less, more) = usual.split_at(place);
            tell(&row(&[more, less].concat()));
            tell(&row(&usual).replace(',', " , ").replace("\":", "\" : "));
            if place >= 4 {
                tell(&row(less));
            }
        }
        // So many others that their keys are learned.
        for _ in 0..10 {
            tell(&row(&usual.iter().rev().copied().collect::<Vec<_>>()));
        }
    }
    assert!(
        rejected > 3 * 3 * usual.len() && seen > 2 * rejected,
        "{rejected} of {seen}"
    );
}

fn key_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "sys_id",
        "sys_created_on",
        "hostname",
        "url",
        "path",
        "status",
        "response_status",
        "response_time",
        "request_length",
        "error_message",
        "transaction",
        "scope",
        "user",
        "sys_created_by",
        "response_headers",
        "u_note",
        "u_other",
        "payload",
        "record",
        "tollwatch",
    ])
}

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#""api.openai.com""#,
        r#""https://api.anthropic.com/v1/messages?x=y""#,
        r#""/v1/chat/completions""#,
        r#""hooks.example.com""#,
        r#""2026-11-20 09:14:31""#,
        r#""429""#,
        r#""-1""#,
        r#""""#,
        r#""read timed out""#,
        r#""a\u00e4\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""{\"x-ms-region\":\"West Europe\",\"retry-after\":\"3\"}""#,
        r#""{x-ms-region=West Europe, x-request-id=abc}""#,
        "200",
        "1700000000",
        "-0",
        "-0.0",
        "01",
        "99999999999999999999",
        "123456789012345678",
        "1e3",
        "1e999",
        "true",
        "null",
        r#"{"value":"200","display_value":"x"}"#,
        r#"{"x-ms-region":"West Europe"}"#,
        r#"[{"name":"retry-after","value":"3"}]"#,
        r#"{"a":1,"a":2}"#,
        "{]",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What the columns tell is what the whole record tells, faults and all.
    #[test]
    fn tells_what_the_tree_tells(
        mut entries in prop::collection::vec((key_name(), value()), 0..6),
        is_call in prop::bool::weighted(0.9),
        place in 0..6_usize,
        fixed in any::<bool>(),
        own in prop::sample::select(vec![&[][..], &[("status", "u_note")], &[("host", "u_note")]]),
    ) {
        if is_call {
            let place = place.min(entries.len());
            entries.retain(|(key, _)| !matches!(*key, "hostname" | "sys_created_on"));
            entries.insert(place.min(entries.len()), ("hostname", r#""api.openai.com""#));
            entries.push(("sys_created_on", r#""2026-11-20 09:14:31""#));
        }
        let body: Vec<String> = entries.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let text = format!("{{{}}}", body.join(","));
        let settings = samples::settings(fixed.then_some(Format::ServicenowOutbound), own);
        let told = samples::told(text.as_bytes(), &settings);
        // Calls to others may have faults that nobody looks for.
        if told != [Told::Ignored(crate::outcome::IgnoreReason::OtherCall)] {
            prop_assert_eq!(told, decoded(text.as_bytes(), &settings), "{}", text);
        }
    }
}
