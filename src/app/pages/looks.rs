//! When somebody looked last whether the books have changed, and what was seen.
//!
//! Knows no page. A newcomer may ask why one look serves all for a moment: books that are written at full speed change with
//! every look, and twenty people would have every page made for each of them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::shelf::Mark;

/// How long a look serves: a page shows the books as they were at most so long before it was asked for.
pub const FRESH: Duration = Duration::from_secs(1);

/// What was seen.
#[derive(Clone, Default)]
pub(super) struct Look {
    /// What a page that is begun now depends on; `None` where that cannot be told.
    pub(super) mark: Option<Mark>,
    /// Which changes of the books every such page has.
    pub(super) version: Option<u64>,
}

/// The last look, and for how long it serves.
pub(super) struct Looks {
    fresh: Duration,
    last: Mutex<Option<(Instant, Look)>>,
}

impl Looks {
    /// Of which each serves for so long.
    pub(super) fn fresh_for(fresh: Duration) -> Looks {
        Looks {
            fresh,
            last: Mutex::default(),
        }
    }

    /// What was seen a moment ago, if it still `holds`, or what `look` sees now.
    pub(super) fn get(
        &self,
        holds: impl FnOnce(&Look) -> bool,
        look: impl FnOnce() -> Look,
    ) -> Look {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, seen)) = last.as_ref()
            && at.elapsed() < self.fresh
            && holds(seen)
        {
            return seen.clone();
        }
        let at = Instant::now();
        let seen = look();
        *last = Some((at, seen.clone()));
        seen
    }

    /// The next one looks anew: something was changed, and whoever did so is to see it.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
