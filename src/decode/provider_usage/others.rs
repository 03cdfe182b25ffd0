//! Usage objects of Gemini, watsonx and of servers that count input and output alone.
//!
//! Knows no transport. A newcomer may ask why Gemini's thoughts are added to the output: they are
//! billed as output and do not stand among the candidates' tokens.

use crate::call::{Silent, Untold, Usage};
use crate::outcome::Reject;

use super::super::json::Json;
use super::{ProviderUsage, count, fresh};

/// Gemini: cached content inside the prompt, thoughts beside the candidates, tool prompts beside
/// the prompt.
pub(super) fn gemini(usage: &Json<'_>) -> Result<ProviderUsage, Reject> {
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
pub(super) fn watsonx(answer: &Json<'_>) -> Result<ProviderUsage, Reject> {
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
pub(super) fn plain(usage: &Json<'_>, input: &str, output: &str) -> Result<ProviderUsage, Reject> {
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
