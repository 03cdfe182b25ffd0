//! The arguments of the commands that import what other systems know: names, registry.
//!
//! Knows no export. A newcomer may ask why nothing is written without `--out`: an import is looked
//! at first.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum NamesCommand {
    /// Makes a names file of exports: words for a platform's row ids.
    #[command(
        after_help = "Example:\n  tollwatch names import sn_nowassist_skill_config.json sys_scope.json sys_user_group.json sys_user_grmember.json --out names.tsv"
    )]
    Import {
        /// The names file, which keeps the rows it has; without it the rows are printed.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// What the exports name, where neither file name nor columns tell: `skill`,
        /// `definition`, `scope`, `group`, `member`.
        #[arg(long = "as", value_name = "KIND")]
        kind: Option<String>,
        /// Takes the exports' words also where the names file has others.
        #[arg(long)]
        renew: bool,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        /// Exports of tables: JSON rows, a line or in a list.
        #[arg(value_name = "EXPORT", required = true)]
        exports: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RegistryCommand {
    /// Makes an inventory of saved lists of a cloud's deployments: the evidence behind a registry.
    #[command(
        after_help = "Example:\n  az cognitiveservices account list > accounts.json\n  az cognitiveservices account deployment list -g GROUP -n ACCOUNT > deployments.json\n  tollwatch registry import accounts.json deployments.json --config tollwatch.toml --out inventory.toml"
    )]
    Import {
        /// The configuration whose endpoints are looked for.
        #[arg(long, short, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The inventory file; one that `registry import` wrote is replaced.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// A new file with endpoints for what the registry does not have.
        #[arg(long, value_name = "FILE")]
        endpoints: Option<PathBuf>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        /// Saved output, as JSON, of `az cognitiveservices account list`, `… account deployment
        /// list`, `aws bedrock list-inference-profiles`, `… list-provisioned-model-throughputs`,
        /// `gcloud ai endpoints list`.
        #[arg(value_name = "LIST", required = true)]
        lists: Vec<PathBuf>,
    },
}
