//! A row of ServiceNow's `sys_outbound_http_log`: transport facts of one outbound call.
//!
//! Knows no skill, no tokens at the default log level, and never looks at bodies or queries. A
//! newcomer may ask why so many column names: the vendor documents labels only (ServiceNow docs,
//! "Outbound HTTP logging"), and public code that reads the table disagrees about the names.

mod headers;
pub(super) mod key;

use std::borrow::Cow;

use crate::call::{
    Class, Destination, Evidence, EvidenceKind, Format, Origin, Report, Transport, UsageReport,
};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::units::{Millis, UnixMillis};

use super::fields::{self, Column, Fields, NUMBERLESS, Picked, before_query, split_url};
use super::json::Json;
use super::{Context, DURATION_UNIT, Settings, Told};

use headers::Headers;

/// The table's name: who tells, and the front of its row ids.
const TABLE: &str = "sys_outbound_http_log";

const ID: Column = column("id", &["sys_id"]);
const TIME: Column = column("time", &["sys_created_on"]);
pub(super) const HOST: Column = column("host", &["hostname", "url_hostname", "host"]);
pub(super) const PATH: Column = column("path", &["path", "url_path"]);
pub(super) const URL: Column = column("url", &["url"]);
const METHOD: Column = column("method", &["http_method", "method"]);
const STATUS: Column = column(
    "status",
    &["response_status", "http_status", "status", "status_code"],
);
const DURATION: Column = column(
    "duration",
    &["response_time", "total_time", "call_time", "duration"],
);
const REQUEST_BYTES: Column = column("request_bytes", &["request_length"]);
const RESPONSE_BYTES: Column = column("response_bytes", &["response_length"]);
const ERROR: Column = column("error", &["error_message"]);
const SEQUENCE: Column = column("sequence", &["sequence"]);
const TRANSACTION: Column = column("transaction", &["transaction"]);
const SCOPE: Column = column("scope", &["scope"]);
const SOURCE_TABLE: Column = column("source_table", &["source_table"]);
const USER: Column = column("user", &["user", "sys_created_by"]);
const RESPONSE_HEADERS: Column = column("response_headers", &["response_headers"]);

/// A column whose aliases have the numbers of their keys.
const fn column(name: &'static str, aliases: &'static [&'static str]) -> Column {
    const fn number(alias: &str) -> u32 {
        key::number(key::bit(alias.as_bytes()))
    }
    let numbers = match aliases {
        [first] => [number(first), NUMBERLESS, NUMBERLESS, NUMBERLESS],
        [first, second] => [number(first), number(second), NUMBERLESS, NUMBERLESS],
        [first, second, third] => [number(first), number(second), number(third), NUMBERLESS],
        [first, second, third, fourth] => {
            [number(first), number(second), number(third), number(fourth)]
        }
        _ => panic!("one to four aliases"),
    };
    Column::new(name, aliases).with(numbers)
}

/// Every column that the settings can rename.
pub(super) const COLUMNS: [Column; 17] = [
    ID,
    TIME,
    HOST,
    PATH,
    URL,
    METHOD,
    STATUS,
    DURATION,
    REQUEST_BYTES,
    RESPONSE_BYTES,
    ERROR,
    SEQUENCE,
    TRANSACTION,
    SCOPE,
    SOURCE_TABLE,
    USER,
    RESPONSE_HEADERS,
];

/// Keys that no other table of an instance has beside `sys_created_on`.
const HTTP_MARKS: Column = Column::fixed(&["http_method", "response_status", "http_status"]);
/// Further keys by which a row is told when the export left out host and status.
const ROW_MARKS: Column = Column::fixed(&["request_length", "response_length", "response_time"]);

/// The keys that the skimmer must know to recognise a row and its destination as this module does.
#[cfg(test)]
pub(super) fn skimmed_keys() -> impl Iterator<Item = &'static str> {
    [ID, TIME, HOST, PATH, URL, METHOD, STATUS, HTTP_MARKS]
        .into_iter()
        .flat_map(|column| column.aliases.iter().copied())
}

/// A destination with anything of a call; or a row that claims to be an HTTP call without one.
pub(super) fn recognises(record: &Json<'_>) -> bool {
    let created = TIME.stands_in(record);
    let names_destination = HOST.stands_in(record) || URL.stands_in(record);
    if names_destination {
        return created || METHOD.stands_in(record) || STATUS.stands_in(record);
    }
    created
        && (HTTP_MARKS.stands_in(record) || (ID.stands_in(record) && ROW_MARKS.stands_in(record)))
}

/// Pushes the one call of the row, or why it is none.
pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    decode_columns(Fields::new(record, context.settings), context, out);
}

/// The same of columns that were picked by the numbers of their [keys](key::number).
pub(super) fn decode_picked(picked: &Picked<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    decode_columns(Fields::of_picked(picked, context.settings), context, out);
}

fn decode_columns(fields: Fields<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(read(fields, context).unwrap_or_else(Told::Rejected));
}

fn read(fields: Fields<'_>, context: Context<'_>) -> Result<Told, Reject> {
    let columns = (fields.text(HOST), fields.text(URL), fields.text(PATH));
    let Some((host, path)) = address(
        columns.0.as_deref(),
        columns.1.as_deref(),
        columns.2.as_deref(),
    ) else {
        return Err(no_destination(fields));
    };
    let Some(recognised) = context.gate.admit(host, &path) else {
        return Ok(Told::Ignored(IgnoreReason::OtherCall));
    };
    let Some(at) = fields.time(TIME)? else {
        return Err(fields::no_time(&[TIME]));
    };
    let headers = fields
        .find(RESPONSE_HEADERS)
        .map(|found| headers::read(&found.value))
        .unwrap_or_default();
    let transport = transport(fields, context.settings, &headers)?;
    let mut destination = recognised.destination;
    let identity = if headers.request_id.is_empty() {
        row_identity(fields, &destination, at, &transport)
    } else {
        Identity::new(IdentityKind::Request, headers.request_id.clone())
    };
    if destination.deployment.is_empty() {
        destination.deployment.clone_from(&headers.deployment);
    }
    let mut evidence = recognised.evidence;
    if !headers.region.is_empty() {
        evidence.push(Evidence {
            kind: EvidenceKind::ResourceRegion,
            told: headers.region.clone(),
        });
    }
    Ok(Told::Report(Box::new(Report {
        format: Format::ServicenowOutbound,
        teller: TABLE.into(),
        identity,
        at,
        sequence: fields.name(SEQUENCE),
        usage: usage(&headers, &destination, &transport),
        destination,
        transport: Some(transport),
        origin: Origin {
            scope: fields.name(SCOPE),
            source_table: fields.name(SOURCE_TABLE),
            user: fields.name(USER),
            ..Origin::default()
        },
        evidence,
    })))
}

/// Host (as written, perhaps with a port) and path of a row, from its three columns. The host
/// column may hold a whole URL. `None` when neither it nor `url` names a host.
pub(super) fn address<'c>(
    host: Option<&'c str>,
    url: Option<&'c str>,
    path: Option<&'c str>,
) -> Option<(&'c str, Cow<'c, str>)> {
    let by_host = host.and_then(split_url);
    let by_url = url.and_then(split_url);
    let named = by_host.or(by_url)?;
    let path = path
        .map(before_query)
        .or_else(|| by_url.map(|url| url.path).filter(|path| !path.is_empty()))
        .unwrap_or(named.path);
    let path = if path.is_empty() || path.starts_with('/') {
        Cow::Borrowed(path)
    } else {
        Cow::Owned(format!("/{path}"))
    };
    Some((named.host, path))
}

fn no_destination(fields: Fields<'_>) -> Reject {
    let is_call = [TIME, METHOD, STATUS]
        .into_iter()
        .any(|column| fields.find(column).is_some());
    if is_call {
        Reject::new(
            QuarantineReason::NoDestination,
            "a call without `hostname` or `url`",
        )
    } else {
        Reject::new(
            QuarantineReason::UnknownShape,
            "no `hostname` or `url`, no `sys_created_on`, no `response_status`: \
             no row of `sys_outbound_http_log`",
        )
    }
}

fn transport(
    fields: Fields<'_>,
    settings: &Settings,
    headers: &Headers,
) -> Result<Transport, Reject> {
    let status = fields.status(STATUS)?;
    let gave_up = || {
        let error = fields.text(ERROR);
        error.and_then(|text| Class::of_error(&text)) == Some(Class::Timeout)
    };
    let class = if status.is_none() && gave_up() {
        Class::Timeout
    } else {
        Class::of_status(status)
    };
    Ok(Transport {
        status,
        class: Some(class),
        latency: fields.millis(DURATION, in_seconds(settings))?,
        request_bytes: length(fields, REQUEST_BYTES)?,
        response_bytes: length(fields, RESPONSE_BYTES)?,
        stated_retries: None,
        spillover_from: headers.spillover_from.clone(),
        remaining_requests: headers.remaining_requests,
        remaining_tokens: headers.remaining_tokens,
        retry_after: headers.retry_after,
    })
}

/// Whether the settings say that durations are seconds.
pub(super) fn in_seconds(settings: &Settings) -> bool {
    settings
        .fields
        .get(DURATION_UNIT)
        .is_some_and(|units| units.iter().any(|unit| unit == "s"))
}

/// A length in bytes; HTTP clients write -1 for a body sent in chunks, which tells nothing.
fn length(fields: Fields<'_>, column: Column) -> Result<Option<u64>, Reject> {
    fields.find(column).map_or(Ok(None), |found| {
        let whole = fields::whole(found.key, &found.value)?;
        Ok(whole.and_then(|number| u64::try_from(number).ok()))
    })
}

/// Usage facts, which only Bedrock tells in headers. Its input count leaves out cached tokens for
/// Claude; for other models the documentation does not say.
fn usage(
    headers: &Headers,
    destination: &Destination,
    transport: &Transport,
) -> Option<UsageReport> {
    let tokens = headers.tokens.usage()?;
    let cached = tokens.cache_read > 0 || tokens.cache_write_5m > 0;
    let mut usage = UsageReport {
        model: destination.model.clone(),
        requested_model: destination.model.clone(),
        usage: Some(tokens),
        tier: headers.tier,
        class: transport.class,
        duration: transport.latency,
        ..UsageReport::default()
    };
    usage.untold.buckets = headers.tokens.untold();
    usage.untold.cache = !headers.tokens.tells_cache();
    usage.untold.convention = cached && !destination.model.contains("claude");
    Some(usage)
}

/// The row's id, else a hash of all that tells rows apart.
fn row_identity(
    fields: Fields<'_>,
    destination: &Destination,
    at: UnixMillis,
    transport: &Transport,
) -> Identity {
    let id = fields.name(ID);
    if !id.is_empty() {
        return Identity::row(TABLE, &id);
    }
    let numbers = format!(
        "{} {:?} {:?} {:?} {:?}",
        at.0,
        transport.status,
        transport.latency.map(|Millis(ms)| ms),
        transport.request_bytes,
        transport.response_bytes,
    );
    Identity::weak(&[
        destination.host.as_bytes(),
        destination.path.as_bytes(),
        numbers.as_bytes(),
        fields.name(TRANSACTION).as_bytes(),
        fields.name(SEQUENCE).as_bytes(),
    ])
}

#[cfg(test)]
mod tests;
