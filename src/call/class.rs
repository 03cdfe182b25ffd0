//! What became of a call: one class each, from a status or from the words of an error.
//!
//! Knows no provider. A newcomer may ask why errors are told by pieces of words: instrumentations
//! give an exception's type, gateways a sentence, and both hold the same few words.

/// What became of a call or request; one class each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Answered.
    Ok,
    /// 429.
    Throttled,
    /// 401 or 403.
    Auth,
    /// Another 4xx, or 3xx.
    ClientError,
    /// 5xx, Anthropic's 529 among them.
    ServerError,
    /// 408, 504, or the client gave up waiting.
    Timeout,
    /// No answer: connection failed, status 0 or empty.
    NoAnswer,
    /// An error whose kind the report does not tell.
    Failed,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Class; 8] = [
        Class::Ok,
        Class::Throttled,
        Class::Auth,
        Class::ClientError,
        Class::ServerError,
        Class::Timeout,
        Class::NoAnswer,
        Class::Failed,
    ];

    /// The word for tables, series and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Ok => "ok",
            Class::Throttled => "throttled",
            Class::Auth => "auth",
            Class::ClientError => "client_error",
            Class::ServerError => "server_error",
            Class::Timeout => "timeout",
            Class::NoAnswer => "no_answer",
            Class::Failed => "failed",
        }
    }

    /// The class of an HTTP status; `None` (or 0) is no answer.
    #[must_use]
    pub fn of_status(status: Option<u16>) -> Class {
        match status {
            None | Some(0) => Class::NoAnswer,
            Some(200..=299) => Class::Ok,
            Some(429) => Class::Throttled,
            Some(401 | 403) => Class::Auth,
            Some(408 | 504) => Class::Timeout,
            Some(500..=599) => Class::ServerError,
            Some(_) => Class::ClientError,
        }
    }

    /// The class that an error text or type name tells: `RateLimitError`, `with code: 401`,
    /// `ThrottlingException`, `529`. `None` when it tells nothing.
    #[must_use]
    pub fn of_error(text: &str) -> Option<Class> {
        if let Some(status) = status_in(text) {
            return Some(Class::of_status(Some(status)));
        }
        let lower: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        let told = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if told(&[
            "ratelimit",
            "throttl",
            "toomanyrequests",
            "resourceexhausted",
            "quota",
            "modelnotready",
        ]) {
            Some(Class::Throttled)
        } else if told(&["timeout", "timedout", "deadlineexceeded"]) {
            Some(Class::Timeout)
        } else if told(&[
            "authentication",
            "unauthorized",
            "permissiondenied",
            "accessdenied",
            "forbidden",
            "invalidapikey",
        ]) {
            Some(Class::Auth)
        } else if told(&[
            "connection",
            "connect",
            "unreachable",
            "dns",
            "econn",
            "socket",
        ]) {
            Some(Class::NoAnswer)
        } else if told(&[
            "overloaded",
            "serviceunavailable",
            "internalserver",
            "servererror",
            "badgateway",
            "unavailable",
        ]) {
            Some(Class::ServerError)
        } else if told(&[
            "badrequest",
            "invalidrequest",
            "validation",
            "notfound",
            "unprocessable",
            "contentfilter",
            "contextlength",
            "contextwindow",
        ]) {
            Some(Class::ClientError)
        } else {
            None
        }
    }
}

/// An HTTP error status (400 to 599) that stands alone as a number in `text`.
fn status_in(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == 3)
        .filter_map(|word| word.parse::<u16>().ok())
        .find(|status| (400..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_statuses() {
        let cases = [
            (None, Class::NoAnswer),
            (Some(0), Class::NoAnswer),
            (Some(200), Class::Ok),
            (Some(204), Class::Ok),
            (Some(302), Class::ClientError),
            (Some(401), Class::Auth),
            (Some(403), Class::Auth),
            (Some(404), Class::ClientError),
            (Some(408), Class::Timeout),
            (Some(429), Class::Throttled),
            (Some(500), Class::ServerError),
            (Some(504), Class::Timeout),
            (Some(529), Class::ServerError),
        ];
        for (status, class) in cases {
            assert_eq!(Class::of_status(status), class, "{status:?}");
        }
    }

    #[test]
    fn classes_of_errors() {
        let cases = [
            ("openai.RateLimitError", Some(Class::Throttled)),
            ("rate_limit_error", Some(Class::Throttled)),
            ("429", Some(Class::Throttled)),
            (
                "botocore.errorfactory.ThrottlingException",
                Some(Class::Throttled),
            ),
            ("Request failed with code: 401", Some(Class::Auth)),
            ("529 overloaded_error", Some(Class::ServerError)),
            ("APITimeoutError", Some(Class::Timeout)),
            ("APIConnectionError", Some(Class::NoAnswer)),
            ("invalid_api_key", Some(Class::Auth)),
            ("Error", None),
            ("", None),
        ];
        for (text, class) in cases {
            assert_eq!(Class::of_error(text), class, "{text}");
        }
    }
}
