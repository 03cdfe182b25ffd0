//! `tollwatch run`: reads the configured sources until stopped.

use std::io::IsTerminal;
use std::time::Duration;

use super::{Terminal, args};
use crate::app::daemon::{self, Start};
use crate::app::{Failure, setup};

/// Reads sources; ends clean on SIGTERM or SIGINT.
pub(super) fn run(args: &args::Run, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    log_to_stderr(args.json);
    let setup = setup::load(Some(&args.config), &terminal.clock)?;
    terminal.warnings(&setup.ready.warnings)?;
    let sources = setup.ready.sources.len() + setup.ready.kafka.len();
    if sources == 0 {
        return Err(Failure::Usage(format!(
            "{} names no source; add a `[[source.kafka]]` with its brokers and topics, or a `[[source.file]]` with its paths",
            args.config.display()
        )));
    }
    let path = args
        .ledger
        .clone()
        .unwrap_or_else(|| setup.ready.ledger.path.clone());
    let books = setup.open(&path)?;
    tracing::info!(config = %args.config.display(), ledger = %path.display(), sources, "started");
    daemon::run(Start {
        config: args.config.clone(),
        setup,
        books,
        every: Duration::from_secs(args.every),
    })?;
    tracing::info!("stopped");
    Ok(0)
}

fn log_to_stderr(json: bool) {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false);
    // A second logger in one process stays silent; the first one is at work.
    drop(if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    });
}
