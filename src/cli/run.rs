//! `tollwatch run`: follows the configured files until stopped.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{Terminal, args};
use crate::app::follow::{self, Round};
use crate::app::replay::Settled;
use crate::app::setup::{self, Setup};
use crate::app::{Failure, log, run as stop};
use crate::config::LogFormat;
use crate::ledger::Ledger;

/// Follows files; ends clean on SIGTERM or SIGINT.
pub(super) fn run(args: &args::Run, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(Some(&args.config), &terminal.clock)?;
    start_log(args, &setup)?;
    terminal.warnings(&setup.ready.warnings)?;
    if setup.ready.sources.is_empty() {
        return Err(Failure::Usage(format!(
            "{} names no source; add a `[[source.file]]` with its paths",
            args.config.display()
        )));
    }
    let path = args
        .ledger
        .clone()
        .unwrap_or_else(|| setup.ready.ledger.path.clone());
    let mut ledger = setup.open(&path)?;
    let mut judge = setup.judge(&mut ledger, &terminal.clock)?;
    tracing::info!(config = %args.config.display(), ledger = %path.display(), sources = setup.ready.sources.len(), "started");
    let mut told = Told::default();
    let mut settled = Settled::default();
    let clock = terminal.clock;
    stop::until_stopped(Duration::from_secs(args.every.max(1)), || {
        let round = follow::round(&setup, &mut judge, &mut ledger, &clock, &mut settled)?;
        told.tell(&round, &setup, &ledger);
        Ok(())
    })?;
    tracing::info!("stopped");
    Ok(0)
}

/// Options come before the environment, and that before the configuration.
fn start_log(args: &args::Run, setup: &Setup) -> Result<(), Failure> {
    let environment = std::env::var(log::LEVEL_ENV).ok();
    let configured = setup.ready.daemon;
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
    // The level stays while this process runs.
    drop(log::start(format, level));
    Ok(())
}

/// What was already said, so that a repeating fault is said once.
#[derive(Default)]
struct Told {
    missing: Vec<(String, String)>,
    faults: BTreeMap<PathBuf, String>,
}

impl Told {
    fn tell(&mut self, round: &Round, setup: &Setup, ledger: &dyn Ledger) {
        for (source, reason) in &round.missing {
            if !self.missing.iter().any(|(known, _)| known == source) {
                tracing::error!(
                    source,
                    reason,
                    "a source cannot be read; it is tried again every round"
                );
            }
        }
        for (source, _) in &self.missing {
            if !round.missing.iter().any(|(missing, _)| missing == source) {
                tracing::info!(source, "the source can be read again");
            }
        }
        self.missing.clone_from(&round.missing);
        for file in &round.files {
            match &file.fault {
                Some(fault) if self.faults.get(&file.path) == Some(fault) => {}
                Some(fault) => {
                    self.faults.insert(file.path.clone(), fault.clone());
                    tracing::warn!(fault, "a file breaks off; what came before is in the books");
                }
                None => {
                    tracing::info!(file = %file.path.display(), state = file.resume.as_str(), records = file.received, "read");
                }
            }
        }
        let applied = &round.applied;
        if applied.received() > 0 {
            tracing::info!(
                received = applied.received(),
                metered = applied.metered,
                duplicate = applied.duplicates.values().sum::<u64>(),
                ignored = applied.ignored.values().sum::<u64>(),
                quarantined = applied.quarantined.values().sum::<u64>(),
                sources = setup.ready.sources.len(),
                feed = ledger.feed_end().unwrap_or(0),
                "booked"
            );
        }
    }
}
