//! Bad records between good ones: each ends in one counted outcome, and takes nothing with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use common::{Desk, Figures, HUSH, good, patched};

/// What shows it, the record, the outcome, and the reason where it has one.
type Row = (&'static str, Vec<u8>, &'static str, Option<&'static str>);

const QUARANTINED: &str = "quarantined";
const METERED: &str = "metered";
const IGNORED: &str = "ignored";

/// The longest record that is read.
const RECORD_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A good record with a text put behind its prompt, so that it is `bytes` long.
fn padded(n: usize, bytes: usize) -> Vec<u8> {
    let left = bytes - good(n).len();
    patched(
        n,
        "hush-prompt",
        &format!("hush-prompt{}", "x".repeat(left)),
    )
    .into_bytes()
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn rows() -> Vec<Row> {
    let bad = |what, bytes: &[u8], reason| (what, bytes.to_vec(), QUARANTINED, Some(reason));
    let fine = |what, bytes: &str| (what, bytes.as_bytes().to_vec(), METERED, None);
    let not_utf8 = {
        let mut bytes = patched(9, "hush-prompt", "hush-?").into_bytes();
        let at = bytes.iter().position(|b| *b == b'?').unwrap();
        bytes[at] = 0xff;
        bytes
    };
    let deep = |open: &str, close: &str| {
        let nested = format!("{}0{}", open.repeat(20_000), close.repeat(20_000));
        patched(9, "\"hush-prompt\"", &nested).into_bytes()
    };
    let half = good(9);
    let half = &half.as_bytes()[..half.len() / 2];
    let at = |time: &str| patched(9, "2025-06-02T09:00:09Z", time).into_bytes();
    let usage = |text: &str| {
        let whole = r#"{"input": 4127, "cache_read": 1024, "output": 391, "total": 4518}"#;
        patched(9, whole, text).into_bytes()
    };
    let status = |text: &str| patched(9, "\"status\": 200", &format!("\"status\": {text}"));
    let latency = |text: &str| {
        patched(
            9,
            "\"latency_ms\": 2841",
            &format!("\"latency_ms\": {text}"),
        )
        .into_bytes()
    };
    vec![
        bad("broken JSON", good(9).replacen("\": ", "\" ", 1).as_bytes(), "broken_json"),
        bad("JSON that stops in the middle of a text", half, "broken_json"),
        bad("JSON that stops in an open text", b"{\"prompt\": \"hush-pro", "broken_json"),
        bad("an open brace", b"{", "broken_json"),
        bad("open brackets", "[".repeat(20_000).as_bytes(), "too_deep"),
        bad("20,000 levels of objects", &deep("{\"a\": ", "}"), "too_deep"),
        bad("20,000 levels of lists", &deep("[", "]"), "too_deep"),
        bad(
            "a key that stands twice",
            patched(9, "\"status\": 200", "\"status\": 200, \"status\": 429").as_bytes(),
            "duplicate_key",
        ),
        bad(
            "a key that stands twice inside",
            &usage(r#"{"input": 7, "input": 8, "output": 1}"#),
            "duplicate_key",
        ),
        bad("invalid UTF-8", &not_utf8, "not_utf8"),
        bad("half a character", b"{\"prompt\": \"hush-\xc3", "not_utf8"),
        fine("a byte order mark", &format!("\u{feff}{}", good(9))),
        bad("NaN", &latency("NaN"), "broken_json"),
        bad("Infinity", &latency("-Infinity"), "broken_json"),
        bad("a number past u64", &latency("18446744073709551616"), "bad_number"),
        bad("tokens past u64", &usage(r#"{"input": 18446744073709551616, "output": 1}"#), "bad_number"),
        bad("tokens past i64", &usage(r#"{"input": 9223372036854775808, "output": 1}"#), "bad_number"),
        bad("a number past f64", &latency("1e999"), "broken_json"),
        bad("tokens that would overflow a sum", &usage(r#"{"input": 9223372036854775807, "output": 9223372036854775807}"#), "bad_number"),
        bad("negative tokens", &usage(r#"{"input": -4127, "output": 391}"#), "negative_tokens"),
        bad("negative tokens as a text", &usage(r#"{"input": 4127, "output": "-391"}"#), "negative_tokens"),
        bad("more cached than input", &usage(r#"{"input": 10, "cache_read": 11, "output": 1}"#), "cached_above_input"),
        bad("a negative latency", &latency("-1"), "bad_number"),
        bad("a latency of half a word", &latency("\"hush-fast\""), "bad_number"),
        (
            "16 MB",
            padded(9, RECORD_MAX_BYTES),
            METERED,
            None,
        ),
        bad("a byte more", &padded(9, RECORD_MAX_BYTES + 1), "too_large"),
        bad("17 MB without an end", &[b"{\"prompt\": \"hush-".to_vec(), vec![b'x'; 17 << 20]].concat(), "too_large"),
        ("an empty line", Vec::new(), IGNORED, Some("blank")),
        ("blanks", b" \t ".to_vec(), IGNORED, Some("blank")),
        bad("plain text", b"2025-06-02 09:00:09 POST hush-secret 200", "plain_text"),
        bad("a bare number", b"42", "plain_text"),
        bad("a bare null", b"null", "plain_text"),
        bad("control bytes", b"\x01\x02\x00hush-\x7f", "plain_text"),
        bad("another shape", br#"{"sys_id": "1", "short_description": "hush-incident"}"#, "unknown_shape"),
        bad("an empty object", b"{}", "unknown_shape"),
        bad("a list of scalars", b"[\"hush-one\"]", "unknown_shape"),
        bad("a list with a broken end", br#"[{"prompt": "hush-a", "b""#, "broken_json"),
        bad("no destination", br#"{"tollwatch": 1, "id": "x", "at": "2025-06-02T09:00:09Z", "status": 200, "user": "hush-user"}"#, "no_destination"),
        bad("no time", patched(9, "\"at\"", "\"when\"").as_bytes(), "bad_time"),
        bad("a time that is none", &at("hush-gestern"), "bad_time"),
        bad("a time in the far past", &at("1970-01-01T00:00:00Z"), "time_out_of_range"),
        bad("a time before our era", &at("-0044-03-15T12:00:00Z"), "bad_time"),
        bad("a time in the far future", &at("2099-12-31T23:59:59Z"), "time_out_of_range"),
        bad("a time past the calendar", &at("99999-01-01T00:00:00Z"), "bad_time"),
        fine("a status of 0", &status("0")),
        fine("an empty status", &status("\"\"")),
        fine("a status of null", &status("null")),
        bad("a status of 99", status("99").as_bytes(), "bad_status"),
        bad("a status of 1000", status("1000").as_bytes(), "bad_status"),
        bad("a status in words", status("\"hush-ok\"").as_bytes(), "bad_status"),
        fine("a model of 10 KB", &patched(9, "gpt-4o-2024-11-20", &"m".repeat(10_240))),
        fine("tags with newlines and control characters", &patched(9, "\"prod\"", r#""a\nb", "\u0000\u001b[31mred", "\t", "\u202e""#)),
        fine("a feature with newlines", &patched(9, "incident_summarization", r#"inci\ndent\u0007,\u2028\"x"#)),
        fine("names of another alphabet", &patched(9, "incident_summarization", "概要-ü")),
        fine("tags that are no texts", &patched(9, "\"prod\"", "1, null, {\"hush-key\": 1}")),
        fine("a credential in clear", &patched(9, "\"prompt\"", "\"credential\": \"sk-proj-hush-0123456789abcdef0123456789abcdef\", \"prompt\"")),
        fine("a password in the address", &patched(9, "https://", "https://hush-name:hush-word@")),
        fine("an error that quotes the prompt", &patched(9, "\"status\": 200", "\"status\": 400, \"error\": \"bad request: hush-prompt\"")),
        fine("Windows line ends", &(good(9) + "\r")),
    ]
}

/// Every record between two good ones, in a file of its own.
#[test]
fn each_ends_in_one_outcome_and_takes_nothing_with_it() {
    let mut faults = Vec::new();
    for (what, record, outcome, reason) in rows() {
        let desk = Desk::new();
        let file = [good(1).as_bytes(), &record, good(2).as_bytes(), b""].join(&b'\n');
        desk.write("log.jsonl", file);
        let told = desk
            .run(&["replay", "--json", "--ledger", "books.db", "log.jsonl"])
            .ok();
        let figures = Figures::of(&told.json());
        let metered = u64::from(outcome == METERED);
        let expected = [
            2 + metered,
            0,
            u64::from(outcome == IGNORED),
            u64::from(outcome == QUARANTINED),
        ];
        let reasons = match outcome {
            QUARANTINED => told.json()["quarantined_by_reason"].to_string(),
            IGNORED => told.json()["ignored_by_reason"].to_string(),
            _ => "{}".to_owned(),
        };
        let expected_reasons = reason.map_or("{}".to_owned(), |word| format!("{{\"{word}\":1}}"));
        if (figures.row(), &reasons) != (expected, &expected_reasons) {
            faults.push(format!(
                "{what}: {:?} {reasons}, not {expected:?} {expected_reasons}",
                figures.row()
            ));
            continue;
        }
        // The good neighbours stand in the books with all that they told.
        let cells = desk
            .run(&["export", "cells", "--json", "--ledger", "books.db"])
            .ok();
        let sum = |name: &str| -> i64 {
            cells
                .lines()
                .iter()
                .map(|cell| cell[name].as_i64().unwrap())
                .sum()
        };
        if sum("tokens_cache_read") < 2 * 1024
            || sum("tokens_output") < 2 * 391
            || sum("requests_ok") < 2
        {
            faults.push(format!("{what}: {}", cells.out));
        }
        desk.verify("books.db");
        let listed = desk
            .run(&["quarantine", "list", "--json", "--ledger", "books.db"])
            .ok();
        let shown = desk
            .run(&["quarantine", "list", "--ledger", "books.db"])
            .ok();
        let daily = desk.run(&["report", "daily", "--ledger", "books.db"]).ok();
        desk.assert_hushed("books.db", &[&told, &cells, &listed, &shown, &daily]);
        let kept = listed.lines().len();
        if kept != usize::from(outcome == QUARANTINED) {
            faults.push(format!("{what}: {kept} rows in quarantine"));
        }
        let control = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
        for answer in [&cells, &listed, &shown, &daily] {
            if control(&answer.out) {
                faults.push(format!("{what}: control characters in {:?}", answer.out));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All of them in one file, and each as the first record of a file.
#[test]
fn the_first_record_and_all_together() {
    let mut faults = Vec::new();
    let mut together = good(0).into_bytes();
    let mut expected = [1, 0, 0, 0];
    let mut in_last = 0;
    for (n, (what, record, outcome, reason)) in rows().into_iter().enumerate() {
        let place = match outcome {
            METERED => 0,
            IGNORED => 2,
            _ => 3,
        };
        expected[place] += 1;
        expected[0] += 1;
        in_last += 1;
        let of_its_own = String::from_utf8_lossy(&record).contains("call-9");
        let record = if of_its_own && outcome == METERED {
            let text = String::from_utf8(record).unwrap();
            text.replace("call-9", &format!("bad-{n}")).into_bytes()
        } else {
            record
        };
        let first = [&record, good(2).as_bytes(), good(3).as_bytes(), b""].join(&b'\n');
        let desk = Desk::new();
        let told = desk
            .run_with_input(&["inspect", "--json", "-"], &first)
            .ok();
        let outcomes: Vec<String> = told
            .lines()
            .iter()
            .map(|line| format!("{} {}", line["outcome"], line["reason"]).replace('"', ""))
            .collect();
        let fine = format!("{METERED} null");
        let own = format!("{outcome} {}", reason.unwrap_or("null"));
        if outcomes != [own, fine.clone(), fine] {
            faults.push(format!("{what} as the first record: {outcomes:?}"));
        }
        assert!(
            !told.out.contains(HUSH) && !told.err.contains(HUSH),
            "{what}: {}",
            told.out
        );
        together = [&together, &record, good(100 + n).as_bytes()].join(&b'\n');
    }
    assert!(in_last > 50);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let desk = Desk::new();
    desk.write("log.jsonl", together);
    assert_eq!(desk.replay(&["log.jsonl"]).row(), expected);
    assert_eq!(desk.replay(&["log.jsonl"]).row(), [0; 4]);
    desk.verify("books.db");
    desk.assert_hushed("books.db", &[]);
}
