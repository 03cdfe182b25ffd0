//! What series tell of a step and of an order: made with them, kept with them.
//!
//! Knows no database of series. A newcomer may ask why every step has one, also those that nobody was told:
//! whoever looks at a curve asks what was seen, not who was woken.

use crate::alert::{Amount, Dimension, Finding, StepKind};
use crate::app::follow::Books;
use crate::episode::{EpisodeView, Item, Order, Step};
use crate::ledger::EventRow;
use crate::message::{self, Note};
use crate::series::AlertPoint;
use crate::units::{Text, UnixMillis};

use super::compose::Composer;

/// The word of a step, as series have it.
fn state(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Fired => "firing",
        StepKind::Changed => "changed",
        StepKind::Reminded => "reminded",
        StepKind::Resolved => "resolved",
    }
}

/// The figures and names of a finding.
fn point(finding: &Finding) -> AlertPoint {
    let measure = &finding.measure;
    let name = |dimension| {
        let value: Option<&Text> = finding.series.get(dimension);
        value.cloned().unwrap_or_default()
    };
    let same = |amount: Amount| (amount.unit == measure.value.unit).then_some(amount.n);
    AlertPoint {
        rule: finding.rule.clone(),
        severity: Text::from(finding.severity.as_str()),
        feature: name(Dimension::Feature),
        application: name(Dimension::Application),
        endpoint: name(Dimension::Endpoint),
        title: finding.rule.to_string(),
        loss_nanousd: finding.loss.so_far_nanousd,
        loss_per_hour_nanousd: finding.loss.per_hour_nanousd,
        value: Some(measure.value.n),
        expected: measure.expected.and_then(|(_, middle, _)| same(middle)),
        allowed: measure.limit.and_then(same),
        unit: Text::const_new(measure.value.unit.as_str()),
        ..AlertPoint::default()
    }
}

fn row(at: UnixMillis, point: &AlertPoint) -> EventRow {
    EventRow {
        id: 0,
        at,
        body: serde_json::to_vec(point).unwrap_or_default(),
    }
}

fn people(step: &Step) -> u32 {
    u32::try_from(step.to.len()).unwrap_or(u32::MAX)
}

impl<B: Books> Composer<'_, B> {
    /// What series tell of a step; nothing of a digest.
    pub(super) fn event(&self, step: &Step) -> Option<EventRow> {
        let finding = step.findings.first().filter(|_| step.digest.is_none())?;
        let item = Item {
            id: step.id,
            kind: step.kind,
            severity: step.severity,
            finding: finding.clone(),
            series: step.series,
            since: step.since,
            wall: step.wall,
            over: step.kind == StepKind::Resolved,
        };
        let mut point = self.point(&item);
        point.state = Text::const_new(state(step.kind));
        point.told = people(step);
        Some(row(step.wall, &point))
    }

    /// What series tell of an order about one of these episodes.
    pub(super) fn ordered(
        &self,
        order: &Order,
        known: &[EpisodeView],
        now: UnixMillis,
    ) -> Option<EventRow> {
        let (episode, state, said) = match order {
            Order::Ack {
                episode,
                author,
                reason,
            } if reason.is_empty() => (
                *episode,
                "acknowledged",
                format!("{author} takes care of it"),
            ),
            Order::Ack {
                episode,
                author,
                reason,
            } => (
                *episode,
                "acknowledged",
                format!("{author} takes care of it: {reason}"),
            ),
            Order::Feedback {
                episode,
                feedback,
                author,
            } => (
                *episode,
                "feedback",
                format!("{author} says that it was {}", feedback.as_str()),
            ),
            Order::Silence { .. } | Order::Unsilence { .. } => return None,
        };
        let view = known.iter().find(|view| view.number == episode)?;
        let mut point = self.point(&Item {
            id: view.last,
            kind: StepKind::Changed,
            severity: view.severity,
            finding: view.worst.clone(),
            series: view.series,
            since: view.since,
            wall: now,
            over: false,
        });
        point.state = Text::const_new(state);
        point.text = said;
        Some(row(now, &point))
    }

    fn point(&self, item: &Item) -> AlertPoint {
        let notice = self.item(item);
        let note = notice.as_ref().map(|notice| {
            let Note { title, text } = message::note(notice, self.zone());
            (title, text, notice.rule.check.kind().as_str())
        });
        let known = point(&item.finding);
        let (title, text, kind) = note.unwrap_or((known.title.clone(), String::new(), ""));
        AlertPoint {
            kind: Text::const_new(kind),
            severity: Text::from(item.severity.as_str()),
            title,
            text,
            episode: item.id.episode,
            step: item.id.step,
            series: item.series,
            since: item.since.0.div_euclid(1_000),
            ..known
        }
    }
}
