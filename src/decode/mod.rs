//! Bytes to reports: each record ends as reports, as ignored, or as rejected with a reason.
//!
//! Knows no price, rule or registry beyond the [`Gate`] of hosts. A newcomer may ask where a new
//! format goes: one file here with `recognises` and `decode`, one row in [`FORMATS`], its name in
//! [`crate::call::Format`], its samples in `tests/data/`.

pub mod json;

mod apim_llm;
mod azure_diagnostics;
mod bedrock_invocation;
mod envelope;
mod fields;
mod litellm;
mod native;
mod otlp;
mod servicenow_genai;
mod servicenow_outbound;
mod skim;

use std::collections::BTreeMap;

use crate::call::{Format, Report};
use crate::outcome::{IgnoreReason, Reject};
use crate::provider::Gate;

use json::Json;

/// Longest record that is decoded; longer ones are quarantined as `too_large`.
pub const RECORD_MAX_BYTES: usize = 16 * 1024 * 1024;

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
    pub fields: BTreeMap<String, Vec<String>>,
}

/// All that a format's decoder may look at besides the record.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The source's settings.
    pub settings: &'a Settings,
    /// Which hosts and paths are LLM endpoints.
    pub gate: &'a Gate,
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
