//! Gemini's `usageMetadata`, of AI Studio and Vertex AI alike.
//!
//! Knows no other shape. A newcomer may ask why output is a sum: thoughts are billed as output, and
//! the candidates' count leaves them out.

use crate::call::{Silent, Usage};
use crate::outcome::Reject;

use super::super::json::Json;
use super::{ProviderUsage, count, fresh};

/// Gemini: cached content inside the prompt, thoughts beside the candidates, tool prompts beside
/// the prompt.
pub(super) fn usage(usage: &Json<'_>) -> Result<ProviderUsage, Reject> {
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
