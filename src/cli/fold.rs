//! Breaks long lines of prose at the width of a terminal, with the indentation that they began with.
//!
//! Knows no figure; tables fit by themselves. A newcomer may ask why the terminal does not do it: it
//! breaks in the middle of words, and at the left edge, where a list's numbers stand.

use std::io::{self, Write};

/// A label such as `models` or `12.` ends before this column.
const LABEL_MAX: usize = 20;

/// Folds what is written through it; JSON passes as it is.
pub(super) struct Folding<'a> {
    out: &'a mut dyn Write,
    /// `None` where nobody looks: then nothing is folded.
    width: Option<usize>,
    line: Vec<u8>,
}

impl<'a> Folding<'a> {
    pub(super) fn new(out: &'a mut dyn Write, width: Option<usize>) -> Folding<'a> {
        Folding {
            out,
            width,
            line: Vec::new(),
        }
    }

    fn end_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        match (self.width, std::str::from_utf8(&line)) {
            (Some(width), Ok(text)) if !text.starts_with('{') && shown(text) > width => {
                self.out.write_all(folded(text, width).as_bytes())
            }
            (_, _) => self.out.write_all(&line),
        }
    }
}

impl Write for Folding<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.end_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end_line()?;
        self.out.flush()
    }
}

/// Columns that a text takes, without colours and its line's end.
pub(super) fn shown(text: &str) -> usize {
    let mut columns = 0;
    let mut colour = false;
    for c in text.trim_end_matches('\n').chars() {
        match c {
            '\u{1b}' => colour = true,
            'm' if colour => colour = false,
            _ if colour => {}
            _ => columns += 1,
        }
    }
    columns
}

/// Where the text behind a line's indentation and label begins: a label ends in two blanks, a
/// number in a point.
fn hanging(text: &str) -> usize {
    let blanks = text.chars().take_while(|c| *c == ' ').count();
    let own = text.trim_start_matches(' ');
    let label = own.split_once("  ").map(|(label, rest)| {
        let gap = 2 + rest.chars().take_while(|c| *c == ' ').count();
        blanks + label.chars().count() + gap
    });
    let number = own
        .split_once(". ")
        .filter(|(number, _)| number.parse::<u32>().is_ok())
        .map(|(number, _)| blanks + number.len() + 2);
    let begins = number.or(label);
    begins.filter(|at| *at <= LABEL_MAX).unwrap_or(blanks)
}

/// The text on several lines, each at most so wide, broken at blanks; a longer word stays whole.
fn folded(text: &str, width: usize) -> String {
    let (body, end) = match text.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (text, ""),
    };
    let hanging = hanging(body).min(width * 2 / 3);
    let (mut folded, mut column) = (String::new(), 0);
    for word in body.split_inclusive(' ') {
        let wide = shown(word.trim_end());
        if column > hanging && column + wide > width {
            folded.truncate(folded.trim_end().len());
            folded.push('\n');
            folded.push_str(&" ".repeat(hanging));
            column = hanging;
        }
        folded.push_str(word);
        column += shown(word);
    }
    folded + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded() {
        let rows: &[(&str, &str)] = &[
            ("short\n", "short\n"),
            (
                "one two three four five six\n",
                "one two three four\nfive six\n",
            ),
            (
                "  3. one two three four five",
                "  3. one two three\n     four five",
            ),
            (
                "    models  gpt-4o (12), gpt-5",
                "    models  gpt-4o\n            (12),\n            gpt-5",
            ),
            (
                "  a, b and c: words that go on",
                "  a, b and c:\n  words that go on",
            ),
            (
                "averyveryverylongwordindeed x",
                "averyveryverylongwordindeed\nx",
            ),
            (
                "{\"json\": \"is never ever folded\"}\n",
                "{\"json\": \"is never ever folded\"}\n",
            ),
            (
                "\u{1b}[31mred one two thr\u{1b}[0m",
                "\u{1b}[31mred one two thr\u{1b}[0m",
            ),
        ];
        for (text, expected) in rows {
            let mut out = Vec::new();
            let mut folding = Folding::new(&mut out, Some(18));
            folding.write_all(text.as_bytes()).unwrap();
            folding.flush().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), *expected);
        }
    }
}
