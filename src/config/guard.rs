//! Keeps credentials that somebody pasted into a file out of messages, and says that they are there.
//!
//! Knows no provider's API; [`crate::secret::looks_secret`] tells what a credential looks like. A
//! newcomer may ask why a line loses more than that: beside such a key whatever is long may be one.

use crate::secret::{RUN_MAX, looks_secret};

/// The line with everything that may be a credential starred out, letter by letter, so that a
/// caret below it still fits.
pub(super) fn redacted_line(line: &str) -> String {
    let key = line.split('=').next().unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    let secret_key = has(&["secret", "password", "api_key", "apikey"]);
    let address_key = has(&["credential", "base_url"]);
    redacted(line, &['"', '\''], |body| {
        secret_key || looks_secret(body) || (address_key && !is_harmless(body))
    })
}

/// The message with every quoted credential starred out.
pub(super) fn redacted_message(message: &str) -> String {
    redacted(message, &['`', '"'], looks_secret)
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
            ("region = \"westeurope\"", "region = \"westeurope\""),
            ("password = 'hunter2'", "password = '*******'"),
            ("x = \"open", "x = \"open"),
        ];
        assert_eq!(
            redacted_message("found string \"sk-abc\""),
            "found string \"******\""
        );
        for (line, shown) in cases {
            assert_eq!(redacted_line(line), shown);
        }
    }
}
