//! InfluxDB databases as people write them: the shape and nothing else.
//!
//! Knows no rule beyond names and types of keys. A newcomer may ask why keys of all versions stand
//! in one table: a key of another version is then told with its place, and what it should be.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::at::{At, AtText};
use super::super::kafka::written::SecretText;

/// An InfluxDB that series are written to.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["name", "url", "version"]))]
pub(in crate::config) struct InfluxDb {
    /// Its name in the books; renaming it writes everything again.
    pub(in crate::config) name: Option<AtText>,
    /// Scheme, host and port: `http://127.0.0.1:8086`.
    pub(in crate::config) url: Option<AtText>,
    /// `1`, `2` or `3`.
    pub(in crate::config) version: Option<At<u64>>,
    /// The organisation; version 2 alone.
    pub(in crate::config) org: Option<AtText>,
    /// The bucket; version 2 alone.
    pub(in crate::config) bucket: Option<AtText>,
    /// The database; versions 1 and 3.
    pub(in crate::config) database: Option<AtText>,
    /// The token; versions 2 and 3.
    pub(in crate::config) token: Option<At<SecretText>>,
    /// Who writes; version 1 alone, and only where it asks.
    pub(in crate::config) username: Option<AtText>,
    /// The password; version 1 alone.
    pub(in crate::config) password: Option<At<SecretText>>,
    /// A file of authorities, PEM, that its certificate is held against besides the system's.
    pub(in crate::config) ca: Option<AtText>,
    /// How long points are kept, for `tollwatch influx setup`: `400d`, `52w`, `12h`. Default: for
    /// ever.
    pub(in crate::config) retention: Option<AtText>,
    /// Series at most, each value of `rev` counted; beyond it new ones fold into `other`, exact in
    /// total. Default 50 000.
    pub(in crate::config) max_series: Option<At<u64>>,
    /// Whether requests are packed. Default true.
    pub(in crate::config) gzip: Option<bool>,
}
