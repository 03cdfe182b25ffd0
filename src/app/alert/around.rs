//! What judging needs besides: the zone, what a desk goes by, rows of steps and orders.
//!
//! Knows no feed. A newcomer may ask why the zone comes from the ledger: days in it have one, whatever the
//! configuration says by now.

use chrono_tz::Tz;

use crate::app::follow::Books;
use crate::app::setup::Setup;
use crate::episode::{Desk, DeskState, Order, Step};
use crate::ledger::{Alerts, AuditRow, Fault, Ledger, Resolution, Span, SqliteLedger, StepRow};
use crate::units::{MINUTE_MS, UnixMillis};

use super::judging::Law;

/// The zone of days now.
pub(super) fn zone_of(books: &impl Ledger) -> Tz {
    let rows = books.zones().rows();
    let last = rows.last().and_then(|row| row.name.parse().ok());
    last.unwrap_or(Tz::UTC)
}

/// What is judged by.
pub(super) fn law(setup: &Setup, zone: Tz) -> Law<'_> {
    let alerts = &setup.ready.alerts;
    Law {
        rules: &alerts.rules.rules,
        declared: &setup.ready.declared,
        told: &alerts.settings,
        zone,
    }
}

/// The desk as the books have it, for whoever orders while no daemon runs.
///
/// # Errors
/// What the ledger says.
pub fn desk(books: &SqliteLedger, setup: &Setup) -> Result<Desk, Fault> {
    let state = DeskState(books.alert_state()?);
    Ok(Desk::new(&law(setup, zone_of(books)).settings(), &state))
}

/// The first day with figures, between two instants.
pub(super) fn first_day(
    books: &impl Books,
    from: UnixMillis,
    to: UnixMillis,
) -> Result<UnixMillis, Fault> {
    let mut first = to;
    let span = Span { from, to };
    books.numbered_cells(Resolution::Day, span, &mut |day, _, _| {
        first = first.min(day);
        Ok(())
    })?;
    Ok(first.max(from).floor(MINUTE_MS))
}

pub(super) fn step_row(step: &Step) -> StepRow {
    StepRow {
        episode: step.id.episode,
        step: step.id.step,
        at: step.wall,
        body: serde_json::to_vec(step).unwrap_or_default(),
    }
}

/// The line of what somebody did.
#[must_use]
pub fn audit_row(order: &Order, done: &str, now: UnixMillis) -> AuditRow {
    let (author, reason) = match order {
        Order::Ack { author, reason, .. } | Order::Silence { author, reason, .. } => {
            (author, reason.as_str())
        }
        Order::Unsilence { author, .. } | Order::Feedback { author, .. } => (author, ""),
    };
    let what = if reason.is_empty() {
        done.to_owned()
    } else {
        format!("{done}: {reason}")
    };
    let episode = match order {
        Order::Ack { episode, .. } | Order::Feedback { episode, .. } => Some(*episode),
        Order::Silence { episode, .. } => *episode,
        Order::Unsilence { .. } => None,
    };
    AuditRow {
        episode,
        at: now,
        author: author.clone(),
        what,
    }
}
