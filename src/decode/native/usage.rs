//! The `usage` object of our own schema, from the total input to disjoint buckets.
//!
//! Knows no provider's names for these counts. A newcomer may ask why `input` is the total and
//! not the fresh part: most providers state it so, and a writer who leaves the cache counts out
//! then still states the input truly.

use crate::call::{
    Class, Destination, Evidence, EvidenceKind, Provider, Silent, Tier, Transport, Untold, Usage,
    UsageReport,
};
use crate::outcome::{QuarantineReason, Reject};

use super::super::fields::{Column, Fields};
use super::{MODEL, REQUESTED_MODEL};

const INPUT: Column = Column::fixed(&["usage.input"]);
const OUTPUT: Column = Column::fixed(&["usage.output"]);
const CACHE_READ: Column = Column::fixed(&["usage.cache_read"]);
const CACHE_WRITE_5M: Column = Column::fixed(&["usage.cache_write_5m"]);
const CACHE_WRITE_1H: Column = Column::fixed(&["usage.cache_write_1h"]);
const REASONING: Column = Column::fixed(&["usage.reasoning"]);
const TOTAL: Column = Column::fixed(&["usage.total"]);
const WEB_SEARCHES: Column = Column::fixed(&["usage.web_searches"]);
const TIER: Column = Column::fixed(&["tier"]);
const EXTERNAL: Column = Column::fixed(&["external"]);

#[cfg(test)]
pub(super) const COLUMNS: [Column; 10] = [
    INPUT,
    OUTPUT,
    CACHE_READ,
    CACHE_WRITE_5M,
    CACHE_WRITE_1H,
    REASONING,
    TOTAL,
    WEB_SEARCHES,
    TIER,
    EXTERNAL,
];

/// The usage half of a record.
///
/// # Errors
/// `negative_tokens`, `cached_above_input`, `bad_number` for impossible or half-told counts,
/// `unknown_shape` for a tier that is none.
pub(super) fn read(
    fields: Fields<'_>,
    destination: &Destination,
    evidence: &[Evidence],
    transport: &Transport,
) -> Result<UsageReport, Reject> {
    let (model, requested) = (fields.name(MODEL), fields.name(REQUESTED_MODEL));
    let counts = counts(fields)?;
    let geo_told = evidence
        .iter()
        .any(|fact| fact.kind == EvidenceKind::InferenceGeo);
    let geo = match destination.provider {
        // Its host is the same everywhere, and its price hangs on the geography asked for.
        Some(Provider::Anthropic) => !geo_told,
        _ => destination.host.is_empty() && evidence.is_empty(),
    };
    let total = fields.tokens(TOTAL)?;
    Ok(UsageReport {
        model: if model.is_empty() {
            requested.clone()
        } else {
            model
        },
        requested_model: requested,
        usage: counts.map(|counts| counts.usage),
        untold: Untold {
            cache: counts.is_some_and(|counts| !counts.cache_told),
            geo,
            convention: false,
            buckets: counts.map_or_else(Silent::default, |counts| counts.untold),
        },
        total_mismatch: counts
            .zip(total)
            .is_some_and(|(counts, total)| counts.usage.total() != total),
        tier: tier(fields)?,
        web_searches: fields.count(WEB_SEARCHES)?.unwrap_or(0),
        class: transport.class.or(counts.map(|_| Class::Ok)),
        duration: transport.latency,
        external: fields.flag(EXTERNAL),
        ..UsageReport::default()
    })
}

#[derive(Clone, Copy)]
struct Counts {
    usage: Usage,
    /// Whether any cache count stands there, if only 0.
    cache_told: bool,
    untold: Silent,
}

/// `None` when neither input nor output is told.
fn counts(fields: Fields<'_>) -> Result<Option<Counts>, Reject> {
    let (input, output) = match (fields.tokens(INPUT)?, fields.tokens(OUTPUT)?) {
        (None, None) => return Ok(None),
        (Some(input), Some(output)) => (input, output),
        (Some(_), None) => return Err(missing("usage.output")),
        (None, Some(_)) => return Err(missing("usage.input")),
    };
    let caches = [
        fields.tokens(CACHE_READ)?,
        fields.tokens(CACHE_WRITE_5M)?,
        fields.tokens(CACHE_WRITE_1H)?,
    ];
    let [read, five_minutes, hour] = caches.map(Option::unwrap_or_default);
    let told_reasoning = fields.tokens(REASONING)?;
    let reasoning = told_reasoning.unwrap_or(0);
    let from_cache = caches
        .iter()
        .flatten()
        .fold(0_u64, |sum, count| sum.saturating_add(*count));
    let Some(fresh) = input.checked_sub(from_cache) else {
        return Err(Reject::new(
            QuarantineReason::CachedAboveInput,
            format!(
                "{from_cache} cached tokens of {input} input tokens; `usage.input` is the total"
            ),
        ));
    };
    if reasoning > output {
        return Err(Reject::new(
            QuarantineReason::BadNumber,
            format!("`usage.reasoning` is {reasoning}, expected at most the output, {output}"),
        ));
    }
    Ok(Some(Counts {
        usage: Usage {
            input: fresh,
            cache_read: read,
            cache_write_5m: five_minutes,
            cache_write_1h: hour,
            output,
            reasoning,
        },
        cache_told: caches.iter().any(Option::is_some),
        untold: {
            let [read, five_minutes, hour] = caches.map(|count| count.is_none());
            Silent::of([
                false,
                read,
                five_minutes,
                hour,
                false,
                told_reasoning.is_none(),
            ])
        },
    }))
}

fn missing(key: &str) -> Reject {
    Reject::new(
        QuarantineReason::BadNumber,
        format!("`{key}` is missing, expected both `usage.input` and `usage.output` or neither"),
    )
}

/// The tier where told; an unknown word is refused, because it may mean another price.
fn tier(fields: Fields<'_>) -> Result<Option<Tier>, Reject> {
    let Some(word) = fields.text(TIER) else {
        return Ok(None);
    };
    Tier::parse(&word).map(Some).ok_or_else(|| {
        Reject::new(
            QuarantineReason::UnknownShape,
            "`tier` must be `standard`, `batch`, `flex`, `priority`, `fast` or `provisioned`",
        )
    })
}
