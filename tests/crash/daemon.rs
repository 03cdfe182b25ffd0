//! The real program on a ledger of its own, started, struck and stopped.
//!
//! Knows no figure. A newcomer may ask why each start has a consumer group of its own: positions are
//! in the ledger, and the broker would wait for the member that was killed.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::books;

/// How long a daemon may take to read everything; it needs about a second.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take to end when it is told.
const END: Duration = Duration::from_secs(8);
const LOOK: Duration = Duration::from_millis(15);

/// What all cases share.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    pub(crate) brokers: String,
    pub(crate) ends: Vec<u64>,
    pub(crate) file_end: u64,
    /// Rules of the corpus' scenario.
    pub(crate) rules: String,
    /// What is wrong with the program on purpose.
    pub(crate) defect: Option<&'static str>,
}

/// How a start differs from a plain one.
#[derive(Clone, Debug, Default)]
pub(crate) struct How {
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Its group and protocol, where they are to be known.
    pub(crate) group: Option<(String, &'static str)>,
}

impl How {
    pub(crate) fn with(mut self, name: &'static str, value: &impl ToString) -> How {
        self.variables.push((name, value.to_string()));
        self
    }
}

/// A running daemon; killed when a test fails.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) ledger: PathBuf,
    log: PathBuf,
    /// Where in its log this start begins.
    begun: u64,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, at the site.
    Crashed,
    /// Everything was read, and then it ended when it was told.
    Idle,
}

/// The program, or the one that the variable `TOLLWATCH` names.
fn program() -> PathBuf {
    let named = std::env::var_os("TOLLWATCH").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_tollwatch")))
}

impl World {
    pub(crate) fn config(&self, how: &How) -> PathBuf {
        static STARTS: AtomicU64 = AtomicU64::new(0);

        let number = STARTS.fetch_add(1, Ordering::Relaxed);
        let own = || (format!("group-{number}"), "consumer");
        let (group, protocol) = how.group.clone().unwrap_or_else(own);
        let session = if protocol == "classic" {
            "\"session.timeout.ms\" = 4000\n\"heartbeat.interval.ms\" = 200\n"
        } else {
            ""
        };
        let config = format!(
            "{}\n[ledger]\npath = \"books.db\"\n\n[daemon]\nlisten = \"\"\n\n\
             [[source.file]]\nname = \"beside\"\npaths = [\"{}\"]\n\n\
             [[source.kafka]]\nname = \"calls\"\nbrokers = [\"{}\"]\ntopics = [\"calls\"]\n\
             group = \"{group}\"\nprotocol = \"{protocol}\"\n\n\
             [source.kafka.properties]\n\"fetch.wait.max.ms\" = 10\n\"fetch.error.backoff.ms\" = 10\n{session}",
            self.rules,
            self.folder.join("beside.jsonl").display(),
            self.brokers.replace(',', "\", \""),
        );
        let path = self.folder.join(format!("config-{number}.toml"));
        std::fs::write(&path, config).unwrap();
        path
    }

    /// A ledger without a record, under a name; all have the same key for fingerprints.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("books.db");
        std::fs::copy(self.folder.join("blank.db"), &path).unwrap();
        path
    }

    pub(crate) fn start(&self, ledger: &Path, how: &How) -> Daemon {
        let config = self.config(how);
        let log = ledger.with_extension("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let begun = file.metadata().unwrap().len();
        let mut command = Command::new(program());
        command
            .arg("run")
            .arg("--config")
            .arg(&config)
            .arg("--ledger")
            .arg(ledger);
        command
            .args(["--every", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        for name in ["CRASH_AT", "CRASH_COUNT", "CRASH_LEDGER", "DEFECT"] {
            command.env_remove(name);
        }
        command.env("CRASH_HURRY", "20").env("CRASH_BATCH", "60");
        if let Some(defect) = self.defect {
            command.env("DEFECT", defect);
        }
        for (name, value) in &how.variables {
            command.env(name, value);
        }
        Daemon {
            child: command.spawn().unwrap(),
            ledger: ledger.to_owned(),
            log,
            begun,
        }
    }

    /// Runs until it crashes, or has read everything and is stopped.
    pub(crate) fn run(&self, ledger: &Path, how: &How) -> Result<Ended, String> {
        let mut daemon = self.start(ledger, how);
        if let Some(status) = daemon.until_idle(self)? {
            return daemon.crashed(status);
        }
        let status = daemon.stop()?;
        if status.success() {
            Ok(Ended::Idle)
        } else {
            daemon.crashed(status)
        }
    }
}

impl Daemon {
    /// Waits until everything is booked and linked; how it ended, if it ended before.
    pub(crate) fn until_idle(&mut self, world: &World) -> Result<Option<ExitStatus>, String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Ok(Some(status));
            }
            // Before, it may not have begun to listen to signals.
            if self.says("assigned") && books::is_idle(&self.ledger, &world.ends, world.file_end) {
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
        Err(format!("not idle after {PATIENCE:?}\n{}", self.words()))
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        // It may have ended by itself.
        drop(
            Command::new("kill")
                .args([signal, &id])
                .stderr(Stdio::null())
                .status(),
        );
    }

    /// Tells it to end.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus, String> {
        self.signal("-TERM");
        self.wait(END)
    }

    pub(crate) fn wait(&mut self, long: Duration) -> Result<ExitStatus, String> {
        let end = Instant::now() + long;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Ok(status);
            }
            if Instant::now() > end {
                return Err(format!("still running after {long:?}\n{}", self.words()));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Kills it after a while; whether it still ran.
    pub(crate) fn kill_after(&mut self, long: Duration) -> bool {
        drop(self.wait(long));
        let ran = self.child.try_wait().unwrap().is_none();
        drop(self.child.kill());
        drop(self.child.wait());
        ran
    }

    fn crashed(&self, status: ExitStatus) -> Result<Ended, String> {
        // 6 is SIGABRT.
        if status.signal() == Some(6) && !self.words().contains("panicked") {
            return Ok(Ended::Crashed);
        }
        Err(format!("ended with {status}\n{}", self.words()))
    }

    /// Whether this start has logged a word.
    pub(crate) fn says(&self, word: &str) -> bool {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let own = log
            .get(usize::try_from(self.begun).unwrap()..)
            .unwrap_or_default();
        String::from_utf8_lossy(own).contains(word)
    }

    /// The end of what it said.
    pub(crate) fn words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
