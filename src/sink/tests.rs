//! Answers of every version as a table, and whole courses against a server in memory.
//!
//! Knows no socket: that is `tests/influx_fake.rs`. A newcomer may ask why a second server in memory: a
//! thousand seeds take seconds here, and every one is a course that no table has.

use std::time::Duration;

use super::answer::{Answer, Heard, Refusal, classify};
use crate::config::InfluxVersion;
use crate::telemetry::FollowerError;

mod course;

fn heard(version: InfluxVersion, status: u16, body: &str) -> Answer {
    classify(Heard {
        version,
        status,
        retry_after: Some(Duration::from_hours(1)),
        body,
    })
}

/// An answer in one line, for tables.
fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Written => "written".to_owned(),
        Answer::TooLarge => "too large".to_owned(),
        Answer::Wait { asked, .. } => format!("wait {asked:?}"),
        Answer::Stop(stopped) => format!("stop {}: {}", stopped.kind.as_str(), stopped.hint),
        Answer::Again { kind, .. } => format!("again {}", kind.as_str()),
        Answer::Refused(Refusal {
            dropped,
            named,
            rest_written,
            ..
        }) => format!("refused {dropped:?} {named:?} {rest_written}"),
    }
}

/// Bodies as servers sent them: InfluxDB 1.6.7 and 2.9.1 recorded, 3 from its documentation, the
/// 500 from influxdb #19779.
#[test]
fn every_answer_has_its_meaning() {
    use InfluxVersion::{V1, V2, V3};
    let conflict_1 = r#"{"error":"partial write: field type conflict: input field \"calls\" on measurement \"llm_calls\" is type integer, already exists as type float dropped=1"}"#;
    let conflict_2 = r#"{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict: input field \"calls\" on measurement \"llm_calls\" is type integer, already exists as type float dropped=3 for database: 0f1 for retention policy: autogen"}"#;
    let old_2 = r#"{"code":"internal error","message":"unexpected error writing points to database: partial write: field type conflict: input field \"x\" on measurement \"m\" is type float, already exists as type integer dropped=1"}"#;
    let malformed_1 = r#"{"error":"unable to parse 'm,t=a dropped=99 1': invalid field format"}"#;
    let malformed_2 = r#"{"code":"invalid","message":"unable to parse 'm,t=a': missing fields"}"#;
    let partial_3 = r#"{"error":"partial write of line protocol occurred","data":[{"original_line":"m x=1i 5","line_number":2,"error_message":"invalid column type for column 'x'"},{"original_line":"m","line_number":4,"error_message":"no fields"}]}"#;
    let whole_3 = r#"{"error":"parsing failed for write_lp endpoint","data":[{"original_line":"m","line_number":1,"error_message":"no fields"}]}"#;
    let bucket = r#"{"code":"not found","message":"bucket \"llm\" not found"}"#;
    let rows = [
        (V1, 204, "", "written"),
        (V2, 204, "", "written"),
        (V1, 400, conflict_1, "refused Some(1) [] false"),
        (V2, 422, conflict_2, "refused Some(3) [] false"),
        (V2, 500, old_2, "refused Some(1) [] false"),
        (V1, 400, malformed_1, "refused None [] false"),
        (V2, 400, malformed_2, "refused None [] false"),
        (
            V3,
            400,
            partial_3,
            r#"refused None [(1, "invalid column type for column 'x'"), (3, "no fields")] true"#,
        ),
        (V3, 400, whole_3, r#"refused None [(0, "no fields")] false"#),
        (V2, 413, "", "too large"),
        (V2, 429, "", "wait Some(600s)"),
        (V1, 503, "busy", "wait Some(600s)"),
        (V2, 500, "oops", "again server"),
        (V1, 500, r#"{"error":"timeout"}"#, "again server"),
        (V2, 502, "<html>", "again server"),
        (V2, 504, "", "again server"),
        (V2, 408, "", "again busy"),
        (
            V2,
            401,
            r#"{"code":"unauthorized","message":"unauthorized access"}"#,
            "stop denied: check `token`, and that it may write to the bucket",
        ),
        (
            V1,
            403,
            "",
            "stop denied: check `username` and `password`, and that the user may write there",
        ),
        (
            V2,
            404,
            bucket,
            "stop missing: make the bucket with `tollwatch influx setup`, or check `org` and `bucket`",
        ),
        (
            V1,
            404,
            r#"{"error":"database not found: \"llm\""}"#,
            "stop missing: make the database with `tollwatch influx setup`, or check `database`",
        ),
        (
            V2,
            404,
            "404 page not found\n",
            "stop missing: check `url` and `version`: nothing there takes this kind of write",
        ),
        // No fault of a line may cost one.
        (
            V2,
            400,
            r#"{"code":"invalid","message":"invalid precision"}"#,
            "stop unexpected: check `url` and `version`, and whatever stands between here and the server",
        ),
        (
            V1,
            400,
            "<html>bad gateway</html>",
            "stop unexpected: check `url` and `version`, and whatever stands between here and the server",
        ),
        (
            V3,
            422,
            r#"{"error":"table limit"}"#,
            "stop unexpected: a limit of the server is reached: databases, tables or columns",
        ),
        (
            V2,
            200,
            "<html>hello</html>",
            "stop unexpected: check `url` and `version`, and whatever stands between here and the server",
        ),
        (
            V2,
            301,
            "",
            "stop unexpected: check `url` and `version`, and whatever stands between here and the server",
        ),
    ];
    for (version, status, body, wanted) in rows {
        let answer = heard(version, status, body);
        assert_eq!(shown(&answer), wanted, "{version:?} {status} {body}");
    }
}

#[test]
fn words_of_a_server_are_one_short_line() {
    let long = format!("a\n\u{7}b {}", "x".repeat(5_000));
    let Answer::Again { kind, said } = heard(InfluxVersion::V2, 500, &long) else {
        panic!("again");
    };
    assert_eq!(kind, FollowerError::Server);
    assert!(said.starts_with("answers 500: a b x"), "{said}");
    assert!(said.len() < 600, "{}", said.len());
}
