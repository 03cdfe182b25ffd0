//! A state of one feature as factors whose product is its cost, and the cost of any mixture of two.
//!
//! Knows no order of changes. A newcomer may ask what a model costs in a state that did not ask it:
//! what it costs in the other one, so that taking a model up is a change of mix and not of price.

use std::collections::BTreeMap;

use super::{BUCKETS, FINE, Part, hourly};
use crate::units::Text;

/// Places of the changes in a set, in the order of [`crate::alert::Change::ALL`].
const VOLUME: u8 = 0;
const PROMPT: u8 = 1;
const OUTPUT: u8 = 2;
const CACHE: u8 = 3;
const RETRIES: u8 = 4;
const MIX: u8 = 5;
const PRICE: u8 = 6;

/// The kind of tokens that is output.
const OUT: usize = BUCKETS - 1;
/// Shares are counted in this.
const ONE: i128 = 1_000_000_000;
/// Most that weights may differ, and most femto-dollars that a token may cost: beyond lies no price,
/// and products of them would not fit.
const WEIGHT_MOST: i64 = 1_000_000;
const RATE_MOST: i128 = 1_000_000_000_000_000;
/// No intermediate result may pass this: further sums of it still fit.
const MOST: i128 = 1_000_000_000_000_000_000_000_000_000_000;

/// A model at an endpoint.
type Place<'a> = (&'a Text, &'a Text);

/// What one place did.
#[derive(Clone, Copy, Debug, Default)]
struct Spot {
    tokens: [i128; BUCKETS],
    /// Femto-dollars that a token of each kind costs; `None` where nothing tells.
    rates: Option<[i128; BUCKETS]>,
}

impl Spot {
    fn input(&self) -> i128 {
        self.tokens.iter().take(OUT).sum()
    }

    fn output(&self) -> i128 {
        self.tokens.last().copied().unwrap_or(0)
    }
}

/// A state of one feature.
#[derive(Clone, Debug)]
pub(super) struct Shape<'a> {
    span_ms: i64,
    pub(super) requests: i128,
    nanousd: i128,
    /// What failed attempts cost.
    retries: i128,
    /// Cost that is no token's.
    flat: i128,
    spots: BTreeMap<Place<'a>, Spot>,
}

impl<'a> Shape<'a> {
    /// The shape of a feature's parts.
    pub(super) fn of(span_ms: i64, parts: &[&'a Part]) -> Shape<'a> {
        let mut shape = Shape {
            span_ms,
            requests: 0,
            nanousd: 0,
            retries: 0,
            flat: 0,
            spots: BTreeMap::new(),
        };
        for part in parts {
            shape.add(part);
        }
        shape
    }

    fn add(&mut self, part: &'a Part) {
        self.requests += i128::from(part.requests);
        self.nanousd += i128::from(part.cost_nanousd);
        let cost = i128::from(part.cost_nanousd.max(0));
        let retries = i128::from(part.retries_nanousd).clamp(0, cost);
        self.retries += retries;
        let told = part.tokens.map(|tokens| i128::from(tokens.max(0)));
        let weights = part
            .weights
            .map(|weight| i128::from(weight.clamp(0, WEIGHT_MOST)));
        let weighed: i128 = told.iter().zip(&weights).map(|(n, w)| n * w).sum();
        let spot = self.spots.entry((&part.model, &part.endpoint)).or_default();
        let had: i128 = spot.tokens.iter().sum();
        for (sum, n) in spot.tokens.iter_mut().zip(told) {
            *sum += n;
        }
        if weighed == 0 {
            self.flat += cost - retries;
            return;
        }
        let rates =
            weights.map(|weight| ((cost - retries) * FINE * weight / weighed).min(RATE_MOST));
        // Parts that name the same place twice are one at their mean price.
        let all: i128 = spot.tokens.iter().sum();
        spot.rates = Some(match spot.rates {
            Some(known) => std::array::from_fn(|kind| {
                let of = |rates: &[i128; BUCKETS]| rates.get(kind).copied().unwrap_or(0);
                (of(&known) * had + of(&rates) * (all - had)) / all.max(1)
            }),
            None => rates,
        });
    }

    /// As booked, in finer units an hour.
    pub(super) fn cost(&self) -> i128 {
        hourly(self.nanousd.saturating_mul(FINE), self.span_ms)
    }

    fn input(&self) -> i128 {
        self.spots.values().map(Spot::input).sum()
    }

    fn output(&self) -> i128 {
        self.spots.values().map(Spot::output).sum()
    }

    /// Shares of the kinds of input over all places.
    fn kinds(&self) -> Option<[i128; OUT]> {
        let mut sums = [0; OUT];
        for spot in self.spots.values() {
            for (sum, n) in sums.iter_mut().zip(spot.tokens) {
                *sum += n;
            }
        }
        shares(sums)
    }

    /// Billionths of so much for each answered request.
    fn each(&self, sum: i128) -> i128 {
        sum.saturating_mul(ONE) / self.requests.max(1)
    }
}

fn shares(sums: [i128; OUT]) -> Option<[i128; OUT]> {
    let all: i128 = sums.iter().sum();
    (all > 0).then(|| sums.map(|sum| sum * ONE / all))
}

/// The factors of one state.
#[derive(Clone, Debug, Default)]
struct Factors {
    /// Billionths of an answered request an hour.
    requests: i128,
    /// Billionths of an input and an output token of a request.
    prompt: i128,
    output: i128,
    /// Femto-dollars of a request that are no token's, and those of failed attempts.
    flat: i128,
    retries: i128,
    places: Vec<Factor>,
}

/// The factors of one place.
#[derive(Clone, Copy, Debug, Default)]
struct Factor {
    /// Billionths of all input and of all output.
    input: i128,
    output: i128,
    /// Billionths of the kinds of its input.
    kinds: [i128; OUT],
    /// Femto-dollars of a token of each kind.
    rates: [i128; BUCKETS],
}

/// Both states of a feature, as far as one tells what the other does not.
pub(super) struct Known {
    states: [Factors; 2],
}

impl Known {
    /// The factors of both states, over the places of both.
    pub(super) fn of(before: &Shape<'_>, after: &Shape<'_>) -> Known {
        let mut places: Vec<Place<'_>> = before.spots.keys().copied().collect();
        places.extend(after.spots.keys());
        places.sort_unstable();
        places.dedup();
        Known {
            states: [
                factors(before, after, &places),
                factors(after, before, &places),
            ],
        }
    }

    /// What the feature costs in finer units an hour when the changes of `set` have happened.
    pub(super) fn cost(&self, set: u8) -> i128 {
        let [before, after] = &self.states;
        let of = |place: u8| if set >> place & 1 == 1 { after } else { before };
        let (mix, cache, price) = (of(MIX), of(CACHE), of(PRICE));
        let (mut input, mut output) = (0_i128, 0_i128);
        for ((mix, cache), price) in mix.places.iter().zip(&cache.places).zip(&price.places) {
            let kinds = cache.kinds.iter().zip(&price.rates);
            let rate: i128 = kinds.map(|(share, rate)| share * rate).sum();
            input += mix.input * (rate / 1_000_000) / 1_000_000;
            output += mix.output * price.rates.last().copied().unwrap_or(0) / 1_000;
        }
        // Thousandths of a billionth of a femto-dollar, back to femto-dollars of a request.
        let tokens = per_request(of(PROMPT).prompt, input)
            .saturating_add(per_request(of(OUTPUT).output, output));
        let each = tokens
            .saturating_add(of(PRICE).flat)
            .saturating_add(of(RETRIES).retries);
        let hour = of(VOLUME).requests.saturating_mul(each) / ONE;
        hour.clamp(-MOST, MOST)
    }
}

/// Femto-dollars of billionths of a token at millionths of a femto-dollar.
fn per_request(tokens: i128, rate: i128) -> i128 {
    (tokens / 1000).saturating_mul(rate) / (ONE / 1000 * 1_000_000)
}

fn factors(own: &Shape<'_>, other: &Shape<'_>, places: &[Place<'_>]) -> Factors {
    let (input, output) = (own.input(), own.output());
    let kinds = own
        .kinds()
        .or_else(|| other.kinds())
        .unwrap_or([ONE, 0, 0, 0]);
    let place = |place: &Place<'_>| {
        let spot = own.spots.get(place).copied().unwrap_or_default();
        let there = other.spots.get(place).copied().unwrap_or_default();
        let part = |of: fn(&Spot) -> i128, all: i128, there_all: i128| match (all, there_all) {
            (1.., _) => of(&spot) * ONE / all,
            (_, 1..) => of(&there) * ONE / there_all,
            _ => 0,
        };
        let own_kinds = || {
            let mut inputs = [0; OUT];
            inputs
                .iter_mut()
                .zip(spot.tokens)
                .for_each(|(to, n)| *to = n);
            shares(inputs)
        };
        Factor {
            input: part(Spot::input, input, other.input()),
            output: part(Spot::output, output, other.output()),
            kinds: own_kinds().unwrap_or(kinds),
            rates: spot.rates.or(there.rates).unwrap_or_default(),
        }
    };
    Factors {
        requests: hourly(own.requests.saturating_mul(ONE), own.span_ms),
        prompt: own.each(input),
        output: own.each(output),
        flat: own.each(own.flat.saturating_mul(FINE)) / ONE,
        retries: own.each(own.retries.saturating_mul(FINE)) / ONE,
        places: places.iter().map(place).collect(),
    }
}
