//! Calls as evidence: the first violated ones, each with what tells where it landed.
//!
//! Knows no verdict's reason. A newcomer may ask why the first calls are shown and not the latest: the
//! first is what must be explained to an auditor, and it is the only one there is when nobody waits.

use crate::alert::{Check, Metric, Residency, Sample};
use crate::ledger::{EvidenceRow, Fault, Span};
use crate::residency::{Grade, Verdict};
use crate::units::{HOUR_MS, Text};

use super::case::Case;

/// Calls that are shown.
const SAMPLES: usize = 3;
/// Rows of evidence that are read at most: an hour keeps so many of each verdict by default.
const READ: usize = 2_000;

/// The first calls of its own that leave evidence; none for what is not about residency.
pub(super) fn samples(case: &Case<'_>) -> Result<Vec<Sample>, Fault> {
    let wanted = match &case.rule.check {
        Check::Residency(Residency::Violated | Residency::Contradicted)
        | Check::Threshold {
            metric: Metric::Violated,
            ..
        } => Verdict::Violated,
        Check::Threshold {
            metric: Metric::UnprovenShare,
            ..
        } => Verdict::Unproven,
        Check::Residency(_)
        | Check::Threshold { .. }
        | Check::Budget(_)
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Drift { .. }
        | Check::FirstSight(_)
        | Check::Silence { .. }
        | Check::Calendar(_) => return Ok(Vec::new()),
    };
    let span = Span {
        from: case.finding.since.floor(HOUR_MS).min(case.event.from),
        to: case.event.to,
    };
    let rows = case.books.evidence(span, READ)?;
    let own = rows
        .iter()
        .filter(|row| row.key.verdict == Some(wanted) && case.holds(&row.key));
    Ok(own.take(SAMPLES).map(sample).collect())
}

fn sample(row: &EvidenceRow) -> Sample {
    let origin = &row.origin;
    let grade = row.key.grade.map(Grade::as_str);
    let evidence = match grade {
        Some(grade) => format!("{}, grade {grade}", row.evidence),
        None => row.evidence.to_string(),
    };
    let place = format!(
        "{} {}:{}:{}",
        origin.source, origin.topic, origin.partition, origin.offset
    );
    Sample {
        at: row.at,
        identity: row.identity.clone(),
        place: Text::from(place),
        region: row.key.region.clone(),
        evidence: Text::from(evidence),
    }
}
