//! Says what this machine could not try.
//!
//! Writes past the harness, which shows nobody what a test that passes prints: a part that was skipped
//! would look like one that was tried.

use std::fmt::Display;
use std::io::Write;

/// Tells which part was not tried, and why.
pub(crate) fn skipped(why: impl Display) {
    let line = format!("SKIPPED: {why}\n");
    drop(std::io::stderr().write_all(line.as_bytes()));
}
