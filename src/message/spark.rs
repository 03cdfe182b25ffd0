//! A series as one line of blocks, for the text part.
//!
//! Knows no colour. A newcomer may ask why the scale begins at nothing: a small change must not look like a
//! cliff.

use chrono_tz::Tz;

use crate::alert::Graph;
use crate::units::{HOUR_MS, UnixMillis};

use super::moment;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Blocks in a line of 72 columns with a time at both ends.
const WIDTH: usize = 58;
/// The same with a day at both ends.
const WIDTH_OF_DAYS: usize = 50;

/// `17:00 ▂▂▁▁▂▇▇ 02:51`; `None` with fewer than four points.
pub(super) fn spark(graph: &Graph, told: UnixMillis, zone: Tz) -> Option<String> {
    let (first, last) = (graph.points.first()?, graph.points.last()?);
    if graph.points.len() < 4 {
        return None;
    }
    let width = graph.width_ms.max(1);
    let windows = usize::try_from((last.0.0 - first.0.0) / width + 1).unwrap_or(1);
    let days = last.0.0 - first.0.0 > 36 * HOUR_MS;
    let columns = windows.min(if days { WIDTH_OF_DAYS } else { WIDTH });
    let mut heights: Vec<Option<i64>> = vec![None; columns];
    for (at, value) in &graph.points {
        let window = usize::try_from((at.0 - first.0.0) / width).unwrap_or(0);
        let column = window * columns / windows;
        if let Some(height) = heights.get_mut(column) {
            *height = Some(height.map_or(*value, |old| old.max(*value)));
        }
    }
    let top = heights.iter().flatten().max().copied().unwrap_or(0).max(1);
    let line: String = heights.iter().map(|height| block(*height, top)).collect();
    let end = last.0.saturating_add(width).min(told.max(last.0));
    let (from, to) = if days {
        (moment::day(first.0, zone), moment::day(last.0, zone))
    } else {
        (moment::hour(first.0, zone), moment::hour(end, zone))
    };
    Some(format!("{from} {line} {to}"))
}

fn block(height: Option<i64>, top: i64) -> char {
    let Some(height) = height else { return ' ' };
    let step = i128::from(height.max(0)) * 7 / i128::from(top);
    let step = usize::try_from(step).unwrap_or(0);
    BLOCKS.get(step).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_peaks_and_gaps() {
        let point = |minute: i64, value| (UnixMillis(minute * 60_000), value);
        let mut graph = Graph {
            width_ms: 60_000,
            points: vec![point(0, 1), point(1, 0), point(3, 8), point(4, 4)],
            ..Graph::default()
        };
        let (zone, told) = (chrono_tz::UTC, UnixMillis(86_400_000));
        assert_eq!(spark(&graph, told, zone).unwrap(), "00:00 ▁▁ █▄ 00:05");
        graph.points = (0..600).map(|minute| point(minute, minute % 60)).collect();
        let line = spark(&graph, told, zone).unwrap();
        assert_eq!(line.chars().count(), WIDTH + 12);
        graph.points.truncate(3);
        assert_eq!(spark(&graph, told, zone), None);
    }
}
