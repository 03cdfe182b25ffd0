//! Keeps credentials that somebody pasted into a file out of messages, and says that they are there.
//!
//! Knows no provider's API; [`crate::secret::looks_secret`] tells what a credential looks like. A
//! newcomer may ask why a line loses more than that: beside such a key whatever is long may be one.

use std::borrow::Cow;

use crate::problem::Problem;
use crate::secret::{RUN_MAX, looks_secret};

/// The line with everything that may be a credential starred out, letter by letter, so that a
/// caret below it still fits.
fn redacted_line(line: &str) -> String {
    let whole_key = line.split('=').next().unwrap_or_default();
    let mut out = String::with_capacity(line.len());
    let (mut key, mut in_value, mut lists) = (String::new(), false, 0_usize);
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            let hides = |body: &str| is_secret_key(whole_key) || looks_secret(body);
            out.push_str(&redacted(&bare_words(rest), &['"', '\''], hides));
            break;
        }
        let (piece, behind) = rest.split_at(piece_len(rest, first));
        rest = behind;
        let hidden = match first {
            '"' | '\'' if in_value => hides(whole_key, &key, piece.trim_matches(first)),
            '"' | '\'' => looks_secret(piece.trim_matches(first)),
            _ if MARKS.contains(&first) => false,
            _ => in_value && is_secret_key(&key),
        };
        let kept = |c: char| c.is_whitespace() || (c == first && MARKS.contains(&c));
        if hidden {
            out.extend(piece.chars().map(|c| if kept(c) { c } else { '*' }));
        } else if matches!(first, '"' | '\'') {
            out.push_str(piece);
        } else {
            out.push_str(&bare_words(piece));
        }
        match first {
            '=' => in_value = true,
            '[' if in_value => lists = lists.saturating_add(1),
            ']' => lists = lists.saturating_sub(1),
            ',' if lists > 0 => {}
            '{' | '}' | ',' => (key, in_value, lists) = (String::new(), false, 0),
            _ if !in_value => key.push_str(piece),
            _ => {}
        }
    }
    out
}

/// The text with each word starred out that looks like a credential: somebody forgot its quotes, or
/// keeps it in a comment.
fn bare_words(text: &str) -> Cow<'_, str> {
    let ends = |c: char| c.is_whitespace() || c == '`' || MARKS.contains(&c);
    if !text.split(ends).any(looks_secret) {
        return Cow::Borrowed(text);
    }
    let word = |piece: &str| {
        let bare = piece.trim_end_matches(ends);
        let (hidden, behind) = piece.split_at(bare.len());
        if looks_secret(hidden) {
            hidden.chars().map(|_| '*').chain(behind.chars()).collect()
        } else {
            piece.to_owned()
        }
    };
    Cow::Owned(text.split_inclusive(ends).map(word).collect())
}

/// Faults as they leave the configuration: without what may be a credential in line, words and hint,
/// in the order of their places, each once.
pub(super) fn settle(faults: &mut Vec<Problem>) {
    for fault in faults.iter_mut() {
        fault.source_line = redacted_line(&fault.source_line);
        fault.message = redacted_message(&fault.message);
        fault.hint = redacted_message(&fault.hint);
    }
    faults.sort();
    faults.dedup();
}

/// What parts a line: quotes, and the marks between keys and values.
const MARKS: [char; 9] = ['"', '\'', '=', ',', '{', '}', '[', ']', '#'];

/// Bytes of the piece that begins with `first`: a quoted text, a mark, or all up to the next.
fn piece_len(rest: &str, first: char) -> usize {
    let width = first.len_utf8();
    let behind = rest.get(width..).unwrap_or_default();
    let upto = match first {
        '"' | '\'' => behind.find(first).map(|end| end.saturating_add(width)),
        _ if MARKS.contains(&first) => Some(0),
        _ => behind.find(MARKS),
    };
    upto.map_or(rest.len(), |upto| upto.saturating_add(width))
}

/// Whether a quoted value may be a credential, by the key in front of it and the line's first.
fn hides(whole_key: &str, key: &str, body: &str) -> bool {
    if looks_secret(body) || has_user(body) {
        return true;
    }
    // Where a secret is found may be shown, unless it does not look like a place.
    let names_a_place = ["env", "file"].contains(&key.trim());
    let is_place = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if is_secret_key(key) || is_secret_key(whole_key) || names_a_place {
        return !(names_a_place && body.chars().all(is_place));
    }
    let is_address_key = |key: &str| key.contains("credential") || key.contains("base_url");
    (is_address_key(key) || is_address_key(whole_key)) && !is_harmless(body)
}

/// Whether a secret belongs under that key, by its words.
fn is_secret_key(key: &str) -> bool {
    let key = key.trim();
    // A property passed to the Kafka client, whose name may be mistyped.
    let quoted = key.trim_start_matches(['"', '\'']);
    if quoted.len() < key.len() && (quoted.starts_with("sasl") || quoted.starts_with("ssl")) {
        return true;
    }
    let key = quoted.trim_end_matches(['"', '\'']).to_lowercase();
    let words = [
        "secret",
        "password",
        "passphrase",
        "assertion",
        "api_key",
        "apikey",
        ".pem",
        "jaas",
        "bearer.config",
    ];
    words.iter().any(|word| key.contains(word)) || key.rsplit('.').next() == Some("token")
}

/// The message with every quoted credential starred out.
fn redacted_message(message: &str) -> String {
    // A file's name may hold a quote of its own.
    redacted(&bare_words(message), &['`', '"'], looks_secret)
}

fn redacted(text: &str, quotes: &[char], is_secret: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(quotes) {
        let (before, from_quote) = rest.split_at(start);
        out.push_str(before);
        let mut chars = from_quote.chars();
        let quote = chars.next().unwrap_or('"');
        let inside = chars.as_str();
        let (body, after) = inside.split_at(inside.find(quote).unwrap_or(inside.len()));
        out.push(quote);
        if is_secret(body) {
            out.extend(body.chars().map(|_| '*'));
        } else {
            out.push_str(body);
        }
        let mut tail = after.chars();
        out.extend(tail.next());
        rest = tail.as_str();
    }
    out.push_str(rest);
    out
}

/// Whether a text is an address with a user's name in it, and so perhaps a password.
fn has_user(body: &str) -> bool {
    let behind = body.split_once("://").map(|(_, behind)| behind);
    behind.is_some_and(|behind| behind.contains('@'))
}

/// A short name, or an address without user and query: what belongs under such keys.
fn is_harmless(body: &str) -> bool {
    let address = body.contains("://") && !body.contains(['@', '?', '#']);
    address || (body.len() < RUN_MAX && !body.contains(['@', '?', '=', '+', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_out_what_may_be_secret() {
        let cases = [
            ("api_key = \"sk-abc\" # x", "api_key = \"******\" # x"),
            (
                "base_url = \"https://u:p@h\"",
                "base_url = \"*************\"",
            ),
            (
                "base_url = \"https://host/v1\"",
                "base_url = \"https://host/v1\"",
            ),
            (
                "token_from = { url = \"https://u:p@h/t\", x = \"https://h/t\" }",
                "token_from = { url = \"***************\", x = \"https://h/t\" }",
            ),
            ("region = \"westeurope\"", "region = \"westeurope\""),
            ("password = 'hunter2'", "password = '*******'"),
            (
                "client_assertion = \"hunter2\"",
                "client_assertion = \"*******\"",
            ),
            ("x = \"open", "x = \"open"),
            ("password = \"open", "password = \"****"),
            ("password = hunter2 # x", "password = ******* # x"),
            ("token = 12", "token = **"),
            ("tokens_per_call = 0", "tokens_per_call = 0"),
            (
                "sasl = { username = \"u\", password = \"hunter2\", x = 1 }",
                "sasl = { username = \"u\", password = \"*******\", x = 1 }",
            ),
            (
                "properties = { \"sasl.password\" = \"hunter2\", debug = \"all\" }",
                "properties = { \"sasl.password\" = \"*******\", debug = \"all\" }",
            ),
            (
                "password = { env = \"KAFKA_PASSWORD\" }",
                "password = { env = \"KAFKA_PASSWORD\" }",
            ),
            (
                "password = { env = \"two words\" }",
                "password = { env = \"*** *****\" }",
            ),
            ("region = sk-proj-abc # x", "region = *********** # x"),
            ("sk-proj-abc = 1", "*********** = 1"),
            ("[[x]] # sk-proj-abc, \"a\"", "[[x]] # ***********, \"a\""),
            ("password = [\"a\", \"b\"]", "password = [\"*\", \"*\"]"),
        ];
        assert_eq!(
            redacted_message("found string \"sk-abc\""),
            "found string \"******\""
        );
        assert_eq!(
            redacted_message("`mail/a`b sk-abc` cannot be read"),
            "`mail/a`b ******` cannot be read"
        );
        for (line, shown) in cases {
            assert_eq!(redacted_line(line), shown);
        }
    }
}
