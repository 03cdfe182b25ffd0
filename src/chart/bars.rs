//! Bars that lie: amounts side by side, and the bridge from one sum to another.
//!
//! Knows no books. A newcomer may ask why a bridge lies on its side: names of causes are longer than
//! columns are wide.

use super::axis::count;
use super::daily::Look;
use super::draw::{Anchor, Area, Drawing, Ink, LABEL, Place};
use super::font::{fitted, room};
use super::plot::{DASHED, Width, thin};

/// Height of a row.
const ROW: f64 = 25.0;
/// Height of its bar.
const BAR: f64 = 16.0;

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is the bar of.
    pub label: String,
    /// Its value, at least 0.
    pub value: f64,
    /// The value in words.
    pub said: String,
    /// What was planned.
    pub plan: Option<f64>,
    /// How it looks.
    pub look: Look,
}

/// Amounts side by side.
#[derive(Clone, Debug)]
pub struct Bars<'a> {
    /// What the picture shows, for those who cannot see it.
    pub about: &'a str,
    /// The first stands above.
    pub bars: &'a [Bar],
}

impl Bars<'_> {
    /// The picture.
    #[must_use]
    pub fn draw(&self, width: Width) -> Drawing {
        let rows = self.bars.iter();
        let frame = Frame::new(
            width,
            rows.map(|bar| (bar.label.as_str(), bar.said.as_str())),
        );
        let mut drawing = frame.drawing(self.about, self.bars.len());
        let plans = self.bars.iter().filter_map(|bar| bar.plan);
        let most = self.bars.iter().map(|bar| bar.value).chain(plans);
        let most = most.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        for (i, bar) in self.bars.iter().enumerate() {
            let y = top(i);
            let long = (frame.room * bar.value / most).max(1.0);
            frame.label(&mut drawing, y, &bar.label);
            let area = Area {
                x: frame.left,
                y,
                width: long,
                height: BAR,
            };
            bar.look.draw(&mut drawing, area);
            let mut end = frame.left + long;
            if let Some(plan) = bar.plan {
                let x = frame.left + frame.room * plan / most;
                drawing.line((x, y - 3.0), (x, y + BAR + 3.0), DASHED);
                end = end.max(x);
            }
            said(&mut drawing, (end, y), &bar.said);
        }
        drawing
    }
}

/// A step of a bridge.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is.
    pub label: String,
    /// How much it adds; below 0 where it takes away.
    pub value: f64,
    /// The value in words.
    pub said: String,
}

/// From one sum over steps to another; the last is the first and all steps together.
#[derive(Clone, Debug)]
pub struct Bridge<'a> {
    /// What the picture shows, for those who cannot see it.
    pub about: &'a str,
    /// The first sum.
    pub first: &'a Step,
    /// What is between them.
    pub steps: &'a [Step],
    /// The last sum.
    pub last: &'a Step,
}

impl Bridge<'_> {
    /// The picture.
    #[must_use]
    pub fn draw(&self, width: Width) -> Drawing {
        let all = || {
            [self.first]
                .into_iter()
                .chain(self.steps)
                .chain([self.last])
        };
        let rows = all().map(|step| (step.label.as_str(), step.said.as_str()));
        let frame = Frame::new(width, rows);
        let mut drawing = frame.drawing(self.about, self.steps.len() + 2);
        let mut sums = vec![self.first.value];
        for step in self.steps {
            sums.push(sums.last().copied().unwrap_or(0.0) + step.value);
        }
        let most = sums.iter().copied().fold(self.last.value, f64::max);
        let least = sums.iter().copied().fold(0.0, f64::min);
        let wide = (most - least).max(f64::MIN_POSITIVE);
        let x = |value: f64| frame.left + frame.room * (value - least) / wide;
        let end = all().count() - 1;
        for (i, step) in all().enumerate() {
            let y = top(i);
            frame.label(&mut drawing, y, &step.label);
            let before = i.checked_sub(1).and_then(|i| sums.get(i)).copied();
            let whole = i == 0 || i == end;
            let (from, to) = match before.filter(|_| !whole) {
                Some(before) => (x(before), x(before + step.value)),
                None => (x(0.0), x(step.value)),
            };
            let ink = match (whole, step.value > 0.0) {
                (true, _) => Ink::Base,
                (false, true) => Ink::Bad,
                (false, false) => Ink::Good,
            };
            let area = Area {
                x: from.min(to),
                y,
                width: (to - from).abs().max(1.0),
                height: BAR,
            };
            drawing.rect(area, ink);
            if i < end {
                drawing.line((to, y + BAR), (to, y + ROW), thin(Ink::Join));
            }
            said(&mut drawing, (from.max(to), y), &step.said);
        }
        drawing
    }
}

/// Where labels, bars and figures stand.
struct Frame {
    wide: f64,
    left: f64,
    room: f64,
}

impl Frame {
    fn new<'a>(width: Width, rows: impl Iterator<Item = (&'a str, &'a str)>) -> Frame {
        let (wide, _) = width.size();
        let (mut labels, mut figures) = (0.0_f64, 0.0_f64);
        for (label, said) in rows {
            labels = labels.max(room(label, LABEL, false));
            figures = figures.max(room(said, LABEL, true));
        }
        let left = labels.min(wide * 0.42) + 10.0;
        let room = (wide - left - figures - 10.0).max(20.0);
        Frame { wide, left, room }
    }

    fn drawing(&self, about: &str, rows: usize) -> Drawing {
        Drawing::new(self.wide, count(rows) * ROW + 4.0, about)
    }

    fn label(&self, drawing: &mut Drawing, y: f64, label: &str) {
        let text = fitted(label, LABEL, self.left - 10.0);
        let at = (self.left - 10.0, y + 12.0);
        drawing.text(at, &text, Anchor::End, Ink::Plan);
    }
}

/// The upper edge of a row's bar.
fn top(row: usize) -> f64 {
    6.0 + count(row) * ROW
}

fn said(drawing: &mut Drawing, (x, y): Place, said: &str) {
    drawing.text((x + 6.0, y + 12.0), said, Anchor::Start, Ink::Strong);
}
