//! A drawing as SVG text.
//!
//! Knows no chart. A newcomer may ask why inks are classes on pages and colours in mails: a page's
//! colours follow its theme by the style sheet, and mail programs drop style sheets.

use std::fmt::Write;

use super::draw::{Anchor, Area, Drawing, Ink, Place, Shape, Stroke, hatching};

/// Where the picture will be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// On a page: inks are classes (`s-…` for lines, `f-…` for areas and letters).
    Page,
    /// In a mail, or in a file of its own: inks are the fixed colours of a light page.
    Mail,
}

impl Drawing {
    /// The drawing as one `<svg>` element; `class` is written on it where it is not empty.
    #[must_use]
    pub fn svg(&self, theme: Theme, class: &str) -> String {
        let mut out = Writer {
            text: String::new(),
            theme,
        };
        out.open(self, class);
        for look in self.shapes.chunk_by(alike) {
            match look {
                [one] => out.shape(one),
                several => out.areas(several),
            }
        }
        out.text.push_str("</svg>");
        out.text
    }
}

/// Whether two areas with square corners look the same, so that one path draws both.
fn alike(one: &Shape, next: &Shape) -> bool {
    let look = |shape: &Shape| match shape {
        Shape::Rect {
            ink,
            round,
            strength,
            ..
        } if *round <= 0.0 => Some((*ink, *strength)),
        Shape::Rect { .. }
        | Shape::Runs { .. }
        | Shape::Fill { .. }
        | Shape::Frame { .. }
        | Shape::Hatch { .. }
        | Shape::Dot { .. }
        | Shape::Text { .. }
        | Shape::Says { .. } => None,
    };
    look(one).is_some_and(|one| look(next) == Some(one))
}

/// Text as it stands in an element or attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ if c.is_control() => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

/// A coordinate with one decimal, without a useless one.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.1}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

struct Writer {
    text: String,
    theme: Theme,
}

impl Writer {
    /// Writing to a `String` cannot fail.
    fn put(&mut self, words: std::fmt::Arguments<'_>) {
        self.text.write_fmt(words).unwrap_or_default();
    }

    fn open(&mut self, drawing: &Drawing, class: &str) {
        let (width, height) = (Short(drawing.width), Short(drawing.height));
        match self.theme {
            Theme::Page => self.put(format_args!("<svg")),
            Theme::Mail => self.put(format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"Inter,Helvetica,Arial,sans-serif\""
            )),
        }
        if !class.is_empty() {
            self.put(format_args!(" class=\"{}\"", escaped(class)));
        }
        let about = escaped(&drawing.about);
        self.put(format_args!(
            " viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{about}\">"
        ));
        if self.theme == Theme::Mail {
            let fill = self.filled(Ink::Paper);
            self.put(format_args!(
                "<rect width=\"{width}\" height=\"{height}\"{fill}/>"
            ));
        }
    }

    fn filled(&self, ink: Ink) -> String {
        match self.theme {
            Theme::Page => format!(" class=\"f-{}\"", ink.as_str()),
            Theme::Mail => format!(" fill=\"{}\"", hex(ink)),
        }
    }

    fn stroked(&self, stroke: Stroke) -> String {
        let mut text = match self.theme {
            Theme::Page => format!(" class=\"s-{}\"", stroke.ink.as_str()),
            Theme::Mail => format!(" stroke=\"{}\"", hex(stroke.ink)),
        };
        text.push_str(" fill=\"none\"");
        if (stroke.width - 1.0).abs() > 0.01 {
            write!(text, " stroke-width=\"{}\"", Short(stroke.width)).unwrap_or_default();
        }
        if stroke.dash > 0.0 {
            let dash = Short(stroke.dash);
            write!(text, " stroke-dasharray=\"{dash} {dash}\"").unwrap_or_default();
        }
        text
    }

    /// Areas that look the same.
    fn areas(&mut self, shapes: &[Shape]) {
        let Some(Shape::Rect { ink, strength, .. }) = shapes.first() else {
            return;
        };
        let filled = self.filled(*ink);
        self.put(format_args!("<path{filled} d=\""));
        for shape in shapes {
            if let Shape::Rect { area, .. } = shape {
                let (width, height) = (Short(area.width.max(0.0)), Short(area.height.max(0.0)));
                let (x, y) = (Short(area.x), Short(area.y));
                self.put(format_args!("M{x} {y}h{width}v{height}h-{width}z"));
            }
        }
        self.put(format_args!("\""));
        self.strength(*strength);
        self.put(format_args!("/>"));
    }

    fn strength(&mut self, strength: u8) {
        if strength < 100 {
            self.put(format_args!(" fill-opacity=\".{strength:02}\""));
        }
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Runs { runs, stroke } => {
                let drawn = self.stroked(*stroke);
                self.put(format_args!("<path{drawn} stroke-linejoin=\"round\" d=\""));
                for run in runs {
                    self.run(run);
                }
                self.put(format_args!("\"/>"));
            }
            Shape::Fill { places, ink } => {
                let filled = self.filled(*ink);
                self.put(format_args!("<path{filled} d=\""));
                self.run(places);
                self.put(format_args!("Z\"/>"));
            }
            Shape::Rect {
                area,
                ink,
                round,
                strength,
            } => {
                let filled = self.filled(*ink);
                self.put(format_args!("<rect{filled}"));
                self.area(*area);
                if *round > 0.0 {
                    self.put(format_args!(" rx=\"{}\"", Short(*round)));
                }
                self.strength(*strength);
                self.put(format_args!("/>"));
            }
            Shape::Frame { area, ink } => {
                let drawn = self.stroked(outline(*ink));
                self.put(format_args!("<rect{drawn}"));
                self.area(inset(*area));
                self.put(format_args!("/>"));
            }
            Shape::Hatch { area, ink } => {
                let drawn = self.stroked(outline(*ink));
                self.put(format_args!("<path{drawn} d=\""));
                for (from, to) in hatching(*area) {
                    self.run(&[from, to]);
                }
                self.put(format_args!("\"/>"));
            }
            Shape::Dot { at, ink } => {
                let filled = self.filled(*ink);
                let (x, y) = (Short(at.0), Short(at.1));
                self.put(format_args!(
                    "<circle{filled} cx=\"{x}\" cy=\"{y}\" r=\"4\"/>"
                ));
            }
            Shape::Text { .. } => self.words(shape),
            Shape::Says { area, text } => {
                if self.theme == Theme::Page {
                    self.put(format_args!("<rect class=\"says\""));
                    self.area(*area);
                    self.put(format_args!("><title>{}</title></rect>", escaped(text)));
                }
            }
        }
    }

    fn words(&mut self, shape: &Shape) {
        let Shape::Text {
            at,
            text,
            size,
            bold,
            anchor,
            ink,
        } = shape
        else {
            return;
        };
        let filled = self.filled(*ink);
        let (x, y) = (Short(at.0), Short(at.1));
        self.put(format_args!(
            "<text{filled} x=\"{x}\" y=\"{y}\" font-size=\"{}\"",
            Short(*size)
        ));
        if *bold {
            self.put(format_args!(" font-weight=\"600\""));
        }
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => self.put(format_args!(" text-anchor=\"middle\"")),
            Anchor::End => self.put(format_args!(" text-anchor=\"end\"")),
        }
        self.put(format_args!(">{}</text>", escaped(text)));
    }

    fn run(&mut self, places: &[Place]) {
        for (i, (x, y)) in places.iter().enumerate() {
            let letter = if i == 0 { 'M' } else { 'L' };
            self.put(format_args!("{letter}{},{}", Short(*x), Short(*y)));
        }
    }

    fn area(&mut self, area: Area) {
        self.put(format_args!(
            " x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            Short(area.x),
            Short(area.y),
            Short(area.width.max(0.0)),
            Short(area.height.max(0.0))
        ));
    }
}

/// The line around a frame, and of a hatched area.
pub(super) fn outline(ink: Ink) -> Stroke {
    Stroke {
        ink,
        width: 1.4,
        dash: 0.0,
    }
}

/// A frame's line runs inside its area.
pub(super) fn inset(area: Area) -> Area {
    Area {
        x: area.x + 0.7,
        y: area.y + 0.7,
        width: area.width - 1.4,
        height: area.height - 1.4,
    }
}

fn hex(ink: Ink) -> String {
    let [red, green, blue] = ink.light();
    format!("#{red:02x}{green:02x}{blue:02x}")
}
