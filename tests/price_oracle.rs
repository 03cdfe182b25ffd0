//! The catalogue against its source: random models, tokens, times and tiers, priced by us and by
//! the crate genai-prices, must agree within the float error of the crate.
//!
//! Where the crate falls back in silence (a tier it does not know becomes the standard price, a
//! tier before its first day too), our answer must say so by its class instead.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use genai_prices::{Calculator, PriceRequest, UsageKey};
use proptest::prelude::*;
use tollwatch::call::{Provider, Tier, Untold, Usage};
use tollwatch::price::{
    Approximation, Billed, Clause, Lookup, PriceBook, PriceClass, PriceGap, Priced, Row,
};
use tollwatch::units::UnixMillis;

static BOOK: LazyLock<PriceBook> = LazyLock::new(PriceBook::catalogue_alone);

/// Provider and model names as the rows spell them.
static NAMES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    BOOK.rows()
        .flat_map(|(_, row)| names(row))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
});

/// A name for each clause that spells one out.
fn names(row: &Row) -> Vec<(String, String)> {
    let spelled = |clause: &Clause| match clause {
        Clause::Equals(text) | Clause::StartsWith(text) | Clause::Contains(text) => {
            Some(text.to_string())
        }
        Clause::Shape(text) => Some(text.replacen("########", "20261119", 1).replace('#', "1")),
        Clause::ShapeStart(text) => Some(text.replace('#', "7")),
        Clause::EndsWith(_) | Clause::Glob(_) => None,
    };
    row.models
        .0
        .iter()
        .filter_map(|terms| terms.first())
        .filter(|term| !term.not)
        .filter_map(|term| spelled(&term.clause))
        .map(|name| (row.provider.to_string(), name))
        .collect()
}

#[derive(Clone, Copy, Debug)]
struct Call {
    input: u32,
    read: u32,
    write_5m: u32,
    write_1h: u32,
    output: u32,
    reasoning: u32,
    searches: u32,
    second: u64,
    tier: Tier,
}

impl Call {
    fn usage(&self) -> Usage {
        Usage {
            input: self.input.into(),
            cache_read: self.read.into(),
            cache_write_5m: self.write_5m.into(),
            cache_write_1h: self.write_1h.into(),
            output: self.output.into(),
            reasoning: self.reasoning.min(self.output).into(),
        }
    }
}

fn ours(provider: &str, model: &str, call: &Call) -> Priced {
    let provider = Provider::parse(provider).unwrap();
    let resolved = BOOK.resolve(&Lookup {
        endpoint: None,
        provider: &provider,
        model,
        requested_model: "",
        region: None,
        scope: None,
        geo: None,
        tier: call.tier,
        fixed: false,
    });
    resolved.price(&Billed {
        at: UnixMillis(i64::try_from(call.second * 1000).unwrap()),
        usage: Some(&call.usage()),
        web_searches: call.searches.into(),
        untold: Untold::default(),
        audio: false,
    })
}

fn theirs(provider: &str, model: &str, call: &Call) -> genai_prices::PriceCalculation {
    let write = call.write_5m + call.write_1h;
    let usage = genai_prices::Usage::from([
        (
            UsageKey::INPUT_TOKENS,
            f64::from(call.input + call.read + write),
        ),
        (UsageKey::CACHE_READ_TOKENS, f64::from(call.read)),
        (UsageKey::CACHE_WRITE_TOKENS, f64::from(write)),
        (UsageKey::CACHE_WRITE_1H_TOKENS, f64::from(call.write_1h)),
        (UsageKey::OUTPUT_TOKENS, f64::from(call.output)),
        (
            UsageKey::OUTPUT_REASONING_TOKENS,
            f64::from(call.reasoning.min(call.output)),
        ),
        (UsageKey::WEB_SEARCHES, f64::from(call.searches)),
    ]);
    let request = PriceRequest::new(model, &usage)
        .with_provider_id(provider)
        .with_timestamp(UNIX_EPOCH + Duration::from_secs(call.second));
    let request = match call.tier {
        Tier::Batch => request.with_price_context("processing", "batch"),
        Tier::Flex | Tier::Priority | Tier::Fast => {
            request.with_price_context("service_tier", call.tier.as_str())
        }
        Tier::Standard | Tier::Provisioned => request,
    };
    Calculator::bundled().calculate(&request).unwrap()
}

/// `None` when both agree, else what is wrong.
fn disagreement(provider: &str, model: &str, call: &Call) -> Option<String> {
    let mine = ours(provider, model, call);
    let other = theirs(provider, model, call);
    let told = || format!("{provider}/{model} {call:?}: {mine:?} against {other:?}");
    if mine.class == PriceClass::Unpriced {
        let known = [PriceGap::NoRateForBucket, PriceGap::OtherUnit];
        return (!mine.gap.is_some_and(|gap| known.contains(&gap))).then(told);
    }
    let silent = [
        Approximation::TierDatedLater,
        Approximation::OtherProvidersRow,
    ];
    let foreign_tier = other.provider_id != provider && call.tier != Tier::Standard;
    if foreign_tier || mine.rule.is_some_and(|rule| silent.contains(&rule)) {
        return None;
    }
    let cost: f64 = mine.cost?.to_string().parse().unwrap();
    // Half a nano-dollar for our one rounding; 1e-8 for rates whose source has float traces.
    let allowed = 0.5e-9 + 1e-8 * other.total_price + 1e-15;
    ((cost - other.total_price).abs() > allowed).then(told)
}

fn calls() -> impl Strategy<Value = Call> {
    let tokens = || prop_oneof![Just(0_u32), 1_u32..2_000, 90_000_u32..400_000];
    let tiers = prop_oneof![
        4 => Just(Tier::Standard),
        1 => Just(Tier::Batch),
        1 => Just(Tier::Flex),
        1 => Just(Tier::Priority),
        1 => Just(Tier::Fast),
    ];
    (
        tokens(),
        tokens(),
        (0_u32..3_000, 0_u32..3_000),
        tokens(),
        0_u32..1_000,
        0_u32..3,
        1_735_689_600_u64..1_803_859_200,
        tiers,
    )
        .prop_map(
            |(input, read, (write_5m, write_1h), output, reasoning, searches, second, tier)| Call {
                input,
                read,
                write_5m,
                write_1h,
                output,
                reasoning,
                searches,
                second,
                tier,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_source(call in calls(), at in any::<prop::sample::Index>()) {
        let (provider, model) = at.get(&NAMES);
        let found = disagreement(provider, model, &call);
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    }
}

/// Every row once, at a plain call of a plain day: random choice could miss one for long.
#[test]
fn every_row_agrees_and_most_have_a_price() {
    let call = Call {
        input: 12_345,
        read: 678,
        write_5m: 90,
        write_1h: 12,
        output: 345,
        reasoning: 67,
        searches: 1,
        second: 1_795_219_200,
        tier: Tier::Standard,
    };
    let wrong: Vec<String> = NAMES
        .iter()
        .filter_map(|(provider, model)| disagreement(provider, model, &call))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let priced = NAMES
        .iter()
        .filter(|(provider, model)| ours(provider, model, &call).cost.is_some())
        .count();
    assert!(priced * 10 > NAMES.len() * 9, "{priced} of {}", NAMES.len());
    assert!(NAMES.len() > 3_000, "{}", NAMES.len());
}
