//! The chart of an alert, and what stands in its place where pictures are off.
//!
//! Knows no drawing, only what is drawn. A newcomer may ask why the words in the picture are made here: they must
//! be the words of the text.

use chrono_tz::Tz;

use crate::alert::{Amount, Check, Graph, Metric, Notice, StepKind, Unit};
use crate::chart;

use super::claim::yardstick;
use super::figure;
use super::{metric, moment};

/// The picture of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub png: Vec<u8>,
    /// Pixels across and down as shown, half of those in the file.
    pub size: (u32, u32),
    /// The same for phones, with letters of the same height.
    pub narrow: Vec<u8>,
    pub narrow_size: (u32, u32),
}

/// A value of a graph in the measure of its axis.
fn scaled(unit: chart::Unit, value: i64) -> f64 {
    let by = match unit {
        chart::Unit::Dollars => 1e9,
        chart::Unit::Cents => 1e7,
        chart::Unit::Percent => 1e4,
        chart::Unit::Count | chart::Unit::Millis => 1.0,
    };
    chart::real(value) / by
}

fn axis_unit(unit: Unit, metric: Option<Metric>, most: i64) -> chart::Unit {
    match unit {
        Unit::NanoUsd if metric == Some(Metric::CostPerCall) && most < 2_000_000_000 => {
            chart::Unit::Cents
        }
        Unit::NanoUsd => chart::Unit::Dollars,
        Unit::Ppm => chart::Unit::Percent,
        Unit::Millis => chart::Unit::Millis,
        Unit::Count | Unit::Tokens | Unit::Days => chart::Unit::Count,
    }
}

/// The metric of a notice, where its rule has one.
pub(super) fn metric_of(notice: &Notice) -> Option<Metric> {
    match &notice.rule.check {
        Check::Threshold { metric, .. }
        | Check::Anomaly { metric, .. }
        | Check::Drift { metric, .. } => Some(*metric),
        Check::Budget(_) | Check::Burn(_) => Some(Metric::Spend),
        Check::Silence { .. } => Some(Metric::Calls),
        Check::Residency(_) | Check::FirstSight(_) | Check::Calendar(_) => {
            notice.finding.measure.metric
        }
    }
}

/// What the points of a graph count: `calls in 10 min`.
pub(super) fn axis(notice: &Notice, graph: &Graph) -> String {
    let minutes = u32::try_from(graph.width_ms / 60_000).unwrap_or(0);
    match metric_of(notice) {
        Some(metric) => metric::axis(metric, minutes),
        None => String::new(),
    }
}

/// The last value of a graph in words: `950`, `14.2 ¢`.
pub(super) fn last(notice: &Notice, graph: &Graph) -> Option<String> {
    let (_, value) = graph.points.last()?;
    let unit = graph.unit.unwrap_or(notice.finding.measure.value.unit);
    Some(metric::bare(metric_of(notice), Amount::new(unit, *value)))
}

/// `expected 120 to 180`, `approved 4 ¢`; nothing where the rule looks at another figure than the graph shows.
fn yard(notice: &Notice, graph: &Graph) -> Option<String> {
    let measure = &notice.finding.measure;
    let unit = graph.unit.unwrap_or(measure.value.unit);
    if unit != measure.value.unit {
        return None;
    }
    let minutes = i64::from(measure.window_minutes) * 60_000;
    if minutes != graph.width_ms && minutes != 0 && metric_of(notice).is_some_and(Metric::rises) {
        let (_, least, most) = graph.band.last()?;
        let say = |n| metric::bare(metric_of(notice), Amount::new(unit, n));
        return Some(format!("expected {} to {}", say(*least), say(*most)));
    }
    yardstick(&notice.rule, measure)
}

/// What stands below the sparkline and in place of the picture.
pub(super) fn caption(notice: &Notice, graph: &Graph) -> String {
    let mut parts = Vec::new();
    let axis = axis(notice, graph);
    if !axis.is_empty() {
        parts.push(axis);
    }
    parts.extend(yard(notice, graph));
    if let Some(last) = last(notice, graph) {
        let word = if notice.kind == StepKind::Resolved {
            "at the end"
        } else {
            "now"
        };
        parts.push(format!("{word} {last}"));
    }
    let last = graph.points.last().map(|(_, value)| *value);
    if let Some(top) = graph.points.iter().map(|(_, value)| *value).max()
        && Some(top) != last
    {
        let unit = graph.unit.unwrap_or(notice.finding.measure.value.unit);
        let top = metric::bare(metric_of(notice), Amount::new(unit, top));
        parts.push(format!("highest {top}"));
    }
    parts.join(", ")
}

/// The chart as PNGs; `None` where there is too little to draw.
pub(super) fn picture(notice: &Notice, zone: Tz) -> Option<Picture> {
    let png = drawing(notice, zone, chart::Width::Mail)?.png()?;
    let narrow = drawing(notice, zone, chart::Width::Narrow)?.png()?;
    Some(Picture {
        size: shown(&png)?,
        png,
        narrow_size: shown(&narrow)?,
        narrow,
    })
}

/// The chart of a notice, as mails and pages show it; `None` where there is too little to draw.
#[must_use]
pub fn drawing(notice: &Notice, zone: Tz, width: chart::Width) -> Option<chart::Drawing> {
    let graph = notice.explained.graph.as_ref()?;
    if graph.points.len() < 4 {
        return None;
    }
    let metric = metric_of(notice);
    let unit = graph.unit.unwrap_or(notice.finding.measure.value.unit);
    let most = graph.points.iter().map(|(_, value)| *value).max()?;
    let axis = axis_unit(unit, metric, most);
    let series: Vec<_> = graph
        .points
        .iter()
        .map(|(at, value)| (*at, scaled(axis, *value)))
        .collect();
    let flat = |value| {
        let ends = [graph.points.first(), graph.points.last()];
        // All below the plan is as approved: drawn as what is expected.
        let line = move |at| (at, 0.0, scaled(axis, value));
        ends.into_iter()
            .flatten()
            .map(move |(at, _)| line(*at))
            .collect()
    };
    let band: Vec<_> = match graph.plan {
        Some(plan) if graph.band.is_empty() => flat(plan),
        Some(_) | None => graph
            .band
            .iter()
            .map(|(at, least, most)| (*at, scaled(axis, *least), scaled(axis, *most)))
            .collect(),
    };
    let at = graph.moment.unwrap_or(notice.since);
    let label = last(notice, graph).unwrap_or_default();
    let minutes = graph.width_ms / 60_000;
    let label = match metric {
        Some(metric) if metric.rises() && (2..1440).contains(&minutes) => {
            let width = figure::span(graph.width_ms).replace("1\u{202f}h", "hour");
            format!("{label} / {width}")
        }
        Some(_) | None => label,
    };
    let expected = yard(notice, graph).unwrap_or_default();
    let moment = chart::Moment {
        series: &series,
        band: &band,
        at,
        when: &moment::hour(at, zone),
        what: "",
        label: &label,
        expected: if band.is_empty() { "" } else { &expected },
        unit: axis,
        zone,
    };
    Some(moment.draw(width))
}

/// Pixels across and down as shown, from the head of the file.
fn shown(png: &[u8]) -> Option<(u32, u32)> {
    let number = |from: usize| {
        let bytes: [u8; 4] = png.get(from..from + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    Some((number(16)? / 2, number(20)? / 2))
}
