//! Whole prices: tables of lookups and the exact amounts they must give.

#![expect(clippy::too_many_lines, reason = "tables of cases")]

use super::*;
use crate::call::{Provider, Scope, Tier, Untold, Usage};
use crate::units::UnixMillis;

/// 2026-11-20T12:00:00Z.
const NOW: i64 = 1_795_176_000_000;

/// A call to price; the defaults are a plain call today.
#[derive(Clone, Copy)]
struct Ask<'a> {
    provider: &'a str,
    model: &'a str,
    requested: &'a str,
    endpoint: Option<&'a str>,
    region: Option<&'a str>,
    scope: Option<Scope>,
    geo: Option<&'a str>,
    tier: Tier,
    fixed: bool,
    at: i64,
    usage: Option<Usage>,
    searches: u64,
    untold: Untold,
    audio: bool,
}

/// Input, cache read, cache write for five minutes, output; input without the caches.
#[expect(clippy::unnecessary_wraps, reason = "as a case holds it")]
fn usage(input: u64, read: u64, write: u64, output: u64) -> Option<Usage> {
    Some(Usage {
        input,
        cache_read: read,
        cache_write_5m: write,
        output,
        ..Usage::default()
    })
}

const PLAIN: Ask<'_> = Ask {
    provider: "",
    model: "",
    requested: "",
    endpoint: None,
    region: None,
    scope: None,
    geo: None,
    tier: Tier::Standard,
    fixed: false,
    at: NOW,
    usage: None,
    searches: 0,
    untold: Untold {
        cache: false,
        geo: false,
        convention: false,
        buckets: crate::call::Silent::NONE,
    },
    audio: false,
};

fn ask<'a>(provider: &'a str, model: &'a str) -> Ask<'a> {
    Ask {
        provider,
        model,
        usage: usage(1_000_000, 0, 0, 1_000_000),
        ..PLAIN
    }
}

fn priced(book: &PriceBook, ask: &Ask<'_>) -> Priced {
    let provider = Provider::parse(ask.provider).unwrap();
    let lookup = Lookup {
        endpoint: ask.endpoint,
        provider: &provider,
        model: ask.model,
        requested_model: ask.requested,
        region: ask.region,
        scope: ask.scope,
        geo: ask.geo,
        tier: ask.tier,
        fixed: ask.fixed,
    };
    let priced = book.resolve(&lookup).price(&Billed {
        at: UnixMillis(ask.at),
        usage: ask.usage.as_ref(),
        web_searches: ask.searches,
        untold: ask.untold,
        audio: ask.audio,
    });
    // The class says which of cost, rule and gap are there, always.
    let class = priced.class;
    assert_eq!(priced.cost.is_none(), class == PriceClass::Unpriced);
    assert_eq!(priced.gap.is_some(), class == PriceClass::Unpriced);
    assert_eq!(priced.rule.is_some(), class == PriceClass::Approximated);
    priced
}

/// Nano-dollars, and the class with its rule or gap: `exact`, `approximated:nearest_scope`.
fn told(priced: &Priced) -> (Option<i64>, String) {
    let why = priced
        .rule
        .map(Approximation::as_str)
        .or(priced.gap.map(PriceGap::as_str));
    let class = priced.class.as_str();
    let word = why.map_or(class.to_owned(), |why| format!("{class}:{why}"));
    (priced.cost.map(|cost| cost.0), word)
}

fn check(book: &PriceBook, cases: &[(Ask<'_>, Option<i64>, &str)]) {
    for (ask, nanos, class) in cases {
        let found = priced(book, ask);
        let label = format!(
            "{} {} {:?} {:?} {}: {found:?}",
            ask.provider,
            ask.model,
            ask.scope,
            ask.region,
            ask.tier.as_str()
        );
        assert_eq!(told(&found), (*nanos, (*class).to_owned()), "{label}");
    }
}

mod lists;
mod places;
mod written;
