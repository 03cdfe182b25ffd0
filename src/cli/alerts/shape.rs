//! Episodes, steps and messages as JSON.
//!
//! Knows no terminal. A newcomer may ask why not as they lie in the books: there times are numbers, and
//! whoever reads JSON reads dates.

use serde_json::{Value, json};

use crate::alert::{Amount, Finding};
use crate::episode::{EpisodeView, Mark, Step};
use crate::ledger::{AuditRow, OutboxRow};

fn amount(amount: Amount) -> Value {
    json!({ "unit": amount.unit, "n": amount.n })
}

fn finding(finding: &Finding) -> Value {
    let series: serde_json::Map<String, Value> = finding
        .series
        .values()
        .iter()
        .map(|(dimension, value)| (dimension.as_str().to_owned(), json!(value)))
        .collect();
    let expected = finding
        .measure
        .expected
        .map(|(least, usual, most)| [amount(least), amount(usual), amount(most)]);
    json!({
        "rule": finding.rule, "series": series, "subject": finding.subject,
        "at": finding.at.to_string(), "since": finding.since.to_string(),
        "severity": finding.severity.as_str(), "late": finding.late,
        "metric": finding.measure.metric.map(crate::alert::Metric::as_str),
        "value": amount(finding.measure.value),
        "limit": finding.measure.limit.map(amount), "expected": expected,
        "window_minutes": finding.measure.window_minutes, "sample": finding.measure.sample,
        "loss_nanousd": finding.loss.so_far_nanousd,
        "loss_nanousd_per_hour": finding.loss.per_hour_nanousd,
    })
}

fn said(mark: &Mark) -> Value {
    json!({ "author": mark.author, "reason": mark.reason, "at": mark.at.to_string() })
}

/// An episode.
pub(super) fn episode(one: &EpisodeView) -> Value {
    json!({
        "episode": one.number, "severity": one.severity.as_str(), "worst": finding(&one.worst),
        "series": one.series, "firing": one.firing, "opened": one.opened.to_string(),
        "since": one.since.to_string(), "resolved": one.resolved.map(|at| at.to_string()),
        "step": one.last.step, "told": one.told, "acked": one.acked.as_ref().map(said),
        "feedback": one.feedback, "judged": one.judged.as_ref().map(said),
    })
}

/// A step.
pub(super) fn step(one: &Step) -> Value {
    let to: Vec<Value> = one
        .to
        .iter()
        .map(|to| json!({ "address": to.address, "why": to.why }))
        .collect();
    let findings: Vec<Value> = one.findings.iter().map(finding).collect();
    json!({
        "step": one.id.step, "what": one.kind.as_str(),
        "digest": one.digest.map(crate::episode::Occasion::as_str),
        "at": one.wall.to_string(), "severity": one.severity.as_str(), "series": one.series,
        "to": to, "quiet": one.quiet.map(crate::episode::Quiet::as_str),
        "explains": one.explains, "findings": findings,
    })
}

/// A message.
pub(super) fn message(row: &OutboxRow) -> Value {
    json!({
        "step": row.step, "way": row.way.as_str(), "to": row.to, "message_id": row.message_id,
        "subject": row.subject, "made": row.made.to_string(), "state": row.state.as_str(),
        "tries": row.attempts, "done": row.done.map(|at| at.to_string()), "said": row.said,
    })
}

/// What somebody did.
pub(super) fn done(row: &AuditRow) -> Value {
    json!({ "at": row.at.to_string(), "author": row.author, "what": row.what })
}
