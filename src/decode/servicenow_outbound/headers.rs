//! Takes a few facts out of response headers of log level "elevated" and forgets the rest.
//!
//! Knows no call. A newcomer may ask why request headers are not read at all: they hold
//! credentials, and no fact that the response does not tell better.

use crate::call::{Silent, Tier, Usage};
use crate::units::{Millis, Text, clean_name};

use super::super::REQUEST_ID_HEADERS;
use super::super::fields;
use super::super::json::Json;

/// What the allowed headers told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    /// `x-ms-region`: the resource's region.
    pub(super) region: Text,
    /// The provisioned deployment that the call was moved from.
    pub(super) spillover_from: Text,
    /// The deployment that served.
    pub(super) deployment: Text,
    /// Requests left before the limit.
    pub(super) remaining_requests: Option<i64>,
    /// Tokens left before the limit.
    pub(super) remaining_tokens: Option<i64>,
    /// How long to wait.
    pub(super) retry_after: Option<Millis>,
    /// The provider's id of the request.
    pub(super) request_id: Text,
    /// Bedrock's token counts.
    pub(super) tokens: Tokens,
    /// Bedrock's service tier.
    pub(super) tier: Option<Tier>,
    /// The place of `request_id` in [`REQUEST_ID_HEADERS`], plus one.
    id_rank: usize,
    /// Whether `retry-after-ms` stood there, which is more exact than `retry-after`.
    exact_wait: bool,
}

/// Token counts of Bedrock's response headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
}

impl Tokens {
    /// The counts as usage; `None` unless both input and output are told.
    pub(super) fn usage(self) -> Option<Usage> {
        Some(Usage {
            input: self.input?,
            output: self.output?,
            cache_read: self.cache_read.unwrap_or(0),
            cache_write_5m: self.cache_write.unwrap_or(0),
            ..Usage::default()
        })
    }

    /// The buckets that no header tells.
    pub(super) fn untold(self) -> Silent {
        let (read, write) = (self.cache_read.is_none(), self.cache_write.is_none());
        Silent::of([false, read, write, true, false, true])
    }

    /// Whether any cache count is told.
    pub(super) fn tells_cache(self) -> bool {
        self.cache_read.is_some() || self.cache_write.is_some()
    }
}

/// Reads headers as an object, a list of `{name, value}`, a text of either or of a Java map, or
/// lines of `Name: value` or `Name=value`. What cannot be read tells nothing.
pub(super) fn read(value: &Json<'_>) -> Headers {
    let mut headers = Headers::default();
    match value {
        Json::Str(text) if text.trim_start().starts_with(['{', '[']) => {
            // A text cut in the middle of its JSON is not trusted: the cut may stand in a value.
            match Json::parse(text.as_bytes()) {
                Ok(parsed) => read_json(&parsed, &mut headers),
                Err(_) => read_map(text.trim(), &mut headers),
            }
        }
        Json::Str(text) => {
            for line in text.lines() {
                if let Some((name, value)) = line.split_once([':', '=']) {
                    headers.take(name, value);
                }
            }
        }
        Json::Object(_) | Json::Array(_) => read_json(value, &mut headers),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) => {}
    }
    headers
}

fn read_json(value: &Json<'_>, headers: &mut Headers) {
    for (name, value) in value.object().unwrap_or(&[]) {
        take_json(name, value, headers);
    }
    for pair in value.array().unwrap_or(&[]) {
        let name = pair.get("name").or(pair.get("key")).and_then(Json::str);
        if let (Some(name), Some(value)) = (name, pair.get("value")) {
            take_json(name, value, headers);
        }
    }
}

/// A map as Java writes it: `{Name=value, Other=value}`. A value may hold commas; a new pair begins
/// where a header's name and `=` follow one.
fn read_map(text: &str, headers: &mut Headers) {
    let Some(inner) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    else {
        return;
    };
    let is_name = |name: &str| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !name.is_empty() && name.bytes().all(letter)
    };
    let mut pair: Option<(&str, String)> = None;
    for part in inner.split(", ") {
        match (part.split_once('='), &mut pair) {
            (Some((name, value)), _) if is_name(name) => {
                if let Some((name, value)) = pair.replace((name, value.to_owned())) {
                    headers.take(name, value.trim_matches(['[', ']']));
                }
            }
            (_, Some((_, value))) => {
                value.push_str(", ");
                value.push_str(part);
            }
            (_, None) => return,
        }
    }
    if let Some((name, value)) = pair {
        headers.take(name, value.trim_matches(['[', ']']));
    }
}

fn take_json(name: &str, value: &Json<'_>, headers: &mut Headers) {
    // A header that may repeat comes as a list.
    let value = value.array().map_or(Some(value), <[Json<'_>]>::first);
    if let Some(text) = value.and_then(|value| fields::text(fields::plain(value))) {
        headers.take(name, &text);
    }
}

impl Headers {
    /// Keeps the header when it is one of the allowed.
    fn take(&mut self, name: &str, value: &str) {
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        match name.as_str() {
            "x-ms-region" => self.region = clean_name(value),
            "x-ms-spillover-from-deployment" => self.spillover_from = clean_name(value),
            "x-ms-deployment-name" => self.deployment = clean_name(value),
            "x-ratelimit-remaining-requests" | "anthropic-ratelimit-requests-remaining" => {
                self.remaining_requests = value.parse().ok();
            }
            "x-ratelimit-remaining-tokens" | "anthropic-ratelimit-tokens-remaining" => {
                self.remaining_tokens = value.parse().ok();
            }
            "retry-after-ms" => {
                self.retry_after = wait(value, false).or(self.retry_after);
                self.exact_wait = true;
            }
            "retry-after" if !self.exact_wait => self.retry_after = wait(value, true),
            "x-amzn-bedrock-input-token-count" => self.tokens.input = value.parse().ok(),
            "x-amzn-bedrock-output-token-count" => self.tokens.output = value.parse().ok(),
            "x-amzn-bedrock-cache-read-input-token-count" => {
                self.tokens.cache_read = value.parse().ok();
            }
            "x-amzn-bedrock-cache-write-input-token-count" => {
                self.tokens.cache_write = value.parse().ok();
            }
            "x-amzn-bedrock-service-tier" => self.tier = Tier::parse(value),
            other => self.take_id(other, value),
        }
    }

    fn take_id(&mut self, name: &str, value: &str) {
        let Some(rank) = REQUEST_ID_HEADERS.iter().position(|id| *id == name) else {
            return;
        };
        if self.id_rank == 0 || rank < self.id_rank.saturating_sub(1) {
            self.id_rank = rank.saturating_add(1);
            self.request_id = clean_name(value);
        }
    }
}

/// A wait in milliseconds, or in seconds; a date tells nothing without a clock.
fn wait(value: &str, seconds: bool) -> Option<Millis> {
    fields::millis("retry-after", &Json::Str(value.into()), seconds)
        .ok()
        .flatten()
}
