//! The letters of pictures: how wide a text is, and the outline of each letter.
//!
//! Knows no drawing. Inter (SIL Open Font License 1.1, `data/font/OFL.txt`), cut down to Latin by
//! `data/font/cut`. A newcomer may ask why a font is compiled in: mails are drawn where no font is.

use ttf_parser::{Face, OutlineBuilder};

const REGULAR: &[u8] = include_bytes!("../../data/font/Inter-Regular.ttf");
/// How much wider the letters of a page may be than ours.
const SPARE: f64 = 1.14;
/// The same of strong ones: a font without a half-bold weight takes its bold one.
const SPARE_BOLD: f64 = 1.22;
const BOLD: &[u8] = include_bytes!("../../data/font/Inter-SemiBold.ttf");

/// One weight of the font.
pub(super) struct Letters {
    face: Option<Face<'static>>,
}

impl Letters {
    pub(super) fn of(bold: bool) -> Letters {
        let bytes = if bold { BOLD } else { REGULAR };
        Letters {
            face: Face::parse(bytes, 0).ok(),
        }
    }

    /// Calls `each` for every letter of `text` at `size`, with its distance from the start; the
    /// width of all.
    fn walk(&self, text: &str, size: f64, mut each: impl FnMut(ttf_parser::GlyphId, f64)) -> f64 {
        let Some(face) = &self.face else {
            return 0.0;
        };
        let scale = self.scale(size);
        let mut along = 0.0;
        for c in text.chars() {
            // The font has no thin space; a fifth of the size is one.
            if c == '\u{202f}' {
                along += size / 5.0;
                continue;
            }
            let glyph = face.glyph_index(c).unwrap_or_default();
            each(glyph, along);
            along += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
        }
        along
    }

    /// Pixels in a unit of the font.
    pub(super) fn scale(&self, size: f64) -> f64 {
        let units = self.face.as_ref().map_or(1, Face::units_per_em);
        size / f64::from(units.max(1))
    }

    /// How wide a text is.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        self.walk(text, size, |_, _| {})
    }

    /// Hands out the outline of each letter, in units of the font, with its distance from the start.
    pub(super) fn outlines<B: OutlineBuilder + Default>(
        &self,
        text: &str,
        size: f64,
    ) -> Vec<(B, f64)> {
        let mut found = Vec::new();
        self.walk(text, size, |glyph, along| {
            let mut builder = B::default();
            let face = self.face.as_ref();
            if face
                .and_then(|face| face.outline_glyph(glyph, &mut builder))
                .is_some()
            {
                found.push((builder, along));
            }
        });
        found
    }
}

/// How much wider a page's letters may be.
pub(super) fn spare(bold: bool) -> f64 {
    if bold { SPARE_BOLD } else { SPARE }
}

/// How wide a text is; a little more than in our own font, as pages are shown in any.
pub(super) fn room(text: &str, size: f64, bold: bool) -> f64 {
    Letters::of(bold).width(text, size) * spare(bold)
}

/// The text, cut with an ellipsis where it takes more than `most`.
pub(super) fn fitted(text: &str, size: f64, most: f64) -> String {
    if room(text, size, false) <= most {
        return text.to_owned();
    }
    let mut kept: String = text.to_owned();
    while kept.pop().is_some() {
        let short = format!("{}…", kept.trim_end());
        if room(&short, size, false) <= most {
            return short;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_are_read_and_cover_what_pictures_say() {
        for bold in [false, true] {
            let letters = Letters::of(bold);
            let face = letters.face.as_ref().unwrap();
            for c in "0123456789$¢%×–−…·“”Äöüßéñ Az".chars() {
                assert!(face.glyph_index(c).is_some(), "{c:?}");
            }
            assert!(letters.width("950 / 10 min", 12.0) > 50.0);
        }
        assert!(room("wide", 12.0, true) > room("wide", 12.0, false));
    }

    #[test]
    fn cuts_what_is_too_long() {
        assert_eq!(fitted("short", 12.0, 100.0), "short");
        let cut = fitted(&"long name ".repeat(20), 12.0, 100.0);
        assert!(
            cut.ends_with('…') && room(&cut, 12.0, false) <= 100.0,
            "{cut}"
        );
        assert_eq!(fitted("x", 12.0, 0.0), "");
    }
}
