//! Spans out of OTLP/JSON, with the liberties that real exporters take.
//!
//! Knows no meaning of any attribute. A newcomer may ask why snake-case names and plain scalars
//! are read although the specification wants `traceId` and `{"intValue":"10"}`: programs that
//! print protobuf as JSON by other libraries write them so.
//!
//! Source: OpenTelemetry protocol specification, "JSON Protobuf Encoding".

use std::borrow::Cow;

use crate::decode::json::Json;
use crate::outcome::{QuarantineReason, Reject};
use crate::units::{Text, clean_name};

use super::span::{Around, Attributes, Span, Stamp, Value, is_read};

/// What [`walk`] hands on of each span.
type Take<'t, 'r> = &'t mut dyn FnMut(Result<&Span<'r>, Reject>, &Around<'r>);

/// Where the spans of a resource stand, by scope; the last is the name from before 2023.
const SCOPES: [&str; 3] = ["scopeSpans", "scope_spans", "instrumentationLibrarySpans"];

/// The traces of an export.
pub(super) fn spans<'r>(record: &'r Json<'r>) -> Option<&'r Json<'r>> {
    member(record, &["resourceSpans", "resource_spans"])
}

/// Whether the record is an export of logs or metrics.
pub(super) fn is_other_signal(record: &Json<'_>) -> bool {
    ["resourceLogs", "resourceMetrics", "resourceProfiles"]
        .iter()
        .any(|key| record.get(key).is_some())
}

/// Hands on every span of an export's resources.
pub(super) fn walk<'r>(resources: &'r Json<'r>, take: Take<'_, 'r>) {
    let mut around = Around::default();
    for resource in items(resources) {
        around.scope = Cow::default();
        let Some(resource) = checked(resource, &around, take) else {
            continue;
        };
        let told = resource.get("resource");
        around.resource = told.map(attributes).unwrap_or_default();
        for scope in member(resource, &SCOPES).map(items).unwrap_or_default() {
            let Some(scope) = checked(scope, &around, take) else {
                continue;
            };
            let name = member(scope, &["scope", "instrumentationLibrary"])
                .and_then(|scope| scope.get("name"))
                .and_then(Json::str);
            around.scope = Cow::Borrowed(name.unwrap_or_default());
            for span in scope.get("spans").map(items).unwrap_or_default() {
                if let Some(span) = checked(span, &around, take) {
                    take(Ok(&read(span)), &around);
                }
            }
        }
    }
}

/// The elements of a list; what is no list stands for itself, so that a single object counts as
/// one and anything else is told by [`checked`].
fn items<'r>(list: &'r Json<'r>) -> &'r [Json<'r>] {
    match list {
        Json::Null => &[],
        Json::Array(items) => items,
        Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Str(_) | Json::Object(_) => {
            std::slice::from_ref(list)
        }
    }
}

/// An element that is an object; another is handed on as rejected.
fn checked<'r>(
    item: &'r Json<'r>,
    around: &Around<'r>,
    take: Take<'_, 'r>,
) -> Option<&'r Json<'r>> {
    if item.object().is_some() {
        return Some(item);
    }
    let expected = "`resourceSpans`, `scopeSpans` and `spans` must hold objects";
    take(
        Err(Reject::new(QuarantineReason::UnknownShape, expected)),
        around,
    );
    None
}

fn read<'r>(span: &'r Json<'r>) -> Span<'r> {
    let status = span.get("status");
    let code = status.and_then(|status| status.get("code"));
    let kind = span.get("kind");
    let message = status.and_then(|status| status.get("message"));
    Span {
        trace: hex(member(span, &["traceId", "trace_id"])),
        id: hex(member(span, &["spanId", "span_id"])),
        parent: hex(member(span, &["parentSpanId", "parent_span_id"])),
        name: Cow::Borrowed(span.get("name").and_then(Json::str).unwrap_or_default()),
        client: is(kind, 3, "SPAN_KIND_CLIENT"),
        start: stamp(member(span, &["startTimeUnixNano", "start_time_unix_nano"])),
        end: stamp(member(span, &["endTimeUnixNano", "end_time_unix_nano"])),
        failed: is(code, 2, "STATUS_CODE_ERROR"),
        message: Cow::Borrowed(message.and_then(Json::str).unwrap_or_default()),
        exception: exception(span.get("events")),
        attributes: attributes(span),
    }
}

/// The value of the first of these keys.
fn member<'r>(object: &'r Json<'r>, keys: &[&str]) -> Option<&'r Json<'r>> {
    keys.iter().find_map(|key| object.get(key))
}

/// An enum's value, by number (also as text) or by name.
fn is(value: Option<&Json<'_>>, number: i64, name: &str) -> bool {
    value.is_some_and(|value| value.str() == Some(name) || value.whole() == Ok(Some(number)))
}

/// An id in lower case. One that is no hex (some libraries write base64) stands as it is.
fn hex(id: Option<&Json<'_>>) -> Text {
    let id = id.and_then(Json::str).unwrap_or_default().trim();
    if id.bytes().all(|byte| byte == b'0') {
        Text::default()
    } else if id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Text::from(id.to_ascii_lowercase())
    } else {
        clean_name(id)
    }
}

fn stamp(time: Option<&Json<'_>>) -> Stamp {
    let Some(time) = time else { return Ok(0) };
    let number = time.whole().ok().map(Option::unwrap_or_default);
    number
        .and_then(|number| u64::try_from(number).ok())
        .ok_or(QuarantineReason::BadTime)
}

fn attributes<'r>(holder: &'r Json<'r>) -> Attributes<'r> {
    let mut attributes = Attributes::default();
    let list = holder.get("attributes").and_then(Json::array);
    for pair in list.unwrap_or_default() {
        let Some(name) = pair.get("key").and_then(Json::str) else {
            continue;
        };
        if let Some(told) = pair.get("value").filter(|_| is_read(name)) {
            attributes.add(name, value(told));
        }
    }
    attributes
}

fn value<'r>(told: &'r Json<'r>) -> Value<'r> {
    let inner = match told {
        Json::Object(entries) => entries.first().map(|(_, value)| value),
        Json::Null
        | Json::Bool(_)
        | Json::Int(_)
        | Json::Float(_)
        | Json::Str(_)
        | Json::Array(_) => Some(told),
    };
    let number = ["intValue", "int_value", "doubleValue", "double_value"];
    let is_number = number.iter().any(|key| told.get(key).is_some());
    match inner {
        Some(Json::Bool(flag)) => Value::Flag(*flag),
        Some(Json::Str(text)) if !is_number => Value::Text(Cow::Borrowed(text)),
        Some(inner @ (Json::Int(_) | Json::Float(_) | Json::Str(_))) => match inner.whole() {
            Ok(Some(whole)) => Value::Whole(whole),
            Ok(None) => Value::Text(Cow::Borrowed("")),
            Err(_) => Value::Other,
        },
        None | Some(Json::Null) => Value::Text(Cow::Borrowed("")),
        Some(Json::Array(_) | Json::Object(_)) => Value::Other,
    }
}

/// The type of the last exception among a span's events.
fn exception<'r>(events: Option<&'r Json<'r>>) -> Cow<'r, str> {
    let events = events.and_then(Json::array).unwrap_or_default();
    let last = events.iter().rev().find_map(|event| {
        let list = event.get("attributes").and_then(Json::array)?;
        let pair = list
            .iter()
            .find(|pair| pair.get("key").and_then(Json::str) == Some(EXCEPTION_TYPE))?;
        pair.get("value")?.get("stringValue")?.str()
    });
    Cow::Borrowed(last.unwrap_or_default())
}

/// The attribute of an event that names an exception's type.
pub(super) const EXCEPTION_TYPE: &str = "exception.type";
