//! A drawing: lines, areas, rectangles, dots and texts, each in an ink that has a meaning.
//!
//! Knows no page, no mail and no file format. A newcomer may ask why not SVG at once: a mail needs
//! the same picture as pixels, and two writers of one list of shapes cannot disagree.

/// What a mark means; pages give each a colour of their style sheet, mails a fixed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ink {
    /// The paper of a mail.
    Paper,
    /// Grid lines.
    Grid,
    /// Letters at an axis.
    Axis,
    /// The series.
    Line,
    /// The range that was expected.
    Band,
    /// What was approved, budgeted or allowed.
    Plan,
    /// The area above the plan.
    Over,
    /// The moment something changed, and what went wrong.
    Bad,
    /// Quiet words beside a mark.
    Soft,
    /// Words that say a figure.
    Strong,
    /// A bar that is a sum.
    Base,
    /// Proven inside the rule, or less than before.
    Good,
    /// Nobody can tell.
    Unproven,
    /// Lines between bars.
    Join,
}

impl Ink {
    /// The word in class names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Ink::Paper => "paper",
            Ink::Grid => "grid",
            Ink::Axis => "axis",
            Ink::Line => "line",
            Ink::Band => "band",
            Ink::Plan => "plan",
            Ink::Over => "over",
            Ink::Bad => "bad",
            Ink::Soft => "soft",
            Ink::Strong => "strong",
            Ink::Base => "base",
            Ink::Good => "good",
            Ink::Unproven => "unproven",
            Ink::Join => "join",
        }
    }

    /// Every ink, for whoever writes a style sheet's counterpart.
    pub const ALL: [Ink; 14] = [
        Ink::Paper,
        Ink::Grid,
        Ink::Axis,
        Ink::Line,
        Ink::Band,
        Ink::Plan,
        Ink::Over,
        Ink::Bad,
        Ink::Soft,
        Ink::Strong,
        Ink::Base,
        Ink::Good,
        Ink::Unproven,
        Ink::Join,
    ];

    /// Red, green and blue on the white paper of a mail.
    pub(super) fn light(self) -> [u8; 3] {
        match self {
            Ink::Paper => [0xff, 0xff, 0xff],
            Ink::Grid => [0xec, 0xee, 0xf1],
            Ink::Axis => [0x5c, 0x65, 0x71],
            Ink::Line => [0x0b, 0x63, 0xb0],
            Ink::Band => [0xdb, 0xe8, 0xf4],
            Ink::Plan | Ink::Soft => [0x4c, 0x54, 0x5e],
            Ink::Over => [0xf9, 0xea, 0xe6],
            Ink::Bad => [0xc6, 0x40, 0x1a],
            Ink::Strong => [0x16, 0x19, 0x1d],
            Ink::Base => [0x6a, 0x73, 0x80],
            Ink::Good => [0x12, 0x87, 0x6a],
            Ink::Unproven => [0xb9, 0x82, 0x00],
            Ink::Join => [0xe3, 0xe6, 0xea],
        }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) ink: Ink,
    pub(super) width: f64,
    /// Length of dashes and of the gaps between them; 0 for a whole line.
    pub(super) dash: f64,
}

/// Where a text stands to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A place, to the right and down from the upper left corner.
pub(super) type Place = (f64, f64);

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// One mark of a drawing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Lines through places; several runs where something is missing between them.
    Runs {
        runs: Vec<Vec<Place>>,
        stroke: Stroke,
    },
    /// An area inside places.
    Fill { places: Vec<Place>, ink: Ink },
    /// A rectangle; `strength` in hundredths.
    Rect {
        area: Area,
        ink: Ink,
        round: f64,
        strength: u8,
    },
    /// A rectangle as an outline: the same meaning, said by nobody but the registry.
    Frame { area: Area, ink: Ink },
    /// A rectangle of slanted lines.
    Hatch { area: Area, ink: Ink },
    /// A dot.
    Dot { at: Place, ink: Ink },
    /// Words.
    Text {
        at: Place,
        text: String,
        size: f64,
        bold: bool,
        anchor: Anchor,
        ink: Ink,
    },
    /// An area that says something when it is pointed at; pixels have none.
    Says { area: Area, text: String },
}

/// Shapes, the lowest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What it shows, for those who cannot see it.
    pub(super) about: String,
    pub(super) shapes: Vec<Shape>,
}

/// The least size of letters.
pub(super) const SMALL: f64 = 11.5;
/// The size of letters that say a figure.
pub(super) const LABEL: f64 = 12.5;
/// Between the lines of a hatched area.
const HATCH_STEP: f64 = 4.0;

impl Drawing {
    pub(super) fn new(width: f64, height: f64, about: &str) -> Drawing {
        Drawing {
            width,
            height,
            about: about.to_owned(),
            shapes: Vec::new(),
        }
    }

    pub(super) fn line(&mut self, from: Place, to: Place, stroke: Stroke) {
        self.shapes.push(Shape::Runs {
            runs: vec![vec![from, to]],
            stroke,
        });
    }

    pub(super) fn runs(&mut self, runs: Vec<Vec<Place>>, stroke: Stroke) {
        self.shapes.push(Shape::Runs { runs, stroke });
    }

    pub(super) fn fill(&mut self, places: Vec<Place>, ink: Ink) {
        self.shapes.push(Shape::Fill { places, ink });
    }

    pub(super) fn rect(&mut self, area: Area, ink: Ink) {
        self.shapes.push(Shape::Rect {
            area,
            ink,
            round: 2.0,
            strength: 100,
        });
    }

    pub(super) fn text(&mut self, at: Place, text: &str, anchor: Anchor, ink: Ink) {
        let says = matches!(ink, Ink::Strong | Ink::Plan);
        let size = if says { LABEL } else { SMALL };
        self.shapes.push(Shape::Text {
            at,
            text: text.to_owned(),
            size,
            bold: matches!(ink, Ink::Strong | Ink::Bad),
            anchor,
            ink,
        });
    }

    pub(super) fn says(&mut self, area: Area, text: String) {
        self.shapes.push(Shape::Says { area, text });
    }
}

/// The lines of a hatched area, each inside it.
pub(super) fn hatching(area: Area) -> Vec<(Place, Place)> {
    let Area {
        x,
        y,
        width,
        height,
    } = area;
    let mut lines = Vec::new();
    let mut along = HATCH_STEP / 2.0;
    while along < width + height {
        let from = if along < height {
            (x, y + along)
        } else {
            (x + along - height, y + height)
        };
        let to = if along < width {
            (x + along, y)
        } else {
            (x + width, y + along - width)
        };
        lines.push((from, to));
        along += HATCH_STEP;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hatching_stays_inside() {
        for (width, height) in [(20.0, 8.0), (3.0, 40.0), (0.5, 0.5)] {
            let area = Area {
                x: 10.0,
                y: 5.0,
                width,
                height,
            };
            let inside = |(x, y): Place| {
                (10.0..=10.0 + width + 1e-9).contains(&x)
                    && (5.0..=5.0 + height + 1e-9).contains(&y)
            };
            for (from, to) in hatching(area) {
                assert!(
                    inside(from) && inside(to),
                    "{width}x{height}: {from:?} {to:?}"
                );
            }
        }
    }
}
