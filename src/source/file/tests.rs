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

/// All records of a reading with the byte at which each begins.
fn pieces(reading: &mut Reading) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    while let Some(piece) = reading.next_piece().unwrap() {
        if let Piece::Record { offset, bytes } = piece {
            found.push((offset, String::from_utf8(bytes.to_vec()).unwrap()));
        }
    }
    found
}

#[test]
fn each_record_is_found_again_by_its_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let long: Vec<String> = (0..20_000).map(|n| format!("{{\"n\":{n}}}")).collect();
    let long = format!("[\n{}\n]\n{{\"last\":1}}\n", long.join(",\n"));
    let texts = [
        "{\"a\":1}\n{\"b\":2}\n[{\"c\":3}]\n",
        "[{\"a\":1},{\"b\":2},{\"c\":3}]",
        // Something else behind the array.
        "[{\"a\":1}, {\"b\":2}, {\"c\":3}]\n{\"d\":4}\n",
        "[\n{\"a\":1},\n{\"b\":2}\n]\n{\n \"d\": 4\n}\n",
        "\u{feff}[{\"a\":1}]\n[{\"b\":2},\n{\"c\":3}]\n{\"d\":4}\n",
        "{\"result\":[{\"a\":1},{\"b\":2},{\"c\":3}]}\n",
        "{\"result\":[{\"a\":1},{\"b\":2},{\"c\":3}]}\n{\"d\":4}\n",
        "{\n \"result\" : [\n {\"a\":1},\n {\"b\":2} ]\n}\n{\"result\":[{\"c\":3}]}\nend\n",
        "[\n{\"a\":1},\n{\"x\":{,\n{\"b\":2}\n]\nhello\n",
        "{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n",
        "model,at\na,b\nc,\"d\ne\"\n",
        &long,
    ];
    for (pack, text) in PACKS.iter().flat_map(|pack| texts.map(|text| (pack, text))) {
        std::fs::write(&path, pack(text)).unwrap();
        let mut reading = Reading::open(&path, None).unwrap();
        let all = pieces(&mut reading);
        assert!(all.len() > 1, "{text:.40}");
        let last = Shape::parse(&reading.marks().unwrap().shape);
        assert!(last.is_some(), "{text:.40}");
        let few = all.iter().step_by(all.len().div_ceil(7));
        for ((offset, record), last) in few
            .chain(all.last())
            .flat_map(|one| [(one, last), (one, None)])
        {
            let mut reading = Reading::at(&path, *offset, last).unwrap();
            let again = pieces(&mut reading).into_iter().next();
            assert_eq!(
                again,
                Some((*offset, record.clone())),
                "{text:.40} after {last:?}"
            );
        }
        let between = all.iter().map(|(offset, _)| offset + 1).next().unwrap();
        let between = Reading::at(&path, between, None);
        let arrays =
            text.trim_start_matches('\u{feff}').starts_with('[') || text.contains("result");
        assert_eq!(between.is_err(), arrays, "{text:.40}");
    }
}
