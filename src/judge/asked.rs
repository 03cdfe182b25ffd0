//! All of a report that its route hangs on, as one run of bytes.
//!
//! Knows no answer. A newcomer may ask why bytes and not a struct: a run of bytes is hashed and
//! compared at once, and asking clones nothing. What differs must never become equal bytes, so
//! each text has its length in front, and each choice a byte of its own.

use crate::call::{Destination, Origin, Provider, Report, Scope, Tier, UsageReport};

/// Writes the question that `report` from `source` asks over `bytes`.
pub(super) fn write(bytes: &mut Vec<u8>, report: &Report, source: &str) {
    bytes.clear();
    let Report {
        format,
        teller,
        // Of these three no decision hangs.
        identity: _,
        at: _,
        sequence: _,
        destination,
        transport,
        usage,
        origin,
        evidence,
    } = report;
    text(bytes, source);
    text(bytes, format.as_str());
    text(bytes, teller);
    bytes.push(u8::from(transport.is_some()));
    put_destination(bytes, destination);
    put_usage(bytes, usage.as_ref());
    put_origin(bytes, origin);
    for fact in evidence {
        bytes.push(1);
        text(bytes, fact.kind.as_str());
        text(bytes, &fact.told);
    }
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn word(bytes: &mut Vec<u8>, word: Option<&str>) {
    bytes.push(u8::from(word.is_some()));
    text(bytes, word.unwrap_or_default());
}

fn put_destination(bytes: &mut Vec<u8>, destination: &Destination) {
    let Destination {
        provider,
        host,
        port,
        path,
        deployment,
        model,
        scope,
        operation,
    } = destination;
    bytes.push(u8::from(matches!(provider, Some(Provider::Other(_)))));
    word(bytes, provider.as_ref().map(Provider::as_str));
    bytes.push(u8::from(port.is_some()));
    bytes.extend_from_slice(&port.unwrap_or_default().to_le_bytes());
    for part in [host, path, deployment, model] {
        text(bytes, part);
    }
    word(bytes, scope.map(Scope::as_str));
    text(bytes, operation.as_str());
}

fn put_usage(bytes: &mut Vec<u8>, usage: Option<&UsageReport>) {
    bytes.push(u8::from(usage.is_some()));
    if let Some(usage) = usage {
        text(bytes, &usage.model);
        text(bytes, &usage.requested_model);
        word(bytes, usage.tier.map(Tier::as_str));
        bytes.push(match usage.external {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        });
    }
}

fn put_origin(bytes: &mut Vec<u8>, origin: &Origin) {
    let Origin {
        application,
        skill,
        definition,
        scope,
        source_table,
        service,
        caller,
        tags,
        // They differ from call to call and decide nothing here.
        user: _,
        conversation: _,
        credential: _,
    } = origin;
    for part in [
        application,
        skill,
        definition,
        scope,
        source_table,
        service,
        caller,
    ] {
        text(bytes, part);
    }
    for tag in tags {
        bytes.push(1);
        text(bytes, tag);
    }
    bytes.push(0);
}
