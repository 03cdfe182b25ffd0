//! What became of a failed `LiteLLM` call, from `error_information`.
//!
//! Keeps no text of it: messages quote prompts. A newcomer may ask why a status of 500 can end as
//! "no answer": `LiteLLM` gives its own status to what had none, a broken connection among them.

use crate::call::Class;
use crate::outcome::Reject;

use super::super::fields;
use super::super::json::Json;

/// Status and class of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The status as `LiteLLM` tells it (529 becomes 500 there); `None` where no answer came.
    pub(super) status: Option<u16>,
    /// What became of the call.
    pub(super) class: Class,
    /// Whether `LiteLLM` itself refused, so that no provider was called.
    pub(super) by_gateway: bool,
}

/// Reads the error half of a record.
///
/// # Errors
/// `bad_status` for a number that is no HTTP status.
pub(super) fn read(record: &Json<'_>) -> Result<Failure, Reject> {
    let error = record.get("error_information").unwrap_or(&Json::Null);
    let text = |key: &str| error.get(key).and_then(Json::str).unwrap_or_default();
    let code = error.get("error_code").filter(|code| !code.is_blank());
    let status = match code {
        Some(code) if code.whole().is_ok() => fields::status("error_information.error_code", code)?,
        Some(_) | None => None,
    };
    let normalized = text("normalized_error");
    let name = text("error_class");
    let silent = normalized.ends_with("CONNECTION_ERROR")
        || name == "APIConnectionError"
        || (status == Some(500)
            && [text("error_message"), record_text(record, "error_str")]
                .iter()
                .any(|message| message.contains("Connection error")));
    let class = if silent {
        Class::NoAnswer
    } else if normalized.ends_with("TIMEOUT") || name == "Timeout" {
        Class::Timeout
    } else if status.is_some() {
        Class::of_status(status)
    } else {
        [text("error_code"), name, record_text(record, "error_str")]
            .into_iter()
            .find_map(Class::of_error)
            .unwrap_or(Class::Failed)
    };
    let refusals = [
        "BUDGET_EXCEEDED",
        "NO_HEALTHY_DEPLOYMENTS",
        "MODEL_ACCESS_DENIED",
    ];
    Ok(Failure {
        status: status.filter(|_| class != Class::NoAnswer),
        class,
        by_gateway: text("error_rate_limit_category").starts_with("litellm_")
            || name == "BudgetExceededError"
            || refusals.iter().any(|word| normalized.ends_with(word)),
    })
}

fn record_text<'r>(record: &'r Json<'_>, key: &str) -> &'r str {
    record.get(key).and_then(Json::str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_by_what_litellm_really_writes() {
        let of = |status, class, by_gateway| Failure {
            status,
            class,
            by_gateway,
        };
        let cases = [
            (
                r#"{"error_code":"429","error_class":"RateLimitError","error_rate_limit_category":"vendor_rate_limit","normalized_error":"429_RATE_LIMIT_EXCEEDED"}"#,
                of(Some(429), Class::Throttled, false),
            ),
            (
                r#"{"error_code":"500","error_class":"InternalServerError","normalized_error":"503_PROVIDER_OVERLOADED"}"#,
                of(Some(500), Class::ServerError, false),
            ),
            (
                r#"{"error_code":"500","error_class":"InternalServerError","normalized_error":"500_PROVIDER_CONNECTION_ERROR"}"#,
                of(None, Class::NoAnswer, false),
            ),
            (
                r#"{"error_code":"500","error_class":"InternalServerError","error_message":"InternalServerError: OpenAIException - Connection error."}"#,
                of(None, Class::NoAnswer, false),
            ),
            (
                r#"{"error_code":"408","error_class":"Timeout"}"#,
                of(Some(408), Class::Timeout, false),
            ),
            (
                r#"{"error_code":"RateLimitError","error_class":""}"#,
                of(None, Class::Throttled, false),
            ),
            (
                r#"{"error_code":"some_code","error_class":"BadRequestError"}"#,
                of(None, Class::ClientError, false),
            ),
            // A 401 of OpenAI, as LiteLLM passes it on.
            (
                r#"{"error_code":"invalid_api_key","error_class":"BadRequestError","normalized_error":"400_INVALID_REQUEST"}"#,
                of(None, Class::Auth, false),
            ),
            (
                r#"{"error_code":401,"error_class":"AuthenticationError"}"#,
                of(Some(401), Class::Auth, false),
            ),
            (
                r#"{"error_code":"429","error_class":"RateLimitError","error_rate_limit_category":"litellm_rate_limit"}"#,
                of(Some(429), Class::Throttled, true),
            ),
            (
                r#"{"error_code":"400","error_class":"BudgetExceededError"}"#,
                of(Some(400), Class::ClientError, true),
            ),
            ("{}", of(None, Class::Failed, false)),
        ];
        for (error, expected) in cases {
            let record = format!(r#"{{"error_information":{error}}}"#);
            let json = Json::parse(record.as_bytes()).unwrap();
            assert_eq!(read(&json), Ok(expected), "{error}");
        }
        let json = Json::parse(br#"{"error_information":{"error_code":"7000"}}"#).unwrap();
        assert_eq!(
            read(&json).unwrap_err().reason,
            crate::outcome::QuarantineReason::BadStatus
        );
    }
}
