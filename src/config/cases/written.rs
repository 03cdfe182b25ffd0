//! Files of cases as people write them: the shape and nothing else.
//!
//! Knows no rule and no traffic. A newcomer may ask why traffic is a list of lines and not of tables: a
//! case is read more often than it is written, and a day of calls should fit on a line.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::at::{At, AtText};

/// A file of cases.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "tollwatch cases of alert rules")]
pub(in crate::config) struct CaseFile {
    /// A configuration for all cases of the file: endpoints, features, budgets.
    pub(in crate::config) registry: Option<AtText>,
    /// The cases.
    pub(in crate::config) case: Vec<At<Case>>,
}

/// A case.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["name", "rules", "traffic"]))]
pub(in crate::config) struct Case {
    /// What it shows.
    pub(in crate::config) name: Option<AtText>,
    /// The rules in force, by name; what fires of them must stand in `fires`.
    pub(in crate::config) rules: Vec<AtText>,
    /// A configuration in the place of the file's.
    pub(in crate::config) registry: Option<AtText>,
    /// When it begins. Default `2026-11-02T00:00:00Z`, a Monday.
    pub(in crate::config) start: Option<AtText>,
    /// When it ends, counted from its beginning: `14:30`, `2d08:00`. Default: with the traffic.
    pub(in crate::config) until: Option<AtText>,
    /// What the books tell: `FROM-TO EVERY FEATURE ENDPOINT key=value…`, or
    /// `FROM-TO EVERY source NAME key=value…`.
    pub(in crate::config) traffic: Vec<AtText>,
    /// What must fire. Nothing else may.
    pub(in crate::config) fires: Vec<At<Fires>>,
}

/// Something that must fire.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["rule", "by"]))]
pub(in crate::config) struct Fires {
    /// The rule.
    pub(in crate::config) rule: Option<AtText>,
    /// Not before, counted from the case's beginning. Default: at any time.
    pub(in crate::config) after: Option<AtText>,
    /// At the latest.
    pub(in crate::config) by: Option<AtText>,
    /// How urgent. Default: any.
    pub(in crate::config) severity: Option<At<super::super::rules::written::Severity>>,
    /// Values of its series.
    pub(in crate::config) series: Option<At<super::super::rules::written::ScopeTable>>,
    /// What its mail must say.
    pub(in crate::config) says: Vec<AtText>,
}
