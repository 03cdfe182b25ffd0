//! `tollwatch anomaly` from outside: files packed and not, tables, JSON, faults.
//!
//! Knows no score. A newcomer may ask why the series is made here: a file of somebody's traffic would say more than
//! its figures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;

const START: i64 = 1_761_955_200;

/// Four weeks of ten minutes, with a loop of two hours on the 25th day.
fn series() -> String {
    let rows = (0..28 * 144).map(|n: i64| {
        let at = START + n * 600;
        let value = (60 + (n * 7_919 % 23) * 2) * if (3_500..3_512).contains(&n) { 9 } else { 1 };
        format!("{at},{value}\n")
    });
    format!("timestamp,value\n{}", rows.collect::<String>())
}

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .current_dir(dir)
        .arg("anomaly")
        .args(args)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_series_is_judged_packed_or_not() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("calls.csv"), series()).unwrap();
    let packed = std::fs::File::create(dir.path().join("calls.csv.gz")).unwrap();
    let mut packed = GzEncoder::new(packed, Compression::fast());
    packed.write_all(series().as_bytes()).unwrap();
    packed.finish().unwrap();

    let plain = run(dir.path(), &["calls.csv"]);
    let unpacked = run(dir.path(), &["calls.csv.gz"]);
    assert!(plain.status.success(), "{}", text(&plain.stderr));
    assert_eq!(text(&plain.stdout), text(&unpacked.stdout));

    let table = text(&plain.stdout);
    let mut lines: Vec<&str> = table.lines().collect();
    assert!(
        lines.iter().all(|line| line.chars().count() <= 80),
        "80 columns"
    );
    let end = lines.split_off(lines.len() - 2);
    assert_eq!(
        end,
        [
            "4,032 rows as count, 10 min apart",
            "1 alert for a budget of 1/3w"
        ]
    );
    assert!(
        table.contains("2025-11-25 07:20  ALERT"),
        "the first bin of it"
    );

    let json = run(dir.path(), &["--json", "--kind", "count", "calls.csv"]);
    let rows: Vec<serde_json::Value> = text(&json.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 28 * 144 + 1);
    let alerts: Vec<&serde_json::Value> =
        rows.iter().filter(|row| row["alert"].is_object()).collect();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["at"], "2025-11-25T07:20:00Z");
    assert!(alerts[0]["value"].as_f64() > alerts[0]["high"].as_f64());
    let summary = rows.last().unwrap();
    assert_eq!(
        (&summary["alerts"], &summary["kind"]),
        (&1.into(), &"count".into())
    );
}

#[test]
fn faults_have_a_place_and_arguments_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("bad.csv"),
        "timestamp,value\n1763629200,5\n1763629800,five\n",
    )
    .unwrap();
    let rows: &[(&[&str], i32, &str)] = &[
        (&["bad.csv"], 2, "bad.csv:3:12: error: `five` is no number"),
        (&["bad.csv"], 2, "1 fault in `bad.csv`; nothing was judged"),
        (&["none.csv"], 1, "none.csv"),
        (&["--budget", "1/0w", "bad.csv"], 2, "`1/0w` is no budget"),
        (&["--kind", "other", "bad.csv"], 2, "auto"),
    ];
    for (args, code, expected) in rows {
        let out = run(dir.path(), args);
        let told = text(&out.stderr);
        assert_eq!(out.status.code(), Some(*code), "{args:?}: {told}");
        assert!(told.contains(expected), "{args:?}: {told}");
        assert!(out.stdout.is_empty(), "{args:?}");
    }
}
