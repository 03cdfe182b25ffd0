//! Spans out of OTLP/protobuf: message structs of only the fields that are read.
//!
//! Knows no meaning of any attribute. A newcomer may ask why spans and texts are declared as
//! bytes: a span that is broken must not take its neighbours along, and a prompt that is not read
//! need be neither checked nor copied. `AnyValue` leaves out lists and maps, so that nothing
//! nests: an unknown field is skipped flat.
//!
//! Source: `opentelemetry-proto`, `trace.proto`, `common.proto`, `resource.proto`.

use std::borrow::Cow;

use prost::Message;
use prost::bytes::Bytes;

use crate::units::Text;

use super::from_json::EXCEPTION_TYPE;
use super::span::{Around, Attributes, Span, Value, is_read};

#[derive(Clone, PartialEq, Message)]
struct TracesData {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
    /// `instrumentation_library_spans` of exporters from before 2023.
    #[prost(message, repeated, tag = "1000")]
    library_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    /// Each one a [`WireSpan`], decoded by itself.
    #[prost(bytes = "bytes", repeated, tag = "2")]
    spans: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
}

#[derive(Clone, PartialEq, Message)]
struct WireSpan {
    #[prost(bytes = "bytes", tag = "1")]
    trace_id: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    span_id: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    parent_span_id: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    name: Bytes,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start: u64,
    #[prost(fixed64, tag = "8")]
    end: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, repeated, tag = "11")]
    events: Vec<Event>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(message, repeated, tag = "3")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(bytes = "bytes", tag = "2")]
    message: Bytes,
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(bytes = "bytes", tag = "1")]
    key: Bytes,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Scalar", tags = "1, 2, 3, 4")]
    value: Option<Scalar>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Scalar {
    #[prost(bytes = "bytes", tag = "1")]
    Text(Bytes),
    #[prost(bool, tag = "2")]
    Flag(bool),
    #[prost(int64, tag = "3")]
    Whole(i64),
    #[prost(double, tag = "4")]
    Double(f64),
}

/// What stands where a span is expected.
pub(super) enum Item<'i, 'a> {
    /// A span.
    Span(&'i Span<'a>),
    /// A log record or a metric: their exports have the same outer shape.
    OtherSignal,
    /// A span that cannot be read.
    Broken,
}

/// How far into a record [`recognises`] looks for a byte that no text holds.
const LOOK_MAX: usize = 512;

/// Whether the bytes begin with a `ResourceSpans` (field 1 of the export) that begins with one of
/// its own fields. Text may do so by chance after a line break, but holds no control characters;
/// an export holds one at latest in the tag of `scope_spans`.
pub(super) fn recognises(bytes: &[u8]) -> bool {
    let Some((0x0A, rest)) = bytes.split_first() else {
        return false;
    };
    let length_bytes = rest.iter().take_while(|byte| **byte >= 0x80).count();
    let inner = rest
        .get(length_bytes.saturating_add(1)..)
        .unwrap_or_default();
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    length_bytes < 10
        && matches!(inner.first(), None | Some(0x0A | 0x12 | 0x1A))
        && bytes.iter().take(LOOK_MAX).any(control)
}

/// Hands on every span; `false` when the export itself cannot be read (then none was handed on).
pub(super) fn walk(bytes: &[u8], take: &mut dyn FnMut(Item<'_, '_>, &Around<'_>)) -> bool {
    let Ok(data) = TracesData::decode(Bytes::copy_from_slice(bytes)) else {
        return false;
    };
    for group in &data.resource_spans {
        let listed = group.resource.as_ref().map(|resource| &resource.attributes);
        let mut around = Around {
            scope: Cow::default(),
            resource: attributes(listed.map(Vec::as_slice).unwrap_or_default()),
        };
        for scope in group.scope_spans.iter().chain(&group.library_spans) {
            let name = scope.scope.as_ref().map(|scope| scope.name.as_ref());
            around.scope = text(name.unwrap_or_default());
            for span in &scope.spans {
                match WireSpan::decode(span.clone()) {
                    Ok(wire) => take(Item::Span(&read(&wire)), &around),
                    Err(_) if is_other_signal(span) => take(Item::OtherSignal, &around),
                    Err(_) => take(Item::Broken, &around),
                }
            }
        }
    }
    true
}

/// Whether bytes that are no span begin like a log record (`time_unix_nano`, `severity_number`)
/// or a metric (a `name`, where a span has a trace id of 16 bytes).
fn is_other_signal(bytes: &[u8]) -> bool {
    match bytes {
        [0x09 | 0x10, ..] => true,
        [0x0A, length, ..] => *length != 16,
        _ => false,
    }
}

fn read(wire: &WireSpan) -> Span<'_> {
    let status = wire.status.as_ref();
    Span {
        trace: hex(&wire.trace_id),
        id: hex(&wire.span_id),
        parent: hex(&wire.parent_span_id),
        name: text(&wire.name),
        client: wire.kind == 3,
        start: Ok(wire.start),
        end: Ok(wire.end),
        failed: status.is_some_and(|status| status.code == 2),
        message: text(
            status
                .map(|status| status.message.as_ref())
                .unwrap_or_default(),
        ),
        exception: exception(&wire.events),
        attributes: attributes(&wire.attributes),
    }
}

fn hex(id: &[u8]) -> Text {
    use std::fmt::Write as _;
    let mut hex = Text::default();
    if id.iter().any(|byte| *byte != 0) {
        for byte in id {
            // Writing to a text in memory cannot fail.
            write!(hex, "{byte:02x}").ok();
        }
    }
    hex
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn attributes(listed: &[KeyValue]) -> Attributes<'_> {
    let mut attributes = Attributes::default();
    for pair in listed {
        let name = text(&pair.key);
        if is_read(&name) {
            attributes.add(name, value(pair));
        }
    }
    attributes
}

fn value(pair: &KeyValue) -> Value<'_> {
    match pair.value.as_ref().map(|any| any.value.as_ref()) {
        None => Value::Text(Cow::Borrowed("")),
        Some(None) => Value::Other,
        Some(Some(Scalar::Text(bytes))) => Value::Text(text(bytes)),
        Some(Some(Scalar::Flag(flag))) => Value::Flag(*flag),
        Some(Some(Scalar::Whole(whole))) => Value::Whole(*whole),
        Some(Some(Scalar::Double(double))) => {
            let whole = crate::decode::json::Json::Float(*double).whole();
            whole.ok().flatten().map_or(Value::Other, Value::Whole)
        }
    }
}

fn exception(events: &[Event]) -> Cow<'_, str> {
    let last = events.iter().rev().find_map(|event| {
        event
            .attributes
            .iter()
            .find_map(|pair| match (pair.key == EXCEPTION_TYPE, value(pair)) {
                (true, Value::Text(name)) => Some(name),
                (_, Value::Text(_) | Value::Whole(_) | Value::Flag(_) | Value::Other) => None,
            })
    });
    last.unwrap_or_default()
}
