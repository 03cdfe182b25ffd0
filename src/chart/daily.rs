//! A figure by day: as a line beside its plan, or as columns of parts.
//!
//! Knows no books. A newcomer may ask when a line is drawn and when columns: a line for what a day
//! is like (a price, a share), columns for how much there was of it.

use super::axis::count;
use super::draw::{Area, Drawing, Ink, Place, Shape};
use super::plot::{DASHED, End, Plot, SERIES, Width, broken};
use super::unit::Unit;

/// A day, or another equal part of the range.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// What is written below it: `14 Nov`.
    pub label: String,
    /// Its value; `None` where there is none.
    pub value: Option<f64>,
    /// What it says when it is pointed at.
    pub says: String,
}

/// Where something changed.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// How many days after the first, with its part of a day.
    pub at: f64,
    /// `14 Nov 09:14`.
    pub when: String,
    /// What changed.
    pub what: String,
}

/// A line by day.
#[derive(Clone, Debug)]
pub struct Daily<'a> {
    /// What the picture shows, for those who cannot see it.
    pub about: &'a str,
    /// Oldest first.
    pub days: &'a [Day],
    /// What was planned, and what is written at its end.
    pub plan: Option<(f64, &'a str)>,
    /// What is written at the end of the line.
    pub end: &'a str,
    /// What the values measure.
    pub unit: Unit,
    /// Where something changed.
    pub mark: Option<&'a Mark>,
}

impl Daily<'_> {
    /// The picture.
    #[must_use]
    pub fn draw(&self, width: Width) -> Drawing {
        let (wide, high) = width.size();
        let mut drawing = Drawing::new(wide, high, self.about);
        let values = self.days.iter().filter_map(|day| day.value);
        let most = values.chain(self.plan.map(|(plan, _)| plan));
        let most = most.fold(0.0, f64::max) * headroom(self.mark);
        let mut ends = vec![self.end];
        ends.extend(self.plan.map(|(_, text)| text));
        let plot = Plot::new(&mut drawing, width, (most, self.unit), &ends);
        let last = count(self.days.len().saturating_sub(1)).max(1.0);
        let place = |(i, day): (usize, &Day)| -> Option<Place> {
            Some((plot.x(count(i) / last), plot.scale.at(day.value?)))
        };
        let runs = broken(self.days.iter().enumerate().map(place));
        if let Some((plan, _)) = self.plan {
            let y = plot.scale.at(plan);
            for area in runs.iter().flat_map(|run| above(run, y)) {
                drawing.fill(area, Ink::Over);
            }
            drawing.line((plot.left, y), (plot.right, y), DASHED);
        }
        let end = runs.last().and_then(|run| run.last().copied());
        drawing.runs(runs, SERIES);
        if let Some(mark) = self.mark {
            let words = (mark.when.as_str(), mark.what.as_str());
            plot.mark(&mut drawing, plot.x(mark.at / last), words);
        }
        let mut words = Vec::new();
        if let Some((x, y)) = end {
            drawing.shapes.push(Shape::Dot {
                at: (x, y),
                ink: Ink::Line,
            });
            words.push(End {
                at: y,
                text: self.end,
                ink: Ink::Strong,
            });
        }
        words.extend(self.plan.map(|(plan, text)| End {
            at: plot.scale.at(plan),
            text,
            ink: Ink::Plan,
        }));
        plot.ends(&mut drawing, words);
        let labels: Vec<&str> = self.days.iter().map(|day| day.label.as_str()).collect();
        below(&mut drawing, &plot, width, (&labels, last));
        let half = (plot.right - plot.left) / last / 2.0;
        for (i, day) in self
            .days
            .iter()
            .enumerate()
            .filter(|(_, day)| !day.says.is_empty())
        {
            let x = plot.x(count(i) / last);
            drawing.says(upright(&plot, x - half, half * 2.0), day.says.clone());
        }
        drawing
    }
}

/// Words beside a mark need room above the figures.
fn headroom(mark: Option<&Mark>) -> f64 {
    if mark.is_some() { 1.12 } else { 1.0 }
}

/// Words below every so many days, the last among them.
fn below(drawing: &mut Drawing, plot: &Plot, width: Width, (labels, last): (&[&str], f64)) {
    let most = width.steps().1.max(2);
    let each = labels.len().saturating_sub(1).div_ceil(most - 1).max(1);
    let shown = labels.iter().enumerate().rev().step_by(each);
    let mut words: Vec<(f64, String)> = shown
        .map(|(i, label)| (plot.x(count(i) / last), (*label).to_owned()))
        .collect();
    words.reverse();
    plot.below(drawing, &words);
}

fn upright(plot: &Plot, x: f64, width: f64) -> Area {
    Area {
        x,
        y: plot.top,
        width,
        height: plot.bottom - plot.top,
    }
}

/// The areas between a line and the plan's height, where the line lies above it.
fn above(run: &[Place], plan: f64) -> Vec<Vec<Place>> {
    let mut areas = Vec::new();
    let mut open: Vec<Place> = Vec::new();
    let mut last: Option<Place> = None;
    for place in run {
        let crossing = last.filter(|last| (last.1 < plan) != (place.1 < plan));
        if let Some(last) = crossing {
            let share = (plan - last.1) / (place.1 - last.1);
            open.push((last.0 + (place.0 - last.0) * share, plan));
        } else if last.is_none() && place.1 < plan {
            open.push((place.0, plan));
        }
        if place.1 < plan {
            open.push(*place);
        } else if !open.is_empty() {
            areas.push(std::mem::take(&mut open));
        }
        last = Some(*place);
    }
    if let Some(end) = last.filter(|_| !open.is_empty()) {
        open.push((end.0, plan));
        areas.push(open);
    }
    areas
}

/// How a part of a column or bar looks: never by its colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Filled.
    Solid(Ink),
    /// An outline.
    Frame(Ink),
    /// Slanted lines.
    Hatch(Ink),
}

impl Look {
    pub(super) fn draw(self, drawing: &mut Drawing, area: Area) {
        match self {
            Look::Solid(ink) => drawing.rect(area, ink),
            Look::Frame(ink) => drawing.shapes.push(Shape::Frame { area, ink }),
            Look::Hatch(ink) => drawing.shapes.push(Shape::Hatch { area, ink }),
        }
    }
}

/// A column.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// What is written below it.
    pub label: String,
    /// Its parts, the lowest first.
    pub parts: Vec<(Look, f64)>,
    /// What it says when it is pointed at.
    pub says: String,
}

/// Columns by day.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// What the picture shows, for those who cannot see it.
    pub about: &'a str,
    /// Oldest first.
    pub columns: &'a [Column],
    /// What was planned, and what is written at its end.
    pub plan: Option<(f64, &'a str)>,
    /// What the values measure.
    pub unit: Unit,
    /// Where something changed.
    pub mark: Option<&'a Mark>,
}

impl Columns<'_> {
    /// The picture.
    #[must_use]
    pub fn draw(&self, width: Width) -> Drawing {
        let (wide, high) = width.size();
        let mut drawing = Drawing::new(wide, high, self.about);
        let sum = |column: &Column| column.parts.iter().map(|(_, value)| value).sum::<f64>();
        let sums = self.columns.iter().map(sum);
        let most = sums
            .chain(self.plan.map(|(plan, _)| plan))
            .fold(0.0, f64::max);
        let most = most * headroom(self.mark);
        let ends: Vec<&str> = self.plan.iter().map(|(_, text)| *text).collect();
        let plot = Plot::new(&mut drawing, width, (most, self.unit), &ends);
        let all = count(self.columns.len().max(1));
        let step = (plot.right - plot.left) / all;
        let thick = (step * 0.72).clamp(1.0, 44.0);
        let middle = |i: f64| plot.left + step * (i + 0.5);
        for (i, column) in self.columns.iter().enumerate() {
            let x = middle(count(i)) - thick / 2.0;
            let mut base = 0.0;
            for (look, value) in column.parts.iter().filter(|(_, value)| *value > 0.0) {
                let (low, high) = (plot.scale.at(base), plot.scale.at(base + value));
                base += value;
                // What is there at all is seen.
                let height = (low - high - if base > *value { 1.0 } else { 0.0 }).max(1.0);
                let area = Area {
                    x,
                    y: low - height,
                    width: thick,
                    height,
                };
                look.draw(&mut drawing, area);
            }
        }
        if let Some((plan, text)) = self.plan {
            let y = plot.scale.at(plan);
            drawing.line((plot.left, y), (plot.right, y), DASHED);
            let ink = Ink::Plan;
            plot.ends(&mut drawing, vec![End { at: y, text, ink }]);
        }
        if let Some(mark) = self.mark {
            let words = (mark.when.as_str(), mark.what.as_str());
            plot.mark(&mut drawing, plot.left + step * mark.at, words);
        }
        let most_words = width.steps().1.max(2);
        let each = self
            .columns
            .len()
            .saturating_sub(1)
            .div_ceil(most_words - 1)
            .max(1);
        let shown = self.columns.iter().enumerate().rev().step_by(each);
        let mut words: Vec<(f64, String)> = shown
            .map(|(i, column)| (middle(count(i)), column.label.clone()))
            .collect();
        words.reverse();
        plot.below(&mut drawing, &words);
        for (i, column) in self.columns.iter().enumerate() {
            let x = plot.left + step * count(i);
            drawing.says(upright(&plot, x, step), column.says.clone());
        }
        drawing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_above_the_plan_begin_and_end_on_it() {
        let run = [(0.0, 10.0), (10.0, 0.0), (20.0, 10.0), (30.0, 2.0)];
        let areas = above(&run, 5.0);
        assert_eq!(areas.len(), 2);
        for area in &areas {
            let ends = (area.first().unwrap().1, area.last().unwrap().1);
            assert_eq!(ends, (5.0, 5.0), "{area:?}");
        }
        assert_eq!(areas[0], [(5.0, 5.0), (10.0, 0.0), (15.0, 5.0)]);
        assert!(above(&[(0.0, 9.0), (1.0, 9.0)], 5.0).is_empty());
    }
}
