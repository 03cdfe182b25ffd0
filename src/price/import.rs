//! Reads a newer price list: the data of genai-prices, or LiteLLM's model prices, told by shape.
//!
//! Knows no file system and no network. A newcomer may ask why numbers are read as raw text: a
//! list's rates are decimals, and a float on the way would change them.

mod tidy;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::call::Tier;
use crate::money::{MoneyError, Rate};
use crate::price::litellm;
use crate::price::matching::Matcher;
use crate::price::rates::{RateSet, Stepped, Unit};
use crate::price::row::{Place, Price, Row, When};
use crate::price::table::{ProviderInfo, Table, clock_ms, is_known};
use crate::units::Text;

pub(super) use tidy::is_tidy;
use tidy::{add_provider, add_row, understood, untidy};

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Its rows.
    pub table: Table,
    /// What was left out or rounded, one sentence each.
    pub notes: Vec<String>,
}

/// Reads a list. `source` is the name shown with its rows; empty for the list's own name.
///
/// # Errors
/// What is wrong with the file, in words.
pub fn parse(text: &str, source: &str) -> Result<Imported, String> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let named = |default: &str| {
        if source.is_empty() {
            default.to_owned()
        } else {
            source.to_owned()
        }
    };
    match text.bytes().next() {
        Some(b'[') => genai_prices(text, &named("genai-prices")),
        Some(b'{') => litellm::parse(text, &named("LiteLLM")),
        _ => Err("neither a genai-prices list (`[`) nor LiteLLM's model prices (`{`)".to_owned()),
    }
}

#[derive(Deserialize)]
struct ProviderData<'a> {
    id: String,
    #[serde(default)]
    provider_match: Option<Value>,
    #[serde(default)]
    model_match: Option<Value>,
    #[serde(default)]
    fallback_model_providers: Option<Vec<String>>,
    #[serde(borrow)]
    models: Vec<ModelData<'a>>,
}

#[derive(Deserialize)]
struct ModelData<'a> {
    id: String,
    #[serde(rename = "match")]
    matching: Value,
    #[serde(borrow)]
    prices: &'a RawValue,
    #[serde(default, borrow)]
    price_variants: Option<Vec<VariantData<'a>>>,
}

#[derive(Deserialize)]
struct VariantData<'a> {
    #[serde(default)]
    when: BTreeMap<String, String>,
    #[serde(default)]
    constraint: Option<Constraint>,
    #[serde(borrow)]
    prices: PriceData<'a>,
}

#[derive(Deserialize)]
struct ConditionalData<'a> {
    #[serde(default)]
    constraint: Option<Constraint>,
    #[serde(borrow)]
    prices: PriceData<'a>,
}

type PriceData<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Constraint {
    start_date: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
}

#[derive(Deserialize)]
struct Tiered<'a> {
    #[serde(borrow)]
    base: &'a RawValue,
    #[serde(borrow, default)]
    tiers: Vec<TierData<'a>>,
}

#[derive(Deserialize)]
struct TierData<'a> {
    start: u64,
    #[serde(borrow)]
    price: &'a RawValue,
}

fn genai_prices(text: &str, source: &str) -> Result<Imported, String> {
    let data: Vec<ProviderData<'_>> =
        serde_json::from_str(text).map_err(|error| format!("not a genai-prices list: {error}"))?;
    let mut imported = Imported::default();
    imported.table.source = Text::from(source);
    let shared = std::sync::Arc::from(source);
    for provider in data {
        if !is_tidy(&provider.id) {
            imported.notes.push(untidy("provider", &provider.id));
            continue;
        }
        let about = |rule: Option<&Value>, notes: &mut Vec<String>| {
            rule.map_or(Matcher::default(), |rule| {
                understood(rule).unwrap_or_else(|| {
                    notes.push(format!(
                        "{}: match rule of the provider not understood",
                        provider.id
                    ));
                    Matcher::default()
                })
            })
        };
        let names = about(provider.provider_match.as_ref(), &mut imported.notes);
        let models = about(provider.model_match.as_ref(), &mut imported.notes);
        let info = ProviderInfo {
            id: Text::from(&provider.id),
            names,
            models,
            fallbacks: provider
                .fallback_model_providers
                .iter()
                .flatten()
                .filter(|id| is_tidy(id) && !id.contains(','))
                .map(Text::from)
                .collect(),
        };
        add_provider(&mut imported, info);
        for model in &provider.models {
            if !is_tidy(&model.id) {
                imported.notes.push(untidy("model", &model.id));
                continue;
            }
            let Some(models) = understood(&model.matching) else {
                let note = format!(
                    "{}/{}: match rule not understood, left out",
                    provider.id, model.id
                );
                imported.notes.push(note);
                continue;
            };
            let prices = prices(&provider.id, model, &mut imported.notes)?;
            let row = Row {
                provider: Text::from(&provider.id),
                name: Text::from(&model.id),
                models,
                place: Place::default(),
                endpoint: Text::default(),
                prices,
                source: std::sync::Arc::clone(&shared),
            };
            add_row(&mut imported, row);
        }
    }
    Ok(imported)
}

fn prices(
    provider: &str,
    model: &ModelData<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<Price>, String> {
    let name = format!("{provider}/{}", model.id);
    let bad = |error: serde_json::Error| format!("{name}: {error}");
    let mut found = Vec::new();
    if model.prices.get().starts_with('[') {
        let list: Vec<ConditionalData<'_>> =
            serde_json::from_str(model.prices.get()).map_err(bad)?;
        for item in list {
            let when = when(item.constraint.as_ref(), None);
            let rates = rate_set(&name, &item.prices, notes)?;
            found.push(Price { when, rates });
        }
    } else {
        let data: PriceData<'_> = serde_json::from_str(model.prices.get()).map_err(bad)?;
        let mut rates = rate_set(&name, &data, notes)?;
        // An empty price is "free" only where the name says so; else nobody knows.
        rates.free = data.is_empty() && (model.id.contains("free") || model.id == "moderation");
        found.push(Price {
            when: When::default(),
            rates,
        });
    }
    for variant in model.price_variants.iter().flatten() {
        match tier(&variant.when) {
            // The provider's word for the standard price.
            Some(Tier::Standard) if variant.prices.is_empty() => {}
            None | Some(Tier::Standard | Tier::Provisioned) => {
                notes.push(format!("{name}: variant {:?} left out", variant.when));
            }
            Some(tier) => found.push(Price {
                when: when(variant.constraint.as_ref(), Some(tier)),
                rates: rate_set(&name, &variant.prices, notes)?,
            }),
        }
    }
    Ok(found)
}

/// The tier of a variant's condition; `None` for conditions of other kinds.
fn tier(when: &BTreeMap<String, String>) -> Option<Tier> {
    let mut conditions = when.iter();
    let (key, value) = conditions.next()?;
    if conditions.next().is_some() {
        return None;
    }
    match (key.as_str(), value.as_str()) {
        ("processing", "batch") => Some(Tier::Batch),
        ("service_tier", "default" | "standard") => Some(Tier::Standard),
        ("service_tier", "flex") => Some(Tier::Flex),
        ("service_tier", "priority") => Some(Tier::Priority),
        ("service_tier", "fast") => Some(Tier::Fast),
        _ => None,
    }
}

fn when(constraint: Option<&Constraint>, tier: Option<Tier>) -> When {
    let clock = |text: &Option<String>| {
        let text = text.as_deref()?;
        clock_ms(text.strip_suffix('Z').unwrap_or(text))
    };
    When {
        tier,
        from: constraint.and_then(|constraint| constraint.start_date.as_deref()?.parse().ok()),
        until: None,
        daily: constraint.and_then(|constraint| {
            Some((clock(&constraint.start_time)?, clock(&constraint.end_time)?))
        }),
    }
}

/// The unit of a genai-prices key.
fn unit(key: &str) -> Option<Unit> {
    Some(match key {
        "input_mtok" => Unit::Input,
        "output_mtok" => Unit::Output,
        "cache_read_mtok" => Unit::CacheRead,
        "cache_write_mtok" => Unit::CacheWrite,
        "cache_write_1h_mtok" => Unit::CacheWrite1h,
        "output_reasoning_mtok" => Unit::Reasoning,
        "web_searches_kcount" => Unit::WebSearch,
        "requests_kcount" => Unit::Request,
        _ => return None,
    })
}

fn rate_set(name: &str, data: &PriceData<'_>, notes: &mut Vec<String>) -> Result<RateSet, String> {
    let mut rates = RateSet::default();
    for (key, raw) in data {
        let tiered = if raw.get().starts_with('{') {
            serde_json::from_str(raw.get()).map_err(|error| format!("{name}: {key}: {error}"))?
        } else {
            Tiered {
                base: raw,
                tiers: Vec::new(),
            }
        };
        let Some(unit) = unit(key) else {
            let mut text = Text::from(tiered.base.get());
            for tier in &tiered.tiers {
                text.push_str(&format!(",{}:{}", tier.start, tier.price.get()));
            }
            let is_free = is_tidy(key) && !key.contains('=') && !is_known(key);
            if is_free && is_tidy(&text) {
                rates.others.push((Text::from(key), text));
            } else {
                notes.push(format!("{name}: {} left out", key.escape_debug()));
            }
            continue;
        };
        let mut read = |raw: &RawValue| {
            let text = raw.get();
            match unit.rate(text) {
                Ok(rate) => Ok(rate),
                Err(MoneyError::TooFine) => {
                    notes.push(format!("{name}: {key} {text} rounded to nine decimals"));
                    let places = if unit.is_token() { 9 } else { 12 };
                    nearest(text, places).ok_or_else(|| format!("{name}: {key}: `{text}`"))
                }
                Err(error) => Err(format!("{name}: {key}: `{text}` {error}")),
            }
        };
        let base = read(tiered.base)?;
        let mut steps = tiered
            .tiers
            .iter()
            .map(|tier| Ok((tier.start, read(tier.price)?)))
            .collect::<Result<Vec<_>, String>>()?;
        steps.sort_unstable();
        rates.set(unit, Stepped { base, steps });
    }
    Ok(rates)
}

/// The nearest rate of a decimal with more digits than a rate keeps: such digits are the traces
/// of a binary float in the source. `places` as in the exact readers of [`Rate`].
pub(super) fn nearest(text: &str, places: i32) -> Option<Rate> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent
        .parse::<i32>()
        .ok()?
        .checked_add(places)?
        .checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let power = 10_u128.checked_pow(shift.unsigned_abs())?;
    let value = if shift >= 0 {
        digits.checked_mul(power)?
    } else {
        digits.checked_add(power / 2)? / power
    };
    u64::try_from(value).ok().map(Rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_floats_are_rounded() {
        let cases = [
            ("0.18000000000000002", 180_000_000),
            ("0.13999999999999999", 140_000_000),
            ("0.08333333333333334", 83_333_333),
            ("1.5e1", 15_000_000_000),
        ];
        for (text, femto) in cases {
            assert_eq!(nearest(text, 9), Some(Rate(femto)), "{text}");
        }
    }

    #[test]
    fn neither_list_is_refused() {
        for text in ["", "hello", "3"] {
            assert!(parse(text, "").is_err(), "{text}");
        }
        assert!(
            parse("[{\"id\": 3}]", "")
                .unwrap_err()
                .starts_with("not a genai-prices list")
        );
    }
}
