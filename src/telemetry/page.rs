//! Writes metrics in Prometheus's text format, version 0.0.4.
//!
//! Knows no figure. A newcomer may ask why by hand: the format is three kinds of lines, and the
//! usual crate writes `OpenMetrics` alone, where a counter's help stands under another name than its
//! samples, so that readers of the plain format find counters without help or type.

use std::fmt::Display;

use super::metric::{Described, Metric};

/// A number in a base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// A whole number.
    Whole(i64),
    /// Milliseconds, written as seconds.
    Millis(i64),
    /// Microseconds, written as seconds.
    Micros(i64),
    /// Millionths, written as a ratio.
    Millionths(i64),
}

impl Number {
    /// A count; one past the format's own exactness stays at its end.
    pub(super) fn count(value: u64) -> Number {
        Number::Whole(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (value, one, places) = match *self {
            Number::Whole(value) => return write!(f, "{value}"),
            Number::Millis(value) => (value, 1_000, 3),
            Number::Micros(value) | Number::Millionths(value) => (value, 1_000_000, 6),
        };
        let sign = if value < 0 { "-" } else { "" };
        let (whole, part) = (value.unsigned_abs() / one, value.unsigned_abs() % one);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{part:0places$}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// A page of metrics in the making.
#[derive(Debug, Default)]
pub(super) struct Page {
    out: String,
    /// The metric whose head stands last on the page.
    head: Option<Metric>,
}

impl Page {
    /// A sample of `metric`, with the values of its labels in their order.
    pub(super) fn put(&mut self, metric: Metric, values: &[&str], number: Number) {
        let names = metric.described().labels;
        debug_assert_eq!(names.len(), values.len(), "labels of {metric:?}");
        let labels = names.iter().copied().zip(values.iter().copied());
        self.line(metric, "", labels, number);
    }

    /// A line of a histogram: `_bucket` with its bound, `_sum` or `_count`.
    pub(super) fn part(&mut self, metric: Metric, part: &str, le: Option<&str>, number: Number) {
        self.line(metric, part, le.map(|le| ("le", le)), number);
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.out
    }

    fn line<'a>(
        &mut self,
        metric: Metric,
        part: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        number: Number,
    ) {
        let Described {
            name, kind, help, ..
        } = metric.described();
        if self.head != Some(metric) {
            self.head = Some(metric);
            let (help, kind) = (escaped(help, false), kind.as_str());
            let head = format!("# HELP {name} {help}.\n# TYPE {name} {kind}\n");
            self.out.push_str(&head);
        }
        self.out.extend([name, part]);
        let mut mark = "{";
        for (label, value) in labels {
            let value = escaped(value, true);
            self.out.extend([mark, label, "=\"", &value, "\""]);
            mark = ",";
        }
        let close = if mark == "," { "}" } else { "" };
        self.out.extend([close, " ", &number.to_string(), "\n"]);
    }
}

/// A text with the format's own signs escaped; the quote only inside label values.
fn escaped(text: &str, quote: bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => safe.push_str("\\\\"),
            '\n' => safe.push_str("\\n"),
            '"' if quote => safe.push_str("\\\""),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_base_units() {
        let cases = [
            (Number::Whole(-3), "-3"),
            (Number::Millis(1_795_166_071_123), "1795166071.123"),
            (Number::Millis(2_000), "2"),
            (Number::Millis(-50), "-0.05"),
            (Number::Micros(2_500), "0.0025"),
            (Number::Millionths(997_312), "0.997312"),
            (Number::count(u64::MAX), "9223372036854775807"),
        ];
        for (number, wanted) in cases {
            assert_eq!(number.to_string(), wanted);
        }
    }

    #[test]
    fn label_values_are_escaped() {
        let mut page = Page::default();
        page.put(Metric::Assigned, &["a\"b\\c\nd"], Number::Whole(1));
        let text = page.finish();
        let last = text.lines().last();
        assert_eq!(
            last,
            Some(r#"tollwatch_assigned_partitions{source="a\"b\\c\nd"} 1"#)
        );
    }
}
