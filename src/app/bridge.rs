//! The state of a stretch of time, from the books, as the bridge between two states takes it.
//!
//! Knows no question. A newcomer may ask what the price list does here, as the books have the cost:
//! they have it of all tokens together, and only a list tells what an output token costs beside an
//! input token.

use std::collections::BTreeMap;

use crate::app::links;
use crate::attribute::Endpoint;
use crate::bridge::{BUCKETS, Part, State, USUAL_WEIGHTS};
use crate::call::{Provider, Tier, Usage};
use crate::cell::Totals;
use crate::entry::CellKey;
use crate::judge::Rulebook;
use crate::ledger::{Fault, KeySum, Ledger, Resolution, Span};
use crate::link::{Group, Kind};
use crate::price::{Billed, Lookup};
use crate::units::{HOUR_MS, Text, UnixMillis};

/// Tokens that are priced to see what a kind of them costs; fewer than long contexts begin at.
const SAMPLE: u64 = 100_000;
/// Nano-dollars of such a sample in one unit of weight: a cent a million.
const WEIGHT_UNIT: i64 = 1_000_000;

/// What calls of one place are priced by.
type Place = (Text, Text, Text);

/// Feature, endpoint and model, and what was done with them.
type Sums = BTreeMap<(Text, Text, Text), (Text, Totals)>;

/// Says how prices of the kinds of tokens relate, by the price list.
pub struct Weights<'a> {
    rules: &'a Rulebook,
    at: UnixMillis,
    kept: BTreeMap<Place, [i64; BUCKETS]>,
}

impl<'a> Weights<'a> {
    /// The weights at that time.
    #[must_use]
    pub fn new(rules: &'a Rulebook, at: UnixMillis) -> Weights<'a> {
        Weights {
            rules,
            at,
            kept: BTreeMap::new(),
        }
    }

    /// The weights of a model at an endpoint; the usual ones where no list tells.
    pub fn of(&mut self, endpoint: &Text, provider: &Text, model: &Text) -> [i64; BUCKETS] {
        let place = (endpoint.clone(), provider.clone(), model.clone());
        if let Some(known) = self.kept.get(&place) {
            return *known;
        }
        let found = self.listed(endpoint, provider, model);
        let weights = found.unwrap_or(USUAL_WEIGHTS);
        self.kept.insert(place, weights);
        weights
    }

    fn listed(&self, endpoint: &Text, provider: &Text, model: &Text) -> Option<[i64; BUCKETS]> {
        let registry = &self.rules.registry;
        let known = registry.by_name(endpoint).and_then(|id| registry.get(id));
        let region = known
            .map(Endpoint::known_region)
            .filter(|region| !region.is_empty());
        let resolved = self.rules.prices.resolve(&Lookup {
            endpoint: known.map(|one| one.name.as_str()),
            provider: &Provider::parse(provider)?,
            model,
            requested_model: "",
            region,
            scope: known.and_then(|one| one.scope),
            geo: None,
            tier: Tier::Standard,
            fixed: false,
        });
        let price = |usage: Usage| {
            let billed = Billed {
                at: self.at,
                usage: Some(&usage),
                ..Billed::default()
            };
            Some(resolved.price(&billed).cost?.0 / WEIGHT_UNIT)
        };
        let none = Usage::default;
        let weights = [
            price(Usage {
                input: SAMPLE,
                ..none()
            })?,
            price(Usage {
                cache_read: SAMPLE,
                ..none()
            })?,
            price(Usage {
                cache_write_5m: SAMPLE,
                ..none()
            })?,
            price(Usage {
                cache_write_1h: SAMPLE,
                ..none()
            })?,
            price(Usage {
                output: SAMPLE,
                ..none()
            })?,
        ];
        weights.iter().any(|weight| *weight > 0).then_some(weights)
    }
}

/// What the books hold of the wanted keys in a span.
///
/// # Errors
/// What the ledger says.
pub fn state(
    ledger: &dyn Ledger,
    weights: &mut Weights<'_>,
    (resolution, span): (Resolution, Span),
    wanted: &mut dyn FnMut(&CellKey) -> bool,
) -> Result<State, Fault> {
    let mut sums: Sums = BTreeMap::new();
    ledger.cells_where((resolution, span), wanted, &mut |row| {
        let key = row.key;
        let totals = &row.cell.totals;
        let used = totals.requests_ok != 0 || totals.cost_nanousd() != 0;
        if used {
            let place = (key.feature, key.endpoint, key.model);
            let sum = sums.entry(place).or_default();
            sum.0 = key.provider;
            sum.1.add(totals, 1);
        }
        Ok(())
    })?;
    state_of(ledger, weights, span, sums)
}

/// The same of whole days, of one feature where `only` names it.
///
/// # Errors
/// What the ledger says.
pub fn state_of_days(
    ledger: &dyn Ledger,
    weights: &mut Weights<'_>,
    span: Span,
    only: Option<&str>,
) -> Result<State, Fault> {
    let days = ledger.sums(span, only)?;
    let mut list: Vec<&KeySum> = days.keys().filter(|sum| sum.holds.spend).collect();
    // The provider is the one that was seen last.
    list.sort_unstable_by(|a, b| (a.last, &a.key).cmp(&(b.last, &b.key)));
    let mut sums: Sums = BTreeMap::new();
    for one in list {
        let key = &one.key;
        let place = (key.feature.clone(), key.endpoint.clone(), key.model.clone());
        let sum = sums.entry(place).or_default();
        sum.0.clone_from(&key.provider);
        sum.1.add(&one.cell.totals, 1);
    }
    state_of(ledger, weights, span, sums)
}

fn state_of(
    ledger: &dyn Ledger,
    weights: &mut Weights<'_>,
    span: Span,
    sums: Sums,
) -> Result<State, Fault> {
    let mut parts: Vec<Part> = sums
        .into_iter()
        .map(|((of, endpoint, model), (provider, totals))| Part {
            requests: totals.requests_ok,
            tokens: [
                totals.tokens_input,
                totals.tokens_cache_read,
                totals.tokens_cache_write_5m,
                totals.tokens_cache_write_1h,
                totals.tokens_output,
            ],
            cost_nanousd: totals.cost_nanousd(),
            retries_nanousd: 0,
            weights: weights.of(&endpoint, &provider, &model),
            of,
            endpoint,
            model,
        })
        .collect();
    add_retries(ledger, span, &mut parts)?;
    Ok(State {
        span_ms: span.to.0.saturating_sub(span.from.0),
        parts,
    })
}

/// Says of the parts what failed requests cost that were tried again. Links are by the hour: where a
/// span begins or ends within one, its share of that hour counts.
fn add_retries(ledger: &dyn Ledger, span: Span, parts: &mut [Part]) -> Result<(), Fault> {
    let hours = Span {
        from: span.from.floor(HOUR_MS),
        to: span.to,
    };
    for row in ledger.links(hours)? {
        let (key, totals) = links::read(&row)?;
        if (key.group, key.kind) != (Group::Request, Kind::Retry) {
            continue;
        }
        let end = row.hour.saturating_add(HOUR_MS).min(span.to);
        let inside = end.0.saturating_sub(row.hour.max(span.from).0).max(0);
        let lost = i128::from(totals.lost_nanousd) * i128::from(inside) / i128::from(HOUR_MS);
        let theirs = parts
            .iter_mut()
            .filter(|part| part.of == key.feature && part.endpoint == key.from);
        // Links know no model: the one that is asked most is taken.
        if let Some(part) = theirs.max_by_key(|part| part.requests) {
            let lost = i64::try_from(lost).unwrap_or(0);
            part.retries_nanousd = part.retries_nanousd.saturating_add(lost);
        }
    }
    Ok(())
}
