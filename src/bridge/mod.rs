//! Why spend changed: the difference of two states, split exactly into what it comes from.
//!
//! Knows no ledger, no time and no price list: two lists of parts go in. A newcomer may ask why the
//! split is an average over all orders: with one fixed order whatever is taken last gets the share
//! that two causes made together, and exchanging both states would not just exchange the signs.
//! Taken over all orders (the Shapley value) no cause is preferred, and it does.

mod shape;

use std::collections::BTreeMap;

use crate::alert::Change;
use crate::money::NanoUsd;
use crate::units::{HOUR_MS, Text};

use shape::{Known, Shape};

/// Kinds of tokens that are billed apart: fresh input, read from a cache, written to a cache for
/// five minutes, for an hour, output.
pub const BUCKETS: usize = 5;

/// How prices of the kinds relate where no list tells: output costs four times as much as input, a
/// cache read a tenth, a write a quarter more, or twice as much for an hour.
pub const USUAL_WEIGHTS: [i64; BUCKETS] = [20, 2, 25, 40, 80];

/// What one model at one endpoint did for one feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Of what calls are compared: a feature. Never mixed with others.
    pub of: Text,
    /// The endpoint.
    pub endpoint: Text,
    /// The model.
    pub model: Text,
    /// Answered requests.
    pub requests: i64,
    /// Their tokens, by [`BUCKETS`].
    pub tokens: [i64; BUCKETS],
    /// All cost, in nano-dollars.
    pub cost_nanousd: i64,
    /// Of it: what failed attempts cost that were tried again.
    pub retries_nanousd: i64,
    /// How the prices of the kinds of tokens relate; the books say how high they are.
    pub weights: [i64; BUCKETS],
}

/// What happened in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How long it is, in milliseconds.
    pub span_ms: i64,
    /// What happened in it.
    pub parts: Vec<Part>,
}

impl State {
    /// What it costs an hour, in nano-dollars; 0 for no time.
    #[must_use]
    pub fn per_hour_nanousd(&self) -> i64 {
        let cost = self.parts.iter().map(|part| i128::from(part.cost_nanousd));
        narrow(hourly(cost.sum(), self.span_ms))
    }

    /// Answered requests.
    #[must_use]
    pub fn requests(&self) -> i64 {
        let requests = self.parts.iter().map(|part| part.requests);
        requests.fold(0, i64::saturating_add)
    }
}

/// A sum as so much an hour, half away from zero.
fn hourly(sum: i128, span_ms: i64) -> i128 {
    let span = i128::from(span_ms.max(0));
    if span == 0 {
        return 0;
    }
    let scaled = sum.saturating_mul(i128::from(HOUR_MS));
    let half = if scaled < 0 { -(span / 2) } else { span / 2 };
    scaled.saturating_add(half) / span
}

fn narrow(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

/// All changes together.
const ALL: u8 = 0b0111_1111;
/// Orders of seven changes, as the sum of [`weight`] over all sets without one of them.
const ORDERS: i128 = 5040;
/// Finer units of a nano-dollar that shares are added up in.
const FINE: i128 = 1_000_000;

/// In how many of all orders exactly `size` given changes come before another given one.
fn weight(size: u32) -> i128 {
    match size {
        0 | 6 => 720,
        1 | 5 => 120,
        2 | 4 => 48,
        _ => 36,
    }
}

/// The difference of what both states cost an hour, split into what it comes from, in the order of
/// [`Change::ALL`].
///
/// The parts always sum to exactly `after.per_hour_nanousd() - before.per_hour_nanousd()`, and
/// exchanging the states exchanges the signs. Features are split one by one and added up, so that
/// calls that move from a cheap feature to a dear one are calls, and no mix. Within a feature:
///
/// | change | what moves |
/// |---|---|
/// | `Volume` | answered requests; all of a feature that only one state has |
/// | `Prompt` | input tokens of a request, caches included |
/// | `Output` | output tokens of a request |
/// | `Cache` | shares of input that a cache served or was filled with, within a model and endpoint |
/// | `Retries` | cost of failed attempts for each answered request |
/// | `Mix` | shares of tokens by model and endpoint |
/// | `Price` | what a token costs at a model and endpoint, and cost that is no token's |
#[must_use]
pub fn split(before: &State, after: &State) -> Vec<(Change, NanoUsd)> {
    let mut shares = [0_i128; Change::ALL.len()];
    for (one, other) in features(before, after) {
        let one = Shape::of(before.span_ms, &one);
        let other = Shape::of(after.span_ms, &other);
        add_shares(&one, &other, &mut shares);
    }
    let whole = i128::from(after.per_hour_nanousd()) - i128::from(before.per_hour_nanousd());
    let exact = rounded(shares, whole);
    Change::ALL
        .into_iter()
        .zip(exact)
        .map(|(change, share)| (change, NanoUsd(narrow(share))))
        .collect()
}

type Parts<'a> = Vec<&'a Part>;

/// The parts of each feature in both states.
fn features<'a>(
    before: &'a State,
    after: &'a State,
) -> impl Iterator<Item = (Parts<'a>, Parts<'a>)> {
    let mut all: BTreeMap<&Text, (Parts<'_>, Parts<'_>)> = BTreeMap::new();
    for part in &before.parts {
        all.entry(&part.of).or_default().0.push(part);
    }
    for part in &after.parts {
        all.entry(&part.of).or_default().1.push(part);
    }
    all.into_values()
}

/// Adds the shares of one feature, [`ORDERS`] times as fine as [`FINE`].
fn add_shares(before: &Shape<'_>, after: &Shape<'_>, shares: &mut [i128; 7]) {
    let (first, last) = (before.cost(), after.cost());
    if before.requests <= 0 || after.requests <= 0 {
        // Without an answered request there is nothing to compare: it came or went as a whole.
        if let Some(volume) = shares.first_mut() {
            *volume = volume.saturating_add((last - first).saturating_mul(ORDERS));
        }
        return;
    }
    let known = Known::of(before, after);
    // Both ends are as booked, so that no rounding on the way changes the sum.
    let costs: Vec<i128> = (0..=ALL)
        .map(|set| match set {
            0 => first,
            ALL => last,
            set => known.cost(set),
        })
        .collect();
    let at = |set: u8| costs.get(usize::from(set)).copied().unwrap_or(0);
    for (place, share) in shares.iter_mut().enumerate() {
        let one = 1_u8 << place;
        for set in (0..=ALL).filter(|set| set & one == 0) {
            let step = at(set | one).saturating_sub(at(set));
            *share = share.saturating_add(step.saturating_mul(weight(set.count_ones())));
        }
    }
}

/// Whole nano-dollars of fine shares that sum to `whole`: each is cut, and what is missing goes to
/// those that were cut the most.
fn rounded(shares: [i128; 7], whole: i128) -> [i128; 7] {
    let unit = ORDERS * FINE;
    let mut cut = shares.map(|share| share / unit);
    let mut missing = whole - cut.iter().sum::<i128>();
    let step = missing.signum();
    let mut order: Vec<usize> = (0..cut.len()).collect();
    let rest = |place: &usize| shares.get(*place).map_or(0, |share| share % unit) * step;
    order.sort_by_key(|place| std::cmp::Reverse(rest(place)));
    for place in &order {
        if missing != 0
            && let Some(share) = cut.get_mut(*place)
        {
            *share += step;
            missing -= step;
        }
    }
    // Only numbers at the end of what a total can hold leave more than one each.
    if let Some(share) = order.first().and_then(|place| cut.get_mut(*place)) {
        *share += missing;
    }
    cut
}

#[cfg(test)]
mod tests;
