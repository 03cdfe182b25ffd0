//! Keeps credentials that somebody pasted into a file out of messages, and says that they are there.
//!
//! Knows no provider's API. A newcomer may ask why a plain 32-digit hexadecimal text is refused: it
//! is how a `sys_id` looks and also how an Azure key looks, and only a person can tell.

/// Beginnings of credentials that are never names.
const BEGINNINGS: [&str; 12] = [
    "sk-",
    "sk_",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "Bearer ",
    "Basic ",
    "ghp_",
    "glpat-",
    "xox",
    "-----BEGIN",
];

/// A run of letters and digits longer than this is no name that a person gave.
const RUN_MAX: usize = 32;

/// Whether `text` looks like a credential and not like the name of one.
pub(super) fn looks_secret(text: &str) -> bool {
    if BEGINNINGS.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    let longest = text
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '='))
        .filter(|run| run.bytes().any(|b| b.is_ascii_digit()))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let hexadecimal = text.len() == RUN_MAX && text.bytes().all(|b| b.is_ascii_hexdigit());
    longest > RUN_MAX || hexadecimal
}

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
    fn tells_credentials_from_names() {
        let secret = [
            "sk-proj-abc",
            "Bearer abc",
            "0123456789abcdef0123456789abcdef",
            "5Wq0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789AAABBBCCC",
            "eyJhbGciOi.x.y",
        ];
        let names = [
            "azure-weu-key",
            "sys_auth_credential:0123456789abcdef0123456789abcdef",
            "kv/contoso/openai",
            "",
        ];
        for text in secret {
            assert!(looks_secret(text), "{text}");
        }
        for text in names {
            assert!(!looks_secret(text), "{text}");
        }
    }

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
