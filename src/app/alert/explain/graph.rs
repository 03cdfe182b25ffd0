//! The picture: the figure over time, what was expected of it, what was planned.
//!
//! Knows no drawing. A newcomer may ask why points of minutes end where the finding looked last, and
//! not at a whole ten minutes: that window is the one that the alert is about.

use std::collections::BTreeMap;

use crate::alert::{Band, Check, Graph, Limit, Metric, Unit};
use crate::app::report::Group;
use crate::ledger::{Fault, Resolution, Span};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

use super::case::Case;
use super::figure;

/// Points of a picture of ten-minute windows: ten hours.
const TENS: i64 = 60;
/// Points of a picture of half hours: a day.
const HALVES: i64 = 48;
/// Points of a picture of hours: three days.
const HOURS: i64 = 72;
/// Points of a picture of days: four weeks.
const DAYS: i64 = 28;
/// Earlier weeks whose same hours make the band.
const WEEKS: i64 = 3;

/// Windows of a picture.
#[derive(Clone, Copy)]
struct Frame {
    from: UnixMillis,
    width_ms: i64,
    points: i64,
}

impl Frame {
    fn of(case: &Case<'_>) -> Frame {
        let minutes = case.finding.measure.window_minutes;
        let to = case.event.to;
        let (width_ms, points) = match minutes {
            0..=15 => (10 * MINUTE_MS, TENS),
            16..=180 => (HOUR_MS / 2, HALVES),
            181..=1439 => (HOUR_MS, HOURS),
            _ => (DAY_MS, DAYS),
        };
        let end = match width_ms {
            DAY_MS => case.books.zones().next_day(to.saturating_add(-1)),
            HOUR_MS => to.saturating_add(HOUR_MS - 1).floor(HOUR_MS),
            _ => to,
        };
        let from = end.saturating_add(-points * width_ms);
        Frame {
            from,
            width_ms,
            points,
        }
    }

    fn span(self) -> Span {
        Span {
            from: self.from,
            to: self.from.saturating_add(self.points * self.width_ms),
        }
    }

    fn earlier(self, weeks: i64) -> Frame {
        Frame {
            from: self.from.saturating_add(-weeks * 7 * DAY_MS),
            ..self
        }
    }

    /// The place of a window of cells that begins at `start`: that of its middle, because hours of
    /// cells need not begin where windows do.
    fn place(self, start: UnixMillis, cell_ms: i64) -> i64 {
        let middle = start.0.saturating_add(cell_ms / 2);
        middle.saturating_sub(self.from.0).div_euclid(self.width_ms)
    }

    fn start(self, place: i64) -> UnixMillis {
        self.from.saturating_add(place * self.width_ms)
    }
}

/// The picture of a finding; `None` for what is no figure of cells.
pub(super) fn graph(case: &Case<'_>) -> Result<Option<Graph>, Fault> {
    let Some(metric) = case.metric().and_then(figure::shown) else {
        return Ok(None);
    };
    let frame = Frame::of(case);
    let values = values(case, frame, metric)?;
    if values.is_empty() {
        return Ok(None);
    }
    let points = values
        .iter()
        .map(|(place, value)| (frame.start(*place), *value))
        .collect();
    let since = case.finding.since;
    Ok(Some(Graph {
        unit: Some(metric.unit()),
        width_ms: frame.width_ms,
        points,
        band: band(case, frame, metric)?,
        plan: plan(case, frame, metric),
        moment: frame.span().contains(since).then_some(since),
    }))
}

/// The values of a frame by place. Sums are nothing where no cell is, from the first cell on; a
/// share of nothing is not told.
fn values(case: &Case<'_>, frame: Frame, metric: Metric) -> Result<BTreeMap<i64, i64>, Fault> {
    let mut groups: BTreeMap<i64, Group> = BTreeMap::new();
    let resolution = match frame.width_ms {
        DAY_MS => Resolution::Day,
        HOUR_MS => Resolution::Hour,
        _ => Resolution::Minute,
    };
    let cell_ms = match resolution {
        Resolution::Minute => MINUTE_MS,
        Resolution::Hour => HOUR_MS,
        Resolution::Day => DAY_MS,
    };
    let (mut span, zones) = (frame.span(), case.books.zones());
    if resolution == Resolution::Day {
        span.from = zones.day_of(span.from);
    }
    if resolution != Resolution::Minute && span.to > case.event.to {
        // The last window is not over: what the books may know of later is not the event's.
        let last = case.event.to.saturating_add(-1);
        let begins = match resolution {
            Resolution::Day => zones.day_of(last),
            Resolution::Hour | Resolution::Minute => last.floor(HOUR_MS),
        };
        let group = groups.entry(frame.points - 1).or_default();
        case.until_now(begins, &mut |row| group.add(&row.key, &row.cell))?;
        span.to = begins;
    }
    let mut wanted = |key: &crate::entry::CellKey| case.holds(key);
    case.books
        .cells_where((resolution, span), &mut wanted, &mut |row| {
            let group = groups.entry(frame.place(row.start, cell_ms)).or_default();
            group.add(&row.key, &row.cell);
            Ok(())
        })?;
    let Some(first) = groups.keys().next().copied() else {
        return Ok(BTreeMap::new());
    };
    let empty = Group::default();
    let value = |place: i64| {
        let group = groups.get(&place).unwrap_or(&empty);
        Some((place, figure::of(metric, group)?))
    };
    Ok((first.max(0)..frame.points).filter_map(value).collect())
}

/// What was expected: the same windows of earlier weeks, least and most with their neighbours; at
/// the windows that the finding judged, what it said itself.
fn band(case: &Case<'_>, frame: Frame, metric: Metric) -> Result<Vec<Band>, Fault> {
    let by_history = match &case.rule.check {
        Check::Anomaly { .. } | Check::Silence { .. } => true,
        Check::Threshold { .. }
        | Check::Budget(_)
        | Check::Burn(_)
        | Check::Drift { .. }
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Calendar(_) => case.finding.measure.expected.is_some(),
    };
    if !by_history {
        return Ok(Vec::new());
    }
    let mut weeks = Vec::new();
    for week in 1..=WEEKS {
        let earlier = values(case, frame.earlier(week), metric)?;
        if !earlier.is_empty() {
            weeks.push(earlier);
        }
    }
    let said = said(case, frame, metric);
    let at = |place: i64| {
        let start = frame.start(place);
        let end = start.saturating_add(frame.width_ms);
        if let Some((least, most)) = said.filter(|_| end > case.finding.since) {
            return Some((start, least, most));
        }
        let near = || {
            let of = |week: &BTreeMap<i64, i64>| {
                let near = week.range(place - 1..=place + 1);
                near.map(|(_, value)| *value).collect::<Vec<_>>()
            };
            weeks.iter().flat_map(of)
        };
        Some((start, near().min()?, near().max()?))
    };
    Ok((0..frame.points).filter_map(at).collect())
}

/// What the finding said of a window, as so much of a window of the frame.
fn said(case: &Case<'_>, frame: Frame, metric: Metric) -> Option<(i64, i64)> {
    let (least, _, most) = case.finding.measure.expected?;
    if case.metric() != Some(metric) {
        return None;
    }
    let window = i64::from(case.finding.measure.window_minutes) * MINUTE_MS;
    if !figure::adds(metric) {
        return Some((least.n, most.n));
    }
    let scale = |n: i64| {
        let scaled = i128::from(n) * i128::from(frame.width_ms) / i128::from(window.max(1));
        i64::try_from(scaled).unwrap_or(i64::MAX)
    };
    (window > 0).then(|| (scale(least.n), scale(most.n)))
}

/// What was approved, where a window of the picture can be held against it.
fn plan(case: &Case<'_>, frame: Frame, metric: Metric) -> Option<i64> {
    let by_plan = match &case.rule.check {
        Check::Drift { .. } => true,
        Check::Threshold { above, .. } => {
            matches!(above, Some(Limit::OfApproved(_) | Limit::OfDeclared(_)))
        }
        Check::Budget(_)
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Silence { .. }
        | Check::Calendar(_) => false,
    };
    let features = &case.rules.features;
    let feature = case.named(crate::alert::Dimension::Feature)?;
    let approved = features
        .by_key(feature)
        .and_then(|id| features.get(id))?
        .approved;
    let whole = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
    let day = frame.width_ms == DAY_MS;
    let cost = approved.cost_per_call.map(|cost| cost.0);
    let calls = whole(approved.calls_per_day);
    if metric.unit() == Unit::Millis && by_plan {
        return case.finding.measure.limit.map(|limit| limit.n);
    }
    let plans = [
        (Metric::CostPerCall, by_plan, cost),
        (
            Metric::TokensPerCall,
            by_plan,
            whole(approved.tokens_per_call),
        ),
        (Metric::Calls, day, calls),
        (Metric::Requests, day, calls),
        (
            Metric::Spend,
            day,
            cost.zip(calls)
                .map(|(cost, calls)| cost.saturating_mul(calls)),
        ),
    ];
    let found = plans.into_iter().find(|(of, ..)| *of == metric);
    found
        .filter(|(_, shown, _)| *shown)
        .and_then(|(.., plan)| plan)
}
