//! The arguments of the commands about alert rules.
//!
//! Knows no rule. A newcomer may ask why rules can be named beside the configuration: whoever writes
//! one wants to try it before anybody is woken by it.

use std::path::PathBuf;

use clap::Subcommand;

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
}
