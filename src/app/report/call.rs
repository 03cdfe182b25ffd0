//! One call, and why each thing about it was decided as it was, under the configuration of its time.
//!
//! Knows no page. A newcomer may ask why the call is judged again to be explained: the books keep what
//! was decided, and reasons are the rules at work. What was booked stands first, and where judging
//! again says otherwise (lists ship with the program, and names are not kept) the answer says so.

mod explain;

use schemars::JsonSchema;
use serde::Serialize;

pub use explain::explain;

/// A call as the books hold it: each of its reports with all decisions.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Explained {
    /// The call's key in the books, 16 hexadecimal digits.
    pub call: String,
    /// Its reports, by time; empty when their lines are gone.
    pub reports: Vec<Told>,
}

/// One report of a call. Absent facts are `None` or empty, never 0.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Told {
    /// When the call began, RFC 3339 in UTC.
    pub at: String,
    /// The source that it came by.
    pub source: String,
    /// `topic:partition:offset`, or `file:0:byte`.
    pub position: String,
    /// The format that it was read as.
    pub format: &'static str,
    /// Who told within the format.
    pub teller: String,
    /// What kind of key names the call.
    pub identity_kind: &'static str,
    /// The key as told, cut to a name's length.
    pub identity: String,
    /// Whether it counts as a call: host, status, latency, region.
    pub is_call: bool,
    /// Whether it counts as a request: tokens, model, cost.
    pub is_request: bool,
    /// Class of the outcome.
    pub outcome: &'static str,
    /// HTTP status.
    pub status: Option<u16>,
    /// From request to last byte.
    pub latency_ms: Option<u64>,
    /// The endpoint's timeout.
    pub timeout_ms: Option<u64>,
    /// Whose it is.
    pub attribution: Attribution,
    /// What it cost.
    pub price: Price,
    /// Where it landed.
    pub residency: Residency,
    /// Under which configuration it was judged.
    pub config: Config,
    /// Where judging it again under that configuration says otherwise than what was booked.
    pub differs: Vec<String>,
}

/// The configuration of a report's time.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Config {
    /// Its number in the books.
    pub number: u32,
    /// When it was first used, RFC 3339 in UTC.
    pub first_used: Option<String>,
    /// Whether it is the present one.
    pub present: bool,
}

/// Whose a report is.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Attribution {
    /// `application/skill`, as booked.
    pub feature: String,
    /// How the feature was found.
    pub feature_because: String,
    /// The endpoint or host, as booked.
    pub endpoint: String,
    /// How the endpoint was found.
    pub endpoint_because: String,
    /// Who runs the model.
    pub provider: String,
    /// The model.
    pub model: String,
    /// The host that was called; empty where the report names none.
    pub host: String,
    /// The deployment in its path.
    pub deployment: String,
    /// What it told of its caller: name and value.
    pub caller: Vec<(&'static str, String)>,
    /// Reference of the credential.
    pub credential: String,
    /// Group of the user by the configuration.
    pub user_group: String,
}

/// What a report cost.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Price {
    /// `exact`, `approximated`, `fixed`, `unpriced` or `nothing`; empty where nobody asked.
    pub class: &'static str,
    /// As booked.
    pub cost_nanousd: Option<i64>,
    /// The row, or the reason why there is none, as booked.
    pub row: String,
    /// The list that the row stands in.
    pub source: String,
    /// First day of the price, where the list states one.
    pub valid_from: Option<String>,
    /// The rule of approximation.
    pub rule: Option<&'static str>,
    /// Why there is no price.
    pub gap: Option<&'static str>,
    /// What was used, at which rate; in order of the bill.
    pub items: Vec<Item>,
    /// The exact sum in dollars, fifteen decimals.
    pub exact_usd: Option<String>,
    /// Tokens as counted: fresh, read from cache, written for five minutes, for an hour, output, of it
    /// reasoning; `None` for a bucket that the record does not tell.
    pub tokens: Option<[Option<u64>; 6]>,
}

/// So many units at one rate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Item {
    /// What was used.
    pub used: &'static str,
    /// The rate that was taken: a bucket without one of its own takes a more general one.
    pub rated_as: &'static str,
    /// How many.
    pub count: u64,
    /// Dollars a million tokens, or a thousand searches or requests.
    pub rate_usd: String,
    /// The exact product in dollars, fifteen decimals.
    pub amount_usd: String,
}

/// Where a report says that its call landed.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Residency {
    /// Name of the rule, as booked.
    pub rule: String,
    /// `held`, `declared`, `violated`, `unproven` or `no_rule`; `None` without transport facts.
    pub verdict: Option<&'static str>,
    /// What the decisive evidence proves.
    pub grade: Option<&'static str>,
    /// The decisive evidence's region or zone.
    pub region: String,
    /// The decisive evidence in words.
    pub evidence: String,
    /// How far processing may wander, as told or registered.
    pub scope: Option<&'static str>,
    /// The least grade that the rule demands.
    pub min_grade: Option<&'static str>,
    /// All evidence, the strongest first.
    pub all: Vec<Piece>,
}

/// A piece of evidence as it was weighed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Piece {
    /// What kind of fact.
    pub kind: &'static str,
    /// As told.
    pub told: String,
    /// The place that it names; empty where it names none.
    pub place: String,
    /// What it proves; `None` for nothing.
    pub grade: Option<&'static str>,
    /// Whether it speaks of where inference ran; else of the door or the store.
    pub processing: bool,
    /// `inside`, `outside`, `partly` or `unknown`; `None` without a rule or a place.
    pub fit: Option<&'static str>,
}
