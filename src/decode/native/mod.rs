//! Our own schema, `docs/schema/native.json`: transport facts, usage facts or both of one call.
//!
//! Knows no provider's usage shape. A newcomer may ask why a blank `usage` differs from a missing
//! one: the key says that its writer speaks of usage at all, so a failed request without tokens
//! is still counted as a request.

mod usage;

use crate::call::{
    Class, Destination, Evidence, EvidenceKind, Format, Origin, Provider, Report, Transport,
    UsageReport,
};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::units::{Text, UnixMillis, clean_name};

use super::fields::{self, Column, Fields, before_query, split_port, split_url};
use super::json::Json;
use super::{Context, Told};

/// The marker key and the schema's version.
const MARKER: &str = "tollwatch";
const VERSION: i64 = 1;
/// How many tags are kept of one record, the first in order.
const TAGS_MAX: usize = 32;

const AT: Column = Column::fixed(&["at"]);
const FACTS: Column = Column::fixed(&["facts"]);
const ID: Column = Column::fixed(&["id"]);
const RESPONSE_ID: Column = Column::fixed(&["response_id"]);
const REQUEST_ID: Column = Column::fixed(&["request_id"]);
const SEQUENCE: Column = Column::fixed(&["sequence"]);
const URL: Column = Column::fixed(&["url"]);
const HOST: Column = Column::fixed(&["host"]);
const PATH: Column = Column::fixed(&["path"]);
const STATUS: Column = Column::fixed(&["status"]);
const ERROR: Column = Column::fixed(&["error"]);
const LATENCY: Column = Column::fixed(&["latency_ms"]);
const REQUEST_BYTES: Column = Column::fixed(&["request_bytes"]);
const RESPONSE_BYTES: Column = Column::fixed(&["response_bytes"]);
const RETRIES: Column = Column::fixed(&["retries"]);
const SPILLOVER: Column = Column::fixed(&["spillover_from"]);
const PROVIDER: Column = Column::fixed(&["provider"]);
const MODEL: Column = Column::fixed(&["model"]);
const REQUESTED_MODEL: Column = Column::fixed(&["requested_model"]);
const DEPLOYMENT: Column = Column::fixed(&["deployment"]);
const USAGE: Column = Column::fixed(&["usage"]);
const APPLICATION: Column = Column::fixed(&["application"]);
const SKILL: Column = Column::fixed(&["skill"]);
const SCOPE: Column = Column::fixed(&["scope"]);
const SERVICE: Column = Column::fixed(&["service"]);
const CALLER: Column = Column::fixed(&["caller"]);
const TAGS: Column = Column::fixed(&["tags"]);
const USER: Column = Column::fixed(&["user"]);
const CONVERSATION: Column = Column::fixed(&["conversation"]);
const CREDENTIAL: Column = Column::fixed(&["credential"]);

#[cfg(test)]
const COLUMNS: [Column; 30] = [
    AT,
    FACTS,
    ID,
    RESPONSE_ID,
    REQUEST_ID,
    SEQUENCE,
    URL,
    HOST,
    PATH,
    STATUS,
    ERROR,
    LATENCY,
    REQUEST_BYTES,
    RESPONSE_BYTES,
    RETRIES,
    SPILLOVER,
    PROVIDER,
    MODEL,
    REQUESTED_MODEL,
    DEPLOYMENT,
    USAGE,
    APPLICATION,
    SKILL,
    SCOPE,
    SERVICE,
    CALLER,
    TAGS,
    USER,
    CONVERSATION,
    CREDENTIAL,
];

/// What says that a record speaks of the HTTP call itself.
const TRANSPORT_MARKS: Column = Column::fixed(&[
    "status",
    "method",
    "error",
    "latency_ms",
    "request_bytes",
    "response_bytes",
    "retries",
    "spillover_from",
]);
/// What the record says about the place, and the kind of fact that is.
const REGIONS: [(Column, EvidenceKind); 3] = [
    (
        Column::fixed(&["region.inference"]),
        EvidenceKind::InferenceRegion,
    ),
    (
        Column::fixed(&["region.inference_geo"]),
        EvidenceKind::InferenceGeo,
    ),
    (
        Column::fixed(&["region.resource"]),
        EvidenceKind::ResourceRegion,
    ),
];

/// An object with our marker.
pub(super) fn recognises(record: &Json<'_>) -> bool {
    record.get(MARKER).is_some()
}

/// Pushes the one call of the record, or why it is none.
pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(read(record, context).unwrap_or_else(Told::Rejected));
}

fn read(record: &Json<'_>, context: Context<'_>) -> Result<Told, Reject> {
    let version = record.get(MARKER).map_or(Ok(None), Json::whole);
    if version != Ok(Some(VERSION)) {
        return Err(Reject::new(
            QuarantineReason::UnknownShape,
            format!("expected `{MARKER}`: {VERSION}, the version of the schema"),
        ));
    }
    let fields = Fields::new(record, context.settings);
    let Some((destination, mut evidence)) = destination(fields, record, context)? else {
        return Ok(Told::Ignored(IgnoreReason::OtherCall));
    };
    let Some(at) = fields.time(AT)? else {
        return Err(fields::no_time(&[AT]));
    };
    for (column, kind) in REGIONS {
        let told = fields.name(column);
        if !told.is_empty() {
            evidence.push(Evidence { kind, told });
        }
    }
    let facts = facts(record, fields)?;
    let transport = transport(record, fields)?;
    let usage = facts
        .usage
        .then(|| usage::read(fields, &destination, &evidence, &transport))
        .transpose()?;
    let transport = facts.transport.then_some(transport);
    Ok(Told::Report(Box::new(Report {
        format: Format::Native,
        teller: MARKER.into(),
        identity: identity(fields, at, &destination, transport.as_ref(), usage.as_ref()),
        at,
        sequence: fields.name(SEQUENCE),
        destination,
        transport,
        usage,
        origin: origin(fields),
        evidence,
    })))
}

/// Where the call went and what host and path say of the place; `None` for a call to a host that
/// is no LLM endpoint, in a record that does not say otherwise by provider, model or usage.
fn destination(
    fields: Fields<'_>,
    record: &Json<'_>,
    context: Context<'_>,
) -> Result<Option<(Destination, Vec<Evidence>)>, Reject> {
    let (url, host, path) = (fields.text(URL), fields.text(HOST), fields.text(PATH));
    let by_url = url.as_deref().and_then(split_url);
    let named = host.as_deref().and_then(split_url).or(by_url);
    let path = path
        .as_deref()
        .map(before_query)
        .or(by_url.map(|url| url.path));
    let path = path.or(named.map(|named| named.path)).unwrap_or_default();
    let provider = fields
        .text(PROVIDER)
        .and_then(|name| Provider::parse(&name));
    let (model, requested) = (fields.name(MODEL), fields.name(REQUESTED_MODEL));
    let has_usage = USAGE.stands_in(record);
    let is_llm = provider.is_some() || !model.is_empty() || !requested.is_empty() || has_usage;
    let (mut destination, evidence) = match named {
        Some(named) => match context.gate.admit(named.host, path) {
            Some(recognised) => (recognised.destination, recognised.evidence),
            None if is_llm => {
                let (host, port) = split_port(named.host);
                let path = clean_name(path);
                let unknown = Destination {
                    host,
                    port,
                    path,
                    ..Destination::default()
                };
                (unknown, Vec::new())
            }
            None => return Ok(None),
        },
        None if is_llm => (Destination::default(), Vec::new()),
        None => {
            return Err(Reject::new(
                QuarantineReason::NoDestination,
                "no `url`, `host`, `provider`, `model` or `usage`",
            ));
        }
    };
    destination.provider = provider.or(destination.provider);
    let deployment = fields.name(DEPLOYMENT);
    if !deployment.is_empty() {
        destination.deployment = deployment;
    }
    if destination.model.is_empty() {
        destination.model = requested;
    }
    Ok(Some((destination, evidence)))
}

/// Which fact groups a record speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    transport: bool,
    usage: bool,
}

/// What `facts` says; without it: transport by any key of the HTTP call, usage by the key
/// `usage`, and for a record with neither: usage when it names a model but no host, else
/// transport.
fn facts(record: &Json<'_>, fields: Fields<'_>) -> Result<Facts, Reject> {
    if let Some(word) = fields.text(FACTS) {
        let (transport, usage) = match &*word {
            "both" => (true, true),
            "transport" => (true, false),
            "usage" => (false, true),
            _ => {
                return Err(Reject::new(
                    QuarantineReason::UnknownShape,
                    "`facts` must be `both`, `transport` or `usage`",
                ));
            }
        };
        return Ok(Facts { transport, usage });
    }
    let transport = TRANSPORT_MARKS.stands_in(record);
    let usage = USAGE.stands_in(record);
    if transport || usage {
        return Ok(Facts { transport, usage });
    }
    let has_host = fields.find(HOST).or(fields.find(URL)).is_some();
    let has_model = fields
        .find(MODEL)
        .or(fields.find(REQUESTED_MODEL))
        .is_some();
    let usage = has_model && !has_host;
    Ok(Facts {
        transport: !usage,
        usage,
    })
}

fn transport(record: &Json<'_>, fields: Fields<'_>) -> Result<Transport, Reject> {
    let status = fields.status(STATUS)?;
    let error = fields.text(ERROR);
    let of_error = error.map(|text| Class::of_error(&text).unwrap_or(Class::Failed));
    let of_status = status.map(|status| Class::of_status(Some(status)));
    let class = match (of_status, of_error) {
        // A stream can break after its 200: then the error tells more.
        (Some(Class::Ok) | None, Some(error)) => Some(error),
        (Some(class), _) => Some(class),
        (None, None) => STATUS.stands_in(record).then_some(Class::NoAnswer),
    };
    let retries = fields.count(RETRIES)?;
    Ok(Transport {
        status,
        class,
        latency: fields.millis(LATENCY, false)?,
        request_bytes: fields.count(REQUEST_BYTES)?,
        response_bytes: fields.count(RESPONSE_BYTES)?,
        stated_retries: retries.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        spillover_from: fields.name(SPILLOVER),
        ..Transport::default()
    })
}

fn origin(fields: Fields<'_>) -> Origin {
    Origin {
        application: fields.name(APPLICATION),
        skill: fields.name(SKILL),
        scope: fields.name(SCOPE),
        service: fields.name(SERVICE),
        caller: fields.name(CALLER),
        tags: tags(fields),
        user: fields.name(USER),
        conversation: fields.name(CONVERSATION),
        credential: fields.name(CREDENTIAL),
        ..Origin::default()
    }
}

fn tags(fields: Fields<'_>) -> Vec<Text> {
    let found = fields.find(TAGS);
    let items = found.as_ref().and_then(|found| found.value.array());
    let mut tags: Vec<Text> = items
        .unwrap_or(&[])
        .iter()
        .filter_map(Json::str)
        .map(clean_name)
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.sort_unstable();
    tags.dedup();
    tags.truncate(TAGS_MAX);
    tags
}

fn identity(
    fields: Fields<'_>,
    at: UnixMillis,
    destination: &Destination,
    transport: Option<&Transport>,
    usage: Option<&UsageReport>,
) -> Identity {
    let keys = [
        (RESPONSE_ID, IdentityKind::Response),
        (REQUEST_ID, IdentityKind::Request),
    ];
    for (column, kind) in keys {
        let id = fields.name(column);
        if !id.is_empty() {
            return Identity::new(kind, id);
        }
    }
    let id = fields.name(ID);
    if !id.is_empty() {
        return Identity::new(IdentityKind::Row, format!("native:{id}"));
    }
    let facts = transport.map(|t| (t.status, t.latency.map(|ms| ms.0), t.request_bytes));
    let counts = usage.and_then(|usage| usage.usage);
    let counts = counts.map(|usage| (usage.total_input(), usage.output));
    let numbers = format!("{} {facts:?} {counts:?}", at.0);
    Identity::weak(&[
        destination.host.as_bytes(),
        destination.path.as_bytes(),
        numbers.as_bytes(),
        fields.name(MODEL).as_bytes(),
        fields.name(SEQUENCE).as_bytes(),
        fields.name(CONVERSATION).as_bytes(),
    ])
}

#[cfg(test)]
mod tests;
