//! Windows that changed and are not frozen yet: which of them are due.
//!
//! Knows no books; times come in. A newcomer may ask why a window that was frozen waits to be quiet:
//! each further point is a series more, and twenty late records of one minute are one point.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::crash::pause;
use crate::ledger::{Resolution, Window};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

/// How long a window that has points must be quiet before it gets more.
const QUIET: Duration = Duration::from_mins(1);
/// How long it waits at most to be quiet.
const RESTLESS: Duration = Duration::from_mins(10);
/// How long a window must be quiet that is not complete: one source that stalls must not keep all
/// others from being seen.
const STALLED: Duration = Duration::from_mins(15);
/// Windows that wait at most before the feed is read on.
const WAITING_MAX: usize = 100_000;

/// A window that waits.
#[derive(Clone, Copy, Debug)]
struct Waits {
    /// The first change of it that is not frozen.
    seq: u64,
    since: UnixMillis,
    last: UnixMillis,
    /// Whether it has points, once that was asked.
    told: Option<bool>,
}

/// All that waits, by where it begins.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<(UnixMillis, Window), Waits>);

impl Waiting {
    /// A window changed.
    pub(super) fn note(&mut self, window: Window, seq: u64, now: UnixMillis) {
        let waits = self.0.entry((window.start(), window)).or_insert(Waits {
            seq,
            since: now,
            last: now,
            told: None,
        });
        waits.last = now;
        waits.seq = waits.seq.min(seq);
    }

    /// How many windows wait.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> Vec<Window> {
        self.0.keys().map(|(_, window)| *window).collect()
    }

    /// Whether so many wait that the feed has to.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= WAITING_MAX
    }

    /// Where the oldest begins.
    pub(super) fn oldest(&self) -> Option<UnixMillis> {
        self.0.first_key_value().map(|((start, _), _)| *start)
    }

    /// The number before the first change that waits; `None` when nothing does.
    pub(super) fn seq_before(&self) -> Option<u64> {
        let first = self.0.values().map(|waits| waits.seq).min();
        first.map(|seq| seq.saturating_sub(1))
    }

    /// A window needs no points for now.
    pub(super) fn done(&mut self, window: Window) {
        self.0.remove(&(window.start(), window));
    }

    /// At most `limit` windows that are due, oldest first; `told` says whether one has points.
    pub(super) fn due<E>(
        &mut self,
        now: UnixMillis,
        complete_to: Option<UnixMillis>,
        limit: usize,
        told: &mut dyn FnMut(Window) -> Result<bool, E>,
    ) -> Result<Vec<Window>, E> {
        let full = self.is_full();
        let mut due = Vec::new();
        for ((_, window), waits) in &mut self.0 {
            if due.len() >= limit {
                break;
            }
            let complete = complete_to.is_some_and(|to| to >= end(*window));
            // A clock that was put back keeps nothing waiting.
            let past = |since: UnixMillis, long: Duration| {
                let long = i64::try_from(pause(long).as_millis()).unwrap_or(i64::MAX);
                now < since || now.0.saturating_sub(since.0) >= long
            };
            let quiet = |long: Duration| past(waits.last, long);
            let restless = past(waits.since, RESTLESS);
            let ready = if !complete {
                quiet(STALLED)
            } else if quiet(QUIET) || restless || full {
                true
            } else {
                let known = match waits.told {
                    Some(known) => known,
                    None => *waits.told.insert(told(*window)?),
                };
                !known
            };
            if ready || (full && due.is_empty()) {
                due.push(*window);
            }
        }
        Ok(due)
    }
}

/// When a window must have been read to its end. Hours and days are only told once they are closed,
/// and links once they are computed.
fn end(window: Window) -> UnixMillis {
    match window {
        Window::Cells(Resolution::Minute, start) => start.saturating_add(MINUTE_MS),
        Window::Cells(Resolution::Hour, start) | Window::Links(start) => {
            start.saturating_add(HOUR_MS)
        }
        Window::Cells(Resolution::Day, start) => start.saturating_add(DAY_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Window = Window::Cells(Resolution::Minute, UnixMillis(600_000));

    #[test]
    fn a_window_is_due_when_it_is_complete_and_quiet() {
        // Now, complete to, whether it has points; changed at 0, 700 and at the last given time.
        let cases: [(i64, Option<i64>, bool, i64, bool); 11] = [
            (1_000, Some(660_000), false, 700, true),
            (1_000, Some(659_999), false, 700, false),
            (1_000, None, false, 700, false),
            (1_000, Some(660_000), true, 700, false),
            (60_699, Some(660_000), true, 700, false),
            (60_700, Some(660_000), true, 700, true),
            (600_000, Some(660_000), true, 599_000, true),
            (599_999, Some(660_000), true, 599_000, false),
            (900_699, None, false, 700, false),
            (900_700, None, true, 700, true),
            (100, Some(660_000), true, 700, true),
        ];
        for case in cases {
            let (now, complete_to, told, last, due) = case;
            let mut waiting = Waiting::default();
            for at in [0, 700, last] {
                waiting.note(MINUTE, 7, UnixMillis(at));
            }
            let found = waiting
                .due(UnixMillis(now), complete_to.map(UnixMillis), 9, &mut |_| {
                    Ok::<_, ()>(told)
                })
                .unwrap();
            assert_eq!(!found.is_empty(), due, "{case:?}");
        }
    }

    #[test]
    fn the_cursor_stays_before_what_waits() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.seq_before(), None);
        let other = Window::Links(UnixMillis(0));
        waiting.note(MINUTE, 8, UnixMillis(0));
        waiting.note(other, 9, UnixMillis(0));
        waiting.note(MINUTE, 12, UnixMillis(5));
        assert_eq!(waiting.seq_before(), Some(7));
        waiting.done(MINUTE);
        assert_eq!(waiting.seq_before(), Some(8));
        assert_eq!(waiting.oldest(), Some(UnixMillis(0)));
        waiting.done(other);
        assert_eq!((waiting.len(), waiting.seq_before()), (0, None));
    }
}
