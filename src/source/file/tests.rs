//! Files that grew, were cut or were replaced, packed in each way.

use std::io::Write;

use super::*;

/// Reads all that is left after `earlier`, and the new position.
fn read(path: &Path, earlier: Option<(u64, &Marks)>) -> (Resume, Vec<String>, (u64, Marks)) {
    let mut reading = Reading::open(path, earlier).unwrap();
    let mut records = Vec::new();
    while let Some(piece) = reading.next_piece().unwrap() {
        if let Piece::Record { bytes, .. } = piece {
            records.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
    }
    let marks = reading.marks().unwrap();
    (reading.resume, records, (reading.offset(), marks))
}

fn plain(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zst(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 1).unwrap()
}

/// The ways in which a file may be packed.
const PACKS: [fn(&str) -> Vec<u8>; 3] = [plain, gzip, zst];

/// Two thousand numbered records: longer than what a position is known by.
fn long() -> String {
    (0..2000).fold(String::new(), |text, n| text + &format!("{{\"n\":{n}}}\n"))
}

/// Reads a file to its end, writes it anew, and reads what is left.
fn read_again(path: &Path, before: &[u8], after: &[u8]) -> (Resume, Vec<String>) {
    std::fs::write(path, before).unwrap();
    let (_, _, (offset, marks)) = read(path, None);
    std::fs::write(path, after).unwrap();
    let (told, records, _) = read(path, Some((offset, &marks)));
    (told, records)
}

/// Holds what is read of files that were written twice, packed in each way.
fn grows(cases: &[(&str, &str, Resume, &[&str])]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    for pack in PACKS {
        for (before, after, resume, left) in cases {
            let (told, records) = read_again(&path, &pack(before), &pack(after));
            assert_eq!(
                (told, records),
                (*resume, left.iter().map(ToString::to_string).collect()),
                "{before:.20} to {after:.20}"
            );
        }
    }
}

#[test]
fn tables_grow_by_rows() {
    grows(&[
        (
            "model,at\na,b\n",
            "model,at\na,b\nc,\"d\ne\"\n",
            Resume::Continued,
            &[r#"{"model":"c","at":"d\ne"}"#],
        ),
        (
            "model,at\na,b",
            "model,at\na,b\nc,d",
            Resume::Continued,
            &[r#"{"model":"c","at":"d"}"#],
        ),
        (
            "model,at\na,b",
            "model,at\na,bc\n",
            Resume::Continued,
            &[r#"{"model":"a","at":"bc"}"#],
        ),
        (
            "model,at\na,b\n",
            "model,on\na,b\n",
            Resume::Replaced,
            &[r#"{"model":"a","on":"b"}"#],
        ),
    ]);
}

#[test]
fn tells_grown_from_replaced_and_cut() {
    let long = long();
    let grown = format!("{long}{{\"x\":1}}\n");
    let changed = long.replace("1999", "2999");
    let cases: &[(&str, &str, Resume, &[&str])] = &[
        ("{\"a\":1}\n", "{\"a\":1}\n", Resume::Continued, &[]),
        (
            "{\"a\":1}\n",
            "{\"a\":1}\n{\"b\":2}\n",
            Resume::Continued,
            &["{\"b\":2}"],
        ),
        (
            "{\"a\":1}",
            "{\"a\":1}\n{\"b\":2}\n",
            Resume::Continued,
            &["{\"b\":2}"],
        ),
        (
            "{\"a\":1}\n{\"b",
            "{\"a\":1}\n{\"b\":2}\n",
            Resume::Continued,
            &["{\"b\":2}"],
        ),
        (
            "{\"a\":1}\n",
            "{\"c\":1}\n",
            Resume::Replaced,
            &["{\"c\":1}"],
        ),
        (
            "{\"a\":1}\n{\"b\":2}\n",
            "{\"a\":1}\n",
            Resume::Cut,
            &["{\"a\":1}"],
        ),
        (
            "[\n{\"a\":1}\n]",
            "[\n{\"a\":1},\n{\"b\":2}\n]",
            Resume::Continued,
            &["{\"b\":2}"],
        ),
        (&long, &grown, Resume::Continued, &["{\"x\":1}"]),
    ];
    grows(cases);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    for pack in PACKS {
        let (told, _) = read_again(&path, &pack(&long), &pack(&changed));
        assert_eq!(told, Resume::Replaced, "changed near the end");
    }
}
