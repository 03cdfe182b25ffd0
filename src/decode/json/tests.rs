//! What is refused with which reason, and what counts as a whole number.

use super::*;

fn reason(bytes: &[u8]) -> Option<QuarantineReason> {
    Json::parse(bytes).err().map(|reject| reject.reason)
}

#[test]
fn refuses_with_a_reason() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let many = (0..100).fold(String::new(), |keys, i| format!("{keys}\"k{i}\":1,"));
    let cases: Vec<(Vec<u8>, Option<QuarantineReason>)> = vec![
        (b"{\"a\":1}".to_vec(), None),
        (b"\xEF\xBB\xBF{\"a\":1}".to_vec(), None),
        (b"".to_vec(), Some(QuarantineReason::Empty)),
        (b"  \n".to_vec(), Some(QuarantineReason::Empty)),
        (b"hello".to_vec(), Some(QuarantineReason::PlainText)),
        (b"{\"a\":\xff}".to_vec(), Some(QuarantineReason::NotUtf8)),
        (b"{\"a\":1".to_vec(), Some(QuarantineReason::BrokenJson)),
        (b"{\"a\":NaN}".to_vec(), Some(QuarantineReason::BrokenJson)),
        (
            b"{\"a\":1}{\"b\":2}".to_vec(),
            Some(QuarantineReason::BrokenJson),
        ),
        (
            b"{\"a\":1e999}".to_vec(),
            Some(QuarantineReason::BrokenJson),
        ),
        (
            b"{\"a\":1,\"a\":2}".to_vec(),
            Some(QuarantineReason::DuplicateKey),
        ),
        (
            b"{\"x\":{\"a\":1,\"a\":2}}".to_vec(),
            Some(QuarantineReason::DuplicateKey),
        ),
        (
            format!("{{{many}\"k7\":2}}").into_bytes(),
            Some(QuarantineReason::DuplicateKey),
        ),
        (deep.into_bytes(), Some(QuarantineReason::TooDeep)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(
            reason(&bytes),
            expected,
            "{}",
            String::from_utf8_lossy(&bytes)
                .chars()
                .take(40)
                .collect::<String>()
        );
    }
}

#[test]
fn whole_numbers_are_whole() {
    let bad = Err(QuarantineReason::BadNumber);
    let cases = [
        ("5", Ok(Some(5))),
        ("\"5\"", Ok(Some(5))),
        ("5.0", Ok(Some(5))),
        ("1e3", Ok(Some(1000))),
        ("\"\"", Ok(None)),
        ("null", Ok(None)),
        ("-1", Ok(Some(-1))),
        ("1.5", bad),
        ("18446744073709551616", bad),
        ("\"x\"", bad),
        ("true", bad),
    ];
    for (text, expected) in cases {
        let record = format!("{{\"n\":{text}}}");
        let json = Json::parse(record.as_bytes()).unwrap();
        assert_eq!(json.get("n").unwrap().whole(), expected, "{text}");
    }
}

#[test]
fn keeps_keys_and_lengths_only() {
    let json = Json::parse(br#"{"a":"secret","b":{"c":12},"d":[1,2,3]}"#).unwrap();
    assert_eq!(
        json.key_lengths(),
        [("a".into(), 6), ("b.c".into(), 2), ("d".into(), 3)]
    );
}
