//! What passes between `restate` or `alerts` and a running daemon: one line of JSON each way, and then some.
//!
//! Knows neither books nor sockets. A newcomer may ask why no figure passes before the correction: whoever
//! asks reads the books beside the daemon, and sees there what it would move.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::episode::Order;

/// The version of these words.
pub(in crate::app) const VERSION: u32 = 1;
/// Longest line that is read.
pub(in crate::app) const LINE_MAX: u64 = 64 << 10;
/// Behind the name of a ledger's file: its daemon's socket.
const SUFFIX: &str = ".sock";

/// What is asked of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::app) enum Ask {
    /// Who is there?
    Hello {
        /// [`VERSION`].
        version: u32,
    },
    /// Restate a span.
    Restate {
        /// [`VERSION`].
        version: u32,
        /// The [mark](mark) of the configuration that was shown.
        config: String,
        /// First time, Unix milliseconds.
        from: i64,
        /// Time after the last.
        to: i64,
        /// Why.
        reason: String,
    },
    /// Do something about alerts.
    Alert {
        /// [`VERSION`].
        version: u32,
        /// What.
        order: Order,
    },
}

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::app) enum Say {
    /// It is there.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// The mark of the configuration that it judges by.
        config: String,
    },
    /// How far it is.
    Restating {
        /// Hours that are done.
        hours: u64,
        /// All of them.
        of: u64,
        /// Lines so far.
        lines: u64,
    },
    /// The correction is in the books.
    Done {
        /// Its number.
        number: u64,
        /// The lines that it read.
        lines: u64,
    },
    /// An order of alerts was obeyed.
    Ordered {
        /// What was done.
        done: String,
    },
    /// Nothing was changed.
    Refused {
        /// Why.
        why: String,
    },
}

/// What a configuration is known by on both sides: it says nothing of what stands in it.
pub(in crate::app) fn mark(canonical: &str) -> String {
    let hash = Sha256::digest(canonical);
    let mut mark = String::new();
    for byte in hash {
        // Writing to a text cannot fail.
        write!(mark, "{byte:02x}").unwrap_or_default();
    }
    mark
}

/// The socket of the daemon that writes a ledger, whatever path it is called by.
pub(in crate::app) fn socket(ledger: &Path) -> PathBuf {
    let ledger = std::fs::canonicalize(ledger).unwrap_or_else(|_| ledger.to_owned());
    let mut name = ledger.into_os_string();
    name.push(SUFFIX);
    PathBuf::from(name)
}
