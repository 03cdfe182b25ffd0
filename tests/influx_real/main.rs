//! Real databases, started by `tests/servers`: InfluxDB 2 and 1.6.7. A machine that cannot have them
//! skips what it cannot have, and says so.
//!
//! Knows a ledger in one place (`rebuilt.rs`): all other lines are made up. A newcomer may ask why many cases share a server: each has
//! a bucket of its own, and starting one takes longer than what is done with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

#[path = "../common/aloud.rs"]
mod aloud;
#[path = "../common/mod.rs"]
mod common;
#[path = "../daemon_support/mod.rs"]
mod daemon_support;
#[path = "../influx_support/mod.rs"]
mod influx_support;
#[path = "../common/launched.rs"]
mod launched;

mod rebuilt;
mod server;
mod soak;
mod v1;
mod v2;
