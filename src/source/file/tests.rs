//! Tests of files as sources.

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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn tells_grown_from_replaced_and_cut() {
    let plain = |text: &str| text.as_bytes().to_vec();
    let zst = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    let gz = |text: &str| gzip(text.as_bytes());
    type Pack<'a> = &'a dyn Fn(&str) -> Vec<u8>;
    let packs: [Pack<'_>; 3] = [&plain, &gz, &zst];
    let long: String = (0..2000).map(|i| format!("{{\"n\":{i}}}\n")).collect();
    let grown = format!("{long}{{\"x\":1}}\n");
    let other = long.replace("1999", "2999");
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
    let folder = tempfile::tempdir().unwrap();
    for pack in packs {
        for (before, after, resume, left) in cases {
            let path = folder.path().join("log");
            std::fs::write(&path, pack(before)).unwrap();
            let (_, _, (offset, marks)) = read(&path, None);
            std::fs::write(&path, pack(after)).unwrap();
            let (told, records, _) = read(&path, Some((offset, &marks)));
            assert_eq!(
                (
                    told,
                    records
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .as_slice()
                ),
                (*resume, *left),
                "{before:.20} to {after:.20}"
            );
        }
        let path = folder.path().join("log");
        std::fs::write(&path, pack(&long)).unwrap();
        let (_, _, (offset, marks)) = read(&path, None);
        std::fs::write(&path, pack(&other)).unwrap();
        assert_eq!(read(&path, Some((offset, &marks))).0, Resume::Replaced);
    }
}
