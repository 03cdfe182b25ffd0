//! Reads LiteLLM's `model_prices_and_context_window.json` into rows with their places.
//!
//! Knows nothing of other lists. A newcomer may ask why keys are taken apart: LiteLLM writes the
//! place into the key (`azure/eu/…`, `eu.anthropic.…`, `bedrock/{region}/…`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{Provider, Scope, Tier};
use crate::money::{MoneyError, Rate};
use crate::price::import::{Imported, is_tidy, nearest};
use crate::price::matching::{Clause, Matcher};
use crate::price::names::BedrockId;
use crate::price::rates::{RateSet, Stepped, Unit};
use crate::price::row::{Place, Price, Retirement, Row, When};
use crate::price::table::ProviderInfo;
use crate::units::Text;

/// The documentation entry among the models.
const SAMPLE: &str = "sample_spec";

type Entry<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Entries<'a>(#[serde(borrow)] BTreeMap<String, Entry<'a>>);

/// Reads the file.
pub(super) fn parse(text: &str, source: &str) -> Result<Imported, String> {
    let entries: Entries<'_> = serde_json::from_str(text)
        .map_err(|error| format!("not LiteLLM's model prices: {error}"))?;
    if !entries
        .0
        .values()
        .any(|entry| entry.contains_key("litellm_provider"))
    {
        return Err("not LiteLLM's model prices: no `litellm_provider` in it".to_owned());
    }
    let mut imported = Imported::default();
    imported.table.source = Text::from(source);
    let shared: Arc<str> = Arc::from(source);
    let mut seen = BTreeSet::new();
    let mut skipped = 0_u64;
    for (key, entry) in &entries.0 {
        if key == SAMPLE {
            continue;
        }
        let Some(at) = location(key, entry) else {
            skipped = skipped.saturating_add(1);
            continue;
        };
        let prices = prices(key, entry, &mut imported.notes);
        let first = prices
            .first()
            .is_some_and(|price| price.rates.get(Unit::Input).is_some());
        let identity = (at.provider.clone(), at.name.clone(), at.place.clone());
        if !first || !seen.insert(identity) {
            skipped = skipped.saturating_add(1);
            continue;
        }
        let models = Matcher::one(Clause::Equals(Text::from(at.name.to_lowercase())));
        if let Some(date) = word(entry, "deprecation_date").and_then(|day| day.parse().ok()) {
            let retirement = Retirement {
                provider: at.provider.clone(),
                models: models.clone(),
                date,
            };
            // The same model in another place.
            if !imported.table.retirements.contains(&retirement) {
                imported.table.retirements.push(retirement);
            }
        }
        imported.table.rows.push(Row {
            provider: at.provider,
            name: at.name,
            models,
            place: at.place,
            endpoint: Text::default(),
            prices,
            source: Arc::clone(&shared),
        });
    }
    skipped = skipped.saturating_add(drop_bare(&mut imported.table.rows));
    let ids: BTreeSet<Text> = imported
        .table
        .rows
        .iter()
        .map(|row| row.provider.clone())
        .collect();
    imported.table.providers = ids
        .into_iter()
        .map(|id| ProviderInfo {
            id,
            ..ProviderInfo::default()
        })
        .collect();
    imported.notes.push(format!(
        "{skipped} entries without token prices, or not understood, left out"
    ));
    Ok(imported)
}

/// Drops bare Bedrock ids that stand beside a `global.` key: the list gives them the global price,
/// but in one region AWS charges what geographic profiles cost.
fn drop_bare(rows: &mut Vec<Row>) -> u64 {
    let global: BTreeSet<Text> = rows
        .iter()
        .filter(|row| row.place.scopes == [Scope::Global] && row.provider == "bedrock")
        .map(|row| row.name.clone())
        .collect();
    let before = rows.len();
    rows.retain(|row| {
        row.provider != "bedrock" || row.place.closeness() > 0 || !global.contains(&row.name)
    });
    u64::try_from(before.saturating_sub(rows.len())).unwrap_or(u64::MAX)
}

struct Location {
    provider: Text,
    name: Text,
    place: Place,
}

fn word(entry: &Entry<'_>, key: &str) -> Option<String> {
    serde_json::from_str(entry.get(key)?.get()).ok()
}

/// Whose model, by which name, where.
fn location(key: &str, entry: &Entry<'_>) -> Option<Location> {
    let told = word(entry, "litellm_provider")?;
    let family = told
        .split_once('-')
        .map_or(told.as_str(), |(family, _)| family);
    let provider = Provider::parse(if family == "vertex_ai" { family } else { &told })?;
    let tail = match key.split_once('/') {
        Some((prefix, tail))
            if prefix == told || Provider::parse(prefix) == Some(provider.clone()) =>
        {
            tail
        }
        _ => key,
    };
    let mut place = Place::default();
    let name = match &provider {
        Provider::Azure => azure(tail, &mut place)?,
        Provider::Bedrock => bedrock(key, &mut place)?,
        Provider::Vertex => tail.rsplit('/').next()?.to_owned(),
        Provider::Openai
        | Provider::Anthropic
        | Provider::Gemini
        | Provider::Watsonx
        | Provider::AlephAlpha
        | Provider::Mistral
        | Provider::Vllm
        | Provider::Ollama
        | Provider::NowLlm
        | Provider::Other(_) => tail.to_owned(),
    };
    let tidy = |text: &str| is_tidy(text) && !text.contains(['|', '&']);
    let mut around = place.zones.iter().chain(&place.regions);
    let placed = around.all(|text| tidy(text) && !text.contains(','));
    (tidy(&name) && tidy(provider.as_str()) && placed).then(|| Location {
        provider: Text::from(provider.as_str()),
        name: Text::from(name),
        place,
    })
}

fn azure(tail: &str, place: &mut Place) -> Option<String> {
    let Some((zone, name)) = tail.split_once('/') else {
        return Some(tail.to_owned());
    };
    match zone {
        "eu" | "us" | "apac" => {
            place.scopes = vec![Scope::DataZone];
            place.zones = vec![Text::from(zone)];
        }
        "global" | "global-standard" => place.scopes = vec![Scope::Global],
        _ => return None,
    }
    (!name.contains('/')).then(|| name.to_owned())
}

fn bedrock(key: &str, place: &mut Place) -> Option<String> {
    let id = BedrockId::parse(key);
    if !id.bare.contains('.') || id.bare.contains('/') {
        return None;
    }
    if !id.region.is_empty() {
        place.scopes = vec![Scope::Regional];
        place.regions = vec![Text::from(format!("aws:{}", id.region))];
    } else if id.prefix == "global" {
        place.scopes = vec![Scope::Global];
    } else if !id.prefix.is_empty() {
        place.scopes = vec![Scope::DataZone];
        place.zones = vec![Text::from(&id.prefix)];
    }
    Some(id.bare)
}

/// What a field prices: unit, threshold, tier.
fn field(name: &str) -> Option<(Unit, Option<u64>, Option<Tier>)> {
    let tiers = [
        ("_batches", Tier::Batch),
        ("_flex", Tier::Flex),
        ("_priority", Tier::Priority),
    ];
    let (name, tier) = tiers
        .into_iter()
        .find_map(|(suffix, tier)| Some((name.strip_suffix(suffix)?, Some(tier))))
        .unwrap_or((name, None));
    let (name, start) = match name
        .strip_suffix("k_tokens")
        .and_then(|n| n.rsplit_once("_above_"))
    {
        Some((name, thousands)) => (
            name,
            Some(thousands.parse::<u64>().ok()?.checked_mul(1000)?),
        ),
        None => (name, None),
    };
    let unit = match name {
        "input_cost_per_token" => Unit::Input,
        "output_cost_per_token" => Unit::Output,
        "cache_read_input_token_cost" => Unit::CacheRead,
        "cache_creation_input_token_cost" => Unit::CacheWrite,
        "cache_creation_input_token_cost_above_1hr" => Unit::CacheWrite1h,
        "output_cost_per_reasoning_token" => Unit::Reasoning,
        _ => return None,
    };
    Some((unit, start, tier))
}

/// The standard price first, then the tiers.
fn prices(key: &str, entry: &Entry<'_>, notes: &mut Vec<String>) -> Vec<Price> {
    let mut sets: BTreeMap<Option<Tier>, RateSet> = BTreeMap::new();
    sets.entry(None).or_default();
    let mut steps = Vec::new();
    for (name, raw) in entry {
        let Some((unit, start, tier)) = field(name) else {
            continue;
        };
        let Some(rate) = per_token(key, name, raw.get(), notes) else {
            continue;
        };
        match start {
            Some(start) => steps.push((tier, unit, start, rate)),
            None => sets.entry(tier).or_default().set(
                unit,
                Stepped {
                    base: rate,
                    steps: Vec::new(),
                },
            ),
        }
    }
    for (tier, unit, start, rate) in steps {
        if sets
            .entry(tier)
            .or_default()
            .step(unit, start, rate)
            .is_none()
        {
            notes.push(format!(
                "{key}: {} {} past {start} tokens without a price below, left out",
                tier.map_or("standard", Tier::as_str),
                unit.as_str()
            ));
        }
    }
    if let (Some(rate), Some(set)) = (per_search(entry), sets.get_mut(&None)) {
        let steps = Vec::new();
        set.set(Unit::WebSearch, Stepped { base: rate, steps });
    }
    sets.into_iter()
        .filter(|(tier, rates)| tier.is_none() || !rates.is_empty())
        .map(|(tier, rates)| Price {
            when: When {
                tier,
                ..When::default()
            },
            rates,
        })
        .collect()
}

fn per_token(key: &str, name: &str, text: &str, notes: &mut Vec<String>) -> Option<Rate> {
    let text = text.trim_matches('"');
    match Rate::from_usd_per_unit(text) {
        Ok(rate) => Some(rate),
        Err(MoneyError::TooFine) => {
            notes.push(format!("{key}: {name} {text} rounded to a femto-dollar"));
            nearest(text, 15)
        }
        Err(error) => {
            notes.push(format!("{key}: {name} `{text}` left out: {error}"));
            None
        }
    }
}

fn per_search(entry: &Entry<'_>) -> Option<Rate> {
    let sizes: BTreeMap<String, &RawValue> =
        serde_json::from_str(entry.get("search_context_cost_per_query")?.get()).ok()?;
    let medium = sizes.get("search_context_size_medium")?;
    Rate::from_usd_per_unit(medium.get()).ok()
}
