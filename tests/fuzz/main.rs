//! Fuzzing on the stable toolchain: every reader of foreign bytes, fed with changed samples.
//!
//! `make fuzz N=10000000` for the long run; within `cargo test` a short one. A failing input is
//! made small and written to the target folder; the message says how to run it again
//! (`FUZZ_REPLAY`). See docs/FUZZING.md.

#![expect(
    clippy::unwrap_used,
    reason = "a harness that cannot go on should stop"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was run and reached is the point"
)]
#![allow(unreachable_pub, reason = "modules of a test")]

mod books;
mod bytes;
mod corpus;
mod decoders;
mod entries;
mod files;
mod json;
mod pieces;
mod proto;
mod rng;
mod run;
mod text;

use tollwatch::call::Format;

use books::{Books, Kind};
use decoders::{Decoder, Way};
use files::{File, Written};
use pieces::Pieces;
use run::run;

macro_rules! formats {
    ($($name:ident $format:ident),*) => {
        $(#[test]
        fn $name() {
            run(Decoder::json(stringify!($name), Way::Fixed(Format::$format)));
        })*
    };
}

formats! {
    servicenow_outbound ServicenowOutbound,
    servicenow_genai ServicenowGenai,
    native Native,
    otlp_json Otlp,
    litellm Litellm,
    bedrock_invocation BedrockInvocation,
    azure_diagnostics AzureDiagnostics,
    apim_llm ApimLlm
}

#[test]
fn otlp_protobuf() {
    run(Decoder::protobuf());
}

#[test]
fn auto() {
    run(Decoder::json("auto", Way::Auto));
}

#[test]
fn envelopes() {
    run(Decoder::json("envelopes", Way::Envelope));
}

#[test]
fn split() {
    run(Pieces::new());
}

#[test]
fn lines() {
    run(Books::new("lines", Kind::Lines));
}

#[test]
fn damaged_lines() {
    run(Books::new("damaged_lines", Kind::DamagedLines));
}

#[test]
fn cells() {
    run(Books::new("cells", Kind::Cells));
}

#[test]
fn marks() {
    run(Books::new("marks", Kind::Marks));
}

#[test]
fn configuration() {
    run(Written::new("configuration", File::Config));
}

#[test]
fn prices() {
    run(Written::new("prices", File::Prices));
}

#[test]
fn price_table() {
    run(Written::new("price_table", File::Table));
}

#[test]
fn price_list() {
    run(Written::new("price_list", File::List));
}

#[test]
fn regions() {
    run(Written::new("regions", File::Regions));
}
