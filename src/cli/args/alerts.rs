//! Arguments of `tollwatch alerts`.
//!
//! Knows no rule. A newcomer may ask why whoever orders something has to say who they are: the next one
//! who looks wants to ask them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AlertsCommand {
    /// Shows episodes that are open, silences, and how mails stand.
    #[command(after_help = "Example:\n  tollwatch alerts list --ledger books.db")]
    List(AlertsList),
    /// Shows an episode: its steps, who was told of each, and what became of the mails.
    #[command(after_help = "Example:\n  tollwatch alerts show --ledger books.db 214")]
    Show(AlertsShow),
    /// Takes care of an episode: no more reminders; its growth and its end are still told.
    #[command(
        after_help = "Example:\n  tollwatch alerts ack --ledger books.db 214 --author maria --reason 'looking into it'"
    )]
    Ack(AlertsAck),
    /// Tells nobody of what fits, until then.
    #[command(
        after_help = "Example:\n  tollwatch alerts silence --ledger books.db endpoint=weu rule=latency* --hours 4 --author maria --reason 'planned move'"
    )]
    Silence(AlertsSilence),
    /// Ends a silence.
    #[command(
        after_help = "Example:\n  tollwatch alerts unsilence --ledger books.db 3 --author maria"
    )]
    Unsilence(AlertsUnsilence),
    /// Says what an episode was: real, noise or planned.
    #[command(
        after_help = "Example:\n  tollwatch alerts feedback --ledger books.db 214 planned --author maria"
    )]
    Feedback(AlertsFeedback),
    /// Sends a mail that says of itself that it is a test.
    #[command(
        after_help = "Example:\n  tollwatch alerts test-mail --config tollwatch.toml --to maria@example.com"
    )]
    TestMail(AlertsTestMail),
}

/// Which books, and by which configuration.
#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsBooks {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The configuration, where no daemon runs.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Who orders it.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) author: String,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsList {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// Also episodes that are over, latest first.
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// One JSON object an episode.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsShow {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The episode's number.
    pub(in crate::cli) episode: u64,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsAck {
    #[command(flatten)]
    pub(in crate::cli) books: AlertsBooks,
    /// The episode's number.
    pub(in crate::cli) episode: u64,
    /// What is done about it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(in crate::cli) reason: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsSilence {
    #[command(flatten)]
    pub(in crate::cli) books: AlertsBooks,
    /// An episode's number, or what must fit, as KEY=VALUE: `rule`, `kind`, `severity`, `feature`,
    /// `endpoint` and the like; a value may end in `*`.
    #[arg(value_name = "EPISODE|KEY=VALUE", required = true)]
    pub(in crate::cli) matchers: Vec<String>,
    /// For how long.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub(in crate::cli) hours: u32,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsUnsilence {
    #[command(flatten)]
    pub(in crate::cli) books: AlertsBooks,
    /// The silence's number.
    pub(in crate::cli) silence: u64,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsFeedback {
    #[command(flatten)]
    pub(in crate::cli) books: AlertsBooks,
    /// The episode's number.
    pub(in crate::cli) episode: u64,
    /// What it was: `real`, `noise` or `planned`.
    pub(in crate::cli) was: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsTestMail {
    /// The configuration.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// To whom.
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) to: String,
    /// One JSON object.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
