//! Alerts as JSON: what fired, each one's steps, and what became of its messages.
//!
//! Knows no HTTP. A newcomer may ask why the chart is not there: its points are those of the books,
//! and pages draw it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::alert::{Amount, Dimension, Finding};
use crate::app::alert::{steps, view};
use crate::episode::{Quiet, Step};
use crate::ledger::{EpisodeRow, OutboxRow};
use crate::web::Refused;

use super::super::Ask;
use super::super::view::Fault;
use super::{limit, next};

/// Messages of an alert that are told at most.
const MESSAGES: usize = 500;

/// Alerts, the latest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Alerts")]
pub(super) struct List {
    /// At most `limit` of them.
    alerts: Vec<Alert>,
    /// Where to go on: the address of the next part; `null` after the last.
    next: Option<String>,
}

/// One alert, an episode from its first firing to its end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Alert {
    /// Its number; more of it at `/api/v1/alerts/NUMBER`.
    number: u64,
    /// `info`, `warning` or `page`.
    severity: &'static str,
    /// The rule of the worst finding.
    rule: String,
    /// What it is about, by dimension; empty: everything.
    series: BTreeMap<&'static str, String>,
    /// What was seen, named or due; empty where the series says it.
    subject: String,
    /// The figure of the worst finding.
    value: Value,
    /// What it was held against.
    limit: Option<Value>,
    /// What was expected.
    expected: Option<Band>,
    /// Minutes that the figure is of; 0 for what has no window.
    window_minutes: u32,
    /// The first bad moment, by the calls' own clock, RFC 3339 in UTC.
    since: String,
    /// When it was opened, by the daemon's clock.
    opened: String,
    /// When it was over; `null` while it is not.
    resolved: Option<String>,
    /// Series in all, and those that fire now.
    series_count: u32,
    /// See `series_count`.
    series_firing: u32,
    /// Nano-dollars beyond what was expected or approved, since it began.
    loss_nanousd: Option<i64>,
    /// The same for every hour that it goes on.
    loss_nanousd_per_hour: Option<i64>,
    /// Whether anybody was told.
    told: bool,
    /// Who takes care of it.
    acknowledged: Option<Acknowledged>,
    /// What somebody said of it afterwards.
    feedback: Option<String>,
}

/// A figure with its unit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Amount")]
struct Value {
    /// `count`, `tokens`, `nanousd`, `ppm` (millionths), `ms` or `days`.
    unit: &'static str,
    /// How many.
    n: i64,
}

/// The band of what was expected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlertBand")]
struct Band {
    /// The least.
    least: Value,
    /// The middle.
    expected: Value,
    /// The most.
    most: Value,
}

/// Somebody takes care.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Acknowledged {
    /// Who.
    by: String,
    /// Why.
    reason: String,
    /// When, by the daemon's clock.
    at: String,
}

/// One alert with all of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlertWhole")]
pub(super) struct One {
    /// The alert.
    alert: Alert,
    /// What happened, in order.
    steps: Vec<Told>,
    /// Messages, the latest first.
    messages: Vec<Message>,
}

/// A step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlertStep")]
struct Told {
    /// Its number, from 1.
    step: u32,
    /// When, by the daemon's clock.
    at: String,
    /// `firing`, `changed`, `still firing` or `resolved`.
    kind: &'static str,
    /// `info`, `warning` or `page`.
    severity: &'static str,
    /// Who was told.
    to: Vec<String>,
    /// Why nobody was.
    quiet: Option<&'static str>,
    /// Rules whose alerts this one explains.
    explains: Vec<String>,
}

/// A message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlertMessage")]
struct Message {
    /// The step that it tells.
    step: u32,
    /// `mail` or `webhook`.
    way: &'static str,
    /// To whom.
    to: String,
    /// Its subject.
    subject: String,
    /// When it was written, by the daemon's clock.
    made: String,
    /// `waiting`, `sent` or `refused`.
    state: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// What the other side said last.
    said: String,
}

pub(super) fn list(ask: &Ask<'_>) -> Result<List, Fault> {
    let wrong = |name: &str, right: &str| {
        Fault::Refused(Refused::Parameter(name.to_owned(), right.to_owned()))
    };
    let open = match ask.asked.get("state") {
        None | Some("all") => false,
        Some("open") => true,
        Some(_) => return Err(wrong("state", "`open` or `all`")),
    };
    let limit = limit(ask.asked)?;
    let before = match ask.asked.get("cursor") {
        None => None,
        Some(text) => {
            let number = text.parse::<u64>().ok();
            let number = number.filter(|number| i64::try_from(*number).is_ok());
            Some(number.ok_or_else(|| wrong("cursor", "what `next` of the part before says"))?)
        }
    };
    let mut rows = ask.ledger.episodes_before(open, before, limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|row| row.number).filter(|_| more);
    Ok(List {
        next: last.map(|number| next(ask, "alerts", &number.to_string())),
        alerts: rows.iter().map(alert).collect::<Result<_, _>>()?,
    })
}

pub(super) fn one(ask: &Ask<'_>, number: &str) -> Result<One, Fault> {
    let unknown = || Fault::Refused(Refused::Unknown);
    let number: u64 = number.parse().map_err(|_| unknown())?;
    // The books count in signed numbers.
    i64::try_from(number).map_err(|_| unknown())?;
    let row = ask.ledger.episode(number)?.ok_or_else(unknown)?;
    let messages = ask.ledger.outbox(Some(number), MESSAGES)?;
    Ok(One {
        alert: alert(&row)?,
        steps: steps(ask.ledger, number)?.iter().map(step).collect(),
        messages: messages.iter().map(message).collect(),
    })
}

fn alert(row: &EpisodeRow) -> Result<Alert, crate::ledger::Fault> {
    let view = view(row)?;
    let Finding {
        rule,
        series,
        measure,
        loss,
        subject,
        ..
    } = view.worst;
    let dimension = |(dimension, value): &(Dimension, crate::units::Text)| {
        (dimension.as_str(), value.to_string())
    };
    Ok(Alert {
        number: view.number,
        severity: view.severity.as_str(),
        rule: rule.to_string(),
        series: series.values().iter().map(dimension).collect(),
        subject: subject.to_string(),
        value: value(measure.value),
        limit: measure.limit.map(value),
        expected: measure.expected.map(|(least, expected, most)| Band {
            least: value(least),
            expected: value(expected),
            most: value(most),
        }),
        window_minutes: measure.window_minutes,
        since: view.since.to_string(),
        opened: view.opened.to_string(),
        resolved: view.resolved.map(|at| at.to_string()),
        series_count: view.series,
        series_firing: view.firing,
        loss_nanousd: loss.so_far_nanousd,
        loss_nanousd_per_hour: loss.per_hour_nanousd,
        told: view.told,
        acknowledged: view.acked.map(|mark| Acknowledged {
            by: mark.author.to_string(),
            reason: mark.reason.to_string(),
            at: mark.at.to_string(),
        }),
        feedback: view.feedback.map(|said| said.to_string()),
    })
}

fn value(amount: Amount) -> Value {
    Value {
        unit: amount.unit.as_str(),
        n: amount.n,
    }
}

fn step(step: &Step) -> Told {
    Told {
        step: step.id.step,
        at: step.wall.to_string(),
        kind: step.kind.as_str(),
        severity: step.severity.as_str(),
        to: step.to.iter().map(|to| to.address.to_string()).collect(),
        quiet: step.quiet.map(Quiet::as_str),
        explains: step.explains.iter().map(ToString::to_string).collect(),
    }
}

fn message(row: &OutboxRow) -> Message {
    Message {
        step: row.step,
        way: row.way.as_str(),
        to: row.to.to_string(),
        subject: row.subject.clone(),
        made: row.made.to_string(),
        state: row.state.as_str(),
        attempts: row.attempts,
        said: row.said.clone(),
    }
}
