//! The arguments of `anomaly`.
//!
//! Knows no detector. A newcomer may ask why `auto` is a value and not the absence of one: so that a script can say
//! that it was meant.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::anomaly::Budget;

#[derive(Debug, Args)]
pub(in super::super) struct Anomaly {
    /// The series; `-` is standard input; packed files are unpacked.
    pub(in super::super) file: PathBuf,
    /// What its values are.
    #[arg(long, value_enum, default_value_t = Values::Auto)]
    pub(in super::super) kind: Values,
    /// False alerts promised: `1/3w` is one in three weeks.
    #[arg(long, value_name = "N/TIME", default_value_t)]
    pub(in super::super) budget: Budget,
    /// One object a line.
    #[arg(long)]
    pub(in super::super) json: bool,
}

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum Values {
    /// Found out from the rows.
    Auto,
    /// Things counted: calls, money in whole units.
    Count,
    /// Values compared by their ratio: latency, tokens per call.
    Positive,
    /// So many of so many.
    Share,
}
