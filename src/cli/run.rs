//! `tollwatch run`: reads the configured sources until stopped.

use std::time::Duration;

use super::{Terminal, args, zone};
use crate::app::daemon::{self, Start};
use crate::app::setup::{self, Setup};
use crate::app::{Failure, log};
use crate::config::LogFormat;

/// Reads sources; ends clean on SIGTERM or SIGINT.
pub(super) fn run(args: &args::Run, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(Some(&args.config), &terminal.clock)?;
    start_log(args, &setup)?;
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
    if let Some(text) = zone::differs(&books, setup.ready.timezone, &path.display().to_string()) {
        tracing::warn!("{text}");
    }
    tracing::info!(config = %args.config.display(), ledger = %path.display(), sources, "started");
    daemon::run(Start {
        config: args.config.clone(),
        setup,
        books,
        ledger: Some(path),
        every: Duration::from_secs(args.every),
    })?;
    tracing::info!("stopped");
    Ok(0)
}

/// Options come before the environment, and that before the configuration.
fn start_log(args: &args::Run, setup: &Setup) -> Result<(), Failure> {
    let environment = std::env::var(log::LEVEL_ENV).ok();
    let configured = &setup.ready.daemon;
    let level = log::level(
        args.log_level.as_deref(),
        environment.as_deref(),
        configured.log_level,
    )?;
    let format = if args.json {
        LogFormat::Json
    } else {
        configured.log
    };
    log::start(format, level);
    Ok(())
}
