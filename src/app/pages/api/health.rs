//! Whether the data can be trusted, as JSON: what became of records, how far sources are read, what is in
//! quarantine.
//!
//! Knows no HTTP. A newcomer may ask why counts are of all times: a record that could not be read
//! often has no time of its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::report::{Coverage, Lost, gather, losses, unseen};
use crate::ledger::{Placed, QuarantineRow, Span};

use super::super::Ask;
use super::super::health::{Ends, SAMPLES};
use super::super::view::Fault;

/// Whether the data can be trusted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// What became of the records of each source; `received` is the sum of the others.
    sources: Vec<Ended>,
    /// Records that were not metered, by reason.
    reasons: Vec<NotMetered>,
    /// How far each partition or file is read.
    positions: Vec<Read>,
    /// Answered calls and requests of the chosen days, where they differ by more than a hundredth.
    coverage: Vec<Coverage>,
    /// Breaks in what partitions could be read of.
    losses: Vec<Lost>,
    /// Records in quarantine, the oldest first, at most 100; no value of them is kept.
    quarantine: Vec<Held>,
    /// Reports that contradict an earlier one of the same call.
    contradictions: u64,
    /// What a limit cut off in the chosen days, by kind.
    overflows: BTreeMap<String, u64>,
    /// The number of the books' latest change.
    version: u64,
}

/// Records of a source.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "SourceRecords")]
struct Ended {
    /// Its name.
    source: String,
    /// Records read.
    received: i64,
    /// Told an LLM call.
    metered: i64,
    /// Were told before.
    duplicate: i64,
    /// Are other calls.
    ignored: i64,
    /// Could not be understood.
    quarantined: i64,
    /// Not accounted for; 0 unless the books are wrong.
    missing: i64,
}

/// Records that were not metered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "RecordsNotMetered")]
struct NotMetered {
    /// `duplicate`, `ignored` or `quarantined`.
    outcome: String,
    /// The reason's word.
    reason: String,
    /// How many.
    records: u64,
}

/// How far something is read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "SourcePosition")]
struct Read {
    /// Name of the source.
    source: String,
    /// Topic, or path of the file.
    topic: String,
    /// Partition; 0 for files.
    partition: i32,
    /// The next offset, or the byte to read on from.
    offset: u64,
    /// Time of the last record.
    last_at: Option<String>,
    /// Every record before this time was read; `null` where nothing more is to come.
    complete_to: Option<String>,
}

/// A record in quarantine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "QuarantinedRecord")]
struct Held {
    /// When it was first seen, by the daemon's clock.
    seen: String,
    /// Its own time, where it could be read.
    at: Option<String>,
    /// Why.
    reason: &'static str,
    /// What would be right.
    detail: String,
    /// Its keys and the lengths of their values.
    keys: Vec<(String, u32)>,
    /// Where it stands.
    position: String,
}

pub(super) fn health(ask: &Ask<'_>) -> Result<Health, Fault> {
    let counts = ask.ledger.counts()?;
    let mut sources: BTreeMap<String, Ends> = BTreeMap::new();
    let mut reasons: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in &counts {
        sources.entry(row.source.to_string()).or_default().add(row);
        if !row.reason.is_empty() {
            let key = (row.outcome.to_string(), row.reason.to_string());
            *reasons.entry(key).or_default() += row.n;
        }
    }
    let span = ask.view.span;
    let unseen = unseen(ask.ledger, span, &gather(ask.ledger, span, None)?)?;
    let positions = ask.ledger.positions()?;
    let held = ask.ledger.quarantine(SAMPLES)?;
    Ok(Health {
        sources: sources.into_iter().map(source).collect(),
        reasons: reasons
            .into_iter()
            .map(|((outcome, reason), records)| NotMetered {
                outcome,
                reason,
                records,
            })
            .collect(),
        positions: positions.iter().map(position).collect(),
        coverage: unseen.coverage,
        losses: losses(ask.ledger, Span::ALL)?,
        quarantine: held.iter().map(record).collect(),
        contradictions: unseen.contradictions,
        overflows: unseen.overflows,
        version: ask.ledger.feed_end()?,
    })
}

fn source((source, ends): (String, Ends)) -> Ended {
    Ended {
        source,
        received: ends.received,
        metered: ends.metered,
        duplicate: ends.duplicate,
        ignored: ends.ignored,
        quarantined: ends.quarantined,
        missing: ends.missing(),
    }
}

fn position(placed: &Placed) -> Read {
    Read {
        source: placed.source.to_string(),
        topic: placed.topic.to_string(),
        partition: placed.partition,
        offset: placed.position.offset,
        last_at: placed.position.last_at.map(|at| at.to_string()),
        complete_to: placed.position.complete_to.map(|at| at.to_string()),
    }
}

fn record(row: &QuarantineRow) -> Held {
    let origin = &row.origin;
    let key = |(key, length): &(crate::units::Text, u32)| (key.to_string(), *length);
    Held {
        seen: row.seen.to_string(),
        at: row.at.map(|at| at.to_string()),
        reason: row.reason.as_str(),
        detail: row.detail.clone(),
        keys: row.keys.iter().map(key).collect(),
        position: format!("{}:{}:{}", origin.topic, origin.partition, origin.offset),
    }
}
