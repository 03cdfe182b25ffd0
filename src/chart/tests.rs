//! Every chart in every size: inside its edges, without text outside, as SVG and as PNG.

use chrono_tz::Tz;

use super::draw::{Anchor, Shape};
use super::font::{room, spare};
use super::*;
use crate::units::UnixMillis;

const WIDTHS: [Width; 4] = [Width::Wide, Width::Half, Width::Narrow, Width::Mail];

type Series = Vec<(UnixMillis, f64)>;
type Band = Vec<(UnixMillis, f64, f64)>;

fn alert() -> (Series, Band) {
    let at = |i: i64| UnixMillis(1_795_194_000_000 + i * 600_000);
    let calls = |i: i64| {
        if i < 59 {
            130 + (i * 37) % 60
        } else {
            930 + (i * 13) % 40
        }
    };
    let series = (0..72).map(|i| (at(i), real(calls(i)))).collect();
    let band = (0..72).map(|i| (at(i), 90.0, 180.0 + real((i * 11) % 40)));
    (series, band.collect())
}

/// All charts of one size, with names that are too long.
#[expect(clippy::too_many_lines, reason = "a table of charts")]
fn all(width: Width) -> Vec<Drawing> {
    let (series, band) = alert();
    let long = "a name that is far longer than any place for it, <b>&amp;</b> ".repeat(4);
    let moment = Moment {
        series: &series,
        band: &band,
        at: UnixMillis(1_795_194_000_000 + 59 * 600_000),
        when: "02:40",
        what: &long,
        label: "950 / 10 min",
        expected: "expected 120 to 180",
        unit: Unit::Count,
        zone: Tz::Europe__Berlin,
    };
    let days: Vec<Day> = (0..14)
        .map(|i| Day {
            label: format!("{} Nov", i + 8),
            value: (i != 4).then_some(if i < 7 { 4.1 } else { 14.2 }),
            says: format!("{i}"),
        })
        .collect();
    let mark = Mark {
        at: 6.4,
        when: "14 Nov 09:14".to_owned(),
        what: long.clone(),
    };
    let daily = Daily {
        about: "cost",
        days: &days,
        plan: Some((4.0, "4.0 ¢ approved")),
        end: "14.2 ¢ today",
        unit: Unit::Cents,
        mark: Some(&mark),
    };
    let columns: Vec<Column> = days
        .iter()
        .map(|day| Column {
            label: day.label.clone(),
            parts: vec![
                (Look::Solid(Ink::Good), 50.0),
                (Look::Frame(Ink::Good), 9.0),
                (Look::Solid(Ink::Bad), 0.01),
                (Look::Hatch(Ink::Unproven), 12.0),
            ],
            says: long.clone(),
        })
        .collect();
    let bar = |label: &str, value: f64| Bar {
        label: label.to_owned(),
        value,
        said: format!("${value}"),
        plan: Some(50.0),
        look: Look::Solid(Ink::Line),
    };
    let step = |label: &str, value: f64| Step {
        label: label.to_owned(),
        value,
        said: format!("{value:+}"),
    };
    let steps = [step("Prompt tokens per call", 561.3), step(&long, -0.5)];
    vec![
        moment.draw(width),
        daily.draw(width),
        Daily { days: &[], ..daily }.draw(width),
        Columns {
            about: "verdicts",
            columns: &columns,
            plan: Some((60.0, "60 allowed")),
            unit: Unit::Count,
            mark: Some(&mark),
        }
        .draw(width),
        Bars {
            about: "features",
            bars: &[bar(&long, 80.0), bar("b", 0.0)],
        }
        .draw(width),
        Bridge {
            about: "why",
            first: &step("Approved", 344.0),
            steps: &steps,
            last: &step("Today", 904.8),
        }
        .draw(width),
        Heat {
            about: "latency",
            columns: &["8 Nov".to_owned(), "9 Nov".to_owned()],
            rows: &["over 8 s".to_owned(), "below 1 s".to_owned()],
            fields: &[vec![0, 3], vec![900, 12]],
            limit: Some((1.0, "8 s timeout")),
        }
        .draw(width),
    ]
}

#[test]
fn everything_stays_inside_its_edges() {
    for width in WIDTHS {
        for (i, drawing) in all(width).iter().enumerate() {
            let inside = |x: f64, y: f64| {
                let ok = (-0.6..=drawing.width + 0.6).contains(&x)
                    && (-0.6..=drawing.height + 0.6).contains(&y);
                assert!(ok, "{width:?} {i}: {x},{y}");
            };
            for shape in &drawing.shapes {
                match shape {
                    Shape::Runs { runs, .. } => {
                        runs.iter().flatten().for_each(|(x, y)| inside(*x, *y));
                    }
                    Shape::Fill { places, .. } => places.iter().for_each(|(x, y)| inside(*x, *y)),
                    Shape::Rect { area, .. }
                    | Shape::Frame { area, .. }
                    | Shape::Hatch { area, .. } => {
                        inside(area.x, area.y);
                        inside(area.x + area.width, area.y + area.height);
                    }
                    Shape::Dot { at, .. } => inside(at.0, at.1),
                    Shape::Text {
                        at,
                        text,
                        size,
                        bold,
                        anchor,
                        ..
                    } => {
                        assert!(*size >= 11.0, "letters of {size}");
                        let wide = room(text, *size, *bold) / spare(*bold);
                        let left = match anchor {
                            Anchor::Start => at.0,
                            Anchor::Middle => at.0 - wide / 2.0,
                            Anchor::End => at.0 - wide,
                        };
                        inside(left, at.1);
                        inside(left + wide, at.1);
                    }
                    Shape::Says { .. } => {}
                }
            }
        }
    }
}

#[test]
fn texts_cannot_break_out() {
    for theme in [Theme::Page, Theme::Mail] {
        for drawing in all(Width::Wide) {
            let svg = drawing.svg(theme, "wide");
            assert!(!svg.contains("<b>") && !svg.contains("NaN"), "{svg}");
            assert_eq!(svg.contains("class=\"s-"), theme == Theme::Page, "{svg}");
            assert!(svg.len() < 20_000, "{} bytes", svg.len());
        }
    }
}

#[test]
fn a_picture_for_a_mail_is_small_and_twice_its_size() {
    let drawing = &all(Width::Mail)[0];
    let png = drawing.png().unwrap();
    assert!(png.len() < 40_000, "{} bytes", png.len());
    let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((size(16), size(20)), (1200, 360));
    if let Ok(folder) = std::env::var("CHARTS") {
        for (i, drawing) in all(Width::Wide).iter().chain(&all(Width::Mail)).enumerate() {
            std::fs::write(format!("{folder}/{i}.png"), drawing.png().unwrap()).unwrap();
            let svg = drawing.svg(Theme::Mail, "");
            std::fs::write(format!("{folder}/{i}.svg"), svg).unwrap();
        }
    }
}
