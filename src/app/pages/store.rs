//! Where pages read: connections of their own beside the writer, and the configuration in force.
//!
//! Knows no page. A newcomer may ask why there are only a few connections: two cores answer no more
//! questions at once, and each holds memory of its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::app::Failure;
use crate::app::setup::Setup;
use crate::episode::Order;
use crate::ledger::{Alerts, Follow, Ledger, SqliteLedger};

/// Connections at once.
const CONNECTIONS: usize = 3;

/// The books, what alerts keep in them, and who follows them.
pub trait Books: Ledger + Alerts + Follow {
    /// The size of their file, in bytes.
    fn bytes(&self) -> u64;
}

impl Books for SqliteLedger {
    fn bytes(&self) -> u64 {
        self.file_bytes()
    }
}

/// Books and configuration for whoever answers.
pub trait Store: Send + Sync {
    /// The configuration in force.
    fn setup(&self) -> Arc<Setup>;

    /// Asks the books; what `ask` returns, unless they cannot be opened.
    ///
    /// # Errors
    /// What kept them from being opened, or what `ask` says.
    fn read<T>(&self, ask: &mut dyn FnMut(&dyn Books) -> Result<T, Failure>) -> Result<T, Failure>;

    /// Another number whenever a figure may have changed.
    fn version(&self) -> Option<u64>;

    /// Another number after each change of the books, whatever it changed; `None` while nobody can tell.
    fn moment(&self) -> Option<i64>;

    /// Lets go of what is kept of what was read.
    fn forget(&self);

    /// Does what somebody orders of alerts: what was done, or why it was not.
    ///
    /// # Errors
    /// Why it was not, in words.
    fn order(&self, order: Order) -> Result<String, String>;
}

/// Who does what people order.
type Obey = dyn Fn(Order) -> Result<String, String> + Send + Sync;

/// Connections to one ledger's file.
pub struct Readers {
    /// Opens the others, and tells whether something changed.
    root: Mutex<SqliteLedger>,
    setup: Box<dyn Fn() -> Arc<Setup> + Send + Sync>,
    idle: Mutex<(Vec<SqliteLedger>, usize)>,
    given_back: Condvar,
    obey: Option<Box<Obey>>,
}

impl Readers {
    /// Beside a reader of a ledger, under the configuration that `setup` tells each time.
    pub fn new(
        root: SqliteLedger,
        setup: impl Fn() -> Arc<Setup> + Send + Sync + 'static,
    ) -> Readers {
        Readers {
            root: Mutex::new(root),
            setup: Box::new(setup),
            idle: Mutex::default(),
            given_back: Condvar::new(),
            obey: None,
        }
    }

    /// The same, with somebody who does what people order of alerts.
    #[must_use]
    pub fn obeyed_by(
        mut self,
        obey: impl Fn(Order) -> Result<String, String> + Send + Sync + 'static,
    ) -> Readers {
        self.obey = Some(Box::new(obey));
        self
    }

    fn root(&self) -> MutexGuard<'_, SqliteLedger> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<SqliteLedger, Failure> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(ledger) = idle.0.pop() {
                return Ok(ledger);
            }
            if idle.1 < CONNECTIONS {
                idle.1 += 1;
                break;
            }
            idle = self
                .given_back
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(idle);
        let opened = self.root().beside();
        Ok(opened.inspect_err(|_| self.give_back(None))?)
    }

    fn give_back(&self, ledger: Option<SqliteLedger>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match ledger {
            Some(ledger) => idle.0.push(ledger),
            None => idle.1 = idle.1.saturating_sub(1),
        }
        self.given_back.notify_one();
    }
}

impl Store for Readers {
    fn setup(&self) -> Arc<Setup> {
        (self.setup)()
    }

    fn read<T>(&self, ask: &mut dyn FnMut(&dyn Books) -> Result<T, Failure>) -> Result<T, Failure> {
        let ledger = self.take()?;
        // All figures of an answer are of one moment.
        let answer = ledger.at_once(|| ask(&ledger)).map_err(Failure::from);
        let answer = answer.and_then(|answer| answer);
        // One that failed is not trusted again.
        self.give_back(answer.is_ok().then_some(ledger));
        answer
    }

    fn version(&self) -> Option<u64> {
        // Not by one of the others: this is asked by the listener itself, which must not wait for a page.
        self.root().feed_end().ok()
    }

    fn moment(&self) -> Option<i64> {
        self.root().commits().ok()
    }

    fn forget(&self) {
        self.root().forget_sums();
    }

    fn order(&self, order: Order) -> Result<String, String> {
        match &self.obey {
            Some(obey) => obey(order),
            None => Err("these books are only read; nobody is there to change them".to_owned()),
        }
    }
}
