//! tollwatch reads the log of every outbound LLM call and answers: what did it cost, where did it land, did it work?
//!
//! The modules in reading order, which is also the order of their levels: a module uses only what
//! stands above it (`tests/tidy.rs` holds that).
//!
//! | level | modules | knows nothing of |
//! |---|---|---|
//! | words | [`money`] [`figure`] [`units`] [`ids`] [`clock`] [`crash`] [`secret`] [`problem`] [`varint`] | calls |
//! | what passes between stages | [`call`] [`outcome`] | where it came from |
//! | judging, pure | [`provider`] [`decode`] [`price`] [`residency`] [`attribute`] [`entry`] [`judge`] | clock, task, socket, file |
//! | adding up, pure | [`hist`] [`cell`] [`mod@line`] [`link`] [`series`] | the ledger |
//! | what is normal, pure | [`anomaly`] | rules, the ledger |
//! | pictures, pure | [`chart`] | whose figures they are |
//! | what follows, pure | [`alert`] [`bridge`] [`watch`] [`episode`] [`message`] | the ledger, sending |
//! | what people write | [`config`] | sources, ledger |
//! | what the daemon tells of itself | [`telemetry`] | who fills it in; clock, socket |
//! | the edges | [`source`] [`ledger`] [`sink`] [`notify`] [`web`] | each other |
//! | where all meet | [`app`] | arguments, exit codes |
//! | the command line | [`cli`] | - |
//!
//! Invariants, above all what is *not* done: no prompt, completion, header value or secret leaves
//! [`decode`]; no float is stored; every record ends in one counted [`outcome::Outcome`]; nothing
//! below [`app`] reads a clock.

pub mod clock;
pub mod crash;
pub mod figure;
pub mod ids;
pub mod money;
pub mod problem;
pub mod secret;
pub mod units;
pub mod varint;

pub mod call;
pub mod outcome;

pub mod attribute;
pub mod decode;
pub mod entry;
pub mod judge;
pub mod price;
pub mod provider;
pub mod residency;

pub mod cell;
pub mod hist;
pub mod line;
pub mod link;
pub mod series;

pub mod anomaly;
pub mod chart;

pub mod alert;
pub mod bridge;
pub mod episode;
pub mod message;
pub mod watch;

pub mod config;

pub mod telemetry;

pub mod ledger;
pub mod notify;
pub mod sink;
pub mod source;
pub mod web;

pub mod app;
pub mod cli;
