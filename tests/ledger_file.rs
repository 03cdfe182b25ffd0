//! One writer, readers beside it, positions that cannot be overtaken, and a clear fault for every
//! file that is no ledger; after each fault the books are as they were.

#![allow(clippy::unwrap_used, reason = "tests fail where they stand")]

mod ledger_support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ledger_support::{DAY, NOW, START, batch, books, cells, entry, position, traffic};
use tollwatch::ledger::{
    Batch, Fault, FaultKind, Ledger, Options, Position, Resolution, Span, SqliteLedger,
};
use tollwatch::units::UnixMillis;

fn open(path: &Path) -> SqliteLedger {
    SqliteLedger::open(path, Options::default()).unwrap()
}

fn fault_of(path: &Path) -> Fault {
    match SqliteLedger::open(path, Options::default()) {
        Ok(_) => panic!("{} opened", path.display()),
        Err(fault) => fault,
    }
}

#[test]
fn books_survive_closing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let entries = traffic(1, 500, 2);
    let (before, key) = {
        let mut ledger = open(&path);
        ledger.apply(&batch(entries.clone()), NOW).unwrap();
        (books(&ledger), ledger.fingerprint_key())
    };
    let mut ledger = open(&path);
    assert_eq!(books(&ledger), before);
    assert_eq!(ledger.fingerprint_key(), key);
    assert_eq!(ledger.apply(&batch(entries), NOW).unwrap().metered, 0);
    assert_eq!(books(&ledger), before);
    ledger.check().unwrap();
}

#[test]
fn a_second_writer_is_refused_and_readers_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let mut writer = open(&path);
    writer.apply(&batch(traffic(1, 50, 1)), NOW).unwrap();
    let fault = fault_of(&path);
    assert_eq!(fault.kind, FaultKind::InUse);
    let shown = fault.to_string();
    assert!(
        shown.contains("books.db`") && shown.contains("books.db.lock"),
        "{shown}"
    );
    let reader = SqliteLedger::open_read_only(&path).unwrap();
    let seen = books(&reader);
    assert_eq!(seen, books(&writer));
    writer.apply(&batch(traffic(2, 50, 1)), NOW).unwrap();
    assert_eq!(books(&reader), books(&writer));
    assert_ne!(books(&reader), seen);
    let mut reader = reader;
    let fault = reader.apply(&batch(traffic(3, 1, 1)), NOW).unwrap_err();
    assert_eq!(fault.kind, FaultKind::NoRight);
    drop(writer);
    let alone = SqliteLedger::open_read_only(&path).unwrap();
    assert_eq!(books(&alone), books(&open(&path)));
}

#[test]
fn positions_move_only_from_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(&folder.path().join("books.db"));
    let step = |from: Option<Position>, to: u64, seed: u64| Batch {
        parts: vec![ledger_support::part(0, from, Some(position(to)))],
        ..batch(traffic(seed, 10, 1))
    };
    let other_state = Some(Position {
        state: "another file".into(),
        ..position(100)
    });
    ledger.apply(&step(None, 100, 1), NOW).unwrap();
    let before = books(&ledger);
    for (name, from) in [
        ("first again", None),
        ("elsewhere", Some(position(50))),
        ("state", other_state),
    ] {
        let fault = ledger.apply(&step(from, 200, 2), NOW).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Moved, "{name}");
        assert!(fault.to_string().contains("stand at offset 100"), "{fault}");
        assert_eq!(books(&ledger), before, "{name}");
    }
    ledger
        .apply(&step(Some(position(100)), 200, 2), NOW)
        .unwrap();
    let found = ledger
        .position("export", "", "calls.jsonl", 0)
        .unwrap()
        .unwrap();
    assert_eq!(found.offset, 200);
    assert_eq!(
        ledger.position("export", "", "other.jsonl", 0).unwrap(),
        None
    );
}

#[test]
fn complete_to_is_the_least_of_those_that_move() {
    let mut ledger = ledger_support::memory();
    assert_eq!(ledger.complete_to().unwrap(), None);
    let mut place = |partition: i32, complete_to: Option<i64>| {
        let to = Position {
            complete_to: complete_to.map(UnixMillis),
            ..Position::default()
        };
        let from = ledger
            .position("export", "", "calls.jsonl", partition)
            .unwrap();
        let batch = Batch {
            parts: vec![ledger_support::part(partition, from, Some(to))],
            ..batch(Vec::new())
        };
        ledger.apply(&batch, NOW).unwrap();
        ledger.complete_to().unwrap()
    };
    assert_eq!(place(0, Some(50)), Some(UnixMillis(50)));
    assert_eq!(place(1, Some(70)), Some(UnixMillis(50)));
    assert_eq!(place(2, None), Some(UnixMillis(50)));
    assert_eq!(place(0, Some(90)), Some(UnixMillis(70)));
    assert_eq!(place(1, None), Some(UnixMillis(90)));
}

#[test]
fn files_that_are_no_ledgers_are_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("text.db"), "time,cost\n".repeat(2_000)).unwrap();
    let foreign = rusqlite_file(
        &file("foreign.db"),
        "CREATE TABLE t (x); PRAGMA user_version = 3",
    );
    drop(open(&file("newer.db")));
    let newer = rusqlite_file(&file("newer.db"), "PRAGMA user_version = 999");
    let cases = [
        ("text.db", FaultKind::NotALedger, "no SQLite file"),
        ("foreign.db", FaultKind::NotALedger, "another program"),
        (
            "newer.db",
            FaultKind::Newer,
            "has version 999, and this tollwatch knows versions up to 6",
        ),
    ];
    assert!(foreign && newer);
    for (name, kind, words) in cases {
        let before = std::fs::read(file(name)).unwrap();
        let fault = fault_of(&file(name));
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert!(
            fault.to_string().contains(words) && fault.to_string().contains(name),
            "{fault}"
        );
        assert!(!fault.retry() && !fault.hint().is_empty());
        let reader = SqliteLedger::open_read_only(&file(name))
            .err()
            .map(|fault| fault.kind);
        assert_eq!(reader, Some(kind), "{name}");
        assert_eq!(std::fs::read(file(name)).unwrap(), before, "{name}");
    }
    let missing = SqliteLedger::open_read_only(&file("missing.db"))
        .err()
        .unwrap();
    assert_eq!(missing.kind, FaultKind::Missing);
    assert_eq!(
        fault_of(&file("no/such/folder.db")).kind,
        FaultKind::Missing
    );
    assert_eq!(fault_of(folder.path()).kind, FaultKind::NotALedger);
}

/// Runs SQL on a file the way another program would.
fn rusqlite_file(path: &Path, sql: &str) -> bool {
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(sql)
        .is_ok()
}

#[test]
fn damage_is_a_fault_and_never_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let mut ledger = open(&path);
    ledger.apply(&batch(traffic(1, 3_000, 2)), NOW).unwrap();
    drop(ledger);
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(3 * 8_192) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, &bytes).unwrap();
    let found = SqliteLedger::open(&path, Options::default()).and_then(|mut ledger| {
        assert_eq!(
            ledger.check().err().map(|fault| fault.kind),
            Some(FaultKind::Corrupt)
        );
        ledger.cells(Resolution::Day, Span::ALL, &mut |_| Ok(()))?;
        ledger.apply(&batch(traffic(2, 3_000, 2)), NOW)
    });
    assert_eq!(found.unwrap_err().kind, FaultKind::Corrupt);
}

/// Reads again and again; leaves each time only once the other one has come, so that one is always there.
fn relay(reader: &SqliteLedger, (came, other): (&Sender<()>, &Receiver<()>), over: &AtomicBool) {
    let mut go_on = true;
    while go_on && !over.load(Ordering::Relaxed) {
        let turn = || {
            reader.feed_end().unwrap();
            came.send(()).is_ok() && other.recv_timeout(Duration::from_secs(20)).is_ok()
        };
        go_on = reader.at_once(turn).unwrap();
    }
}

#[test]
fn readers_one_after_the_other_do_not_make_the_log_grow_for_ever() {
    const LOG: u64 = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let options = |log_bytes| Options {
        log_bytes,
        ..Options::default()
    };
    let longest = |log_bytes| {
        let mut ledger = SqliteLedger::open(&path, options(log_bytes)).unwrap();
        let (one, other) = (ledger.beside().unwrap(), ledger.beside().unwrap());
        let ((to_one, at_one), (to_other, at_other)) = (channel(), channel());
        let over = &AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(move || relay(&one, (&to_other, &at_one), over));
            scope.spawn(move || relay(&other, (&to_one, &at_other), over));
            let mut longest = 0;
            for seed in 0..60 {
                let seed = log_bytes + seed;
                ledger.apply(&batch(traffic(seed, 300, 2)), NOW).unwrap();
                let log = std::fs::metadata(folder.path().join("books.db-wal")).unwrap();
                longest = longest.max(log.len());
            }
            over.store(true, Ordering::Relaxed);
            longest
        })
    };
    let bounded = longest(LOG);
    assert!(bounded < 6 * LOG, "{bounded}");
    let unbounded = longest(1 << 40);
    assert!(unbounded > 2 * bounded, "{unbounded} against {bounded}");
}

#[test]
fn a_full_disk_leaves_the_books_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let limited = Options {
        file_bytes_max: Some(1_500_000),
        ..Options::default()
    };
    let mut ledger = SqliteLedger::open(&path, limited).unwrap();
    let mut booked = Vec::new();
    let refused = (1..1_000).find_map(|seed| {
        let entries = traffic(seed, 500, 2);
        match ledger.apply(&batch(entries.clone()), NOW) {
            Ok(_) => {
                booked.extend(entries);
                None
            }
            Err(fault) => Some((fault, entries)),
        }
    });
    let (fault, refused) = refused.unwrap();
    assert_eq!(fault.kind, FaultKind::Full);
    assert!(
        fault.retry() && booked.len() >= 500,
        "{fault}: {}",
        booked.len()
    );
    let calls = |ledger: &SqliteLedger| -> i64 {
        cells(ledger, Resolution::Day)
            .iter()
            .map(|row| row.cell.totals.calls())
            .sum()
    };
    let expected = booked.iter().filter(|entry| entry.call.is_some()).count();
    assert_eq!(calls(&ledger), i64::try_from(expected).unwrap());
    let before = books(&ledger);
    drop(ledger);
    let mut ledger = open(&path);
    assert_eq!(books(&ledger), before);
    assert_eq!(ledger.apply(&batch(booked), NOW).unwrap().metered, 0);
    let all = u64::try_from(refused.len()).unwrap();
    assert_eq!(ledger.apply(&batch(refused), NOW).unwrap().metered, all);
    ledger.check().unwrap();
}

#[test]
fn configurations_keep_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    for texts in [["a", "b", "a"], ["b", "c", "a"]] {
        let mut ledger = open(&path);
        for text in texts {
            let expected = match text {
                "a" => 1,
                "b" => 2,
                _ => 3,
            };
            assert_eq!(
                ledger.config_number(text, NOW).unwrap().0,
                expected,
                "{text}"
            );
        }
    }
    let configs = open(&path).configs().unwrap();
    assert_eq!(configs.len(), 3);
    assert!(configs.iter().all(|config| config.first_used == NOW));
}

#[test]
fn days_change_their_zone_only_ahead() {
    let mut ledger = ledger_support::memory();
    ledger
        .apply(&batch(vec![entry(START + DAY / 2, 1)]), NOW)
        .unwrap();
    let berlin = chrono_tz::Tz::Europe__Berlin;
    let date = |day: u32| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let fault = ledger.change_zone(berlin, date(2)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    ledger.change_zone(berlin, date(5)).unwrap();
    assert_eq!(
        ledger.change_zone(berlin, date(5)).unwrap_err().kind,
        FaultKind::Refused
    );
    let late = UnixMillis::parse("2026-11-04T23:30:00Z").unwrap();
    ledger.apply(&batch(vec![entry(late.0, 2)]), NOW).unwrap();
    let days: Vec<String> = cells(&ledger, Resolution::Day)
        .iter()
        .map(|row| row.start.to_string())
        .collect();
    assert_eq!(
        days,
        ["2026-11-02T00:00:00.000Z", "2026-11-04T23:00:00.000Z"]
    );
}
