//! Any order, batching or splitting of the same reports gives the same books; nothing is lost.

#![allow(clippy::unwrap_used, reason = "tests fail where they stand")]

mod ledger_support;

use ledger_support::{
    Dice, HOUR, NOW, START, batch, books, cells, entry, facts, memory, traffic, transport_half,
    usage_half,
};
use tollwatch::entry::Entry;
use tollwatch::ledger::{Ledger, Resolution};
use tollwatch::outcome::{DuplicateKind, IgnoreReason, Outcome};

fn shuffled(mut entries: Vec<Entry>, seed: u64) -> Vec<Entry> {
    let mut dice = Dice(seed);
    for i in (1..entries.len()).rev() {
        let other = usize::try_from(dice.roll(u64::try_from(i + 1).unwrap())).unwrap();
        entries.swap(i, other);
    }
    entries
}

/// The books of those entries in batches of that size.
fn booked(entries: &[Entry], size: usize) -> Vec<String> {
    let mut ledger = memory();
    for part in entries.chunks(size) {
        let applied = ledger.apply(&batch(part.to_vec()), NOW).unwrap();
        assert_eq!(applied.received(), u64::try_from(part.len()).unwrap());
    }
    books(&ledger)
}

#[test]
fn order_batching_and_doubling_change_nothing() {
    let entries = traffic(1, 3_000, 3);
    let expected = booked(&entries, 1_000);
    assert!(expected.len() > 3_000);
    let doubled: Vec<Entry> = entries.iter().chain(&entries).cloned().collect();
    let cases = [
        ("small batches", entries.clone(), 7),
        ("one batch", entries.clone(), 3_000),
        ("shuffled", shuffled(entries.clone(), 2), 250),
        ("doubled", doubled.clone(), 500),
        ("doubled and shuffled", shuffled(doubled, 3), 333),
    ];
    for (name, entries, size) in cases {
        let found = booked(&entries, size);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn totals_of_all_resolutions_are_those_of_the_entries() {
    let entries = traffic(4, 2_000, 2);
    let mut ledger = memory();
    ledger.apply(&batch(entries.clone()), NOW).unwrap();
    let calls = entries.iter().filter(|entry| entry.call.is_some()).count();
    let requests = entries
        .iter()
        .filter(|entry| entry.request.is_some())
        .count();
    for resolution in Resolution::ALL {
        let found = cells(&ledger, resolution);
        let sum = |total: &dyn Fn(&tollwatch::cell::Totals) -> i64| -> usize {
            usize::try_from(found.iter().map(|row| total(&row.cell.totals)).sum::<i64>()).unwrap()
        };
        assert_eq!(
            sum(&tollwatch::cell::Totals::calls),
            calls,
            "{resolution:?}"
        );
        assert_eq!(
            sum(&tollwatch::cell::Totals::requests),
            requests,
            "{resolution:?}"
        );
    }
}

/// What becomes of the second report when the first is in the books.
fn second(first: Entry, second: Entry, together: bool) -> Outcome {
    let mut ledger = memory();
    let mut outcomes = if together {
        ledger
            .apply(&batch(vec![first, second]), NOW)
            .unwrap()
            .outcomes
    } else {
        ledger.apply(&batch(vec![first]), NOW).unwrap();
        ledger.apply(&batch(vec![second]), NOW).unwrap().outcomes
    };
    outcomes.pop().unwrap()
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn tells_duplicates_contradictions_and_halves() {
    let at = START + 10 * HOUR;
    let told = |at: i64, change: &dyn Fn(&mut Entry)| {
        let mut entry = entry(at, 7);
        change(&mut entry);
        entry
    };
    let same = |_: &mut Entry| {};
    let remeasured = |entry: &mut Entry| entry.transport_facts ^= 0b10_0001;
    let status = |entry: &mut Entry| entry.transport_facts ^= 0b100_0000;
    let tokens = |entry: &mut Entry| entry.usage_facts ^= 1;
    let duplicate = Outcome::Duplicate;
    let cases: Vec<(&str, Entry, Entry, Outcome)> = vec![
        (
            "equal",
            told(at, &same),
            told(at, &same),
            duplicate(DuplicateKind::Equal),
        ),
        (
            "measured",
            told(at, &same),
            told(at, &remeasured),
            duplicate(DuplicateKind::Remeasured),
        ),
        (
            "status",
            told(at, &same),
            told(at, &status),
            duplicate(DuplicateKind::Contradiction),
        ),
        (
            "tokens",
            told(at, &same),
            told(at, &tokens),
            duplicate(DuplicateKind::Contradiction),
        ),
        (
            "hour after",
            told(at, &same),
            told(at + HOUR, &same),
            duplicate(DuplicateKind::Equal),
        ),
        (
            "hour before",
            told(at, &same),
            told(at - HOUR, &same),
            duplicate(DuplicateKind::Equal),
        ),
        (
            "two hours after",
            told(at, &same),
            told(at + 2 * HOUR, &same),
            Outcome::Metered,
        ),
        (
            "other half",
            usage_half(at, 7),
            transport_half(at, 7),
            Outcome::Metered,
        ),
        (
            "half of it new",
            usage_half(at, 7),
            entry(at, 7),
            Outcome::Metered,
        ),
        (
            "nothing new",
            entry(at, 7),
            usage_half(at, 7),
            duplicate(DuplicateKind::Equal),
        ),
    ];
    for (name, first, other, outcome) in cases {
        for together in [true, false] {
            let found = second(first.clone(), other.clone(), together);
            assert_eq!(found, outcome, "{name}, together: {together}");
        }
    }
}

#[test]
fn a_half_that_is_known_adds_nothing() {
    let mut ledger = memory();
    ledger
        .apply(&batch(vec![usage_half(START, 7)]), NOW)
        .unwrap();
    ledger.apply(&batch(vec![entry(START, 7)]), NOW).unwrap();
    let days = cells(&ledger, Resolution::Day);
    let requests: i64 = days.iter().map(|row| row.cell.totals.requests()).sum();
    let calls: i64 = days.iter().map(|row| row.cell.totals.calls()).sum();
    assert_eq!((requests, calls), (1, 1));
}

#[test]
fn contradictions_name_both_tellers() {
    let mut ledger = memory();
    let mut second = entry(START, 7);
    second.usage_facts ^= 1;
    facts(&mut second).teller = "openlit".into();
    ledger.apply(&batch(vec![entry(START, 7)]), NOW).unwrap();
    ledger.apply(&batch(vec![second.clone()]), NOW).unwrap();
    ledger
        .apply(&batch(vec![entry(START, 8), second]), NOW)
        .unwrap();
    let pairs = ledger.contradictions().unwrap();
    let [pair] = pairs.as_slice() else {
        panic!("{pairs:?}");
    };
    assert_eq!(
        (pair.first.as_str(), pair.second.as_str(), pair.n),
        ("native", "native/openlit", 2)
    );
    assert_eq!(pair.example.offset, 7 * 1_400);
}

#[test]
fn counts_stay_balanced() {
    let mut ledger = memory();
    let mut mixed = batch(traffic(5, 100, 1));
    mixed.ignored.insert(IgnoreReason::OtherCall, 900);
    mixed.received += 900;
    ledger.apply(&mixed, NOW).unwrap();
    ledger.apply(&mixed, NOW).unwrap();
    let counts = ledger.counts().unwrap();
    let sum = |outcome: &str| -> u64 {
        counts
            .iter()
            .filter(|row| row.outcome == outcome)
            .map(|row| row.n)
            .sum()
    };
    assert_eq!(sum("received"), 2_000);
    assert_eq!(
        (sum("metered"), sum("duplicate"), sum("ignored")),
        (100, 100, 1_800)
    );
    mixed.received += 1;
    let fault = ledger.apply(&mixed, NOW).unwrap_err();
    assert_eq!(fault.kind.as_str(), "unbalanced");
    assert!(
        fault.to_string().contains("received 1001 and holds 1000"),
        "{fault}"
    );
}
