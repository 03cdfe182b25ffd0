//! A drawing as a PNG, for mail programs that show no SVG.
//!
//! Knows no chart. A newcomer may ask why two pixels for each: phones and newer screens have as
//! many, and the mail states the size in its own measure.

use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, StrokeDash, Transform,
};

use super::draw::{Anchor, Area, Drawing, Ink, Place, Shape, Stroke, hatching};
use super::font::Letters;
use super::svg::{inset, outline};

/// Pixels for each unit of the drawing.
const SCALE: f32 = 2.0;

impl Drawing {
    /// The drawing as the bytes of a PNG, twice as many pixels wide and high; `None` only when
    /// memory is short.
    #[must_use]
    pub fn png(&self) -> Option<Vec<u8>> {
        let size = |length: f64| pixels(length * f64::from(SCALE));
        let mut canvas = Canvas {
            map: Pixmap::new(size(self.width), size(self.height))?,
        };
        canvas.map.fill(color(Ink::Paper, 100));
        for shape in &self.shapes {
            canvas.shape(shape);
        }
        canvas.map.encode_png().ok()
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length between 0 and some thousands"
)]
fn pixels(length: f64) -> u32 {
    length.clamp(1.0, 10_000.0).ceil() as u32
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "half a thousandth of a pixel is not seen"
)]
fn short(length: f64) -> f32 {
    length as f32
}

fn color(ink: Ink, strength: u8) -> tiny_skia::Color {
    let [red, green, blue] = ink.light();
    let alpha = u32::from(strength.min(100)) * 255 / 100;
    tiny_skia::Color::from_rgba8(red, green, blue, u8::try_from(alpha).unwrap_or(255))
}

fn paint(ink: Ink, strength: u8) -> Paint<'static> {
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.set_color(color(ink, strength));
    paint
}

struct Canvas {
    map: Pixmap,
}

impl Canvas {
    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Runs { runs, stroke } => self.stroke(runs, *stroke),
            Shape::Fill { places, ink } => {
                let mut path = PathBuilder::new();
                run(&mut path, places);
                path.close();
                self.fill(path.finish(), *ink, 100);
            }
            Shape::Rect {
                area,
                ink,
                round: _,
                strength,
            } => self.fill(rect(*area), *ink, *strength),
            Shape::Frame { area, ink } => {
                let Area {
                    x,
                    y,
                    width,
                    height,
                } = inset(*area);
                let (right, bottom) = (x + width, y + height);
                let around = vec![(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
                self.stroke(&[around], outline(*ink));
            }
            Shape::Hatch { area, ink } => {
                let lines = hatching(*area).into_iter();
                let runs: Vec<Vec<Place>> = lines.map(|(from, to)| vec![from, to]).collect();
                self.stroke(&runs, outline(*ink));
            }
            Shape::Dot { at, ink } => {
                let path = PathBuilder::from_circle(short(at.0), short(at.1), 4.0);
                self.fill(path, *ink, 100);
            }
            Shape::Text {
                at,
                text,
                size,
                bold,
                anchor,
                ink,
            } => self.words((*at, *anchor), text, (*size, *bold), *ink),
            Shape::Says { .. } => {}
        }
    }

    fn fill(&mut self, path: Option<Path>, ink: Ink, strength: u8) {
        if let Some(path) = path {
            let to = Transform::from_scale(SCALE, SCALE);
            let paint = paint(ink, strength);
            self.map
                .fill_path(&path, &paint, FillRule::Winding, to, None);
        }
    }

    fn stroke(&mut self, runs: &[Vec<Place>], stroke: Stroke) {
        let mut path = PathBuilder::new();
        for places in runs {
            run(&mut path, places);
        }
        let Some(path) = path.finish() else { return };
        let dash = short(stroke.dash);
        let drawn = tiny_skia::Stroke {
            width: short(stroke.width),
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash: StrokeDash::new(vec![dash, dash], 0.0),
            ..tiny_skia::Stroke::default()
        };
        let to = Transform::from_scale(SCALE, SCALE);
        let paint = paint(stroke.ink, 100);
        self.map.stroke_path(&path, &paint, &drawn, to, None);
    }

    fn words(
        &mut self,
        (at, anchor): (Place, Anchor),
        text: &str,
        (size, bold): (f64, bool),
        ink: Ink,
    ) {
        let letters = Letters::of(bold);
        let width = letters.width(text, size);
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        let scale = short(letters.scale(size)) * SCALE;
        for (outline, along) in letters.outlines::<Outline>(text, size) {
            let x = short(left + along) * SCALE;
            let y = short(at.1) * SCALE;
            // Letters are drawn upwards from their line.
            let to = Transform::from_row(scale, 0.0, 0.0, -scale, x, y);
            if let Some(path) = outline.0.finish() {
                let paint = paint(ink, 100);
                self.map
                    .fill_path(&path, &paint, FillRule::Winding, to, None);
            }
        }
    }
}

fn rect(area: Area) -> Option<Path> {
    let (width, height) = (short(area.width), short(area.height));
    Rect::from_xywh(short(area.x), short(area.y), width, height).map(PathBuilder::from_rect)
}

fn run(path: &mut PathBuilder, places: &[Place]) {
    for (i, (x, y)) in places.iter().enumerate() {
        if i == 0 {
            path.move_to(short(*x), short(*y));
        } else {
            path.line_to(short(*x), short(*y));
        }
    }
}

/// A letter's outline on its way from the font to the canvas.
#[derive(Default)]
struct Outline(PathBuilder);

impl ttf_parser::OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
