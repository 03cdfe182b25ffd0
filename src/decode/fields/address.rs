//! Splits addresses into host and path.
//!
//! Knows no provider. A newcomer may ask why a second splitter beside [`crate::provider::split_url`]:
//! skimming asks it of every record, so it only borrows.

use crate::provider::normalise_host;
use crate::units::{Text, trimmed};

/// Where a URL, or a host column that may hold one, points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Address<'a> {
    /// Host as written, with port where one stands there; without user information.
    pub(in crate::decode) host: &'a str,
    /// Path without query and fragment; may be empty.
    pub(in crate::decode) path: &'a str,
}

/// Splits a URL with or without scheme. `None` when no host is left.
pub(in crate::decode) fn split_url(url: &str) -> Option<Address<'_>> {
    let url = before_query(trimmed(url));
    let after = |at: usize| url.get(at..)?.strip_prefix("://");
    let mut colons = memchr::memchr_iter(b':', url.as_bytes());
    let rest = match colons.find_map(|at| Some((at, after(at)?))) {
        Some((at, rest)) if memchr::memchr(b'/', url.get(..at)?.as_bytes()).is_none() => rest,
        Some(_) | None => url,
    };
    let border = memchr::memchr(b'/', rest.as_bytes()).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(border)?;
    // User information may be a password, and is no part of where the call went.
    let host = memchr::memrchr(b'@', authority.as_bytes())
        .and_then(|at| authority.get(at.saturating_add(1)..))
        .unwrap_or(authority);
    (!host.is_empty()).then_some(Address { host, path })
}

/// The path without query and fragment.
pub(in crate::decode) fn before_query(path: &str) -> &str {
    memchr::memchr2(b'?', b'#', path.as_bytes())
        .and_then(|end| path.get(..end))
        .unwrap_or(path)
}

/// Host in lower case and port, from a host column; empty when it is no host.
pub(in crate::decode) fn split_port(host: &str) -> (Text, Option<u16>) {
    let (name, port) = normalise_host(host).unwrap_or_default();
    (name, port.filter(|port| !matches!(port, 443 | 80)))
}
