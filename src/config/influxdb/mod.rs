//! InfluxDB databases that series are written to, ready for use.
//!
//! Knows no client and no series. A newcomer may ask why the version is said and not found out: a
//! server that is away at the start must not change what is written, and the three are refused in
//! different words.

mod ready;
pub(super) mod written;

use std::path::PathBuf;

use crate::units::{Millis, Text};

use super::SecretRef;

pub(super) use ready::databases;

/// Series when nothing else is said.
pub const SERIES_DEFAULT: u32 = 50_000;

/// A database that series are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfluxDb {
    /// Its name in the books; no other has it.
    pub name: Text,
    /// Scheme, host and port, without a slash at the end.
    pub url: String,
    /// Which server it is.
    pub version: InfluxVersion,
    /// The organisation; empty but for version 2.
    pub org: String,
    /// The bucket of version 2, the database of the others.
    pub bucket: String,
    /// Who writes.
    pub login: InfluxLogin,
    /// Authorities besides the system's, PEM.
    pub ca: Option<PathBuf>,
    /// How long points are to be kept; `None` for ever. Only `setup` uses it.
    pub retention: Option<Millis>,
    /// Series at most, each value of `rev` counted; beyond it new ones fold into `other`.
    pub max_series: u32,
    /// Whether requests are packed.
    pub gzip: bool,
}

/// Which InfluxDB it is: they differ in paths, credentials and answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InfluxVersion {
    /// 1.x.
    V1,
    /// 2.x, and InfluxDB Cloud of that kind.
    #[default]
    V2,
    /// 3 Core and its kin, by the write path of version 2.
    V3,
}

/// Who writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InfluxLogin {
    /// Nobody asks.
    #[default]
    None,
    /// A token.
    Token(SecretRef),
    /// A user of version 1.
    User {
        /// Who.
        name: String,
        /// The password.
        password: SecretRef,
    },
}
