//! Tests of cutting streams into records.

use super::*;

/// Reads in steps of `step` bytes.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.0 = later;
        Ok(n)
    }
}

fn pieces(bytes: &[u8], step: usize) -> Vec<String> {
    let mut splitter = Splitter::new(Slow(bytes, step), Before::default());
    let mut found = Vec::new();
    while let Some(piece) = splitter.next_piece().unwrap() {
        found.push(match piece {
            Piece::Record { offset, bytes } => {
                format!("{offset}:{}", String::from_utf8_lossy(bytes))
            }
            Piece::TooLarge { offset, length } => format!("{offset}:too large {length}"),
            Piece::Blank { offset } => format!("{offset}:blank"),
            Piece::BadRow { offset, row } => format!("{offset}:{row}"),
        });
    }
    found
}

#[test]
fn cuts() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("{\"a\":1}\n{\"b\":2}\n", &["0:{\"a\":1}", "8:{\"b\":2}"]),
        (
            "{\"a\":1}\r\n\r\n{\"b\":2}",
            &["0:{\"a\":1}", "9:blank", "11:{\"b\":2}"],
        ),
        ("\u{feff}{\"a\":1}\n", &["3:{\"a\":1}"]),
        (
            "{\"a\":1\nhello\n{\"b\":2}\n",
            &["0:{\"a\":1", "7:hello", "13:{\"b\":2}"],
        ),
        (
            "[{\"a\":1},{\"b\":\"]\\\"\"}]",
            &["1:{\"a\":1}", "9:{\"b\":\"]\\\"\"}"],
        ),
        (
            "[\n {\"a\":[1]},\n {\"b\":\"]\\\"}\"}\n]\n",
            &["3:{\"a\":[1]}", "15:{\"b\":\"]\\\"}\"}"],
        ),
        (
            "[{\"a\":1}]\n[{\"b\":2}]\n",
            &["1:{\"a\":1}", "11:{\"b\":2}"],
        ),
        ("{\"result\":[{\"a\":1}]}", &["11:{\"a\":1}"]),
        (
            "{\n \"result\" : [\n {\"a\":1},\n {\"b\":2} ]\n}\n",
            &["17:{\"a\":1}", "27:{\"b\":2}"],
        ),
        (
            "{\"result\":[\n{\"a\":1}]}\n{\"result\":[\n{\"b\":2}]}\n",
            &["12:{\"a\":1}", "34:{\"b\":2}"],
        ),
        (
            "{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n",
            &["0:{\n \"a\": 1\n}", "12:{\n \"b\": 2\n}"],
        ),
        (
            "[\n{\"a\":1},\nNaN,\n{\"b\":2}]",
            &["2:{\"a\":1}", "11:NaN", "16:{\"b\":2}"],
        ),
        (
            "[\n{\"a\":1},\n{\"x\":{,\n{\"b\":2}\n]",
            &["2:{\"a\":1}", "11:{\"x\":{,", "19:{\"b\":2}"],
        ),
        (
            "[\n{\"a\":1},\n{\"x\":\"y\n{\"b\":2}\n]",
            &["2:{\"a\":1}", "11:{\"x\":\"y", "19:{\"b\":2}"],
        ),
        (
            "{\n{\"a\":1}\n{\"b\":2}\n",
            &["0:{", "2:{\"a\":1}", "10:{\"b\":2}"],
        ),
        (
            "{\n\"a\": [\n{\n\"b\": 1\n}\n]\n}\n",
            &["0:{\n\"a\": [\n{\n\"b\": 1\n}\n]\n}"],
        ),
    ];
    for (text, expected) in cases {
        for step in [1, 7, 1 << 20] {
            assert_eq!(
                pieces(text.as_bytes(), step),
                *expected,
                "{text:?} in steps of {step}"
            );
        }
    }
}

#[test]
fn cuts_binary_messages() {
    let framed = b"\0\0\0\x03abc\0\0\0\x02de";
    assert_eq!(pieces(framed, 1), ["0:abc", "7:de"]);
    let whole = b"\n\x05\x12\x03abc\n\x02";
    assert_eq!(
        pieces(whole, 3),
        [format!("0:{}", String::from_utf8_lossy(whole))]
    );
}

#[test]
fn passes_over_what_is_too_large() {
    let mut bytes = b"{\"a\":1}\n{\"x\":\"".to_vec();
    bytes.resize(RECORD_MAX_BYTES + 100, b'x');
    bytes.extend_from_slice(b"\"}\n{\"b\":2}\n");
    let found = pieces(&bytes, 1 << 20);
    let length = bytes.len() - 8 - 8;
    assert_eq!(
        found,
        [
            "0:{\"a\":1}".to_owned(),
            format!("8:too large {length}"),
            format!("{}:{{\"b\":2}}", 8 + length)
        ]
    );
}
