//! Settings of the daemon itself: where it listens and how it logs.
//!
//! Knows no socket and no logger. A newcomer may ask why only loopback addresses are taken: figures
//! of spend are nobody's business outside, and who may see them is a proxy's task.

pub(super) mod written;

use std::net::{Ipv4Addr, SocketAddr};

use crate::problem::Problem;

use super::at::{At, AtText};
use super::read::FileText;

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

/// The ready form; an address that is none, or not loopback, is reported.
pub(super) fn ready(
    file: &FileText,
    written: &written::Daemon,
    faults: &mut Vec<Problem>,
) -> Daemon {
    let default = Daemon::default();
    Daemon {
        listen: match &written.listen {
            None => default.listen,
            Some(text) => listen(file, text, faults),
        },
        log: match written.log.as_ref().map(At::get) {
            None => default.log,
            Some(written::LogFormat::Text) => LogFormat::Text,
            Some(written::LogFormat::Json) => LogFormat::Json,
        },
        log_level: match written.log_level.as_ref().map(At::get) {
            None => default.log_level,
            Some(written::LogLevel::Error) => LogLevel::Error,
            Some(written::LogLevel::Warn) => LogLevel::Warn,
            Some(written::LogLevel::Info) => LogLevel::Info,
            Some(written::LogLevel::Debug) => LogLevel::Debug,
            Some(written::LogLevel::Trace) => LogLevel::Trace,
        },
    }
}

fn listen(file: &FileText, text: &AtText, faults: &mut Vec<Problem>) -> Option<SocketAddr> {
    let written = text.get().as_str();
    if written.is_empty() {
        return None;
    }
    let numeric = match written.strip_prefix("localhost:") {
        Some(port) => format!("{}:{port}", Ipv4Addr::LOCALHOST),
        None => written.to_owned(),
    };
    let fault = match numeric.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => return Some(address),
        Ok(_) => format!("`{written}` is not a loopback address"),
        Err(_) => format!("`{written}` is not an address with a port"),
    };
    faults.push(
        file.problem(text.span(), "bad_listen", fault)
            .hint("like `127.0.0.1:9464`; a proxy in front decides who else may see it"),
    );
    None
}
