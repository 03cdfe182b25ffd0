//! Opens what records come wrapped in: lists, result objects, `CloudWatch` and Kafka Connect.
//!
//! Knows no format of records. A newcomer may ask why any object with a `data` or `payload` may
//! be opened: it is opened only after no format has recognised the object itself.

use crate::outcome::{IgnoreReason, QuarantineReason, Reject};

use super::Told;
use super::json::Json;

/// How many envelopes may lie in each other.
pub(super) const MAX_DEPTH: usize = 3;

/// Keys under which producers put one record, or a list of them. Sources: Table API (`result`),
/// Azure diagnostic export (`records`), Kafka Connect's JSON converter (`payload`), producers'
/// own habits (the rest).
const KEYS: [&str; 6] = ["result", "records", "payload", "record", "fields", "data"];

/// What kind of envelope a value may be, for counting; the key, or a word for what has none.
pub(super) fn kind(value: &Json<'_>) -> Option<&'static str> {
    if value.array().is_some() {
        return Some("list");
    }
    if value.get("messageType").is_some() && value.get("logEvents").is_some() {
        return Some("cloudwatch");
    }
    let holds = |key: &&&str| {
        value.get(key).is_some_and(|inner| {
            let text = || inner.str().is_some_and(is_json_like);
            inner.array().is_some() || inner.object().is_some() || text()
        })
    };
    KEYS.iter().find(holds).copied()
}

/// Calls `each` for every record inside `value`, or pushes what the envelope itself tells.
/// Returns false when `value` is no envelope.
pub(super) fn open(
    value: &Json<'_>,
    out: &mut Vec<Told>,
    each: &mut dyn FnMut(&Json<'_>, &mut Vec<Told>),
) -> bool {
    if let Some(items) = value.array() {
        open_list(items, out, each);
        return true;
    }
    if value.get("messageType").is_some() && value.get("logEvents").is_some() {
        open_cloudwatch(value, out, each);
        return true;
    }
    for inner in KEYS.iter().filter_map(|key| value.get(key)) {
        if let Some(items) = inner.array() {
            open_list(items, out, each);
            return true;
        }
        if inner.object().is_some() {
            each(inner, out);
            return true;
        }
        // Kafka's command line tools and string converters write the payload as a text of JSON.
        if let Some(text) = inner.str().filter(|text| is_json_like(text))
            && let Ok(parsed) = Json::parse(text.as_bytes())
        {
            each(&parsed, out);
            return true;
        }
    }
    false
}

fn is_json_like(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn open_list(
    items: &[Json<'_>],
    out: &mut Vec<Told>,
    each: &mut dyn FnMut(&Json<'_>, &mut Vec<Told>),
) {
    if items.is_empty() {
        out.push(Told::Ignored(IgnoreReason::NotACall));
    }
    for item in items {
        if item.object().is_some() {
            each(item, out);
        } else {
            out.push(Told::Rejected(Reject::new(
                QuarantineReason::UnknownShape,
                "a list element that is no object",
            )));
        }
    }
}

/// A `CloudWatch` Logs subscription message: each event's message is a record as text.
fn open_cloudwatch(
    value: &Json<'_>,
    out: &mut Vec<Told>,
    each: &mut dyn FnMut(&Json<'_>, &mut Vec<Told>),
) {
    if value.get("messageType").and_then(Json::str) == Some("CONTROL_MESSAGE") {
        out.push(Told::Ignored(IgnoreReason::NotACall));
        return;
    }
    let events = value.get("logEvents").and_then(Json::array).unwrap_or(&[]);
    if events.is_empty() {
        out.push(Told::Ignored(IgnoreReason::NotACall));
    }
    for event in events {
        let message = event.get("message");
        match message.and_then(Json::str) {
            Some(text) => match Json::parse(text.as_bytes()) {
                Ok(parsed) => each(&parsed, out),
                Err(reject) => out.push(Told::Rejected(reject)),
            },
            None => match message.filter(|message| message.object().is_some()) {
                Some(message) => each(message, out),
                None => out.push(Told::Rejected(Reject::new(
                    QuarantineReason::UnknownShape,
                    "a log event without a `message`",
                ))),
            },
        }
    }
}
