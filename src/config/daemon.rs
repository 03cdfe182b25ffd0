//! Settings of the daemon itself: where it listens and how it logs.
//!
//! Knows no socket and no logger. A newcomer may ask why only loopback addresses are taken: figures
//! of spend are nobody's business outside, and who may see them is a proxy's task.

use std::net::{Ipv4Addr, SocketAddr};

/// The port of the daemon's own metrics when nothing else is said.
pub const PORT_DEFAULT: u16 = 9464;

/// How the daemon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// The loopback address of `/metrics`, `/healthz` and `/readyz`; `None` listens nowhere.
    pub listen: Option<SocketAddr>,
    /// The form of log lines.
    pub log: LogFormat,
    /// The least level that is logged.
    pub log_level: LogLevel,
}

impl Default for Daemon {
    fn default() -> Daemon {
        Daemon {
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT))),
            log: LogFormat::default(),
            log_level: LogLevel::default(),
        }
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For collectors: an object a line.
    Json,
}

/// The least level that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// What was lost, or what a person must do.
    Error,
    /// What may become one.
    Warn,
    /// What happened.
    #[default]
    Info,
    /// What led to it.
    Debug,
    /// Everything.
    Trace,
}
