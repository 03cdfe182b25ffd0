//! Settings of the daemon itself: where it listens and how it logs.
//!
//! Knows no socket and no logger. A newcomer may ask why an address that others can reach is refused
//! without more: figures of spend are nobody's business outside, unless somebody said whose.

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
    /// Where pages, `/metrics`, `/healthz` and `/readyz` are served; `None` listens nowhere.
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
    main: &super::written::Main,
    faults: &mut Vec<Problem>,
) -> Daemon {
    let written = &main.daemon;
    let default = Daemon::default();
    Daemon {
        listen: match &written.listen {
            None => default.listen,
            Some(text) => listen(file, text, main.web.as_ref().map(At::get), faults),
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

fn listen(
    file: &FileText,
    text: &AtText,
    web: Option<&super::written::Web>,
    faults: &mut Vec<Problem>,
) -> Option<SocketAddr> {
    let written = text.get().as_str();
    if written.is_empty() {
        return None;
    }
    let numeric = match written.strip_prefix("localhost:") {
        Some(port) => format!("{}:{port}", Ipv4Addr::LOCALHOST),
        None => written.to_owned(),
    };
    let Ok(address) = numeric.parse::<SocketAddr>() else {
        let message = format!("`{written}` is not an address with a port");
        let problem = file.problem(text.span(), "bad_listen", message);
        faults.push(problem.hint("like `127.0.0.1:9464`"));
        return None;
    };
    if address.ip().to_canonical().is_loopback() {
        return Some(address);
    }
    let asks =
        web.is_some_and(|web| !web.user.is_empty() || !web.token.is_empty() || web.proxy.is_some());
    let by_proxy = web.and_then(|web| web.tls_by_proxy.as_ref());
    let sealed = web.is_some_and(|web| web.tls.is_some()) || by_proxy.is_some_and(|at| *at.get());
    if !asks {
        let message =
            format!("`{written}` can be reached from elsewhere, and nobody is asked who they are");
        let problem = file.problem(text.span(), "bad_listen", message);
        faults.push(problem.hint(ASK));
    }
    if !sealed {
        let message =
            format!("`{written}` can be reached from elsewhere, and what goes there goes in clear");
        let problem = file.problem(text.span(), "bad_listen", message);
        faults.push(problem.hint(SEAL));
    }
    (asks && sealed).then_some(address)
}

/// How to ask who somebody is.
const ASK: &str = "add `[[web.user]]` (`tollwatch web hash-password` makes a hash) or `[web.proxy]`, or listen at `127.0.0.1:9464`";
/// How to keep what goes there from others.
const SEAL: &str = "add `[web.tls]` with `certificate` and `key`, or `tls_by_proxy = true` below `[web]` where a proxy in front speaks TLS";
