//! The daemon's settings as people write them: the shape and nothing else.
//!
//! Knows no rule beyond names and types of keys. A newcomer may ask why levels are spelt out here
//! and in the ready form: this is what stands in files, that is what the program goes by.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::at::{At, AtText};

/// How the daemon runs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct Daemon {
    /// The address of pages, `/metrics`, `/healthz` and `/readyz`; an empty text listens nowhere. One
    /// that is not this machine's loopback needs `[web]`. Default `127.0.0.1:9464`.
    pub(in crate::config) listen: Option<AtText>,
    /// The form of log lines. Default `text`.
    pub(in crate::config) log: Option<At<LogFormat>>,
    /// The least level that is logged. Default `info`.
    pub(in crate::config) log_level: Option<At<LogLevel>>,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum LogFormat {
    /// For people.
    Text,
    /// For collectors: an object a line.
    Json,
}

/// The least level that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum LogLevel {
    /// What was lost, or what a person must do.
    Error,
    /// What may become one.
    Warn,
    /// What happened.
    Info,
    /// What led to it.
    Debug,
    /// Everything.
    Trace,
}
