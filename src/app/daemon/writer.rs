//! Books a reader's batches, one after the other, while the reader gathers the next.
//!
//! Knows no broker. A newcomer may ask why a batch that the disk has no room for is tried for ever:
//! its records are read, the books are behind, and only waiting loses nothing.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::entry::Money;
use crate::ledger::{Applied, Batch, Fault, Ledger};
use crate::outcome::Outcome;
use crate::source::kafka::Place;
use crate::telemetry::{Booked, Partition};
use crate::units::UnixMillis;

use super::super::Failure;
use super::pulse;
use super::shared::{Shared, may_pass};
use crate::crash::site;

/// Pause before a batch is tried again; it doubles up to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause before a batch is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A batch on its way into the books.
pub(super) struct Work {
    pub(super) batch: Batch,
    pub(super) bytes: u64,
}

enum Order {
    Book(Box<Work>),
    /// What failed has been taken back: batches that come now start from the books again.
    Mend,
}

/// What became of a batch.
pub(super) enum Done {
    /// It is in the books; up to where each partition is. The batch comes back to be emptied: what
    /// one thread has made, it also frees, without taking turns with another for the same memory.
    Booked(Vec<(Place, u64)>, Batch),
    /// It is not, and waiting would not help.
    Failed(Fault),
    /// The end was told, or a batch before it failed.
    Dropped,
    /// Nobody knows: the thread has panicked.
    Died,
}

/// A thread that books, seen from the reader.
pub(super) struct Writer {
    orders: Option<SyncSender<Order>>,
    done: Receiver<Done>,
    at_work: bool,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. The next batch is gathered while one is booked, and none waits between
    /// them: memory is bounded by two.
    ///
    /// # Errors
    /// What the system says when there can be no more threads.
    pub(super) fn start(shared: &Arc<Shared>, source: &str) -> Result<Writer, Failure> {
        let (orders, inbox) = sync_channel(1);
        let (outbox, done) = channel();
        let held = Arc::clone(shared);
        let name = format!("writer of {source}");
        let thread = pulse::start(shared, &name, move || work(&held, &inbox, &outbox))?;
        Ok(Writer {
            orders: Some(orders),
            done,
            at_work: false,
            thread: Some(thread),
        })
    }

    /// Hands a batch over, once it is [idle](Writer::is_idle).
    pub(super) fn book(&mut self, work: Work) {
        self.at_work = true;
        self.send(Order::Book(Box::new(work)));
    }

    /// Lets batches through again after one failed.
    pub(super) fn mend(&mut self) {
        self.send(Order::Mend);
    }

    fn send(&mut self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread ends only when this sender is dropped.
            drop(orders.send(order));
        }
    }

    /// Whether the batch that was handed over is done and asked for.
    pub(super) fn is_idle(&self) -> bool {
        !self.at_work
    }

    /// What became of the batch, waiting at most `wait`.
    pub(super) fn done(&mut self, wait: Duration) -> Option<Done> {
        if !self.at_work {
            return None;
        }
        let done = match self.done.recv_timeout(wait) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Done::Died,
        };
        self.at_work = false;
        Some(done)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // Its panic has been reported where it happened.
            drop(thread.join());
        }
    }
}

fn work(shared: &Shared, inbox: &Receiver<Order>, outbox: &Sender<Done>) {
    let mut broken = false;
    loop {
        shared.waits();
        let Ok(order) = inbox.recv() else { return };
        shared.moves();
        let done = match order {
            Order::Mend => {
                broken = false;
                continue;
            }
            Order::Book(_) if broken => Done::Dropped,
            Order::Book(work) => book(shared, *work),
        };
        broken |= !matches!(done, Done::Booked(..));
        if outbox.send(done).is_err() {
            return;
        }
    }
}

fn book(shared: &Shared, work: Work) -> Done {
    let mut pause = PAUSE_MIN;
    loop {
        site("before_transaction");
        let began = Instant::now();
        let now = shared.clock.now();
        let result = shared.books().apply(&work.batch, now);
        match result {
            Ok(applied) => {
                site("after_commit");
                shared.ledger_works();
                let booked = tell(shared, &work, &applied, (began.elapsed(), now));
                return Done::Booked(booked, work.batch);
            }
            Err(fault) if may_pass(fault.kind) => {
                shared.figures.commit_failed();
                shared.ledger_waits(&fault);
                if !shared.nap(crate::crash::pause(pause)) {
                    return Done::Dropped;
                }
                pause = (pause * 2).min(PAUSE_MAX);
            }
            Err(fault) => {
                shared.figures.commit_failed();
                return Done::Failed(fault);
            }
        }
    }
}

/// A booked batch as the figures count it; how long it took is told by whoever knows.
pub(super) fn figures<'a>(
    batch: &'a Batch,
    applied: &'a Applied,
    (bytes, at): (u64, UnixMillis),
) -> Booked<'a> {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let each = batch.entries.iter().zip(&applied.outcomes);
    let (mut requests, mut unpriced) = (0, 0);
    for (entry, _) in each.filter(|(_, outcome)| **outcome == Outcome::Metered) {
        requests += u64::from(entry.request.is_some());
        let without = entry.request.map(|request| request.money) == Some(Money::Unpriced);
        unpriced += u64::from(without);
    }
    Booked {
        source: &batch.source,
        received: batch.received,
        bytes,
        entries: count(batch.entries.len()),
        metered: applied.metered,
        weak: applied.weak,
        requests,
        unpriced,
        duplicates: &applied.duplicates,
        ignored: &applied.ignored,
        quarantined: &applied.quarantined,
        commit: Duration::ZERO,
        at,
    }
}

fn tell(
    shared: &Shared,
    work: &Work,
    applied: &Applied,
    (commit, at): (Duration, UnixMillis),
) -> Vec<(Place, u64)> {
    let batch = &work.batch;
    shared.figures.booked(&Booked {
        commit,
        ..figures(batch, applied, (work.bytes, at))
    });
    let mut booked = Vec::new();
    for part in &batch.parts {
        let Some(to) = &part.to else { continue };
        let place = Partition {
            source: &batch.source,
            topic: &part.topic,
            number: part.partition,
        };
        shared
            .figures
            .position(place, to.offset, to.complete_to, to.last_at);
        let place = Place {
            topic: part.topic.clone(),
            partition: part.partition,
        };
        booked.push((place, to.offset));
    }
    tracing::debug!(
        source = %batch.source,
        received = batch.received,
        metered = applied.metered,
        milliseconds = u64::try_from(commit.as_millis()).unwrap_or(u64::MAX),
        "booked"
    );
    booked
}
