//! Where all meet: sources, judge and ledger put together into the jobs of the program.
//!
//! Knows no arguments, terminal or exit code. A newcomer may ask why each job is a plain function
//! that is handed a clock, a ledger and something to report progress to: so that a test runs it
//! whole.

pub mod alert;
pub mod anomaly;
pub mod bridge;
pub mod daemon;
pub mod discover;
pub mod doctor;
pub mod export;
pub mod follow;
pub mod influx;
pub mod inspect;
pub mod links;
pub mod live;
pub mod log;
pub mod names;
pub mod pages;
pub mod pipeline;
pub mod quarantine;
pub mod registry;
pub mod replay;
pub mod report;
pub mod restate;
pub mod rules;
pub mod run;
pub mod setup;
pub mod simulate;
pub mod systemd;

use std::path::PathBuf;

use crate::ledger::Fault;
use crate::problem::Problem;

/// Why a job ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Written files have faults; all of them.
    #[error("{} in the configuration", count(.0))]
    Problems(Vec<Problem>),
    /// The ledger.
    #[error("{fault}")]
    Ledger {
        /// The ledger's file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: Fault,
    },
    /// A Kafka client.
    #[error("{0}")]
    Kafka(#[from] crate::source::kafka::Fault),
    /// The daemon's own listener.
    #[error("{0}")]
    Listen(#[from] crate::web::StartError),
    /// A database that series are written to.
    #[error("influxdb `{name}`: {fault}")]
    Influx {
        /// Its name.
        name: crate::units::Text,
        /// What is wrong with it.
        #[source]
        fault: crate::sink::influx::Fault,
    },
    /// A file or stream.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A thread of the daemon has panicked.
    #[error("the thread of `{0}` died; what it had booked is safe")]
    Died(String),
    /// Arguments that make no sense together.
    #[error("{0}")]
    Usage(String),
}

fn count(problems: &[Problem]) -> String {
    match problems.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Ledger {
            path: PathBuf::new(),
            fault,
        }
    }
}

impl Failure {
    /// What the user can do about it; may be empty.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Failure::Ledger { fault, .. } => fault.hint(),
            Failure::Kafka(fault) => fault.hint(),
            Failure::Influx { fault, .. } => fault.hint,
            Failure::Problems(_)
            | Failure::Listen(_)
            | Failure::Io(_)
            | Failure::Died(_)
            | Failure::Usage(_) => "",
        }
    }

    /// Whether the user must change something (exit code 2) or it just failed (exit code 1).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Failure::Problems(_) | Failure::Usage(_) => true,
            Failure::Kafka(fault) => fault.kind == crate::source::kafka::FaultKind::Settings,
            Failure::Influx { fault, .. } => fault.kind == crate::sink::influx::FaultKind::Settings,
            Failure::Ledger { .. } | Failure::Listen(_) | Failure::Io(_) | Failure::Died(_) => {
                false
            }
        }
    }
}

/// Told how a long job goes.
pub trait Progress {
    /// A step of `total` units begins (bytes, hours, calls); 0 when nobody knows how many.
    fn begin(&mut self, what: &str, total: u64);
    /// So many units are done, and so many records were read.
    fn at(&mut self, done: u64, records: u64);
    /// The step is over.
    fn end(&mut self);
}

/// Progress that nobody looks at.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _what: &str, _total: u64) {}
    fn at(&mut self, _done: u64, _records: u64) {}
    fn end(&mut self) {}
}
