//! Token counts of a span as disjoint buckets, by its instrumentation's convention.
//!
//! Knows no price. A newcomer may ask why a stated total is read at all: where the convention is
//! not known it is the only witness, and where it is known it shows what the parts leave out.

use crate::call::{Provider, Silent, Tier, Untold, Usage};
use crate::decode::json::Json;
use crate::outcome::QuarantineReason;

use super::convention::{self, Convention, Input, Output};
use super::span::{Attributes, Fault, Span};

/// Input, under its names of today and yesterday.
pub(super) const INPUT: [&str; 4] = [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
];
/// Output.
pub(super) const OUTPUT: [&str; 4] = [
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
];
const TOTAL: [&str; 3] = [
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
];
const CACHE_READ: [&str; 9] = [
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.prompt_tokens_details.cached_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.details.cache_read_input_tokens",
    "gen_ai.usage.details.cached_tokens",
    "llm.token_count.prompt_details.cache_read",
    "llm.usage.cache_read_input_tokens",
    "ai.usage.cachedInputTokens",
];
const CACHE_WRITE: [&str; 8] = [
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.details.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
    "llm.usage.cache_creation_input_tokens",
];
const WRITE_5M: [&str; 1] = ["anthropic.usage.cache_creation.ephemeral_5m_input_tokens"];
const WRITE_1H: [&str; 1] = ["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"];
const REASONING: [&str; 8] = [
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.completion_tokens_details.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "gen_ai.usage.details.thoughts_tokens",
    "llm.token_count.completion_details.reasoning",
    "llm.usage.reasoning_tokens",
    "ai.usage.reasoningTokens",
];
const AUDIO: [&str; 6] = [
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.completion_tokens_details.audio_tokens",
    "gen_ai.usage.prompt_tokens_details.audio_tokens",
    "llm.token_count.prompt_details.audio",
    "llm.token_count.completion_details.audio",
];
const TIER: [&str; 4] = [
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
    "aws.bedrock.service_tier",
];
const GEO: [&str; 3] = [
    "anthropic.usage.inference_geo",
    "anthropic.response.inference_geo",
    "gen_ai.usage.inference_geo",
];
/// Logfire's copy of the provider's own usage object, as JSON.
const RAW: &str = "gen_ai.usage.raw";

/// What a span tells of tokens and of what hangs on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    /// The buckets, where input or output is told.
    pub(super) usage: Option<Usage>,
    /// What is not told.
    pub(super) untold: Untold,
    /// The stated total fits neither the buckets nor the counts as told.
    pub(super) total_mismatch: bool,
    /// Audio tokens are among the counts.
    pub(super) audio: bool,
    /// The price tier.
    pub(super) tier: Option<Tier>,
    /// Web searches on the provider's side.
    pub(super) web_searches: u64,
    /// Where the provider says that inference ran.
    pub(super) geo: String,
}

/// The counts as the span tells them.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    read: Option<u64>,
    write: Option<u64>,
    write_5m: Option<u64>,
    write_1h: Option<u64>,
    reasoning: Option<u64>,
    audio: u64,
    searches: u64,
}

/// Reads the tokens of a span; `provider` by the instrumentation's own word.
///
/// # Errors
/// A count that is no whole number, is below zero, or caches more than was put in.
pub(super) fn of(
    span: &Span<'_>,
    scope: &str,
    provider: Option<&Provider>,
) -> Result<Tokens, Fault> {
    let attributes = &span.attributes;
    let convention = convention::of(scope, provider);
    let mut told = counts(attributes)?;
    let text = attributes.text(&[RAW]).unwrap_or_default();
    let raw = Json::parse(text.as_bytes()).ok();
    if let Some(raw) = &raw {
        fill_from_raw(&mut told, raw);
    }
    let (usage, convention_untold) = match buckets(&told, convention, provider)? {
        Some((usage, unsure)) => (Some(usage), unsure),
        None => (None, false),
    };
    let raw_text = |key: &str| raw.as_ref().and_then(|raw| raw.get(key)?.str());
    let geo = attributes.text(&GEO).or_else(|| raw_text("inference_geo"));
    let geo = geo.filter(|geo| !geo.eq_ignore_ascii_case("not_available"));
    let tier = attributes.text(&TIER).or_else(|| raw_text("service_tier"));
    let mismatch = |usage: Usage| {
        told.total
            .is_some_and(|total| total != usage.total() && Some(total) != told.plain_sum())
    };
    Ok(Tokens {
        usage,
        untold: Untold {
            cache: !tells_cache(&told, span, convention),
            geo: geo.is_none(),
            convention: convention_untold,
            buckets: told.silent(),
        },
        total_mismatch: usage.is_some_and(mismatch),
        audio: told.audio > 0,
        tier: tier.and_then(Tier::parse),
        web_searches: told.searches,
        geo: geo.unwrap_or_default().to_owned(),
    })
}

/// Whether the span tells which input tokens were cached, be it by leaving them out.
fn tells_cache(told: &Told, span: &Span<'_>, convention: &Convention) -> bool {
    // botocore reads cached tokens of Converse only.
    let invoke = span
        .attributes
        .text(&["rpc.method"])
        .is_some_and(|method| method.starts_with("InvokeModel"));
    told.read.is_some() || told.write.is_some() || (convention.tells_cache && !invoke)
}

fn counts(attributes: &Attributes<'_>) -> Result<Told, Fault> {
    let mut audio = 0_u64;
    for name in AUDIO {
        audio = audio.saturating_add(attributes.count(&[name])?.unwrap_or_default());
    }
    Ok(Told {
        input: attributes.count(&INPUT)?,
        output: attributes.count(&OUTPUT)?,
        total: attributes.count(&TOTAL)?,
        read: attributes.count(&CACHE_READ)?,
        write: attributes.count(&CACHE_WRITE)?,
        write_5m: attributes.count(&WRITE_5M)?,
        write_1h: attributes.count(&WRITE_1H)?,
        reasoning: attributes.count(&REASONING)?,
        audio,
        searches: 0,
    })
}

/// Adds what the provider's own usage object says beyond the attributes. What is unreadable in it
/// stays untold: the attributes are the record.
fn fill_from_raw(told: &mut Told, raw: &Json<'_>) {
    let count = |path: &[&str]| {
        let number = raw.at(path)?.whole().ok().flatten()?;
        u64::try_from(number).ok()
    };
    let detail = |side: [&str; 2], key: &str| side.iter().find_map(|side| count(&[side, key]));
    let input = ["prompt_tokens_details", "input_tokens_details"];
    let output = ["completion_tokens_details", "output_tokens_details"];
    let fill = |slot: &mut Option<u64>, value: Option<u64>| *slot = slot.or(value);
    fill(&mut told.total, count(&["total_tokens"]));
    fill(&mut told.read, count(&["cache_read_input_tokens"]));
    fill(&mut told.read, detail(input, "cached_tokens"));
    fill(&mut told.write, count(&["cache_creation_input_tokens"]));
    fill(&mut told.write, detail(input, "cache_write_tokens"));
    fill(
        &mut told.write_5m,
        count(&["cache_creation", "ephemeral_5m_input_tokens"]),
    );
    fill(
        &mut told.write_1h,
        count(&["cache_creation", "ephemeral_1h_input_tokens"]),
    );
    fill(&mut told.reasoning, detail(output, "reasoning_tokens"));
    fill(&mut told.reasoning, detail(output, "thinking_tokens"));
    for side in [input, output] {
        let audio = detail(side, "audio_tokens").unwrap_or_default();
        told.audio = told.audio.saturating_add(audio);
    }
    told.searches = count(&["server_tool_use", "web_search_requests"]).unwrap_or_default();
}

impl Told {
    /// Tokens read from and written to a cache, the writes split by how long they live.
    fn cached(&self) -> (u64, u64, u64) {
        let hour = self.write_1h.unwrap_or_default();
        let split = self.write_5m.unwrap_or_default().saturating_add(hour);
        let write = self.write.unwrap_or(split).max(split);
        (
            self.read.unwrap_or_default(),
            write.saturating_sub(hour),
            hour,
        )
    }

    fn silent(&self) -> Silent {
        Silent::of([
            self.input.is_none(),
            self.read.is_none(),
            self.write.is_none() && self.write_5m.is_none(),
            self.write_1h.is_none(),
            self.output.is_none(),
            self.reasoning.is_none(),
        ])
    }

    /// Input and output as told, where both are.
    fn plain_sum(&self) -> Option<u64> {
        Some(self.input?.saturating_add(self.output?))
    }
}

/// The buckets, and whether the convention they stand on is a guess. `None` without counts.
fn buckets(
    told: &Told,
    convention: &Convention,
    provider: Option<&Provider>,
) -> Result<Option<(Usage, bool)>, Fault> {
    if told.input.is_none() && told.output.is_none() {
        return Ok(None);
    }
    let (read, short, hour) = told.cached();
    let cached = read.saturating_add(short).saturating_add(hour);
    let input = told.input.unwrap_or_default();
    let output = told
        .output
        .or(told.total.map(|total| total.saturating_sub(input)))
        .unwrap_or_default();
    let (fresh, unsure) = fresh(told, convention, provider, cached)?;
    let (output, reasoning, guessed) =
        with_reasoning(told, convention, output, fresh.saturating_add(cached));
    let usage = Usage {
        input: fresh,
        cache_read: read,
        cache_write_5m: short,
        cache_write_1h: hour,
        output,
        reasoning,
    };
    Ok(Some((usage, unsure || guessed)))
}

/// The fresh part of the input, and whether that is a guess.
fn fresh(
    told: &Told,
    convention: &Convention,
    provider: Option<&Provider>,
    cached: u64,
) -> Result<(u64, bool), Fault> {
    let input = told.input.unwrap_or_default();
    let plain = told.plain_sum();
    let reasoning = told.reasoning.unwrap_or_default();
    let is_total = |sum: Option<u64>| {
        sum.is_some_and(|sum| {
            told.total == Some(sum) || told.total == Some(sum.saturating_add(reasoning))
        })
    };
    let total_adds_cache = is_total(plain.map(|sum| sum.saturating_add(cached)));
    let native = provider
        .is_some_and(|provider| matches!(provider, Provider::Anthropic | Provider::Bedrock));
    let whole = input.checked_sub(cached);
    match (convention.input, whole) {
        _ if cached == 0 => Ok((input, false)),
        (Input::Fresh, _) => Ok((input, false)),
        // The total is a better witness than a rule that an older version may have broken.
        (Input::Whole | Input::Unknown, _) if total_adds_cache => Ok((input, false)),
        (Input::Whole, Some(fresh)) => Ok((fresh, false)),
        (Input::Unknown, Some(fresh)) => Ok((fresh, !is_total(plain))),
        // Both count cached tokens apart from input themselves.
        (Input::Unknown, None) if native => Ok((input, true)),
        (Input::Whole | Input::Unknown, None) => Err(Fault {
            reason: QuarantineReason::CachedAboveInput,
            key: "gen_ai.usage.input_tokens",
        }),
    }
}

/// The output with its reasoning, the reasoning, and whether that is a guess.
fn with_reasoning(
    told: &Told,
    convention: &Convention,
    output: u64,
    input: u64,
) -> (u64, u64, bool) {
    let reasoning = told.reasoning.unwrap_or_default();
    // What the total holds beyond input and output.
    let beyond = told
        .total
        .and_then(|total| total.checked_sub(input)?.checked_sub(output))
        .unwrap_or_default();
    let added = output.saturating_add(reasoning);
    match convention.output {
        Output::Visible => (added, reasoning, false),
        Output::ByTotal if beyond > 0 => (output.saturating_add(beyond), beyond, false),
        // More reasoning than output: it cannot be a part of it.
        Output::Whole | Output::ByTotal if reasoning > output => {
            (added, reasoning, beyond != reasoning)
        }
        Output::Whole if convention.is_default() && beyond > 0 && beyond == reasoning => {
            (added, reasoning, false)
        }
        Output::Whole | Output::ByTotal => (output, reasoning, false),
    }
}
