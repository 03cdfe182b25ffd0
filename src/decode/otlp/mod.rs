//! Reads OpenTelemetry trace exports, JSON and protobuf: every span in them is one outcome.
//!
//! Knows no price and no registry. A newcomer may ask why spans are turned into one form of our
//! own first: JSON and protobuf write the same span in two ways, and what a span means is hard
//! enough to be written once.
//!
//! | file | job |
//! |---|---|
//! | `span` | the common form, and which attributes are kept at all |
//! | `from_json`, `proto` | the two ways in |
//! | `kind` | is the span an LLM request? |
//! | `convention`, `tokens` | what its token counts mean |
//! | `place` | where it went |
//! | `report` | all of it together |
//! | `pairs`, `agree` | several spans of one call in one export |

mod agree;
mod convention;
mod from_json;
mod kind;
mod pairs;
mod place;
mod proto;
mod report;
mod span;
mod tokens;

#[cfg(test)]
mod tests;

use crate::outcome::{IgnoreReason, QuarantineReason, Reject};

use super::json::Json;
use super::{Context, Told};
use pairs::Seen;

/// Whether the record is an export of an OpenTelemetry collector: traces, and those of logs and
/// metrics that share a topic with them.
pub(super) fn recognises(record: &Json<'_>) -> bool {
    from_json::spans(record).is_some() || from_json::is_other_signal(record)
}

/// Reads one export in JSON.
pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    let mut seen = Vec::new();
    match from_json::spans(record) {
        Some(resources) => from_json::walk(resources, &mut |span, around| {
            seen.push(match span {
                Ok(span) => Seen::of(span, around, context.gate),
                Err(reject) => Seen::alone(Told::Rejected(reject)),
            });
        }),
        None => seen.push(Seen::alone(NOT_A_CALL)),
    }
    finish(seen, out);
}

/// Whether the bytes begin like an `ExportTraceServiceRequest` or `TracesData` in protobuf (or
/// the same of logs and metrics, which look alike from outside).
pub(super) fn recognises_protobuf(bytes: &[u8]) -> bool {
    proto::recognises(bytes)
}

/// Reads one export in protobuf.
pub(super) fn decode_protobuf(bytes: &[u8], context: Context<'_>, out: &mut Vec<Told>) {
    let mut seen = Vec::new();
    let whole = proto::walk(bytes, &mut |span, around| {
        seen.push(match span {
            proto::Item::Span(span) => Seen::of(span, around, context.gate),
            proto::Item::OtherSignal => Seen::alone(NOT_A_CALL),
            proto::Item::Broken => Seen::alone(Told::Rejected(broken("a span"))),
        });
    });
    if whole {
        finish(seen, out);
    } else {
        out.push(Told::Rejected(broken("the export")));
    }
}

const NOT_A_CALL: Told = Told::Ignored(IgnoreReason::NotACall);

fn broken(what: &str) -> Reject {
    Reject::new(
        QuarantineReason::BrokenProtobuf,
        format!("{what} breaks off or breaks the wire format of opentelemetry-proto"),
    )
}

/// Gives two spans of one call one identity, and tells an export without spans as one record.
fn finish(mut seen: Vec<Seen>, out: &mut Vec<Told>) {
    pairs::join(&mut seen);
    agree::level(&mut seen);
    if seen.is_empty() {
        out.push(NOT_A_CALL);
    }
    out.extend(seen.into_iter().map(|seen| seen.told));
}
