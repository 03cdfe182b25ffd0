//! Property: whatever the order, the batches and the repeats, the same reports give the same books.

#![allow(clippy::unwrap_used, reason = "tests fail where they stand")]

mod ledger_support;

use ledger_support::{Dice, NOW, batch, books, entry, memory, traffic, transport_half, usage_half};
use proptest::prelude::*;
use tollwatch::entry::Entry;
use tollwatch::ledger::Ledger;

/// Traffic with some calls told in halves that share a key, as two observers tell them.
fn told(seed: u64, n: u64) -> Vec<Entry> {
    let mut all = traffic(seed, n, 2);
    let mut dice = Dice(seed);
    for i in 0..n / 4 {
        let at = ledger_support::START + i64::try_from(dice.roll(86_400_000)).unwrap();
        let id = 1_000_000 + i;
        match dice.roll(3) {
            0 => all.push(entry(at, id)),
            1 => all.extend([transport_half(at, id), usage_half(at, id)]),
            _ => all.push(usage_half(at, id)),
        }
    }
    all
}

/// Books entries in an order and in batches that the seed decides, some of them twice.
fn booked(entries: &[Entry], seed: u64) -> (Vec<String>, u64) {
    let mut dice = Dice(seed);
    let mut order: Vec<&Entry> = entries.iter().collect();
    let again = usize::try_from(dice.roll(100)).unwrap();
    order.extend(entries.iter().take(again));
    for i in (1..order.len()).rev() {
        let other = usize::try_from(dice.roll(u64::try_from(i + 1).unwrap())).unwrap();
        order.swap(i, other);
    }
    let mut ledger = memory();
    let (mut rest, mut metered) = (order.as_slice(), 0);
    while !rest.is_empty() {
        let size = 1 + usize::try_from(dice.roll(60)).unwrap();
        let (part, later) = rest.split_at(size.min(rest.len()));
        let part: Vec<Entry> = part.iter().map(|entry| (*entry).clone()).collect();
        let n = u64::try_from(part.len()).unwrap();
        let applied = ledger.apply(&batch(part), NOW).unwrap();
        assert_eq!(applied.received(), n);
        metered += applied.metered;
        rest = later;
    }
    (books(&ledger), metered)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_same_reports_give_the_same_books(seed in 1_u64..1_000, one in any::<u64>(), other in any::<u64>()) {
        let entries = told(seed, 120);
        let (first, metered) = booked(&entries, one);
        prop_assert_eq!(metered, u64::try_from(entries.len()).unwrap());
        prop_assert_eq!(first, booked(&entries, other).0);
    }
}
