//! Hosts and URLs as records write them: any case, with port, user or trailing dot.
//!
//! Knows no provider. A newcomer may ask why this is not a URL crate: records hold half URLs (a
//! host alone, a path alone, no scheme), and skimming must decide on a host without allocating.

use crate::units::{NAME_MAX_BYTES, Text, clean_name};

/// Longest host name that DNS allows, in bytes (RFC 1035).
const HOST_MAX_BYTES: usize = 253;

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// Scheme as written; empty when the URL has none.
    pub scheme: &'a str,
    /// Host in lower case, without user, port or trailing dot.
    pub host: Text,
    /// Port where it is not the scheme's own.
    pub port: Option<u16>,
    /// Path as written, without query or fragment; empty when there is none.
    pub path: &'a str,
}

/// Splits a URL, with or without a scheme. `None` when it names no host (`/v1/models`, blank
/// text, letters that no host has).
#[must_use]
pub fn split_url(url: &str) -> Option<UrlParts<'_>> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = strip_query(rest);
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (host, port) = normalise_host(authority)?;
    let own_port = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => 80,
        _ => 443,
    };
    Some(UrlParts {
        scheme,
        host,
        port: port.filter(|port| *port != own_port),
        path,
    })
}

/// The host in lower case without user or trailing dot, and the port as told. `None` when the text
/// is no host.
#[must_use]
pub fn normalise_host(raw: &str) -> Option<(Text, Option<u16>)> {
    let (host, port) = split_port(raw);
    let mut buffer = LowerHost::EMPTY;
    let host = buffer.fill(host)?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b) || !b.is_ascii();
    if host.is_empty() || !host.bytes().all(legal) {
        return None;
    }
    Some((clean_name(host), port))
}

/// Host without user and trailing dot, and port; nothing is copied.
pub(super) fn split_port(raw: &str) -> (&str, Option<u16>) {
    let raw = raw.trim();
    let raw = raw.rsplit_once('@').map_or(raw, |(_, host)| host);
    let bracketed = raw.starts_with('[');
    let (host, port) = match raw.rsplit_once(':') {
        // `[::1]` ends in a bracket and `::1` has further colons: neither holds a port.
        Some((host, port))
            if bracketed == host.ends_with(']') && (bracketed || !host.contains(':')) =>
        {
            (host, port.parse::<u16>().ok())
        }
        Some(_) | None => (raw, None),
    };
    (host.strip_suffix('.').unwrap_or(host), port)
}

/// What stands before the query and the fragment.
pub(super) fn strip_query(path: &str) -> &str {
    match memchr::memchr2(b'?', b'#', path.as_bytes()) {
        Some(at) => path.get(..at).unwrap_or(path),
        None => path,
    }
}

/// [`clean_name`], with a quick way for the names that need no cleaning, as nearly all do.
pub(super) fn cleaned(name: &str) -> Text {
    let plain = name
        .bytes()
        .fold(true, |plain, byte| plain & byte.is_ascii_graphic());
    if plain && name.len() <= NAME_MAX_BYTES {
        Text::from(name)
    } else {
        clean_name(name)
    }
}

/// A host in lower case on the stack.
pub(super) struct LowerHost {
    bytes: [u8; HOST_MAX_BYTES],
}

impl LowerHost {
    /// Nothing yet.
    pub(super) const EMPTY: LowerHost = LowerHost {
        bytes: [0; HOST_MAX_BYTES],
    };

    /// The lower-case form; `None` when it is longer than any host.
    pub(super) fn fill(&mut self, host: &str) -> Option<&str> {
        let slot = self.bytes.get_mut(..host.len())?;
        slot.copy_from_slice(host.as_bytes());
        slot.make_ascii_lowercase();
        std::str::from_utf8(slot).ok()
    }
}

/// The last two labels: `openai.com`; the whole host when it has fewer.
pub(super) fn last_two_labels(host: &str) -> &str {
    let mut dots = memchr::memrchr_iter(b'.', host.as_bytes());
    match dots.nth(1) {
        Some(at) => host.get(at.saturating_add(1)..).unwrap_or(host),
        None => host,
    }
}

/// What stands before `.suffix`; `Some("")` when the host is the suffix itself.
pub(super) fn before<'a>(host: &'a str, suffix: &str) -> Option<&'a str> {
    let rest = host.strip_suffix(suffix)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_suffix('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_written() {
        let cases = [
            ("API.OpenAI.com", Some(("api.openai.com", None))),
            ("api.openai.com:443", Some(("api.openai.com", Some(443)))),
            ("api.openai.com.", Some(("api.openai.com", None))),
            ("api.openai.com.:8443", Some(("api.openai.com", Some(8443)))),
            ("user:pw@gw.local:11434", Some(("gw.local", Some(11434)))),
            ("[::1]:11434", Some(("[::1]", Some(11434)))),
            ("::1", Some(("::1", None))),
            ("10.0.0.7:8000", Some(("10.0.0.7", Some(8000)))),
            ("my host", None),
            ("", None),
            (":443", None),
        ];
        for (raw, expected) in cases {
            let expected = expected.map(|(host, port)| (Text::from(host), port));
            assert_eq!(normalise_host(raw), expected, "{raw:?}");
        }
        assert_eq!(normalise_host(&"a".repeat(300)), None);
    }

    #[test]
    fn urls_as_written() {
        let cases = [
            (
                "https://Contoso.openai.azure.com/openai/v1/responses?api-version=1#x",
                Some((
                    "https",
                    "contoso.openai.azure.com",
                    None,
                    "/openai/v1/responses",
                )),
            ),
            ("http://gw:80/v1", Some(("http", "gw", None, "/v1"))),
            ("https://gw:80/v1", Some(("https", "gw", Some(80), "/v1"))),
            ("https://u:p@gw:8443", Some(("https", "gw", Some(8443), ""))),
            (
                "api.mistral.ai/v1/models",
                Some(("", "api.mistral.ai", None, "/v1/models")),
            ),
            ("https://host?x=/y", Some(("https", "host", None, ""))),
            ("/v1/models", None),
            ("https:///v1", None),
            ("", None),
        ];
        for (url, expected) in cases {
            let parts = split_url(url);
            let told = parts
                .as_ref()
                .map(|p| (p.scheme, p.host.as_str(), p.port, p.path));
            assert_eq!(told, expected, "{url}");
        }
    }

    #[test]
    fn suffixes_end_at_labels() {
        assert_eq!(before("a.openai.azure.com", "openai.azure.com"), Some("a"));
        assert_eq!(before("openai.azure.com", "openai.azure.com"), Some(""));
        assert_eq!(before("xopenai.azure.com", "openai.azure.com"), None);
        assert_eq!(last_two_labels("a.b.c.d"), "c.d");
        assert_eq!(last_two_labels("localhost"), "localhost");
    }
}
