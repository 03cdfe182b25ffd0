//! Azure API Management: `GatewayLogs` tell transport facts, `GatewayLlmLogs` usage facts.
//!
//! Reads no message. A newcomer may ask how the two halves of a call stay one call: both carry the
//! gateway's correlation id, and a call adds once to each fact group. For the same reason the
//! further records of a long message, which may repeat the tokens, add nothing.

mod columns;

use crate::call::{
    Class, Evidence, EvidenceKind, Format, Origin, Provider, Report, Silent, Transport, Untold,
    Usage, UsageReport,
};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::Recognised;
use crate::units::{Text, UnixMillis, clean_name};

use super::azure_record::{self, Columns};
use super::fields;
use super::json::Json;
use super::{Context, Told};

use columns as col;

/// The provider and type in a gateway's resource id.
const SERVICES: &str = "microsoft.apimanagement/service";

/// Which of the gateway's logs a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    /// One record for each request.
    Gateway,
    /// Tokens and messages of requests to models.
    Llm,
    /// Another log of the gateway.
    Other,
}

/// Told by category (Event Hubs), by table (Log Analytics), or by the table's own columns.
fn log_of(record: &Json<'_>) -> Option<Log> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| record.get(key)?.str());
    let has = |key: &str| record.get(key).is_some();
    match text(&["category", "Category", "Type"]).unwrap_or_default() {
        "GatewayLogs" | "ApiManagementGatewayLogs" => return Some(Log::Gateway),
        "GatewayLlmLogs" | "GatewayLlmLog" | "ApiManagementGatewayLlmLog" => {
            return Some(Log::Llm);
        }
        _ => {}
    }
    let gateway = text(&["resourceId", "_ResourceId"])
        .is_some_and(|id| azure_record::resource_name(id, SERVICES).is_some());
    if has("CorrelationId") && has("SequenceNumber") && has("PromptTokens") {
        Some(Log::Llm)
    } else if has("CorrelationId") && has("ApiId") && has("ResponseCode") {
        Some(Log::Gateway)
    } else if gateway && has("category") {
        Some(Log::Other)
    } else {
        None
    }
}

pub(super) fn recognises(record: &Json<'_>) -> bool {
    log_of(record).is_some()
}

pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(read(record, context).unwrap_or_else(Told::Rejected));
}

fn read(record: &Json<'_>, context: Context<'_>) -> Result<Told, Reject> {
    let properties = azure_record::properties(record)?;
    let columns = Columns::new(record, properties.as_deref(), context.settings);
    match log_of(record) {
        Some(Log::Gateway) => gateway(&columns, context),
        Some(Log::Llm) => llm(&columns),
        Some(Log::Other) | None => Ok(Told::Ignored(IgnoreReason::NotACall)),
    }
}

/// A request through the gateway: where its backend, else its own address, is a model's.
fn gateway(columns: &Columns<'_>, context: Context<'_>) -> Result<Told, Reject> {
    let backend = columns.text(col::BACKEND_URL);
    let own = columns.text(col::URL);
    if backend.is_empty() && own.is_empty() {
        return Err(Reject::new(
            QuarantineReason::NoDestination,
            "neither `backendUrl` nor `url`",
        ));
    }
    let admitted = |url: &str| azure_record::admitted(context, url);
    let Some(Recognised {
        destination,
        mut evidence,
    }) = admitted(&backend).or_else(|| admitted(&own))
    else {
        return Ok(Told::Ignored(IgnoreReason::OtherCall));
    };
    for (kind, told) in [
        (EvidenceKind::ResourceRegion, header(columns, "x-ms-region")),
        (EvidenceKind::GatewayRegion, columns.name(col::REGION)),
    ] {
        if !told.is_empty() {
            evidence.push(Evidence { kind, told });
        }
    }
    let at = time(columns)?;
    Ok(Told::Report(Box::new(Report {
        format: Format::ApimLlm,
        teller: Text::from("GatewayLogs"),
        identity: identity(columns, at),
        at,
        sequence: Text::default(),
        destination,
        transport: Some(transport(columns, !backend.is_empty())?),
        usage: None,
        origin: origin(columns),
        evidence,
    })))
}

fn transport(columns: &Columns<'_>, has_backend: bool) -> Result<Transport, Reject> {
    let status_of = |column| {
        columns
            .find(column)
            .map(|found| fields::status(found.key, &found.value))
            .transpose()
    };
    // A backend's code of 0 is no answer, whatever the gateway told its client; without a
    // backend's code the gateway's own stands.
    let status = match status_of(col::BACKEND_STATUS)?.filter(|_| has_backend) {
        Some(status) => status,
        None => status_of(col::STATUS)?.flatten(),
    };
    let mut latency = None;
    for column in [col::BACKEND_TIME, col::DURATION] {
        if latency.is_none() {
            latency = columns.millis(column)?;
        }
    }
    Ok(Transport {
        status,
        class: Some(Class::of_status(status)),
        latency,
        request_bytes: columns.count(col::REQUEST_BYTES)?,
        response_bytes: columns.count(col::RESPONSE_BYTES)?,
        spillover_from: header(columns, "x-ms-spillover-from-deployment"),
        ..Transport::default()
    })
}

/// A backend's response header, where the gateway was told to log it.
fn header(columns: &Columns<'_>, name: &str) -> Text {
    let Some(found) = columns.find(col::BACKEND_HEADERS) else {
        return Text::default();
    };
    let of = |headers: &Json<'_>| {
        headers
            .object()
            .unwrap_or(&[])
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.str().map(clean_name))
            .unwrap_or_default()
    };
    match found.value.str() {
        Some(text) => Json::parse(text.as_bytes()).map_or_else(|_| Text::default(), |it| of(&it)),
        None => of(&found.value),
    }
}

/// Tokens of a request to a model. Records without tokens carry messages only.
fn llm(columns: &Columns<'_>) -> Result<Told, Reject> {
    let input = columns.tokens(col::PROMPT_TOKENS)?;
    let output = columns.tokens(col::COMPLETION_TOKENS)?;
    let total = columns.tokens(col::TOTAL_TOKENS)?;
    let cached = columns.tokens(col::CACHED_TOKENS)?;
    let (whole, generated) = (input.unwrap_or(0), output.unwrap_or(0));
    if whole == 0 && generated == 0 {
        return Ok(Told::Ignored(IgnoreReason::NotACall));
    }
    let read = cached.unwrap_or(0);
    let fresh = whole.checked_sub(read).ok_or_else(|| {
        Reject::new(
            QuarantineReason::CachedAboveInput,
            format!("`promptTokens` is {whole}, but `promptCachedTokens` is {read}"),
        )
    })?;
    let usage = Usage {
        input: fresh,
        cache_read: read,
        output: generated,
        ..Usage::default()
    };
    let at = time(columns)?;
    let mut destination = crate::call::Destination {
        provider: columns.find(col::DEPLOYMENT).map(|_| Provider::Azure),
        deployment: columns.name(col::DEPLOYMENT),
        ..crate::call::Destination::default()
    };
    let model = columns.name(col::MODEL);
    destination.model.clone_from(&model);
    Ok(Told::Report(Box::new(Report {
        format: Format::ApimLlm,
        teller: Text::from("GatewayLlmLogs"),
        identity: identity(columns, at),
        at,
        sequence: Text::default(),
        destination,
        transport: None,
        usage: Some(UsageReport {
            requested_model: model.clone(),
            model,
            usage: Some(usage),
            untold: Untold {
                cache: cached.is_none(),
                geo: true,
                convention: false,
                buckets: Silent::of([
                    input.is_none(),
                    cached.is_none(),
                    true,
                    true,
                    output.is_none(),
                    true,
                ]),
            },
            total_mismatch: total.is_some_and(|total| total != usage.total()),
            class: Some(Class::Ok),
            ..UsageReport::default()
        }),
        origin: origin(columns),
        evidence: Vec::new(),
    })))
}

fn time(columns: &Columns<'_>) -> Result<UnixMillis, Reject> {
    columns
        .time(col::TIME)?
        .ok_or_else(|| fields::no_time(&[col::TIME]))
}

/// The correlation id, in both logs; without one a hash of what the record tells.
fn identity(columns: &Columns<'_>, at: UnixMillis) -> Identity {
    let id = columns.name(col::CORRELATION);
    if !id.is_empty() {
        return Identity::new(IdentityKind::Gateway, id);
    }
    let mut parts = vec![at.0.to_string()];
    for column in [
        col::REQUEST,
        col::BACKEND_URL,
        col::URL,
        col::DEPLOYMENT,
        col::STATUS,
        col::BACKEND_TIME,
        col::PROMPT_TOKENS,
        col::COMPLETION_TOKENS,
    ] {
        parts.push(columns.text(column).into_owned());
    }
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    Identity::weak(&parts)
}

fn origin(columns: &Columns<'_>) -> Origin {
    Origin {
        service: columns.name(col::API),
        caller: columns.name(col::SUBSCRIPTION),
        credential: columns.name(col::SUBSCRIPTION),
        user: columns.name(col::USER),
        ..Origin::default()
    }
}

#[cfg(test)]
mod tests;
