//! Arguments of `tollwatch price` and `tollwatch prices`.
//!
//! Knows no rate. A newcomer may ask why the input is the total: that is the figure which every provider
//! tells, and the caches are parts of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::whole;

#[derive(Debug, Args)]
pub(in crate::cli) struct Price {
    /// Who runs the model: azure, openai, anthropic, bedrock, vertex, gemini and others.
    #[arg(long)]
    pub(in crate::cli) provider: String,
    /// The model, as the provider names it.
    #[arg(long)]
    pub(in crate::cli) model: String,
    /// Where it runs: `westeurope`, `azure:westeurope`, `eu-central-1`.
    #[arg(long)]
    pub(in crate::cli) region: Option<String>,
    /// How far processing may wander: `regional`, `data_zone`, `global`.
    #[arg(long)]
    pub(in crate::cli) scope: Option<String>,
    /// Price tier: `standard`, `batch`, `flex`, `priority`, `fast`.
    #[arg(long)]
    pub(in crate::cli) tier: Option<String>,
    /// Time of the call; now when not given.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) at: Option<String>,
    /// All input tokens, caches included.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(in crate::cli) input: u64,
    /// Of them: read from a cache.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>, default_value_t = 0)]
    pub(in crate::cli) cache_read: u64,
    /// Of them: written to a five-minute cache.
    #[arg(long = "cache-write-5m", value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>, default_value_t = 0)]
    pub(in crate::cli) cache_write_5m: u64,
    /// Of them: written to a one-hour cache.
    #[arg(long = "cache-write-1h", value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>, default_value_t = 0)]
    pub(in crate::cli) cache_write_1h: u64,
    /// Output tokens, reasoning included.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>, default_value_t = 0)]
    pub(in crate::cli) output: u64,
    /// Server-side web searches.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>, default_value_t = 0)]
    pub(in crate::cli) web_searches: u64,
    /// A price file of your own.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) prices: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PricesCommand {
    /// Reads a newer price list of genai-prices or `LiteLLM`, shows what changes, and writes an
    /// import file for the configuration.
    #[command(
        after_help = "Example:\n  tollwatch prices update model_prices_and_context_window.json --out prices-import.tsv"
    )]
    Update {
        /// The list, as JSON.
        file: PathBuf,
        /// Where the import file goes; without it only the differences are shown.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// One JSON object a difference.
        #[arg(long)]
        json: bool,
    },
}
