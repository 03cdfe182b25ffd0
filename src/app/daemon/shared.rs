//! What the daemon's threads share: the books, the configuration in force, figures, health, the end.
//!
//! Knows no source. A newcomer may ask why one lock around the books and no channel of requests: a
//! batch is one call, and whoever waits for the lock is slowed exactly as much as the books are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};
use std::time::{Duration, Instant};

use crate::clock::{Clock, SystemClock};
use crate::crash::site;
use crate::episode::Order;
use crate::judge::Judge;
use crate::ledger::{Fault, FaultKind, SqliteLedger};
use crate::sink::StopSign;
use crate::telemetry::{Figures, Health, Repeats, Say};
use crate::units::{Text, UnixMillis};

use super::super::Failure;
use super::super::setup::Setup;

/// A repeating fault is said again so often.
const REPEAT_EVERY: Duration = Duration::from_mins(5);
/// The main loop counts as dead when it has been quiet for so long.
pub(super) const QUIET_MAX: Duration = Duration::from_secs(30);
/// Longest sleep of a thread that must notice the end.
const NAP: Duration = Duration::from_millis(50);

/// What somebody orders, and who waits for it.
pub(super) struct Ordered {
    pub(super) order: Order,
    pub(super) answer: mpsc::SyncSender<Result<String, String>>,
}

/// What the daemon's threads share.
pub(super) struct Shared {
    books: Mutex<SqliteLedger>,
    /// Names that a new configuration knows, until the books have heard of them.
    known: Mutex<Option<BTreeSet<Text>>>,
    setup: Mutex<Arc<Setup>>,
    generation: AtomicU64,
    stop: AtomicBool,
    repeats: Mutex<Repeats>,
    /// Interrupts whoever delivers to a database, at the end and when the configuration changes.
    sign: Mutex<StopSign>,
    complete: Mutex<BTreeMap<Text, Option<UnixMillis>>>,
    /// The generation by which each thread that books has judged all that it has not booked yet.
    taken_over: Mutex<BTreeMap<String, u64>>,
    /// What people order of alerts.
    orders: Mutex<VecDeque<Ordered>>,
    /// How often the books were corrected.
    corrections: AtomicU64,
    pub(super) clock: SystemClock,
    pub(super) figures: Arc<Figures>,
    pub(super) health: Arc<Health>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked ends the daemon; until then its last whole state is used.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(books: SqliteLedger, setup: Setup) -> Shared {
        let clock = SystemClock;
        Shared {
            books: Mutex::new(books),
            known: Mutex::default(),
            setup: Mutex::new(Arc::new(setup)),
            generation: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            repeats: Mutex::new(Repeats::new(REPEAT_EVERY)),
            sign: Mutex::default(),
            complete: Mutex::default(),
            taken_over: Mutex::default(),
            orders: Mutex::default(),
            corrections: AtomicU64::new(0),
            clock,
            figures: Arc::new(Figures::new(env!("CARGO_PKG_VERSION"), clock.now())),
            health: Arc::new(Health::new(Instant::now(), QUIET_MAX)),
        }
    }

    /// The books, for one request.
    pub(super) fn books(&self) -> MutexGuard<'_, SqliteLedger> {
        let mut books = match self.books.try_lock() {
            Ok(books) => books,
            Err(TryLockError::Poisoned(books)) => books.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.waits();
                lock(&self.books)
            }
        };
        self.moves();
        if let Some(known) = lock(&self.known).take() {
            books.set_known(known);
        }
        books
    }

    /// The ledger cannot do what was asked, for now.
    pub(super) fn ledger_waits(&self, fault: &Fault) {
        let text = fault.to_string();
        self.alarm("ledger", &text, fault.hint());
        self.health.ready("ledger", Err(&text));
    }

    /// The ledger did what was asked.
    pub(super) fn ledger_works(&self) {
        self.over("ledger");
        self.health.ready("ledger", Ok(()));
    }

    /// The configuration in force, and its generation.
    pub(super) fn setup(&self) -> (Arc<Setup>, u64) {
        let setup = lock(&self.setup);
        (Arc::clone(&setup), self.generation.load(Ordering::Acquire))
    }

    /// Puts another configuration in force.
    pub(super) fn reload(&self, next: Setup) {
        let mut setup = lock(&self.setup);
        // The books may be at work for seconds: they hear of it when they are asked next.
        *lock(&self.known) = Some(next.known_names());
        *setup = Arc::new(next);
        self.generation.fetch_add(1, Ordering::AcqRel);
        std::mem::take(&mut *lock(&self.sign)).stop();
    }

    /// What interrupts a delivery; asked for anew after each.
    pub(super) fn sign(&self) -> StopSign {
        lock(&self.sign).clone()
    }

    /// Which configuration is in force: another number, another configuration.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// All that the thread `name` books from now on is judged by this generation.
    pub(super) fn takes_over(&self, name: &str, generation: u64) {
        lock(&self.taken_over).insert(name.to_owned(), generation);
    }

    /// The thread `name` books nothing any more.
    pub(super) fn books_no_more(&self, name: &str) {
        lock(&self.taken_over).remove(name);
    }

    /// A thread that may still book what was judged by another configuration.
    pub(super) fn behind(&self, generation: u64) -> Option<String> {
        let taken_over = lock(&self.taken_over);
        let mut behind = taken_over.iter().filter(|(_, taken)| **taken != generation);
        behind.next().map(|(name, _)| name.clone())
    }

    /// The books were corrected: what was read of them before is not what they say now.
    pub(super) fn corrected(&self) {
        self.corrections.fetch_add(1, Ordering::AcqRel);
    }

    /// What changes when the configuration does, or the books are corrected.
    pub(super) fn state(&self) -> (u64, u64) {
        (self.generation(), self.corrections.load(Ordering::Acquire))
    }

    /// A judge under `setup`, whose number the figures then show.
    pub(super) fn judge(&self, setup: &Setup) -> Result<Judge, Failure> {
        let judge = setup.judge(&mut *self.books(), &self.clock)?;
        site("after_config");
        self.figures.configuration(u64::from(judge.config().0));
        Ok(judge)
    }

    /// Tells every thread to come to its end.
    pub(super) fn stop(&self) {
        self.health.stopping();
        self.stop.store(true, Ordering::Release);
        lock(&self.sign).stop();
    }

    /// Whether the end has been told.
    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Sleeps, unless the end is told; whether there is more to do.
    pub(super) fn nap(&self, long: Duration) -> bool {
        let end = Instant::now() + long;
        while !self.stopping() {
            self.moves();
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(NAP));
        }
        false
    }

    /// Up to when a source has been read; `None` while it cannot be told.
    pub(super) fn complete(&self, source: &Text, to: Option<UnixMillis>) {
        lock(&self.complete).insert(source.clone(), to);
    }

    /// A source that the configuration no longer names.
    pub(super) fn forget(&self, source: &Text) {
        lock(&self.complete).remove(source);
        self.health.forget(&part_of(source));
    }

    /// Up to when all sources have been read; `None` while one cannot tell.
    pub(super) fn complete_to(&self) -> Option<UnixMillis> {
        let complete = lock(&self.complete);
        let all: Option<Vec<UnixMillis>> = complete.values().copied().collect();
        all?.into_iter().min()
    }

    /// Up to when each source has been read.
    pub(super) fn completes(&self) -> BTreeMap<Text, Option<UnixMillis>> {
        lock(&self.complete).clone()
    }

    /// Hands an order to whoever judges alerts, and waits for what becomes of it.
    pub(super) fn order(&self, order: Order, long: Duration) -> Result<String, String> {
        let (answer, done) = mpsc::sync_channel(1);
        lock(&self.orders).push_back(Ordered { order, answer });
        done.recv_timeout(long)
            .unwrap_or_else(|_| Err("alerts are at work; try again in a moment".to_owned()))
    }

    /// The next order; `None` when nobody orders anything.
    pub(super) fn next_order(&self) -> Option<Ordered> {
        lock(&self.orders).pop_front()
    }

    /// Logs a fault that may come again and again: once, then as a count. It is being dealt with;
    /// one that lasts is an error.
    pub(super) fn fault(&self, site: &str, text: &str, hint: &str) {
        let said = lock(&self.repeats).came(site, text, Instant::now());
        match said {
            None => {}
            Some(Say::First) if hint.is_empty() => tracing::warn!(site, "{text}"),
            Some(Say::First) => tracing::warn!(site, hint, "{text}"),
            Some(Say::Again { times, lasted } | Say::Over { times, lasted }) => {
                tracing::error!(site, times, for_seconds = lasted.as_secs(), "still: {text}");
            }
        }
    }

    /// Logs a fault that stays until a person acts: an error at once.
    pub(super) fn alarm(&self, site: &str, text: &str, hint: &str) {
        match lock(&self.repeats).came(site, text, Instant::now()) {
            None => {}
            Some(Say::First) => tracing::error!(site, hint, "{text}"),
            Some(Say::Again { times, lasted } | Say::Over { times, lasted }) => {
                tracing::error!(site, times, for_seconds = lasted.as_secs(), "still: {text}");
            }
        }
    }

    /// Says that the faults of a site are over, where there were any.
    pub(super) fn over(&self, site: &str) {
        let over = lock(&self.repeats).over(site);
        say_over(over);
    }

    /// Says which faults have not come for a while.
    pub(super) fn fade(&self) {
        let faded = lock(&self.repeats).faded(Instant::now());
        say_over(faded);
    }
}

fn say_over(faults: Vec<crate::telemetry::Said>) {
    for fault in faults {
        if let Say::Over { times, lasted } = fault.say {
            let (site, text) = (fault.site.as_str(), fault.text.as_str());
            tracing::info!(site, times, for_seconds = lasted.as_secs(), "over: {text}");
        }
    }
}

/// Whether time may heal a fault.
pub(super) fn may_pass(kind: FaultKind) -> bool {
    match kind {
        FaultKind::Busy | FaultKind::Full | FaultKind::Io | FaultKind::NoRight => true,
        FaultKind::NotALedger
        | FaultKind::Missing
        | FaultKind::Newer
        | FaultKind::Older
        | FaultKind::Corrupt
        | FaultKind::InUse
        | FaultKind::Moved
        | FaultKind::Unbalanced
        | FaultKind::Refused => false,
    }
}

/// The name of a source among the parts that must be ready.
pub(super) fn part_of(source: &str) -> String {
    format!("source {source}")
}
