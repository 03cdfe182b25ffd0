//! Splits that can be told by hand, and what holds for all of them.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = HOUR_MS;
/// Nano-dollars of a token at $2.50 a million.
const INPUT: i64 = 2_500;

fn part(requests: i64, tokens: [i64; BUCKETS], cost: i64) -> Part {
    Part {
        of: "itsm/triage".into(),
        endpoint: "weu".into(),
        model: "gpt-4o".into(),
        requests,
        tokens,
        cost_nanousd: cost,
        retries_nanousd: 0,
        weights: [20, 10, 20, 20, 80],
    }
}

/// So many requests of so many input and output tokens each, at list price.
fn calls(requests: i64, input: i64, output: i64) -> Part {
    let cost = requests * (input * INPUT + output * 4 * INPUT);
    part(
        requests,
        [requests * input, 0, 0, 0, requests * output],
        cost,
    )
}

fn state(parts: Vec<Part>) -> State {
    State {
        span_ms: HOUR,
        parts,
    }
}

/// Micro-dollars of each change, without those that are nothing.
fn told(before: &State, after: &State) -> Vec<(&'static str, i64)> {
    split(before, after)
        .into_iter()
        .map(|(change, amount)| (change.as_str(), amount.0.div_euclid(1000)))
        .filter(|(_, micro)| *micro != 0 && *micro != -1)
        .collect()
}

fn at(endpoint: &str, model: &str, part: Part) -> Part {
    Part {
        endpoint: endpoint.into(),
        model: model.into(),
        ..part
    }
}

fn dearer(part: Part, percent: i64) -> Part {
    Part {
        cost_nanousd: part.cost_nanousd * percent / 100,
        ..part
    }
}

/// What happened, what it became, and which causes get how much.
type Case = (&'static str, Vec<Part>, Vec<(&'static str, i64)>);

#[test]
fn one_cause_alone_gets_all_of_it() {
    let base = || calls(100, 1000, 100);
    let cached = part(
        100,
        [50_000, 50_000, 0, 0, 10_000],
        100_000 * INPUT * 3 / 4 + 10_000 * 4 * INPUT,
    );
    let retried = Part {
        cost_nanousd: base().cost_nanousd + 40_000_000,
        retries_nanousd: 40_000_000,
        ..base()
    };
    let half =
        |endpoint: &str, percent| dearer(at(endpoint, "gpt-4o", calls(50, 1000, 100)), percent);
    let cases: Vec<Case> = vec![
        ("nothing", vec![base()], vec![]),
        (
            "calls",
            vec![calls(300, 1000, 100)],
            vec![("more calls", 700_000)],
        ),
        (
            "longer prompts",
            vec![calls(100, 3000, 100)],
            vec![("prompt tokens per call", 500_000)],
        ),
        (
            "longer answers",
            vec![calls(100, 1000, 300)],
            vec![("output tokens per call", 200_000)],
        ),
        ("a cache", vec![cached], vec![("cache", -62_500)]),
        ("retries", vec![retried], vec![("retries", 40_000)]),
        (
            "dearer tokens",
            vec![dearer(base(), 120)],
            vec![("price", 70_000)],
        ),
        (
            "half of it goes to an endpoint twice as dear",
            vec![half("weu", 100), half("eus", 200)],
            vec![("model mix", 175_000)],
        ),
        (
            "the feature is gone",
            vec![],
            vec![("more calls", -350_000)],
        ),
    ];
    for (what, after, expected) in cases {
        assert_eq!(
            told(&state(vec![base()]), &state(after)),
            expected,
            "{what}"
        );
    }
}

#[test]
fn what_two_causes_make_together_is_shared_between_them() {
    // 100 calls of $0.0025 become 300 of $0.0075: 2.0 of it alone 0.5 each, and 1.0 together.
    let (before, after) = (calls(100, 1000, 0), calls(300, 3000, 0));
    let expected = [
        ("more calls", 1_000_000),
        ("prompt tokens per call", 1_000_000),
    ];
    assert_eq!(told(&state(vec![before]), &state(vec![after])), expected);
}

#[test]
fn a_feature_that_moves_and_grows_at_once_has_grown() {
    // What the demo tells: other endpoint, same price, prompts 4.45 times as long.
    let before = at("weu", "gpt-4o", calls(100, 10_550, 1000));
    let after = at("eus", "gpt-4o", calls(100, 46_950, 1000));
    let told = told(&state(vec![before]), &state(vec![after]));
    assert_eq!(told, [("prompt tokens per call", 9_100_000)]);
}

#[test]
fn features_are_not_mixed() {
    // Calls move from a cheap feature to a dear one: calls of each, and no mix.
    let of = |feature: &str, part: Part| Part {
        of: feature.into(),
        ..part
    };
    let before = vec![of("a", calls(100, 100, 0)), of("b", calls(100, 9000, 0))];
    let after = vec![of("a", calls(50, 100, 0)), of("b", calls(150, 9000, 0))];
    let told = told(&state(before), &state(after));
    assert_eq!(told, [("more calls", 1_112_500)]);
}

#[test]
fn states_of_other_lengths_are_told_by_the_hour() {
    let before = State {
        span_ms: 7 * 24 * HOUR,
        parts: vec![calls(168, 1000, 0)],
    };
    let after = State {
        span_ms: HOUR / 6,
        parts: vec![calls(1, 1000, 0)],
    };
    assert_eq!(told(&before, &after), [("more calls", 12_500)]);
    let nothing = State::default();
    assert_eq!(nothing.per_hour_nanousd(), 0);
    assert_eq!(told(&nothing, &nothing), []);
}

fn any_amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => 0..1_000_000_i64,
        1 => -1_000..1_000_i64,
        1 => 0..1_000_000_000_000_000_i64,
        1 => any::<i64>(),
    ]
}

fn any_part() -> impl Strategy<Value = Part> {
    let words = (0..3_u8, 0..3_u8, 0..2_u8);
    let tokens = prop::array::uniform5(any_amount());
    let weights = prop::array::uniform5(0..200_i64);
    let amounts = (any_amount(), any_amount(), any_amount());
    (words, tokens, weights, amounts).prop_map(
        |((of, endpoint, model), tokens, weights, amounts)| Part {
            of: of.to_string().into(),
            endpoint: endpoint.to_string().into(),
            model: model.to_string().into(),
            requests: amounts.0,
            tokens,
            cost_nanousd: amounts.1,
            retries_nanousd: amounts.2,
            weights,
        },
    )
}

fn any_state() -> impl Strategy<Value = State> {
    let span_ms = prop_oneof![Just(0_i64), Just(HOUR), 1..40 * 24 * HOUR, any::<i64>()];
    (span_ms, prop::collection::vec(any_part(), 0..6))
        .prop_map(|(span_ms, parts)| State { span_ms, parts })
}

proptest! {
    #[test]
    fn parts_sum_to_the_difference(before in any_state(), after in any_state()) {
        let parts = split(&before, &after);
        let sum: i128 = parts.iter().map(|(_, amount)| i128::from(amount.0)).sum();
        let difference =
            i128::from(after.per_hour_nanousd()) - i128::from(before.per_hour_nanousd());
        // At the ends of the type the difference itself, or a share of it, cannot be told.
        if parts.iter().all(|(_, amount)| amount.0 > i64::MIN && amount.0 < i64::MAX) {
            prop_assert_eq!(sum, difference);
        }
    }

    #[test]
    fn exchanging_the_states_exchanges_the_signs(before in any_state(), after in any_state()) {
        let (there, back) = (split(&before, &after), split(&after, &before));
        for ((change, one), (_, other)) in there.into_iter().zip(back) {
            let bound = one.0 == i64::MIN || other.0 == i64::MIN;
            prop_assert!(bound || one.0 == -other.0, "{:?}: {} and {}", change, one.0, other.0);
        }
    }

    #[test]
    fn everyday_figures_are_split_in_full(
        requests in 1..5_000_i64, more in 1..5_000_i64,
        input in 10..50_000_i64, longer in 10..50_000_i64,
        output in 1..4_000_i64, further in 1..4_000_i64,
    ) {
        // All else equal, the other four causes get nothing beyond rounding.
        let before = state(vec![calls(requests, input, output)]);
        let after = state(vec![calls(more, longer, further)]);
        let whole = after.per_hour_nanousd().abs().max(before.per_hour_nanousd());
        for (change, amount) in split(&before, &after) {
            let mine = matches!(change, Change::Volume | Change::Prompt | Change::Output);
            prop_assert!(mine || amount.0.abs() <= whole / 1_000_000 + 1, "{:?} {}", change, amount.0);
        }
    }
}
