//! The one place that reads the time of day.
//!
//! Knows nothing else. A newcomer may ask why a trait for one call: everything below the
//! application takes `now` as an argument, and tests hand in a clock that stands still.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::units::UnixMillis;

/// Something that tells the time.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> UnixMillis;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that the rule points to"
    )]
    fn now(&self) -> UnixMillis {
        UnixMillis(
            chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp_millis(),
        )
    }
}

/// A clock that stands where it was put, for tests and the simulator.
#[derive(Debug, Default)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: UnixMillis) -> FixedClock {
        FixedClock(AtomicI64::new(at.0))
    }

    /// Puts the clock to `at`.
    pub fn set(&self, at: UnixMillis) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}
