//! How a reader stands to its writer: it waits for it, rests while the books are held up, comes to
//! its end, and lets the group's offsets follow.
//!
//! Knows no record. A newcomer may ask why a reader that cannot go on gives everything up: a client
//! that nobody polls gathers events without bound and falls out of its group, and all that is
//! dropped is in the topic still.

use std::time::{Duration, Instant};

use crate::crash::{defect, pause, site};

use super::super::Failure;
use super::reader::{POLL, Reader};

/// When the books have been held up for so long, what was gathered is dropped and nothing is fetched
/// until they go on: a client that is not polled gathers events without bound.
const HELD_UP_MAX: Duration = Duration::from_secs(20);
/// How often the group's offsets follow the books.
const COMMIT_EVERY: Duration = Duration::from_secs(2);

impl Reader {
    /// Whether the writer is at work and no more can be gathered; waits a little.
    pub(super) fn is_held_up(&mut self) -> Result<bool, Failure> {
        if !self.pipeline.is_full() || self.writer.is_idle() {
            return Ok(false);
        }
        let since = *self.held_up.get_or_insert_with(Instant::now);
        if since.elapsed() > HELD_UP_MAX {
            self.rest()?;
            return Ok(false);
        }
        self.hear_writer(POLL)?;
        Ok(true)
    }

    /// Hands over as soon as the writer has answered; whether it had in time.
    pub(super) fn hand_over_within(&mut self, longest: Duration) -> Result<bool, Failure> {
        let idle = self.await_writer(longest)?;
        if idle {
            self.hand_over();
        }
        Ok(idle)
    }

    /// The books are held up: what was gathered is dropped, and read again from where they stand once
    /// they go on. Until then the client has nothing to fetch, and stays in its group.
    pub(super) fn rest(&mut self) -> Result<(), Failure> {
        tracing::warn!(source = %self.source.name, "the ledger is held up; nothing is read until it goes on");
        self.drop_gathered();
        self.held_up = None;
        self.resting = true;
        self.take_up_again()
    }

    /// Waits until the writer has answered; whether it has.
    pub(super) fn await_writer(&mut self, longest: Duration) -> Result<bool, Failure> {
        let end = Instant::now() + longest;
        while !self.writer.is_idle() && Instant::now() < end {
            self.hear_writer(Duration::from_millis(50))?;
        }
        Ok(self.writer.is_idle())
    }

    /// Books the rest, as far as there is time.
    pub(super) fn finish(&mut self, longest: Duration) -> Result<(), Failure> {
        site("during_shutdown");
        let end = Instant::now() + longest;
        let handed = self.hand_over_within(longest)?;
        if !handed || !self.await_writer(end.saturating_duration_since(Instant::now()))? {
            tracing::warn!(source = %self.source.name, "the last batch is not booked yet; it is read again at the next start");
        }
        self.follow_at_once();
        Ok(())
    }

    pub(super) fn follow_at_once(&mut self) {
        self.commit_at = Instant::now();
        self.follow_with_offsets();
    }

    /// Lets the group's offsets follow the books.
    pub(super) fn follow_with_offsets(&mut self) {
        for (place, next) in self.consumer.uncommitted() {
            if self.tracks.contains_key(&place) {
                self.to_commit.entry(place).or_insert(next);
            }
        }
        if self.to_commit.is_empty() || Instant::now() < self.commit_at {
            return;
        }
        self.commit_at = Instant::now() + pause(COMMIT_EVERY);
        let to_commit = std::mem::take(&mut self.to_commit);
        site("before_offset_commit");
        if let Err(fault) = self.consumer.commit(&to_commit) {
            // Only monitors of lag look at them.
            tracing::debug!(source = %self.source.name, "the group's offsets do not follow: {fault}");
            self.to_commit = to_commit;
        }
        site("after_offset_commit");
        if defect("forgets") {
            self.consumer.forget(self.tracks.keys());
        }
    }
}
