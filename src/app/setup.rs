//! From written files to a judge, a gate and a ledger.
//!
//! Knows no job. A newcomer may ask why a configuration is optional everywhere: the first hour
//! begins without one, with list prices and no rule, and must already tell the truth.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::clock::Clock;
use crate::config::{self, FileSource, Ready};
use crate::decode::Settings;
use crate::judge::{Judge, Rulebook};
use crate::ledger::{Fault, Ledger, Options, SqliteLedger};
use crate::provider::Gate;
use crate::secret::seal::SealKey;
use crate::source::list;
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
    /// The files that the configuration was read from, as they stood before it was.
    pub files: Written,
    /// What signs links in mails; without, mails say what to type.
    pub links: Option<SealKey>,
}

/// When files were last written; `None` for those that are not there.
pub type Written = BTreeMap<PathBuf, Option<SystemTime>>;

/// The source that files belong to that no configured source names.
pub const UNNAMED: &str = "files";

/// How records are read where nothing is configured.
static PLAIN: Settings = Settings {
    format: None,
    fields: BTreeMap::new(),
};

/// How the records of a file are read.
#[derive(Clone, Copy, Debug)]
pub struct ReadAs<'a> {
    /// Name of the source that the file belongs to.
    pub source: &'a str,
    /// Format and column names.
    pub settings: &'a Settings,
    /// Tellers whose reports do not count.
    pub ignore_scopes: &'a [Text],
}

/// Reads a file; of a path that ends in `/` the names of what that folder holds, a line each.
///
/// # Errors
/// What the system says.
pub fn read_file(path: &Path) -> std::io::Result<String> {
    if !path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return std::fs::read_to_string(path);
    }
    let mut names = String::new();
    for entry in std::fs::read_dir(path)? {
        if let Ok(name) = entry?.file_name().into_string() {
            names.push_str(&name);
            names.push('\n');
        }
    }
    Ok(names)
}

/// When a file was last written; `None` for one that is not there.
#[must_use]
pub fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// Loads a configuration, or what holds without one.
///
/// # Errors
/// [`Failure::Problems`] with every problem of every file.
pub fn load(config: Option<&Path>, clock: &dyn Clock) -> Result<Setup, Failure> {
    let files = RefCell::new(Written::new());
    let read = |path: &Path| {
        // Looked at first: who writes while it is read has changed it.
        let time = written(path);
        files.borrow_mut().entry(path.to_owned()).or_insert(time);
        read_file(path)
    };
    let ready = match config {
        None => Ready::default_without_file(),
        Some(path) => config::load(path, &read, clock.now()).map_err(Failure::Problems)?,
    };
    Ok(Setup::of(ready, files.into_inner()))
}

impl Setup {
    /// A ready configuration for work; `files` is what it was read from.
    #[must_use]
    pub fn of(mut ready: Ready, files: Written) -> Setup {
        let gate = ready.gate();
        let rules = Arc::new(Rulebook {
            registry: std::mem::take(&mut ready.registry),
            features: std::mem::take(&mut ready.features),
            groups: std::mem::take(&mut ready.groups),
            prices: std::mem::take(&mut ready.prices),
            regions: std::mem::take(&mut ready.regions),
        });
        Setup {
            rules,
            gate,
            ready,
            files,
            links: None,
        }
    }

    /// Opens (or makes) the books for writing.
    ///
    /// # Errors
    /// What the ledger says; another writer among it.
    pub fn open(&self, path: &Path) -> Result<SqliteLedger, Failure> {
        SqliteLedger::open(path, self.options()).map_err(|fault| at(path, fault))
    }

    /// Moves books out of the way of new ones; where they are now, if there were any. They must be
    /// a ledger that nobody writes, and no file is overwritten.
    ///
    /// # Errors
    /// What the ledger says; another writer among it; a file of the new name.
    pub fn set_aside(&self, path: &Path, clock: &dyn Clock) -> Result<Option<PathBuf>, Failure> {
        if !path.exists() {
            return Ok(None);
        }
        // Opening proves what the file is; closing writes back what SQLite keeps beside it.
        drop(self.open(path)?);
        let beside = |name: &Path, suffix: &str| {
            let mut name = name.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let now = clock.now().to_utc().format("%Y%m%dT%H%M%SZ");
        let aside = beside(path, &format!(".{now}"));
        if aside.exists() {
            return Err(Failure::Usage(format!(
                "`{}` is there already; move it, or try again in a second",
                aside.display()
            )));
        }
        std::fs::rename(path, &aside)?;
        for suffix in ["-wal", "-shm"] {
            if beside(path, suffix).exists() {
                std::fs::rename(beside(path, suffix), beside(&aside, suffix))?;
            }
        }
        Ok(Some(aside))
    }

    /// Books in memory, for what is not kept.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn open_in_memory(&self) -> Result<SqliteLedger, Failure> {
        Ok(SqliteLedger::open_in_memory(self.options())?)
    }

    /// Books for one answer about as many records as there may be.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn open_temporary(&self) -> Result<SqliteLedger, Failure> {
        Ok(SqliteLedger::open_temporary(self.options())?)
    }

    /// A judge whose decisions carry the number that `ledger` knows this configuration by.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn judge(&self, ledger: &mut dyn Ledger, clock: &dyn Clock) -> Result<Judge, Fault> {
        let number = ledger.config_number(&self.ready.canonical, clock.now())?;
        Ok(Judge::new(
            Arc::clone(&self.rules),
            ledger.fingerprint_key(),
            number,
        ))
    }

    /// How each of `files` is read: as its configured source says; a file that none names, as the
    /// only source says, where there is one.
    #[must_use]
    pub fn read_as<'a>(&'a self, files: &'a [PathBuf]) -> Vec<(ReadAs<'a>, &'a Path)> {
        let mut owners: BTreeMap<PathBuf, &FileSource> = BTreeMap::new();
        for source in &self.ready.sources {
            // A source that is not there yet owns nothing.
            for path in list::list(&source.paths).unwrap_or_default() {
                owners.entry(resolved(&path)).or_insert(source);
            }
        }
        let of = |path: &'a PathBuf| match owners.get(&resolved(path)) {
            Some(source) => (of_source(source), path.as_path()),
            None => (self.unnamed(), path.as_path()),
        };
        files.iter().map(of).collect()
    }

    /// How the records of a source are read.
    #[must_use]
    pub fn read_as_named<'a>(&'a self, source: &'a str) -> ReadAs<'a> {
        if let Some(named) = self.ready.kafka.iter().find(|one| one.name == source) {
            return ReadAs {
                source: &named.name,
                settings: &named.decode,
                ignore_scopes: &named.ignore_scopes,
            };
        }
        let named = self.ready.sources.iter().find(|one| one.name == source);
        named.map_or(
            ReadAs {
                source,
                ..self.unnamed()
            },
            of_source,
        )
    }

    /// Tellers of a source, of files or of Kafka, whose reports do not count.
    #[must_use]
    pub fn ignore_scopes(&self, source: &str) -> &[Text] {
        let kafka = self.ready.kafka.iter().find(|one| one.name == source);
        if let Some(kafka) = kafka {
            return &kafka.ignore_scopes;
        }
        let named = self.ready.sources.iter().find(|one| one.name == source);
        named.map_or(self.unnamed().ignore_scopes, |named| &named.ignore_scopes)
    }

    fn unnamed(&self) -> ReadAs<'_> {
        let (settings, ignore_scopes) = match self.ready.sources.as_slice() {
            [only] => (&only.decode, only.ignore_scopes.as_slice()),
            _ => (&PLAIN, &[][..]),
        };
        ReadAs {
            source: UNNAMED,
            settings,
            ignore_scopes,
        }
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
    #[must_use]
    pub fn known_names(&self) -> BTreeSet<Text> {
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

fn of_source(source: &FileSource) -> ReadAs<'_> {
    ReadAs {
        source: &source.name,
        settings: &source.decode,
        ignore_scopes: &source.ignore_scopes,
    }
}

fn resolved(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Opens books for reading, beside a running daemon or without one.
///
/// # Errors
/// What the ledger says.
pub fn open_read_only(path: &Path) -> Result<SqliteLedger, Failure> {
    SqliteLedger::open_read_only(path).map_err(|fault| at(path, fault))
}

fn at(path: &Path, fault: Fault) -> Failure {
    Failure::Ledger {
        path: path.to_owned(),
        fault,
    }
}
