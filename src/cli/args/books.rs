//! The arguments of the commands that ask the books: report, export, quarantine, verify.
//!
//! Knows no answer. A newcomer may ask why reports take days and exports take times: a report is
//! read by people, whose days are the ledger's.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::app::report::pilot::PERCENT_USUAL;

#[derive(Debug, Args)]
pub(in crate::cli) struct Asked {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The configuration: names, approved figures, rules.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// First day, `YYYY-MM-DD` in the ledger's time zone.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) from: Option<String>,
    /// Last day, with it.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) to: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReportCommand {
    /// What was spent, on what, against what was approved; latency and 429 beside it.
    #[command(
        after_help = "Example:\n  tollwatch report daily --ledger books.db --config tollwatch.toml --from 2026-11-14"
    )]
    Daily {
        #[command(flatten)]
        asked: Asked,
        /// Only this feature, `application/skill`.
        #[arg(long)]
        feature: Option<String>,
        /// Writes the answer as a page of its own, too: one file, fit to print.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// A calendar month: spend against approval and the month before, places, outages.
    #[command(
        after_help = "Example:\n  tollwatch report monthly --ledger books.db --config tollwatch.toml --month 2026-11 --html november.html"
    )]
    Monthly(MonthlyArgs),
    /// Did every call stay where it must, and which evidence says so.
    #[command(
        after_help = "Example:\n  tollwatch report residency --ledger books.db --config tollwatch.toml --evidence 20"
    )]
    Residency {
        #[command(flatten)]
        asked: Asked,
        /// How many calls to show as evidence, of each verdict.
        #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true, value_parser = super::whole::<usize>)]
        evidence: usize,
        /// Writes the answer as a page of its own, too: one file, fit to print.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// The registry beside what was seen.
    #[command(
        after_help = "Example:\n  tollwatch report endpoints --ledger books.db --config tollwatch.toml"
    )]
    Endpoints {
        #[command(flatten)]
        asked: Asked,
        /// Writes the answer as a page of its own, too: one file, fit to print.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// What each skill uses and costs, by an export alone, and what it would cost elsewhere.
    #[command(
        after_help = "Example:\n  tollwatch report readiness export.jsonl --as azure/westeurope/gpt-4o --html readiness.html"
    )]
    Readiness(ReadinessArgs),
    /// Thirty days of a feature at an endpoint: one verdict with its reasons.
    #[command(
        after_help = "Example:\n  tollwatch report pilot --ledger books.db --config tollwatch.toml --endpoint azure-weu --feature itsm/incident_summarization"
    )]
    Pilot(PilotArgs),
    /// Why spend differs between two stretches of time: calls, tokens, cache, retries, mix, price.
    #[command(
        after_help = "Example:\n  tollwatch report bridge --ledger books.db --from 2026-11-14..2026-11-20 --against 2026-11-07..2026-11-13"
    )]
    Bridge(BridgeArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MonthlyArgs {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The configuration: names, approved figures, rules.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// The month, in the ledger's time zone; that of the last booked day when not given.
    #[arg(long, value_name = "YYYY-MM")]
    pub(in crate::cli) month: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Writes the answer as a page of its own, too: one file, fit to print.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BridgeArgs {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The configuration: names, prices.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// What is compared: days of the ledger's time zone, the last with it, or times of RFC 3339. The
    /// last seven days that the books hold when not given.
    #[arg(long, value_name = "FIRST..LAST")]
    pub(in crate::cli) from: Option<String>,
    /// What it is compared with; as long before it when not given.
    #[arg(long, value_name = "FIRST..LAST")]
    pub(in crate::cli) against: Option<String>,
    /// Only this feature, `application/skill`.
    #[arg(long)]
    pub(in crate::cli) feature: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReadinessArgs {
    /// A provider, region and model to price the same use at, as `azure/westeurope/gpt-4o`; the
    /// place may be `global` or a zone as `eu`. Repeat it for several.
    #[arg(long = "as", value_name = "PROVIDER/REGION/MODEL")]
    pub(in crate::cli) candidates: Vec<String>,
    /// Writes the answer as a page of its own, too.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// The configuration; none is needed.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Reads every record as this format instead of recognising each.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) format: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Exports: files, folders, or `-` for standard input.
    #[arg(value_name = "INPUT", required = true)]
    pub(in crate::cli) inputs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PilotArgs {
    #[command(flatten)]
    pub(in crate::cli) asked: Asked,
    /// The endpoint on trial, by name.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) endpoint: String,
    /// The feature on trial, `application/skill`.
    #[arg(long)]
    pub(in crate::cli) feature: String,
    /// Only this user group's calls, requests and cost.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) group: Option<String>,
    /// The limit of p95; the endpoint's `timeout_ms` when not given.
    #[arg(long, value_name = "MS")]
    pub(in crate::cli) p95_ms: Option<u64>,
    /// Calls in a hundred that may be refused with 429.
    #[arg(long, value_name = "N", default_value_t = PERCENT_USUAL)]
    pub(in crate::cli) throttled_percent: u8,
    /// Calls in a hundred that may fail on the provider's side, or get no answer.
    #[arg(long, value_name = "N", default_value_t = PERCENT_USUAL)]
    pub(in crate::cli) failed_percent: u8,
    /// Writes the answer as a page of its own, too: one file, fit to print.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
}

/// Form of an export.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Form {
    /// Comma-separated with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Exported {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// Form of the table.
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    pub(in crate::cli) format: Form,
    /// One JSON object a line: the same as `--format jsonl`.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// First time: a date in the ledger's time zone, or RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) from: Option<String>,
    /// Time after the last; a date is with its whole day.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) to: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ExportCommand {
    /// Every total of every cell, sorted.
    #[command(
        after_help = "Example:\n  tollwatch export cells --ledger books.db --resolution day --format csv"
    )]
    Cells {
        #[command(flatten)]
        exported: Exported,
        /// Width of the windows: minute, hour, day.
        #[arg(long, default_value = "day")]
        resolution: String,
    },
    /// Every link cell: retries and fallbacks by hour, sorted.
    #[command(after_help = "Example:\n  tollwatch export links --ledger books.db --format csv")]
    Links {
        #[command(flatten)]
        exported: Exported,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum QuarantineCommand {
    /// Shows the records that could not be read: where, why, their keys and the lengths of values.
    #[command(
        after_help = "Example:\n  tollwatch quarantine list --ledger books.db --reason unknown_shape"
    )]
    List {
        /// The books.
        #[arg(long, value_name = "FILE")]
        ledger: PathBuf,
        /// Only this reason.
        #[arg(long)]
        reason: Option<String>,
        /// How many at most.
        #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = super::whole::<usize>)]
        limit: usize,
        /// One JSON object a record.
        #[arg(long)]
        json: bool,
    },
    /// Reads quarantined records again from their source, under the present configuration.
    #[command(
        after_help = "Example:\n  tollwatch quarantine retry --ledger books.db --config tollwatch.toml --reason no_destination"
    )]
    Retry {
        /// The books.
        #[arg(long, value_name = "FILE")]
        ledger: PathBuf,
        /// The configuration.
        #[arg(long, short, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Only this reason.
        #[arg(long)]
        reason: Option<String>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Restate {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The configuration that the lines are judged under; the daemon's, while one runs.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// First time: a date in the ledger's time zone, or RFC 3339; the whole hour that it lies in.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) since: String,
    /// Time after the last; a date is with its whole day. Hours that begin before it are restated.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) until: Option<String>,
    /// Why the books are corrected; kept with the correction.
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
    /// Books the correction without asking.
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) yes: bool,
    /// Only shows the differences; works beside a running daemon.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Zone {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The zone that days begin in: `Europe/Zurich`. Nobody else may write the books.
    #[arg(long, value_name = "ZONE", requires = "from")]
    pub(in crate::cli) set: Option<String>,
    /// The first day of which this holds; the books may not have figures of it, nor of a later one.
    #[arg(long, value_name = "DATE", requires = "set")]
    pub(in crate::cli) from: Option<String>,
    /// One JSON object a zone.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LedgerOnly {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
