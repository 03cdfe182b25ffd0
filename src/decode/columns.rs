//! The logical fields of each format and the columns that carry them, for whoever looks at samples.
//!
//! Reads no record into a report. A newcomer may ask why these lists stand beside the decoders: the
//! decoders of the ServiceNow tables hand out their own, and the others read paths that no table
//! of theirs names; what a sample holds is told by these, what a record means by the decoders.

use std::borrow::Cow;

use crate::call::Format;
use crate::units::Text;

use super::fields::{self, Column};
use super::json::Json;
use super::{Settings, servicenow_genai, servicenow_outbound};

/// A logical field of a format and the columns that can carry it, the best first.
#[derive(Clone, Copy, Debug)]
pub struct LogicalField {
    /// Its name, by which `fields` in a source's configuration can name columns of one's own where
    /// [`LogicalField::renamable`] says so.
    pub name: &'static str,
    /// The built-in columns; a name with dots is a path into nested objects.
    pub columns: &'static [&'static str],
    /// Whether the configuration can name other columns.
    pub renamable: bool,
}

type Rows = &'static [(&'static str, &'static [&'static str])];

const NATIVE: Rows = &[
    ("time", &["at"]),
    ("id", &["response_id", "request_id", "id"]),
    ("host", &["host", "url"]),
    ("status", &["status"]),
    ("duration", &["latency_ms"]),
    ("provider", &["provider"]),
    ("model", &["model"]),
    ("deployment", &["deployment"]),
    ("input", &["usage.input"]),
    ("output", &["usage.output"]),
    ("application", &["application"]),
    ("skill", &["skill"]),
    ("scope", &["scope"]),
    ("service", &["service"]),
    ("caller", &["caller"]),
    ("user", &["user"]),
    ("conversation", &["conversation"]),
    ("region", &["region"]),
];
const OTLP: Rows = &[("spans", &["resourceSpans", "resource_spans"])];
const LITELLM: Rows = &[
    ("time", &["startTime"]),
    ("end", &["endTime"]),
    ("id", &["id", "litellm_call_id"]),
    ("kind", &["call_type"]),
    ("status", &["status"]),
    ("duration", &["response_time"]),
    ("provider", &["custom_llm_provider"]),
    ("model", &["model"]),
    ("group", &["model_group"]),
    ("host", &["api_base"]),
    (
        "input",
        &["prompt_tokens", "metadata.usage_object.prompt_tokens"],
    ),
    (
        "output",
        &[
            "completion_tokens",
            "metadata.usage_object.completion_tokens",
        ],
    ),
    ("region", &["hidden_params.region_name"]),
    ("caller", &["metadata.user_api_key_alias"]),
    ("conversation", &["session_id"]),
    ("tags", &["request_tags"]),
];
const BEDROCK: Rows = &[
    ("time", &["timestamp"]),
    ("id", &["requestId"]),
    ("region", &["inferenceRegion", "region"]),
    ("model", &["modelId"]),
    ("kind", &["operation"]),
    ("error", &["errorCode"]),
    ("input", &["input.inputTokenCount"]),
    ("output", &["output.outputTokenCount"]),
    ("caller", &["identity.arn"]),
    ("tags", &["requestMetadata"]),
];
const AZURE: Rows = &[
    ("time", &["time", "TimeGenerated"]),
    ("resource", &["resourceId", "_ResourceId", "ResourceId"]),
    ("kind", &["operationName", "OperationName"]),
    ("id", &["correlationId", "CorrelationId"]),
    ("status", &["resultSignature", "ResultSignature"]),
    ("duration", &["durationMs", "DurationMs"]),
    ("region", &["location", "Location", "properties.location"]),
    (
        "deployment",
        &["properties.modelDeploymentName", "modelDeploymentName"],
    ),
    ("model", &["properties.modelName", "modelName"]),
];
const APIM: Rows = &[
    ("time", &["time", "TimeGenerated"]),
    (
        "id",
        &["correlationId", "CorrelationId", "properties.correlationId"],
    ),
    (
        "host",
        &[
            "properties.backendUrl",
            "backendUrl",
            "BackendUrl",
            "properties.url",
            "Url",
        ],
    ),
    (
        "status",
        &[
            "properties.backendResponseCode",
            "BackendResponseCode",
            "properties.responseCode",
            "ResponseCode",
        ],
    ),
    (
        "duration",
        &[
            "properties.backendTime",
            "BackendTime",
            "properties.totalTime",
            "TotalTime",
            "durationMs",
            "DurationMs",
        ],
    ),
    ("region", &["location", "Region"]),
    ("model", &["properties.modelName", "ModelName"]),
    (
        "deployment",
        &["properties.deploymentName", "DeploymentName"],
    ),
    ("input", &["properties.promptTokens", "PromptTokens"]),
    (
        "output",
        &["properties.completionTokens", "CompletionTokens"],
    ),
];

fn of_rows(rows: Rows) -> Vec<LogicalField> {
    let field = |(name, columns): &(&'static str, &'static [&'static str])| LogicalField {
        name,
        columns,
        renamable: false,
    };
    rows.iter().map(field).collect()
}

fn of_columns(columns: &[Column]) -> Vec<LogicalField> {
    let field = |column: &Column| LogicalField {
        name: column.name,
        columns: column.aliases,
        renamable: true,
    };
    columns.iter().map(field).collect()
}

/// The logical fields of a format, the most important first.
#[must_use]
pub fn fields_of(format: Format) -> Vec<LogicalField> {
    match format {
        Format::ServicenowOutbound => of_columns(&servicenow_outbound::COLUMNS),
        Format::ServicenowGenai => of_columns(&servicenow_genai::COLUMNS),
        Format::Native => of_rows(NATIVE),
        Format::Otlp => of_rows(OTLP),
        Format::Litellm => of_rows(LITELLM),
        Format::BedrockInvocation => of_rows(BEDROCK),
        Format::AzureDiagnostics => of_rows(AZURE),
        Format::ApimLlm => of_rows(APIM),
    }
}

/// Whether some format reads a column of that name.
pub(super) fn is_known(name: &str) -> bool {
    Format::ALL.into_iter().any(|format| {
        let fields = fields_of(format);
        fields.iter().any(|field| field.columns.contains(&name))
    })
}

/// One column of a record that holds something.
#[derive(Clone, Debug)]
pub struct Filled<'r> {
    /// The column's name.
    pub column: &'r str,
    /// Its text; a number as it is written, empty for lists and objects.
    pub text: Cow<'r, str>,
}

/// Every column of a field that holds something in `record`, the one that is taken first.
#[must_use]
pub fn filled<'r>(
    record: &'r Json<'r>,
    settings: &'r Settings,
    field: LogicalField,
) -> Vec<Filled<'r>> {
    let own = field.renamable.then(|| settings.fields.get(field.name));
    let own = own.flatten().into_iter().flatten().map(String::as_str);
    let mut found: Vec<Filled<'r>> = Vec::new();
    for name in own.chain(field.columns.iter().copied()) {
        let Some(value) = fields::lookup(record, name) else {
            continue;
        };
        let value = fields::plain(value);
        if value.is_blank() || found.iter().any(|one| one.column == name) {
            continue;
        }
        let text = fields::text(value).unwrap_or(Cow::Borrowed(""));
        found.push(Filled { column: name, text });
    }
    found
}

/// The keys of a record at its top, cleaned, each with its text where it is a scalar.
pub fn top<'r>(record: &'r Json<'r>) -> impl Iterator<Item = (Text, Option<Cow<'r, str>>)> {
    let entries = record.object().unwrap_or_default().iter();
    entries.map(|(key, value)| {
        let value = fields::plain(value);
        (crate::units::clean_name(key), fields::text(value))
    })
}

/// What a text of a sample looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Nothing.
    Blank,
    /// `https://…`, or a host with a path behind it.
    Url,
    /// A host alone.
    Host,
    /// A time.
    Time,
    /// A whole number from 100 to 599: it could be a status.
    Status,
    /// A whole number.
    Whole,
    /// A number with a fraction.
    Fraction,
    /// Anything else.
    Text,
}

/// What a text looks like.
#[must_use]
pub fn look(text: &str) -> Look {
    let text = text.trim();
    if text.is_empty() {
        return Look::Blank;
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Look::Url;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let status = text.len() == 3 && matches!(text.as_bytes().first(), Some(b'1'..=b'5'));
        return if status { Look::Status } else { Look::Whole };
    }
    if text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Look::Fraction;
    }
    let is_time = crate::units::UnixMillis::parse(text).is_some()
        || super::written_time::read(text, None) != super::written_time::Written::No;
    if is_time {
        return Look::Time;
    }
    let is_host = text.len() <= 253
        && text.contains('.')
        && !text.contains("..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        && text
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()));
    if is_host { Look::Host } else { Look::Text }
}

/// The text of a time as it was written: whether it names its zone.
#[must_use]
pub fn names_its_zone(text: &str) -> bool {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        || chrono::DateTime::parse_from_rfc3339(text).is_ok()
}
