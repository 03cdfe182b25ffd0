//! The same records in every packing, order and batching give the same books, each record once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use common::{Desk, Figures, good, good_lines};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// `n` good records, by a layout.
fn laid_out(layout: &str, numbers: std::ops::Range<usize>) -> Vec<u8> {
    let lines = good_lines(numbers.clone());
    let records: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let joined = |between: &str| numbers.clone().map(good).collect::<Vec<_>>().join(between);
    let text = match layout {
        "lines" => lines,
        "lines, the last without an end" => lines.trim_end().to_owned(),
        "lines of Windows" => lines.replace('\n', "\r\n"),
        "lines behind a byte order mark" => format!("\u{feff}{lines}"),
        "an array on one line" => format!("[{}]", joined(",")),
        "an array of a row a line" => format!("[\n{}\n]\n", joined(",\n")),
        "a pretty array" => serde_json::to_string_pretty(&records).unwrap(),
        "a Table API export" => format!("{{\"result\":[{}]}}", joined(",")),
        "a pretty Table API export" => {
            serde_json::to_string_pretty(&serde_json::json!({ "result": records })).unwrap()
        }
        "pretty records" => {
            let pretty = |record| serde_json::to_string_pretty(record).unwrap() + "\n";
            records.iter().map(pretty).collect()
        }
        "pages of the Table API" => {
            let page = |half: &[serde_json::Value]| {
                serde_json::json!({ "result": half }).to_string() + "\n"
            };
            let (one, two) = records.split_at(records.len() / 2);
            page(one) + &page(two)
        }
        _ => panic!("no layout {layout}"),
    };
    text.into_bytes()
}

const LAYOUTS: [&str; 11] = [
    "lines",
    "lines, the last without an end",
    "lines of Windows",
    "lines behind a byte order mark",
    "an array on one line",
    "an array of a row a line",
    "a pretty array",
    "a Table API export",
    "a pretty Table API export",
    "pretty records",
    "pages of the Table API",
];

#[test]
fn every_packing_gives_the_same_books() {
    const N: usize = 40;
    type Pack = fn(&[u8]) -> Vec<u8>;
    let plain = Desk::new();
    plain.write("log", good_lines(0..N));
    plain.replay(&["log"]);
    let expected = plain.exports("books.db");
    let packs: [(&str, Pack); 4] = [
        ("plain", |bytes| bytes.to_vec()),
        ("gzip", gzip),
        ("zstd", zstd),
        ("gzip in two members", |bytes| {
            let (one, two) = bytes.split_at(bytes.len() / 3);
            [gzip(one), gzip(two)].concat()
        }),
    ];
    for layout in LAYOUTS {
        // The packing does not know the layout: two of them stand for all.
        let is_packed = ["lines", "a pretty Table API export"].contains(&layout);
        for (pack, packed) in packs.iter().take(if is_packed { 4 } else { 1 }) {
            let desk = Desk::new();
            let bytes = packed(&laid_out(layout, 0..N));
            desk.write("log", &bytes);
            let first = desk.replay(&["log"]);
            assert_eq!(first.row(), [40, 0, 0, 0], "{layout}, {pack}");
            assert_eq!(
                desk.replay(&["log"]).row(),
                [0; 4],
                "{layout}, {pack}, again"
            );
            // Under another name its records are known, and on standard input too.
            desk.write("copy/of it", &bytes);
            assert_eq!(
                desk.replay(&["copy"]).row(),
                [0, 40, 0, 0],
                "{layout}, {pack}, a copy"
            );
            let piped =
                desk.run_with_input(&["replay", "--json", "--ledger", "books.db", "-"], &bytes);
            assert_eq!(
                Figures::of(&piped.ok().json()).row(),
                [0, 40, 0, 0],
                "{layout}, {pack}, piped"
            );
            assert_eq!(
                desk.exports("books.db"),
                expected,
                "{layout}, {pack}, three times"
            );
            desk.verify("books.db");
        }
    }
}

/// What is done to a file between two readings, and the figures of the second.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn tells_what_became_of_a_file() {
    /// What shows it, the file before and after, the state and the figures told then.
    type Row = (&'static str, Vec<u8>, Vec<u8>, &'static str, [u64; 4]);
    let lines = |numbers| good_lines(numbers).into_bytes();
    let array = |numbers| laid_out("an array of a row a line", numbers);
    let pretty = |numbers| laid_out("a pretty Table API export", numbers);
    let cut_short = |bytes: Vec<u8>| bytes[..bytes.len() - 100].to_vec();
    let rows: [Row; 14] = [
        ("the same", lines(0..9), lines(0..9), "continued", [0; 4]),
        (
            "grown",
            lines(0..9),
            lines(0..12),
            "continued",
            [3, 0, 0, 0],
        ),
        (
            "grown from nothing",
            Vec::new(),
            lines(0..3),
            "continued",
            [3, 0, 0, 0],
        ),
        (
            "a compressed one grown",
            gzip(&lines(0..9)),
            gzip(&lines(0..12)),
            "continued",
            [3, 0, 0, 0],
        ),
        (
            "compressed since",
            lines(0..9),
            gzip(&lines(0..12)),
            "continued",
            [3, 0, 0, 0],
        ),
        (
            "an array grown",
            array(0..9),
            array(0..12),
            "continued",
            [3, 0, 0, 0],
        ),
        (
            "a pretty export grown",
            pretty(0..9),
            pretty(0..12),
            "continued",
            [3, 0, 0, 0],
        ),
        (
            "replaced by others",
            lines(0..9),
            lines(20..29),
            "replaced",
            [9, 0, 0, 0],
        ),
        (
            "replaced by more of the same",
            lines(5..9),
            lines(0..12),
            "replaced",
            [8, 4, 0, 0],
        ),
        ("cut", lines(0..9), lines(0..4), "cut", [0, 4, 0, 0]),
        ("emptied", lines(0..9), Vec::new(), "cut", [0; 4]),
        (
            "replaced by a shorter one",
            lines(0..9),
            lines(20..23),
            "cut",
            [3, 0, 0, 0],
        ),
        (
            "the last line ended since",
            cut_short(lines(0..9)),
            lines(0..10),
            "continued",
            [2, 0, 0, 0],
        ),
        (
            "only its end came",
            good_lines(0..9).trim_end().into(),
            lines(0..9),
            "continued",
            [0; 4],
        ),
    ];
    for (what, before, after, state, expected) in rows {
        let desk = Desk::new();
        desk.write("log", before);
        let command = ["replay", "--json", "--ledger", "books.db", "log"];
        desk.run(&command).ok();
        desk.write("log", after);
        let told = desk.run(&command).ok().json();
        assert_eq!(told["files"][0]["state"], state, "{what}");
        assert_eq!(Figures::of(&told).row(), expected, "{what}");
        assert_eq!(
            desk.replay(&["log"]).row(),
            [0; 4],
            "{what}: read to the end"
        );
        desk.verify("books.db");
    }
}

#[test]
fn a_broken_archive_gives_what_came_before() {
    let whole = good_lines(0..4000).into_bytes();
    for (what, packed) in [("gzip", gzip(&whole)), ("zstd", zstd(&whole))] {
        let mut flipped = packed.clone();
        let middle = flipped.len() / 2;
        flipped[middle..middle + 64].fill(0x55);
        for (how, bytes) in [("cut", packed[..middle].to_vec()), ("damaged", flipped)] {
            let desk = Desk::new();
            desk.write("logs/a.jsonl", good_lines(9000..9003));
            desk.write("logs/b.gz", &bytes);
            desk.write("logs/c.jsonl", good_lines(9003..9006));
            let command = ["replay", "--json", "--ledger", "books.db", "logs"];
            let told = desk.run(&command).code(1).json();
            let figures = Figures::of(&told);
            let fault = told["files"][1]["fault"].as_str().unwrap();
            assert!(
                fault.contains("b.gz") && fault.contains("after byte"),
                "{what} {how}: {fault}"
            );
            // Both neighbours, and what came before the damage.
            assert!(
                figures.metered > 6 && figures.metered < 4006,
                "{what} {how}: {figures:?}"
            );
            let said = desk
                .run(&["replay", "--ledger", "books.db", "logs"])
                .code(1);
            assert!(
                said.err.contains("what came before is in the books"),
                "{what} {how}: {}",
                said.err
            );
            // Mended, the rest goes in.
            desk.write("logs/b.gz", &packed);
            let mended = desk.replay(&["logs"]);
            let sum = figures.metered + mended.metered;
            assert_eq!(
                (sum, mended.quarantined),
                (4006, 0),
                "{what} {how}: {mended:?}"
            );
            desk.verify("books.db");
        }
    }
}

/// A small scenario's records, whole: each with its file's name.
struct Traffic {
    desk: Desk,
    lines: Vec<String>,
    /// Records that are not text.
    binary: Vec<std::path::PathBuf>,
}

/// The mixed scenario in the past, so that no clock is behind it.
fn traffic() -> Traffic {
    let desk = Desk::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/mixed.toml");
    let scenario = std::fs::read_to_string(shipped).unwrap();
    let dated = scenario.replace("start = \"2026-11-16\"", "start = \"2025-06-02\"");
    assert_ne!(dated, scenario);
    desk.write("mixed.toml", dated);
    desk.run(&[
        "simulate",
        "--seed",
        "5",
        "--days",
        "2",
        "--scenario",
        "mixed.toml",
        "--out",
        "all",
    ])
    .ok();
    let mut lines = Vec::new();
    let mut binary = Vec::new();
    for folder in std::fs::read_dir(desk.path("all")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            match String::from_utf8(std::fs::read(&path).unwrap()) {
                Ok(text) if path.extension().is_some_and(|ext| ext == "jsonl") => {
                    lines.extend(text.lines().map(str::to_owned));
                }
                // Lines that are no UTF-8 stay where they are, in a file of their own.
                Ok(_) | Err(_) => binary.push(path),
            }
        }
    }
    lines.sort();
    assert!(lines.len() > 1000, "{} records", lines.len());
    Traffic {
        desk,
        lines,
        binary,
    }
}

/// Numbers that look random, the same every time.
fn dice(seed: &mut u64, sides: usize) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % sides
}

fn shuffle(lines: &mut [String], mut seed: u64) {
    for i in (1..lines.len()).rev() {
        lines.swap(i, dice(&mut seed, i + 1));
    }
}

#[test]
fn order_doubling_and_splitting_change_nothing() {
    let Traffic {
        desk,
        lines,
        binary,
    } = traffic();
    let whole = desk
        .run(&["replay", "--json", "--ledger", "whole.db", "all"])
        .ok()
        .json();
    assert_eq!(whole["contradictions"], 0, "{whole}");
    let expected = desk.exports("whole.db");
    assert!(expected.lines().count() > 500);
    let links = desk.run(&["export", "links", "--ledger", "whole.db"]).ok();
    assert!(links.out.lines().count() > 3, "{}", links.out);
    let metered = whole["metered"].clone();

    let mut shuffled = lines.clone();
    shuffle(&mut shuffled, 11);
    let mut doubled = [lines.clone(), lines.clone()].concat();
    shuffle(&mut doubled, 12);
    // How it is shown, the records, into how many files they are split, and whether each file is a
    // reading of its own, so that its batch is.
    let ways: [(&str, Vec<String>, usize, bool); 5] = [
        ("shuffled", shuffled.clone(), 1, false),
        ("backwards", lines.iter().rev().cloned().collect(), 1, false),
        ("doubled and shuffled", doubled, 3, false),
        ("split into many files", shuffled.clone(), 200, false),
        ("in many batches", shuffled, 12, true),
    ];
    for (n, (how, records, files, one_by_one)) in ways.into_iter().enumerate() {
        let mut parts = vec![String::new(); files];
        let mut seed = 77;
        for record in records {
            let part = dice(&mut seed, files);
            parts[part] += &(record + "\n");
        }
        let folder = format!("way{n}");
        let ledger = format!("way{n}.db");
        let mut inputs: Vec<String> = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let name = format!("{folder}/{i}.jsonl");
            desk.write(&name, part);
            inputs.push(name);
        }
        inputs.extend(binary.iter().map(|path| path.display().to_string()));
        let mut sum = 0;
        let batches: Vec<Vec<&str>> = if one_by_one {
            inputs.iter().map(|input| vec![input.as_str()]).collect()
        } else {
            vec![inputs.iter().map(String::as_str).collect()]
        };
        for batch in batches {
            let command = ["replay", "--json", "--ledger", &ledger];
            let told = desk.run(&[&command[..], &batch].concat()).ok().json();
            sum += told["metered"].as_u64().unwrap();
        }
        assert_eq!(sum, metered, "{how}");
        let found = desk.exports(&ledger);
        let differs = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert_eq!(differs, None, "{how}");
        assert_eq!(found.len(), expected.len(), "{how}");
        desk.verify(&ledger);
    }
}

#[test]
fn a_killed_replay_ends_with_the_same_books() {
    const KILLS: u64 = 10;
    let desk = Desk::new();
    for file in 0..40 {
        desk.write(
            &format!("logs/{file:02}.jsonl"),
            good_lines(file * 100..(file + 1) * 100),
        );
    }
    desk.run(&["replay", "--ledger", "calm.db", "logs"]).ok();
    let mut killed = 0;
    let mut pause = Duration::from_millis(20);
    for round in 0..KILLS {
        let mut child = desk
            .command(&["replay", "--ledger", "books.db", "logs"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(pause + Duration::from_millis(13 * round));
        // SIGKILL: nothing can be tidied up.
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        if ended.success() {
            // It was done before it was killed: begin again, with less patience.
            for file in ["books.db", "books.db-wal", "books.db-shm"] {
                drop(std::fs::remove_file(desk.path(file)));
            }
            pause /= 2;
        } else {
            killed += 1;
        }
    }
    assert!(killed >= KILLS / 2, "{killed} of {KILLS} were in time");
    desk.run(&["replay", "--ledger", "books.db", "logs"]).ok();
    assert_eq!(desk.exports("books.db"), desk.exports("calm.db"));
    desk.verify("books.db");
    let cells = desk
        .run(&["export", "cells", "--json", "--ledger", "books.db"])
        .ok();
    let requests: i64 = cells
        .lines()
        .iter()
        .map(|cell| cell["requests_ok"].as_i64().unwrap())
        .sum();
    assert_eq!(requests, 4000);
}
