//! Hours close, lines and minutes go, days are sealed; every limit keeps totals exact and counts
//! what it cut off.

#![allow(clippy::unwrap_used, reason = "tests fail where they stand")]

mod ledger_support;

use ledger_support::{
    DAY, HOUR, NOW, START, batch, books, cells, entry, memory, shared, traffic, transport_half,
};
use tollwatch::entry::Entry;
use tollwatch::ledger::{
    Batch, Family, FaultKind, Ledger, LinkRow, Maintained, Options, Quarantined, Resolution, Span,
    SqliteLedger,
};
use tollwatch::outcome::{Outcome, QuarantineReason, Reject};
use tollwatch::residency::Verdict;
use tollwatch::units::UnixMillis;

fn with(change: impl FnOnce(&mut Options)) -> SqliteLedger {
    let mut options = Options::default();
    change(&mut options);
    SqliteLedger::open_in_memory(options).unwrap()
}

/// Upkeep until nothing is left to do, all rounds added up.
fn upkeep(ledger: &mut SqliteLedger, now: UnixMillis) -> Maintained {
    let mut all = Maintained::default();
    loop {
        let round = ledger.maintain(now).unwrap();
        all.hours_closed += round.hours_closed;
        all.lines_dropped += round.lines_dropped;
        all.hours_forgotten += round.hours_forgotten;
        all.days_sealed += round.days_sealed;
        if !round.more {
            return all;
        }
    }
}

fn days_later(days: i64) -> UnixMillis {
    NOW.saturating_add(days * DAY)
}

fn lines(ledger: &SqliteLedger) -> usize {
    let mut n = 0;
    ledger
        .lines(Span::ALL, &mut |_| {
            n += 1;
            Ok(())
        })
        .unwrap();
    n
}

fn overflow(ledger: &SqliteLedger, kind: &str) -> u64 {
    ledger
        .overflows()
        .unwrap()
        .iter()
        .filter(|row| row.kind == kind)
        .map(|row| row.n)
        .sum()
}

#[test]
fn hours_close_after_their_last_write() {
    let mut ledger = memory();
    let entries = traffic(1, 600, 3);
    ledger.apply(&batch(entries.clone()), NOW).unwrap();
    let before = books(&ledger);
    assert_eq!(upkeep(&mut ledger, days_later(13)), Maintained::default());
    assert_eq!(books(&ledger), before);
    let hours: std::collections::BTreeSet<i64> =
        entries.iter().map(|entry| entry.at.floor(HOUR).0).collect();
    let hours = u64::try_from(hours.len()).unwrap();
    let dropped = upkeep(&mut ledger, days_later(14));
    assert_eq!((dropped.lines_dropped, dropped.hours_closed), (hours, 0));
    assert_eq!(lines(&ledger), 0);
    let applied = ledger
        .apply(&batch(entries.clone()), days_later(44))
        .unwrap();
    assert_eq!(applied.metered, 0);
    assert!(!cells(&ledger, Resolution::Minute).is_empty());
    let days = cells(&ledger, Resolution::Day);
    assert_eq!(upkeep(&mut ledger, days_later(45)).hours_closed, hours);
    assert!(cells(&ledger, Resolution::Minute).is_empty());
    assert!(ledger.conversations(UnixMillis(START)).unwrap().is_empty());
    let again = ledger
        .apply(&batch(entries.clone()), days_later(45))
        .unwrap();
    let late = Outcome::Quarantined(QuarantineReason::PastHorizon);
    assert!(again.outcomes.iter().all(|outcome| *outcome == late));
    assert_eq!(ledger.quarantine(10).unwrap().len(), 10);
    assert_eq!(cells(&ledger, Resolution::Day), days);
    assert!(!cells(&ledger, Resolution::Hour).is_empty());
    assert_eq!(
        upkeep(&mut ledger, days_later(45 + 400)).hours_forgotten,
        hours
    );
    assert!(cells(&ledger, Resolution::Hour).is_empty());
    assert!(
        ledger
            .families(Family::Credential, Span::ALL)
            .unwrap()
            .is_empty()
    );
    assert_eq!(cells(&ledger, Resolution::Day), days);
}

#[test]
fn an_hour_waits_for_its_neighbours() {
    let mut ledger = memory();
    ledger.apply(&batch(vec![entry(START, 1)]), NOW).unwrap();
    ledger
        .apply(&batch(vec![entry(START + HOUR, 2)]), days_later(30))
        .unwrap();
    assert_eq!(upkeep(&mut ledger, days_later(60)).hours_closed, 0);
    let near = ledger
        .apply(&batch(vec![entry(START + HOUR, 1)]), days_later(60))
        .unwrap();
    assert_eq!(near.metered, 0);
    assert_eq!(upkeep(&mut ledger, days_later(75)).hours_closed, 2);
}

#[test]
fn lines_past_the_limit_go_oldest_first() {
    let mut ledger = with(|options| options.line_bytes = 20_000);
    for seed in 1..=6 {
        ledger.apply(&batch(traffic(seed, 400, 3)), NOW).unwrap();
    }
    let dropped = upkeep(&mut ledger, NOW).lines_dropped;
    assert!(dropped > 0 && lines(&ledger) > 0, "{dropped}");
    let mut first = None;
    ledger
        .lines(Span::ALL, &mut |line| {
            first.get_or_insert(line.at);
            Ok(())
        })
        .unwrap();
    assert!(first.unwrap().0 >= START + HOUR);
    // What comes for such an hour later is in the books, but leaves no line and no link.
    let kept = lines(&ledger);
    ledger
        .apply(&batch(vec![entry(START, 9_999_999)]), NOW)
        .unwrap();
    assert_eq!(lines(&ledger), kept);
    assert!(overflow(&ledger, "unlinked") > 0);
}

#[test]
fn links_are_due_again_when_lines_come() {
    let mut ledger = memory();
    let due = |ledger: &SqliteLedger| -> Vec<i64> {
        let all = ledger.hours_to_link(UnixMillis(START + 10 * HOUR)).unwrap();
        all.iter().map(|hour| (hour.0 - START) / HOUR).collect()
    };
    let link = |hour: i64, key: &str| LinkRow {
        hour: UnixMillis(START + hour * HOUR),
        key: vec!["call".into(), key.into()],
        body: vec![1, 2],
    };
    ledger
        .apply(
            &batch(vec![
                entry(START + 5, 1),
                entry(START + 2 * HOUR - 60_000, 2),
            ]),
            NOW,
        )
        .unwrap();
    assert_eq!(due(&ledger), [0, 1, 2]);
    let early = ledger.hours_to_link(UnixMillis(START + HOUR + 5)).unwrap();
    assert_eq!(early, [UnixMillis(START)]);
    for hour in 0..3 {
        let links = [link(hour, "b"), link(hour, "a b")];
        ledger
            .put_links(UnixMillis(START + hour * HOUR), &links)
            .unwrap();
    }
    assert!(due(&ledger).is_empty());
    assert_eq!(ledger.links(Span::ALL).unwrap().len(), 6);
    ledger
        .apply(
            &batch(vec![entry(START + HOUR, 3), entry(START + 5, 1)]),
            NOW,
        )
        .unwrap();
    assert_eq!(due(&ledger), [1]);
    ledger.put_links(UnixMillis(START + HOUR), &[]).unwrap();
    let kept = ledger.links(Span::ALL).unwrap();
    assert_eq!(
        kept,
        [link(0, "a b"), link(0, "b"), link(2, "a b"), link(2, "b")]
    );
}

#[test]
fn days_are_sealed_and_changes_show() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let mut ledger = SqliteLedger::open(&path, Options::default()).unwrap();
    ledger.apply(&batch(traffic(1, 600, 3)), NOW).unwrap();
    assert_eq!(upkeep(&mut ledger, days_later(14)).days_sealed, 3);
    let check = ledger.verify_seals().unwrap();
    assert_eq!(
        (check.intact, check.changed.len(), check.broken.len()),
        (3, 0, 0)
    );
    ledger
        .apply(&batch(vec![entry(START + 30 * HOUR, 77)]), days_later(15))
        .unwrap();
    assert_eq!(
        ledger.verify_seals().unwrap().pending,
        [UnixMillis(START + DAY)]
    );
    assert_eq!(upkeep(&mut ledger, days_later(15)).days_sealed, 1);
    let seals = ledger.seals().unwrap();
    let shape: Vec<(u64, bool)> = seals
        .iter()
        .map(|seal| (seal.number, seal.amendment))
        .collect();
    assert_eq!(shape, [(1, false), (2, false), (3, false), (4, true)]);
    assert_eq!(ledger.verify_seals().unwrap().intact, 3);
    drop(ledger);
    let meddle = rusqlite::Connection::open(&path).unwrap();
    let first = "(SELECT min(at) FROM evidence)";
    meddle
        .execute(&format!("DELETE FROM evidence WHERE at = {first}"), [])
        .unwrap();
    meddle
        .execute(
            "UPDATE seal SET content = zeroblob(32) WHERE number = 3",
            [],
        )
        .unwrap();
    drop(meddle);
    let check = SqliteLedger::open_read_only(&path)
        .unwrap()
        .verify_seals()
        .unwrap();
    assert_eq!(
        check.changed,
        [UnixMillis(START), UnixMillis(START + 2 * DAY)]
    );
    assert_eq!(check.broken, [3]);
}

#[test]
fn the_first_pieces_of_evidence_stay() {
    let entries: Vec<Entry> = (0..60_i64)
        .map(|i| {
            let mut call = transport_half(START + i * 1_000, u64::try_from(i).unwrap());
            shared(&mut call).key.verdict = Some(if i % 2 == 0 {
                Verdict::Violated
            } else {
                Verdict::Unproven
            });
            call
        })
        .collect();
    let kept = |size: usize, reversed: bool| {
        let mut ledger = with(|options| options.evidence_per_hour = 5);
        let mut entries = entries.clone();
        if reversed {
            entries.reverse();
        }
        for part in entries.chunks(size) {
            ledger.apply(&batch(part.to_vec()), NOW).unwrap();
        }
        assert_eq!(overflow(&ledger, "evidence"), 50);
        let rows = ledger.evidence(Span::ALL, 100).unwrap();
        rows.iter()
            .map(|row| (row.at.0 - START) / 1_000)
            .collect::<Vec<i64>>()
    };
    let expected: Vec<i64> = (0..10).collect();
    for (size, reversed) in [(60, false), (7, false), (7, true), (1, true)] {
        assert_eq!(kept(size, reversed), expected, "{size} {reversed}");
    }
}

#[test]
fn names_beyond_the_limit_fold_and_totals_stay() {
    let entries: Vec<Entry> = (0..100_u64)
        .map(|i| {
            let mut call = entry(START + 1, i);
            shared(&mut call).key.model = format!("made-up-{i}").into();
            if i % 10 == 0 {
                shared(&mut call).key.model = "gpt-4o".into();
            }
            call
        })
        .collect();
    let mut ledger = with(|options| {
        options.names_per_day = 20;
        options.known = ["gpt-4o", "azure", "azure-weu"].map(Into::into).into();
    });
    ledger.apply(&batch(entries.clone()), NOW).unwrap();
    let days = cells(&ledger, Resolution::Day);
    let calls = |model: &str| -> i64 {
        let cells = days.iter().filter(|row| row.key.model == model);
        cells.map(|row| row.cell.totals.calls()).sum()
    };
    assert_eq!(calls("gpt-4o"), 10);
    assert!(calls("other") > 50);
    assert_eq!(
        days.iter().map(|row| row.cell.totals.calls()).sum::<i64>(),
        100
    );
    assert!(overflow(&ledger, "names") > 50);
    assert_eq!(ledger.apply(&batch(entries), NOW).unwrap().metered, 0);
}

fn unreadable(offset: u64, reason: QuarantineReason) -> Quarantined {
    Quarantined {
        part: 0,
        offset,
        at: None,
        reject: Reject {
            keys: vec![("response_status".into(), 3)],
            ..Reject::new(reason, "breaks off at byte 17")
        },
        format: None,
    }
}

#[test]
fn a_retried_record_leaves_the_quarantine_and_the_counts() {
    let mut ledger = memory();
    let reasons = [QuarantineReason::BrokenJson, QuarantineReason::BadTime];
    let bad = Batch {
        received: 2,
        quarantined: reasons
            .iter()
            .zip([5, 6])
            .map(|(r, offset)| unreadable(offset, *r))
            .collect(),
        ..batch(Vec::new())
    };
    ledger.apply(&bad, NOW).unwrap();
    let rows = ledger.quarantine(10).unwrap();
    assert_eq!(rows.len(), 2);
    let row = rows.last().unwrap();
    assert_eq!(
        (row.reason, row.origin.offset, row.seen),
        (QuarantineReason::BadTime, 6, NOW)
    );
    assert_eq!(row.keys, [("response_status".into(), 3)]);
    let retry = Batch {
        retried: vec![row.id],
        ..batch(vec![entry(START, 1), entry(START, 2)])
    };
    ledger.apply(&retry, days_later(3)).unwrap();
    assert_eq!(ledger.quarantine(10).unwrap().len(), 1);
    let counts = ledger.counts().unwrap();
    let sum = |outcome: &str| -> u64 {
        counts
            .iter()
            .filter(|row| row.outcome == outcome)
            .map(|row| row.n)
            .sum()
    };
    assert_eq!(
        (sum("received"), sum("metered"), sum("quarantined")),
        (3, 2, 1)
    );
    let fault = ledger.apply(&retry, NOW).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
}

#[test]
fn a_full_quarantine_drops_the_oldest() {
    let mut ledger = with(|options| options.quarantine_rows = 10);
    let bad = |from: u64| Batch {
        received: 8,
        quarantined: (from..from + 8)
            .map(|i| unreadable(i, QuarantineReason::Empty))
            .collect(),
        ..batch(Vec::new())
    };
    ledger.apply(&bad(0), NOW).unwrap();
    ledger.apply(&bad(8), NOW).unwrap();
    let offsets: Vec<u64> = ledger
        .quarantine(100)
        .unwrap()
        .iter()
        .map(|row| row.origin.offset)
        .collect();
    assert_eq!(offsets, (6..16).collect::<Vec<u64>>());
    assert_eq!(overflow(&ledger, "quarantine"), 6);
}

#[test]
fn conversations_beyond_the_limit_are_added_up() {
    let mut ledger = with(|options| options.conversations_per_day = 4);
    for i in 0..40_u64 {
        let mut call = entry(START + 1, i);
        shared(&mut call).key.feature = "f".into();
        call.conversation = Some(tollwatch::ids::Fingerprint(if i % 4 == 0 {
            1
        } else {
            100 + i
        }));
        ledger.apply(&batch(vec![call]), NOW).unwrap();
    }
    let rows = ledger.conversations(UnixMillis(START)).unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows.iter().map(|row| row.totals.requests()).sum::<i64>(),
        40
    );
    let largest = rows
        .iter()
        .find(|row| row.conversation.is_some_and(|c| c.0 == 1))
        .unwrap();
    assert_eq!(largest.totals.requests(), 10);
}

#[test]
fn followers_see_each_change_once_and_in_order() {
    let mut ledger = memory();
    ledger.apply(&batch(traffic(1, 300, 1)), NOW).unwrap();
    let mut seen = 0;
    let mut rows = 0;
    loop {
        let changed = ledger.changed_since(seen, 50).unwrap();
        let Some(last) = changed.last() else { break };
        assert!(changed.is_sorted_by(|one, other| one.seq < other.seq));
        rows += changed.len();
        seen = last.seq;
    }
    let all: usize = Resolution::ALL
        .iter()
        .map(|r| cells(&ledger, *r).len())
        .sum();
    assert_eq!(rows, all);
    ledger
        .apply(&batch(vec![entry(START, 9_999)]), NOW)
        .unwrap();
    assert_eq!(ledger.changed_since(seen, 50).unwrap().len(), 3);
    assert!(ledger.feed_end().unwrap() > seen);
}
