//! Tables of single values: times, statuses, durations, wrapped values, addresses.

use super::*;

fn json(text: &str) -> String {
    format!("{{\"v\":{text}}}")
}

/// Applies a reader to one value; the reason's word where it refuses.
fn read<T>(text: &str, reader: impl Fn(&Json<'_>) -> Result<T, Reject>) -> Result<T, &'static str> {
    let record = json(text);
    let record = Json::parse(record.as_bytes()).unwrap();
    reader(record.get("v").unwrap()).map_err(|reject| reject.reason.as_str())
}

#[test]
fn times() {
    let at = Ok(UnixMillis(1_795_166_071_000));
    let half = Ok(UnixMillis(1_795_166_071_841));
    let cases = [
        ("\"2026-11-20 09:14:31\"", at),
        ("\"2026-11-20T10:14:31+01:00\"", at),
        ("1795166071", at),
        ("\"1795166071\"", at),
        ("1795166071000", at),
        ("1795166071.0", at),
        ("1795166071.841", half),
        ("\"1795166071.841\"", half),
        ("1795166071841.5", Ok(UnixMillis(1_795_166_071_842))),
        ("\"20.11.2026 09:14\"", Err("bad_time")),
        ("\"NaN\"", Err("bad_time")),
        ("true", Err("bad_time")),
        ("{}", Err("bad_time")),
        ("0", Err("time_out_of_range")),
        ("\"1999-12-31 23:59:59\"", Err("time_out_of_range")),
        ("\"2100-01-01T00:00:00Z\"", Err("time_out_of_range")),
        ("9223372036854775807", Err("time_out_of_range")),
        ("1e300", Err("bad_time")),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, |value| time("v", value)), expected, "{text}");
    }
}

#[test]
fn statuses() {
    let cases = [
        ("200", Ok(Some(200))),
        ("\"429\"", Ok(Some(429))),
        ("200.0", Ok(Some(200))),
        ("\"\"", Ok(None)),
        ("null", Ok(None)),
        ("0", Ok(None)),
        ("\"0\"", Ok(None)),
        ("99", Err("bad_status")),
        ("600", Err("bad_status")),
        ("-1", Err("bad_status")),
        ("70000", Err("bad_status")),
        ("\"200 OK\"", Err("bad_status")),
        ("true", Err("bad_status")),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, |value| status("v", value)), expected, "{text}");
    }
}

#[test]
fn durations_and_counts() {
    let cases = [
        ("2841", false, Ok(Some(Millis(2841)))),
        ("\"2841\"", false, Ok(Some(Millis(2841)))),
        ("2840.6", false, Ok(Some(Millis(2841)))),
        ("2.841", true, Ok(Some(Millis(2841)))),
        ("\"2\"", true, Ok(Some(Millis(2000)))),
        ("\"\"", false, Ok(None)),
        ("-1", false, Err("bad_number")),
        ("\"2,841\"", false, Err("bad_number")),
        ("1e40", true, Err("bad_number")),
        ("[]", false, Err("bad_number")),
    ];
    for (text, seconds, expected) in cases {
        let told = read(text, |value| millis("v", value, seconds));
        assert_eq!(told, expected, "{text}");
    }
    assert_eq!(
        read("-3", |value| tokens("v", value)),
        Err("negative_tokens")
    );
    assert_eq!(read("-3", |value| count("v", value)), Err("bad_number"));
    assert_eq!(read("\"3\"", |value| tokens("v", value)), Ok(Some(3)));
}

#[test]
fn wrapped_values_and_flags() {
    let cases = [
        ("\"x\"", Some("x")),
        ("{\"value\":\"x\",\"display_value\":\"shown\"}", Some("x")),
        ("{\"value\":7}", Some("7")),
        ("{\"display_value\":\"shown\"}", None),
        (
            "{\"display_value\":\"shown\",\"link\":\"https://i/api/sys_user/42\"}",
            Some("42"),
        ),
        ("{\"value\":\" \"}", None),
        ("[1]", None),
    ];
    for (value, expected) in cases {
        let record = json(value);
        let record = Json::parse(record.as_bytes()).unwrap();
        let settings = Settings::default();
        let fields = Fields::new(&record, &settings);
        let text = fields.text(Column::new("v", &["none", "v"]));
        assert_eq!(text.as_deref(), expected, "{value}");
    }
    let flags = [
        ("true", Some(true)),
        ("\"True\"", Some(true)),
        ("\"1\"", Some(true)),
        ("0", Some(false)),
        ("\"no\"", Some(false)),
        ("2", None),
        ("\"maybe\"", None),
    ];
    for (value, expected) in flags {
        assert_eq!(
            read(value, |value| Ok(flag(value))),
            Ok(expected),
            "{value}"
        );
    }
}

#[test]
fn addresses() {
    let cases = [
        ("https://h.example/a/b?c=d#e", Some(("h.example", "/a/b"))),
        ("h.example", Some(("h.example", ""))),
        ("H.example:8443/x", Some(("H.example:8443", "/x"))),
        ("https://user:pw@h.example/", Some(("h.example", "/"))),
        (
            "https://h.example?q=https://other.example/",
            Some(("h.example", "")),
        ),
        (
            "h.example?q=https://other.example/",
            Some(("h.example", "")),
        ),
        (
            "h.example/to/https://other.example",
            Some(("h.example", "/to/https://other.example")),
        ),
        ("/v1/models", None),
        ("", None),
        ("https://", None),
    ];
    for (url, expected) in cases {
        let told = split_url(url).map(|address| (address.host, address.path));
        assert_eq!(told, expected, "{url}");
    }
}
