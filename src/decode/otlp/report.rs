//! One span to one outcome: a report of a call, ignored, or rejected.
//!
//! Knows neither JSON nor protobuf. A newcomer may ask why most spans tell both fact groups: an
//! instrumentation stands in the client, so it has seen the request go out and the counts come
//! back. Logfire's spans of streams are the exception: the request's ends when the stream begins,
//! and the counts come in a second span without a length.

use crate::call::{
    Class, Evidence, EvidenceKind, Format, Operation, Origin, Provider, Report, Transport,
    UsageReport,
};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::{Gate, Recognised};
use crate::units::{Millis, Text, UnixMillis, clean_name};

use super::span::{Around, Attributes, Fault, Span, Value};
use super::{kind, place, tokens};
use crate::decode::Told;

/// Names of the provider's request ids.
const REQUEST_ID: [&str; 6] = [
    "azure.service.request.id",
    "az.service_request_id",
    "anthropic.request.id",
    "aws.request_id",
    "openai.request.id",
    "gen_ai.openai.request_id",
];
const STATUS: [&str; 2] = ["http.response.status_code", "http.status_code"];
const RETRIES: [&str; 2] = ["retry_attempts", "http.request.resend_count"];
const REQUEST_BYTES: [&str; 2] = ["http.request.body.size", "http.request_content_length"];
const RESPONSE_BYTES: [&str; 2] = ["http.response.body.size", "http.response_content_length"];

/// Reads one span.
pub(super) fn tell(span: &Span<'_>, around: &Around<'_>, gate: &Gate) -> Told {
    let Some(operation) = kind::operation(span, around) else {
        return Told::Ignored(IgnoreReason::NotACall);
    };
    match report(span, around, operation, gate) {
        Ok(report) => Told::Report(Box::new(report)),
        Err(fault) => {
            let expected = expected(fault.reason);
            Told::Rejected(Reject {
                keys: span.attributes.key_lengths(),
                ..Reject::new(fault.reason, format!("`{}` {expected}", fault.key))
            })
        }
    }
}

/// What would be right, for each reason that a span can fail by.
fn expected(reason: QuarantineReason) -> &'static str {
    if reason == QuarantineReason::BadTime {
        "must be nanoseconds since 1970, the end not before the start"
    } else if reason == QuarantineReason::TimeOutOfRange {
        "must lie between 2015 and 2100"
    } else if reason == QuarantineReason::NegativeTokens {
        "must not be below zero"
    } else if reason == QuarantineReason::CachedAboveInput {
        "must not be less than the cached tokens that it includes"
    } else if reason == QuarantineReason::BadStatus {
        "must be an HTTP status"
    } else {
        "must be a whole number"
    }
}

fn report(
    span: &Span<'_>,
    around: &Around<'_>,
    operation: Operation,
    gate: &Gate,
) -> Result<Report, Fault> {
    let times = times(span)?;
    let named = place::provider(span, around);
    let told = tokens::of(span, &around.scope, named.as_ref())?;
    let Recognised {
        destination,
        mut evidence,
    } = place::destination(&span.attributes, named, operation, gate)?;
    if !told.geo.is_empty() {
        evidence.push(Evidence {
            kind: EvidenceKind::InferenceGeo,
            told: clean_name(&told.geo),
        });
    }
    let parts = Parts::of(span, around, told.usage.is_some());
    let latency = times.latency.filter(|_| parts == Parts::Whole);
    let (status, class) = outcome(span)?;
    let transport = Transport {
        status,
        class: Some(class),
        latency,
        request_bytes: span.attributes.count(&REQUEST_BYTES)?,
        response_bytes: span.attributes.count(&RESPONSE_BYTES)?,
        stated_retries: retries(&span.attributes)?,
        ..Transport::default()
    };
    let (model, requested_model) = place::models(span, around);
    let usage = UsageReport {
        model,
        requested_model,
        usage: told.usage,
        untold: told.untold,
        total_mismatch: told.total_mismatch,
        audio: told.audio,
        tier: told.tier,
        web_searches: told.web_searches,
        class: Some(class),
        duration: latency,
        ..UsageReport::default()
    };
    Ok(Report {
        format: Format::Otlp,
        teller: clean_name(&around.scope),
        identity: identity(span, destination.provider.as_ref(), times.begin, &usage),
        at: times.begin,
        sequence: Text::default(),
        destination,
        transport: (parts != Parts::Usage).then_some(transport),
        usage: (parts != Parts::Transport).then_some(usage),
        origin: origin(&span.attributes, &around.resource),
        evidence,
    })
}

/// Which fact groups a span tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parts {
    /// Both.
    Whole,
    /// The request of a stream: it ends when the stream begins.
    Transport,
    /// What came of a stream, told afterwards in a span without a length.
    Usage,
}

impl Parts {
    fn of(span: &Span<'_>, around: &Around<'_>, has_usage: bool) -> Parts {
        if around.scope != "logfire" && !around.scope.starts_with("logfire.") {
            return Parts::Whole;
        }
        let is_log = span.attributes.text(&["logfire.span_type"]) == Some("log");
        let answered = has_usage || span.attributes.text(&["gen_ai.response.id"]).is_some();
        if is_log || span.start == span.end {
            Parts::Usage
        } else if answered || span.failed {
            Parts::Whole
        } else {
            Parts::Transport
        }
    }
}

struct Times {
    begin: UnixMillis,
    latency: Option<Millis>,
}

fn times(span: &Span<'_>) -> Result<Times, Fault> {
    let fault = |key| move |reason| Fault { reason, key };
    let start = span.start.map_err(fault("startTimeUnixNano"))?;
    let end = span.end.map_err(fault("endTimeUnixNano"))?;
    if start == 0 {
        return Err(fault("startTimeUnixNano")(QuarantineReason::BadTime));
    }
    let begin = UnixMillis(i64::try_from(start / 1_000_000).unwrap_or(i64::MAX));
    if !begin.is_plausible() {
        return Err(fault("startTimeUnixNano")(QuarantineReason::TimeOutOfRange));
    }
    let latency = match end {
        0 => None,
        end => {
            let nanos = end.checked_sub(start);
            let nanos = nanos.ok_or_else(|| fault("endTimeUnixNano")(QuarantineReason::BadTime))?;
            Some(Millis(nanos / 1_000_000))
        }
    };
    Ok(Times { begin, latency })
}

/// Status and class. Status first, unless the span failed after a good one (a broken stream);
/// then the error's type, the recorded exception, and the status message.
fn outcome(span: &Span<'_>) -> Result<(Option<u16>, Class), Fault> {
    let attributes = &span.attributes;
    let bad = Fault {
        reason: QuarantineReason::BadStatus,
        key: STATUS[0],
    };
    let error = match attributes.get("error.type") {
        Some(Value::Text(error)) => error.trim().to_owned(),
        Some(Value::Whole(status)) => status.to_string(),
        Some(Value::Flag(_) | Value::Other) | None => String::new(),
    };
    let told = match attributes.whole(&STATUS) {
        Ok(Some(0)) => return Ok((None, Class::NoAnswer)),
        Ok(Some(number)) => match u16::try_from(number) {
            Ok(status @ 100..=599) => Some(status),
            Ok(_) | Err(_) => return Err(bad),
        },
        // By the semantic conventions the type of an HTTP error is its status.
        Ok(None) => error
            .parse()
            .ok()
            .filter(|status| (400..=599).contains(status)),
        Err(_) => return Err(bad),
    };
    let failed = span.failed || !error.is_empty();
    match told.map(|status| Class::of_status(Some(status))) {
        Some(class) if class != Class::Ok || !failed => Ok((told, class)),
        Some(_) | None if failed => {
            let words = [error.as_str(), &span.exception, &span.message];
            let class = words.iter().find_map(|words| Class::of_error(words));
            Ok((told, class.unwrap_or(Class::Failed)))
        }
        Some(class) => Ok((told, class)),
        None => Ok((None, Class::Ok)),
    }
}

fn retries(attributes: &Attributes<'_>) -> Result<Option<u32>, Fault> {
    let count = attributes.count(&RETRIES)?;
    Ok(count.map(|count| u32::try_from(count).unwrap_or(u32::MAX)))
}

fn identity(
    span: &Span<'_>,
    provider: Option<&Provider>,
    begin: UnixMillis,
    usage: &UsageReport,
) -> Identity {
    let attributes = &span.attributes;
    let response = attributes.text(&["gen_ai.response.id"]);
    let unique = response.filter(|id| !(provider == Some(&Provider::Ollama) && is_short(id)));
    if let Some(id) = unique {
        return Identity::new(IdentityKind::Response, clean_name(id));
    }
    if let Some(id) = attributes.text(&REQUEST_ID) {
        return Identity::new(IdentityKind::Request, clean_name(id));
    }
    if span.trace.is_empty() || span.id.is_empty() {
        let tokens = usage.usage.unwrap_or_default();
        return Identity::weak(&[
            b"otlp",
            &begin.0.to_le_bytes(),
            &span.end.unwrap_or_default().to_le_bytes(),
            usage.model.as_bytes(),
            &tokens.total_input().to_le_bytes(),
            &tokens.output.to_le_bytes(),
        ]);
    }
    Identity::new(IdentityKind::Span, format!("{}/{}", span.trace, span.id))
}

/// Ollama numbers its answers `chatcmpl-0` to `chatcmpl-998` at random: no key of a call.
fn is_short(id: &str) -> bool {
    let tail = id.rsplit('-').next().unwrap_or_default();
    tail.len() <= 3 && tail.bytes().all(|byte| byte.is_ascii_digit())
}

fn origin(span: &Attributes<'_>, resource: &Attributes<'_>) -> Origin {
    let name = |names: &[&str]| {
        let told = span.text(names).or_else(|| resource.text(names));
        told.map(clean_name).unwrap_or_default()
    };
    let of_resource = |key: &str| {
        let told = resource.text(&[key]).or_else(|| span.text(&[key]));
        // What the SDK writes where nobody named the service.
        let told = told.filter(|told| !told.starts_with("unknown_service"));
        told.map(clean_name).unwrap_or_default()
    };
    let or = |first: Text, second: Text| if first.is_empty() { second } else { first };
    Origin {
        application: or(
            name(&["tollwatch.application"]),
            of_resource("service.namespace"),
        ),
        skill: or(name(&["tollwatch.skill"]), name(&["gen_ai.agent.name"])),
        service: of_resource("service.name"),
        user: name(&[
            "enduser.id",
            "user.id",
            "traceloop.association.properties.user_id",
        ]),
        conversation: name(&[
            "gen_ai.conversation.id",
            "session.id",
            "traceloop.association.properties.session_id",
        ]),
        ..Origin::default()
    }
}
