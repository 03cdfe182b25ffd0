//! Arguments of `tollwatch web`.
//!
//! Knows no configuration. A newcomer may ask why no password is an argument: arguments stand in the
//! list of processes and in the shell's history.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WebCommand {
    /// Makes the hash of a password, for `[[web.user]]`; asks at the terminal, or reads a line.
    #[command(
        after_help = "Examples:\n  tollwatch web hash-password\n  pass show tollwatch | tollwatch web hash-password"
    )]
    HashPassword,
    /// Makes a token for a program, and its digest for `[[web.token]]`.
    #[command(after_help = "Example:\n  tollwatch web token")]
    Token,
}
