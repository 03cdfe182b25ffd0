//! The provider's response headers, as `LiteLLM` keeps them in `hidden_params.additional_headers`.
//!
//! Hands out single values by name and keeps none. A newcomer may ask why each name is looked for
//! twice: `LiteLLM` puts `llm_provider-` before it on success and leaves it as it is on failure.

use super::super::REQUEST_ID_HEADERS;
use super::super::json::Json;

/// What `LiteLLM` puts before the names of the provider's headers.
const PREFIX: &str = "llm_provider-";

/// A header's value by its name in lower case; empty when missing.
pub(super) fn text<'r>(record: &'r Json<'_>, name: &str) -> &'r str {
    let headers = record
        .at(&["hidden_params", "additional_headers"])
        .and_then(Json::object)
        .unwrap_or(&[]);
    let find = |prefixed: bool| {
        headers.iter().find_map(|(key, value)| {
            let key = match key.strip_prefix(PREFIX) {
                Some(rest) if prefixed => rest,
                None if !prefixed => key,
                Some(_) | None => return None,
            };
            key.eq_ignore_ascii_case(name).then(|| value.str())?
        })
    };
    find(true)
        .or_else(|| find(false))
        .unwrap_or_default()
        .trim()
}

/// A rate-limit figure, which `LiteLLM` lifts out of the headers as a number.
pub(super) fn limit(record: &Json<'_>, key: &str) -> Option<i64> {
    record
        .at(&["hidden_params", "additional_headers", key])
        .and_then(|value| value.whole().ok().flatten())
}

/// The provider's id of the request; empty when no header names one.
pub(super) fn request_id<'r>(record: &'r Json<'_>) -> &'r str {
    REQUEST_ID_HEADERS
        .iter()
        .map(|name| text(record, name))
        .find(|id| !id.is_empty())
        .unwrap_or_default()
}
