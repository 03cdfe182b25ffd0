//! The arguments of every command, with help and examples.
//!
//! Knows no job. A newcomer may ask why `--json` stands on every command: a table for people and
//! lines for programs are two faces of one answer.

mod alerts;
mod anomaly;
mod books;
mod imports;
mod influx;
mod prices;
mod rules;
mod web;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(super) use alerts::{AlertsBooks, AlertsCommand, AlertsList, AlertsShow, AlertsTestMail};
pub(super) use anomaly::{Anomaly, Values};
pub(super) use books::{
    Asked, BridgeArgs, ExportCommand, Exported, Form, LedgerOnly, MonthlyArgs, PilotArgs,
    QuarantineCommand, ReadinessArgs, ReportCommand, Restate, Zone,
};
pub(super) use imports::{NamesCommand, RegistryCommand};
pub(super) use influx::{InfluxCommand, InfluxRebuild, InfluxSetup, InfluxVerify};
pub(super) use prices::{Price, PricesCommand};
pub(super) use rules::{Backtest, RulesCommand};
pub(super) use web::WebCommand;

/// Ten years of invented traffic fill some 80 GB; more days than that are a slip of the finger.
const DAYS_MAX: i64 = 3_650;

/// A day between two looks; whoever wants fewer wants `replay` in a timer.
const EVERY_MAX: u64 = 86_400;

/// Reads the log of every outbound LLM call: what did it cost, where did it land, did it work?
#[derive(Debug, Parser)]
#[command(
    name = "tollwatch",
    version,
    max_term_width = 100,
    after_help = "Examples:
  tollwatch discover logs/                            what is in this export
  tollwatch replay --ledger books.db logs/            read an export into the books
  tollwatch report daily --ledger books.db            what did it cost, on what
  tollwatch report residency --ledger books.db        where did it land, with the evidence
  tollwatch inspect record.json                       one record, every decision explained

Exit codes: 0 done, 1 it failed, 2 you must change something."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Checks configuration files: every problem of every file, with line and caret.
    #[command(after_help = "Example:\n  tollwatch check --config tollwatch.toml")]
    Check(Check),
    /// Explains records: decoded as, attributed to, priced by, judged by.
    #[command(
        after_help = "Examples:\n  tollwatch inspect record.json\n  tollwatch inspect --config tollwatch.toml --json - < records.jsonl"
    )]
    Inspect(Inspect),
    /// Prices a call that you describe.
    #[command(
        after_help = "Example:\n  tollwatch price --provider azure --model gpt-4o --scope global --input 4127 --output 391"
    )]
    Price(Price),
    /// Imports a newer price list; shows the differences first.
    Prices {
        #[command(subcommand)]
        command: PricesCommand,
    },
    /// Imports words for row ids from exports.
    Names {
        #[command(subcommand)]
        command: NamesCommand,
    },
    /// Imports a cloud's own lists as evidence behind the registry.
    Registry {
        #[command(subcommand)]
        command: RegistryCommand,
    },
    /// Looks at a sample: what is in it, how it is read, what nobody states; and writes a starter
    /// configuration.
    #[command(
        after_help = "Examples:\n  tollwatch discover export.csv\n  tollwatch discover --out conf logs/\n  tollwatch discover --config tollwatch.toml --diff logs/\n  tollwatch discover --config tollwatch.toml --for 10m --from end"
    )]
    Discover(Discover),
    /// Reads files into the books, each record once.
    #[command(
        after_help = "Examples:\n  tollwatch replay --ledger books.db export.jsonl.gz\n  tollwatch replay --config tollwatch.toml --ledger books.db logs/ other.json"
    )]
    Replay(Replay),
    /// Reads the configured topics and files until stopped.
    #[command(after_help = "Example:\n  tollwatch run --config tollwatch.toml")]
    Run(Run),
    /// Looks at everything configured: what works, how fast, and what to do about what does not.
    #[command(after_help = "Example:\n  tollwatch doctor --config tollwatch.toml")]
    Doctor(Doctor),
    /// The databases that series are written to: setup.
    Influx {
        #[command(subcommand)]
        command: InfluxCommand,
    },
    /// What fires and who was told; takes care, silences, says what it was.
    Alerts {
        #[command(subcommand)]
        command: AlertsCommand,
    },
    /// Alert rules: what is in force, and does it fire when it must.
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Who may look at the pages: hashes of passwords, tokens of programs.
    Web {
        #[command(subcommand)]
        command: WebCommand,
    },
    /// Answers from the books: daily, residency, endpoints.
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Writes the books as plain tables: cells, links.
    Export {
        #[command(subcommand)]
        command: ExportCommand,
    },
    /// Shows what could not be read, and reads it again.
    Quarantine {
        #[command(subcommand)]
        command: QuarantineCommand,
    },
    /// Judges the kept call lines again under the present configuration: shows the differences,
    /// asks, books them in one transaction.
    #[command(
        after_help = "Example:\n  tollwatch restate --ledger books.db --config tollwatch.toml --since 2026-11-10 --reason 'contract price of November'"
    )]
    Restate(Restate),
    /// Recomputes what the ledger has sealed, and checks that every record is accounted for.
    #[command(after_help = "Example:\n  tollwatch verify --ledger books.db")]
    Verify(LedgerOnly),
    /// Shows in which time zone the days of the books begin, or changes it from a day on.
    #[command(
        after_help = "Examples:\n  tollwatch zone --ledger books.db\n  tollwatch zone --ledger books.db --set Europe/Zurich --from 2026-12-01"
    )]
    Zone(Zone),
    /// Runs the anomaly detector over a series of your own: expected value, band and rank of each point,
    /// and the alerts.
    #[command(
        after_help = "Examples:\n  tollwatch anomaly calls.csv\n  tollwatch anomaly --kind share --budget 1/8w refused.csv.gz\n\nA row is `timestamp,value`, or `timestamp,hits,of` for a share."
    )]
    Anomaly(Anomaly),
    /// Writes the logs of invented traffic, repeatable to the byte.
    #[command(
        after_help = "Example:\n  tollwatch simulate --seed 7 --days 14 --scenario scenarios/wrong-region.toml --out logs/"
    )]
    Simulate(Simulate),
    /// Tells the story that tollwatch exists for: two weeks of traffic, the answer, and live calls
    /// through a Kafka broker inside the process.
    #[command(after_help = "Example:\n  tollwatch demo --once --dir demo")]
    Demo(Demo),
    /// Prints the completions of a shell.
    #[command(
        after_help = "Example:\n  tollwatch completions bash > /etc/bash_completion.d/tollwatch"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the man page.
    Man,
}

impl Command {
    /// Whether its answers are sentences and tables, which may be broken where a terminal ends; the
    /// others write lines that somebody copies.
    pub(super) fn is_prose(&self) -> bool {
        match self {
            Command::Price(_)
            | Command::Prices { .. }
            | Command::Names { .. }
            | Command::Registry { .. }
            | Command::Discover(_)
            | Command::Replay(_)
            | Command::Doctor(_)
            | Command::Influx { .. }
            | Command::Rules { .. }
            | Command::Alerts { .. }
            | Command::Report { .. }
            | Command::Restate(_)
            | Command::Verify(_)
            | Command::Zone(_)
            | Command::Anomaly(_)
            | Command::Simulate(_)
            | Command::Demo(_) => true,
            Command::Check(_)
            | Command::Inspect(_)
            | Command::Run(_)
            | Command::Export { .. }
            | Command::Quarantine { .. }
            | Command::Web { .. }
            | Command::Completions { .. }
            | Command::Man => false,
        }
    }
}

/// A whole number that is not negative.
fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "a whole number is needed, 0 or more".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tollwatch.toml")]
    pub(super) config: PathBuf,
    /// One JSON object a problem.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The configuration; without one providers, models and list prices are known, and no rule.
    #[arg(long, short, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Reads every record as this format instead of recognising each.
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// One JSON object a call.
    #[arg(long)]
    pub(super) json: bool,
    /// A file of records, or `-` for standard input.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Discover {
    /// The configuration that is there already; its sources are read where no input is given.
    #[arg(long, short, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Reads on for so long as files grow and records come: `30s`, `10m`, `2h`. Ctrl-C ends it
    /// earlier and still tells.
    #[arg(long = "for", value_name = "TIME")]
    pub(super) time: Option<String>,
    /// Where the configured topics are read from: `beginning`, `end` or a time; as their source
    /// says when not given.
    #[arg(long, value_name = "PLACE")]
    pub(super) from: Option<String>,
    /// Stops after so many records.
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u64>,
    /// The zone of times that name none: `Europe/Berlin`.
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    /// Which number of `03/04/2026` is the day: `dmy` or `mdy`.
    #[arg(long, value_name = "ORDER")]
    pub(super) date_order: Option<String>,
    /// Reads every record as this format instead of recognising each.
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// Writes a starter configuration into this folder; never over one that is there.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Shows only what the configuration does not have yet: the monthly review.
    #[arg(long, requires = "config")]
    pub(super) diff: bool,
    /// One JSON object.
    #[arg(long)]
    pub(super) json: bool,
    /// Files, folders, or `-` for standard input.
    #[arg(value_name = "INPUT", required_unless_present = "config")]
    pub(super) inputs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The configuration.
    #[arg(long, short, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The books; made when not there.
    #[arg(long, value_name = "FILE")]
    pub(super) ledger: PathBuf,
    /// Starts new books; those that are there are moved aside, never overwritten.
    #[arg(long)]
    pub(super) fresh: bool,
    /// Reads every record as this format instead of recognising each.
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// One JSON object.
    #[arg(long)]
    pub(super) json: bool,
    /// Files, folders, or `-` for standard input.
    #[arg(value_name = "INPUT", required = true)]
    pub(super) inputs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tollwatch.toml")]
    pub(super) config: PathBuf,
    /// The books, when the configuration names none.
    #[arg(long, value_name = "FILE")]
    pub(super) ledger: Option<PathBuf>,
    /// Seconds between two looks at the files, at least 1.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=EVERY_MAX))]
    pub(super) every: u64,
    /// Log lines as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Least level of log lines: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    pub(super) log_level: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The configuration.
    #[arg(long, short, value_name = "FILE", default_value = "tollwatch.toml")]
    pub(super) config: PathBuf,
    /// The books, when the configuration names none.
    #[arg(long, value_name = "FILE")]
    pub(super) ledger: Option<PathBuf>,
    /// One JSON object a finding.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Same seed, same bytes.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// How many days, at least 1.
    #[arg(long, value_name = "N", default_value_t = 14, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
    pub(super) days: u32,
    /// The scenario; the shipped one when not given.
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,
    /// Tells the calls in this format instead of ServiceNow's two halves.
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// Folder for the logs; made when not there.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// One JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Ends after the history and the first live calls, instead of going on until Ctrl-C.
    #[arg(long)]
    pub(super) once: bool,
    /// Where configuration, raw records and books are left; a temporary folder when not given.
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Same seed, same story.
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,
    /// Where the pages are served, a loopback address; any free port when not given.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<std::net::SocketAddr>,
    /// The answer as one JSON object; ends as with `--once`.
    #[arg(long)]
    pub(super) json: bool,
}
