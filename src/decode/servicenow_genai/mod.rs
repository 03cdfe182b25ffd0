//! A row of ServiceNow's `sys_generative_ai_log`: usage facts of one LLM request.
//!
//! Knows no host, no region and no HTTP status, because the table has none; the prompt, the
//! response and the error's text are never kept. A newcomer may ask why 0 and 0 tokens are no
//! usage: an answered request has tokens, so the zeros say that nobody counted.

use std::borrow::Cow;

use crate::call::UsageReport;
use crate::call::{Class, Destination, Format, Origin, Provider, Report, Silent, Untold, Usage};
use crate::ids::Identity;
use crate::outcome::{QuarantineReason, Reject};
use crate::units::{Millis, Text, UnixMillis, clean_name};

use super::fields::{self, Column, Fields};
use super::json::Json;
use super::servicenow_outbound::in_seconds;
use super::{Context, Told};

/// The table's name: who tells, and the front of its row ids.
const TABLE: &str = "sys_generative_ai_log";

const ID: Column = Column::new("id", &["sys_id"]);
const STARTED: Column = Column::new("time", &["started_at"]);
const COMPLETED: Column = Column::new("completed", &["completed_at"]);
const CREATED: Column = Column::new("created", &["sys_created_on"]);
const MODEL: Column = Column::new("model", &["model_name", "model"]);
const VERSION: Column = Column::new("model_version", &["model_version"]);
const INPUT: Column = Column::new("input", &["prompt_token_count", "prompt_tokens"]);
const OUTPUT: Column = Column::new("output", &["response_token_count", "response_tokens"]);
const METADATA: Column = Column::new("output_metadata", &["output_metadata"]);
const DURATION: Column = Column::new("duration", &["time_taken"]);
const STATUS: Column = Column::new("status", &["status"]);
const ERROR_CODE: Column = Column::new("error_code", &["error_code"]);
const ERROR: Column = Column::new("error", &["error", "error_message"]);
const EXTERNAL: Column = Column::new("external", &["external"]);
const SOURCE: Column = Column::new("source", &["source"]);
const SKILL: Column = Column::new("skill", &["skill_config_id", "skill_config"]);
const DEFINITION: Column = Column::new("definition", &["definition"]);
const SCOPE: Column = Column::new("scope", &["derived_scope", "scope"]);
const USER: Column = Column::new("user", &["caller", "user", "sys_created_by"]);
const CONVERSATION: Column = Column::new("conversation", &["conversation", "conversation_id"]);

/// Every column that the settings can rename.
pub(super) const COLUMNS: [Column; 20] = [
    ID,
    STARTED,
    COMPLETED,
    CREATED,
    MODEL,
    VERSION,
    INPUT,
    OUTPUT,
    METADATA,
    DURATION,
    STATUS,
    ERROR_CODE,
    ERROR,
    EXTERNAL,
    SOURCE,
    SKILL,
    DEFINITION,
    SCOPE,
    USER,
    CONVERSATION,
];

/// Keys that only this table has.
pub(super) const MARKS: Column = Column::fixed(&[
    "prompt_token_count",
    "response_token_count",
    "skill_config_id",
    "output_metadata",
]);
/// A key that marks the table together with one of [`COMPANIONS`].
pub(super) const MODEL_MARK: Column = Column::fixed(&["model_name"]);
const COMPANIONS: Column = Column::fixed(&[
    "model_version",
    "conversation",
    "definition",
    "derived_scope",
    "external",
    "time_taken",
    "started_at",
    "completed_at",
]);
const ROW: Column = Column::fixed(&["sys_id", "started_at", "completed_at", "sys_created_on"]);

/// Token counts inside `output_metadata`, at its top or under one of [`METADATA_PARTS`].
const METADATA_INPUT: [&str; 5] = [
    "prompt_token_count",
    "prompt_tokens",
    "input_tokens",
    "input_token_count",
    "promptTokenCount",
];
const METADATA_OUTPUT: [&str; 6] = [
    "response_token_count",
    "completion_tokens",
    "output_tokens",
    "output_token_count",
    "response_tokens",
    "candidatesTokenCount",
];
const METADATA_PARTS: [&str; 3] = ["usage", "token_usage", "usageMetadata"];

/// A token count or skill by its column name, in anything that looks like a row.
pub(super) fn recognises(record: &Json<'_>) -> bool {
    let marked =
        MARKS.stands_in(record) || (MODEL_MARK.stands_in(record) && COMPANIONS.stands_in(record));
    marked && ROW.stands_in(record)
}

/// Pushes the one request of the row, or why it cannot be read.
pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(
        read(record, context).map_or_else(Told::Rejected, |report| Told::Report(Box::new(report))),
    );
}

fn read(record: &Json<'_>, context: Context<'_>) -> Result<Report, Reject> {
    let fields = Fields::new(record, context.settings);
    let known = [MODEL, INPUT, OUTPUT, SKILL, METADATA];
    if known
        .into_iter()
        .all(|column| fields.find(column).is_none())
    {
        return Err(Reject::new(
            QuarantineReason::UnknownShape,
            "no `model_name`, no `prompt_token_count`, no `skill_config_id`: \
             no row of `sys_generative_ai_log`",
        ));
    }
    let at = time(fields)?;
    let tokens = tokens(fields)?;
    let alias = fields.name(MODEL);
    let version = fields.name(VERSION);
    let external = fields.flag(EXTERNAL);
    let usage = UsageReport {
        model: if version.is_empty() {
            alias.clone()
        } else {
            version
        },
        requested_model: alias.clone(),
        usage: tokens,
        // The table has one prompt count and no place.
        untold: Untold {
            cache: true,
            geo: true,
            convention: false,
            buckets: Silent::of([false, true, true, true, false, true]),
        },
        class: class(fields, tokens),
        duration: fields.millis(DURATION, in_seconds(context.settings))?,
        external,
        ..UsageReport::default()
    };
    let origin = origin(fields);
    Ok(Report {
        format: Format::ServicenowGenai,
        teller: TABLE.into(),
        identity: identity(fields, at, &usage, &origin),
        at,
        sequence: Text::default(),
        destination: Destination {
            // A row that is not external was answered by ServiceNow's own service.
            provider: (external == Some(false)).then_some(Provider::NowLlm),
            model: alias,
            ..Destination::default()
        },
        transport: None,
        usage: Some(usage),
        origin,
        evidence: Vec::new(),
    })
}

fn time(fields: Fields<'_>) -> Result<UnixMillis, Reject> {
    let columns = [STARTED, COMPLETED, CREATED];
    for column in columns {
        if let Some(at) = fields.time(column)? {
            return Ok(at);
        }
    }
    Err(fields::no_time(&columns))
}

/// Input and output where both are told, by columns first; a half count is no count.
fn tokens(fields: Fields<'_>) -> Result<Option<Usage>, Reject> {
    let (mut input, mut output) = (fields.tokens(INPUT)?, fields.tokens(OUTPUT)?);
    if input.is_none() || output.is_none() {
        let (told_input, told_output) = metadata(fields);
        input = input.or(told_input);
        output = output.or(told_output);
    }
    Ok(match (input, output) {
        (None, _) | (_, None) | (Some(0), Some(0)) => None,
        (Some(input), Some(output)) => Some(Usage {
            input,
            output,
            ..Usage::default()
        }),
    })
}

/// Token counts out of the free-form metadata; what cannot be read tells nothing.
fn metadata(fields: Fields<'_>) -> (Option<u64>, Option<u64>) {
    let Some(found) = fields.find(METADATA) else {
        return (None, None);
    };
    let parsed = match found.value.str().map(|text| Json::parse(text.as_bytes())) {
        Some(Ok(parsed)) => parsed,
        Some(Err(_)) => return (None, None),
        None => (*found.value).clone(),
    };
    let parts = METADATA_PARTS.iter().filter_map(|key| parsed.get(key));
    let parts: Vec<&Json<'_>> = std::iter::once(&parsed).chain(parts).collect();
    let first = |names: &[&str]| {
        parts.iter().find_map(|part| {
            let mut values = names.iter().filter_map(|name| part.get(name));
            values.find_map(|value| fields::tokens("output_metadata", value).ok().flatten())
        })
    };
    (first(&METADATA_INPUT), first(&METADATA_OUTPUT))
}

/// The class by status word, error code and error text; `None` when the row tells none.
fn class(fields: Fields<'_>, tokens: Option<Usage>) -> Option<Class> {
    let status = fields.text(STATUS).unwrap_or(Cow::Borrowed(""));
    let word = status.to_ascii_lowercase();
    if matches!(word.as_str(), "success" | "successful" | "completed" | "ok") {
        return Some(Class::Ok);
    }
    let (code, text) = (fields.text(ERROR_CODE), fields.text(ERROR));
    let failed = matches!(word.as_str(), "error" | "failed" | "failure");
    if failed || (word.is_empty() && (code.is_some() || text.is_some())) {
        let mut told = [code, text].into_iter().flatten();
        let class = told.find_map(|error| Class::of_error(&error));
        return Some(class.unwrap_or(Class::Failed));
    }
    tokens.filter(|_| word.is_empty()).map(|_| Class::Ok)
}

fn origin(fields: Fields<'_>) -> Origin {
    let source = fields.name(SOURCE);
    let config = fields.name(SKILL);
    Origin {
        tags: if source.is_empty() {
            Vec::new()
        } else {
            vec![clean_name(&format!("source:{source}"))]
        },
        skill: if config.is_empty() { source } else { config },
        definition: fields.name(DEFINITION),
        scope: fields.name(SCOPE),
        user: fields.name(USER),
        conversation: fields.name(CONVERSATION),
        ..Origin::default()
    }
}

fn identity(fields: Fields<'_>, at: UnixMillis, usage: &UsageReport, origin: &Origin) -> Identity {
    let id = fields.name(ID);
    if !id.is_empty() {
        return Identity::row(TABLE, &id);
    }
    let counts = usage.usage.map(|usage| (usage.input, usage.output));
    let numbers = format!(
        "{} {counts:?} {:?} {:?}",
        at.0,
        usage.duration.map(|Millis(ms)| ms),
        usage.class.map(Class::as_str),
    );
    Identity::weak(&[
        usage.requested_model.as_bytes(),
        usage.model.as_bytes(),
        numbers.as_bytes(),
        origin.skill.as_bytes(),
        origin.conversation.as_bytes(),
        origin.user.as_bytes(),
    ])
}

#[cfg(test)]
mod tests;
