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
    /// Tells an empty database everything anew that the books have.
    #[command(
        after_help = "Example:\n  tollwatch influx rebuild --config tollwatch.toml --name main"
    )]
    Rebuild(InfluxRebuild),
    /// Compares what a database adds up to with the books, by day and series.
    #[command(after_help = "Example:\n  tollwatch influx verify --config tollwatch.toml")]
    Verify(InfluxVerify),
}

/// A database, and the books that it is told.
#[derive(Debug, Args)]
pub(in crate::cli) struct Told {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tollwatch.toml")]
    pub(in crate::cli) config: PathBuf,
    /// The books, where they are not those of the configuration.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: Option<PathBuf>,
    /// The database, by its name; may be left out where there is one.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InfluxRebuild {
    #[command(flatten)]
    pub(in crate::cli) told: Told,
    /// First day, in the ledger's time zone; the database must be empty from its beginning on.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) from: Option<String>,
    /// Whatever the database holds: its points are added to.
    #[arg(long)]
    pub(in crate::cli) anyway: bool,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InfluxVerify {
    #[command(flatten)]
    pub(in crate::cli) told: Told,
    /// First day, in the ledger's time zone.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) from: Option<String>,
    /// Last day.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) to: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
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
