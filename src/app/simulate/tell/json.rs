//! Writes one JSON object, key by key, in the order it is given.
//!
//! Knows no format. A newcomer may ask why not `serde_json`: its objects come out sorted by key,
//! and records look like their originals only when the keys stand in the originals' order.

use std::fmt::Write as _;

/// A JSON object that is being written.
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Object {
        Object(String::from("{"))
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    pub(super) fn text(mut self, key: &str, value: &str) -> Object {
        self.key(key);
        quote(&mut self.0, value);
        self
    }

    /// A number, or anything that shows as JSON.
    pub(super) fn number(mut self, key: &str, value: impl std::fmt::Display) -> Object {
        self.key(key);
        // Writing to a `String` cannot fail.
        write!(self.0, "{value}").unwrap_or_default();
        self
    }

    /// A number written as text, as ServiceNow's Table API does.
    pub(super) fn digits(self, key: &str, value: impl std::fmt::Display) -> Object {
        self.text(key, &value.to_string())
    }

    pub(super) fn object(self, key: &str, value: Object) -> Object {
        self.number(key, value.done())
    }

    /// A list of finished JSON values.
    pub(super) fn list(self, key: &str, values: &[String]) -> Object {
        self.number(key, format_args!("[{}]", values.join(",")))
    }

    pub(super) fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Appends a JSON string.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out.push('"');
}
