//! The daemon: a thread for each source, one that keeps house, and the loop that looks after them.
//!
//! Knows no arguments and no log format. A newcomer may ask why a thread that fails ends the whole
//! daemon: whoever started it starts it again, the books say where to go on, and half a daemon
//! looks like a whole one.

mod alerts;
mod changes;
mod clients;
mod door;
mod files;
mod follow;
mod heartbeat;
mod held;
mod keeper;
mod letters;
mod listen;
mod post;
mod pulse;
mod reader;
mod runs;
mod settle;
mod shared;
mod tracks;
mod watch;
mod writer;

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::ledger::SqliteLedger;
use crate::telemetry::Reload;
use crate::units::Text;
use crate::web::Listener;

use super::Failure;
use super::run::{self, Wake};
use super::setup::{self, Setup, Written};
use super::systemd::Manager;
use changes::try_clients;
use door::Door;
use shared::{Shared, may_pass, part_of};

/// How often the main loop looks after its threads.
pub const TICK: Duration = Duration::from_millis(250);
/// How often the configuration's files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(2);
/// The thread that reads files.
const FILES: &str = "files";
/// How long threads may take to end; the books are safe without them.
const END_MAX: Duration = Duration::from_millis(4_500);

/// What the daemon is started with.
pub struct Start {
    /// The configuration's file.
    pub config: PathBuf,
    /// What it says.
    pub setup: Setup,
    /// The books.
    pub books: SqliteLedger,
    /// Their file; beside it stands the socket by which they are corrected. `None` for none.
    pub ledger: Option<PathBuf>,
    /// Pause between two looks at files.
    pub every: Duration,
}

/// What a thread does for one database.
type Follow = fn(&Arc<Shared>, &Text) -> Result<(), Failure>;

/// What a thread does that is always there.
type Always = fn(&Arc<Shared>) -> Result<(), Failure>;

/// A thread, and what it is for.
struct Worker {
    name: String,
    /// The source that it alone reads.
    source: Option<Text>,
    thread: JoinHandle<Result<(), Failure>>,
}

/// A daemon at work; whoever started it calls [`Running::look`] every [`TICK`] and at last
/// [`Running::stop`].
pub struct Running {
    shared: Arc<Shared>,
    config: PathBuf,
    every: Duration,
    workers: Vec<Worker>,
    listener: Option<Listener>,
    /// Until its thread has it.
    door: Option<Door>,
    /// The ledger's file, beside which keys lie.
    ledger: Option<PathBuf>,
    /// The configuration's files as they stood before it was last read.
    files: Written,
    look_at: Instant,
    manager: Manager,
}

/// Runs until SIGTERM or SIGINT; SIGHUP and a changed file reload the configuration.
///
/// # Errors
/// What kept it from starting, or what a thread could not heal.
pub fn run(start: Start) -> Result<(), Failure> {
    let mut running = self::start(start)?;
    let result = run::until_stopped(TICK, |wake| running.look(wake).map(ControlFlow::Continue));
    let ended = running.stop();
    result.and(ended)
}

/// Starts the daemon's listener; its threads start with the first [look](Running::look).
///
/// # Errors
/// What kept it from starting.
pub fn start(start: Start) -> Result<Running, Failure> {
    let Start {
        config,
        mut setup,
        books,
        ledger,
        every,
    } = start;
    let listen = setup.ready.daemon.listen;
    let files = setup.files.clone();
    listen::sign(&mut setup, ledger.as_deref());
    let shared = Arc::new(Shared::new(books, setup));
    shared.health.ready("ledger", Ok(()));
    let listener = listen
        .map(|address| listen::at(address, &shared, ledger.as_deref()))
        .transpose()?;
    let running = Running {
        door: ledger.as_deref().and_then(Door::beside),
        ledger,
        shared,
        config,
        every,
        workers: Vec::new(),
        listener,
        files,
        look_at: Instant::now() + LOOK_AT_FILES,
        manager: Manager::of_environment(),
    };
    Ok(running)
}

impl Running {
    /// Where its pages are served, where they are.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(Listener::address)
    }

    /// Whether every source has its partitions and the ledger can be written.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.shared.health.reasons(Instant::now()).is_empty()
    }

    /// Starts a thread for each source that has none yet, and those that are always there.
    fn start_workers(&mut self) -> Result<(), Failure> {
        let (setup, _) = self.shared.setup();
        for source in &setup.ready.kafka {
            self.shared.figures.declare(&source.name);
            let part = part_of(&source.name);
            if self.is_at_work(&part) {
                continue;
            }
            self.shared
                .health
                .ready(&part, Err("waiting for partitions"));
            self.shared.complete(&source.name, None);
            let shared = Arc::clone(&self.shared);
            let name = source.name.clone();
            let reads = move || clients::run(&shared, &name);
            self.start(&part, Some(source.name.clone()), reads)?;
        }
        if !setup.ready.sources.is_empty() && !self.is_at_work(FILES) {
            for source in &setup.ready.sources {
                let name = source.name.as_str();
                self.shared.figures.declare(name);
                self.shared
                    .health
                    .ready(&part_of(name), Err("not looked at yet"));
                self.shared.complete(&source.name, None);
            }
            let (shared, every) = (Arc::clone(&self.shared), self.every);
            self.start(FILES, None, move || files::run(&shared, every))?;
        }
        for database in &setup.ready.influxdb {
            self.shared.figures.follower(&database.name);
            self.start_following("freeze", &database.name, follow::freeze)?;
            self.start_following("send", &database.name, follow::send)?;
        }
        if let Some(door) = self.door.take() {
            let shared = Arc::clone(&self.shared);
            self.start("door", None, move || door::run(&shared, &door))?;
        }
        let always: [(&str, Always); 4] = [
            ("keeper", keeper::run),
            ("alerts", alerts::run),
            ("post", post::run),
            ("heartbeat", heartbeat::run),
        ];
        for (name, work) in always {
            if !self.is_at_work(name) {
                let shared = Arc::clone(&self.shared);
                self.start(name, None, move || work(&shared))?;
            }
        }
        Ok(())
    }

    /// Starts one of the threads of a database, where it is not at work.
    fn start_following(&mut self, what: &str, name: &Text, work: Follow) -> Result<(), Failure> {
        let part = format!("{what} {name}");
        if self.is_at_work(&part) {
            return Ok(());
        }
        let (shared, name) = (Arc::clone(&self.shared), name.clone());
        self.start(&part, None, move || work(&shared, &name))
    }

    fn is_at_work(&self, name: &str) -> bool {
        self.workers.iter().any(|worker| worker.name == name)
    }

    fn start(
        &mut self,
        name: &str,
        source: Option<Text>,
        work: impl FnOnce() -> Result<(), Failure> + Send + 'static,
    ) -> Result<(), Failure> {
        self.workers.push(Worker {
            name: name.to_owned(),
            source,
            thread: pulse::start(&self.shared, name, work)?,
        });
        Ok(())
    }

    /// One look: threads that ended, files that changed, a configuration to be read again.
    ///
    /// # Errors
    /// What a thread could not heal.
    pub fn look(&mut self, wake: Wake) -> Result<(), Failure> {
        self.shared.health.beat(Instant::now());
        self.manager.tick(self.shared.all_move(), Instant::now());
        if wake == Wake::Start {
            self.start_workers()?;
            self.manager.ready();
        }
        let mut reload = wake == Wake::Reload;
        if Instant::now() >= self.look_at {
            self.look_at = Instant::now() + LOOK_AT_FILES;
            reload |= self
                .files
                .iter()
                .any(|(path, at)| setup::written(path) != *at);
            let status = self.shared.figures.status(self.shared.clock.now());
            self.manager.status(&status);
        }
        if reload {
            self.manager.reloading();
            self.reload()?;
            self.manager.ready();
        }
        let (ended, working): (Vec<Worker>, Vec<Worker>) = std::mem::take(&mut self.workers)
            .into_iter()
            .partition(|worker| worker.thread.is_finished());
        self.workers = working;
        ended
            .into_iter()
            .try_for_each(|worker| self.ended(worker))?;
        Ok(())
    }

    fn ended(&mut self, worker: Worker) -> Result<(), Failure> {
        match worker.thread.join() {
            Ok(Ok(())) => {
                self.shared.books_no_more(&worker.name);
                // Its source is no longer configured.
                if let Some(source) = worker.source {
                    self.shared.forget(&source);
                    self.shared.over(&source);
                }
                // Or is again, by now.
                self.start_workers()
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(Failure::Died(worker.name)),
        }
    }

    /// Reads the configuration again; a bad one changes nothing.
    fn reload(&mut self) -> Result<(), Failure> {
        let (before, _) = self.shared.setup();
        // Of one that is refused not every file was read: all that were are looked at on.
        for (path, at) in &mut self.files {
            *at = setup::written(path);
        }
        let mut next = match setup::load(Some(&self.config), &self.shared.clock) {
            Ok(next) => next,
            Err(failure) => {
                self.shared.figures.reloaded(Reload::Refused);
                if let Failure::Problems(problems) = &failure {
                    for problem in problems {
                        tracing::error!(
                            file = problem.file,
                            line = problem.place.line,
                            "{}",
                            problem.message
                        );
                    }
                }
                tracing::error!("the configuration is refused ({failure}); the old one stays");
                return Ok(());
            }
        };
        self.files.clone_from(&next.files);
        listen::sign(&mut next, self.ledger.as_deref());
        let (old, new) = (&before.ready, &next.ready);
        if let Err((source, fault)) = try_clients(&old.kafka, &new.kafka) {
            self.shared.figures.reloaded(Reload::Refused);
            tracing::error!(
                source,
                hint = fault.hint(),
                "the configuration is refused ({fault}); the old one stays"
            );
            return Ok(());
        }
        if old.ledger != new.ledger || old.daemon != new.daemon || old.limits != new.limits {
            tracing::warn!(
                "changes of `ledger`, `limits` and `daemon` take effect at the next start"
            );
        }
        listen::renew(self.listener.as_ref(), new);
        let gone = old.sources.iter().map(|source| &source.name);
        let still = |name: &Text| new.sources.iter().any(|source| source.name == *name);
        for name in gone.filter(|name| !still(name)) {
            self.shared.forget(name);
        }
        self.shared.reload(next);
        self.shared.figures.reloaded(Reload::Taken);
        tracing::info!(config = %self.config.display(), "configuration reloaded");
        self.start_workers()
    }

    /// Ends all threads; those that do not end in time are left to the end of the process.
    ///
    /// # Errors
    /// What a thread could not heal while it ended.
    pub fn stop(self) -> Result<(), Failure> {
        self.manager.stopping();
        self.shared.stop();
        let until = Instant::now() + END_MAX;
        let mut result = Ok(());
        for worker in self.workers {
            while !worker.thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
            if !worker.thread.is_finished() {
                tracing::warn!(
                    thread = worker.name,
                    "does not end; the books do not need it"
                );
                continue;
            }
            match worker.thread.join() {
                Ok(Err(Failure::Ledger { fault, .. })) if may_pass(fault.kind) => {
                    tracing::warn!(
                        thread = worker.name,
                        "ends without the ledger, which cannot be asked now: {fault}"
                    );
                }
                Ok(Err(failure)) => result = result.and(Err(failure)),
                Ok(Ok(())) | Err(_) => {}
            }
        }
        if let Some(listener) = self.listener {
            listener.stop();
        }
        result
    }
}
