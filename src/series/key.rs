//! What a series is called: its measurement and the values of its tags.
//!
//! Knows no figure. A newcomer may ask why values are made fit here and not where lines are written:
//! two names that become one on the wire must be one series before anything is added up.

use super::names::{CLOSED_TAGS, Measurement};
use crate::units::Text;

/// The value of a tag that the books have nothing for.
pub const NONE: &str = "none";

/// The name of everything beyond a limit.
pub const OTHER: &str = "other";

/// Between the tags of a key as text; no value holds it.
const UNIT: char = '\u{1f}';

/// A series, but for its `rev`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    measurement: Measurement,
    values: Vec<Text>,
}

impl SeriesKey {
    /// A series by the values of [`Measurement::tags`], in their order; missing ones are
    /// [`NONE`], surplus ones are left out.
    #[must_use]
    pub fn new(measurement: Measurement, values: &[&str]) -> SeriesKey {
        let value = |place: usize| tag_value(values.get(place).copied().unwrap_or_default());
        let values = (0..measurement.tags().len()).map(value).collect();
        SeriesKey {
            measurement,
            values,
        }
    }

    /// Its measurement.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        self.measurement
    }

    /// Names and values of its tags, sorted by name.
    pub fn tags(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        self.measurement.tags().iter().copied().zip(&self.values)
    }

    /// The series that it is a part of past the limit: every name is [`OTHER`], verdict, grade and
    /// kind stay.
    #[must_use]
    pub fn folded(&self) -> SeriesKey {
        let value = |(name, value): (&str, &Text)| {
            if CLOSED_TAGS.contains(&name) {
                value.clone()
            } else {
                Text::const_new(OTHER)
            }
        };
        SeriesKey {
            measurement: self.measurement,
            values: self.tags().map(value).collect(),
        }
    }

    /// Whether it has no name but [`OTHER`].
    #[must_use]
    pub fn is_folded(&self) -> bool {
        self.tags()
            .all(|(name, value)| CLOSED_TAGS.contains(&name) || value == OTHER)
    }

    /// The values of its tags as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.values.join(UNIT.encode_utf8(&mut [0; 4]))
    }

    /// Reads [`SeriesKey::text`]; `None` when it is none of that measurement.
    #[must_use]
    pub fn parse(measurement: Measurement, text: &str) -> Option<SeriesKey> {
        let values: Vec<Text> = text.split(UNIT).map(Text::from).collect();
        (values.len() == measurement.tags().len()).then_some(SeriesKey {
            measurement,
            values,
        })
    }
}

/// A text as a tag can have it: never empty, one line, and without backslashes, of which no two
/// readers of the line protocol think alike.
#[must_use]
pub fn tag_value(text: &str) -> Text {
    let unfit = |c: char| c.is_control() || matches!(c, '\\' | '\u{2028}' | '\u{2029}');
    let text = text.trim();
    if text.is_empty() {
        return Text::const_new(NONE);
    }
    if !text.contains(unfit) {
        return Text::from(text);
    }
    let fit = |c: char| match c {
        '\\' => '/',
        c if unfit(c) => ' ',
        c => c,
    };
    let fitted: Text = text.chars().map(fit).collect();
    let trimmed = fitted.trim();
    if trimmed.is_empty() {
        return Text::const_new(NONE);
    }
    Text::from(trimmed)
}
