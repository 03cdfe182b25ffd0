//! What a survey tells, as plain data: figures, names, guesses.
//!
//! Knows no terminal. A newcomer may ask why tables, callers and people are numbers here: only names
//! of hosts, paths, models, scopes and skills are ever shown of a sample.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::units::{Text, UnixMillis};

use super::judged::{Guess, Unit, Zone};

/// All that a survey found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Found {
    /// Records read.
    pub records: u64,
    /// Whether reading stopped at the limit.
    pub limited: bool,
    /// Reports with transport facts.
    pub calls: u64,
    /// Reports with usage facts.
    pub requests: u64,
    /// Each record kind.
    pub kinds: Vec<KindFound>,
    /// Envelopes opened, by kind.
    pub envelopes: BTreeMap<&'static str, u64>,
    /// Each input.
    pub streams: Vec<StreamFound>,
    /// Shapes that no format knows, the most frequent first.
    pub unknown_shapes: Vec<ShapeFound>,
    /// Records of shapes past the limit of those kept.
    pub unknown_shapes_beyond: u64,
    /// Columns by format.
    pub columns: Vec<ColumnsFound>,
    /// Endpoints, the busiest first.
    pub endpoints: Vec<EndpointFound>,
    /// Reports of endpoints past the limit of those kept.
    pub endpoints_beyond: u64,
    /// Providers recognised.
    pub providers: Vec<Counted>,
    /// Models.
    pub models: Vec<Counted>,
    /// Platform aliases of models, with the model that answered.
    pub aliases: Vec<(Text, Text, u64)>,
    /// Application scopes.
    pub scopes: Vec<Counted>,
    /// Skills, by name or id.
    pub skills: Vec<Counted>,
    /// Features as they would be called, with a proposed matcher.
    pub features: Vec<FeatureFound>,
    /// How many different source tables.
    pub tables: usize,
    /// How many different callers.
    pub callers: usize,
    /// How many different users.
    pub users: usize,
    /// How many different conversations (10,000 and more are not told apart).
    pub conversations: usize,
    /// Records that are no LLM calls, by reason.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Records that cannot be read, by reason.
    pub quarantined: BTreeMap<&'static str, u64>,
    /// Hosts of calls that are no LLM calls, and hosts among values of unknown shapes.
    pub other_hosts: Vec<Counted>,
    /// Calls that two tellers tell.
    pub told_twice: Vec<TwiceFound>,
    /// Requests against calls.
    pub coverage: Coverage,
    /// What to look at or decide, in words.
    pub advice: Vec<String>,
}

/// A name and how often it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The name.
    pub name: Text,
    /// How often.
    pub count: u64,
}

/// One record kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KindFound {
    /// The format.
    pub format: &'static str,
    /// Reports with transport facts.
    pub calls: u64,
    /// Reports with usage facts.
    pub requests: u64,
    /// The first report's time.
    pub from: Option<String>,
    /// The last report's time.
    pub to: Option<String>,
}

/// One input.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StreamFound {
    /// Path, or topic and source.
    pub name: String,
    /// The source that it is a topic of; `None` for files.
    pub topic_of: Option<Text>,
    /// Records read.
    pub records: u64,
    /// Formats recognised.
    pub formats: Vec<&'static str>,
    /// Whether it is a table (CSV).
    pub table: bool,
    /// Whether its headings are labels.
    pub labelled: bool,
    /// The first report's time.
    pub from: Option<String>,
    /// The last report's time.
    pub to: Option<String>,
    /// The zone of its times; `None` where no report was seen.
    pub zone: Option<Zone>,
    /// Which number of its dates is the day, where that must be said.
    pub date_order: Option<&'static str>,
    /// Why that is not known.
    pub date_doubt: Option<&'static str>,
}

/// A shape that no format knows.
#[derive(Clone, Debug, Serialize)]
pub struct ShapeFound {
    /// How many records.
    pub records: u64,
    /// Its keys.
    pub keys: Vec<Text>,
    /// How it could be read.
    pub guess: Option<Guess>,
}

/// The columns of one format.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnsFound {
    /// The format.
    pub format: &'static str,
    /// Records that were looked at.
    pub looked: u64,
    /// Each logical field that some record has, or that a price or verdict hangs on.
    pub fields: Vec<FieldFound>,
    /// The unit of durations, where the format leaves it open.
    pub unit: Option<Unit>,
    /// Columns that nobody reads and a field could be told by.
    pub proposed: BTreeMap<&'static str, Vec<Text>>,
}

/// One logical field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldFound {
    /// Its name.
    pub field: &'static str,
    /// Columns that told it, with how often.
    pub columns: Vec<Counted>,
    /// In how many records none did.
    pub missing: u64,
    /// What is doubtful about it.
    pub doubt: Option<String>,
}

/// One endpoint.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EndpointFound {
    /// A name for the configuration.
    pub name: String,
    /// Host.
    pub host: Text,
    /// Port, where it is not the scheme's own.
    pub port: Option<u16>,
    /// The piece of the path that is its own.
    pub path: Text,
    /// The deployment.
    pub deployment: Text,
    /// Who runs the model.
    pub provider: Option<String>,
    /// Models.
    pub models: Vec<Counted>,
    /// Calls, of them throttled and failed in any way.
    pub calls: u64,
    /// Requests.
    pub requests: u64,
    /// Calls with status 429.
    pub throttled: u64,
    /// Calls that were not answered well, throttled ones among them.
    pub failed: u64,
    /// The region, where evidence tells one and only one.
    pub region: Option<Text>,
    /// The evidence, in words.
    pub evidence: Vec<String>,
    /// The scope that the name of host or model itself tells.
    pub scope: Option<&'static str>,
    /// The format whose transport facts should count, where several tell them without a key.
    pub transport_from: Option<&'static str>,
    /// The same for usage facts.
    pub usage_from: Option<&'static str>,
    /// Whether the configuration has it.
    pub registered: bool,
}

/// One feature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeatureFound {
    /// `application/skill`, as the books would call it.
    pub feature: Text,
    /// Calls that say so.
    pub calls: u64,
    /// Requests that say so.
    pub requests: u64,
    /// What a matcher would look at.
    #[serde(rename = "match")]
    pub matcher: BTreeMap<&'static str, Vec<Text>>,
    /// Whether the configuration has it.
    pub registered: bool,
}

/// Calls that two tellers tell.
#[derive(Clone, Debug, Serialize)]
pub struct TwiceFound {
    /// The teller with more reports.
    pub one: Text,
    /// The other; the same where records are repeated.
    pub other: Text,
    /// Calls that both told, of the sample of keys.
    pub calls: u64,
    /// Of them: with other tokens.
    pub contradict: u64,
    /// One key in so many was looked at.
    pub one_in: u64,
}

/// Requests against calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Hours with calls and with requests.
    pub hours_both: u64,
    /// Calls in those hours.
    pub calls_there: u64,
    /// Requests in those hours.
    pub requests_there: u64,
    /// Hours with calls alone.
    pub hours_calls_alone: u64,
    /// Hours with requests alone.
    pub hours_requests_alone: u64,
}

pub(super) fn shown(at: Option<UnixMillis>) -> Option<String> {
    at.map(|at| at.to_string())
}

pub(super) fn counted(ranked: Vec<(Text, u64)>) -> Vec<Counted> {
    let counted = |(name, count)| Counted { name, count };
    ranked.into_iter().map(counted).collect()
}
