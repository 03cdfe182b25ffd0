//! Sums that readers keep are those of the cells, whatever changed since, and whoever looks at older books.
//!
//! Knows no page. A newcomer may ask why every span is asked after every change: what is kept goes wrong where a
//! change falls into days that were thought to be over.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod ledger_support;

use std::collections::{BTreeMap, BTreeSet};

use tollwatch::cell::Cell;
use tollwatch::entry::CellKey;
use tollwatch::hist::Hist;
use tollwatch::ledger::{
    EvidenceRow, Holds, HourCalls, Ledger, Options, Resolution, Span, SqliteLedger,
};
use tollwatch::residency::Verdict;
use tollwatch::units::{Text, UnixMillis};

use ledger_support::{DAY, NOW, START, batch, entry, shared, traffic};

/// All that sums tell, from the cells one by one.
#[derive(Debug, Default, PartialEq)]
struct Told {
    keys: BTreeMap<(CellKey, Holds), (UnixMillis, Cell)>,
    days: BTreeMap<UnixMillis, (Cell, BTreeMap<Verdict, i64>)>,
    spend: BTreeMap<(UnixMillis, Text), (i64, i64)>,
    hours: BTreeMap<(Text, UnixMillis), HourCalls>,
}

fn by_cells(ledger: &SqliteLedger, span: Span, only: Option<&str>) -> Told {
    let mut told = Told::default();
    let mut day = |row: tollwatch::ledger::CellRow| {
        if only.is_some_and(|only| row.key.feature != only) {
            return Ok(());
        }
        let totals = &row.cell.totals;
        let (cost, calls) = (totals.cost_nanousd(), totals.calls());
        let holds = Holds {
            calls: calls != 0,
            spend: totals.requests_ok != 0 || cost != 0,
            spilled: totals.calls_spilled > 0,
        };
        let key = told.keys.entry((row.key.clone(), holds)).or_default();
        key.0 = key.0.max(row.start);
        // Prompts are no part of sums.
        let mut cell = row.cell.clone();
        cell.prompt = Hist::default();
        key.1.merge(&cell, 1);
        let day = told.days.entry(row.start).or_default();
        day.0.merge(&cell, 1);
        if let Some(verdict) = row.key.verdict {
            *day.1.entry(verdict).or_default() += calls;
        }
        let spend = told.spend.entry((row.start, row.key.feature)).or_default();
        spend.0 += totals.requests_ok;
        spend.1 += cost;
        Ok(())
    };
    ledger.cells(Resolution::Day, span, &mut day).unwrap();
    let mut hour = |row: tollwatch::ledger::CellRow| {
        let totals = &row.cell.totals;
        let failed = totals.calls_server_error + totals.calls_timeout + totals.calls_no_answer;
        let sum = told.hours.entry((row.key.endpoint, row.start)).or_default();
        if totals.calls() > 0 {
            sum.calls += totals.calls();
            sum.throttled += totals.calls_throttled;
            sum.failed += failed;
        }
        Ok(())
    };
    ledger.cells(Resolution::Hour, span, &mut hour).unwrap();
    told
}

fn by_sums(ledger: &SqliteLedger, span: Span, only: Option<&str>) -> Told {
    let sums = ledger.sums(span, only).unwrap();
    let keys = sums.keys();
    let days = sums.days();
    let spend = sums.spend();
    Told {
        keys: keys
            .map(|sum| ((sum.key.clone(), sum.holds), (sum.last, sum.cell.clone())))
            .collect(),
        days: days
            .map(|(day, sum)| (day, (sum.cell.clone(), sum.verdicts.clone())))
            .collect(),
        spend: spend
            .map(|(day, feature, spend)| {
                let feature = feature.clone();
                ((day, feature), (spend.requests_ok, spend.cost_nanousd))
            })
            .collect(),
        hours: ledger.hour_calls(span).unwrap().calls.clone(),
    }
}

/// Examples of evidence, chosen from all rows.
fn chosen(
    ledger: &SqliteLedger,
    (span, verdict): (Span, Verdict),
    wanted: impl Fn(&CellKey) -> bool,
    limit: usize,
) -> Vec<EvidenceRow> {
    let rows = ledger.evidence(span, usize::MAX).unwrap();
    let of = rows.into_iter();
    let of = of.filter(|row| row.key.verdict == Some(verdict) && wanted(&row.key));
    let mut seen = BTreeSet::new();
    let (first, rest): (Vec<_>, Vec<_>) = of.partition(|row| {
        let (key, words) = (&row.key, row.evidence.clone());
        seen.insert((key.feature.clone(), key.endpoint.clone(), words))
    });
    first.into_iter().chain(rest).take(limit).collect()
}

#[test]
fn examples_of_evidence_are_the_first_of_their_kind() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = books(&folder);
    ledger.apply(&batch(traffic(3, 3_000, 5)), NOW).unwrap();
    let spans = [Span::ALL, days(1, 3), days(2, 2), days(90, 91)];
    let (mut all, mut kinds) = (0, BTreeSet::new());
    for verdict in [Verdict::Violated, Verdict::Unproven, Verdict::Held] {
        for (span, limit) in spans
            .iter()
            .flat_map(|span| [0, 1, 3, 40, usize::MAX].map(|limit| (*span, limit)))
        {
            for only in [None, Some("hrsd/chat"), Some("nobody/nothing")] {
                let wanted = |key: &CellKey| only.is_none_or(|only| key.feature == only);
                let of = (span, verdict);
                let told = ledger.examples(of, &mut |key| wanted(key), limit).unwrap();
                assert_eq!(
                    told,
                    chosen(&ledger, of, wanted, limit),
                    "{of:?} {limit} {only:?}"
                );
                all += told.len();
                kinds.extend(told.into_iter().map(|row| (row.key, row.evidence)));
            }
        }
    }
    assert!(
        all > 300 && kinds.len() > 3,
        "{all} rows, {} kinds",
        kinds.len()
    );
}

fn days(from: i64, to: i64) -> Span {
    Span {
        from: UnixMillis(START + from * DAY),
        to: UnixMillis(START + to * DAY),
    }
}

fn hold(ledger: &SqliteLedger, what: &str) {
    let spans = [days(0, 1), days(0, 12), days(3, 9), days(10, 30), Span::ALL];
    for span in spans {
        for only in [None, Some("hrsd/chat"), Some("nobody/nothing")] {
            let (sums, cells) = (by_sums(ledger, span, only), by_cells(ledger, span, only));
            assert_eq!(sums, cells, "{what}: {span:?} {only:?}");
        }
    }
}

fn books(folder: &tempfile::TempDir) -> SqliteLedger {
    SqliteLedger::open(&folder.path().join("books.db"), Options::default()).unwrap()
}

#[test]
fn kept_sums_are_those_of_the_cells_after_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut books = books(&folder);
    let reader = books.beside().unwrap();
    hold(&reader, "empty books");
    books.apply(&batch(traffic(1, 3_000, 12)), NOW).unwrap();
    hold(&books, "the writer keeps nothing");
    hold(&reader, "twelve days");
    hold(&reader, "the same again");
    let mut spilled = entry(START + 5 * DAY, 9 << 32);
    spilled.call.as_mut().unwrap().spillover = true;
    let mut named = entry(START + 11 * DAY, 8 << 32);
    shared(&mut named).key.feature = "new/one".into();
    let changes = [
        (
            "the last day",
            vec![entry(START + 11 * DAY + 7_000, 7 << 32)],
        ),
        ("a day in the midst", vec![entry(START + 4 * DAY, 6 << 32)]),
        ("the first day", vec![entry(START + 5_000, 5 << 32)]),
        (
            "a day before all others",
            vec![entry(START - 3 * DAY, 4 << 32)],
        ),
        (
            "a day after all others",
            vec![entry(START + 13 * DAY, 3 << 32)],
        ),
        ("a call that was moved", vec![spilled]),
        ("a name that is new", vec![named]),
        ("all days", traffic(2, 500, 12)),
        ("the same calls again", traffic(2, 500, 12)),
    ];
    for (what, entries) in changes {
        books.apply(&batch(entries), NOW).unwrap();
        hold(&reader, what);
        hold(&books.beside().unwrap(), what);
    }
    // Hours are dropped when their time is over, which no number of the feed tells.
    let hours = |ledger: &SqliteLedger| ledger.hour_calls(Span::ALL).unwrap().calls.len();
    assert!(hours(&reader) > 50);
    for days in [60, 500] {
        let later = UnixMillis(NOW.0 + days * DAY);
        while books.maintain(later).unwrap().more {}
        hold(&reader, "upkeep");
    }
    assert_eq!(hours(&reader), 0);
    reader.forget_sums();
    hold(&reader, "forgotten");
}

#[test]
fn whoever_looks_at_older_books_sees_those() {
    let folder = tempfile::tempdir().unwrap();
    let mut books = books(&folder);
    books.apply(&batch(traffic(1, 500, 12)), NOW).unwrap();
    let first = books.beside().unwrap();
    let second = first.beside().unwrap();
    let days_of_change = [11, 2, 11, 0];
    for (day, id) in days_of_change.into_iter().zip(1_u64..) {
        let before = by_cells(&books, Span::ALL, None);
        let held = first.at_once(|| {
            // From here on it looks at the books of this moment.
            assert_eq!(by_sums(&first, Span::ALL, None), before, "{day}");
            books
                .apply(&batch(vec![entry(START + day * DAY, id << 40)]), NOW)
                .unwrap();
            hold(&second, "the newer books");
            assert_ne!(by_sums(&second, Span::ALL, None), before, "{day}");
            hold(&first, "the older books");
            assert_eq!(by_sums(&first, Span::ALL, None), before, "{day}");
            hold(&second, "the newer books again");
        });
        held.unwrap();
        hold(&first, "the newer books at last");
    }
}
