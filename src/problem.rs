//! A fault in a written file: where it is, what it is, what would be right.
//!
//! Knows no file system and no terminal. A newcomer may ask why problems are collected and sorted
//! instead of returned one by one: a person fixes a file once, not once per fault.

use std::fmt;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and something in it deserves a person's look.
    Warning,
}

impl Severity {
    /// The word that stands before the message.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A line and column, both from 1, and how many characters the caret covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line from 1; 0 when the fault has no place.
    pub line: usize,
    /// Column in characters from 1.
    pub column: usize,
    /// Characters under the caret, at least 1.
    pub width: usize,
}

impl Place {
    /// The place of a byte range in `text`.
    #[must_use]
    pub fn of_span(text: &str, span: std::ops::Range<usize>) -> Place {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let end = text
            .floor_char_boundary(span.end.min(text.len()))
            .max(start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i.saturating_add(1));
        let first_line = text
            .get(start..end)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        Place {
            line: memchr::memchr_iter(b'\n', before.as_bytes())
                .count()
                .saturating_add(1),
            column: before
                .get(line_start..)
                .unwrap_or_default()
                .chars()
                .count()
                .saturating_add(1),
            width: first_line.chars().count().max(1),
        }
    }
}

/// One fault of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file as the user named it.
    pub file: String,
    /// Where in the file.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// A stable word for the kind of fault, for `--json` and tests.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, the offending value shown.
    pub message: String,
    /// What would be right; may be empty.
    pub hint: String,
    /// The faulty line as written; may be empty.
    pub source_line: String,
}

impl Problem {
    /// A fault at a byte range of `text`.
    #[must_use]
    pub fn at(
        file: &str,
        text: &str,
        span: std::ops::Range<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        let place = Place::of_span(text, span);
        let source_line = text
            .lines()
            .nth(place.line.saturating_sub(1))
            .unwrap_or_default();
        Problem {
            file: file.to_owned(),
            place,
            severity: Severity::Error,
            code,
            message: message.into(),
            hint: String::new(),
            source_line: source_line.to_owned(),
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = hint.into();
        self
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Problem {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Problem {
    /// `file:line:column: error: message`, the line with a caret, and the hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            line,
            column,
            width,
        } = self.place;
        if line == 0 {
            write!(
                f,
                "{}: {}: {}",
                self.file,
                self.severity.as_str(),
                self.message
            )?;
        } else {
            write!(
                f,
                "{}:{line}:{column}: {}: {}",
                self.file,
                self.severity.as_str(),
                self.message
            )?;
            let number = line.to_string();
            let gap = " ".repeat(number.len());
            let indent = " ".repeat(column.saturating_sub(1));
            let caret = "^".repeat(width);
            write!(
                f,
                "\n {number} | {}\n {gap} | {indent}{caret}",
                self.source_line
            )?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n hint: {}", self.hint)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_fault() {
        let text = "a = 1\nregion = \"atlantis\"\n";
        let problem = Problem::at(
            "e.toml",
            text,
            15..25,
            "unknown_region",
            "unknown region `atlantis`",
        )
        .hint("one of `eu`, `us`");
        assert_eq!(
            problem.to_string(),
            "e.toml:2:10: error: unknown region `atlantis`\n 2 | region = \"atlantis\"\n   |          ^^^^^^^^^^\n hint: one of `eu`, `us`"
        );
    }
}
