//! A stream of the books' changes, for pages that refresh.
//!
//! Knows no books. A newcomer may ask why it ends by itself: a connection lasts only so long, a
//! stream that ends is taken up again by the browser without a word, and one that is cut is an error.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior};

/// How often a change is looked for.
const LOOK: Duration = Duration::from_secs(2);
/// How long before the connection's end the stream ends.
const BEFORE_THE_END: Duration = Duration::from_secs(3);

/// The number of the books' latest change, at first and whenever it is another.
pub(super) struct Changes<V> {
    version: V,
    look: Interval,
    until: Instant,
    last: Option<u64>,
}

impl<V: Fn() -> Option<u64> + Unpin> Changes<V> {
    /// For as long as a connection lasts.
    pub(super) fn new(version: V, lifetime: Duration) -> Changes<V> {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Changes {
            version,
            look,
            until: Instant::now() + lifetime.saturating_sub(BEFORE_THE_END),
            last: None,
        }
    }

    /// Each number as something else.
    pub(super) fn map_each<T, F: Fn(u64) -> T + Unpin>(self, each: F) -> Mapped<V, F> {
        Mapped {
            changes: self,
            each,
        }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<u64>> {
        loop {
            ready!(self.look.poll_tick(context));
            if Instant::now() >= self.until {
                return Poll::Ready(None);
            }
            let now = (self.version)();
            if now.is_some() && now != self.last {
                self.last = now;
                return Poll::Ready(now);
            }
        }
    }
}

/// See [`Changes::map_each`].
pub(super) struct Mapped<V, F> {
    changes: Changes<V>,
    each: F,
}

impl<T, V: Fn() -> Option<u64> + Unpin, F: Fn(u64) -> T + Unpin> futures_core::Stream
    for Mapped<V, F>
{
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        this.changes.next(context).map(|next| next.map(&this.each))
    }
}
