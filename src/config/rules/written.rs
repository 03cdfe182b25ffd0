//! Rule files as people write them: the shape and nothing else.
//!
//! Knows no rule beyond names and types of keys. A newcomer may ask why the keys of all kinds stand
//! in one table: a key of another kind is then told with its place and the kind that has it. The
//! comments here are the descriptions in `docs/schema/rules.json`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::at::{At, AtText};
use super::super::written::Named;

/// A file of rules.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "tollwatch alert rules")]
pub(in crate::config) struct RuleFile {
    /// Alert rules by name. One of a shipped rule's name that says no `kind` changes what it says
    /// of it; with a `kind` it takes its place.
    pub(in crate::config) rule: Named<AlertRule>,
}

/// An alert rule.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct AlertRule {
    /// Why it is there, one sentence.
    pub(in crate::config) reason: Option<AtText>,
    /// What it looks at.
    pub(in crate::config) kind: Option<At<Kind>>,
    /// Whether it is in force. Default true.
    pub(in crate::config) on: Option<At<bool>>,
    /// What series are told apart by: `["feature"]`. Default: summed over the scope.
    pub(in crate::config) by: Option<At<Vec<AtText>>>,
    /// Values that a series must have; one that ends in `*` fits whatever begins so.
    pub(in crate::config) scope: Option<At<ScopeTable>>,
    /// How long it must hold before it fires: `10m`. Default: not at all.
    #[serde(rename = "for")]
    pub(in crate::config) hold: Option<AtText>,
    /// How urgent.
    pub(in crate::config) severity: Option<At<Severity>>,
    /// How urgent where the feature or endpoint is `fail_closed`. Default: the same.
    pub(in crate::config) severity_fail_closed: Option<At<Severity>>,
    /// An address that is told. Default: whom the routes name.
    pub(in crate::config) owner: Option<AtText>,
    /// Where to read what to do, an address of a page.
    pub(in crate::config) runbook: Option<AtText>,
    /// What to do, in a sentence.
    pub(in crate::config) action: Option<AtText>,
    /// After how long an episode that nobody acknowledged is told again: `4h`. Default: never.
    pub(in crate::config) repeat: Option<AtText>,
    /// Threshold, anomaly, drift: the figure.
    pub(in crate::config) metric: Option<AtText>,
    /// Threshold, drift: over which window, `1m` to `30d`, or `day`, `week`, `month` of the calendar.
    pub(in crate::config) window: Option<AtText>,
    /// Threshold, drift: bad above it: `$250`, `14 cents`, `5 %`, `30s`, `200`, `150 % of approved`,
    /// `90 % of declared`.
    pub(in crate::config) above: Option<AtText>,
    /// Threshold: bad below it.
    pub(in crate::config) below: Option<AtText>,
    /// Threshold: good again on the other side of it. Default: of the limit itself.
    pub(in crate::config) clear: Option<AtText>,
    /// Threshold, drift: calls, requests or records that the window must hold. Default 1.
    pub(in crate::config) min_sample: Option<At<u64>>,
    /// Budget: the period, `day`, `week` or `month`.
    pub(in crate::config) period: Option<AtText>,
    /// Budget, burn: the budget, `$12000`. Default: what the registry says.
    pub(in crate::config) budget: Option<AtText>,
    /// Budget: at which per cents of it somebody is told. Default none.
    pub(in crate::config) percent: Option<At<Vec<At<u64>>>>,
    /// Budget: whether the straight line to the period's end is held against it. Default false.
    pub(in crate::config) forecast: Option<At<bool>>,
    /// Burn: the fast window, `5m`.
    pub(in crate::config) fast: Option<AtText>,
    /// Burn: the slow window, `1h`.
    pub(in crate::config) slow: Option<AtText>,
    /// Burn: how many times the even pace, a decimal as text: `14.4`.
    pub(in crate::config) times: Option<AtText>,
    /// Anomaly, silence: how often a series may be told wrongly. Default `1 in 3w`.
    pub(in crate::config) false_alarms: Option<AtText>,
    /// Anomaly: what it must cost an hour to be told. Default `$1`.
    pub(in crate::config) floor: Option<AtText>,
    /// Residency: what happened.
    pub(in crate::config) event: Option<AtText>,
    /// First sight: of what.
    pub(in crate::config) of: Option<AtText>,
    /// Calendar: what is due.
    pub(in crate::config) due: Option<AtText>,
    /// Calendar: days before it at which somebody is told, 0 for the day itself. For `exercise` and
    /// `prices`: after how many days without any.
    pub(in crate::config) days: Option<At<Vec<At<u64>>>>,
}

/// A kind of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum Kind {
    /// A figure over a window crosses a value.
    Threshold,
    /// A period's spend.
    Budget,
    /// Spend that would exhaust a budget before its time.
    Burn,
    /// A figure leaves what its series has earned as normal.
    Anomaly,
    /// A feature leaves what was approved.
    Drift,
    /// Where calls landed.
    Residency,
    /// Something never seen before.
    FirstSight,
    /// Traffic that has gone quiet.
    Silence,
    /// A date that comes near.
    Calendar,
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum Severity {
    /// Goes into the next digest.
    Info,
    /// A mail, to be read today.
    Warning,
    /// A mail that wakes somebody.
    Page,
}

/// Values that a series must have; a dimension without values takes all.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct ScopeTable {
    /// `application/skill`.
    pub(in crate::config) feature: Vec<AtText>,
    /// The feature's application.
    pub(in crate::config) application: Vec<AtText>,
    /// Registered endpoint, or host.
    pub(in crate::config) endpoint: Vec<AtText>,
    /// Model.
    pub(in crate::config) model: Vec<AtText>,
    /// Provider.
    pub(in crate::config) provider: Vec<AtText>,
    /// Reference of the credential.
    pub(in crate::config) credential: Vec<AtText>,
    /// Group of users.
    pub(in crate::config) user_group: Vec<AtText>,
    /// Source of records.
    pub(in crate::config) source: Vec<AtText>,
    /// Region where calls landed.
    pub(in crate::config) region: Vec<AtText>,
}
