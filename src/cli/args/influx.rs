//! Arguments of `tollwatch influx`.
//!
//! Knows no job. A newcomer may ask why a database is named and not given by its address: what was
//! written to it is kept in the books under that name.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InfluxCommand {
    /// Makes the bucket or database of each `[[influxdb]]`, with its retention, where it is not there.
    #[command(after_help = "Example:\n  tollwatch influx setup --config tollwatch.toml")]
    Setup(InfluxSetup),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InfluxSetup {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tollwatch.toml")]
    pub(in crate::cli) config: PathBuf,
    /// One database alone, by its name.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// One JSON object a database.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
