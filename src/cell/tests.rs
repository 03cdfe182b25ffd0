//! Cells come back from their bytes, names go with values, sums stay inside their type.

use super::*;

#[test]
fn bytes_come_back() {
    let mut cell = Cell::default();
    assert_eq!(Cell::decode(&cell.encode()), Some(cell.clone()));
    cell.totals.calls_ok = 7;
    cell.totals.cost_exact_nanousd = -14_227_500;
    cell.totals.reports_weak = i64::MAX;
    cell.latency.record(Layout::latency(), 2841);
    cell.latency.record(Layout::latency(), 3_600_000);
    cell.prompt.add_bucket(4096, -3);
    let bytes = cell.encode();
    assert_eq!(Cell::decode(&bytes), Some(cell));
    assert_eq!(Cell::decode(&bytes[..bytes.len() - 1]), None);
    assert_eq!(Cell::decode(&[0xff; 40]), None);
}

#[test]
fn sums_stand_still_at_their_bounds() {
    let mut totals = Totals {
        cost_exact_nanousd: i64::MAX,
        cost_approximated_nanousd: 5,
        tokens_input: i64::MAX,
        tokens_cache_read: 1,
        calls_ok: i64::MAX,
        calls_auth: 1,
        requests_auth: i64::MAX,
        requests_failed: 1,
        ..Totals::default()
    };
    assert_eq!((totals.calls(), totals.requests()), (i64::MAX, i64::MAX));
    assert_eq!(totals.cost_nanousd(), i64::MAX);
    assert_eq!(totals.tokens_input_total(), i64::MAX);
    totals.count_request(&RequestAdds {
        class: Class::Ok,
        usage: Some(crate::call::Usage {
            input: 9,
            ..crate::call::Usage::default()
        }),
        web_searches: 0,
        money: Money::Exact(crate::money::NanoUsd(7)),
        duration: None,
        total_mismatch: false,
        external: None,
    });
    assert_eq!(totals.tokens_input, i64::MAX);
    assert_eq!(totals.cost_exact_nanousd, i64::MAX);
    assert_eq!(totals.requests_exact, 1);
}

#[test]
fn names_and_values_go_together() {
    let totals = Totals {
        cost_exact_nanousd: 5,
        ..Totals::default()
    };
    let at = Totals::NAMES
        .iter()
        .position(|name| *name == "cost_exact_nanousd")
        .unwrap();
    assert_eq!(totals.values().get(at), Some(&5));
    assert_eq!(Totals::from_values(&totals.values()), totals);
}
