//! Small pictures inside tiles and table rows: a line without an axis, shares of a whole, a meter.
//!
//! Knows no books; for pages alone, with the classes of their style sheet. A newcomer may ask why
//! shares are in percent of the width and have no `viewBox`: hatching must not be stretched.

use std::fmt::Write;

use super::axis::count;
use super::svg::escaped;

/// Hatched areas of [`shares`] and [`meter`] refer to this; a page writes it once.
pub const PATTERNS: &str = "<svg class=\"defs\" aria-hidden=\"true\"><defs><pattern id=\"hatch-unproven\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"f-unproven\" width=\"2\" height=\"4\"/></pattern><pattern id=\"hatch-line\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"f-line\" width=\"3\" height=\"6\"/></pattern></defs></svg>";

/// Size of a sparkline.
const WIDE: f64 = 220.0;
const HIGH: f64 = 40.0;

/// A line without an axis, its last value as a dot, and a plan where there is one. Values that are
/// not there break it.
#[must_use]
pub fn spark(values: &[Option<f64>], plan: Option<f64>) -> String {
    let known = values.iter().flatten().copied();
    let most = known.chain(plan).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let last = count(values.len().saturating_sub(1)).max(1.0);
    let y = |value: f64| HIGH - 2.0 - (HIGH - 6.0) * (value / most).clamp(0.0, 1.0);
    let mut out = format!(
        "<svg class=\"spark\" viewBox=\"0 0 {WIDE} {HIGH}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    if let Some(plan) = plan {
        let y = y(plan);
        write!(
            out,
            "<path class=\"s-plan\" fill=\"none\" stroke-dasharray=\"3 3\" d=\"M0,{y:.1}L{WIDE},{y:.1}\"/>"
        )
        .unwrap_or_default();
    }
    out.push_str("<path class=\"s-line\" fill=\"none\" d=\"");
    let mut pen = 'M';
    let mut end = None;
    for (i, value) in values.iter().enumerate() {
        let Some(value) = value else {
            pen = 'M';
            continue;
        };
        let place = (2.0 + (WIDE - 6.0) * count(i) / last, y(*value));
        write!(out, "{pen}{:.1},{:.1}", place.0, place.1).unwrap_or_default();
        pen = 'L';
        end = Some(place);
    }
    out.push_str("\"/>");
    if let Some((x, y)) = end {
        // A line of no length with round ends stays round however the picture is stretched.
        write!(out, "<path class=\"s-dot\" d=\"M{x:.1},{y:.1}l0,0\"/>").unwrap_or_default();
    }
    out.push_str("</svg>");
    out
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Proven inside the rule: filled.
    Held,
    /// Only declared inside: an outline.
    Declared,
    /// Outside: filled.
    Violated,
    /// Nobody can tell: hatched.
    Unproven,
}

/// Shares of a whole, side by side; `class` says how wide it is.
#[must_use]
pub fn shares(parts: &[(Part, i64)], class: &str, about: &str) -> String {
    let all: i64 = parts.iter().map(|(_, n)| (*n).max(0)).sum();
    let mut out = format!(
        "<svg class=\"shares {class}\" height=\"9\" role=\"img\" aria-label=\"{}\">",
        escaped(about)
    );
    let mut before = 0.0_f64;
    for (part, n) in parts.iter().filter(|(_, n)| *n > 0) {
        let share = super::axis::real(*n) / super::axis::real(all.max(1)) * 100.0;
        // What is there at all is seen.
        let seen = share.max(1.2).min(100.0 - before.min(98.8));
        let class = match part {
            Part::Held => "class=\"f-good\"",
            Part::Declared => "class=\"p-declared\"",
            Part::Violated => "class=\"f-bad\"",
            Part::Unproven => "fill=\"url(#hatch-unproven)\"",
        };
        let inset = if *part == Part::Declared { ".75" } else { ".5" };
        let high = if *part == Part::Declared { "7.5" } else { "8" };
        write!(
            out,
            "<rect {class} x=\"{before:.2}%\" y=\"{inset}\" width=\"{seen:.2}%\" height=\"{high}\"/>"
        )
        .unwrap_or_default();
        before += share;
    }
    out.push_str("</svg>");
    out
}

/// How far something is on the way to its limit: what is there, what is foreseen (hatched), and the
/// limit as a line. The limit, or what is foreseen where that is more, is nearly the whole width.
#[must_use]
pub fn meter(real: f64, foreseen: Option<f64>, limit: Option<f64>, about: &str) -> String {
    let ends = [Some(real), foreseen, limit];
    let most = ends.into_iter().flatten().fold(0.0, f64::max) * 1.02;
    let percent = |value: f64| (value / most.max(f64::MIN_POSITIVE) * 100.0).clamp(0.0, 100.0);
    let mut out = format!(
        "<svg class=\"meter\" height=\"16\" role=\"img\" aria-label=\"{}\"><rect class=\"f-grid\" y=\"4\" width=\"100%\" height=\"8\" rx=\"4\"/>",
        escaped(about)
    );
    if let Some(foreseen) = foreseen.filter(|foreseen| *foreseen > real) {
        let (from, wide) = (percent(real), percent(foreseen) - percent(real));
        write!(
            out,
            "<rect fill=\"url(#hatch-line)\" x=\"{from:.2}%\" y=\"4\" width=\"{wide:.2}%\" height=\"8\"/>"
        )
        .unwrap_or_default();
    }
    let wide = percent(real);
    write!(
        out,
        "<rect class=\"f-line\" y=\"4\" width=\"{wide:.2}%\" height=\"8\" rx=\"4\"/>"
    )
    .unwrap_or_default();
    if let Some(limit) = limit {
        let x = percent(limit);
        write!(
            out,
            "<rect class=\"f-strong\" x=\"{x:.2}%\" width=\"2\" height=\"16\"/>"
        )
        .unwrap_or_default();
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_are_seen_and_nothing_leaves_the_whole() {
        let cases: [&[(Part, i64)]; 4] = [
            &[(Part::Held, 100_000), (Part::Violated, 1)],
            &[(Part::Unproven, 3)],
            &[],
            &[(Part::Held, 1), (Part::Declared, 1), (Part::Violated, 1)],
        ];
        for parts in cases {
            let text = shares(parts, "wide", "a <b>");
            assert_eq!(text.matches("<rect").count(), parts.len(), "{text}");
            assert!(text.contains("aria-label=\"a &lt;b&gt;\""), "{text}");
            let numbers = |name: &str| -> Vec<f64> {
                let start = format!(" {name}=\"");
                let found = text.split(&start).skip(1);
                let number = |rest: &str| rest.split_once("%\"")?.0.parse().ok();
                found.filter_map(number).collect()
            };
            for (x, width) in numbers("x").iter().zip(numbers("width")) {
                assert!(width >= 1.2 && x + width <= 101.3, "{text}");
            }
        }
    }

    #[test]
    fn sparks_break_where_nothing_is_known() {
        let text = spark(&[Some(1.0), None, Some(2.0), Some(3.0)], Some(2.0));
        let line = text.split("s-line\" fill=\"none\" d=\"").nth(1).unwrap();
        let line = line.split('"').next().unwrap();
        assert_eq!(line.matches('M').count(), 2, "{line}");
        assert!(!spark(&[], None).contains("NaN"));
    }
}
