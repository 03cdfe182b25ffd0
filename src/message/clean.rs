//! Makes texts from outside fit for a mail: no control and no direction letters, short, no secret, no address.
//!
//! Knows no mail. A newcomer may ask why names are cleaned again that were cleaned at the door: a letter
//! that turns the reading direction is harmless in a ledger and a lie in a headline.

use crate::secret::looks_secret;

/// Letters of a name that a mail shows.
const NAME_LETTERS: usize = 60;
/// Letters of a sentence that a person wrote into a rule.
const SENTENCE_LETTERS: usize = 600;

/// Letters that show nothing, or turn the direction in which others are read.
fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// One line of plain letters: blanks are single, ends trimmed.
fn line(raw: &str) -> String {
    let mut clean = String::with_capacity(raw.len());
    for word in raw.split(|c: char| (c.is_whitespace() && c != '\u{202F}') || c.is_control()) {
        let kept: String = word.chars().filter(|c| !invisible(*c)).collect();
        if kept.is_empty() {
            continue;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(&kept);
    }
    clean
}

/// At most so many letters, the last one `…` where something is gone.
fn cut(text: String, most: usize) -> String {
    if text.chars().count() <= most {
        return text;
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// A text without what stands behind `?` or `#`, and without a user and password, of addresses in it.
fn bare_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let Some((scheme, rest)) = word.split_once("://") else {
            return word.to_owned();
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = place.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}{path}")
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A name: of a feature, an endpoint, a host, a person's words for them.
pub(super) fn name(raw: &str) -> String {
    let line = line(raw);
    if looks_secret(&line) && !fingerprint(&line) {
        return "(hidden: looks like a key)".to_owned();
    }
    cut(bare_addresses(&line), NAME_LETTERS)
}

/// Whether a text is the sixteen digits of a keyed fingerprint, or their beginning.
fn fingerprint(text: &str) -> bool {
    text.len() <= 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A sentence that somebody wrote into a rule or that the books added.
pub(super) fn sentence(raw: &str) -> String {
    let line = bare_addresses(&line(raw));
    let words = line.split(' ').map(|word| {
        let inner = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let address = word.contains("://");
        if !address && looks_secret(inner) {
            "(hidden)"
        } else {
            word
        }
    });
    cut(words.collect::<Vec<_>>().join(" "), SENTENCE_LETTERS)
}

/// An address that a mail may link to: `http` or `https`, printable ASCII, no user, no password.
pub(super) fn address(raw: &str) -> Option<String> {
    let rest = raw
        .strip_prefix("https://")
        .or_else(|| raw.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = raw.bytes().all(|b| b.is_ascii_graphic())
        && !raw.contains(['"', '<', '>', '\\', '`', '\'']);
    (plain && !host.is_empty() && !host.contains('@') && raw.len() <= 500).then(|| raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_what_they_are() {
        let cases = [
            ("itsm/summary", "itsm/summary"),
            (" a\r\nBcc: b@c.example ", "a Bcc: b@c.example"),
            ("pay\u{202E}cod.exe", "paycod.exe"),
            ("\u{200B}", ""),
            ("sk-proj-abcdefgh", "(hidden: looks like a key)"),
            ("7c1e90aa", "7c1e90aa"),
            ("https://u:p@h.example/x/y?key=1#z", "https://h.example/x/y"),
        ];
        for (raw, expected) in cases {
            assert_eq!(name(raw), expected, "{raw:?}");
        }
        assert_eq!(name(&"ü".repeat(200)).chars().count(), NAME_LETTERS);
    }

    #[test]
    fn sentences_hide_keys() {
        assert_eq!(
            sentence("Ask for (sk-abc123), see https://wiki.example/p?q=1."),
            "Ask for (hidden) see https://wiki.example/p"
        );
    }

    #[test]
    fn links_lead_to_pages_alone() {
        assert!(address("https://wiki.example/retry").is_some());
        for bad in [
            "javascript:alert(1)",
            "https://u@h.example/",
            "https://h.example/\"onclick=",
            "https:///x",
            "ftp://h.example/",
            "https://h.example/a b",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
