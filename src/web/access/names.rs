//! Names that a request came by: its host without the port, and whether that is this machine.
//!
//! Knows no configuration. A newcomer may ask why nothing is looked up: who a name leads to is what an
//! attacker decides.

use std::net::IpAddr;

/// The host of an address, in small letters.
pub(super) fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    Some(bare(authority).to_ascii_lowercase())
}

/// A host without its port and brackets.
pub(super) fn bare(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        // An address of IPv6 without brackets has no port.
        Some((name, _)) if name.contains(':') && !name.ends_with(']') => host,
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name.trim_start_matches('[').trim_end_matches(']')
}

/// Whether a host names this machine's loopback.
pub(in crate::web) fn is_local(host: &str) -> bool {
    let name = bare(host);
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
