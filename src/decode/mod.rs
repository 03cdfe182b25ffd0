//! Bytes to reports: each record ends as reports, as ignored, or as rejected with a reason.
//!
//! Knows no price, rule or registry beyond the [`Gate`] of hosts. A newcomer may ask where a new
//! format goes: one file here with `recognises` and `decode`, one row in `FORMATS`, its name in
//! [`crate::call::Format`], its samples in `tests/data/`.

pub mod columns;
pub mod json;
pub mod labels;
pub mod written_time;

mod apim_llm;
mod azure_diagnostics;
mod azure_record;
mod bedrock_invocation;
mod bounds;
mod envelope;
mod fields;
mod litellm;
mod native;
mod otlp;
mod place;
mod provider_usage;
mod servicenow_genai;
mod servicenow_outbound;
mod skim;

use std::collections::BTreeMap;

use crate::call::{Format, Report};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::Gate;

use json::Json;
use skim::Skimmed;

pub use skim::skim_host;

/// Longest record that is decoded; longer ones are quarantined as `too_large`.
pub const RECORD_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The key of [`Settings::fields`] that names a unit instead of columns: `["s"]` when durations
/// are seconds.
pub const DURATION_UNIT: &str = "duration_unit";

/// The key of [`Settings::fields`] that names the zone of times that name none, instead of columns:
/// `["Europe/Berlin"]`. Without it they are UTC.
pub const TIME_ZONE: &str = "time_zone";

/// The key of [`Settings::fields`] that says which number of `03/04/2026` is the day, instead of
/// columns: `["dmy"]` or `["mdy"]`.
pub const DATE_ORDER: &str = "date_order";

/// The keys of [`Settings::fields`] that name no columns.
const NO_COLUMNS: [&str; 3] = [DURATION_UNIT, TIME_ZONE, DATE_ORDER];

/// The headers that name the provider's request, the best first: Azure's API Management, OpenAI
/// and vLLM, Anthropic, Bedrock, Mistral, IBM Cloud.
const REQUEST_ID_HEADERS: [&str; 6] = [
    "apim-request-id",
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "mistral-correlation-id",
    "x-global-transaction-id",
];

/// The logical fields that [`Settings::fields`] can name columns for, sorted.
#[must_use]
pub fn field_names() -> Vec<&'static str> {
    let columns = servicenow_outbound::COLUMNS.iter();
    let columns = columns.chain(&servicenow_genai::COLUMNS);
    let mut names: Vec<&'static str> = columns.map(|column| column.name).collect();
    names.extend(NO_COLUMNS);
    names.sort_unstable();
    names.dedup();
    names
}

/// What would be right, where a key of [`Settings::fields`] names no columns and `word` is none of
/// its words.
#[must_use]
pub fn wrong_word(key: &str, word: &str) -> Option<&'static str> {
    let (right, hint) = match key {
        DURATION_UNIT => (matches!(word, "ms" | "s"), "`ms` or `s`"),
        TIME_ZONE => (
            word.parse::<chrono_tz::Tz>().is_ok(),
            "an IANA name such as `Europe/Berlin`",
        ),
        DATE_ORDER => (
            written_time::DateOrder::parse(word).is_some(),
            "`dmy` (day first) or `mdy`",
        ),
        _ => (true, ""),
    };
    (!right).then_some(hint)
}

/// What a record, or one of the calls in it, turned out to be. Each counts as one.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A report of a call.
    Report(Box<Report>),
    /// No LLM call.
    Ignored(IgnoreReason),
    /// Not readable.
    Rejected(Reject),
}

/// How a source's records are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The format, when it is fixed; `None` recognises each record by its own shape.
    pub format: Option<Format>,
    /// Column names by logical field that come before the built-in aliases, for installations
    /// that name their columns otherwise: `status` → `["u_http_code"]`.
    /// A name with dots is a path into nested objects. [`DURATION_UNIT`] names a unit instead.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl Settings {
    /// What [`TIME_ZONE`] names; `None` when nothing, or no zone.
    fn zone(&self) -> Option<chrono_tz::Tz> {
        self.fields.get(TIME_ZONE)?.first()?.parse().ok()
    }

    /// What [`DATE_ORDER`] names.
    fn date_order(&self) -> Option<written_time::DateOrder> {
        written_time::DateOrder::parse(self.fields.get(DATE_ORDER)?.first()?)
    }

    /// Whether a column that the user names stands in this object: then it is the record itself
    /// and no envelope, whatever else it has.
    fn names_a_key_of(&self, value: &Json<'_>) -> bool {
        self.own_names().any(|name| {
            let first = name.split('.').next().unwrap_or(name);
            value.get(name).is_some() || value.get(first).is_some()
        })
    }

    /// The columns that the user names.
    fn own_names(&self) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(|(column, _)| !NO_COLUMNS.contains(&column.as_str()))
            .flat_map(|(_, names)| names.iter().map(String::as_str))
    }
}

/// All that a format's decoder may look at besides the record.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The source's settings.
    pub settings: &'a Settings,
    /// Which hosts and paths are LLM endpoints.
    pub gate: &'a Gate,
}

/// Sees what the decoder sees on its way, for whoever studies samples. Nothing of it may be kept
/// that a report would not carry, but names of keys, hosts and paths.
pub trait Watcher {
    /// A call to somebody else, told without decoding.
    fn skimmed(&mut self, _host: &str, _path: &str) {}
    /// An envelope (`list`, `result`, `cloudwatch`, …) was opened.
    fn envelope(&mut self, _kind: &'static str) {}
    /// One unwrapped record, and the format that knows it.
    fn record(&mut self, _record: &Json<'_>, _format: Option<Format>) {}
    /// Whether it wants to see calls whole: then no column of theirs is passed over.
    fn reads_calls(&self) -> bool {
        true
    }
}

/// Watches nothing.
struct Unwatched;

impl Watcher for Unwatched {
    fn reads_calls(&self) -> bool {
        false
    }
}

/// Reads one record (a line, a Kafka payload, an element of an array) and pushes what it told:
/// at least one [`Told`], one for each call where it holds several. Never panics.
///
/// White space alone is [`IgnoreReason::Blank`]; no bytes at all are rejected as `empty`.
pub fn decode(bytes: &[u8], context: Context<'_>, out: &mut Vec<Told>) {
    watch(bytes, context, &mut Unwatched, out);
}

/// [`decode`], with somebody who watches.
pub fn watch(bytes: &[u8], context: Context<'_>, watcher: &mut dyn Watcher, out: &mut Vec<Told>) {
    let before = out.len();
    if bytes.len() > RECORD_MAX_BYTES {
        out.push(Told::Rejected(Reject::new(
            QuarantineReason::TooLarge,
            format!("{} bytes, at most {RECORD_MAX_BYTES}", bytes.len()),
        )));
    } else if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_whitespace) {
        out.push(Told::Ignored(IgnoreReason::Blank));
    } else if skimmed(bytes, context, watcher, out) {
        return;
    } else if binary(bytes, context, out) {
        refuse_outsized(out, before);
    } else {
        match Json::parse(bytes) {
            Ok(value) => record(&value, (context, 0), watcher, out),
            Err(reject) => out.push(Told::Rejected(reject)),
        }
    }
    if out.len() == before {
        out.push(Told::Ignored(IgnoreReason::NotACall));
    }
}

/// Reads a record as far as the skimmer can; false when that is not far enough.
fn skimmed(
    bytes: &[u8],
    context: Context<'_>,
    watcher: &mut dyn Watcher,
    out: &mut Vec<Told>,
) -> bool {
    match skim::skim(bytes, context, watcher) {
        Some(Skimmed::Ignored(reason)) => out.push(Told::Ignored(reason)),
        Some(Skimmed::Row(row)) => {
            let first = out.len();
            servicenow_outbound::decode_picked(&row, context, out);
            refuse_outsized(out, first);
            // A refusal names all keys of a record: only the whole of it tells them.
            if matches!(out.last(), Some(Told::Rejected(_))) {
                out.truncate(first);
                return false;
            }
        }
        None => return false,
    }
    true
}

/// Turns reports from `first` on whose numbers no call can have into rejections.
fn refuse_outsized(out: &mut [Told], first: usize) {
    for told in out.iter_mut().skip(first) {
        if let Told::Report(report) = told
            && let Some(reject) = bounds::outsized(report)
        {
            *told = Told::Rejected(reject);
        }
    }
}

/// Reads a record that is no JSON; false when no binary format knows it.
fn binary(bytes: &[u8], context: Context<'_>, out: &mut Vec<Told>) -> bool {
    let may_be = matches!(context.settings.format, None | Some(Format::Otlp));
    let is_otlp = may_be && otlp::recognises_protobuf(bytes);
    if is_otlp {
        otlp::decode_protobuf(bytes, context, out);
    }
    is_otlp
}

/// Reads one parsed value: a record itself, or an envelope of records.
fn record(
    value: &Json<'_>,
    (context, depth): (Context<'_>, usize),
    watcher: &mut dyn Watcher,
    out: &mut Vec<Told>,
) {
    let settings = context.settings;
    let of = |format| FORMATS.iter().find(|row| row.format == format);
    let fixed = settings.format.and_then(of);
    let known = match fixed {
        Some(row) if (row.recognises)(value) || settings.names_a_key_of(value) => Some(row),
        Some(_) => None,
        None => FORMATS.iter().find(|row| (row.recognises)(value)),
    };
    let first = out.len();
    if let Some(row) = known {
        watcher.record(value, Some(row.format));
        (row.decode)(value, context, out);
    } else {
        let kind = envelope::kind(value).filter(|_| depth < envelope::MAX_DEPTH);
        kind.inspect(|kind| watcher.envelope(kind));
        let opened = depth < envelope::MAX_DEPTH
            && envelope::open(value, out, &mut |inner, out| {
                record(inner, (context, depth + 1), watcher, out);
            });
        if opened {
            return;
        }
        watcher.record(value, None);
        match fixed {
            // The format's own decoder says what it misses.
            Some(row) if value.object().is_some() => (row.decode)(value, context, out),
            Some(_) | None => out.push(Told::Rejected(Reject::new(
                QuarantineReason::UnknownShape,
                "no format knows these keys",
            ))),
        }
    }
    refuse_outsized(out, first);
    for told in out.iter_mut().skip(first) {
        if let Told::Rejected(reject) = told
            && reject.keys.is_empty()
        {
            reject.keys = value.key_lengths();
        }
    }
}

/// One format: how to tell its records and how to read them.
pub(crate) struct FormatDefinition {
    /// Its name.
    pub(crate) format: Format,
    /// Whether an unwrapped JSON object is a record of this format. Must not hold for records
    /// of any other row of [`FORMATS`] that stands above it.
    pub(crate) recognises: fn(&Json<'_>) -> bool,
    /// Reads one unwrapped JSON object; pushes at least one [`Told`].
    pub(crate) decode: fn(&Json<'_>, Context<'_>, &mut Vec<Told>),
}

/// Every format, the most particular shape first: recognition takes the first that fits.
pub(crate) static FORMATS: [FormatDefinition; 8] = [
    FormatDefinition {
        format: Format::Otlp,
        recognises: otlp::recognises,
        decode: otlp::decode,
    },
    FormatDefinition {
        format: Format::Native,
        recognises: native::recognises,
        decode: native::decode,
    },
    FormatDefinition {
        format: Format::BedrockInvocation,
        recognises: bedrock_invocation::recognises,
        decode: bedrock_invocation::decode,
    },
    FormatDefinition {
        format: Format::ApimLlm,
        recognises: apim_llm::recognises,
        decode: apim_llm::decode,
    },
    FormatDefinition {
        format: Format::AzureDiagnostics,
        recognises: azure_diagnostics::recognises,
        decode: azure_diagnostics::decode,
    },
    FormatDefinition {
        format: Format::Litellm,
        recognises: litellm::recognises,
        decode: litellm::decode,
    },
    FormatDefinition {
        format: Format::ServicenowGenai,
        recognises: servicenow_genai::recognises,
        decode: servicenow_genai::decode,
    },
    FormatDefinition {
        format: Format::ServicenowOutbound,
        recognises: servicenow_outbound::recognises,
        decode: servicenow_outbound::decode,
    },
];

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
