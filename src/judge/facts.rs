//! Hashes of the facts that two reports of one call must agree on.
//!
//! Knows no configuration: a call must hash the same before and after a price or rule changes. A
//! newcomer may ask why time and size have bits of their own: two observers of one call never
//! measure the same millisecond, and that is no contradiction.

use crate::call::Report;
use crate::entry::{CallAdds, RequestAdds};

/// Bits of the transport hash that hold what was measured.
const MEASURED_BITS: u16 = 0b11_1111;

/// The transport hash (ten bits of outcome, six of measurements) and the usage hash.
pub(super) fn hashes(
    report: &Report,
    call: Option<&CallAdds>,
    request: Option<&RequestAdds>,
) -> (u16, u16) {
    let mut bytes = [0_u8; 96];
    let transport = call.map_or(0, |call| {
        let outcome = hash(&mut bytes, &[u64::from(class_byte(call.class))]);
        let size = report
            .evidence
            .iter()
            .map(|evidence| evidence.told.len())
            .sum::<usize>();
        let measured = hash(
            &mut bytes,
            &[
                report.at.0.cast_unsigned(),
                call.latency.map_or(u64::MAX, |latency| latency.0),
                call.request_bytes,
                call.response_bytes,
                u64::from(call.stated_retries),
                u64::from(call.spillover),
                u64::try_from(size).unwrap_or(u64::MAX),
            ],
        );
        (outcome & !MEASURED_BITS) | (measured & MEASURED_BITS)
    });
    let usage = request.map_or(0, |request| {
        let tokens = request.usage.unwrap_or_default();
        hash(
            &mut bytes,
            &[
                u64::from(class_byte(request.class)),
                u64::from(request.usage.is_some()),
                tokens.input,
                tokens.cache_read,
                tokens.cache_write_5m,
                tokens.cache_write_1h,
                tokens.output,
                tokens.reasoning,
                request.web_searches,
            ],
        )
    });
    (transport, usage)
}

fn class_byte(class: crate::call::Class) -> u8 {
    let index = crate::call::Class::ALL
        .iter()
        .position(|other| *other == class);
    index
        .and_then(|index| u8::try_from(index).ok())
        .unwrap_or(u8::MAX)
}

fn hash(bytes: &mut [u8; 96], numbers: &[u64]) -> u16 {
    let mut length = 0_usize;
    for (slot, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        slot.copy_from_slice(&number.to_le_bytes());
        length = length.saturating_add(8);
    }
    let hash = twox_hash::XxHash3_64::oneshot(bytes.get(..length).unwrap_or_default());
    u16::try_from(hash >> 48).unwrap_or(0)
}
