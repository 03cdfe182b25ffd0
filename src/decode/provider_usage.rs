//! Turns a provider's own usage object into disjoint token buckets.
//!
//! Knows no log format: gateways and provider logs hand in the object as the provider wrote it.
//! A newcomer may ask why the shape is told by keys and not by the provider's name: one provider
//! speaks several shapes (Azure speaks OpenAI's and Anthropic's), and the keys cannot lie.

mod bedrock;

use crate::call::{Silent, Tier, Untold, Usage, UsageReport};
use crate::outcome::{QuarantineReason, Reject};
use crate::units::{Text, clean_name};

use super::fields;
use super::json::Json;

/// What a usage object told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProviderUsage {
    /// The buckets.
    pub(super) usage: Usage,
    /// What the object cannot tell.
    pub(super) untold: Untold,
    /// The stated total, or a stated split, disagrees with the buckets.
    pub(super) total_mismatch: bool,
    /// Audio tokens or seconds among the counts.
    pub(super) audio: bool,
    /// The price tier, where told.
    pub(super) tier: Option<Tier>,
    /// Server-side web searches.
    pub(super) web_searches: u64,
    /// Anthropic's `inference_geo`, where it names one.
    pub(super) inference_geo: Text,
}

impl ProviderUsage {
    /// Writes what was told into a usage report.
    pub(super) fn fill(&self, report: &mut UsageReport) {
        report.usage = Some(self.usage);
        report.untold = self.untold;
        report.total_mismatch = self.total_mismatch;
        report.audio = self.audio;
        report.tier = self.tier.or(report.tier);
        report.web_searches = self.web_searches;
    }
}

/// The shapes in which providers tell usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// OpenAI chat completions, and all who speak it.
    Chat,
    /// OpenAI responses.
    Responses,
    /// Anthropic messages.
    Anthropic,
    /// Bedrock Converse.
    Converse,
    /// Bedrock's invocation metrics and the counts of its invocation log.
    Metrics,
    /// Gemini's `usageMetadata`.
    Gemini,
    /// watsonx text generation (the whole answer with its `results`).
    Watsonx,
    /// Ollama's native answer.
    Ollama,
}

/// Reads a usage object of any known shape; `None` when it is of none, or has no counts.
///
/// `model` settles a convention that the object leaves open (Claude's input excludes caches).
///
/// # Errors
/// `negative_tokens`, `bad_number` or `cached_above_input`, with the key's name.
pub(super) fn read(usage: &Json<'_>, model: &str) -> Result<Option<ProviderUsage>, Reject> {
    let Some(shape) = shape_of(usage) else {
        return Ok(None);
    };
    let mut told = match shape {
        Shape::Chat => openai(usage, &CHAT)?,
        Shape::Responses => openai(usage, &RESPONSES)?,
        Shape::Anthropic => anthropic(usage)?,
        Shape::Converse => bedrock::converse(usage, model)?,
        Shape::Metrics => bedrock::metrics(usage, model)?,
        Shape::Gemini => gemini(usage)?,
        Shape::Watsonx => watsonx(usage)?,
        Shape::Ollama => plain(usage, "prompt_eval_count", "eval_count")?,
    };
    told.tier = tier_of(usage).or(told.tier);
    told.web_searches = count(usage, &["server_tool_use", "web_search_requests"])?
        .or(count(
            usage,
            &["prompt_tokens_details", "web_search_requests"],
        )?)
        .unwrap_or(0);
    told.inference_geo = usage
        .get("inference_geo")
        .and_then(Json::str)
        .filter(|geo| *geo != "not_available")
        .map_or_else(Text::default, clean_name);
    Ok(Some(told))
}

fn shape_of(usage: &Json<'_>) -> Option<Shape> {
    let has = |keys: &[&str]| {
        keys.iter()
            .any(|key| usage.get(key).is_some_and(|value| !value.is_blank()))
    };
    Some(if has(&["prompt_tokens", "completion_tokens"]) {
        Shape::Chat
    } else if has(&["input_tokens", "output_tokens"]) {
        let claude = [
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "cache_creation",
            "server_tool_use",
            "inference_geo",
        ];
        if !has(&claude) && has(&["total_tokens", "input_tokens_details"]) {
            Shape::Responses
        } else {
            Shape::Anthropic
        }
    } else if has(&["inputTokens", "outputTokens"]) {
        Shape::Converse
    } else if has(&["inputTokenCount", "outputTokenCount"]) {
        Shape::Metrics
    } else if has(&[
        "promptTokenCount",
        "candidatesTokenCount",
        "totalTokenCount",
    ]) {
        Shape::Gemini
    } else if has(&["prompt_eval_count", "eval_count"]) {
        Shape::Ollama
    } else if usage
        .get("results")
        .and_then(Json::array)
        .is_some_and(|results| {
            results
                .iter()
                .any(|one| one.get("generated_token_count").is_some())
        })
    {
        Shape::Watsonx
    } else {
        return None;
    })
}

/// The tier by `service_tier` or `trafficType`; `speed: fast` beats both.
fn tier_of(usage: &Json<'_>) -> Option<Tier> {
    let word = |key: &str| usage.get(key).and_then(Json::str);
    if word("speed") == Some("fast") {
        return Some(Tier::Fast);
    }
    word("service_tier")
        .or(word("trafficType"))
        .filter(|word| !word.is_empty())
        .and_then(Tier::parse)
}

/// A token count at a path of keys; `None` when missing or null.
fn count(usage: &Json<'_>, path: &[&str]) -> Result<Option<u64>, Reject> {
    usage
        .at(path)
        .map_or(Ok(None), |value| fields::tokens(&path.join("."), value))
}

/// The first count that stands at one of the paths.
fn first(usage: &Json<'_>, paths: &[&[&str]]) -> Result<Option<u64>, Reject> {
    for path in paths {
        if let Some(tokens) = count(usage, path)? {
            return Ok(Some(tokens));
        }
    }
    Ok(None)
}

/// The keys that tell OpenAI's two shapes apart.
struct Names {
    input: &'static str,
    input_details: &'static str,
    output: &'static str,
    output_details: &'static str,
}

const CHAT: Names = Names {
    input: "prompt_tokens",
    input_details: "prompt_tokens_details",
    output: "completion_tokens",
    output_details: "completion_tokens_details",
};

const RESPONSES: Names = Names {
    input: "input_tokens",
    input_details: "input_tokens_details",
    output: "output_tokens",
    output_details: "output_tokens_details",
};

/// OpenAI's shapes: caches are a part of input, reasoning a part of output. `LiteLLM` rewrites
/// every provider's usage into this shape and adds the cache-write keys.
fn openai(usage: &Json<'_>, names: &Names) -> Result<ProviderUsage, Reject> {
    let read = first(
        usage,
        &[
            &[names.input_details, "cached_tokens"],
            &["cache_read_input_tokens"],
        ],
    )?;
    let write = first(
        usage,
        &[
            &[names.input_details, "cache_creation_tokens"],
            &[names.input_details, "cache_write_tokens"],
            &["cache_creation_input_tokens"],
        ],
    )?;
    let part = |key: &str| {
        let path = [names.input_details, "cache_creation_token_details", key];
        count(usage, &path)
    };
    let (five_minutes, hour) = (
        part("ephemeral_5m_input_tokens")?,
        part("ephemeral_1h_input_tokens")?,
    );
    let writes = Writes::of(write, five_minutes, hour.unwrap_or(0));
    let cached = writes.total().saturating_add(read.unwrap_or(0));
    let (input, output) = (
        count(usage, &[names.input])?,
        count(usage, &[names.output])?,
    );
    let fresh = fresh(names.input, input.unwrap_or(0), cached)?;
    let reasoning = count(usage, &[names.output_details, "reasoning_tokens"])?;
    let mut told = ProviderUsage {
        usage: Usage {
            input: fresh,
            cache_read: read.unwrap_or(0),
            cache_write_5m: writes.five_minutes,
            cache_write_1h: writes.hour,
            output: output.unwrap_or(0),
            reasoning: reasoning.unwrap_or(0),
        },
        ..ProviderUsage::default()
    };
    told.untold.buckets = Silent::of([
        input.is_none(),
        read.is_none(),
        write.is_none() && five_minutes.is_none(),
        hour.is_none(),
        output.is_none(),
        reasoning.is_none(),
    ]);
    told.untold.cache = read.is_none() && write.is_none();
    told.total_mismatch = writes.mismatch;
    settle_reasoning(&mut told, count(usage, &["total_tokens"])?);
    let audio = [
        count(usage, &[names.input_details, "audio_tokens"])?,
        count(usage, &[names.output_details, "audio_tokens"])?,
    ];
    let seconds = usage
        .get("prompt_audio_seconds")
        .is_some_and(|value| !matches!(value, Json::Null | Json::Int(0)));
    told.audio = seconds || audio.into_iter().flatten().any(|tokens| tokens > 0);
    Ok(told)
}

/// Checks the total. Where it is met only by adding reasoning to output, the server counts
/// reasoning beside its output (xAI does), and output is made whole.
fn settle_reasoning(told: &mut ProviderUsage, total: Option<u64>) {
    let usage = &mut told.usage;
    if let Some(total) = total.filter(|total| *total != usage.total()) {
        if usage.reasoning > 0 && total == usage.total().saturating_add(usage.reasoning) {
            usage.output = usage.output.saturating_add(usage.reasoning);
        } else {
            told.total_mismatch = true;
        }
    }
    if usage.reasoning > usage.output {
        usage.reasoning = usage.output;
        told.total_mismatch = true;
    }
}

/// Cache writes by how long they live.
struct Writes {
    five_minutes: u64,
    hour: u64,
    mismatch: bool,
}

impl Writes {
    /// What is written without a stated time lives five minutes; a stated sum that is smaller
    /// than its parts yields to them.
    fn of(sum: Option<u64>, five_minutes: Option<u64>, hour: u64) -> Writes {
        let parts = five_minutes.unwrap_or(0).saturating_add(hour);
        let Some(sum) = sum else {
            return Writes {
                five_minutes: five_minutes.unwrap_or(0),
                hour,
                mismatch: false,
            };
        };
        Writes {
            five_minutes: sum.checked_sub(hour).unwrap_or(five_minutes.unwrap_or(0)),
            hour,
            mismatch: sum < hour || (five_minutes.is_some() && parts != sum && parts != 0),
        }
    }

    fn total(&self) -> u64 {
        self.five_minutes.saturating_add(self.hour)
    }
}

/// The input that no cache served or took.
fn fresh(key: &str, input: u64, cached: u64) -> Result<u64, Reject> {
    input.checked_sub(cached).ok_or_else(|| {
        Reject::new(
            QuarantineReason::CachedAboveInput,
            format!("`{key}` is {input}, but {cached} of them are told as cached"),
        )
    })
}

/// Anthropic's messages: caches stand beside input, thinking inside output, no total.
fn anthropic(usage: &Json<'_>) -> Result<ProviderUsage, Reject> {
    let input = count(usage, &["input_tokens"])?;
    let read = count(usage, &["cache_read_input_tokens"])?;
    let write = count(usage, &["cache_creation_input_tokens"])?;
    let five_minutes = count(usage, &["cache_creation", "ephemeral_5m_input_tokens"])?;
    let hour = count(usage, &["cache_creation", "ephemeral_1h_input_tokens"])?;
    let output = count(usage, &["output_tokens"])?;
    let thinking = count(usage, &["output_tokens_details", "thinking_tokens"])?;
    let writes = Writes::of(write, five_minutes, hour.unwrap_or(0));
    let mut told = ProviderUsage {
        usage: Usage {
            input: input.unwrap_or(0),
            cache_read: read.unwrap_or(0),
            cache_write_5m: writes.five_minutes,
            cache_write_1h: writes.hour,
            output: output.unwrap_or(0),
            reasoning: thinking.unwrap_or(0),
        },
        total_mismatch: writes.mismatch,
        ..ProviderUsage::default()
    };
    told.untold.buckets = Silent::of([
        input.is_none(),
        read.is_none(),
        write.is_none() && five_minutes.is_none(),
        hour.is_none(),
        output.is_none(),
        thinking.is_none(),
    ]);
    settle_reasoning(&mut told, None);
    Ok(told)
}

/// Gemini: cached content inside the prompt, thoughts beside the candidates, tool prompts beside
/// the prompt.
fn gemini(usage: &Json<'_>) -> Result<ProviderUsage, Reject> {
    let counted = |key: &str| count(usage, &[key]).map(Option::unwrap_or_default);
    let told_at = |key: &str| count(usage, &[key]).is_ok_and(|count| count.is_some());
    let input = counted("promptTokenCount")?.saturating_add(counted("toolUsePromptTokenCount")?);
    let cached = counted("cachedContentTokenCount")?;
    let thoughts = counted("thoughtsTokenCount")?;
    let output = counted("candidatesTokenCount")?.saturating_add(thoughts);
    let mut told = ProviderUsage {
        usage: Usage {
            input: fresh("promptTokenCount", input, cached)?,
            cache_read: cached,
            output,
            reasoning: thoughts,
            ..Usage::default()
        },
        ..ProviderUsage::default()
    };
    told.untold.buckets = Silent::of([
        !told_at("promptTokenCount"),
        !told_at("cachedContentTokenCount"),
        true,
        true,
        !told_at("candidatesTokenCount"),
        !told_at("thoughtsTokenCount"),
    ]);
    let total = count(usage, &["totalTokenCount"])?;
    told.total_mismatch = total.is_some_and(|total| total != told.usage.total());
    for key in ["promptTokensDetails", "candidatesTokensDetails"] {
        for part in usage.get(key).and_then(Json::array).unwrap_or(&[]) {
            let audio = part.get("modality").and_then(Json::str) == Some("AUDIO");
            told.audio |= audio && count(part, &["tokenCount"])?.unwrap_or(0) > 0;
        }
    }
    Ok(told)
}

/// watsonx generation: the sum over its results.
fn watsonx(answer: &Json<'_>) -> Result<ProviderUsage, Reject> {
    let mut sum = ProviderUsage::default();
    sum.untold.buckets = Silent::of([false, true, true, true, false, true]);
    for result in answer.get("results").and_then(Json::array).unwrap_or(&[]) {
        let one = plain(result, "input_token_count", "generated_token_count")?;
        sum.usage.input = sum.usage.input.saturating_add(one.usage.input);
        sum.usage.output = sum.usage.output.saturating_add(one.usage.output);
    }
    Ok(sum)
}

/// Two counts and nothing else.
fn plain(usage: &Json<'_>, input: &str, output: &str) -> Result<ProviderUsage, Reject> {
    let (input, output) = (count(usage, &[input])?, count(usage, &[output])?);
    let (no_input, no_output) = (input.is_none(), output.is_none());
    Ok(ProviderUsage {
        usage: Usage {
            input: input.unwrap_or(0),
            output: output.unwrap_or(0),
            ..Usage::default()
        },
        untold: Untold {
            buckets: Silent::of([no_input, true, true, true, no_output, true]),
            ..Untold::default()
        },
        ..ProviderUsage::default()
    })
}

#[cfg(test)]
mod tests;
