//! Breaks text into lines of 72 columns.
//!
//! Knows no mail. A newcomer may ask why letters are counted and not bytes: most readers' letters are one
//! column wide, and bytes are never.

/// Columns of the text part.
pub(super) const COLUMNS: usize = 72;

/// The text in lines; all but the first begin with `indent` blanks, and the first is taken to begin there too.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut used = indent;
    let mut begun = false;
    let room = COLUMNS.saturating_sub(indent).max(1);
    for word in text.split(' ').flat_map(|word| pieces(word, room)) {
        let letters = word.chars().count();
        if begun && used + 1 + letters > COLUMNS {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if begun {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += letters;
        begun = true;
    }
    lines
}

/// A word, in pieces where it is longer than a line; addresses stay whole, or they lead nowhere.
fn pieces(word: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    if !word.contains("://") {
        while let Some((at, _)) = rest.char_indices().nth(room) {
            let (piece, after) = rest.split_at(at);
            pieces.push(piece);
            rest = after;
        }
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The text with blanks after it up to `width`, at least one.
pub(super) fn pad(text: &str, width: usize) -> String {
    let letters = text.chars().count();
    let missing = width.saturating_sub(letters).max(1);
    format!("{text}{}", " ".repeat(missing))
}

/// What only wide fonts and careful browsers show well, in plain letters.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{202F}' | '\u{A0}' => plain.push(' '),
            '\u{2060}' => {}
            '−' => plain.push('-'),
            '“' | '”' => plain.push('"'),
            '…' => plain.push_str("..."),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_time() {
        let text = "one two ".repeat(40);
        let wrapped = wrap(&text, 10);
        for (number, line) in wrapped.lines().enumerate() {
            let most = if number == 0 { COLUMNS - 10 } else { COLUMNS };
            assert!(line.chars().count() <= most, "{line:?}");
            assert_eq!(line.starts_with("          "), number > 0, "{line:?}");
        }
        assert_eq!(wrap("92\u{202F}%", 0), "92\u{202F}%");
        assert_eq!(plain("−$1…"), "-$1...");
    }
}
