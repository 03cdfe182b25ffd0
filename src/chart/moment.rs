//! The picture of an alert: the series, what was expected, and the moment that it left it.
//!
//! Knows no rule. A newcomer may ask why words come ready: the mail's text says them as well, and
//! both must say the same.

use chrono_tz::Tz;

use crate::units::UnixMillis;

use super::axis::{real, times};
use super::draw::{Drawing, Ink, Place};
use super::plot::{End, Plot, SERIES, Width};
use super::unit::Unit;

/// A series around a moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Values by the start of their window, oldest first; a window that is left out breaks the
    /// line.
    pub series: &'a [(UnixMillis, f64)],
    /// Lowest and highest expected value by window, oldest first; empty where nothing is expected.
    pub band: &'a [(UnixMillis, f64, f64)],
    /// The moment; no mark where it lies outside the series.
    pub at: UnixMillis,
    /// What is written at the moment: `02:40`.
    pub when: &'a str,
    /// What is written beside it, or nothing: `prompts grow ×3.4`.
    pub what: &'a str,
    /// What is written at the end of the line: `950 / 10 min`.
    pub label: &'a str,
    /// What is written at the end of the band: `expected 120 to 180`.
    pub expected: &'a str,
    /// What the values measure.
    pub unit: Unit,
    /// Where the reader lives.
    pub zone: Tz,
}

impl Moment<'_> {
    /// The picture.
    #[must_use]
    pub fn draw(&self, width: Width) -> Drawing {
        let (wide, high) = width.size();
        let mut drawing = Drawing::new(wide, high, &self.about());
        let values = self.series.iter().map(|(_, value)| *value);
        let expected = self.band.iter().map(|(_, _, most)| *most);
        let most = values.chain(expected).fold(0.0, f64::max);
        let ends: Vec<&str> = [self.label, self.expected]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let plot = Plot::new(&mut drawing, width, (most, self.unit), &ends);
        let Some((from, to)) = self.span() else {
            return drawing;
        };
        let x = |at: UnixMillis| plot.x(real(at.0 - from.0) / real((to.0 - from.0).max(1)));
        let place = |at: UnixMillis, value: f64| (x(at), plot.scale.at(value));
        self.draw_band(&mut drawing, &place);
        drawing.runs(self.runs(&place), SERIES);
        if (from..=to).contains(&self.at) {
            plot.mark(&mut drawing, x(self.at), (self.when, self.what));
        }
        let most_words = i64::try_from(width.steps().1).unwrap_or(4);
        let below: Vec<(f64, String)> = times((from, to), most_words, self.zone)
            .into_iter()
            .map(|(at, text)| (x(at), text))
            .collect();
        plot.below(&mut drawing, &below);
        let mut words = Vec::new();
        if let Some((_, last)) = self.series.last().filter(|_| !self.label.is_empty()) {
            words.push(End {
                at: plot.scale.at(*last),
                text: self.label,
                ink: Ink::Strong,
            });
        }
        if let Some((_, least, most)) = self.band.last().filter(|_| !self.expected.is_empty()) {
            words.push(End {
                at: plot.scale.at(f64::midpoint(*least, *most)),
                text: self.expected,
                ink: Ink::Plan,
            });
        }
        plot.ends(&mut drawing, words);
        drawing
    }

    fn about(&self) -> String {
        let parts = [self.label, self.expected, self.when, self.what];
        let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        said.join(", ")
    }

    fn span(&self) -> Option<(UnixMillis, UnixMillis)> {
        let series = self.series.iter().map(|(at, _)| *at);
        let times = series.chain(self.band.iter().map(|(at, ..)| *at));
        Some((times.clone().min()?, times.max()?))
    }

    fn draw_band(&self, drawing: &mut Drawing, place: &dyn Fn(UnixMillis, f64) -> Place) {
        if self.band.len() < 2 {
            return;
        }
        let upper = self.band.iter().map(|(at, _, most)| place(*at, *most));
        let lower = self.band.iter().rev();
        let lower = lower.map(|(at, least, _)| place(*at, *least));
        drawing.fill(upper.chain(lower).collect(), Ink::Band);
    }

    /// The line, broken where more than one window is missing.
    fn runs(&self, place: &dyn Fn(UnixMillis, f64) -> Place) -> Vec<Vec<Place>> {
        let pairs = self.series.windows(2);
        let steps = pairs.filter_map(|pair| match pair {
            [(before, _), (after, _)] => Some(after.0 - before.0),
            _ => None,
        });
        let usual = steps.filter(|step| *step > 0).min().unwrap_or(i64::MAX);
        let mut runs: Vec<Vec<Place>> = Vec::new();
        let mut last: Option<UnixMillis> = None;
        for (at, value) in self.series {
            let goes_on = last.is_some_and(|last| at.0 - last.0 <= usual.saturating_mul(2));
            last = Some(*at);
            match runs.last_mut().filter(|_| goes_on) {
                Some(run) => run.push(place(*at, *value)),
                None => runs.push(vec![place(*at, *value)]),
            }
        }
        runs
    }
}
