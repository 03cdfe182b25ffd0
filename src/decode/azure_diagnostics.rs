//! Azure OpenAI's diagnostic log, category `RequestResponse`: transport facts, no tokens.
//!
//! Knows no usage. A newcomer may ask where host and path come from: the record has neither, so
//! they are derived from the account's name, the deployment and the operation, as the service's
//! own addresses are formed. An account with another custom subdomain must be registered.

use crate::call::{Class, Evidence, EvidenceKind, Format, Operation, Provider, Report, Transport};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::units::{Millis, Text, UnixMillis};

use super::azure_record::{self, Columns};
use super::fields::{self, Column};
use super::json::Json;
use super::{Context, Told, place};

const CATEGORY: Column = Column::fixed(&["category", "Category"]);
const RESOURCE: Column = Column::fixed(&["resourceId", "_ResourceId", "ResourceId"]);
const TIME: Column = Column::fixed(&["time", "TimeGenerated"]);
const BEGAN: Column = Column::fixed(&["requestTime"]);
const ENDED: Column = Column::fixed(&["responseTime"]);
const DURATION: Column = Column::fixed(&["durationMs", "DurationMs"]);
const STATUS: Column = Column::fixed(&["resultSignature", "ResultSignature"]);
const OPERATION: Column = Column::fixed(&["operationName", "OperationName"]);
const CORRELATION: Column = Column::fixed(&["correlationId", "CorrelationId"]);
const LOCATION: Column = Column::fixed(&["location", "Location", "Tenant"]);
const DEPLOYMENT: Column = Column::fixed(&["modelDeploymentName"]);
const MODEL: Column = Column::fixed(&["modelName"]);
const API: Column = Column::fixed(&["apiName"]);
const REQUEST_BYTES: Column = Column::fixed(&["requestLength"]);
const RESPONSE_BYTES: Column = Column::fixed(&["responseLength"]);

/// The provider and type in the ids of the resources that serve models.
const ACCOUNTS: &str = "microsoft.cognitiveservices/accounts";

/// .NET ticks (100 ns since the year 1) at 1970-01-01.
const TICKS_AT_EPOCH: i64 = 621_355_968_000_000_000;

pub(super) fn recognises(record: &Json<'_>) -> bool {
    let text = |keys: &[&str]| keys.iter().find_map(|key| record.get(key)?.str());
    let account = text(RESOURCE.aliases)
        .is_some_and(|id| azure_record::resource_name(id, ACCOUNTS).is_some());
    let category = text(CATEGORY.aliases);
    let call = || OPERATION.stands_in(record) && record.get("properties").is_some();
    category.is_some() && (account || (category == Some("RequestResponse") && call()))
}

pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(read(record, context).unwrap_or_else(Told::Rejected));
}

fn read(record: &Json<'_>, context: Context<'_>) -> Result<Told, Reject> {
    let properties = azure_record::properties(record)?;
    let columns = Columns::new(record, properties.as_deref(), context.settings);
    if columns.text(CATEGORY) != "RequestResponse" {
        return Ok(Told::Ignored(IgnoreReason::NotACall));
    }
    let operation = columns.text(OPERATION);
    let deployment = columns.name(DEPLOYMENT);
    let openai = !deployment.is_empty()
        || columns.find(MODEL).is_some()
        || columns.text(API).contains("OpenAI")
        || suffix(&operation).is_some();
    if !openai {
        return Ok(Told::Ignored(IgnoreReason::OtherCall));
    }
    let Some(account) = azure_record::resource_name(&columns.text(RESOURCE), ACCOUNTS) else {
        return Err(Reject::new(
            QuarantineReason::NoDestination,
            "expected `resourceId` with the account's name",
        ));
    };
    let host = format!("{account}.openai.azure.com");
    let path = path(&deployment, suffix(&operation));
    let mut place = place::of(context.gate, &host, &path, Some(Provider::Azure));
    let to = &mut place.destination;
    to.deployment = deployment;
    to.model = columns.name(MODEL);
    to.operation = operation_of(&operation);
    let region = columns.name(LOCATION);
    let mut evidence = place.evidence;
    if !region.is_empty() {
        evidence.push(Evidence {
            kind: EvidenceKind::ResourceRegion,
            told: region,
        });
    }
    let at = began(&columns)?;
    Ok(Told::Report(Box::new(Report {
        format: Format::AzureDiagnostics,
        teller: Text::from("RequestResponse"),
        identity: identity(&columns, at),
        at,
        sequence: Text::default(),
        destination: place.destination,
        transport: Some(transport(&columns)?),
        usage: None,
        origin: crate::call::Origin::default(),
        evidence,
    })))
}

/// `time`, else the ticks of `requestTime`.
fn began(columns: &Columns<'_>) -> Result<UnixMillis, Reject> {
    if let Some(at) = columns.time(TIME)? {
        return Ok(at);
    }
    match ticks(columns, BEGAN)? {
        Some(ticks) => fields::plausible(
            "requestTime",
            UnixMillis(ticks.saturating_sub(TICKS_AT_EPOCH).div_euclid(10_000)),
        ),
        None => Err(fields::no_time(&[TIME, BEGAN])),
    }
}

fn ticks(columns: &Columns<'_>, column: Column) -> Result<Option<i64>, Reject> {
    columns
        .find(column)
        .map_or(Ok(None), |found| fields::whole(found.key, &found.value))
}

fn transport(columns: &Columns<'_>) -> Result<Transport, Reject> {
    let status = columns
        .find(STATUS)
        .map_or(Ok(None), |found| fields::status(found.key, &found.value))?;
    let mut latency = columns.millis(DURATION)?;
    if latency.is_none()
        && let (Some(began), Some(ended)) = (ticks(columns, BEGAN)?, ticks(columns, ENDED)?)
    {
        latency = u64::try_from(ended.saturating_sub(began).div_euclid(10_000))
            .ok()
            .map(Millis);
    }
    Ok(Transport {
        status,
        class: Some(Class::of_status(status)),
        latency,
        request_bytes: columns.count(REQUEST_BYTES)?,
        response_bytes: columns.count(RESPONSE_BYTES)?,
        ..Transport::default()
    })
}

fn identity(columns: &Columns<'_>, at: UnixMillis) -> Identity {
    let id = columns.name(CORRELATION);
    if !id.is_empty() {
        return Identity::new(IdentityKind::Request, id);
    }
    let parts: Vec<String> = [
        RESOURCE,
        DEPLOYMENT,
        OPERATION,
        STATUS,
        DURATION,
        REQUEST_BYTES,
    ]
    .iter()
    .map(|column| columns.text(*column).into_owned())
    .chain([at.0.to_string()])
    .collect();
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    Identity::weak(&parts)
}

/// The end of the path for an operation name (`ChatCompletions_Create`), where it makes tokens.
fn suffix(operation: &str) -> Option<&'static str> {
    let word = operation.to_ascii_lowercase();
    let has = |part: &str| word.contains(part);
    if has("chatcompletion") {
        Some("/chat/completions")
    } else if has("embedding") {
        Some("/embeddings")
    } else if has("responses") {
        Some("/responses")
    } else if has("completion") {
        Some("/completions")
    } else {
        None
    }
}

/// The address of a deployment's operation; the responses API has none of the deployment.
fn path(deployment: &str, suffix: Option<&str>) -> String {
    match suffix {
        Some("/responses") => "/openai/responses".to_owned(),
        Some(suffix) if !deployment.is_empty() => {
            format!("/openai/deployments/{deployment}{suffix}")
        }
        None if !deployment.is_empty() => format!("/openai/deployments/{deployment}"),
        Some(_) | None => "/openai".to_owned(),
    }
}

fn operation_of(operation: &str) -> Operation {
    let word = operation.to_ascii_lowercase();
    if word.contains("embedding") {
        Operation::Embed
    } else if word.contains("batch") {
        Operation::Batch
    } else if ["list", "get", "delete", "cancel", "file", "upload", "model"]
        .iter()
        .any(|part| word.contains(part))
        && !word.ends_with("_create")
    {
        Operation::Manage
    } else {
        Operation::Generate
    }
}

#[cfg(test)]
mod tests;
