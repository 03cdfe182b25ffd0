//! The scenario as people write it: who calls what, how much, and what goes wrong when.
//!
//! Knows no call and no format's fields. A newcomer may ask why an endpoint here has a region of
//! its own: this is where it really is, and a registry may say otherwise.

use serde::Deserialize;
use toml::Spanned;

use crate::problem::Problem;
use crate::units::UnixMillis;

use super::events::{AgentLoop, Outage, PromptStep, ReExport, Storm, Switch};

/// A whole scenario; `docs/SIMULATOR.md` explains every key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it tells, for people.
    #[serde(default)]
    pub about: String,
    /// The first day, `YYYY-MM-DD`; it begins at midnight UTC.
    pub start: Spanned<String>,
    /// How many days it is meant for.
    #[serde(default = "fourteen")]
    pub days: u32,
    /// Hours that local time is ahead of UTC; day shape and events are in local time.
    #[serde(default)]
    pub utc_offset_hours: i8,
    /// Traffic by weekday, hour and burst.
    #[serde(default)]
    pub shape: Shape,
    /// Other outbound calls of the instance.
    #[serde(default)]
    pub other: Other,
    /// What the export does to records.
    #[serde(default)]
    pub export: Export,
    /// The LLM endpoints as they really are.
    pub endpoint: Vec<Endpoint>,
    /// The features that call them.
    pub skill: Vec<Skill>,
    /// A skill moves to another endpoint.
    #[serde(default)]
    pub switch: Vec<Switch>,
    /// A skill's prompts grow at once.
    #[serde(default)]
    pub prompt_step: Vec<PromptStep>,
    /// An endpoint is out.
    #[serde(default)]
    pub outage: Vec<Outage>,
    /// An endpoint refuses a share of its calls.
    #[serde(default)]
    pub storm: Vec<Storm>,
    /// One conversation calls and calls.
    #[serde(default)]
    pub agent_loop: Vec<AgentLoop>,
    /// A piece of history is exported again.
    #[serde(default)]
    pub re_export: Vec<ReExport>,
}

fn fourteen() -> u32 {
    14
}

/// Traffic by weekday, hour and burst.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shape {
    /// Monday to Sunday, in percent of the mean day.
    pub week: [u64; 7],
    /// Midnight to 23:00 local time, in any unit: only the proportions count.
    pub day: [u64; 24],
    /// Variance of ten-minute counts divided by their mean; 1 is pure chance.
    pub burstiness: u64,
    /// Spread of the daily level, in percent (sigma of its logarithm).
    pub daily_spread: u64,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            week: [128, 132, 130, 126, 112, 38, 34],
            day: [
                8, 6, 5, 5, 7, 14, 32, 62, 96, 118, 122, 114, 92, 104, 120, 118, 104, 76, 48, 34,
                26, 20, 15, 11,
            ],
            burstiness: 20,
            daily_spread: 12,
        }
    }
}

/// Other outbound calls of the instance.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Other {
    /// Other calls for every hundred LLM calls.
    pub per_hundred_calls: u64,
}

impl Default for Other {
    fn default() -> Other {
        Other {
            per_hundred_calls: 100,
        }
    }
}

/// What the export does to records. Shares are per mille of LLM records.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Export {
    /// Seconds between an answer and its usage row.
    pub usage_delay_seconds: u64,
    /// Outbound rows logged at the elevated level (response headers).
    pub elevated_per_mille: u64,
    /// Records that come late.
    pub late_per_mille: u64,
    /// How late, in hours, at most.
    pub late_hours: u64,
    /// Records that come twice.
    pub repeated_per_mille: u64,
    /// Records that come broken.
    pub broken_per_mille: u64,
}

impl Default for Export {
    fn default() -> Export {
        Export {
            usage_delay_seconds: 40,
            elevated_per_mille: 50,
            late_per_mille: 0,
            late_hours: 6,
            repeated_per_mille: 0,
            broken_per_mille: 0,
        }
    }
}

/// An LLM endpoint as it really is, whatever a registry says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Name within the scenario.
    pub name: String,
    /// The URL that is called, without query.
    pub url: Spanned<String>,
    /// Provider as `OpenTelemetry` names it: `azure.ai.openai`, `aws.bedrock`, `anthropic`.
    pub provider: String,
    /// The customer's deployment name; may be empty.
    #[serde(default)]
    pub deployment: String,
    /// The model as the answer names it: `gpt-4o-2024-11-20`.
    pub model: String,
    /// The model as the request names it; the answer's name when empty.
    #[serde(default)]
    pub requested_model: String,
    /// The platform's alias in usage rows: `gpt_large`.
    pub alias: String,
    /// The region where inference really runs, as headers show it: `West Europe`.
    pub region: String,
    /// The application scope in outbound rows: the spoke's, not the skill's.
    #[serde(default = "spoke")]
    pub spoke: String,
    /// Who tells of its calls: `servicenow` (both half-records) or a format's name.
    #[serde(default = "servicenow")]
    pub told_by: Spanned<String>,
    /// The endpoint that takes over after a failure.
    #[serde(default)]
    pub fallback: Option<Spanned<String>>,
    /// Milliseconds before the first token.
    #[serde(default = "first_token")]
    pub first_token_ms: u64,
    /// Milliseconds for a hundred output tokens.
    #[serde(default = "hundred_tokens")]
    pub hundred_tokens_ms: u64,
    /// Calls refused with 429 on an ordinary day.
    #[serde(default)]
    pub throttled_per_mille: u64,
    /// Calls failed with 5xx on an ordinary day.
    #[serde(default)]
    pub failed_per_mille: u64,
    /// Prompts whose beginning the provider has cached.
    #[serde(default)]
    pub cached_per_mille: u64,
    /// Output tokens that are reasoning.
    #[serde(default)]
    pub reasoning_per_mille: u64,
}

fn spoke() -> String {
    "sn_azure_openai".to_owned()
}
fn servicenow() -> Spanned<String> {
    Spanned::new(0..0, "servicenow".to_owned())
}
fn first_token() -> u64 {
    600
}
fn hundred_tokens() -> u64 {
    900
}

/// A feature that calls an endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Application: `itsm`.
    pub application: String,
    /// Skill: `incident_summarization`.
    #[serde(rename = "skill")]
    pub name: String,
    /// The capability's name in usage rows: `IncidentSummarization`.
    pub source: String,
    /// The application scope in usage rows.
    pub scope: String,
    /// The endpoint it calls at first.
    pub endpoint: Spanned<String>,
    /// Requests on the mean day.
    pub requests_per_day: u64,
    /// Mean prompt in tokens.
    pub prompt_tokens: u64,
    /// Spread of prompts in percent (sigma of the logarithm).
    #[serde(default = "prompt_spread")]
    pub prompt_spread: u64,
    /// Mean answer in tokens.
    pub output_tokens: u64,
    /// Spread of answers in percent (sigma of the logarithm).
    #[serde(default = "output_spread")]
    pub output_spread: u64,
    /// Growth of prompts in per mille a day, from the first day on.
    #[serde(default)]
    pub growth_per_mille_a_day: u64,
    /// Requests that are streamed.
    #[serde(default)]
    pub streamed_per_mille: u64,
    /// Requests in a conversation, mean.
    #[serde(default = "one")]
    pub turns: u64,
    /// Further tries after a failure.
    #[serde(default = "two")]
    pub retries: u32,
    /// Usage rows that nobody may export (HR).
    #[serde(default)]
    pub restricted_per_mille: u64,
    /// How many people use it.
    #[serde(default = "users")]
    pub users: u64,
}

fn prompt_spread() -> u64 {
    45
}
fn output_spread() -> u64 {
    40
}
fn one() -> u64 {
    1
}
fn two() -> u32 {
    2
}
fn users() -> u64 {
    80
}

impl Skill {
    /// `application/skill`.
    #[must_use]
    pub fn feature(&self) -> String {
        format!("{}/{}", self.application, self.name)
    }
}

impl Scenario {
    /// Reads a scenario; `file` is its name for messages.
    ///
    /// # Errors
    /// Every fault of the text: unknown keys, wrong types, names that nothing bears.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, Vec<Problem>> {
        let scenario: Scenario = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            vec![Problem::at(
                file,
                text,
                span,
                "scenario_shape",
                error.message(),
            )]
        })?;
        let problems = super::check::problems(&scenario, file, text);
        if problems.is_empty() {
            Ok(scenario)
        } else {
            Err(problems)
        }
    }

    /// Midnight UTC of the first day.
    #[must_use]
    pub fn start(&self) -> UnixMillis {
        UnixMillis::parse(&format!("{}T00:00:00Z", self.start.get_ref())).unwrap_or_default()
    }

    /// The place of an endpoint by name.
    pub(super) fn endpoint_index(&self, name: &str) -> Option<usize> {
        self.endpoint
            .iter()
            .position(|endpoint| endpoint.name == name)
    }
}
