//! The common form of a span: what JSON and protobuf both give, reduced to what is ever read.
//!
//! Knows no meaning of any attribute. A newcomer may ask why attributes are filtered at the door:
//! prompts and answers are attributes too, and what is never kept cannot leak.

use std::borrow::Cow;

use crate::outcome::QuarantineReason;
use crate::units::Text;

/// A time in nanoseconds since 1970, 0 where it is absent, or the reason why it is unreadable.
pub(super) type Stamp = Result<u64, QuarantineReason>;

/// One span, reduced.
#[derive(Clone, Debug)]
pub(super) struct Span<'a> {
    /// Trace id in lower-case hex; empty when absent.
    pub(super) trace: Text,
    /// Span id in lower-case hex; empty when absent.
    pub(super) id: Text,
    /// Id of the parent span; empty for a root.
    pub(super) parent: Text,
    /// Its name, mostly operation and model.
    pub(super) name: Cow<'a, str>,
    /// Whether the span's kind is CLIENT.
    pub(super) client: bool,
    /// When it began.
    pub(super) start: Stamp,
    /// When it ended.
    pub(super) end: Stamp,
    /// Whether its status is ERROR.
    pub(super) failed: bool,
    /// Message of the status.
    pub(super) message: Cow<'a, str>,
    /// Type of the last exception recorded as an event.
    pub(super) exception: Cow<'a, str>,
    /// The attributes that are read.
    pub(super) attributes: Attributes<'a>,
}

/// What a span stands in: its resource and its instrumentation scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Around<'a> {
    /// Name of the instrumentation scope, as told.
    pub(super) scope: Cow<'a, str>,
    /// Attributes of the resource: the program that made the call.
    pub(super) resource: Attributes<'a>,
}

/// The value of an attribute, as far as it is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number, however it was written.
    Whole(i64),
    /// A truth value.
    Flag(bool),
    /// A fraction, a list, a map or bytes: never read, but known to be there.
    Other,
}

/// Attributes by name, without those that carry what people and models wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

/// Beginnings of the names that are read.
const READ: [&str; 25] = [
    "ai.usage.",
    "anthropic.",
    "aws.",
    "az.",
    "azure.",
    "cloud.",
    "embedding.model_name",
    "enduser.",
    "error.type",
    "gen_ai.",
    "http.",
    "llm.",
    "logfire.span_type",
    "net.peer.",
    "openai.",
    "openinference.",
    "peer.address",
    "retry_attempts",
    "rpc.",
    "server.",
    "service.",
    "session.id",
    "tollwatch.",
    "traceloop.",
    "user.id",
];

/// `url.full` and `url.path` are read apart from their siblings: a query may hold a key.
const READ_URL: [&str; 2] = ["url.full", "url.path"];

/// Beginnings of names that carry what people and models wrote.
const NEVER: [&str; 12] = [
    "gen_ai.completion",
    "gen_ai.content",
    "gen_ai.input",
    "gen_ai.output",
    "gen_ai.prompt",
    "gen_ai.system_instructions",
    "gen_ai.tool",
    "llm.input_messages",
    "llm.output_messages",
    "llm.prompt",
    "llm.tools",
    "traceloop.entity",
];

/// Whether an attribute of that name is kept.
pub(super) fn is_read(name: &str) -> bool {
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    (begins(&READ) || READ_URL.contains(&name)) && !begins(&NEVER)
}

impl<'a> Attributes<'a> {
    /// Keeps an attribute, if it is one that is read.
    pub(super) fn add(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) {
        let name = name.into();
        if is_read(&name) {
            self.0.push((name, value));
        }
    }

    /// The value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The first of these names that holds a text with something in it.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| match self.get(name)? {
            Value::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            Value::Text(_) | Value::Whole(_) | Value::Flag(_) | Value::Other => None,
        })
    }

    /// The first of these names that holds a whole number; a blank text holds none.
    ///
    /// # Errors
    /// The name and `bad_number`, where something else stands there.
    pub(super) fn whole(&self, names: &[&'static str]) -> Result<Option<i64>, Fault> {
        for name in names {
            let bad = Fault {
                reason: QuarantineReason::BadNumber,
                key: name,
            };
            match self.get(name) {
                None => {}
                Some(Value::Whole(number)) => return Ok(Some(*number)),
                Some(Value::Text(text)) if text.trim().is_empty() => {}
                Some(Value::Text(text)) => {
                    return text.trim().parse().map(Some).map_err(|_| bad);
                }
                Some(Value::Flag(_) | Value::Other) => return Err(bad),
            }
        }
        Ok(None)
    }

    /// The first of these names that holds a count.
    ///
    /// # Errors
    /// The name with `bad_number`, or `negative_tokens` below zero.
    pub(super) fn count(&self, names: &[&'static str]) -> Result<Option<u64>, Fault> {
        for name in names {
            if let Some(number) = self.whole(&[name])? {
                return u64::try_from(number).map(Some).map_err(|_| Fault {
                    reason: QuarantineReason::NegativeTokens,
                    key: name,
                });
            }
        }
        Ok(None)
    }

    /// The names and the length of each value in bytes, for quarantine.
    pub(super) fn key_lengths(&self) -> Vec<(Text, u32)> {
        let length = |value: &Value<'_>| match value {
            Value::Text(text) => text.len(),
            Value::Whole(number) => number.to_string().len(),
            Value::Flag(flag) => flag.to_string().len(),
            Value::Other => 0,
        };
        self.0
            .iter()
            .take(crate::outcome::Reject::MAX_KEYS)
            .map(|(name, value)| {
                let length = u32::try_from(length(value)).unwrap_or(u32::MAX);
                (crate::units::clean_name(name), length)
            })
            .collect()
    }
}

/// What is wrong with a span, and with which attribute or field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Why it cannot be metered.
    pub(super) reason: QuarantineReason,
    /// The attribute or field.
    pub(super) key: &'static str,
}
