//! From written files to a judge, a gate and a ledger.
//!
//! Knows no job. A newcomer may ask why a configuration is optional everywhere: the first hour
//! begins without one, with list prices and no rule, and must already tell the truth.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{self, Ready};
use crate::judge::{Judge, Rulebook};
use crate::ledger::{Ledger, Options, SqliteLedger};
use crate::provider::Gate;
use crate::units::Text;

use super::Failure;

/// A configuration, ready for work.
pub struct Setup {
    /// What judges.
    pub rules: Arc<Rulebook>,
    /// Which hosts are LLM endpoints.
    pub gate: Gate,
    /// The rest of the configuration: sources, ledger, limits, time zone. Its parts that judge
    /// have moved into `rules`.
    pub ready: Ready,
}

/// Loads a configuration, or what holds without one.
///
/// # Errors
/// [`Failure::Problems`] with every problem of every file.
pub fn load(config: Option<&Path>, clock: &dyn Clock) -> Result<Setup, Failure> {
    let mut ready = match config {
        None => Ready::default_without_file(),
        Some(path) => config::load(path, &|path| std::fs::read_to_string(path), clock.now())
            .map_err(Failure::Problems)?,
    };
    let gate = ready.gate();
    let rules = Arc::new(Rulebook {
        registry: std::mem::take(&mut ready.registry),
        features: std::mem::take(&mut ready.features),
        groups: std::mem::take(&mut ready.groups),
        prices: std::mem::take(&mut ready.prices),
        regions: std::mem::take(&mut ready.regions),
    });
    Ok(Setup { rules, gate, ready })
}

impl Setup {
    /// Opens (or makes) the books for writing.
    ///
    /// # Errors
    /// What the ledger says; another writer among it.
    pub fn open(&self, path: &Path) -> Result<SqliteLedger, Failure> {
        SqliteLedger::open(path, self.options()).map_err(|fault| at(path, fault))
    }

    /// Books in memory, for what is not kept.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn open_in_memory(&self) -> Result<SqliteLedger, Failure> {
        Ok(SqliteLedger::open_in_memory(self.options())?)
    }

    /// A judge whose decisions carry the number that `ledger` knows this configuration by.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn judge(&self, ledger: &mut dyn Ledger, clock: &dyn Clock) -> Result<Judge, Failure> {
        let number = ledger.config_number(&self.ready.canonical, clock.now())?;
        Ok(Judge::new(
            Arc::clone(&self.rules),
            ledger.fingerprint_key(),
            number,
        ))
    }

    fn options(&self) -> Options {
        let Ready {
            ledger,
            limits,
            timezone,
            ..
        } = &self.ready;
        let retention = &ledger.retention;
        Options {
            time_zone: *timezone,
            horizon_days: retention.horizon_days,
            line_days: retention.lines_days,
            line_bytes: retention.lines_bytes,
            hour_days: retention.hours_days,
            names_per_day: usize::try_from(limits.unknown_names_per_day).unwrap_or(usize::MAX),
            known: self.known_names(),
            evidence_per_hour: usize::try_from(limits.evidence_per_hour).unwrap_or(usize::MAX),
            quarantine_rows: usize::try_from(limits.quarantine_rows).unwrap_or(usize::MAX),
            ..Options::default()
        }
    }

    /// Registered names, which never fold into `other`.
    fn known_names(&self) -> BTreeSet<Text> {
        let registry = self.rules.registry.iter().flat_map(|(_, endpoint)| {
            [
                endpoint.name.clone(),
                endpoint.model_name.clone(),
                endpoint.region.clone(),
            ]
        });
        let features = self
            .rules
            .features
            .iter()
            .map(|(_, feature)| feature.key.clone());
        let models = self.rules.prices.rows().map(|(_, row)| row.name.clone());
        registry
            .chain(features)
            .chain(models)
            .filter(|name| !name.is_empty())
            .collect()
    }
}

/// Opens books for reading, beside a running daemon or without one.
///
/// # Errors
/// What the ledger says.
pub fn open_read_only(path: &Path) -> Result<SqliteLedger, Failure> {
    SqliteLedger::open_read_only(path).map_err(|fault| at(path, fault))
}

fn at(path: &Path, fault: crate::ledger::Fault) -> Failure {
    Failure::Ledger {
        path: path.to_owned(),
        fault,
    }
}
