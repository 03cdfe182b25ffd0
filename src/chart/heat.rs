//! A heat map: how often each value came, by day.
//!
//! Knows no books. A newcomer may ask why the strength of a field follows the root of its share: a
//! slow call in a thousand is what one looks for, and it would not be seen otherwise.

use super::axis::{count, real};
use super::draw::{Anchor, Area, Drawing, Ink, SMALL, Shape};
use super::font::room;
use super::plot::{DASHED, Width};

/// Fields by row and column.
#[derive(Clone, Debug)]
pub struct Heat<'a> {
    /// What the picture shows, for those who cannot see it.
    pub about: &'a str,
    /// What is written below each column.
    pub columns: &'a [String],
    /// What is written left of each row, the highest first.
    pub rows: &'a [String],
    /// How often, by row and column.
    pub fields: &'a [Vec<i64>],
    /// A limit: how many rows from above, and what is written at its end.
    pub limit: Option<(f64, &'a str)>,
}

impl Heat<'_> {
    /// The picture.
    #[must_use]
    pub fn draw(&self, width: Width) -> Drawing {
        let (wide, high) = width.size();
        let mut drawing = Drawing::new(wide, high, self.about);
        let labels = self.rows.iter().map(|row| room(row, SMALL, false));
        let left = labels.fold(0.0, f64::max) + 10.0;
        let end = self
            .limit
            .map_or(0.0, |(_, text)| room(text, SMALL, true) + 12.0);
        let (right, top, bottom) = (wide - end - 4.0, 6.0, high - 26.0);
        let column = (right - left) / count(self.columns.len().max(1));
        let row = (bottom - top) / count(self.rows.len().max(1));
        for (i, label) in self.rows.iter().enumerate() {
            let y = top + row * (count(i) + 0.5) + 4.0;
            drawing.text((left - 8.0, y), label, Anchor::End, Ink::Axis);
        }
        let most = self.most_of_column();
        let mut drawn: Vec<(u8, Area)> = Vec::new();
        for (i, fields) in self.fields.iter().enumerate() {
            for (j, field) in fields.iter().enumerate().filter(|(_, field)| **field > 0) {
                let all = most.get(j).copied().unwrap_or(1);
                let area = Area {
                    x: left + column * count(j) + 0.5,
                    y: top + row * count(i) + 0.5,
                    width: (column - 1.0).max(0.5),
                    height: (row - 1.0).max(0.5),
                };
                drawn.push((strength(*field, all), area));
            }
        }
        // Those of one darkness follow one another, so that a page does not weigh an element a field.
        drawn.sort_by_key(|(strength, _)| *strength);
        let drawn = drawn.into_iter().map(|(strength, area)| Shape::Rect {
            area,
            ink: Ink::Line,
            round: 0.0,
            strength,
        });
        drawing.shapes.extend(drawn);
        self.say(&mut drawing, (left, top), (column, row));
        if let Some((rows, text)) = self.limit {
            let y = top + row * rows;
            drawing.line((left, y), (right, y), DASHED);
            drawing.text((right + 8.0, y + 4.0), text, Anchor::Start, Ink::Soft);
        }
        self.below(&mut drawing, width, (left, column, bottom));
        drawing
    }

    /// What each column says when it is pointed at: all of its fields at once, so that a page does not
    /// weigh a text a field.
    fn say(&self, drawing: &mut Drawing, (left, top): (f64, f64), (column, row): (f64, f64)) {
        for (j, name) in self.columns.iter().enumerate() {
            let mut said = name.clone();
            for (label, fields) in self.rows.iter().zip(self.fields) {
                let n = fields.get(j).copied().unwrap_or(0);
                if n > 0 {
                    said.extend(["\n", label.as_str(), ": ", &crate::figure::count(n)]);
                }
            }
            let area = Area {
                x: left + column * count(j),
                y: top,
                width: column,
                height: row * count(self.rows.len()),
            };
            drawing.says(area, said);
        }
    }

    /// The most of one field of each column.
    fn most_of_column(&self) -> Vec<i64> {
        let of = |j: usize| {
            let fields = self.fields.iter().filter_map(|row| row.get(j));
            fields.copied().max().unwrap_or(0)
        };
        (0..self.columns.len()).map(of).collect()
    }

    fn below(&self, drawing: &mut Drawing, width: Width, (left, column, bottom): (f64, f64, f64)) {
        let most = width.steps().1.max(2);
        let each = self
            .columns
            .len()
            .saturating_sub(1)
            .div_ceil(most - 1)
            .max(1);
        for (j, label) in self.columns.iter().enumerate().rev().step_by(each) {
            let x = left + column * (count(j) + 0.5);
            let half = room(label, SMALL, false) / 2.0;
            let anchor = if x + half > width.size().0 {
                Anchor::End
            } else {
                Anchor::Middle
            };
            drawing.text((x, bottom + 19.0), label, anchor, Ink::Axis);
        }
    }
}

/// Between 8 and 100 hundredths.
fn strength(field: i64, most: i64) -> u8 {
    let share = (real(field) / real(most.max(1))).clamp(0.0, 1.0).sqrt();
    let steps = [8, 16, 24, 32, 40, 50, 60, 70, 80, 90, 100];
    let reached = |step: &&u8| f64::from(**step) / 100.0 >= share;
    steps.iter().find(reached).copied().unwrap_or(100)
}
