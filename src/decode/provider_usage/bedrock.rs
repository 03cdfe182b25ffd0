//! Bedrock's own two shapes of usage: Converse's, and the metrics of invocations.
//!
//! Knows no other shape. A newcomer may ask why the model's name matters: Claude's input leaves
//! caches out, and of other models AWS does not say, so that a stated total has to decide.

use crate::call::{Silent, Untold, Usage};
use crate::outcome::Reject;

use super::super::json::Json;
use super::{ProviderUsage, Writes, count, first, fresh};

/// Bedrock Converse: caches stand beside input for Claude; for others the total decides.
pub(super) fn converse(usage: &Json<'_>, model: &str) -> Result<ProviderUsage, Reject> {
    let mut hour = None;
    let mut minutes = None;
    for detail in usage
        .get("cacheDetails")
        .and_then(Json::array)
        .unwrap_or(&[])
    {
        let tokens = count(detail, &["inputTokens"])?.unwrap_or(0);
        if detail.get("ttl").and_then(Json::str) == Some("1h") {
            hour = Some(hour.unwrap_or(0_u64).saturating_add(tokens));
        } else {
            minutes = Some(minutes.unwrap_or(0_u64).saturating_add(tokens));
        }
    }
    let sum = first(
        usage,
        &[&["cacheWriteInputTokens"], &["cacheWriteInputTokenCount"]],
    )?;
    let read = first(
        usage,
        &[&["cacheReadInputTokens"], &["cacheReadInputTokenCount"]],
    )?;
    let input = count(usage, &["inputTokens"])?;
    let output = count(usage, &["outputTokens"])?;
    let total = count(usage, &["totalTokens"])?;
    beside(
        Beside {
            input: input.unwrap_or(0),
            read: read.unwrap_or(0),
            writes: Writes::of(sum, minutes, hour.unwrap_or(0)),
            output: output.unwrap_or(0),
            total,
            untold: Silent::of([
                input.is_none(),
                read.is_none(),
                sum.is_none() && minutes.is_none(),
                hour.is_none(),
                output.is_none(),
                true,
            ]),
        },
        model,
    )
}

/// Bedrock's invocation metrics, and the counts of its invocation log: no total.
pub(super) fn metrics(usage: &Json<'_>, model: &str) -> Result<ProviderUsage, Reject> {
    let input = count(usage, &["inputTokenCount"])?;
    let read = count(usage, &["cacheReadInputTokenCount"])?;
    let write = count(usage, &["cacheWriteInputTokenCount"])?;
    let output = count(usage, &["outputTokenCount"])?;
    beside(
        Beside {
            input: input.unwrap_or(0),
            read: read.unwrap_or(0),
            writes: Writes::of(write, None, 0),
            output: output.unwrap_or(0),
            total: None,
            untold: Silent::of([
                input.is_none(),
                read.is_none(),
                write.is_none(),
                true,
                output.is_none(),
                true,
            ]),
        },
        model,
    )
}

/// Counts that may stand beside input or inside it.
struct Beside {
    input: u64,
    read: u64,
    writes: Writes,
    output: u64,
    total: Option<u64>,
    untold: Silent,
}

/// Caches beside input, unless a stated total says that they are inside and the model is not
/// known to count otherwise.
fn beside(counts: Beside, model: &str) -> Result<ProviderUsage, Reject> {
    let Beside {
        input,
        read,
        writes,
        output,
        total,
        untold,
    } = counts;
    let cached = read.saturating_add(writes.total());
    let claude = model.contains("claude") || model.contains("anthropic");
    let inside = !claude && cached > 0 && total == Some(input.saturating_add(output));
    let usage = Usage {
        input: if inside {
            fresh("inputTokens", input, cached)?
        } else {
            input
        },
        cache_read: read,
        cache_write_5m: writes.five_minutes,
        cache_write_1h: writes.hour,
        output,
        reasoning: 0,
    };
    Ok(ProviderUsage {
        usage,
        total_mismatch: writes.mismatch || total.is_some_and(|total| total != usage.total()),
        untold: Untold {
            convention: !claude && cached > 0 && total.is_none(),
            buckets: untold,
            ..Untold::default()
        },
        ..ProviderUsage::default()
    })
}
