//! One finding to be explained: which cells and lines are its own, and which times it is about.
//!
//! Knows no figure. A newcomer may ask why an event is cut to a day: what began last week is told
//! by what it does now, and nobody reads a week of minutes for a mail.

use crate::alert::{Check, Dimension, Finding, Metric, Residency, Rule, Sight};
use crate::entry::CellKey;
use crate::judge::Rulebook;
use crate::ledger::{CellRow, Fault, Ledger, Resolution, Span};
use crate::line::Line;
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};

/// The longest stretch of an event that is read.
const EVENT_MS: i64 = DAY_MS;
/// The shortest: a first call is looked at with what came just before it.
const EVENT_LEAST_MS: i64 = 10 * MINUTE_MS;

/// A finding to be explained.
pub(super) struct Case<'a> {
    pub(super) books: &'a dyn Ledger,
    pub(super) rules: &'a Rulebook,
    pub(super) rule: &'a Rule,
    pub(super) finding: &'a Finding,
    /// From when it is bad to the end of what was looked at, cut to a day.
    pub(super) event: Span,
    /// Values that each dimension must have.
    wanted: Vec<(Dimension, Vec<Text>)>,
}

/// Up to the end of its minute.
fn minute_after(at: UnixMillis) -> UnixMillis {
    at.saturating_add(MINUTE_MS - 1).floor(MINUTE_MS)
}

impl<'a> Case<'a> {
    pub(super) fn new(
        (books, rules): (&'a dyn Ledger, &'a Rulebook),
        rule: &'a Rule,
        finding: &'a Finding,
        now: UnixMillis,
    ) -> Case<'a> {
        let to = minute_after(finding.at.min(now).max(finding.since.saturating_add(1)));
        let window = i64::from(finding.measure.window_minutes).saturating_mul(MINUTE_MS);
        let length =
            to.0.saturating_sub(finding.since.0)
                .max(window)
                .clamp(EVENT_LEAST_MS, EVENT_MS);
        let mut wanted: Vec<(Dimension, Vec<Text>)> = finding
            .series
            .values()
            .iter()
            .map(|(dimension, value)| (*dimension, vec![value.clone()]))
            .collect();
        for (dimension, values) in &rule.scope.0 {
            if !values.is_empty() && finding.series.get(*dimension).is_none() {
                wanted.push((*dimension, values.clone()));
            }
        }
        if let Some(dimension) = sighted(&rule.check).filter(|_| !finding.subject.is_empty())
            && finding.series.get(dimension).is_none()
        {
            wanted.push((dimension, vec![finding.subject.clone()]));
        }
        Case {
            books,
            rules,
            rule,
            finding,
            event: Span {
                from: to.saturating_add(-length).floor(MINUTE_MS),
                to,
            },
            wanted,
        }
    }

    /// The figure that it is about; for what is no figure the one that shows it best.
    pub(super) fn metric(&self) -> Option<Metric> {
        if self.finding.measure.metric.is_some() {
            return self.finding.measure.metric;
        }
        match &self.rule.check {
            Check::Threshold { metric, .. }
            | Check::Anomaly { metric, .. }
            | Check::Drift { metric, .. } => Some(*metric),
            Check::Budget(_) | Check::Burn(_) => Some(Metric::Spend),
            Check::Residency(kind) => Some(match kind {
                Residency::Violated => Metric::Violated,
                Residency::Contradicted => Metric::Contradicted,
                Residency::Fallback => Metric::Fallbacks,
                Residency::PlatformDefault => Metric::PlatformRequests,
                Residency::OtherDoor | Residency::OutsidePilot => Metric::Requests,
                Residency::DownWithoutFallback => Metric::ErrorShare,
            }),
            Check::Silence { .. } => Some(Metric::Calls),
            Check::FirstSight(_) | Check::Calendar(_) => None,
        }
    }

    /// Whether a cell belongs to it. Dimensions that cells do not know hold for all.
    pub(super) fn holds(&self, key: &CellKey) -> bool {
        self.wanted
            .iter()
            .all(|(dimension, values)| self.key_fits(*dimension, values, key))
    }

    /// Whether a line belongs to it.
    pub(super) fn holds_line(&self, line: &Line) -> bool {
        let about = &line.about;
        let fits = |dimension: Dimension, values: &[Text]| match dimension {
            Dimension::Credential => values.contains(&about.credential),
            Dimension::UserGroup => values.contains(&about.user_group),
            Dimension::Source => values.contains(&about.source),
            Dimension::Conversation => line.conversation.is_some_and(|print| {
                let print = print.to_string();
                values.iter().any(|value| *value == print)
            }),
            Dimension::Feature
            | Dimension::Application
            | Dimension::Endpoint
            | Dimension::Model
            | Dimension::Provider
            | Dimension::Region => self.key_fits(dimension, values, &about.key),
        };
        self.wanted
            .iter()
            .all(|(dimension, values)| fits(*dimension, values))
    }

    /// Whether lines know more of it than cells do.
    pub(super) fn by_lines(&self) -> bool {
        let beyond = |dimension: Dimension| match dimension {
            Dimension::Credential
            | Dimension::UserGroup
            | Dimension::Source
            | Dimension::Conversation => true,
            Dimension::Feature
            | Dimension::Application
            | Dimension::Endpoint
            | Dimension::Model
            | Dimension::Provider
            | Dimension::Region => false,
        };
        self.wanted.iter().any(|(dimension, _)| beyond(*dimension))
    }

    fn key_fits(&self, dimension: Dimension, values: &[Text], key: &CellKey) -> bool {
        match dimension {
            Dimension::Feature => values.contains(&key.feature),
            Dimension::Application => values.iter().any(|value| self.of_application(key, value)),
            Dimension::Endpoint => values.contains(&key.endpoint),
            Dimension::Model => values.contains(&key.model),
            Dimension::Provider => values.contains(&key.provider),
            Dimension::Region => values.contains(&key.region),
            Dimension::Credential
            | Dimension::UserGroup
            | Dimension::Source
            | Dimension::Conversation => true,
        }
    }

    fn of_application(&self, key: &CellKey, application: &Text) -> bool {
        let features = &self.rules.features;
        let registered = features
            .by_key(&key.feature)
            .and_then(|id| features.get(id));
        match registered {
            Some(feature) => feature.application == *application,
            None => key.feature.split('/').next() == Some(application.as_str()),
        }
    }

    /// The one value of a dimension that it is about, where there is one.
    pub(super) fn named(&self, dimension: Dimension) -> Option<&Text> {
        let mut found = self.wanted.iter().filter(|(one, _)| *one == dimension);
        match found.next().map(|(_, values)| values.as_slice()) {
            Some([one]) => Some(one),
            Some(_) | None => None,
        }
    }

    /// The cells of its own in a span: minutes where they are kept, else hours or days.
    pub(super) fn cells(
        &self,
        span: Span,
        visit: &mut dyn FnMut(CellRow),
    ) -> Result<Resolution, Fault> {
        self.cells_of(span, &mut |key| self.holds(key), visit)
    }

    /// As [`Case::cells`], of other keys.
    pub(super) fn cells_of(
        &self,
        span: Span,
        wanted: &mut dyn FnMut(&CellKey) -> bool,
        visit: &mut dyn FnMut(CellRow),
    ) -> Result<Resolution, Fault> {
        let (resolution, span) = self.readable(span)?;
        self.books
            .cells_where((resolution, span), wanted, &mut |row| {
                visit(row);
                Ok(())
            })?;
        Ok(resolution)
    }

    /// The cells of its own from `from` up to the event's end and no further: whole hours, and minutes
    /// where it begins or ends within one.
    pub(super) fn until_now(
        &self,
        from: UnixMillis,
        visit: &mut dyn FnMut(CellRow),
    ) -> Result<(), Fault> {
        let to = self.event.to;
        let first = from.saturating_add(HOUR_MS - 1).floor(HOUR_MS).min(to);
        let last = to.floor(HOUR_MS).max(first);
        for (resolution, from, to) in [
            (Resolution::Minute, from, first),
            (Resolution::Hour, first, last),
            (Resolution::Minute, last, to),
        ] {
            self.books.cells_where(
                (resolution, Span { from, to }),
                &mut |key| self.holds(key),
                &mut |row| {
                    visit(row);
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    /// In which windows a span can be read, widened to whole ones.
    pub(super) fn readable(&self, span: Span) -> Result<(Resolution, Span), Fault> {
        let length = span.to.0.saturating_sub(span.from.0);
        let minutes = Span {
            from: span.from.floor(MINUTE_MS),
            to: span.to,
        };
        if length <= EVENT_MS && self.any(Resolution::Minute, minutes)? {
            return Ok((Resolution::Minute, minutes));
        }
        let hours = Span {
            from: span.from.floor(HOUR_MS),
            to: span.to.saturating_add(HOUR_MS - 1).floor(HOUR_MS),
        };
        if length <= 40 * DAY_MS && self.any(Resolution::Hour, hours)? {
            return Ok((Resolution::Hour, hours));
        }
        let zones = self.books.zones();
        let days = Span {
            from: zones.day_of(span.from),
            to: zones.next_day(span.to.saturating_add(-1)),
        };
        Ok((Resolution::Day, days))
    }

    /// Whether the books have any cell of its own in those windows.
    fn any(&self, resolution: Resolution, span: Span) -> Result<bool, Fault> {
        let mut any = false;
        self.books
            .cells_where((resolution, span), &mut |key| self.holds(key), &mut |_| {
                any = true;
                Ok(())
            })?;
        Ok(any)
    }
}

/// The dimension that a first sight is about.
fn sighted(check: &Check) -> Option<Dimension> {
    match check {
        Check::FirstSight(sight) => Some(match sight {
            Sight::Endpoint | Sight::Host => Dimension::Endpoint,
            Sight::Model => Dimension::Model,
            Sight::Credential => Dimension::Credential,
        }),
        Check::Threshold { .. }
        | Check::Budget(_)
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Drift { .. }
        | Check::Residency(_)
        | Check::Silence { .. }
        | Check::Calendar(_) => None,
    }
}
