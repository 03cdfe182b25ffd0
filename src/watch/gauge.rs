//! Figures of a window held against limits: thresholds, drift, and calls that should not have been.
//!
//! Knows no fact and no clock. A newcomer may ask why a breach of residency is a threshold too: "the first
//! violated call" is a count above 0, and is bad until a day has passed without one.

use crate::alert::{
    Amount, Dimension, Finding, Level, Limit, Measure, Metric, Rule, Series, Severity, Span,
    Unknown,
};
use crate::units::{MINUTE_MS, Text, UnixMillis};

use super::field::Field;
use super::figure::{self, Around, Figure};
use super::mark::{Marks, Reading, When};
use super::registry::{Registry, WHOLE, part_of};
use super::ring::{Ring, Sums};
use super::seat::Of;
use super::state::Rows;
use super::table::Table;

/// Of which series of its table a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Only {
    All,
    /// Features that have endpoints of their own.
    OwnEndpoint,
    /// Endpoints of a pilot, used by features that it is not meant for.
    OutsidePilot,
    /// Groups of users that a feature is not meant for.
    OtherGroup,
}

/// A rule over a window of a table.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    pub(super) rule: usize,
    pub(super) metric: Metric,
    pub(super) ring: usize,
    pub(super) above: Option<Limit>,
    pub(super) below: Option<Limit>,
    pub(super) clear: Option<Limit>,
    pub(super) min_sample: i64,
    pub(super) only: Only,
    /// Judged on what is not complete too, and dated by the first step that has some.
    pub(super) at_once: bool,
    /// By place of the series.
    held: Vec<Held>,
}

/// What a series is held against.
#[derive(Clone, Debug)]
struct Held {
    fits: bool,
    /// A limit that nothing declares.
    missing: bool,
    above: Option<i64>,
    below: Option<i64>,
    clear: Option<i64>,
    /// What was approved, for what it costs beyond it.
    approved: Option<i64>,
    around: Around,
    severity: Severity,
}

/// A rule's limits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) above: Option<Limit>,
    pub(super) below: Option<Limit>,
    pub(super) clear: Option<Limit>,
    pub(super) min_sample: u64,
}

/// Where a gauge writes what it finds.
pub(super) struct Told<'a> {
    pub(super) rules: &'a [Rule],
    /// Rules that lack their facts, or are not to be judged now.
    pub(super) skip: &'a [bool],
    pub(super) registry: &'a Registry,
    pub(super) marks: &'a mut Marks,
    pub(super) rows: &'a mut Rows,
    pub(super) out: &'a mut Vec<Finding>,
}

impl<'a> Told<'a> {
    /// A rule that is to be judged.
    pub(super) fn rule(&self, place: usize) -> Option<&'a Rule> {
        let skip = self.skip.get(place).copied().unwrap_or(false);
        self.rules.get(place).filter(|_| !skip)
    }
}

/// A moment of judgement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) at: UnixMillis,
    pub(super) silent: bool,
    /// On minutes that are not complete: only what is bad is news.
    pub(super) partial: bool,
    pub(super) stalled: bool,
}

impl Gauge {
    pub(super) fn new(rule: usize, metric: Metric, ring: usize, limits: Limits) -> Gauge {
        Gauge {
            rule,
            metric,
            ring,
            above: limits.above,
            below: limits.below,
            clear: limits.clear,
            min_sample: i64::try_from(limits.min_sample).unwrap_or(i64::MAX),
            only: Only::All,
            at_once: false,
            held: Vec::new(),
        }
    }

    fn held(&self, rule: &Rule, series: &Series, span: Span, registry: &Registry) -> Held {
        let limit = |limit: Option<Limit>| {
            limit.and_then(|limit| registry.limit(limit, series, self.metric, span))
        };
        let (above, below) = (limit(self.above), limit(self.below));
        let endpoint = registry.endpoint_of(series);
        let around = Around {
            timeout_ms: endpoint.and_then(|one| one.timeout_ms),
            context_tokens: endpoint.and_then(|one| one.context_tokens),
        };
        let lacks = (self.metric == Metric::LatencyP95OfTimeout && around.timeout_ms.is_none())
            || (self.metric == Metric::ContextUse && around.context_tokens.is_none());
        let text = |dimension| series.get(dimension).map_or("", Text::as_str);
        let feature = text(Dimension::Feature);
        let closed = registry.is_fail_closed(series);
        let severe = rule.severity_fail_closed.filter(|_| closed);
        Held {
            fits: match self.only {
                Only::All => true,
                Only::OwnEndpoint => registry.has_own(feature),
                Only::OutsidePilot => registry.is_outside_pilot(feature, text(Dimension::Endpoint)),
                Only::OtherGroup => registry.is_other_group(feature, text(Dimension::UserGroup)),
            },
            missing: lacks
                || (self.above.is_some() && above.is_none())
                || (self.below.is_some() && below.is_none()),
            above,
            below,
            clear: limit(self.clear),
            approved: registry.approved(series, self.metric, span),
            around,
            severity: severe.unwrap_or(rule.severity),
        }
    }

    /// Judges every series of the table.
    pub(super) fn judge(&mut self, table: &Table, ring: &Ring, now: Now, told: &mut Told<'_>) {
        let Some(rule) = told.rule(self.rule) else {
            return;
        };
        while let Some(series) = table.series().get(self.held.len()) {
            let held = self.held(rule, series, ring.span, told.registry);
            self.held.push(held);
        }
        told.marks.seat(self.rule, table.series());
        for (place, (series, held)) in table.series().iter().zip(&self.held).enumerate() {
            let seat = told.marks.at(self.rule, place);
            // Said once, and for ten thousand series every minute would be much.
            let is_said = held.missing && !seat.open && seat.told == Some(NOTHING_SAID);
            if !held.fits || is_said {
                continue;
            }
            let sums = ring.of(place);
            // What was said before a start stays said, also where the window is empty now.
            let was_said = now.silent && held.missing;
            let quiet = sums.is_empty() && self.below.is_none() && !was_said;
            if quiet && !seat.known {
                continue;
            }
            let mut level = self.level(held, &sums);
            if now.stalled && !self.metric.rises() && seat.open {
                level.0 = Level::Unknown(Unknown::Stalled);
            }
            if !seat.is_news(level.0, now.partial) {
                continue;
            }
            let mut reading = self.reading(level, held, &sums, (ring, now));
            if self.at_once && level.0 == Level::Bad {
                reading.since = self.since(ring, place, now.at);
                reading.subject = table.subject(place).unwrap_or_default();
            }
            let when = When {
                at: now.at,
                late: table.is_late(place),
                silent: now.silent,
            };
            let of = Of {
                rule: (self.rule, rule),
                series,
                place: Some(place),
            };
            let told = &mut *told;
            told.marks.note(of, reading, when, (told.rows, told.out));
        }
    }

    /// Whether a figure of each call is held against what was approved: what no call tells cannot be said,
    /// and a night without calls does not end what goes on by day.
    fn is_drift_of_each(&self) -> bool {
        !self.metric.rises() && matches!(self.above, Some(Limit::OfApproved(_)))
    }

    /// The level, the figure, and the limit that it was held against.
    fn level(&self, held: &Held, sums: &Sums<'_>) -> (Level, Option<Figure>, Option<i64>) {
        let figure = self.figure(held, sums);
        if held.missing {
            return (Level::Unknown(Unknown::NotDeclared), figure, None);
        }
        let Some(told) = figure else {
            let level = if self.is_drift_of_each() {
                Level::Unknown(Unknown::TooFew)
            } else {
                Level::Good
            };
            return (level, figure, held.above.or(held.below));
        };
        let over = held.above.filter(|limit| told.value > *limit);
        let under = held.below.filter(|limit| told.value < *limit);
        let limit = over.or(under).or(held.above).or(held.below);
        let level = if told.sample < self.min_sample {
            if told.sample == 0 && !self.is_drift_of_each() {
                Level::Good
            } else {
                Level::Unknown(Unknown::TooFew)
            }
        } else if over.is_some() || under.is_some() {
            Level::Bad
        } else {
            let not_above = |clear: i64| held.above.is_none() || told.value <= clear;
            let not_below = |clear: i64| held.below.is_none() || told.value >= clear;
            let is_clear = |clear: i64| not_above(clear) && not_below(clear);
            if held.clear.is_none_or(is_clear) {
                Level::Good
            } else {
                Level::Between
            }
        };
        (level, figure, limit)
    }

    fn figure(&self, held: &Held, sums: &Sums<'_>) -> Option<Figure> {
        let figure = figure::value(self.metric, sums, held.around);
        match self.only {
            Only::All | Only::OwnEndpoint => figure,
            // Whichever half tells of it.
            Only::OutsidePilot | Only::OtherGroup => {
                let all = sums.get(Field::Calls).max(sums.get(Field::Requests));
                Some(Figure {
                    value: all,
                    sample: all,
                })
            }
        }
    }

    /// The first step with such a call; the last minute where it is in the last step.
    fn since(&self, ring: &Ring, place: usize, at: UnixMillis) -> Option<UnixMillis> {
        let (fields, _) = figure::needs(self.metric);
        let first = ring.first(place, fields)?;
        let minute = at.saturating_add(-MINUTE_MS);
        let width = super::ring::width_ms(ring.step);
        Some(if first.saturating_add(width) > minute {
            minute
        } else {
            first
        })
    }

    fn reading(
        &self,
        (level, figure, limit): (Level, Option<Figure>, Option<i64>),
        held: &Held,
        sums: &Sums<'_>,
        (ring, now): (&Ring, Now),
    ) -> Reading {
        let unit = self.metric.unit();
        let figure = figure.unwrap_or(Figure {
            value: 0,
            sample: 0,
        });
        let window_minutes = match ring.span {
            Span::Minutes(minutes) => minutes,
            Span::Period(_) => 0,
        };
        let mut reading = Reading::new(
            level,
            held.severity,
            Measure {
                metric: Some(self.metric),
                value: Amount::new(unit, figure.value),
                window_minutes,
                limit: limit.map(|limit| Amount::new(unit, limit)),
                expected: None,
                sample: figure.sample,
            },
        );
        let base = held.approved.or(limit).unwrap_or(0);
        if let Some(excess) = self.excess(figure, base, sums) {
            let gone = now.at.0.saturating_sub(ring.from().0).div_euclid(MINUTE_MS);
            let excess = excess.max(0);
            reading.excess = Some((excess, part_of(excess, 60, gone.max(1))));
        }
        reading
    }

    /// What the window cost beyond what was approved, or beyond the limit.
    fn excess(&self, figure: Figure, base: i64, sums: &Sums<'_>) -> Option<i64> {
        let beyond = figure.value.saturating_sub(base);
        let of_spend = || part_of(sums.get(Field::Spend), beyond, figure.value);
        let is = |metrics: &[Metric]| metrics.contains(&self.metric);
        if is(&[Metric::Spend]) {
            Some(beyond)
        } else if is(&[Metric::CostPerCall]) {
            Some(beyond.saturating_mul(figure.sample))
        } else if is(&[Metric::TokensPerCall, Metric::PromptPerCall]) {
            Some(of_spend())
        } else if is(&[Metric::RetryShare, Metric::Retries, Metric::RetrySpend]) {
            Some(sums.get(Field::RetrySpend))
        } else {
            None
        }
    }
}

/// Where the registry declares no limit.
const NOTHING_SAID: Level = Level::Unknown(Unknown::NotDeclared);

/// The limits of drift: bad above so many millionths of what was approved, good again where half of what
/// is beyond it is gone.
pub(super) fn drift(above: i64, min_sample: u64) -> Limits {
    let half = above.saturating_add(WHOLE) / 2;
    Limits {
        above: Some(Limit::OfApproved(above)),
        below: None,
        clear: Some(Limit::OfApproved(half.min(above))),
        min_sample,
    }
}
