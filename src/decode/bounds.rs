//! The largest numbers that a report may tell; larger ones are a fault of the record.
//!
//! Knows no format. A newcomer may ask why a bound at the door: totals are 64-bit integers, and a
//! count that no call can have must not be what overflows them, nor what a month is reported by.

use crate::call::{Report, Usage};
use crate::outcome::{QuarantineReason, Reject};

/// Tokens in one bucket: a hundred times the longest context known.
const TOKENS_MAX: u64 = 1_000_000_000;
/// Milliseconds of one call: thirty days.
const MILLIS_MAX: u64 = 2_592_000_000;
/// Bytes of one request or response: a tebibyte.
const BYTES_MAX: u64 = 1 << 40;
/// Retries or web searches that one report tells.
const PIECES_MAX: u64 = 1_000_000;

/// The fault of a report whose numbers no call can have.
pub(super) fn outsized(report: &Report) -> Option<Reject> {
    let usage = report.usage.as_ref();
    let transport = report.transport.as_ref();
    let tokens = usage
        .and_then(|usage| usage.usage)
        .as_ref()
        .map_or(0, largest);
    let millis = [
        transport.and_then(|transport| transport.latency),
        usage.and_then(|usage| usage.duration),
    ];
    let bytes = [
        transport.and_then(|transport| transport.request_bytes),
        transport.and_then(|transport| transport.response_bytes),
    ];
    let retries = transport
        .and_then(|transport| transport.stated_retries)
        .map_or(0, u64::from);
    let searches = usage.map_or(0, |usage| usage.web_searches);
    let rows = [
        ("tokens", tokens, TOKENS_MAX),
        (
            "milliseconds",
            millis.iter().flatten().map(|ms| ms.0).max().unwrap_or(0),
            MILLIS_MAX,
        ),
        (
            "bytes",
            bytes.into_iter().flatten().max().unwrap_or(0),
            BYTES_MAX,
        ),
        ("retries", retries, PIECES_MAX),
        ("web searches", searches, PIECES_MAX),
    ];
    let (what, told, most) = rows.into_iter().find(|(_, told, most)| told > most)?;
    let detail = format!("one call with {told} {what}, at most {most} are believed");
    Some(Reject::new(QuarantineReason::BadNumber, detail))
}

fn largest(usage: &Usage) -> u64 {
    let Usage {
        input,
        cache_read,
        cache_write_5m,
        cache_write_1h,
        output,
        reasoning,
    } = *usage;
    [
        input,
        cache_read,
        cache_write_5m,
        cache_write_1h,
        output,
        reasoning,
    ]
    .into_iter()
    .max()
    .unwrap_or(0)
}
