//! Takes lines out of an outbox and brings them to a database, until there are none or it is told
//! to stop.
//!
//! Knows no ledger and keeps nothing that a restart would miss: what is not settled comes out of the
//! outbox again, byte for byte. A newcomer may ask why one request at a time: a server that applies
//! them in turn is told nothing twice, and gains little from two.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::telemetry::FollowerError;

use super::course::{Course, Effect, LINES_MAX, Turn};
use super::influx::{Influx, Packed};
use super::outbox::Outbox;

/// How long a request that is under way may keep a stop waiting.
const FAREWELL: Duration = Duration::from_secs(3);

/// Something that happened while delivering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The server took lines.
    Written {
        /// How many.
        lines: u64,
        /// How long the request took, preparation included.
        took: Duration,
    },
    /// The server will never take a line; the outbox has it apart.
    Refused {
        /// The line's number.
        id: u64,
        /// The server's words.
        reason: String,
    },
    /// Nothing is sent for a while.
    Trouble {
        /// What kind of fault it is.
        kind: FollowerError,
        /// What was seen or said, without figures that change each time.
        said: String,
        /// What to do; empty where waiting is all.
        hint: &'static str,
        /// How long nothing is sent.
        wait: Duration,
    },
    /// The first request that was dealt with after trouble.
    Works,
}

/// What a step leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another step, at once.
    Step,
    /// Another step, after this time.
    Wait(Duration),
    /// Nothing, until the outbox has more.
    Idle,
}

/// Why delivering ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The outbox has nothing more.
    Drained,
    /// It was told to stop.
    Stopped,
}

/// Tells deliverers to stop; all clones are one sign.
#[derive(Clone, Debug)]
pub struct StopSign(Arc<watch::Sender<bool>>);

impl Default for StopSign {
    fn default() -> StopSign {
        StopSign(Arc::new(watch::Sender::new(false)))
    }
}

impl StopSign {
    /// Stops whoever looks at it, now and later.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it says stop.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it says stop.
    pub async fn up(&self) {
        // The sender lives as long as this sign, so the wait ends with a stop alone.
        drop(self.0.subscribe().wait_for(|stop| *stop).await.map(|_| ()));
    }
}

/// A runtime for one thread, so that whoever owns the thread needs none.
#[derive(Debug)]
pub struct Worker(tokio::runtime::Runtime);

impl Worker {
    /// Makes one.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> std::io::Result<Worker> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().map(Worker)
    }

    /// Does the work on this thread.
    pub fn run<F: Future>(&self, work: F) -> F::Output {
        self.0.block_on(work)
    }
}

/// Brings lines to one database, a request a step.
#[derive(Debug, Default)]
pub struct Deliverer {
    course: Course,
    /// A piece as it is sent, by its number, while it waits to be tried again.
    packed: Option<(u64, Packed)>,
    /// What has not been told to the outbox yet.
    effects: VecDeque<Effect>,
    /// How long the request took that they come from.
    took: Duration,
    troubled: bool,
}

impl Deliverer {
    /// Sends one request, if there is anything to send, and tells the outbox what became of it.
    ///
    /// # Errors
    /// What the outbox says; nothing is lost, and the next step goes on where this one stopped.
    pub async fn step<E>(
        &mut self,
        outbox: &mut dyn Outbox<Error = E>,
        influx: &Influx,
        clock: &dyn Clock,
        tell: &mut dyn FnMut(Told),
    ) -> Result<Next, E> {
        if !self.effects.is_empty() {
            return self.tell_all(outbox, clock, tell);
        }
        if let Turn::Load { after, limit_bytes } = self.course.turn() {
            self.course
                .load(outbox.next(after, LINES_MAX, limit_bytes)?);
        }
        let Turn::Send { piece } = self.course.turn() else {
            self.course.wake();
            return Ok(Next::Idle);
        };
        let begun = Instant::now();
        let packed = match self.packed.take() {
            Some((number, packed)) if number == piece => packed,
            Some(_) | None => influx.pack(self.course.body()),
        };
        let answer = influx.write(&packed).await;
        self.packed = Some((piece, packed));
        self.took = begun.elapsed();
        self.effects = self.course.answered(answer).into();
        self.tell_all(outbox, clock, tell)
    }

    /// Tells the outbox, and whoever watches, what came of the last answer.
    fn tell_all<E>(
        &mut self,
        outbox: &mut dyn Outbox<Error = E>,
        clock: &dyn Clock,
        tell: &mut dyn FnMut(Told),
    ) -> Result<Next, E> {
        let mut next = Next::Step;
        let mut troubled = false;
        while let Some(effect) = self.effects.front() {
            match effect {
                Effect::Refused { id, reason } => {
                    outbox.refused(*id, reason, clock.now())?;
                    tell(Told::Refused {
                        id: *id,
                        reason: reason.clone(),
                    });
                }
                Effect::Settled { up_to } => outbox.written(*up_to)?,
                Effect::Written { lines } => tell(Told::Written {
                    lines: *lines,
                    took: self.took,
                }),
                Effect::Trouble {
                    kind,
                    said,
                    hint,
                    wait,
                } => {
                    next = Next::Wait(*wait);
                    troubled = true;
                    tell(Told::Trouble {
                        kind: *kind,
                        said: said.clone(),
                        hint,
                        wait: *wait,
                    });
                }
            }
            self.effects.pop_front();
        }
        if self.troubled && !troubled {
            tell(Told::Works);
        }
        self.troubled = troubled;
        Ok(next)
    }
}

/// Delivers until the outbox has nothing more or `stop` is up; a server that is away is waited for.
///
/// # Errors
/// What the outbox says. The same `deliverer` can go on.
pub async fn deliver<E>(
    deliverer: &mut Deliverer,
    outbox: &mut dyn Outbox<Error = E>,
    (influx, clock): (&Influx, &dyn Clock),
    stop: &StopSign,
    tell: &mut dyn FnMut(Told),
) -> Result<Ended, E> {
    loop {
        if stop.is_up() {
            return Ok(Ended::Stopped);
        }
        let late = async {
            stop.up().await;
            tokio::time::sleep(FAREWELL).await;
        };
        let next = tokio::select! {
            biased;
            next = deliverer.step(outbox, influx, clock, tell) => next?,
            // Whether it was written is not known; it is sent again when somebody goes on.
            () = late => return Ok(Ended::Stopped),
        };
        match next {
            Next::Step => {}
            Next::Idle => return Ok(Ended::Drained),
            Next::Wait(time) => {
                tokio::select! {
                    () = tokio::time::sleep(time) => {}
                    () = stop.up() => {}
                }
            }
        }
    }
}
