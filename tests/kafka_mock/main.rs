//! The daemon reads from librdkafka's mock brokers, which run in this process: the figures, and all
//! that can happen between brokers and books. No Java, no network beyond loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "what was measured or skipped is told")]
#![allow(clippy::disallowed_methods, reason = "records and tokens are of now")]
#![allow(clippy::similar_names, reason = "what is sent, and what sends it")]

#[path = "../common/aloud.rs"]
mod aloud;
#[path = "../common/mod.rs"]
mod common;
#[path = "../daemon_support/mod.rs"]
mod daemon_support;
#[path = "../token_server/mod.rs"]
mod token_server;

mod faults;
mod figures;
mod group;
mod look;
mod mock;
mod running;
mod scrape;
#[cfg(feature = "faults")]
mod stall;
#[cfg(feature = "faults")]
mod still;
mod stuck;
mod token;
