//! The arguments of the commands about alert rules.
//!
//! Knows no rule. A newcomer may ask why rules can be named beside the configuration: whoever writes
//! one wants to try it before anybody is woken by it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RulesCommand {
    /// Lists the rules in force: what each looks at, how urgent it is, what it waits for.
    #[command(after_help = "Example:\n  tollwatch rules list --config tollwatch.toml")]
    List {
        /// The configuration; without one the shipped rules are listed.
        #[arg(long, short, value_name = "FILE")]
        config: Option<PathBuf>,
        /// A rule file, or a folder of them, in the place of the configuration's.
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
        /// One JSON object a rule.
        #[arg(long)]
        json: bool,
    },
    /// Runs cases of rules: traffic in, and what must and must not fire.
    #[command(
        after_help = "Examples:\n  tollwatch rules test alerts/tests\n  tollwatch rules test --rules my/rules my/tests/spend.toml"
    )]
    Test {
        /// A rule file, or a folder of them, beside the shipped ones.
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
        /// One JSON object a case.
        #[arg(long)]
        json: bool,
        /// Files of cases, or folders of them.
        #[arg(value_name = "CASES", required = true)]
        cases: Vec<PathBuf>,
    },
    /// Goes through the books of the past: which mails, when, to whom, and how late.
    #[command(
        after_help = "Examples:\n  tollwatch rules backtest --ledger books.db --config tollwatch.toml\n  tollwatch rules backtest --ledger books.db --rules my/rules"
    )]
    Backtest(Backtest),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Backtest {
    /// The books.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ledger: PathBuf,
    /// The configuration: registry, routes, and the rules in force.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// A rule file, or a folder of them, beside the shipped ones; they are compared with the rules in
    /// force.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) rules: Option<PathBuf>,
    /// Compares with these in the place of the rules in force.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) against: Option<PathBuf>,
    /// First day, `YYYY-MM-DD` in the ledger's time zone. Default: the first whose minutes are kept.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) from: Option<String>,
    /// Last day, with it.
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) to: Option<String>,
    /// One JSON object a step, then one of the sums.
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
