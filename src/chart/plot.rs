//! The field that series are drawn in: its edges, grid lines, values at the left, words at the right.
//!
//! Knows no series. A newcomer may ask why words stand at the end of a line and not in a legend:
//! the eye is there already.

use super::axis::Scale;
use super::draw::{Anchor, Drawing, Ink, LABEL, Place, SMALL, Stroke};
use super::font::{fitted, room};
use super::unit::Unit;

/// How large the picture is drawn. Letters keep their size in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Two thirds of a page.
    Wide,
    /// A third of a page.
    Half,
    /// A phone.
    Narrow,
    /// A mail.
    Mail,
}

impl Width {
    /// Width and height.
    pub(super) fn size(self) -> (f64, f64) {
        match self {
            Width::Wide => (760.0, 250.0),
            Width::Half => (430.0, 250.0),
            Width::Narrow => (360.0, 230.0),
            Width::Mail => (600.0, 180.0),
        }
    }

    /// Most steps of the upright axis, and most words along the lower one.
    pub(super) fn steps(self) -> (u32, usize) {
        match self {
            Width::Wide => (4, 8),
            Width::Half => (4, 5),
            Width::Narrow => (4, 3),
            Width::Mail => (2, 4),
        }
    }
}

/// A thin whole line.
pub(super) fn thin(ink: Ink) -> Stroke {
    Stroke {
        ink,
        width: 1.0,
        dash: 0.0,
    }
}

/// The dashed line of a plan.
pub(super) const DASHED: Stroke = Stroke {
    ink: Ink::Plan,
    width: 1.3,
    dash: 4.0,
};

/// The line of a series.
pub(super) const SERIES: Stroke = Stroke {
    ink: Ink::Line,
    width: 2.2,
    dash: 0.0,
};

/// The least distance of two lines of words.
const APART: f64 = 16.0;

/// The field.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) scale: Scale,
    /// The right edge of the picture.
    edge: f64,
}

/// Words at the end of a line.
pub(super) struct End<'a> {
    pub(super) at: f64,
    pub(super) text: &'a str,
    pub(super) ink: Ink,
}

impl Plot {
    /// Draws grid and values for figures up to `most`, leaving room at the right for `ends`.
    pub(super) fn new(
        drawing: &mut Drawing,
        width: Width,
        (most, unit): (f64, Unit),
        ends: &[&str],
    ) -> Plot {
        let (wide, high) = width.size();
        let (top, bottom) = (14.0, high - 26.0);
        let scale = Scale::new(most, width.steps().0, (bottom, top));
        let said: Vec<String> = scale
            .ticks
            .iter()
            .map(|tick| unit.say(*tick, scale.step))
            .collect();
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let left = widest(&mut said.iter().map(|text| room(text, SMALL, false))) + 10.0;
        let most_right = wide * 0.3;
        let right_room = widest(&mut ends.iter().flat_map(|text| {
            let lines = halves(text, most_right);
            lines.map(|line| room(&line, LABEL, true))
        }));
        let right = wide
            - if ends.is_empty() {
                10.0
            } else {
                right_room + 14.0
            };
        for (tick, text) in scale.ticks.iter().zip(&said) {
            let y = scale.at(*tick);
            drawing.line((left, y), (right, y), thin(Ink::Grid));
            drawing.text((left - 8.0, y + 4.0), text, Anchor::End, Ink::Axis);
        }
        Plot {
            left,
            right,
            top,
            bottom,
            scale,
            edge: wide,
        }
    }

    /// Where a share of the way from left to right stands.
    pub(super) fn x(&self, share: f64) -> f64 {
        self.left + (self.right - self.left) * share
    }

    /// Words below the field; those that would touch the one before are left out.
    pub(super) fn below(&self, drawing: &mut Drawing, words: &[(f64, String)]) {
        let mut free = f64::MIN;
        for (x, text) in words {
            let half = room(text, SMALL, false) / 2.0;
            let x = x.min(self.edge - half).max(half);
            if x - half < free {
                continue;
            }
            free = x + half + 10.0;
            let at = (x, self.bottom + 19.0);
            drawing.text(at, text, Anchor::Middle, Ink::Axis);
        }
    }

    /// Words at the right, moved apart where they would touch.
    pub(super) fn ends(&self, drawing: &mut Drawing, mut ends: Vec<End<'_>>) {
        ends.sort_by(|a, b| a.at.total_cmp(&b.at));
        let most = (self.edge - self.right - 12.0).max(10.0);
        let mut free = self.top - 4.0;
        for end in ends {
            let lines: Vec<String> = halves(end.text, most).collect();
            let mut y = (end.at + 4.0).max(free + 4.0);
            let below = 14.0 * (super::axis::count(lines.len()) - 1.0);
            y = y.min(self.bottom + 6.0 - below);
            for line in lines {
                let line = fitted(&line, LABEL, most);
                drawing.text((self.right + 10.0, y), &line, Anchor::Start, end.ink);
                y += 14.0;
            }
            free = y - 14.0 + APART - 4.0;
        }
    }

    /// An upright line at `x`, with when and what beside it.
    pub(super) fn mark(&self, drawing: &mut Drawing, x: f64, (when, what): (&str, &str)) {
        let x = x.clamp(self.left, self.right);
        drawing.line((x, self.top), (x, self.bottom), thin(Ink::Bad));
        // What was before a change is lower than what came, as a rule.
        let to_left = x - self.left > (self.right - self.left) * 0.35;
        let (anchor, at, free) = if to_left {
            (Anchor::End, x - 8.0, x - 8.0 - self.left)
        } else {
            (Anchor::Start, x + 8.0, self.right - x - 8.0)
        };
        drawing.text((at, self.top + 12.0), when, anchor, Ink::Bad);
        let what = fitted(what, SMALL, free);
        if !what.is_empty() {
            drawing.text((at, self.top + 28.0), &what, anchor, Ink::Soft);
        }
    }
}

/// A text in one line, or in two where it is wider than `most`: broken at the blank that leaves the
/// longer line the shortest.
fn halves(text: &str, most: f64) -> impl Iterator<Item = String> + use<> {
    let whole = room(text, LABEL, true) <= most;
    let breaks = text.char_indices().filter(|(_, c)| *c == ' ');
    let longer = |at: usize| at.max(text.len() - at);
    let best = breaks.map(|(at, _)| at).min_by_key(|at| longer(*at));
    let (first, second) = match best.filter(|_| !whole).map(|at| text.split_at(at)) {
        Some((first, second)) => (first.to_owned(), Some(second.trim_start().to_owned())),
        None => (text.to_owned(), None),
    };
    std::iter::once(first).chain(second)
}

/// Places of a series, broken where a figure is missing.
pub(super) fn broken(places: impl Iterator<Item = Option<Place>>) -> Vec<Vec<Place>> {
    let mut runs: Vec<Vec<Place>> = vec![Vec::new()];
    for place in places {
        match (place, runs.last_mut()) {
            (Some(place), Some(run)) => run.push(place),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            (Some(_) | None, _) => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
